"""What a soak is judged by: lines fitted through what was seen after the warm-up, and thirds of it held against each other.

What must stay as it is may not rise by more than the bounds here. A table that is not named in `KEPT` must not grow; one that is
may grow with the messages, by as many octets for each in the second half as in the first. What disk and cores did meanwhile is
told beside latencies and excuses nothing: the disk is slower for a node that writes more, too.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence

import attrs

MEMORY_MB_PER_MIN = 1.0
MEMORY_SHARE = 0.10  # in all, of where the line begins
COUNT_PER_MIN = 0.2  # open files, threads
P50_FACTOR, P50_MS = 1.3, 1.0  # of the last third against the first
QUEUE = 2000  # what may wait at the end, when as much did not at the beginning
TABLE_SHARE, TABLE_ROWS, TABLE_MB = 0.30, 2000, 4.0  # of what must stay bounded
OCTETS_FACTOR = 1.3  # an octet a message of the second half against the first
MB = 1_000_000

#: What grows by what is kept: messages and what hangs on them, the books, and what was asked for. All else stays bounded.
KEPT = frozenset(
    {
        "audience", "audience_row", "campaign", "campaign_link", "campaign_recipient", "file", "file_chunk", "inbound", "job",
        "ledger", "ledger_mark", "message", "message_event", "message_failed", "rollup", "survey_response", "trail",
        "ussd_screen", "ussd_session", "webhook_delivery", "webhook_event",
    }
)  # fmt: skip


@attrs.frozen
class Table:
    """A table as it was at one moment, its partitions and indexes included."""

    rows: int
    octets: int
    dead: int = 0


@attrs.frozen
class Look:
    """What was seen at one moment, and since the one before.

    Attributes:
        at_min: since the load began.
        messages: accepted so far, of all ways.
        rates: a second, since the look before.
        spreads: percentiles in milliseconds by way, since the look before.
        gateway_mb: resident memory.
        postgres_mb: of all its processes, what is their own; what they share is bounded by its settings.
        files, threads: of the gateway.
        queue: messages that wait for the carrier.
        tables: by name.
        machine: how long a bare write to the disk took, in milliseconds, and a piece of work that is always the same, in
            microseconds of CPU, since the look before.
        more: what is shown and not judged.
    """

    at_min: float
    messages: int
    rates: Mapping[str, float]
    spreads: Mapping[str, Mapping[str, float]]
    gateway_mb: float
    postgres_mb: float
    files: int
    threads: int
    queue: float
    tables: Mapping[str, Table]
    machine: Mapping[str, float] = attrs.field(factory=dict)
    more: Mapping[str, float] = attrs.field(factory=dict)


@attrs.frozen
class Verdict:
    """Whether something holds, and what says so."""

    what: str
    found: str
    holds: bool


@attrs.frozen
class Line:
    """A line through points: where it begins, where it ends, and what it rises by for each unit."""

    begin: float
    end: float
    slope: float

    @property
    def share(self) -> float:
        """What it rises by in all, of where it begins."""
        return (self.end - self.begin) / self.begin if self.begin > 0 else float(self.end > 0)


def line(points: Sequence[tuple[float, float]]) -> Line:
    """Fit a line by least squares; there is at least one point."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if len({*xs}) < 2:
        return Line(ys[0], ys[-1], 0.0)
    slope, intercept = statistics.linear_regression(xs, ys)
    return Line(intercept + slope * xs[0], intercept + slope * xs[-1], slope)


