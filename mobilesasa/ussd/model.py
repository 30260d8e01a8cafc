"""A USSD menu as a value, and where somebody stands in it.

How to think about it: a menu is screens by id, and each has a kind. Four kinds are shown, and wait for what the person types:
`choices`, `input`, `message` (anything that is typed leads on) and `end` (nothing is waited for). Two are passed through
without being seen: an `action` does something, a `condition` looks at variables and decides where to go on.

    start ─▶ choices ─1─▶ input ─▶ condition ─▶ action (webhook, its answer is shown) ─▶ message ─▶ end
                     └2─▶ end

A `Session` is all there is of a conversation: JSON both ways, a few hundred octets. `engine` takes one and what was typed,
and gives a `Step`: the session as it is now, what to show, and what to do.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import attrs

from mobilesasa.values import hot_value

NAME_CHARACTERS: Final = 100
SCREENS_MAX: Final = 500  # of a menu that is published
ID_CHARACTERS: Final = 60
TEXT_CHARACTERS: Final = 2000  # of a screen, before variables are filled in
LABEL_CHARACTERS: Final = 200
CHOICES_MAX: Final = 100
RULES_MAX: Final = 50
ACTIONS_MAX: Final = 10  # of a screen
VALUE_CHARACTERS: Final = 500  # of a variable; what is longer is cut
INPUT_CHARACTERS: Final = 200  # of what is typed; what is longer is no answer to anything
HISTORY_MAX: Final = 50  # screens that `0` leads back through
VARIABLES_MAX: Final = 200  # that a menu sets, when it is published
CALLS_MAX: Final = 5  # webhooks that are asked, one after the other, before something is shown
SHORTCUT_MAX: Final = 20  # inputs that may be dialled with the code

BACK_KEY: Final = "0"
MORE_KEY: Final = "98"

#: Variables that the platform fills; no menu sets them. `input` is what was typed last.
BUILT_IN: Final = ("msisdn", "code", "network", "first_name", "last_name", "input")

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class ScreenKind(enum.StrEnum):
    """What a screen does."""

    CHOICES = "choices"
    INPUT = "input"
    MESSAGE = "message"
    ACTION = "action"  # not shown, but for the answer of a webhook
    CONDITION = "condition"  # not shown
    END = "end"

    @property
    def is_shown(self) -> bool:
        """Whether the person sees it by itself."""
        return self not in (ScreenKind.ACTION, ScreenKind.CONDITION)


class InputKind(enum.StrEnum):
    """What may be typed into a screen."""

    TEXT = "text"
    NUMBER = "number"
    PHONE = "phone"  # kept as E.164 digits without the plus
    AMOUNT = "amount"  # of money: above 0 unless `least` says else, with two decimals at most
    DATE = "date"  # day first; kept as 2026-12-24


class Op(enum.StrEnum):
    """How a rule compares a variable with its value; numbers as numbers, texts without regard to case."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"  # this and the next three: numbers, or dates
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IN = "in"  # is one of a list
    INCLUDES = "includes"
    SET = "set"  # has a value that is not empty; the rule has none
    UNSET = "unset"


@attrs.frozen(kw_only=True)
class Choice:
    """A line that can be chosen by its number."""

    key: str  # one to three digits
    label: str
    next: str  # a screen's id
    sets: Mapping[str, str] = _NONE  # variables, and what they become; values may have variables


@attrs.frozen(kw_only=True)
class Input:
    """What may be typed, and where it is kept."""

    variable: str
    kind: InputKind = InputKind.TEXT
    least: Decimal | date | None = None  # of a text its characters; of a number or an amount itself; of a date the day
    most: Decimal | date | None = None
    pattern: str | None = None  # of a text, the whole of which must fit (`patterns`)
    error: str | None = None  # what is said to other input; None: ours


@attrs.frozen
class When:
    """What must hold of a variable."""

    variable: str
    op: Op
    value: str | Sequence[str] = ""  # a sequence: of IN alone


@attrs.frozen
class Rule:
    """Where a condition leads when something holds."""

    when: When
    next: str


@attrs.frozen(kw_only=True)
class SendSms:
    """Send a message; `to` and `text` may have variables."""

    to: str = "{msisdn}"
    sender_id: str
    text: str = attrs.field(repr=False)


@attrs.frozen
class StartSurvey:
    """Invite the person to a survey."""

    survey: str  # uuid


@attrs.frozen
class AddToGroup:
    """Put the person into a group of contacts."""

    group: str  # uuid


@attrs.frozen(kw_only=True)
class Webhook:
    """Tell a team's system, and perhaps show what it answers.

    The engine fills `screen` and `sends` in those that it hands out.
    """

    url: str
    show: bool = False  # its answer is shown; such a one is the last action of its screen
    variables: Sequence[str] = ()  # that its answer may set
    screen: str = ""  # where in the menu it was called
    sends: Mapping[str, str] = attrs.field(default=_NONE, repr=False)  # all variables, as they were there


Action: TypeAlias = SendSms | StartSurvey | AddToGroup | Webhook


