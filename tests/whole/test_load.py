"""The message path under load, and through kill -9: nothing lost, nothing charged twice, doubles within one window."""

import contextlib
import itertools
import signal
from collections import Counter
from pathlib import Path

import psutil

from tests.whole.esme import Esme
from tests.whole.programs import Node, Smsc, eventually

WINDOW = 40  # of the carrier: two binds of 20


def texts(run: str):
    return (f"{run}-{n}" for n in itertools.count())


def prepared(node: Node, smsc: Smsc) -> str:
    node.start()
    token = node.team("ACME", 1_000_000)
    node.carrier(smsc.port, "--binds", "2", "--window", str(WINDOW // 2))
    return token


def clean(node: Node) -> list[str]:
    audit = node.command("audit")
    return [check["name"] for check in audit["checks"] if check["wrong"]]


def test_under_load_each_message_arrives_once_and_has_one_receipt(node: Node, smsc: Smsc):
    token = prepared(node, smsc)
    esme = Esme(node.smpp_port, "acme", token)
    assert esme.bind() == 0
    count = 3000
    assert esme.run(itertools.islice(texts("load"), count), lambda e: sum(e.receipts.values()) >= count)
    esme.close()

    arrived = Counter(smsc.texts())
    assert arrived == Counter(esme.accepted.values())
    assert set(arrived.values()) == {1}
    assert esme.receipts == Counter(esme.accepted.keys())
    assert esme.statuses == {0: count}
    assert clean(node) == []


def test_after_kill_9_all_that_was_accepted_arrives_and_no_more_than_a_window_twice(node: Node, smsc: Smsc):
    token = prepared(node, smsc)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    assert esme.run(texts("before"), lambda e: len(e.accepted) > 1500)
    node.kill()
    esme.run(texts("never"), lambda e: False)  # read what was answered before the end
    esme.close()

    node.start()
    again = Esme(node.smpp_port, "ACME", token)
    assert again.bind() == 0
    wanted = set(esme.accepted.values())
    eventually(lambda: wanted <= set(smsc.texts()), "all that was accepted arrives")
    owed = set(esme.accepted) - set(esme.receipts)
    assert again.run(iter(()), lambda e: owed <= set(e.receipts))
    again.close()

    doubled = {words: times for words, times in Counter(smsc.texts()).items() if times > 1}
    assert len(doubled) <= WINDOW
    assert set(doubled.values()) <= {2}
    assert clean(node) == []


def test_when_the_database_is_killed_the_node_brings_it_back_and_loses_nothing(node: Node, smsc: Smsc):
    token = prepared(node, smsc)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    stream = texts("database")
    assert esme.run(stream, lambda e: len(e.accepted) > 500)
    kill_database(node.folder)
    before = len(esme.accepted)
    assert esme.run(stream, lambda e: len(e.accepted) > before + 500)
    assert esme.run(iter(()), lambda e: set(e.accepted) <= set(e.receipts))
    esme.close()

    arrived = Counter(smsc.texts())
    assert set(esme.accepted.values()) <= set(arrived)
    assert set(arrived.values()) == {1}
    assert clean(node) == []


def kill_database(folder: Path) -> None:
    """Kill the postmaster of the node, and all of its children with it."""
    pid = int((folder / "state" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    for process in [postmaster, *postmaster.children()]:
        with contextlib.suppress(psutil.NoSuchProcess):  # the others end when they miss the first
            process.send_signal(signal.SIGKILL)
