"""What a node is built of, put together: the one place where the layers meet."""

from __future__ import annotations

import functools
import random
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import attrs

from mobilesasa.api.ports import Node as ApiNode
from mobilesasa.api.ports import WebLimits
from mobilesasa.carriers import registry
from mobilesasa.carriers.port import RunningCarrier, World
from mobilesasa.core import gateway
from mobilesasa.core.errors import Refused
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.dispatch.callbacks import Callbacks
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.pacing import PacedIntake
from mobilesasa.dispatch.receipts import Receipts
from mobilesasa.dispatch.sweeper import Sweeper
from mobilesasa.dispatch.watch import Watch
from mobilesasa.node.answering import Answering
from mobilesasa.node.holds import Holds
from mobilesasa.node.knowledge import Knowledge
from mobilesasa.node.smpp import SmppParts, put_smpp_together, smpp_terms
from mobilesasa.notify.outbox import Outbox
from mobilesasa.notify.spool import Spool
from mobilesasa.queue.memory import MemoryQueue
from mobilesasa.settings import Settings
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.console import Console
from mobilesasa.smsc.operations import Operations
from mobilesasa.store.alterations import StoredAlterations
from mobilesasa.store.callbacks import StoredCallbacks
from mobilesasa.store.database import Database, connect
from mobilesasa.store.directory import CHANNEL as DIRECTORY_CHANNEL
from mobilesasa.store.holds import What
from mobilesasa.store.idempotency import Keys
from mobilesasa.store.inbox import Inbox
from mobilesasa.store.journal import Journal
from mobilesasa.store.listen import Listener
from mobilesasa.store.messages import History
from mobilesasa.store.questions import CHANNEL as QUESTION_CHANNEL
from mobilesasa.store.replays import CHANNEL as SPOOL_CHANNEL
from mobilesasa.store.smpp_passwords import SmppPasswords
from mobilesasa.store.suppressions import Suppressions
from mobilesasa.store.writer import Writer

HOUR_MS = 3_600_000
RECEIPTS_IN_MEMORY = 5000  # of a team that is bound; the others are read from the spool in their turn


def now_ms() -> int:
    """Return the time of day, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@attrs.define(eq=False)
class Parts:
    """The parts of one node, not yet started."""

    intake: Writer
    writer: Writer
    database: Database
    journal: Journal
    listener: Listener
    directory: CurrentDirectory
    knowledge: Knowledge
    queue: MemoryQueue
    receipts: Receipts
    from_phones: FromPhones
    callbacks: Callbacks
    fleet: Fleet
    watch: Watch
    sweeper: Sweeper
    binds: Binds
    spool: Spool
    outbox: Outbox
    gateway: Gateway
    smpp: SmppParts | None
    console: Console

    def enabled_carriers(self) -> list[int]:
        """Return the ids of the carriers that take messages."""
        return [record.id for record in self.directory.now.carriers.values() if record.enabled]

    def smpp_connections(self) -> int:
        """Return how many connections the SMPP server has."""
        return 0 if self.smpp is None else self.smpp.server.connections


def put_together(reactor: Any, settings: Settings, dsn: str, run: int, known: Directory) -> Parts:
    """Build a node over an open store; nothing of it runs yet."""
    intake, writer, database = _store(reactor, settings, dsn)
    journal = Journal(intake, writer, database, run)
    directory, queue = CurrentDirectory(known), MemoryQueue(reactor, journal.refill)
    new_id = MessageIds(now_ms, random.Random(secrets.randbits(256)).getrandbits)  # noqa: S311 - ids are no secrets
    binds = Binds(reactor)
    spool = Spool(reactor, journal.owed, journal.forget, journal.cut)
    outbox = Outbox(spool, reactor, now_ms, RECEIPTS_IN_MEMORY, settings.smpp.receipt_spool_h, binds.unanswered.ids)
    binds.tell(outbox)
    receipts = Receipts(journal, outbox, reactor)
    from_phones = FromPhones(journal, outbox, directory, new_id, smpp_terms(settings))
    fleet, watch = _fleet(reactor, settings, queue, journal, receipts, from_phones, outbox, directory)
    accepting = _accepting(reactor, settings, directory, journal, fleet, queue, new_id)
    knowledge = Knowledge(database, directory, reactor, [binds.check, fleet.apply])
    operations = Operations(StoredAlterations(database), queue, outbox, directory, accepting.times, fleet)
    smpp = put_smpp_together(reactor, settings, accepting, operations, directory, binds, database, now_ms, run)
    console = Console(None if smpp is None else smpp.server)
    return Parts(
        intake=intake,
        writer=writer,
        database=database,
        journal=journal,
        listener=_listener(reactor, dsn, knowledge, outbox, _answering(settings, database, console, watch)),
        directory=directory,
        knowledge=knowledge,
        queue=queue,
        receipts=receipts,
        from_phones=from_phones,
        callbacks=_callbacks(directory, writer, receipts, from_phones, new_id),
        fleet=fleet,
        watch=watch,
        sweeper=_sweeper(reactor, settings, journal, queue, outbox, fleet, from_phones),
        binds=binds,
        spool=spool,
        outbox=outbox,
        gateway=accepting,
        smpp=smpp,
        console=console,
    )


def wish_for(holds: Holds, settings: Settings, parts: Parts) -> None:
    """Say what this node would do, by its roles, of what one node does for all."""
    roles = settings.roles
    if "dispatch" in roles:
        holds.wish(What.CARRIER, parts.enabled_carriers, parts.fleet.hold, spread=True)
    if "jobs" in roles:
        holds.wish(What.JOBS, lambda: [1], lambda held: parts.sweeper.do_chores(bool(held)))


def _accepting(
    reactor: Any,
    settings: Settings,
    directory: CurrentDirectory,
    journal: Journal,
    fleet: Fleet,
    queue: MemoryQueue,
    new_id: MessageIds,
) -> Gateway:
    paced = PacedIntake(journal, fleet.backlog, reactor)
    return Gateway(directory, paced, queue, now_ms, new_id, message_limits(settings))


def _callbacks(
    directory: CurrentDirectory,
    writer: Writer,
    receipts: Receipts,
    from_phones: FromPhones,
    new_id: Callable[[], str],
) -> Callbacks:
    """Return what takes the HTTP calls of carriers."""
    kept = StoredCallbacks(writer)
    return Callbacks(directory, registry.callback_reader, kept, receipts.take, from_phones.take, new_id, now_ms)


def _answering(settings: Settings, database: Database, console: Console, watch: Watch) -> Answering:
    """Return what answers the questions of commands."""
    answerers = {
        "smpp.sessions": console.tell_sessions,
        "smpp.trace": console.tell_trace,
        "smpp.kick": console.tell_kick,
        "carriers.standing": lambda args: watch.standing(args.get("name")),
    }
    return Answering(database, settings.node, answerers)


def _listener(reactor: Any, dsn: str, knowledge: Knowledge, outbox: Outbox, answering: Answering) -> Listener:
    """Return what other processes tell this node through the store."""
    told: dict[str, Callable[[str], None]] = {
        DIRECTORY_CHANNEL: lambda _: knowledge.changed(),
        SPOOL_CHANNEL: lambda team_id: outbox.look(int(team_id)),
        QUESTION_CHANNEL: answering.asked,
    }
    return Listener(reactor, dsn, list(told), lambda channel, payload: told[channel](payload), knowledge.changed)


def _sweeper(
    reactor: Any,
    settings: Settings,
    journal: Journal,
    queue: MemoryQueue,
    outbox: Outbox,
    fleet: Fleet,
    from_phones: FromPhones,
) -> Sweeper:
    bounds = settings.dispatch
    return Sweeper(
        journal,
        queue,
        outbox,
        reactor,
        interval_s=bounds.sweep_interval_s,
        lease_s=bounds.lease_s,
        receipt_h=settings.smpp.receipt_spool_h,
        text_days=settings.messages.text_days,
        end_expired=fleet.end_expired,
        sweep_inbound=from_phones.sweep,
    )


def _store(reactor: Any, settings: Settings, dsn: str) -> tuple[Writer, Writer, Database]:
    """Return two writers, so that what is accepted and what becomes of it do not wait for each other's commits."""
    name, timeout_s = f"mobilesasa {settings.node}", settings.store.statement_timeout_s
    intake, writer = (
        Writer(
            reactor,
            functools.partial(connect, dsn, f"{name} {work}", statement_timeout_s=timeout_s),
            batch_limit=settings.store.writer_batch_max,
        )
        for work in ("intake", "writer")
    )
    return intake, writer, Database(reactor, dsn, name, settings.store.pool_size, timeout_s, (Refused,))


