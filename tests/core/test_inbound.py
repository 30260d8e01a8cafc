"""Messages from phones as values: whose they are, how parts come together, how the whole is cut."""

import itertools
import random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import (
    SHORT_MESSAGE_OCTETS,
    Arrival,
    Inbound,
    InboundPart,
    Piece,
    Sets,
    deliveries,
    digits_of,
    for_latin1,
    is_repetition,
    join,
    octets_of,
    pieces,
    text_of,
)
from mobilesasa.core.model import Coding
from mobilesasa.core.optouts import OptOut
from mobilesasa.sms.alphabet import encode_gsm
from mobilesasa.sms.segments import Alphabet, split
from mobilesasa.sms.udh import Concatenation, Udh, ports_element, read_udh

START_MS = 1_795_000_000_000
new_id = MessageIds(lambda: START_MS, random.Random(3).getrandbits)
PORTS = Udh((ports_element(2948, 9200),)).octets


def part(octets=b"YES", concatenation=None, **changes):
    fields = {
        "carrier_id": 7, "source": "254711000001", "destination": "22384", "coding": Coding.GSM7, "octets": octets,
        "received_at_ms": START_MS, "concatenation": concatenation, **changes,
    }  # fmt: skip
    return InboundPart(**fields)


def arrival(octets=b"YES", number=1, total=1, reference=9, team_id=1, **changes):
    concatenation = None if total == 1 else Concatenation(reference, total, number)
    return Arrival(new_id(), part(octets, concatenation, **changes), team_id)


def parts_of(text, reference=9, **changes):
    """The parts that a phone makes of a long text."""
    segments = split(text, max_parts=255)
    coding = Coding.GSM7 if segments.alphabet is Alphabet.GSM7 else Coding.UCS2
    total = len(segments)
    return [
        arrival(each.octets, number, total, reference, coding=coding, **changes)
        for number, each in enumerate(segments.parts, 1)
    ]


def inbound(text="YES", **changes):
    fields = {
        "id": new_id(), "team_id": 1, "carrier_id": 7, "source": "254711000001", "destination": "22384", "text": text,
        "body": None, "udh": b"", "coding": Coding.GSM7, "parts": 1, "missing": 0, "received_at_ms": START_MS, **changes,
    }  # fmt: skip
    return Inbound(**fields)


def taken(sets, *arrivals):
    """What is kept and what is closed by these, in order."""
    kept, closed = [], []
    for each in arrivals:
        new, wholes = sets.take(each)
        kept += [] if new is None else [new]
        closed += wholes
    return kept, closed


# Numbers


@pytest.mark.parametrize(
    ("written", "digits"),
    [("22384", "22384"), ("+254711000001", "254711000001"), ("00254711000001", "254711000001"), ("Sasa", ""), ("", ""),
     (" 22384 ", "22384"), ("٢٢", ""), ("+", "")],
)  # fmt: skip
def test_a_number_is_its_digits_however_it_is_written(written, digits):
    assert digits_of(written) == digits


# Parts into one


def test_a_message_of_one_part_is_whole():
    made = join([arrival(encode_gsm("Ndiyo @ 5€"))])
    assert (made.text, made.body, made.coding, made.parts, made.missing) == ("Ndiyo @ 5€", None, Coding.GSM7, 1, 0)


@settings(max_examples=150)
@given(
    st.one_of(st.text("ab€^{ ", min_size=161, max_size=900), st.text("жé😀a", min_size=71, max_size=400)),
    st.data(),
)
def test_in_any_order_and_however_often_parts_come_they_make_one_message(text, data):
    parts = parts_of(text)
    order = data.draw(st.permutations(parts))
    again = data.draw(st.lists(st.sampled_from(parts), max_size=6))
    stream = list(order)
    for each in again:
        stream.insert(data.draw(st.integers(stream.index(each) + 1, len(stream))), Arrival(new_id(), each.part, 1))
    sets = Sets.of()
    _, closed = taken(sets, *stream)
    whole = [each for each in closed if not is_repetition(each)]
    assert [join(each).text for each in whole] == [text]
    assert join(whole[0]).missing == 0


def test_the_whole_has_the_id_and_time_of_the_part_that_came_first_and_the_team_of_its_beginning():
    first, second = parts_of("x" * 200)
    first = Arrival(new_id(), first.part, 2)
    _, (whole,) = taken(Sets.of(), second, first)
    made = join(whole)
    assert (made.id, made.team_id, made.received_at_ms) == (min(first.id, second.id), 2, START_MS)


