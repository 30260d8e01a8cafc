"""A person between a team and a whole node: kept, written to, looked at, and forgotten."""

from tests.whole.programs import Node, Smsc, eventually

PHONE = "+254712345678"


def test_a_person_is_kept_written_to_seen_in_one_timeline_and_forgotten(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", 100)
    node.carrier(smsc.port)
    _, group = node.call(token, "/groups", {"name": "VIP"})
    _, added = node.call(token, f"/groups/{group['data']['uuid']}/contacts", {"phone": PHONE})
    contact = f"/contacts/{added['data']['uuid']}"
    assert node.call(token, "/contacts?search=0712%20345")[1]["data"]["total"] == 1
    _, sent = node.call(token, "/messages", {"to": PHONE, "message": "Hello Jane"})
    eventually(lambda: timeline(node, token, contact)[0]["message"]["status"] == "delivered", "the message arrives")
    assert [each["kind"] for each in timeline(node, token, contact)] == ["message"]

    _, begun = node.call(token, f"{contact}/erase", {"phone": PHONE})
    assert node.call(token, contact)[0] == 404
    message = f"/messages/{sent['data']['uuid']}"
    eventually(lambda: node.call(token, message)[1]["data"]["message"] is None, "the text goes")
    assert node.call(token, f"/contacts/erasures/{begun['data']['uuid']}")[1]["data"]["status"] == "running"
    assert node.call(token, "/messages", {"to": PHONE, "message": "Again"})[1]["code"] == "suppressed"
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []


def timeline(node: Node, token: str, contact: str) -> list[dict]:
    return node.call(token, f"{contact}/timeline")[1]["data"]["items"]
