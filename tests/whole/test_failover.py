"""Two carriers, of which the first refuses or dies: all arrives, each is charged once and told of once."""

import itertools
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.whole.esme import Esme
from tests.whole.programs import HOST, Node, Smsc, eventually

UNITS = 100_000
WINDOW = 20


@pytest.fixture
def first(folder: Path, request: pytest.FixtureRequest) -> Iterator[Smsc]:
    yield from running(folder / "first", *getattr(request, "param", ()))


@pytest.fixture
def second(folder: Path) -> Iterator[Smsc]:
    yield from running(folder / "second")


def running(folder: Path, *more: str) -> Iterator[Smsc]:
    folder.mkdir()
    smsc = Smsc(folder, more=more)
    smsc.start()
    yield smsc
    smsc.stop()


def prepared(node: Node, first: Smsc, second: Smsc, *more: str) -> str:
    node.start()
    for name, smsc in (("first", first), ("second", second)):
        where = ["--host", HOST, "--port", str(smsc.port), "--system-id", "esme", "--window", str(WINDOW)]
        node.quickly("carrier", "add", name, "--kind", "smpp", *where, "--option", "failover_after_s=1", *more)
    node.quickly("route", "add", "--prefix", "", "--carrier", "first", "--priority", "1")
    node.quickly("route", "add", "--prefix", "", "--carrier", "second", "--priority", "2")
    return node.team("ACME", UNITS)


def asked(node: Node, token: str, about: str) -> dict[str, Any]:
    status, answer = node.call(token, f"/messages{about}")
    assert status == 200
    data: dict[str, Any] = answer["data"]
    return data


def is_right(node: Node, esme: Esme, token: str) -> None:
    """Each message that was accepted cost one unit, and has one receipt."""
    assert esme.receipts == Counter(esme.accepted.keys())
    assert node.command("team", "show", "ACME")["balance"] == UNITS - len(esme.accepted)
    audit = node.command("audit")
    assert [check["name"] for check in audit["checks"] if check["wrong"]] == []


@pytest.mark.parametrize("first", [("--errors", "0x0B:50")], indirect=True)
def test_what_the_first_carrier_refuses_arrives_by_the_second(node: Node, first: Smsc, second: Smsc):
    token = prepared(node, first, second)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    count = 400
    words = (f"refused-{n}" for n in range(count))
    assert esme.run(words, lambda e: sum(e.receipts.values()) >= count)
    by_first, by_second = set(first.texts()), set(second.texts())
    assert by_first | by_second >= set(esme.accepted.values())
    assert len(by_second) > count / 4
    is_right(node, esme, token)
    told = node.command("carrier", "show", "first")["standing"]
    assert [each["rerouted"] for each in told.values()] == [each["refused_here"] for each in told.values()]
    esme.close()


def test_when_the_first_carrier_dies_under_load_all_arrives_by_the_second(node: Node, first: Smsc, second: Smsc):
    token = prepared(node, first, second)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    words = (f"dies-{n}" for n in itertools.count())
    assert esme.run(words, lambda e: len(e.accepted) > 500)
    first.program.end(signal.SIGKILL)
    before = len(esme.accepted)
    assert esme.run(words, lambda e: len(e.accepted) > before + 500)
    eventually(
        lambda: set(first.texts()) | set(second.texts()) >= set(esme.accepted.values()), "all that was accepted arrives"
    )
    # What had arrived at the first before it died is told by nobody; all else has its receipt.
    lost = set(first.texts()) - set(second.texts())
    owed = {message_id for message_id, text in esme.accepted.items() if text not in lost}
    assert esme.run(iter(()), lambda e: owed <= set(e.receipts), 40.0)
    assert set(esme.receipts.values()) == {1}
    assert len(set(first.texts()) & set(second.texts())) <= WINDOW
    assert node.command("team", "show", "ACME")["balance"] == UNITS - len(esme.accepted)
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []
    (standing,) = node.command("carrier", "show", "first")["standing"].values()
    assert (standing["state"], standing["why"]) == ("down", "it is not connected")
    esme.close()


ON_RECEIPT = ("--option", "failover_on_receipt=true")


@pytest.mark.parametrize(
    "first",
    [("--receipts", "mix"), ("--receipt-form", "failed-first"), ("--receipt-form", "early", "--receipts", "mix")],
    indirect=True,
)
def test_what_the_first_carrier_reports_as_failed_arrives_by_the_second(node: Node, first: Smsc, second: Smsc):
    token = prepared(node, first, second, *ON_RECEIPT)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    count = 200
    words = (f"failed-{n}" for n in range(count))
    assert esme.run(words, lambda e: sum(e.receipts.values()) >= count)
    assert set(first.texts()) >= set(esme.accepted.values())
    if "mix" in first.more:  # else it says soon that all were delivered after all, as it may be before they went on
        assert len(second.texts()) == count * 3 // 20
    is_right(node, esme, token)
    listed = [each for page in (1, 2) for each in asked(node, token, f"?page_size=100&page={page}")["items"]]
    assert [each["status"] for each in listed] == ["delivered"] * count
    told = [asked(node, token, f"/{each['uuid']}")["timeline"] for each in listed[:40]]
    assert {each["carrier"] for timeline in told for each in timeline if each["event"] == "rerouted"} == {"first"}
    esme.close()


@pytest.mark.parametrize("first", [("--freeze-after", "50")], indirect=True)
def test_what_a_frozen_carrier_left_unanswered_arrives_by_the_second(node: Node, first: Smsc, second: Smsc):
    token = prepared(node, first, second, "--option", "response_timeout_s=4")  # it is unbound after 20 s of silence
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    count = 200
    words = (f"frozen-{n}" for n in range(count))
    assert esme.run(words, lambda e: sum(e.receipts.values()) >= count, 60.0)
    is_right(node, esme, token)
    doubles = set(first.texts()) & set(second.texts())
    assert len(second.texts()) == len(set(second.texts()))
    assert len(doubles) <= WINDOW
    (standing,) = node.command("carrier", "show", "first")["standing"].values()
    assert standing["uncertain"] == WINDOW
    esme.close()
