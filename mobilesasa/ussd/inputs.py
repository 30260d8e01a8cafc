"""What people type into a screen, as it is kept; or what is said to them where it is no answer.

Phones bring digits of other scripts, blanks around and within, `1,500` and `Ksh 500/=`. Numbers have a point for their
decimals, and commas or blanks between thousands alone: `1,500` is 1500 and `1,5` no number. Dates have the day first; years of
two digits below 50 are of this century (`24/12/26`), the others of the last (`24/12/85`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from mobilesasa.sms.numbers import BadNumber, UnknownCountry, normalise
from mobilesasa.ussd.model import BACK_KEY, INPUT_CHARACTERS, Input, InputKind
from mobilesasa.ussd.patterns import BadPattern, read_pattern
from mobilesasa.ussd.texts import showable

_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,3}(?: [0-9]{3}){1,4})(?:\.[0-9]{1,9})?"
)
_MONEY: Final = re.compile(r"(?:[A-Za-z]{1,4}\.? ?)?([0-9][0-9, ]*(?:\.[0-9]{1,2})?) ?(?:/[=-]|[A-Za-z]{1,4}\.?)?")
_DATES: Final = (
    re.compile(r"(?P<day>[0-9]{1,2}) ?(?P<by>[/.\- ]) ?(?P<month>[0-9]{1,2}) ?(?P=by) ?(?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<by>[/.-])(?P<month>[0-9]{1,2})(?P=by)(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{4}|[0-9]{2})"),
)
_PIVOT: Final = 50  # of years with two digits


def plain(said: str) -> str:
    """Return what was typed without blanks around it, its digits those of ASCII."""
    shown = showable(said, INPUT_CHARACTERS + 1).strip()
    if shown.isascii():
        return shown
    return "".join([str(unicodedata.decimal(c)) if c.isdecimal() else c for c in shown])


def read_input(wanted: Input, said: str, country: str) -> str | None:
    """Return what is kept of an answer; None for one that is none.

    Args:
        wanted: what may be typed.
        said: what was typed, as `plain` gives it.
        country: whose national phone numbers are understood, such as KE.
    """
    if not said or len(said) > INPUT_CHARACTERS:
        return None
    return _READERS[wanted.kind](wanted, said, country)


def answers_back(wanted: Input) -> bool:
    """Whether `0` is an answer to an input, so that it cannot lead back."""
    if wanted.kind is InputKind.TEXT:
        return wanted.pattern is not None and read_input(wanted, BACK_KEY, "") is not None
    return wanted.kind in _NUMERIC and read_input(wanted, BACK_KEY, "") is not None


def wrong(wanted: Input, words: Mapping[str, str]) -> str:
    """Return what is said to an answer that is none, in words of ours (`words`)."""
    name = wanted.kind.value
    if wanted.kind is InputKind.TEXT and wanted.pattern is not None:
        return words["text_pattern"]
    if wanted.kind is InputKind.PHONE or (wanted.least is None and wanted.most is None):
        return words[name]
    bounds = "between" if None not in (wanted.least, wanted.most) else "most" if wanted.least is None else "least"
    return words[f"{name}_{bounds}"].replace("{least}", _told(wanted.least)).replace("{most}", _told(wanted.most))


def written(number: Decimal) -> str:
    """Return a number without an exponent and without zeros that say nothing: 1500, 3.5, 0."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def read_number(said: str) -> Decimal | None:
    """Return a number as people write it; None when it is none."""
    return Decimal(said.replace(",", "").replace(" ", "")) if _NUMBER.fullmatch(said) else None


def read_date(said: str) -> date | None:
    """Return a day as people write it; None when it is none."""
    for form in _DATES:
        found = form.fullmatch(said)
        if found is not None:
            year = int(found["year"])
            if len(found["year"]) == 2:
                year += 2000 if year < _PIVOT else 1900
            try:
                return date(year, int(found["month"]), int(found["day"]))
            except ValueError:
                continue
    return None


def _text(wanted: Input, said: str, _: str) -> str | None:
    if not _is_within(wanted, Decimal(len(said))):
        return None
    if wanted.pattern is None:
        return said
    try:
        return said if read_pattern(wanted.pattern).fits(said) else None
    except BadPattern:
        return None  # of a draft: nothing fits what is no pattern


def _number(wanted: Input, said: str, _: str) -> str | None:
    number = read_number(said)
    return written(number) if number is not None and _is_within(wanted, number) else None


def _amount(wanted: Input, said: str, _: str) -> str | None:
    found = _MONEY.fullmatch(said)
    amount = read_number(found[1].strip()) if found else None
    if amount is None or not _is_within(wanted, amount) or (wanted.least is None and not amount):
        return None
    return written(amount) if amount == amount.to_integral_value() else format(amount.quantize(Decimal("0.01")), "f")


def _phone(_: Input, said: str, country: str) -> str | None:
    try:
        return normalise(said, country, bare=True)
    except (BadNumber, UnknownCountry):
        return None


def _date(wanted: Input, said: str, _: str) -> str | None:
    day = read_date(said)
    return day.isoformat() if day is not None and _is_within(wanted, day) else None


def _is_within(wanted: Input, value: Decimal | date) -> bool:
    """Whether a value is in the bounds; a bound of another type bounds nothing."""
    least, most = wanted.least, wanted.most
    if isinstance(value, Decimal):
        return not ((isinstance(least, Decimal) and value < least) or (isinstance(most, Decimal) and value > most))
    return not ((isinstance(least, date) and value < least) or (isinstance(most, date) and value > most))


def _told(bound: Decimal | date | None) -> str:
    if isinstance(bound, date):
        return bound.strftime("%d/%m/%Y")
    return "" if bound is None else written(bound)


_READERS: Final[Mapping[InputKind, Callable[[Input, str, str], str | None]]] = {
    InputKind.TEXT: _text,
    InputKind.NUMBER: _number,
    InputKind.PHONE: _phone,
    InputKind.AMOUNT: _amount,
    InputKind.DATE: _date,
}
_NUMERIC: Final = frozenset({InputKind.NUMBER, InputKind.AMOUNT})
