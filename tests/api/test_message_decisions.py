"""The decisions about messages, each by its number, as a caller of the REST API meets them."""

import re

import pytest

from mobilesasa.api.requests import Said
from mobilesasa.api.root import make_app
from mobilesasa.api.schemas import fields_of
from mobilesasa.core.model import Coding, Failure, Lane, State, Submission
from mobilesasa.sms.segments import split
from mobilesasa.store.message_rows import Progress
from tests.api.rig import BODY, NOW_MS, SENDERS, Rig, message_id, stored

FAILED = Progress(State.FAILED, Failure.UNDELIVERED, error="27", done_at_ms=NOW_MS + 5000)
DELIVERED = Progress(State.DELIVERED, sent_at_ms=NOW_MS + 1, done_at_ms=NOW_MS + 2)


@pytest.mark.parametrize("path", ["/messages", "/inbound", "/suppressions"])
def test_decision_3_a_list_is_a_page_with_its_totals_and_the_page_past_the_end_is_empty(rig, path):
    data = rig.get(f"{path}?page=2").data
    assert list(data)[:5] == ["items", "page", "page_size", "total", "pages"]
    assert (data["items"], data["page"], data["total"], data["pages"]) == ([], 2, 0, 0)


def test_decision_3_a_list_is_newest_first_and_ties_go_by_id(rig):
    for n, at_ms in ((1, NOW_MS), (3, NOW_MS), (2, NOW_MS), (9, NOW_MS - 1)):
        rig.history.put(stored(n, at_ms=at_ms))
    items = rig.get("/messages").data["items"]
    assert [item["uuid"] for item in items] == [*(message_id(n) for n in (3, 2, 1)), message_id(9, NOW_MS - 1)]


@pytest.mark.parametrize("size", ["0", "-1", "101", "abc", "1.5"])
def test_decision_3_a_page_size_that_cannot_be_is_refused_and_not_clamped(rig, size):
    assert rig.get(f"/messages?page_size={size}").refusal == (400, "bad_request")


def test_decision_4_a_page_of_any_list_has_a_hundred_at_most(rig):
    _, table = make_app(rig.node)
    bounds = {}
    for row in table:
        for name, kind, _, _ in fields_of(row.query) if row.query is not None else ():
            if name == "page_size":
                (said,) = (note for note in kind.__metadata__ if isinstance(note, Said))
                bounds[row.path] = (said.minimum, said.maximum)
    assert bounds["/messages"] == (1, 100)
    assert set(bounds.values()) == {(1, 100)}


@pytest.mark.parametrize("status", ["foo", "QUEUED", "expired", "cancelled", "queued,sent"])
def test_decision_5_a_status_that_there_is_not_is_refused(rig, status):
    reply = rig.get(f"/messages?status={status}")
    assert reply.refusal == (400, "bad_request")
    assert reply.body["error"] == "status must be one of queued, sent, delivered, failed"


def test_decision_6_times_go_out_in_utc_without_fractions_and_come_in_with_a_zone(rig):
    shown = rig.post("/messages", BODY | {"scheduled_at": "2026-05-12T12:00:00.999+03:00"}).data
    times = {name: value for name, value in shown.items() if name.endswith("_at") and value is not None}
    assert times.keys() == {"created_at", "expires_at", "scheduled_at"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) for value in times.values())
    assert times["scheduled_at"] == "2026-05-12T09:00:00Z"
    assert rig.post("/messages", BODY | {"scheduled_at": "2026-05-12T12:00:00"}).refusal == (400, "bad_request")
    assert rig.get("/messages?created_from=2026-05-12T12:00:00").refusal == (400, "bad_request")


@pytest.mark.parametrize(
    "to",
    [
        "+254712345678",
        "254712345678",
        "0712345678",
        "0712 345 678",
        "+254 (712) 345-678",
        "00254712345678",
        "+2540712345678",
    ],
)
def test_decision_29_a_number_is_read_leniently_and_shown_with_its_plus(rig, to):
    assert rig.post("/messages", BODY | {"to": to}).data["to"] == "+254712345678"


@pytest.mark.parametrize("to", ["22384", "+25471234567a", "MYAPP", "", "+254202222222", "+1"])
def test_decision_29_what_is_no_mobile_number_is_refused(rig, to):
    assert rig.post("/messages", BODY | {"to": to}).refusal == (400, "bad_recipient")


