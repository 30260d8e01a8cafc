"""Opening the store: the embedded PostgreSQL or an outside one, migrated, and held by this node alone.

All of it blocks and is done before the reactor runs, so that what is wrong ends the start with one sentence.
"""

from __future__ import annotations

import contextlib
import secrets
import time

import attrs

from mobilesasa.core.teams import Directory
from mobilesasa.settings import Settings
from mobilesasa.store import claims, directory, migrate
from mobilesasa.store.database import Connection, StoreError, StoreUnavailable, connect, in_transaction
from mobilesasa.store.directory import DemoTeam
from mobilesasa.store.embedded import EmbeddedPostgres
from mobilesasa.store.tokens import make_raw_token

PATIENCE_S = 10.0


class StoreTaken(Exception):
    """Another node runs on this store: it would take this one's claims for a dead process's."""


@attrs.define(eq=False)
class OpenStore:
    """The store, ready for use. Its methods block.

    Attributes:
        dsn: where it is.
        run: this process's id in `node_run`.
        known: what was configured when it was opened.
        demo: the demo team, if the store was empty and got one just now.
    """

    dsn: str = attrs.field(repr=False)
    run: int
    known: Directory
    demo: DemoTeam | None
    _node: str
    _embedded: EmbeddedPostgres | None
    _holder: Connection

    def revive(self) -> bool:
        """Start the embedded server again if it has died, and hold the store again if that was lost.

        Returns whether it had to do either.

        Raises:
            StoreUnavailable: the database is away.
            StoreTaken: another node holds the store by now.
        """
        if self._embedded is not None and self._embedded.running() is None:
            self._embedded.start()
        elif self._holds():
            return False
        self._holder.close()
        self._holder = connect(self.dsn, f"mobilesasa {self._node} name")
        _hold(self._holder)
        return True

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
    """Bring the store up and take hold of it.

    Raises:
        StoreUnavailable: the database cannot be reached.
        migrate.MigrationError: the schema is not what this program needs.
        StoreTaken: another node is running on it.
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
    holder = connect(dsn, f"mobilesasa {settings.node} name")
    try:
        _hold(holder)
        wants_demo = embedded is not None and settings.demo
        demo = in_transaction(holder, directory.ensure_demo, make_raw_token(secrets.randbelow)) if wants_demo else None
        run = in_transaction(holder, claims.begin_run, settings.node)
        known = in_transaction(holder, directory.load)
    except BaseException:
        holder.close()
        raise

    return OpenStore(dsn, run, known, demo, settings.node, embedded, holder)


def _hold(holder: Connection) -> None:
    """Be the one node of the store; a process that was just killed may be so for a moment."""
    until_s = time.monotonic() + PATIENCE_S
    while not in_transaction(holder, claims.hold_store):
        if time.monotonic() > until_s:
            raise StoreTaken("a node runs already on this store, and this release has one node a store; stop it first")
        time.sleep(0.05)
