"""What a person would type instead of characters that the GSM alphabet lacks, so that a text need not go in UCS-2.

One character outside of 3GPP TS 23.038 §6.2.1 makes a part hold 70 characters and not 160. Most of them get into a text
without anybody meaning it: an editor's quotes, dashes and blanks, what nobody sees. Nothing is replaced here unasked; it
is offered to the person who writes.
"""

import re
import unicodedata
from functools import lru_cache

from attrs import frozen

from mobilesasa.sms.alphabet import is_gsm

# Typographic characters that editors put in of themselves, and what a person would type instead.
_TYPED = {
    "'": "‘’‚‛′ʼ`´",
    '"': "“”„‟″«»",
    "<": "‹",
    ">": "›",
    "-": "‐‑‒–—―−",
    "/": "⁄÷",
    "...": "…",
    "*": "•·",
    "x": "×",
    "|": "¦",
    "+/-": "±",
    "<=": "≤",
    ">=": "≥",
    "->": "→",
    "<-": "←",
    "=>": "⇒",
    "TM": "™",
    "(c)": "©",
    "(R)": "®",
    "c": "¢",
    "Rs": "₹",
    "N": "₦",
    " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\v\x85\u2028\u2029",
    "": "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff",
}
# Letters that are no others with an accent, as people write them without: of European languages, then of African ones.
_LETTERS = {
    "l": "ł", "L": "Ł", "d": "đðɗɖ", "D": "ĐÐƊƉ", "h": "ħ", "H": "Ħ", "i": "ı", "oe": "œ", "OE": "Œ", "th": "þ", "Th": "Þ",
    "b": "ɓ", "B": "Ɓ", "ng": "ŋ", "Ng": "Ŋ", "e": "ɛə", "E": "ƐƏ", "o": "ɔ", "O": "Ɔ", "k": "ƙ", "K": "Ƙ", "y": "ƴ",
    "Y": "Ƴ", "v": "ʋ", "V": "Ʋ", "f": "ƒ", "F": "Ƒ",
}  # fmt: skip
_REPLACEMENTS = {ord(character): typed for typed, characters in (_TYPED | _LETTERS).items() for character in characters}
# A character with the accents behind it: they are one to whoever writes (the blocks of combining diacritical marks).
_CLUSTER = re.compile("(?s).[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]*")
_CACHED = 4096


@frozen
class Lacking:
    """A character that the GSM alphabet lacks, in its place."""

    position: int
    """How many characters stand before it."""
    character: str
    """With its accents, where those are characters of their own."""
    replacement: str | None
    """What may stand instead, perhaps nothing (an empty text); None: there is nothing like it."""


def lacking(text: str) -> tuple[Lacking, ...]:
    """Each character that forces a text into UCS-2, in order, with what may stand instead."""
    if is_gsm(text):
        return ()
    return tuple(
        Lacking(found.start(), found[0], replacement(found[0]))
        for found in _CLUSTER.finditer(text)
        if not is_gsm(found[0])
    )


def gsm_replacement(text: str) -> str | None:
    """The same words in GSM characters: plain quotes, dashes and blanks, nothing invisible, no accents that it lacks.

    Returns:
        The text to suggest, the text itself where it is GSM already, or None where it needs UCS-2 for its words.
    """
    pieces: list[str] = []
    done = 0
    for one in lacking(text):
        if one.replacement is None:
            return None
        pieces += (text[done : one.position], one.replacement)
        done = one.position + len(one.character)
    return "".join([*pieces, text[done:]])


@lru_cache(_CACHED)
def replacement(character: str) -> str | None:
    """What may stand for a character (with its accents) that is not GSM; None: there is nothing like it."""
    composed = unicodedata.normalize("NFC", character)
    for typed in (composed, composed.translate(_REPLACEMENTS), _plain(composed)):
        if is_gsm(typed):
            return typed
    return None


def _plain(character: str) -> str:
    """The letters, digits and signs that a character is made of, without its accents."""
    apart = unicodedata.normalize("NFKD", character)
    return "".join(one for one in apart if not unicodedata.combining(one)).translate(_REPLACEMENTS)
