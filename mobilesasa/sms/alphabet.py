"""The alphabets of short messages: the GSM 7-bit default alphabet and UCS-2.

GSM text is kept *unpacked*, as SMPP carries it under data_coding 0: one octet a septet, a character of the extension
table as 0x1B and a second octet (3GPP TS 23.038 §6.2.1, §6.2.1.1). Octet 0x00 is `@` and never an end mark.

Tables are compiled once at import. Inside, an encoded text is first *marked*: one octet a character, 0x80 and above for
those of the extension table, 0xFF for what the alphabet lacks. Most texts have no mark, and `isascii` tells so at once.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable

# 3GPP TS 23.038 §6.2.1; the index is the octet. 0x1B, the escape, is no character.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
# 3GPP TS 23.038 §6.2.1.1: the octet after the escape.
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_MARK = 0x80
_LACKING = 0xFF
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_CHARACTERS = frozenset(_BASIC.replace("\x1b", "")) | frozenset(_EXTENSION.values())


def _ascii_marks() -> bytes:
    """The table that marks a text of ASCII characters."""
    marks = bytearray([_LACKING]) * 256
    for octet, character in enumerate(_BASIC):
        if character.isascii() and octet != _ESCAPE:
            marks[ord(character)] = octet
    for octet, character in _EXTENSION.items():
        if character.isascii():
            marks[ord(character)] = _MARK | octet
    return bytes(marks)


def _charmap() -> str:
    """The map for `codecs.charmap_build`, which needs U+0000 at 0: `@` stands in the place of the escape instead."""
    characters = [*_BASIC, *("\ufffe" * 128)]
    characters[0], characters[_ESCAPE] = "\0", "@"
    for octet, character in _EXTENSION.items():
        characters[_MARK | octet] = character
    return "".join(characters)


_ASCII_MARKS = _ascii_marks()
_CHARMAP = codecs.charmap_build(_charmap())
_CHARMAP_MARKS = bytes([_LACKING, *range(1, _ESCAPE), 0, *range(_ESCAPE + 1, 256)])
_MARKED = bytes(range(_MARK, 256))
_EXPANSIONS = tuple((bytes([_MARK | octet]), bytes([_ESCAPE, octet])) for octet in _EXTENSION)
_DECODED = _BASIC + _REPLACEMENT * 128
# What an escape and the character after it (as the basic table reads it) stand for. An escaped escape is reserved and
# shown as one blank, and so is an escape that nothing follows (§6.2.1.1, note 1).
_ESCAPED = {_BASIC[octet]: character for octet, character in _EXTENSION.items()} | {"\x1b": " ", "": " "}
_AN_ESCAPE = re.compile("\x1b(.?)", re.DOTALL)

_SURROGATE = re.compile("[\ud800-\udfff]")


def _named(characters: tuple[str, ...]) -> str:
    """Characters for a sentence: `“’” (U+2019 RIGHT SINGLE QUOTATION MARK)`, the first five of them."""
    shown = []
    for character in characters[:5]:
        name = unicodedata.name(character, "")
        code = f"U+{ord(character):04X} {name}".rstrip()
        shown.append(f"“{character}” ({code})" if character.isprintable() else code)
    more = len(characters) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


class NotGsm(ValueError):
    """The text has `characters` that the GSM alphabet lacks."""

    def __init__(self, characters: tuple[str, ...]) -> None:
        super().__init__(f"the GSM alphabet lacks {_named(characters)}")
        self.characters = characters


class NotUcs2(ValueError):
    """The text or the octets cannot be UCS-2, for the reason the error's text tells."""


class OddLength(NotUcs2):
    """The octets cannot be UCS-2: their number is odd."""


def _marked(text: str) -> bytes | None:
    """One octet a character, extension characters marked; None for a text that is not GSM."""
    if text.isascii():
        marked = text.encode("ascii").translate(_ASCII_MARKS)
    else:
        encoded, _ = codecs.charmap_encode(text, "ignore", _CHARMAP)
        if len(encoded) != len(text):
            return None
        marked = encoded.translate(_CHARMAP_MARKS)
    if marked.isascii() or _LACKING not in marked:
        return marked
    return None


def encode_gsm(text: str) -> bytes:
    """The text in the GSM alphabet, unpacked: one octet a septet.

    Raises:
        NotGsm: the text has characters that the alphabet lacks.
    """
    octets = gsm_octets(text)
    if octets is None:
        raise NotGsm(not_gsm(text))
    return octets


def gsm_octets(text: str) -> bytes | None:
    """What `encode_gsm` gives, or None for a text that is not GSM."""
    marked = _marked(text)
    if marked is not None and not marked.isascii():
        for mark, pair in _EXPANSIONS:
            marked = marked.replace(mark, pair)
    return marked


