"""Tells the node that serves a team that something waits for it in the spool, by RabbitMQ.

The exchange of teams has the team's id as routing key and nothing else to say: the notice itself is in the spool, in the
same commit as what it tells of. A node follows the teams that it serves, by binding its own queue. What is told while
nobody follows is told to nobody; who begins to follow, or comes back, looks into the spool by itself: `told` is called then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.queue.amqp.channel import Channel, Outcome
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.tender import Tender
from mobilesasa.queue.topology import TEAMS

GATHER_S: Final = 0.02
RETRY_S: Final = 1.0
PREFETCH: Final = 1000
KEPT: Final = 100_000  # events in a node's queue, at most
_QUEUE: Final = 0  # what the tender knows the queue itself by; no team has this id


@attrs.frozen(eq=False)
class Told:
    """One event on its way."""

    team_id: int


class TeamEvents:
    """This node's end of the exchange of teams.

    Args:
        clock: gathers what is told, and waits.
        told: called with the id of a followed team when something may wait for it.
    """

    log = Logger()

    def __init__(self, clock: IReactorTime, told: Callable[[int], None]) -> None:
        self.told = told
        self._clock = clock
        self._to_tell: set[int] = set()
        self._out: set[int] = set()  # told and not confirmed: told again only after that
        self._flush_call: IDelayedCall | None = None
        self._publishing: Channel | None = None
        self._is_blocked: Callable[[], bool] = bool
        self._followed: set[int] = set()
        self._bound: set[int] = set()
        self._queue = ""
        self._teams: Tender[int] = Tender(clock, self._tend)

    # For the node.

    def tell(self, team_ids: Iterable[int]) -> None:
        """Tell whoever follows these teams, this node too; many at once are gathered. Never fails and never blocks."""
        self._to_tell.update(team_ids)
        self._flush_soon(GATHER_S)

    def follow(self, team_id: int) -> None:
        """Hear of a team from now on; `told` is called as soon as it is so, for what was told before."""
        self._followed.add(team_id)
        self._teams.soon(team_id)

    def unfollow(self, team_id: int) -> None:
        """Hear of a team no more."""
        self._followed.discard(team_id)
        self._teams.soon(team_id)

    # For the link: telling.

    def publishing_came_up(self, channel: Channel, is_blocked: Callable[[], bool]) -> None:
        """Tell on a fresh channel, whose `settled` is ours to be told."""
        self._publishing, self._is_blocked = channel, is_blocked
        self._flush_soon(0)

    def publishing_went_down(self) -> None:
        """Forget the channel; a second time does nothing."""
        self._publishing = None

    def unblocked(self) -> None:
        """RabbitMQ takes messages again."""
        self._flush_soon(0)

    def settled(self, events: Sequence[Told], outcome: Outcome) -> None:
        """Hear what became of events that were published."""
        teams = {event.team_id for event in events}
        self._out -= teams
        if outcome is Outcome.CONFIRMED:
            self._flush_soon(0)
            return
        self._to_tell |= teams
        if outcome is not Outcome.LOST:  # which the next channel tells
            self._flush_soon(RETRY_S)

    def _flush_soon(self, delay_s: float) -> None:
        if self._flush_call is None and self._publishing is not None and self._to_tell:
            self._flush_call = self._clock.callLater(delay_s, self._flush)

    def _flush(self) -> None:
        self._flush_call = None
        channel, ripe = self._publishing, self._to_tell - self._out
        if channel is None or self._is_blocked():
            return
        self._to_tell -= ripe
        self._out |= ripe
        for team_id in sorted(ripe):
            channel.publish(TEAMS, str(team_id), b"", Told(team_id), mandatory=False, persistent=False)

    # For the link: hearing.

    async def consuming_came_up(self, channel: Channel) -> None:
        """Hear on a fresh channel of all that is followed.

        Raises:
            ChannelLost: it cannot be had.
        """
        self._queue = ""
        self._bound.clear()
        await self._teams.came_up(channel, [_QUEUE, *sorted(self._followed)])

    def consuming_went_down(self) -> None:
        """Forget the channel; a second time does nothing."""
        self._teams.went_down()

    async def _tend(self, channel: Channel, team_id: int) -> None:
        if not self._queue:
            await self._make_queue(channel)
        if team_id in self._followed and team_id not in self._bound:
            await channel.bind(self._queue, TEAMS, str(team_id))
            self._bound.add(team_id)
            self.told(team_id)
        elif team_id in self._bound and team_id not in self._followed:
            self._bound.remove(team_id)
            await channel.unbind(self._queue, TEAMS, str(team_id))

    async def _make_queue(self, channel: Channel) -> None:
        made = await channel.declare_queue(
            "", durable=False, exclusive=True, auto_delete=True, arguments={"x-max-length": KEPT}
        )
        cancelled = partial(self._cancelled, channel)
        await channel.consume(made.name, partial(self._received, channel), prefetch=PREFETCH, cancelled=cancelled)
        self._queue = made.name

    def _received(self, channel: Channel, messages: Sequence[Message]) -> None:
        named = dict.fromkeys(message.routing_key for message in messages)
        for message in messages:
            channel.ack(message.delivery_tag)
        for team_id in [int(each) for each in named if each.isascii() and each.isdigit()]:
            if team_id in self._followed:
                self.told(team_id)

    def _cancelled(self, channel: Channel, why: str) -> None:
        """Our queue was deleted under us: take another, which is bound to nothing."""
        if channel is not self._teams.channel:
            return
        self.log.warn("RabbitMQ no longer tells what waits for teams: {why}", why=why)
        self._queue = ""
        self._bound.clear()
        for team_id in (_QUEUE, *sorted(self._followed)):
            self._teams.later(team_id, RETRY_S)
