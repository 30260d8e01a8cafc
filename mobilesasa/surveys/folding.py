"""Texts of people, made alike before they are compared: case, width, digits of any script, and how phones write keys.

`１`, `١`, `1️⃣` and `1` are one digit; the rest is as with keywords (`core.keywords`).
"""

from __future__ import annotations

import unicodedata
from typing import Final

from mobilesasa.core.keywords import words_of

# What a phone puts around a digit to show it as a key, and what joins emoji: variation selectors, the keycap, joiners.
_UNSEEN: Final = {
    **dict.fromkeys((0xFE0E, 0xFE0F, 0x20E3, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)),
    0x200B: " ",
}
_NOT_KEPT: Final = {0: None, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}  # what PostgreSQL keeps in no JSON


def plain(text: str) -> str:
    """Return a text in small letters with digits 0 to 9, its blanks single, without what nobody sees."""
    folded = unicodedata.normalize("NFKC", text.translate(_UNSEEN)).casefold()
    digits = "".join([c if c.isascii() else str(unicodedata.decimal(c, c)) for c in folded])
    return " ".join(digits.split())


def phrase(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded, however long it is."""
    return tuple(word for piece in plain(text).split() for word in words_of(piece))


def kept(text: str, characters: int) -> str:
    """Return a text as it can be kept: no longer than that, without what JSON in PostgreSQL does not take."""
    return text.translate(_NOT_KEPT)[:characters]
