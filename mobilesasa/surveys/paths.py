"""Where answers lead: from a question to the next one, and all the ways there are through a survey."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mobilesasa.surveys.folding import phrase
from mobilesasa.surveys.model import END, RATINGS_MAX, Answer, Compared, Definition, Kind, Op, Question, Rule, Value


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

    Where the answers can be counted, it is what one of them leads to; else a rule may lead anywhere it says. So may one that looks at
    the answer to another question. What leads to a question that is not there leads to the end.
    """
    answers = _answers(question)
    found = set[str]()
    if answers is None:
        found.update(rule.next for rule in question.rules)
        found.add(_plainly(definition, question, None))
    else:
        for value in answers:
            found |= _leads(definition, question, value)
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


def _answers(question: Question) -> list[Value | None] | None:
    """Return every answer that there can be, with None where it may be left; None where they cannot be counted."""
    values: list[Value | None]
    if question.kind is Kind.YES_NO:
        values = [True, False]
    elif question.kind is Kind.SINGLE_CHOICE:
        values = [option.code for option in question.options]
        if not values:
            return None
    elif question.kind in (Kind.RATING, Kind.NPS):
        values = list(question.ratings[:RATINGS_MAX])
    else:
        return None
    return values if question.required else [*values, None]


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
