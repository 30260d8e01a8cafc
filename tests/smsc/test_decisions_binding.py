"""Decisions 91 to 100, 126 and 127: who binds, how much of it, and how it ends. Each test's name has its row."""

import pytest

from mobilesasa.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    EnquireLink,
    GenericNack,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    decode,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from tests.fakes.passwords import smpp_password
from tests.fakes.spool import notice
from tests.smsc.rig import ACME, ACME_2, ACME_CONTACTS, RIVAL, Rig, token

TEXT = "7Hq3vRkX"
MESSAGE = SubmitSm(destination_addr="254712345678", short_message=b"Hi")


def statuses(pdus):
    return [pdu.status for pdu in pdus]


@pytest.mark.parametrize("octets", [37, 64])
def test_decision_91_a_password_of_up_to_64_octets_is_heard(rig, octets):
    raw = "mbs_" + "x" * (octets - 4)
    rig.tokens.append(token(raw, 1))
    rig.changed()
    assert rig.connect().bind(system_id="ACME", password=raw).status == 0


def test_decision_91_a_password_of_65_octets_is_a_wrong_password_and_the_line_stays_up(rig):
    esme = rig.connect()
    octets = bytearray(BindTransceiver(system_id="ACME", password="x" * 64).encode(1))
    octets[:4] = (len(octets) + 1).to_bytes(4, "big")
    esme.link.dataReceived(bytes(octets).replace(b"x" * 64, b"x" * 65))
    assert statuses(esme.heard()) == [Status.ESME_RINVPASWD]
    assert esme.bind(system_id="ACME", password=ACME).status == 0


def test_decision_91_the_first_8_characters_of_a_token_open_nothing_and_the_record_says_why(rig):
    rig.smpp_passwords.append(smpp_password(TEXT, ACME))
    rig.changed()
    assert rig.connect().bind(system_id="ACME", password=ACME[:8]).status == Status.ESME_RINVPASWD
    (refused,) = rig.smsc.refusals
    assert (refused.address, refused.system_id, refused.status) == ("192.0.2.1", "ACME", Status.ESME_RINVPASWD)
    assert refused.why == "your client cuts the password to 8 characters"
    assert rig.matching.looks == 0


def test_decision_91_an_smpp_password_of_8_characters_opens_what_its_token_opens(rig):
    rig.smpp_passwords.append(smpp_password(TEXT, ACME))
    rig.changed()
    assert rig.bound(password=TEXT).submit().status == 0


@pytest.mark.parametrize("system_id", ["ACME", "acme", "aCmE"])
def test_decision_92_the_system_id_is_the_team_s_code_in_any_case(rig, system_id):
    assert rig.connect().bind(system_id=system_id, password=ACME).status == 0


def test_decision_92_a_system_id_of_16_characters_is_no_team_s_and_is_answered_as_such(rig):
    esme = rig.connect()
    octets = bytearray(BindTransceiver(system_id="A" * 15, password=ACME).encode(1))
    octets[:4] = (len(octets) + 1).to_bytes(4, "big")
    esme.link.dataReceived(bytes(octets).replace(b"A" * 15, b"A" * 16))
    assert statuses(esme.heard()) == [Status.ESME_RINVSYSID]


@pytest.mark.parametrize("system_type", ["", "TRANSCEIVER", "vma", "123456789012"])
def test_decision_93_the_system_type_is_not_regarded(rig, system_type):
    assert rig.connect().bind(system_id="ACME", password=ACME, system_type=system_type).status == 0


@pytest.mark.parametrize(("version", "tlvs"), [(0x00, {}), (0x33, {}), (0x34, {0x0210: 0x34}), (0x50, {0x0210: 0x34})])
def test_decision_94_every_interface_version_is_taken_and_one_before_3_4_gets_no_tlvs(rig, version, tlvs):
    response = rig.connect().bind(system_id="ACME", password=ACME, interface_version=version)
    assert (response.status, response.tlvs) == (0, tlvs)
    assert Tag.SC_INTERFACE_VERSION == 0x0210


