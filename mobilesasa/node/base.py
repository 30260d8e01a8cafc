"""What everything else of a node is built on: the settings, the way to the store, and what is known."""

from __future__ import annotations

import functools
import random
import secrets
import time
from typing import Any

import attrs

from mobilesasa.core.errors import Refused
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.jobs import JobGone
from mobilesasa.core.people import CurrentPeople
from mobilesasa.core.rulepacks import RulePacks
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.node.links import LinkBook
from mobilesasa.node.opening import OpenStore
from mobilesasa.node.rulepacks import packs_of
from mobilesasa.settings import Settings
from mobilesasa.store.database import Database, connect
from mobilesasa.store.journal import Journal
from mobilesasa.store.writer import Writer


def now_ms() -> int:
    """Return the time of day, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@attrs.frozen(eq=False)
class Base:
    """The ground of one node.

    Attributes:
        reactor: Twisted's.
        settings: what the operator has set.
        store: the open store; its methods block.
        intake, writer: group commits, of what is accepted and of what becomes of it, so that neither waits for the other.
        database: the pool for the rest.
        journal: what happens to messages, written down.
        directory: what is configured.
        people: who can log in.
        new_id: makes ids of messages.
        rules: what countries ask of messages.
        links: where short links lead, and who followed them.
    """

    reactor: Any
    settings: Settings
    store: OpenStore
    intake: Writer
    writer: Writer
    database: Database
    journal: Journal
    directory: CurrentDirectory
    people: CurrentPeople
    new_id: MessageIds
    rules: RulePacks
    links: LinkBook


def lay_base(reactor: Any, settings: Settings, store: OpenStore) -> Base:
    """Build the ground over an open store; nothing of it runs yet."""
    name, timeout_s = f"mobilesasa {settings.node}", settings.store.statement_timeout_s
    intake, writer = (
        Writer(
            reactor,
            functools.partial(connect, store.dsn, f"{name} {work}", statement_timeout_s=timeout_s),
            batch_limit=settings.store.writer_batch_max,
        )
        for work in ("intake", "writer")
    )
    database = Database(reactor, store.dsn, name, settings.store.pool_size, timeout_s, (Refused, JobGone))
    return Base(
        reactor=reactor,
        settings=settings,
        store=store,
        intake=intake,
        writer=writer,
        database=database,
        journal=Journal(intake, writer, database, store.run),
        directory=CurrentDirectory(store.known),
        people=CurrentPeople(store.people),
        new_id=MessageIds(now_ms, random.Random(secrets.randbits(256)).getrandbits),  # noqa: S311 - ids are no secrets
        rules=packs_of(settings),
        links=LinkBook(database, reactor),
    )
