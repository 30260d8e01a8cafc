"""A whole node, and an aggregator over HTTP that answers, calls back (early, twice, late) and brings a phone's message."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.whole.esme import Esme
from tests.whole.programs import HOST, Node, eventually

TO = "+254712345678"
NUMBER = "28901"


def call(url: str, body: Any) -> int:
    """Call the node as a carrier does; returns the status."""
    request = urllib.request.Request(  # noqa: S310
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
            status: int = reply.status
            return status
    except urllib.error.HTTPError as refused:
        return refused.code


class Aggregator:
    """Takes messages; those whose text says `early` are reported before they are answered."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.authorizations: set[str] = set()
        taken, authorizations = self.taken, self.authorizations

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                authorizations.add(self.headers["Authorization"])
                taken.append(asked)
                status, answer = 202, {"id": f"agg-{asked['id']}", "status": "accepted"}
                if "early" in asked["text"]:
                    assert call(asked["callback_url"], {"id": answer["id"], "status": "delivered"}) == 200
                if "busy" in asked["text"] and len([each for each in taken if each["id"] == asked["id"]]) == 1:
                    status, answer = 429, {"code": "limit"}
                octets = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.send_header("Retry-After", "1")
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_address[1]}/send"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Aggregator":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def aggregator() -> Iterator[Aggregator]:
    with Aggregator() as running:
        yield running


def test_messages_go_out_over_http_and_callbacks_deliver_them(aggregator: Aggregator, node: Node):
    node.start()
    options = [f"base_url={aggregator.url}", "token=hidden", f"public_url=http://{HOST}:{node.http_port}"]
    words = [word for option in options for word in ("--option", option)]
    node.quickly("carrier", "add", "savanna", "--kind", "http", *words)
    node.quickly("route", "add", "--prefix", "", "--carrier", "savanna")
    token = node.team("ACME", 100, "--sender", NUMBER)
    calls = node.command("carrier", "show", "savanna")["callbacks"]

    def send(text: str) -> str:
        status, answer = node.call(token, "/messages", {"to": TO, "message": text, "sender_id": "TextBlast"})
        assert status == 200, answer
        return str(answer["data"]["uuid"])

    def status_of(uuid: str) -> str:
        return str(node.call(token, f"/messages/{uuid}")[1]["data"]["status"])

    plain, early, long, failing = send("plain"), send("early"), send("long " * 80), send("failing")
    busy = send("busy")
    eventually(lambda: len({each["id"] for each in aggregator.taken}) == 5, "all are asked for")
    eventually(lambda: {status_of(uuid) for uuid in (plain, long, failing, busy)} == {"sent"}, "all are taken")
    assert aggregator.authorizations == {"Bearer hidden"}
    assert {each["callback_url"] for each in aggregator.taken} == {calls["receipts"]}
    eventually(lambda: status_of(early) == "delivered", "a receipt that came before the answer counts")

    for _ in range(2):
        assert (
            call(
                calls["receipts"],
                [{"id": f"agg-{plain}", "status": "delivered"}, {"id": "agg-nobody", "status": "sent"}],
            )
            == 200
        )
    assert call(calls["receipts"], {"id": f"agg-{failing}", "status": "failed", "error": "11"}) == 200
    assert call(calls["receipts"], {"id": f"agg-{long}", "status": "delivered"}) == 200
    assert [status_of(uuid) for uuid in (plain, failing, long)] == ["delivered", "failed", "delivered"]
    assert call(calls["receipts"][:-1], {"id": f"agg-{busy}", "status": "delivered"}) == 404
    assert call(calls["receipts"], "nonsense") == 200
    assert status_of(busy) == "sent"

    phone = {"id": "mo-1", "from": TO, "to": NUMBER, "text": "Habari"}
    assert [call(calls["inbound"], phone) for _ in range(2)] == [200, 200]
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    assert esme.run(iter(()), lambda one: any(pdu.short_message == b"Habari" for pdu in one.heard))
    assert [pdu.short_message for pdu in esme.heard].count(b"Habari") == 1
    esme.close()

    assert node.command("audit")["clean"] is True
    node.stop()
    assert "Traceback" not in node.program.said
    assert "hidden" not in node.program.said
