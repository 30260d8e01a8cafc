"""Teams that answer USSD themselves: what is offered on their binds, and what comes of their submit_sm."""

import pytest

from mobilesasa.core.ussd import Kind, UssdEvent, UssdReply
from mobilesasa.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DeliverSm,
    DeliverSmResp,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smsc import ussd_sessions
from mobilesasa.smsc.session import USSD_WINDOW
from mobilesasa.smsc.ussd_sessions import ANSWER_S, SESSION_S, UssdSessions
from tests.fakes.spool import notice
from tests.smsc.rig import RIVAL, Rig

PHONE, CODE = "254712345678", "384"
OP, INFO = Tag.USSD_SERVICE_OP, Tag.ITS_SESSION_INFO


class Answers(list):
    """What a desk was answered."""

    def take(self, reply) -> None:
        self.append(reply)


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.smsc.ussd = UssdSessions(rig.binds, rig.clock)
    return rig


def event(kind=Kind.START, text="", **fields) -> UssdEvent:
    given = {
        "gateway": "savanna", "carrier_session_id": "AT-1", "msisdn": PHONE, "code": CODE, "dialled": "*384*7#", "kind": kind,
        "input": text, **fields,
    }  # fmt: skip
    return UssdEvent(**given)


def offer(rig, *args, team_id=1, **fields) -> Answers:
    answers = Answers()
    rig.smsc.ussd.offer(team_id, event(*args, **fields), answers.take)
    return answers


def offered(esme) -> DeliverSm:
    (pdu,) = esme.heard()
    assert isinstance(pdu, DeliverSm)
    return pdu


def reply(esme, text=b"Karibu", op=2, **fields):
    tlvs = fields.pop("tlvs", {OP: op})
    (response,) = [
        pdu
        for pdu in esme.send(
            SubmitSm(
                **{
                    "service_type": "USSD",
                    "source_addr": CODE,
                    "destination_addr": PHONE,
                    "short_message": text,
                    **fields,
                },
                tlvs=tlvs,
            )
        )
        if not isinstance(pdu, DeliverSm)
    ]
    return response


def taken(esme, pdu, status=0) -> None:
    esme.send(DeliverSmResp(sequence=pdu.sequence, status=status))


def test_an_event_is_offered_and_the_submit_is_the_reply(rig):
    esme = rig.bound()
    answers = offer(rig)
    pdu = offered(esme)
    assert (pdu.service_type, pdu.source_addr, pdu.destination_addr) == ("USSD", PHONE, CODE)
    assert (pdu.short_message, dict(pdu.tlvs)) == (b"*384*7#", {OP: 1, INFO: b"\x00\x00"})
    taken(esme, pdu)
    assert answers == []
    response = reply(esme)
    assert (response.status, response.message_id) == (0, "ussd-1")
    assert answers == [UssdReply("Karibu", end=False)]
    rig.clock.advance(ANSWER_S)
    assert len(answers) == 1


def test_it_is_no_message_and_costs_nothing(rig):
    esme = rig.bound()
    offer(rig)
    taken(esme, offered(esme))
    assert reply(esme, registered_delivery=1).status == 0
    assert (rig.intake.stored, rig.queue.published) == ([], [])
    counts = rig.server.counts
    assert (counts.submits, counts.accepted, counts.refused) == (0, 0, 0)


def test_a_conversation_keeps_its_number_and_counts_its_steps(rig):
    esme = rig.bound()
    offer(rig)
    first = offered(esme)
    reply(esme)
    offer(rig, Kind.INPUT, "1")
    second = offered(esme)
    assert (second.short_message, dict(second.tlvs)) == (b"1", {OP: 18, INFO: bytes([first.tlvs[INFO][0], 2])})
    answers = offer(rig, msisdn="254700000009")
    assert offered(esme).tlvs[INFO] == b"\x01\x00"
    reply(esme, destination_addr="254700000009")
    assert answers == [UssdReply("Karibu", end=False)]


@pytest.mark.parametrize(
    ("tlvs", "expected"),
    [
        ({OP: 2}, UssdReply("Karibu", end=False)),
        ({OP: 17}, UssdReply("Karibu", end=True)),
        ({OP: 3}, UssdReply("Karibu", end=True)),
        ({OP: 129}, UssdReply("", end=True)),
        ({}, UssdReply("Karibu", end=True)),
        ({INFO: b"\x00\x00"}, UssdReply("Karibu", end=False)),
        ({OP: 2, INFO: b"\x00\x01"}, UssdReply("Karibu", end=True)),
    ],
)
def test_the_operation_says_whether_an_answer_is_wanted(rig, tlvs, expected):
    esme = rig.bound()
    answers = offer(rig)
    assert reply(esme, tlvs=tlvs).status == 0
    assert answers == [expected]
    assert len(rig.smsc.ussd) == (0 if expected.end else 1)


