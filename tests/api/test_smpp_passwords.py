"""SMPP passwords by the API (decision 91)."""

import pytest

from tests.api.rig import token

PATH = "/smpp/passwords"
ALLOWED = {"allowed": ["192.0.2.10"]}


def delete(rig, uuid, raw="mbs_acme"):
    return rig.ask("DELETE", f"/api/v1{PATH}/{uuid}", Authorization=f"Bearer {raw}")


def test_one_that_is_made_is_shown_with_its_text_this_once(rig):
    made = rig.post(PATH, ALLOWED).data
    assert made.pop("password") == "7Hq3vRkX"
    assert rig.get(PATH).data == {"items": [made]}
    assert made["status"] == "active"
    assert made["created_at"] == "2026-05-11T09:00:00Z"


def test_it_is_made_for_the_team_of_the_token_beside_the_token_named(rig):
    rig.post(PATH, {**ALLOWED, "token_uuid": "uuid of mbs_acme"})
    assert rig.smpp_passwords.asked == [(1, "uuid of mbs_acme", ["192.0.2.10"])]


def test_without_addresses_the_words_of_the_refusal_say_what_is_needed(rig):
    reply = rig.post(PATH, {})
    assert reply.refusal == (400, "bad_value")
    assert reply.body["error"] == "name the addresses"


@pytest.mark.parametrize("allowed", ["192.0.2.10", [5], {}])
def test_what_is_no_list_of_addresses_is_a_bad_request(rig, allowed):
    reply = rig.post(PATH, {"allowed": allowed})
    assert reply.refusal == (400, "bad_request")
    assert reply.body["fields"][0]["field"].startswith("allowed")


def test_a_revoked_one_is_listed_as_revoked(rig):
    kept = rig.smpp_passwords.give()
    shown = delete(rig, kept.uuid).data
    assert (shown["uuid"], shown["status"], shown["revoked_at"]) == (kept.uuid, "revoked", "2026-05-11T09:00:00Z")
    assert rig.get(PATH).data == {"items": [shown]}


def test_another_team_s_is_not_there(rig):
    kept = rig.smpp_passwords.give(2)
    assert delete(rig, kept.uuid).refusal == (404, "not_found")
    assert rig.get(PATH).data == {"items": []}


@pytest.mark.parametrize("scopes", [("messages",), ("reports", "campaigns")])
def test_it_takes_the_scope_api_tokens(rig, scopes):
    known = rig.directory.now
    extra = token("mbs_extra", scopes=scopes)
    known.tokens[extra.digest] = extra
    replies = (rig.get(PATH, "mbs_extra"), rig.post(PATH, ALLOWED, "mbs_extra"), delete(rig, "x", "mbs_extra"))
    assert [reply.refusal for reply in replies] == [(403, "missing_scope")] * 3


def test_decision_19_a_token_makes_none_that_opens_more_than_it_does(rig):
    known = rig.directory.now
    narrow = token("mbs_narrow", scopes=("api_tokens",))
    known.tokens[narrow.digest] = narrow
    reply = rig.post(PATH, {**ALLOWED, "token_uuid": "uuid of mbs_acme"}, "mbs_narrow")
    assert reply.refusal == (403, "missing_scope")
    assert reply.body["error"] == rig.post("/tokens", {"name": "n", "scopes": ["messages"]}, "mbs_narrow").body["error"]
