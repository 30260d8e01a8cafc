"""Service codes, and who has which extension of them, for administrators (decisions 82 and 83)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.admin.lists import PageShown, team_of_code
from mobilesasa.api.answers import answer, instant, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, Absent, Said, parse, parse_query
from mobilesasa.api.resources.ussd_shapes import UssdCodeShown, UssdExtensionShown, code_shown, extension_shown
from mobilesasa.api.routes import route
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.scopes import PLATFORM
from mobilesasa.ussd.dialling import checked_code, checked_new_code, checked_new_extension, checked_words
from mobilesasa.ussd.views import (
    WORDS_CHARACTERS,
    CodeKind,
    CodeRecord,
    CodeStatus,
    ExtensionRecord,
    ExtensionStatus,
    NewCode,
    NewExtension,
)

_DEEPER = "extensions; ask for those of a team or of a status"
_NETWORKS: Final = "That carry it, by name"
_STATUS: Final = "Only an approved one is answered; pending: carriers do not send it to us yet"
_NOTE: Final = "For operators"

_CREATE = """curl -X POST https://api.yourdomain.com/api/v1/admin/ussd/codes \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"code": "384", "type": "shared", "networks": ["Safaricom", "Airtel"]}'"""
_LIST = """curl "https://api.yourdomain.com/api/v1/admin/ussd/extensions?status=requested" \\
  -H "Authorization: Bearer mbs_operator_token_here\""""
_ADD = """curl -X POST https://api.yourdomain.com/api/v1/admin/ussd/extensions \\
  -H "Authorization: Bearer mbs_operator_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{"team": "ACME2024", "code": "384", "extension": "7"}'"""
_APPROVE = """curl -X POST https://api.yourdomain.com/api/v1/admin/ussd/extensions/extension-uuid/approve \\
  -H "Authorization: Bearer mbs_operator_token_here\""""


@attrs.frozen(kw_only=True)
class CreateUssdCode:
    """A service code that carriers send to us."""

    code: Annotated[str, Said("Its digits", example="384", longest=20)]
    type: Annotated[
        Literal["dedicated", "shared"], Said("Whether one team has all of it, or each has an extension", "shared")
    ]
    networks: Annotated[list[str] | None, Said(_NETWORKS, example=["Safaricom"], most=50)] = None
    status: Annotated[Literal["pending", "approved", "suspended"], Said(_STATUS)] = "approved"
    note: Annotated[str, Said(_NOTE, longest=WORDS_CHARACTERS)] = ""


@attrs.frozen(kw_only=True)
class ChangeUssdCode:
    """What of a service code changes; its digits stay."""

    type: Annotated[
        Literal["dedicated", "shared"] | Absent, Said("Whether one team has all of it, or each has an extension")
    ] = ABSENT
    networks: Annotated[list[str] | Absent, Said(_NETWORKS, example=["Safaricom", "Airtel"], most=50)] = ABSENT
    status: Annotated[Literal["pending", "approved", "suspended"] | Absent, Said(_STATUS)] = ABSENT
    note: Annotated[str | Absent, Said(_NOTE, longest=WORDS_CHARACTERS)] = ABSENT


@attrs.frozen(kw_only=True)
class ListAllUssdExtensions(ListPage):
    """Which extensions are listed."""

    team: Annotated[str | None, Said("Only those of the team of this code", example="ACME2024")] = None
    status: Annotated[
        Literal["requested", "approved", "rejected", "suspended"] | None, Said("Only those that stand there")
    ] = None
    code: Annotated[str | None, Said("Only those of this service code", example="384")] = None


@attrs.frozen(kw_only=True)
class GiveUssdExtension:
    """An extension that a team gets without asking for it."""

    team: Annotated[str, Said("The team's code", example="ACME2024")]
    code: Annotated[str, Said("The digits of the service code", example="384", longest=20)]
    extension: Annotated[
        str, Said("What stands behind it; empty: the whole of a dedicated code", example="7", longest=100)
    ] = ""


