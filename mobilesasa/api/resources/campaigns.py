"""Campaigns: make, list, look at, change and delete them (the reference's section Campaigns; decisions 63-66, 73, 74)."""

from __future__ import annotations

from functools import partial

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_field, bad_fields
from mobilesasa.api.pages import answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.resources.campaign_bodies import (
    SLIPS,
    ChangeCampaign,
    CreateCampaign,
    EstimateCampaign,
    ListCampaigns,
)
from mobilesasa.api.resources.campaign_drafts import Drafts, gone, told_bad
from mobilesasa.api.resources.campaign_shapes import CampaignPage, CampaignShown, campaign_shown
from mobilesasa.api.resources.campaign_tallies import CampaignEstimate, CampaignPreview, estimate_shown, preview_shown
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.hiding import HIDDEN, Hiding
from mobilesasa.api.routes import route
from mobilesasa.campaigns.model import Campaign, Phase
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.texts import BadTemplate
from mobilesasa.campaigns.views import Standing, Wanted
from mobilesasa.core.errors import NotDraft
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.ids import canonical

SCOPES = ("campaigns",)
_DEEPER = "campaigns; go on with cursor="

_CREATE = """curl -X POST https://api.yourdomain.com/api/v1/campaigns \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "May Promo",
    "message": "Get 20% off all orders this weekend! Use code: MAY20",
    "sender_id": "sender-uuid",
    "group_ids": ["group-uuid-1", "group-uuid-2"]
  }'"""
_ESTIMATE = """{
    "message": "Hi {first_name:there}, get 20% off this weekend!",
    "sender_id": "MYAPP",
    "group_ids": ["group-uuid-1", "group-uuid-2"]
  }"""


class Campaigns:
    """The campaigns of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._campaigns = node.campaigns
        self._drafts = Drafts(node)
        self._shown = CampaignsShown(node)
        self._hiding = Hiding(node.directory)
        self._new_uuid = node.new_uuid
        self._now_ms = node.now_ms

    @route(
        "POST",
        "/campaigns",
        scopes=SCOPES,
        body=CreateCampaign,
        answers=CampaignShown,
        refusals=(400, 409),
        curl=_CREATE,
        idempotent=True,
    )
    async def create_campaign(self, request: IRequest, caller: Caller) -> bytes:
        """Create a campaign.

        It is a draft: nothing is sent or reserved before `/send`. `recipient_count` and `cost_units` are an estimate,
        exact for who is in the groups now: each person counts once, those who want no messages of the sender are left
        out, and each text is measured as it would be filled. Every wrong field is named at once, also fields of the
        text that no contact of yours has, and groups that you do not have. A group may be empty; `/send` wants somebody
        in it.
        """
        asked = parse(CreateCampaign, request, SLIPS)
        draft = await self._drafts.read(caller, asked)
        tally = await self._campaigns.estimate(caller.team.id, draft)
        octets = await self._campaigns.create(
            caller.by,
            caller.team.id,
            self._new_uuid(),
            draft,
            (tally.recipients, tally.units),
            self._now_ms(),
            Reply(caller.mark, _told),
        )
        return replay(request, octets)

    @route(
        "GET",
        "/campaigns",
        scopes=SCOPES,
        query=ListCampaigns,
        answers=CampaignPage,
        refusals=(400,),
        curl=curl("GET", "/campaigns"),
    )
    async def list_campaigns(self, request: IRequest, caller: Caller) -> bytes:
        """List campaigns, newest first."""
        asked = parse_query(ListCampaigns, request)
        cursor = cursor_of(request, asked.cursor)
        after = None if cursor is None else cursor.after
        wanted = _wanted(caller.team.id, asked)

        async def read(*, limit: int, offset: int) -> tuple[list[CampaignShown], str | None]:
            found, last = await self._campaigns.page(wanted, limit=limit, offset=offset, after=after)
            standings = await self._campaigns.standings(found)
            pairs = zip(found, standings, strict=True)
            return [self._shown.of(caller, campaign, standing) for campaign, standing in pairs], last

        return await answer_page_on(request, asked, cursor, partial(self._campaigns.count, wanted), read, _DEEPER)

    @route(
        "POST",
        "/campaigns/estimate",
        scopes=SCOPES,
        body=EstimateCampaign,
        answers=CampaignEstimate,
        refusals=(400, 409),
        curl=curl("POST", "/campaigns/estimate", _ESTIMATE),
        reads=True,
    )
    async def estimate_campaign(self, request: IRequest, caller: Caller) -> bytes:
        """Estimate a campaign before there is one.

        Nothing is kept. Who would get it, who is left out and why, and what each text costs are those of sending it
        now, by the same rules. The balance is not looked at.
        """
        draft = await self._drafts.read(caller, parse(EstimateCampaign, request, SLIPS))
        return answer(request, estimate_shown(await self._campaigns.estimate(caller.team.id, draft)))

    @route(
        "GET",
        "/campaigns/{uuid}",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(404,),
        curl=curl("GET", "/campaigns/campaign-uuid"),
    )
    async def get_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a campaign.

        How far it is, what it costs, and what became of its messages, which is some seconds old.
        """
        return answer(request, await self._shown.now(caller, await self._campaigns.find(caller.team.id, uuid)))

    @route(
        "PUT",
        "/campaigns/{uuid}",
        scopes=SCOPES,
        body=ChangeCampaign,
        answers=CampaignShown,
        refusals=(400, 404, 409),
        curl=curl("PUT", "/campaigns/campaign-uuid", '{ "scheduled_at": "2026-05-15T06:00:00Z" }'),
    )
    async def update_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Update a draft.

        Only what is given changes, null clears what can be without; the estimate is made anew. One that was sent is 409
        `not_draft`: copy it. Where somebody else changes or sends it at the same moment, the later call is 409
        `campaign_busy`.
        """
        asked = parse(ChangeCampaign, request, SLIPS)
        was = await self._campaigns.find(caller.team.id, uuid)
        if was.phase is not Phase.DRAFT:
            way = "unschedule it first" if was.phase is Phase.SCHEDULED else "copy it, and change the copy"
            raise NotDraft(f"the campaign is {was.phase.value}; only a draft can be changed: {way}")
        draft = await self._drafts.read(caller, asked, was)
        tally = await self._campaigns.estimate(caller.team.id, draft, joined_of(was))
        estimate = (tally.recipients, tally.units)
        changed = await self._campaigns.change(caller.by, caller.team.id, was, draft, estimate)
        return answer(request, await self._shown.now(caller, changed))

    @route(
        "DELETE",
        "/campaigns/{uuid}",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(404, 409),
        curl=curl("DELETE", "/campaigns/campaign-uuid"),
    )
    async def delete_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete a draft.

        One that was sent stays, with what became of it: 409 `not_draft`.
        """
        gone = await self._campaigns.delete(caller.by, caller.team.id, uuid)
        return answer(request, self._shown.of(caller, gone))

    @route(
        "GET",
        "/campaigns/{uuid}/estimate",
        scopes=SCOPES,
        answers=CampaignEstimate,
        refusals=(400, 404, 409),
        curl=curl("GET", "/campaigns/campaign-uuid/estimate"),
    )
    async def estimate_of_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Estimate a campaign.

        What it would reach and cost if it were sent now, whatever has become of it.
        """
        return answer(request, estimate_shown((await self._tally(caller, uuid))[1]))

    @route(
        "GET",
        "/campaigns/{uuid}/preview",
        scopes=SCOPES,
        answers=CampaignPreview,
        refusals=(400, 404, 409),
        curl=curl("GET", "/campaigns/campaign-uuid/preview"),
    )
    async def preview_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Preview the texts of a campaign.

        The longest, the shortest, and those of three recipients taken at random. They are filled as they would be if it
        were sent now, with short links and all that is put behind a text. People with the role viewer do not see texts
        from senders that are for one-time passwords.
        """
        campaign, tally = await self._tally(caller, uuid)
        return answer(request, preview_shown(tally, hidden=self._hiding.hides(caller, campaign.sender)))

    async def _tally(self, caller: Caller, uuid: str) -> tuple[Campaign, Tally]:
        campaign = await self._campaigns.find(caller.team.id, uuid)
        if campaign.message is None:
            raise gone()
        try:
            return campaign, await self._campaigns.estimate(caller.team.id, campaign.draft, joined_of(campaign))
        except BadTemplate as bad:  # they were there when it was made
            raise bad_field("message", told_bad(bad)) from bad


