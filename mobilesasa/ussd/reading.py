"""A menu as JSON, and back: `docs/ussd.rst` explains it.

What is read has the right shape, and no more: a draft may lead nowhere and say nothing yet. What keeps it from being
published is in `checking`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import attrs

from mobilesasa.core.errors import BadDefinition
from mobilesasa.ussd.model import (
    ACTIONS_MAX,
    CHOICES_MAX,
    ID_CHARACTERS,
    LABEL_CHARACTERS,
    NAME_CHARACTERS,
    RULES_MAX,
    TEXT_CHARACTERS,
    VALUE_CHARACTERS,
    Action,
    AddToGroup,
    Choice,
    Input,
    InputKind,
    Menu,
    Op,
    Options,
    Rule,
    Screen,
    ScreenKind,
    SendSms,
    StartSurvey,
    Webhook,
    When,
)
from mobilesasa.ussd.paging import SEPTETS, SEPTETS_MIN
from mobilesasa.ussd.patterns import PATTERN_CHARACTERS
from mobilesasa.ussd.rules import ALONE
from mobilesasa.ussd.shapes import Shapes, named, under
from mobilesasa.ussd.texts import NAME
from mobilesasa.ussd.words import KEYS, LABELS, SENTENCE_CHARACTERS
from mobilesasa.ussd.words import LABEL_CHARACTERS as WORD_CHARACTERS

_ID: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{ID_CHARACTERS}}}")
_KEY: Final = re.compile("[0-9]{1,3}")
_LANGUAGE: Final = re.compile("[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_A_NAME: Final = "a variable's name: a small letter, then up to 39 of a-z, 0-9 and _"
_URL_CHARACTERS: Final = 2000
_SETS_MAX: Final = 10  # of a choice
_ONE_LINE: Final = frozenset({*LABELS, "continue", "again"})  # words of ours that stand behind a key
_LARGEST: Final = 10**15
#: Keys of a screen beside its kind.
_KEYS_OF: Final[Mapping[ScreenKind, tuple[str, ...]]] = {
    ScreenKind.CHOICES: ("kind", "text", "choices"),
    ScreenKind.INPUT: ("kind", "text", "input", "next"),
    ScreenKind.MESSAGE: ("kind", "text", "next"),
    ScreenKind.ACTION: ("kind", "actions", "next"),
    ScreenKind.CONDITION: ("kind", "rules", "else"),
    ScreenKind.END: ("kind", "text", "actions"),
}


def read_menu(given: object) -> Menu:
    """Return a menu from what its JSON holds.

    Raises:
        BadDefinition: with every fault of its shape, up to a hundred, each with its path (`screens.main.choices[0].key`).
    """
    shapes = Shapes()
    top = shapes.fields(given, "", ("name", "language", "start", "screens", "options", "texts"))
    screens = top.get("screens", {})
    if not isinstance(screens, dict):
        shapes.add("screens", "bad_type", f"must be an object of screens by their ids, not {named(screens)}")
        screens = {}
    menu = Menu(
        name=_name(shapes, top),
        language=shapes.formed(top, "", "language", _LANGUAGE, "a language such as en or sw", default="en"),
        start=shapes.text(top, "", "start", ID_CHARACTERS, default=""),
        screens={name: _screen(shapes, name, each) for name, each in screens.items()},
        options=_options(shapes, top.get("options")),
        texts=_texts(shapes, top),
    )
    if shapes.faults:
        raise BadDefinition(shapes.faults)
    return menu


def _name(shapes: Shapes, top: Mapping[str, object]) -> str:
    name = shapes.text(top, "", "name", NAME_CHARACTERS)
    if name and not name.strip():
        shapes.add("name", "required", "must not be empty")
    return name.strip()


def _options(shapes: Shapes, given: object) -> Options:
    plain = Options()
    if given is None:
        return plain
    fields = shapes.fields(given, "options", [field.name for field in attrs.fields(Options)])
    return Options(
        resume_minutes=shapes.whole(fields, "options", "resume_minutes", 0, 60, plain.resume_minutes),
        back=shapes.flag(fields, "options", "back", plain.back),
        more=shapes.flag(fields, "options", "more", plain.more),
        screen_septets=shapes.whole(fields, "options", "screen_septets", SEPTETS_MIN, SEPTETS, plain.screen_septets),
    )


def _texts(shapes: Shapes, top: Mapping[str, object]) -> dict[str, str]:
    texts = shapes.texts(top, "", "texts", entries=len(KEYS), characters=SENTENCE_CHARACTERS)
    for key, text in texts.items():
        if key not in KEYS:
            shapes.add(f"texts.{key}", "unknown_key", f"is none of our words; there are {', '.join(sorted(KEYS))}")
        elif key in LABELS and len(text) > WORD_CHARACTERS:
            shapes.add(f"texts.{key}", "too_long", f"has {len(text)} characters; there can be {WORD_CHARACTERS}")
    return {key: " ".join(text.split()) if key in _ONE_LINE else text for key, text in texts.items() if text.strip()}


def _screen(shapes: Shapes, name: str, given: object) -> Screen:
    path = f"screens.{name}"
    if not _ID.fullmatch(name):
        shapes.add(path, "bad_value", f"is no id of a screen: up to {ID_CHARACTERS} letters, digits, and any of _ . -")
    kind = shapes.word(given, path, "kind", ScreenKind) if isinstance(given, dict) else ScreenKind.MESSAGE
    if kind is None:
        return Screen(id=name, kind=ScreenKind.MESSAGE)
    fields = shapes.fields(given, path, _KEYS_OF[kind])
    return Screen(
        id=name,
        kind=kind,
        text=shapes.text(fields, path, "text", TEXT_CHARACTERS, default=""),
        choices=tuple(_choice(shapes, *each) for each in shapes.items(fields, path, "choices", CHOICES_MAX)),
        input=_input(shapes, f"{path}.input", fields.get("input")) if kind is ScreenKind.INPUT else None,
        next=_lead(shapes, fields, path, "next"),
        actions=tuple(
            action
            for each in shapes.items(fields, path, "actions", ACTIONS_MAX)
            if (action := _action(shapes, *each)) is not None
        ),
        rules=tuple(_rule(shapes, *each) for each in shapes.items(fields, path, "rules", RULES_MAX)),
        otherwise=_lead(shapes, fields, path, "else"),
    )


def _lead(shapes: Shapes, fields: Mapping[str, object], path: str, key: str) -> str | None:
    """Return the id of a screen; None where there is none yet."""
    return shapes.text(fields, path, key, ID_CHARACTERS, default="") or None


def _choice(shapes: Shapes, path: str, given: object) -> Choice:
    fields = shapes.fields(given, path, ("key", "label", "next", "set"))
    sets = shapes.texts(fields, path, "set", entries=_SETS_MAX, characters=VALUE_CHARACTERS)
    for name in sets:
        _check_name(shapes, f"{path}.set.{name}", name)
    return Choice(
        key=shapes.formed(fields, path, "key", _KEY, "one to three digits", default=""),
        label=shapes.text(fields, path, "label", LABEL_CHARACTERS, default="").replace("\n", " ").strip(),
        next=_lead(shapes, fields, path, "next") or "",
        sets=sets,
    )


def _check_name(shapes: Shapes, path: str, name: str) -> None:
    if not NAME.fullmatch(name):
        shapes.add(path, "bad_value", f"is not {_A_NAME}")


def _input(shapes: Shapes, path: str, given: object) -> Input:
    fields = shapes.fields(given, path, ("variable", "type", "min", "max", "pattern", "error"))
    kind = shapes.word(fields, path, "type", InputKind, InputKind.TEXT) or InputKind.TEXT
    return Input(
        variable=shapes.formed(fields, path, "variable", NAME, _A_NAME, default=""),
        kind=kind,
        least=_bound(shapes, fields, path, "min", kind),
        most=_bound(shapes, fields, path, "max", kind),
        pattern=shapes.text(fields, path, "pattern", PATTERN_CHARACTERS, default="") or None,
        error=shapes.text(fields, path, "error", TEXT_CHARACTERS, default="") or None,
    )


def _bound(shapes: Shapes, fields: Mapping[str, object], path: str, key: str, kind: InputKind) -> Decimal | date | None:
    """Return a bound of an input of a kind; None where there is none."""
    value = fields.get(key)
    if value is None or value == "":
        return None
    bound: Decimal | date | None
    if kind is InputKind.PHONE:
        shapes.add(under(path, key), "bad_value", "says nothing about a phone number")
        return None
    if kind is InputKind.DATE:
        bound, wanted = _day(value), "a day such as 2026-12-24"
    else:
        bound, wanted = _decimal(value), "a number"
        if kind is InputKind.TEXT and not (bound is not None and bound >= 0 and bound == int(bound)):
            bound, wanted = None, "a number of characters"
    if bound is None:
        shapes.add(under(path, key), "bad_value", f"must be {wanted}")
    return bound


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Decimal(value) if _DECIMAL.fullmatch(value) else None
    if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > _LARGEST:
        return None
    return Decimal(repr(value))


def _rule(shapes: Shapes, path: str, given: object) -> Rule:
    fields = shapes.fields(given, path, ("when", "next"))
    place = f"{path}.when"
    when = shapes.fields(fields.get("when"), place, ("variable", "op", "value"))
    op = shapes.word(when, place, "op", Op) or Op.SET
    return Rule(
        When(
            shapes.formed(when, place, "variable", NAME, _A_NAME, default=""),
            op,
            _value(shapes, when, place, op),
        ),
        _lead(shapes, fields, path, "next") or "",
    )


def _value(shapes: Shapes, when: Mapping[str, object], path: str, op: Op) -> str | tuple[str, ...]:
    if op in ALONE:
        if when.get("value") not in (None, "", []):
            shapes.add(f"{path}.value", "bad_value", f"says nothing with the op {op.value}; leave it out")
        return ""
    if op is Op.IN:
        values = [_scalar(shapes, place, each) for place, each in shapes.items(when, path, "value", CHOICES_MAX)]
        return tuple(values)
    return _scalar(shapes, f"{path}.value", when.get("value"))


def _scalar(shapes: Shapes, path: str, value: object) -> str:
    """Return a text, or a number as a text."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    at, _, key = path.rpartition(".")
    return shapes.text({key: value}, at, key, VALUE_CHARACTERS, default="")


