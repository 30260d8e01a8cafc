"""Tokens by REST: listed, made, revoked (the reference's API Tokens; decisions 13, 18-27)."""

import orjson
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.api.root import make_app
from mobilesasa.core.actors import ActorKind, Who
from mobilesasa.core.errors import AccessEnded
from mobilesasa.core.teams import CurrentDirectory
from tests.api.rig import BODY as MESSAGE
from tests.api.rig import NOW_MS, TOKEN, TOKENS, directory, token
from tests.fakes.people import JANE, OTTO, VERA

BODY = {"name": "Zapier Integration", "scopes": ["messages"], "expires_at": "2027-01-01T00:00:00Z"}


def rig_with(rig, *more):
    rig.directory.now = directory(tokens=[*TOKENS, *more])
    return rig


def test_a_token_is_made_and_its_text_is_shown_this_once(rig):
    """api-v1: "Important: The raw_token is shown only once. Store it immediately in a secure location — it cannot be retrieved again."

    api-v1: "Descriptive name for the token"
    api-v1: "Array of scope strings (messages, contacts, groups, campaigns, surveys, ussd, reports)"
    """
    made = rig.post("/tokens", BODY).data
    assert made["raw_token"].startswith("mbs_")
    shown = made["token"]
    assert (shown["name"], shown["scopes"], shown["status"]) == ("Zapier Integration", ["messages"], "active")
    assert (shown["created_at"], shown["expires_at"]) == ("2026-05-11T09:00:00Z", "2027-01-01T00:00:00Z")
    assert shown["created_by"] == {"kind": "token", "uuid": f"uuid of {TOKEN}", "name": "maker"}
    (listed,) = rig.get("/tokens").data["items"]
    assert listed == shown
    assert made["raw_token"] not in str(listed)
    assert rig.tokens.actors[-1].uuid == f"uuid of {TOKEN}"


def test_a_token_needs_no_end(rig):
    """api-v1: "Optional expiry date. Omit for a non-expiring token." """
    assert rig.post("/tokens", {"name": "n", "scopes": ["messages"]}).data["token"]["expires_at"] is None


def test_the_list_has_those_that_open_nothing_any_more(rig):
    """api-v1: "Returns all tokens for your team, including revoked and expired ones." """
    rig.tokens.give(status="expired", expires_at_ms=NOW_MS)
    rig.tokens.give(status="revoked", revoked_at_ms=NOW_MS, revoked_by=Who(ActorKind.USER, JANE.uuid, "Jane"))
    rig.tokens.give()
    rig.tokens.give(team_id=2)
    page = rig.get("/tokens").data
    assert [each["status"] for each in page["items"]] == ["active", "revoked", "expired"]
    assert (page["total"], page["pages"], page["page"]) == (3, 1, 1)
    assert page["items"][1]["revoked_by"] == {"kind": "user", "uuid": JANE.uuid, "name": "Jane"}


def test_decision_23_the_list_shows_all_of_a_token_but_its_text_and_digest(rig):
    rig.tokens.give(last_used_at_ms=NOW_MS, last_used_address="192.0.2.10", created_by=None)
    (shown,) = rig.get("/tokens").data["items"]
    assert set(shown) == {
        "uuid", "name", "prefix", "scopes", "status", "expires_at", "created_at", "created_by", "creator_left",
        "last_used_at", "last_used_ip", "revoked_at", "revoked_by",
    }  # fmt: skip
    assert (shown["last_used_at"], shown["last_used_ip"]) == ("2026-05-11T09:00:00Z", "192.0.2.10")
    assert (shown["created_by"], shown["revoked_at"], shown["revoked_by"]) == (None, None, None)


def test_a_page_past_the_end_is_empty(rig):
    rig.tokens.give()
    page = rig.get("/tokens?page=2").data
    assert (page["items"], page["total"]) == ([], 1)
    assert rig.get("/tokens?page_size=101").refusal == (400, "bad_request")


def test_an_operator_who_made_a_token_is_not_named(rig):
    rig.tokens.give()
    assert rig.get("/tokens").data["items"][0]["created_by"] == {"kind": "operator", "uuid": None, "name": None}


def test_a_token_whose_maker_has_left_is_flagged(rig):
    rig.tokens.give(creator_left=True)
    assert rig.get("/tokens").data["items"][0]["creator_left"] is True


