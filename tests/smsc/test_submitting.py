import pytest

from mobilesasa.core.errors import Overloaded
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Coding, Origin, Wish
from mobilesasa.smpp.pdus import BindReceiver, SubmitSm, Unbind
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, text
from mobilesasa.smsc.turns import READERS
from tests.smsc.rig import RIVAL, Rig


def hi(n: int = 0, **fields) -> SubmitSm:
    return SubmitSm(**{"destination_addr": f"2547{n:08}", "short_message": b"Hi", **fields})


def statuses(responses) -> list[int]:
    return [response.status for response in responses]


def test_a_message_is_stored_hinted_and_answered_with_its_id(rig):
    response = rig.bound().submit(source_addr="TextBlast", registered_delivery=1)
    (stored,) = rig.intake.stored
    assert (stored.team_id, stored.sender, stored.recipient, stored.text) == (1, "TextBlast", "254712345678", "Hi")
    assert (stored.origin, stored.wish) == (Origin.SMPP, Wish.ALL)
    assert response.message_id == smpp_id(stored.id)
    assert rig.queue.published == [(1, stored.lane, [stored.id])]


def test_all_submits_of_a_turn_are_one_batch_and_their_answers_one_write(rig):
    esme = rig.bound()
    esme.writes.clear()
    responses = esme.send(*(hi(n) for n in range(20)))
    assert rig.intake.batches == [20]
    assert len(esme.writes) == 1
    assert [r.sequence for r in responses] == list(range(2, 22))
    assert len({r.message_id for r in responses}) == 20


def test_nothing_is_answered_before_the_commit(rig):
    """Decision 125."""
    rig.intake.hold()
    esme = rig.bound()
    assert esme.send(hi(1), hi(2)) == []
    esme.writes.clear()
    rig.intake.release()
    assert statuses(esme.heard()) == [0, 0]
    assert len(esme.writes) == 1


def test_answers_come_in_the_order_of_the_requests(rig):
    rig.intake.hold()
    esme = rig.bound()
    esme.send(hi(1), hi(2, sm_default_msg_id=1))
    esme.send(hi(3, sm_default_msg_id=1))
    esme.send(hi(4))
    rig.intake.release(1)
    assert esme.heard() == []
    rig.intake.release(0)
    responses = esme.heard()
    assert [r.sequence for r in responses] == [2, 3, 4, 5]
    assert statuses(responses) == [0, Status.ESME_RINVDFTMSGID, Status.ESME_RINVDFTMSGID, 0]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"source_addr": "RivalCo"}, Status.ESME_RINVSRCADR),
        ({"source_addr": "Nobody"}, Status.ESME_RINVSRCADR),
        ({"destination_addr": "12"}, Status.ESME_RINVDSTADR),
        ({"destination_addr": ""}, Status.ESME_RINVDSTADR),
        ({"destination_addr": "+4915123456789"}, Status.ESME_RINVDSTADR),
        ({"short_message": b""}, Status.ESME_RINVMSGLEN),
        ({"short_message": b"   "}, Status.ESME_RSUBMITFAIL),
        ({"validity_period": "260511080000000+"}, Status.ESME_RINVEXPIRY),
        ({"schedule_delivery_time": "260601090000000+"}, Status.ESME_RINVSCHED),
        ({"esm_class": 0x40}, Status.ESME_RINVESMCLASS),
        ({"data_coding": 8, "short_message": b"\0"}, Status.ESME_RINVMSGLEN),
        (
            {"data_coding": 4, "esm_class": 0x40, "short_message": bytes.fromhex("050003070201") + bytes(135)},
            Status.ESME_RINVMSGLEN,
        ),
        ({"short_message": b"", "tlvs": {Tag.MESSAGE_PAYLOAD: b"a" * 1531}}, Status.ESME_RINVMSGLEN),
        ({"esm_class": 0x40, "short_message": bytes.fromhex("050003070201") + b"a" * 154}, Status.ESME_RINVMSGLEN),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_status_and_the_line_stays_up(rig, fields, status):
    esme = rig.bound()
    assert esme.submit(**fields).status == status
    assert rig.intake.stored == []
    assert esme.submit().status == 0


def test_a_team_that_can_pay_for_some_of_a_turn_gets_some(rig):
    rig.intake.balance[1] = 2
    esme = rig.bound()
    responses = esme.send(hi(1), hi(2), hi(3))
    assert statuses(responses) == [0, 0, Status.ESME_RSUBMITFAIL]
    assert text(responses[2].tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT) == "insufficient units"


def test_an_old_peer_gets_no_tlvs_with_a_refusal(rig):
    rig.intake.balance[1] = 0
    assert rig.bound(interface_version=0x33).submit().tlvs == {}


def test_no_sender_is_the_default_of_the_own_team(rig):
    rig.bound(system_id="RIVAL", password=RIVAL).submit()
    assert rig.intake.stored[0].sender == "RivalCo"


def test_a_long_message_is_split_and_charged_by_parts(rig):
    rig.bound().submit(short_message=b"a" * 254)
    assert (rig.intake.stored[0].parts, rig.intake.stored[0].price_units) == (2, 2)


def test_a_part_that_the_team_split_is_a_message_of_one_part(rig):
    udh = bytes.fromhex("050003070201")
    rig.bound().submit(esm_class=0x40, short_message=udh + b"a" * 153)
    (stored,) = rig.intake.stored
    assert (stored.udh, stored.parts, stored.text) == (udh, 1, "a" * 153)


