"""What a node has because others run beside it: RabbitMQ between them, and what they know of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.core.routing import Standing
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.standings import Standings
from mobilesasa.dispatch.withdrawing import RESUME, WITHDRAW, SharedWithdrawing
from mobilesasa.node.answering import Answerer
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.teams import TowardsTeams
from mobilesasa.queue.amqp.url import parse_url
from mobilesasa.queue.link import RabbitLink
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.smsc.places import LocalPlaces, SharedPlaces
from mobilesasa.store import standings
from mobilesasa.store.asking import Asking
from mobilesasa.store.questions import ANSWER_CHANNEL, Question
from mobilesasa.store.sessions import CHANNEL as PROBE_CHANNEL
from mobilesasa.store.standings import CHANNEL as STANDING_CHANNEL


@attrs.frozen(eq=False)
class Cluster:
    """The parts that only a node among others has.

    Attributes:
        link: the connections to RabbitMQ.
        places: those of the teams' sessions, over all nodes.
        standings: how carriers stand, over all nodes.
        asking: asks the other nodes.
        withdrawing: has them put back what no carrier has, and does so for them.
    """

    link: RabbitLink
    places: SharedPlaces
    standings: Standings
    asking: Asking
    withdrawing: SharedWithdrawing

    @property
    def answerers(self) -> dict[str, Answerer]:
        """What answers the questions that only nodes among others are asked, by kind."""
        return {WITHDRAW: self.withdrawing.tell_withdrawn, RESUME: self.withdrawing.tell_resumed}

    @property
    def told(self) -> dict[str, Callable[[str], None]]:
        """What takes what the others tell through the store, by channel."""
        return {
            STANDING_CHANNEL: lambda _: self.standings.heard(),
            PROBE_CHANNEL: self.places.called,
            ANSWER_CHANNEL: self.asking.answered,
        }

    @property
    def heard_again(self) -> list[Callable[[], None]]:
        """What is done when they are heard again after a break."""
        return [self.standings.heard, self.places.reconnected]

    def start(self) -> None:
        """Connect, and begin to say and hear."""
        self.link.start()
        self.places.start()
        self.standings.start()

    async def stop(self) -> None:
        """Say what is left to say, and disconnect; the carriers and the sessions have stopped by now."""
        await self.standings.stop()
        await self.places.stop()
        await self.link.stop()

    async def is_connected(self) -> bool:
        """Say whether RabbitMQ is there."""
        return self.link.standing().up


def put_cluster_together(base: Base, teams: TowardsTeams, queue: RabbitQueue, fleet: Fleet) -> Cluster:
    """Build the parts over those that every node has; nothing of it runs yet.

    Raises:
        BadUrl: `amqp_url` names a file of authorities that cannot be read.
    """
    settings, database, directory = base.settings, base.database, base.directory
    assert not isinstance(teams.places, LocalPlaces), "they are shared as the store is"  # noqa: S101 - for mypy

    async def tell(told: Mapping[int, Standing]) -> None:
        await database.run("standings.tell", standings.tell, settings.node, told)

    async def troubles() -> Mapping[int, Standing]:
        return await database.run("standings.troubles", standings.troubles)

    asking = Asking(database, settings.dispatch.lease_s)

    async def silent(kind: str, args: Mapping[str, Any]) -> Sequence[str]:
        return (await asking.ask(Question(kind, args))).silent

    url, carriers = parse_url(settings.amqp_url), (lambda: directory.now.carriers)
    return Cluster(
        link=RabbitLink(base.reactor, now_ms, url, settings.node, queue, teams.events, carriers),
        places=teams.places,
        standings=Standings(fleet, directory, tell, troubles, base.reactor),
        asking=asking,
        withdrawing=SharedWithdrawing(
            fleet, base.store.run, silent, lambda kind, args: asking.tell(Question(kind, args))
        ),
    )
