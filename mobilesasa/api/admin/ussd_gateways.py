"""USSD gateways: the carriers and aggregators that call us for each screen, for administrators."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, Absent, Said, parse
from mobilesasa.api.routes import route
from mobilesasa.core.scopes import PLATFORM
from mobilesasa.core.ussd_gateways import DialectName, gateway_options
from mobilesasa.ussd.views import GatewayRecord, NewGateway, path_of

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}\Z", re.ASCII)
_OPTIONS: Final = "`allow`, `code`, `country`, `network`, `screen_septets`, as the guide to USSD has them"

_ADD = """curl -X POST https://api.yourdomain.com/api/v1/admin/ussd/gateways \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "savanna", "dialect": "africastalking", "options": {"allow": "196.201.214.0/24"}}'"""


@attrs.frozen(kw_only=True)
class CreateUssdGateway:
    """A gateway that is to call us."""

    name: Annotated[str, Said("1 to 40 of a-z, 0-9, . _ -; it stands in its address, and stays", example="savanna")]
    dialect: Annotated[DialectName, Said("How its calls are written", example="africastalking")]
    enabled: Annotated[bool, Said("Whether its calls are taken")] = True
    options: Annotated[dict[str, Any] | None, Said(_OPTIONS, example={"allow": "196.201.214.0/24"})] = None


@attrs.frozen(kw_only=True)
class ChangeUssdGateway:
    """What of a gateway changes; its name and its secret stay."""

    dialect: Annotated[DialectName | Absent, Said("How its calls are written", example="africastalking")] = ABSENT
    enabled: Annotated[bool | Absent, Said("Whether its calls are taken")] = ABSENT
    options: Annotated[dict[str, Any] | Absent, Said(_OPTIONS, example={"screen_septets": 160})] = ABSENT


class UssdGatewayShown(TypedDict):
    """A gateway, without its secret."""

    uuid: Annotated[str, Said("Names the gateway", example="9a7e0000-5c00-4d21-9a3b-0c5d7e8f9a10")]
    name: Annotated[str, Said("Its name", example="savanna")]
    dialect: Annotated[str, Said("How its calls are written", example="africastalking")]
    enabled: Annotated[bool, Said("Whether its calls are taken")]
    options: Annotated[dict[str, Any], Said(_OPTIONS, example={})]
    secret_prefix: Annotated[str, Said("How its secret begins", example="k3Jd")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    last_at: Annotated[str | None, Said("When it last called, to a minute or so, UTC")]


class UssdGatewayMade(UssdGatewayShown):
    """A gateway with its secret."""

    secret: Annotated[str, Said("Shown this once; it stands in the address", example="k3JdV0pQ8rT2xWn5")]
    path: Annotated[
        str,
        Said("What the carrier is to call, behind the address of this node", example="/ussd/savanna/k3JdV0pQ8rT2xWn5"),
    ]


class UssdGatewayList(TypedDict):
    """All gateways."""

    items: list[UssdGatewayShown]


class PlatformUssdGateways:
    """The gateways that call us, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._desk = node.ussd.desk
        self._new_uuid = node.new_uuid

    @route("GET", "/admin/ussd/gateways", scopes=(PLATFORM,), answers=UssdGatewayList)
    async def list_ussd_gateways(self, request: IRequest, caller: Caller) -> bytes:
        """List the USSD gateways, by name."""
        return answer(request, {"items": [_shown(each) for each in await self._desk.gateways()]})

    @route(
        "POST",
        "/admin/ussd/gateways",
        scopes=(PLATFORM,),
        body=CreateUssdGateway,
        answers=UssdGatewayMade,
        refusals=(400, 409),
        curl=_ADD,
    )
    async def create_ussd_gateway(self, request: IRequest, caller: Caller) -> bytes:
        """Make a gateway.

        Give the carrier the address of this node with `path` behind it. Its secret is shown this once and kept as a digest, so the
        call takes no `Idempotency-Key`. A carrier that speaks SMPP needs no gateway: its sessions come over its bind.
        """
        asked = parse(CreateUssdGateway, request)
        if not _NAME.match(asked.name):
            raise bad_field("name", "must be 1 to 40 of a-z, 0-9, . _ -, and begin with a letter or a digit")
        new = NewGateway(name=asked.name, dialect=asked.dialect, enabled=asked.enabled, options=asked.options or {})
        return answer(request, _made(*await self._desk.add_gateway(caller.by, self._new_uuid(), _checked(new))))

    @route(
        "PUT",
        "/admin/ussd/gateways/{uuid}",
        scopes=(PLATFORM,),
        body=ChangeUssdGateway,
        answers=UssdGatewayShown,
        refusals=(400, 404),
    )
    async def change_ussd_gateway(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change a gateway; `options` are replaced as a whole."""
        asked = parse(ChangeUssdGateway, request)
        was = await self._desk.gateway(uuid)
        wanted = NewGateway(
            name=was.name,
            dialect=was.dialect if asked.dialect is ABSENT else asked.dialect,
            enabled=was.enabled if asked.enabled is ABSENT else asked.enabled,
            options=was.options if asked.options is ABSENT else asked.options,
        )
        return answer(request, _shown(await self._desk.change_gateway(caller.by, uuid, _checked(wanted))))

    @route(
        "POST",
        "/admin/ussd/gateways/{uuid}/secret",
        scopes=(PLATFORM,),
        answers=UssdGatewayMade,
        refusals=(404,),
    )
    async def rotate_ussd_gateway_secret(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Give a gateway a new secret, and so a new address; the old one is nobody's at once."""
        return answer(request, _made(*await self._desk.rotate_gateway(caller.by, uuid)))

    @route("DELETE", "/admin/ussd/gateways/{uuid}", scopes=(PLATFORM,), answers=UssdGatewayShown, refusals=(404,))
    async def remove_ussd_gateway(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Remove a gateway; its address is nobody's at once."""
        return answer(request, _shown(await self._desk.remove_gateway(caller.by, uuid)))


def _checked(new: NewGateway) -> NewGateway:
    """Return a gateway that can be kept.

    Raises:
        BadValue: its options.
    """
    gateway_options(new.options)
    return new


def _shown(found: GatewayRecord) -> UssdGatewayShown:
    return {
        "uuid": found.uuid,
        "name": found.name,
        "dialect": found.dialect,
        "enabled": found.enabled,
        "options": dict(found.options),
        "secret_prefix": found.secret_prefix,
        "created_at": instant(found.created_at_ms),
        "last_at": instant_or_none(found.last_at_ms),
    }


def _made(found: GatewayRecord, secret: str) -> UssdGatewayMade:
    return {**_shown(found), "secret": secret, "path": path_of(found.name, secret)}
