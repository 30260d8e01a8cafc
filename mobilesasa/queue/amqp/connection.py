"""A connection to RabbitMQ that stays: it connects, sets up, and begins again when it is lost.

    start ─▶ connecting ─▶ opening ─▶ setting up (`up`) ─▶ up ──┐
               ▲  │ failed     │ refused   │ refused            │ lost
               └──┴─ wait ◀────┴───────────┴────────────────────┘

Every connection is set up from nothing: `up` declares, consumes, and publishes again what was not confirmed. The wait grows
from one try to the next and is spread at random. A reason is logged when it is new, not at every try.

RabbitMQ stops to read from a connection that publishes while its alarm is on; acknowledgements of the same connection then
wait as well. Who must go on acknowledging has a connection for publishing and another for consuming.
"""

from __future__ import annotations

import random as dice
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.queue.amqp.channel import Channel, open_channel
from mobilesasa.queue.amqp.client import Client
from mobilesasa.queue.amqp.endpoint import endpoint
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from mobilesasa.queue.amqp.url import AmqpUrl
from mobilesasa.queue.amqp.words import why_not_connected


@attrs.frozen(kw_only=True)
class Backoff:
    """How long to wait before the next try, in seconds."""

    first_s: float = 0.5
    factor: float = 2.0
    limit_s: float = 3.0
    spread: float = 0.5  # the wait is up to this share shorter, at random
    settled_s: float = 10.0  # a connection that was up for so long was a good one: the next wait is the first again

    def delay_s(self, failures: int, random: float) -> float:
        """Return the wait after so many failures in a row (1 or more); `random` is 0 to 1."""
        longest_s = min(self.limit_s, self.first_s * self.factor ** min(failures - 1, 64))
        return longest_s * (1 - self.spread * random)


class _Clients(Factory):
    """Makes the client of each try."""

    noisy = False

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make

    def buildProtocol(self, addr: IAddress | None) -> Client:
        return self._make()


