"""Vendor TLVs of teams, senders and messages."""

import pytest

from mobilesasa.core.attributes import TLVS_MAX, BadTlvs, read_message_tlvs, read_tlvs
from mobilesasa.core.errors import BadValue


def test_tags_are_written_in_one_way_and_an_empty_value_is_none():
    assert read_tlvs({"0x1400": "1101", "5121": "", "0x3fff": "x"}) == {"0x1400": "1101", "0x1401": None, "0x3FFF": "x"}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"0x13FF": "1", "many": "1"}, "0x13FF: a tag is a number from 0x1400 to 0x3FFF; many: a tag"),
        ({"0x1400": "x" * 257}, "0x1400: a value has at most 256 characters"),
        ({"0x1400": "\x00"}, "no NUL"),
        ({str(0x1400 + n): "1" for n in range(TLVS_MAX + 1)}, "at most 16 TLVs"),
    ],
)
def test_what_cannot_be_is_refused(given, fault):
    with pytest.raises(BadValue, match=fault):
        read_tlvs(given)


def test_the_tlvs_of_a_message_are_text_by_tags_that_are_written_in_one_way():
    assert read_message_tlvs({"0x1400": "1101", "5121": "é"}) == {"0x1400": "1101", "0x1401": "é"}
    assert read_message_tlvs({}) == {}


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"0x13FF": "1", "0x1400": ""}, {"0x13FF": "a tag is a number from 0x1400 to 0x3FFF", "0x1400": "a value must not be empty"}),
        ({"0x1400": "\u20ac"}, {"0x1400": "a value is Latin-1"}),
        ({"0x1400": "\x00"}, {"0x1400": "a value has at most 256 characters, and no NUL"}),
        ({"0x1400": "1", "5120": "2"}, {"5120": "the tag 0x1400 is there twice"}),
        (
            {str(0x1400 + n): "1" for n in range(TLVS_MAX + 1)},
            {"": "at most 16 TLVs of 1024 characters together can be sent"},
        ),
        (
            {str(0x1400 + n): "1" * 205 for n in range(5)},
            {"": "at most 16 TLVs of 1024 characters together can be sent"},
        ),
    ],
)  # fmt: skip
def test_what_a_message_cannot_have_is_named_by_its_tag(given, faults):
    with pytest.raises(BadTlvs) as bad:
        read_message_tlvs(given)
    assert bad.value.faults == faults


def test_all_that_is_wrong_with_a_message_is_said():
    with pytest.raises(BadTlvs, match="0x1400: a value must not be empty; at most 16 TLVs"):
        read_message_tlvs({"0x1400": "", **{str(0x1401 + n): "1" for n in range(TLVS_MAX)}})
