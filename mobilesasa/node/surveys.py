"""Surveys on this node: what the API asks for, and the machine that conducts them."""

from __future__ import annotations

import random
import secrets

import attrs

from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.jobs.surveying import Machine
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.towards_carriers import TowardsCarriers
from mobilesasa.store.aside import Aside
from mobilesasa.store.survey_conversations import Works
from mobilesasa.store.survey_inviting import Judge
from mobilesasa.store.survey_rounds import Rounds
from mobilesasa.store.survey_service import Surveys


@attrs.frozen(eq=False)
class Surveying:
    """Surveys, for who builds the node.

    Attributes:
        service: what the API asks.
        machine: conducts them.
    """

    service: Surveys
    machine: Machine

    async def stop(self) -> None:
        """Begin nothing more; returns when what is in hand is written down."""
        await self.machine.stop()


def make_surveys(base: Base, carriers: TowardsCarriers, door: Gateway, aside: Aside) -> Surveying:
    """Build it; nothing of it runs yet.

    Args:
        base: what it stands on.
        carriers: the way to them.
        door: where messages go in.
        aside: runs what goes through many people.
    """

    def judge() -> Judge:
        """Return the rules with ids of their own, for what works on another thread than the reactor's."""
        gateway = Gateway(base.directory, base.journal, carriers.queue, now_ms, ids(), door.limits, base.rules)
        return gateway.judge

    rounds = Rounds(base.database, Works(base.directory, judge(), now_ms, ids()))
    service = Surveys(base.database, aside, base.directory, judge, now_ms)
    return Surveying(service, Machine(rounds, door, base.reactor))


def ids() -> MessageIds:
    """Return what makes ids that nobody else makes."""
    return MessageIds(now_ms, random.Random(secrets.randbits(256)).getrandbits)  # noqa: S311 - ids are no secrets
