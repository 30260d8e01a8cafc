"""`make chaos`: two nodes under load, struck at random, and what became of every message.

Two nodes over one PostgreSQL and one RabbitMQ, three carriers, all of it on this machine, in a temporary folder, on free ports; a team
a round submits over SMPP and by REST and sends a campaign. In each round one to four faults happen at random moments, as
the seed says. Afterwards every message that was accepted must have come to a carrier, once but for what was under way where a fault
struck, and have its receipt and its final state; the books must be right. Exit status 1: something did not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import ending
from bench.chaos.disks import is_inside, run_inside
from bench.chaos.plan import KINDS, Fault, plan
from bench.chaos.rounds import Course, Load
from bench.chaos.stage import DISKS_MB, Stage
from bench.processes import Broken

NAMES = {fault.name.lower().replace("_", "-"): fault for fault in KINDS}


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, help="the same faults at the same moments (default: a new one)")
    parser.add_argument("--round", type=int, help="only this one of the seed")
    parser.add_argument("--seconds", type=float, default=8.0, help="of load a round, at least")
    parser.add_argument("--rate", type=float, default=400.0, help="submits a second over SMPP")
    parser.add_argument("--posts", type=float, default=40.0, help="calls of POST /messages a second")
    parser.add_argument("--people", type=int, default=1500, help="of each campaign")
    parser.add_argument(
        "--only", action="append", choices=NAMES, help="these kinds of faults alone; may be given again"
    )
    parser.add_argument("--without", action="append", choices=NAMES, default=[], help="all kinds but these")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--keep", action="store_true", help="keep the folder, with all logs")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


def shown(row: dict[str, Any]) -> str:
    """Return a round as it is printed."""
    of_all = f"{row['smpp']} by SMPP, {row['rest']} by REST, {row['campaign']} of a campaign"
    became = (
        f"refused {row['refused']}, unknown {row['unknown']} ({row['stored_of_unknown']} stored), lost {row['lost']}, "
        f"doubled {row['doubled']}/{row['most_doubled']}, taken for sent {row['uncertain']}/{row['most_uncertain']}, "
        f"receipts missing {row['receipts_missing']}, failed {row['failed']}"
    )
    times = f"back after {row['recovered_s']} s, settled after {row['settled_s']} s"
    times += f" (last: {row['waited_for']}), {row['memory_mb']:g} MB"
    lines = [f"{row['round']}  {'; '.join(row['faults'])}", f"      {of_all}; {became}; {times}"]
    return "\n".join([*lines, *(f"      WRONG: {each}" for each in row["wrong"])])


def summary(rows: Sequence[dict[str, Any]]) -> str:
    """Return what all rounds come to."""
    names = (
        "smpp",
        "rest",
        "campaign",
        "refused",
        "unknown",
        "lost",
        "doubled",
        "most_doubled",
        "uncertain",
        "receipts_missing",
    )
    sums = {name: sum(row[name] for row in rows) for name in names}
    accepted = sums["smpp"] + sums["rest"] + sums["campaign"]
    bad = sum(bool(row["wrong"]) for row in rows)
    return (
        f"{len(rows)} rounds, {sum(len(row['faults']) for row in rows)} faults: {accepted} messages accepted, {sums['lost']} lost, "
        f"{sums['doubled']} doubled of {sums['most_doubled']} that might be, {sums['uncertain']} taken for sent, "
        f"{sums['receipts_missing']} receipts missing, {sums['refused']} refused, {sums['unknown']} unknown; {bad} rounds are wrong"
    )


def again(asked: argparse.Namespace, number: int) -> str:
    """Return the command that replays a round."""
    words = [
        f"--seed {asked.seed} --round {number} --seconds {asked.seconds:g} --rate {asked.rate:g} --posts {asked.posts:g}"
    ]
    words += [f"--people {asked.people}", *(f"--only {name}" for name in asked.only or ())]
    words += [f"--without {name}" for name in asked.without]
    return f"python -m bench.chaos {' '.join(words)} --keep"


def perform(asked: argparse.Namespace, kinds: list[Fault], place: Path) -> list[dict[str, Any]]:
    """Run the rounds; return their figures."""
    numbers = [asked.round] if asked.round else range(1, asked.rounds + 1)
    rounds = [plan(asked.seed, number, asked.seconds, kinds) for number in numbers]
    load = Load(asked.seconds, asked.rate, asked.posts, asked.people)
    rows: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        stage = Stage(place, stack, {event.fault for each in rounds for event in each.events})
        for each in rounds:
            course = Course(stage, each, load)
            rows.append(course.row(course.run()))
            print(shown(rows[-1]), flush=True)
    return rows


def main() -> int:
    """Run it, print what became of everything, and say whether all was as it must be: 0, or 1."""
    asked = arguments().parse_args()
    asked.seed = random.randrange(1, 1_000_000) if asked.seed is None else asked.seed
    kinds = [fault for name, fault in NAMES.items() if name not in asked.without and name in (asked.only or NAMES)]
    place = asked.folder or Path(tempfile.mkdtemp(prefix="mobilesasa-chaos-"))
    place.chmod(0o711)
    if Fault.FILL_DISK in kinds and not is_inside(place):
        return _inside(asked, place)
    bad = True
    try:
        print(f"seed {asked.seed}, in {place}", flush=True)
        rows = perform(asked, kinds, place)
        print(summary(rows))
        wrong = [int(row["round"].rpartition(".")[2]) for row in rows if row["wrong"]]
        print("".join(f"again: {again(asked, number)}\n" for number in wrong), end="")
        if asked.json is not None:
            asked.json.write_text(json.dumps(rows, indent=1))
        bad = bool(wrong)
    except (Broken, KeyboardInterrupt) as broken:
        print(f"broke off: {broken if isinstance(broken, Broken) else 'it was told to'}", file=sys.stderr)
    finally:
        _let_go(place, keep=asked.keep or bad)
    return int(bad)


def _inside(asked: argparse.Namespace, place: Path) -> int:
    """Do all of it where there are small filesystems; return its status."""
    status = 1
    more = ["--seed", str(asked.seed), "--folder", str(place)]
    try:
        status = run_inside(place, DISKS_MB, ["-m", "bench.chaos", *sys.argv[1:], *more])
    except Broken as broken:
        print(broken, file=sys.stderr)
    finally:
        if not asked.keep and not status:
            shutil.rmtree(place, ignore_errors=True)
    return status


def _let_go(place: Path, keep: bool) -> None:
    """Remove what was written; or keep it, with the logs that are on the small filesystems."""
    if not keep:
        shutil.rmtree(place, ignore_errors=True)
        return
    for log in [
        *place.glob("database/**/data/log/*.log"),
        *place.glob("database/**/*.err"),
        *place.glob("broker/log/*"),
    ]:
        with contextlib.suppress(OSError):
            shutil.copy(log, place / f"of-{log.name}")
    print(f"the logs are in {place}")


if __name__ == "__main__":
    ending.run(main)
