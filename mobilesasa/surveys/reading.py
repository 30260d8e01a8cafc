"""Definitions as teams write them in JSON: read, with everything that is wrong named by its path.

Here is refused what cannot be kept: wrong types, unknown words, texts and lists that are too long. What only keeps a survey from being
published is said by `checking`, so that a draft may be half done.

A question may have a code, a short name, and `next` may name a question by its uuid or by that: a survey can so be written without a
uuid in it. What is kept has the uuid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import attrs

from mobilesasa.core.errors import BadDefinition, Fault
from mobilesasa.core.keywords import KEYWORD_CHARACTERS, folded_keyword
from mobilesasa.surveys.fields import LARGEST, Fields, canonical
from mobilesasa.surveys.folding import phrase
from mobilesasa.surveys.model import (
    BOUNDS,
    CODE_CHARACTERS,
    END,
    LABEL_CHARACTERS,
    NAME_CHARACTERS,
    OPTIONS_MAX,
    QUESTIONS_MAX,
    RATINGS_MAX,
    RULES_MAX,
    TEXT_CHARACTERS,
    Compared,
    Conduct,
    Definition,
    Kind,
    Op,
    Option,
    Question,
    Rule,
)
from mobilesasa.surveys.words import ENGLISH, MAY_BE_EMPTY, Words

_LANGUAGE_CHARACTERS: Final = 8
_OWN_WORDS_CHARACTERS: Final = 500
_NEXT_CHARACTERS: Final = 40
_HOURS_MAX: Final = 720  # 30 days
_REASKS_MAX: Final = 5
_CODE_DIGITS: Final = range(3, 16)
#: What there is of a definition, and of a question; of no use to its type is no fault.
_FIELDS: Final = (
    "name", "language", "sender_id", "keyword", "introduction", "thanks", "questions", "options", "texts",
)  # fmt: skip
_QUESTION: Final = (
    "uuid", "code", "type", "text", "required", "options", "show_options", "min", "max", "whole", "min_select", "max_select",
    "rules", "next",
)  # fmt: skip
_REPEATS: Final = ("once", "each_time")


def read_definition(given: Any, new_id: Callable[[], str]) -> Definition:
    """Return a definition.

    Args:
        given: of JSON.
        new_id: makes the uuids that are not given.

    Raises:
        BadDefinition: it cannot be kept; with all that is wrong.
    """
    faults: list[Fault] = []
    fields = Fields(given, "", faults)
    fields.only(*_FIELDS)
    definition = Definition(
        name=fields.line("name", NAME_CHARACTERS, required=True),
        language=_language(fields),
        sender_id=_sender(fields),
        keyword=_keyword(fields),
        introduction=fields.text("introduction", TEXT_CHARACTERS),
        thanks=fields.text("thanks", TEXT_CHARACTERS),
        questions=tuple(_question(each, new_id) for each in fields.each("questions", QUESTIONS_MAX)),
        conduct=_conduct(fields.inner("options")),
        texts=_texts(fields.inner("texts")),
    )
    if faults:
        raise BadDefinition(faults)
    return _resolved(definition)


def _language(fields: Fields) -> str:
    language = fields.line("language", _LANGUAGE_CHARACTERS).lower()
    return language or ENGLISH


def _sender(fields: Fields) -> str | None:
    """Return the code that people answer to (decision 80)."""
    given = fields.line("sender_id", NAME_CHARACTERS)
    digits = given.replace(" ", "").removeprefix("+")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdecimal() and len(digits) in _CODE_DIGITS):
        fields.note(
            "sender_id", "bad_sender", "must be a short code or a number, digits: nobody can answer a name such as ACME"
        )
        return None
    return digits


def _keyword(fields: Fields) -> str | None:
    given = fields.line("keyword", NAME_CHARACTERS)
    if not given:
        return None
    keyword = folded_keyword(given)
    if keyword is None:
        fields.note("keyword", "bad_keyword", f"must be one word of {KEYWORD_CHARACTERS} characters at most")
    return keyword


def _question(fields: Fields, new_id: Callable[[], str]) -> Question:
    fields.only(*_QUESTION)
    kind = fields.one_of("type", Kind)
    least, most = _bounds(fields, kind)
    several = kind is Kind.MULTIPLE_CHOICE
    return Question(
        uuid=fields.uuid("uuid", new_id),
        kind=kind,
        text=fields.text("text", TEXT_CHARACTERS, required=True),
        code=_code(fields),
        required=fields.flag("required", True),
        options=_options(fields, kind, new_id),
        show_options=fields.flag("show_options", True) or not kind.is_choice,
        minimum=least,
        maximum=most,
        whole=fields.flag("whole", False) and kind is Kind.NUMBER,
        min_select=(several and fields.whole("min_select", None, 1, OPTIONS_MAX)) or 1,
        max_select=(several and fields.whole("max_select", None, 1, OPTIONS_MAX)) or None,
        rules=tuple(_rule(each) for each in fields.each("rules", RULES_MAX)),
        next=fields.line("next", _NEXT_CHARACTERS) or None,
    )


def _code(fields: Fields) -> str | None:
    code = fields.line("code", CODE_CHARACTERS)
    if code == END:
        fields.note("code", "bad_code", f"must not be {END!r}, which stands for the end of the survey")
    return code or None


def _bounds(fields: Fields, kind: Kind) -> tuple[int | float | None, int | float | None]:
    """Return the least and the greatest number that is an answer."""
    least, most = fields.number("min"), fields.number("max")
    if not kind.is_number:
        return None, None
    if kind is Kind.NUMBER:
        return least, most
    low, high = BOUNDS[kind]
    least, most = low if least is None else least, high if most is None else most
    if kind is Kind.NPS and (least, most) != BOUNDS[kind]:
        fields.note(
            "min",
            "out_of_range",
            f"must be {low}, and max {high}, in a question of type nps; take rating for another scale",
        )
    if not (isinstance(least, int) and isinstance(most, int) and most - least < RATINGS_MAX):
        fields.note(
            "max",
            "out_of_range",
            f"must be a whole number, as min, and {RATINGS_MAX - 1} above it at most; take number for others",
        )
    return least, most


def _options(fields: Fields, kind: Kind, new_id: Callable[[], str]) -> tuple[Option, ...]:
    if not kind.is_choice:
        if fields.any("options"):
            fields.note("options", "not_here", f"are for questions with a choice, and this is of type {kind}")
        return ()
    return tuple(
        _option(each, kind, place, new_id) for place, each in enumerate(fields.each("options", OPTIONS_MAX), 1)
    )


def _option(fields: Fields, kind: Kind, place: int, new_id: Callable[[], str]) -> Option:
    """Return an option; one without a code has its place as one."""
    fields.only("uuid", "code", "label", "next")
    code = fields.line("code", CODE_CHARACTERS) or str(place)
    if not phrase(code):
        fields.note("code", "bad_code", "must have a letter or a digit")
    label = fields.line("label", LABEL_CHARACTERS, required=True)
    target = fields.line("next", _NEXT_CHARACTERS) or None
    if target is not None and kind is not Kind.SINGLE_CHOICE:
        fields.note(
            "next",
            "not_here",
            f"is for {Kind.SINGLE_CHOICE}, where one option leads on; where there may be several take a rule",
        )
    return Option(fields.uuid("uuid", new_id), code, label, target)


def _rule(fields: Fields) -> Rule:
    fields.only("when", "next")
    when = fields.inner("when")
    when.only("question", "op", "value")
    op = when.one_of("op", Op)
    target = fields.line("next", _NEXT_CHARACTERS, required=True)
    question = when.line("question", _NEXT_CHARACTERS) or None
    return Rule(op, _rule_value(when, op), target, question)


def _rule_value(when: Fields, op: Op) -> Compared | None:
    given = when.any("value")
    if op in (Op.ANSWERED, Op.UNANSWERED):
        return None
    if op is Op.IN:
        several = [_scalar(each) for each in given[:OPTIONS_MAX]] if isinstance(given, list) else []
        if several and None not in several:
            return tuple(each for each in several if each is not None)
        when.note("value", "wrong_type", "must be a list of one value at least, each a text or a number")
        return None
    value = _scalar(given)
    if value is None:
        when.note("value", "missing" if given is None else "wrong_type", "must be a text, a number, true or false")
    return value


def _scalar(given: Any) -> str | int | float | bool | None:
    """Return what one answer may be; None for anything else."""
    if isinstance(given, bool):
        return given
    if isinstance(given, int | float):
        if not abs(given) < LARGEST:
            return None
        return int(given) if given == int(given) else given
    return given.strip() if isinstance(given, str) and 0 < len(given.strip()) <= LABEL_CHARACTERS else None


def _conduct(fields: Fields) -> Conduct:
    plain = Conduct()
    fields.only(*attrs.fields_dict(Conduct))
    reminder_after_h = None if "reminder_after_h" in dict(fields.items()) else plain.reminder_after_h
    repeat: Literal["once", "each_time"] = plain.repeat
    given = fields.any("repeat")
    if given not in (None, *_REPEATS):
        fields.note("repeat", "unknown", f"must be one of {', '.join(_REPEATS)}")
    elif given == "each_time":
        repeat = "each_time"
    reask = fields.whole("reask", plain.reask, 0, _REASKS_MAX)
    return Conduct(
        reask=plain.reask if reask is None else reask,
        reminder_after_h=fields.whole("reminder_after_h", reminder_after_h, 1, _HOURS_MAX),
        lapse_after_h=fields.whole("lapse_after_h", None, 1, _HOURS_MAX) or plain.lapse_after_h,
        repeat=repeat,
        invitation_valid_h=fields.whole("invitation_valid_h", None, 1, _HOURS_MAX) or plain.invitation_valid_h,
    )


def _texts(fields: Fields) -> dict[str, str]:
    """Return words of ours that are said otherwise."""
    texts: dict[str, str] = {}
    for name, given in fields.items():
        if name not in set(Words):
            fields.note(str(name), "unknown_key", f"is none of {', '.join(Words)}")
        elif given is not None:
            texts[name] = fields.text(name, _OWN_WORDS_CHARACTERS, required=Words(name) not in MAY_BE_EMPTY)
    return texts


def _resolved(definition: Definition) -> Definition:
    """Return a definition with uuids of questions where it has codes, and codes of options where it has other names of them."""
    uuids = {question.code: question.uuid for question in reversed(definition.questions) if question.code is not None}
    places = {question.uuid: question for question in definition.questions}

    def named(name: str) -> str:
        return name if name == END else uuids.get(name) or canonical(name) or name

    def target(name: str | None) -> str | None:
        return None if name is None else named(name)

    def rule(given: Rule, owner: Question) -> Rule:
        looked_at = target(given.question)
        asked = owner if looked_at is None else places.get(looked_at, owner)
        value = _coded(asked, given.value)
        return attrs.evolve(given, value=value, next=named(given.next), question=looked_at)

    return attrs.evolve(
        definition,
        questions=tuple(
            attrs.evolve(
                question,
                options=tuple(attrs.evolve(option, next=target(option.next)) for option in question.options),
                rules=tuple(rule(each, question) for each in question.rules),
                next=target(question.next),
            )
            for question in definition.questions
        ),
    )


def _coded(question: Question, value: Compared | None) -> Compared | None:
    """Return the codes of options that are named by their uuid, or in another case."""
    if isinstance(value, tuple):
        return tuple(_code_of(question, each) if isinstance(each, str) else each for each in value)
    return _code_of(question, value) if isinstance(value, str) else value


def _code_of(question: Question, name: str) -> str:
    for option in question.options:
        if canonical(name) == option.uuid or phrase(name) == phrase(option.code):
            return option.code
    return name
