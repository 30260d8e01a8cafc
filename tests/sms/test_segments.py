import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.sms.alphabet import NotGsm, NotUcs2, encode_gsm
from mobilesasa.sms.segments import (
    Alphabet,
    MixedParts,
    Part,
    PartTooLong,
    TooLong,
    alphabet_of,
    count_encoded,
    decode,
    encode,
    join,
    join_octets,
    missing,
    room,
    split,
    split_octets,
    with_udh,
)
from mobilesasa.sms.udh import Concatenation, Element, Udh, ports_element, read_udh
from tests.sms.test_alphabet import BASIC, EXTENSION

# U+FEFF and U+FFFE are left out: at the start of a part their octets are those of a byte order mark.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\ufffe")
gsm_texts = st.text(st.sampled_from(BASIC + EXTENSION * 4), max_size=700)
ucs2_texts = st.text(st.sampled_from("ж😀a") | characters, max_size=300)
texts = gsm_texts | ucs2_texts


def parts_of(segments, reference=7):
    """Each part as it would come in again."""
    if len(segments) == 1:
        return [Part(Concatenation(reference, 1, 1), segments.parts[0].octets, segments.alphabet)]
    read = [read_udh(payload) for payload in segments.payloads(reference)]
    return [Part(udh.concatenation, octets, segments.alphabet) for udh, octets in read]


@given(texts, st.booleans(), st.randoms())
def test_a_text_comes_back_from_its_parts_in_any_order(text, wide, random):
    parts = parts_of(split(text, wide_reference=wide))
    random.shuffle(parts)
    assert join(parts) == text


@given(texts, st.booleans())
def test_every_part_is_a_text_of_its_own(text, wide):
    segments = split(text, wide_reference=wide)
    assert "".join(segments.texts) == text
    assert all(encode(part.text, segments.alphabet) == part.octets for part in segments.parts)


@given(texts, st.booleans(), st.lists(st.builds(Element, st.just(0x70), st.binary(max_size=20)), max_size=3))
def test_no_part_is_longer_than_the_air_carries(text, wide, elements):
    segments = split(text, wide_reference=wide, elements=elements, max_parts=255)
    for part, payload in zip(segments.parts, segments.payloads(1), strict=True):
        udh_octets = len(payload) - len(part.octets)
        if segments.alphabet is Alphabet.GSM7:
            assert udh_octets * 8 + 6 * (udh_octets > 0) + len(part.octets) * 7 <= 140 * 8 + 6
            assert (udh_octets * 8 + 6) // 7 + len(part.octets) <= 160
        else:
            assert len(payload) <= 140


@given(texts, st.booleans())
def test_there_are_as_few_parts_as_can_be(text, wide):
    segments = split(text, wide_reference=wide)
    limit = {Alphabet.GSM7: 152 if wide else 153, Alphabet.UCS2: 132 if wide else 134}[segments.alphabet]
    # The first character of a part did not fit into the part before it.
    for before, after in zip(segments.parts, segments.parts[1:], strict=False):
        assert len(before.octets) + len(encode(after.text[0], segments.alphabet)) > limit


@pytest.mark.parametrize(
    ("text", "wide", "lengths"),
    [
        ("", False, [0]),
        ("x" * 160, False, [160]),
        ("x" * 161, False, [153, 8]),
        ("x" * 161, True, [152, 9]),
        ("x" * 306, False, [153, 153]),
        ("x" * 307, False, [153, 153, 1]),
        ("x" * 158 + "€", False, [160]),
        ("x" * 159 + "€", False, [153, 8]),
        ("x" * 152 + "€" + "x" * 10, False, [152, 12]),
        ("x" * 151 + "€" + "x" * 10, False, [153, 10]),
        ("€" * 80, False, [160]),
        ("€" * 81, False, [152, 10]),
        ("ж" * 70, False, [140]),
        ("ж" * 71, False, [134, 8]),
        ("ж" * 71, True, [132, 10]),
        ("ж" * 66 + "😀" + "ж" * 10, False, [132, 24]),
        ("ж" * 65 + "😀" + "ж" * 10, False, [134, 20]),
        ("😀" * 35, False, [140]),
        ("😀" * 36, False, [132, 12]),
    ],
)
def test_parts_have_the_lengths_of_the_specification(text, wide, lengths):
    assert [len(part.octets) for part in split(text, wide_reference=wide).parts] == lengths


