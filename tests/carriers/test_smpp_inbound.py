"""Messages from phones over a carrier's bind: read whatever they are, handed on, answered when they are kept."""

import pytest

from mobilesasa.carriers.smpp import receipts
from mobilesasa.core.inbound import InboundPart
from mobilesasa.core.model import Coding
from mobilesasa.smpp.pdus import DataSm, DataSmResp, DeliverSm, DeliverSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.sms.udh import Concatenation, Element, Udh, ports_element
from tests.carriers.rig import CARRIER_ID, SmppRig

PHONE = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": "254711000001", "destination_addr": "22384"}
PORTS = ports_element(2948, 9200)


def mo(text=b"STOP", **fields):
    return DeliverSm(**{**PHONE, "short_message": text, **fields})


def brought(rig, *pdus):
    rig.ends[0].say(*pdus)
    return rig.listener.from_phones


def one(rig, pdu):
    (part,) = brought(rig, pdu)
    return part


def statuses(rig, end=0):
    return [pdu.status for pdu in rig.ends[end].heard()]


def test_a_message_from_a_phone_is_handed_on_and_answered(smpp):
    assert brought(smpp, mo()) == [
        InboundPart(CARRIER_ID, "254711000001", "22384", Coding.GSM7, b"STOP", smpp.now_ms())
    ]
    (response,) = smpp.ends[0].heard()
    assert (type(response), response.status, response.message_id) == (DeliverSmResp, 0, "")
    assert smpp.listener.reports == []
    assert smpp.carrier.standing()["inbound"] == 1


def test_what_one_turn_brings_is_one_call_and_is_answered_when_it_is_kept(smpp):
    smpp.listener.keeping = None
    smpp.ends[0].say(mo(b"A"), mo(b"B"), mo(b"C"))
    ((parts, acknowledge),) = smpp.listener.phone_turns
    assert [part.octets for part in parts] == [b"A", b"B", b"C"]
    assert smpp.ends[0].transport.writes == 0
    acknowledge([True, False, True])
    assert smpp.ends[0].transport.writes == 1
    assert statuses(smpp) == [0, Status.ESME_RX_T_APPN, 0]


def test_what_cannot_be_kept_is_refused_for_now_and_said_once_a_minute(smpp, warnings):
    smpp.listener.keeping = False
    smpp.ends[0].say(mo(), mo())
    assert statuses(smpp) == [Status.ESME_RX_T_APPN] * 2
    smpp.ends[0].say(mo())
    assert len(warnings) == 1
    assert "2 messages from phones" in warnings[0]
    smpp.pass_time(29)
    smpp.ends[0].say(mo())
    smpp.pass_time(31)
    smpp.ends[0].say(mo())
    assert len(warnings) == 2
    assert "5 messages from phones" in warnings[1]
    assert smpp.carrier.standing()["inbound_turned_away"] == 5


def test_an_answer_after_the_connection_broke_is_dropped(smpp):
    smpp.listener.keeping = None
    smpp.ends[0].say(mo())
    smpp.ends[0].hang_up()
    smpp.listener.phone_turns[0][1]([True])


def test_a_bind_with_too_much_that_is_not_kept_yet_is_not_read_on(smpp, monkeypatch):
    monkeypatch.setattr(receipts, "UNWRITTEN_LIMIT", 3)  # a thousand would make the test long
    smpp.listener.keeping = None
    transport = smpp.ends[0].transport
    smpp.ends[0].say(*[mo() for _ in range(5)])
    assert transport.producerState == "paused"
    smpp.listener.phone_turns[0][1]([True] * 5)
    assert transport.producerState == "producing"


def test_it_may_come_as_data_sm_and_over_the_receiver_of_a_pair():
    rig = SmppRig(bind="txrx")
    rig.start()
    rig.ends[1].say(DataSm(**PHONE, tlvs={Tag.MESSAGE_PAYLOAD: b"x" * 300}))
    (part,) = rig.listener.from_phones
    assert (part.octets, part.concatenation) == (b"x" * 300, None)
    assert [type(pdu) for pdu in rig.ends[1].heard()] == [DataSmResp]


@pytest.mark.parametrize("fields", [{"service_type": "USSD"}, {"tlvs": {Tag.USSD_SERVICE_OP: 1}}])
def test_ussd_is_no_message_and_is_refused_for_now(smpp, warnings, fields):
    assert brought(smpp, mo(b"*384#", **fields)) == []
    assert statuses(smpp) == [Status.ESME_RX_T_APPN]
    assert smpp.carrier.standing()["inbound_turned_away"] == 1


