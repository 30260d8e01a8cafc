"""Hostile peers beside clients that behave: `python -m bench.hostile [--only ROW] [--seconds N] [--json FILE]`.

For each row a node, an SMSC, and a team's systems that do their work: SMPP at 200 messages a second, POST /messages at 50,
GET /messages at 20 and binds at 2, the last two each over a new connection. They are measured without the attack and beside
it. It ends with 1 when one of them saw an error or the node took more memory than its budget; whether the latencies kept
theirs is only told, for a busy machine may miss them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import ending
from bench.__main__ import machine, machine_shown
from bench.figures import table
from bench.hostile.rows import ROWS
from bench.hostile.stage import LATENCY_MS, MEMORY_MB, disk_stood_still, in_time, measure, stage
from bench.processes import Broken

_KINDS = {"submit": "submit_sm", "post": "POST", "get": "GET", "bind": "bind"}
_GOT = 6  # kinds of answers that are shown


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(ROWS), metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="N", help="without and beside each attack (10)")
    parser.add_argument("--rst", type=Path, metavar="FILE", help="write the table of docs/security.rst there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--nice", type=int, default=10, metavar="N", help="of attackers; on a busy machine 10 leaves them little (10)"
    )
    parser.add_argument(
        "--keep-logs", type=Path, metavar="FOLDER", help="for the logs of the node and of the attackers"
    )
    return parser


def run(asked: argparse.Namespace, found: dict[str, dict[str, Any]]) -> None:
    """Measure the rows that were asked for into `found`, each on a node of its own."""
    names = [name for name in ROWS if not asked.only or name in asked.only]
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        with stage(asked.seconds, ROWS[name].settings, asked.keep_logs) as set_up:
            found[name] = measure(set_up, name, asked.nice)


def got_shown(got: dict[str, int]) -> str:
    """Return what attackers got, the most frequent first."""
    ordered = sorted(got.items(), key=lambda each: -each[1])
    more = sum(count for _, count in ordered[_GOT:])
    said = [f"{name} {count:,}" for name, count in ordered[:_GOT]] + ([f"others {more:,}"] if more else [])
    return ", ".join(said) or "nothing"


def costs(found: dict[str, dict[str, Any]]) -> str:
    """Return the table of what each attack cost the node."""
    rows = []
    for name, row in found.items():
        cores, attack = row["cores"], row["attack"]
        counts = [f"{attack[each]:,}" for each in ("connections", "most", "requests")]
        used = [f"{cores[each]:.2f}" for each in ("gateway", "postgres", "attackers")]
        late = "disk" if disk_stood_still(row) else "late"
        verdict = "WRONG" if row["faults"] else "yes" if in_time(row) else late
        rows.append([name, *counts, f"{row['memory_mb']:.0f}", *used, str(row["files"]), verdict])
    head = ("attack", "connections", "at once", "requests", "peak MB", "gateway", "PostgreSQL", "attackers", "files")
    return table((*head, "in budget"), rows)


def latencies(found: dict[str, dict[str, Any]]) -> str:
    """Return the table of those who behave: without → beside."""

    def pair(row: dict[str, Any], of: str, at: str) -> str:
        return " → ".join(
            f"{row[when]['ms'][of][at]:.1f}" if at in row[when]["ms"][of] else "–" for when in ("before", "beside")
        )

    shown = [(of, at) for of in _KINDS for at in (("p50", "p99", "max") if of in ("submit", "post") else ("p99",))]
    rows = [
        [name, *(pair(row, of, at) for of, at in shown), f"{row['disk_ms'].get('max', 0.0):.1f}"]
        for name, row in found.items()
    ]
    return table(("ms, without → beside", *(f"{_KINDS[of]} {at}" for of, at in shown), "the disk max"), rows)


def page(found: dict[str, dict[str, Any]]) -> str:
    """Return all of it for people."""
    lines = []
    for name, row in found.items():
        each = "" if row["kb_each"] is None else f"; {row['kb_each']:g} kB of memory a connection"
        lines.append(f"{name}: {row['what']}\n    got {got_shown(row['attack']['got'])}{each}")
    return "\n\n".join([costs(found), latencies(found), "\n".join(lines)])


def table_of_docs(found: dict[str, dict[str, Any]]) -> str:
    """Return the table of docs/security.rst: row, what is done, what it gets, peak memory, p99 beside it, the disk's longest write."""
    rows = [["Row", "What is done", "What it gets", "MB", "submit_sm", "POST", "Disk"]]
    for name, row in found.items():
        spreads = row["beside"]["ms"]
        late = [f"{spreads[of]['p99']:.0f}" if "p99" in spreads[of] else "–" for of in ("submit", "post")]
        got = got_shown(row["attack"]["got"])
        disk = f"{row['disk_ms'].get('max', 0.0):.0f}"
        rows.append([f"``{name}``", ROWS[name].briefly, got, f"{row['memory_mb']:.0f}", *late, disk])
    head = [".. list-table::", "   :header-rows: 1", "   :widths: 14 38 24 6 8 5 5", ""]
    body = [f"   {' ' if place else '*'} - {cell}" for row in rows for place, cell in enumerate(row)]
    return "\n".join([*head, *body, ""])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether everything was as it must be: 0, or 1."""
    asked, before = arguments().parse_args(argv), machine()
    found: dict[str, dict[str, Any]] = {}
    whole = True
    try:
        run(asked, found)
    except Broken as broken:
        print(f"the benchmark broke off: {broken}", file=sys.stderr)
        whole = False
    print(machine_shown(before, asked.seconds), end="\n\n")
    print(page(found), end="\n\n")
    if asked.json is not None:
        asked.json.write_text(json.dumps({"machine": before, "seconds": asked.seconds, "rows": found}, indent=1))
    if asked.rst is not None:
        asked.rst.write_text(table_of_docs(found))
    wrong = [f"WRONG, {name}: {fault}" for name, row in found.items() for fault in row["faults"]]
    late = ", ".join(name for name, row in found.items() if not in_time(row) and not disk_stood_still(row))
    stood = ", ".join(name for name, row in found.items() if not in_time(row) and disk_stood_still(row))
    budget = f"errors 0, memory at most {MEMORY_MB:.0f} MB" + ("" if wrong else ": kept in all rows")
    if not whole or not found:
        return 1
    print("\n".join(wrong) or budget)
    print(
        f"p99 of submit_sm and POST at most {LATENCY_MS:.0f} ms: "
        + (f"not in {late}" if late else "kept in all rows")
        + (f"; in {stood} the disk stood still for longer" if stood else "")
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    ending.run(main)
