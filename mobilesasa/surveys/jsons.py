"""Definitions as JSON: how they are shown, and how they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.surveys.model import Conduct, Definition, Kind, Op, Option, Question, Rule


def as_json(definition: Definition) -> dict[str, Any]:
    """Return a definition as JSON, with every field said; `definition_of` and `reading` read it."""
    return {
        "name": definition.name,
        "language": definition.language,
        "sender_id": definition.sender_id,
        "keyword": definition.keyword,
        "introduction": definition.introduction,
        "thanks": definition.thanks,
        "questions": [question_as_json(question) for question in definition.questions],
        "options": attrs.asdict(definition.conduct),
        "texts": dict(definition.texts),
    }


def question_as_json(question: Question) -> dict[str, Any]:
    """Return a question as JSON: what is of no use to its type is left out, but for `options`."""
    shown: dict[str, Any] = {
        "uuid": question.uuid,
        "code": question.code,
        "type": question.kind.value,
        "text": question.text,
        "required": question.required,
        "options": [_option_as_json(option, question.kind) for option in question.options],
    }
    if question.kind.is_choice:
        shown["show_options"] = question.show_options
    if question.kind is Kind.MULTIPLE_CHOICE:
        shown |= {"min_select": question.min_select, "max_select": question.max_select}
    if question.kind.is_number:
        shown |= {"min": question.minimum, "max": question.maximum}
    if question.kind is Kind.NUMBER:
        shown["whole"] = question.whole
    return shown | {"rules": [_rule_as_json(rule) for rule in question.rules], "next": question.next}


def definition_of(kept: Mapping[str, Any]) -> Definition:
    """Return a definition as it was kept by `as_json`, unchecked."""
    plain = ("name", "language", "sender_id", "keyword", "introduction", "thanks", "texts")
    return Definition(
        **{name: kept[name] for name in plain if name in kept},
        questions=tuple(_question(each) for each in kept.get("questions", ())),
        conduct=Conduct(**kept.get("options", {})),
    )


def _option_as_json(option: Option, kind: Kind) -> dict[str, Any]:
    shown = {"uuid": option.uuid, "code": option.code, "label": option.label}
    return {**shown, "next": option.next} if kind is Kind.SINGLE_CHOICE else shown


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    value = list(rule.value) if isinstance(rule.value, tuple) else rule.value
    when = {"question": rule.question, "op": rule.op.value, "value": value}
    return {"when": when, "next": rule.next}


#: Fields of a question that are called otherwise here than in JSON.
_NAMES = {"type": "kind", "min": "minimum", "max": "maximum"}


def _question(kept: Mapping[str, Any]) -> Question:
    given = {_NAMES.get(name, name): value for name, value in kept.items()}
    given["kind"] = Kind(given["kind"])
    given["options"] = _options(given.get("options", ()))
    given["rules"] = tuple(_rule(each["when"], each["next"]) for each in given.get("rules", ()))
    return Question(**given)


def _options(kept: Sequence[Mapping[str, Any]]) -> tuple[Option, ...]:
    return tuple(Option(each["uuid"], each["code"], each["label"], each.get("next")) for each in kept)


def _rule(when: Mapping[str, Any], target: str) -> Rule:
    value = when["value"]
    return Rule(Op(when["op"]), tuple(value) if isinstance(value, list) else value, target, when["question"])
