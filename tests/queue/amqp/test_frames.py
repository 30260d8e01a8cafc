from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pika import spec
from pika.spec import BasicProperties

from mobilesasa.queue.amqp.frames import (
    BODY_OCTETS,
    FRAME_OCTETS,
    PLACES,
    BadFrame,
    Confirms,
    Deliveries,
    Got,
    Method,
    Reader,
    Returned,
)
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.amqp.publishing import PLACES as PUBLISHED_PLACES
from mobilesasa.queue.amqp.publishing import Publisher
from mobilesasa.queue.amqp.tables import BadTable, Unencodable
from tests.queue.amqp.wire import content, deliver, frames, method, returned

GET_OK = spec.Basic.GetOk(delivery_tag=9, redelivered=True, exchange="", routing_key="q", message_count=3)
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"

A_TURN = (
    deliver(1, b"a" * 300)
    + deliver(2, b"")
    + HEARTBEAT
    + method(spec.Basic.Ack(4, multiple=True))
    + deliver(3, b"c", redelivered=True, properties=BasicProperties(message_id="m", headers={"n": 1}))
    + method(spec.Basic.Nack(5, multiple=False))
    + returned(correlation_id="6")
    + method(spec.Basic.Ack(6))
    + method(spec.Basic.CancelOk("c1"))
    + content(GET_OK, b"got" * 10, piece=7)
    + deliver(4, b"d" * 40, piece=16, channel=2, consumer="c9")
)


def shown(events):
    """What the events say, message by message and confirm by confirm, in order."""
    said = []
    for event in events:
        if isinstance(event, Deliveries):
            for each in event.messages:
                place = (event.channel, event.consumer_tag, each.delivery_tag, each.exchange, each.routing_key)
                said.append((*place, each.redelivered, each.body, each.message_id, each.headers))
        elif isinstance(event, Confirms):
            said += [(event.channel, *each) for each in event.confirms]
        elif isinstance(event, Method):
            said.append((event.channel, event.class_id, event.method_id, event.arguments))
        else:
            said.append((type(event).__name__, event.channel, event.message.body, event.message.delivery_tag))
    return said


def test_all_that_comes_of_a_kind_between_two_others_is_one_event():
    events = Reader().feed(A_TURN)
    assert [type(each) for each in events] == [Deliveries, Confirms, Returned, Confirms, Method, Got, Deliveries]
    assert [each.delivery_tag for each in events[0].messages] == [1, 2, 3]
    assert events[1].confirms == [(4, True, True), (5, False, False)]
    assert events[3].confirms == [(6, False, True)]


def test_each_event_says_what_the_broker_said():
    said = shown(Reader().feed(A_TURN))
    assert said == [
        (1, "c1", 1, "lanes", "7.bulk", False, b"a" * 300, "", {}),
        (1, "c1", 2, "lanes", "7.bulk", False, b"", "", {}),
        (1, "c1", 3, "lanes", "7.bulk", True, b"c", "m", {"n": 1}),
        (1, 4, True, True),
        (1, 5, False, False),
        ("Returned", 1, b"body", 0),
        (1, 6, False, True),
        (1, 60, 31, b"\x02c1"),
        ("Got", 1, b"got" * 10, 9),
        (2, "c9", 4, "lanes", "7.bulk", False, b"d" * 40, "", {}),
    ]


def parts(octets, *cuts):
    reader = Reader()
    places = [0, *cuts, len(octets)]
    return [event for a, b in pairwise(places) for event in reader.feed(octets[a:b])]


def test_a_turn_that_is_cut_anywhere_says_the_same():
    whole = sorted(map(repr, shown(Reader().feed(A_TURN))))
    for cut in range(1, len(A_TURN)):
        assert sorted(map(repr, shown(parts(A_TURN, cut)))) == whole, cut


def test_a_turn_that_comes_octet_by_octet_says_the_same_in_the_order_of_the_wire():
    said = shown(parts(A_TURN, *range(1, len(A_TURN))))
    tags = [each[1] if len(each) == 4 else each[2] for each in said]
    assert tags == [1, 2, 4, 3, 5, 1, 6, 60, 1, 4]


def test_messages_of_two_consumers_are_two_events_in_one_turn():
    octets = b"".join(deliver(tag, consumer=f"c{tag % 2}") for tag in range(6))
    one, other = Reader().feed(octets)
    assert [each.delivery_tag for each in one.messages] == [0, 2, 4]
    assert [each.delivery_tag for each in other.messages] == [1, 3, 5]


