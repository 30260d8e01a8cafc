"""The node that is attacked, those who behave beside, and the figures of a row."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from bench import processes
from bench.hostile.attacker import STRENGTH_S
from bench.hostile.rows import ROWS, Row
from bench.hostile.target import RIVAL, Target
from bench.machine import watched
from bench.node import TEAM, UNITS, Node
from bench.processes import Broken, Child, run_json

SUBMITS_PER_S, POSTS_PER_S, GETS_PER_S, BINDS_PER_S = 200, 50, 20, 2
LINK_HOST = "go.bench.test"
EMAIL = "jane@bench.test"
START_S = 10.0
PATIENCE_S = 60.0  # with an attacker, to whom the machine gives what is left
SETTLE_S = 20.0
LOOK_S = 0.25
MEMORY_MB, LATENCY_MS = 300.0, 50.0


@attrs.define(eq=False)
class Stage:
    """A node with an SMSC behind it.

    Attributes:
        node: the node.
        target: what attackers know of it.
        folder: for files.
        seconds: how long those who behave are watched, without an attack and beside it.
        next_token: of the next message.
    """

    node: Node
    target: Target
    folder: Path
    seconds: float
    next_token: int = 0


@contextlib.contextmanager
def stage(seconds: float, settings: Sequence[str], kept: Path | None) -> Iterator[Stage]:
    """Set up an SMSC, and a node with its defaults but for these settings and for the ports that it has to have."""
    folder = Path(tempfile.mkdtemp(prefix="mobilesasa-hostile-"))
    folder.chmod(0o711)  # so that the database's own user comes through when we are root
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if kept is not None:
            stack.callback(lambda: [shutil.copy(log, kept) for log in folder.glob("*.log")])
        sink = Child([sys.executable, "-m", "bench.sink", "--delay-ms", "50"], folder / "sink.log", spoken_to=True)
        stack.callback(sink.stop)
        port = sink.hear(START_S)["port"]
        smpps, https = processes.free_ports(2)
        ours = [f"smpp_tls_port={smpps}", f"https_port={https}", f"links.base_url=https://{LINK_HOST}"]
        node = Node(folder, [*ours, *settings])
        stack.callback(node.stop)
        node.make_ready(port, binds=2, window=500)
        yield Stage(node, _target(node, smpps, https), folder, seconds)


def _target(node: Node, smpps: int, https: int) -> Target:
    """Make the customer that attacks, with the terms that every team has, and somebody who logs in."""
    token = node.command("team", "create", "--code", RIVAL, "--units", str(UNITS), "--sender", RIVAL)["token"]
    password = node.command("smpp", "password", "--team", RIVAL, "--any-address")["password"]
    node.command("user", "create", EMAIL, "--team", TEAM, "--role", "viewer")
    return Target(
        http=node.http_port,
        https=https,
        smpp=node.smpp_port,
        smpps=smpps,
        token=token,
        password=password,
        victim=TEAM,
        email=EMAIL,
        link_host=LINK_HOST,
    )


@attrs.define
class Files:
    """How many files a process has open, looked at now and then."""

    most: int = 0

    @contextlib.contextmanager
    def watched(self, pid: int) -> Iterator[None]:
        """Look until the end of the block."""
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    self.most = max(self.most, len(os.listdir(f"/proc/{pid}/fd")))
                over.wait(LOOK_S)

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()


def behaved(stage: Stage) -> dict[str, Any]:
    """Let those who behave do their work; return their latencies, and what of their work went wrong."""
    node, seconds = stage.node, stage.seconds
    submits, posts = int(SUBMITS_PER_S * seconds), int(POSTS_PER_S * seconds)
    first, stage.next_token = stage.next_token, stage.next_token + submits + posts
    timing = ["--seconds", str(seconds)]
    settling = ["--settle-s", str(SETTLE_S)]
    asked = {
        "submit": [
            *("-m", "bench.load", "--port", str(node.smpp_port), "--password", node.token, "--sessions", "2"),
            *("--rate", str(SUBMITS_PER_S), "--window", "500", "--first-token", str(first), *timing, *settling),
        ],
        "post": [
            *("-m", "bench.rest", "--port", str(node.http_port), "--token", node.token, "--connections", "10"),
            *("--rate", str(POSTS_PER_S), "--first-token", str(first + submits), *timing, *settling),
        ],
        "visits": [
            *("-m", "bench.hostile.visitors", "--port", str(node.http_port), "--smpp-port", str(node.smpp_port)),
            *("--token", node.token, "--rate", str(GETS_PER_S), "--binds", str(BINDS_PER_S), *timing),
        ],
    }
    timeout_s = seconds + SETTLE_S + 60
    with ThreadPoolExecutor(len(asked)) as threads:
        running = {name: threads.submit(run_json, words, timeout_s) for name, words in asked.items()}
        found, broken = {}, []
        for name, running_one in running.items():
            try:
                found[name] = running_one.result()
            except Broken as fault:
                broken.append(f"{name}: {str(fault)[-300:]}")
    return {"ms": latencies(found), "errors": [*errors(found), *broken]}


def latencies(found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the spreads of what those who behave did, by what it was."""
    visits = found.get("visits", {})
    return {
        "submit": found.get("submit", {}).get("response_ms", {}),
        "post": found.get("post", {}).get("response_ms", {}),
        "get": visits.get("get", {}).get("ms", {}),
        "bind": visits.get("bind", {}).get("ms", {}),
    }


