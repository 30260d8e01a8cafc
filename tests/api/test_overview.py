"""What the reference says of all calls alike: the envelope, the two ways to say who asks, the scopes, the statuses."""

import orjson
import pytest

from mobilesasa.api.errors import OWN_STATUSES, STATUSES
from mobilesasa.api.ports.front import Front
from mobilesasa.api.root import make_app
from mobilesasa.core.errors import InsufficientUnits
from mobilesasa.core.scopes import SCOPES, opens
from mobilesasa.store.tokens import MARK, make_raw_token
from tests.api.rig import BODY, TOKEN, Rig, directory, message_id, token
from tests.fakes.people import JANE

TABLE = make_app(Rig().node)[1]


def scopes_of(method: str, path: str) -> tuple[str, ...]:
    return next(row.scopes for row in TABLE if (row.method, row.path) == (method, path))


def test_the_api_sends_keeps_contacts_and_more():
    """api-v1: "The Mobile Sasa REST API lets you send SMS, manage contacts, run campaigns, and build complete integrations."."""
    assert {"/messages", "/contacts", "/groups", "/tokens", "/webhooks"} <= {row.path for row in TABLE}


def test_the_token_is_a_bearer_token(rig):
    """api-v1: "Use your API token as a Bearer token on every request."."""
    assert rig.ask("GET", "/api/v1/messages", Authorization=f"Bearer {TOKEN}").status == 200
    assert rig.ask("GET", "/api/v1/messages").status == 401


def test_over_https_the_browser_is_told_to_stay_there_and_cookies_are_for_it_alone():
    """api-v1: "All API endpoints are served over HTTPS."."""
    rig = Rig(front=Front(trusted_proxies=("192.0.2.7",)))
    body = orjson.dumps({"email": JANE.email, "password": rig.logins.password, "cookie": True})
    reply = rig.ask("POST", "/api/v1/auth/login", body, X_Forwarded_For="198.51.100.9", X_Forwarded_Proto="https")
    assert "strict-transport-security" in reply.headers
    assert all("secure" in cookie.lower() for cookie in reply.cookies)
    assert rig.logins.whence[-1].address == "198.51.100.9"


def test_requests_and_answers_are_json(rig):
    """api-v1: "Requests and responses use JSON."."""
    reply = rig.post("/messages", BODY)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert rig.ask("POST", "/api/v1/messages", b"to=1", X_API_Key=TOKEN).refusal == (400, "bad_json")


def test_everything_is_below_one_address(rig):
    """api-v1: "The base URL for all endpoints is:"."""
    assert rig.ask("GET", "/messages", X_API_Key=TOKEN).status == 404
    assert rig.ask("GET", "/api/v1/messages", X_API_Key=TOKEN).status == 200


def test_decision_1_every_answer_is_the_envelope(rig):
    """api-v1: "Every response is wrapped in a consistent envelope."

    api-v1: "Check success before reading data."
    """
    good = rig.get("/messages").body
    assert (good["success"], set(good)) == (True, {"success", "data"})
    for path, method in (
        ("/messages/x", "GET"),
        ("/nowhere", "GET"),
        ("/messages", "PATCH"),
        ("/messages?page=0", "GET"),
    ):
        wrong = rig.ask(method, f"/api/v1{path}", X_API_Key=TOKEN).body
        assert wrong["success"] is False
        assert isinstance(wrong["error"], str)
        assert "data" not in wrong


def test_decision_9_good_requests_are_never_too_many(rig):
    """api-v1: "API requests are not rate-limited at the HTTP layer, but SMS sends consume your team's SMS unit balance."."""
    assert {rig.get("/messages").status for _ in range(100)} == {200}
    assert rig.post("/messages", BODY).data["units"] == 1


def test_there_are_two_ways_to_say_who_asks(rig):
    """api-v1: "The API supports two authentication methods."

    api-v1: "API tokens are the recommended approach for integrations and scripts."
    """
    assert rig.get("/messages", TOKEN).status == rig.get("/messages", rig.log_in(JANE.email)).status == 200


def test_a_token_begins_with_its_mark():
    """api-v1: "Tokens start withmbs_."."""
    assert make_raw_token(lambda below: below - 1).startswith(MARK)
    assert MARK == "mbs_"


