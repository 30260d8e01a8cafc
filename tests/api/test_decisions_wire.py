"""Decisions 1 to 6 and 17 as they are on the wire, and what the reference says of lists."""

import orjson
import pytest

from mobilesasa.api.openapi import document
from mobilesasa.api.reference.words import CODE_OF_STATUS
from mobilesasa.api.requests import Said
from mobilesasa.api.resources.messages import SendMessage
from mobilesasa.api.root import make_app
from mobilesasa.api.schemas import fields_of
from mobilesasa.core.model import Failure, State
from mobilesasa.store.messages import Progress
from tests.api.rig import BODY, NOW_MS, TOKEN, Connection, Rig, message_id, stored

TABLE = make_app(Rig().node)[1]
DOCUMENT = document(TABLE)
SEND = b"POST /api/v1/messages HTTP/1.1\r\nHost: h\r\nX-API-Key: %b\r\n" % TOKEN.encode()


@pytest.mark.parametrize(
    "octets",
    [
        SEND + b"Content-Length: 3\r\n\r\n{]}",
        SEND + b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
        SEND + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"PATCH /api/v1/messages HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /api/v1/%FF HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /api/v1/account HTTP/1.0\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_decision_1_whatever_goes_wrong_the_error_is_a_string_and_the_rest_stands_beside_it(rig, octets):
    connection = Connection(rig.site)
    connection.send(octets)
    body = connection.reply().body
    assert (body["success"], type(body["error"]), type(body["code"])) == (False, str, str)
    assert set(body) <= {"success", "error", "code", "fields", "request_id"}


def test_decision_2_every_status_that_is_documented_is_one_of_the_reference():
    answers = [operation["responses"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert {int(status) for each in answers for status in each} == {200, 304, *CODE_OF_STATUS}


def test_decision_2_making_and_taking_away_are_200_with_data(rig):
    made = rig.post("/suppressions", {"phone": "+254711000001"})
    gone = rig.delete(f"/suppressions/{made.data['uuid']}")
    assert (made.status, gone.status) == (200, 200)
    assert gone.data is not None


def test_decision_3_lists_are_200_per_page_as_asked_and_twenty_unless_asked(rig):
    """api-v1: "Results per page (default 20, max 100)" """
    for n in range(120):
        rig.history.put(stored(n))
    assert [len(rig.get(f"/messages{query}").data["items"]) for query in ("", "?page_size=100", "?page=7")] == [
        20,
        100,
        0,
    ]
    assert rig.get("/messages?page_size=101").status == 400


def test_decision_5_only_the_four_statuses_are_taken(rig):
    """api-v1: "Filter by status: queued, sent, delivered, failed" """
    stands = [State.QUEUED, State.SENT, State.DELIVERED, State.FAILED]
    for n, state in enumerate(stands):
        failure = Failure.REFUSED if state is State.FAILED else None
        rig.history.put(stored(n), Progress(state, failure, done_at_ms=NOW_MS))
    for n, word in enumerate(("queued", "sent", "delivered", "failed")):
        assert [each["uuid"] for each in rig.get(f"/messages?status={word}").data["items"]] == [message_id(n)]
    assert rig.get("/messages?status=lost").refusal == (400, "bad_request")


def test_decision_6_every_time_in_an_answer_is_utc_and_whole(rig):
    rig.history.put(stored(1, at_ms=NOW_MS + 999))
    shown = rig.get(f"/messages/{message_id(1, NOW_MS + 999)}").data
    assert (shown["created_at"], shown["expires_at"]) == ("2026-05-11T09:00:00Z", "2026-05-12T09:00:00Z")


def test_decision_17_the_document_the_page_and_the_parser_have_one_source(rig):
    served = rig.ask("GET", "/api/v1/openapi.json").body
    page = rig.ask("GET", "/docs").octets.decode()
    properties = served["components"]["schemas"]["SendMessage"]["properties"]
    for name, kind, required, _ in fields_of(SendMessage):
        (said,) = [note for note in kind.__metadata__ if isinstance(note, Said)]
        assert properties[name]["description"] == said.doc
        assert f"<code>{name}</code>" in page
        if required:
            without = {key: value for key, value in BODY.items() if key != name}
            assert rig.post("/messages", without).body["fields"] == [{"field": name, "message": "is required"}]
    assert {f"{method.upper()} {path}" for path, methods in served["paths"].items() for method in methods} == {
        f"{row.method} {row.path}" for row in TABLE
    }


def test_requests_and_responses_are_json(rig):
    """api-v1: "Requests and responses use JSON." """
    reply = rig.ask("POST", "/api/v1/messages", orjson.dumps(BODY), X_API_Key=TOKEN, Content_Type="application/json")
    assert reply.headers["content-type"] == "application/json"
    assert reply.data["to"] == BODY["to"]
    for kind in ("application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        refused = rig.ask("POST", "/api/v1/messages", orjson.dumps(BODY), X_API_Key=TOKEN, Content_Type=kind)
        assert refused.refusal == (400, "bad_content_type")


def test_everything_is_below_one_address(rig):
    """api-v1: "The base URL for all endpoints is:" """
    assert DOCUMENT["servers"] == [{"url": "/api/v1"}]
    for row in TABLE:
        path = row.path.replace("{", "").replace("}", "")
        assert rig.ask(row.method, path).refusal == (404, "no_such_route")
        assert rig.ask(row.method, f"/api/v1{path}").body.get("code") != "no_such_route"
