"""Campaigns: send, hold, cancel, copy and try them (the reference's section Campaigns; decisions 67-72)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse
from mobilesasa.api.resources.campaign_bodies import SLIPS, ChangeCampaign, TryCampaign
from mobilesasa.api.resources.campaign_drafts import Drafts, gone, told_bad, told_unknown
from mobilesasa.api.resources.campaign_shapes import CampaignShown, campaign_shown
from mobilesasa.api.resources.campaigns import SCOPES, CampaignsShown
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.shown import MessageShown, message_shown
from mobilesasa.api.routes import route
from mobilesasa.campaigns.model import NAME_CHARACTERS, Campaign, Scalar
from mobilesasa.campaigns.texts import BadTemplate, read_template
from mobilesasa.core.errors import Refused
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.model import Submission
from mobilesasa.sms.numbers import BadNumber, normalise

_COPY_OF = " (copy)"
_MINUTE_MS = 60_000


class CampaignSending:
    """What is done with the campaigns of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._campaigns = node.campaigns
        self._gateway = node.gateway
        self._drafts = Drafts(node)
        self._shown = CampaignsShown(node)
        self._new_uuid = node.new_uuid
        self._now_ms = node.now_ms

    @route(
        "POST",
        "/campaigns/{uuid}/send",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(400, 402, 404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/send"),
        idempotent=True,
    )
    async def send_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Send a campaign.

        Triggers dispatch. Who gets it is decided now, each person once, and the units of all of them are reserved: all or
        nothing, so that with too few units the answer is 402 and it stays a draft. The status moves to `sending` and then
        `completed` once all messages are queued; what becomes of them after that is in `stats`. With a `scheduled_at`
        ahead it is armed: `status` stays `draft`, `phase` is `scheduled`, and it begins at its time; a time that has passed
        meanwhile means at once. A second call is 409. A series is armed in the same way, but reserves nothing itself.
        """
        reply = Reply(caller.mark, _told)
        try:
            octets = await self._campaigns.send(caller.by, caller.team.id, uuid, self._now_ms(), reply)
        except BadTemplate as bad:  # they were there when it was made
            raise bad_field("message", told_bad(bad)) from bad
        return replay(request, octets)

    @route(
        "POST",
        "/campaigns/{uuid}/pause",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/pause"),
    )
    async def pause_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Pause a campaign.

        One that is scheduled or being sent; its messages that no carrier has yet are held as well, and their validity goes
        on. As long as it has such messages, a completed one is paused too: its `status` stays `completed`. One that is paused
        already stays so.
        """
        paused = await self._campaigns.pause(caller.by, caller.team.id, uuid)
        return answer(request, await self._shown.now(caller, paused))

    @route(
        "POST",
        "/campaigns/{uuid}/resume",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(400, 404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/resume"),
    )
    async def resume_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Resume a campaign that is paused.

        Whatever paused it. It goes on behind the last recipient that was dealt with; one that goes on already does. Its sender
        must be approved, and the team not be suspended, as when it is sent.
        """
        resumed = await self._campaigns.resume(caller.by, caller.team.id, uuid)
        return answer(request, await self._shown.now(caller, resumed))

    @route(
        "POST",
        "/campaigns/{uuid}/unschedule",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/unschedule"),
    )
    async def unschedule_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Make a scheduled campaign a draft again.

        Its units are the team's again, and it can be changed and sent anew; who gets it is decided then. One that has
        begun, or was not sent, is 409 `not_scheduled`.
        """
        back = await self._campaigns.unschedule(caller.by, caller.team.id, uuid)
        return answer(request, await self._shown.now(caller, back))

    @route(
        "POST",
        "/campaigns/{uuid}/cancel",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/cancel"),
    )
    async def cancel_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Cancel a campaign.

        Before it is being sent, nothing is sent and all its units are the team's again. While it is being sent, the rest is
        stopped: messages that no carrier has yet are taken back, the units of all that is not sent are the team's again, and
        the counts tell how far it came. Of a completed one, messages that no carrier has yet are taken back, and its status
        stays `completed`; where none waits any more, that is 409. One that was cancelled before is answered in the same way.
        """
        cancelled = await self._campaigns.cancel(caller.by, caller.team.id, uuid)
        return answer(request, await self._shown.now(caller, cancelled))

    @route(
        "POST",
        "/campaigns/{uuid}/copy",
        scopes=SCOPES,
        body=ChangeCampaign,
        answers=CampaignShown,
        refusals=(400, 404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/copy", '{ "name": "June Promo" }'),
        idempotent=True,
    )
    async def copy_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Copy a campaign into a new draft.

        Whatever has become of it. What the body gives is so in the copy, as in an update; a time that has passed is
        left out, and so is the body if nothing is to change.
        """
        asked = parse(ChangeCampaign, request, SLIPS)
        was = await self._campaigns.find(caller.team.id, uuid)
        now_ms = self._now_ms()
        draft = await self._drafts.read(caller, asked, _to_be_copied(was, now_ms))
        tally = await self._campaigns.estimate(caller.team.id, draft)
        octets = await self._campaigns.create(
            caller.by,
            caller.team.id,
            self._new_uuid(),
            draft,
            (tally.recipients, tally.units),
            now_ms,
            Reply(caller.mark, _told),
        )
        return replay(request, octets)

    @route(
        "POST",
        "/campaigns/{uuid}/retry",
        scopes=SCOPES,
        answers=CampaignShown,
        refusals=(400, 404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/retry"),
        idempotent=True,
    )
    async def retry_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Send a campaign again to those whom it did not reach.

        Makes a draft, which is sent and paid for as any other. It goes to a file of the recipients whose messages failed as
        `undelivered`, `expired`, `expired_unsent` or `refused`, but for numbers that there are not; who is no contact any more,
        or wants no more messages, is left out. `cost_units` is exact for now. Whoever has got the campaign when the draft is sent,
        by a late receipt, a resend or another retry, is left out then. One that has not ended is 409 `campaign_busy`; where nobody
        is left, that is 400 `no_recipients`.
        """
        reply = Reply(caller.mark, _told)
        now_ms = self._now_ms()
        try:
            octets = await self._campaigns.retry(caller.by, caller.team.id, uuid, caller.team.country, now_ms, reply)
        except BadTemplate as bad:  # its fields were there when it was made
            raise bad_field("message", told_bad(bad)) from bad
        return replay(request, octets)

    @route(
        "POST",
        "/campaigns/{uuid}/test",
        scopes=SCOPES,
        body=TryCampaign,
        answers=MessageShown,
        refusals=(400, 402, 404, 409),
        curl=curl("POST", "/campaigns/campaign-uuid/test", '{ "to": "+254712345678" }'),
        idempotent=True,
    )
    async def test_campaign(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Try a campaign on one number.

        Its text is sent now, as a message of its own that costs what one costs. Fields are those of your contact of
        that number, or of its row in the file of people, and what `fields` says instead. Links are not made short. The
        message is not counted to the campaign.
        """
        asked = parse(TryCampaign, request)
        campaign = await self._campaigns.find(caller.team.id, uuid)
        text = await self._text(caller, campaign, asked)
        validity = campaign.options.validity_minutes
        submission = Submission(
            team_id=caller.team.id,
            sender=campaign.sender_uuid,
            recipient=asked.to,
            text=text,
            validity_ms=None if validity is None else validity * _MINUTE_MS,
            by=caller.by,
        )
        (verdict,) = self._gateway.judge([submission])
        if isinstance(verdict, Refused):
            raise verdict
        reply = answer(request, message_shown(verdict))
        await self._gateway.accept_judged(verdict, caller.kept(reply))
        return reply

    async def _text(self, caller: Caller, campaign: Campaign, asked: TryCampaign) -> str:
        """Return the text as somebody gets it.

        Raises:
            Problem: 400, the number or the name of a field is wrong.
            TextNotKept: it is no longer there.
        """
        if campaign.message is None:
            raise gone()
        try:
            phone = normalise(asked.to, caller.team.country)
        except BadNumber as bad:
            raise bad_field("to", str(bad)) from bad
        reach = await self._campaigns.reach(caller.team.id, (), campaign.audience_uuid)
        try:
            template = read_template(campaign.message, reach.fields)
        except BadTemplate as bad:
            raise bad_field("message", told_bad(bad, reach.fields)) from bad
        filled: Mapping[str, Scalar | None] = await self._campaigns.fields_of(
            caller.team.id, phone, campaign.audience_id
        )
        given = {name if name in reach.fields else name.lower(): value for name, value in (asked.fields or {}).items()}
        others = [name for name in asked.fields or {} if name.lower() not in reach.fields and name not in reach.fields]
        if others:
            raise bad_field("fields", told_unknown(others, reach.fields))
        return template.render({**filled, "phone": phone, **given})


def _to_be_copied(was: Campaign, now_ms: int) -> Campaign:
    """Return a campaign as a copy begins: under a name of its own, without a time that is over."""
    name = was.name[: NAME_CHARACTERS - len(_COPY_OF)].rstrip() + _COPY_OF
    is_over = was.scheduled_at_ms is not None and was.scheduled_at_ms <= now_ms
    return attrs.evolve(was, name=name, scheduled_at_ms=None if is_over else was.scheduled_at_ms)


def _told(campaign: Campaign) -> bytes:
    return success(campaign_shown(campaign))
