"""SMPP passwords and terms on a node as it runs: made by the command, looked at on a thread, changed under live sessions."""

from contextlib import closing
from itertools import count
from pathlib import Path

from tests.whole.esme import Esme
from tests.whole.programs import HOST, Node, eventually

WRONG = "zzzzzzzz"


def status_of(node: Node, password: str) -> int:
    """Bind once; return the status."""
    with closing(Esme(node.smpp_port, "ACME", password)) as esme:
        return esme.bind()


def is_over(esme: Esme) -> bool:
    """Wait until the server ends the session."""
    return not esme.run(iter(()), lambda _: False)


def test_a_password_binds_locks_and_is_revoked_and_terms_reach_live_sessions(folder: Path, node: Node):
    node.start()
    token = node.team("ACME", 100)
    made = node.quickly("smpp", "password", "--team", "ACME", "--allow", HOST)
    password, uuid = made["password"], made["uuid"]
    eventually(lambda: status_of(node, password) == 0, "the node knows the password")
    assert status_of(node, token[:8]) == 0x0E

    esme = Esme(node.smpp_port, "ACME", password)
    assert esme.bind() == 0
    node.quickly("team", "set", "ACME", "--smpp", "session_tps=1")
    texts = (f"text {number}" for number in count())
    assert esme.run(texts, lambda one: one.statuses[0x58] > 0)

    assert [status_of(node, WRONG) for _ in range(3)] == [0x0E] * 3
    (shown,) = node.command("smpp", "passwords", "--team", "ACME")["passwords"]
    assert (shown["failed"], shown["status"]) == (3, "active")
    assert status_of(node, password) == 0
    (shown,) = node.command("smpp", "passwords", "--team", "ACME")["passwords"]
    assert (shown["failed"], shown["last_used_at"] is not None) == (0, True)

    node.quickly("smpp", "revoke", uuid)
    assert is_over(esme)
    esme.close()
    assert status_of(node, password) == 0x0E
    assert password not in node.program.said
