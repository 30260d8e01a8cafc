"""Receipts through a whole node: steps before ends, a client that dies without an answer, and a replay (107, 115)."""

from datetime import UTC, datetime, timedelta

from tests.whole.esme import Esme
from tests.whole.programs import Node, Smsc

EVERYTHING = 0x11  # registered_delivery: all that is final, and what is intermediate
MESSAGES = 5


def session(node: Node, token: str, **more: object) -> Esme:
    esme = Esme(node.smpp_port, "ACME", token, registered_delivery=EVERYTHING, **more)
    assert esme.bind() == 0
    return esme


def stats(esme: Esme) -> dict[str, list[tuple[int, str]]]:
    """What was said of each message, in order: esm_class and the word."""
    said: dict[str, list[tuple[int, str]]] = {}
    for receipt in esme.heard:
        words = receipt.short_message.decode().split()
        said.setdefault(words[0].removeprefix("id:"), []).append((receipt.esm_class, words[7].removeprefix("stat:")))
    return said


def test_steps_come_before_ends_and_what_was_not_acknowledged_or_is_replayed_comes_again(smsc: Smsc, node: Node):
    node.start()
    node.carrier(smsc.port)
    token = node.team("ACME", 100)
    began = datetime.now(UTC)

    dying = session(node, token, silent=True)
    assert dying.run(map(str, range(MESSAGES)), lambda one: len(one.accepted) == len(one.receipts) == MESSAGES)
    assert set(dying.receipts) == set(dying.accepted)
    dying.close()

    second = session(node, token)
    assert second.run(iter(()), lambda one: sum("DELIVRD" in str(said) for said in stats(one).values()) == MESSAGES)
    steps = [(0x20, "ACCEPTD"), (0x20, "ENROUTE")]
    for said in stats(second).values():
        assert said[-1] == (0x04, "DELIVRD")
        assert [each for each in steps if each in said] == said[:-1]

    before = len(second.heard)
    until = datetime.now(UTC) + timedelta(seconds=1)
    answer = node.command(
        "receipts", "replay", "--team", "ACME", "--from", f"{began:%Y-%m-%dT%H:%M:%SZ}", "--to", until.isoformat()
    )
    assert answer["replayed"] == MESSAGES
    assert second.run(iter(()), lambda one: len(one.heard) == before + MESSAGES)
    assert {receipt.esm_class for receipt in second.heard[before:]} == {0x04}
    second.close()
    node.stop()
    assert "Traceback" not in node.program.said