def test_decision_30_many_numbers_are_refused_and_the_batch_is_named(rig):
    reply = rig.post("/messages", BODY | {"to": ["+254712345678", "+254733345678"]})
    assert reply.refusal == (400, "bad_request")
    assert "/messages/batch" in reply.body["error"]
    assert rig.post("/messages/batch", {"to": ["+254712345678"], "message": "Hi"}).data["accepted"] == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [("", "bad_text"), (" \r\n\t", "bad_text"), ("x" * 1531, "too_many_parts"), ("ж" * 671, "too_many_parts")],
)
def test_decision_31_a_blank_text_or_more_than_ten_parts_is_refused_and_never_cut(rig, message, code):
    assert rig.post("/messages", BODY | {"message": message}).refusal == (400, code)
    assert rig.post("/messages/estimate", {"message": message}).refusal == (400, code)
    assert rig.intake.stored == []


@pytest.mark.parametrize("message", [rb"a\u0000b", rb"half \ud83d", rb"\udc00"])
def test_decision_31_what_no_phone_can_show_is_refused(rig, message):
    octets = b'{"to": "+254712345678", "message": "' + message + b'"}'
    given = {"Authorization": "Bearer mbs_acme", "Content-Type": "application/json"}
    assert rig.ask("POST", "/api/v1/messages", octets, **given).status == 400
    assert rig.intake.stored == []


def test_decision_31_a_line_ends_with_lf_alone(rig):
    assert rig.post("/messages", BODY | {"message": "a\r\nb"}).data["message"] == "a\nb"
    assert rig.post("/messages", BODY | {"message": "x" * 158 + "\r\nb"}).data["parts"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "x" * 160,
        "x" * 161,
        "x" * 159 + "€",
        "x" * 152 + "€" * 5,
        "{" * 80,
        "{" * 81,
        "`",
        "“q”",
        "ж" * 70,
        "ж" * 71,
        "ж" * 66 + "😀",
    ],
)
def test_decision_32_all_that_count_parts_count_alike(rig, text):
    parts = len(split(text))
    sent = rig.post("/messages", BODY | {"message": text}).data
    (judged,) = rig.node.gateway.judge([Submission(1, None, "+254712345678", text)])
    (in_batch,) = rig.post("/messages/batch", {"to": [BODY["to"]], "message": text}).data["items"]
    estimated = rig.post("/messages/estimate", {"message": text}).data
    assert {sent["parts"], judged.parts, in_batch["parts"], estimated["parts"], sent["units"]} == {parts}
    assert {sent["encoding"], in_batch["encoding"], estimated["encoding"]} == {split(text).alphabet.value}


def test_decision_37_who_cannot_pay_gets_402_and_nothing_of_it_is_kept(rig):
    rig.intake.balance[1] = 1
    body = BODY | {"message": "x" * 161}
    assert rig.post("/messages", body, Idempotency_Key="k").refusal == (402, "insufficient_units")
    assert (rig.intake.stored, rig.queue.published, rig.intake.balance[1]) == ([], [], 1)
    rig.intake.balance[1] = 2
    assert rig.post("/messages", body, Idempotency_Key="k").data["units"] == 2


@pytest.mark.parametrize("failure", list(Failure))
def test_decision_40_there_are_four_statuses_and_the_rest_is_detail(rig, failure):
    rig.history.put(stored(1), Progress(State.FAILED, failure, done_at_ms=NOW_MS))
    data = rig.get(f"/messages/{message_id(1)}").data
    assert (data["status"], data["failure_reason"]) == ("failed", failure.value)
    assert data["dlr_state"] in ("UNDELIV", "EXPIRED", "REJECTD")
    assert rig.get(f"/messages?status={failure.value}").refusal == (400, "bad_request")


def test_decision_41_only_what_failed_is_resent_once_as_a_new_message_through_all_gates(rig):
    rig.history.put(stored(1), FAILED)
    rig.history.put(stored(2), DELIVERED)
    assert rig.post(f"/messages/{message_id(2)}/resend").refusal == (409, "not_failed")
    again = rig.post(f"/messages/{message_id(1)}/resend").data
    assert again["uuid"] != message_id(1) == again["resent_from"]
    assert rig.post(f"/messages/{message_id(1)}/resend").refusal == (409, "already_resent")
    assert rig.get(f"/messages/{message_id(1)}").data["status"] == "failed"
    rig.history.put(rig.history.stories[again["uuid"]].message, FAILED)
    assert rig.post(f"/messages/{again['uuid']}/resend").data["resent_from"] == again["uuid"]