def _fleet(
    reactor: Any,
    settings: Settings,
    queue: MemoryQueue,
    journal: Journal,
    receipts: Receipts,
    from_phones: FromPhones,
    outbox: Outbox,
    directory: CurrentDirectory,
) -> tuple[Fleet, Watch]:
    world = World(reactor, now_ms, random.SystemRandom(), directory)

    def make_dispatcher(carrier_id: int, carrier: RunningCarrier) -> Dispatcher:
        return Dispatcher(
            carrier_id,
            carrier,
            queue,
            journal,
            receipts,
            from_phones,
            outbox,
            reactor,
            now_ms,
            settings.dispatch.claim_ahead,
        )

    fleet = Fleet(lambda record: registry.make(record, world), make_dispatcher, journal.awaited)
    fleet.hold(frozenset())  # until it is known what this node holds
    return fleet, Watch(fleet, directory, journal.move_on, queue, reactor)


def message_limits(settings: Settings) -> gateway.Limits:
    """Return the bounds of one message."""
    return gateway.Limits(
        max_parts=settings.messages.max_parts,
        max_validity_ms=settings.smpp.max_validity_h * HOUR_MS,
        default_validity_ms=settings.messages.default_validity_h * HOUR_MS,
    )


def api_node(reactor: Any, settings: Settings, parts: Parts, metrics: Any) -> ApiNode:
    """Return what the API works with."""

    async def store_answers() -> bool:
        await parts.database.run("ready", lambda txn: txn.execute("SELECT"))
        return True

    return ApiNode(
        gateway=parts.gateway,
        directory=parts.directory,
        history=History(parts.database),
        inbox=Inbox(parts.database),
        suppressions=Suppressions(parts.database, lambda: str(uuid.uuid4()), now_ms),
        keys=Keys(parts.database),
        smpp=parts.console,
        smpp_passwords=SmppPasswords(parts.database, secrets.randbelow),
        now_ms=now_ms,
        clock=reactor,
        new_id=lambda: uuid.uuid4().hex,
        readiness={"store": store_answers},
        callbacks=parts.callbacks,
        metrics=metrics if settings.http.metrics else None,
        limits=WebLimits(max_body_octets=settings.http.max_body_octets, timeout_s=settings.http.timeout_s),
    )
