"""What sessions have done, in numbers, for whoever shows it; nothing here decides anything."""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

from mobilesasa.core.errors import Refused
from mobilesasa.smpp.pdus import Bind
from mobilesasa.smpp.statuses import Status, text_of
from mobilesasa.smpp.words import command_name
from mobilesasa.smsc.statuses import BadSubmit, status_of

_SECONDS: Final = 10  # over which a pace can be told


@attrs.frozen
class Setback:
    """A submit that was not accepted: when, in seconds of the node's clock, with which status, and why, in words."""

    at_s: float
    status: Status
    reason: str


@attrs.define
class Counts:
    """What the sessions of a node have seen, or one of them; `last` is the last that was not accepted, and when."""

    submits: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0
    failed: int = 0  # answered ESME_RSYSERR
    binds: int = 0
    binds_refused: int = 0
    last: tuple[float, Refused | BadSubmit | Status] | None = attrs.field(default=None, eq=False)

    def refuse(self, at_s: float, refusal: Refused | BadSubmit) -> None:
        """Count a submit that is refused."""
        self.refused += 1
        self.last = (at_s, refusal)

    def throttle(self, at_s: float) -> None:
        """Count a submit beyond the rate."""
        self.throttled += 1
        self.last = (at_s, Status.ESME_RTHROTTLED)

    def add(self, others: Counts) -> None:
        """Count in what others have seen."""
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(others, name))

    @property
    def setback(self) -> Setback | None:
        """The last submit that was not accepted."""
        if self.last is None:
            return None
        at_s, why = self.last
        if isinstance(why, Refused):
            return Setback(at_s, status_of(why), why.message)
        return Setback(at_s, why.status, why.info) if isinstance(why, BadSubmit) else Setback(at_s, why, text_of(why))


_COUNTED: Final = tuple(field.name for field in attrs.fields(Counts) if field.name != "last")


class Pace:
    """How much came in each of the last seconds; one step a turn, however much it brings."""

    __slots__ = ("_seconds",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seconds: deque[list[int]] = deque(maxlen=_SECONDS + 1)  # [second, how much], the newest last

    def add(self, now_s: float, count: int) -> None:
        """Note what came now."""
        second = int(now_s)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += count
        else:
            self._seconds.append([second, count])

    def a_second(self, now_s: float, span_s: int) -> float:
        """Return how much came a second, over so many whole seconds (at most 10) before the one that runs."""
        now = int(now_s)
        return sum(count for second, count in self._seconds if now - span_s <= second < now) / span_s


@attrs.define(eq=False)
class Figures:
    """What one session is and has done.

    Attributes:
        bound_at_ms: since when it is bound, milliseconds since the epoch; 0 before.
        bind_type: `transmitter`, `receiver` or `transceiver`; empty before.
        interface_version: what the peer said of itself, 0x34 for SMPP 3.4.
        counts: its submits.
        pace: the same by the second.
        receipts: deliver_sm that were sent.
    """

    bound_at_ms: int = 0
    bind_type: str = ""
    interface_version: int = 0
    counts: Counts = attrs.field(factory=Counts)
    pace: Pace = attrs.field(factory=Pace)
    receipts: int = 0
    _paced: int = attrs.field(default=0, init=False)  # submits that the pace knows of

    def begin(self, bind: Bind, now_ms: int) -> None:
        """Learn that a bind was taken."""
        self.bound_at_ms = now_ms
        self.bind_type = command_name(bind.command_id).removeprefix("bind_")
        self.interface_version = bind.interface_version

    def turned(self, now_s: float) -> None:
        """Learn that a turn has been counted."""
        submits = self.counts.submits
        self.pace.add(now_s, submits - self._paced)
        self._paced = submits
