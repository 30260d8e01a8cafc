"""`python -m bench.soak --minutes 30`: all ways together at half the budget, a look every minute, and a judgement at the end.

SMPP with receipts over sessions that come and go, POST /messages with idempotency keys, lists, a campaign now and then, messages
from phones, and webhooks to a receiver of ours. The store has messages of months that are over and keys whose day ends meanwhile, so
that removals keep up with what is written or do not. What `bench.soak.judging` bounds must hold after the warm-up; every message
must have come once, with its receipt; and `mobilesasa audit` must find nothing. Otherwise the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from bench import ending
from bench.__main__ import machine, machine_shown
from bench.processes import Broken
from bench.soak import page
from bench.soak.course import Asked, Running, ended, looks, running
from bench.soak.judging import Look, judged

WARM_MIN = 5.0
JUDGED_MIN = 15.0  # a shorter run says nothing of slopes
LOOKS = 15  # at least so many
HEAD_EVERY = 10


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, metavar="N", help="of load (30)")
    parser.add_argument("--rate", type=float, default=2000.0, metavar="N", help="submit_sm a second (2,000)")
    parser.add_argument("--posts", type=float, default=200.0, metavar="N", help="POST /messages a second (200)")
    parser.add_argument("--gets", type=float, default=10.0, metavar="N", help="lists a second (10)")
    parser.add_argument("--inbound", type=float, default=20.0, metavar="N", help="messages from phones a second (20)")
    parser.add_argument("--people", type=int, default=5_000, metavar="N", help="of each campaign (5,000)")
    parser.add_argument("--campaign-min", type=float, default=5.0, metavar="N", help="between two campaigns (5)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the node")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all looks there")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder with the logs")
    return parser


def asked_of(given: argparse.Namespace) -> Asked:
    """Return what was asked for; a look each minute, or more often where there would be few."""
    every_s = min(60.0, given.minutes * 60 / LOOKS)
    campaign_s = min(given.campaign_min * 60, given.minutes * 60 / 3)
    return Asked(
        given.minutes, every_s, given.rate, given.posts, given.gets, given.inbound, given.people, campaign_s,
        tuple(given.set), given.keep,
    )  # fmt: skip


def watch(run: Running) -> list[Look]:
    """Print each look as it is made; return all."""
    found: list[Look] = []
    for look in looks(run):
        if len(found) % HEAD_EVERY == 0:
            print(page.HEAD)
        print(page.shown(look), flush=True)
        if found:
            print(page.grown(look, found[-1]), flush=True)
        found.append(look)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Soak, print, and say whether everything was as it must be: 0, or 1."""
    given = arguments().parse_args(argv)
    asked, before = asked_of(given), machine()
    print(machine_shown(before, given.minutes * 60, given.set))
    try:
        with running(asked) as run:
            found = watch(run)
            wrong = ended(run)
    except Broken as broken:
        print(f"the soak broke off: {broken}", file=sys.stderr)
        return 1
    judge = given.minutes >= JUDGED_MIN
    verdicts = judged(found, min(WARM_MIN, given.minutes / 3))
    print(f"\n{page.verdicts(verdicts, judge)}")
    if given.json is not None:
        plain = [attrs.asdict(look) for look in found]
        judgement = [attrs.asdict(verdict) for verdict in verdicts]
        given.json.write_text(
            json.dumps({"machine": before, "looks": plain, "judged": judgement, "wrong": wrong}, indent=1)
        )
    if judge:
        wrong += [f"{verdict.what}: {verdict.found}" for verdict in verdicts if not verdict.holds]
    else:
        print(f"\nToo short to judge slopes: that takes {JUDGED_MIN:g} minutes.")
    print("\n".join(["\nWRONG:", *wrong]) if wrong else "\nEvery message came once, with its receipt; the sums hold.")
    return 1 if wrong else 0


if __name__ == "__main__":
    ending.run(main)
