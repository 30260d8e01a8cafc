"""query_sm, cancel_sm and replace_sm: what each is answered, and in which order things are done (decision 102)."""

import pytest

from mobilesasa.core.alterations import Cancel, Query, Reached
from mobilesasa.core.ids import from_smpp_id, smpp_id
from mobilesasa.core.model import Coding, Failure, State, Wish
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import CancelSm, DeliverSm, QuerySm, ReplaceSm, SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.times import read_time
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, text
from tests.fakes.journal import outbound
from tests.fakes.spool import NINE_MS
from tests.smsc.rig import RIVAL, Rig

NUMBER = "254712345678"
HOUR_MS = 3_600_000
OPERATIONS = [QuerySm, CancelSm, ReplaceSm]


def hi(**fields) -> SubmitSm:
    return SubmitSm(**{"destination_addr": NUMBER, "short_message": b"Hi", **fields})


def sent(rig: Rig, **fields) -> str:
    """A message that waits; its message_id."""
    esme = rig.bound()
    response = esme.submit(**{"source_addr": "TextBlast", **fields})
    assert response.status == 0
    esme.drop()
    return response.message_id


def ask(rig: Rig, pdu, **bind):
    esme = rig.bound(**bind)
    (response,) = esme.send(pdu)
    esme.drop()
    return response


def info(response) -> str | None:
    return text(response.tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT)


def operation(cls, message_id: str, **fields):
    more = {"short_message": b"Ho"} if cls is ReplaceSm else {}
    return cls(message_id=message_id, **more, **fields)


# Whom it may concern


@pytest.mark.parametrize("cls", OPERATIONS)
@pytest.mark.parametrize("message_id", ["A" * 26, "1", "x" * 64, "ÿ" * 26])
def test_an_id_of_nothing_is_an_invalid_message_id(rig, cls, message_id):
    assert ask(rig, operation(cls, message_id)).status == Status.ESME_RINVMSGID


@pytest.mark.parametrize("cls", [QuerySm, ReplaceSm])
def test_no_id_is_an_invalid_message_id(rig, cls):
    assert ask(rig, operation(cls, "")).status == Status.ESME_RINVMSGID


@pytest.mark.parametrize("cls", OPERATIONS)
def test_a_message_of_another_team_is_answered_as_none(rig, cls):
    message_id = sent(rig)
    rival = {"system_id": "RIVAL", "password": RIVAL}
    foreign = ask(rig, operation(cls, message_id, source_addr="TextBlast"), **rival)
    unknown = ask(rig, operation(cls, "A" * 26, source_addr="TextBlast"), **rival)
    assert (foreign.status, foreign.tlvs) == (unknown.status, unknown.tlvs) == (Status.ESME_RINVMSGID, NO_TLVS)


@pytest.mark.parametrize(
    ("cls", "status"),
    list(zip(OPERATIONS, [Status.ESME_RQUERYFAIL, Status.ESME_RCANCELFAIL, Status.ESME_RREPLACEFAIL], strict=True)),
)
def test_a_source_that_is_not_the_sender_fails(rig, cls, status):
    response = ask(rig, operation(cls, sent(rig), source_addr="22141"))
    assert (response.status, info(response)) == (status, "source_addr is not the sender of the message")


@pytest.mark.parametrize("cls", OPERATIONS)
@pytest.mark.parametrize("source_addr", ["", "TextBlast"])
@pytest.mark.parametrize("submitted_from", ["", "TextBlast"])
def test_the_own_sender_or_none_is_right(rig, cls, source_addr, submitted_from):
    message_id = sent(rig, source_addr=submitted_from)
    assert ask(rig, operation(cls, message_id, source_addr=source_addr)).status == 0


@pytest.mark.parametrize("cls", OPERATIONS)
def test_an_id_that_a_client_made_lower_case_is_the_same(rig, cls):
    assert ask(rig, operation(cls, sent(rig).lower())).status == 0


def test_an_old_peer_gets_no_tlvs_with_a_failure(rig):
    assert ask(rig, QuerySm(message_id=sent(rig), source_addr="22141"), interface_version=0x33).tlvs == NO_TLVS


# query_sm


