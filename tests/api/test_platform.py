"""What an operator does by REST: the carriers, and the receipts that fit no message."""

import pytest

from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import State
from tests.api.rig import OPERATOR, TOKEN, message_id

UNMATCHED = "/receipts/unmatched"
ROUTES = [
    ("GET", "/carriers"),
    ("GET", "/carriers/savanna"),
    ("GET", UNMATCHED),
    ("POST", f"{UNMATCHED}/replay"),
    ("POST", f"{UNMATCHED}/17/replay"),
    ("POST", f"{UNMATCHED}/17/match"),
]
LATENCY = {"count": 0, "mean_s": None, "p50_s": None, "p99_s": None}
SAVANNA = {"name": "savanna", "state": "up"}


@pytest.fixture(autouse=True)
def _a_platform(rig):
    rig.carriers.known = {"savanna": SAVANNA, "baobab": {"name": "baobab"}}
    rig.tray.give()
    rig.tray.parts[message_id(1), 1] = "ours"


def get(rig, path, **headers):
    return rig.get(path, OPERATOR, **headers)


def post(rig, path, body=None, **headers):
    return rig.post(path, body, OPERATOR, **headers)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_token_of_a_team_is_refused_with_the_scope_that_it_lacks(rig, method, path):
    reply = rig.get(path, TOKEN) if method == "GET" else rig.post(path, {}, TOKEN)
    assert reply.refusal == (403, "missing_scope")
    assert reply.body["error"] == "this token lacks the scope platform"
    assert list(rig.tray.kept) == [17]


@pytest.mark.parametrize(("method", "path"), [("GET", "/messages"), ("GET", "/smpp/sessions")])
def test_an_operator_s_token_opens_nothing_of_its_team(rig, method, path):
    assert get(rig, path).refusal == (403, "missing_scope")


def test_the_carriers_are_listed_by_name(rig):
    assert get(rig, "/carriers").data == {"items": [{"name": "baobab"}, SAVANNA]}


def test_one_carrier_is_shown_whatever_the_case_of_its_name(rig):
    assert get(rig, "/carriers/Savanna").data == SAVANNA


def test_a_carrier_that_is_not_there_is_404(rig):
    assert get(rig, "/carriers/nobody").refusal == (404, "not_found")


def test_receipts_that_fit_no_message_are_listed_newest_first(rig):
    rig.tray.give("b", state=State.DELIVERED, failure=None, error="", recipient="254712345678", done_at_ms=0)
    data = get(rig, UNMATCHED).data
    assert (data["total"], data["pages"], data["total_is_estimate"]) == (2, 1, False)
    assert data["items"] == [
        {"id": 18, "carrier": "savanna", "carrier_message_id": "b", "status": "delivered", "failure_reason": None,
         "failure_code": None, "to": "254712345678", "network": None, "done_at": "1970-01-01T00:00:00Z",
         "came_at": "2026-05-11T09:00:00Z"},
        {"id": 17, "carrier": "savanna", "carrier_message_id": "1a2b", "status": "failed", "failure_reason": "undelivered",
         "failure_code": "042", "to": None, "network": None, "done_at": None, "came_at": "2026-05-11T09:00:00Z"},
    ]  # fmt: skip


def test_the_list_has_pages(rig):
    rig.tray.give("b")
    assert [each["id"] for each in get(rig, f"{UNMATCHED}?page=2&page_size=1").data["items"]] == [17]
    past = get(rig, f"{UNMATCHED}?page=9&page_size=1").data
    assert (past["items"], past["total"], past["pages"]) == ([], 2, 2)


def test_the_list_can_be_of_one_carrier(rig):
    assert get(rig, f"{UNMATCHED}?carrier=SAVANNA").data["total"] == 1
    reply = get(rig, f"{UNMATCHED}?carrier=nobody")
    assert (reply.refusal, reply.body["fields"][0]["field"]) == ((400, "bad_request"), "carrier")


def test_all_receipts_are_tried_once_more_and_the_next_call_goes_on_where_this_one_ended(rig):
    for ref in "bc":
        rig.tray.give(ref)
    rig.tray.fitting = {18}
    first = post(rig, f"{UNMATCHED}/replay", {}).data
    assert first == {"looked_at": 2, "matched": 1, "next": 18}
    assert post(rig, f"{UNMATCHED}/replay", {"after": 18, "carrier": "savanna"}).data == {
        "looked_at": 1, "matched": 0, "next": None,
    }  # fmt: skip
    assert rig.tray.asked == [(None, 0, 10_000), (1, 18, 10_000)]


def test_those_of_a_carrier_that_is_not_there_are_not_tried(rig):
    assert post(rig, f"{UNMATCHED}/replay", {"carrier": "nobody"}).refusal == (400, "bad_request")
    assert rig.tray.asked == []


def test_one_receipt_is_tried_once_more(rig):
    assert post(rig, f"{UNMATCHED}/17/replay").data == {"looked_at": 1, "matched": 0, "next": None}
    rig.tray.fitting = {17}
    assert post(rig, f"{UNMATCHED}/17/replay").data["matched"] == 1


@pytest.mark.parametrize("number", ["18", "x", "1.5", "-1", "9" * 19, "9" * 200, "%D9%A1"])
@pytest.mark.parametrize(("verb", "body"), [("replay", None), ("match", {"message": message_id(1)})])
def test_a_receipt_that_is_not_there_is_404(rig, number, verb, body):
    assert post(rig, f"{UNMATCHED}/{number}/{verb}", body).refusal == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"message": message_id(1)},
        {"message": message_id(1).upper()},
        {"message": smpp_id(message_id(1)), "part": 1},
        {"carrier_message_id": "ours"},
    ],
)
def test_a_receipt_is_settled_as_that_of_a_message_or_of_a_carrier_s_id(rig, body):
    assert post(rig, f"{UNMATCHED}/17/match", body).data == {
        "id": 17, "message": message_id(1), "part": 1, "carrier_message_id": "ours", "status": "failed",
    }  # fmt: skip
    assert rig.tray.kept == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        ({"message": message_id(1), "carrier_message_id": "ours"}, "message"),
        ({"message": "nonsense"}, "message"),
        ({"carrier_message_id": "ours", "part": 1}, "part"),
        ({"message": message_id(1), "part": 0}, "part"),
        ({"message": message_id(1), "part": "1"}, "part"),
        ({"carrier_message_id": 5}, "carrier_message_id"),
    ],
)
def test_whose_it_is_must_be_said_in_one_way(rig, body, field):
    reply = post(rig, f"{UNMATCHED}/17/match", body)
    assert reply.refusal == (400, "bad_request")
    assert [each["field"] for each in reply.body["fields"]] == [field]
    assert list(rig.tray.kept) == [17]


def test_a_part_that_waits_for_no_receipt_is_400(rig):
    assert post(rig, f"{UNMATCHED}/17/match", {"message": message_id(9)}).refusal == (400, "bad_value")


def test_a_match_that_is_repeated_with_its_key_is_answered_as_before(rig):
    body = {"message": message_id(1)}
    first, second = (post(rig, f"{UNMATCHED}/17/match", body, Idempotency_Key="k") for _ in range(2))
    assert (second.status, second.octets, second.headers["idempotent-replayed"]) == (200, first.octets, "true")
    assert post(rig, f"{UNMATCHED}/17/match", body).refusal == (404, "not_found")
