"""A batch through a real node: what can be sent arrives once, what is scheduled waits and is taken back, and all is listed."""

from datetime import UTC, datetime, timedelta

from tests.whole.programs import Node, Smsc, eventually


def test_a_batch_is_sent_listed_and_what_waits_of_it_is_taken_back(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", 1000)
    node.carrier(smsc.port)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    messages = [
        {"to": "+254712345678", "message": "One", "client_reference": "july"},
        {"to": "12", "message": "Nowhere"},
        {"to": "+254733345678", "message": "Later", "client_reference": "july", "scheduled_at": tomorrow},
        {"to": "0712345679", "message": "Three"},
    ]
    _, sent = node.call(token, "/messages/batch", {"messages": messages})
    assert [item.get("code", "taken") for item in sent["data"]["items"]] == ["taken", "bad_recipient", "taken", "taken"]
    assert (sent["data"]["accepted"], sent["data"]["units"]) == (3, 3)
    eventually(lambda: len(smsc.texts()) == 2, "what is not scheduled arrives")
    assert sorted(smsc.texts()) == ["One", "Three"]

    _, listed = node.call(token, "/messages?client_reference=july&page_size=1")
    assert (listed["data"]["total"], listed["data"]["items"][0]["scheduled_at"]) == (2, tomorrow)
    _, following = node.call(
        token, f"/messages?client_reference=july&page_size=1&cursor={listed['data']['next_cursor']}"
    )
    assert (following["data"]["items"][0]["message"], following["data"]["next_cursor"]) == ("One", None)

    later = listed["data"]["items"][0]["uuid"]
    for _ in range(2):
        status, cancelled = node.call(token, f"/messages/{later}/cancel", {})
        assert (status, cancelled["data"]["failure_reason"]) == (200, "cancelled")
    sent_uuid = following["data"]["items"][0]["uuid"]
    status, refused = node.call(token, f"/messages/{sent_uuid}/cancel", {})
    assert (status, refused["code"]) == (409, "not_cancellable")
    _, failed = node.call(token, "/messages?status=failed")
    assert [item["uuid"] for item in failed["data"]["items"]] == [later]
    eventually(lambda: node.call(token, "/account")[1]["data"]["balance"] == 998, "the refund is there")
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []
