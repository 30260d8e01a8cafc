"""Where answers lead: from a question to the next one, and all the ways there are through a survey."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from math import ceil, floor
from typing import Final, TypeGuard

from mobilesasa.surveys.folding import phrase
from mobilesasa.surveys.model import END, RATINGS_MAX, Answer, Compared, Definition, Kind, Op, Question, Rule, Value
from mobilesasa.surveys.numerals import YEARS

_MARKS_MAX: Final = 100  # numbers or days that rules of one question compare with; of more, each rule may fit
_DAYS: Final = (date(YEARS[0], 1, 1).toordinal(), date(YEARS[-1], 12, 31).toordinal())


def next_of(definition: Definition, question: Question, answers: Mapping[str, Answer]) -> str:
    """Return where somebody comes to who has answered a question: another one's uuid, or `END`.

    What leads to a question that is not there, as in a draft, leads to the end.

    Args:
        definition: the survey.
        question: what was answered, or left.
        answers: all that they have answered, with this one, by the uuids of the questions.
    """
    given = answers.get(question.uuid)
    leads = next(
        (rule.next for rule in question.rules if fits(rule, _value(answers, rule.question or question.uuid))),
        None,
    )
    target = leads or _plainly(definition, question, None if given is None else given.value)
    return target if target in definition.places else END


def fits(rule: Rule, value: Value | None) -> bool:
    """Say whether a rule is for such an answer; None is one that was left."""
    if value is None:
        return rule.op is Op.UNANSWERED
    return _FITS[rule.op](value, rule.value)


def leads(definition: Definition, question: Question) -> frozenset[str]:
    """Return all that a question may lead to.

    Where the answers can be tried, it is what one of them leads to; of texts and several options a rule may fit but where one before
    it would have. One that looks at the answer to another question may always fit. What leads to a question that is not there leads
    to the end.
    """
    answers = _answers(question)
    found = _loosely(definition, question) if answers is None else set[str]()
    for value in answers or ():
        found |= _leads(definition, question, value)
    if not question.required:
        found |= _leads(definition, question, None)
    return frozenset(target if target in definition.places else END for target in found)


def reached(ways: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """Return all that is come to from somewhere, with where it began.

    Args:
        ways: what each leads to.
        start: where to begin.
    """
    seen, waiting = {start}, [start]
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def backwards(ways: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return ways the other way round: what each is come to from."""
    turned: dict[str, list[str]] = {}
    for source, targets in ways.items():
        for target in targets:
            turned.setdefault(target, []).append(source)
    return turned


def _plainly(definition: Definition, question: Question, value: Value | None) -> str:
    """Return where an answer leads that no rule is for."""
    if question.kind is Kind.SINGLE_CHOICE and isinstance(value, str):
        option = question.option(value)
        if option is not None and option.next is not None:
            return option.next
    return question.next or definition.following(question.uuid)


def _value(answers: Mapping[str, Answer], uuid: str) -> Value | None:
    answer = answers.get(uuid)
    return None if answer is None else answer.value


def _answers(question: Question) -> list[Value] | None:
    """Return every answer that there can be, of numbers and days one of each way to answer; None where they cannot be tried."""
    values: list[Value] = []
    if question.kind is Kind.YES_NO:
        values = [True, False]
    elif question.kind is Kind.SINGLE_CHOICE:
        values = [option.code for option in question.options]
    elif question.kind in (Kind.RATING, Kind.NPS):
        values = list(question.ratings[:RATINGS_MAX])
    elif question.kind is Kind.NUMBER:
        marks = {each for each in _compared_with(question) if _is_number(each)}
        values = [*_tried(marks, question.minimum, question.maximum, question.whole)]
    elif question.kind is Kind.DATE:
        days = {day for day in map(_ordinal, _compared_with(question)) if day is not None}
        values = [date.fromordinal(int(day)).isoformat() for day in _tried(days, *_DAYS, whole=True)]
    return values or None


def _compared_with(question: Question) -> set[Compared | None]:
    """Return what the rules of a question compare its own answers with."""
    own = [rule.value for rule in question.rules if rule.question in (None, question.uuid)]
    return {each for value in own for each in (value if isinstance(value, tuple) else (value,))}


def _is_number(value: Compared | None) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordinal(value: Compared | None) -> int | None:
    """Return the number of a day that is written YYYY-MM-DD; None for anything else."""
    try:
        return date.fromisoformat(value).toordinal() if isinstance(value, str) else None
    except ValueError:
        return None


def _tried(
    marks: Iterable[int | float], least: int | float | None, most: int | float | None, whole: bool
) -> list[int | float]:
    """Return the marks, and a number between any two of them and outside of all, as far as they are within the bounds.

    Nothing where there are too many.
    """
    known = sorted({*marks, *(bound for bound in (least, most) if bound is not None)}) or [0]
    if len(known) > _MARKS_MAX:
        return []
    found: set[int | float]
    if whole:
        found = {each for mark in known for each in (ceil(mark) - 1, floor(mark), ceil(mark), floor(mark) + 1)}
    else:
        found = {*known, known[0] - 1, *((low + high) / 2 for low, high in pairwise(known)), known[-1] + 1}
    return sorted(each for each in found if (least is None or least <= each) and (most is None or each <= most))


def _loosely(definition: Definition, question: Question) -> set[str]:
    """Return all that answers may lead to which cannot be tried: a rule fits but where one that says the same, or `answered`, stood before.

    Where a rule has failed its opposite fits, and nothing behind that is come to.
    """
    found, failed = set[str](), set[tuple[Op | None, Compared | tuple[str, ...] | None]]()
    for rule in question.rules:
        value = phrase(rule.value) if isinstance(rule.value, str) else rule.value
        if rule.question not in (None, question.uuid):
            found.add(rule.next)
        elif rule.op is not Op.UNANSWERED and (rule.op, value) not in failed:
            found.add(rule.next)
            if rule.op is Op.ANSWERED or (_OPPOSITES.get(rule.op), value) in failed:
                return found
            failed.add((rule.op, value))
    return found | {_plainly(definition, question, None)}


def _leads(definition: Definition, question: Question, value: Value | None) -> set[str]:
    """Return all that one answer may lead to."""
    found = set[str]()
    for rule in question.rules:
        if rule.question not in (None, question.uuid):
            found.add(rule.next)
        elif fits(rule, value):
            return found | {rule.next}
    return found | {_plainly(definition, question, value)}


def _same(value: Value, other: Compared | None) -> bool:
    if isinstance(value, str) and isinstance(other, str):
        return phrase(value) == phrase(other)
    return value == other


def _compared(value: Value, other: Compared | None) -> int | None:
    """Return whether a number or a day is before another (-1), the same or behind it (1); None where they cannot be compared."""
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    if isinstance(value, int | float) and isinstance(other, int | float):
        return (value > other) - (value < other)
    return None


def _includes(value: Value, other: Compared | None) -> bool:
    if isinstance(value, tuple):
        return other in value
    if not (isinstance(value, str) and isinstance(other, str)):
        return False
    return f" {' '.join(phrase(other))} " in f" {' '.join(phrase(value))} "


_OPPOSITES: Final[Mapping[Op, Op]] = {
    one: other
    for pair in ((Op.EQ, Op.NE), (Op.LT, Op.GTE), (Op.GT, Op.LTE), (Op.INCLUDES, Op.EXCLUDES))
    for one, other in (pair, pair[::-1])
}
_FITS: Final[Mapping[Op, Callable[[Value, Compared | None], bool]]] = {
    Op.EQ: _same,
    Op.NE: lambda value, other: not _same(value, other),
    Op.IN: lambda value, others: isinstance(others, tuple) and any(_same(value, other) for other in others),
    Op.LT: lambda value, other: _compared(value, other) == -1,
    Op.LTE: lambda value, other: _compared(value, other) in (-1, 0),
    Op.GT: lambda value, other: _compared(value, other) == 1,
    Op.GTE: lambda value, other: _compared(value, other) in (0, 1),
    Op.INCLUDES: _includes,
    Op.EXCLUDES: lambda value, other: not _includes(value, other),
    Op.ANSWERED: lambda value, other: True,
    Op.UNANSWERED: lambda value, other: False,
}
