"""What a soak prints: a line for each look, and the judgement."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import table
from bench.soak.judging import MB, Look, Verdict

GREW_MB = 0.5
HEAD = (
    "min   submit/s POST/s  p50/p99 ms: submit  receipt      POST         lists        phone→team   phone→hook   healthz"
    "      MB gateway+pg  files threads queue  commits/s WAL MB/s cores     disk ms work µs"
)
_WAYS = ("submit_sm → resp", "submit_sm → receipt", "POST", "lists", "phone → session", "phone → webhook", "/healthz")


def shown(look: Look) -> str:
    """Return the line of a look."""
    ways = "".join(f"{_spread(look, way):<13}" for way in _WAYS)
    rates = look.rates
    cores = f"{rates['cores of the gateway']:.2f}+{rates['cores of PostgreSQL']:.2f}"
    return (
        f"{look.at_min:4.1f}  {rates['submit_sm']:8,.0f} {rates['POST']:6,.0f}  {ways}"
        f"{look.gateway_mb:6.1f}+{look.postgres_mb:<7.1f} {look.files:5} {look.threads:7} {look.queue:5.0f}"
        f"  {rates['commits']:9,.0f} {rates['WAL MB']:8.1f} {cores}"
        f"  {look.machine.get('disk ms', 0.0):7.2f} {look.machine.get('work µs', 0.0):7.1f}"
    )


def _spread(look: Look, way: str) -> str:
    spread = look.spreads.get(way)
    return f"{spread['p50']:.1f}/{spread['p99']:.0f}" if spread else "-"


def grown(look: Look, before: Look) -> str:
    """Return the tables that have grown since the look before, the most first, and what lies dead in all."""
    found = {
        name: (each.octets - before.tables[name].octets, each.rows - before.tables[name].rows)
        for name, each in look.tables.items()
        if name in before.tables
    }
    most = sorted(((octets, name) for name, (octets, _) in found.items() if octets > GREW_MB * MB), reverse=True)
    names = ", ".join(f"{name} {octets / MB:+.1f} MB {found[name][1]:+,}" for octets, name in most)
    more = look.more
    waits = (
        f"dead rows {more['dead rows']:,.0f}; waiting: for a commit {more['store_waiting']:.0f}, receipts in memory "
        f"{more['receipts_in_memory']:.0f}, webhooks {more['webhook_waiting']:.0f}; {more['sessions']:.0f} sessions so far, "
        f"{more['sent_again']:.0f} requests sent again"
    )
    return f"      {names or 'no table grew'}; {waits}"


def verdicts(found: Sequence[Verdict], judge: bool) -> str:
    """Return the judgement; `judge` is false where the time was too short for one."""
    rows = [[each.what, each.found, _word(each, judge)] for each in found]
    return table(("after the warm-up", "", ""), rows)


def _word(verdict: Verdict, judge: bool) -> str:
    if verdict.holds:
        return "holds"
    return "FAILS" if judge else "not judged"
