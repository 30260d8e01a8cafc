"""What was measured at one size of an axis, and the page that shows how it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from bench.figures import table


@attrs.frozen
class Point:
    """The figures at one size.

    Attributes:
        size: how many there are of what grows.
        messages: that were sent.
        gateway_us, postgres_us: CPU a message.
        work_us: CPU of a piece of work that is always the same: how fast the cores were meanwhile.
        disk_ms: p99 of bringing 4 KiB of another file to the disk meanwhile: what p99 has in it that is not the node's.
        p50_ms, p99_ms: of the answer to a submit, from when it was due.
        memory_mb: of the gateway, its peak.
        more: figures of this axis alone, by the heads of their columns.
        faults: what was not as it must be.
    """

    size: int
    messages: int
    gateway_us: float
    postgres_us: float
    work_us: float
    disk_ms: float
    p50_ms: float
    p99_ms: float
    memory_mb: float
    more: Mapping[str, float] = attrs.field(factory=dict)
    faults: Sequence[str] = ()

    @property
    def cost(self) -> float:
        """CPU a message of gateway and PostgreSQL, in pieces of the work that is always the same."""
        return (self.gateway_us + self.postgres_us) / self.work_us


def point_of(size: int, found: Mapping[str, Any], more: Mapping[str, float] | None = None) -> Point:
    """Return the point that the figures of a row of `bench.rows` make."""
    load, spread = found["load"], found["load"]["response_ms"]
    return Point(
        size,
        load["messages"],
        found["cpu_us"]["gateway"],
        found["cpu_us"]["postgres"],
        found["work_us"],
        found["fdatasync_ms"].get("p99", 0.0),
        spread["p50"],
        spread["p99"],
        found["memory_mb"],
        more or {},
        found["faults"],
    )


def shown(unit: str, points: Sequence[Point]) -> str:
    """Return the figures of an axis as a table, each beside how many times that of the first point it is."""
    first = points[0]
    head = (unit, "gateway + postgres µs", "work", "×", "p50 ms", "p99 ms", "×", "disk p99", "MB", "×", *first.more)
    return table(head, [_row(each, first) for each in points])


def _row(each: Point, first: Point) -> list[str]:
    return [
        f"{each.size:,}",
        f"{each.gateway_us:.0f} + {each.postgres_us:.0f}",
        f"{each.work_us:.0f}",
        times(each.cost, first.cost),
        f"{each.p50_ms:.1f}",
        f"{each.p99_ms:.1f}",
        times(each.p99_ms, first.p99_ms),
        f"{each.disk_ms:.1f}",
        f"{each.memory_mb:.0f}",
        times(each.memory_mb, first.memory_mb),
        *(f"{value:,.1f}" for value in each.more.values()),
    ]


def times(value: float, first: float) -> str:
    """Return how many times the first value another is."""
    return f"{value / first:.2f}" if first else ""


def faults(points: Sequence[Point]) -> list[str]:
    """Return what was not as it must be, with the size at which it was not."""
    return [f"{point.size:,}: {fault}" for point in points for fault in point.faults]
