"""Vendor TLVs: tags and values as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.smpp.vendor import (
    FIRST,
    LAST,
    OCTETS_LIMIT,
    Kind,
    is_vendor,
    read_tag,
    read_value,
    vendor_tlvs,
    write_tag,
    write_value,
)

NUMBERS = {Kind.INT8: 1, Kind.INT16: 2, Kind.INT32: 4, Kind.INT64: 8}


@given(st.integers(FIRST, LAST))
def test_a_tag_is_read_as_it_is_written(tag: int):
    assert read_tag(write_tag(tag)) == read_tag(str(tag)) == read_tag(tag) == tag


@pytest.mark.parametrize("written", ["0x13FF", "0x4000", 0, "", "entity", None, True, 5120.5])
def test_a_tag_that_is_no_vendors_is_refused(written: object):
    with pytest.raises(ValueError, match="a tag is a number from 0x1400 to 0x3FFF"):
        read_tag(written)


def test_the_tags_of_vendors_are_those_of_the_specification():
    assert [is_vendor(tag) for tag in (0x13FF, 0x1400, 0x3FFF, 0x4000)] == [False, True, True, False]


@given(st.sampled_from(list(NUMBERS)), st.data())
def test_a_number_of_each_size_comes_back(kind: Kind, data: st.DataObject):
    number = data.draw(st.integers(0, 256 ** NUMBERS[kind] - 1))
    octets = write_value(kind, number)
    assert len(octets) == NUMBERS[kind]
    assert read_value(kind, octets) == number
    assert write_value(kind, str(number)) == write_value(kind, hex(number)) == octets


@given(st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=64))
def test_a_text_comes_back_and_has_a_nul_behind_it(written: str):
    octets = write_value(Kind.TEXT, written)
    assert octets[-1:] == b"\0"
    assert read_value(Kind.TEXT, octets) == written


@given(st.binary(max_size=64))
def test_octets_come_back(octets: bytes):
    assert write_value(Kind.OCTETS, read_value(Kind.OCTETS, octets)) == octets


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INT8, 256), (Kind.INT8, -1), (Kind.INT16, "many"), (Kind.OCTETS, "0"), (Kind.OCTETS, "xy"),
        (Kind.TEXT, "a\0b"), (Kind.TEXT, "ж"), (Kind.TEXT, "x" * OCTETS_LIMIT),
    ],
)  # fmt: skip
def test_a_value_that_is_not_of_its_kind_is_refused(kind: Kind, value: object):
    with pytest.raises(ValueError, match=r"must be|at most"):
        write_value(kind, value)


def test_octets_that_are_no_number_of_their_kind_are_shown_as_digits():
    assert read_value(Kind.INT32, b"\1\2") == "0102"


def test_of_all_tlvs_the_vendors_are_taken():
    assert vendor_tlvs({0x1E: "id", 0x1400: b"a", 0x3FFF: b"", 0x4000: b"x"}) == {0x1400: b"a", 0x3FFF: b""}