def test_decision_18_tokens_are_for_those_with_the_scope_api_tokens(rig):
    """api-v1: "Programmatically manage API tokens."

    api-v1: "Useful for token rotation workflows."
    api-v1: "Requires an existing token with theapi_tokens scope (or a JWT session)."
    """
    for ask in (
        lambda: rig.get("/tokens", token="mbs_reports"),
        lambda: rig.post("/tokens", BODY, token="mbs_reports"),
    ):
        assert ask().refusal == (403, "missing_scope")
    assert rig.get("/tokens").status == 200
    owner = rig.log_in(JANE.email)
    assert rig.post("/tokens", {**BODY, "scopes": ["api_tokens", "team"]}, token=owner).status == 200
    for email in (VERA.email, OTTO.email):
        assert rig.get("/tokens", token=rig.log_in(email, "ACME2024")).refusal == (403, "missing_scope")


def test_a_token_that_may_only_read_tokens_makes_none(rig):
    rig_with(rig, token("mbs_reader", scopes=("api_tokens:read",)))
    assert rig.get("/tokens", token="mbs_reader").status == 200
    assert rig.post("/tokens", BODY, token="mbs_reader").refusal == (403, "missing_scope")


@pytest.mark.parametrize(
    ("scopes", "lacking"),
    [
        (["messages", "contacts"], "contacts"),
        (["reports", "team"], "reports, team"),
        (["contacts:read"], "contacts:read"),
    ],
)
def test_decision_19_nobody_gives_what_they_do_not_have(rig, scopes, lacking):
    refused = rig.post("/tokens", {**BODY, "scopes": scopes})
    assert refused.refusal == (403, "missing_scope")
    assert refused.body["error"] == f"you cannot give what you do not have: {lacking}"
    assert rig.tokens.kept == {}


def test_whoever_may_write_may_give_reading(rig):
    assert rig.post("/tokens", {**BODY, "scopes": ["messages:read"]}).data["token"]["scopes"] == ["messages:read"]


@pytest.mark.parametrize(("scopes", "said"), [([], "needs a scope"), (["messages", "sms"], "'sms' is no scope")])
def test_decision_20_scopes_are_those_there_are_each_once_in_their_order(rig, scopes, said):
    refused = rig.post("/tokens", {**BODY, "scopes": scopes})
    assert refused.refusal == (400, "bad_value")
    assert said in refused.body["error"]
    folded = rig.post("/tokens", {**BODY, "scopes": ["api_tokens", "messages", "api_tokens"]}).data
    assert folded["token"]["scopes"] == ["api_tokens", "messages"]


def test_the_scope_platform_is_not_to_be_had(rig):
    assert rig.post("/tokens", {**BODY, "scopes": ["platform"]}).refusal == (400, "bad_value")


@pytest.mark.parametrize("end", ["2026-05-11T09:00:00Z", "2020-01-01T00:00:00Z"])
def test_decision_21_an_end_in_the_past_is_refused_and_one_far_ahead_is_not(rig, end):
    assert rig.post("/tokens", {**BODY, "expires_at": end}).refusal == (400, "bad_value")
    assert rig.post("/tokens", {**BODY, "expires_at": "2126-01-01T00:00:00Z"}).status == 200
    assert rig.post("/tokens", {**BODY, "expires_at": "2027-01-01T00:00:00"}).refusal == (400, "bad_request")


def test_decision_22_names_need_not_differ(rig):
    first, second = rig.post("/tokens", BODY).data["token"], rig.post("/tokens", BODY).data["token"]
    assert first["name"] == second["name"]
    assert first["uuid"] != second["uuid"]


def test_a_key_is_not_regarded_for_the_text_is_nowhere_kept(rig):
    for _ in range(2):
        assert rig.post("/tokens", BODY, Idempotency_Key="a key").headers.get("idempotent-replayed") is None
    assert len(rig.tokens.kept[1]) == 2


def test_decision_25_a_second_revocation_keeps_the_time_of_the_first(rig):
    uuid = rig.tokens.give().uuid
    first = rig.delete(f"/tokens/{uuid}").data
    rig.now_ms += 1000
    assert (first["status"], first["revoked_at"]) == ("revoked", "2026-05-11T09:00:00Z")
    assert rig.delete(f"/tokens/{uuid}").data == first
    unknown = rig.delete("/tokens/70000000-0000-4000-8000-999999999999")
    assert unknown.refusal == (404, "not_found")
    assert rig.delete(f"/tokens/{rig.tokens.give(team_id=2).uuid}").refusal == unknown.refusal
    assert rig.delete("/tokens/x").refusal == (404, "not_found")


def test_a_token_may_revoke_itself_and_the_last_one(rig):
    own = rig.tokens.give(uuid=f"uuid of {TOKEN}").uuid
    assert rig.delete(f"/tokens/{own.replace(' ', '%20')}").data["status"] == "revoked"
    assert rig.get("/tokens").refusal == (401, "unauthenticated")


