"""What a survey says: its questions as they are sent, and our own words between them, in English and in Swahili.

A survey in another language gets the English words, and each of them can be said otherwise in its definition (`texts`). What
stands in braces is filled in: `{min}`, `{max}`, `{options}` and what else `Words` tells of each.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from mobilesasa.surveys.model import Definition, Kind, Question

#: Whose words stand where a language has none.
ENGLISH: Final = "en"
_PLACE = re.compile(r"\{([a-z]+)\}")


class Words(enum.StrEnum):
    """What we say ourselves; the names are those in `texts` of a definition."""

    SINGLE_CHOICE = "single_choice"  # {options}, as all that asks for options
    MULTIPLE_CHOICE = "multiple_choice"  # {example}
    CHOOSE_EXACTLY = "choose_exactly"  # {min} {example}
    CHOOSE_AT_LEAST = "choose_at_least"  # {min} {example}
    CHOOSE_AT_MOST = "choose_at_most"  # {max} {example}
    CHOOSE_BETWEEN = "choose_between"  # {min} {max} {example}
    NUMBER = "number"  # {number}: one of the two below, as in all that asks for numbers
    NUMBER_FROM = "number_from"  # {min}
    NUMBER_TO = "number_to"  # {max}
    NUMBER_BETWEEN = "number_between"  # {min} {max}
    ANY_NUMBER = "any_number"
    WHOLE_NUMBER = "whole_number"
    YES_NO = "yes_no"
    DATE = "date"
    TEXT = "text"
    SKIP = "skip"  # is added where a question need not be answered
    REMINDER = "reminder"  # {question}
    GAVE_UP = "gave_up"  # a required answer could not be read too often
    ALREADY_ANSWERED = "already_answered"  # to the keyword, where a phone answers once
    CLOSED = "closed"  # to the keyword of a survey that takes no more answers


#: Those that may be empty, and then nothing is said.
MAY_BE_EMPTY: Final = frozenset({Words.SKIP, Words.GAVE_UP, Words.ALREADY_ANSWERED, Words.CLOSED})

TABLE: Final[Mapping[str, Mapping[Words, str]]] = {
    ENGLISH: {
        Words.SINGLE_CHOICE: "Please reply with one of these:\n{options}",
        Words.MULTIPLE_CHOICE: "Please reply with one or more of these, such as {example}:\n{options}",
        Words.CHOOSE_EXACTLY: "Please reply with {min} of these, such as {example}:\n{options}",
        Words.CHOOSE_AT_LEAST: "Please reply with at least {min} of these, such as {example}:\n{options}",
        Words.CHOOSE_AT_MOST: "Please reply with at most {max} of these, such as {example}:\n{options}",
        Words.CHOOSE_BETWEEN: "Please reply with {min} to {max} of these, such as {example}:\n{options}",
        Words.NUMBER: "Please reply with {number}.",
        Words.NUMBER_FROM: "Please reply with {number}, {min} or more.",
        Words.NUMBER_TO: "Please reply with {number}, {max} or less.",
        Words.NUMBER_BETWEEN: "Please reply with {number} from {min} to {max}.",
        Words.ANY_NUMBER: "a number",
        Words.WHOLE_NUMBER: "a whole number",
        Words.YES_NO: "Please reply YES or NO.",
        Words.DATE: "Please reply with a date as day/month/year, such as 24/12/1990.",
        Words.TEXT: "Please reply in words.",
        Words.SKIP: "Or reply SKIP.",
        Words.REMINDER: "We are still waiting for your answer:\n{question}",
        Words.GAVE_UP: "Sorry, we could not read your answers, so the survey ends here. Thank you.",
        Words.ALREADY_ANSWERED: "You have answered this survey already. Thank you.",
        Words.CLOSED: "This survey is closed. Thank you.",
    },
    "sw": {
        Words.SINGLE_CHOICE: "Tafadhali jibu kwa moja kati ya hizi:\n{options}",
        Words.MULTIPLE_CHOICE: "Tafadhali jibu kwa moja au zaidi kati ya hizi, kwa mfano {example}:\n{options}",
        Words.CHOOSE_EXACTLY: "Tafadhali chagua {min} kati ya hizi, kwa mfano {example}:\n{options}",
        Words.CHOOSE_AT_LEAST: "Tafadhali chagua angalau {min} kati ya hizi, kwa mfano {example}:\n{options}",
        Words.CHOOSE_AT_MOST: "Tafadhali chagua zisizozidi {max} kati ya hizi, kwa mfano {example}:\n{options}",
        Words.CHOOSE_BETWEEN: "Tafadhali chagua kuanzia {min} hadi {max} kati ya hizi, kwa mfano {example}:\n{options}",
        Words.NUMBER: "Tafadhali jibu kwa {number}.",
        Words.NUMBER_FROM: "Tafadhali jibu kwa {number}, {min} au zaidi.",
        Words.NUMBER_TO: "Tafadhali jibu kwa {number}, {max} au chini.",
        Words.NUMBER_BETWEEN: "Tafadhali jibu kwa {number} kuanzia {min} hadi {max}.",
        Words.ANY_NUMBER: "nambari",
        Words.WHOLE_NUMBER: "nambari kamili",
        Words.YES_NO: "Tafadhali jibu NDIYO au HAPANA.",
        Words.DATE: "Tafadhali jibu kwa tarehe: siku/mwezi/mwaka, kwa mfano 24/12/1990.",
        Words.TEXT: "Tafadhali jibu kwa maneno.",
        Words.SKIP: "Au jibu RUKA.",
        Words.REMINDER: "Bado tunasubiri jibu lako:\n{question}",
        Words.GAVE_UP: "Samahani, hatukuweza kuelewa majibu yako, hivyo dodoso linaishia hapa. Asante.",
        Words.ALREADY_ANSWERED: "Umeshajibu dodoso hili. Asante.",
        Words.CLOSED: "Dodoso hili limefungwa. Asante.",
    },
}


def said(definition: Definition, words: Words, fields: Mapping[str, str] | None = None) -> str:
    """Return words of ours as this survey says them; empty where it says nothing."""
    ours = TABLE.get(definition.language, TABLE[ENGLISH])[words]
    filled = fields or {}
    return _PLACE.sub(lambda place: filled.get(place[1], place[0]), definition.texts.get(words, ours))


def asking(question: Question) -> str:
    """Return a question as it is sent, with its options."""
    if not (question.options and question.show_options):
        return question.text
    return f"{question.text}\n{listed(question)}"


def listed(question: Question) -> str:
    """Return the options, one a line."""
    return "\n".join(f"{key}. {option.label}" for key, option in zip(question.keys, question.options, strict=True))


def opening(definition: Definition) -> str:
    """Return the first message: the introduction, and the first question behind it."""
    first = [asking(question) for question in definition.questions[:1]]
    return "\n".join(text for text in (definition.introduction, *first) if text)


def wanted(definition: Definition, question: Question) -> str:
    """Return what somebody is told whose answer cannot be read."""
    text = said(definition, _wish(question), _fields(definition, question))
    skip = "" if question.required else said(definition, Words.SKIP)
    return f"{text}{chr(10) if chr(10) in text else ' '}{skip}" if skip else text


def reminding(definition: Definition, question: Question) -> str:
    """Return what somebody is told who has not answered for long."""
    return said(definition, Words.REMINDER, {"question": asking(question)})


def written(number: int | float) -> str:
    """Return a number as people write it: 0.5 and 1500, whatever its size."""
    return format(Decimal(repr(number)), "f")


def _wish(question: Question) -> Words:
    """Return which words ask for such an answer."""
    if question.kind is Kind.MULTIPLE_CHOICE:
        return _choose(question)
    if question.kind.is_number:
        low, high = question.minimum is not None, question.maximum is not None
        return _NUMBERS[low, high]
    return _PLAIN[question.kind]


def _choose(question: Question) -> Words:
    least, most = question.min_select, question.max_select
    if most is None or most >= len(question.options):
        return Words.CHOOSE_AT_LEAST if least > 1 else Words.MULTIPLE_CHOICE
    if least == most:
        return Words.CHOOSE_EXACTLY
    return Words.CHOOSE_BETWEEN if least > 1 else Words.CHOOSE_AT_MOST


def _fields(definition: Definition, question: Question) -> dict[str, str]:
    """Return what may be filled in."""
    if question.kind.is_choice:
        most = len(question.options) if question.max_select is None else question.max_select
        example = ",".join(question.keys[: min(max(2, question.min_select), most)])
        return {"options": listed(question), "example": example, "min": str(question.min_select), "max": str(most)}
    if not question.kind.is_number:
        return {}
    bounds = {"min": question.minimum, "max": question.maximum}
    number = said(definition, Words.WHOLE_NUMBER if question.whole else Words.ANY_NUMBER)
    return {"number": number, **{name: written(bound) for name, bound in bounds.items() if bound is not None}}


_PLAIN: Final[Mapping[Kind, Words]] = {
    Kind.SINGLE_CHOICE: Words.SINGLE_CHOICE,
    Kind.YES_NO: Words.YES_NO,
    Kind.DATE: Words.DATE,
    Kind.TEXT: Words.TEXT,
}
_NUMBERS: Final[Mapping[tuple[bool, bool], Words]] = {
    (False, False): Words.NUMBER,
    (True, False): Words.NUMBER_FROM,
    (False, True): Words.NUMBER_TO,
    (True, True): Words.NUMBER_BETWEEN,
}
