import pytest

from mobilesasa.core.errors import AlreadyExists, Overloaded, StoreAway
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Coding, Failure, Lane, Origin, State, Wish
from mobilesasa.store.messages import Event, Progress
from tests.api.rig import BODY, NOW_MS, SENDERS, TOKEN, Rig, directory, message_id, stored

FAILED = Progress(State.FAILED, Failure.UNDELIVERED, error="27", done_at_ms=NOW_MS + 5000)
UNKNOWN = "01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10"


def test_a_message_is_stored_named_to_the_queue_and_shown_as_in_the_reference(rig):
    data = rig.post("/messages", BODY).data
    shown = list(data)[:7]
    assert shown == ["uuid", "to", "message", "sender_id", "status", "parts", "created_at"]
    assert {name: data[name] for name in shown} == {
        "uuid": message_id(1_000_001),
        "to": "+254712345678",
        "message": "Hello from Mobile Sasa!",
        "sender_id": "MYAPP",
        "status": "queued",
        "parts": 1,
        "created_at": "2026-05-11T09:00:00Z",
    }
    assert [message.id for message in rig.intake.stored] == [data["uuid"]]
    assert rig.queue.published == [(1, Lane.TRANSACTIONAL, [data["uuid"]])]


def test_what_is_beside_the_reference_s_fields_of_a_new_message(rig):
    data = rig.post("/messages", BODY).data
    assert (data["units"], data["encoding"], data["expires_at"]) == (1, "gsm7", "2026-05-12T09:00:00Z")
    assert data["message_id"] == smpp_id(data["uuid"])
    assert {data[name] for name in ("sent_at", "done_at", "failure_reason", "dlr_state", "resent_from")} == {None}


def test_a_sender_can_be_named_by_its_uuid_and_is_shown_by_name(rig):
    assert rig.post("/messages", BODY | {"sender_id": SENDERS[2].uuid}).data["sender_id"] == "MYAPP"


@pytest.mark.parametrize("sender", [{}, {"sender_id": None}, {"sender_id": ""}])
def test_without_a_sender_the_team_s_default_is_used(rig, sender):
    body = {"to": "0712345678", "message": "Hi"} | sender
    assert rig.post("/messages", body).data["sender_id"] == "TextBlast"


def test_a_national_number_is_shown_in_full(rig):
    assert rig.post("/messages", BODY | {"to": "0712345678"}).data["to"] == "+254712345678"


def test_the_validity_is_taken_in_minutes(rig):
    assert rig.post("/messages", BODY | {"validity_minutes": 90}).data["expires_at"] == "2026-05-11T10:30:00Z"


def test_tlvs_go_with_the_message_as_they_are_written(rig):
    rig.post("/messages", BODY | {"tlvs": {"5120": "1101", "0x1401": "1107"}})
    assert rig.intake.stored[0].options == {"written_tlvs": {"0x1400": "1101", "0x1401": "1107"}}


@pytest.mark.parametrize("tlvs", [{}, {"tlvs": None}, {"tlvs": {}}])
def test_a_message_without_tlvs_has_no_options(rig, tlvs):
    rig.post("/messages", BODY | tlvs)
    assert rig.intake.stored[0].options is None


@pytest.mark.parametrize(
    ("tlvs", "fields"),
    [
        ({"0x13FF": "1", "0x1400": ""}, ["tlvs[0x13FF]", "tlvs[0x1400]"]),
        ({"0x1400": 5}, ["tlvs[0x1400]"]),
        ([], ["tlvs"]),
        ({str(0x1400 + n): "1" for n in range(17)}, ["tlvs"]),
    ],
)
def test_tlvs_that_cannot_be_sent_are_named_and_nothing_is_stored(rig, tlvs, fields):
    reply = rig.post("/messages", BODY | {"tlvs": tlvs})
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == fields
    assert rig.intake.stored == []


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (None, (None, None)),
        ({"written_tlvs": {"0x1400": "1101"}}, ({"0x1400": "1101"}, None)),
        ({"tlvs": {"0x1400": "3131"}}, (None, {"0x1400": "3131"})),
    ],
)
def test_a_message_is_shown_with_the_tlvs_that_its_team_gave(rig, options, shown):
    rig.history.put(stored(1, options=options))
    data = rig.get(f"/messages/{message_id(1)}").data
    assert (data["tlvs"], data["tlvs_hex"]) == shown


