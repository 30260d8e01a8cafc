"""The store as the others see it: implements the ports of `core.ports`, the queue's refill, and the teams' spool."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred

from mobilesasa.core.errors import InsufficientUnits, Overloaded
from mobilesasa.core.model import Lane, MessageId, Notice, Outbound, Place, Priced, Report, Settled, Settlement
from mobilesasa.store import claims, outcomes, reports, spool
from mobilesasa.store.claims import CLAIMING, Claim
from mobilesasa.store.database import Database
from mobilesasa.store.intake import ACCEPTING
from mobilesasa.store.outcomes import SETTLING
from mobilesasa.store.reports import REPORTING
from mobilesasa.store.spool import ACKNOWLEDGING, Acknowledgement
from mobilesasa.store.writer import Writer


class Journal:
    """What happens to messages, written down.

    Args:
        intake: the writer that takes new messages.
        writer: the writer that takes what becomes of them.
        database: takes the rest.
        run: this process's `node_run.id`, which marks its claims.
        backlog_max: messages waiting for their commit, above which more are refused (I7).
    """

    def __init__(self, intake: Writer, writer: Writer, database: Database, run: int, backlog_max: int = 20_000) -> None:
        self._intake = intake
        self._writer = writer
        self._database = database
        self._run = run
        self._backlog_max = backlog_max

    async def accept(self, batch: Sequence[Priced]) -> Sequence[InsufficientUnits | None]:
        """See `core.ports.Intake`.

        Raises:
            Overloaded: too much waits already; nothing of the batch was stored.
            StoreUnavailable: nothing of the batch was stored.
        """
        if self._intake.waiting_items > self._backlog_max:
            raise Overloaded("too many messages wait to be stored; try again in a moment")
        return await self._intake.write(ACCEPTING, batch)

    def claim(self, ids: Sequence[MessageId]) -> Deferred[list[Outbound | None]]:
        """See `core.ports.Journal`."""
        return self._writer.write(CLAIMING, [Claim(message_id, self._run) for message_id in ids])

    def settle(self, batch: Sequence[Settlement]) -> Deferred[list[Settled]]:
        """See `core.ports.Journal`."""
        return self._writer.write(SETTLING, batch)

    def report(self, batch: Sequence[Report]) -> Deferred[list[Notice | None]]:
        """See `core.ports.Journal`."""
        return self._writer.write(REPORTING, batch)

    async def release(self, ids: Sequence[MessageId]) -> None:
        """See `core.ports.Journal`."""
        await self._database.run("claims.release", claims.release, self._run, ids)

    async def refill(self, carrier_id: int, lane: Lane, after: MessageId | None, limit: int) -> Sequence[MessageId]:
        """Return what waits for a lane behind an id (None: from the start), oldest first; see `queue.memory`."""
        return await self._database.run(
            "claims.refill", claims.unclaimed_of_lane, carrier_id, lane, after or claims.FIRST_ID, limit
        )

    async def awaited(self, carrier_id: int) -> Sequence[str]:
        """Return the ids whose receipts a carrier still owes."""
        return await self._database.run("reports.awaited", reports.awaited, carrier_id)

    async def due(self, limit: int) -> Sequence[Place]:
        """Return messages whose time has come; they count as queued from now on."""
        return await self._database.run("claims.take_due", claims.take_due, limit)

    async def expired(self, limit: int) -> tuple[int, Sequence[Notice]]:
        """End messages that no carrier took in time; return how many, and the notices for their teams."""
        return await self._database.run("outcomes.expire_some", outcomes.expire_some, limit)

    async def keep_lease(self, lease_s: float) -> Sequence[Place]:
        """Say that this process lives; return what dead processes held, which is free again."""
        return await self._database.run("claims.keep_lease", claims.keep_lease, self._run, lease_s)

    async def tidy(self, receipt_h: int, limit: int) -> None:
        """Make next month's partition, close what waits for receipts in vain, forget what nobody fetched."""
        await self._database.run("claims.make_partitions", claims.make_partitions)
        while (await self._database.run("reports.give_up", reports.give_up, receipt_h, limit))[0] == limit:
            pass
        while await self._database.run("reports.forget_parked", reports.forget_parked, receipt_h, limit) == limit:
            pass
        await self._database.run("spool.forget", spool.forget, receipt_h)

    async def owed(self, team_id: int, after: int, limit: int) -> list[Notice]:
        """Return notices in a team's spool, oldest first, from behind a spool id."""
        return await self._database.run("spool.owed", spool.owed, team_id, after, limit)

    def forget(self, pairs: Sequence[tuple[int, int]]) -> Deferred[list[None]]:
        """Forget notices (team_id, spool_id) that a bind has taken."""
        return self._writer.write(ACKNOWLEDGING, [Acknowledgement(team_id, spool_id) for team_id, spool_id in pairs])
