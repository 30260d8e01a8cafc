"""Logging in by REST: access tokens, refresh tokens, cookies (decision 10), and what a role opens (decision 11)."""

from http.cookies import SimpleCookie
from typing import Any

import attrs
import jwt
import orjson
import pytest

from mobilesasa.api.access import csrf_token
from mobilesasa.api.ports.front import Front
from mobilesasa.core.people import ACCESS_S, REPEAT_S, People, SigningKey
from mobilesasa.core.scopes import Role
from tests.api.rig import ACME, BODY, OPERATOR, OTHER, TOKEN, Reply, Rig, directory
from tests.fakes.people import JANE, KEY, OTTO, PASSWORD, ROOT, USERS, VERA

LOGIN = {"email": JANE.email, "password": PASSWORD}


def post(rig: Rig, path: str, body: Any = None, **headers: str) -> Reply:
    return rig.ask("POST", f"/api/v1{path}", orjson.dumps(body), **headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def cookies_of(reply: Reply) -> SimpleCookie:
    found = SimpleCookie()
    for each in reply.cookies:
        found.load(each)
    return found


def signed(**changes: Any) -> str:
    """An access token with claims changed; None takes one away."""
    said = {"sub": JANE.uuid, "sid": "a login", "team": "ACME2024", "aud": "mobilesasa", "iat": 1_778_490_000}
    claims = {**said, "exp": 1_778_490_900, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, KEY.secret, "HS256", headers={"kid": KEY.kid})


def test_api_v1_jwts_are_issued_at_login(rig):
    """api-v1: "JWTs are issued at login and are intended for the dashboard UI."."""
    data = post(rig, "/auth/login", LOGIN).data
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 900)
    assert data["user"] == {"uuid": JANE.uuid, "email": JANE.email, "name": "Jane", "platform_admin": False}
    acme = {"uuid": ACME.uuid, "code": "ACME2024", "name": "Acme", "role": "owner", "suspended": False}
    assert (data["team"], data["role"], data["teams"]) == (acme, "owner", [acme])
    assert {"messages", "api_tokens", "team"} <= {*data["scopes"]}
    assert rig.get("/messages", data["access_token"]).status == 200


def test_decision_10_the_same_answer_for_an_unknown_user_and_a_wrong_password(rig):
    unknown = post(rig, "/auth/login", LOGIN | {"email": "nobody@acme.example"})
    wrong = post(rig, "/auth/login", LOGIN | {"password": "another long one"})
    assert unknown.refusal == wrong.refusal == (401, "login_failed")
    assert unknown.body["error"] == wrong.body["error"]


def test_decision_9_five_wrong_passwords_and_then_429_with_retry_after(rig):
    """api-v1: "429 Too many attempts"."""
    wrong = LOGIN | {"password": "another long one"}
    assert [post(rig, "/auth/login", wrong).status for _ in range(6)] == [401] * 5 + [429]
    right = post(rig, "/auth/login", LOGIN)
    assert right.refusal == (429, "too_many_attempts")
    assert right.headers["retry-after"] == "900"
    assert post(rig, "/auth/login", LOGIN | {"email": VERA.email}).status == 200


def test_decision_15_a_disabled_user_is_403_with_the_reason_after_the_right_password(rig):
    rig.people.learn(attrs.evolve(JANE, disabled=True))
    assert post(rig, "/auth/login", LOGIN).refusal == (403, "user_disabled")


def test_every_missing_field_is_named(rig):
    reply = post(rig, "/auth/login", {})
    assert reply.refusal == (400, "bad_request")
    assert {field["field"] for field in reply.body["fields"]} == {"email", "password"}


def test_a_user_of_several_teams_names_one_or_moves_to_it(rig):
    first = post(rig, "/auth/login", {"email": OTTO.email, "password": PASSWORD}).data
    assert (first["team"]["code"], first["role"]) == ("ACME2024", "operator")
    assert [team["code"] for team in first["teams"]] == ["ACME2024", "OTHER"]
    moved = post(rig, "/auth/refresh", {"refresh_token": first["refresh_token"], "team": "other"}).data
    assert (moved["team"]["code"], moved["role"]) == ("OTHER", "admin")
    assert rig.get("/auth/me", moved["access_token"]).data["team"]["uuid"] == OTHER.uuid
    assert rig.get("/auth/me", first["access_token"]).data["team"]["uuid"] == ACME.uuid
    assert post(rig, "/auth/login", {**LOGIN, "team": "OTHER"}).status == 400


