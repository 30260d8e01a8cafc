"""Menus of USSD: drafts, what is wrong with them, versions, and where people leave them (decision 84)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay, success
from mobilesasa.api.auth import Caller
from mobilesasa.api.pages import answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, Said, parse, parse_query
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.ussd import SCOPES
from mobilesasa.api.resources.ussd_bodies import ChangeUssdMenu, CreateUssdMenu, ListUssdMenus, PublishUssdMenu
from mobilesasa.api.resources.ussd_shapes import UssdMenuPage, UssdMenuShown, menu_listed, menu_shown
from mobilesasa.api.routes import route
from mobilesasa.core.errors import BadDefinition, Fault
from mobilesasa.core.idempotency import Reply
from mobilesasa.ussd.reading import menu_json, read_menu
from mobilesasa.ussd.views import MenuRecord, Publishing

_DEEPER = "menus; look for one by its name with search="
_PARTS = ("name", "language", "start", "screens", "options", "texts")

_CREATE = """{
    "name": "Acme",
    "start": "welcome",
    "screens": {
      "welcome": {
        "kind": "choices",
        "text": "Welcome to Acme.",
        "choices": [
          {"key": "1", "label": "Opening hours", "next": "hours"},
          {"key": "2", "label": "Call me back", "next": "number"}
        ]
      },
      "hours": {"kind": "end", "text": "We are open from 8 to 6."},
      "number": {
        "kind": "input",
        "text": "Your number:",
        "input": {"variable": "number", "type": "phone"},
        "next": "thanks"
      },
      "thanks": {"kind": "end", "text": "Thank you, we call {number}."}
    }
  }"""


class FaultShown(TypedDict):
    """One thing that is wrong with a definition."""

    field: Annotated[str, Said("Where it stands", example="screens.welcome.choices[0].next")]
    code: Annotated[str, Said("For programs", example="unknown_screen")]
    message: Annotated[str, Said("For people, in words that go on behind the field")]


class UssdMenuCheck(TypedDict):
    """Whether a draft can be published."""

    ok: Annotated[bool, Said("Whether nothing is in its way")]
    faults: Annotated[list[FaultShown], Said("All that is; none: it can be published")]


class UssdMenuSecret(TypedDict):
    """A new secret."""

    secret: Annotated[
        str,
        Said(
            "What the calls of the menu's webhooks are signed with, shown this once",
            example="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
        ),
    ]


class UssdMenus:
    """The menus of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._menus = node.ussd.menus
        self._aside = node.aside
        self._new_uuid = node.new_uuid
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/ussd/menus",
        scopes=SCOPES,
        query=ListUssdMenus,
        answers=UssdMenuPage,
        refusals=(400,),
        curl=curl("GET", "/ussd/menus"),
    )
    async def list_ussd_menus(self, request: IRequest, caller: Caller) -> bytes:
        """List menus, newest first, without their screens."""
        asked = parse_query(ListUssdMenus, request)
        count = partial(self._menus.count, caller.team.id, asked.search)
        read = partial(self._menus.page, caller.team.id, asked.search)
        return await answer_page(request, asked, count, read, menu_listed, _DEEPER)

    @route(
        "POST",
        "/ussd/menus",
        scopes=SCOPES,
        body=CreateUssdMenu,
        answers=UssdMenuShown,
        refusals=(400,),
        curl=curl("POST", "/ussd/menus", _CREATE),
        idempotent=True,
    )
    async def create_ussd_menu(self, request: IRequest, caller: Caller) -> bytes:
        """Make a menu.

        It is a draft, and answers nobody before it is published and an extension names it. What cannot be read as a menu is 400
        `bad_definition`, and every fault is named by its path; what would only stand in the way of publishing, such as a screen
        that leads nowhere, may stay in a draft.
        """
        asked = parse(CreateUssdMenu, request)
        definition = await self._read({}, asked)
        octets = await self._menus.create(
            caller.by, caller.team.id, self._new_uuid(), definition, self._now_ms(), Reply(caller.mark, _told)
        )
        return replay(request, octets)

    @route(
        "GET",
        "/ussd/menus/{uuid}",
        scopes=SCOPES,
        answers=UssdMenuShown,
        refusals=(404,),
        curl=curl("GET", "/ussd/menus/menu-uuid"),
    )
    async def get_ussd_menu(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a menu, with its draft."""
        return answer(request, menu_shown(await self._menus.find(caller.team.id, uuid)))

    @route(
        "PUT",
        "/ussd/menus/{uuid}",
        scopes=SCOPES,
        body=ChangeUssdMenu,
        answers=UssdMenuShown,
        refusals=(400, 404, 409),
        curl=curl("PUT", "/ussd/menus/menu-uuid", '{ "name": "Acme Shops" }'),
    )
    async def change_ussd_menu(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change the draft of a menu.

        What is left out stays; `screens`, `options` and `texts` are replaced as a whole. What is published stays as it is. Where
        two people edit, the later one who sends the `revision` that they have read is told: 409 `menu_changed`, with who changed
        it and when in `changed_by` and `changed_at`.
        """
        asked = parse(ChangeUssdMenu, request)
        was = await self._menus.find(caller.team.id, uuid)
        definition = await self._read(was.definition or {}, asked)
        revision = was.revision if asked.revision is ABSENT else asked.revision
        changed = await self._menus.change(caller.by, caller.team.id, was.uuid, definition, revision, self._now_ms())
        return answer(request, menu_shown(changed))

    @route(
        "DELETE",
        "/ussd/menus/{uuid}",
        scopes=SCOPES,
        answers=UssdMenuShown,
        refusals=(404, 409),
        curl=curl("DELETE", "/ussd/menus/menu-uuid"),
    )
    async def delete_ussd_menu(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete a menu with its versions.

        One that answers at an extension stays: 409 `menu_in_use`.
        """
        return answer(request, menu_shown(await self._menus.delete(caller.by, caller.team.id, uuid)))

    @route(
        "POST",
        "/ussd/menus/check",
        scopes=SCOPES,
        body=CreateUssdMenu,
        answers=UssdMenuCheck,
        refusals=(400,),
        curl=curl("POST", "/ussd/menus/check", _CREATE),
        reads=True,
    )
    async def check_ussd_definition(self, request: IRequest, caller: Caller) -> bytes:
        """Check a menu before there is one.

        Nothing is kept. It finds what publishing would: dead ends, loops without a way out, screens that nothing leads to or that
        are too long, variables that are never set, senders, groups and surveys that you do not have.
        """
        asked = parse(CreateUssdMenu, request)
        try:
            definition = await self._read({}, asked)
        except BadDefinition as bad:
            return answer(request, _checked(bad.faults))
        return answer(request, _checked(await self._menus.faults(caller.team.id, definition)))

    @route(
        "POST",
        "/ussd/menus/{uuid}/check",
        scopes=SCOPES,
        answers=UssdMenuCheck,
        refusals=(404,),
        curl=curl("POST", "/ussd/menus/menu-uuid/check"),
        reads=True,
    )
    async def check_ussd_menu(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Check the draft of a menu.

        All that is in the way of publishing it, as `/ussd/menus/check` finds it.
        """
        found = await self._menus.find(caller.team.id, uuid)
        return answer(request, _checked(await self._menus.faults(caller.team.id, found.definition or {})))

    @route(
        "POST",
        "/ussd/menus/{uuid}/publish",
        scopes=SCOPES,
        body=PublishUssdMenu,
        answers=UssdMenuShown,
        refusals=(400, 404, 409),
        curl=curl("POST", "/ussd/menus/menu-uuid/publish", '{ "note": "Opening hours of May" }'),
        idempotent=True,
    )
    async def publish_ussd_menu(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Publish the draft of a menu.

        It becomes the next version, which never changes and answers from now on, at every node within a second. Sessions under way
        go on with the version that they began with. A draft with faults is 400 `bad_definition`, which names all of them. With the
        `revision` that you have read nothing is published that you have not seen: 409 `menu_changed`.
        """
        asked = parse(PublishUssdMenu, request)
        said = Publishing(asked.note.strip(), None if asked.revision is ABSENT else asked.revision)
        octets = await self._menus.publish(
            caller.by, caller.team.id, uuid, said, self._now_ms(), Reply(caller.mark, _told)
        )
        return replay(request, octets)

    @route(
        "POST",
        "/ussd/menus/{uuid}/secret",
        scopes=SCOPES,
        answers=UssdMenuSecret,
        refusals=(404,),
        curl=curl("POST", "/ussd/menus/menu-uuid/secret"),
    )
    async def rotate_ussd_menu_secret(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Give a menu a new secret.

        The calls of its webhooks are signed with it from now on, as those of webhooks are. It is shown this once, so the call
        takes no `Idempotency-Key`.
        """
        return answer(request, {"secret": await self._menus.rotate(caller.by, caller.team.id, uuid)})

    async def _read(self, was: Mapping[str, Any], asked: ChangeUssdMenu | CreateUssdMenu) -> Mapping[str, Any]:
        """Return a definition as it is kept: what it was, with what is given in its place.

        Raises:
            BadDefinition: it cannot be read.
        """
        given = {name: getattr(asked, name) for name in _PARTS}
        definition = {**was, **{name: value for name, value in given.items() if value is not ABSENT}}
        written: Mapping[str, Any] = await self._aside(
            _written, definition
        )  # 500 screens take some hundredths of a second
        return written


def _written(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    return menu_json(read_menu(definition))


def _checked(faults: tuple[Fault, ...] | Any) -> UssdMenuCheck:
    return {"ok": not faults, "faults": [_fault_shown(each) for each in faults]}


def _fault_shown(fault: Fault) -> FaultShown:
    return {"field": fault.field, "code": fault.code, "message": fault.message}


def _told(made: MenuRecord) -> bytes:
    return success(menu_shown(made))
