"""A team's system is told of its messages over HTTP, signed, and again after the node died before it knew of the answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook

from tests.whole.programs import HOST, PATIENCE_S, Node, Smsc, eventually

WANTED = ["message.sent", "message.delivered", "message.failed"]


class Receiver(ThreadingHTTPServer):
    """Keeps what it is told; answers while `open` is set."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Calls)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.open = threading.Event()

    def handle_error(self, *_: object) -> None:
        """The node is killed on purpose."""


class Calls(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.server.open.wait(PATIENCE_S)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.open.set()
    made.shutdown()
    thread.join()
    made.server_close()


def test_what_becomes_of_a_message_is_told_at_least_once_though_the_node_is_killed(
    node: Node, smsc: Smsc, receiver: Receiver
):
    port = receiver.server_address[1]
    settings = node.folder / "mobilesasa.toml"
    settings.write_text(f'[webhooks]\nports = [{port}]\nprivate_networks = ["127.0.0.0/8"]\n')
    node.options = ("--config", str(settings))
    node.start()
    node.team("ACME", 1000)
    token = node.quickly("token", "create", "--team", "ACME", "--name", "n", "--scopes", "messages,webhooks")[
        "raw_token"
    ]
    node.carrier(smsc.port)
    status, made = node.call(token, "/webhooks", {"url": f"http://{HOST}:{port}/", "events": WANTED})
    assert status == 200, made
    uuid, secret = made["data"]["uuid"], made["data"]["secret"]

    _, sent = node.call(token, "/messages", {"to": "+254712345678", "message": "Hello"})
    eventually(lambda: receiver.heard, "the webhook is called")
    node.kill()  # between the call and its answer
    receiver.open.set()
    node.start()

    def told() -> list[str]:
        return [Webhook(secret).verify(body, headers)["type"] for headers, body in receiver.heard]

    eventually(lambda: {"message.sent", "message.delivered"} <= {*told()}, "all is told")
    ids = [headers["webhook-id"] for headers, _ in receiver.heard]
    assert (ids.count(ids[0]), told()[0]) == (2, "message.sent")
    shown = Webhook(secret).verify(receiver.heard[-1][1], receiver.heard[-1][0])["data"]
    assert shown["uuid"] == sent["data"]["uuid"]
    assert "message" not in shown

    def logged() -> list[str]:
        return [each["state"] for each in node.call(token, f"/webhooks/{uuid}/deliveries")[1]["data"]["items"]]

    eventually(lambda: logged() == ["delivered", "delivered"], "what came of it is written down")
