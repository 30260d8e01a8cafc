"""POST /messages/batch: each message of a call is taken or refused by itself."""

from functools import partial

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.api.resources.batches import SLICE
from mobilesasa.core.errors import AccessEnded, Overloaded
from mobilesasa.core.model import Lane
from tests.api.rig import BODY, SENDERS, TOKEN, Rig, directory, stored

TWO = ["+254712345678", "+254733345678"]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def batch(rig: Rig, **headers: str):
    return partial(rig.post, "/messages/batch", **headers)


def codes(data) -> list[str]:
    return [item.get("code", "taken") for item in data["items"]]


def test_one_text_to_many_numbers(rig):
    data = batch(rig)({"to": TWO, "message": "Habari", "sender_id": "MYAPP", "client_reference": "july"}).data
    shown = [(item["to"], item["message"], item["sender_id"], item["client_reference"]) for item in data["items"]]
    assert shown == [(number, "Habari", "MYAPP", "july") for number in TWO]
    assert (data["accepted"], data["refused"], data["units"]) == (2, 0, 2)
    assert [message.id for message in rig.intake.stored] == [item["uuid"] for item in data["items"]]
    assert rig.intake.batches == [2]


def test_messages_each_with_their_own_fields_and_what_is_common_to_the_others(rig):
    items = [
        {"to": TWO[0], "message": "One", "sender_id": "TextBlast", "client_reference": "1"},
        {"to": TWO[1], "message": "Two", "validity_minutes": 10},
    ]
    common = {"sender_id": "MYAPP", "validity_minutes": 60, "tlvs": {"0x1400": "11"}}
    one, two = batch(rig)({"messages": items, **common}).data["items"]
    assert (one["sender_id"], one["expires_at"], one["client_reference"]) == ("TextBlast", "2026-05-11T10:00:00Z", "1")
    assert (two["sender_id"], two["expires_at"], two["client_reference"]) == ("MYAPP", "2026-05-11T09:10:00Z", None)
    assert [message.options for message in rig.intake.stored] == [{"written_tlvs": {"0x1400": "11"}}] * 2


def test_what_cannot_be_sent_is_told_in_its_place_and_the_others_go(rig):
    wrong = [
        {"to": TWO[0]},
        {"to": "12", "message": "Hi"},
        {"to": TWO[0], "message": "Hi", "sender_id": "Nobody"},
        {"to": TWO[0], "message": "Hi", "scheduled_at": "2026-05-11T08:59:59Z"},
        {"to": TWO[0], "message": "Hi", "scheduled_at": "2026-05-12T09:00:00"},
        {"to": TWO[0], "message": "Hi", "tlvs": {"0x13FF": "1"}},
        {"to": [TWO[0]], "message": 5},
        "no object",
        {"to": TWO[0], "message": "\u0000"},
    ]
    good = {"to": TWO[1], "message": "Good"}
    data = batch(rig)({"messages": [good, *wrong, good]}).data
    assert codes(data) == [
        "taken", "bad_request", "bad_recipient", "sender_not_approved", "bad_schedule", "bad_request", "bad_request",
        "bad_request", "bad_request", "bad_request", "taken",
    ]  # fmt: skip
    assert (data["accepted"], data["refused"], data["units"]) == (2, 9, 2)
    assert [each["field"] for each in data["items"][7]["fields"]] == ["to", "message"]
    assert [len(rig.intake.stored), rig.intake.batches] == [2, [2]]


def test_each_refusal_says_what_a_call_for_it_alone_would_say(rig):
    alone = rig.post("/messages", {"to": "12", "message": "Hi"}).body
    (item,) = batch(rig)({"to": ["12"], "message": "Hi"}).data["items"]
    assert item == {name: alone[name] for name in ("error", "code", "fields")}


def test_who_cannot_pay_for_all_sends_what_can_be_paid(rig):
    rig.intake.balance[1] = 1
    data = batch(rig)({"to": TWO, "message": "Hi"}).data
    assert codes(data) == ["taken", "insufficient_units"]
    assert (data["accepted"], data["refused"], data["units"]) == (1, 1, 1)


def test_a_batch_of_which_nothing_can_be_sent_is_answered_200(rig):
    data = batch(rig)({"to": ["1", "2"], "message": "Hi"}).data
    assert (data["accepted"], data["refused"], data["units"]) == (0, 2, 0)
    assert rig.intake.batches == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["messages", "to"]),
        ({"messages": None, "to": None}, ["messages", "to"]),
        ({"messages": [BODY], "to": TWO, "message": "Hi"}, ["messages", "to"]),
        ({"messages": []}, ["messages"]),
        ({"to": [], "message": "Hi"}, ["to"]),
        ({"to": TWO}, ["message"]),
        ({"messages": [BODY], "message": "Hi"}, ["message"]),
        ({"messages": BODY}, ["messages"]),
        ({"to": "+254712345678", "message": "Hi"}, ["to"]),
        ({"to": [254712345678], "message": "Hi"}, ["to[0]"]),
        ({"to": TWO, "message": "Hi", "validity_minutes": 0}, ["validity_minutes"]),
        ({"to": ["+254712345678"] * 1001, "message": "Hi"}, ["to"]),
        ({"messages": [{}] * 1001}, ["messages"]),
    ],
)
def test_a_call_that_is_not_clear_is_refused_whole(body, fields):
    rig = Rig(limits=roomy())
    reply = batch(rig)(body)
    assert reply.refusal == (400, "bad_request")
    assert [each["field"] for each in reply.body["fields"]] == fields
    assert rig.intake.stored == []


