"""Who gets a campaign, one by one, and how far each has come."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import answer_page_on, cursor_of, paged_on
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.resources.campaign_bodies import ListRecipients
from mobilesasa.api.resources.campaigns import SCOPES
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.hiding import HIDDEN, Hiding
from mobilesasa.api.routes import route
from mobilesasa.campaigns.model import Recipient
from mobilesasa.campaigns.views import WantedRecipients, status_of
from mobilesasa.sms.numbers import BadNumber, normalise_fast, shown

_DEEPER = "recipients; go on with cursor="


class RecipientShown(TypedDict):
    """Somebody who was found when a campaign was sent."""

    to: Annotated[str, Said("Phone number; of somebody whom you have forgotten, a word in its place", "+254712345678")]
    status: Annotated[
        Literal["waiting", "queued", "sent", "delivered", "failed", "skipped"],
        Said("Waiting: no message was made yet; skipped: none is; else where the message stands", example="delivered"),
    ]
    message_uuid: Annotated[str | None, Said("Their message")]
    message: Annotated[str | None, Said("Their own text; null: it is that of all, or is no longer kept")]
    parts: Annotated[int, Said("Parts it is sent in", example=1)]
    units: Annotated[int, Said("What is reserved for it", example=1)]
    skipped: Annotated[
        str | None,
        Said(
            "Why they are left out: `suppressed`, `erased` (you have forgotten them since), `cancelled` (with the campaign), "
            "or the code with which their message was refused"
        ),
    ]
    clicks: Annotated[int, Said("Their clicks on its short links", example=0)]


class RecipientPage(TypedDict):
    """A page of recipients."""

    items: list[RecipientShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Recipients on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; above 10,000, of a status above 5,000")]
    next_cursor: Annotated[str | None, Said("What `cursor` is for the next page; null: there is none")]


class CampaignRecipients:
    """The recipients of the campaigns of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._campaigns = node.campaigns
        self._hiding = Hiding(node.directory)

    @route(
        "GET",
        "/campaigns/{uuid}/recipients",
        scopes=SCOPES,
        query=ListRecipients,
        answers=RecipientPage,
        refusals=(400, 404),
        curl=curl("GET", "/campaigns/campaign-uuid/recipients?status=failed"),
    )
    async def list_recipients(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List the recipients of a campaign.

        In the order in which they get it. They are those who were found when `/send` was called, also those who were
        left out then; before it there are none. With a `status` a page may be short, or empty, although `next_cursor`
        goes on. They are kept for 90 days after the end.
        """
        asked = parse_query(ListRecipients, request)
        campaign = await self._campaigns.find(caller.team.id, uuid)
        cursor = cursor_of(request, asked.cursor)
        after = None if cursor is None else cursor.after
        try:
            phone = None if asked.phone is None else normalise_fast(asked.phone, caller.team.country)
        except BadNumber:
            return answer(request, paged_on(request, asked, cursor, (0, False), [], None))  # nobody has such a number
        wanted = WantedRecipients(asked.status, phone)
        hidden = self._hiding.hides(caller, campaign.sender)

        async def read(*, limit: int, offset: int) -> tuple[list[RecipientShown], str | None]:
            found, last = await self._campaigns.recipients(campaign, wanted, limit=limit, offset=offset, after=after)
            return [recipient_shown(each, hidden) for each in found], last

        count = partial(self._campaigns.count_recipients, campaign, wanted)
        return await answer_page_on(request, asked, cursor, count, read, _DEEPER)


def recipient_shown(recipient: Recipient, hidden: bool) -> RecipientShown:
    """Return a recipient as the team sees them; with their text hidden where the caller is not to see it."""
    return {
        "to": shown(recipient.phone),
        "status": status_of(recipient),
        "message_uuid": recipient.message_id,
        "message": HIDDEN if hidden and recipient.text is not None else recipient.text,
        "parts": recipient.parts,
        "units": recipient.units,
        "skipped": recipient.skipped,
        "clicks": recipient.clicks,
    }