@pytest.mark.parametrize("minutes", [0, -1, 1441, True, "5", 1.5])
def test_a_validity_out_of_bounds_or_of_another_type_is_refused(rig, minutes):
    reply = rig.post("/messages", BODY | {"validity_minutes": minutes})
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == ["validity_minutes"]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"to": "12"}, "bad_recipient", "to"),
        ({"to": "+254712345678,+254712345679"}, "bad_recipient", "to"),
        ({"message": " \n"}, "bad_text", "message"),
        ({"message": "x" * 1531}, "too_many_parts", "message"),
        ({"sender_id": "Nobody"}, "sender_not_approved", "sender_id"),
        ({"sender_id": "OtherCo"}, "sender_not_approved", "sender_id"),
        ({"sender_id": SENDERS[1].uuid}, "sender_not_approved", "sender_id"),
        ({"sender_id": "Waiting"}, "sender_not_approved", "sender_id"),
    ],
)
def test_what_the_gateway_refuses_names_its_field(rig, wrong, code, field):
    reply = rig.post("/messages", BODY | wrong)
    assert reply.refusal == (400, code)
    assert reply.body["fields"] == [{"field": field, "message": reply.body["error"]}]
    assert rig.intake.stored == []


def test_a_sender_in_another_case_is_told_the_right_one(rig):
    assert "'MYAPP'" in rig.post("/messages", BODY | {"sender_id": "myapp"}).body["error"]


def test_without_a_route_the_number_is_at_fault(rig):
    rig.directory.now = directory(routes=())
    assert rig.post("/messages", BODY).refusal == (400, "no_route")


def test_a_team_without_units_gets_402_and_nothing_is_queued(rig):
    rig.intake.balance[1] = 0
    reply = rig.post("/messages", BODY | {"message": "x" * 161})
    assert reply.refusal == (402, "insufficient_units")
    assert reply.body["needed_units"] == 2
    assert rig.queue.published == []


@pytest.mark.parametrize(
    ("failing", "answered", "retry_after"),
    [
        (Overloaded("too much is waiting; ask again in a moment"), (500, "overloaded"), "1"),
        (StoreAway("the database is away"), (500, "store_away"), "5"),
        (AlreadyExists("there is one"), (409, "already_exists"), None),
    ],
)
def test_what_the_store_says_is_answered(rig, failing, answered, retry_after):
    rig.intake.failing = failing
    reply = rig.post("/messages", BODY)
    assert reply.refusal == answered
    assert reply.headers.get("retry-after") == retry_after


def test_a_defect_is_a_500_without_its_words_and_is_logged_once(rig, flush_logged):
    rig.intake.failing = ZeroDivisionError("secret")
    reply = rig.post("/messages", BODY)
    assert reply.refusal == (500, "internal_error")
    assert b"secret" not in reply.octets
    (event,) = flush_logged(ZeroDivisionError)
    assert event["request_id"] == reply.body["request_id"]


def test_a_client_that_hangs_up_does_not_stop_its_message(rig, flush_logged):
    rig.intake.hold()
    connection = rig.begin(
        "POST",
        "/api/v1/messages",
        b'{"to": "0712345678", "message": "Hi"}',
        Authorization=f"Bearer {TOKEN}",
    )
    connection.hang_up()
    rig.intake.release()
    assert len(rig.intake.stored) == 1
    assert len(rig.queue.published) == 1
    assert flush_logged() == []


def test_a_defect_after_the_client_has_left_is_logged_once(rig, flush_logged):
    rig.intake.hold()
    connection = rig.begin("POST", "/api/v1/messages", b'{"to": "0712345678", "message": "Hi"}', X_API_Key=TOKEN)
    connection.hang_up()
    rig.intake.failing = ZeroDivisionError()
    rig.intake.release()
    assert len(flush_logged(ZeroDivisionError)) == 1


@pytest.fixture
def full(rig: Rig) -> Rig:
    """ACME has 25 messages, the last one delivered, the one before it failed; OTHER has one."""
    for n in range(1, 24):
        rig.history.put(stored(n))
    rig.history.put(stored(24, recipient="254733000000"), FAILED)
    rig.history.put(stored(25), Progress(State.DELIVERED, sent_at_ms=NOW_MS + 1000, done_at_ms=NOW_MS + 2000))
    rig.history.put(stored(99, team_id=2))
    return rig


def uuids(reply) -> list[str]:
    return [item["uuid"] for item in reply.data["items"]]


