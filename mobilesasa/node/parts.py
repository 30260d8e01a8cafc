"""What a node is built of, put together: the one place where the layers meet."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection
from typing import Any

import attrs
from twisted.internet.threads import deferToThread

from mobilesasa.carriers import registry
from mobilesasa.carriers.port import RunningCarrier, World
from mobilesasa.core import gateway
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ports import Notifier
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.dispatch.callbacks import Callbacks
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.pacing import PacedIntake
from mobilesasa.dispatch.policies import Policies
from mobilesasa.dispatch.receipts import Receipts
from mobilesasa.dispatch.sweeper import Sweeper
from mobilesasa.dispatch.watch import Watch
from mobilesasa.jobs.counting import Counting, plans_reader
from mobilesasa.jobs.runner import Runner
from mobilesasa.node.answering import Answering
from mobilesasa.node.base import Base, lay_base, now_ms
from mobilesasa.node.carriers import RUNNING, CarrierDesk
from mobilesasa.node.cluster import Cluster, put_cluster_together
from mobilesasa.node.holds import Holds
from mobilesasa.node.hooks import Hooks, make_hooks
from mobilesasa.node.jobs import make_runner
from mobilesasa.node.knowledge import Knowledge, KnownPeople
from mobilesasa.node.opening import OpenStore
from mobilesasa.node.smpp import SmppParts, put_smpp_together, smpp_terms
from mobilesasa.node.teams import TowardsTeams, towards_teams
from mobilesasa.queue.memory import MemoryQueue
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.settings import Settings
from mobilesasa.smpp.ids import id_forms
from mobilesasa.smsc.console import Console
from mobilesasa.smsc.operations import Operations
from mobilesasa.store.alterations import StoredAlterations
from mobilesasa.store.books import BALANCES_INTERVAL_S, MARKS_INTERVAL_S, USES_INTERVAL_S, Books
from mobilesasa.store.callbacks import StoredCallbacks
from mobilesasa.store.database import Database
from mobilesasa.store.directory import CHANNEL as DIRECTORY_CHANNEL
from mobilesasa.store.holds import What
from mobilesasa.store.hook_queue import SLOTS
from mobilesasa.store.hooks import CHANNEL as HOOK_CHANNEL
from mobilesasa.store.jobs import CHANNEL as JOB_CHANNEL
from mobilesasa.store.lingering import Lingering
from mobilesasa.store.listen import Listener
from mobilesasa.store.people import CHANNEL as PEOPLE_CHANNEL
from mobilesasa.store.questions import CHANNEL as QUESTION_CHANNEL
from mobilesasa.store.replays import CHANNEL as SPOOL_CHANNEL
from mobilesasa.store.rollups import Rollups

HOUR_MS = 3_600_000

LaneQueue = MemoryQueue | RabbitQueue


@attrs.define(eq=False)
class Parts:
    """The parts of one node, not yet started."""

    base: Base
    teams: TowardsTeams
    queue: LaneQueue
    receipts: Receipts
    from_phones: FromPhones
    callbacks: Callbacks
    fleet: Fleet
    watch: Watch
    sweeper: Sweeper
    runner: Runner
    hooks: Hooks
    gateway: Gateway
    operations: Operations
    smpp: SmppParts | None
    console: Console
    knowledge: Knowledge
    known_people: KnownPeople
    listener: Listener
    holds: Holds
    cluster: Cluster | None  # None: this node is the only one
    carriers: CarrierDesk

    @property
    def database(self) -> Database:
        """The pool of connections to the store."""
        return self.base.database

    @property
    def directory(self) -> CurrentDirectory:
        """What is configured."""
        return self.base.directory

    def enabled_carriers(self) -> list[int]:
        """Return the ids of the carriers that take messages."""
        return [record.id for record in self.directory.now.carriers.values() if record.enabled]

    def smpp_connections(self) -> int:
        """Return how many connections the SMPP server has."""
        return 0 if self.smpp is None else self.smpp.server.connections


def put_together(reactor: Any, settings: Settings, store: OpenStore) -> Parts:
    """Build a node over an open store; nothing of it runs yet.

    Raises:
        BadUrl: RabbitMQ's address cannot be used.
        BadCertificate: what is to be shown on the port of SMPP over TLS cannot be.
    """
    base = lay_base(reactor, settings, store)
    refill, directory = base.journal.refill, base.directory
    queue: LaneQueue = RabbitQueue(reactor, now_ms, refill) if store.shared else MemoryQueue(reactor, refill)
    teams = towards_teams(base)
    receipts = Receipts(base.journal, teams.notifier, reactor, Policies(directory))
    from_phones = FromPhones(base.journal, teams.notifier, directory, base.new_id, smpp_terms(settings))
    fleet, watch = _fleet(base, queue, receipts, from_phones, teams.notifier)
    accepting = _accepting(base, fleet, queue)
    cluster = put_cluster_together(base, teams, queue, fleet) if isinstance(queue, RabbitQueue) else None
    operations = _operations(base, teams, queue, accepting, fleet, cluster)
    holds = Holds(store, reactor, deferToThread, reactor.stop)
    made = functools.partial(
        Parts,
        base=base,
        teams=teams,
        queue=queue,
        receipts=receipts,
        from_phones=from_phones,
        callbacks=_callbacks(base, receipts, from_phones),
        fleet=fleet,
        watch=watch,
        sweeper=_sweeper(base, queue, teams.notifier, fleet, from_phones),
        gateway=accepting,
        operations=operations,
        holds=holds,
        cluster=cluster,
        carriers=CarrierDesk(directory, fleet, watch, receipts, None if cluster is None else cluster.asking),
        knowledge=_knowledge(base, teams, fleet, holds),
    )
    return _with_ears(made, put_smpp_together(base, teams, accepting, operations))


def _with_ears(made: functools.partial[Parts], smpp: SmppParts | None) -> Parts:
    """Return the parts, with what hears of teams and of what other processes tell."""
    given = made.keywords
    base, watch, carriers, cluster = given["base"], given["watch"], given["carriers"], given["cluster"]
    console = Console(None if smpp is None else smpp.server)
    known_people = KnownPeople(base.database, base.people, base.reactor)
    runner, hooks = make_runner(base), make_hooks(base)
    answering = _answering(base, console, watch, carriers, cluster)
    pictures = (given["knowledge"], known_people)
    return made(
        smpp=smpp,
        console=console,
        known_people=known_people,
        runner=runner,
        hooks=hooks,
        listener=_listener(base, pictures, given["teams"], (runner, hooks), answering, cluster),
    )


def _knowledge(base: Base, teams: TowardsTeams, fleet: Fleet, holds: Holds) -> Knowledge:
    """Return what keeps the picture of the configuration fresh, and tells those who act on it."""
    tell = [teams.binds.check, fleet.apply, lambda _: holds.look_soon(What.CARRIER)]
    return Knowledge(base.database, base.directory, base.reactor, tell)


def wish_for(parts: Parts, roles: Collection[str]) -> None:
    """Say what this node would do, by its roles, of what one node does for all."""
    holds, desks = parts.holds, parts.teams.desks
    holds.revived = functools.partial(_hear_again, (parts.knowledge, parts.known_people), parts.cluster)
    if "dispatch" in roles:
        holds.wish(What.CARRIER, parts.enabled_carriers, parts.fleet.hold, spread=True)
    if "jobs" in roles:
        holds.wish(What.JOBS, lambda: [1], functools.partial(_do_chores, parts))
        holds.wish(What.HOOKS, lambda: range(SLOTS), parts.hooks.sender.hold, spread=True)
    if desks is not None:
        holds.wish(What.DESK, desks.wanted, desks.hold)
        desks.changed = functools.partial(holds.look_soon, What.DESK)


def _do_chores(parts: Parts, held: frozenset[int]) -> None:
    """Do what one node does for all, or leave it to another."""
    parts.sweeper.do_chores(bool(held))
    parts.runner.do_jobs(bool(held))


def _accepting(base: Base, fleet: Fleet, queue: LaneQueue) -> Gateway:
    paced = PacedIntake(
        base.journal, fleet.backlog, lambda: isinstance(queue, RabbitQueue) and queue.full, base.reactor
    )
    return Gateway(base.directory, paced, queue, now_ms, base.new_id, message_limits(base.settings))


def _operations(
    base: Base, teams: TowardsTeams, queue: LaneQueue, accepting: Gateway, fleet: Fleet, cluster: Cluster | None
) -> Operations:
    """Return what alters messages that were handed in before."""
    stored = StoredAlterations(base.database, None if cluster is None else base.store.run)
    elsewhere = None if cluster is None else cluster.withdrawing
    return Operations(stored, queue, teams.notifier, base.directory, accepting.times, fleet, elsewhere)


def _callbacks(base: Base, receipts: Receipts, from_phones: FromPhones) -> Callbacks:
    """Return what takes the HTTP calls of carriers."""
    kept = StoredCallbacks(base.writer)
    reader = registry.callback_reader
    return Callbacks(base.directory, reader, kept, receipts.take, from_phones.take, base.new_id, now_ms)


def _answering(base: Base, console: Console, watch: Watch, carriers: CarrierDesk, cluster: Cluster | None) -> Answering:
    """Return what answers the questions of commands and other nodes."""
    answerers = {
        "smpp.sessions": console.tell_sessions,
        "smpp.trace": console.tell_trace,
        "smpp.kick": console.tell_kick,
        "carriers.standing": lambda args: watch.standing(args.get("name")),
        RUNNING: carriers.tell_running,
        **({} if cluster is None else cluster.answerers),
    }
    return Answering(base.database, base.settings.node, answerers)


def _listener(
    base: Base,
    pictures: tuple[Knowledge, KnownPeople],
    teams: TowardsTeams,
    works: tuple[Runner, Hooks],
    answering: Answering,
    cluster: Cluster | None,
) -> Listener:
    """Return what other processes tell this node through the store."""
    knowledge, known_people = pictures
    runner, hooks = works
    told: dict[str, Callable[[str], None]] = {
        DIRECTORY_CHANNEL: lambda _: knowledge.changed(),
        PEOPLE_CHANNEL: lambda _: known_people.changed(),
        SPOOL_CHANNEL: lambda team_id: teams.outbox.look(int(team_id)),
        QUESTION_CHANNEL: answering.asked,
        JOB_CHANNEL: lambda _: runner.look(),
        HOOK_CHANNEL: hooks.told,
    }
    if cluster is not None:
        told |= cluster.told
    again = functools.partial(_hear_again, pictures, cluster)
    return Listener(base.reactor, base.store.dsn, list(told), lambda channel, payload: told[channel](payload), again)


def _hear_again(pictures: tuple[Knowledge, KnownPeople], cluster: Cluster | None) -> None:
    """Look at all that may have been told while nobody heard it."""
    for picture in pictures:
        picture.changed()
    if cluster is not None:
        for each in cluster.heard_again:
            each()


def _sweeper(base: Base, queue: LaneQueue, notifier: Notifier, fleet: Fleet, from_phones: FromPhones) -> Sweeper:
    settings, books = base.settings, Books(base.database, base.directory.uses)
    return Sweeper(
        base.journal,
        queue,
        notifier,
        base.reactor,
        interval_s=settings.dispatch.sweep_interval_s,
        lease_s=settings.dispatch.lease_s,
        receipt_h=settings.smpp.receipt_spool_h,
        text_days=settings.messages.text_days,
        end_expired=fleet.end_expired,
        sweep_inbound=from_phones.sweep,
        look_at_lingering=Lingering(base.database, id_forms, settings.store.statement_timeout_s).look,
        count_up=Counting(Rollups(base.database), base.reactor, plans_reader(base.reactor)).once,
        own=[("uses of tokens", books.write_uses, USES_INTERVAL_S)],
        for_all=[
            ("balances", books.look_at_balances, BALANCES_INTERVAL_S),
            ("marks of ledgers", books.mark_ledgers, MARKS_INTERVAL_S),
        ],
    )


def _fleet(
    base: Base, queue: LaneQueue, receipts: Receipts, from_phones: FromPhones, notifier: Notifier
) -> tuple[Fleet, Watch]:
    reactor, directory = base.reactor, base.directory
    world, policies = World(reactor, now_ms, random.SystemRandom(), directory), Policies(directory)

    def make_dispatcher(carrier_id: int, carrier: RunningCarrier) -> Dispatcher:
        return Dispatcher(
            carrier_id,
            carrier,
            queue,
            base.journal,
            receipts,
            from_phones,
            notifier,
            reactor,
            now_ms,
            base.settings.dispatch.claim_ahead,
            policies.of(carrier_id).second_way_s,
        )

    fleet = Fleet(lambda record: registry.make(record, world), make_dispatcher, base.journal.awaited)
    fleet.hold(frozenset())  # until it is known what this node holds
    return fleet, Watch(fleet, directory, base.journal.move_on, queue, reactor, receipts.heard)


def message_limits(settings: Settings) -> gateway.Limits:
    """Return the bounds of one message."""
    return gateway.Limits(
        max_parts=settings.messages.max_parts,
        max_validity_ms=settings.smpp.max_validity_h * HOUR_MS,
        default_validity_ms=settings.messages.default_validity_h * HOUR_MS,
    )
