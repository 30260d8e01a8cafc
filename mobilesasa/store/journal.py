"""The store as the others see it: implements the ports of `core.ports`, the queue's refill, and the teams' spool."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import cast

from twisted.internet.defer import Deferred

from mobilesasa.core.callbacks import KEPT_DAYS
from mobilesasa.core.errors import Overloaded, Refused
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.inbound import REMEMBERED_H, Arrival, Owed, Taken
from mobilesasa.core.model import Lane, MessageId, Notice, Outbound, Place, Priced, Report, Settled, Settlement
from mobilesasa.store import (
    attempts,
    audiences,
    callbacks,
    campaign_keeping,
    claims,
    erasures,
    failover,
    files,
    idempotency,
    inbound,
    intake,
    jobs,
    living,
    logins,
    nodes,
    outcomes,
    questions,
    reports,
    second_ways,
    spool,
    texts,
    uploads,
)
from mobilesasa.store.claims import CLAIMING, Claim
from mobilesasa.store.database import Database
from mobilesasa.store.inbound import TAKING_IN
from mobilesasa.store.intake_once import ACCEPTING, Keyed
from mobilesasa.store.living import Lookout
from mobilesasa.store.outcomes import SETTLING
from mobilesasa.store.reports import REPORTING
from mobilesasa.store.spool import ACKNOWLEDGING, Acknowledgement
from mobilesasa.store.writer import Writer

FEW = 20  # of what is large each


class Journal:
    """What happens to messages, written down.

    Args:
        intake: the writer that takes new messages.
        writer: the writer that takes what becomes of them.
        database: takes the rest.
        run: this process's `node_run.id`, which marks its claims.
        backlog_max: messages waiting for their commit, above which more are refused (I7).
        lookout: says who is dead.
    """

    def __init__(
        self,
        intake: Writer,
        writer: Writer,
        database: Database,
        run: int,
        backlog_max: int = 20_000,
        lookout: Lookout | None = None,
    ) -> None:
        self._intake = intake
        self._writer = writer
        self._database = database
        self._run = run
        self._backlog_max = backlog_max
        self._lookout = lookout or Lookout()

    async def accept(self, batch: Sequence[Priced]) -> Sequence[Refused | None]:
        """See `core.ports.Intake`.

        Raises:
            Overloaded: too much waits already; nothing of the batch was stored.
            StoreUnavailable: nothing of the batch was stored.
        """
        self._refuse_too_much()
        came = await self._intake.write(ACCEPTING, batch)
        return cast("Sequence[Refused | None]", came)  # what has no key was not done before

    async def accept_once(self, message: Priced, kept: Kept) -> None:
        """See `core.ports.Intake`; it shares a commit with whatever else is waiting.

        Raises:
            Overloaded: too much waits already; nothing was stored.
            StoreUnavailable: nothing was stored, unless it is an `OutcomeUnknown`.
        """
        self._refuse_too_much()
        (came,) = await self._intake.write(ACCEPTING, [Keyed(message, kept)])
        if came is not None:
            raise came

    async def accept_many_once(
        self, batch: Sequence[Priced], mark: Mark, reply: Callable[[Sequence[Refused | None]], bytes]
    ) -> Sequence[Refused | None]:
        """See `core.ports.Intake`; a transaction of its own, for it is large.

        Raises:
            Overloaded: too much waits already; nothing was stored.
            StoreUnavailable: nothing was stored, unless it is an `OutcomeUnknown`.
        """
        self._refuse_too_much()
        return await idempotency.run_once_telling(
            self._database, mark, "intake.accept_telling", lambda txn: intake.accept_telling(txn, batch, reply)
        )

    def _refuse_too_much(self) -> None:
        if self._intake.waiting_items > self._backlog_max:
            raise Overloaded("too many messages wait to be stored; try again in a moment")

    def claim(self, ids: Sequence[MessageId]) -> Deferred[list[Outbound | None]]:
        """See `core.ports.Journal`."""
        return self._writer.write(CLAIMING, [Claim(message_id, self._run) for message_id in ids])

    def settle(self, batch: Sequence[Settlement], patient: bool = False) -> Deferred[list[Settled]]:
        """See `core.ports.Journal`."""
        return self._writer.write(SETTLING, batch, patient)

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

    async def keep_lease(self, lease_s: float) -> tuple[Sequence[Place], bool]:
        """Say that this process lives; return what dead processes held, which is free again, and whether one has died.

        Called every few seconds; as a rule it is one statement that changes nothing.
        """
        settling_s, again_s = self._lookout.settling_s, lease_s / 4
        found = await self._database.run("living.look", living.look, self._run, lease_s, settling_s)
        dead = self._lookout.dead(found, self._database.clock.seconds(), again_s)
        is_news = self._lookout.is_news
        if not dead:
            return [], False
        return await self._database.run("claims.free", claims.free, dead, settling_s), is_news

    async def move_on(
        self, carrier_id: int, avoided: Collection[int], reason: str, after: MessageId | None, limit: int
    ) -> tuple[Sequence[Place], MessageId | None]:
        """Let what waits for a carrier go on to others; see `dispatch.watch`."""
        behind = after or claims.FIRST_ID
        chunk = await self._database.run(
            "failover.move_on", failover.move_on, carrier_id, avoided, reason, behind, limit
        )
        return chunk.places, chunk.last

    async def tidy(self, receipt_h: int, limit: int) -> None:
        """Make next month's partition, close what waits for receipts in vain, forget what nobody fetched."""
        await self._database.run("claims.make_partitions", claims.make_partitions)
        while (await self._database.run("reports.give_up", reports.give_up, receipt_h, limit))[0] == limit:
            pass
        while await self._database.run("reports.forget_parked", reports.forget_parked, receipt_h, limit) == limit:
            pass
        while await self._database.run("second_ways.tidy", second_ways.tidy, receipt_h, limit) == limit:
            pass
        await self._database.run("spool.forget", spool.forget, receipt_h)
        while await self._database.run("idempotency.forget", idempotency.forget, limit) == limit:
            pass
        await self._database.run("questions.forget", questions.forget)
        await self._database.run("nodes.forget", nodes.forget, nodes.KEPT_DAYS, limit)
        while await self._database.run("attempts.forget", attempts.forget, limit) == limit:
            pass
        while await self._database.run("logins.forget", logins.forget, limit) == limit:
            pass
        while await self._database.run("uploads.forget", uploads.forget, limit) == limit:
            pass
        while await self._database.run("audiences.forget", audiences.forget, limit) == limit:
            pass
        while await self._database.run("audiences.forget_old", audiences.forget_old):
            pass
        while await self._database.run("campaigns.forget", campaign_keeping.forget):
            pass
        while await self._database.run("jobs.forget", jobs.forget, FEW) == FEW:
            pass
        while await self._database.run("files.forget", files.forget, FEW) == FEW:
            pass
        while await self._database.run("callbacks.forget", callbacks.forget, KEPT_DAYS, limit) == limit:
            pass

    async def let_go_of_texts(self, default_days: int, limit: int) -> bool:
        """Remove texts that were kept long enough, of at most `limit` messages; returns whether there may be more."""
        more = await self._database.run("texts.let_go", texts.let_go, default_days, limit)
        more = await self._database.run("campaigns.let_go", campaign_keeping.let_go_of_texts, default_days) or more
        return await self._database.run("inbound.let_go", inbound.let_go, default_days, limit) == limit or more

    async def forget_people(self, receipt_h: int, limit: int) -> bool:
        """Forget at most `limit` messages to and from a person; returns whether there may be more to do now."""
        return await self._database.run("erasures.go_on", erasures.go_on, receipt_h, limit)

    def take_in(self, batch: Sequence[Arrival]) -> Deferred[list[Taken | None]]:
        """See `core.ports.InboundJournal`."""
        return self._writer.write(TAKING_IN, batch)

    async def close_incomplete(self, hours: int, limit: int) -> Sequence[Taken]:
        """See `core.ports.InboundJournal`."""
        return await self._database.run("inbound.close_incomplete", inbound.close_incomplete, hours, limit)

    async def tidy_inbound(self, limit: int) -> int:
        """See `core.ports.InboundJournal`."""
        return await self._database.run("inbound.tidy", inbound.tidy, REMEMBERED_H, inbound.UNMATCHED_DAYS, limit)

    async def cut(self, team_id: int, spool_id: int) -> None:
        """Put the parts of a long message from a phone in the place of the whole in a team's spool."""
        await self._database.run("inbound.cut", inbound.cut, team_id, spool_id)

    async def owed(self, team_id: int, after: int, limit: int) -> list[Owed]:
        """Return notices in a team's spool, oldest first, from behind a spool id."""
        return await self._database.run("spool.owed", spool.owed, team_id, after, limit)

    def forget(self, pairs: Sequence[tuple[int, int]]) -> Deferred[list[None]]:
        """Forget notices (team_id, spool_id) that a bind has taken."""
        return self._writer.write(ACKNOWLEDGING, [Acknowledgement(team_id, spool_id) for team_id, spool_id in pairs])
