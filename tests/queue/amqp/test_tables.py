import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pika.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.queue.amqp.tables import DEPTH, BadTable, Unencodable, decode_table, encode_table, short_string
from tests.queue.amqp.strategies import NAMES, TABLES

SEEN = datetime(2026, 11, 22, 18, 30, 15, tzinfo=UTC)

EACH_LETTER = [
    (b"t\x01", True),
    (b"t\x00", False),
    (b"b\xff", -1),
    (b"B\xff", 255),
    (b"s\xff\xfe", -2),
    (b"u\xff\xfe", 65534),
    (b"I\xff\xff\xff\xfd", -3),
    (b"i\xff\xff\xff\xfd", 2**32 - 3),
    (b"l\xff\xff\xff\xff\xff\xff\xff\xfc", -4),
    (b"L\xff\xff\xff\xff\xff\xff\xff\xfb", -5),
    (b"f\x3f\xc0\x00\x00", 1.5),
    (b"d\x3f\xf8\x00\x00\x00\x00\x00\x00", 1.5),
    (b"D\x02\x00\x00\x00\xff", Decimal("2.55")),
    (b"S\x00\x00\x00\x04\xc3\xa9\xc3\xa8", "éè"),
    (b"S\x00\x00\x00\x02\xff\xfe", b"\xff\xfe"),
    (b"x\x00\x00\x00\x02ab", b"ab"),
    (b"A\x00\x00\x00\x04t\x01t\x00", [True, False]),
    (b"T" + int(SEEN.timestamp()).to_bytes(8, "big"), SEEN),
    (b"T" + (2**63).to_bytes(8, "big"), 2**63),
    (b"F\x00\x00\x00\x04\x01kt\x01", {"k": True}),
    (b"V", None),
]


def table(*pieces: bytes) -> bytes:
    octets = b"".join(pieces)
    return len(octets).to_bytes(4, "big") + octets


@pytest.mark.parametrize(("octets", "value"), EACH_LETTER)
def test_each_letter_is_read(octets, value):
    whole = table(b"\x01k", octets)
    read, at = decode_table(b"before" + whole + b"after", 6)
    assert read == {"k": value}
    assert type(read["k"]) is type(value)
    assert at == 6 + len(whole)


@given(TABLES)
@settings(max_examples=100)
def test_a_table_is_read_as_it_was_written(written):
    octets = encode_table(written)
    assert decode_table(octets) == (written, len(octets))


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.1, 5e-324])
def test_a_float_keeps_all_its_bits(value):
    assert decode_table(encode_table({"f": value}))[0] == {"f": value}


def test_not_a_number_stays_so():
    assert math.isnan(decode_table(encode_table({"f": math.nan}))[0]["f"])


def test_a_tuple_is_an_array():
    assert decode_table(encode_table({"a": (1, "b")}))[0] == {"a": [1, "b"]}


def test_a_time_of_another_zone_is_read_in_utc():
    there = SEEN.astimezone(timezone(timedelta(hours=3)))
    assert decode_table(encode_table({"t": there}))[0] == {"t": SEEN}


# An independent client writes no bytes that it would read as text, and reads floats as whole numbers.
PIKAS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), NAMES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, PIKAS, max_size=6))
@settings(max_examples=100)
def test_what_another_client_writes_is_read_the_same(written):
    pieces = []
    pika.data.encode_table(pieces, written)
    assert decode_table(b"".join(pieces))[0] == written


@given(st.dictionaries(NAMES, PIKAS, max_size=6))
@settings(max_examples=100)
def test_what_we_write_another_client_reads_the_same(written):
    assert pika.data.decode_table(encode_table(written), 0)[0] == written


@pytest.mark.parametrize("value", [SEEN, Decimal("-12.5"), b"\xff\x00"])
def test_what_we_write_of_other_types_another_client_reads_the_same(value):
    assert pika.data.decode_table(encode_table({"k": value}), 0)[0] == {"k": value}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (2**63, "64 bits"),
        (Decimal("1E+11"), "decimal of 32 bits"),
        (Decimal(2**31), "decimal of 32 bits"),
        (Decimal("1E-256"), "decimal of 32 bits"),
        (Decimal("NaN"), "no decimal number"),
        (datetime(2026, 1, 1), "known zone"),  # noqa: DTZ001 - a time without a zone is what is refused
        (datetime(1969, 12, 31, tzinfo=UTC), "since 1970"),
        (object(), "object has no form in AMQP"),
        ({"k" * 256: 1}, "256 octets"),
    ],
)
def test_what_has_no_form_is_refused_by_name(value, why):
    with pytest.raises(Unencodable, match=why):
        encode_table({"k": value})


@pytest.mark.parametrize("encode", [lambda inner: {"k": inner}, lambda inner: [inner]])
def test_what_is_nested_too_deep_is_neither_written_nor_read(encode):
    nested: object = 1
    for _ in range(DEPTH):
        nested = encode(nested)
    assert decode_table(encode_table({"k": nested}))[0] == {"k": nested}
    with pytest.raises(Unencodable, match="nested"):
        encode_table({"k": encode(nested)})


def test_a_peer_cannot_make_us_recurse():
    octets = b"V"
    for _ in range(2000):
        octets = b"A" + table(octets)
    with pytest.raises(BadTable, match="nested"):
        decode_table(table(b"\x01k", octets))


@pytest.mark.parametrize("octets", [octets for octets, _ in EACH_LETTER])
def test_a_table_that_is_cut_is_refused_wherever_it_is_cut(octets):
    whole = table(b"\x01k", octets)
    for end in range(len(whole)):
        with pytest.raises(BadTable):
            decode_table(whole[:end])
    for end in range(5, len(whole)):
        with pytest.raises(BadTable):  # the length is right, and what is in it is not
            decode_table(table(whole[4:end]))


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"\x01k?", "unknown type '\\?'"),
        (b"\x02\xff\xfet\x01", "cannot be read"),
        (b"\x01kF\xff\xff\xff\xff", "cut short"),
        (b"\x01kF\x00\x00\x00\x03\x01lI\x00\x00\x00\x05", "beyond the table's end"),
        (b"\x01kA\x00\x00\x00\x02I\x00\x00\x00\x05", "beyond the table's end"),
    ],
)
def test_what_is_no_table_is_refused(octets, why):
    with pytest.raises(BadTable, match=why):
        decode_table(table(octets))


@given(st.binary(max_size=60))
@settings(max_examples=100)
def test_garbage_is_a_table_or_refused(octets):
    try:
        decode_table(table(octets))
    except BadTable:
        return


def test_a_short_string_counts_octets_not_characters():
    assert short_string("é") == b"\x02\xc3\xa9"
    assert len(short_string("é" * 127)) == 255
    with pytest.raises(Unencodable, match="256 octets"):
        short_string("é" * 128)