@attrs.frozen(kw_only=True)
class Screen:
    """One screen; which of the rest is there depends on the kind."""

    id: str
    kind: ScreenKind
    text: str = ""  # of those that are shown
    choices: Sequence[Choice] = ()  # of CHOICES
    input: Input | None = None  # of INPUT
    next: str | None = None  # of INPUT, MESSAGE and ACTION; an ACTION without it is an end
    actions: Sequence[Action] = ()  # of ACTION, and of END when it is shown
    rules: Sequence[Rule] = ()  # of CONDITION, the first that holds leads on
    otherwise: str | None = None  # of CONDITION: where it leads when none holds


@attrs.frozen(kw_only=True)
class Options:
    """How a menu behaves."""

    resume_minutes: int = 5  # for so long who was cut off may go on; 0: never
    back: bool = True  # `0` leads back, where a screen does not use it itself
    more: bool = True  # what is too long for a screen is shown in pages; else such a menu cannot be published
    screen_septets: int = 182  # of a page


@attrs.frozen(kw_only=True)
class Menu:
    """A menu, as it is drafted and as it is published."""

    name: str
    language: str = "en"
    start: str
    screens: Mapping[str, Screen]  # by id, in the order in which they were written
    options: Options = Options()
    texts: Mapping[str, str] = _NONE  # words of ours that are said otherwise (`words`)


class Mode(enum.StrEnum):
    """What a session waits for."""

    SHOWN = "shown"  # the person, who sees a screen
    WAITING = "waiting"  # a webhook
    TOLD = "told"  # the person, who sees what a webhook answered
    OVER = "over"  # nothing


@hot_value
class Session:
    """Where somebody stands in a menu. It never holds more than the menu's variables and what bounds above say."""

    screen: str = ""  # the id; empty before the start
    mode: Mode = Mode.SHOWN
    page: int = 0  # of the screen, from 0
    history: tuple[str, ...] = ()  # ids of the screens behind, the last is where `0` leads
    variables: Mapping[str, str] = attrs.field(default=_NONE, repr=False)
    told: str = attrs.field(default="", repr=False)  # what a webhook answered, while it is shown
    ends: bool = False  # and that is the last that is shown
    hinted: bool = False  # what was typed was no answer, and the screen says so …
    hint_page: int = 0  # … on this page
    resuming: bool = False  # the person is asked whether to go on
    pending: tuple[str, ...] = attrs.field(default=(), repr=False)  # of a shortcut: what is typed after the webhook
    steps: int = 0  # how often something was said
    calls: int = 0  # webhooks that were asked since something was typed


@attrs.frozen(kw_only=True)
class Result:
    """What a webhook that is shown answered."""

    text: str = attrs.field(default="", repr=False)  # empty: nothing is shown, and the menu goes on
    end: bool = False
    variables: Mapping[str, str] = attrs.field(default=_NONE, repr=False)  # those that it may not set are left out


@hot_value
class Step:
    """What comes of an input.

    `entered` and `left` are ids of screens that are shown, in order, and may name one twice. A session that is entered at
    a screen and does not leave it drops off there; an `end` is left when its last page was shown.
    """

    session: Session
    say: str | None  # what is shown now; None: nothing before the webhook that is waited for has answered
    end: bool  # the session ends with it
    does: tuple[Action, ...] = ()  # filled in, in order; those of webhooks that are waited for are not among them
    waits: Webhook | None = None  # to be called; its `Result` goes to `engine.answered`
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    trouble: str = ""  # why the session ends with an apology, where the menu is to blame

    @property
    def screen(self) -> str:
        """The id of the screen that the person is at."""
        return self.session.screen


class BadSession(ValueError):
    """What was handed in is no session."""


def session_json(session: Session) -> dict[str, Any]:
    """Return a session as JSON holds it; what is at its default is left out."""
    return {key: write(value) for key, plain, write in _WRITTEN if (value := getattr(session, key)) != plain}


def read_session(given: object) -> Session:
    """Return a session from what `session_json` gave, perhaps by way of somebody else.

    Raises:
        BadSession: it is none.
    """
    if not isinstance(given, dict):
        raise BadSession("a session is an object")
    read: dict[str, Any] = {}
    for key, value in given.items():
        if key not in _READ:
            raise BadSession("a session has no such key")
        read[key] = _READ[key](value)
    return Session(**read)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_CHARACTERS:
        raise BadSession("a text was expected")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1_000_000:
        raise BadSession("a number was expected")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadSession("true or false was expected")
    return value


def _mode(value: object) -> Mode:
    try:
        return Mode(_text(value))
    except ValueError:
        raise BadSession("there is no such mode") from None


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > HISTORY_MAX:
        raise BadSession("a list of texts was expected")
    return tuple(_text(each) for each in value)


def _mapping(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 2 * SCREENS_MAX:
        raise BadSession("an object of texts was expected")
    return {_text(key): _text(each) for key, each in value.items()}


_READ: Final[Mapping[str, Callable[[object], Any]]] = {
    "screen": _text,
    "mode": _mode,
    "page": _number,
    "history": _texts,
    "variables": _mapping,
    "told": _text,
    "ends": _flag,
    "hinted": _flag,
    "hint_page": _number,
    "resuming": _flag,
    "pending": _texts,
    "steps": _number,
    "calls": _number,
}
_WRITES: Final[Mapping[str, Any]] = {"mode": str, "history": list, "variables": dict, "pending": list}
_WRITTEN: Final = tuple(
    (field.name, field.default, _WRITES.get(field.name, lambda value: value)) for field in attrs.fields(Session)
)