def test_a_list_is_newest_first_and_twenty_a_page(full):
    data = full.get("/messages").data
    assert [item["uuid"] for item in data["items"]] == [message_id(n) for n in range(25, 5, -1)]
    del data["items"], data["next_cursor"]
    assert data == {"page": 1, "page_size": 20, "total": 25, "pages": 2, "total_is_estimate": False}


def test_the_last_page_has_the_rest_and_the_one_behind_it_is_empty(full):
    assert uuids(full.get("/messages?page=2&page_size=20")) == [message_id(n) for n in range(5, 0, -1)]
    behind = full.get("/messages?page=3&page_size=20").data
    assert (behind["items"], behind["page"], behind["total"], behind["pages"]) == ([], 3, 25, 2)
    assert full.get("/messages?page=1000000000&page_size=100").data["items"] == []


def test_a_team_without_messages_has_no_pages(rig):
    data = rig.get("/messages").data
    assert (data["items"], data["total"], data["pages"]) == ([], 0, 0)


@pytest.mark.parametrize(
    "query",
    [
        *("page=0", "page=-1", "page=x", "page=1.0", "page_size=0", "page_size=101", "page_size=abc"),
        *("page_size=%EF%BC%91", "status=foo", "status=QUEUED", "before=yesterday"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused(full, query):
    reply = full.get(f"/messages?{query}")
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == [query.partition("=")[0]]


def test_all_that_is_wrong_with_a_query_is_named_at_once(full):
    fields = full.get("/messages?page=0&page_size=101&status=foo").body["fields"]
    assert [field["field"] for field in fields] == ["page", "page_size", "status"]


def test_an_empty_or_unknown_key_changes_nothing(full):
    assert full.get("/messages?page=&status=&sort=up").data["total"] == 25


@pytest.mark.parametrize("phone", ["%2B254733000000", "+254733000000", "254733000000", "0733000000", "0733+000+000"])
def test_the_filter_by_phone_reads_numbers_as_they_are_written(full, phone):
    assert uuids(full.get(f"/messages?phone={phone}")) == [message_id(24)]


@pytest.mark.parametrize("phone", ["0799999999", "hello", "1"])
def test_the_filter_by_a_phone_without_messages_gives_an_empty_list(full, phone):
    assert full.get(f"/messages?phone={phone}").data["items"] == []


def test_a_filter_with_a_nul_character_is_refused(full):
    assert full.get("/messages?phone=%00").refusal == (400, "bad_request")


@pytest.mark.parametrize(("status", "n"), [("failed", 24), ("delivered", 25)])
def test_the_filter_by_status(full, status, n):
    assert uuids(full.get(f"/messages?status={status}")) == [message_id(n)]


def test_before_goes_on_behind_a_message(full):
    assert uuids(full.get(f"/messages?page_size=2&before={message_id(24)}")) == [message_id(23), message_id(22)]


def test_an_estimated_total_says_so(full):
    full.history.more = 250_000
    data = full.get("/messages").data
    assert (data["total"], data["pages"], data["total_is_estimate"]) == (250_000, 12_500, True)


def test_an_estimate_is_never_less_than_what_is_shown(full):
    full.history.more = 3
    assert full.get("/messages").data["total"] == 20


def test_pages_do_not_reach_back_for_ever(full):
    full.history.more = 10_000_000
    reply = full.get("/messages?page=10002&page_size=100")
    assert reply.refusal == (400, "bad_request")
    assert "cursor=" in reply.body["error"]


def test_a_message_of_another_team_is_not_in_the_list(full):
    assert full.get("/messages", token="mbs_other").data["total"] == 1


def test_a_message_is_found_by_its_uuid_in_any_case_and_by_its_smpp_id(full):
    for name in (message_id(25), message_id(25).upper(), smpp_id(message_id(25)), smpp_id(message_id(25)).lower()):
        assert full.get(f"/messages/{name}").data["uuid"] == message_id(25)


@pytest.mark.parametrize("action", ["", "/resend"])
@pytest.mark.parametrize("name", [UNKNOWN, message_id(99), "msg-uuid", "1", "%2B254", "a%2Fb", "x" * 300])
def test_unknown_foreign_and_impossible_uuids_are_one_and_the_same_404(full, name, action):
    reply = full.post(f"/messages/{name}{action}") if action else full.get(f"/messages/{name}")
    assert reply.status == 404
    if "%2F" not in name:
        assert (reply.body["code"], reply.body["error"]) == ("not_found", "there is no such message")


def test_the_story_of_a_message(rig):
    rig.history.put(
        stored(1, parts=2, price_units=2),
        Progress(State.DELIVERED, sent_at_ms=NOW_MS + 60_000, done_at_ms=NOW_MS + 62_000),
        attempts=2,
        parts=(("a1", State.DELIVERED), ("a2", State.DELIVERED)),
        events=(Event(NOW_MS + 1000, "postponed", 1, 1, "88", "throttled"),),
    )
    data = rig.get(f"/messages/{message_id(1)}").data
    assert (data["status"], data["parts"], data["attempts"], data["dlr_state"]) == ("delivered", 2, 2, "DELIVRD")
    assert (data["sent_at"], data["done_at"]) == ("2026-05-11T09:01:00Z", "2026-05-11T09:01:02Z")
    assert data["part_details"] == [
        {"part": 1, "status": "delivered", "carrier_message_id": "a1"},
        {"part": 2, "status": "delivered", "carrier_message_id": "a2"},
    ]
    assert [(event["at"][11:19], event["event"], event["text"]) for event in data["timeline"]] == [
        ("09:00:00", "accepted", "accepted for 2 units"),
        ("09:00:01", "postponed", "postponed at attempt 1: throttled"),
        ("09:01:00", "sent", "sent to savanna as a1, a2"),
        ("09:01:02", "delivered", "delivered to the handset"),
    ]
    assert {event["carrier"] for event in data["timeline"]} == {None, "savanna"}


def test_a_failed_message_is_resent_as_a_new_one(full):
    data = full.post(f"/messages/{message_id(24)}/resend").data
    assert data["uuid"] != message_id(24)
    assert (data["resent_from"], data["status"], data["to"]) == (message_id(24), "queued", "+254733000000")
    assert full.history.stories[data["uuid"]].message.resent_from == message_id(24)
    assert full.queue.published == [(1, Lane.TRANSACTIONAL, [data["uuid"]])]
    assert full.get(f"/messages/{message_id(24)}").data["status"] == "failed"


def test_a_resend_goes_through_every_gate_again(full):
    full.directory.now = directory(senders=[])
    assert full.post(f"/messages/{message_id(24)}/resend").refusal == (400, "sender_not_approved")
    assert full.queue.published == []


def test_a_resend_that_cannot_be_paid_is_402(full):
    full.history.available_units = 0
    assert full.post(f"/messages/{message_id(24)}/resend").refusal == (402, "insufficient_units")
    assert full.queue.published == []


def test_what_has_not_failed_is_not_resent(full):
    assert full.post(f"/messages/{message_id(25)}/resend").refusal == (409, "not_failed")


def test_a_message_is_not_resent_twice(full):
    full.post(f"/messages/{message_id(24)}/resend")
    assert full.post(f"/messages/{message_id(24)}/resend").refusal == (409, "already_resent")


def test_a_resent_binary_message_keeps_its_octets_and_asks_for_no_receipt_on_a_bind(rig):
    rig.history.put(
        stored(1, text=None, body=b"\x01\x02", coding=Coding.BINARY, origin=Origin.SMPP, wish=Wish.ALL, lane=Lane.BULK),
        FAILED,
    )
    data = rig.post(f"/messages/{message_id(1)}/resend").data
    again = rig.history.stories[data["uuid"]].message
    assert (again.body, again.coding, again.lane) == (b"\x01\x02", Coding.BINARY, Lane.BULK)
    assert (again.origin, again.wish) == (Origin.API, Wish.NONE)


def test_a_message_whose_text_is_no_longer_kept_is_shown_without_it_and_not_resent(full):
    full.history.put(stored(24, text=None, udh=b""), FAILED)
    (listed,) = full.get("/messages?status=failed").data["items"]
    assert (listed["uuid"], listed["message"]) == (message_id(24), None)
    refused = full.post(f"/messages/{message_id(24)}/resend")
    assert refused.refusal == (409, "text_not_kept")
    assert refused.body["error"] == "the text of the message is no longer kept; send it as a new one"
    assert full.queue.published == []


def test_a_store_that_is_away_while_reading_is_no_defect(rig):
    rig.history.failing = StoreAway("the database is away")
    assert rig.get(f"/messages/{message_id(1)}").refusal == (500, "store_away")
