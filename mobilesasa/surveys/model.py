"""A survey as a value: its questions, how they lead on, and how far somebody has come with them.

How to think about it: a *definition* is what a team wrote. A *draft* can be changed; a published *version* cannot, and a response
keeps the version that it began with. A *response* is one conversation of one phone with one code; its `State` is all that the
engine knows of it, and goes to JSON and back. `reading` makes definitions of JSON, `checking` says what keeps one from being published,
`engine` talks.

    question ─answer─▶ the first of its rules that fits ─▶ a question, or the end
                       else the option that was chosen, if it leads anywhere
                       else `next` of the question
                       else the following question; behind the last one, the end
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

import attrs

#: What an answer means: a text or a date (YYYY-MM-DD), the code of an option, a number, yes or no; codes of several options.
Value: TypeAlias = str | int | float | bool | tuple[str, ...]
#: What a rule compares it with.
Compared: TypeAlias = str | int | float | bool | tuple[str | int | float | bool, ...]

#: Where a question leads that is followed by none.
END: Final = "end"

NAME_CHARACTERS: Final = 200
TEXT_CHARACTERS: Final = 2000  # of a question, an introduction, a thanks
LABEL_CHARACTERS: Final = 160
CODE_CHARACTERS: Final = 20
QUESTIONS_MAX: Final = 100
OPTIONS_MAX: Final = 50
RULES_MAX: Final = 50  # of one question
RATINGS_MAX: Final = 101  # from the least to the greatest
PARTS_MAX: Final = 10  # of whatever is said at once
ASKED_MAX: Final = 200  # questions that are put in one response, however they lead back to each other
RAW_CHARACTERS: Final = 2000  # of an answer that are kept with the response
_SHORT_CODE: Final = 3  # characters; a longer one does not stand before its option


class Kind(enum.StrEnum):
    """What is asked for (decision 78)."""

    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    NUMBER = "number"
    RATING = "rating"  # whole numbers, from 1 to 5 unless said otherwise
    NPS = "nps"  # 0 to 10: would you recommend us
    YES_NO = "yes_no"
    DATE = "date"
    TEXT = "text"

    @property
    def is_choice(self) -> bool:
        """Whether the answers are options."""
        return self in (Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE)

    @property
    def is_number(self) -> bool:
        """Whether answers can be added up."""
        return self in (Kind.NUMBER, Kind.RATING, Kind.NPS)


class Op(enum.StrEnum):
    """How a rule compares an answer with its value."""

    EQ = "eq"
    NE = "ne"
    IN = "in"  # one of several
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    INCLUDES = "includes"  # an option among those that were chosen, or words within a text
    EXCLUDES = "excludes"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


class SurveyStatus(enum.StrEnum):
    """What can be done with a survey."""

    DRAFT = "draft"  # was never published
    LIVE = "live"
    PAUSED = "paused"  # begins no conversation; those under way go on
    CLOSED = "closed"  # for ever; what was under way has expired


class Status(enum.StrEnum):
    """Where a response stands (decision 79)."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    EXPIRED = "expired"


class Reason(enum.StrEnum):
    """Why a response expired."""

    STOP = "stop"  # the person wants no more messages
    INVALID = "invalid"  # a required answer could not be read, however often it was asked for
    LAPSED = "lapsed"  # nothing came for too long
    CLOSED = "closed"  # the survey was
    TOO_LONG = "too_long"  # `ASKED_MAX` questions were put


#: Where ratings begin and end that say nothing else; a net promoter score is always so.
BOUNDS: Final[Mapping[Kind, tuple[int, int]]] = {Kind.RATING: (1, 5), Kind.NPS: (0, 10)}


def _least(kind: Kind) -> int | None:
    return BOUNDS[kind][0] if kind in BOUNDS else None


def _most(kind: Kind) -> int | None:
    return BOUNDS[kind][1] if kind in BOUNDS else None


@attrs.frozen(cache_hash=True)
class Option:
    """One of the answers to choose from."""

    uuid: str
    code: str
    label: str
    next: str | None = None  # a question's uuid, or `END`; of single choices alone


@attrs.frozen
class Rule:
    """Where an answer leads."""

    op: Op
    value: Compared | None  # None for `ANSWERED` and `UNANSWERED`; a tuple for `IN`
    next: str  # a question's uuid, or `END`
    question: str | None = None  # whose answer is looked at, its uuid; None: this one's