def decode_gsm(octets: bytes) -> str:
    """The text of unpacked septets; never raises.

    An escape with an octet that the extension table lacks is read as that octet alone, an escaped escape and an escape
    at the end as a blank (3GPP TS 23.038 §6.2.1.1). An octet above 0x7F is no septet and becomes U+FFFD; one who knows
    that a peer means something else by it (`octets.isascii()` is false) decodes with `decode_latin1`.
    """
    text, _ = codecs.charmap_decode(octets, "strict", _DECODED)
    if "\x1b" in text:
        return _AN_ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), text)
    return text


def is_gsm(text: str) -> bool:
    """Whether the GSM alphabet has every character of the text."""
    return _marked(text) is not None


def not_gsm(text: str) -> tuple[str, ...]:
    """The characters that force the text into UCS-2, in their order, each once."""
    return tuple(character for character in dict.fromkeys(text) if character not in _CHARACTERS)


def gsm_length(text: str) -> int | None:
    """How many septets the text takes, two for a character of the extension table; None for a text that is not GSM."""
    marked = _marked(text)
    if marked is None:
        return None
    if marked.isascii():
        return len(marked)
    return 2 * len(marked) - len(marked.translate(None, _MARKED))


def encode_ucs2(text: str) -> bytes:
    """The text as UTF-16BE without a byte order mark: what phones understand by UCS-2.

    Raises:
        NotUcs2: the text has a lone surrogate, half of a character.
    """
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise NotUcs2(_half_at(error.start)) from None


def plain_ucs2(octets: bytes) -> bytes:
    """The octets as UTF-16BE: without the byte order mark that some clients send, swapped where it was FF FE.

    Each part of a long message may begin with a mark of its own; take it off before the parts are joined.

    Raises:
        OddLength: the number of octets is odd.
    """
    if len(octets) % 2:
        raise OddLength(f"UCS-2 takes two octets a character, and {len(octets)} is odd")
    if octets.startswith(b"\xfe\xff"):
        return octets[2:]
    if octets.startswith(b"\xff\xfe"):
        swapped = bytearray(len(octets) - 2)
        swapped[0::2], swapped[1::2] = octets[3::2], octets[2::2]
        return bytes(swapped)
    return octets


def decode_ucs2(octets: bytes) -> str:
    """The text of UTF-16 octets, big-endian unless they begin with the mark FF FE; a mark is not part of the text.

    Raises:
        OddLength: the number of octets is odd.
        NotUcs2: a surrogate stands alone, as where a sender has cut a character in two.
    """
    plain = plain_ucs2(octets)
    try:
        return plain.decode("utf-16-be")
    except UnicodeDecodeError as error:
        raise NotUcs2(_half_at(error.start // 2)) from None


def decode_cut_ucs2(octets: bytes, *, before: bool, after: bool) -> str:
    """The text of a part of which the sender has cut the first or the last character in two; U+FFFD stands for a half.

    Args:
        octets: an even number of octets of UTF-16BE, as `plain_ucs2` gives them.
        before: whether a part comes before this one, which may end with the other half.
        after: whether a part comes after this one.

    Raises:
        NotUcs2: half of a character stands where no other part can have the rest of it.
    """
    starts = 2 if before and octets[:1] and octets[0] & 0xFC == 0xDC else 0
    ends = 2 if after and octets[starts:] and octets[-2] & 0xFC == 0xD8 else 0
    try:
        whole = octets[starts : len(octets) - ends].decode("utf-16-be")
    except UnicodeDecodeError as error:
        raise NotUcs2(_half_at((starts + error.start) // 2)) from None
    return (_REPLACEMENT if starts else "") + whole + (_REPLACEMENT if ends else "")


def escaped(text: str) -> str:
    """The text of a part whose first septet belongs to the escape at the end of the part before (TS 23.038 §6.2.1.1)."""
    return _ESCAPED.get(text[:1], text[:1]) + text[1:]


def mended(pieces: Iterable[str | bytes]) -> str:
    """One text of consecutive pieces, each a text or octets of UTF-16BE; halves of a character that meet are one again.

    A half that meets no other becomes U+FFFD.
    """
    whole = "".join(p if isinstance(p, str) else p.decode("utf-16-be", "surrogatepass") for p in pieces)
    if not has_lone_surrogate(whole):
        return whole
    return whole.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def _half_at(place: int) -> str:
    return f"a lone surrogate, half of a character, stands at place {place + 1}"


def decode_latin1(octets: bytes) -> str:
    """The text of ISO 8859-1 octets (data_coding 3); every octet is a character."""
    return octets.decode("latin-1")


def decode_ascii(octets: bytes) -> str:
    """The text of ASCII octets (data_coding 1); an octet above 0x7F becomes U+FFFD."""
    return octets.decode("ascii", "replace")


def has_lone_surrogate(text: str) -> bool:
    """Whether the text has half of a character, which no alphabet can carry."""
    return _SURROGATE.search(text) is not None
