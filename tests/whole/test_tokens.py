"""A token on a node as it runs: made and revoked by REST, good for REST and SMPP until then, and all of it in the trail."""

import json
import time
from contextlib import closing
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.whole.esme import Esme
from tests.whole.programs import HOST, Node, eventually

MESSAGE = {"to": "+254712345678", "message": "Hi"}


def call(node: Node, method: str, path: str, token: str, body: object = None) -> tuple[int, Any]:
    """Call the API; return the status and what stands in `data`, or the code of the error."""
    octets = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = Request(f"http://{HOST}:{node.http_port}/api/v1{path}", octets, headers, method=method)
    try:
        with urlopen(asked, timeout=10) as reply:  # noqa: S310
            return reply.status, json.loads(reply.read())["data"]
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())["code"]


def bound(node: Node, password: str) -> Esme | None:
    esme = Esme(node.smpp_port, "ACME", password)
    if esme.bind() == 0:
        return esme
    esme.close()
    return None


def test_decision_26_a_token_revoked_by_rest_opens_nothing_at_once_and_its_sessions_end_within_a_second(node: Node):
    node.start()
    node.team("ACME", 100, "--sender", "ACME-A", "--sender", "ACME-B")
    node.quickly("carrier", "add", "sandbox", "--kind", "sandbox")
    node.quickly("route", "add", "--prefix", "", "--carrier", "sandbox")
    scopes = "messages,api_tokens,team"
    chief = node.quickly("token", "create", "--team", "ACME", "--name", "chief", "--scopes", scopes)["raw_token"]
    eventually(lambda: call(node, "GET", "/tokens", chief)[0] == 200, "the node knows the token")

    status, made = call(node, "POST", "/tokens", chief, {"name": "shop", "scopes": ["messages"]})
    assert status == 200
    raw, uuid = made["raw_token"], made["token"]["uuid"]
    assert (
        call(node, "POST", "/messages", raw, MESSAGE)[0] == 200
    )  # at once: no node that answers has yet to learn of it
    esme = bound(node, raw)
    assert esme is not None
    with closing(esme):
        assert call(node, "DELETE", f"/tokens/{uuid}", chief)[1]["status"] == "revoked"
        assert call(node, "POST", "/messages", raw, MESSAGE) == (401, "unauthenticated")
        began_s = time.monotonic()
        assert not esme.run(iter(()), lambda _: False)
        assert time.monotonic() - began_s < 1

    for name in ("ACME-A", "ACME-B", "ACME-A"):
        assert call(node, "PUT", "/sender-ids/default", chief, {"sender_id": name})[0] == 200
        assert call(node, "POST", "/messages", chief, MESSAGE)[1]["sender_id"] == name

    items = call(node, "GET", f"/audit?subject={uuid}", chief)[1]["items"]
    assert [(each["action"], each["by"]["name"], each["ip"]) for each in items] == [
        ("token.revoke", "chief", HOST),
        ("token.create", "chief", HOST),
    ]
    changes = node.command("trail", "--team", "ACME", "--by", "operator")["changes"]
    assert {"team.create", "token.create"} <= {each["action"] for each in changes}
    assert raw not in json.dumps(changes) + json.dumps(items)
