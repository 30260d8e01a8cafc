"""SMPP passwords: 8 characters beside a token, for clients that cannot send a whole one (decision 91)."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict, cast

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.smpp import SmppPassword
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.routes import route

SCOPES = ("api_tokens",)

_CREATE = """curl -X POST https://api.yourdomain.com/api/v1/smpp/passwords \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "allowed": ["192.0.2.10", "198.51.100.0/24"]
  }'"""
_LIST = """curl https://api.yourdomain.com/api/v1/smpp/passwords \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_REVOKE = """curl -X DELETE https://api.yourdomain.com/api/v1/smpp/passwords/password-uuid \\
  -H "Authorization: Bearer mbs_your_token_here\""""


@attrs.frozen(kw_only=True)
class CreateSmppPassword:
    """An SMPP password to be made."""

    allowed: Annotated[
        list[str] | None,
        Said(
            "Addresses and networks from which it may be used, at least one unless the operator has waived that",
            example=("192.0.2.10", "198.51.100.0/24"),
        ),
    ] = None
    token_uuid: Annotated[
        str | None,
        Said(
            "The token beside which it stands, which opens nothing that you may not do yourself; your oldest such with the "
            "scope `messages` if omitted"
        ),
    ] = None


class SmppPasswordShown(TypedDict):
    """An SMPP password, of which the text is nowhere kept."""

    uuid: str
    token_uuid: Annotated[str, Said("The token beside which it stands; it opens what that opens, while that does")]
    allowed: Annotated[list[str], Said("Addresses and networks from which it may be used")]
    any_address: Annotated[bool, Said("Whether it may be used from anywhere")]
    status: Annotated[
        Literal["active", "locked", "revoked", "expired"],
        Said("Locked after 10 wrong ones in a row, until the operator unlocks it; the last two are its token's too"),
    ]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    last_used_at: Annotated[str | None, Said("UTC, within ten minutes; null: never", example="2026-05-11T09:00:00Z")]
    revoked_at: Annotated[str | None, Said("UTC; null: it is not", example="2026-05-11T09:00:00Z")]


class SmppPasswordMade(SmppPasswordShown):
    """An SMPP password that was just made."""

    password: Annotated[str, Said("Its text, shown this once", example="7Hq3vRkX")]


class SmppPasswordList(TypedDict):
    """The SMPP passwords of a team."""

    items: list[SmppPasswordShown]


class SmppPasswords:
    """The SMPP passwords of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._passwords = node.smpp_passwords

    @route(
        "POST",
        "/smpp/passwords",
        scopes=SCOPES,
        body=CreateSmppPassword,
        answers=SmppPasswordMade,
        curl=_CREATE,
    )
    async def create_smpp_password(self, request: IRequest, caller: Caller) -> bytes:
        """Make an SMPP password.

        For clients that cannot send a whole token as the password of a bind: 8 characters, good from the addresses
        named alone. It takes no Idempotency-Key, for its text is nowhere kept to be told again; a team has at most five.
        """
        asked = parse(CreateSmppPassword, request)
        made, text = await self._passwords.create(
            caller.by, caller.scopes, caller.team.id, asked.token_uuid, asked.allowed or ()
        )
        return answer(request, {**_shown(made), "password": text})

    @route("GET", "/smpp/passwords", scopes=SCOPES, answers=SmppPasswordList, curl=_LIST)
    async def list_smpp_passwords(self, request: IRequest, caller: Caller) -> bytes:
        """List the team's SMPP passwords.

        Those that are revoked, or whose token is over, are listed too.
        """
        found = await self._passwords.of_team(caller.team.id)
        return answer(request, {"items": [_shown(each) for each in found]})

    @route("DELETE", "/smpp/passwords/{uuid}", scopes=SCOPES, answers=SmppPasswordShown, refusals=(404,), curl=_REVOKE)
    async def revoke_smpp_password(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Revoke an SMPP password.

        Its sessions end within a second. A second time changes nothing.
        """
        return answer(request, _shown(await self._passwords.revoke(caller.by, caller.team.id, uuid)))


def _shown(found: SmppPassword) -> SmppPasswordShown:
    return {
        "uuid": found.uuid,
        "token_uuid": found.token_uuid,
        "allowed": list(found.allowed),
        "any_address": found.any_address,
        "status": cast(Literal["active", "locked", "revoked", "expired"], found.status),
        "created_at": instant(found.created_at_ms),
        "last_used_at": instant_or_none(found.last_used_at_ms),
        "revoked_at": instant_or_none(found.revoked_at_ms),
    }