def test_messages_of_two_channels_may_be_mixed_frame_by_frame():
    one, other = (deliver(tag, bytes((tag,)) * 20, channel=tag) for tag in (1, 2))
    cut = len(method(spec.Basic.Deliver("c1", 1, False, "lanes", "7.bulk")))
    events = Reader().feed(one[:cut] + other[:cut] + one[cut:] + other[cut:])
    assert [(each.channel, each.messages[0].body) for each in events] == [(1, b"\x01" * 20), (2, b"\x02" * 20)]


@pytest.mark.parametrize("size", [131_063, 131_064, 131_065, 300_000])
def test_a_large_body_comes_whole_whatever_its_octets_are(size):
    body = (b"text" * 40_000 + b"\xff\xfe" + b"text" * 40_000)[:size]
    (event,) = Reader().feed(deliver(1, body))
    assert event.messages[0].body == body


def test_the_places_that_are_remembered_are_bounded():
    reader = Reader()
    for number in range(PLACES + 2):
        (event,) = reader.feed(deliver(1, routing_key=f"k{number}"))
        assert event.messages[0].routing_key == f"k{number}"
    assert len(reader._places) == 2


BAD = {
    "a kind that is none": (b"\x04\x00\x01\x00\x00\x00\x00\xce", "unknown kind 4"),
    "another version": (b"AMQP\x00\x00\x09\x01", "another version of AMQP, 00 00 09 01"),
    "a web page": (b"HTTP/1.1 400 Bad Request\r\n", "unknown kind 72"),
    "an end that is none": (HEARTBEAT[:-1] + b"\xcd", "ends with 0xcd"),
    "a frame beyond the bound": (b"\x01\x00\x00" + (FRAME_OCTETS - 7).to_bytes(4, "big"), "131065 octets"),
    "the longest frame": (b"\x01\x00\x00\xff\xff\xff\xff", "4294967295 octets"),
    "a method that is cut": (b"\x01\x00\x01\x00\x00\x00\x02\x00\x3c\xce", "cut short"),
    "a body without a header": (b"\x03\x00\x01\x00\x00\x00\x01x\xce", "does not fit its content header"),
    "a header without a method": (content(GET_OK, b"")[len(method(GET_OK)) :], "nothing announced"),
    "a body before its header": (method(GET_OK) + b"\x03\x00\x01\x00\x00\x00\x01x\xce", "does not fit"),
    "an empty piece of a body": (content(GET_OK, b"xy")[:-10] + b"\x03\x00\x01\x00\x00\x00\x00\xce", "does not fit"),
    "a body that is too long": (content(GET_OK, b"xy")[:-10] + b"\x03\x00\x01\x00\x00\x00\x03xyz\xce", "does not fit"),
    "two headers": (content(GET_OK, b"xy")[:-10] + content(GET_OK, b"xy")[len(method(GET_OK)) :], "nothing announced"),
    "a method amid a message": (method(GET_OK) + method(GET_OK), "before the message"),
    "a place that is cut": (
        b"\x01\x00\x01\x00\x00\x00\x12\x00\x3c\x00\x3c\x01c" + b"\x00" * 8 + b"\x00\x01x\x09\xce",
        "does not fit its frame",
    ),
    "a name that is no UTF-8": (
        b"\x01\x00\x01\x00\x00\x00\x12\x00\x3c\x00\x3c\x01c" + b"\x00" * 8 + b"\x00\x01\xff\x00\xce",
        "cut short inside",
    ),
    "a message beyond the bound": (
        method(GET_OK) + b"\x02\x00\x01\x00\x00\x00\x0e\x00\x3c\x00\x00" + (BODY_OCTETS + 1).to_bytes(8, "big") + b"\0\0\xce",
        "16777217 octets",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_no_broker_says_is_refused_in_words(name):
    octets, why = BAD[name]
    with pytest.raises(BadFrame, match=why):
        Reader().feed(octets)
    with pytest.raises(BadFrame):
        parts(octets, *range(1, len(octets)))


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_garbage_is_held_or_refused_and_never_read_for_ever(octets):
    reader = Reader()
    try:
        reader.feed(octets)
    except BadFrame:
        return
    assert reader._held_octets < FRAME_OCTETS


@given(st.binary(min_size=1, max_size=1), st.integers(0, len(A_TURN) - 1))
@settings(max_examples=200)
def test_a_turn_with_a_wrong_octet_is_read_or_refused(octet, place):
    try:
        shown(Reader().feed(A_TURN[:place] + octet + A_TURN[place + 1 :]))
    except (BadFrame, BadTable):
        return


EVERY_PROPERTY = BasicProperties(
    content_type="application/json", content_encoding="utf-8", headers={"x": 1}, delivery_mode=2, priority=3,
    correlation_id="41", reply_to="r", expiration="60000", message_id="é", timestamp=1_700_000_000, type="t",
    user_id="guest", app_id="a", cluster_id="c",
)  # fmt: skip


def message(properties):
    (event,) = Reader().feed(deliver(1, properties=properties))
    return event.messages[0]


def test_a_property_is_found_among_all_the_others():
    found = message(EVERY_PROPERTY)
    assert (found.headers, found.number, found.message_id) == ({"x": 1}, 41, "é")


def test_a_message_without_properties_has_none():
    found = message(BasicProperties())
    assert (found.headers, found.number, found.message_id) == ({}, 0, "")


@pytest.mark.parametrize("other", ["x", "", "-1", "9" * 20, "٣"])
def test_the_correlation_id_of_another_publisher_is_no_number(other):
    assert message(BasicProperties(correlation_id=other)).number == 0


def test_what_a_dead_letter_went_through_is_read():
    died = {"count": 2, "reason": "expired", "time": datetime(2026, 11, 22, tzinfo=UTC), "routing-keys": ["a", "b"]}
    assert message(BasicProperties(headers={"x-death": [died]})).headers == {"x-death": [died]}


def test_properties_that_are_cut_are_refused_when_somebody_looks():
    for properties in (b"\x20\x00\x00\x00\x00\x05", b"\x00", b"\x80\x00"):
        cut = Message(b"", 1, False, "", "", properties)
        with pytest.raises(BadTable):
            assert cut.headers, cut.message_id


def published(*arguments, frame_octets=FRAME_OCTETS, channel=1):
    octets = Publisher(channel, frame_octets).publish(*arguments)
    said, header, *bodies = frames(octets)
    assert all(each.channel_number == channel for each in (said, header, *bodies))
    return said.method, header, bodies


def test_a_publish_is_what_another_client_reads():
    said, header, (body,) = published(17, "lanes", "7.bulk", b"{}", True, True, "id")
    assert (said.exchange, said.routing_key, said.mandatory, said.immediate) == ("lanes", "7.bulk", True, False)
    properties = header.properties
    assert (properties.delivery_mode, properties.correlation_id, properties.message_id) == (2, "17", "id")
    assert header.body_size == 2
    assert body.fragment == b"{}"


def test_a_publish_may_be_optional_and_forgotten_at_a_restart():
    said, header, _ = published(1, "é", "ключ", b"x", False, False, "")
    assert (said.exchange, said.routing_key, said.mandatory) == ("é", "ключ", False)
    assert (header.properties.delivery_mode, header.properties.message_id) == (1, None)


@pytest.mark.parametrize("size", [0, 1, 88, 89, 176, 177, 1000])
def test_a_body_goes_into_as_many_frames_as_were_agreed(size):
    body = bytes(range(256)) * 4
    _, header, bodies = published(1, "", "q", body[:size], True, True, "", frame_octets=96, channel=3)
    assert header.body_size == size
    assert b"".join(each.fragment for each in bodies) == body[:size]
    assert all(0 < len(each.fragment) <= 88 for each in bodies)
    assert len(bodies) == -(-size // 88)


@pytest.mark.parametrize("names", [("e" * 256, "k", ""), ("e", "k" * 256, ""), ("e", "k", "i" * 256)])
def test_a_name_that_is_too_long_is_refused(names):
    exchange, routing_key, message_id = names
    with pytest.raises(Unencodable):
        Publisher(1, FRAME_OCTETS).publish(1, exchange, routing_key, b"", True, True, message_id)


def test_the_places_that_a_publisher_remembers_are_bounded():
    publisher = Publisher(1, FRAME_OCTETS)
    for number in range(PUBLISHED_PLACES + 2):
        publisher.publish(1, "", f"q{number}", b"", True, True, "")
    assert len(publisher._places) == 2


def test_acknowledgements_are_what_another_client_reads():
    publisher = Publisher(5, FRAME_OCTETS)
    octets = publisher.ack(1, False) + publisher.ack(2**40, True) + publisher.nack(3, True) + publisher.nack(4, False)
    one, all_, back, dead = (each.method for each in frames(octets))
    assert (one.NAME, one.delivery_tag, one.multiple) == ("Basic.Ack", 1, False)
    assert (all_.NAME, all_.delivery_tag, all_.multiple) == ("Basic.Ack", 2**40, True)
    assert (back.NAME, back.delivery_tag, back.multiple, back.requeue) == ("Basic.Nack", 3, False, True)
    assert (dead.NAME, dead.delivery_tag, dead.multiple, dead.requeue) == ("Basic.Nack", 4, False, False)