class CampaignsShown:
    """Shows campaigns, with texts kept from those who are not to see them."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._campaigns = node.campaigns
        self._hiding = Hiding(node.directory)

    async def now(self, caller: Caller, campaign: Campaign) -> CampaignShown:
        """Return a campaign with what became of its messages."""
        (standing,) = await self._campaigns.standings([campaign])
        return self.of(caller, campaign, standing)

    def of(self, caller: Caller, campaign: Campaign, standing: Standing | None = None) -> CampaignShown:
        """Return a campaign with what is known."""
        shown = campaign_shown(campaign, standing)
        if shown["message"] is not None and self._hiding.hides(caller, campaign.sender):
            shown["message"] = HIDDEN
        return shown


def joined_of(campaign: Campaign) -> tuple[int | None, int | None]:
    """Return when who it goes to joined its groups, where that counts."""
    return campaign.joined_from_ms, campaign.joined_to_ms


def _told(campaign: Campaign) -> bytes:
    return success(campaign_shown(campaign))


def _wanted(team_id: int, asked: ListCampaigns) -> Wanted:
    """Return which campaigns are meant.

    Raises:
        Problem: 400, with every field that is no uuid.
    """
    uuids = {"series": asked.series, "group_id": asked.group_id}
    wrong = [FieldProblem(name, "must be a uuid") for name, text in uuids.items() if text and canonical(text) is None]
    if wrong:
        raise bad_fields(wrong)
    return Wanted(
        team_id,
        phase=None if asked.phase is None else Phase(asked.phase),
        status=asked.status,
        search=asked.search,
        series_uuid=None if asked.series is None else canonical(asked.series),
        group_uuid=None if asked.group_id is None else canonical(asked.group_id),
    )
