"""What a text will take, before it is sent: for prices, and for the person who is writing it."""

from attrs import frozen

from mobilesasa.sms.alphabet import encode_gsm, encode_ucs2, gsm_length, gsm_octets, not_gsm
from mobilesasa.sms.segments import Alphabet, places, room

_SINGLE_GSM = room(Alphabet.GSM7)
_PART_GSM = room(Alphabet.GSM7, 6)
_SINGLE_UCS2 = room(Alphabet.UCS2)
_PART_UCS2 = room(Alphabet.UCS2, 6)


@frozen
class Estimate:
    """What a text takes. Characters are counted as phones count them: two for `€` or `{` in GSM7, two for an emoji."""

    alphabet: Alphabet
    parts: int
    characters: int
    characters_left: int
    """How many more (one-place) characters of the same alphabet go into the last part."""
    forced_by: tuple[str, ...]
    """The characters for which the text needs UCS-2, in their order, each once; none for GSM7."""


def estimate(text: str) -> Estimate:
    """What a text takes: alphabet, parts, characters, what is left, and what made it so. Any number of parts.

    Raises:
        NotUcs2: the text has a lone surrogate.
    """
    septets = gsm_octets(text)
    if septets is not None:
        parts, left = _parts_and_left(septets, Alphabet.GSM7, _SINGLE_GSM, _PART_GSM)
        return Estimate(Alphabet.GSM7, parts, len(septets), left, ())
    octets = encode_ucs2(text)
    parts, left = _parts_and_left(octets, Alphabet.UCS2, 2 * _SINGLE_UCS2, 2 * _PART_UCS2)
    return Estimate(Alphabet.UCS2, parts, len(octets) // 2, left // 2, not_gsm(text))


def count_parts(text: str) -> int:
    """How many parts a text takes: `estimate(text).parts`, fast enough to price every message with.

    Raises:
        NotUcs2: the text has a lone surrogate.
    """
    parts = count_gsm_parts(text)
    if parts is not None:
        return parts
    octets = encode_ucs2(text)
    return 1 if len(octets) <= 2 * _SINGLE_UCS2 else len(places(octets, Alphabet.UCS2, 2 * _PART_UCS2))


def count_gsm_parts(text: str) -> int | None:
    """How many parts a text takes in the GSM alphabet; None where that lacks a character of it."""
    septets = gsm_length(text)
    if septets is None:
        return None
    if septets <= _SINGLE_GSM:
        return 1
    if septets == len(text):  # no escape pair that a boundary could hit
        return -(-septets // _PART_GSM)
    return len(places(encode_gsm(text), Alphabet.GSM7, _PART_GSM))


def _parts_and_left(octets: bytes, alphabet: Alphabet, single_octets: int, part_octets: int) -> tuple[int, int]:
    """The number of parts, and the octets that are left in the last."""
    if len(octets) <= single_octets:
        return 1, single_octets - len(octets)
    starts = places(octets, alphabet, part_octets)
    return len(starts), part_octets - (len(octets) - starts[-1])