@pytest.mark.parametrize(
    ("system_id", "password", "status", "why"),
    [
        ("ACME", ACME_CONTACTS, 0x0D, "the token has no scope messages"),
        ("ACME", "mbs_wrong", 0x0E, "the password is no token of the team"),
        ("ACME", RIVAL, 0x0E, "the password is no token of the team"),
        ("ACME", "12345678", 0x0E, "the password is no token of the team, and the team has no SMPP password"),
        ("NOBODY", ACME, 0x0F, "there is no team 'NOBODY'"),
        ("RIVAL", RIVAL, 0x0D, "the team is suspended"),
    ],
)
def test_decision_95_each_refusal_has_its_status_and_is_kept_in_words(rig, system_id, password, status, why):
    rig.change_team(2, suspended=True)
    assert rig.connect().bind(system_id=system_id, password=password).status == status
    (refused,) = rig.smsc.refusals
    assert (refused.system_id, refused.status, refused.why) == (system_id, status, why)
    assert refused.at_ms == rig.now_ms()


def test_decision_96_the_sixth_session_over_all_kinds_of_binds_is_refused(rig):
    kinds = [BindTransmitter, BindReceiver, BindTransceiver, BindTransmitter, BindReceiver]
    esmes = [rig.bound(kind) for kind in kinds]
    sixth = rig.connect()
    sixth.send(BindTransceiver(system_id="ACME", password=ACME))
    for esme in esmes:
        esme.heard()  # answers the enquire_link
    rig.clock.advance(0.1)
    assert statuses(sixth.heard()) == [0x0D]
    assert rig.smsc.refusals[-1].why == "the team has its 5 sessions"


def test_decision_96_a_second_bind_on_a_connection_is_already_bound(rig):
    esme = rig.bound()
    assert esme.bind(system_id="ACME", password=ACME).status == 0x05
    assert esme.submit().status == 0


def test_decision_96_a_dead_session_gives_its_place_to_a_reconnect(rig):
    dead = rig.bound()
    dead.alive = False
    others = [rig.bound() for _ in range(4)]
    again = rig.connect()
    again.send(BindTransceiver(system_id="ACME", password=ACME))
    for _ in range(21):
        rig.clock.advance(0.1)
        for esme in others:
            esme.heard()
    assert statuses(again.heard()) == [0]
    assert not any(esme.closed for esme in others)


def test_decision_97_50_a_second_with_a_burst_of_one_and_the_rest_is_throttled_without_a_disconnect(rig):
    esme = rig.bound()
    answers = statuses(esme.send(*[MESSAGE] * 60))
    assert (answers[:50], answers[50:]) == ([0] * 50, [Status.ESME_RTHROTTLED] * 10)
    rig.clock.advance(0.5)
    assert statuses(esme.send(*[MESSAGE] * 30)) == [0] * 25 + [Status.ESME_RTHROTTLED] * 5
    assert not esme.closed


def test_decision_97_a_session_has_a_rate_of_its_own(rig):
    first, second = rig.bound(), rig.bound()
    assert statuses(first.send(*[MESSAGE] * 51))[-1] == Status.ESME_RTHROTTLED
    assert statuses(second.send(*[MESSAGE] * 50)) == [0] * 50


def test_decision_98_after_30_s_of_silence_we_ask_and_after_60_s_we_close(rig):
    esme = rig.bound()
    esme.heard()
    rig.clock.advance(29.9)
    assert esme.transport.value() == b""
    rig.clock.advance(0.2)
    assert isinstance(decode(esme.transport.value()), EnquireLink)
    esme.transport.clear()
    rig.clock.advance(29.8)
    assert esme.heard() == []
    rig.clock.advance(0.2)
    (unbind,) = esme.heard()
    assert isinstance(unbind, Unbind)
    esme.send(UnbindResp(sequence=unbind.sequence))
    assert esme.closed