@attrs.frozen(kw_only=True)
class RejectUssdExtension:
    """Why an extension is turned down."""

    reason: Annotated[
        str, Said("The team is shown it", example="Another team had asked before", longest=WORDS_CHARACTERS)
    ]


@attrs.frozen(kw_only=True)
class DecideUssdExtension:
    """What is said of a decision."""

    reason: Annotated[str, Said("The team is shown it", example="Unpaid since May", longest=WORDS_CHARACTERS)] = ""


class PlatformUssdCode(UssdCodeShown):
    """A service code as operators see it."""

    note: Annotated[str, Said(_NOTE, example="Contract 17/2026")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]


class PlatformUssdCodeList(TypedDict):
    """All service codes."""

    items: list[PlatformUssdCode]


class PlatformUssdExtension(UssdExtensionShown):
    """An extension, and whose it is."""

    team: Annotated[str, Said("The team's code", example="ACME2024")]
    near: Annotated[
        list[str],
        Said(
            "What other teams have above and below it: who dials the longer one no longer gets the shorter's shortcut",
            ["*384*7*2#"],
        ),
    ]


class PlatformUssdExtensionPage(PageShown):
    """A page of extensions."""

    items: list[PlatformUssdExtension]


class PlatformUssd:
    """The codes and extensions of all teams, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._desk = node.ussd.desk
        self._directory = node.directory
        self._new_uuid = node.new_uuid

    @route("GET", "/admin/ussd/codes", scopes=(PLATFORM,), answers=PlatformUssdCodeList)
    async def list_all_ussd_codes(self, request: IRequest, caller: Caller) -> bytes:
        """List all service codes, by their digits."""
        return answer(request, {"items": [_code_shown(each) for each in await self._desk.codes()]})

    @route(
        "POST",
        "/admin/ussd/codes",
        scopes=(PLATFORM,),
        body=CreateUssdCode,
        answers=PlatformUssdCode,
        refusals=(400, 409),
        curl=_CREATE,
        idempotent=True,
    )
    async def create_ussd_code(self, request: IRequest, caller: Caller) -> bytes:
        """Make a service code; who has it is said by its extensions."""
        asked = parse(CreateUssdCode, request)
        new = checked_new_code(
            NewCode(
                code=asked.code,
                kind=CodeKind(asked.type),
                networks=asked.networks or (),
                status=CodeStatus(asked.status),
                note=asked.note,
            )
        )
        reply = Reply(caller.mark, lambda made: success(_code_shown(made)))
        return replay(request, await self._desk.add_code(caller.by, self._new_uuid(), new, reply))

    @route(
        "PUT",
        "/admin/ussd/codes/{uuid}",
        scopes=(PLATFORM,),
        body=ChangeUssdCode,
        answers=PlatformUssdCode,
        refusals=(400, 404, 409),
    )
    async def change_ussd_code(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change a service code.

        One that is suspended is answered nobody. It cannot become dedicated while several teams have extensions on it.
        """
        asked = parse(ChangeUssdCode, request)
        was = await self._desk.code(uuid)
        wanted = NewCode(
            code=was.code,
            kind=was.kind if asked.type is ABSENT else CodeKind(asked.type),
            networks=was.networks if asked.networks is ABSENT else asked.networks,
            status=was.status if asked.status is ABSENT else CodeStatus(asked.status),
            note=was.note if asked.note is ABSENT else asked.note,
        )
        return answer(request, _code_shown(await self._desk.change_code(caller.by, uuid, checked_new_code(wanted))))

    @route("DELETE", "/admin/ussd/codes/{uuid}", scopes=(PLATFORM,), answers=PlatformUssdCode, refusals=(404, 409))
    async def remove_ussd_code(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Remove a service code on which nobody has an extension."""
        return answer(request, _code_shown(await self._desk.remove_code(caller.by, uuid)))

    @route(
        "GET",
        "/admin/ussd/extensions",
        scopes=(PLATFORM,),
        query=ListAllUssdExtensions,
        answers=PlatformUssdExtensionPage,
        refusals=(400, 404),
        curl=_LIST,
    )
    async def list_all_ussd_extensions(self, request: IRequest, caller: Caller) -> bytes:
        """List the extensions of all teams, newest first; with `status=requested` those that wait for a decision."""
        asked = parse_query(ListAllUssdExtensions, request)
        team_id = None if asked.team is None else team_of_code(self._directory.now, asked.team).id
        status = None if asked.status is None else ExtensionStatus(asked.status)
        code = None if asked.code is None else checked_code(asked.code)
        count = partial(self._desk.count_extensions, team_id, status, code)
        read = partial(self._desk.extensions, team_id, status, code)
        return await answer_page(request, asked, count, read, _extension_shown, _DEEPER)

    @route(
        "POST",
        "/admin/ussd/extensions",
        scopes=(PLATFORM,),
        body=GiveUssdExtension,
        answers=PlatformUssdExtension,
        refusals=(400, 404, 409),
        curl=_ADD,
        idempotent=True,
    )
    async def give_ussd_extension(self, request: IRequest, caller: Caller) -> bytes:
        """Give a team an extension, approved at once; of a dedicated code all of it."""
        asked = parse(GiveUssdExtension, request)
        team = team_of_code(self._directory.now, asked.team)
        new = checked_new_extension(NewExtension(code=asked.code, extension=asked.extension))
        reply = Reply(caller.mark, lambda made: success(_extension_shown(made)))
        return replay(request, await self._desk.add_extension(caller.by, team.code, self._new_uuid(), new, reply))

    @route(
        "POST",
        "/admin/ussd/extensions/{uuid}/approve",
        scopes=(PLATFORM,),
        body=DecideUssdExtension,
        answers=PlatformUssdExtension,
        refusals=(400, 404, 409),
        curl=_APPROVE,
    )
    async def approve_ussd_extension(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Let a team have an extension; it holds at every node within a second.

        Also one that was suspended goes on. What another team has got meanwhile is 409 `extension_taken`. `near` in the answer
        names what other teams have above and below it: of those the longest that was dialled answers.
        """
        reason = parse(DecideUssdExtension, request).reason
        return await self._decided(request, caller, uuid, ExtensionStatus.APPROVED, reason)

    @route(
        "POST",
        "/admin/ussd/extensions/{uuid}/reject",
        scopes=(PLATFORM,),
        body=RejectUssdExtension,
        answers=PlatformUssdExtension,
        refusals=(400, 404),
    )
    async def reject_ussd_extension(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Turn an extension down; somebody else can have it."""
        reason = parse(RejectUssdExtension, request).reason
        return await self._decided(request, caller, uuid, ExtensionStatus.REJECTED, reason)

    @route(
        "POST",
        "/admin/ussd/extensions/{uuid}/suspend",
        scopes=(PLATFORM,),
        body=DecideUssdExtension,
        answers=PlatformUssdExtension,
        refusals=(400, 404),
    )
    async def suspend_ussd_extension(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Have nobody answered at an extension; nobody else gets it, and approving it again lets it go on."""
        reason = parse(DecideUssdExtension, request).reason
        return await self._decided(request, caller, uuid, ExtensionStatus.SUSPENDED, reason)

    async def _decided(
        self, request: IRequest, caller: Caller, uuid: str, status: ExtensionStatus, reason: str
    ) -> bytes:
        words = checked_words(reason, "a reason")
        return answer(request, _extension_shown(await self._desk.decide(caller.by, uuid, status, words)))


def _code_shown(found: CodeRecord) -> PlatformUssdCode:
    return {**code_shown(found), "note": found.note, "created_at": instant(found.created_at_ms)}


def _extension_shown(found: ExtensionRecord) -> PlatformUssdExtension:
    return {**extension_shown(found), "team": found.team_code, "near": list(found.near)}
