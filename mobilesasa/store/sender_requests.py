"""Sender names as the API asks for them: each call is one transaction of the pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.sender_names import NewSender, checked
from mobilesasa.core.senders import SenderClass, SenderStatus
from mobilesasa.store import senders
from mobilesasa.store.database import Database
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.senders import SenderRecord


@attrs.frozen
class Senders:
    """The sender names of teams, for the API; each call is one transaction of the pool."""

    _database: Database
    _new_uuid: Callable[[], str]
    _now_ms: Callable[[], int]

    async def find(self, uuid: str, team_id: int | None = None) -> SenderRecord:
        """Return a sender, of the team if one is named.

        Raises:
            NotFound: there is none.
        """
        return await self._database.run("senders.find", senders.find_by_uuid, uuid, team_id)

    async def page(
        self, team_id: int | None, status: SenderStatus | None, *, limit: int, offset: int
    ) -> list[SenderRecord]:
        """Return senders of a team, or of all, newest first."""
        return await self._database.run("senders.page", senders.page, team_id, status, limit, offset)

    async def count(self, team_id: int | None, status: SenderStatus | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("senders.count", senders.count, team_id, status)

    async def request(
        self, by: Actor, team_id: int, new: NewSender, kept: Callable[[SenderRecord], Kept | None]
    ) -> SenderRecord:
        """Keep the request of a team for a sender name; see `senders.request`.

        Args:
            by: who asks.
            team_id: for which team.
            new: what is asked for.
            kept: gives the reply to the call, to be kept in the same commit.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """
        asked = checked(new)
        made = _requested(asked, team_id, self._new_uuid(), self._now_ms())
        await run_once(self._database, kept(made), "senders.request", senders.request, by, team_id, asked, made.uuid)
        return made

    async def withdraw(self, by: Actor, team_id: int, uuid: str) -> SenderRecord:
        """Take back a request; see `senders.withdraw`."""
        return await self._database.run("senders.withdraw", senders.withdraw, by, team_id, uuid)

    async def set_default(self, by: Actor, team_id: int, asked: str | None) -> SenderRecord | None:
        """Make a sender the team's default; see `senders.set_default`."""
        return await self._database.run("senders.set_default", senders.set_default, by, team_id, asked)

    async def decide(
        self,
        by: Actor,
        uuid: str,
        status: SenderStatus,
        reason: str = "",
        networks: Sequence[str] | None = None,
        sender_class: SenderClass | None = None,
    ) -> SenderRecord:
        """Approve, reject or suspend a sender; see `senders.decide`."""
        return await self._database.run(
            "senders.decide", senders.decide, by, uuid, status, reason, networks, sender_class
        )


def _requested(asked: NewSender, team_id: int, uuid: str, now_ms: int) -> SenderRecord:
    """Return a sender as it will be when its request is kept."""
    return SenderRecord(
        id=0,
        uuid=uuid,
        team_id=team_id,
        team_code="",
        name=asked.name,
        status=SenderStatus.PENDING,
        sender_class=asked.sender_class,
        tlvs={},
        countries=asked.countries,
        asked_networks=asked.networks,
        networks=(),
        note=asked.note,
        document_uuid=asked.document_uuid,
        reason="",
        is_default=False,
        created_at_ms=now_ms,
        decided_at_ms=None,
    )
