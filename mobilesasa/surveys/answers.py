"""Answers as people write them, read tolerantly: what is clear is understood, what is not is asked for again.

| asked for | understood |
|---|---|
| one option | what stands before it, its code or its label: `2`, `2.`, `(b)`, `２`, `option 2`, `2 Beans`, `beans please` |
| | and its place, from 1, where no code and no label has a figure |
| several | the same, in any order, with or without marks between: `1,3`, `1 3`, `1 na 3`, `maize and beans` |
| yes or no | `yes`, `y`, `OK`, `ndiyo`, `ndio`; `no`, `n` (not in Swahili), `hapana`, `la`; and 1 for yes, 2 or 0 for no |
| a number, a rating, a date | see `numerals` |
| words | whatever is not blank |

What else stands in an answer must be in `_BESIDE`: so `not 2`, `1 or 2` and `yes and no` are no answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import attrs

from mobilesasa.surveys.folding import kept, phrase, plain
from mobilesasa.surveys.model import RAW_CHARACTERS, Kind, Option, Question, Value
from mobilesasa.surveys.numerals import read_date, read_number, read_rating

_BESIDE: Final = frozenset(
    phrase(
        "option options answer number choice choose select jibu chaguo nachagua namba nambari my langu is ni its "
        "please pls plz thanks thank you asante tafadhali sana sir madam"
    )
)
_BESIDE_YES: Final = _BESIDE | frozenset(phrase("i do we"))
_AND: Final = frozenset(phrase("and na plus et pia also"))
_YES: Final = frozenset(
    phrase("yes y yeah yea yep yup yess sure ok okay agree 1 ndiyo ndio ndyo ndiy naam eeh sawa nakubali oui sim نعم")
)
_NO: Final = frozenset(phrase("no n nope nah 2 0 hapana la siyo sio nakataa non nao não لا"))
_RANGE = re.compile(r"(\d+) ?[-–] ?(\d+)")
_SKIP: Final = frozenset({("skip",), ("pass",), ("ruka",)})

# In Swahili yes and no begin otherwise than in English: an `N` could be either.
_UNCLEAR: Final[Mapping[str, frozenset[str]]] = {"sw": frozenset({"n"})}


def read_answer(question: Question, text: str, language: str, today: date) -> Value | None:
    """Return what an answer means; None where it is no answer to that.

    Args:
        question: what was asked.
        text: as it came.
        language: of the survey.
        today: tells which century a year of two digits is in.
    """
    return _READERS[question.kind](_Heard(question, text, language, today))


def wants_to_skip(text: str) -> bool:
    """Say whether somebody would rather not answer; where they may, is the question's to say."""
    return phrase(text) in _SKIP


@attrs.frozen
class _Heard:
    question: Question
    text: str
    language: str
    today: date


def _one(heard: _Heard) -> str | None:
    chosen = _chosen(heard.question, heard.text)
    return chosen[0] if len(chosen) == 1 else None


def _several(heard: _Heard) -> tuple[str, ...] | None:
    question, chosen = heard.question, _chosen(heard.question, heard.text)
    if any(set(ends) <= {*question.keys, *question.numbers} for ends in _RANGE.findall(plain(heard.text))):
        return None  # `1-3` may mean the option between them too
    most = len(question.options) if question.max_select is None else question.max_select
    return chosen if chosen and question.min_select <= len(chosen) <= most else None


def _chosen(question: Question, text: str) -> tuple[str, ...]:
    """Return the codes of the options that a text names, in the order of the definition; none where it says more."""
    named = _phrases(question.options, question.keys, question.numbers)
    longest = max(map(len, named), default=0)
    words, at, places = phrase(text), 0, set[int]()
    while at < len(words):
        lengths = range(min(longest, len(words) - at), 0, -1)
        length = next((each for each in lengths if words[at : at + each] in named), 0)
        if length:
            places.add(named[words[at : at + length]])
        elif words[at] not in _BESIDE and words[at] not in _AND:
            return ()
        at += length or 1
    return tuple(option.code for place, option in enumerate(question.options) if place in places)


@lru_cache(maxsize=4096)
def _phrases(
    options: tuple[Option, ...], keys: tuple[str, ...], numbers: tuple[str, ...]
) -> dict[tuple[str, ...], int]:
    """Return the places of options by all that they are called; where two are called alike, the key counts, then the code."""
    named: dict[tuple[str, ...], int] = {}
    for names in (numbers, [option.label for option in options], [option.code for option in options], keys):
        named.update({words: place for place, words in enumerate(map(phrase, names)) if words})
    return named


def _yes_or_no(heard: _Heard) -> bool | None:
    said = set[bool]()
    for word in _clear(phrase(heard.text), heard.language):
        if word in _YES:
            said.add(True)
        elif word in _NO:
            said.add(False)
        elif word not in _BESIDE_YES:
            return None
    return said.pop() if len(said) == 1 else None


def _clear(words: Iterable[str], language: str) -> list[str]:
    """Return words with a mark in the place of those that could mean either."""
    unclear = _UNCLEAR.get(language, frozenset())
    return ["?" if word in unclear else word for word in words]


def _number(heard: _Heard) -> int | float | None:
    return _within(heard.question, read_number(heard.text))


def _rating(heard: _Heard) -> int | float | None:
    number = _within(heard.question, read_rating(heard.text, heard.question.maximum))
    return number if isinstance(number, int) else None


def _within(question: Question, number: int | float | None) -> int | float | None:
    """Return a number if the question may be answered by it."""
    if number is None or (question.whole and not isinstance(number, int)):
        return None
    below = question.minimum is not None and number < question.minimum
    above = question.maximum is not None and number > question.maximum
    return None if below or above else number


def _date(heard: _Heard) -> str | None:
    day = read_date(heard.text, heard.today)
    return None if day is None else day.isoformat()


def _words(heard: _Heard) -> str | None:
    return kept(heard.text.strip(), RAW_CHARACTERS).strip() or None


_READERS: Final[Mapping[Kind, Callable[[_Heard], Value | None]]] = {
    Kind.SINGLE_CHOICE: _one,
    Kind.MULTIPLE_CHOICE: _several,
    Kind.NUMBER: _number,
    Kind.RATING: _rating,
    Kind.NPS: _rating,
    Kind.YES_NO: _yes_or_no,
    Kind.DATE: _date,
    Kind.TEXT: _words,
}