@pytest.mark.parametrize(
    ("state", "failure", "message_state", "error_code"),
    [
        (State.QUEUED, None, MessageState.ENROUTE, 0),
        (State.SENT, None, MessageState.ENROUTE, 0),
        (State.SENT, Failure.NO_RECEIPT, MessageState.EXPIRED, 6),
        (State.DELIVERED, None, MessageState.DELIVERED, 0),
        (State.FAILED, Failure.UNDELIVERED, MessageState.UNDELIVERABLE, 1),
        (State.FAILED, Failure.EXPIRED, MessageState.EXPIRED, 2),
        (State.FAILED, Failure.REJECTED, MessageState.REJECTED, 3),
        (State.FAILED, Failure.REFUSED, MessageState.REJECTED, 4),
        (State.FAILED, Failure.EXPIRED_UNSENT, MessageState.EXPIRED, 5),
        (State.FAILED, Failure.NO_RECEIPT, MessageState.EXPIRED, 6),
        (State.FAILED, Failure.CANCELLED, MessageState.DELETED, 7),
        (State.FAILED, None, MessageState.UNDELIVERABLE, 1),
    ],
)
def test_decision_102_a_query_tells_state_and_error_code(rig, state, failure, message_state, error_code):
    message_id = sent(rig)
    rig.alterations.reached[rig.intake.stored[0].id] = Reached(state, failure, None)
    response = ask(rig, QuerySm(message_id=message_id))
    assert (response.status, response.message_id) == (0, message_id)
    assert (response.message_state, response.error_code, response.final_date) == (message_state, error_code, "")


def test_a_query_tells_when_it_ended(rig):
    message_id = sent(rig)
    rig.alterations.reached[rig.intake.stored[0].id] = Reached(State.DELIVERED, None, NINE_MS + 60_000)
    final_date = ask(rig, QuerySm(message_id=message_id)).final_date
    assert final_date.endswith("00+")
    assert read_time(final_date, None).timestamp() * 1000 == NINE_MS + 60_000


# cancel_sm


def test_decision_102_a_cancelled_message_is_refunded_and_failed(rig):
    rig.intake.balance[1] = 5
    message_id = sent(rig)
    assert rig.intake.balance[1] == 4
    assert ask(rig, CancelSm(message_id=message_id)).status == 0
    assert rig.intake.balance[1] == 5
    assert ask(rig, QuerySm(message_id=message_id)).message_state == MessageState.DELETED


def test_a_cancel_that_is_repeated_is_answered_well_and_refunds_nothing(rig):
    rig.intake.balance[1] = 5
    message_id = sent(rig)
    assert [ask(rig, CancelSm(message_id=message_id)).status for _ in range(2)] == [0, 0]
    assert rig.intake.balance[1] == 5


@pytest.mark.parametrize("reached", [None, State.SENT, State.DELIVERED])
def test_what_a_carrier_has_cannot_be_cancelled(rig, reached):
    message_id = sent(rig)
    ours = rig.intake.stored[0].id
    if reached is None:
        rig.alterations.in_hand.add(ours)
    else:
        rig.alterations.reached[ours] = Reached(reached, None, None)
    response = ask(rig, CancelSm(message_id=message_id))
    assert (response.status, info(response)) == (
        Status.ESME_RCANCELFAIL,
        "a carrier has the message already, or it has ended",
    )


@pytest.mark.parametrize("registered_delivery", [0, 1, 2, 3])
def test_the_receipt_of_a_cancelled_message_comes_behind_the_response(rig, registered_delivery):
    esme = rig.bound()
    message_id = esme.submit(registered_delivery=registered_delivery).message_id
    response, *receipts = esme.send(CancelSm(message_id=message_id))
    assert type(response).__name__ == "CancelSmResp"
    told = [pdu.short_message.decode() for pdu in receipts if isinstance(pdu, DeliverSm)]
    assert len(told) == (registered_delivery in (Wish.ALL, Wish.FAILURES))
    assert all(f"id:{message_id}" in line and line.endswith("stat:UNDELIV err:007") for line in told)


def test_without_an_id_all_that_wait_from_a_sender_to_a_number_are_cancelled(rig):
    mine = [sent(rig), sent(rig, destination_addr="0712345678")]
    others = [sent(rig, source_addr="22141"), sent(rig, destination_addr="254712345679")]
    assert ask(rig, CancelSm(source_addr="TextBlast", destination_addr="+254712345678")).status == 0
    states = [ask(rig, QuerySm(message_id=message_id)).message_state for message_id in [*mine, *others]]
    assert states == [MessageState.DELETED] * 2 + [MessageState.ENROUTE] * 2


