"""How many parts a message takes, where it is octets or has a header of its team's own."""

import pytest

from mobilesasa.core.errors import PartTooLong, TooManyParts
from mobilesasa.core.gateway import measure
from mobilesasa.core.model import Coding, Submission

HEADER = bytes.fromhex("0500032a0201")  # part 1 of 2
PORTS = bytes.fromhex("0605040b8423f0")
CUT = b"\xd8\x3d"  # the first half of a character


def measured(text=None, body=None, udh=b"", coding=None) -> tuple:
    return measure(Submission(1, None, "254712345678", text, body=body, udh=udh, coding=coding), 10)


def refusal(kind: type[Exception], **message) -> str:
    with pytest.raises(kind) as caught:
        measured(**message)
    return str(caught.value)


def test_a_binary_part_has_at_most_140_octets_with_its_header():
    assert measured(body=bytes(134), udh=HEADER) == (None, Coding.BINARY, 1)
    said = refusal(PartTooLong, body=bytes(135), udh=HEADER)
    assert said == "the part has 135 octets; behind its header 134 fit"


@pytest.mark.parametrize(("octets", "parts"), [(0, 1), (140, 1), (141, 2), (268, 2), (269, 3), (1340, 10)])
def test_a_longer_binary_message_is_split(octets, parts):
    assert measured(body=bytes(octets)) == (None, Coding.BINARY, parts)


def test_a_binary_message_of_more_than_ten_parts_is_refused():
    said = refusal(TooManyParts, body=bytes(1341))
    assert said == "the message needs 11 parts; one message may have 10"


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"text": "x" * 152}, 1),
        ({"text": "x" * 153}, 2),  # 146 behind both elements
        ({"text": "x" * 293}, 3),
        ({"text": "ж" * 66}, 1),
        ({"text": "ж" * 67}, 2),
        ({"body": bytes(133)}, 1),
        ({"body": bytes(257)}, 3),
    ],
)
def test_what_has_a_header_that_makes_it_no_part_is_split_and_every_part_has_room_for_it(message, parts):
    assert measured(udh=PORTS, **message)[2] == parts


def test_a_header_that_leaves_no_room_for_another_element_is_not_split():
    udh = bytes([131, 0x70, 129]) + bytes(129)
    assert measured(text="xxxx", udh=udh)[2] == 1
    assert refusal(PartTooLong, text="x" * 99, udh=udh) == "the part has 99 characters; behind its header 9 fit"


def test_a_part_that_was_cut_through_a_character_is_its_octets():
    assert measured("x\ufffd", b"\0x" + CUT, HEADER, Coding.UCS2) == ("x\ufffd", Coding.UCS2, 1)
    said = refusal(PartTooLong, text="x" * 67 + "\ufffd", body=b"\0x" * 67 + CUT, udh=HEADER)
    assert said == "the part has 68 characters; behind its header 67 fit"
