"""Malformed octets cost a peer its connection or an answer that says so, and nobody else anything."""

import tracemalloc

import pytest

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import HEADER
from mobilesasa.smpp.pdus import RESPONSE_BIT, GenericNack, Pdu, SubmitSm, SubmitSmResp, decode
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smppnet.patience import STRANGER_PDUS
from tests.fakes.esme import Esme
from tests.hostile.octets import CLASSES, DOUBLED, IMPOSSIBLE, ODD_TLVS, UNKNOWN, broken_bodies, full, whole
from tests.smsc.rig import RIVAL, Rig

TO = "254712345678"
SUBMIT = SubmitSm(destination_addr=TO, short_message=b"Hi")


def hostile(rig: Rig, bound: bool) -> Esme:
    """A peer that will misbehave."""
    return rig.bound(system_id="RIVAL", password=RIVAL) if bound else rig.connect("198.51.100.66")


def serves(rig: Rig, good: Esme) -> bool:
    """Say whether the good session gets its answer."""
    return good.submit().status == 0 and len(rig.intake.stored) > 0


def raw(esme: Esme) -> list[Pdu]:
    """What came back, whatever it is; of a connection that may be closed by now."""
    octets = esme.transport.value()
    esme.transport.clear()
    found = []
    while octets:
        length = int.from_bytes(octets[:4], "big")
        found.append(decode(octets[:length]))
        octets = octets[length:]
    return found


@pytest.mark.parametrize("bound", [False, True], ids=["stranger", "bound"])
@pytest.mark.parametrize("length", IMPOSSIBLE)
def test_an_impossible_length_costs_the_connection_after_a_generic_nack(rig, warnings, length, bound):
    good, bad = rig.bound(), hostile(rig, bound)
    bad.link.dataReceived(HEADER.pack(length, 4, 0, 9) + b"x" * 60_000)
    assert raw(bad) == [GenericNack(sequence=9, status=Status.ESME_RINVCMDLEN)]
    assert bad.transport.disconnecting
    assert len(warnings) == 1
    assert serves(rig, good)


@pytest.mark.parametrize("bound", [False, True], ids=["stranger", "bound"])
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_pdu_that_is_cut_anywhere_by_the_end_of_the_connection_leaves_nothing_behind(rig, warnings, cls, bound):
    good = rig.bound()
    octets = full(cls).encode()
    for at in range(len(octets)):
        bad = hostile(rig, bound)
        bad.link.dataReceived(octets[:at])
        assert raw(bad) == []
        bad.drop()
    assert rig.server.connections == 1
    assert warnings == []
    assert serves(rig, good)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_body_that_cannot_be_read_is_answered_and_the_line_stays_up(rig, warnings, cls):
    good = rig.bound()
    for body in broken_bodies(cls):
        bad = hostile(rig, bound=True)
        del warnings[:]
        bad.link.dataReceived(whole(cls.command_id, body))
        assert [answer.sequence for answer in raw(bad)] == [7] * (cls.command_id < RESPONSE_BIT)
        assert not bad.transport.disconnecting or cls is pdus.Unbind
        assert len(warnings) <= 1
        bad.drop()
    assert serves(rig, good)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_stranger_that_sends_what_cannot_be_read_is_answered_too(rig, cls):
    good = rig.bound()
    for body in broken_bodies(cls):
        bad = hostile(rig, bound=False)
        bad.link.dataReceived(whole(cls.command_id, body))
        assert all(answer.sequence == 7 and answer.status for answer in raw(bad))
        bad.drop()
    assert serves(rig, good)


@pytest.mark.parametrize("tlvs", ODD_TLVS, ids=range(len(ODD_TLVS)))
@pytest.mark.parametrize("cls", [pdus.SubmitSm, pdus.SubmitMulti, pdus.DataSm, pdus.DeliverSmResp])
def test_odd_parameters_are_answered_and_break_nothing(rig, cls, tlvs):
    good, bad = rig.bound(), hostile(rig, bound=True)
    body = cls(sequence=7, **_least(cls)).encode()[16:] + tlvs
    bad.link.dataReceived(whole(cls.command_id, body))
    expected = 0 if cls is pdus.DeliverSmResp else 1
    assert [answer.sequence for answer in raw(bad)] == [7] * expected
    assert serves(rig, good)