@attrs.frozen(kw_only=True)
class Question:
    """What is asked at once."""

    uuid: str
    kind: Kind
    text: str
    code: str | None = None  # a short name, of the column in exports
    required: bool = True  # what is not may be skipped, and is left when no answer can be read
    options: tuple[Option, ...] = ()
    show_options: bool = True  # behind the text; else the text names them itself
    minimum: int | float | None = attrs.field(default=attrs.Factory(lambda self: _least(self.kind), takes_self=True))
    maximum: int | float | None = attrs.field(default=attrs.Factory(lambda self: _most(self.kind), takes_self=True))
    whole: bool = False  # numbers without a fraction
    min_select: int = 1  # of multiple choices
    max_select: int | None = None  # None: all of them
    rules: tuple[Rule, ...] = ()
    next: str | None = None  # a question's uuid, or `END`; None: the following one

    @property
    def ratings(self) -> range:
        """All whole numbers between the bounds."""
        return range(int(self.minimum or 0), int(self.maximum or 0) + 1)

    @property
    def keys(self) -> tuple[str, ...]:
        """What stands before each option in the text: the codes if all are short, else 1, 2, 3."""
        codes = tuple(option.code for option in self.options)
        if all(len(code) <= _SHORT_CODE for code in codes):
            return codes
        return tuple(str(place) for place in range(1, len(codes) + 1))

    @property
    def numbers(self) -> tuple[str, ...]:
        """By what number each option is understood too: its place, from 1.

        Nothing where a code or a label has a figure: `2` may mean that.
        """
        if any(c.isnumeric() for option in self.options for c in option.code + option.label):
            return ()
        return tuple(str(place) for place in range(1, len(self.options) + 1))

    def option(self, code: str) -> Option | None:
        """Return the option of a code."""
        return next((option for option in self.options if option.code == code), None)

    def labels(self, value: Value | None) -> tuple[str, ...]:
        """Return the labels of what was chosen, in the order of the definition; nothing for other questions."""
        chosen = value if isinstance(value, tuple) else (value,)
        return tuple(option.label for option in self.options if option.code in chosen)


@attrs.frozen(kw_only=True)
class Conduct:
    """How a survey is conducted: `options` of its JSON."""

    reask: int = 2  # times, when an answer cannot be read
    reminder_after_h: int | None = 24  # without an answer; None: never
    lapse_after_h: int = 48  # without an answer (decision 80)
    repeat: Literal["once", "each_time"] = "once"  # whether a phone may answer again
    invitation_valid_h: int = 72  # for so long an invitation waits for another survey of the code to end (decision 81)


@attrs.frozen(kw_only=True)
class Definition:
    """What a team wrote: a draft, or a version that was published."""

    name: str
    language: str = "en"  # of our own words; ISO 639-1
    sender_id: str | None = None  # the short code or number that people answer to, digits
    keyword: str | None = None  # folded: whoever sends it to the code begins
    introduction: str = ""  # stands before the first question
    thanks: str = ""  # is said at the end
    questions: tuple[Question, ...] = ()
    conduct: Conduct = attrs.field(factory=Conduct)
    texts: Mapping[str, str] = attrs.field(factory=dict, hash=False)  # our own words, said otherwise: see `words`

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each question stands, from 0, by its uuid."""
        return {question.uuid: place for place, question in enumerate(self.questions)}

    def question(self, uuid: str) -> Question:
        """Return a question.

        Raises:
            KeyError: there is none.
        """
        return self.questions[self.places[uuid]]

    def following(self, uuid: str) -> str:
        """Return the question behind another, or `END`."""
        behind = self.places[uuid] + 1
        return self.questions[behind].uuid if behind < len(self.questions) else END


@attrs.frozen
class Answer:
    """What somebody said to a question."""

    question: str  # its uuid
    raw: str = attrs.field(repr=False)  # as it came
    value: Value | None = attrs.field(repr=False)  # None: it could not be read, or was skipped
    at_ms: int  # when it came


@attrs.frozen(kw_only=True)
class State:
    """How far a conversation has come."""

    question: str | None = None  # the uuid of what is asked, or was last; None once it is completed
    asks: int = 0  # how often it was asked since it was come to
    asked_at_ms: int = 0  # when it was asked first: what came before answers something else
    said_at_ms: int = 0  # when it was asked last
    taken_at_ms: int = 0  # when a carrier took that; 0: not yet, or it is not known
    asked: int = 0  # questions that were put in all
    answers: tuple[Answer, ...] = ()  # one a question at most, the latest last
    reminded: bool = False  # of this question

    @property
    def waits_since_ms(self) -> int:
        """From when on reminder and lapse are counted: nobody sees a question before a carrier has it."""
        return max(self.said_at_ms, self.taken_at_ms)

    @cached_property
    def by_question(self) -> dict[str, Answer]:
        """The answers by the uuids of their questions."""
        return {answer.question: answer for answer in self.answers}

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it."""
        kept = attrs.asdict(self, recurse=False)
        kept["answers"] = [answer_as_json(answer) for answer in self.answers]
        return kept


@attrs.frozen
class Ended:
    """How a conversation ended."""

    status: Status
    reason: Reason | None = None  # None: all was answered


@attrs.frozen
class Step:
    """What becomes of a conversation by something that happened."""

    state: State
    say: str | None = attrs.field(default=None, repr=False)  # None: nothing
    ended: Ended | None = None  # None: it goes on
    answered: Answer | None = None  # what has been answered by it, or was left
    stray: bool = False  # the text answered nothing that its writer could have seen, and moved nothing


def state_of(kept: Mapping[str, Any]) -> State:
    """Return a state as it was kept."""
    return State(**{**kept, "answers": tuple(answer_of(each) for each in kept["answers"])})


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """Return what is kept of an answer."""
    return {"question": answer.question, "raw": answer.raw, "value": value_as_json(answer.value), "at_ms": answer.at_ms}


def answer_of(kept: Mapping[str, Any]) -> Answer:
    """Return an answer as it was kept."""
    return Answer(kept["question"], kept["raw"], value_of(kept["value"]), kept["at_ms"])


def value_as_json(value: Value | None) -> str | int | float | bool | list[str] | None:
    """Return what an answer means as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def value_of(kept: str | float | bool | Sequence[str] | None) -> Value | None:
    """Return what an answer means as JSON had it."""
    if kept is None or isinstance(kept, str | int | float):
        return kept
    return tuple(kept)
