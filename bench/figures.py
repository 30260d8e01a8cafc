"""Percentiles, and figures as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed (nearest rank).

    Args:
        ordered: the values, ascending; at least one.
        percent: above 0, up to 100.
    """
    rank = math.ceil(round(percent * len(ordered) / 100, 9))
    return ordered[max(rank, 1) - 1]


def spread_ms(taken_s: Sequence[float]) -> dict[str, float]:
    """Return the percentiles and the longest of durations in seconds, as milliseconds; nothing for no durations."""
    if not taken_s:
        return {}
    ordered = sorted(taken_s)
    found = {name: percentile(ordered, percent) for name, percent in PERCENTILES.items()}
    return {name: round(value * 1000, 3) for name, value in {**found, "max": ordered[-1]}.items()}


def spread_cells(taken_s: Sequence[float]) -> list[str]:
    """Return the median, p99 and the longest of durations in seconds, as milliseconds for a table."""
    spread = spread_ms(taken_s)
    return [f"{spread[each]:.1f}" if each in spread else "" for each in ("p50", "p99", "max")]


def between(begun: Sequence[float], ended: Sequence[float]) -> list[float]:
    """Return how long each took whose both moments are known (0.0: never happened), never less than nothing."""
    return [max(0.0, end - begin) for begin, end in zip(begun, ended, strict=True) if begin and end]


def a_message_us(cpu_s: float, messages: int) -> float:
    """Return the CPU time of one message in microseconds, 0 when there was none."""
    return round(cpu_s / messages * 1e6, 1) if messages else 0.0


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of plain text whose columns are as wide as they must be; all but the first stand to the right."""
    lines = [list(head), ["─" * len(each) for each in head], *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines[1] = ["─" * width for width in widths]
    first, *others = range(len(head))
    return "\n".join(
        "  ".join([line[first].ljust(widths[first]), *(line[n].rjust(widths[n]) for n in others)]).rstrip()
        for line in lines
    )