def test_decision_10_access_is_short_and_refresh_rotates(rig):
    data = post(rig, "/auth/login", LOGIN).data
    rig.now_ms += ACCESS_S * 1000
    late = rig.get("/messages", data["access_token"])
    assert late.refusal == (401, "unauthenticated")
    assert "refresh" in late.body["error"]
    again = post(rig, "/auth/refresh", {"refresh_token": data["refresh_token"]}).data
    assert rig.get("/messages", again["access_token"]).status == 200
    rig.now_ms += REPEAT_S * 1000
    assert post(rig, "/auth/refresh", {"refresh_token": data["refresh_token"]}).refusal == (401, "access_ended")
    assert post(rig, "/auth/refresh", {"refresh_token": again["refresh_token"]}).refusal == (401, "access_ended")
    assert rig.get("/messages", again["access_token"]).status == 401


def test_a_refresh_whose_answer_was_lost_is_asked_again_with_the_same_token(rig):
    token = post(rig, "/auth/login", LOGIN).data["refresh_token"]
    lost = post(rig, "/auth/refresh", {"refresh_token": token}).data
    rig.now_ms += REPEAT_S * 1000 - 1
    again = post(rig, "/auth/refresh", {"refresh_token": token}).data
    assert again["refresh_token"] != lost["refresh_token"]
    following = post(rig, "/auth/refresh", {"refresh_token": again["refresh_token"]}).data
    assert rig.get("/auth/me", following["access_token"]).status == 200
    assert post(rig, "/auth/refresh", {"refresh_token": token}).refusal == (401, "access_ended")
    assert rig.get("/auth/me", following["access_token"]).refusal == (401, "unauthenticated")


def test_decision_10_logout_revokes_at_once(rig):
    here, there = rig.log_in(JANE.email), rig.log_in(JANE.email)
    assert rig.post("/auth/logout", token=here).data == {"ended": 1}
    assert rig.get("/auth/me", here).refusal == (401, "unauthenticated")
    assert rig.get("/auth/me", there).status == 200


def test_a_logout_everywhere_ends_all_logins(rig):
    here, there, other = rig.log_in(JANE.email), rig.log_in(JANE.email), rig.log_in(VERA.email)
    assert rig.post("/auth/logout", {"everywhere": True}, here).data == {"ended": 2}
    assert [rig.get("/auth/me", token).status for token in (here, there, other)] == [401, 401, 200]


def test_where_one_is_logged_in_is_listed_and_ended_one_by_one(rig):
    here, there = rig.log_in(JANE.email), rig.log_in(JANE.email)
    items = rig.get("/auth/logins", here).data["items"]
    assert sorted(item["current"] for item in items) == [False, True]
    (other,) = [item["uuid"] for item in items if not item["current"]]
    assert rig.delete(f"/auth/logins/{other}", here).data == {"ended": 1}
    assert rig.delete(f"/auth/logins/{other}", here).refusal == (404, "not_found")
    assert [rig.get("/auth/me", token).status for token in (here, there)] == [200, 401]


def test_a_password_is_changed_with_the_old_one_and_ends_the_other_logins(rig):
    here, there = rig.log_in(JANE.email), rig.log_in(JANE.email)
    change = {"old_password": PASSWORD, "new_password": "quite another one"}
    assert rig.post("/auth/password", {**change, "old_password": "wrong"}, here).refusal == (401, "login_failed")
    assert rig.post("/auth/password", {**change, "new_password": "short"}, here).refusal == (400, "bad_value")
    assert rig.post("/auth/password", change, here).data == {"ended": 1}
    assert [rig.get("/auth/me", token).status for token in (here, there)] == [200, 401]


def test_people_choose_what_they_are_called(rig):
    here = rig.log_in(JANE.email)
    rig.desk.users[JANE.uuid] = attrs.evolve(rig.desk.give_user(JANE.email), uuid=JANE.uuid)
    shown = {"uuid": JANE.uuid, "email": JANE.email, "name": "Jane Doe", "platform_admin": False}
    assert rig.put("/auth/me", {"name": "Jane Doe"}, here).data == shown
    assert [by.uuid for by in rig.desk.actors] == [JANE.uuid]
    assert rig.put("/auth/me", {}, here).refusal == (400, "bad_request")
    assert rig.put("/auth/me", {"name": "Jane Doe"}, TOKEN).refusal == (403, "missing_scope")


