"""A carrier that misbehaves in every way at once: each message ends as it should, and once."""

from typing import Any

import pytest

from tests.whole.programs import Node, Smsc, eventually

MESSAGES = 40
EARLY = ("--ids", "hex", "--receipt-form", "early", "--receipt-form", "text-only", "--receipt-form", "doubled")
LATE = ("--ids", "uuid", "--receipt-form", "ucs2", "--receipt-form", "long-dates", "--receipt-form", "failed-first")
ODD = ("--ids", "padded", "--receipt-form", "data-sm", "--receipt-form", "doubled")
SLOW = ("--throttle-every", "20", "--errors", "ESME_RSYSERR:10", "--seed", "3")


@pytest.mark.parametrize(
    "smsc", [(*each, *SLOW) for each in (EARLY, LATE, ODD)], ids=["early", "late", "odd"], indirect=True
)
def test_whatever_its_answers_and_receipts_look_like_all_is_delivered_once(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", MESSAGES)
    node.carrier(smsc.port, "--window", "10")
    texts = [f"text {n}" for n in range(MESSAGES)]
    bodies = [{"to": f"+2547110{n:05}", "message": text, "sender_id": "TextBlast"} for n, text in enumerate(texts)]
    uuids = [node.call(token, "/messages", body)[1]["data"]["uuid"] for body in bodies]

    def statuses() -> set[str]:
        return {node.call(token, f"/messages/{uuid}")[1]["data"]["status"] for uuid in uuids}

    eventually(lambda: statuses() == {"delivered"}, "all are delivered")
    assert sorted(smsc.texts()) == sorted(texts)
    assert node.command("receipts", "unmatched")["unmatched"] == 0
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []


@pytest.mark.parametrize("smsc", [("--drop-every", "1", "--report-unanswered")], indirect=True)
def test_what_it_dropped_and_reports_at_the_next_bind_is_settled_and_was_sent_once(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", 1)
    node.carrier(smsc.port, "--option", "uncertain=hold")
    body = {"to": "+254711000001", "message": "once", "sender_id": "TextBlast"}
    uuid = node.call(token, "/messages", body)[1]["data"]["uuid"]

    def story() -> dict[str, Any]:
        found: dict[str, Any] = node.call(token, f"/messages/{uuid}")[1]["data"]
        return found

    eventually(lambda: story()["status"] == "delivered", "it is delivered")
    assert [each["event"] for each in story()["timeline"]] == ["accepted", "uncertain", "sent", "delivered"]
    assert smsc.texts() == ["once"]
    assert node.command("receipts", "unmatched")["unmatched"] == 0
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []
