"""An ESME that keeps one bind up: connects, binds, and begins again when it is lost or refused.

    start ─▶ connecting ─▶ binding ─▶ up ──┐
               ▲  │ failed    │ refused    │ lost
               └──┴── wait ◀──┴────────────┘

The wait grows from one try to the next and is spread at random, so that many binds do not come back at one moment. A
server that answers and refuses will not change its mind soon: then the wait is the longest at once. A reason is logged
when it is new, not at every try.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import attrs
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.smpp.pdus import Bind, Pdu
from mobilesasa.smpp.session import LIMIT_OCTETS
from mobilesasa.smpp.statuses import text_of
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.timers import Timers

_BIND: Final = object()  # the context of our bind


@attrs.frozen(kw_only=True)
class Backoff:
    """How long to wait before the next try, in seconds."""

    first_s: float = 1.0
    factor: float = 2.0
    limit_s: float = 60.0
    spread: float = 0.25  # the wait is up to this share shorter, at random
    settled_s: float = 10.0  # a bind that lasted so long was a good one: the next wait is the first again

    def delay_s(self, failures: int, random: float) -> float:
        """Return the wait after so many failures in a row (1 or more); `random` is 0 to 1."""
        longest_s = min(self.limit_s, self.first_s * self.factor ** min(failures - 1, 64))
        return longest_s * (1 - self.spread * random)


class ClientUser(Protocol):
    """Who uses the bind that a client keeps up; the calls are those of `LinkUser` while it is up."""

    def up(self, link: Link) -> None:
        """Learn that the bind was accepted."""

    def down(self, link: Link, reason: str) -> None:
        """Learn that a bind that was up is gone; its unanswered requests have come before this."""

    def received(self, link: Link, requests: list[Pdu]) -> None:
        """Take requests of the server."""

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """Take answers to our requests."""

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """Take the contexts of requests whose outcome nobody knows."""


class _Links(Factory):
    """Makes the link of each connection."""

    noisy = False

    def __init__(self, make: Callable[[], Link]) -> None:
        self._make = make

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol:
        return self._make()


class Client:
    """Keeps one bind up from `start` to `stop`.

    Attributes:
        name: Whose bind it is, for the log.
        link: The connection, None while there is none.
        is_up: Whether the bind was accepted and still stands.
        trouble: Why it is not up, in words; empty while it is or before the first try has ended.
        binds: How many binds were accepted so far.
    """

    log = Logger()

    def __init__(
        self,
        name: str,
        endpoint: IStreamClientEndpoint,
        bind: Bind,
        user: ClientUser,
        clock: IReactorTime,
        timers: Timers,
        random: Callable[[], float],
        backoff: Backoff = Backoff(),
        limit_octets: int = LIMIT_OCTETS,
    ) -> None:
        """Do nothing yet. `random` gives numbers from 0 to 1."""
        self.name = name
        self.link: Link | None = None
        self.is_up = False
        self.trouble = ""
        self.binds = 0
        self._endpoint = endpoint
        self._bind = bind
        self._user = user
        self._clock = clock
        self._timers = timers
        self._random = random
        self._backoff = backoff
        self._limit_octets = limit_octets
        self._failures = 0
        self._up_at_s = 0.0
        self._refused = False
        self._wait: IDelayedCall | None = None
        self._connecting: Deferred[Any] | None = None
        self._stopped: list[Deferred[None]] = []
        self._running = False

    def start(self) -> None:
        """Begin to connect."""
        if not self._running:
            self._running = True
            self._connect()

    def stop(self) -> Deferred[None]:
        """Unbind, or give up trying; fires when the connection is gone."""
        self._running = False
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        if self._connecting is None and self.link is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopped.append(stopped)
        if self.link is not None:
            self.link.unbind()
        elif self._connecting is not None:
            self._connecting.cancel()
        return stopped

    # Connecting

    def _connect(self) -> None:
        self._wait = None
        self._refused = False
        links = _Links(lambda: Link(Side.ESME, self, self._clock, self._timers, self._limit_octets))
        connecting = self._connecting = self._endpoint.connect(links)
        connecting.addCallbacks(self._connected, self._not_connected)
        connecting.addErrback(lambda failure: self.log.failure("{name}: connecting", failure, name=self.name))

    def _connected(self, _: TwistedProtocol) -> None:
        self._connecting = None

    def _not_connected(self, failure: Failure) -> None:
        self._connecting = None
        self._again(f"cannot connect: {failure.getErrorMessage() or repr(failure.value)}")

    def _again(self, trouble: str) -> None:
        """Wait for the next try, or finish when nobody wants one any more."""
        if not self._running:
            stopped, self._stopped = self._stopped, []
            for each in stopped:
                each.callback(None)
            return
        self._failures += 1
        if trouble != self.trouble:
            self.trouble = trouble
            self.log.warn("{name}: {trouble}; trying again", name=self.name, trouble=trouble)
        delay_s = self._backoff.limit_s if self._refused else 0.0
        delay_s = max(delay_s, self._backoff.delay_s(self._failures, self._random()))
        self._wait = self._clock.callLater(delay_s, self._connect)

    # What the link calls

    def made(self, link: Link) -> None:
        """See `LinkUser`: bind."""
        self.link = link
        link.request([self._bind], [_BIND])
        if not self._running:
            link.unbind()

    def received(self, link: Link, requests: list[Pdu]) -> None:
        """See `LinkUser`."""
        self._user.received(link, requests)

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """See `LinkUser`: the answer to the bind is ours, all others the user's."""
        if not self.is_up and answers[0][0] is _BIND:
            self._bound(link, answers[0][1])
            answers = answers[1:]
        if answers:
            self._user.answered(link, answers)

    def _bound(self, link: Link, response: Pdu) -> None:
        if not link.session.is_bound:
            self._refused = True
            link.unbind(f"{link.peer} refused the bind of {self._bind.system_id}: {text_of(response.status)}")
            return
        self.is_up = True
        self.trouble = ""
        self.binds += 1
        self._up_at_s = self._clock.seconds()
        self.log.info("{name}: bound to {peer} as {id}", name=self.name, peer=link.peer, id=self._bind.system_id)
        self._user.up(link)

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """See `LinkUser`."""
        theirs = [context for context in contexts if context is not _BIND]
        if theirs:
            self._user.unanswered(link, theirs)
        if len(theirs) < len(contexts):
            link.abort("the bind was not answered in time")

    def unbound(self, link: Link) -> None:
        """See `LinkUser`: the link closes by itself."""

    def lost(self, link: Link, reason: str) -> None:
        """See `LinkUser`."""
        self.link = None
        if self.is_up:
            self.is_up = False
            if self._clock.seconds() - self._up_at_s >= self._backoff.settled_s:
                self._failures = 0
            self._user.down(link, reason)
        self._again(reason)
