import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.sms.udh import BadUdh, Concatenation, Element, Udh, ports_element, read_udh

elements = st.builds(Element, st.integers(0, 255), st.binary(max_size=12))
headers = st.builds(Udh, st.lists(elements, min_size=1, max_size=6).map(tuple))


@st.composite
def concatenations(draw):
    total = draw(st.integers(1, 255))
    number = draw(st.integers(1, total))
    wide = draw(st.booleans())
    return Concatenation(draw(st.integers(0, 0xFFFF if wide else 0xFF)), total, number, wide)


@given(headers, st.binary(max_size=20))
def test_a_header_comes_back_with_what_follows_it(udh, rest):
    assert read_udh(udh.octets + rest) == (udh, rest)


@given(st.binary(max_size=160))
def test_what_is_read_as_a_header_is_a_header_and_the_rest_a_refusal(octets):
    try:
        udh, rest = read_udh(octets)
    except BadUdh:
        return
    assert udh.octets + rest == octets


def test_the_8_bit_header_is_that_of_the_specification():
    assert Udh((Concatenation(42, 3, 2).element,)).octets == bytes.fromhex("0500032a0302")


def test_the_16_bit_header_is_that_of_the_specification():
    assert Udh((Concatenation(0x1234, 3, 2).element,)).octets == bytes.fromhex("06080412340302")


def test_a_small_reference_may_be_wide():
    assert Udh((Concatenation(42, 3, 2, True).element,)).octets == bytes.fromhex("060804002a0302")


@given(concatenations())
def test_a_concatenation_comes_back_from_its_header(concatenation):
    udh, _ = read_udh(Udh((concatenation.element,)).octets)
    assert udh.concatenation == concatenation


@given(concatenations())
def test_a_concatenation_comes_back_from_sar_values(concatenation):
    again = Concatenation.from_sar(*concatenation.sar)
    assert again.sar == concatenation.sar
    assert again.wide is (concatenation.reference > 255)


def test_a_narrowed_reference_is_the_low_octet():
    assert Concatenation(0x1234, 3, 2).narrowed() == Concatenation(0x34, 3, 2, False)


def test_a_reference_of_zero_is_legal():
    udh, _ = read_udh(bytes.fromhex("050003000201"))
    assert udh.concatenation == Concatenation(0, 2, 1)


@pytest.mark.parametrize(
    "values",
    [(-1, 2, 1), (65536, 2, 1), (256, 2, 1, False), (1, 0, 0), (1, 2, 0), (1, 2, 3), (1, 256, 1), (1, 2, -1)],
)
def test_a_concatenation_that_cannot_be_is_refused(values):
    with pytest.raises(ValueError, match=r"reference|part"):
        Concatenation(*values)


@pytest.mark.parametrize(
    "octets",
    [
        "0500030a0000",  # no parts
        "0500030a0200",  # part 0
        "0500030a0203",  # part 3 of 2
        "0400020a02",  # too short an element
        "0508030a0201",  # the wide element in the length of the narrow one
        "06050423f00000",  # ports alone
    ],
)
def test_an_element_that_says_no_part_is_passed_over(octets):
    udh, rest = read_udh(bytes.fromhex(octets))
    assert udh.concatenation is None
    assert rest == b""


def test_the_last_of_several_concatenations_counts():
    udh = Udh((Concatenation(1, 2, 1).element, Concatenation(0x0203, 4, 3).element, Element(0x24, b"\1")))
    assert udh.concatenation == Concatenation(0x0203, 4, 3)


def test_a_concatenation_that_cannot_be_yields_to_one_that_can():
    udh = Udh((Concatenation(1, 2, 1).element, Element(0, b"\x07\x02\x03")))
    assert udh.concatenation == Concatenation(1, 2, 1)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "no header"),
        (b"\0@home", "no header"),
        (b"Part 1 of a text", "says it has 80 octets, and 15 follow"),
        (b"\x05\x00\x03\x01\x02", "says it has 5 octets"),
        (b"\x05\x00\x04\x01\x02\x01text", "do not fill"),
        (b"\x05\x00\x02\x01\x02\x01text", "do not fill"),
        (b"\x01\x00text", "do not fill"),
        (b"\x8c\x70\x8a" + bytes(138), "says it has 140 octets"),
    ],
)
def test_octets_without_a_well_formed_header_are_told_apart(octets, reason):
    with pytest.raises(BadUdh, match=reason):
        read_udh(octets)


def test_a_header_without_elements_is_refused():
    with pytest.raises(BadUdh, match="needs an information element"):
        _ = Udh(()).octets


def test_a_header_longer_than_a_part_is_refused():
    assert len(Udh((Element(0x70, bytes(137)),)).octets) == 140
    with pytest.raises(BadUdh, match="a header of 141 octets"):
        _ = Udh((Element(0x70, bytes(138)),)).octets


@pytest.mark.parametrize(("identifier", "body"), [(-1, b""), (256, b""), (0, bytes(256))])
def test_an_element_that_cannot_be_is_refused(identifier, body):
    with pytest.raises(ValueError, match="information element"):
        Element(identifier, body)


def test_ports_come_back():
    udh, rest = read_udh(Udh((ports_element(9200, 9201),)).octets + b"x")
    assert (udh.octets, udh.ports, rest) == (bytes.fromhex("06050423f023f1"), (9200, 9201), b"x")


def test_a_header_without_ports_has_none():
    assert Udh((Concatenation(1, 2, 1).element, Element(5, b"\0"))).ports is None


@pytest.mark.parametrize("ports", [(-1,), (65536,), (1, -1), (1, 65536)])
def test_a_port_that_cannot_be_is_refused(ports):
    with pytest.raises(ValueError, match="a port is"):
        ports_element(*ports)
