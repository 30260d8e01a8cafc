"""Opening the store: the embedded PostgreSQL or an outside one, migrated, and held by this node.

All of it blocks; the opening is done before the reactor runs, so that what is wrong ends the start with one sentence.
"""

from __future__ import annotations

import contextlib
import secrets
import time
import uuid
from collections.abc import Callable, Collection, Iterable
from importlib import metadata
from typing import Concatenate, ParamSpec, TypeVar

import attrs

from mobilesasa.core.model import Place
from mobilesasa.core.people import People, SigningKey
from mobilesasa.core.teams import Directory
from mobilesasa.settings import Settings
from mobilesasa.store import claims, directory, holds, migrate, nodes, people, ussd_directory
from mobilesasa.store.database import Connection, StoreError, StoreUnavailable, Txn, connect, in_transaction
from mobilesasa.store.directory import DemoOwner, DemoTeam
from mobilesasa.store.embedded import EmbeddedPostgres
from mobilesasa.store.holds import What
from mobilesasa.store.tokens import make_raw_token
from mobilesasa.ussd.directory import Directory as Dialling
from mobilesasa.ussd.directory import PublishedMenu

KEY_OCTETS = 32  # of what signs access tokens (RFC 7518 §3.2: no fewer than the hash has)
DEMO_PASSWORD_OCTETS = 12  # 16 characters
PATIENCE_S = 10.0
POLL_S = 0.05
REVIVE_PATIENCE_S = 30.0  # longer than a server takes to notice that a machine is gone (`store.database.connect`)
ALONE = "a node runs already on this store, and without RabbitMQ (amqp_url) a store has one node; stop it first"
NOT_ALONE = "a node without RabbitMQ (amqp_url) runs on this store, and it must be the only one; stop it first"

P = ParamSpec("P")
T = TypeVar("T")


class StoreTaken(Exception):
    """Another node runs on this store, and this one may not beside it."""


