"""API tokens: list, make, revoke (the reference's section API Tokens; decisions 13, 18-28)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict, cast

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.tokens import Token
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.who import WhoShown, who_shown_or_none
from mobilesasa.api.routes import route
from mobilesasa.api.times import Instant
from mobilesasa.core.scopes import API_TOKENS, check_given, checked_scopes

_DEEPER = "tokens"

_LIST = """curl https://api.yourdomain.com/api/v1/tokens \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_CREATE = """curl -X POST https://api.yourdomain.com/api/v1/tokens \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Zapier Integration",
    "scopes": ["messages", "contacts"],
    "expires_at": "2027-01-01T00:00:00Z"
  }'"""
_REVOKE = """curl -X DELETE https://api.yourdomain.com/api/v1/tokens/token-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""


@attrs.frozen(kw_only=True)
class ListTokens(ListPage):
    """Which tokens are listed."""


@attrs.frozen(kw_only=True)
class CreateToken:
    """A token to be made."""

    name: Annotated[str, Said("Descriptive name for the token; names need not differ", example="Zapier Integration")]
    scopes: Annotated[
        list[str],
        Said(
            "What it opens: messages, contacts, groups, campaigns, surveys, ussd, reports, api_tokens, webhooks, team, each "
            "also with `:read` behind it for reading alone; none that you do not have yourself",
            example=("messages", "contacts"),
        ),
    ]
    expires_at: Annotated[
        Instant | None,
        Said("Optional expiry date. Omit for a non-expiring token", example="2027-01-01T00:00:00Z"),
    ] = None


class TokenShown(TypedDict):
    """A token, of which the text is nowhere kept."""

    uuid: Annotated[str, Said("Names the token", example="7d0e1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    name: Annotated[str, Said("What it is for", example="Zapier Integration")]
    prefix: Annotated[str, Said("The first characters of its text, to tell it from others", example="mbs_4fQz")]
    scopes: Annotated[list[str], Said("What it opens", example=("messages", "contacts"))]
    status: Annotated[Literal["active", "revoked", "expired"], Said("Only an active one opens anything")]
    expires_at: Annotated[str | None, Said("UTC; null: never", example="2027-01-01T00:00:00Z")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    created_by: Annotated[WhoShown | None, Said("Who made it; null: not known")]
    creator_left: Annotated[
        bool, Said("Whether the person behind it is no longer in the team; it opens what it did, until you revoke it")
    ]
    last_used_at: Annotated[str | None, Said("UTC, within two minutes; null: never", example="2026-05-11T09:00:00Z")]
    last_used_ip: Annotated[str | None, Said("From where", example="192.0.2.10")]
    revoked_at: Annotated[str | None, Said("UTC; null: it is not", example="2026-05-11T09:00:00Z")]
    revoked_by: Annotated[WhoShown | None, Said("Who revoked it; null: nobody, or not known")]


class TokenMade(TypedDict):
    """A token that was just made."""

    raw_token: Annotated[
        str, Said("Its text, shown only once; store it at once", example="mbs_4fQz0000000000000000000000Abc123")
    ]
    token: TokenShown


class TokenPage(TypedDict):
    """A page of tokens."""

    items: list[TokenShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Tokens on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class Tokens:
    """The tokens of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._tokens = node.tokens
        self._directory = node.directory

    @route("GET", "/tokens", scopes=(API_TOKENS,), query=ListTokens, answers=TokenPage, refusals=(400,), curl=_LIST)
    async def list_tokens(self, request: IRequest, caller: Caller) -> bytes:
        """List tokens.

        Returns all tokens for your team, including revoked and expired ones, the newest first.
        """
        asked = parse_query(ListTokens, request)
        count, read = partial(self._tokens.count, caller.team.id), partial(self._tokens.page, caller.team.id)
        return await answer_page(request, asked, count, read, token_shown, _DEEPER)

    @route("POST", "/tokens", scopes=(API_TOKENS,), body=CreateToken, answers=TokenMade, refusals=(400,), curl=_CREATE)
    async def create_token(self, request: IRequest, caller: Caller) -> bytes:
        """Create a token.

        `raw_token` is shown only once: it is nowhere kept and cannot be retrieved again. So the call takes no
        Idempotency-Key; a token whose answer was lost is found in the list, and revoked there.
        """
        asked = parse(CreateToken, request)
        scopes = checked_scopes(asked.scopes)
        check_given(caller.scopes, scopes)
        made, raw_token = await self._tokens.create(caller.by, caller.team.id, asked.name, scopes, asked.expires_at)
        shown: TokenMade = {"raw_token": raw_token, "token": token_shown(made)}
        return answer(request, shown)

    @route("DELETE", "/tokens/{uuid}", scopes=(API_TOKENS,), answers=TokenShown, refusals=(404,), curl=_REVOKE)
    async def revoke_token(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Revoke a token.

        Immediately invalidates the token. Any in-flight requests using it will receive 401, and have done nothing; its SMPP
        sessions end within a second. A second time changes nothing. It may be the token that asks, or your last one.
        """
        revoked = await self._tokens.revoke(caller.by, caller.team.id, uuid)
        self._directory.revoked.add(revoked.uuid)  # from now on, not only when the directory is read again
        return answer(request, token_shown(revoked))


def token_shown(found: Token) -> TokenShown:
    """Return a token as its team sees it."""
    return {
        "uuid": found.uuid,
        "name": found.name,
        "prefix": found.prefix,
        "scopes": list(found.scopes),
        "status": cast(Literal["active", "revoked", "expired"], found.status),
        "expires_at": instant_or_none(found.expires_at_ms),
        "created_at": instant(found.created_at_ms),
        "created_by": who_shown_or_none(found.created_by),
        "creator_left": found.creator_left,
        "last_used_at": instant_or_none(found.last_used_at_ms),
        "last_used_ip": found.last_used_address,
        "revoked_at": instant_or_none(found.revoked_at_ms),
        "revoked_by": who_shown_or_none(found.revoked_by),
    }
