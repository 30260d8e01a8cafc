"""What people dial: the codes and extensions of the team that asks (the reference's section USSD; decisions 82 and 83)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_field, problem
from mobilesasa.api.pages import answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, parse, parse_query
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.ussd_bodies import (
    AnswerUssdExtension,
    ListUssdCodes,
    ListUssdExtensions,
    RequestUssdExtension,
)
from mobilesasa.api.resources.ussd_shapes import (
    UssdCodeList,
    UssdExtensionPage,
    UssdExtensionShown,
    code_shown,
    extension_shown,
)
from mobilesasa.api.routes import route
from mobilesasa.core.errors import BadWebhookUrl
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.ids import canonical
from mobilesasa.ussd.dialling import checked_new_extension
from mobilesasa.ussd.views import Answering, ExtensionRecord, ExtensionStatus, NewExtension

SCOPES: Final = ("ussd",)
_DEEPER = "extensions; ask for those of a status"
_NOBODY: Final = Answering()

_REQUEST = """{
    "code": "384",
    "extension": "7",
    "menu": "menu-uuid",
    "note": "Our shops"
  }"""


class Ussd:
    """The codes and extensions of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._extensions = node.ussd.extensions
        self._check_url = node.webhook_calls.check
        self._new_uuid = node.new_uuid

    @route(
        "GET",
        "/ussd/codes",
        scopes=SCOPES,
        query=ListUssdCodes,
        answers=UssdCodeList,
        refusals=(400,),
        curl=curl("GET", "/ussd/codes"),
    )
    async def list_ussd_codes(self, request: IRequest, caller: Caller) -> bytes:
        """List USSD codes.

        The approved codes on which your team has an approved extension, or all of which is its own. With `available=true` those on
        which it can ask for an extension: shared ones, and dedicated ones that nobody has.
        """
        asked = parse_query(ListUssdCodes, request)
        found = await self._extensions.codes(caller.team.id, available=asked.available)
        return answer(request, {"items": [code_shown(each) for each in found]})

    @route(
        "GET",
        "/ussd/extensions",
        scopes=SCOPES,
        query=ListUssdExtensions,
        answers=UssdExtensionPage,
        refusals=(400,),
        curl=curl("GET", "/ussd/extensions"),
    )
    async def list_ussd_extensions(self, request: IRequest, caller: Caller) -> bytes:
        """List extensions.

        Those assigned to your team across all USSD codes, newest first; only approved ones unless `status` says otherwise.
        """
        asked = parse_query(ListUssdExtensions, request)
        status = None if asked.status == "any" else ExtensionStatus(asked.status)
        count = partial(self._extensions.count, caller.team.id, status)
        read = partial(self._extensions.page, caller.team.id, status)
        return await answer_page(request, asked, count, read, extension_shown, _DEEPER)

    @route(
        "POST",
        "/ussd/extensions",
        scopes=SCOPES,
        body=RequestUssdExtension,
        answers=UssdExtensionShown,
        refusals=(400, 409),
        curl=curl("POST", "/ussd/extensions", _REQUEST),
        idempotent=True,
    )
    async def request_ussd_extension(self, request: IRequest, caller: Caller) -> bytes:
        """Ask for an extension.

        It waits until the operator of the platform approves or rejects it. Which of a shared code is free is told by asking:
        one that somebody has is 409 `extension_taken`. Who answers can be said now or later.
        """
        asked = parse(RequestUssdExtension, request, beside=())
        answering = self._answering(asked, _NOBODY)
        new = checked_new_extension(
            NewExtension(code=asked.code, extension=asked.extension, answering=answering, note=asked.note)
        )
        reply = Reply(caller.mark, _told)
        octets = await self._extensions.request(caller.by, caller.team.id, self._new_uuid(), new, reply)
        return replay(request, octets)

    @route(
        "GET",
        "/ussd/extensions/{uuid}",
        scopes=SCOPES,
        answers=UssdExtensionShown,
        refusals=(404,),
        curl=curl("GET", "/ussd/extensions/extension-uuid"),
    )
    async def get_ussd_extension(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get an extension, whatever its status."""
        return answer(request, extension_shown(await self._extensions.find(caller.team.id, uuid)))

    @route(
        "PUT",
        "/ussd/extensions/{uuid}",
        scopes=SCOPES,
        body=AnswerUssdExtension,
        answers=UssdExtensionShown,
        refusals=(400, 404, 409),
        curl=curl("PUT", "/ussd/extensions/extension-uuid", '{ "menu": "menu-uuid" }'),
    )
    async def change_ussd_extension(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Say who answers at an extension.

        A menu, an address of yours that is called for each screen, or your own program on an SMPP bind. One takes the place of
        the other; null, or false, of the one that answers leaves nobody, and who dials is told so. It holds at every node
        within a second; sessions under way go on as they began.
        """
        asked = parse(AnswerUssdExtension, request, beside=UssdExtensionShown.__annotations__)
        was = await self._extensions.find(caller.team.id, uuid)
        answering = self._answering(asked, was.answering)
        changed = await self._extensions.change(caller.by, caller.team.id, was.uuid, answering)
        return answer(request, extension_shown(changed))

    @route(
        "DELETE",
        "/ussd/extensions/{uuid}",
        scopes=SCOPES,
        answers=UssdExtensionShown,
        refusals=(404,),
        curl=curl("DELETE", "/ussd/extensions/extension-uuid"),
    )
    async def delete_ussd_extension(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Take back a request, or give an extension up.

        Somebody else can have it then; what was counted of it stays.
        """
        return answer(request, extension_shown(await self._extensions.delete(caller.by, caller.team.id, uuid)))

    def _answering(self, asked: AnswerUssdExtension, was: Answering) -> Answering:
        """Return who is to answer.

        Raises:
            Problem: 400, two of them are given, or one cannot be.
        """
        menu = None if asked.menu is ABSENT else asked.menu
        url = None if asked.callback_url is ABSENT else asked.callback_url
        smpp = asked.smpp is True
        if (menu is not None) + (url is not None) + smpp > 1:
            given = ["menu"] * (menu is not None) + ["callback_url"] * (url is not None) + ["smpp"] * smpp
            raise bad_field(
                given[0], f"cannot be given together with {given[1]}: one of menu, callback_url and smpp answers"
            )
        if menu is not None:
            return Answering(menu_uuid=_uuid(menu))
        if url is not None:
            checked_url("callback_url", url, self._check_url)
            return Answering(callback_url=url)
        if smpp:
            return Answering(smpp=True)
        taken = {"menu_uuid": asked.menu, "callback_url": asked.callback_url, "smpp": asked.smpp}
        gone = [name for name, value in taken.items() if value is not ABSENT]
        return attrs.evolve(was, **{name: getattr(_NOBODY, name) for name in gone})


def checked_url(field: str, url: str, check: Callable[[str], None]) -> None:
    """See that an address can be called.

    Raises:
        Problem: 400 `bad_webhook_url`, with the field.
    """
    try:
        check(url)
    except BadWebhookUrl as bad:
        raise problem("bad_webhook_url", bad.message, [FieldProblem(field, bad.message)]) from bad


def _uuid(menu: str) -> str:
    """Return the uuid of a menu; what is none names none, as one of another team."""
    known = canonical(menu)
    if known is None:
        raise bad_field("menu", f"there is no menu {menu!r}")
    return known


def _told(made: ExtensionRecord) -> bytes:
    return success(extension_shown(made))
