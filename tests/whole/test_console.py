"""What a support engineer asks of a real node, by the command and by REST."""

import json

import pytest

from tests.whole.esme import Esme
from tests.whole.programs import Node, eventually

CANARY = "CANARY-5f3a"


@pytest.fixture
def token(node: Node) -> str:
    node.start()
    token = node.team("ACME", 10)
    eventually(lambda: node.call(token, "/account")[0] == 200, "the team is known")
    return token


def bound(node: Node, token: str) -> Esme:
    esme = Esme(node.smpp_port or 0, "ACME", token)
    assert esme.bind() == 0
    return esme


def test_a_session_is_seen_traced_and_kicked_from_another_process(node: Node, token: str):
    cut = Esme(node.smpp_port or 0, "ACME", token[:8])
    assert cut.bind() != 0
    cut.close()
    esme = bound(node, token)
    assert esme.run(iter([CANARY]), lambda esme: len(esme.accepted) + sum(esme.statuses.values()) > 0)

    found = node.command("smpp", "sessions", "--team", "ACME")
    (session,) = found["sessions"]
    assert (session["team"], session["bind_type"], session["counts"]["submits"]) == ("ACME", "transceiver", 1)
    assert [each["reason"] for each in found["refused_binds"]] == ["your client cuts the password to 8 characters"]
    assert f"{session['id']}: ACME from" in node.program.said  # the log speaks of it by the same name

    traced = node.command("smpp", "trace", session["id"])["trace"]
    assert [line["command"] for line in traced] == [
        "bind_transceiver",
        "bind_transceiver_resp",
        "submit_sm",
        "submit_sm_resp",
    ]
    status, shown = node.call(token, f"/smpp/sessions/{session['id']}/trace")
    assert (status, shown["data"]["items"]) == (200, traced)
    told = json.dumps([found, traced, shown])
    assert not [secret for secret in (CANARY, token, "254712345678") if secret in told]

    assert node.command("smpp", "kick", session["id"]) == {"kicked": session["id"]}
    assert esme.run(iter(()), lambda _: False) is False  # the server has unbound and closed
    esme.close()
    eventually(lambda: node.command("smpp", "sessions")["sessions"] == [], "the session is gone")


def test_the_names_of_sessions_are_not_used_again_after_a_restart(node: Node, token: str):
    names = set()
    for _ in range(2):
        esme = bound(node, token)
        (session,) = node.call(token, "/smpp/sessions")[1]["data"]["items"]
        names.add(session["id"])
        esme.close()
        node.stop()
        node.start()
    assert len(names) == 2


def test_a_command_that_finds_no_node_says_so(node: Node, token: str):
    node.stop()
    with pytest.raises(AssertionError, match="no node is running on this store"):
        node.command("smpp", "sessions")
