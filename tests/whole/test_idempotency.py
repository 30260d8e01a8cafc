"""A hundred calls at once with one Idempotency-Key over real connections: one message reaches the carrier, and is paid once."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import attrs

from tests.whole.programs import HOST, PATIENCE_S, Node, Smsc, eventually

CALLS = 100
BODY = b'{"to": "+254712345678", "message": "Once", "sender_id": "TextBlast"}'


@attrs.frozen
class Reply:
    status: int
    replayed: str | None
    retry_after: str | None
    octets: bytes

    @property
    def kind(self) -> tuple[int, str, str | None]:
        """What sort of answer it is: status, code, and whether it is of an earlier call."""
        return self.status, json.loads(self.octets).get("code", ""), self.replayed


FIRST, REPEAT, RUNNING = (200, "", None), (200, "", "true"), (409, "idempotency_running", None)


def post(node: Node, token: str, key: str, body: bytes = BODY, together: threading.Barrier | None = None) -> Reply:
    connection = http.client.HTTPConnection(HOST, node.http_port, timeout=PATIENCE_S)
    connection.connect()
    if together is not None:
        together.wait(PATIENCE_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    connection.request("POST", "/api/v1/messages", body, headers)
    answer = connection.getresponse()
    reply = Reply(
        answer.status, answer.getheader("Idempotent-Replayed"), answer.getheader("Retry-After"), answer.read()
    )
    connection.close()
    return reply


def test_of_a_hundred_calls_at_once_with_one_key_one_sends_and_is_paid(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", 1000)
    node.carrier(smsc.port)
    together = threading.Barrier(CALLS)
    with ThreadPoolExecutor(CALLS) as pool:
        calls = [pool.submit(post, node, token, "order-1", together=together) for _ in range(CALLS)]
        replies = [call.result() for call in calls]

    kinds = [reply.kind for reply in replies]
    assert set(kinds) <= {FIRST, REPEAT, RUNNING}
    assert kinds.count(FIRST) == 1
    assert {reply.retry_after for reply in replies if reply.status == 409} <= {"1"}
    (octets,) = {reply.octets for reply in replies if reply.status == 200}

    again = post(node, token, "order-1")
    assert (again.kind, again.octets) == (REPEAT, octets)
    assert post(node, token, "order-1", BODY + b" ").kind == (409, "idempotency_key_reused", None)

    _, listed = node.call(token, "/messages")
    assert [each["uuid"] for each in listed["data"]["items"]] == [json.loads(octets)["data"]["uuid"]]
    assert node.call(token, "/account")[1]["data"]["available"] == 999
    eventually(smsc.texts, "the message arrives")
    assert smsc.texts() == ["Once"]
    eventually(lambda: node.call(token, "/account")[1]["data"]["balance"] == 999, "the message is paid")
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []


def test_after_kill_9_a_repeat_is_answered_as_before(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", 1000)
    node.carrier(smsc.port)
    first = post(node, token, "order-1")
    node.kill()
    node.start()
    again = post(node, token, "order-1")
    assert (first.kind, again.kind) == (FIRST, REPEAT)
    assert again.octets == first.octets
    assert len(node.call(token, "/messages")[1]["data"]["items"]) == 1
