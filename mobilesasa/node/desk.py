"""What the administrators of the platform use by the API (`api.ports.admin.Desk`), put together from the parts that do it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.api.ports.admin import Desk
from mobilesasa.carriers.configuring import callback_addresses, changed, usable
from mobilesasa.carriers.masking import shown
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.node.queues import LaneQueues
from mobilesasa.store import audit, carriers
from mobilesasa.store.administration import Teams, Users
from mobilesasa.store.audit import Finding
from mobilesasa.store.configuration import Numbers, Prices, Routes
from mobilesasa.store.database import Database, Txn, connect, in_transaction
from mobilesasa.store.idempotency import run_replying
from mobilesasa.store.nodes import Nodes
from mobilesasa.store.retention import Months

OnThread = Callable[..., "Deferred[Any]"]


def make_desk(
    database: Database,
    dsn: str,
    queues: LaneQueues,
    on_thread: OnThread,
    new_uuid: Callable[[], str],
    keep_months: int = 0,
) -> Desk:
    """Return it.

    Args:
        database: the pool.
        dsn: where the store is, for what takes longer than a call of the pool may.
        queues: what waits for carriers.
        on_thread: calls a function on a thread.
        new_uuid: makes uuids of users.
        keep_months: for how many full months messages are kept; 0: for ever.
    """
    return Desk(
        teams=Teams(database),
        users=Users(database, new_uuid, secrets.token_urlsafe),
        routes=Routes(database),
        prices=Prices(database),
        numbers=Numbers(database),
        carriers=CarrierChanges(database),
        queues=queues,
        nodes=Nodes(database),
        sums=Sums(dsn, on_thread),
        retention=Months(database, keep_months),
    )


@attrs.frozen
class CarrierChanges:
    """Makes and changes carriers; their options are checked as the command does."""

    _database: Database

    async def add(self, by: Actor, name: str, kind: str, options: Mapping[str, Any], reply: Reply) -> bytes:
        """Make one; see `store.carriers.add_carrier`."""
        given = usable(kind, options)

        def work(txn: Txn) -> CarrierRecord:
            return _masked(carriers.add_carrier(txn, by, name, kind, given))

        return await run_replying(self._database, reply, "carriers.add", work)

    async def change(
        self, by: Actor, name: str, options: Mapping[str, Any] | None, enabled: bool | None
    ) -> CarrierRecord:
        """Change one; see `store.carriers.set_options` and `set_enabled`."""

        def work(txn: Txn) -> CarrierRecord:
            found = carriers.find_carrier(txn, name)
            if options is not None:
                found = carriers.set_options(txn, by, name, changed(found, options))
            if enabled is not None and enabled is not found.enabled:
                found = carriers.set_enabled(txn, by, name, enabled)
            return _masked(found)

        return await self._database.run("carriers.change", work)

    async def callbacks(self, name: str) -> Mapping[str, str]:
        """Return the addresses that a carrier is to call.

        Raises:
            NotFound: there is no such carrier.
            BadValue: its options cannot be used.
        """
        found = await self._database.run("carriers.find", carriers.find_carrier, name)
        try:
            return callback_addresses(found)
        except ValueError as wrong:
            raise BadValue(f"the options of {found.name} cannot be used: {wrong}") from wrong


class Sums:
    """Runs the audit of the store on a thread and a connection of its own, one at a time.

    Args:
        dsn: where the store is.
        on_thread: calls a function on a thread.
    """

    def __init__(self, dsn: str, on_thread: OnThread) -> None:
        """Look at nothing yet."""
        self._dsn = dsn
        self._on_thread = on_thread
        self._waiting: list[Deferred[list[Finding]]] = []  # those who are to be told; none: it does not run

    async def findings(self) -> list[Finding]:
        """Return what each rule found; who asks while it runs is told the same."""
        told: Deferred[list[Finding]] = Deferred()
        self._waiting.append(told)
        if len(self._waiting) == 1:
            self._on_thread(self._look).addBoth(self._tell)
        return await told

    def _look(self) -> list[Finding]:
        """Look, which blocks for as long as it takes: seconds, and minutes where there are many millions of messages."""
        opened = connect(self._dsn, "mobilesasa audit", statement_timeout_s=0)
        try:
            return in_transaction(opened, audit.audit)
        finally:
            opened.close()

    def _tell(self, result: Any) -> None:
        waiting, self._waiting = self._waiting, []
        for told in waiting:
            told.callback(result)


def _masked(found: CarrierRecord) -> CarrierRecord:
    return attrs.evolve(found, options=shown(found))