def test_a_sar_part_of_153_septets_has_room_for_its_header(rig):
    sar = {Tag.SAR_MSG_REF_NUM: 0x1234, Tag.SAR_TOTAL_SEGMENTS: 3, Tag.SAR_SEGMENT_SEQNUM: 1}
    assert rig.bound().submit(esm_class=0x40, short_message=b"P" * 153, tlvs=sar).status == 0
    assert rig.intake.stored[0].udh.hex() == "050003340301"


def test_unicode_stays_unicode_as_asked(rig):
    rig.bound().submit(data_coding=8, short_message="Hi".encode("utf-16-be"))
    assert rig.intake.stored[0].coding is Coding.UCS2


def test_the_fifty_first_in_a_second_is_throttled_and_nobody_is_cut_off(rig):
    esme = rig.bound()
    responses = esme.send(*(hi(n) for n in range(60)))
    assert statuses(responses) == [0] * 50 + [Status.ESME_RTHROTTLED] * 10
    assert not esme.closed
    rig.clock.advance(0.2)
    assert statuses(esme.send(*(hi(n) for n in range(60)))).count(0) == 10


def test_each_session_has_its_own_rate(rig):
    first, second = rig.bound(), rig.bound()
    first.send(*(hi(n) for n in range(50)))
    assert second.submit().status == 0


def test_a_payload_counts_its_parts(rig):
    rig.change_team(1, session_tps=5)
    esme = rig.bound()
    payload = {"short_message": b"", "tlvs": {Tag.MESSAGE_PAYLOAD: b"a" * 306}}
    responses = esme.send(hi(1, **payload), hi(2, **payload), hi(3, **payload), hi(4))
    assert statuses(responses) == [0, 0, Status.ESME_RTHROTTLED, 0]


def test_a_rate_of_zero_is_none(rig):
    rig.change_team(1, session_tps=0)
    assert statuses(rig.bound().send(*(hi(n) for n in range(200)))) == [0] * 200


def test_a_rate_that_the_operator_changes_holds_from_then_on(rig):
    esme = rig.bound()
    rig.change_team(1, session_tps=2)
    rig.binds.check(rig.directory.now)
    rig.clock.advance(1)
    assert statuses(esme.send(hi(1), hi(2), hi(3))) == [0, 0, Status.ESME_RTHROTTLED]


def test_reading_pauses_at_the_window_and_resumes_below_half():
    rig = Rig(window=10, session_tps=0)
    rig.intake.hold()
    esme = rig.bound()
    esme.send(*(hi(n) for n in range(6)))
    assert esme.transport.producerState == "producing"
    esme.send(*(hi(n) for n in range(4)))
    assert esme.transport.producerState == "paused"
    rig.intake.release()
    assert esme.transport.producerState == "producing"


def test_reading_stays_paused_while_half_the_window_waits():
    rig = Rig(window=10, session_tps=0)
    rig.intake.hold()
    esme = rig.bound()
    esme.send(*(hi(n) for n in range(5)))
    esme.send(*(hi(n) for n in range(5)))
    rig.intake.release()
    assert esme.transport.producerState == "paused"


def test_decision_125_a_full_node_says_so(rig):
    """Decision 125."""
    rig.intake.failing = Overloaded("too much is waiting")
    assert statuses(rig.bound().send(hi(1), hi(2))) == [Status.ESME_RMSGQFUL] * 2


def test_decision_125_a_store_that_is_away_is_a_system_error_for_each_and_one_line_in_the_log(rig, flush_logged):
    """Decision 125."""
    esme = rig.bound()
    rig.intake.failing = ConnectionError("no database")
    assert statuses(esme.send(hi(1), hi(2))) == [Status.ESME_RSYSERR] * 2
    assert esme.submit().status == Status.ESME_RSYSERR
    assert len(flush_logged(ConnectionError)) == 1
    rig.intake.failing = None
    assert esme.submit().status == 0


def test_a_defect_in_reading_costs_one_answer_and_not_the_line(rig, flush_logged, monkeypatch):
    esme = rig.bound()

    def defective(pdu, team_id, now_ms, terms):
        raise ZeroDivisionError

    # there is no PDU that does this, or it would be mended
    monkeypatch.setitem(READERS, SubmitSm, defective)
    assert esme.submit().status == Status.ESME_RSYSERR
    assert flush_logged(ZeroDivisionError)


def test_a_peer_that_is_gone_gets_no_answer_and_its_message_is_kept(rig):
    rig.intake.hold()
    esme = rig.bound()
    esme.send(hi())
    esme.drop()
    rig.intake.release()
    assert len(rig.intake.stored) == 1
    assert esme.transport.value() == b""


def test_a_peer_that_unbinds_gets_its_answers_first(rig):
    rig.intake.hold()
    esme = rig.bound()
    assert esme.send(hi(), Unbind()) == []
    rig.intake.release()
    assert [type(r).__name__ for r in esme.heard()] == ["SubmitSmResp", "UnbindResp"]
    assert esme.closed


def test_a_receiver_cannot_submit(rig):
    assert rig.bound(BindReceiver).submit().status == Status.ESME_RINVBNDSTS


def test_what_the_sessions_saw_is_counted(rig):
    rig.change_team(1, session_tps=2)
    esme = rig.bound()
    esme.send(hi(1), hi(2, source_addr="Nobody"), hi(3))
    rig.connect().bind(system_id="ACME", password="wrong")
    counts = rig.server.counts
    assert (counts.submits, counts.accepted, counts.refused, counts.throttled) == (3, 1, 1, 1)
    assert (counts.binds, counts.binds_refused) == (1, 1)
