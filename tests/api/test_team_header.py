"""The team that a call is meant for: the tabs of a browser share one login, and one of them may have changed its team."""

from typing import Any

import attrs
import orjson
import pytest

from mobilesasa.api.ports.front import Front
from tests.api.rig import ACME, BODY, OPERATOR, OTHER, TOKEN, Reply, Rig, directory
from tests.api.test_logins import bearer, cookies_of, post, sent
from tests.fakes.people import OTTO, PASSWORD, ROOT, VERA

MOVED = (409, "team_changed")


class Tab:
    """A page in a browser: it shows a team, and its cookies are those of all tabs."""

    def __init__(self, rig: Rig, email: str) -> None:
        self._rig = rig
        reply = post(rig, "/auth/login", {"email": email, "password": PASSWORD, "cookie": True})
        self._cookies = self._read(reply)

    def _read(self, reply: Reply) -> dict[str, str]:
        return {name: morsel.value for name, morsel in cookies_of(reply).items()}

    def ask(self, method: str, path: str, body: Any = None, team: str | None = None, **headers: str) -> Reply:
        said = {} if team is None else {"X_Team": team}
        given = sent(self._cookies, X_CSRF_Token=self._cookies["mobilesasa_csrf"], **said, **headers)
        octets = b"" if body is None else orjson.dumps(body)
        return self._rig.ask(method, f"/api/v1{path}", octets, **given)

    def go_on_in(self, team: str) -> None:
        self._cookies = self._read(self.ask("POST", "/auth/refresh", {"team": team}))


@pytest.fixture
def tab(rig) -> Tab:
    return Tab(rig, OTTO.email)


def test_a_write_for_the_team_of_before_is_409_and_stores_nothing(rig, tab):
    tab.go_on_in("OTHER")
    refused = tab.ask("POST", "/messages", BODY, team="ACME2024")
    assert refused.refusal == MOVED
    assert "nothing was done" in refused.body["error"]
    assert rig.intake.stored == []
    assert rig.queue.published == []


def test_a_read_for_the_team_of_before_shows_nothing_of_the_other(tab):
    tab.go_on_in("OTHER")
    assert tab.ask("GET", "/contacts", team="ACME2024").refusal == MOVED
    assert tab.ask("GET", "/contacts", team="OTHER").status == 200


@pytest.mark.parametrize("team", ["ACME2024", "acme2024", " ACME2024 ", None])
def test_a_call_for_the_team_of_the_login_or_without_a_word_of_it_is_as_before(tab, team):
    assert tab.ask("POST", "/messages", BODY, team=team).status == 200
    assert tab.ask("GET", "/messages", team=team).status == 200


@pytest.mark.parametrize("team", ["OTHER", "", "NOSUCH", "ÄÖ"])
def test_any_other_name_is_another_team(tab, team):
    assert tab.ask("GET", "/messages", team=team).refusal == MOVED


def test_another_team_is_named_before_the_scope_that_the_role_lacks_there(rig):
    vera = Tab(rig, VERA.email)
    assert vera.ask("POST", "/messages", BODY, team="ACME2024").refusal == (403, "missing_scope")
    assert vera.ask("POST", "/messages", BODY, team="OTHER").refusal == MOVED


def test_a_page_in_no_team_says_so_with_an_empty_name(rig):
    root = Tab(rig, ROOT.email)
    assert root.ask("GET", "/auth/logins", team="").status == 200
    assert root.ask("GET", "/auth/logins", team="ACME2024").refusal == MOVED


def test_who_works_in_a_team_that_was_suspended_meanwhile_is_in_none(rig, tab):
    rig.directory.now = directory(teams=[attrs.evolve(ACME, suspended=True), OTHER])
    assert tab.ask("GET", "/messages", team="ACME2024").refusal == (403, "team_suspended")
    assert tab.ask("GET", "/auth/logins", team="ACME2024").refusal == MOVED
    assert tab.ask("GET", "/auth/logins", team="").status == 200


def test_the_csrf_token_is_asked_for_before_the_team(rig, tab):
    forged = tab.ask("POST", "/messages", BODY, team="OTHER", Cookie="").refusal
    assert forged == (401, "unauthenticated")
    access = {"Cookie": f"mobilesasa_access={tab._cookies['mobilesasa_access']}", "X_Team": "OTHER"}
    reply = rig.ask("POST", "/api/v1/messages", orjson.dumps(BODY), **access)
    assert reply.refusal == (403, "bad_csrf_token")


@pytest.mark.parametrize(("token", "code"), [(TOKEN, "ACME2024"), (OPERATOR, "ACME2024")])
def test_of_a_token_too_the_header_must_fit_if_it_is_sent(rig, token, code):
    asked = {"method": "GET", "path": "/api/v1/account"}
    assert rig.ask(**asked, **bearer(token), X_Team=code).status == 200
    assert rig.ask(**asked, **bearer(token), X_Team="OTHER").refusal == MOVED
    assert rig.ask(**asked, X_API_Key=token, X_Team="OTHER").refusal == MOVED
    access = rig.log_in(OTTO.email)
    assert rig.ask(**asked, **bearer(access), X_Team="OTHER").refusal == MOVED


def test_a_refused_call_does_not_use_up_its_key(rig, tab):
    tab.go_on_in("OTHER")
    assert tab.ask("POST", "/messages", BODY, team="ACME2024", Idempotency_Key="k").refusal == MOVED
    tab.go_on_in("ACME2024")
    made = tab.ask("POST", "/messages", BODY, team="ACME2024", Idempotency_Key="k")
    assert (made.status, made.headers.get("idempotent-replayed")) == (200, None)


def test_pages_of_other_sites_may_send_the_header():
    rig = Rig(front=Front(cors_origins=("https://app.example",)))
    asked = {"Origin": "https://app.example", "Access_Control_Request_Method": "POST"}
    reply = rig.ask("OPTIONS", "/api/v1/messages", **asked)
    assert "X-Team" in reply.headers["access-control-allow-headers"].split(", ")
