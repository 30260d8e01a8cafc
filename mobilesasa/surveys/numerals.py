"""Numbers and dates as people write them.

| written | read |
|---|---|
| `1500`, `1,500`, `1 500`, `1'500`, `1,500.00`, `1.500.000` | thousands: groups of three digits behind one sort of mark |
| `3.5`, `3,5`, `0,500`, `1.500` (one and a half), `1.500,50` | a point is decimal, a comma too where it cannot part thousands |
| `25 years`, `Ksh 500/=`, `miaka 25` | 25, 500, 25: beside a number stand only the words in `_BESIDE` |
| `5k`, `3 or 4`, `20-25`, `5+`, `1/2`, `half` | nothing: to guess would be worse than to ask again |
| `24/12/2026`, `24.12.26`, `24 Dec 2026`, `Desemba 24, 2026`, `24122026` | the day first, then the month |
| `2026-12-24`, `2026 Dec 24`, `20261224` | four digits first are the year |

A year of two digits is one of the last ninety or of the next ten.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from mobilesasa.surveys.folding import phrase, plain

LOOKED_AT: Final = 200  # characters; a longer text is no number and no date
DIGITS_MAX: Final = 15  # more a float does not hold exactly
YEARS: Final = range(1900, 2101)
_YEARS_AHEAD: Final = 10
_SHORT_NAME: Final = 3  # letters of a month that are enough

_BESIDE: Final = frozenset(
    phrase(
        "ksh kshs kes sh shs shilling shillings bob tsh tzs tshs ush ugx rwf usd dollar dollars shilingi pesa euro eur "
        "year years yr yrs old miaka mwaka month months miezi mwezi week weeks wiki day days siku hour hours hrs saa "
        "minutes dakika kg kgs kilo kilos g grams km kms m metres meters l litre litres liters lita acre acres ekari "
        "hectares percent asilimia people persons person watu mtu child children watoto mtoto times time mara "
        "about only roughly approximately around like kama tu hivi number answer jibu nambari namba ni is i am my a "
        "please pls plz thanks thank you asante tafadhali sana"
    )
)
_STARS: Final = _BESIDE | frozenset(phrase("star stars nyota point points pointi alama"))
_MARKS: Final = str.maketrans({"٫": ".", "٬": ",", "−": "-", "–": "-", "’": "'", "‘": "'", "`": "'"})
_NUMBER = re.compile(
    r"(?P<before>[^\d+-]*?)(?P<sign>[+-]?)\s?"
    r"(?P<numeral>(?:(?:(?<![^\s])|(?<=[+-]))\.)?\d(?:[\d., ']*\d)?)"
    r"(?P<behind>\D*)"
)
_BEFORE = re.compile(r"[ .:=#$€£('\"]*")
_PICTURES: Final = ("So", "Sk")  # emoji and the tones of their skin
_BEHIND = re.compile(r"[ .:;,!)%/='\"-]*")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?P<mark>[ ,'])\d{3}(?:(?P=mark)\d{3})*(?:\.\d+)?")
_EUROPEAN = re.compile(r"[1-9]\d{0,2}(?:(?:\.\d{3}){2,}|(?:[. ]\d{3})+,\d+)")
_DECIMAL = re.compile(r"\d*[.,]\d+|\d+")
_OUT_OF = re.compile(r"(?P<number>.*?\S)\s*(?:/|out of| of |kati ya)\s*(?P<most>\d+)(?P<behind>\D*)")

_MONTHS: Final = (
    ("january", "januari"), ("february", "februari"), ("march", "machi"), ("april", "aprili"), ("may", "mei"), ("june", "juni"),
    ("july", "julai"), ("august", "agosti"), ("september", "septemba"), ("october", "oktoba"), ("november", "novemba"),
    ("december", "desemba", "disemba"),
)  # fmt: skip
_BESIDE_DATES: Final = frozenset(
    phrase(
        "the of on in tarehe mwezi mwaka ya wa please thanks asante "
        "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun "
        "jumatatu jumanne jumatano alhamisi ijumaa jumamosi jumapili"
    )
)
_ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th)\b")
_BETWEEN = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")


def read_number(text: str, beside: frozenset[str] = _BESIDE) -> int | float | None:
    """Return the number that a text is, whole ones as int; None where it is none, or more than one.

    Args:
        text: as somebody wrote it.
        beside: words that may stand beside it.
    """
    if len(text) > LOOKED_AT:
        return None
    found = _NUMBER.fullmatch(plain(text.strip().replace("\n", ";")).translate(_MARKS))
    if found is None or not _is_beside(found["before"], found["behind"], beside):
        return None
    value = _value(found["numeral"])
    if value is None or len(value.as_tuple().digits) > DIGITS_MAX or abs(value) >= 10**DIGITS_MAX:
        return None
    value = -value if found["sign"] == "-" else value
    return int(value) if value == value.to_integral_value() else float(value)


def read_rating(text: str, most: int | float | None) -> int | float | None:
    """Return a rating: a number, also written `4/5`, `4 out of 5`, `4 stars`, where that is how many there are."""
    found = _OUT_OF.fullmatch(plain(text)) if len(text) <= LOOKED_AT else None
    if found is not None and int(found["most"]) == most:
        text = found["number"] + found["behind"]
    return read_number(text, _STARS)


def read_date(text: str, today: date) -> date | None:
    """Return the day that a text is, of the years 1900 to 2100.

    Args:
        text: as somebody wrote it.
        today: tells which century a year of two digits is in.
    """
    if len(text) > LOOKED_AT:
        return None
    apart = _BETWEEN.sub(" ", _ORDINAL.sub(r"\1", plain(text)))
    tokens = [word for word in phrase(apart) if word not in _BESIDE_DATES]
    if len(tokens) == 1 and len(tokens[0]) == 8 and tokens[0].isdecimal():
        whole = tokens[0]
        return _day(whole[:2], whole[2:4], whole[4:], today) or _day(whole[6:], whole[4:6], whole[:4], today)
    if len(tokens) != 3:
        return None
    first, second, third = tokens
    if not first.isdecimal():
        return _day(second, first, third, today)
    return _day(third, second, first, today) if len(first) == 4 else _day(first, second, third, today)


def _is_beside(before: str, behind: str, words: frozenset[str]) -> bool:
    """Whether what stands around a number says nothing else about it."""
    if not (_BEFORE.fullmatch(_marks(before)) and _BEHIND.fullmatch(_marks(behind))):
        return False
    return words.issuperset(phrase(before) + phrase(behind))


def _marks(text: str) -> str:
    """Return what is neither letter nor picture."""
    return "".join(
        [c for c in text if unicodedata.category(c)[0] not in "LM" and unicodedata.category(c) not in _PICTURES]
    )


def _value(numeral: str) -> Decimal | None:
    """Return what digits and marks mean, by the table above."""
    if _THOUSANDS.fullmatch(numeral):
        return Decimal(re.sub("[ ,']", "", numeral))
    if _EUROPEAN.fullmatch(numeral):
        return Decimal(re.sub("[. ]", "", numeral).replace(",", "."))
    if _DECIMAL.fullmatch(numeral):
        return Decimal(numeral.replace(",", "."))
    return None


def _day(day: str, month: str, year: str, today: date) -> date | None:
    """Return the day of three words, the month a number or a name; None where there is no such day."""
    number = int(month) if month.isdecimal() else _month(month)
    if not (day.isdecimal() and year.isdecimal() and len(day) <= 2 and len(year) in (2, 4)) or number is None:
        return None
    try:
        found = date(_year(year, today), number, int(day))
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _year(written: str, today: date) -> int:
    if len(written) == 4:
        return int(written)
    year = today.year // 100 * 100 + int(written)
    return year - 100 if year > today.year + _YEARS_AHEAD else year


def _month(name: str) -> int | None:
    """Return the month of a name, or of its beginning."""
    if len(name) < _SHORT_NAME:
        return None
    fits = [number for number, names in enumerate(_MONTHS, 1) if any(each.startswith(name) for each in names)]
    return fits[0] if len(fits) == 1 else None