def test_a_link_sets_a_password_once(rig):
    body = {"link_token": "mbl_your_link_token_here", "new_password": "quite another one"}
    assert post(rig, "/auth/link", {**body, "new_password": "short"}).status == 400
    assert post(rig, "/auth/link", body).data == {"email": JANE.email}
    assert post(rig, "/auth/link", body).refusal == (401, "login_failed")


def test_where_a_call_came_from_is_handed_on_cut_to_a_length(rig):
    post(rig, "/auth/login", LOGIN, User_Agent="x" * 300, X_Request_Id="request-9")
    whence = rig.logins.whence[-1]
    assert (whence.address, whence.agent, whence.request_id) == ("192.0.2.7", "x" * 200, "request-9")


# What an access token says


@pytest.mark.parametrize(
    "raw",
    [
        signed(exp=None),
        signed(sub=None),
        signed(sid=None),
        signed(aud="others"),
        signed()[:-4] + "AAAA",
        jwt.encode({"sub": JANE.uuid}, None, "none", headers={"kid": KEY.kid}),
        jwt.encode({"sub": JANE.uuid, "sid": "x", "iat": 0, "exp": 9e9}, b"x" * 64, "HS512", headers={"kid": KEY.kid}),
        "..",
        "a.b.c",
    ],
)
def test_what_we_have_not_signed_is_401_and_counts_as_a_bad_token(rig, raw):
    assert [rig.get("/messages", raw).status for _ in range(4)] == [401, 401, 401, 429]


@pytest.mark.parametrize(
    "raw",
    [
        signed(exp=1_778_490_000),
        signed(sub="nobody"),
        signed(team="OTHER"),
        signed(team="NOSUCH"),
        jwt.encode({"sub": "x"}, b"k" * 32, "HS256", headers={"kid": "another"}),
    ],
)
def test_what_was_good_once_is_401_and_no_attempt(rig, raw):
    assert [rig.get("/messages", raw).status for _ in range(6)] == [401] * 6


def test_a_key_before_the_newest_is_good_and_no_older_one(rig):
    old = rig.log_in(JANE.email)
    newer, newest = SigningKey("key 2", b"2" * 32), SigningKey("key 3", b"3" * 32)
    rig.people.now = People(USERS, (), [newer, KEY])
    assert rig.get("/auth/me", old).status == 200
    assert jwt.get_unverified_header(rig.log_in(JANE.email))["kid"] == "key 2"
    rig.people.now = People(USERS, (), [newest, newer])
    assert rig.get("/auth/me", old).status == 401


def test_decision_12_what_a_login_gives_out_goes_by_bearer_alone(rig):
    access = rig.log_in(JANE.email)
    assert rig.ask("GET", "/api/v1/messages", X_API_Key=access).refusal == (401, "unauthenticated")
    assert rig.ask("GET", "/api/v1/messages", X_API_Key=access, Authorization=f"Bearer {access}").status == 401
    assert rig.ask("GET", f"/api/v1/messages?access_token={access}").status == 401
    assert rig.ask("GET", "/api/v1/messages", Authorization=f"bEARER  {access}").status == 200


# Who one is at the moment


def test_decision_11_a_role_is_that_of_the_moment(rig):
    access = rig.log_in(JANE.email)
    assert rig.post("/messages", BODY, access).status == 200
    rig.people.learn(attrs.evolve(JANE, roles={1: Role.VIEWER}))
    assert rig.post("/messages", BODY, access).refusal == (403, "missing_scope")
    assert rig.get("/messages", access).status == 200
    rig.people.learn(attrs.evolve(JANE, roles={}))
    assert rig.get("/messages", access).refusal == (401, "unauthenticated")
    rig.people.learn(attrs.evolve(JANE, disabled=True))
    assert rig.get("/messages", access).refusal == (401, "unauthenticated")


def test_decision_15_a_suspended_team_is_403_and_its_people_can_still_move_to_another(rig):
    access = rig.log_in(OTTO.email)
    rig.directory.now = directory(teams=[attrs.evolve(ACME, suspended=True), OTHER])
    assert rig.get("/messages", access).refusal == (403, "team_suspended")
    me = rig.get("/auth/me", access).data
    assert (me["team"], me["role"], me["scopes"]) == (None, None, [])
    assert [team["suspended"] for team in me["teams"]] == [True, False]


