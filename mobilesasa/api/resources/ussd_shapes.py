"""Codes, extensions, menus and sessions of USSD as their team sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypedDict

from mobilesasa.api.admin.lists import PageShown
from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.requests import Said
from mobilesasa.sms.numbers import shown
from mobilesasa.ussd.views import (
    CodeRecord,
    ExtensionRecord,
    MenuRecord,
    SessionRecord,
    VersionRecord,
    dial_of,
)

MENU_UUID: Final = "3d0c9b1e-5c00-4d21-9a3b-0c5d7e8f9a10"
EXTENSION_UUID: Final = "6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10"
#: The screens of a menu, as it is said and shown.
SCREENS: Final[Mapping[str, Any]] = {
    "welcome": {
        "kind": "choices",
        "text": "Hello {first_name:there}, welcome to Acme.",
        "choices": [
            {"key": "1", "label": "Opening hours", "next": "hours"},
            {"key": "2", "label": "Call me back", "next": "number"},
        ],
    },
    "hours": {"kind": "end", "text": "We are open from 8 to 6, Monday to Saturday."},
    "number": {
        "kind": "input",
        "text": "Your number:",
        "input": {"variable": "number", "type": "phone"},
        "next": "thanks",
    },
    "thanks": {
        "kind": "end",
        "text": "Thank you, we call {number}.",
        "actions": [
            {"kind": "send_sms", "sender_id": "MYAPP", "to": "{number}", "text": "We call you within the hour."}
        ],
    },
}
OPTIONS: Final[Mapping[str, Any]] = {"resume_minutes": 5, "back": True, "more": True}

SCREENS_DOC: Final = "The screens by their names, up to 500; the guide to USSD has all that a screen may have"
OPTIONS_DOC: Final = "How it is shown and resumed, each with its default"
TEXTS_DOC: Final = "Words of ours that are said otherwise, such as `more`"
_SCREENS_SAID = Said(SCREENS_DOC, example=dict(SCREENS))


class UssdCodeShown(TypedDict):
    """A service code (decision 82)."""

    uuid: Annotated[str, Said("Names the code", example="0c0de000-5c00-4d21-9a3b-0c5d7e8f9a10")]
    code: Annotated[str, Said("Its digits", example="384")]
    type: Annotated[
        Literal["dedicated", "shared"],
        Said("A dedicated code is one team's; on a shared one each has an extension", example="shared"),
    ]
    networks: Annotated[list[str], Said("That carry it; none: it is not said", example=("Safaricom", "Airtel"))]
    status: Annotated[Literal["pending", "approved", "suspended"], Said("Where it stands", example="approved")]


class UssdCodeList(TypedDict):
    """Service codes."""

    items: list[UssdCodeShown]


class UssdExtensionShown(TypedDict):
    """What people dial, and who answers them (decision 83)."""

    uuid: Annotated[str, Said("Names the extension", example=EXTENSION_UUID)]
    code: Annotated[str, Said("The digits of its service code", example="384")]
    extension: Annotated[str, Said("What stands behind the code; empty: the whole of a dedicated code", example="7")]
    dial: Annotated[str, Said("What people dial", example="*384*7#")]
    status: Annotated[
        Literal["requested", "approved", "rejected", "suspended"], Said("Where it stands", example="approved")
    ]
    code_status: Annotated[
        Literal["pending", "approved", "suspended"],
        Said("Where its code stands; nobody is answered unless both are approved", example="approved"),
    ]
    menu: Annotated[str | None, Said("The uuid of the menu that answers; null: none does", example=MENU_UUID)]
    menu_name: Annotated[str | None, Said("What that menu is called", example="Acme")]
    callback_url: Annotated[str | None, Said("What is called for each screen instead; null: nothing is")]
    smpp: Annotated[bool, Said("Whether your own program answers, on an SMPP bind")]
    note: Annotated[str, Said("What you said of it", example="Our shops")]
    reason: Annotated[str, Said("What the operator said of it", example="")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    decided_at: Annotated[str | None, Said("When the operator last decided, UTC")]


class UssdExtensionPage(PageShown):
    """A page of extensions."""

    items: list[UssdExtensionShown]


class UssdMenuListed(TypedDict):
    """A menu in a list."""

    uuid: Annotated[str, Said("Names the menu", example=MENU_UUID)]
    name: Annotated[str, Said("What people call it", example="Acme")]
    language: Annotated[str, Said("Of its own words, such as those of a wrong answer", example="en")]
    screen_count: Annotated[int, Said("Screens of the draft", example=4)]
    revision: Annotated[int, Said("Of the draft; each change adds 1", example=3)]
    version: Annotated[int | None, Said("The last that was published; null: none was", example=1)]
    changed: Annotated[bool, Said("Whether the draft says anything else than that version")]
    dials: Annotated[list[str], Said("Where it answers", example=("*384*7#",))]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    updated_at: Annotated[str, Said("When the draft was last changed, UTC", example="2026-05-11T09:00:00Z")]
    published_at: Annotated[str | None, Said("When the last version was published, UTC")]


class UssdMenuShown(UssdMenuListed):
    """A menu with its draft."""

    start: Annotated[str, Said("The name of the first screen", example="welcome")]
    screens: Annotated[dict[str, Any], _SCREENS_SAID]
    options: Annotated[dict[str, Any], Said(OPTIONS_DOC, example=dict(OPTIONS))]
    texts: Annotated[dict[str, Any], Said(TEXTS_DOC, example={})]


class UssdMenuPage(PageShown):
    """A page of menus."""

    items: list[UssdMenuListed]


class UssdVersionListed(TypedDict):
    """A version of a menu in a list."""

    menu: Annotated[str, Said("The uuid of the menu", example=MENU_UUID)]
    version: Annotated[int, Said("Its number, from 1", example=1)]
    note: Annotated[str, Said("What was said when it was published", example="Opening hours of May")]
    published_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    published_by: Annotated[str, Said("Who published it", example="Jane Doe")]


class UssdVersionShown(UssdVersionListed):
    """A version of a menu, which never changes."""

    name: Annotated[str, Said("What people called it", example="Acme")]
    language: Annotated[str, Said("Of its own words", example="en")]
    start: Annotated[str, Said("The name of the first screen", example="welcome")]
    screens: Annotated[dict[str, Any], _SCREENS_SAID]
    options: Annotated[dict[str, Any], Said(OPTIONS_DOC, example=dict(OPTIONS))]
    texts: Annotated[dict[str, Any], Said(TEXTS_DOC, example={})]


class UssdVersionPage(PageShown):
    """A page of versions."""

    items: list[UssdVersionListed]


class UssdSessionShown(TypedDict):
    """A session of somebody who dialled."""

    uuid: Annotated[str, Said("Names the session", example="01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10")]
    phone: Annotated[str, Said("Who dialled", example="+254712345678")]
    dial: Annotated[str, Said("The code and the extension that was dialled", example="*384*7#")]
    extension: Annotated[str | None, Said("The uuid of that extension; null: it is gone", example=EXTENSION_UUID)]
    network: Annotated[str, Said("As the carrier calls it", example="63902")]
    gateway: Annotated[str, Said("By which it came", example="savanna")]
    menu: Annotated[str | None, Said("The uuid of the menu that answers; null: no menu does", example=MENU_UUID)]
    version: Annotated[int | None, Said("Of the menu, as it was when the session began", example=1)]
    screen: Annotated[str | None, Said("The name of the screen that was last shown", example="welcome")]
    steps: Annotated[int, Said("Screens that were shown", example=2)]
    status: Annotated[
        Literal["live", "ended", "aborted", "timeout", "dropped"], Said("Where it stands", example="ended")
    ]
    trouble: Annotated[
        str, Said("What went wrong: a callback that did not answer, or an action that could not be done", example="")
    ]
    started_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    last_at: Annotated[str, Said("When somebody last answered, UTC", example="2026-05-11T09:00:20Z")]
    ended_at: Annotated[str | None, Said("UTC", example="2026-05-11T09:00:20Z")]


class UssdSessionPage(PageShown):
    """A page of sessions."""

    items: list[UssdSessionShown]
    next_cursor: Annotated[str | None, Said("Goes on behind this page; null: this is the end")]


def code_shown(found: CodeRecord) -> UssdCodeShown:
    """Return a service code as teams see it."""
    return {
        "uuid": found.uuid,
        "code": found.code,
        "type": found.kind.value,
        "networks": list(found.networks),
        "status": found.status.value,
    }


def extension_shown(found: ExtensionRecord) -> UssdExtensionShown:
    """Return an extension as its team sees it."""
    return {
        "uuid": found.uuid,
        "code": found.code,
        "extension": found.extension,
        "dial": dial_of(found.code, found.extension),
        "status": found.status.value,
        "code_status": found.code_status.value,
        "menu": found.answering.menu_uuid,
        "menu_name": found.menu_name,
        "callback_url": found.answering.callback_url,
        "smpp": found.answering.smpp,
        "note": found.note,
        "reason": found.reason,
        "created_at": instant(found.created_at_ms),
        "decided_at": instant_or_none(found.decided_at_ms),
    }


def menu_listed(found: MenuRecord) -> UssdMenuListed:
    """Return a menu as it stands in a list."""
    return {
        "uuid": found.uuid,
        "name": found.name,
        "language": found.language,
        "screen_count": found.screens,
        "revision": found.revision,
        "version": found.version,
        "changed": found.changed,
        "dials": list(found.dials),
        "created_at": instant(found.created_at_ms),
        "updated_at": instant(found.updated_at_ms),
        "published_at": instant_or_none(found.published_at_ms),
    }


def menu_shown(found: MenuRecord) -> UssdMenuShown:
    """Return a menu with its draft."""
    definition = found.definition or {}
    return {
        **menu_listed(found),
        "start": definition.get("start", ""),
        "screens": dict(definition.get("screens", {})),
        "options": dict(definition.get("options", {})),
        "texts": dict(definition.get("texts", {})),
    }


def version_listed(found: VersionRecord) -> UssdVersionListed:
    """Return a version as it stands in a list."""
    return {
        "menu": found.menu_uuid,
        "version": found.version,
        "note": found.note,
        "published_at": instant(found.published_at_ms),
        "published_by": found.published_by,
    }


def version_shown(found: VersionRecord) -> UssdVersionShown:
    """Return a version with what it says."""
    definition = found.definition or {}
    return {
        **version_listed(found),
        "name": definition.get("name", ""),
        "language": definition.get("language", ""),
        "start": definition.get("start", ""),
        "screens": dict(definition.get("screens", {})),
        "options": dict(definition.get("options", {})),
        "texts": dict(definition.get("texts", {})),
    }


def session_shown(found: SessionRecord) -> UssdSessionShown:
    """Return a session as its team sees it."""
    return {
        "uuid": found.uuid,
        "phone": shown(found.msisdn) if found.msisdn.isdigit() else found.msisdn,
        "dial": dial_of(found.code, found.extension),
        "extension": found.extension_uuid,
        "network": found.network,
        "gateway": found.gateway,
        "menu": found.menu_uuid,
        "version": found.version,
        "screen": found.screen,
        "steps": found.steps,
        "status": found.status.value,
        "trouble": found.trouble,
        "started_at": instant(found.started_at_ms),
        "last_at": instant(found.last_at_ms),
        "ended_at": instant_or_none(found.ended_at_ms),
    }
