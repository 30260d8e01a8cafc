"""Whatever comes off a wire is read, or refused in the documented way; nothing else is raised and nothing piles up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import HEADER
from mobilesasa.smpp.errors import BadPdu, MalformedBody, Unencodable
from mobilesasa.smpp.pdus import DataSm, DeliverSm, Pdu, decode
from mobilesasa.smpp.receipts import id_forms, moment_of, read_receipt
from mobilesasa.smpp.session import Event, Reply, Session, Unasked, Unbound, Unreadable
from mobilesasa.smpp.times import BadTime, read_time
from mobilesasa.smpp.tlvs import Tag, integer, octets, read_tlvs, text, write_tlvs
from mobilesasa.smpp.transitions import Side
from mobilesasa.smpp.ussd import DIALECTS, BadUssd, is_ussd, read_event
from mobilesasa.smpp.words import words_of
from mobilesasa.sms.udh import BadUdh, read_udh
from tests.smpp.sessions import PATHS, one
from tests.smpp.strategies import CLASSES, pdus_of, tlv_maps

NOW = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
STATES = st.sampled_from(sorted(PATHS, key=str))
SIDES = st.sampled_from(Side)
FUZZ = settings(max_examples=200, deadline=None)
VALID = st.sampled_from(CLASSES).flatmap(pdus_of).map(lambda pdu: pdu.encode())


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A PDU of any command, mostly a known one, whose length is right and whose body is anything."""
    body = draw(st.binary(max_size=120))
    command_id = draw(st.sampled_from([cls.command_id for cls in CLASSES]) | st.integers(0, 2**32 - 1))
    status = draw(st.just(0) | st.integers(0, 2**32 - 1))
    return HEADER.pack(16 + len(body), command_id, status, draw(st.integers(0, 2**32 - 1))) + body


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A stream of good PDUs in which a few octets were changed, dropped, doubled or put in."""
    stream = bytearray(b"".join(draw(st.lists(VALID | bodies(), min_size=1, max_size=5))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(stream) - 1)))
        few = draw(st.binary(min_size=1, max_size=4))
        match draw(st.integers(0, 3)):
            case 0:
                stream[at : at + len(few)] = few
            case 1:
                del stream[at : at + len(few)]
            case 2:
                stream[at:at] = stream[at : at + 40]
            case _:
                stream[at:at] = few
    return bytes(stream)


STREAMS = mutated() | st.binary(max_size=300)


def taken(session: Session, pieces: Sequence[bytes]) -> tuple[list[Event], str]:
    """Return all events and why the stream broke, if it did."""
    events: list[Event] = []
    for piece in pieces:
        try:
            events += session.receive_data(piece)
        except BadPdu as bad:
            return [*events, *bad.events], str(bad)
    return events, ""


def pieces_of(data: st.DataObject, stream: bytes) -> list[bytes]:
    """Cut a stream anywhere, also into nothing."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@FUZZ
@given(STATES, SIDES, STREAMS, st.data())
def test_a_stream_means_the_same_however_it_is_cut_and_breaks_in_one_way(
    state: Any, side: Side, stream: bytes, data: st.DataObject
):
    session = one(side, state)
    events, broken = taken(session, pieces_of(data, stream))
    assert (events, broken) == taken(one(side, state), [stream])
    assert session.is_closed or not broken


@FUZZ
@given(STATES, SIDES, STREAMS)
def test_events_answers_and_what_is_kept_are_bounded_by_what_came(state: Any, side: Side, stream: bytes):
    session = one(side, state)
    before = session.unanswered
    events, _ = taken(session, [stream])
    most = len(stream) // 16
    assert len(events) - sum(isinstance(event, Unbound) for event in events) <= most
    assert sum(len(event.octets) for event in events if isinstance(event, Reply)) <= 17 * (most + 1)
    assert session.unanswered - before <= most
    assert len(session._kept) <= len(stream)
    assert all(isinstance(event, Pdu | Reply | Unasked | Unreadable | Unbound) for event in events)


@FUZZ
@given(STATES, SIDES, STREAMS)
def test_what_was_read_can_be_told_in_words_and_answered(state: Any, side: Side, stream: bytes):
    events, _ = taken(one(side, state), [stream])
    for event in events:
        pdu = event.pdu if isinstance(event, Unasked) else event
        if isinstance(pdu, Pdu):
            words_of(pdu)
            if not pdu.command_id & pdus.RESPONSE_BIT:
                assert decode(pdus.answer(pdu).encode()).sequence == pdu.sequence