def test_an_administrator_of_the_platform_opens_the_platform_without_a_team(rig):
    access = rig.log_in(ROOT.email)
    assert rig.get("/carriers", access).status == 200
    assert rig.get("/messages", access).refusal == (403, "missing_scope")
    assert rig.get("/account", access).refusal == (403, "missing_scope")
    rig.people.learn(attrs.evolve(ROOT, roles={1: Role.VIEWER}))
    access = rig.log_in(ROOT.email)
    assert rig.get("/messages", access).status == 200
    rig.directory.now = directory(teams=[attrs.evolve(ACME, suspended=True), OTHER])
    assert rig.get("/carriers", access).status == 200
    assert rig.get("/messages", access).status == 403


def test_an_owner_does_not_open_the_platform(rig):
    assert rig.get("/carriers", rig.log_in(JANE.email)).refusal == (403, "missing_scope")


@pytest.mark.parametrize("token", [TOKEN, OPERATOR])
def test_a_token_is_nobody_who_has_logged_in(rig, token):
    assert rig.get("/auth/me", token).refusal == (403, "missing_scope")


# In a browser


@pytest.fixture
def browser(rig) -> dict[str, str]:
    """The cookies of a login, by name."""
    reply = post(rig, "/auth/login", {**LOGIN, "cookie": True})
    assert "access_token" not in reply.data
    assert "refresh_token" not in reply.data
    found = {name: morsel.value for name, morsel in cookies_of(reply).items()}
    assert found["mobilesasa_csrf"] == reply.data["csrf_token"]
    return found


def sent(cookies: dict[str, str], **headers: str) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), **headers}


def test_the_cookies_are_for_our_pages_alone(rig):
    reply = post(rig, "/auth/login", {**LOGIN, "cookie": True})
    said = {
        name: (morsel["path"], bool(morsel["httponly"]), morsel["samesite"].lower(), bool(morsel["secure"]))
        for name, morsel in cookies_of(reply).items()
    }
    assert said == {
        "mobilesasa_access": ("/api/v1", True, "strict", False),
        "mobilesasa_refresh": ("/api/v1/auth", True, "strict", False),
        "mobilesasa_csrf": ("/", False, "strict", False),
    }


SECURE = {"X_Forwarded_For": "198.51.100.9", "X_Forwarded_Proto": "https"}


@pytest.fixture
def fronted() -> Rig:
    """A node behind a proxy that speaks HTTPS."""
    return Rig(front=Front(trusted_proxies=("192.0.2.7",)))


def test_over_https_the_cookies_are_of_this_host_alone_by_their_names(fronted):
    reply = post(fronted, "/auth/login", {**LOGIN, "cookie": True}, **SECURE)
    said = {
        name: (morsel["path"], bool(morsel["httponly"]), morsel["domain"], bool(morsel["secure"]))
        for name, morsel in cookies_of(reply).items()
    }
    assert said == {
        "__Host-mobilesasa_access": ("/", True, "", True),
        "__Host-mobilesasa_refresh": ("/", True, "", True),
        "__Host-mobilesasa_csrf": ("/", False, "", True),
    }


def test_over_https_a_cookie_that_a_neighbour_of_our_host_could_set_opens_nothing(fronted):
    reply = post(fronted, "/auth/login", {**LOGIN, "cookie": True}, **SECURE)
    found = {name: morsel.value for name, morsel in cookies_of(reply).items()}
    tossed = {name.removeprefix("__Host-"): value for name, value in found.items()}
    assert fronted.ask("GET", "/api/v1/messages", **sent(found), **SECURE).status == 200
    assert fronted.ask("GET", "/api/v1/messages", **sent(tossed), **SECURE).status == 401
    csrf = {"X_CSRF_Token": found["__Host-mobilesasa_csrf"]}
    refused = fronted.ask("POST", "/api/v1/auth/refresh", b"{}", **sent(tossed), **csrf, **SECURE)
    assert refused.refusal == (400, "bad_request")
    assert fronted.ask("POST", "/api/v1/auth/refresh", b"{}", **sent(found), **csrf, **SECURE).status == 200