def test_a_service_type_narrows_what_is_cancelled(rig):
    first, second = sent(rig, service_type="VAL"), sent(rig)
    assert ask(rig, CancelSm(source_addr="TextBlast", destination_addr=NUMBER, service_type="VAL")).status == 0
    assert ask(rig, QuerySm(message_id=first)).message_state == MessageState.DELETED
    assert ask(rig, QuerySm(message_id=second)).message_state == MessageState.ENROUTE


def test_no_source_is_the_default_sender_also_to_cancel(rig):
    sent(rig, source_addr="")
    assert ask(rig, CancelSm(destination_addr=NUMBER)).status == 0
    rig.change_team(1, default_sender_id=None)
    assert ask(rig, CancelSm(destination_addr=NUMBER)).status == Status.ESME_RINVSRCADR


@pytest.mark.parametrize("destination_addr", ["", "12"])
def test_without_an_id_the_number_must_be_one(rig, destination_addr):
    response = ask(rig, CancelSm(source_addr="TextBlast", destination_addr=destination_addr))
    assert response.status == Status.ESME_RINVDSTADR


def test_where_none_waits_none_is_cancelled(rig):
    cancel = CancelSm(source_addr="TextBlast", destination_addr=NUMBER)
    assert info(ask(rig, cancel)) == "no such message waits for a carrier"
    sent(rig)
    rig.alterations.in_hand.add(rig.intake.stored[0].id)
    assert ask(rig, cancel).status == Status.ESME_RCANCELFAIL


# replace_sm


def test_decision_102_a_replaced_message_says_something_else_under_its_id(rig):
    message_id = sent(rig, registered_delivery=1)
    assert ask(rig, ReplaceSm(message_id=message_id, registered_delivery=2, short_message=b"Ho\x00")).status == 0
    (stored,) = rig.intake.stored
    assert (stored.text, stored.wish, stored.price_units, smpp_id(stored.id)) == ("Ho@", Wish.FAILURES, 1, message_id)
    assert rig.queue.published[-1] == (1, stored.lane, [stored.id])


@pytest.mark.parametrize(
    ("data_coding", "octets", "replaced", "coding"),
    [
        (0, b"\x02", "$", Coding.GSM7),
        (1, b"$", "$", Coding.GSM7),
        (3, b"\xe9", "é", Coding.GSM7),
        (3, b"\xea", "ê", Coding.UCS2),
        (8, "ж".encode("utf-16-be"), "ж", Coding.UCS2),
        (0xF0, b"\x02", "$", Coding.GSM7),
    ],
)
@pytest.mark.parametrize("first", [b"Hi", b"i` "])
def test_the_new_text_is_read_as_the_old_one_was(rig, data_coding, octets, replaced, coding, first):
    old = first.decode().encode("utf-16-be") if data_coding == 8 else first
    message_id = sent(rig, data_coding=data_coding, short_message=old)
    assert ask(rig, ReplaceSm(message_id=message_id, short_message=octets)).status == 0
    assert (rig.intake.stored[0].text, rig.intake.stored[0].coding) == (replaced, coding)


def test_binary_is_replaced_by_binary(rig):
    message_id = sent(rig, data_coding=4, short_message=b"\xff\x00")
    assert ask(rig, ReplaceSm(message_id=message_id, short_message=b"\xfe")).status == 0
    assert (rig.intake.stored[0].text, rig.intake.stored[0].body) == (None, b"\xfe")


def test_times_that_are_not_given_stay(rig):
    message_id = sent(rig, validity_period="000000020000000R", schedule_delivery_time="000000010000000R")
    (before,) = rig.intake.stored
    rig.clock.advance(60)
    assert ask(rig, operation(ReplaceSm, message_id)).status == 0
    (after,) = rig.intake.stored
    assert (after.due_at_ms, after.expires_at_ms) == (before.due_at_ms, before.expires_at_ms)
    assert len(rig.queue.published) == 0


