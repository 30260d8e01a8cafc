"""What a link waits for, and the one delayed call that wakes it.

Hearing from the peer only moves a number; the delayed call fires at the earliest moment at which something could be
overdue, looks, and is armed again. Nothing is cancelled or made for a PDU.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: How long a peer has to answer our unbind, and a socket to take our last octets, before the connection is cut.
CLOSE_S: Final = 5.0
_AGAIN_S: Final = 1.0  # when what is overdue could not be acted on


@attrs.frozen(kw_only=True)
class Timers:
    """How long a link waits, in seconds; 0 means for ever (decisions 98 and 99)."""

    enquire_link_s: float = 30.0  # of silence, until we ask whether the peer is there
    idle_timeout_s: float = 60.0  # of silence, until the link is closed; any PDU ends a silence
    response_timeout_s: float = 30.0  # until a request of ours is given up; 0: when the connection ends
    bind_timeout_s: float = 10.0  # from the connection to a bind that is accepted


class Due(enum.Enum):
    """What is overdue on a link."""

    CUT = "the close has taken too long"
    STUCK = "the peer has read nothing for too long"
    BIND = "no bind was accepted in time"
    SILENCE = "nothing was heard for too long"
    ENQUIRY = "it is time to ask whether the peer is there"


@attrs.define
class Watch:
    """The moments of one link, in seconds of its clock.

    Attributes:
        heard_at_s: When the peer last said anything.
        bound: Whether a bind was ever accepted.
        cut_at_s: When a connection that is closing is cut; None while nothing closes.
        stuck_since_s: Since when the peer does not read what we write; None while it does.
    """

    timers: Timers
    made_at_s: float
    heard_at_s: float
    bound: bool = False
    cut_at_s: float | None = None
    stuck_since_s: float | None = None
    _enquired_at_s: float = attrs.field(default=0.0, init=False)

    def enquired(self, now_s: float) -> None:
        """Note that we asked; the next enquiry is due after as long a silence again."""
        self._enquired_at_s = now_s

    def due(self, now_s: float) -> Due | None:
        """Return the gravest thing that is overdue."""
        for at_s, due in self._moments():
            if now_s >= at_s:
                return due
        return None

    def next_at_s(self, now_s: float) -> float | None:
        """Return when to look again; None when nothing is waited for."""
        ahead = [at_s if at_s > now_s else now_s + _AGAIN_S for at_s, _ in self._moments()]
        return min(ahead, default=None)

    def _moments(self) -> list[tuple[float, Due]]:
        if self.cut_at_s is not None:
            return [(self.cut_at_s, Due.CUT)]
        timers = self.timers
        quiet_since_s = max(self.heard_at_s, self._enquired_at_s)
        moments: list[tuple[float, Due]] = []
        if timers.bind_timeout_s and not self.bound:
            moments.append((self.made_at_s + timers.bind_timeout_s, Due.BIND))
        if timers.idle_timeout_s and self.stuck_since_s is not None:
            moments.append((self.stuck_since_s + timers.idle_timeout_s, Due.STUCK))
        if timers.idle_timeout_s:
            moments.append((self.heard_at_s + timers.idle_timeout_s, Due.SILENCE))
        if timers.enquire_link_s:
            moments.append((quiet_since_s + timers.enquire_link_s, Due.ENQUIRY))
        return moments


class Alarm:
    """A delayed call that can be brought forward and is armed anew by whoever is woken."""

    def __init__(self, clock: IReactorTime, wake: Callable[[], None]) -> None:
        """Sleep until `wake_by` says when."""
        self._clock = clock
        self._wake = wake
        self._call: IDelayedCall | None = None
        self._at_s = 0.0

    def wake_by(self, at_s: float | None) -> None:
        """See to it that it wakes no later than this moment; None asks for nothing."""
        if at_s is None:
            return
        if self._call is None:
            self._call = self._clock.callLater(max(0.0, at_s - self._clock.seconds()), self._rung)
        elif at_s < self._at_s:
            self._call.reset(max(0.0, at_s - self._clock.seconds()))
        else:
            return
        self._at_s = at_s

    def cancel(self) -> None:
        """Wake nobody any more."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _rung(self) -> None:
        self._call = None
        self._wake()