def test_decision_27_a_token_that_was_revoked_here_opens_nothing_before_the_picture_is_newer(rig):
    """api-v1: "Immediately invalidates the token." """
    rig.tokens.give(uuid="uuid of mbs_reports")
    assert rig.get("/account", token="mbs_reports").status == 200
    rig.delete("/tokens/uuid%20of%20mbs_reports")
    refused = rig.get("/account", token="mbs_reports")
    assert refused.refusal == (401, "unauthenticated")
    assert refused.body["error"] == "the token was revoked"


def test_decision_24_a_read_that_was_under_way_when_its_token_was_revoked_is_answered_401(rig):
    """api-v1: "Any in-flight requests using it will receive 401." """
    rig.ledger.held = Deferred()
    under_way = rig.begin("GET", "/api/v1/account", Authorization="Bearer mbs_acme")
    rig.directory.revoked.add(f"uuid of {TOKEN}")
    rig.ledger.held.callback(None)
    reply = under_way.reply()
    assert reply.refusal == (401, "access_ended")
    assert "revoked while the call was under way" in reply.body["error"]


def test_a_read_that_was_under_way_when_its_login_ended_is_answered_401(rig):
    access = rig.log_in(JANE.email)
    rig.ledger.held = Deferred()
    under_way = rig.begin("GET", "/api/v1/account", Authorization=f"Bearer {access}")
    rig.people.end(rig.logins.living)
    rig.ledger.held.callback(None)
    assert under_way.reply().refusal == (401, "access_ended")


def test_a_send_whose_token_is_revoked_before_it_is_stored_is_answered_401_and_nothing_is_queued(rig):
    rig.intake.failing = AccessEnded("the token was revoked while the call was under way; nothing was done")
    refused = rig.post("/messages", {"to": "+254712345678", "message": "Hi"})
    assert refused.refusal == (401, "access_ended")
    assert rig.queue.published == []


def test_a_message_is_stored_with_who_sends_it(rig):
    rig.post("/messages", {"to": "+254712345678", "message": "Hi"})
    (stored,) = rig.intake.stored
    assert (stored.by.kind, stored.by.uuid, stored.by.address) == (ActorKind.TOKEN, f"uuid of {TOKEN}", "192.0.2.7")


def test_a_token_that_may_no_longer_make_tokens_makes_none(rig):
    rig.tokens.failing = AccessEnded("the token was revoked while the call was under way; nothing was done")
    assert rig.post("/tokens", BODY).refusal == (401, "access_ended")


def test_the_use_of_a_token_is_gathered_with_its_address(rig):
    rig.get("/account", token="mbs_reports")
    (use,) = rig.directory.uses.take()
    assert (use.token_uuid, use.at_ms, use.address) == ("uuid of mbs_reports", NOW_MS, "192.0.2.7")
    rig.get("/account", token="mbs_revoked")
    assert rig.directory.uses.take() == []


def test_what_was_revoked_here_is_forgotten_when_the_picture_says_so():
    current = CurrentDirectory(directory())
    current.revoked.update({"uuid of mbs_reports", "uuid of mbs_revoked"})
    current.replace(directory())
    assert current.revoked == {"uuid of mbs_reports"}


@pytest.mark.parametrize(
    ("method", "path", "body", "times"),
    [
        ("POST", "/tokens", BODY, 1),
        ("POST", "/tokens", {**BODY, "scopes": ["nothing"]}, 0),
        ("GET", "/tokens", None, 0),
        ("POST", "/messages", MESSAGE, 0),
    ],
)
def test_what_administers_is_answered_when_this_node_knows_of_it(rig, method, path, body, times):
    octets = b"" if body is None else orjson.dumps(body)
    rig.ask(method, f"/api/v1{path}", octets, Authorization=f"Bearer {TOKEN}")
    assert rig.caught_up == times


def test_every_route_that_changes_teams_people_tokens_or_the_platform_is_one_that_administers(rig):
    rows = [row for row in make_app(rig.node)[1] if row.writes and not row.public]
    others = {scope for row in rows if not row.administers for scope in row.scopes}
    assert others == {"messages", "contacts", "groups", "campaigns", "surveys", "reports", "webhooks"}
    assert {
        "create_token",
        "revoke_token",
        "change_team",
        "set_default_sender_id",
        "approve_sender",
        "create_route",
        "change_ussd_extension",
    } <= {row.name for row in rows if row.administers}