@pytest.mark.parametrize(
    ("data_coding", "octets", "coding", "kept"),
    [
        (0, b"\x00 5\x1b\x65", Coding.GSM7, b"\x00 5\x1b\x65"),
        (0, "café ñandú ç".encode("latin-1"), Coding.UCS2, "café ñandú ç".encode("utf-16-be")),
        (0, "né".encode("latin-1"), Coding.GSM7, b"n\x05"),
        (1, b"a@b", Coding.GSM7, b"a\x00b"),
        (3, "é@".encode("latin-1"), Coding.GSM7, b"\x05\x00"),
        (3, "ç".encode("latin-1"), Coding.UCS2, "ç".encode("utf-16-be")),
        (6, "да".encode("iso8859_5"), Coding.UCS2, "да".encode("utf-16-be")),
        (7, "שלום".encode("iso8859_8"), Coding.UCS2, "שלום".encode("utf-16-be")),
        (14, "안녕".encode("euc_kr"), Coding.UCS2, "안녕".encode("utf-16-be")),
        (14, b"\xff\xff", Coding.BINARY, b"\xff\xff"),
        (8, "ж".encode("utf-16-be"), Coding.UCS2, b"\x04\x36"),
        (8, b"\xfe\xff\x04\x36", Coding.UCS2, b"\x04\x36"),
        (8, b"\xff\xfe\x36\x04", Coding.UCS2, b"\x04\x36"),
        (8, b"\x04\x36\x04", Coding.BINARY, b"\x04\x36\x04"),
        (2, b"\x00\xff", Coding.BINARY, b"\x00\xff"),
        (4, b"\x00\xff", Coding.BINARY, b"\x00\xff"),
        (5, b"\x00\xff", Coding.BINARY, b"\x00\xff"),
        (0x10, b"hi", Coding.GSM7, b"hi"),
        (0x15, b"hi", Coding.BINARY, b"hi"),
        (0x18, b"\x04\x36", Coding.UCS2, b"\x04\x36"),
        (0x1C, b"hi", Coding.BINARY, b"hi"),
        (0x20, b"hi", Coding.BINARY, b"hi"),
        (0xC8, b"hi", Coding.GSM7, b"hi"),
        (0xE0, b"\x04\x36", Coding.UCS2, b"\x04\x36"),
        (0xF0, b"hi", Coding.GSM7, b"hi"),
        (0xF5, b"hi", Coding.BINARY, b"hi"),
        (0x80, b"hi", Coding.BINARY, b"hi"),
        (0, b"", Coding.GSM7, b""),
    ],
)
def test_each_data_coding_is_read_and_nothing_is_refused_for_its_content(smpp, data_coding, octets, coding, kept):
    part = one(smpp, mo(octets, data_coding=data_coding))
    assert (part.coding, part.octets) == (coding, kept)
    assert statuses(smpp) == [0]


@pytest.mark.parametrize(
    ("option", "octets", "text"),
    [("latin1", "Zoë @".encode("latin-1"), "Zoë @"), ("utf8", "Zoë @".encode(), "Zoë @"), ("utf8", b"a@", "a@")],
)
def test_a_carrier_may_mean_something_else_by_data_coding_0(option, octets, text):
    rig = SmppRig(default_alphabet=option)
    rig.start()
    part = one(rig, mo(octets))
    read = part.octets.decode("utf-16-be") if part.coding is Coding.UCS2 else part.octets.decode().replace("\0", "@")
    assert read == text


def test_a_carrier_may_have_data_codings_of_its_own():
    rig = SmppRig(gsm7_data_coding=241, ucs2_data_coding=25, binary_data_coding=5)
    rig.start()
    parts = brought(rig, mo(data_coding=241), mo(b"\0a", data_coding=25), mo(data_coding=5), mo(b"\0b", data_coding=8))
    assert [part.coding for part in parts] == [Coding.GSM7, Coding.UCS2, Coding.BINARY, Coding.UCS2]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("+254711000001", "254711000001"), ("00254711000001", "254711000001"), ("0711000001", "0711000001"),
     ("Safaricom", "Safaricom"), ("", "")],
)  # fmt: skip
def test_a_number_loses_its_plus_and_anything_else_stays_as_it_came(smpp, written, kept):
    assert one(smpp, mo(source_addr=written)).source == kept
    assert one_of_destination(smpp, written) == kept


def one_of_destination(rig, written):
    return brought(rig, mo(destination_addr=written))[-1].destination


# Parts