@attrs.define(eq=False)
class OpenStore:
    """The store, ready for use. Its methods block, and only one of them may run at a time.

    Attributes:
        dsn: where it is.
        run: this process's id in `node_run`.
        freed: messages that the process before it had in hand, which wait again.
        known: what was configured when it was opened.
        people: who could log in then.
        dialled: what could be dialled by USSD, and the menus that answered.
        demo: the demo team, if the store was empty and got one just now.
        shared: whether other nodes may run on it.
    """

    dsn: str = attrs.field(repr=False)
    run: int
    freed: list[Place]
    known: Directory
    people: People
    dialled: tuple[Dialling, list[PublishedMenu]]
    demo: DemoTeam | None
    shared: bool
    _node: str
    _embedded: EmbeddedPostgres | None
    _holder: Connection

    def revive(self) -> bool:
        """Start the embedded server again if it has died, and hold the store again if that was lost.

        Returns whether it had to do either; then nothing that was taken is held any more.

        Raises:
            StoreUnavailable: the database is away.
            StoreTaken: another node holds the store by now.
        """
        if self._embedded is not None and self._embedded.running() is None:
            self._embedded.start()
        elif self._holds():
            return False
        self._holder.close()
        self._holder = _holding(self.dsn, self._node, self.shared, self.run, REVIVE_PATIENCE_S)
        return True

    def take(self, what: What, ids: Collection[int]) -> set[int]:
        """Hold what no other node holds, and return which of them we got; see `store.holds`."""
        return self._ask(holds.take, what, ids)

    def let_go(self, what: What, ids: Iterable[int]) -> None:
        """Hold these no more."""
        self._ask(holds.let_go, what, ids)

    def held_by_any(self, what: What) -> set[int]:
        """Return which are held, by this node or another."""
        return self._ask(holds.held_by_any, what)

    def _ask(self, function: Callable[Concatenate[Txn, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something about the locks. Should it fail, all of them are let go: which are held would not be known.

        Raises:
            StoreUnavailable: it failed.
        """
        try:
            return in_transaction(self._holder, function, *args, **kwargs)
        except StoreError as error:
            self._holder.close()
            raise StoreUnavailable(str(error).strip()) from error

    def _holds(self) -> bool:
        """Say whether our connection lives: as long as it does, the store is ours."""
        try:
            in_transaction(self._holder, lambda txn: txn.execute("SELECT"))
        except (StoreUnavailable, StoreError):
            return False
        return True

    def close(self) -> None:
        """Let go of the store and stop the embedded server."""
        with contextlib.suppress(
            StoreUnavailable, StoreError
        ):  # if the database went first, the next start ends the run
            in_transaction(self._holder, claims.end_run, self.run)
        self._holder.close()
        if self._embedded is not None:
            self._embedded.stop()


def open_store(settings: Settings) -> OpenStore:
    """Bring the store up and take hold of it: alone with the queue in memory, with other nodes over RabbitMQ.

    Raises:
        StoreUnavailable: the database cannot be reached.
        migrate.MigrationError: the schema is not what this program needs.
        StoreTaken: another node runs on it, and this one may not beside it.
    """
    embedded = None if settings.database_url else EmbeddedPostgres(settings.state_dir)
    dsn = embedded.start() if embedded is not None else settings.database_url
    try:
        return _open(settings, dsn, embedded)
    except BaseException:
        if embedded is not None:
            embedded.stop()
        raise


def _open(settings: Settings, dsn: str, embedded: EmbeddedPostgres | None) -> OpenStore:
    if embedded is not None:
        migrate.apply(dsn)
    elif waiting := migrate.pending(dsn, "pre"):
        names = ", ".join(migration.file for migration in waiting)
        raise migrate.MigrationError(f"the database lacks {names}; run: mobilesasa migrate")
    shared = bool(settings.amqp_url)
    holder = _holding(dsn, settings.node, shared, None, PATIENCE_S)
    try:
        wants_demo = embedded is not None and settings.demo
        demo = in_transaction(holder, directory.ensure_demo, *_demo_secrets()) if wants_demo else None
        run, freed = in_transaction(holder, claims.begin_run, settings.node)
        in_transaction(holder, nodes.describe, run, metadata.version("mobilesasa"), settings.roles)
        in_transaction(holder, holds.take, What.RUN, [run])
        known = in_transaction(holder, directory.load)
        in_transaction(holder, people.ensure_key, SigningKey(secrets.token_hex(8), secrets.token_bytes(KEY_OCTETS)))
        who = in_transaction(holder, people.load)
        dialled = in_transaction(holder, ussd_directory.load, ())
    except BaseException:
        holder.close()
        raise

    return OpenStore(dsn, run, freed, known, who, dialled, demo, shared, settings.node, embedded, holder)


def _demo_secrets() -> tuple[str, DemoOwner]:
    """Return what the demo team's token will be, and who its owner."""
    owner = DemoOwner(str(uuid.uuid4()), secrets.token_urlsafe(DEMO_PASSWORD_OCTETS))
    return make_raw_token(secrets.randbelow), owner


def _holding(dsn: str, node: str, shared: bool, run: int | None, patience_s: float) -> Connection:
    """Return a connection that holds the store, the node's name and its run, if there is one yet.

    A process that was just killed may hold them for a moment, and so may a connection of ours whose end the server has
    not noticed yet.

    Raises:
        StoreUnavailable: the database cannot be reached.
        StoreTaken: another process holds them.
    """
    holder = connect(dsn, f"mobilesasa {node} name")
    try:
        until_s = time.monotonic() + patience_s
        alone = StoreTaken(NOT_ALONE if shared else ALONE)
        named = StoreTaken(f"a node named {node} runs already on this store; give this one another name (node)")
        ghost = StoreUnavailable("the server does not notice that our connection before this one has ended")
        _insist(until_s, lambda: in_transaction(holder, holds.hold_store, shared), alone)
        _insist(until_s, lambda: in_transaction(holder, holds.hold_name, node), named)
        if run is not None:
            _insist(until_s, lambda: bool(in_transaction(holder, holds.take, What.RUN, [run])), ghost)
    except BaseException:
        holder.close()
        raise
    return holder


def _insist(until_s: float, took: Callable[[], bool], why_not: Exception) -> None:
    """Try to take a lock until it is ours; raises `why_not` when it is not by that moment of the monotonic clock."""
    while not took():
        if time.monotonic() > until_s:
            raise why_not
        time.sleep(POLL_S)