def thirds(values: Sequence[float]) -> tuple[float, float]:
    """Return the medians of the first and of the last third."""
    count = max(1, len(values) // 3)
    return statistics.median(values[:count]), statistics.median(values[-count:])


def judged(looks: Sequence[Look], warm_min: float) -> list[Verdict]:
    """Judge what was seen after the warm-up; the last look before its end counts too."""
    late = [look for look in looks if look.at_min >= warm_min] or list(looks[-1:])
    return [
        _memory("memory of the gateway", late, lambda look: look.gateway_mb),
        _memory("memory of PostgreSQL's processes", late, lambda look: look.postgres_mb),
        _count("open files of the gateway", late, lambda look: look.files),
        _count("threads of the gateway", late, lambda look: look.threads),
        *_latencies(late),
        _queue(late),
        *tables(late),
    ]


def _memory(what: str, looks: Sequence[Look], of: Callable[[Look], float]) -> Verdict:
    fit = line([(look.at_min, of(look)) for look in looks])
    holds = fit.slope < MEMORY_MB_PER_MIN and fit.share < MEMORY_SHARE
    found = f"{fit.begin:.1f} → {fit.end:.1f} MB, {fit.slope:+.2f} MB/min, {100 * fit.share:+.1f} %"
    return Verdict(what, found, holds)


def _count(what: str, looks: Sequence[Look], of: Callable[[Look], int]) -> Verdict:
    fit = line([(look.at_min, of(look)) for look in looks])
    return Verdict(what, f"{fit.begin:.1f} → {fit.end:.1f}, {fit.slope:+.2f} a minute", fit.slope < COUNT_PER_MIN)


def _latencies(looks: Sequence[Look]) -> list[Verdict]:
    found, beside = [], meanwhile(looks)
    for way in dict.fromkeys(name for look in looks for name, spread in look.spreads.items() if spread):
        first, last = thirds([look.spreads[way]["p50"] for look in looks if look.spreads.get(way)])
        worst = max(look.spreads[way]["p99"] for look in looks if look.spreads.get(way))
        shown = f"{first:.1f} → {last:.1f} ms{beside}, the worst p99 of a look {worst:.1f} ms"
        found.append(Verdict(f"p50 of {way}", shown, last <= first * P50_FACTOR + P50_MS))
    return found


def meanwhile(looks: Sequence[Look]) -> str:
    """Return what disk and cores did from the first third to the last; empty where nobody measured."""
    shown = ""
    for name in dict.fromkeys(name for look in looks for name in look.machine):
        first, last = thirds([look.machine[name] for look in looks if name in look.machine])
        shown += f", {name} {first:.1f} → {last:.1f}"
    return shown


def _queue(looks: Sequence[Look]) -> Verdict:
    first, last = thirds([look.queue for look in looks])
    return Verdict("messages that wait for the carrier", f"{first:.0f} → {last:.0f}", last <= first + QUEUE)


def tables(looks: Sequence[Look]) -> list[Verdict]:
    """Judge the tables: those that must stay bounded, together, and one line for each that grows."""
    names = sorted({name for look in looks for name in look.tables})
    bounded = [verdict for name in names if name not in KEPT and (verdict := _bounded(name, looks)) is not None]
    kept = [verdict for name in names if name in KEPT and (verdict := _kept(name, looks)) is not None]
    count = sum(name not in KEPT for name in names)
    if not bounded:
        bounded = [Verdict("tables that must stay bounded", f"all {count} do", True)]
    return [*bounded, *kept]


def _bounded(name: str, looks: Sequence[Look]) -> Verdict | None:
    """Return what is wrong with a table that must not grow; None: nothing."""
    rows = line([(look.at_min, look.tables[name].rows) for look in looks if name in look.tables])
    size = line([(look.at_min, look.tables[name].octets / MB) for look in looks if name in look.tables])
    rows_bound = max(TABLE_ROWS, TABLE_SHARE * rows.begin)
    size_bound = max(TABLE_MB, TABLE_SHARE * size.begin)
    if rows.end - rows.begin <= rows_bound and size.end - size.begin <= size_bound:
        return None
    shown = f"{rows.begin:,.0f} → {rows.end:,.0f} rows, {size.begin:.1f} → {size.end:.1f} MB"
    return Verdict(f"table {name}, which must stay bounded", shown, False)


def _kept(name: str, looks: Sequence[Look]) -> Verdict | None:
    """Judge a table that grows with the messages; None: it hardly does."""
    there = [look for look in looks if name in look.tables]
    middle = len(there) // 2
    if _grown(name, there) < TABLE_MB * MB:
        return None
    before, after = _a_message(name, there[: middle + 1]), _a_message(name, there[middle:])
    shown = f"{_a_message(name, there):,.1f} octets a message; first half {before:,.1f}, second {after:,.1f}"
    # a step of a whole extent in one half is no growth
    steps = (after - before) * (there[-1].messages - there[middle].messages) < TABLE_MB * MB
    holds = after <= before * OCTETS_FACTOR or steps
    return Verdict(f"table {name}, which grows by what is kept", shown, holds)


def _grown(name: str, looks: Sequence[Look]) -> int:
    """Return the octets that a table has grown by, without what was removed of it meanwhile."""
    sizes = [look.tables[name].octets for look in looks]
    return sum(max(0, after - before) for before, after in itertools.pairwise(sizes))


def _a_message(name: str, looks: Sequence[Look]) -> float:
    messages = looks[-1].messages - looks[0].messages
    return _grown(name, looks) / messages if messages else 0.0
