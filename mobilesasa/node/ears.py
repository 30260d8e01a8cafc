"""What a node hears through the store: what changed, what there is to do, and what commands and other nodes ask."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from mobilesasa.node.answering import Answerer, Answering
from mobilesasa.node.base import Base
from mobilesasa.node.carriers import RUNNING, CarrierDesk
from mobilesasa.node.chores import Chores
from mobilesasa.node.cluster import Cluster
from mobilesasa.node.doors import Doors
from mobilesasa.node.knowledge import Pictures
from mobilesasa.node.teams import TowardsTeams
from mobilesasa.node.towards_carriers import TowardsCarriers
from mobilesasa.store.campaign_phases import CHANNEL as CAMPAIGN_CHANNEL
from mobilesasa.store.directory import CHANNEL as DIRECTORY_CHANNEL
from mobilesasa.store.echo import CHANNEL as ECHO_CHANNEL
from mobilesasa.store.hooks import CHANNEL as HOOK_CHANNEL
from mobilesasa.store.jobs import CHANNEL as JOB_CHANNEL
from mobilesasa.store.listen import Listener
from mobilesasa.store.people import CHANNEL as PEOPLE_CHANNEL
from mobilesasa.store.questions import CHANNEL as QUESTION_CHANNEL
from mobilesasa.store.replays import CHANNEL as SPOOL_CHANNEL
from mobilesasa.store.survey_inbox import CHANNEL as SURVEY_CHANNEL
from mobilesasa.store.ussd_directory import CHANNEL as USSD_CHANNEL

Told = dict[str, Callable[[str], None]]  # by channel: takes the payload of what is told


@attrs.frozen(eq=False)
class Ears:
    """What hears, and what looks at everything after a time of deafness.

    Attributes:
        listener: hears.
        hear_again: looks at all that may have been told while nobody heard it.
    """

    listener: Listener
    hear_again: Callable[[], None]


def make_ears(
    base: Base, pictures: Pictures, teams: TowardsTeams, chores: Chores, answering: Answering, cluster: Cluster | None
) -> Ears:
    """Build them over whom they tell; nothing is heard yet."""
    told: Told = {
        DIRECTORY_CHANNEL: lambda _: pictures.configuration.changed(),
        PEOPLE_CHANNEL: lambda _: pictures.people.changed(),
        USSD_CHANNEL: lambda _: pictures.ussd.changed(),
        ECHO_CHANNEL: pictures.catching_up.heard,
        SPOOL_CHANNEL: lambda team_id: teams.outbox.look(int(team_id)),
        QUESTION_CHANNEL: answering.asked,
        JOB_CHANNEL: lambda _: chores.runner.look(),
        HOOK_CHANNEL: chores.hooks.told,
        CAMPAIGN_CHANNEL: lambda _: chores.campaigns.machine.look(),
        SURVEY_CHANNEL: lambda _: chores.surveys.machine.look(),
        **({} if cluster is None else cluster.told),
    }
    again = [pictures.changed, *([] if cluster is None else cluster.heard_again)]

    def hear_again() -> None:
        for each in again:
            each()

    def hear(channel: str, payload: str) -> None:
        told[channel](payload)

    return Ears(Listener(base.reactor, base.store.dsn, list(told), hear, hear_again), hear_again)


def make_answering(
    base: Base, doors: Doors, carriers: TowardsCarriers, desk: CarrierDesk, cluster: Cluster | None
) -> Answering:
    """Return what answers the questions of commands and other nodes."""
    answerers: dict[str, Answerer] = {
        "smpp.sessions": doors.console.tell_sessions,
        "smpp.trace": doors.console.tell_trace,
        "smpp.kick": doors.console.tell_kick,
        "carriers.standing": lambda args: carriers.watch.standing(args.get("name")),
        RUNNING: desk.tell_running,
        **({} if cluster is None else cluster.answerers),
    }
    return Answering(base.database, base.settings.node, answerers)