@pytest.mark.parametrize(
    ("data_coding", "octets"), [(0, b"Karibu"), (0x0F, b"Karibu"), (8, "Karibu".encode("utf-16-be")), (0x48, "Karibu".encode("utf-16-be"))]
)  # fmt: skip
def test_a_screen_may_have_the_data_codings_of_ussd(rig, data_coding, octets):
    esme = rig.bound()
    answers = offer(rig)
    assert reply(esme, octets, data_coding=data_coding).status == 0
    assert answers == [UssdReply("Karibu", end=False)]


@pytest.mark.parametrize("destination", [PHONE, f"+{PHONE}", f"00{PHONE}"])
def test_the_phone_may_be_written_in_any_way(rig, destination):
    esme = rig.bound()
    answers = offer(rig)
    reply(esme, destination_addr=destination)
    assert len(answers) == 1


def test_the_reply_may_come_before_the_offer_is_acknowledged_and_as_data_sm(rig):
    esme = rig.bound()
    answers = offer(rig)
    pdu = offered(esme)
    tlvs = {OP: 17, Tag.MESSAGE_PAYLOAD: b"Asante"}
    (response,) = esme.send(DataSm(service_type="USSD", source_addr=CODE, destination_addr=PHONE, tlvs=tlvs))
    assert response.status == 0
    taken(esme, pdu)
    assert answers == [UssdReply("Asante", end=True)]


def refusals():
    return [
        ({"destination_addr": "254700000009"}, Status.ESME_RINVSERTYP),
        ({"tlvs": {OP: 2, INFO: b"\x63\x00"}}, Status.ESME_RINVSERTYP),
        ({"tlvs": {OP: 1}}, Status.ESME_RINVSERTYP),
        ({"tlvs": {OP: 2, INFO: b"\x01"}}, Status.ESME_RINVSERTYP),
        ({"text": b"x" * 183}, Status.ESME_RINVMSGLEN),
    ]


@pytest.mark.parametrize(("fields", "status"), refusals())
def test_a_reply_that_cannot_be_is_refused_and_the_session_waits_on(rig, fields, status):
    esme = rig.bound()
    answers = offer(rig)
    offered(esme)
    assert reply(esme, **fields).status == status
    assert (answers, rig.intake.stored) == ([], [])
    assert reply(esme).status == 0
    assert len(answers) == 1


def test_a_second_reply_is_refused(rig):
    esme = rig.bound()
    offer(rig)
    offered(esme)
    assert [reply(esme).status, reply(esme).status] == [0, Status.ESME_RINVSERTYP]


def test_a_reply_to_several_numbers_is_refused(rig):
    esme = rig.bound()
    answers = offer(rig)
    offered(esme)
    to = (SmeAddress(1, 1, PHONE),)
    (response,) = esme.send(SubmitMulti(service_type="USSD", dest_addresses=to, short_message=b"Karibu", tlvs={OP: 2}))
    assert (response.status, answers) == (Status.ESME_RINVSERTYP, [])


def test_a_team_answers_its_own_sessions_alone(rig):
    esme, rival = rig.bound(), rig.bound(system_id="RIVAL", password=RIVAL)
    answers = offer(rig)
    assert rival.heard() == []
    assert reply(rival).status == Status.ESME_RINVSERTYP
    offered(esme)
    reply(esme)
    assert len(answers) == 1


def test_without_a_receiver_nobody_answers(rig):
    rig.bound(BindTransmitter)
    assert offer(rig) == [None]
    rig.bound(BindReceiver, interface_version=0x33)
    assert offer(rig) == [None]
    assert rig.smsc.ussd.unanswered == 2


def test_a_transmitter_may_answer_what_a_receiver_was_offered(rig):
    receiver, transmitter = rig.bound(BindReceiver), rig.bound(BindTransmitter)
    answers = offer(rig)
    offered(receiver)
    assert reply(transmitter).status == 0
    assert len(answers) == 1


def test_a_team_that_says_nothing_has_so_long(rig):
    esme = rig.bound()
    answers = offer(rig)
    taken(esme, offered(esme))
    rig.clock.advance(ANSWER_S - 0.1)
    assert answers == []
    rig.clock.advance(0.1)
    assert answers == [None]
    assert reply(esme).status == Status.ESME_RINVSERTYP


