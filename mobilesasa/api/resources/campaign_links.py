"""The links of campaigns: how often they were followed, and by whom (ours; links are tracked where a campaign says so)."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Final, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import Cursor, ListPage, answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.routes import route
from mobilesasa.campaigns.clicks import LinkClicks, RecipientClicks

SCOPES = ("campaigns",)
_DEEPER = "rows; go on with cursor="
_KEY: Final = re.compile(r"[0-9]{1,9} [0-9]{1,4}\Z")
_AUTHORIZED = '-H "Authorization: Bearer mbs_your_token_here"'
_LINKS = f"curl https://api.yourdomain.com/api/v1/campaigns/campaign-uuid/links \\\n  {_AUTHORIZED}"
_CLICKS = f'curl "https://api.yourdomain.com/api/v1/campaigns/campaign-uuid/clicks?link=1" \\\n  {_AUTHORIZED}'


class LinkShown(TypedDict):
    """A link of a campaign, as it stands in the text, and how often it was followed."""

    link: Annotated[int, Said("Its number, in the order of the text", example=1)]
    url: Annotated[str, Said("Where it leads", example="https://shop.example.com/may?utm_source=sms")]
    recipients: Annotated[int, Said("Recipients who followed it", example=214)]
    clicks: Annotated[int, Said("How often they did", example=263)]
    previews: Annotated[
        int,
        Said(
            "How often programs looked at it, such as those that show its title in a chat; not in `clicks`", example=41
        ),
    ]
    expires_at: Annotated[
        str | None, Said("Until when the short links lead there, UTC", example="2026-06-10T09:00:00Z")
    ]


class LinksShown(TypedDict):
    """All links of a campaign."""

    items: list[LinkShown]


@attrs.frozen(kw_only=True)
class ListClicks(ListPage):
    """Whose clicks are listed."""

    link: Annotated[int | None, Said("Only those of the link of this number", example=1, minimum=1, maximum=99)] = None
    cursor: Annotated[
        str | None,
        Said("`next_cursor` of the page before, instead of `page`: costs the same however deep", longest=400),
    ] = None


class ClickShown(TypedDict):
    """A recipient who followed a link."""

    phone: Annotated[str | None, Said("The recipient; null: the person was forgotten", example="+254712345678")]
    link: Annotated[int, Said("The number of the link", example=1)]
    clicks: Annotated[int, Said("How often they followed it", example=2)]
    previews: Annotated[int, Said("How often programs looked at their link", example=1)]
    first_at: Annotated[str, Said("When they first did, UTC", example="2026-05-11T09:04:12Z")]
    last_at: Annotated[str, Said("When they last did, UTC", example="2026-05-11T18:30:40Z")]


class ClickPage(TypedDict):
    """A page of clicks."""

    items: list[ClickShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Rows on all pages", example=214)]
    pages: Annotated[int, Said("Pages there are", example=11)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]
    next_cursor: Annotated[str | None, Said("Goes on behind this page; null: there is nothing more")]


class CampaignLinks:
    """What became of the links of the team's campaigns."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._counts = node.link_counts

    @route("GET", "/campaigns/{uuid}/links", scopes=SCOPES, answers=LinksShown, refusals=(404,), curl=_LINKS)
    async def campaign_links(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List the links of a campaign, with how many recipients followed each.

        In the order of the text. Empty where links are not tracked (`track_links`), and before `/send`. Counts are a few
        seconds old. Programs that look at links without saying so count as people.
        """
        found = await self._counts.of_campaign(caller.team.id, uuid)
        return answer(request, {"items": [link_shown(each) for each in found]})

    @route(
        "GET",
        "/campaigns/{uuid}/clicks",
        scopes=SCOPES,
        query=ListClicks,
        answers=ClickPage,
        refusals=(400, 404),
        curl=_CLICKS,
    )
    async def campaign_clicks(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List who followed the links of a campaign, and when.

        One row for each recipient and link, in the order of `/recipients`. They are kept as long as the recipients are.
        """
        asked = parse_query(ListClicks, request)
        cursor = cursor_of(request, asked.cursor, _KEY.match)
        team_id = caller.team.id
        count = partial(self._counts.count, team_id, uuid, asked.link)
        read = partial(self._read, team_id, uuid, asked.link, cursor)
        return await answer_page_on(request, asked, cursor, count, read, _DEEPER)

    async def _read(
        self, team_id: int, uuid: str, link: int | None, cursor: Cursor | None, *, limit: int, offset: int
    ) -> tuple[list[ClickShown], str | None]:
        after = (0, 0)
        if cursor is not None:
            n, _, link_n = cursor.after.partition(" ")
            after = int(n), int(link_n)
        found = await self._counts.clicked(team_id, uuid, link, after=after, limit=limit + 1, offset=offset)
        shown = found[:limit]
        goes_on = len(found) > limit
        return [click_shown(each) for each in shown], f"{shown[-1].recipient_n} {shown[-1].link_n}" if goes_on else None


def link_shown(found: LinkClicks) -> LinkShown:
    """Return a link as its team sees it."""
    return {
        "link": found.n,
        "url": found.url,
        "recipients": found.recipients,
        "clicks": found.clicks,
        "previews": found.previews,
        "expires_at": instant_or_none(found.expires_at_ms),
    }


def click_shown(found: RecipientClicks) -> ClickShown:
    """Return who followed a link as their team sees it."""
    return {
        "phone": None if found.phone is None else f"+{found.phone}",
        "link": found.link_n,
        "clicks": found.clicks,
        "previews": found.previews,
        "first_at": instant(found.first_at_ms),
        "last_at": instant(found.last_at_ms),
    }