def _action(shapes: Shapes, path: str, given: object) -> Action | None:
    kind = given.get("kind") if isinstance(given, dict) else None
    reader = _ACTIONS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        shapes.add(under(path, "kind"), "bad_value", f"must be one of {', '.join(_ACTIONS)}")
        return None
    return reader(shapes, path, given)


def _send_sms(shapes: Shapes, path: str, given: object) -> SendSms:
    fields = shapes.fields(given, path, ("kind", "to", "sender_id", "text"))
    return SendSms(
        to=shapes.text(fields, path, "to", LABEL_CHARACTERS, default="{msisdn}") or "{msisdn}",
        sender_id=shapes.text(fields, path, "sender_id", NAME_CHARACTERS, default=""),
        text=shapes.text(fields, path, "text", TEXT_CHARACTERS, default=""),
    )


def _start_survey(shapes: Shapes, path: str, given: object) -> StartSurvey:
    fields = shapes.fields(given, path, ("kind", "survey"))
    return StartSurvey(shapes.text(fields, path, "survey", NAME_CHARACTERS, default=""))


def _add_to_group(shapes: Shapes, path: str, given: object) -> AddToGroup:
    fields = shapes.fields(given, path, ("kind", "group"))
    return AddToGroup(shapes.text(fields, path, "group", NAME_CHARACTERS, default=""))


