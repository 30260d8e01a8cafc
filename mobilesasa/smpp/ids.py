"""The ids that carriers write in two ways: one in the answer to a submit, and another in the receipt.

Carriers answer in hexadecimal and send the receipt in decimal or the other way round, drop or add zeros in front, and
change the case. Each such way is a form: a function from the receipt's id to what the answer had. Which form a carrier
has can be learned from those of its receipts that fit a message in one way only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

#: What the ids of a carrier are that writes them alike in both.
SAME: Final = "same"
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")
_DIGITS_MAX: Final = 20  # of a number: 64 bits in decimal


def _bare(raw: str) -> str:
    return raw.lstrip("0")


def _hexadecimal(raw: str) -> str:
    bare = _bare(raw)
    return f"{int(bare):x}" if bare.isdecimal() and bare.isascii() and len(bare) <= _DIGITS_MAX else ""


def _decimal(raw: str) -> str:
    bare = _bare(raw)
    return str(int(bare, 16)) if bare and _HEXADECIMAL.issuperset(bare) and len(bare) <= _DIGITS_MAX else ""


def _padded(raw: str, width: int) -> str:
    """Return a number with the zeros that the receipt left out."""
    has_room = len(raw) < width and not raw.startswith("0")
    return raw.zfill(width) if has_room and raw and _HEXADECIMAL.issuperset(raw) else ""


def _filled(number: str, width: int) -> str:
    return number.zfill(width) if number else ""


#: The forms by their names, the likeliest first; each gives an empty text where it cannot be.
FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    SAME: lambda raw: raw,
    "upper": lambda raw: raw.upper(),
    "lower": lambda raw: raw.lower(),
    "bare": _bare,
    "bare_upper": lambda raw: _bare(raw).upper(),
    "bare_lower": lambda raw: _bare(raw).lower(),
    "hex": _hexadecimal,
    "hex_upper": lambda raw: _hexadecimal(raw).upper(),
    "hex8": lambda raw: _filled(_hexadecimal(raw), 8),
    "hex8_upper": lambda raw: _filled(_hexadecimal(raw), 8).upper(),
    "decimal": _decimal,
    "decimal10": lambda raw: _filled(_decimal(raw), 10),
    "padded8": lambda raw: _padded(raw, 8),
    "padded10": lambda raw: _padded(raw, 10),
}


def id_forms(raw: str) -> tuple[str, ...]:
    """Return the ids that a carrier may mean by one it wrote, the likeliest first, `raw` itself foremost.

    >>> id_forms("0000001A")
    ('0000001A', '0000001a', '1A', '1a', '26', '0000000026')
    """
    return tuple(dict.fromkeys(form for make in FORMS.values() if (form := make(raw))))


def form_of(raw: str, meant: str) -> str:
    """Return the name of the likeliest form that makes `meant` of a receipt's id; empty when none does.

    >>> form_of("26", "1a")
    'hex'
    """
    return next((name for name, make in FORMS.items() if make(raw) == meant), "")


@lru_cache(4096)
def in_form(raw: str, name: str) -> str:
    """Return what an id of a receipt is in the form of a name; as it came where it cannot be, or there is no such form.

    >>> in_form("26", "hex_upper"), in_form("x26", "hex_upper")
    ('1A', 'x26')
    """
    make = FORMS.get(name)
    return (make(raw) if make is not None else "") or raw