def test_times_that_are_given_are_new(rig):
    message_id = sent(rig)
    times = {"schedule_delivery_time": "000000030000000R", "validity_period": "000000050000000R"}
    assert ask(rig, operation(ReplaceSm, message_id, **times)).status == 0
    (stored,) = rig.intake.stored
    assert (stored.due_at_ms, stored.expires_at_ms) == (rig.now_ms() + 3 * HOUR_MS, rig.now_ms() + 8 * HOUR_MS)


def test_a_time_that_is_over_is_now(rig):
    message_id = sent(rig, schedule_delivery_time="000000010000000R")
    assert ask(rig, operation(ReplaceSm, message_id, schedule_delivery_time="260511080000000+")).status == 0
    assert rig.intake.stored[0].due_at_ms is None
    assert rig.queue.published[-1][2] == [rig.intake.stored[0].id]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"sm_default_msg_id": 1}, Status.ESME_RINVDFTMSGID),
        ({"short_message": b""}, Status.ESME_RINVMSGLEN),
        ({"short_message": b"  "}, Status.ESME_RREPLACEFAIL),
        ({"short_message": b"\xe9"}, Status.ESME_RREPLACEFAIL),
        ({"short_message": b"a" * 161}, Status.ESME_RREPLACEFAIL),
        ({"schedule_delivery_time": "x"}, Status.ESME_RINVSCHED),
        ({"schedule_delivery_time": "260601090000000+"}, Status.ESME_RINVSCHED),
        ({"validity_period": "x"}, Status.ESME_RINVEXPIRY),
        ({"validity_period": "260511080000000+"}, Status.ESME_RINVEXPIRY),
    ],
)
def test_what_cannot_replace_is_refused_with_its_status(rig, fields, status):
    message_id = sent(rig)
    assert ask(rig, ReplaceSm(**{"message_id": message_id, "short_message": b"Ho", **fields})).status == status
    assert rig.intake.stored[0].text == "Hi"


def test_a_text_of_two_parts_is_told_that_one_is_the_most(rig):
    response = ask(rig, ReplaceSm(message_id=sent(rig), short_message=b"a" * 161))
    assert "only a message of one part can be replaced" in (info(response) or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"short_message": b"a" * 161},
        {"esm_class": 0x40, "short_message": bytes.fromhex("050003070201") + b"Hi"},
    ],
)
def test_decision_102_what_is_not_one_whole_message_cannot_be_replaced(rig, fields):
    response = ask(rig, operation(ReplaceSm, sent(rig, **fields)))
    assert (response.status, info(response)) == (
        Status.ESME_RREPLACEFAIL,
        "only a message of one part that was not split by its team can be replaced",
    )


def test_what_a_carrier_has_cannot_be_replaced(rig):
    message_id = sent(rig)
    rig.alterations.in_hand.add(rig.intake.stored[0].id)
    assert ask(rig, operation(ReplaceSm, message_id)).status == Status.ESME_RREPLACEFAIL


# How they go together


def test_the_operations_of_a_turn_are_one_batch_and_all_answers_one_write(rig):
    message_id = sent(rig)
    esme = rig.bound()
    esme.writes.clear()
    responses = esme.send(hi(), QuerySm(message_id=message_id), hi(), CancelSm(message_id=message_id), QuerySm(), hi())
    assert [[type(asked) for asked in batch] for batch in rig.alterations.batches] == [[Query, Cancel]]
    assert rig.intake.batches == [1, 3]
    assert [response.sequence for response in responses] == [2, 3, 4, 5, 6, 7]
    assert [response.status for response in responses] == [0, 0, 0, 0, Status.ESME_RINVMSGID, 0]
    assert len(esme.writes) == 1


def test_an_operation_waits_for_the_turns_before_it(rig):
    message_id = sent(rig)
    esme = rig.bound()
    rig.intake.hold()
    assert esme.send(hi()) == []
    assert esme.send(QuerySm(message_id=message_id)) == []
    assert rig.alterations.batches == []
    rig.intake.release()
    assert [type(response).__name__ for response in esme.heard()] == ["SubmitSmResp", "QuerySmResp"]