def test_an_offer_that_is_refused_or_lost_has_no_answer(rig):
    esme = rig.bound()
    answers = offer(rig)
    taken(esme, offered(esme), Status.ESME_RX_T_APPN)
    assert answers == [None]
    answers = offer(rig)
    esme.drop()
    assert answers == [None]
    assert len(rig.smsc.ussd) == 0


def test_receipts_on_the_same_bind_find_their_way(rig):
    esme = rig.bound()
    answers = offer(rig)
    rig.outbox.owe(rig.spool.put(notice(1), notice(2)))
    step, first, second = esme.heard()
    esme.send(*[DeliverSmResp(sequence=pdu.sequence) for pdu in (first, step)])
    assert (rig.outbox.delivered, answers) == (1, [])
    esme.drop()
    assert rig.outbox.unanswered_count == 1
    assert second.service_type == ""


def test_the_session_stays_with_its_bind_while_that_is_there(rig):
    first = rig.bound()
    offer(rig)
    offered(first)
    reply(first)
    second = rig.bound()
    offer(rig, Kind.INPUT, "1")
    assert (len(first.heard()), second.heard()) == (1, [])
    reply(first)
    first.drop()
    answers = offer(rig, Kind.INPUT, "2")
    assert offered(second).short_message == b"2"
    reply(second)
    assert len(answers) == 1


@pytest.mark.parametrize("kind", [Kind.END, Kind.ABORT, Kind.TIMEOUT])
def test_an_end_is_told_and_not_waited_for(rig, kind):
    esme = rig.bound()
    waiting = offer(rig)
    offered(esme)
    assert offer(rig, kind) == [None]
    assert waiting == [None]
    told = offered(esme)
    assert dict(told.tlvs) == {OP: 129, INFO: b"\x00\x03"}
    taken(esme, told, Status.ESME_RX_T_APPN)
    assert len(rig.smsc.ussd) == 0


def test_the_end_of_a_session_that_nobody_heard_of_is_not_told(rig):
    esme = rig.bound()
    assert offer(rig, Kind.ABORT) == [None]
    assert esme.heard() == []


def test_who_dials_again_has_a_new_session(rig):
    esme = rig.bound()
    first = offer(rig)
    offered(esme)
    second = offer(rig)
    assert first == [None]
    assert offered(esme).tlvs[INFO] == b"\x01\x00"
    reply(esme)
    assert second == [UssdReply("Karibu", end=False)]


def test_a_next_step_before_the_reply_gives_the_first_up(rig):
    esme = rig.bound()
    first, second = offer(rig), offer(rig, Kind.INPUT, "1")
    assert first == [None]
    assert len(esme.heard()) == 2
    reply(esme)
    assert len(second) == 1


@pytest.mark.parametrize("fields", [{"text": "x" * 183}, {"msisdn": "f" * 40}])
def test_what_a_deliver_sm_cannot_say_is_not_offered(rig, fields):
    esme = rig.bound()
    assert offer(rig, Kind.INPUT, **fields) == [None]
    assert esme.heard() == []


def test_offers_go_beside_receipts_up_to_a_bound(rig):
    esme = rig.bound(BindTransceiver)
    window = rig.binds.receivers(1)[0].terms.receipt_window + USSD_WINDOW
    offers = [offer(rig, msisdn=f"25470000{n:04}") for n in range(window + 1)]
    assert [len(answers) for answers in offers] == [0] * window + [1]
    assert len(esme.heard()) == window


def test_sessions_are_forgotten_when_they_are_too_many(rig, monkeypatch):
    monkeypatch.setattr(ussd_sessions, "SESSIONS", 3)  # thousands would make the test long
    rig.bound()
    offers = [offer(rig, msisdn=f"25470000000{n}") for n in range(4)]
    assert (len(rig.smsc.ussd), offers) == (3, [[None], [], [], []])


def test_a_session_in_which_nothing_happens_is_forgotten(rig):
    esme = rig.bound()
    offer(rig)
    offered(esme)
    reply(esme)
    assert len(rig.smsc.ussd) == 1
    rig.clock.advance(SESSION_S + 1)
    offer(rig, msisdn="254700000009")
    assert len(rig.smsc.ussd) == 0


def test_without_sessions_of_ussd_a_reply_is_refused():
    rig = Rig()
    assert reply(rig.bound()).status == Status.ESME_RINVSERTYP
    assert rig.server.counts.refused == 1