def roomy():
    from mobilesasa.api.ports import WebLimits

    return WebLimits(max_body_octets=1_000_000)


def test_a_thousand_are_judged_in_slices_so_that_others_have_their_turn():
    rig = Rig(limits=roomy())
    octets = b'{"message":"Hi","to":[' + b",".join([b'"+254712345678"'] * 1000) + b"]}"
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    connection = rig.begin("POST", "/api/v1/messages/batch", octets, **given)
    turns = []
    while connection.wire.value() == b"":
        (call,) = [each for each in rig.clock.getDelayedCalls() if each.getTime() <= rig.clock.seconds()]
        rig.clock.calls.remove(call)
        turns.append(call)
        call.func(*call.args, **call.kw)
    assert len(turns) == 1000 // SLICE - 1
    data = connection.reply("POST").data
    assert (data["accepted"], rig.intake.batches) == (1000, [1000])


@pytest.mark.parametrize(("sender", "lane"), [("TextBlast", Lane.BULK), ("CODES", Lane.TRANSACTIONAL)])
def test_a_batch_waits_in_the_lane_of_bulk_messages_unless_its_sender_is_for_one_time_passwords(rig, sender, lane):
    rig.directory.now = directory(senders=[*SENDERS, otp_sender()])
    batch(rig)({"to": TWO, "message": "Hi", "sender_id": sender})
    assert [message.lane for message in rig.intake.stored] == [lane] * 2
    assert [published[1] for published in rig.queue.published] == [lane]


def otp_sender():
    from mobilesasa.core.teams import Sender

    return Sender(9, "5e000000-0000-4000-8000-000000000009", 1, "CODES", sender_class="otp")


def test_a_token_that_was_revoked_meanwhile_sends_nothing_of_it(rig):
    rig.intake.refusing = AccessEnded("the token was revoked while the call was under way; nothing was done")
    assert batch(rig)({"to": TWO, "message": "Hi"}).refusal == (401, "access_ended")
    assert all(message.by is not None for message in rig.intake.asked)


def test_a_node_with_too_much_to_do_refuses_the_whole_call(rig):
    rig.intake.failing = Overloaded("too much")
    assert batch(rig)({"to": TWO, "message": "Hi"}).refusal == (500, "overloaded")


def test_a_repeat_under_its_key_sends_nothing_again(rig):
    body = {"to": [*TWO, "12"], "message": "Hi"}
    send = batch(rig, Idempotency_Key="july")
    first, again = send(body), send(body)
    assert first.octets == again.octets
    assert again.headers["idempotent-replayed"] == "true"
    assert codes(again.data) == ["taken", "taken", "bad_recipient"]
    assert len(rig.intake.stored) == 2
    assert send(body | {"message": "Other"}).refusal == (409, "idempotency_key_reused")


def test_a_batch_of_which_nothing_was_taken_keeps_nothing_under_its_key(rig):
    rig.intake.balance[1] = 0
    send = batch(rig, Idempotency_Key="july")
    assert codes(send({"to": TWO, "message": "Hi"}).data) == ["insufficient_units"] * 2
    rig.intake.balance[1] = 10
    again = send({"to": TWO, "message": "Hi"})
    assert codes(again.data) == ["taken"] * 2
    assert "idempotent-replayed" not in again.headers


def test_the_second_of_two_at_once_is_told_that_the_first_is_under_way(rig):
    rig.intake.hold()
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": "k"}
    octets = b'{"message":"Hi","to":["+254712345678"]}'
    first = rig.begin("POST", "/api/v1/messages/batch", octets, **given)
    assert rig.ask("POST", "/api/v1/messages/batch", octets, **given).refusal == (409, "idempotency_running")
    rig.intake.release()
    assert first.reply("POST").data["accepted"] == 1
    assert isinstance(rig.intake.held, list)
    assert not [each for each in rig.intake.held if isinstance(each, Deferred)]


def test_the_list_has_what_was_sent_in_a_batch(rig):
    rig.history.put(stored(1, client_reference="july"))
    assert [item["client_reference"] for item in rig.get("/messages?client_reference=july").data["items"]] == ["july"]