@pytest.mark.parametrize("sign", [EnquireLink(), MESSAGE, GenericNack()])
def test_decision_98_any_pdu_is_a_sign_of_life(rig, sign):
    esme = rig.bound()
    rig.clock.advance(59)
    esme.send(sign)
    rig.clock.advance(59)
    esme.alive = False
    assert [pdu for pdu in esme.heard() if isinstance(pdu, Unbind)] == []
    assert not esme.closed


def test_decision_99_a_connection_that_does_not_bind_within_10_s_is_closed(rig):
    esme = rig.connect()
    rig.clock.advance(9.9)
    assert not esme.closed
    rig.clock.advance(0.2)
    assert esme.closed


def test_decision_99_refused_binds_do_not_lengthen_the_time_to_bind(rig):
    esme = rig.connect()
    for _ in range(5):
        rig.clock.advance(1.9)
        esme.bind(system_id="ACME", password=ACME_CONTACTS)
    rig.clock.advance(1)
    assert esme.closed


@pytest.mark.parametrize("length", [0, 15, 65_537, 2**32 - 1])
def test_decision_99_a_length_that_no_pdu_has_costs_the_connection(rig, length):
    esme = rig.bound()
    esme.link.dataReceived(length.to_bytes(4, "big") + bytes(12))
    assert esme.closed


def test_decision_100_a_submit_on_a_receiver_is_in_the_wrong_state(rig):
    assert rig.bound(BindReceiver).submit().status == 0x04


def test_decision_126_reading_pauses_at_100_unanswered_and_goes_on_when_half_are_answered():
    rig = Rig(session_tps=0)
    rig.intake.hold()
    esme = rig.bound()
    esme.send(*[MESSAGE] * 99)
    assert esme.transport.producerState == "producing"
    esme.send(MESSAGE)
    assert esme.transport.producerState == "paused"
    rig.intake.release()
    assert esme.transport.producerState == "producing"
    rig.intake.release()
    assert statuses(esme.heard()) == [0] * 100


def test_decision_127_a_node_that_stops_answers_what_is_under_way_and_unbinds(rig):
    rig.server.startService()
    rig.intake.hold()
    esme = rig.bound()
    esme.send(MESSAGE)
    stopped = rig.server.stopService()
    assert esme.heard() == []
    rig.intake.release()
    answer, unbind = esme.heard()
    assert (type(answer), type(unbind)) == (SubmitSmResp, Unbind)
    assert not stopped.called
    esme.send(UnbindResp(sequence=unbind.sequence))
    esme.drop()
    assert stopped.called


def test_decision_127_what_is_not_done_within_10_s_is_cut(rig):
    rig.server.startService()
    rig.intake.hold()
    esme = rig.bound()
    esme.send(MESSAGE)
    stopped = rig.server.stopService()
    rig.clock.advance(9.9)
    assert not esme.transport.disconnecting
    rig.clock.advance(0.2)
    esme.drop()
    assert stopped.called


def test_decision_127_a_stopping_node_takes_no_binds(rig):
    rig.server.startService()
    held, waiting = rig.bound(), rig.connect()
    stopped = rig.server.stopService()
    assert waiting.closed
    assert rig.server.link_for(None) is None
    held.drop()
    waiting.drop()
    assert stopped.called


def test_decision_127_receipts_that_nobody_has_answered_stay_in_the_spool(rig):
    rig.outbox.startService()
    rig.server.startService()
    esme = rig.bound(password=ACME_2)
    rig.outbox.owe(rig.spool.put(notice(1, team_id=1)))
    (receipt,) = esme.heard()
    assert isinstance(receipt, DeliverSm)
    stopped = rig.server.stopService()
    esme.heard()
    esme.drop()
    assert stopped.called
    assert list(rig.spool.kept) == [1]
    rig.outbox.stopService()
