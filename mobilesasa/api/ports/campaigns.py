"""What the API needs of campaigns; `store.campaign_service.Campaigns` is it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mobilesasa.campaigns.model import Campaign, Draft, Recipient, Scalar
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.views import Reach, Standing, Wanted, WantedRecipients
from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Reply


class Campaigns(Protocol):
    """The campaigns of teams; another team's are not there (I6): whatever takes a uuid raises `NotFound`."""

    @property
    def tracks_links(self) -> bool: ...  # whether short links can be made here

    async def reach(self, team_id: int, group_uuids: Sequence[str], audience_uuid: str | None) -> Reach:
        """Return what there is of the groups, or of the file of people, that a campaign is to go to.

        Args:
            team_id: whose.
            group_uuids: as they were given, each once; one that is no uuid names no group.
            audience_uuid: of a file, as it was given.

        Raises:
            NotFound: the team has no such file.
            BadValue: the file has not been read yet, or could not be.
        """

    async def estimate(
        self, team_id: int, draft: Draft, joined_ms: tuple[int | None, int | None] = (None, None)
    ) -> Tally:
        """Return what a campaign would reach and cost were it sent now; nothing is stored or charged.

        Args:
            team_id: whose.
            draft: of it.
            joined_ms: of one that goes to who joined its groups: from then, until before then.

        Raises:
            BadTemplate: its text names other fields than there are, or not as they are named.
        """

    async def create(
        self, by: Actor, team_id: int, uuid: str, draft: Draft, estimate: tuple[int, int], at_ms: int, reply: Reply
    ) -> bytes:
        """Keep a draft, and return the reply to the call: what `reply` makes of the `Campaign`.

        Args:
            by: who makes it.
            team_id: whose it is.
            uuid: names it.
            draft: what it says.
            estimate: recipients, and units for all of them.
            at_ms: when it was made.
            reply: makes the reply, on a thread.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """

    async def find(self, team_id: int, uuid: str) -> Campaign:
        """Return a campaign."""

    async def change(self, by: Actor, team_id: int, was: Campaign, draft: Draft, estimate: tuple[int, int]) -> Campaign:
        """Let a draft say something else, and return what it is then.

        Args:
            by: who does.
            team_id: whose it is.
            was: it, as it was when the new draft was made of it.
            draft: what it says now.
            estimate: recipients, and units for all of them.

        Raises:
            NotDraft: it was sent.
            CampaignBusy: it was changed by somebody else meanwhile, or is being sent at this moment.
        """

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Remove a draft, and return what it was.

        Raises:
            NotDraft: it was sent; what was sent is kept.
            CampaignBusy: it is being sent at this moment.
        """

    async def page(
        self, wanted: Wanted, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Campaign], str | None]:
        """Return campaigns, newest first, and the key behind which the list goes on; None: this is its end.

        Raises:
            BadValue: `after` is not such a key.
        """

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        """Return how many campaigns there are, and whether that is an estimate (it may be above 10,000)."""

    async def standings(self, campaigns: Sequence[Campaign]) -> Sequence[Standing]:
        """Return what became of the messages of each, and what it waits for, in order."""

    async def send(self, by: Actor, team_id: int, uuid: str, now_ms: int, reply: Reply) -> bytes:
        """Decide who gets a campaign, reserve its units and begin or arm it; return the reply to the call.

        What `reply` makes of the `Campaign` as it is then.

        Raises:
            NotDraft: it was sent before.
            CampaignBusy: it is being sent at this moment.
            InsufficientUnits: the team cannot pay for all of it; it stays a draft.
            NoRecipients: there is nobody whom it would be sent to.
            SenderNotApproved, TeamSuspended, TextNotKept: it cannot be sent.
            BadTemplate: its text names other fields than there are now, or not as they are named.
            Repeated: the call has been done before; nothing was done now.
        """

    async def pause(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Hold a campaign that is being sent, that waits for its time, or of which messages wait; one that is held stays so.

        Raises:
            NotSending: it was not sent, or nothing of it waits any more.
        """

    async def resume(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Let a campaign go on; one that goes on already does.

        Raises:
            NotSending: it was not sent, or nothing of it waits any more.
            SenderNotApproved, TeamSuspended: it could not be sent now.
        """

    async def unschedule(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """Make a draft of a campaign that waits for its time, and give back what it reserved.

        Raises:
            NotScheduled: it was not sent, or has begun.
        """

    async def cancel(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        """End a campaign, and give back what it has not used; what waits for carriers is taken back.

        One that was cancelled before is returned as it is. One that is completed stays so.

        Raises:
            CampaignEnded: all of it was queued, and nothing of it waits any more.
        """

    async def retry(self, by: Actor, team_id: int, uuid: str, country: str, at_ms: int, reply: Reply) -> bytes:
        """Make a draft for those whom a campaign did not reach; the reply is of that `Campaign`.

        It goes to a file of those whose messages failed for a reason that may pass. Whoever has got the campaign by the time
        that the draft is sent is left out then.

        Args:
            by: who does.
            team_id: whose it is.
            uuid: the campaign's.
            country: the team's.
            at_ms: when.
            reply: makes the reply, on a thread.

        Raises:
            NotDraft: it was not sent.
            CampaignBusy: it has not ended, or another call works on it.
            NoRecipients: there is nobody for whom it could be.
            TextNotKept: its text is kept no longer.
            BadValue: the file that it was for is kept no longer.
            Repeated: the call has been done before; nothing was done now.
        """

    async def fields_of(self, team_id: int, phone: str, audience_id: int | None) -> Mapping[str, Scalar | None]:
        """Return the fields of somebody: of the file of people, where there is one, or of the team's contact.

        Empty where nobody has the phone (E.164 without the plus).
        """

    async def recipients(
        self, campaign: Campaign, wanted: WantedRecipients, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Recipient], str | None]:
        """Return recipients in the order of the snapshot, and the key behind which the list goes on; None: its end.

        Raises:
            BadValue: `after` is not such a key.
        """

    async def count_recipients(self, campaign: Campaign, wanted: WantedRecipients) -> tuple[int, bool]:
        """Return how many recipients there are, and whether that is an estimate (it may be above 10,000)."""
