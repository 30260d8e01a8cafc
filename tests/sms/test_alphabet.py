import gsm0338
import pytest
import smpplib.gsm
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.sms.alphabet import (
    NotGsm,
    NotUcs2,
    OddLength,
    decode_ascii,
    decode_cut_ucs2,
    decode_gsm,
    decode_latin1,
    decode_ucs2,
    encode_gsm,
    encode_ucs2,
    gsm_length,
    gsm_octets,
    has_lone_surrogate,
    is_gsm,
    mended,
    not_gsm,
    plain_ucs2,
)

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
ORACLE = gsm0338.Codec()

gsm_texts = st.text(st.sampled_from(BASIC + EXTENSION), max_size=400)
gsm_ascii_texts = st.text(st.sampled_from([c for c in BASIC + EXTENSION if c.isascii()]), max_size=400)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def test_the_alphabet_has_127_characters_and_10_more():
    everything = "".join(map(chr, range(0x11000)))
    assert {c for c in everything if is_gsm(c)} == set(BASIC + EXTENSION)
    assert (len(BASIC), len(EXTENSION)) == (127, 10)


@given(gsm_texts | gsm_ascii_texts)
def test_encoding_is_that_of_gsm0338(text):
    assert encode_gsm(text) == ORACLE.encode(text)[0]


@given(gsm_texts)
def test_decoding_is_that_of_gsm0338(text):
    octets = encode_gsm(text)
    assert decode_gsm(octets) == ORACLE.decode(octets)[0] == text


# smpplib has a backtick where the table has §, no page break, and the escape as a character: only the rest is compared.
@given(st.text(st.sampled_from((BASIC + EXTENSION).replace("§", "").replace("\f", "")), max_size=200))
def test_encoding_is_that_of_smpplib(text):
    assert encode_gsm(text) == smpplib.gsm.gsm_encode(text)


@given(texts)
def test_a_text_is_gsm_exactly_where_gsm0338_encodes_it(text):
    try:
        expected = ORACLE.encode(text)[0] if "\x1b" not in text else None
    except UnicodeEncodeError:
        expected = None
    assert gsm_octets(text) == expected
    assert is_gsm(text) is (expected is not None) is (not_gsm(text) == ())
    assert gsm_length(text) == (None if expected is None else len(expected))


@given(st.binary(max_size=300))
def test_decoding_never_raises(octets):
    assert len(decode_gsm(octets)) <= len(octets)


@given(st.binary(max_size=300))
def test_what_was_decoded_from_septets_encodes_again(octets):
    text = decode_gsm(bytes(octet & 0x7F for octet in octets))
    assert decode_gsm(encode_gsm(text)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\x00\x00", "@@"),
        (b"\x1b\x65", "€"),
        (b"\x1b\x0a", "\f"),
        (b"\x1b\x41", "A"),  # not in the extension table: the character of the basic one
        (b"\x1b\x0d", "\r"),
        (b"\x1b\x00", "@"),
        (b"\x1b\x1b\x65", " e"),
        (b"abc\x1b", "abc "),
        (b"\x1b", " "),
        (b"caf\xe9", "caf\ufffd"),
        (b"\x1b\xe9", "\ufffd"),
    ],
)
def test_odd_octets_are_read_as_the_specification_says(octets, text):
    assert decode_gsm(octets) == text


@pytest.mark.parametrize(
    "text", ["\0", "a\0b", "é\0", "\x1b", "é\x1b", "`", "ç", "\t", "\u00a0", "“", "😀", "\ud800", "\ufffe"]
)
def test_a_character_outside_the_alphabet_is_refused(text):
    with pytest.raises(NotGsm):
        encode_gsm(text)
    assert gsm_octets(text) is None
    assert gsm_length(text) is None


def test_what_forces_ucs2_is_told_in_order_and_once():
    assert not_gsm("“Sasa” na “wewe” 😀€") == ("“", "”", "😀")


def test_the_refusal_names_the_characters():
    with pytest.raises(NotGsm) as refused:
        encode_gsm("habari\u200b ‘yako’")
    assert refused.value.characters == ("\u200b", "‘", "’")
    assert str(refused.value) == (
        "the GSM alphabet lacks U+200B ZERO WIDTH SPACE, “‘” (U+2018 LEFT SINGLE QUOTATION MARK),"
        " “’” (U+2019 RIGHT SINGLE QUOTATION MARK)"
    )


