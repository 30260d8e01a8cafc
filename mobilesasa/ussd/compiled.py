"""A menu made ready to be walked through: its texts read, its keys in tables. Done once for a published version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import attrs

from mobilesasa.ussd.inputs import answers_back, wrong
from mobilesasa.ussd.model import (
    BACK_KEY,
    MORE_KEY,
    Action,
    Choice,
    Input,
    InputKind,
    Menu,
    Screen,
    ScreenKind,
    SendSms,
    Webhook,
)
from mobilesasa.ussd.paging import Limit
from mobilesasa.ussd.rules import Test, read_test
from mobilesasa.ussd.texts import Text, read_text
from mobilesasa.ussd.words import words_of

Filler: TypeAlias = Callable[[Mapping[str, str]], Action]
_EMPTY: Final = Text("", ())


@attrs.frozen
class Line:
    """A choice that has been read."""

    shown: Text  # with its key
    next: str
    sets: tuple[tuple[str, Text], ...]


@attrs.frozen(kw_only=True)
class Place:
    """A screen that has been read."""

    id: str
    kind: ScreenKind
    text: Text
    lines: tuple[Line, ...]
    keys: Mapping[str, Line]
    input: Input | None
    next: str | None
    tests: tuple[tuple[Test, str], ...]  # of a condition, and where each leads
    otherwise: str | None
    fillers: tuple[Filler, ...]  # make what is done
    webhook: Callable[[Mapping[str, str]], Webhook] | None  # makes the one whose answer is shown
    may_set: tuple[str, ...]  # variables, that one
    hint: Text  # what is said to what is no answer
    back: bool  # `0` leads back
    more: bool  # it is shown in pages; else it is shortened


@attrs.frozen(kw_only=True)
class CompiledMenu:
    """A menu that has been read."""

    menu: Menu
    start: str
    places: Mapping[str, Place]
    words: Mapping[str, str]
    country: str  # whose national phone numbers are understood
    limit: Limit
    sets: frozenset[str]  # variables that it sets
    wants: frozenset[str]  # variables that it names
    days: frozenset[str]  # variables that are always days …
    numbers: frozenset[str]  # … or numbers


def compiled(menu: Menu, country: str = "KE") -> CompiledMenu:
    """Read a menu; there is none that cannot be read, though one with faults (`checking`) leads nowhere at some place.

    Args:
        menu: what is walked through.
        country: whose national phone numbers are understood where one is typed (ISO 3166-1).
    """
    words = words_of(menu.language, menu.texts)
    return CompiledMenu(
        menu=menu,
        start=menu.start,
        places={name: _place(screen, menu, words) for name, screen in menu.screens.items()},
        words=words,
        country=country,
        limit=Limit.of(menu.options.screen_septets),
        sets=frozenset(name for screen in menu.screens.values() for name in set_by(screen)),
        wants=frozenset(name for screen in menu.screens.values() for name in named_by(screen)),
        days=_always(menu, InputKind.DATE),
        numbers=_always(menu, InputKind.NUMBER, InputKind.AMOUNT),
    )


def _always(menu: Menu, *kinds: InputKind) -> frozenset[str]:
    """Return the variables that nothing sets but inputs of these kinds."""
    asked = {screen.id: screen.input for screen in menu.screens.values() if screen.input is not None}
    fit = {each.variable for each in asked.values() if each.kind in kinds}
    others = {
        name
        for screen in menu.screens.values()
        if screen.id not in asked or asked[screen.id].kind not in kinds
        for name in set_by(screen)
    }
    return frozenset(fit - others)


def set_by(screen: Screen) -> Iterable[str]:
    """Return the variables that a screen sets, perhaps one twice."""
    for choice in screen.choices:
        yield from choice.sets
    if screen.input is not None:
        yield screen.input.variable
    for action in screen.actions:
        if isinstance(action, Webhook):
            yield from action.variables


def named_by(screen: Screen) -> Iterable[str]:
    """Return the variables that a screen names, perhaps one twice."""
    for text in texts_of(screen).values():
        yield from read_text(text).names
    for rule in screen.rules:
        yield rule.when.variable


def texts_of(screen: Screen) -> dict[str, str]:
    """Return the texts of a screen that may have variables, by where they stand in it."""
    texts = {"text": screen.text}
    for place, choice in enumerate(screen.choices):
        texts[f"choices[{place}].label"] = choice.label
        texts |= {f"choices[{place}].set.{name}": value for name, value in choice.sets.items()}
    if screen.input is not None:
        texts["input.error"] = screen.input.error or ""
    for place, action in enumerate(screen.actions):
        if isinstance(action, SendSms):
            texts[f"actions[{place}].to"] = action.to
            texts[f"actions[{place}].text"] = action.text
    for place, rule in enumerate(screen.rules):
        values = (rule.when.value,) if isinstance(rule.when.value, str) else rule.when.value
        texts |= {f"rules[{place}].when.value" + (f"[{n}]" if n else ""): value for n, value in enumerate(values)}
    return texts


def shown_webhook(screen: Screen) -> Webhook | None:
    """Return the webhook whose answer a screen shows."""
    shown = [each for each in screen.actions if isinstance(each, Webhook) and each.show]
    return shown[-1] if shown and screen.kind is ScreenKind.ACTION else None


def can_lead_back(screen: Screen, menu: Menu) -> bool:
    """Whether `0` can lead back from a screen: it is no answer to what the screen asks."""
    if any(choice.key == BACK_KEY for choice in screen.choices):
        return False
    return menu.options.back and not (screen.input is not None and answers_back(screen.input))


def can_page(screen: Screen, menu: Menu) -> bool:
    """Whether a screen can be shown in pages: `98` is none of its choices."""
    return menu.options.more and all(choice.key != MORE_KEY for choice in screen.choices)


def _place(screen: Screen, menu: Menu, words: Mapping[str, str]) -> Place:
    lines = {choice.key: _line(choice) for choice in screen.choices}
    webhook = shown_webhook(screen)
    return Place(
        id=screen.id,
        kind=screen.kind,
        text=read_text(screen.text.rstrip()),
        lines=tuple(lines.values()),
        keys=lines,
        input=screen.input,
        next=screen.next,
        tests=tuple((read_test(rule.when), rule.next) for rule in screen.rules),
        otherwise=screen.otherwise,
        fillers=tuple(_filler(each, screen.id) for each in screen.actions if each is not webhook),
        webhook=_caller(webhook, screen.id) if webhook is not None else None,
        may_set=tuple(webhook.variables) if webhook is not None else (),
        hint=_hint(screen, words),
        back=can_lead_back(screen, menu),
        more=can_page(screen, menu),
    )


def _line(choice: Choice) -> Line:
    sets = tuple((name, read_text(value)) for name, value in choice.sets.items())
    return Line(read_text(f"{choice.key} {choice.label}"), choice.next, sets)


def _hint(screen: Screen, words: Mapping[str, str]) -> Text:
    if screen.input is None:
        return Text(words["choose"], ()) if screen.kind is ScreenKind.CHOICES else _EMPTY
    return read_text(screen.input.error) if screen.input.error else Text(wrong(screen.input, words), ())


def _filler(action: Action, screen: str) -> Filler:
    """Return what makes an action of variables as they are."""
    if isinstance(action, SendSms):
        sms, to, text = action, read_text(action.to), read_text(action.text)
        return lambda variables: SendSms(to=to.fill(variables), sender_id=sms.sender_id, text=text.fill(variables))
    if isinstance(action, Webhook):
        return _caller(action, screen)
    return lambda _: action


def _caller(webhook: Webhook, screen: str) -> Callable[[Mapping[str, str]], Webhook]:
    return lambda variables: attrs.evolve(webhook, screen=screen, sends=dict(variables))