@pytest.mark.parametrize(
    ("alphabet", "udh_octets", "units"),
    [
        (Alphabet.GSM7, 0, 160),
        (Alphabet.GSM7, 6, 153),
        (Alphabet.GSM7, 7, 152),
        (Alphabet.GSM7, 12, 146),
        (Alphabet.UCS2, 0, 70),
        (Alphabet.UCS2, 6, 67),
        (Alphabet.UCS2, 7, 66),
        (Alphabet.UCS2, 136, 2),
        (Alphabet.BINARY, 0, 140),
        (Alphabet.BINARY, 6, 134),
        (Alphabet.BINARY, 7, 133),
    ],
)
def test_a_header_leaves_the_rest_of_140_octets(alphabet, udh_octets, units):
    assert room(alphabet, udh_octets) == units


def test_a_header_that_leaves_nothing_is_refused():
    with pytest.raises(PartTooLong) as refused:
        room(Alphabet.UCS2, 137)
    assert (refused.value.octets, refused.value.limit) == (137, 136)


def test_the_alphabet_is_gsm_wherever_it_can_be():
    assert (alphabet_of("habari {x}"), alphabet_of("habari “x”")) == (Alphabet.GSM7, Alphabet.UCS2)


def test_an_alphabet_can_be_asked_for():
    assert split("x" * 71, Alphabet.UCS2).texts == ["x" * 67, "x" * 4]
    assert split("x", Alphabet.GSM7).parts[0].octets == b"x"


def test_an_alphabet_that_cannot_carry_the_text_is_refused():
    with pytest.raises(NotGsm):
        split("ж", Alphabet.GSM7)
    with pytest.raises(NotUcs2):
        split("\ud800")
    with pytest.raises(ValueError, match="binary"):
        split("x", Alphabet.BINARY)


def test_a_message_of_more_than_ten_parts_is_refused():
    assert len(split("x" * 1530)) == 10
    with pytest.raises(TooLong, match="takes 11 parts; at most 10") as refused:
        split("x" * 1531)
    assert (refused.value.parts, refused.value.limit) == (11, 10)


def test_the_limit_is_the_callers():
    assert len(split("x" * 1531, max_parts=11)) == 11
    with pytest.raises(TooLong):
        split("x" * 161, max_parts=1)


def test_a_single_part_has_no_header():
    segments = split("habari")
    assert (segments.has_udh, segments.payloads(7)) == (False, [b"habari"])


def test_parts_have_headers_with_the_same_reference():
    segments = split("x" * 161)
    assert segments.has_udh
    assert [payload[:6].hex() for payload in segments.payloads(0x1FF)] == ["050003ff0201", "050003ff0202"]


def test_a_wide_reference_takes_16_bits():
    payloads = split("x" * 161, wide_reference=True).payloads(0x1FFFF)
    assert [payload[:7].hex() for payload in payloads] == ["060804ffff0201", "060804ffff0202"]


def test_ports_stand_in_the_header_of_every_part():
    segments = split("x" * 200, elements=[ports_element(9200)])
    assert segments.has_udh
    assert [len(part.octets) for part in segments.parts] == [146, 54]
    assert [read_udh(payload)[0].ports for payload in segments.payloads(1)] == [(9200, 0)] * 2


def test_ports_stand_in_the_header_of_a_single_part():
    segments = split("x" * 152, elements=[ports_element(9200)])
    assert segments.has_udh
    assert segments.payloads(1) == [bytes.fromhex("06050423f00000") + b"x" * 152]


def test_a_part_of_a_text_with_a_mark_inside_says_the_mark():
    assert split("ж" * 67 + "\ufeff" + "ж" * 10).texts == ["ж" * 67, "\ufeff" + "ж" * 10]


@given(st.binary(max_size=1330), st.booleans())
def test_binary_comes_back_from_its_parts(octets, wide):
    segments = split_octets(octets, wide_reference=wide)
    assert join_octets(parts_of(segments)) == octets
    assert all(len(payload) <= 140 for payload in segments.payloads(1))
    assert set(segments.texts) == {""}


def test_binary_of_too_many_parts_is_refused():
    with pytest.raises(TooLong):
        split_octets(bytes(1341))


def test_neither_texts_nor_octets_show_in_a_repr():
    segments = split("siri yangu")
    shown = repr(segments) + repr(parts_of(segments))
    assert "siri" not in shown


@pytest.mark.parametrize("alphabet", [Alphabet.GSM7, Alphabet.UCS2])
def test_octets_are_read_in_their_alphabet(alphabet):
    assert decode(encode("habari", alphabet), alphabet) == "habari"


