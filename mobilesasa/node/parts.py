"""What a node is built of, put together: the one place where the layers meet."""

from __future__ import annotations

import functools
import random
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import attrs
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.interfaces import IStreamServerEndpoint

from mobilesasa.api.ports import Node as ApiNode
from mobilesasa.api.ports import WebLimits
from mobilesasa.carriers import registry
from mobilesasa.carriers.port import RunningCarrier, World
from mobilesasa.core import gateway
from mobilesasa.core.errors import Refused
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.pacing import PacedIntake
from mobilesasa.dispatch.receipts import Receipts
from mobilesasa.dispatch.sweeper import Sweeper
from mobilesasa.node.knowledge import Knowledge
from mobilesasa.notify.outbox import Outbox
from mobilesasa.notify.spool import Spool
from mobilesasa.queue.memory import MemoryQueue
from mobilesasa.settings import Settings
from mobilesasa.smppnet.timers import Timers
from mobilesasa.smppnet.tls import ServerTls, TlsEndpoint, identity, server_context
from mobilesasa.smsc import limits as smsc_limits
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.session import Smsc
from mobilesasa.store.database import Database, connect
from mobilesasa.store.directory import CHANNEL
from mobilesasa.store.journal import Journal
from mobilesasa.store.listen import Listener
from mobilesasa.store.messages import History
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
    fleet: Fleet
    sweeper: Sweeper
    binds: Binds
    spool: Spool
    outbox: Outbox
    gateway: Gateway
    smpp: SmppServer | None

    def smpp_connections(self) -> int:
        """Return how many connections the SMPP server has."""
        return 0 if self.smpp is None else self.smpp.connections


def put_together(reactor: Any, settings: Settings, dsn: str, run: int, known: Directory) -> Parts:
    """Build a node over an open store; nothing of it runs yet."""
    intake, writer, database = _store(reactor, settings, dsn)
    journal = Journal(intake, writer, database, run)
    directory = CurrentDirectory(known)
    queue = MemoryQueue(reactor, journal.refill)
    new_id = MessageIds(now_ms, random.Random(secrets.randbits(256)).getrandbits)  # noqa: S311 - ids are no secrets
    binds = Binds(reactor)
    spool = Spool(reactor, journal.owed, journal.forget)
    outbox = Outbox(spool, reactor, now_ms, RECEIPTS_IN_MEMORY, settings.smpp.receipt_spool_h)
    binds.tell(outbox)
    receipts = Receipts(journal, outbox, reactor)
    fleet = _fleet(reactor, settings, queue, journal, receipts, outbox)
    paced = PacedIntake(journal, fleet.backlog, reactor)
    accepting = Gateway(directory, paced, queue, now_ms, new_id, message_limits(settings))
    knowledge = Knowledge(database, directory, reactor, [binds.check, fleet.apply])
    return Parts(
        intake=intake,
        writer=writer,
        database=database,
        journal=journal,
        listener=Listener(reactor, dsn, [CHANNEL], lambda *_: knowledge.changed(), knowledge.changed),
        directory=directory,
        knowledge=knowledge,
        queue=queue,
        receipts=receipts,
        fleet=fleet,
        sweeper=_sweeper(reactor, settings, journal, queue, outbox, fleet),
        binds=binds,
        spool=spool,
        outbox=outbox,
        gateway=accepting,
        smpp=_smpp_server(reactor, settings, accepting, directory, binds),
    )


def _sweeper(
    reactor: Any, settings: Settings, journal: Journal, queue: MemoryQueue, outbox: Outbox, fleet: Fleet
) -> Sweeper:
    bounds = settings.dispatch
    receipt_h = settings.smpp.receipt_spool_h
    return Sweeper(
        journal, queue, outbox, reactor, bounds.sweep_interval_s, bounds.lease_s, receipt_h, fleet.end_expired
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
    reactor: Any, settings: Settings, queue: MemoryQueue, journal: Journal, receipts: Receipts, outbox: Outbox
) -> Fleet:
    world = World(reactor, now_ms, random.SystemRandom())

    def make_dispatcher(carrier_id: int, carrier: RunningCarrier) -> Dispatcher:
        return Dispatcher(
            carrier_id, carrier, queue, journal, receipts, outbox, reactor, now_ms, settings.dispatch.claim_ahead
        )

    return Fleet(lambda record: registry.make(record, world), make_dispatcher, journal.awaited)


def message_limits(settings: Settings) -> gateway.Limits:
    """Return the bounds of one message."""
    return gateway.Limits(
        max_parts=settings.messages.max_parts,
        max_validity_ms=settings.smpp.max_validity_h * HOUR_MS,
        default_validity_ms=settings.messages.default_validity_h * HOUR_MS,
    )


def _smpp_server(
    reactor: Any, settings: Settings, accepting: Gateway, directory: CurrentDirectory, binds: Binds
) -> SmppServer | None:
    endpoints = _smpp_endpoints(reactor, settings)
    if not endpoints:
        return None
    bounds = settings.smpp
    limits = smsc_limits.Limits(
        max_connections=bounds.max_connections,
        max_sessions=bounds.max_sessions_per_team,
        session_tps=bounds.session_tps,
        window=bounds.window,
        receipt_window=bounds.receipt_window,
        limit_octets=bounds.limit_octets,
        max_parts=settings.messages.max_parts,
    )
    timers = Timers(
        enquire_link_s=bounds.enquire_link_s,
        idle_timeout_s=bounds.idle_timeout_s,
        bind_timeout_s=bounds.bind_timeout_s,
    )
    smsc = Smsc(accepting, directory, binds, reactor, now_ms, limits)
    return SmppServer(endpoints, smsc, timers)


def _smpp_endpoints(reactor: Any, settings: Settings) -> list[IStreamServerEndpoint]:
    """Return where SMPP is served, plain before TLS; either may be off."""
    host, smpp = settings.bind_host, settings.smpp
    plain = [] if settings.smpp_port is None else [endpoint(reactor, host, settings.smpp_port)]
    if settings.smpp_tls_port is None:
        return plain
    today = datetime.fromtimestamp(now_ms() / 1000, UTC)
    files = identity(smpp.tls_certificate_file, smpp.tls_key_file, settings.state_dir / "tls", today)
    below = endpoint(reactor, host, settings.smpp_tls_port)
    return [*plain, TlsEndpoint(below, ServerTls(server_context(files)), reactor)]


def endpoint(reactor: Any, host: str, port: int) -> IStreamServerEndpoint:
    """Return where to listen, by IPv4 or IPv6."""
    kind = TCP6ServerEndpoint if ":" in host else TCP4ServerEndpoint
    made: IStreamServerEndpoint = kind(reactor, port, interface=host)
    return made


def api_node(reactor: Any, settings: Settings, parts: Parts, metrics: Any) -> ApiNode:
    """Return what the API works with."""

    async def store_answers() -> bool:
        await parts.database.run("ready", lambda txn: txn.execute("SELECT"))
        return True

    return ApiNode(
        gateway=parts.gateway,
        directory=parts.directory,
        history=History(parts.database),
        now_ms=now_ms,
        clock=reactor,
        new_id=lambda: uuid.uuid4().hex,
        readiness={"store": store_answers},
        metrics=metrics if settings.http.metrics else None,
        limits=WebLimits(max_body_octets=settings.http.max_body_octets, timeout_s=settings.http.timeout_s),
    )