def test_submits_behind_an_operation_that_names_its_message_do_not_wait(rig):
    message_id = sent(rig)
    esme = rig.bound()
    rig.alterations.hold()
    esme.send(QuerySm(message_id=message_id))
    assert esme.send(hi()) == []
    assert len(rig.intake.stored) == 2
    rig.alterations.release()
    assert [type(response).__name__ for response in esme.heard()] == ["QuerySmResp", "SubmitSmResp"]


def test_a_submit_that_waits_for_an_operation_is_not_told_of_before_its_answer(rig):
    message_id = sent(rig)
    esme = rig.bound()
    rig.alterations.hold()
    esme.send(hi(), QuerySm(message_id=message_id))
    assert rig.binds.unanswered.ids == {rig.intake.stored[1].id}
    rig.alterations.release()
    assert rig.binds.unanswered.ids == set()


def test_operations_have_a_rate_beside_that_of_submits(rig):
    message_id = sent(rig)
    rig.change_team(1, session_tps=2)
    esme = rig.bound()
    query = QuerySm(message_id=message_id)
    responses = esme.send(query, hi(), query, hi(), query)
    assert [response.status for response in responses] == [0, 0, 0, 0, Status.ESME_RTHROTTLED]
    rig.clock.advance(1)
    assert esme.send(query)[0].status == 0


def test_operations_are_not_counted_as_submits(rig):
    message_id = sent(rig)
    ask(rig, QuerySm(message_id=message_id))
    assert rig.server.counts.submits == 1


def test_a_store_that_is_away_is_a_system_error_for_each(rig, flush_logged):
    message_id = sent(rig)
    rig.alterations.failing = ConnectionError("no database")
    esme = rig.bound()
    responses = esme.send(QuerySm(message_id=message_id), CancelSm(message_id=message_id), hi())
    assert [response.status for response in responses] == [Status.ESME_RSYSERR, Status.ESME_RSYSERR, 0]
    assert len(flush_logged(ConnectionError)) == 1


def test_a_defect_in_an_answer_costs_a_turn_and_not_the_line(rig, flush_logged):
    message_id = sent(rig)
    esme = rig.bound()
    rig.alterations.reached[rig.intake.stored[0].id] = Reached(State.FAILED, "unheard of", None)
    (response,) = esme.send(QuerySm(message_id=message_id))
    assert response.status == Status.ESME_RSYSERR
    assert flush_logged(KeyError)
    assert esme.submit().status == 0


def test_a_receipt_that_cannot_be_told_of_costs_no_answer(rig, flush_logged, monkeypatch):
    esme = rig.bound()
    message_id = esme.submit(registered_delivery=1).message_id
    # the outbox never fails, or it would be mended
    monkeypatch.setattr(rig.outbox, "owe", lambda notices: 1 / 0)
    assert [response.status for response in esme.send(CancelSm(message_id=message_id))] == [0]
    assert flush_logged(ZeroDivisionError)
    assert esme.submit().status == 0


# What this process has claimed ahead (no carrier has it)


def asked_for(rig: Rig, **of_message) -> bool:
    (wanted,) = rig.hands.wanted
    return wanted(outbound("f" * 32, **of_message))


def test_a_question_takes_nothing_out_of_anybody_s_hand(rig):
    ask(rig, QuerySm(message_id=sent(rig)))
    assert rig.hands.wanted == []


@pytest.mark.parametrize("cls", [CancelSm, ReplaceSm])
def test_what_is_altered_by_its_id_is_withdrawn_and_nothing_else(rig, cls):
    message_id = sent(rig)
    assert ask(rig, operation(cls, message_id)).status == 0
    (wanted,) = rig.hands.wanted
    assert wanted(outbound(from_smpp_id(message_id)))
    assert not wanted(outbound(from_smpp_id(message_id), team_id=2))
    assert not wanted(outbound("f" * 32))


@pytest.mark.parametrize(
    "pdu",
    [
        CancelSm(source_addr="TextBlast", destination_addr=NUMBER),
        hi(source_addr="TextBlast", replace_if_present_flag=1),
    ],
)
def test_what_is_altered_by_its_numbers_is_withdrawn_and_nothing_else(rig, pdu):
    sent(rig)
    assert ask(rig, pdu).status == 0
    assert asked_for(rig)
    assert not asked_for(rig, team_id=2)
    assert not asked_for(rig, sender="22141")
    assert not asked_for(rig, recipient="254712345679")
