"""Messages from phones on the binds of teams (decision 124)."""

import attrs
import pytest

from mobilesasa.core.inbound import Inbound, Piece, deliveries
from mobilesasa.core.model import Coding
from mobilesasa.notify.inbound import message_of, needs_cutting
from mobilesasa.smpp.pdus import BindReceiver, BindTransmitter, DeliverSm, DeliverSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.sms.udh import Concatenation, read_udh
from tests.fakes.spool import NINE_MS, from_phone, notice
from tests.smsc.rig import ACME, Rig

HEADER = b"\x05\x00\x03\x07\x02\x01"


def long_message(spool_from=1, text="x" * 400, as_payload=False, **changes):
    """A long message, spooled as the team wants it."""
    fields = {
        "id": "019ae8a1-7c00-7abc-8def-0123456789ab", "team_id": 1, "carrier_id": 7, "source": "254711000001",
        "destination": "22384", "text": text, "body": None, "udh": b"", "coding": Coding.GSM7, "parts": 3, "missing": 0,
        "received_at_ms": NINE_MS, **changes,
    }  # fmt: skip
    owed = deliveries(Inbound(**fields), as_payload, NINE_MS)
    return [attrs.evolve(each, spool_id=n) for n, each in enumerate(owed, spool_from)]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def taken(esme, *pdus, status=0):
    return esme.send(*(DeliverSmResp(sequence=each.sequence, status=status) for each in pdus))


def test_decision_124_the_phone_is_the_source_the_short_code_the_destination_and_esm_class_0():
    pdu = message_of(from_phone())
    assert pdu == DeliverSm(
        source_addr_ton=1, source_addr_npi=1, source_addr="254711000001", dest_addr_ton=3, dest_addr_npi=0,
        destination_addr="22384", short_message=b"YES",
    )  # fmt: skip


@pytest.mark.parametrize(("destination", "ton", "npi"), [("254700000100", 1, 1), ("22384", 3, 0), ("9" * 30, 1, 1)])
def test_a_long_number_is_international(destination, ton, npi):
    pdu = message_of(from_phone(destination=destination))
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (ton, npi, destination[:20])


@pytest.mark.parametrize(
    ("source", "ton", "npi", "shown"),
    [
        ("254711000001", 1, 1, "254711000001"),
        ("Safaricom", 5, 0, "Safaricom"),
        ("f" * 64, 5, 0, "f" * 20),
        ("", 5, 0, ""),
    ],
)
def test_what_sent_it_may_be_no_number(source, ton, npi, shown):
    pdu = message_of(from_phone(source=source))
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (ton, npi, shown)
    pdu.encode()


@pytest.mark.parametrize(
    ("coding", "octets", "data_coding"),
    [(Coding.GSM7, b"a\x00", 0), (Coding.UCS2, b"\x04\x36", 8), (Coding.BINARY, b"\xff", 4)],
)
def test_data_coding_says_what_the_octets_are(coding, octets, data_coding):
    pdu = message_of(from_phone(coding=coding, octets=octets))
    assert (pdu.data_coding, pdu.short_message, pdu.esm_class) == (data_coding, octets, 0)


def test_a_header_is_said_in_esm_class():
    pdu = message_of(from_phone(udh=HEADER, octets=b"Part"))
    assert (pdu.esm_class, pdu.short_message) == (0x40, HEADER + b"Part")


@pytest.mark.parametrize(("octets", "is_payload"), [(b"x" * 254, False), (b"x" * 255, True)])
def test_what_is_longer_than_short_message_is_a_payload(octets, is_payload):
    pdu = message_of(from_phone(octets=octets))
    assert pdu.short_message == (b"" if is_payload else octets)
    assert pdu.tlvs == ({Tag.MESSAGE_PAYLOAD: octets} if is_payload else {})
    assert needs_cutting(from_phone(octets=octets)) is is_payload


