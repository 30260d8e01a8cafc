"""How a rule pack is written, and read: TOML, which `docs/rules.rst` explains."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from mobilesasa.core.hours import MINUTES_A_DAY, Hours, Span
from mobilesasa.core.rulepacks import RulePack, Rules
from mobilesasa.core.senders import SenderClass
from mobilesasa.sms.estimate import count_gsm_parts

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OTHER_DAYS: Final = "other_days"
#: One-time passwords are asked for by people who wait for them: no rule can hold them.
CLASSES: Final = (SenderClass.PROMOTIONAL.value, SenderClass.TRANSACTIONAL.value)
SUFFIX_CHARACTERS: Final = 60  # at most: the text is what people are to read

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PREFIX: Final = re.compile(r"[1-9][0-9]{0,14}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class BadPack(ValueError):
    """A pack that cannot be read.

    Attributes:
        problems: a sentence for each fault, with the file and the key.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep them all."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@attrs.define
class _Faults:
    """What is wrong with a pack, as far as it was read."""

    source: str
    found: list[str] = attrs.field(factory=list)

    def add(self, key: str, why: str) -> None:
        self.found.append(f"{self.source}: {key} {why}")


def read_pack(content: Mapping[str, object], source: str) -> RulePack:
    """Return a pack from what its file holds.

    Args:
        content: as TOML gives it.
        source: the file's name, for people.

    Raises:
        BadPack: with every fault.
    """
    faults = _Faults(source)
    country = _text(content, "country", _COUNTRY, 'must be two capitals (ISO 3166-1), such as "KE"', faults)
    prefixes = _prefixes(content.get("prefixes"), faults)
    zone = _zone(content.get("zone"), faults)
    for key in content.keys() - {"country", "prefixes", "zone", *CLASSES}:
        faults.add(key, f"is no key; there are country, prefixes, zone, {', '.join(f'[{each}]' for each in CLASSES)}")
    rules = {
        sender_class: _rules(content[sender_class], sender_class, country, zone, faults)
        for sender_class in CLASSES
        if sender_class in content
    }
    if not rules:
        faults.add(f"[{CLASSES[0]}]", "is missing: the pack has no rules")
    if faults.found:
        raise BadPack(sorted(faults.found))
    return RulePack(country, prefixes, rules, source)


def _text(given: Mapping[str, object], key: str, form: re.Pattern[str], wanted: str, faults: _Faults) -> str:
    value = given.get(key)
    if isinstance(value, str) and form.fullmatch(value):
        return value
    faults.add(key, wanted if key in given else f"is missing; it {wanted}")
    return ""


def _prefixes(value: object, faults: _Faults) -> tuple[str, ...]:
    wanted = 'must be a list of what numbers begin with, digits without the plus, such as ["254"]'
    if not isinstance(value, list) or not value:
        faults.add("prefixes", wanted)
        return ()
    bad = [each for each in value if not isinstance(each, str) or not _PREFIX.fullmatch(each)]
    if bad:
        faults.add("prefixes", f"{wanted}, not {bad[0]!r}")
        return ()
    return tuple(value)


def _zone(value: object, faults: _Faults) -> ZoneInfo:
    try:
        if isinstance(value, str):
            return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    faults.add("zone", f'must be a zone of the tz database, such as "Africa/Nairobi", not {value!r}')
    return ZoneInfo("UTC")


def _rules(value: object, sender_class: str, country: str, zone: ZoneInfo, faults: _Faults) -> Rules:
    if not isinstance(value, Mapping):
        faults.add(sender_class, f"must be a section, [{sender_class}]")
        return Rules(country, sender_class)
    for key in value.keys() - {"hours", "suffix"}:
        faults.add(f"{sender_class}.{key}", "is no key; there are hours and suffix")
    hours = _hours(value["hours"], f"{sender_class}.hours", zone, faults) if "hours" in value else None
    suffix = _suffix(value["suffix"], f"{sender_class}.suffix", faults) if "suffix" in value else ""
    return Rules(country, sender_class, hours, suffix)


def _suffix(value: object, key: str, faults: _Faults) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > SUFFIX_CHARACTERS:
        faults.add(key, f"must be a text of {SUFFIX_CHARACTERS} characters at most, with its own blank before it")
        return ""
    if count_gsm_parts(value) is None:
        faults.add(key, "has a character that the GSM alphabet lacks: texts would take more parts for it")
    return value


def _hours(value: object, key: str, zone: ZoneInfo, faults: _Faults) -> Hours | None:
    """Return hours that are those of each day, or of days by name."""
    before = len(faults.found)
    by_day = _by_day(value, key, faults) if isinstance(value, Mapping) else dict.fromkeys(DAYS, value)
    keys = {day: f"{key}.{day}" if isinstance(value, Mapping) else key for day in DAYS}
    days = [_spans(by_day.get(day, []), keys[day], faults) for day in DAYS]
    faults.found[before:] = dict.fromkeys(faults.found[before:])  # what is wrong with each day is told once
    if len(faults.found) > before:
        return None
    if not any(days):
        faults.add(key, "has none on any day, so nothing would ever go out; to stop a sender, suspend it")
        return None
    return Hours(zone, days)


def _by_day(value: Mapping[str, object], key: str, faults: _Faults) -> dict[str, object]:
    for name in value.keys() - {*DAYS, OTHER_DAYS}:
        faults.add(f"{key}.{name}", f"is no key; there are {', '.join(DAYS)} and {OTHER_DAYS}")
    missing = [day for day in DAYS if day not in value]
    if missing and OTHER_DAYS not in value:
        faults.add(key, f"says nothing of {missing[0]}; name all seven days, or say {OTHER_DAYS}; [] is a quiet day")
    return {day: value.get(day, value.get(OTHER_DAYS, [])) for day in DAYS}


def _spans(value: object, key: str, faults: _Faults) -> list[Span]:
    wanted = 'must be a list of pairs of times, such as [["08:00", "18:00"]]; one may end after midnight'
    if not isinstance(value, list):
        faults.add(key, wanted)
        return []
    spans = []
    for pair in value:
        times = [_minutes(each) for each in pair] if isinstance(pair, list) else []
        match times:
            case [int(opens), int(closes)] if opens < MINUTES_A_DAY and opens != closes:
                spans.append((opens, closes if closes > opens else closes + MINUTES_A_DAY))
            case _:
                faults.add(key, f"{wanted}, not {pair!r}")
    return spans


def _minutes(value: object) -> int | None:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    hours, minutes = value.split(":")
    return int(hours) * 60 + int(minutes)