@pytest.mark.parametrize("kept", [[1, 2], [0, 1, 2]])
def test_without_a_beginning_or_a_team_for_it_the_last_part_to_come_tells_the_team(kept):
    first, *others = parts_of("x" * 400)
    first, last = Arrival(first.id, first.part, None), Arrival(new_id(), others[0].part, 3)
    assert join([[first, last, others[1]][n] for n in kept]).team_id == 3


def test_what_a_message_says_of_further_ones_is_kept_beside_it():
    opt_out = OptOut(True, "254711000001", ((1, "22384"),))
    assert join([Arrival(new_id(), part(b"STOP"), 1, opt_out=opt_out)]).opt_out == "stop"
    assert join([Arrival(new_id(), part(b"START"), 1, opt_out=attrs.evolve(opt_out, stops=False))]).opt_out == "start"
    assert join([arrival()]).opt_out is None


def test_what_is_written_in_a_part_is_its_text_unless_it_is_binary():
    assert text_of(part(b"STOP")) == "STOP"
    assert text_of(part("አቁም".encode("utf-16-be"), coding=Coding.UCS2)) == "አቁም"
    assert text_of(part(b"STOP", coding=Coding.BINARY)) == ""


def test_messages_of_other_phones_numbers_carriers_and_references_are_kept_apart():
    others = [{"source": "254711000002"}, {"destination": "22385"}, {"carrier_id": 8}, {"reference": 10}, {}]
    firsts = [parts_of("x" * 200, **each)[0] for each in others]
    kept, closed = taken(Sets.of(), *firsts)
    assert (len(kept), closed) == (5, [])


def test_parts_that_wait_in_the_store_count():
    first, second = parts_of("x" * 200)
    kept, (whole,) = taken(Sets.of(waiting=[first]), second)
    assert kept == [second]
    assert whole == [first, second]


def test_a_batch_that_is_written_again_changes_nothing():
    first, second = parts_of("x" * 200)
    assert taken(Sets.of(joined=[first, second]), second, first) == ([], [])
    assert taken(Sets.of(waiting=[first]), first) == ([], [])


def test_a_reference_that_is_used_again_closes_the_message_before_incomplete():
    first, _ = parts_of("x" * 200)
    new = parts_of("y" * 200)
    kept, closed = taken(Sets.of(), first, *new)
    assert kept == [first, *new]
    assert closed == [[first], new]
    made = join(closed[0])
    assert (made.text, made.parts, made.missing) == ("x" * 153, 1, 1)


def test_a_message_that_comes_again_whole_is_a_repetition():
    parts = parts_of("x" * 200)
    again = [Arrival(new_id(), each.part, 1) for each in parts]
    _, (whole,) = taken(Sets.of(joined=parts), *again)
    assert is_repetition(whole)


def test_another_message_under_the_same_reference_may_begin_in_the_same_way():
    parts = parts_of("x" * 200)
    other = parts_of("x" * 153 + "and then")
    _, (whole,) = taken(Sets.of(joined=parts), *other)
    assert not is_repetition(whole)
    assert join(whole).text == "x" * 153 + "and then"


def test_a_character_that_was_cut_in_two_is_mended():
    octets = ("a" * 10 + "😀" + "b" * 10).encode("utf-16-be")
    cut = [arrival(octets[:22], 1, 2, coding=Coding.UCS2), arrival(octets[22:], 2, 2, coding=Coding.UCS2)]
    assert join(cut).text == "a" * 10 + "😀" + "b" * 10
    assert join(cut[:1]).text == "a" * 10 + "�"


def test_an_escape_that_was_cut_off_its_character_is_mended():
    assert join([arrival(b"a\x1b", 1, 2), arrival(b"\x65b", 2, 2)]).text == "a€b"


def test_parts_may_be_in_different_alphabets():
    mixed = [arrival(b"\x00", 1, 2), arrival("ж".encode("utf-16-be"), 2, 2, coding=Coding.UCS2)]
    made = join(mixed)
    assert (made.text, made.coding) == ("@ж", Coding.UCS2)