def errors(found: dict[str, Any]) -> list[str]:
    """Return what those who behave saw go wrong."""
    said: dict[str, int] = {}
    if submit := found.get("submit"):
        said["sessions that the node closed"] = submit["closed_sessions"]
        said["submits without the answer that they were accepted"] = submit["messages"] - submit["accepted"]
        said["receipts that never came"] = submit["accepted"] - submit["receipts"]
    if post := found.get("post"):
        said["POSTs without the answer that they were accepted"] = post["messages"] - post["accepted"]
    for kind, visits in found.get("visits", {}).items():
        said |= {f"{kind}: {why}": count for why, count in visits["wrong"].items()}
    return [f"{name}: {count}" for name, count in said.items() if count]


def measure(stage: Stage, name: str, nice: int) -> dict[str, Any]:
    """Return the figures of a row: those who behave without the attack and beside it, and what it cost."""
    row, node = ROWS[name], stage.node
    before = behaved(stage)
    memory_mb = processes.memory_mb(node.pid)
    processes.begin_peak_memory(node.pid)
    log = stage.folder / "attacker.log"
    command = [sys.executable, "-m", "bench.hostile.attacker", name, str(nice), json.dumps(attrs.asdict(stage.target))]
    attacker, files = Child(command, log, spoken_to=True), Files()
    try:
        with files.watched(node.pid):
            strong = attacker.hear(STRENGTH_S + PATIENCE_S)
            cpu, own_s, begun_s = node.cpu_s(), processes.cpu_s(attacker.pid), time.monotonic()
            with watched(stage.folder) as machine:
                beside = behaved(stage)
            whole_s = time.monotonic() - begun_s
            cores = {of: round((used - cpu[of]) / whole_s, 2) for of, used in node.cpu_s().items()}
            cores["attackers"] = round((processes.cpu_s(attacker.pid) - own_s) / whole_s, 2)
            held_mb = processes.memory_mb(node.pid)
            attacker.end_input()
            ended = attacker.hear(PATIENCE_S)
    finally:
        attacker.stop()
    found = {
        "what": row.words,
        "before": before,
        "beside": beside,
        "disk_ms": machine.figures()["fdatasync_ms"],
        "strength_s": strong["strength_s"],
        "attack": ended,
        "cores": cores,
        "files": files.most,
        "memory_mb": processes.peak_memory_mb(node.pid),
        "memory_before_mb": memory_mb,
        "kb_each": round((held_mb - memory_mb) * 1000 / max(1, ended["held"]), 1) if row.stays else None,
    }
    return found | {"faults": faults(found, row)}


def faults(found: dict[str, Any], row: Row) -> list[str]:
    """Return what must not be: an error of those who behave, more memory than the budget, a connection that was to stay."""
    said = [f"without the attack: {error}" for error in found["before"]["errors"]]
    said += found["beside"]["errors"]
    if not row.stays and found["memory_mb"] > MEMORY_MB:
        said.append(f"{found['memory_mb']:.0f} MB, which is more than {MEMORY_MB:.0f}")
    if row.stays and (gone := sum(found["attack"]["got"].values())):
        said.append(f"{gone} connections did not stay")
    return said


def in_time(found: dict[str, Any]) -> bool:
    """Say whether the latency budget is kept beside the attack: p99 of submit_sm → resp, and of POST."""
    spreads = found["beside"]["ms"]
    return all(spreads[of].get("p99", LATENCY_MS + 1) <= LATENCY_MS for of in ("submit", "post"))


def disk_stood_still(found: dict[str, Any]) -> bool:
    """Say whether the disk of the machine kept others waiting for longer than that too, so that no commit was in time."""
    return bool(found["disk_ms"].get("max", 0.0) > LATENCY_MS)
