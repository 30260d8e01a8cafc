"""Every optional parameter of SMPP 3.4: exact writing, tolerant reading."""

import pytest

from mobilesasa.smpp.errors import MalformedBody, Unencodable
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import (
    TABLE,
    CString,
    Number,
    Octets,
    Tag,
    TlvValue,
    integer,
    octets,
    read_tlvs,
    text,
    write_tlvs,
)

NUMBERS = [(tag, kind) for tag, kind in TABLE.items() if isinstance(kind, Number)]
STRINGS = [(tag, kind) for tag, kind in TABLE.items() if isinstance(kind, CString)]
STRINGS_OF_OCTETS = [(tag, kind) for tag, kind in TABLE.items() if isinstance(kind, Octets)]


def test_the_table_has_every_tag():
    assert set(TABLE) == set(Tag)
    assert len(TABLE) == 44


@pytest.mark.parametrize(("tag", "kind"), NUMBERS)
def test_a_number_fills_its_octets_and_no_more(tag: Tag, kind: Number):
    most = 256**kind.size - 1
    written = write_tlvs({tag: most})
    assert written == tag.to_bytes(2, "big") + kind.size.to_bytes(2, "big") + b"\xff" * kind.size
    assert read_tlvs(written, 0) == {tag: most}
    for wrong in (most + 1, -1, "1"):
        with pytest.raises(Unencodable, match=f"{tag:#06x}"):
            write_tlvs({tag: wrong})


@pytest.mark.parametrize(("tag", "kind"), STRINGS)
def test_a_string_fills_its_octets_and_no_more(tag: Tag, kind: CString):
    full = "x" * (kind.limit - 1)
    assert read_tlvs(write_tlvs({tag: full}), 0) == {tag: full}
    for wrong in (full + "x", "a\0b", "\u0141", 5):
        with pytest.raises(Unencodable, match=f"{tag:#06x}"):
            write_tlvs({tag: wrong})


@pytest.mark.parametrize(("tag", "kind"), STRINGS_OF_OCTETS)
def test_octets_are_read_as_they_are(tag: Tag, kind: Octets):
    value = b"\x07" * kind.least
    assert read_tlvs(write_tlvs({tag: value}), 0) == {tag: value}
    for wrong in (5, "text"):
        with pytest.raises(Unencodable, match=f"{tag:#06x}"):
            write_tlvs({tag: wrong})


@pytest.mark.parametrize("tag", [0x1400, 0x3FFF, 0x0000, 0xFFFF])
def test_what_nobody_knows_stays_octets_and_is_written_again(tag: int):
    run = write_tlvs({tag: b"vendor's"})
    assert read_tlvs(run, 0) == {tag: b"vendor's"}
    assert write_tlvs(read_tlvs(run, 0)) == run


@pytest.mark.parametrize("tag", [-1, 0x10000])
def test_a_tag_has_two_octets(tag: int):
    with pytest.raises(Unencodable):
        write_tlvs({tag: b""})


def test_a_value_has_at_most_65535_octets():
    assert len(write_tlvs({Tag.MESSAGE_PAYLOAD: bytes(0xFFFF)})) == 4 + 0xFFFF
    with pytest.raises(Unencodable):
        write_tlvs({Tag.MESSAGE_PAYLOAD: bytes(0x10000)})


def test_the_last_of_a_doubled_parameter_stands():
    assert read_tlvs(write_tlvs({Tag.MESSAGE_STATE: 1}) + write_tlvs({Tag.MESSAGE_STATE: 2}), 0) == {0x0427: 2}


@pytest.mark.parametrize("run", [b"\0", b"\0\x1e\0", b"\x04\x27\0\x01", b"\0\x1e\0\x05abc", b"\x14\0\xff\xff"])
def test_a_run_whose_lengths_do_not_add_up_is_refused(run: bytes):
    with pytest.raises(MalformedBody) as caught:
        read_tlvs(run, 0)
    assert caught.value.status is Status.ESME_RINVOPTPARSTREAM


@pytest.mark.parametrize(
    ("run", "tag", "value"),
    [
        (b"\x04\x27\0\x02\0\x05", Tag.MESSAGE_STATE, 5),  # a number of another width
        (b"\x02\x0c\0\x01\x05", Tag.SAR_MSG_REF_NUM, 5),
        (b"\x04\x27\0\0", Tag.MESSAGE_STATE, b""),  # no number at all
        (b"\x04\x27\0\x09123456789", Tag.MESSAGE_STATE, b"123456789"),
        (b"\0\x1e\0\x03abc", Tag.RECEIPTED_MESSAGE_ID, "abc"),  # without its NUL
        (b"\0\x1e\0\0", Tag.RECEIPTED_MESSAGE_ID, ""),
        (b"\0\x1e\0\x46" + b"x" * 70, Tag.RECEIPTED_MESSAGE_ID, "x" * 70),  # too long
        (b"\x04\x23\0\x04001\0", Tag.NETWORK_ERROR_CODE, b"001\0"),
        (b"\x13\x0c\0\x01\x01", Tag.ALERT_ON_MESSAGE_DELIVERY, b"\x01"),
    ],
)
def test_an_odd_value_is_read_as_well_as_it_can_be(run: bytes, tag: Tag, value: TlvValue):
    assert read_tlvs(run, 0) == {tag: value}


def test_octets_are_written_as_they_are_under_any_tag():
    assert write_tlvs({Tag.MESSAGE_STATE: b"odd", Tag.RECEIPTED_MESSAGE_ID: b""}) == b"\x04\x27\0\x03odd\0\x1e\0\0"


def test_typed_reading_gives_none_for_what_is_not_there_or_of_another_type():
    tlvs = {Tag.MESSAGE_STATE: 2, Tag.RECEIPTED_MESSAGE_ID: "M", Tag.NETWORK_ERROR_CODE: b"\x03\0\x05"}
    assert integer(tlvs, Tag.MESSAGE_STATE) == 2
    assert text(tlvs, Tag.RECEIPTED_MESSAGE_ID) == "M"
    assert octets(tlvs, Tag.NETWORK_ERROR_CODE) == b"\x03\0\x05"
    assert integer(tlvs, Tag.RECEIPTED_MESSAGE_ID) is None
    assert text(tlvs, Tag.MESSAGE_STATE) is None
    assert octets(tlvs, Tag.RECEIPTED_MESSAGE_ID) is None
    assert text({0x1400: b"own\0rest"}, 0x1400) == "own"
    assert (integer({}, 1), text({}, 1), octets({}, 1)) == (None, None, None)
