"""The simulator: a menu is walked through as a phone would, by the same engine, without a carrier (decision 84)."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, TypedDict

import attrs
import orjson
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, Said, parse
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.ussd import SCOPES
from mobilesasa.api.resources.ussd_bodies import SimulateUssd, WebhookSays
from mobilesasa.api.routes import route
from mobilesasa.sms.alphabet import gsm_length
from mobilesasa.sms.numbers import BadNumber, normalise_fast
from mobilesasa.ussd import engine
from mobilesasa.ussd.compiled import CompiledMenu, compiled
from mobilesasa.ussd.dialling import checked_code
from mobilesasa.ussd.model import BadSession, Result, Session, Step, read_session, session_json
from mobilesasa.ussd.paging import Limit, units_of
from mobilesasa.ussd.reading import action_json, read_menu

_NOBODY: Final = "254700000000"  # who dials where no number is given
_NAMELESS: Final = "Menu"  # what a definition without a name is called
_DIGEST_OCTETS: Final = 9
_MENUS_KEPT: Final = 8  # in memory; one of 500 screens takes some megabytes (I7)

_SIMULATE = """{
    "menu": "menu-uuid",
    "phone": "+254712345678"
  }"""


class ScreenSize(TypedDict):
    """How much of a screen is taken."""

    alphabet: Annotated[str, Said("gsm7: septets are counted; ucs2: units of UTF-16", example="gsm7")]
    taken: Annotated[int, Said("So much of it is", example=71)]
    most: Annotated[int, Said("So much it holds", example=182)]


class UssdSimulated(TypedDict):
    """What the phone shows, and what would be done."""

    text: Annotated[str | None, Said("What is shown; null: an address is asked first", example="Welcome to Acme.")]
    end: Annotated[bool, Said("Whether the session ends with it")]
    session: Annotated[str | None, Said("What to send with the next input; null: the session is over")]
    screen: Annotated[str, Said("The name of the screen", example="welcome")]
    size: Annotated[ScreenSize | None, Said("How much of the phone's screen the text takes; null: there is none")]
    actions: Annotated[list[dict[str, Any]], Said("What would be done now; nothing is", example=[])]
    webhook: Annotated[
        dict[str, Any] | None,
        Said("The address that would be asked, with what it is sent; give its answer as `webhook`"),
    ]
    variables: Annotated[dict[str, str], Said("The variables as they are", example={"first_name": "Jane"})]


@attrs.frozen
class _Phone:
    """What the phone does, read."""

    facts: Mapping[str, str] = attrs.field(repr=False)
    asked: SimulateUssd
    country: str


class UssdSimulator:
    """Walks through menus of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._menus = node.ussd.menus
        self._aside = node.aside

    @route(
        "POST",
        "/ussd/simulate",
        scopes=SCOPES,
        body=SimulateUssd,
        answers=UssdSimulated,
        refusals=(400, 404),
        curl=curl("POST", "/ussd/simulate", _SIMULATE),
        reads=True,
    )
    async def simulate_ussd(self, request: IRequest, caller: Caller) -> bytes:
        """Walk through a menu as a phone would.

        A draft, a version, or a definition that is kept nowhere, by the same engine as on the way of a carrier. The first call
        dials; each answer has a `session`, which goes with the next `input`. Nothing is sent, done, called or counted: `actions`
        tells what would be.
        """
        asked = parse(SimulateUssd, request, beside=())
        definition = await self._definition(caller, asked)
        phone = _Phone(await self._facts(caller, asked), asked, caller.team.country)
        return answer(request, await self._aside(_simulated, definition, phone))

    async def _definition(self, caller: Caller, asked: SimulateUssd) -> Mapping[str, Any]:
        """Return what is walked through.

        Raises:
            Problem: 400, not one of a menu and a definition is given.
            NotFound: there is no such menu, or version of it.
        """
        if (asked.menu is None) == (asked.definition is None):
            raise bad_field("menu", "must be given, or a definition, and not both")
        if asked.definition is not None:
            return {"name": _NAMELESS, **asked.definition}
        found = await self._menus.find(caller.team.id, asked.menu or "")
        if asked.version is None:
            return found.definition or {}
        return (await self._menus.version(caller.team.id, found.uuid, asked.version)).definition or {}

    async def _facts(self, caller: Caller, asked: SimulateUssd) -> Mapping[str, str]:
        """Return what is known of who dials."""
        msisdn, person = _NOBODY, {}
        if asked.phone is not None:
            try:
                msisdn = normalise_fast(asked.phone, caller.team.country)
            except BadNumber as bad:
                raise bad_field("phone", f"is no phone number: {bad}") from bad
            person = dict(await self._menus.person(caller.team.id, msisdn))
        return {**person, "msisdn": msisdn, "code": checked_code(asked.code), "network": asked.network}


