"""The axes: what grows, at which points it is measured, and how."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from bench import __main__ as command
from bench import processes
from bench.figures import a_message_us
from bench.filled import filled
from bench.growth import accounts
from bench.growth.points import Point, point_of
from bench.growth.sessions import SESSIONS_OF_A_TEAM, bound, unbind
from bench.node import Node
from bench.processes import Child
from bench.rows import (
    Stage,
    measure_campaign,
    measure_campaign_beside,
    measure_requests,
    measure_smpp_at,
    measure_submits,
)

RATE_PER_S = 1000  # submit_sm over all sessions
REQUESTS_PER_S = 200
WARM_S = 3.0  # of load before each point, which is not measured
CHANGES = 5
SETTLED_S = 1.0
#: All come from one address here, which customers do not.
SETTINGS = ("smpp.max_connections_per_address=0",)


@attrs.frozen
class Asked:
    """What is the same for all points: seconds of load, and where filled stores stay (None: nowhere)."""

    seconds: float
    state: Path | None = None


@attrs.frozen
class Axis:
    """What grows.

    Attributes:
        unit: of its sizes.
        about: in a line, what is measured.
        sizes: at which it is measured unless others are asked for.
        measure: one point.
    """

    unit: str
    about: str
    sizes: Sequence[int]
    measure: Callable[[Asked, int], Point]


@contextlib.contextmanager
def stage(asked: Asked, sessions: int = 5, people: int = 0) -> Iterator[Stage]:
    """Set up a node of its own and the SMSC behind it."""
    settings = [each for setting in SETTINGS for each in ("--set", setting)]
    line = ["--seconds", str(asked.seconds), "--sessions", str(sessions), *settings]
    if people:
        line += ["--people", str(people)]
    with command.stage(command.arguments().parse_args(line)) as made:
        yield made


@contextlib.contextmanager
def briefly(set_up: Stage, seconds: float) -> Iterator[None]:
    """Let what is measured in the block take so long."""
    before, set_up.seconds = set_up.seconds, seconds
    yield
    set_up.seconds = before


def stored(asked: Asked, size: int) -> Point:
    """SMPP into a store that has so many messages."""
    folder = None if asked.state is None else asked.state / str(size)
    with contextlib.ExitStack() as stack:
        node, _ = stack.enter_context(filled(folder, size))
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mobilesasa-bench-")))
        sink = Child([sys.executable, "-m", "bench.sink"], files / "sink.log", spoken_to=True)
        stack.callback(sink.stop)
        port = sink.hear(command.START_TIMEOUT_S)["port"]
        options = [f"port={port}", "binds=2", "window=500"]
        node.command("carrier", "set", "sink", *(part for each in options for part in ("--option", each)))
        set_up = Stage(node, sink, files, asked.seconds, SESSIONS_OF_A_TEAM, window=1000)
        _warm(set_up, lambda: measure_smpp_at(set_up, RATE_PER_S))
        return point_of(size, measure_smpp_at(set_up, RATE_PER_S))


def sessions(asked: Asked, size: int) -> Point:
    """SMPP over so many sessions, five a team."""
    with stage(asked, size) as set_up:
        node = set_up.node
        teams = accounts.make(node, -(-size // SESSIONS_OF_A_TEAM))
        grown_kb, idle_ms = _held(node, teams, size)
        more = ["--accounts", str(accounts.write(teams, set_up.folder / "accounts"))]
        more += ["--rate", str(RATE_PER_S), "--window", "100"]

        def measure() -> dict[str, Any]:
            return measure_submits(set_up, more, "bench.growth.sessions")

        _warm(set_up, measure)
        found = measure()
        found["faults"] += command.audit(node)
        return point_of(size, found, {"kB a session": grown_kb, "idle ms/s": idle_ms})


def teams(asked: Asked, size: int) -> Point:
    """REST in the names of so many teams in turn, over 20 connections."""
    with stage(asked) as set_up:
        node = set_up.node
        before_mb = processes.memory_mb(node.pid)
        made = accounts.make(node, size)
        grown_kb = (processes.memory_mb(node.pid) - before_mb) * 1000 / size
        change_ms = _change(node)
        more = ["--accounts", str(accounts.write(made, set_up.folder / "accounts")), "--rate", str(REQUESTS_PER_S)]

        def measure() -> dict[str, Any]:
            return measure_requests(set_up, more, program="bench.growth.requests")

        _warm(set_up, measure)
        found = measure()
        found["faults"] += command.audit(node)
        return point_of(size, found, {"kB a team": grown_kb, "change ms": change_ms})


def recipients(asked: Asked, size: int) -> Point:
    """A campaign to so many people; then one again, and SMPP beside it, for its latencies."""
    with stage(asked, people=size) as set_up:
        _warm(set_up, lambda: measure_smpp_at(set_up, RATE_PER_S))
        alone = measure_campaign(set_up)
        beside = measure_campaign_beside(set_up)
        found, spread = alone["campaign"], beside["load"]["response_ms"]
        cpu_us = found["cpu_a_message_us"]
        more = {
            name: found[key] for name, key in (("send s", "send_s"), ("queued s", "queued_s"), ("out s", "drained_s"))
        }
        wrong = [*alone["faults"], *beside["faults"], *command.audit(set_up.node)]
        return Point(
            size,
            size,
            cpu_us["gateway"],
            cpu_us["postgres"],
            beside["work_us"],
            beside["fdatasync_ms"].get("p99", 0.0),
            spread["p50"],
            spread["p99"],
            max(alone["memory_mb"], beside["memory_mb"]),
            more,
            wrong,
        )


def _warm(set_up: Stage, measure: Callable[[], dict[str, Any]]) -> None:
    """Let plans be made and caches be filled."""
    with briefly(set_up, WARM_S):
        measure()


def _held(node: Node, teams: list[accounts.Account], count: int) -> tuple[float, float]:
    """Bind so many sessions that do nothing; return what memory grows by for each, in kB, and the CPU they take, in ms a second."""
    before_mb = processes.memory_mb(node.pid)
    opened = bound(node.smpp_port, teams, count)
    time.sleep(SETTLED_S)
    grown_mb = processes.memory_mb(node.pid) - before_mb
    before, begun_s = node.cpu_s(), time.monotonic()
    time.sleep(WARM_S)
    after, whole_s = node.cpu_s(), time.monotonic() - begun_s
    unbind(opened)
    used = sum(after[name] - before[name] for name in ("gateway", "postgres"))
    return round(grown_mb * 1000 / count, 1), round(used / whole_s * 1000, 1)


def _change(node: Node) -> float:
    """Change a team a few times; return the CPU that a change takes at gateway and PostgreSQL, in ms."""
    before = node.cpu_s()
    for n in range(CHANGES):
        accounts.change_one(node, n)
        time.sleep(SETTLED_S)
    after = node.cpu_s()
    used = sum(after[name] - before[name] for name in ("gateway", "postgres"))
    return round(a_message_us(used, CHANGES) / 1000, 1)


AXES: Mapping[str, Axis] = {
    "messages": Axis(
        "messages stored",
        f"SMPP at {RATE_PER_S:,}/s over 5 sessions into a store that has so many messages of half a year",
        (0, 100_000, 1_000_000, 10_000_000),
        stored,
    ),
    "sessions": Axis(
        "SMPP sessions",
        f"SMPP at {RATE_PER_S:,}/s over all sessions together, 5 a team",
        (1, 5, 50, 500),
        sessions,
    ),
    "teams": Axis(
        "teams",
        f"POST /messages at {REQUESTS_PER_S}/s over 20 connections, in the names of all teams in turn",
        (1, 10, 100, 1_000),
        teams,
    ),
    "recipients": Axis(
        "recipients",
        f"a campaign to so many people, through two carriers; the latencies are those of SMPP at {RATE_PER_S:,}/s beside a second one",
        (1_000, 10_000, 100_000, 1_000_000),
        recipients,
    ),
}


def measured(axis: Axis, asked: Asked, sizes: Sequence[int], say: Callable[[str], None]) -> list[Point]:
    """Measure an axis at these sizes."""
    points = []
    for size in sizes:
        say(f"{size:,} {axis.unit} …")
        points.append(axis.measure(asked, size))
    return points