@FUZZ
@given(VALID | bodies())
def test_what_can_be_read_can_be_written_unless_a_parameter_is_not_of_its_type(octets_of_pdu: bytes):
    try:
        pdu = decode(octets_of_pdu)
        again = pdu.encode()
    except MalformedBody:
        return
    except Unencodable:
        again = b""
    if not again:
        assert pdu.tlvs
        return
    assert decode(again) == pdu or pdu.status  # the body of a refusal is left out


RUNS = st.binary(max_size=80) | tlv_maps().map(write_tlvs)


@FUZZ
@given(RUNS, st.binary(max_size=6))
def test_parameters_are_read_or_refused_as_a_whole(run: bytes, more: bytes):
    try:
        found = read_tlvs(run + more, 0)
    except MalformedBody:
        return
    assert len(found) <= len(run + more) // 4
    for tag in {*found, Tag.MESSAGE_STATE}:
        assert integer(found, tag) is None or isinstance(found[tag], int)
        assert isinstance(text(found, tag), str | None)
        assert isinstance(octets(found, tag), bytes | None)
    try:
        again = write_tlvs(found)
    except Unencodable:
        return
    assert read_tlvs(again, 0) == found


RECEIPT_LIKE = st.text(st.sampled_from("id:sub dlvrd stat err text done date 0123456789 ABCDEF \0:-"), max_size=120)
TEXTS = st.binary(max_size=160) | RECEIPT_LIKE.map(lambda words: words.encode("latin-1"))


@FUZZ
@given(st.sampled_from([DeliverSm, DataSm]), TEXTS, st.integers(0, 255), tlv_maps(), RUNS)
def test_a_text_of_any_kind_is_a_receipt_or_none(
    cls: type[DeliverSm] | type[DataSm], body: bytes, esm_class: int, tlvs: Any, run: bytes
):
    try:
        odd = dict(read_tlvs(run, 0))
    except MalformedBody:
        odd = {}
    carried = {**tlvs, **odd, Tag.MESSAGE_PAYLOAD: body}
    given_text = {"short_message": body} if cls is DeliverSm else {}
    receipt = read_receipt(cls(esm_class=esm_class, tlvs=carried, **given_text))  # type: ignore[arg-type]
    if receipt is not None:
        assert NOW - timedelta(hours=72) <= moment_of(receipt, NOW) <= NOW
        assert len(id_forms(receipt.message_id)) <= 12


@FUZZ
@given(
    st.text(max_size=20)
    | st.text(st.sampled_from("0123456789+-R"), min_size=16, max_size=16)
    | st.from_regex(r"\d{15}[-+R]", fullmatch=True)
)
def test_a_text_is_a_time_or_none(words: str):
    try:
        moment = read_time(words, NOW)
    except BadTime:
        return
    assert moment is None or moment.tzinfo is UTC


@FUZZ
@given(st.binary(max_size=160) | st.lists(st.binary(max_size=6), max_size=4).map(b"\x00\x03".join))
def test_octets_begin_with_a_header_or_not(whole: bytes):
    try:
        header, rest = read_udh(whole)
    except BadUdh:
        return
    assert header.octets + rest == whole
    assert header.concatenation is None or 1 <= header.concatenation.number <= header.concatenation.total
    assert header.ports is None or len(header.ports) == 2


@FUZZ
@given(pdus_of(DeliverSm), RUNS, st.sampled_from(sorted(DIALECTS)), st.sampled_from(["", "USSD"]))
def test_a_message_of_ussd_is_read_or_refused(pdu: Any, run: bytes, dialect: str, service_type: str):
    try:
        tlvs = {**read_tlvs(run, 0), **pdu.tlvs}
    except MalformedBody:
        tlvs = pdu.tlvs
    asked = attrs.evolve(pdu, tlvs=tlvs, service_type=service_type)
    try:
        event = read_event(asked, DIALECTS[dialect], "carrier")
    except BadUssd:
        return
    assert (event is None) is not is_ussd(asked)


@pytest.mark.parametrize("length", [0, 15, 65_537, 2**32 - 1])
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_no_class_is_waited_for_when_its_length_cannot_be(cls: type[Pdu], length: int):
    session = Session(Side.SMSC)
    with pytest.raises(BadPdu):
        session.receive_data(HEADER.pack(length, cls.command_id, 0, 1))
