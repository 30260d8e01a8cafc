"""Series as the machine that sends campaigns asks for them: what is due, and what they have made, sent as `/send` does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from mobilesasa.campaigns.model import Campaign
from mobilesasa.campaigns.series import Due, Waiting
from mobilesasa.campaigns.texts import BadTemplate
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import Refused
from mobilesasa.store import campaign_people, campaigns, series
from mobilesasa.store.aside import Aside
from mobilesasa.store.campaign_sending import QuoterFor, estimate, send
from mobilesasa.store.database import Database, Txn

T = TypeVar("T")


def send_made(txn: Txn, waiting: Waiting, quoter_for: QuoterFor, now_ms: int) -> Campaign:
    """Send what a series has made, as `/send` does; it waits no more then.

    Raises:
        Refused: what `campaign_sending.send` raises.
    """
    send(txn, NODE, waiting.team_id, waiting.uuid, quoter_for, now_ms)
    series.sent(txn, waiting)
    return campaigns.find(txn, waiting.team_id, waiting.uuid)


def leave_estimated(txn: Txn, waiting: Waiting, reason: str, quoter_for: QuoterFor, now_ms: int) -> bool:
    """Leave what a series has made a draft, as `series.leave` does, with what it would cost where that can be said."""
    try:
        tally = estimate(txn, campaigns.find(txn, waiting.team_id, waiting.uuid), quoter_for)
    except (Refused, BadTemplate):
        return series.leave(txn, waiting, reason, (0, 0), now_ms)
    return series.leave(txn, waiting, reason, (tally.recipients, tally.units), now_ms)


@attrs.frozen
class StoredSeries:
    """The series of all teams, for the machine that sends campaigns.

    Args:
        database: the pool, for what is done in a moment.
        aside: for sending, which takes as long as there are people.
        quoter_for: makes what prices the recipients of a campaign.
        new_uuid: names what is made.
        now_ms: milliseconds since the epoch.
    """

    _database: Database
    _aside: Aside
    _quoter_for: QuoterFor
    _new_uuid: Callable[[], str]
    _now_ms: Callable[[], int]

    async def due(self) -> Due:
        """Return what there is to do."""
        return await self._database.run("series.due", series.due, self._now_ms())

    async def make(self, uuid: str) -> str | None:
        """Make the campaign of a series; return its uuid, None where nothing was made."""
        return await self._database.run("series.make", series.make, uuid, self._new_uuid(), self._now_ms())

    async def send(self, waiting: Waiting) -> None:
        """Send what a series has made."""
        await self._in_turn(
            waiting,
            lambda: self._aside.run("series.send", send_made, waiting, self._quoter_for, self._now_ms()),
        )

    async def forget(self, waiting: Waiting) -> None:
        """Let what has been sent otherwise wait no more."""
        await self._database.run("series.forget", series.forget, waiting)

    async def put_off(self, waiting: Waiting, wait_s: float) -> None:
        """Send it after some seconds."""
        await self._database.run("series.put_off", series.put_off, waiting, self._now_ms() + round(wait_s * 1000))

    async def leave(self, waiting: Waiting, reason: str) -> bool:
        """Leave it a draft, and tell the team why."""
        return await self._in_turn(
            waiting,
            lambda: self._aside.run("series.leave", leave_estimated, waiting, reason, self._quoter_for, self._now_ms()),
        )

    async def drop(self, waiting: Waiting) -> None:
        """Remove it."""
        await self._database.run("series.drop", series.drop, waiting)

    async def _in_turn(self, waiting: Waiting, work: Callable[[], Awaitable[T]]) -> T:
        """Do what goes through the people of what a series has made, when it is its team's turn."""
        people = await self._database.run("series.size", campaign_people.size_of, waiting.team_id, waiting.uuid)
        return await self._aside.in_turn(waiting.team_id, people, work, is_patient=True)