def _least(cls: type[Pdu]) -> dict[str, object]:
    if cls is pdus.SubmitMulti:
        return {"dest_addresses": (pdus.SmeAddress(1, 1, TO),), "short_message": b"Hi"}
    if cls is pdus.DeliverSmResp:
        return {}
    return {"destination_addr": TO, **({"short_message": b"Hi"} if cls is pdus.SubmitSm else {})}


def test_of_a_doubled_parameter_the_last_stands(rig):
    bad = hostile(rig, bound=True)
    bad.link.dataReceived(whole(4, SUBMIT.encode()[16:] + DOUBLED))
    assert [stored.options["user_message_reference"] for stored in rig.intake.stored] == [2]


def test_a_payload_of_64_kb_is_refused_by_the_number_of_its_parts(rig):
    good, bad = rig.bound(), hostile(rig, bound=True)
    (answer,) = bad.send(SubmitSm(destination_addr=TO, tlvs={Tag.MESSAGE_PAYLOAD: b"x" * 65_400}))
    assert answer.status == Status.ESME_RINVMSGLEN
    assert serves(rig, good)


@pytest.mark.parametrize("sequence", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_any_sequence_number_is_answered_under_itself(rig, sequence):
    bad = hostile(rig, bound=True)
    bad.link.dataReceived(SUBMIT.encode()[:12] + sequence.to_bytes(4, "big") + SUBMIT.encode()[16:])
    (answer,) = raw(bad)
    assert (type(answer), answer.status, answer.sequence) == (SubmitSmResp, 0, sequence)


def test_the_same_sequence_number_over_and_over_is_answered_each_time(rig):
    bad = hostile(rig, bound=True)
    bad.link.dataReceived(SUBMIT.encode(5) * 50)
    assert [answer.sequence for answer in raw(bad)] == [5] * 50
    assert len({stored.id for stored in rig.intake.stored}) == 50


@pytest.mark.parametrize("status", [1, 0x58, 0xFFFFFFFF])
def test_a_status_on_a_request_means_nothing(rig, status):
    bad = hostile(rig, bound=True)
    bad.link.dataReceived(whole(4, SUBMIT.encode()[16:], status=status))
    assert [answer.status for answer in raw(bad)] == [0]


def test_a_cut_part_of_utf_16_with_a_nul_is_refused_before_it_reaches_the_store(rig):
    bad = hostile(rig, bound=True)
    octets = b"\x05\x00\x03\x01\x02\x01" + b"\x00A\x00\x00\xd8\x3d"
    (answer,) = bad.send(SubmitSm(destination_addr=TO, esm_class=0x40, data_coding=8, short_message=octets))
    assert answer.status
    assert rig.intake.stored == []


# Streams of thousands

STREAMS = {
    "unknown commands": whole(UNKNOWN),
    "unknown answers": whole(UNKNOWN | 0x80000000),
    "submits that cannot be read": whole(4),
    "answers that cannot be read": whole(0x80000005, b"x" * 70),
    "answers to nothing": pdus.DeliverSmResp(sequence=7).encode(),
    "heavy answers to nothing": pdus.DeliverSmResp(sequence=7, tlvs={0x1401: b"x" * 900}).encode(),
    "nacks to nothing": GenericNack(sequence=7).encode(),
    "enquiries": pdus.EnquireLink(sequence=7).encode(),
    "binds": pdus.BindTransceiver(sequence=7, system_id="RIVAL", password="guessed").encode(),
    "outbinds": pdus.Outbind(sequence=7).encode(),
    "receipts for us": pdus.DeliverSm(sequence=7).encode(),
}


@pytest.mark.parametrize("octets", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_of_thousands_from_a_stranger_ends_after_a_few(rig, warnings, octets):
    good, bad = rig.bound(), hostile(rig, bound=False)
    bad.link.dataReceived(octets * 4000)
    first_piece = 4096 // 16
    assert len(raw(bad)) <= first_piece
    assert bad.transport.disconnecting
    assert bad.link.pdus_in <= first_piece + STRANGER_PDUS
    bad.drop()
    assert len(warnings) <= 4
    assert serves(rig, good)


def flood(bad: Esme, good: Esme, rig: Rig, octets: bytes, turns: int) -> None:
    """Let so many reads of the socket bring 64 kB each, when the peer is read at all."""
    for _ in range(turns):
        bad.link.dataReceived(octets * (65_536 // len(octets)))
        while True:
            bad.transport.clear()
            bad.writes.clear()
            if bad.transport.producerState == "producing":
                break
            rig.clock.advance(1)
            good.heard()  # it answers enquiries


@pytest.mark.parametrize("octets", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_of_thousands_on_a_bound_session_takes_no_memory_and_few_lines(rig, warnings, octets):
    good, bad = rig.bound(), hostile(rig, bound=True)
    flood(bad, good, rig, octets, 2)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        flood(bad, good, rig, octets, 6)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 400_000  # the last 200 PDUs are kept for the console; 24,000 have come
    bad.drop()
    assert len(warnings) <= 3
    assert serves(rig, good)


@pytest.mark.parametrize("octets", STREAMS.values(), ids=STREAMS.keys())
def test_a_peer_that_floods_us_is_not_read_for_a_while_and_then_again(rig, octets):
    bad = hostile(rig, bound=True)
    while bad.transport.producerState == "producing":
        bad.link.dataReceived(octets * (65_536 // len(octets)))
    assert bad.link.patience.holds
    bad.transport.clear()
    taken = bad.link.pdus_in
    bad.link.dataReceived(octets * 10)  # what a connection over TLS has read already waits too
    assert (bad.link.pdus_in, bad.transport.value()) == (taken, b"")
    for _ in range(15):
        rig.clock.advance(1)
    assert bad.link.pdus_in >= taken + 10
    assert bad.transport.producerState == "producing"
    bad.transport.clear()
    assert bad.submit().status == 0


def test_unbinds_by_the_thousand_are_answered_once_and_the_connection_closes(rig):
    good, bad = rig.bound(), hostile(rig, bound=True)
    bad.link.dataReceived(pdus.Unbind(sequence=7).encode() * 4000)
    assert raw(bad) == [pdus.UnbindResp(sequence=7)]
    assert bad.transport.disconnecting
    assert serves(rig, good)


def test_unbinds_while_a_submit_waits_keep_nothing_but_the_last(rig):
    bad = hostile(rig, bound=True)
    rig.intake.hold()
    bad.link.dataReceived(SUBMIT.encode(5) + b"".join(pdus.Unbind().encode(n) for n in range(6, 3000)))
    assert raw(bad) == []
    rig.intake.release()
    assert [(type(answer), answer.sequence) for answer in raw(bad)] == [
        (SubmitSmResp, 5),
        (pdus.UnbindResp, 2999),
    ]


def test_a_client_that_stays_below_what_is_borne_is_always_read(rig):
    peer = hostile(rig, bound=True)
    for _ in range(300):
        peer.link.dataReceived(pdus.EnquireLink(sequence=7).encode() * 90)
        peer.transport.clear()
        rig.clock.advance(1)
        assert peer.transport.producerState == "producing"


def test_who_is_throttled_by_the_thousand_is_read_less_and_still_gets_its_rate():
    rig = Rig(session_tps=50)
    bad = hostile(rig, bound=True)
    accepted = 0
    for _ in range(60):
        if bad.transport.producerState == "producing":
            bad.link.dataReceived(SUBMIT.encode(5) * 500)
        accepted += sum(answer.status == 0 for answer in raw(bad) if isinstance(answer, SubmitSmResp))
        rig.clock.advance(1)
    accepted += sum(answer.status == 0 for answer in raw(bad) if isinstance(answer, SubmitSmResp))
    assert bad.link.pdus_in <= 1000 + 60 * 150 + 500
    assert accepted == len(rig.intake.stored) >= 60 * 50
