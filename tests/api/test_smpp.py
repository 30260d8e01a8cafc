"""The team's SMPP sessions by REST; what they look like is held by `tests/smsc/test_console.py`."""

import attrs
import pytest

from mobilesasa.core.actors import ActorKind
from tests.api.rig import ACME, OTHER, directory

SESSION = {"id": "n-1-1"}
LINE = {"command": "submit_sm"}
REFUSED = {"reason": "your client cuts the password to 8 characters"}
ROUTES = [
    ("GET", "/smpp/sessions"),
    ("GET", "/smpp/sessions/n-1-1/trace"),
    ("POST", "/smpp/sessions/n-1-1/unbind"),
    ("GET", "/smpp/terms"),
]


@pytest.fixture(autouse=True)
def _a_session(rig):
    rig.smpp.live["n-1-1"] = (1, SESSION, [LINE])
    rig.smpp.refused[1] = [REFUSED]


def ask(rig, method, path, token):
    return rig.get(path, token) if method == "GET" else rig.post(path, token=token)


def test_a_team_sees_its_sessions_and_the_binds_that_were_refused(rig):
    assert rig.get("/smpp/sessions").data == {"items": [SESSION], "refused_binds": [REFUSED], "missing_nodes": 0}


def test_a_team_sees_what_a_bind_needs_and_what_was_set_of_its_limits(rig):
    changed = attrs.evolve(ACME, session_tps=0, smpp={"window": 500})
    rig.directory.replace(directory(teams=[changed, OTHER]))
    terms = rig.get("/smpp/terms").data
    assert (terms["system_id"], terms["port"], terms["tls_port"]) == ("ACME2024", 2775, 2776)
    assert (terms["submits_per_s_limit"], terms["window_in_limit"], terms["max_sessions"]) == (None, 500, 5)


def test_the_public_host_is_told_where_one_is_set(rig):
    assert rig.get("/smpp/terms").data["host"] is None
    rig.smpp_grants.named = "smpp.example.com"
    assert rig.get("/smpp/terms").data["host"] == "smpp.example.com"


def test_a_port_that_is_off_is_null(rig):
    rig.smpp_grants.at = (2775, None)
    assert rig.get("/smpp/terms").data["tls_port"] is None


def test_another_team_sees_nothing_of_them(rig):
    assert rig.get("/smpp/sessions", "mbs_other").data == {"items": [], "refused_binds": [], "missing_nodes": 0}


def test_a_team_sees_the_trace_of_its_session(rig):
    assert rig.get("/smpp/sessions/n-1-1/trace").data == {"session": "n-1-1", "items": [LINE]}


def test_a_team_ends_its_session_and_whoever_acts_is_handed_on(rig):
    assert rig.post("/smpp/sessions/n-1-1/unbind").data == {"id": "n-1-1"}
    ((by, session),) = rig.smpp.kicked
    assert (session, by.kind, by.uuid, by.address) == ("n-1-1", ActorKind.TOKEN, "uuid of mbs_acme", "192.0.2.7")


@pytest.mark.parametrize(("method", "path"), ROUTES[1:3])
def test_a_session_of_another_team_is_as_unknown_as_one_that_is_not_there(rig, method, path):
    foreign = ask(rig, method, path, "mbs_other")
    nobodys = ask(rig, method, path.replace("n-1-1", "n-9-9"), "mbs_other")
    assert foreign.refusal == nobodys.refusal == (404, "not_found")
    assert foreign.body["error"] == nobodys.body["error"]
    assert rig.smpp.kicked == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_scope_messages_is_needed(rig, method, path):
    assert ask(rig, method, path, "mbs_reports").refusal == (403, "missing_scope")
