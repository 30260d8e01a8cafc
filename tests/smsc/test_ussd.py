"""USSD on the bind of a team: what it is offered, and what it answers."""

import pytest

from mobilesasa.smpp.pdus import DeliverSm, SubmitSm, decode
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.ussd import BadUssd, Kind, Op, ScreenTooLong, SessionInfo, UssdEvent, UssdReply
from mobilesasa.smsc.statuses import BadSubmit
from mobilesasa.smsc.submit import read_submit
from mobilesasa.smsc.ussd import offer_of, ussd_reply_of

PHONE, CODE = "254712345678", "*384*7#"
OP, INFO = Tag.USSD_SERVICE_OP, Tag.ITS_SESSION_INFO


def event(kind: Kind, text: str = "") -> UssdEvent:
    return UssdEvent(f"savanna/9/{PHONE}", "9", PHONE, CODE, kind, text, 0, DeliverSm())


def answer(**fields) -> SubmitSm:
    return SubmitSm(**{"source_addr": CODE, "destination_addr": PHONE, "short_message": b"Karibu", **fields})


@pytest.mark.parametrize(
    ("kind", "op", "end"),
    [
        (Kind.START, Op.PSSR_INDICATION, False),
        (Kind.INPUT, Op.USSR_CONFIRM, False),
        (Kind.END, Op.RELEASE, True),
        (Kind.ABORT, Op.RELEASE, True),
        (Kind.TIMEOUT, Op.RELEASE, True),
    ],
)
def test_an_event_is_offered_as_a_deliver_sm_of_its_session(kind, op, end):
    offered = decode(offer_of(event(kind, "2"), CODE, 42, 3).encode(1))
    assert (offered.service_type, offered.source_addr, offered.destination_addr) == ("USSD", PHONE, CODE)
    assert dict(offered.tlvs) == {OP: op, INFO: SessionInfo(42, 3, end).octets}
    assert (offered.short_message, offered.esm_class, offered.registered_delivery) == (b"2", 0, 0)


def test_what_was_typed_goes_in_ucs2_where_it_must():
    offered = offer_of(event(Kind.INPUT, "ж"), CODE, 1)
    assert (offered.data_coding, offered.short_message) == (8, b"\x04\x36")


def test_what_was_typed_and_no_screen_holds_is_refused():
    with pytest.raises(ScreenTooLong):
        offer_of(event(Kind.INPUT, "x" * 183), CODE, 1)


@pytest.mark.parametrize(
    "fields", [{}, {"service_type": "CMT"}, {"tlvs": {INFO: b"\x01\x00"}}, {"tlvs": {Tag.USER_MESSAGE_REFERENCE: 1}}]
)
def test_a_short_message_is_no_reply(fields):
    assert ussd_reply_of(answer(**fields)) is None


@pytest.mark.parametrize(
    ("tlvs", "end"),
    [
        ({OP: 2}, False),
        ({OP: 3}, True),
        ({OP: 16}, True),
        ({OP: 17}, True),
        ({OP: 2, INFO: b"\x2a\x06"}, False),
        ({OP: 2, INFO: b"\x2a\x07"}, True),
        ({OP: 17, INFO: b"\x2a\x06"}, True),
        ({INFO: b"\x2a\x06"}, False),
        ({INFO: b"\x2a\x07"}, True),
        ({}, True),
    ],
)
def test_a_reply_asks_or_ends_as_its_operation_or_its_end_bit_says(tlvs, end):
    got = ussd_reply_of(answer(service_type="USSD", tlvs=tlvs))
    session, sequence = (42, 3) if INFO in tlvs else (None, 0)
    assert got == UssdReply("Karibu", end, PHONE, CODE, session, sequence)


def test_a_team_can_give_a_session_up():
    got = ussd_reply_of(answer(tlvs={OP: 129}))
    assert (got.text, got.end, got.released) == ("", True, True)


@pytest.mark.parametrize("op", [0, 1, 18, 19, 77])
def test_an_operation_that_no_team_sends_is_refused(op):
    with pytest.raises(BadUssd, match=f"ussd_service_op {op} is none that a team sends"):
        ussd_reply_of(answer(tlvs={OP: op}))


@pytest.mark.parametrize(
    ("tlvs", "words"),
    [
        ({OP: 2}, "USSD is not taken as a short message, and there is no USSD session to answer"),
        ({OP: 1}, "ussd_service_op 1 is none that a team sends: 2 asks, 17 ends"),
        ({OP: 2, INFO: b"\x01"}, "its_session_info has two octets, and this one 1"),
    ],
)
def test_a_reply_on_a_bind_is_no_message_and_costs_nothing(rig, tlvs, words):
    with pytest.raises(BadSubmit, match=words):
        read_submit(answer(service_type="USSD", tlvs=tlvs), 1, 0)
    esme = rig.bound()
    assert esme.submit(service_type="USSD", tlvs=tlvs, registered_delivery=1).status == Status.ESME_RINVSERTYP
    assert rig.intake.stored == []