@pytest.mark.parametrize(
    ("octets", "data_coding", "written"),
    [(b"a\x00b", 0, b"a@b"), (b"5\x1b\x65", 8, "5€".encode("utf-16-be"))],
)
def test_a_team_that_reads_data_coding_0_as_latin1_gets_latin1(octets, data_coding, written):
    pdu = message_of(from_phone(octets=octets), latin1=True)
    assert (pdu.data_coding, pdu.short_message) == (data_coding, written)


def test_latin1_is_of_the_text_alone():
    pdu = message_of(from_phone(coding=Coding.UCS2, octets=b"\x04\x36"), latin1=True)
    assert (pdu.data_coding, pdu.short_message) == (8, b"\x04\x36")


# On binds


def test_a_message_goes_to_a_receiver_and_is_forgotten_when_it_is_taken(rig):
    transmitter, receiver = rig.bound(BindTransmitter), rig.bound(BindReceiver)
    rig.outbox.owe(rig.spool.put(from_phone(1)))
    assert transmitter.heard() == []
    (pdu,) = receiver.heard()
    assert (pdu.source_addr, pdu.short_message) == ("254711000001", b"YES")
    taken(receiver, pdu)
    assert rig.spool.kept == {}
    assert (rig.outbox.inbound_delivered, rig.outbox.delivered) == (1, 0)


def test_messages_and_receipts_come_in_the_order_of_the_spool(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(notice(1), from_phone(2), notice(3), from_phone(4)))
    assert [pdu.esm_class for pdu in esme.heard()] == [4, 0, 4, 0]


def test_what_waited_while_nobody_was_bound_comes_with_the_bind(rig):
    rig.spool.put(*long_message())
    response, *parts = rig.connect().send(BindReceiver(system_id="ACME", password=ACME))
    assert response.status == 0
    assert [read_udh(pdu.short_message)[0].concatenation.number for pdu in parts] == [1, 2, 3]


def test_each_part_is_acknowledged_by_itself_and_a_refused_one_comes_again(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(*long_message()))
    first, second, third = esme.heard()
    assert b"".join(pdu.short_message[6:] for pdu in (first, second, third)) == b"x" * 400
    taken(esme, first, third)
    taken(esme, second, status=Status.ESME_RX_T_APPN)
    assert list(rig.spool.kept) == [2]
    rig.clock.advance(1)
    (again,) = esme.heard()
    assert again.short_message == second.short_message


def test_a_team_that_wants_it_whole_gets_one_pdu(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(*long_message(as_payload=True)))
    (pdu,) = esme.heard()
    assert (pdu.tlvs[Tag.MESSAGE_PAYLOAD], pdu.short_message, pdu.esm_class) == (b"x" * 400, b"", 0)


def test_a_peer_that_knows_no_tlvs_gets_it_in_parts(rig):
    esme = rig.bound(interface_version=0x33)
    rig.outbox.owe(rig.spool.put(*long_message(as_payload=True), from_phone(2)))
    assert rig.spool.cuts == [(1, 1)]
    heard = esme.heard()
    assert [pdu.short_message for pdu in heard if not pdu.esm_class] == [b"YES"]
    assert [pdu.short_message[6:] for pdu in heard if pdu.esm_class] == [b"part 1", b"part 2", b"part 3"]
    taken(esme, *heard)
    assert rig.spool.kept == {}


def test_one_that_could_not_be_cut_is_tried_with_the_next_reading(rig, flush_logged):
    esme = rig.bound(interface_version=0x33)
    rig.spool.failing = ConnectionError("no database")
    rig.outbox.owe(rig.spool.put(*long_message(as_payload=True)))
    assert esme.heard() == []
    assert flush_logged(ConnectionError)
    rig.spool.failing = None
    rig.clock.advance(5)
    assert len(esme.heard()) == 3


def test_decision_124_a_long_message_from_a_phone_is_received_over_a_single_session(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(*long_message()))
    assert {type(pdu) for pdu in esme.heard()} == {DeliverSm}


def test_a_piece_of_a_message_is_what_its_header_says():
    (first, *_) = long_message()
    assert first.piece == Piece(first.piece.udh, b"x" * 153)
    assert read_udh(first.piece.udh)[0].concatenation == Concatenation(0xAB, 3, 1)
