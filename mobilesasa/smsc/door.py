"""The door: who may connect at all, before anything is said.

How to think about it: a place costs a peer nothing and us some memory, so there are only so many, and one address may
take but a share of them (an IPv6 one with all its network, which is what one attacker holds). Whoever comes and goes
without ever binding costs us a handshake and a line in the log each time: after many of that within a minute an address
finds the door shut until the minute is over. And when all places are taken, who has been inside longest without binding
makes room for whoever comes: otherwise many addresses that do nothing would keep everybody out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.attempts import Attempts, origin
from mobilesasa.smsc.limits import Limits

STRANGERS: Final = 200  # connections of one address that never bound, in a minute
_ONCE: Final = 1  # line in a minute for each address and reason


class Door:
    """Lets connections in and counts those inside.

    Args:
        limits: how many there may be; without a limit for an address none of them is told from another.
        clock: for counting.

    Attributes:
        turned_away: How many were not let in, or had to make room.
    """

    log = Logger()

    def __init__(self, limits: Limits, clock: IReactorTime) -> None:
        """Begin with nobody inside."""
        self.turned_away = 0
        self._limits = limits
        self._clock = clock
        self._inside: Counter[str] = Counter()  # by origin
        self._count = 0
        self._strangers = Attempts(STRANGERS)
        self._said = Attempts(_ONCE)

    def enter(self, address: str | None, make_room: Callable[[], bool] = lambda: False) -> str | None:
        """Let a connection in and return what it is counted by, to be given to `leave`; None turns it away.

        Args:
            address: of the peer; None or empty where it has none, as over a local socket.
            make_room: has one leave that has not bound, and says whether there was one.
        """
        limits = self._limits
        by = origin(address) if address and limits.max_connections_per_address else ""
        if by and self._inside[by] >= limits.max_connections_per_address:
            said = "{address} has {n} connections, which is all that one address may have; more are closed"
            self._turn_away(by, said, self._inside[by])
        elif by and self._strangers.blocked(by, self._clock.seconds()):
            said = "{n} connections of {address} have ended without a bind; more are closed for a minute"
            self._turn_away(by, said, STRANGERS)
        elif self._count >= limits.max_connections and not self._makes_room(make_room):
            self._turn_away("everybody", "{n} connections are all there may be; more are closed", self._count)
        else:
            self._inside[by] += 1
            self._count += 1
            return by
        return None

    def leave(self, by: str, bound: bool) -> None:
        """Count a connection out; `bound` says whether a bind of it was ever accepted."""
        self._count -= 1
        self._inside[by] -= 1
        if not self._inside[by]:
            del self._inside[by]
        if by and not bound:
            self._strangers.failed(by, self._clock.seconds())

    def _makes_room(self, make_room: Callable[[], bool]) -> bool:
        made = make_room()
        if made:
            said = "{n} connections are all there may be; those that do not bind make room for others"
            self._turn_away("everybody", said, self._limits.max_connections)
        return made

    def _turn_away(self, address: str, said: str, n: int) -> None:
        self.turned_away += 1
        if self._said.failed((address, said), self._clock.seconds()) == _ONCE:
            self.log.warn(said, address=address, n=n)