@pytest.mark.parametrize("phone", ["%2B254712345678", "+254712345678", "%20254712345678", "0712345678"])
def test_decision_43_a_plus_that_has_become_a_blank_is_read_as_a_plus(rig, phone):
    rig.history.put(stored(1))
    assert rig.get(f"/messages?phone={phone}").data["total"] == 1


@pytest.mark.parametrize("phone", ["+254799999999", "hello", "1", "+"])
def test_decision_43_a_phone_without_messages_gives_an_empty_list(rig, phone):
    rig.history.put(stored(1))
    data = rig.get(f"/messages?phone={phone}").data
    assert (data["items"], data["total"], data["next_cursor"]) == ([], 0, None)


def test_decision_44_a_text_that_is_no_longer_kept_is_null_and_the_rest_stays(rig):
    rig.history.put(stored(1, text=None, coding=Coding.GSM7, parts=2), DELIVERED)
    data = rig.get(f"/messages/{message_id(1)}").data
    assert (data["message"], data["parts"], data["status"], data["to"]) == (None, 2, "delivered", "+254712345678")


def test_decision_45_a_repeat_is_answered_as_before_and_another_body_is_409(rig):
    first, again = (rig.post("/messages", BODY, Idempotency_Key="order-1") for _ in range(2))
    assert (first.octets, len(rig.intake.stored)) == (again.octets, 1)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = rig.post("/messages", BODY | {"message": "Other"}, Idempotency_Key="order-1")
    assert other.refusal == (409, "idempotency_key_reused")


@pytest.mark.parametrize(("minutes", "expires"), [(None, "2026-05-12T09:00:00Z"), (30, "2026-05-11T09:30:00Z")])
def test_decision_46_a_message_by_rest_lives_24_hours_or_as_long_as_it_says(rig, minutes, expires):
    body = BODY | {"validity_minutes": minutes}
    assert rig.post("/messages", body).data["expires_at"] == expires
    both = {"to": [BODY["to"]], "message": "Hi", "validity_minutes": minutes}
    assert rig.post("/messages/batch", both).data["items"][0]["expires_at"] == expires


def test_decision_47_single_messages_wait_before_those_of_batches(rig):
    rig.post("/messages", BODY)
    rig.post("/messages/batch", {"to": [BODY["to"]], "message": "Hi"})
    assert [lane for _, lane, _ in rig.queue.published] == [Lane.TRANSACTIONAL, Lane.BULK]


def test_the_sender_of_a_list_may_be_named_by_uuid(rig):
    rig.history.put(stored(1, sender="MYAPP"))
    assert rig.get(f"/messages?sender={SENDERS[2].uuid}").data["total"] == 1


