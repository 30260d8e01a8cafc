"""Carriers that are made, changed and taken out of service; how they stand is told by `api.admin.carriers`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse
from mobilesasa.api.routes import route
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.scopes import PLATFORM
from mobilesasa.core.teams import CarrierRecord

_ADD = """curl -X POST https://api.yourdomain.com/api/v1/admin/carriers \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "coast", "kind": "smpp", "options": {"host": "smsc.example.net", "port": 2775, "system_id": "us"}}'"""


@attrs.frozen(kw_only=True)
class CreateCarrier:
    """A carrier to be made."""

    name: Annotated[str, Said("1 to 32 of a-z, 0-9, - and _", example="coast")]
    kind: Annotated[Literal["sandbox", "smpp", "http"], Said("What it speaks", example="smpp")]
    options: Annotated[
        dict[str, Any] | None,
        Said("Those of its kind, as the guide to carriers has them", example={"host": "smsc.example.net"}),
    ] = None


@attrs.frozen(kw_only=True)
class ChangeCarrier:
    """What of a carrier changes; what is left out stays."""

    enabled: Annotated[bool | None, Said("Whether it may take messages", example=True)] = None
    options: Annotated[
        dict[str, Any] | None,
        Said("Options that change; null takes one away, and one that is masked stays", example={"window": 20}),
    ] = None


class CarrierConfigured(TypedDict):
    """A carrier as it is set."""

    name: Annotated[str, Said("Its name", example="coast")]
    kind: Annotated[str, Said("What it speaks", example="smpp")]
    enabled: Annotated[bool, Said("Whether it may take messages")]
    options: Annotated[dict[str, Any], Said("What is set for it; secrets are masked")]


class CallbackAddresses(TypedDict):
    """The addresses that a carrier is to call."""

    callbacks: Annotated[
        dict[str, str], Said("By what it calls about: receipts, inbound; none where its kind makes no calls")
    ]


class PlatformCarrierChanges:
    """Makes and changes carriers, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._carriers = node.desk.carriers

    @route(
        "POST",
        "/admin/carriers",
        scopes=(PLATFORM,),
        body=CreateCarrier,
        answers=CarrierConfigured,
        refusals=(400, 409),
        curl=_ADD,
        idempotent=True,
    )
    async def create_carrier(self, request: IRequest, caller: Caller) -> bytes:
        """Make a carrier, enabled; a node connects to it at once.

        The options are checked, and all that are wrong are named.
        """
        asked = parse(CreateCarrier, request)
        reply = Reply(caller.mark, lambda made: success(_shown(made)))
        return replay(request, await self._carriers.add(caller.by, asked.name, asked.kind, asked.options or {}, reply))

    @route(
        "PUT",
        "/admin/carriers/{name}",
        scopes=(PLATFORM,),
        body=ChangeCarrier,
        answers=CarrierConfigured,
        refusals=(400, 404),
    )
    async def change_carrier(self, request: IRequest, caller: Caller, name: str) -> bytes:
        """Change the options of a carrier, disable or enable it.

        What waits for one that is disabled goes on to others where a rule names them. With other options its node connects
        anew, and what it has in hand is finished before.
        """
        asked = parse(ChangeCarrier, request)
        return answer(request, _shown(await self._carriers.change(caller.by, name, asked.options, asked.enabled)))

    @route("DELETE", "/admin/carriers/{name}", scopes=(PLATFORM,), answers=CarrierConfigured, refusals=(404,))
    async def retire_carrier(self, request: IRequest, caller: Caller, name: str) -> bytes:
        """Take a carrier out of service.

        It is disabled and stays in the list, for messages and receipts name it; `PUT` with `enabled` brings it back.
        """
        return answer(request, _shown(await self._carriers.change(caller.by, name, None, enabled=False)))

    @route(
        "GET", "/admin/carriers/{name}/callbacks", scopes=(PLATFORM,), answers=CallbackAddresses, refusals=(400, 404)
    )
    async def carrier_callbacks(self, request: IRequest, caller: Caller, name: str) -> bytes:
        """Get the addresses that a carrier is to call about receipts and messages from phones.

        They are secret: who knows them can report for the carrier.
        """
        return answer(request, {"callbacks": dict(await self._carriers.callbacks(name))})


def _shown(found: CarrierRecord) -> CarrierConfigured:
    return {"name": found.name, "kind": found.kind, "enabled": found.enabled, "options": dict(found.options)}
