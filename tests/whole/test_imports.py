"""A file of contacts through a real node, which is killed in the middle (decision 56)."""

import http.client
import json
from typing import Any

from tests.whole.programs import HOST, PATIENCE_S, Node, eventually

PEOPLE = 30_000


def send(node: Node, token: str, octets: bytes) -> dict[str, Any]:
    """Upload a file; returns what is answered."""
    body = b'--line\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n' + octets
    connection = http.client.HTTPConnection(HOST, node.http_port, timeout=PATIENCE_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=line"}
    connection.request("POST", "/api/v1/contacts/import", body + b"\r\n--line--\r\n", headers)
    said: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return said


def upload_of(node: Node, token: str, uuid: str) -> dict[str, Any]:
    shown: dict[str, Any] = node.call(token, f"/contacts/uploads/{uuid}")[1]["data"]
    return shown


def test_decision_56_after_kill_9_an_import_goes_on_and_every_row_is_there_once(node: Node):
    node.start()
    token = node.team("ACME", 0)
    octets = b"".join([b"phone,name\n", *(b"+2547%08d,Jane Doe %d\n" % (n, n) for n in range(PEOPLE))])
    uuid = send(node, token, octets)["data"]["uuid"]
    eventually(lambda: upload_of(node, token, uuid)["imported"], "the import begins")
    node.kill()
    node.start()
    assert upload_of(node, token, uuid)["status"] in ("processing", "pending", "completed")
    eventually(lambda: upload_of(node, token, uuid)["finished_at"], "the import ends")
    ended = upload_of(node, token, uuid)
    assert (ended["status"], ended["imported"], ended["updated"], ended["skipped"]) == ("completed", PEOPLE, 0, 0)
    last, behind = (node.call(token, f"/contacts?page_size=100&page={n}")[1]["data"]["items"] for n in (300, 301))
    assert (len(last), behind) == (100, [])
    assert send(node, token, b"%PDF-1.7")["code"] == "bad_file"
