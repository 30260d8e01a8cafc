r"""What somebody types to find a contact: patterns of LIKE that its name or phone must match, and how its phone begins (decision 52).

Words may be parts of names, in any order and case: "jane doe", "Doe Ja". What has nothing but digits and the signs between
them is a phone: "0712 345" is how one begins that is read as 254712345 in the team's country, and so are "+254712", "00254712"
and "254712"; other digits may stand anywhere in a number. `%`, `_` and `\` mean themselves.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from mobilesasa.sms.numbers import calling_code

WORDS: Final = 4  # that are looked for by themselves; what comes behind belongs to the last one
_FULL: Final = 6  # digits from which on those of the country's code are taken for it, and not for some within a number
_PHONE = re.compile(r"(?=.*[0-9])[0-9+\s().\u2010-\u2013-]+\Z", re.DOTALL)
_NO_DIGIT = re.compile(r"[^0-9]")
_SPECIAL = re.compile(r"([\\%_])")


@attrs.frozen
class Search:
    """What is looked for; nothing at all finds everybody."""

    patterns: tuple[str, ...] = ()  # each must be matched, at most `WORDS`
    prefix: str | None = None  # digits that the phone begins with


#: Nothing is looked for.
EVERYBODY: Final = Search()


def read_search(text: str, country: str) -> Search:
    """Return what is looked for.

    Args:
        text: what somebody typed.
        country: in which national numbers are read.
    """
    text = text.strip()
    words = [text] if _PHONE.match(text) else text.split(maxsplit=WORDS - 1)
    prefix: str | None = None
    patterns = []
    for word in words:
        is_phone = _PHONE.match(word) is not None
        begins = _beginning(word, country) if is_phone and prefix is None else None
        if begins is not None:
            prefix = begins
        else:
            patterns.append(_pattern(_NO_DIGIT.sub("", word) if is_phone else " ".join(word.split())))
    return Search(tuple(patterns), prefix)


def _beginning(text: str, country: str) -> str | None:
    """Return the digits that a phone begins with; None where they may stand anywhere in it."""
    digits = _NO_DIGIT.sub("", text)
    if "+" in text or (digits.startswith("00") and digits.strip("0")):
        return digits.lstrip("0") or None
    code = calling_code(country)
    if digits.startswith("0") and digits.strip("0"):
        return code + digits[1:]
    return digits if digits.startswith(code) and len(digits) >= _FULL else None


def _pattern(text: str) -> str:
    return "%" + _SPECIAL.sub(r"\\\1", text) + "%"