def _simulated(definition: Mapping[str, Any], phone: _Phone) -> UssdSimulated:
    """Return what comes of one thing that a phone does; runs on a thread, for large menus take some hundredths of a second.

    Raises:
        BadDefinition: it cannot be read.
        Problem: 400, the session is of another definition, or it is not said what happens in it.
    """
    octets = orjson.dumps(definition, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(octets).digest()[:_DIGEST_OCTETS].hex()
    menu = _compiled(octets, phone.country)
    asked, limit = phone.asked, Limit.of(phone.asked.screen_septets)
    if asked.session is None:
        _check_dials(asked)
        step = engine.start(menu, phone.facts, asked.ahead or (), limit)
    else:
        session = _session(asked.session, digest)
        if asked.redial:
            step = engine.resume(menu, session, limit)
        elif asked.webhook is not ABSENT:
            step = engine.answered(menu, session, _result(asked.webhook), limit)
        elif asked.input is not None:
            step = engine.reply(menu, session, asked.input, limit)
        else:
            raise bad_field("input", "must be given with a session, or webhook, or redial")
    return _shown(step, digest, limit)


@lru_cache(_MENUS_KEPT)
def _compiled(octets: bytes, country: str) -> CompiledMenu:
    """Return a menu of its JSON; who walks through one takes many steps in it."""
    return compiled(read_menu(orjson.loads(octets)), country)


def _check_dials(asked: SimulateUssd) -> None:
    """See that who dials does nothing else.

    Raises:
        Problem: 400, something is given that happens in a session.
    """
    given = {"input": asked.input is not None, "redial": asked.redial, "webhook": asked.webhook is not ABSENT}
    for name, is_given in given.items():
        if is_given:
            raise bad_field(
                name, "needs the session of the answer before; without one somebody dials, and `ahead` is typed"
            )


def _result(said: WebhookSays | None) -> Result | None:
    return None if said is None or said.fails else Result(text=said.text, end=said.end, variables=said.variables or {})


def _shown(step: Step, digest: str, limit: Limit) -> UssdSimulated:
    webhook = None if step.waits is None else {**action_json(step.waits), "sends": dict(step.waits.sends)}
    return {
        "text": step.say,
        "end": step.end,
        "session": None if step.end else _opaque(step.session, digest),
        "screen": step.screen,
        "size": None if step.say is None else _size(step.say, limit),
        "actions": [action_json(each) for each in step.does],
        "webhook": webhook,
        "variables": dict(step.session.variables),
    }


def _size(text: str, limit: Limit) -> ScreenSize:
    septets, units = gsm_length(text), units_of(text)
    if septets is not None and (septets <= limit.septets or units > limit.units):
        return {"alphabet": "gsm7", "taken": septets, "most": limit.septets}
    return {"alphabet": "ucs2", "taken": units, "most": limit.units}


def _opaque(session: Session, digest: str) -> str:
    octets = orjson.dumps([digest, session_json(session)])
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _session(text: str, digest: str) -> Session:
    """Return a session that was told before.

    Raises:
        Problem: 400, it is none, or of another definition.
    """
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        of, state = orjson.loads(octets)
        session = read_session(state)
    except (ValueError, TypeError, BadSession):  # also of base64 and of JSON
        raise bad_field("session", "must be the session of an answer before") from None
    if of != digest:
        raise bad_field("session", "is of a menu that was changed meanwhile; dial again")
    return session
