"""Vendor TLVs of teams and senders."""

import pytest

from mobilesasa.core.attributes import TLVS_MAX, read_tlvs
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
