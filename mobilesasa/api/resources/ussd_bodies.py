"""What a team says of its extensions, menus and sessions of USSD."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import attrs

from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import ABSENT, Absent, Said
from mobilesasa.api.resources.ussd_shapes import MENU_UUID, OPTIONS, OPTIONS_DOC, SCREENS, SCREENS_DOC, TEXTS_DOC
from mobilesasa.api.times import Instant
from mobilesasa.ussd.paging import SEPTETS, SEPTETS_MIN
from mobilesasa.ussd.views import EXTENSION_CHARACTERS, NAME_CHARACTERS, WORDS_CHARACTERS

_INPUT_CHARACTERS: Final = 500
_AHEAD_MOST: Final = 20
_LAST_VERSION: Final = 2**31 - 1
_SESSION_CHARACTERS: Final = 300_000
_CALLBACK = "The address that is called for each screen instead of a menu; null: none"
_MENU = "The uuid of the menu that answers, which must have been published; null: none"
_SMPP = "True: your own program answers, on an SMPP bind"


@attrs.frozen(kw_only=True)
class ListUssdCodes:
    """Which codes are listed."""

    available: Annotated[
        bool, Said("True: instead of your own, those on which you can ask for an extension: shared, or had by nobody")
    ] = False


@attrs.frozen(kw_only=True)
class ListUssdExtensions(ListPage):
    """Which extensions are listed."""

    status: Annotated[
        Literal["requested", "approved", "rejected", "suspended", "any"],
        Said("Only extensions that stand there; `any`: all of them"),
    ] = "approved"


@attrs.frozen(kw_only=True)
class AnswerUssdExtension:
    """Who answers at an extension: one of the three, or nobody."""

    menu: Annotated[str | Absent | None, Said(_MENU, example=MENU_UUID)] = ABSENT
    callback_url: Annotated[str | Absent | None, Said(_CALLBACK)] = ABSENT
    smpp: Annotated[bool | Absent, Said(_SMPP)] = ABSENT


@attrs.frozen(kw_only=True)
class RequestUssdExtension(AnswerUssdExtension):
    """An extension that a team asks for."""

    code: Annotated[str, Said("The digits of the service code", example="384", longest=EXTENSION_CHARACTERS)]
    extension: Annotated[
        str, Said("What stands behind it; empty: the whole of a dedicated code", "7", longest=EXTENSION_CHARACTERS)
    ] = ""
    note: Annotated[str, Said("For the operator, who decides", example="Our shops", longest=WORDS_CHARACTERS)] = ""


@attrs.frozen(kw_only=True)
class ListUssdMenus(ListPage):
    """Which menus are listed."""

    search: Annotated[str | None, Said("Only those with this in their names, in any case", "acme", longest=100)] = None


@attrs.frozen(kw_only=True)
class _UssdDefinition:
    """What a menu says."""

    name: Annotated[str | Absent, Said("What people call it", example="Acme", longest=NAME_CHARACTERS)] = ABSENT
    language: Annotated[
        str | Absent, Said("Of our own words: en or sw; any other needs all of `texts`", example="en", longest=20)
    ] = ABSENT
    start: Annotated[str | Absent, Said("The name of the first screen", example="welcome")] = ABSENT
    screens: Annotated[dict[str, Any] | Absent, Said(SCREENS_DOC, example=dict(SCREENS))] = attrs.field(
        default=ABSENT, repr=False
    )
    options: Annotated[dict[str, Any] | Absent, Said(OPTIONS_DOC, example=dict(OPTIONS))] = ABSENT
    texts: Annotated[dict[str, Any] | Absent, Said(TEXTS_DOC, example={})] = ABSENT


@attrs.frozen(kw_only=True)
class CreateUssdMenu(_UssdDefinition):
    """A menu; what is left out can be said later."""

    name: Annotated[str, Said("What people call it", example="Acme", longest=NAME_CHARACTERS)]


_REVISION: Final = Said(
    "The revision that you have read; 409 `menu_changed` where somebody else was faster",
    minimum=1,
    maximum=_LAST_VERSION,
)


@attrs.frozen(kw_only=True)
class ChangeUssdMenu(_UssdDefinition):
    """What of the draft of a menu is to change; `screens`, `options` and `texts` are replaced as a whole."""

    revision: Annotated[int | Absent, _REVISION] = ABSENT


@attrs.frozen(kw_only=True)
class PublishUssdMenu:
    """What is said of a version."""

    revision: Annotated[int | Absent, _REVISION] = ABSENT

    note: Annotated[
        str, Said("For those who look at the versions", example="Opening hours of May", longest=WORDS_CHARACTERS)
    ] = ""


@attrs.frozen(kw_only=True)
class ListUssdDropOff:
    """Which days and which version are counted."""

    version: Annotated[int | None, Said("Only this version", minimum=1, maximum=_LAST_VERSION)] = None
    date_from: Annotated[
        str | None, Said("The first day, YYYY-MM-DD, of UTC; 30 days if omitted", example="2026-05-01")
    ] = None
    date_to: Annotated[str | None, Said("The last day; today if omitted", example="2026-05-11")] = None


@attrs.frozen(kw_only=True)
class ListUssdSessions(ListPage):
    """Which sessions are listed."""

    live: Annotated[bool | None, Said("True: only those under way; false: only those that are over")] = None
    status: Annotated[
        Literal["live", "ended", "aborted", "timeout", "dropped"] | None, Said("Only those that stand there")
    ] = None
    trouble: Annotated[bool | None, Said("True: only those in which something went wrong; false: only others")] = None
    phone: Annotated[str | None, Said("Only those of this phone number", example="+254712345678")] = None
    extension: Annotated[str | None, Said("Only those of the extension of this uuid")] = None
    menu: Annotated[str | None, Said("Only those of the menu of this uuid")] = None
    created_from: Annotated[Instant | None, Said("Only those that began then or later")] = None
    created_to: Annotated[Instant | None, Said("Only those that began before then")] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None


@attrs.frozen(kw_only=True)
class WebhookSays:
    """What the address that a menu asks is taken to answer."""

    text: Annotated[str, Said("What is shown; empty: the menu goes on", example="Your balance is KES 1,200")] = ""
    end: Annotated[bool, Said("Whether the session ends with it")] = False
    variables: Annotated[dict[str, str] | None, Said("Variables that it sets", example={"balance": "1200"})] = (
        attrs.field(default=None, repr=False)
    )
    fails: Annotated[bool, Said("True: it does not answer in time")] = False


@attrs.frozen(kw_only=True)
class SimulateUssd:
    """One thing that a phone does: it dials, or somebody types."""

    menu: Annotated[str | None, Said("The uuid of a menu; or else give a definition", example=MENU_UUID)] = None
    version: Annotated[
        int | None, Said("A version of the menu; the draft if omitted", minimum=1, maximum=_LAST_VERSION)
    ] = None
    definition: Annotated[
        dict[str, Any] | None, Said("A menu that is kept nowhere: its name, start, screens, …")
    ] = attrs.field(default=None, repr=False)  # fmt: skip
    phone: Annotated[
        str | None, Said("Who dials; your contact of this number gives names", example="+254712345678")
    ] = None
    network: Annotated[str, Said("That they are of", example="Safaricom", longest=64)] = ""
    code: Annotated[str, Said("The service code that they dial", example="384", longest=20)] = "384"
    ahead: Annotated[
        list[str] | None,
        Said("What they dial behind the extension: so many inputs at once", example=["2"], most=_AHEAD_MOST),
    ] = attrs.field(default=None, repr=False)
    screen_septets: Annotated[
        int, Said("What a screen of their carrier holds", minimum=SEPTETS_MIN, maximum=SEPTETS)
    ] = SEPTETS
    session: Annotated[
        str | None, Said("The `session` of the answer before; without one somebody dials", longest=_SESSION_CHARACTERS)
    ] = attrs.field(default=None, repr=False)
    input: Annotated[str | None, Said("What they type", example="1", longest=_INPUT_CHARACTERS)] = attrs.field(
        default=None, repr=False
    )
    redial: Annotated[bool, Said("True: they were cut off, and dial again")] = False
    webhook: Annotated[
        WebhookSays | Absent | None,
        Said("What the address that is asked answers, for nothing is called; null: it does not answer"),
    ] = attrs.field(default=ABSENT, repr=False)  # fmt: skip
