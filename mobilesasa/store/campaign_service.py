"""The campaigns of teams, as the API asks for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from mobilesasa.campaigns.model import Campaign, Draft, Phase, Recipient, Scalar
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.views import Reach, Standing, Wanted, WantedRecipients
from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Reply
from mobilesasa.store import campaign_lists, campaign_people, campaign_phases, campaigns, series
from mobilesasa.store.aside import Aside
from mobilesasa.store.campaign_retrying import Again, retry
from mobilesasa.store.campaign_sending import QuoterFor, check, check_groups_of, check_sender, estimate, send
from mobilesasa.store.campaign_unscheduling import can_be_unscheduled, unschedule
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_replying
from mobilesasa.store.trail import note


def _send(txn: Txn, by: Actor, team_id: int, uuid: str, quoter_for: QuoterFor, now_ms: int) -> Campaign:
    """Send a campaign; one that makes campaigns is armed."""
    found = campaigns.lock_draft(txn, team_id, uuid)
    if not found.options.is_series:
        return send(txn, by, team_id, uuid, quoter_for, now_ms)
    check(txn, found)
    check_groups_of(txn, found)
    note(txn, by, "campaign.send", found.uuid, team_id=team_id, after={"series": True})
    series.arm(txn, found, now_ms)
    return campaigns.find(txn, team_id, found.uuid)


def _resume(txn: Txn, by: Actor, team_id: int, uuid: str, now_ms: int) -> Campaign:
    """Let a campaign go on; one that makes campaigns does so at its next time."""
    found = campaigns.lock(txn, team_id, uuid)
    if campaign_phases.is_held(found):
        check_sender(txn, found)
    if found.phase is not Phase.PAUSED or not found.options.is_series:
        return campaign_phases.resume(txn, by, team_id, uuid)
    note(txn, by, "campaign.resume", found.uuid, team_id=team_id, before={"paused_by": found.paused_by})
    series.resume(txn, found, now_ms)
    return campaigns.find(txn, team_id, found.uuid)


@attrs.frozen
class Campaigns:
    """Implements `api.ports.campaigns.Campaigns`; each call is one transaction, unless it says otherwise.

    Args:
        database: the pool.
        aside: for what goes through all recipients.
        quoter_for: makes what prices the recipients of a campaign.
        new_uuid: makes uuids.
        now_ms: milliseconds since the epoch.
        tell_standings: says what became of the messages of campaigns, and what each waits for, in order.
        tracks_links: whether short links can be made here.
    """

    _database: Database
    _aside: Aside
    _quoter_for: QuoterFor
    _new_uuid: Callable[[], str]
    _now_ms: Callable[[], int]
    _tell_standings: Callable[[Sequence[Campaign]], Awaitable[Sequence[Standing]]]
    tracks_links: bool = False

    async def reach(self, team_id: int, group_uuids: Sequence[str], audience_uuid: str | None) -> Reach:
        """Return what there is of the groups, or of the file of people, that a campaign is to go to."""
        return await self._database.run("campaigns.reach", campaign_people.reach, team_id, group_uuids, audience_uuid)

    async def estimate(
        self, team_id: int, draft: Draft, joined_ms: tuple[int | None, int | None] = (None, None)
    ) -> Tally:
        """Return what a campaign would reach and cost were it sent now; nothing is stored or charged."""

        def work(txn: Txn) -> Tally:
            imagined = campaigns.imagined(txn, team_id, draft, joined_ms, self._now_ms(), self._new_uuid())
            return estimate(txn, imagined, self._quoter_for)

        people = await self._database.run(
            "campaigns.size", campaign_people.size, team_id, draft.group_uuids, draft.audience_id, joined_ms
        )
        return await self._aside.in_turn(team_id, people, lambda: self._aside.run("campaigns.estimate", work))

    async def create(
        self, by: Actor, team_id: int, uuid: str, draft: Draft, estimate: tuple[int, int], at_ms: int, reply: Reply
    ) -> bytes:
        """Keep a draft, and return the reply to the call."""
        return await run_replying(
            self._database,
            reply,
            "campaigns.create",
            lambda txn: campaigns.create(txn, by, team_id, uuid, draft, estimate, at_ms),
        )

    async def find(self, team_id: int, uuid: str) -> Campaign:
        """Return a campaign."""
        return await self._database.run("campaigns.find", campaigns.find, team_id, uuid)

    async def change(self, by: Actor, team_id: int, was: Campaign, draft: Draft, estimate: tuple[int, int]) -> Campaign:
        """Let a draft say something else, and return what it is then."""
        return await self._database.run("campaigns.change", campaigns.change, by, team_id, was, draft, estimate)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Remove a draft, and return what it was."""
        return await self._database.run("campaigns.delete", campaigns.delete, by, team_id, uuid)

    async def page(
        self, wanted: Wanted, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Campaign], str | None]:
        """Return campaigns, newest first, and the key behind which the list goes on."""
        return await self._database.run("campaigns.page", campaigns.page, wanted, limit, offset, after)

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        """Return how many campaigns there are, and whether that is an estimate."""
        return await self._database.run("campaigns.count", campaigns.count, wanted)

    async def standings(self, campaigns: Sequence[Campaign]) -> Sequence[Standing]:
        """Return what became of the messages of each, and what it waits for, in order."""
        return await self._tell_standings(campaigns)

    async def send(self, by: Actor, team_id: int, uuid: str, now_ms: int, reply: Reply) -> bytes:
        """Decide who gets a campaign, reserve its units and begin or arm it; return the reply to the call."""

        def work(txn: Txn) -> Campaign:
            return _send(txn, by, team_id, uuid, self._quoter_for, now_ms)

        people = await self._database.run("campaigns.size", campaign_people.size_of, team_id, uuid)
        return await self._aside.in_turn(
            team_id, people, lambda: run_replying(self._aside, reply, "campaigns.send", work)
        )

    async def pause(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Hold a campaign that is being sent, or that waits for its time."""
        return await self._database.run("campaigns.pause", campaign_phases.pause, by, team_id, uuid)

    async def resume(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Let a campaign go on."""
        return await self._database.run("campaigns.resume", _resume, by, team_id, uuid, self._now_ms())

    async def cancel(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """End a campaign, and give back what it has not used.

        What waits for carriers is taken back in further transactions. If this process ends between two of them, the machine
        that sends campaigns goes on with that.
        """
        ended = await self._database.run("campaigns.cancel", campaign_phases.cancel, by, team_id, uuid)
        while await self._database.run("campaigns.take_back", campaign_phases.take_back, ended.id):
            pass
        return ended

    async def unschedule(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Make a draft of a campaign that waits for its time."""
        found = await self.find(team_id, uuid)
        return await self._aside.in_turn(
            team_id,
            found.rows if can_be_unscheduled(found) else 0,
            lambda: self._aside.run("campaigns.unschedule", unschedule, by, team_id, uuid),
        )

    async def retry(self, by: Actor, team_id: int, uuid: str, country: str, at_ms: int, reply: Reply) -> bytes:
        """Make a draft for those whom a campaign did not reach, and return the reply to the call."""
        again = Again(uuid=self._new_uuid(), audience_uuid=self._new_uuid(), country=country)
        found = await self.find(team_id, uuid)
        return await self._aside.in_turn(
            team_id,
            found.queued,
            lambda: run_replying(
                self._aside,
                reply,
                "campaigns.retry",
                lambda txn: retry(txn, by, team_id, uuid, again, at_ms, self._quoter_for),
            ),
        )

    async def fields_of(self, team_id: int, phone: str, audience_id: int | None) -> Mapping[str, Scalar | None]:
        """Return the fields of somebody: of the file of people, where there is one, or of the team's contact."""
        return await self._database.run("campaigns.fields_of", campaign_people.fields_of, team_id, phone, audience_id)

    async def recipients(
        self, campaign: Campaign, wanted: WantedRecipients, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Recipient], str | None]:
        """Return recipients in the order of the snapshot, and the key behind which the list goes on."""
        return await self._database.run(
            "campaigns.recipients", campaign_lists.page, campaign, wanted, limit, offset, after
        )

    async def count_recipients(self, campaign: Campaign, wanted: WantedRecipients) -> tuple[int, bool]:
        """Return how many recipients there are, and whether that is an estimate."""
        return await self._database.run("campaigns.count_recipients", campaign_lists.count, campaign, wanted)
