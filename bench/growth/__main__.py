"""`python -m bench.growth`: how the cost of a message grows with messages stored, sessions, teams, and a campaign's recipients.

Each point is a node of its own. Beside each figure stands how many times that of the first point it is; CPU is divided by a
piece of work that is always the same before that, so that cores that were slower meanwhile do not look like growth.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from bench import ending
from bench.__main__ import machine, machine_shown
from bench.growth import points
from bench.growth.axes import AXES, SETTINGS, Asked, measured
from bench.processes import Broken


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--axis", action="append", choices=tuple(AXES), metavar="NAME", help=f"of {', '.join(AXES)}")
    parser.add_argument("--points", type=sizes, metavar="N,N,…", help="the sizes, of all axes that are asked for")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="N", help="load of each point (10)")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep filled stores there, and use them again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


def sizes(text: str) -> list[int]:
    """Read the sizes, as `1,5,50`."""
    found = [int(each.replace("_", "")) for each in text.split(",")]
    if not found or min(found) < 0:
        raise argparse.ArgumentTypeError("sizes are whole numbers with commas between them")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether everything was as it must be: 0, or 1."""
    asked = arguments().parse_args(argv)
    before, found, wrong = machine(), {}, []
    print(machine_shown(before, asked.seconds, SETTINGS))
    for name in asked.axis or AXES:
        axis = AXES[name]
        try:
            measured_ = measured(axis, Asked(asked.seconds, asked.state), asked.points or axis.sizes, _say)
        except Broken as broken:
            print(f"the axis {name} broke off: {broken}", file=sys.stderr)
            return 1
        found[name] = measured_
        print(f"\n{axis.about}\n\n{points.shown(axis.unit, measured_)}", flush=True)
        wrong += [f"{name}, {fault}" for fault in points.faults(measured_)]
    if asked.json is not None:
        asked.json.write_text(json.dumps({"machine": before, "axes": _plain(found)}, indent=1))
    if wrong:
        print("\n".join(["\nWRONG:", *wrong]))
    return 1 if wrong else 0


def _say(what: str) -> None:
    print(what, file=sys.stderr)


def _plain(found: dict[str, list[points.Point]]) -> dict[str, Any]:
    return {name: [attrs.asdict(each) for each in axis] for name, axis in found.items()}


if __name__ == "__main__":
    ending.run(main)
