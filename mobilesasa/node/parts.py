"""What a node is built of, put together: the one place where the layers meet."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Collection, Sequence
from typing import Any

import attrs
from twisted.internet.threads import deferToThread

from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.node.base import Base, lay_base
from mobilesasa.node.campaigns import make_campaigns
from mobilesasa.node.carriers import CarrierDesk
from mobilesasa.node.chores import Chores, make_chores
from mobilesasa.node.cluster import Cluster, put_cluster_together
from mobilesasa.node.doors import Doors, make_doors
from mobilesasa.node.ears import Ears, make_answering, make_ears
from mobilesasa.node.holds import Holds
from mobilesasa.node.knowledge import CatchingUp, Knowledge, KnownPeople, Pictures
from mobilesasa.node.opening import OpenStore
from mobilesasa.node.surveys import make_surveys
from mobilesasa.node.teams import TowardsTeams, towards_teams
from mobilesasa.node.towards_carriers import TowardsCarriers, towards_carriers
from mobilesasa.node.ussd import KnownDialling, UssdParts, make_ussd_parts
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.settings import Settings
from mobilesasa.store.database import Database
from mobilesasa.store.holds import What
from mobilesasa.store.hook_queue import SLOTS


@attrs.frozen(eq=False)
class Parts:
    """The parts of one node, not yet started.

    Attributes:
        base: what all else is built on.
        teams: the way back to the teams.
        carriers: the way to the carriers.
        ussd: what answers USSD.
        cluster: what it has for other nodes; None: this node is the only one.
        doors: where messages are handed in.
        holds: what this node does of what one node does for all.
        pictures: what it has in memory of the store.
        chores: what it does unasked.
        carrier_desk: tells of carriers, wherever they run.
        ears: what it hears through the store.
    """

    base: Base
    teams: TowardsTeams
    carriers: TowardsCarriers
    ussd: UssdParts
    cluster: Cluster | None
    doors: Doors
    holds: Holds
    pictures: Pictures
    chores: Chores
    carrier_desk: CarrierDesk
    ears: Ears

    @property
    def database(self) -> Database:
        """The pool of connections to the store."""
        return self.base.database

    @property
    def pools(self) -> Sequence[Database]:
        """The same, and the one beside it for what takes long."""
        return self.base.database, self.chores.campaigns.aside

    @property
    def directory(self) -> CurrentDirectory:
        """What is configured."""
        return self.base.directory


def put_together(reactor: Any, settings: Settings, store: OpenStore) -> Parts:
    """Build a node over an open store; nothing of it runs yet.

    Raises:
        BadUrl: RabbitMQ's address cannot be used.
        BadCertificate: what is to be shown on the port of SMPP over TLS cannot be.
    """
    base = lay_base(reactor, settings, store)
    teams = towards_teams(base)
    ussd = make_ussd_parts(base, teams.ussd)
    carriers = towards_carriers(base, teams.notifier, ussd.desk)
    cluster = _cluster(base, teams, carriers)
    doors = make_doors(base, teams, carriers, cluster)
    holds = Holds(store, reactor, deferToThread, reactor.stop)
    pictures = _pictures(base, teams, carriers, holds, ussd.picture)
    campaigns = make_campaigns(base, carriers, doors.gateway)
    surveys = make_surveys(base, carriers, doors.gateway, campaigns.aside)
    chores = make_chores(base, teams.notifier, carriers, campaigns, surveys, ussd)
    desk = _carrier_desk(base, carriers, cluster)
    answering = make_answering(base, doors, carriers, desk, cluster)
    return Parts(
        base=base,
        teams=teams,
        carriers=carriers,
        ussd=ussd,
        cluster=cluster,
        doors=doors,
        holds=holds,
        pictures=pictures,
        chores=chores,
        carrier_desk=desk,
        ears=make_ears(base, pictures, teams, chores, answering, cluster),
    )


def wish_for(parts: Parts, roles: Collection[str]) -> None:
    """Say what this node would do, by its roles, of what one node does for all."""
    holds, desks = parts.holds, parts.teams.desks
    holds.revived = parts.ears.hear_again
    if "dispatch" in roles:
        holds.wish(What.CARRIER, functools.partial(_enabled, parts.directory), parts.carriers.fleet.hold, spread=True)
    if "jobs" in roles:
        holds.wish(What.JOBS, lambda: [1], parts.chores.do)
        holds.wish(What.HOOKS, lambda: range(SLOTS), parts.chores.hooks.sender.hold, spread=True)
    if desks is not None:
        holds.wish(What.DESK, desks.wanted, desks.hold)
        desks.changed = functools.partial(holds.look_soon, What.DESK)


def _enabled(directory: CurrentDirectory) -> list[int]:
    """Return the ids of the carriers that take messages."""
    return [record.id for record in directory.now.carriers.values() if record.enabled]


def _cluster(base: Base, teams: TowardsTeams, carriers: TowardsCarriers) -> Cluster | None:
    queue = carriers.queue
    return put_cluster_together(base, teams, queue, carriers.fleet) if isinstance(queue, RabbitQueue) else None


def _pictures(
    base: Base, teams: TowardsTeams, carriers: TowardsCarriers, holds: Holds, dialling: KnownDialling
) -> Pictures:
    """Return what is known of the store; who acts on the configuration is told when it changes."""
    tell = [teams.binds.check, carriers.fleet.apply, lambda _: holds.look_soon(What.CARRIER)]
    configuration = Knowledge(base.database, base.directory, base.reactor, tell)
    people = KnownPeople(base.database, base.people, base.reactor)
    name = f"{base.settings.node} {secrets.token_hex(8)}"
    known = (configuration, people, dialling)
    return Pictures(*known, CatchingUp(base.database, known, base.reactor, name))


def _carrier_desk(base: Base, carriers: TowardsCarriers, cluster: Cluster | None) -> CarrierDesk:
    asking = None if cluster is None else cluster.asking
    return CarrierDesk(base.directory, carriers.fleet, carriers.watch, carriers.receipts, asking)
