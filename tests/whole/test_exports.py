"""Exports and reports of a real node: a file is there whole or not at all, also when the node is killed while it is written."""

import io
import urllib.error
import urllib.request

from openpyxl import load_workbook

from tests.whole.programs import HOST, Node, Smsc, eventually

MESSAGES = 2000


def fetched(node: Node, token: str, uuid: str) -> bytes | int:
    """Return the file of an export, or the status of the refusal."""
    where = f"http://{HOST}:{node.http_port}/api/v1/exports/{uuid}/file"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(where, headers={"Authorization": f"Bearer {token}"})
        ) as answer:
            octets: bytes = answer.read()
            return octets
    except urllib.error.HTTPError as refused:
        return refused.code


def is_complete(node: Node, token: str, uuid: str) -> bool:
    status = node.call(token, f"/exports/{uuid}")[1]["data"]["status"]
    assert status in ("pending", "running", "completed")
    if (
        status != "completed" and fetched(node, token, uuid) != 404
    ):  # it has come about in between, or half of it is shown
        assert node.call(token, f"/exports/{uuid}")[1]["data"]["status"] == "completed"
    return bool(status == "completed")


def test_after_kill_9_in_the_middle_exports_are_whole_and_reports_add_up(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", MESSAGES)
    node.carrier(smsc.port)
    for first in range(0, MESSAGES, 1000):
        to = [f"+2547{first + n:08}" for n in range(1000)]
        body = {"messages": [{"to": each, "message": "=Hello"} for each in to]}
        assert node.call(token, "/messages/batch", body)[1]["data"]["accepted"] == 1000
    uuids = [
        node.call(token, "/exports", {"kind": "messages", "format": form})[1]["data"]["uuid"]
        for form in ("csv", "xlsx", "csv")
    ]
    node.kill()
    node.start()
    for uuid in uuids:
        eventually(lambda uuid=uuid: is_complete(node, token, uuid), "the export is whole")
    text, workbook, again = (fetched(node, token, uuid) for uuid in uuids)
    assert isinstance(text, bytes)
    assert isinstance(workbook, bytes)
    assert isinstance(again, bytes)
    assert text.count(b"\r\n") == again.count(b"\r\n") == MESSAGES + 1
    assert text.count(b",'=Hello,") == MESSAGES
    sheet = load_workbook(io.BytesIO(workbook), read_only=True)["messages"]
    assert sum(1 for _ in sheet.iter_rows()) == MESSAGES + 1
    assert len({line.split(b",")[0] for line in text.split(b"\r\n")[1:-1]}) == MESSAGES

    def all_delivered() -> bool:
        figures = node.call(token, "/reports/summary")[1]["data"]["figures"]
        assert figures["accepted"] == figures["queued"] + figures["pending"] + figures["delivered"] + figures["failed"]
        return bool(figures["delivered"] == MESSAGES)

    eventually(all_delivered, "the report knows of all deliveries")
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []
