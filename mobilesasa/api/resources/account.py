"""The team that asks: its units, and the ledger of what changed them (decision 87)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import ListPage, answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.books import LedgerEntry
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.routes import route
from mobilesasa.api.times import Instant
from mobilesasa.core.filters import LedgerFilter, LedgerKind
from mobilesasa.core.ids import canonical
from mobilesasa.core.model import MessageId
from mobilesasa.core.scopes import TEAM

_DEEPER = "entries; go on with the cursor"

_ACCOUNT = """curl https://api.yourdomain.com/api/v1/account \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_LEDGER = """curl "https://api.yourdomain.com/api/v1/ledger?kind=topup&page=1&page_size=20" \\
  -H "Authorization: Bearer mbs_your_token_here\""""


class TeamShown(TypedDict):
    """A team."""

    uuid: str
    code: Annotated[str, Said("Also the system_id of its binds", example="ACME2024")]
    name: str
    country: Annotated[str, Said("In which national numbers are read, ISO 3166-1", example="KE")]


class AccountShown(TypedDict):
    """A team and its units."""

    team: TeamShown
    balance: Annotated[int, Said("`available` and `reserved` together, in units", example=10_000)]
    reserved: Annotated[
        int,
        Said(
            "Units of messages that no carrier has taken yet, and of campaigns whose recipients have none yet",
            example=0,
        ),
    ]
    available: Annotated[int, Said("Units that can be spent", example=10_000)]
    low_balance_units: Annotated[
        int | None,
        Said("Below so many available units the webhook balance.low is called, once; null: never", example=500),
    ]
    low: Annotated[bool, Said("Whether there are fewer available units than that now", example=False)]


@attrs.frozen(kw_only=True)
class ListEntries(ListPage):
    """Which entries of the ledger are listed."""

    kind: Annotated[LedgerKind | None, Said("Only entries of this kind", example="topup")] = None
    campaign_uuid: Annotated[
        str | None, Said("Only what a campaign reserved and released, and what came back for its messages")
    ] = None
    message_uuid: Annotated[str | None, Said("Only what paid for a message, and what came back for it")] = None
    since: Annotated[Instant | None, Said("Not before", example="2026-05-01T00:00:00Z")] = None
    until: Annotated[Instant | None, Said("Before", example="2026-06-01T00:00:00Z")] = None
    cursor: Annotated[
        str | None, Said("The `next_cursor` of a page before, instead of a page number: the list goes on there")
    ] = None


class EntryShown(TypedDict):
    """What changed the units of a team."""

    id: Annotated[int, Said("Names the entry", example=4711)]
    at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    kind: Annotated[
        LedgerKind,
        Said(
            "Units were bought, charged for messages, given back for one that no carrier took, taken back, reserved for a "
            "campaign, or given back at its end"
        ),
    ]
    units: Annotated[int, Said("Negative where units were taken", example=-3)]
    messages: Annotated[
        int,
        Said(
            "How many messages a charge covers, those accepted at one moment; of a campaign, how many recipients",
            example=2,
        ),
    ]
    message_uuid: Annotated[str | None, Said("The message of a refund")]
    campaign_uuid: Annotated[
        str | None, Said("The campaign that reserved units or gave some back, or whose message a refund is for")
    ]
    note: Annotated[str | None, Said("Why, of a top-up or an adjustment", example="Invoice 2026-117")]
    available_after: Annotated[int, Said("Units that could be spent after it", example=9_997)]


class EntryPage(TypedDict):
    """A page of the ledger."""

    items: list[EntryShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Entries on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]
    next_cursor: Annotated[str | None, Said("Where the list goes on; null: it ends here")]


class Account:
    """What the team is and has."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._ledger = node.ledger

    @route("GET", "/account", answers=AccountShown, curl=_ACCOUNT)
    async def account(self, request: IRequest, caller: Caller) -> bytes:
        """Get the team and its units.

        Any token of the team will do. Units are reserved when a message is accepted, spent when a carrier takes it,
        and given back when none does; those of a campaign when it is sent.
        """
        team = caller.team
        has = await self._ledger.standing(team.id)
        mark = has.low_balance_units
        shown: AccountShown = {
            "team": {"uuid": team.uuid, "code": team.code, "name": team.name, "country": team.country},
            "balance": has.available_units + has.reserved_units,
            "reserved": has.reserved_units,
            "available": has.available_units,
            "low_balance_units": mark,
            "low": mark is not None and has.available_units < mark,
        }
        return answer(request, shown)

    @route(
        "GET",
        "/ledger",
        scopes=("reports", TEAM),
        query=ListEntries,
        answers=EntryPage,
        refusals=(400,),
        curl=_LEDGER,
    )
    async def list_entries(self, request: IRequest, caller: Caller) -> bytes:
        """List what changed the team's units, newest first, with what was left after each.

        A charge covers all messages that were accepted at one moment; a campaign reserves for all its recipients when it is
        sent, and releases at its end what was not used. The sum of all entries is what is available.
        """
        asked = parse_query(ListEntries, request)
        cursor = cursor_of(request, asked.cursor)
        before = None if cursor is None else _entry_id(cursor.after)
        wanted = LedgerFilter(
            team_id=caller.team.id,
            kind=asked.kind,
            campaign_uuid=_uuid("campaign_uuid", asked.campaign_uuid),
            message_id=_uuid("message_uuid", asked.message_uuid),
            from_ms=asked.since,
            to_ms=asked.until,
            before=before,
        )

        async def read(*, limit: int, offset: int) -> tuple[list[EntryShown], str | None]:
            found = await self._ledger.page(wanted, limit=limit + 1, offset=offset)
            shown = [entry_shown(each) for each in found[:limit]]
            return shown, str(shown[-1]["id"]) if len(found) > limit else None

        return await answer_page_on(request, asked, cursor, partial(self._ledger.count, wanted), read, _DEEPER)


def entry_shown(found: LedgerEntry) -> EntryShown:
    """Return an entry of the ledger as its team sees it."""
    return {
        "id": found.id,
        "at": instant(found.at_ms),
        "kind": found.kind,
        "units": found.units,
        "messages": found.messages,
        "message_uuid": found.message_id,
        "campaign_uuid": found.campaign_uuid,
        "note": found.note,
        "available_after": found.balance_units,
    }


def _uuid(name: str, text: str | None) -> MessageId | None:
    found = None if text is None else canonical(text)
    if text is not None and found is None:
        raise bad_field(name, "must be a uuid")
    return found


def _entry_id(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise bad_field("cursor", "is of another list")
    return int(after)