def test_where_one_part_is_binary_the_whole_is():
    made = join([arrival(b"ab", 1, 2), arrival(b"\xff\x00", 2, 2, coding=Coding.BINARY)])
    assert (made.text, made.body, made.coding) == (None, b"ab\xff\x00", Coding.BINARY)


def test_a_nul_of_ucs2_is_left_out():
    assert join([arrival("a\0b".encode("utf-16-be"), coding=Coding.UCS2)]).text == "ab"


# One into pieces


def glued(found, coding):
    octets = b"".join(each.octets for each in found)
    return octets.decode("utf-16-be") if coding is Coding.UCS2 else octets


@pytest.mark.parametrize(("text", "coding"), [("x" * 160, Coding.GSM7), ("ж" * 70, Coding.UCS2), ("", Coding.GSM7)])
def test_what_fits_one_part_goes_in_one_pdu_without_a_header(text, coding):
    assert pieces(inbound(text, coding=coding), as_payload=False) == (
        Piece(b"", octets_of(inbound(text, coding=coding))),
    )


@pytest.mark.parametrize(("text", "coding", "count"), [("x" * 400, Coding.GSM7, 3), ("ж" * 200, Coding.UCS2, 3)])
def test_a_long_message_is_cut_into_parts_that_say_which_they_are(text, coding, count):
    message = inbound(text, coding=coding)
    found = pieces(message, as_payload=False)
    numbers = [read_udh(each.udh)[0].concatenation.sar for each in found]
    assert numbers == [(int(message.id[-2:], 16), count, n) for n in range(1, count + 1)]
    assert glued(found, coding) == (text if coding is Coding.UCS2 else text.encode())


def test_a_team_may_have_it_whole():
    assert pieces(inbound("x" * 400), as_payload=True) == (Piece(b"", b"x" * 400),)


def test_ports_stand_in_every_part():
    binary = inbound(None, body=b"\xff" * 300, coding=Coding.BINARY, udh=PORTS)
    found = pieces(binary, as_payload=False)
    assert len(found) == 3
    assert {read_udh(each.udh)[0].ports for each in found} == {(2948, 9200)}
    assert pieces(inbound("hi", udh=PORTS), as_payload=False) == (Piece(PORTS, b"hi"),)


def test_what_no_header_can_count_goes_in_pieces_without_one():
    found = pieces(inbound("x" * 60_000), as_payload=False)
    assert {each.udh for each in found} == {b""}
    assert max(len(each.octets) for each in found) == SHORT_MESSAGE_OCTETS
    assert glued(found, Coding.GSM7) == b"x" * 60_000


def test_elements_that_leave_no_room_stay_with_a_short_message():
    big = Udh((ports_element(1), *[ports_element(n) for n in range(22)])).octets
    assert pieces(inbound("hi", udh=big), as_payload=False) == (Piece(big, b"hi"),)


def test_a_message_whose_text_is_gone_is_empty():
    assert octets_of(inbound(None)) == b""


def test_a_team_is_owed_each_piece_and_nobody_nothing():
    owed = deliveries(inbound("x" * 200), as_payload=False, done_at_ms=5)
    assert [(d.team_id, d.spool_id, d.source, d.destination, d.done_at_ms) for d in owed] == [
        (1, 0, "254711000001", "22384", 5)
    ] * 2
    assert (owed[0].options, owed[0].has_steps) == (None, False)
    assert deliveries(inbound(team_id=None), as_payload=False, done_at_ms=5) == ()


@pytest.mark.parametrize(
    ("text", "written"),
    [("a@é", (Coding.GSM7, "a@é".encode("latin-1"))), ("5€", (Coding.UCS2, "5€".encode("utf-16-be"))),
     ("x" * 152 + "€", (Coding.GSM7, b"x" * 152 + b"?"))],
)  # fmt: skip
def test_for_a_team_of_latin1_what_latin1_lacks_goes_in_ucs2_where_it_fits(text, written):
    assert for_latin1(Piece(b"", encode_gsm(text))) == written


def test_a_part_by_itself_has_the_first_number_and_a_key_of_its_own():
    alone = arrival()
    assert (alone.number, alone.total) == (1, 1)
    assert alone.part.set_key == (7, "254711000001", "22384", 0, 1)


def test_permutations_of_three_parts_are_all_one_message():
    parts = parts_of("x" * 400)
    for order in itertools.permutations(parts):
        _, (whole,) = taken(Sets.of(), *order)
        assert join(whole).text == "x" * 400