def test_a_page_reads_with_its_cookie_and_writes_with_its_csrf_token(rig, browser):
    body = orjson.dumps(BODY)
    assert rig.ask("GET", "/api/v1/messages", **sent(browser)).status == 200
    assert rig.ask("POST", "/api/v1/messages", body, **sent(browser)).refusal == (403, "bad_csrf_token")
    wrong = sent(browser, X_CSRF_Token=csrf_token(KEY, "another login"))
    assert rig.ask("POST", "/api/v1/messages", body, **wrong).refusal == (403, "bad_csrf_token")
    right = sent(browser, X_CSRF_Token=browser["mobilesasa_csrf"])
    assert rig.ask("POST", "/api/v1/messages", body, **right).status == 200


def test_a_header_comes_before_a_cookie_and_needs_no_csrf_token(rig, browser):
    body = orjson.dumps(BODY)
    assert rig.ask("POST", "/api/v1/messages", body, **sent(browser, **bearer(TOKEN))).status == 200
    assert rig.ask("GET", "/api/v1/messages", **sent(browser, **bearer("mbs_bad"))).status == 401


def test_an_api_token_in_the_cookie_is_none(rig, browser):
    assert rig.ask("GET", "/api/v1/messages", **sent({"mobilesasa_access": TOKEN})).status == 401


def test_a_login_goes_on_by_cookie_with_the_csrf_token(rig, browser):
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}", **sent(browser)).refusal == (403, "bad_csrf_token")
    right = sent(browser, X_CSRF_Token=browser["mobilesasa_csrf"])
    reply = rig.ask("POST", "/api/v1/auth/refresh", b"{}", **right)
    found = {name: morsel.value for name, morsel in cookies_of(reply).items()}
    assert found["mobilesasa_csrf"] == browser["mobilesasa_csrf"] == reply.data["csrf_token"]
    assert found["mobilesasa_refresh"] != browser["mobilesasa_refresh"]
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}").refusal == (400, "bad_request")


def test_a_browser_that_lost_the_answer_goes_on_with_the_cookies_that_it_has(rig, browser):
    right = sent(browser, X_CSRF_Token=browser["mobilesasa_csrf"])
    replies = [rig.ask("POST", "/api/v1/auth/refresh", b"{}", **right) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    found = {name: morsel.value for name, morsel in cookies_of(replies[1]).items()}
    right = sent(found, X_CSRF_Token=found["mobilesasa_csrf"])
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}", **right).status == 200
    assert rig.ask("POST", "/api/v1/messages", orjson.dumps(BODY), **right).status == 200


@pytest.mark.parametrize("forged", ["evil", csrf_token(KEY, "another login")])
def test_a_refresh_by_cookie_needs_the_csrf_token_of_its_own_login_whatever_the_other_cookie_says(rig, browser, forged):
    tossed = sent({**browser, "mobilesasa_csrf": forged}, X_CSRF_Token=forged)
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}", **tossed).refusal == (403, "bad_csrf_token")
    right = sent(browser, X_CSRF_Token=browser["mobilesasa_csrf"])
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}", **right).status == 200
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}", **tossed).refusal == (403, "bad_csrf_token")
    assert rig.ask("GET", "/api/v1/messages", **sent(browser)).status == 200  # the used token of a forger ends nothing


def test_a_refresh_by_cookie_goes_on_after_a_new_key_has_come(rig, browser):
    rig.people.now = People(USERS, (), [SigningKey("key 2", b"n" * 32), KEY])
    right = sent(browser, X_CSRF_Token=browser["mobilesasa_csrf"])
    reply = rig.ask("POST", "/api/v1/auth/refresh", b"{}", **right)
    assert (reply.status, reply.data["csrf_token"] == browser["mobilesasa_csrf"]) == (200, False)


def test_a_refresh_by_a_cookie_that_is_none_of_ours_is_401(rig, browser):
    wrong = sent({**browser, "mobilesasa_refresh": "mbr_none"}, X_CSRF_Token=browser["mobilesasa_csrf"])
    assert rig.ask("POST", "/api/v1/auth/refresh", b"{}", **wrong).status == 401


def test_a_logout_takes_the_cookies_away(rig, browser):
    right = sent(browser, X_CSRF_Token=browser["mobilesasa_csrf"])
    reply = rig.ask("POST", "/api/v1/auth/logout", b"", **right)
    assert reply.data == {"ended": 1}
    assert reply.headers["clear-site-data"] == '"cache", "storage"'
    assert {name: (morsel.value, morsel["max-age"]) for name, morsel in cookies_of(reply).items()} == {
        "mobilesasa_access": ("", "0"),
        "mobilesasa_refresh": ("", "0"),
        "mobilesasa_csrf": ("", "0"),
    }
