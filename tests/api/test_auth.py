import attrs
import pytest

from mobilesasa.core.teams import CurrentDirectory
from tests.api.rig import ACME, BODY, NOW_MS, OTHER, TOKEN, TOKENS, Rig, directory, message_id, token


def ask(rig: Rig, path: str = "/messages", **headers: str):
    return rig.ask("GET", f"/api/v1{path}", **headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer   {TOKEN}"},
        {"Authorization": f"BEARER {TOKEN} "},
        {"X-API-Key": TOKEN},
        {"X-API-Key": TOKEN, "Authorization": f"Bearer {TOKEN}"},
        {"X-API-Key": "", "Authorization": f"Bearer {TOKEN}"},
    ],
)
def test_a_token_is_taken_from_either_header(rig, headers):
    assert ask(rig, **headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer mbs_\udcff"},
        {"Authorization": f"Bearer {TOKEN}", "X-API-Key": "mbs_other"},
        {"Authorization": "Basic x", "X-API-Key": TOKEN},
        {"X-API-Key": " "},
        {"Authorization": "Bearer mbs_revoked"},
        {"Authorization": "Bearer mbs_expired"},
    ],
)
def test_what_is_no_usable_token_is_401_with_a_challenge(rig, headers):
    reply = ask(rig, **headers)
    assert reply.refusal == (401, "unauthenticated")
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_a_token_in_the_address_is_not_read(rig):
    assert ask(rig, f"/messages?token={TOKEN}&api_key={TOKEN}&access_token={TOKEN}").status == 401


def test_a_token_expires_at_its_time_and_not_before(rig):
    rig.now_ms = NOW_MS - 1
    assert ask(rig, X_API_Key="mbs_expired").status == 200


def test_a_token_without_the_scope_is_403_and_the_scope_is_named(rig):
    reply = ask(rig, X_API_Key="mbs_reports")
    assert reply.refusal == (403, "missing_scope")
    assert "messages" in reply.body["error"]


def test_where_several_scopes_will_do_all_are_named(rig):
    assert "messages or campaigns" in ask(rig, "/sender-ids", X_API_Key="mbs_reports").body["error"]


@pytest.mark.parametrize("teams", [[attrs.evolve(ACME, suspended=True), OTHER], [OTHER]])
def test_a_suspended_or_vanished_team_is_403(rig, teams):
    rig.directory.now = directory(teams=teams)
    assert ask(rig, X_API_Key=TOKEN).refusal == (403, "team_suspended")


def test_the_token_comes_before_the_scope_the_scope_before_the_thing_and_before_the_body(rig):
    path = f"/api/v1/messages/{message_id(1)}"
    assert rig.ask("GET", path).status == 401
    assert rig.ask("GET", path, X_API_Key="mbs_reports").status == 403
    assert rig.ask("GET", path, X_API_Key=TOKEN).status == 404
    assert rig.ask("POST", "/api/v1/messages", b"{", X_API_Key="mbs_reports").status == 403
    assert rig.ask("POST", "/api/v1/messages", b"{").status == 401


def test_a_write_that_was_under_way_when_its_token_was_revoked_is_answered_for_what_it_did(rig):
    rig.intake.hold()
    connection = rig.begin("POST", "/api/v1/messages", b'{"to": "0712345678", "message": "Hi"}', X_API_Key=TOKEN)
    rig.directory.now = directory(tokens=[attrs.evolve(each, revoked=True) for each in TOKENS])
    rig.intake.release()
    assert connection.reply().status == 200  # it is stored and charged: 401 would have it sent again
    assert rig.ask("GET", "/api/v1/messages", X_API_Key=TOKEN).status == 401


def test_too_many_bad_tokens_from_one_address_are_429_until_the_minute_is_over(rig):
    assert [ask(rig, X_API_Key="mbs_bad").status for _ in range(4)] == [401, 401, 401, 429]
    rig.clock.advance(59.5)
    late = ask(rig, X_API_Key="mbs_bad")
    assert late.refusal == (429, "too_many_attempts")
    assert late.headers["retry-after"] == "1"
    rig.clock.advance(0.5)
    assert ask(rig, X_API_Key="mbs_bad").status == 401


def test_a_good_token_passes_where_bad_ones_are_refused(rig):
    for _ in range(5):
        ask(rig, X_API_Key="mbs_bad")
    assert ask(rig, X_API_Key=TOKEN).status == 200


def test_a_request_without_a_token_is_no_attempt(rig):
    assert [ask(rig).status for _ in range(5)] == [401] * 5


def status_from(rig: Rig, host: str) -> int:
    return rig.begin("GET", "/api/v1/messages", host=host, X_API_Key="mbs_bad").reply().status


def test_addresses_are_counted_apart(rig):
    assert [status_from(rig, "192.0.2.1") for _ in range(4)][-1] == 429
    assert status_from(rig, "192.0.2.2") == 401


def test_the_addresses_of_one_ipv6_network_are_counted_together(rig):
    assert [status_from(rig, f"2001:db8::{n}") for n in range(1, 5)][-1] == 429
    assert status_from(rig, "2001:db8:0:1::1") == 401


def test_only_so_many_addresses_are_remembered(rig):
    for host in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        assert [status_from(rig, host) for _ in range(3)] == [401] * 3
    assert status_from(rig, "192.0.2.3") == 429
    assert status_from(rig, "192.0.2.1") == 401  # forgotten when the third came


def test_a_peer_without_an_address_is_counted_as_well(rig):
    assert [status_from(rig, "") for _ in range(4)][-1] == 429


def test_a_token_works_as_soon_as_the_directory_has_it(rig):
    rig.node.directory.now = directory(tokens=[token("mbs_new")])
    assert isinstance(rig.node.directory, CurrentDirectory)
    assert rig.post("/messages", BODY, token="mbs_new").status == 200