def test_binary_is_no_text():
    with pytest.raises(ValueError, match="binary"):
        decode(b"x", Alphabet.BINARY)
    with pytest.raises(ValueError, match="binary"):
        join([Part(Concatenation(1, 1, 1), b"x", Alphabet.BINARY)])


def test_a_part_gets_its_header():
    assert with_udh(Concatenation(42, 3, 2), b"habari") == bytes.fromhex("0500032a0302") + b"habari"


def test_a_part_gets_other_elements_too():
    payload = with_udh(Concatenation(42, 3, 2), b"x", elements=[ports_element(9200)])
    assert payload == Udh((Concatenation(42, 3, 2).element, ports_element(9200))).octets + b"x"


@pytest.mark.parametrize(
    ("alphabet", "wide", "octets"),
    [
        (None, False, 248),
        (None, True, 247),
        (Alphabet.GSM7, False, 153),
        (Alphabet.GSM7, True, 152),
        (Alphabet.UCS2, False, 134),
        (Alphabet.UCS2, True, 133),
        (Alphabet.BINARY, False, 134),
    ],
)
def test_a_part_fits_behind_its_header_or_is_refused(alphabet, wide, octets):
    concatenation = Concatenation(1, 2, 1, wide)
    assert with_udh(concatenation, bytes(octets), alphabet).endswith(bytes(octets))
    with pytest.raises(PartTooLong):
        with_udh(concatenation, bytes(octets + 1), alphabet)


def test_parts_are_missing_until_they_come():
    parts = parts_of(split("x" * 400))
    assert [missing(parts[:n]) for n in range(4)] == [(), (2, 3), (3,), ()]
    assert [join(parts[1:]), join([]), join_octets(parts[:2]), join_octets([])] == [None] * 4


def test_a_part_that_comes_twice_counts_once():
    parts = parts_of(split("x" * 200))
    assert join([parts[1], *parts, parts[0]]) == "x" * 200
    assert join([parts[0], parts[0]]) is None


def test_a_part_that_comes_twice_and_differs_is_refused():
    part = Part(Concatenation(1, 2, 1), b"a")
    with pytest.raises(MixedParts, match="part 1 came twice"):
        join([part, Part(Concatenation(1, 2, 1), b"b")])


@pytest.mark.parametrize("other", [Concatenation(2, 2, 2), Concatenation(1, 3, 2)])
def test_parts_of_different_messages_are_refused(other):
    with pytest.raises(MixedParts, match="not of one message"):
        missing([Part(Concatenation(1, 2, 1), b"a"), Part(other, b"b")])


def test_a_reference_is_the_same_in_8_and_16_bits():
    assert join([Part(Concatenation(1, 2, 1), b"a"), Part(Concatenation(1, 2, 2, True), b"b")]) == "ab"


def test_characters_cut_in_two_come_together():
    emoji = "😀".encode("utf-16-be")
    halves = [
        Part(Concatenation(1, 2, 1), emoji[:2], Alphabet.UCS2),
        Part(Concatenation(1, 2, 2), emoji[2:], Alphabet.UCS2),
    ]
    assert join(halves) == "😀"
    assert join([Part(Concatenation(1, 2, 1), b"\x1b"), Part(Concatenation(1, 2, 2), b"\x65")]) == "€"


def test_every_part_may_have_a_mark_and_an_order_of_its_own():
    parts = [
        Part(Concatenation(1, 2, 1), b"\xff\xfe" + "жу".encode("utf-16-le"), Alphabet.UCS2),
        Part(Concatenation(1, 2, 2), b"\xfe\xff" + "к".encode("utf-16-be"), Alphabet.UCS2),
    ]
    assert join(parts) == "жук"


def test_parts_in_different_alphabets_are_each_read_in_their_own():
    parts = [
        Part(Concatenation(1, 3, 1), encode_gsm("a€")),
        Part(Concatenation(1, 3, 2), "ж".encode("utf-16-be"), Alphabet.UCS2),
        Part(Concatenation(1, 3, 3), b"\0"),
    ]
    assert join(parts) == "a€ж@"


@given(octets=st.binary(max_size=600), ports=st.booleans())
@settings(max_examples=100)
def test_the_parts_of_encoded_octets_are_counted_as_they_are_split(octets, ports):
    elements = [ports_element(2948)] if ports else []
    assert count_encoded(octets, Alphabet.BINARY, elements=elements) == len(split_octets(octets, elements=elements))