def _webhook(shapes: Shapes, path: str, given: object) -> Webhook:
    fields = shapes.fields(given, path, ("kind", "url", "show", "variables"))
    names: list[str] = []
    for place, each in shapes.items(fields, path, "variables", _SETS_MAX):
        names.append(each if isinstance(each, str) else "")
        _check_name(shapes, place, names[-1])
    return Webhook(
        url=shapes.text(fields, path, "url", _URL_CHARACTERS, default=""),
        show=shapes.flag(fields, path, "show", False),
        variables=tuple(names),
    )


_ACTIONS: Final[Mapping[str, Callable[[Shapes, str, object], Action]]] = {
    "send_sms": _send_sms,
    "start_survey": _start_survey,
    "add_to_group": _add_to_group,
    "webhook": _webhook,
}


def menu_json(menu: Menu) -> dict[str, Any]:
    """Return the JSON of a menu, which `read_menu` reads as the same menu."""
    return {
        "name": menu.name,
        "language": menu.language,
        "start": menu.start,
        "screens": {name: _screen_json(screen) for name, screen in menu.screens.items()},
        "options": attrs.asdict(menu.options),
        "texts": dict(menu.texts),
    }


def _screen_json(screen: Screen) -> dict[str, Any]:
    written: dict[str, Any] = {
        "kind": screen.kind.value,
        "text": screen.text,
        "choices": [_choice_json(choice) for choice in screen.choices],
        "input": _input_json(screen.input) if screen.input is not None else None,
        "actions": [action_json(action) for action in screen.actions],
        "rules": [_rule_json(rule) for rule in screen.rules],
        "else": screen.otherwise,
        "next": screen.next,
    }
    return {key: value for key, value in written.items() if key in _KEYS_OF[screen.kind]}


