"""`mobilesasa rules …`: what countries ask of messages, as the node of these settings holds to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Group

from mobilesasa.cli.access import Node
from mobilesasa.cli.answers import Answer, answering, card, iso
from mobilesasa.core.hours import MINUTES_A_DAY, Hours
from mobilesasa.core.rulepack_reading import DAYS, BadPack
from mobilesasa.core.rulepacks import RulePack, Rules
from mobilesasa.node.rulepacks import BadPacks, packs_of, read_file


@click.group()
def rules() -> None:
    """Rule packs: quiet hours and what texts must end with, by country and class of sender."""


@rules.command()
@answering
def show(node: Node) -> Answer:
    """Show what holds by the settings, and when promotional messages may go out."""
    try:
        packs = packs_of(node.settings).packs
    except BadPacks as bad:
        raise click.ClickException(str(bad)) from bad
    return _shown(packs)


@rules.command()
@click.argument("file", type=click.Path(path_type=Path))
@answering
def check(node: Node, file: Path) -> Answer:
    """Read a pack and show what it says; every fault is named, and then the exit status is 1."""
    try:
        return _shown([read_file(file)])
    except BadPack as bad:
        return Answer({"problems": list(bad.problems)}, "\n".join(bad.problems), 1)


def _shown(packs: Sequence[RulePack]) -> Answer:
    now_ms = time.time_ns() // 1_000_000
    rows = [_row(pack, held, now_ms) for pack in packs for held in pack.rules.values()]
    cards = [card({name: _text(value) for name, value in row.items()}) for row in rows]
    return Answer({"rules": rows}, Group(*cards) if cards else "no rule pack holds")


def _text(value: object) -> object:
    """Return what a rule says for people; hours that are those of each day, once."""
    if isinstance(value, dict):
        spans = set(value.values())
        return f"every day {spans.pop()}" if len(spans) == 1 else ", ".join(f"{day} {on}" for day, on in value.items())
    return ", ".join(value) if isinstance(value, list) else value


def _row(pack: RulePack, held: Rules, now_ms: int) -> dict[str, object]:
    return {
        "country": pack.country,
        "class": held.sender_class,
        "prefixes": list(pack.prefixes),
        "suffix": held.suffix or None,
        "zone": None if held.hours is None else held.hours.zone.key,
        "hours": None if held.hours is None else dict(_days(held.hours)),
        "waits_until": iso(held.waits(now_ms)),
        "file": pack.source,
    }


def _days(hours: Hours) -> Iterator[tuple[str, str]]:
    """Return what is open on each day, as people write it."""
    for name, spans in zip(DAYS, hours.days, strict=True):
        yield name, " and ".join(f"{_time(opens)}–{_time(closes)}" for opens, closes in spans) or "quiet"


def _time(minutes: int) -> str:
    """Write a time of the clock; the end of a day is 24:00, what is later the next day's time."""
    at = minutes if minutes <= MINUTES_A_DAY else minutes - MINUTES_A_DAY
    return f"{at // 60:02}:{at % 60:02}"