def sar(reference, total, number):
    return {Tag.SAR_MSG_REF_NUM: reference, Tag.SAR_TOTAL_SEGMENTS: total, Tag.SAR_SEGMENT_SEQNUM: number}


@pytest.mark.parametrize(
    ("text", "fields", "concatenation", "octets"),
    [
        (b"\x05\x00\x03\x07\x02\x01Part", {"esm_class": 0x40}, Concatenation(7, 2, 1), b"Part"),
        (b"\x06\x08\x04\x01\x02\x02\x01Part", {"esm_class": 0x40}, Concatenation(0x102, 2, 1), b"Part"),
        (b"Part", {"tlvs": sar(300, 2, 1)}, Concatenation(300, 2, 1), b"Part"),
        (b"Part", {"esm_class": 0x40, "tlvs": sar(7, 2, 1)}, Concatenation(7, 2, 1), b"Part"),
        (b"\x05\x00\x03\x07\x02\x01Part", {"esm_class": 0x40, "tlvs": sar(9, 2, 2)}, Concatenation(7, 2, 1), b"Part"),
        (b"\x05\x00\x03\x07\x01\x01Part", {"esm_class": 0x40}, None, b"Part"),
        (b"Part", {"tlvs": sar(7, 1, 1)}, None, b"Part"),
        (b"Part", {"tlvs": sar(7, 2, 3)}, None, b"Part"),
        (b"Part", {"tlvs": {Tag.SAR_MSG_REF_NUM: 7}}, None, b"Part"),
        (b"\x05\x00\x03\x07\x02\x01Part", {"esm_class": 0x43}, Concatenation(7, 2, 1), b"Part"),
    ],
)  # fmt: skip
def test_a_part_says_which_one_it_is_by_a_header_or_by_sar(smpp, text, fields, concatenation, octets):
    part = one(smpp, mo(text, **fields))
    assert (part.coding, part.octets) == (Coding.GSM7, octets)
    assert (part.concatenation and part.concatenation.sar) == (concatenation and concatenation.sar)
    assert part.udh == b""


def test_a_header_may_lie_in_the_payload(smpp):
    part = one(smpp, mo(b"", esm_class=0x40, tlvs={Tag.MESSAGE_PAYLOAD: b"\x05\x00\x03\x07\x02\x01Part"}))
    assert (part.concatenation, part.octets) == (Concatenation(7, 2, 1), b"Part")


def test_a_bit_without_a_header_leaves_octets_for_people_to_look_at(smpp):
    part = one(smpp, mo(b"Part 1", esm_class=0x40))
    assert (part.coding, part.octets, part.concatenation) == (Coding.BINARY, b"Part 1", None)


def test_what_else_the_header_says_is_kept(smpp):
    udh = Udh((Concatenation(7, 2, 1).element, PORTS, Element(0x70, b"\0"))).octets
    part = one(smpp, mo(udh + b"\xff", esm_class=0x40, data_coding=4))
    assert part.udh == Udh((PORTS, Element(0x70, b"\0"))).octets
    assert part.concatenation == Concatenation(7, 2, 1)


@pytest.mark.parametrize(
    ("tlvs", "udh"),
    [
        ({Tag.DESTINATION_PORT: 2948, Tag.SOURCE_PORT: 9200}, Udh((PORTS,)).octets),
        ({Tag.DESTINATION_PORT: 2948}, Udh((ports_element(2948),)).octets),
        ({Tag.SOURCE_PORT: 9200}, b""),
        ({Tag.DESTINATION_PORT: (1 << 24).to_bytes(4, "big")}, b""),
    ],
)  # fmt: skip
def test_ports_may_come_in_tlvs(smpp, tlvs, udh):
    assert one(smpp, mo(b"\xff", data_coding=4, tlvs=tlvs)).udh == udh


@pytest.mark.parametrize("esm_class", [0x10, 0x18, 0x50])
def test_an_acknowledgement_that_a_person_wrote_is_a_message(smpp, esm_class):
    text = b"\x05\x00\x03\x07\x02\x01Got it" if esm_class & 0x40 else b"Got it"
    assert one(smpp, mo(text, esm_class=esm_class)).octets == b"Got it"
    assert smpp.carrier.standing()["malformed_receipts"] == 0


@pytest.mark.parametrize("esm_class", [0x04, 0x08, 0x20])
def test_a_receipt_that_says_nothing_is_no_message(smpp, esm_class, warnings):
    assert brought(smpp, mo(b"Got it", esm_class=esm_class)) == []
    assert smpp.carrier.standing()["malformed_receipts"] == 1
