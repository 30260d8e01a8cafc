"""What keeps a menu from being published, all of it at once, each fault with its path.

How to think about it: the screens and the ways between them are a graph. Whoever dials must come to every screen on some way,
from every screen to an end, and must not go in circles among screens that nobody sees. And what is shown must fit: a text may
be cut into pages, a line of a choice may not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

import attrs

from mobilesasa.core.errors import Fault
from mobilesasa.sms.estimate import count_parts
from mobilesasa.sms.segments import MAX_PARTS
from mobilesasa.ussd.compiled import CompiledMenu, compiled, set_by, texts_of
from mobilesasa.ussd.graph import Graph, leads_of
from mobilesasa.ussd.inputs import read_date, read_number
from mobilesasa.ussd.model import (
    BUILT_IN,
    INPUT_CHARACTERS,
    SCREENS_MAX,
    VARIABLES_MAX,
    Action,
    AddToGroup,
    Input,
    InputKind,
    Menu,
    Op,
    Rule,
    Screen,
    ScreenKind,
    SendSms,
    StartSurvey,
    Webhook,
)
from mobilesasa.ussd.paging import joined
from mobilesasa.ussd.patterns import BadPattern, read_pattern
from mobilesasa.ussd.rules import ORDERS, measured
from mobilesasa.ussd.showing import tails_of
from mobilesasa.ussd.texts import read_text
from mobilesasa.ussd.words import KEYS, LANGUAGES, has_words

_PHONE: Final = re.compile(r"\+?[0-9]{7,15}")
_NO_PHONES: Final = frozenset({"code", "network", "first_name", "last_name"})
_NAMED: Final = 5  # of those that are wrong together so many are named


@attrs.frozen(kw_only=True)
class Known:
    """What there is outside of a menu; None: whatever is named is taken for granted."""

    senders: Collection[str] | None = None  # names of approved senders, and their uuids
    surveys: Collection[str] | None = None  # uuids of those that can be started
    groups: Collection[str] | None = None  # uuids
    attributes: Collection[str] = ()  # names of what contacts may have beside the built-in variables
    url_fault: Callable[[str], str | None] | None = None  # what is wrong with an address that is to be called


NOTHING_KNOWN: Final = Known()


def check(menu: Menu, known: Known | None = None) -> tuple[Fault, ...]:
    """Return all that keeps a menu from being published, in the order of its screens; nothing: it can be.

    Args:
        menu: the menu.
        known: what its actions and texts may name; None: senders, surveys, groups and addresses are not looked at.
    """
    return tuple(_Check(menu, compiled(menu), known or NOTHING_KNOWN).faults())


@attrs.frozen
class _Check:
    """A menu while it is looked at."""

    menu: Menu
    read: CompiledMenu
    known: Known

    def faults(self) -> Iterator[Fault]:
        screens = self.menu.screens
        if not self.menu.start:
            yield Fault("start", "required", "is required: choose the screen that is shown first")
        elif self.menu.start not in screens:
            yield _unknown("start", self.menu.start)
        if not screens:
            yield Fault("screens", "required", "must have one screen at least")
        if len(screens) > SCREENS_MAX:
            yield Fault("screens", "too_many", f"has {len(screens)} screens; there can be {SCREENS_MAX}")
        if len(self.read.sets) > VARIABLES_MAX:
            yield Fault("screens", "too_many", f"sets {len(self.read.sets)} variables; there can be {VARIABLES_MAX}")
        yield from self._language()
        ways = self._ways()
        for name, screen in screens.items():
            yield from self._of_screen(f"screens.{name}", screen)
            yield from ways.get(name, ())

    def _language(self) -> Iterator[Fault]:
        """Return the fault of a menu that would say our words in a language that is not its own."""
        missing = sorted(KEYS.difference(self.menu.texts))
        if missing and not has_words(self.menu.language):
            told = f"is {self.menu.language}, and our own words are in {', '.join(LANGUAGES)}; say them all in texts"
            yield Fault("language", "unknown_language", f"{told}: {_listed(missing)}")

    def _ways(self) -> dict[str, list[Fault]]:
        """Return what is wrong with the ways between screens, by the screen where it is told."""
        graph, found = Graph.of(self.menu), dict[str, list[Fault]]()
        silent = graph.silent_circles()
        for circle in silent:
            where = f"goes in a circle in which nothing need be shown: {_listed(circle)}"
            found.setdefault(circle[0], []).append(Fault(f"screens.{circle[0]}", "loop", where))
        for circle in graph.traps():
            if circle not in silent:
                where = f"goes in a circle that leads to no end: {_listed(circle)}"
                found.setdefault(circle[0], []).append(Fault(f"screens.{circle[0]}", "no_exit", where))
        if self.menu.start in self.menu.screens:
            for name in graph.unreachable():
                fault = Fault(
                    f"screens.{name}", "unreachable", "is shown to nobody: no screen that can be reached leads to it"
                )
                found.setdefault(name, []).append(fault)
        return found

    def _of_screen(self, path: str, screen: Screen) -> Iterator[Fault]:
        yield from self._shown(path, screen)
        yield from _choices(path, screen)
        if screen.input is not None:
            yield from _input(f"{path}.input", screen.input)
        for place, rule in enumerate(screen.rules):
            yield from self._rule(f"{path}.rules[{place}]", rule)
        for place, action in enumerate(screen.actions):
            yield from self._action(f"{path}.actions[{place}]", screen, action)
        yield from self._leads(path, screen)
        yield from self._variables(path, screen)

    def _shown(self, path: str, screen: Screen) -> Iterator[Fault]:
        """Return what is wrong with a screen as it looks."""
        if not screen.kind.is_shown:
            return
        if not screen.text.strip() and screen.kind is not ScreenKind.CHOICES:
            yield Fault(f"{path}.text", "required", "must not be empty")
        place, limit = self.read.places[screen.id], self.read.limit
        tails = tails_of(self.read, place, behind=True)
        lines = [line.shown.fill({}) for line in place.lines]
        if not place.more:
            if not limit.holds(joined(place.text.fill({}), *lines, tails.alone)):
                why = "98 is one of its choices" if self.menu.options.more else "the menu has no pages (options.more)"
                yield Fault(path, "over_long", f"does not fit one screen, and {why}")
            return
        widest = max((tails.alone, tails.first, tails.middle, tails.last), key=len)
        for number, choice in enumerate(screen.choices):
            if not limit.holds(joined(read_text(f"{choice.key} {choice.label}").fill({}), widest)):
                yield Fault(
                    f"{path}.choices[{number}].label", "over_long", "does not fit one screen; a choice is one line"
                )

    def _leads(self, path: str, screen: Screen) -> Iterator[Fault]:
        for key, lead in leads_of(screen):
            if lead and lead not in self.menu.screens:
                yield _unknown(f"{path}.{key}", lead)
            elif not lead:
                yield Fault(
                    f"{path}.{key}",
                    "dead_end",
                    _DEAD_ENDS.get((screen.kind, key), "leads nowhere: name the screen that comes next"),
                )

    def _variables(self, path: str, screen: Screen) -> Iterator[Fault]:
        """Return what is wrong with the variables that a screen names and sets."""
        there = {*BUILT_IN, *self.read.sets, *self.known.attributes}
        for key, text in texts_of(screen).items():
            for name in read_text(text).names:
                if name not in there:
                    yield Fault(f"{path}.{key}", "unknown_variable", f"names {{{name}}}, which nothing sets")
        for place, rule in enumerate(screen.rules):
            name = rule.when.variable
            if name and name not in there:
                yield Fault(
                    f"{path}.rules[{place}].when.variable", "unknown_variable", f"names {name}, which nothing sets"
                )
        for name in dict.fromkeys(set_by(screen)):
            if name in BUILT_IN:
                yield Fault(path, "reserved_variable", f"sets {name}, which is the platform's; take another name")

    def _rule(self, path: str, rule: Rule) -> Iterator[Fault]:
        when = rule.when
        if not when.variable:
            yield Fault(f"{path}.when.variable", "required", "is required: choose what the rule looks at")
        if when.op is Op.IN and not when.value:
            yield Fault(f"{path}.when.value", "required", "is required: one value at least")
        if when.op in (Op.EQ, Op.NE, Op.INCLUDES) and not when.value:
            yield Fault(
                f"{path}.when.value", "required", "is required; to ask whether there is a value use set or unset"
            )
        if when.op in ORDERS and isinstance(when.value, str):
            text = read_text(when.value)
            wanted = None if text.names else self._unordered(when.variable, text.head)
            if wanted is not None:
                yield Fault(f"{path}.when.value", "bad_value", f"must be {wanted}: only such values are less or more")

    def _unordered(self, variable: str, value: str) -> str | None:
        """Return what a value must be to come in an order with a variable; None: it does."""
        if variable in self.read.days:
            return None if read_date(value) is not None else "a day, as its variable is"
        if variable in self.read.numbers:
            return None if read_number(value) is not None else "a number, as its variable is"
        return None if measured(value) is not None else "a number or a day"

    def _action(self, path: str, screen: Screen, action: Action) -> Iterator[Fault]:
        match action:
            case SendSms():
                yield from self._sms(path, action)
            case StartSurvey(survey):
                if not survey or (self.known.surveys is not None and survey not in self.known.surveys):
                    yield Fault(f"{path}.survey", "unknown_survey", "must be a survey that is live (its uuid)")
            case AddToGroup(group):
                if not group or (self.known.groups is not None and group not in self.known.groups):
                    yield Fault(f"{path}.group", "unknown_group", "must be a group of the team (its uuid)")
            case _:
                yield from self._webhook(path, screen, action)

    def _sms(self, path: str, sms: SendSms) -> Iterator[Fault]:
        if self.known.senders is not None and sms.sender_id and sms.sender_id not in self.known.senders:
            yield Fault(f"{path}.sender_id", "unknown_sender", "must be an approved sender of the team")
        to, text = read_text(sms.to), read_text(sms.text).fill({})
        if _NO_PHONES.intersection(to.names) or (not to.names and not _PHONE.fullmatch(to.head)):
            yield Fault(
                f"{path}.to", "bad_value", "must be a phone number or a variable that has one, such as {msisdn}"
            )
        if not sms.text.strip():
            yield Fault(f"{path}.text", "required", "must not be empty")
        elif count_parts(text) > MAX_PARTS:
            yield Fault(f"{path}.text", "too_long", f"takes {count_parts(text)} parts; there can be {MAX_PARTS}")

    def _webhook(self, path: str, screen: Screen, webhook: Webhook) -> Iterator[Fault]:
        fault = self.known.url_fault(webhook.url) if self.known.url_fault is not None and webhook.url else None
        if not webhook.url:
            yield Fault(f"{path}.url", "required", "is required: the address that is called")
        elif fault is not None:
            yield Fault(f"{path}.url", "bad_url", f"cannot be called: {fault}")
        if webhook.show and screen.kind is not ScreenKind.ACTION:
            yield Fault(f"{path}.show", "bad_value", "must be off (false): an end has a text of its own")
        elif webhook.show and webhook is not screen.actions[-1]:
            yield Fault(
                f"{path}.show", "bad_value", "must be off (false): only the last action of a screen can show its answer"
            )
        if webhook.variables and not webhook.show:
            yield Fault(
                f"{path}.variables", "bad_value", "must be empty while the answer is not shown: nobody waits for it"
            )


def _choices(path: str, screen: Screen) -> Iterator[Fault]:
    if screen.kind is ScreenKind.CHOICES and not screen.choices:
        yield Fault(f"{path}.choices", "dead_end", "are required: without a choice nothing leads on from here")
    if screen.kind is ScreenKind.ACTION and not screen.actions:
        yield Fault(f"{path}.actions", "required", "are required: add what is to be done")
    seen: dict[int, str] = {}  # where each number stands first: nobody tells 1 and 01 apart
    for place, choice in enumerate(screen.choices):
        where = f"{path}.choices[{place}]"
        if not choice.key:
            yield Fault(f"{where}.key", "required", "is required: the digits that choose it")
        elif seen.setdefault(int(choice.key), where) != where:
            yield Fault(
                f"{where}.key", "duplicate_key", f"is {choice.key}, like that of a choice above: each needs its own"
            )
        if not choice.label:
            yield Fault(f"{where}.label", "required", "must not be empty")


def _input(path: str, wanted: Input) -> Iterator[Fault]:
    least, most = wanted.least, wanted.most
    if not wanted.variable:
        yield Fault(f"{path}.variable", "required", "is required: what is typed is kept in it")
    if _is_above(least, most):
        yield Fault(f"{path}.max", "bad_value", "must not be below min")
    if wanted.kind is InputKind.TEXT and isinstance(least, Decimal) and least > INPUT_CHARACTERS:
        yield Fault(f"{path}.min", "bad_value", f"must not be above {INPUT_CHARACTERS}: nobody can type more")
    if wanted.kind is InputKind.TEXT and isinstance(most, Decimal) and most < 1:
        yield Fault(f"{path}.max", "bad_value", "must be 1 or more: who types nothing has not answered")
    if wanted.pattern is None:
        return
    if wanted.kind is not InputKind.TEXT:
        yield Fault(
            f"{path}.pattern", "bad_value", f"is for texts, and this is of type {wanted.kind.value}: leave it out"
        )
        return
    try:
        read_pattern(wanted.pattern)
    except BadPattern as bad:
        yield Fault(f"{path}.pattern", "bad_pattern", str(bad))


def _is_above(least: Decimal | date | None, most: Decimal | date | None) -> bool:
    if isinstance(least, Decimal) and isinstance(most, Decimal):
        return least > most
    return isinstance(least, date) and isinstance(most, date) and least > most


def _unknown(path: str, lead: str) -> Fault:
    return Fault(path, "unknown_screen", f"is {lead}, and there is no such screen: choose another")


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


_DEAD_ENDS: Final = {
    (ScreenKind.CONDITION, "else"): "leads nowhere: name the screen that comes when no rule holds",
    (ScreenKind.MESSAGE, "next"): "leads nowhere: name the screen that comes next, or let the kind be end",
    (
        ScreenKind.ACTION,
        "next",
    ): "leads nowhere: name the screen that comes next, unless the answer of a webhook is shown at last",
}