class Connection(Service):
    """Keeps one connection to RabbitMQ up from `startService` to `stopService`.

    Args:
        clock: the reactor; or only what keeps time, and then `to` says where to connect.
        url: where RabbitMQ is.
        name: what RabbitMQ's tools show of us.
        up: awaited at every connect with a fresh channel in confirm mode; when it raises, all begins again.
        down: called, with the reason in words, once after each call of `up` that its connection did not survive, and once
            when at the start none can be had.

    Raises:
        BadUrl: the file of authorities that the URL names cannot be read.

    Attributes:
        channel: the channel that was set up; None while the connection is away.
        state: in words, such as `up` or `away: cannot connect to RabbitMQ at …`.
        blocked: why RabbitMQ takes no messages for now, in its words; empty when it does.
        unblocked: called when RabbitMQ takes messages again.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        url: AmqpUrl,
        name: str,
        up: Callable[[Channel], Awaitable[None]],
        down: Callable[[str], None],
        *,
        to: IStreamClientEndpoint | None = None,
        random: Callable[[], float] = dice.random,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Do nothing yet; `random` gives numbers from 0 to 1."""
        self.channel: Channel | None = None
        self.state = "stopped"
        self.blocked = ""
        self.unblocked: Callable[[], None] = lambda: None
        self._clock = clock
        self._url = url
        self._name = name
        self._up = up
        self._down = down
        self._to = endpoint(clock, url) if to is None else to
        self._random = random
        self._backoff = backoff
        self._client: Client | None = None
        self._connecting: Deferred[Any] | None = None
        self._setting_up: Deferred[None] | None = None
        self._wait: IDelayedCall | None = None
        self._stopped: list[Deferred[None]] = []
        self._failures = 0
        self._up_at_s: float | None = None
        self._owes_down = False
        self._trouble = ""  # the last that was logged

    @property
    def is_blocked(self) -> bool:
        """Whether RabbitMQ takes no messages for now."""
        return self.blocked != ""

    async def aside(self) -> Channel:
        """Return another channel of the same connection, whose failure does not hurt the main one; close it after use.

        Raises:
            ChannelLost: the connection is away.
        """
        if self._client is None or not self._client.is_open:
            raise ChannelLost(f"RabbitMQ is {self.state}")
        return await open_channel(self._client)

    def begin_again(self, why: str) -> None:
        """Break the connection off for a reason in words, and begin a new one; without one nothing happens."""
        if self._client is not None:
            self._client.abort(why)

    def startService(self) -> None:
        if not self.running:
            super().startService()
            self._owes_down = True
            if self._client is None and self._connecting is None:  # else the loss of the old one begins the next try
                self._connect()

    def stopService(self) -> Deferred[None]:
        """Take leave, or give up trying; fires when the connection is gone. What is not confirmed is settled as lost."""
        super().stopService()
        self.state = "stopped"
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        stopped: Deferred[None] = Deferred()
        self._stopped.append(stopped)
        if self._client is not None:
            self._client.close()
        elif self._connecting is not None:
            self._connecting.cancel()
        else:
            self._tell_stopped()
        return stopped

    def _tell_stopped(self) -> None:
        stopped, self._stopped = self._stopped, []
        for each in stopped:
            each.callback(None)

    # Connecting

    def _connect(self) -> None:
        self._wait = None
        if self.state == "stopped":
            self.state = "connecting"
        clients = _Clients(lambda: Client(self._url, self._name, self._clock, self))
        connecting = self._connecting = self._to.connect(clients)
        connecting.addCallbacks(self._connected, self._not_connected)
        connecting.addErrback(lambda failure: self.log.failure("connecting to RabbitMQ", failure))

    def _connected(self, client: Any) -> None:
        self._connecting = None
        if client.is_lost:
            return  # it was lost before we were told of it
        self._client = client
        if not self.running:
            client.close()

    def _not_connected(self, failure: Failure) -> None:
        self._connecting = None
        self._away(why_not_connected(failure, self._url))

    def opened(self, client: Client) -> None:
        """See `ClientUser`: set up."""
        self._setting_up = Deferred.fromCoroutine(self._set_up(client))
        self._setting_up.addErrback(self._not_set_up, client)

    async def _set_up(self, client: Client) -> None:
        channel = await open_channel(client)
        channel.closed = lambda error: self._channel_closed(client, error)
        self._owes_down = True
        await self._up(channel)
        if not client.is_open or channel.is_dead:
            return
        self.channel = channel
        self.state = "up"
        self._up_at_s = self._clock.seconds()
        self._trouble = ""
        self.log.info("{name}: up at {place}", name=self._name, place=self._url.place)

    def _not_set_up(self, failure: Failure, client: Client) -> None:
        if failure.check(CancelledError):
            return  # by the loss of the connection
        if not failure.check(ChannelLost):
            self.log.failure("{name}: setting up at RabbitMQ", failure, name=self._name)
        client.close(f"setting up at RabbitMQ failed: {failure.getErrorMessage()}")

    def _channel_closed(self, client: Client, error: ChannelError) -> None:
        self.channel = None
        why = f"RabbitMQ closed the channel: {error}"
        self._clock.callLater(0, client.close, why)  # after what waits on the channel, which may know better words

    # While it stands, and when it ends

    def blocked_by(self, client: Client, reason: str) -> None:
        """See `ClientUser`."""
        if reason:
            self.log.warn("{name}: RabbitMQ takes no messages: {reason}", name=self._name, reason=reason)
        elif self.blocked:
            self.log.info("{name}: RabbitMQ takes messages again", name=self._name)
        was_blocked, self.blocked = self.blocked, reason
        if was_blocked and not reason:
            self.unblocked()

    def lost(self, client: Client, reason: str) -> None:
        """See `ClientUser`."""
        self._client = self.channel = None
        self.blocked = ""
        if self._setting_up is not None:
            self._setting_up.cancel()
            self._setting_up = None
        if self._up_at_s is not None and self._clock.seconds() - self._up_at_s >= self._backoff.settled_s:
            self._failures = 0
        self._up_at_s = None
        self._away(reason)

    def _away(self, reason: str) -> None:
        """Say why, and wait for the next try; or finish, when nobody wants one any more."""
        if self.running:
            self.state = f"away: {reason}"
            self._failures += 1
            self._wait = self._clock.callLater(self._backoff.delay_s(self._failures, self._random()), self._connect)
            if reason != self._trouble:
                self._trouble = reason
                self.log.warn("{name}: {reason}; trying again", name=self._name, reason=reason)
        if self._owes_down:
            self._owes_down = False
            self._down(reason)
        self._tell_stopped()
