"""What keeps a definition from being published: every fault, with its path.

A definition that has none asks every question it has, comes to an end whatever is answered, and says nothing that does not fit a message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

from mobilesasa.core.errors import Fault
from mobilesasa.core.optouts import wish_of
from mobilesasa.sms.estimate import count_parts
from mobilesasa.surveys.folding import phrase
from mobilesasa.surveys.model import END, PARTS_MAX, Compared, Definition, Kind, Op, Question, Rule
from mobilesasa.surveys.paths import backwards, leads, reached
from mobilesasa.surveys.words import Words, asking, opening, reminding, said, wanted

OPTIONS_LEAST: Final = 2
_Phrase: TypeAlias = tuple[str, ...]
_EITHER: Final = frozenset({Op.ANSWERED, Op.UNANSWERED})
_EQUAL: Final = frozenset({Op.EQ, Op.NE, Op.IN}) | _EITHER
_ORDERED: Final = frozenset({Op.LT, Op.LTE, Op.GT, Op.GTE}) | _EQUAL

#: How rules may look at answers of each kind.
OPS: Final = {
    Kind.SINGLE_CHOICE: _EQUAL,
    Kind.MULTIPLE_CHOICE: frozenset({Op.INCLUDES, Op.EXCLUDES}) | _EITHER,
    Kind.NUMBER: _ORDERED,
    Kind.RATING: _ORDERED,
    Kind.NPS: _ORDERED,
    Kind.YES_NO: frozenset({Op.EQ, Op.NE}) | _EITHER,
    Kind.DATE: _ORDERED,
    Kind.TEXT: frozenset({Op.EQ, Op.NE, Op.IN, Op.INCLUDES, Op.EXCLUDES}) | _EITHER,
}


def faults_of(definition: Definition, country: str = "") -> tuple[Fault, ...]:
    """Return what is wrong with a definition, in its order; nothing if it can be published.

    Args:
        definition: as it was read.
        country: of the team, whose words for STOP can be no answer; ISO 3166-1. Empty: those that are understood everywhere.
    """
    found = [*_of_the_whole(definition, country), *_doubled(definition)]
    for place, question in enumerate(definition.questions):
        found += _of_question(definition, question, f"questions[{place}]", country)
    if not any(fault.code in ("uuid_twice", "unknown_next") for fault in found):
        found += _of_ways(definition)
    return (*found, *_of_words(definition))


def _of_the_whole(definition: Definition, country: str) -> Iterator[Fault]:
    if definition.sender_id is None:
        yield Fault("sender_id", "no_sender", "is required: the short code or number that people answer to")
    if definition.keyword is not None and _stops(definition.keyword, country):
        yield Fault("keyword", "stop_word", "is a word by which people ask for no more messages")
    conduct = definition.conduct
    if conduct.reminder_after_h is not None and conduct.reminder_after_h >= conduct.lapse_after_h:
        yield Fault(
            "options.reminder_after_h", "out_of_range", f"must be less than lapse_after_h, {conduct.lapse_after_h}"
        )
    yield from _of_length(definition.thanks, "thanks", "it")
    if not definition.questions:
        yield Fault("questions", "no_questions", "are required: add one at least")


def _doubled(definition: Definition) -> Iterator[Fault]:
    """Give uuids and codes that stand twice."""
    seen: dict[str, str] = {}
    for place, question in enumerate(definition.questions):
        path = f"questions[{place}]"
        yield from _twice(seen, question.uuid, f"{path}.uuid", "uuid_twice")
        if question.code is not None:
            yield from _twice(seen, f"code {question.code}", f"{path}.code", "code_twice")
        for number, option in enumerate(question.options):
            yield from _twice(seen, option.uuid, f"{path}.options[{number}].uuid", "uuid_twice")


def _twice(seen: dict[str, str], name: str, path: str, code: str) -> Iterator[Fault]:
    if name in seen:
        yield Fault(path, code, f"stands at {seen[name]} already")
    seen.setdefault(name, path)


def _of_question(definition: Definition, question: Question, path: str, country: str) -> Iterator[Fault]:
    if question.kind.is_choice:
        yield from _of_options(question, path, country)
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        yield Fault(f"{path}.min", "bad_bounds", f"must not be more than max, {question.maximum}")
    for number, option in enumerate(question.options):
        yield from _of_next(definition, option.next, f"{path}.options[{number}].next")
    for number, rule in enumerate(question.rules):
        yield from _of_rule(definition, question, rule, f"{path}.rules[{number}]")
    yield from _of_next(definition, question.next, f"{path}.next")


def _of_options(question: Question, path: str, country: str) -> Iterator[Fault]:
    if len(question.options) < OPTIONS_LEAST:
        yield Fault(f"{path}.options", "too_few_options", f"must be {OPTIONS_LEAST} at least")
    most = len(question.options) if question.max_select is None else question.max_select
    if question.kind is Kind.MULTIPLE_CHOICE and not question.min_select <= most <= len(question.options):
        yield Fault(
            f"{path}.max_select", "bad_bounds", f"must be from min_select to {len(question.options)}, the options"
        )
    yield from _of_names(question, path)
    for number, option in enumerate(question.options):
        for name, text in (("code", option.code), ("label", option.label)):
            if _stops(text, country):
                at = f"{path}.options[{number}].{name}"
                yield Fault(at, "stop_word", "is a word by which people ask for no more messages")


def _of_names(question: Question, path: str) -> Iterator[Fault]:
    """Give codes and labels by which options cannot be told apart."""
    keys = {phrase(key): place for place, key in enumerate(question.keys)}
    codes, labels = dict[_Phrase, int](), dict[_Phrase, int]()
    for place, option in enumerate(question.options):
        at, code, label = f"{path}.options[{place}]", phrase(option.code), phrase(option.label)
        if codes.setdefault(code, place) != place:
            yield Fault(f"{at}.code", "code_twice", f"is that of {path}.options[{codes[code]}] too")
        if label and labels.setdefault(label, place) != place:
            yield Fault(f"{at}.label", "label_twice", f"is that of {path}.options[{labels[label]}] too")
    for place, option in enumerate(question.options):
        label = phrase(option.label)
        other = next((named[label] for named in (keys, codes) if named.get(label, place) != place), None)
        if other is not None:
            what = f"is what is answered for {path}.options[{other}]; give the options other codes"
            yield Fault(f"{path}.options[{place}].label", "ambiguous", what)


def _of_rule(definition: Definition, owner: Question, rule: Rule, path: str) -> Iterator[Fault]:
    yield from _of_next(definition, rule.next, f"{path}.next")
    if rule.question is not None and rule.question not in definition.places:
        yield Fault(f"{path}.when.question", "unknown_question", "is no question of this survey")
        return
    question = owner if rule.question is None else definition.question(rule.question)
    if rule.op not in OPS[question.kind]:
        allowed = ", ".join(op for op in Op if op in OPS[question.kind])
        yield Fault(f"{path}.when.op", "bad_rule", f"must be one of {allowed} for {question.kind}")
        return
    if rule.op in _EITHER:
        return
    for value in rule.value if isinstance(rule.value, tuple) else (rule.value,):
        wrong = _wrong_value(question, value)
        if wrong:
            yield Fault(f"{path}.when.value", "bad_rule", wrong)


def _wrong_value(question: Question, value: Compared | None) -> str:
    """Return why answers to a question cannot be compared with a value; empty if they can."""
    if question.kind.is_choice:
        known = isinstance(value, str) and question.option(value) is not None
        return "" if known else "must be the code of an option"
    if question.kind is Kind.YES_NO:
        return "" if isinstance(value, bool) else "must be true or false"
    if question.kind.is_number:
        return "" if isinstance(value, int | float) and not isinstance(value, bool) else "must be a number"
    if not isinstance(value, str):
        return "must be a text"
    return "" if question.kind is not Kind.DATE or _is_day(value) else "must be a day, YYYY-MM-DD"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _of_next(definition: Definition, target: str | None, path: str) -> Iterator[Fault]:
    if target is not None and target != END and target not in definition.places:
        yield Fault(path, "unknown_next", f"must be a question of this survey (its uuid or code), or {END!r}")


def _of_ways(definition: Definition) -> Iterator[Fault]:
    """Give questions that nobody comes to, and those that nobody comes out of."""
    if not definition.questions:
        return
    ways = {question.uuid: leads(definition, question) for question in definition.questions}
    come_to = reached(ways, definition.questions[0].uuid)
    ending = reached(backwards(ways), END)
    for place, question in enumerate(definition.questions):
        if question.uuid not in come_to:
            yield Fault(f"questions[{place}]", "unreachable", "is asked nobody: nothing leads to it")
        elif question.uuid not in ending:
            yield Fault(f"questions[{place}]", "endless", "never comes to an end: whatever is answered leads round")
    yield from _of_order(definition, ways, come_to)


def _of_order(definition: Definition, ways: Mapping[str, Iterable[str]], come_to: Collection[str]) -> Iterator[Fault]:
    """Give rules that look at an answer which there cannot be yet."""
    behind = {uuid: reached(ways, uuid) for uuid in _looked_at(definition) & {*come_to}}
    for place, question in enumerate(definition.questions):
        for number, rule in enumerate(question.rules if question.uuid in come_to else ()):
            if rule.question in behind and question.uuid not in behind[rule.question]:
                what = "is not asked before this question, whatever is answered"
                yield Fault(f"questions[{place}].rules[{number}].when.question", "not_before", what)


def _looked_at(definition: Definition) -> set[str]:
    """Return the questions whose answers rules of others look at."""
    rules = [rule.question for question in definition.questions for rule in question.rules]
    return {uuid for uuid in rules if uuid is not None}


def _of_words(definition: Definition) -> Iterator[Fault]:
    """Give what takes more parts than a message may have."""
    if definition.introduction:
        yield from _of_length(opening(definition), "introduction", "with the first question it")
    for place, question in enumerate(definition.questions):
        path = f"questions[{place}]"
        for text, what in _sayings(definition, question):
            long = tuple(_of_length(text, f"{path}.text", what))
            if long:
                yield from long
                break
    for words in (Words.GAVE_UP, Words.ALREADY_ANSWERED, Words.CLOSED):
        yield from _of_length(said(definition, words), f"texts.{words}", "it")


def _sayings(definition: Definition, question: Question) -> Sequence[tuple[str, str]]:
    """Return all that is said of a question, and what to call each."""
    return (
        (asking(question), "with its options it" if question.options else "it"),
        (wanted(definition, question), "what is said when an answer cannot be read"),
        (reminding(definition, question), "the reminder of it"),
    )


def _of_length(text: str, path: str, what: str) -> Iterator[Fault]:
    parts = count_parts(text)
    if parts > PARTS_MAX:
        yield Fault(path, "too_many_parts", f"is too long: {what} takes {parts} messages; {PARTS_MAX} at most")


def _stops(text: str, country: str) -> bool:
    wish = wish_of(text, country)
    return wish is not None and wish[0] and wish[1] in ((), ("all",))