def _choice_json(choice: Choice) -> dict[str, Any]:
    return {"key": choice.key, "label": choice.label, "next": choice.next, "set": dict(choice.sets)}


def _input_json(wanted: Input) -> dict[str, Any]:
    return {
        "variable": wanted.variable,
        "type": wanted.kind.value,
        "min": _bound_json(wanted.least),
        "max": _bound_json(wanted.most),
        "pattern": wanted.pattern,
        "error": wanted.error,
    }


def _bound_json(bound: Decimal | date | None) -> int | float | str | None:
    if isinstance(bound, Decimal):
        short = float(bound)
        return int(bound) if bound == int(bound) else short if Decimal(repr(short)) == bound else str(bound)
    return bound.isoformat() if bound is not None else None


def _rule_json(rule: Rule) -> dict[str, Any]:
    value = rule.when.value
    when: dict[str, Any] = {"variable": rule.when.variable, "op": rule.when.op.value}
    if rule.when.op not in ALONE:
        when["value"] = value if isinstance(value, str) else list(value)
    return {"when": when, "next": rule.next}


def action_json(action: Action) -> dict[str, Any]:
    """Return the JSON of an action, also of one that the engine has filled in."""
    match action:
        case SendSms():
            return {"kind": "send_sms", "to": action.to, "sender_id": action.sender_id, "text": action.text}
        case StartSurvey():
            return {"kind": "start_survey", "survey": action.survey}
        case AddToGroup():
            return {"kind": "add_to_group", "group": action.group}
    written = {"kind": "webhook", "url": action.url, "show": action.show, "variables": list(action.variables)}
    return written | ({"screen": action.screen, "sends": dict(action.sends)} if action.screen else {})


def read_action(kept: Mapping[str, Any]) -> Action:
    """Return an action that the engine filled in, from what `action_json` gave and the store kept."""
    match kept["kind"]:
        case "send_sms":
            return SendSms(to=kept["to"], sender_id=kept["sender_id"], text=kept["text"])
        case "start_survey":
            return StartSurvey(kept["survey"])
        case "add_to_group":
            return AddToGroup(kept["group"])
    return Webhook(
        url=kept["url"],
        show=kept["show"],
        variables=tuple(kept["variables"]),
        screen=kept.get("screen", ""),
        sends=kept.get("sends", {}),
    )