def test_the_refusal_stops_naming_at_five():
    with pytest.raises(NotGsm) as refused:
        encode_gsm("привет")
    assert str(refused.value).endswith("CYRILLIC SMALL LETTER IE) and 1 more")


def test_a_character_without_a_name_is_told_by_its_number():
    with pytest.raises(NotGsm) as refused:
        encode_gsm("\0")
    assert str(refused.value) == "the GSM alphabet lacks U+0000"


@given(texts)
def test_ucs2_is_utf16_big_endian(text):
    assert encode_ucs2(text) == text.encode("utf-16-be")


@given(texts.filter(lambda text: text[:1] not in {"\ufeff", "\ufffe"}))
def test_ucs2_comes_back_in_either_order_of_octets(text):
    assert decode_ucs2(encode_ucs2(text)) == text
    assert decode_ucs2(b"\xfe\xff" + encode_ucs2(text)) == text
    assert decode_ucs2(b"\xff\xfe" + text.encode("utf-16-le")) == text


def test_a_mark_alone_is_no_text():
    assert decode_ucs2(b"\xfe\xff") == decode_ucs2(b"\xff\xfe") == decode_ucs2(b"") == ""


def test_octets_without_a_mark_stay_as_they_are():
    assert plain_ucs2(b"\0h\0i") == b"\0h\0i"


def test_an_odd_number_of_octets_is_refused():
    with pytest.raises(OddLength, match="3 is odd"):
        decode_ucs2(b"\0h\0")


def test_a_lone_surrogate_is_not_encoded():
    with pytest.raises(NotUcs2, match=r"lone surrogate.* at place 3"):
        encode_ucs2("ab\ud83d")


@pytest.mark.parametrize("octets", [b"\0a\0b\xd8\x3d", b"\0a\0b\xd8\x3d\0a", b"\0a\0b\xde\x00\0a"])
def test_a_lone_surrogate_is_not_decoded(octets):
    with pytest.raises(NotUcs2, match=r"lone surrogate.* at place 3"):
        decode_ucs2(octets)


def test_a_lone_surrogate_is_found():
    assert has_lone_surrogate("a\udc00")
    assert not has_lone_surrogate("a😀")


def test_latin1_and_ascii_are_read():
    assert decode_latin1(bytes(range(256))) == "".join(map(chr, range(256)))
    assert decode_ascii(b"hi\xe9") == "hi\ufffd"


HIGH, LOW = b"\xd8\x3d", b"\xde\x00"  # the halves of a character


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\0x", "x"),
        (HIGH, "\ufffd"),
        (LOW, "\ufffd"),
        (LOW + HIGH, "\ufffd\ufffd"),
        (LOW + b"\0x" + HIGH, "\ufffdx\ufffd"),
        (HIGH + LOW, "😀"),
        (LOW + HIGH + LOW, "\ufffd😀"),
        (HIGH + LOW + HIGH, "😀\ufffd"),
    ],
)
def test_a_half_at_the_edge_of_a_part_is_shown_as_one(octets, text):
    assert decode_cut_ucs2(octets, before=True, after=True) == text


@pytest.mark.parametrize(
    ("octets", "before", "after", "place"),
    [
        (LOW + b"\0x", False, True, 1),
        (b"\0x" + HIGH, True, False, 2),
        (LOW, False, False, 1),
        (HIGH, True, False, 1),
        (LOW + LOW, True, True, 2),
        (b"\0x" + HIGH + b"\0x", True, True, 2),
    ],
)
def test_a_half_whose_rest_is_in_no_part_is_refused(octets, before, after, place):
    with pytest.raises(NotUcs2, match=f"stands at place {place}$"):
        decode_cut_ucs2(octets, before=before, after=after)


@given(text=texts, data=st.data())
def test_pieces_of_a_text_are_the_text_wherever_it_was_cut(text, data):
    octets = encode_ucs2(text)
    cut = 2 * data.draw(st.integers(0, len(octets) // 2))
    pieces = [octets[:cut], octets[cut:]]
    assert mended(pieces) == text
    shown = decode_cut_ucs2(pieces[0], before=False, after=True) + decode_cut_ucs2(pieces[1], before=True, after=False)
    assert shown == text or shown.count("\ufffd") == text.count("\ufffd") + 2


def test_a_half_that_meets_no_other_is_shown_as_one():
    assert mended(["a", HIGH, "b", LOW]) == "a\ufffdb\ufffd"
    assert mended([]) == ""