class TestReference:
    """Each sentence of the reference that is about messages and what every answer has."""

    def test_the_envelope_of_a_success(self, rig: Rig):
        """api-v1: "Every response is wrapped in a consistent envelope. Check success before reading data." """
        body = rig.get("/messages").body
        assert body.keys() == {"success", "data"}
        assert body["success"] is True

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/messages?page=0"),
            ("GET", "/nothing"),
            ("POST", "/messages"),
            ("PUT", "/messages"),
            ("GET", "/messages/1"),
        ],
    )
    def test_the_envelope_of_an_error(self, rig: Rig, method: str, path: str):
        """api-v1: "{ "success": false, "error": "human-readable message" }" """
        reply = rig.ask(method, f"/api/v1{path}", X_API_Key="mbs_acme")
        assert (reply.body["success"], type(reply.body["error"])) == (False, str)
        assert "data" not in reply.body

    def test_normal_calls_are_never_429(self, rig: Rig):
        """api-v1: "API requests are not rate-limited at the HTTP layer" """
        assert {rig.get("/messages?page_size=1").status for _ in range(100)} == {200}

    def test_sending_consumes_units(self, rig: Rig):
        """api-v1: "SMS sends consume your team's SMS unit balance." """
        rig.intake.balance[1] = 10
        units = rig.post("/messages", BODY | {"message": "x" * 161}).data["units"]
        assert (units, rig.intake.balance[1]) == (2, 8)

    def test_messages_want_their_scope(self, rig: Rig):
        """api-v1: "Send individual SMS messages and retrieve message history. Requires themessages scope." """
        assert rig.get("/messages", token="mbs_reports").refusal == (403, "missing_scope")
        assert rig.post("/messages", BODY, token="mbs_reports").refusal == (403, "missing_scope")
        assert rig.get("/messages").status == rig.post("/messages", BODY).status == 200

    def test_the_fields_of_a_send(self, rig: Rig):
        """api-v1: "toreq string Recipient phone number in E.164 format (e.g. +254712345678)", "messagereq string" """
        reply = rig.post("/messages", {})
        assert reply.refusal == (400, "bad_request")
        assert [field["field"] for field in reply.body["fields"]] == ["to", "message"]

    def test_a_long_message_is_split(self, rig: Rig):
        """api-v1: "Message text. Long messages are automatically split into multiple parts." """
        assert rig.post("/messages", BODY | {"message": "x" * 307}).data["parts"] == 3

    def test_the_sender_by_name_by_uuid_or_the_default(self, rig: Rig):
        """api-v1: "Your approved sender name (e.g. MYAPP) or sender UUID. Omit to use the team default." """
        body = {"to": BODY["to"], "message": "Hi"}
        asked = [{"sender_id": "MYAPP"}, {"sender_id": SENDERS[2].uuid}, {}]
        used = [rig.post("/messages", body | each).data["sender_id"] for each in asked]
        assert used == ["MYAPP", "MYAPP", "TextBlast"]

    def test_the_answer_of_a_send(self, rig: Rig):
        """api-v1: "{ "uuid": …, "to": …, "message": …, "sender_id": …, "status": "queued", "parts": 1, "created_at": … }" """
        data = rig.post("/messages", BODY).data
        assert list(data)[:7] == ["uuid", "to", "message", "sender_id", "status", "parts", "created_at"]
        assert (data["to"], data["message"], data["status"], data["parts"]) == (
            BODY["to"],
            BODY["message"],
            "queued",
            1,
        )
        assert data["created_at"] == "2026-05-11T09:00:00Z"

    def test_the_pages_of_a_list(self, rig: Rig):
        """api-v1: "Page number (default 1)", "Results per page (default 20, max 100)" """
        for n in range(1, 103):
            rig.history.put(stored(n))
        data = rig.get("/messages").data
        assert (data["page"], data["page_size"], len(data["items"])) == (1, 20, 20)
        assert len(rig.get("/messages?page=2&page_size=100").data["items"]) == 2
        assert rig.get("/messages?page_size=101").status == 400

    def test_the_filters_of_a_list(self, rig: Rig):
        """api-v1: "Filter by recipient phone number", "Filter by status: queued, sent, delivered, failed" """
        rig.history.put(stored(1, recipient="254733345678"))
        rig.history.put(stored(2), Progress(State.SENT, sent_at_ms=NOW_MS))
        rig.history.put(stored(3), DELIVERED)
        rig.history.put(stored(4), FAILED)
        found = [
            rig.get(f"/messages?status={word}").data["items"] for word in ("queued", "sent", "delivered", "failed")
        ]
        assert [[item["uuid"] for item in items] for items in found] == [[message_id(n)] for n in (1, 2, 3, 4)]
        assert [item["uuid"] for item in rig.get("/messages?phone=%2B254733345678").data["items"]] == [message_id(1)]

    def test_one_message(self, rig: Rig):
        """api-v1: "Get a message GET/messages/{uuid}" """
        rig.history.put(stored(1))
        assert rig.get(f"/messages/{message_id(1)}").data["uuid"] == message_id(1)

    def test_a_resend(self, rig: Rig):
        """api-v1: "Retries a failed message. Returns the new message object." """
        rig.history.put(stored(1), FAILED)
        again = rig.post(f"/messages/{message_id(1)}/resend").data
        assert again.keys() == rig.post("/messages", BODY).data.keys()
        assert (again["status"], again["to"], again["message"]) == ("queued", "+254712345678", "Hello")
