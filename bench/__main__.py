"""`python -m bench`: rates, latencies, CPU a message and memory of a real node on this machine."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import ending, report, sampler
from bench.campaigns import PEOPLE
from bench.node import Node
from bench.processes import Broken, Child
from bench.rows import NEEDS_A_NODE, ROWS, Stage
from tests.rabbitmq import RabbitMQ

START_TIMEOUT_S = 10.0


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=_positive, default=20.0, metavar="N", help="load of each row (default: 20)")
    parser.add_argument("--only", action="append", choices=tuple(ROWS), metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--sessions", type=int, default=5, metavar="N", help="of the team (5)")
    parser.add_argument("--window", type=int, default=100, metavar="N", help="unanswered submits of a session (100)")
    parser.add_argument("--delay-ms", type=float, default=50.0, metavar="N", help="submit to receipt at the SMSC (50)")
    parser.add_argument("--carrier-binds", type=int, default=2, metavar="N", help="binds to the SMSC (2)")
    parser.add_argument("--carrier-window", type=int, default=500, metavar="N", help="window of each of them (500)")
    parser.add_argument("--people", type=int, default=PEOPLE, metavar="N", help="of each campaign (100,000)")
    parser.add_argument("--rabbitmq", action="store_true", help="over a RabbitMQ of its own, not the queue in memory")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the node")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="sample where the node spends its CPU")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder with the node's log")
    return parser


def _positive(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:  # nor not-a-number
        raise argparse.ArgumentTypeError("must be above 0 and at most 3600")
    return seconds


def machine() -> dict[str, Any]:
    """Return what the figures depend on, as it was before the run."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load_average": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }


def machine_shown(found: dict[str, Any], seconds: float, settings: Sequence[str] = ()) -> str:
    """Return that in a line."""
    changed = f", with {' '.join(settings)}" if settings else ""
    loads = " ".join(f"{each:.2f}" for each in found["load_average"])
    return (
        f"{found['cores']} cores for everything, load average before {loads}, Python {found['python']}, "
        f"{found['system']}, {seconds:g} s a row{changed}"
    )


@contextlib.contextmanager
def stage(asked: argparse.Namespace) -> Iterator[Stage]:
    """Set up the SMSC and the node in a temporary folder; all of it is gone at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="mobilesasa-bench-"))
    folder.chmod(0o711)  # so that the database's own user comes through when we are root
    with contextlib.ExitStack() as stack:
        if asked.keep:
            print(f"the logs are in {folder}", file=sys.stderr)
        else:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        sink = Child(
            [sys.executable, "-m", "bench.sink", "--delay-ms", str(asked.delay_ms)],
            folder / "sink.log",
            spoken_to=True,
        )
        stack.callback(sink.stop)
        port = sink.hear(START_TIMEOUT_S)["port"]
        broker = stack.enter_context(_broker(folder)) if asked.rabbitmq else None
        settings = [*asked.set, f"amqp_url={broker.url()}"] if broker is not None else asked.set
        node = Node(folder, settings, asked.profile, None if broker is None else broker.pid)
        stack.callback(node.stop)
        node.make_ready(port, asked.carrier_binds, asked.carrier_window)
        yield Stage(node, sink, folder, asked.seconds, asked.sessions, asked.window, people=asked.people)


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[RabbitMQ]:
    """Run a RabbitMQ beside the node."""
    (folder / "broker").mkdir()
    broker = RabbitMQ(folder / "broker")
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


def audit(node: Node) -> list[str]:
    """Return what is wrong in the node's sums: nothing, or what `mobilesasa audit` says."""
    try:
        node.command("audit")
    except Broken as wrong:
        return [str(wrong)]
    return []


def run(asked: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Measure the rows that were asked for; return the figures of each."""
    names = [name for name in ROWS if not asked.only or name in asked.only]
    found: dict[str, dict[str, Any]] = {}
    with contextlib.ExitStack() as stack:
        set_up = stack.enter_context(stage(asked)) if NEEDS_A_NODE & set(names) else None
        for name in names:
            print(f"{name} …", file=sys.stderr)
            found[name] = ROWS[name](set_up)
        if set_up is not None:
            found["audit"] = {"faults": audit(set_up.node)}
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether everything was as it must be: 0, or 1."""
    asked = arguments().parse_args(argv)
    before = machine()
    try:
        found = run(asked)
    except Broken as broken:
        print(f"the benchmark broke off: {broken}", file=sys.stderr)
        return 1
    changed = [*asked.set, "RabbitMQ"] if asked.rabbitmq else asked.set
    print(report.whole(machine_shown(before, asked.seconds, changed), found))
    if asked.profile is not None and asked.profile.exists():
        print(f"\n{sampler.shown(asked.profile)}")
    if asked.json is not None:
        asked.json.write_text(json.dumps({"machine": before, "seconds": asked.seconds, "rows": found}, indent=1))
    return 1 if report.faults(found) else 0


if __name__ == "__main__":
    ending.run(main)
