"""What all answers to a survey come to: a question at a time, over one version or over several.

A question is the same in two versions if it has the same uuid and type, and an option if it has the same uuid, whatever they are
called by then. They are shown as in the newest version that has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

import attrs

from mobilesasa.surveys.model import Definition, Kind, Option, Question, Value

_PROMOTERS: Final = 9  # and more (Reichheld, "The One Number You Need to Grow", 2003)
_DETRACTORS: Final = 6  # and less

V = TypeVar("V", bound=Value)
_Key: TypeAlias = tuple[str, Kind]


@attrs.frozen
class Count:
    """How many gave one answer."""

    value: Value  # of choices the option's code
    count: int
    share: float  # of those who answered, 0 to 1; of multiple choices they add up to more than 1
    label: str | None = None  # of an option
    uuid: str | None = None  # of an option


@attrs.frozen
class Nps:
    """A net promoter score."""

    promoters: int  # 9 and 10
    passives: int  # 7 and 8
    detractors: int  # 0 to 6
    score: float  # per cent of promoters less per cent of detractors: -100 to 100


@attrs.frozen(kw_only=True)
class QuestionResult:
    """What the answers to one question come to."""

    question: Question = attrs.field(repr=False)
    answered: int
    unanswered: int  # it was put and left: it was skipped, or no answer could be read
    counts: tuple[Count, ...] = ()  # of choices, ratings and yes or no, every answer there is; else none
    average: float | None = None  # of numbers, as the next two
    median: float | None = None
    minimum: Value | None = None  # of dates too: the first
    maximum: Value | None = None
    nps: Nps | None = None

    @property
    def asked(self) -> int:
        """How many were asked, of those who are not being asked at this moment."""
        return self.answered + self.unanswered


@attrs.define
class Results:
    """Adds answers up; any number of them, for only different ones are kept apart."""

    definitions: Mapping[int, Definition]  # by their version, all those whose answers are added
    _counts: dict[_Key, dict[Value | None, int]] = attrs.field(factory=dict, init=False)

    def add(self, version: int, question: str, value: Value | None, times: int = 1) -> None:
        """Add an answer, or as many as say the same; None is one that was left.

        What no version asks is not counted: the survey's questions are all that is shown.

        Args:
            version: of the definition by which it was given.
            question: its uuid.
            value: what it means.
            times: how many gave it.
        """
        definition = self.definitions.get(version)
        if definition is None or question not in definition.places:
            return
        asked = definition.question(question)
        counts = self._counts.setdefault((question, asked.kind), {})
        for each in _kept(asked, value):
            counts[each] = counts.get(each, 0) + times

    def shown(self) -> tuple[QuestionResult, ...]:
        """Return the results, in the order of the newest version; questions that only older ones have come behind."""
        return tuple(
            _result(question, self._counts.get((uuid, kind), {}), options)
            for (uuid, kind), question, options in self._asked()
        )

    def _asked(self) -> Iterator[tuple[_Key, Question, Sequence[Option]]]:
        """Give every question once, with all options it has had."""
        found: dict[_Key, Question] = {}
        options: dict[_Key, dict[str, Option]] = {}
        for version in sorted(self.definitions, reverse=True):
            for question in self.definitions[version].questions:
                key = question.uuid, question.kind
                found.setdefault(key, question)
                for option in question.options:
                    options.setdefault(key, {}).setdefault(option.uuid, option)
        for key, question in found.items():
            yield key, question, tuple(options.get(key, {}).values())


def _kept(question: Question, value: Value | None) -> Iterator[Value | None]:
    """Give what is counted of an answer: itself; of texts and choices that there is one, as (), and the uuids of options."""
    if value is None or not (question.kind.is_choice or question.kind is Kind.TEXT):
        yield value
        return
    yield ()
    for code in value if isinstance(value, tuple) else (value,):
        option = question.option(code) if isinstance(code, str) else None
        if option is not None:
            yield option.uuid


def _result(question: Question, counts: Mapping[Value | None, int], options: Sequence[Option]) -> QuestionResult:
    unanswered = counts.get(None, 0)
    if question.kind.is_choice:
        answered = counts.get((), 0)
        chosen = tuple(
            Count(
                option.code,
                counts.get(option.uuid, 0),
                _share(counts.get(option.uuid, 0), answered),
                option.label,
                option.uuid,
            )
            for option in options
        )
        return QuestionResult(question=question, answered=answered, unanswered=unanswered, counts=chosen)
    given = {value: count for value, count in counts.items() if value is not None}
    result = QuestionResult(question=question, answered=sum(given.values()), unanswered=unanswered)
    if question.kind is Kind.YES_NO:
        return attrs.evolve(result, counts=_counted((True, False), given, result.answered))
    if question.kind is Kind.DATE and given:
        days = sorted(map(str, given))
        return attrs.evolve(result, minimum=days[0], maximum=days[-1])
    return _of_numbers(result, {value: count for value, count in given.items() if isinstance(value, int | float)})


def _of_numbers(result: QuestionResult, given: Mapping[int | float, int]) -> QuestionResult:
    """Return a result with what numbers come to, as far as it is one of numbers."""
    kind = result.question.kind
    if not kind.is_number:
        return result
    if kind is not Kind.NUMBER:
        scale = sorted({*result.question.ratings, *given})
        result = attrs.evolve(result, counts=_counted(scale, given, result.answered))
    if not given:
        return result
    average = sum(value * count for value, count in given.items()) / result.answered
    return attrs.evolve(
        result,
        average=average,
        median=_median(given, result.answered),
        minimum=min(given),
        maximum=max(given),
        nps=_nps(given, result.answered) if kind is Kind.NPS else None,
    )


def _counted(values: Iterable[V], given: Mapping[V, int], answered: int) -> tuple[Count, ...]:
    return tuple(Count(value, given.get(value, 0), _share(given.get(value, 0), answered)) for value in values)


def _share(count: int, answered: int) -> float:
    return count / answered if answered else 0.0


def _median(given: Mapping[int | float, int], answered: int) -> float:
    """Return the number in the middle, or what is between the two in the middle."""
    at, passed, middle = sorted(given), 0, list[int | float]()
    for value in at:
        before, passed = passed, passed + given[value]
        middle += [value for place in {(answered - 1) // 2, answered // 2} if before <= place < passed]
    return sum(middle) / len(middle)


def _nps(given: Mapping[int | float, int], answered: int) -> Nps:
    promoters = sum(count for value, count in given.items() if value >= _PROMOTERS)
    detractors = sum(count for value, count in given.items() if value <= _DETRACTORS)
    return Nps(promoters, answered - promoters - detractors, detractors, 100 * (promoters - detractors) / answered)