def test_decision_12_a_token_is_taken_from_either_header(rig):
    """api-v1: "Pass the token as a Bearer token or as the X-API-Key header."."""
    for headers in ({"Authorization": f"Bearer {TOKEN}"}, {"X_API_Key": TOKEN}):
        assert rig.ask("GET", "/api/v1/messages", **headers).status == 200


@pytest.mark.parametrize("scope", ["messages", "contacts", "groups", "reports"])
def test_a_scope_opens_its_own_resource_alone(rig, scope):
    """api-v1: "Each token is scoped to specific resources (messages, contacts, campaigns, etc.)."."""
    rig.directory.now = directory(tokens=[token("mbs_one", scopes=(scope,))])
    opened = {row.path for row in TABLE if row.scopes and opens({scope}, row.scopes, row.reads)}
    assert opened
    for row in TABLE:
        if row.method == "GET" and row.scopes and not row.places and row.path not in opened:
            assert rig.get(row.path, "mbs_one").status == 403


def test_the_scope_messages():
    """api-v1: "messagesSend and list SMS messages"."""
    assert scopes_of("POST", "/messages") == scopes_of("GET", "/messages") == ("messages",)


def test_the_scope_contacts():
    """api-v1: "contactsCreate, read, update, delete contacts"."""
    for method, path in (("POST", ""), ("GET", ""), ("PUT", "/{uuid}"), ("DELETE", "/{uuid}")):
        assert scopes_of(method, f"/contacts{path}") == ("contacts",)


def test_the_scope_groups():
    """api-v1: "groupsManage contact groups and memberships"."""
    for method, path in (
        ("POST", ""),
        ("GET", ""),
        ("POST", "/{uuid}/contacts"),
        ("DELETE", "/{uuid}/contacts/{phone}"),
    ):
        assert scopes_of(method, f"/groups{path}") == ("groups",)


def test_scopes_of_features_can_be_given_to_tokens():
    """api-v1: "campaignsCreate and manage bulk campaigns"

    api-v1: "surveysRead survey definitions and responses"

    api-v1: "ussdRead USSD code and extension info"

    api-v1: "reportsRead usage reports and statistics"
    """
    assert {"campaigns", "surveys", "ussd", "reports"} <= {*SCOPES}


def test_decision_2_the_statuses_are_those_of_the_reference(rig):
    """api-v1: "HTTP status codes signal the class of error."."""
    assert {*STATUSES.values(), *OWN_STATUSES.values()} == {400, 401, 402, 403, 404, 409, 429, 500}


def test_an_error_is_a_sentence_for_people(rig):
    """api-v1: "The error field in the response body contains a human-readable description."."""
    assert rig.post("/messages", {}).body["error"] == "to is required; message is required"


def test_200(rig):
    """api-v1: "200OK — request succeeded"."""
    assert rig.post("/messages", BODY).status == 200


def test_400(rig):
    """api-v1: "400Bad request — validation error or missing required field"."""
    assert rig.post("/messages", {"to": "+254712345678"}).refusal == (400, "bad_request")
    assert rig.post("/messages", {**BODY, "to": "letters"}).refusal == (400, "bad_recipient")


def test_402(rig):
    """api-v1: "402Payment required — insufficient SMS unit balance"."""
    rig.intake.refusing = InsufficientUnits(1)
    assert rig.post("/messages", BODY).refusal == (402, "insufficient_units")


def test_403(rig):
    """api-v1: "403Forbidden — token lacks the required scope / permission"."""
    assert rig.get("/messages", "mbs_reports").refusal == (403, "missing_scope")


def test_404(rig):
    """api-v1: "404Not found"."""
    assert rig.get(f"/messages/{message_id(7)}").refusal == (404, "not_found")


def test_409(rig):
    """api-v1: "409Conflict — duplicate or already-exists error"."""
    given = rig.contacts.give()
    rig.directory.now = directory(tokens=[token("mbs_contacts", scopes=("contacts",))])
    assert rig.post("/contacts", {"phone": f"+{given.phone}"}, "mbs_contacts").status == 409


def test_500(rig, flush_logged):
    """api-v1: "500Internal server error"."""
    rig.intake.failing = ZeroDivisionError("a defect of ours")
    reply = rig.post("/messages", BODY, Idempotency_Key="a key")
    assert reply.refusal == (500, "internal_error")
    assert "defect" not in reply.body["error"]
    assert flush_logged(ZeroDivisionError)
