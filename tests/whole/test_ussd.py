"""USSD through a whole node: dialled over HTTP and over SMPP, answered by a menu and by a team on its bind."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from mobilesasa.smpp.pdus import DeliverSm, SubmitSm, SubmitSmResp
from mobilesasa.smpp.tlvs import Tag
from tests.whole.esme import Esme
from tests.whole.phones import Phones
from tests.whole.programs import HOST, PATIENCE_S, Node, eventually

PHONE = "254712345678"
MENU = {
    "name": "Shop",
    "start": "main",
    "screens": {
        "main": {
            "kind": "choices",
            "text": "Karibu",
            "choices": [{"key": "1", "label": "Jina", "next": "name"}, {"key": "2", "label": "Bye", "next": "bye"}],
        },
        "name": {"kind": "input", "text": "Your name?", "input": {"variable": "name", "type": "text"}, "next": "bye"},
        "bye": {"kind": "end", "text": "Asante {name:rafiki}."},
    },
}
SCREENS = ["Karibu\n1 Jina\n2 Bye", "Your name?\n0 Back", "Asante a*b."]


@pytest.fixture
def phones() -> Iterator[Phones]:
    made = Phones()
    yield made
    made.close()


def ready(node: Node) -> tuple[str, str]:
    """A team whose menu answers `*384*7#`, and who answers `*384*8#` itself; return its token and a gateway's address."""
    node.start()
    node.team("ACME", 10)
    token = node.quickly("token", "create", "--team", "ACME", "--name", "ussd", "--scopes", "ussd,messages")[
        "raw_token"
    ]
    node.quickly("ussd", "code", "add", "384", "--type", "shared")
    menu = made(node.call(token, "/ussd/menus", MENU))["uuid"]
    made(node.call(token, f"/ussd/menus/{menu}/publish", {}))
    made(node.call(token, "/ussd/extensions", {"code": "384", "extension": "7", "menu": menu}))
    made(node.call(token, "/ussd/extensions", {"code": "384", "extension": "8", "smpp": True}))
    for dialled in ("*384*7#", "*384*8#"):
        node.quickly("ussd", "extension", "approve", "--team", "ACME", dialled)
    path = node.quickly("ussd", "gateway", "add", "savanna", "--dialect", "africastalking")["path"]
    eventually(lambda: dialled_by(node, path, "probe", "")[0] == 200, "the node knows the gateway")
    eventually(lambda: "Karibu" in dialled_by(node, path, "warm", "7")[1], "the node knows the extensions")
    return token, path


def made(answered: tuple[int, dict[str, Any]]) -> Any:
    status, body = answered
    assert status == 200, body
    return body["data"]


def dialled_by(node: Node, path: str, session: str, text: str) -> tuple[int, str]:
    """Call as Africa's Talking does."""
    fields = {
        "sessionId": session,
        "phoneNumber": f"+{PHONE}",
        "serviceCode": "*384#",
        "networkCode": "63902",
        "text": text,
    }
    request = urllib.request.Request(f"http://{HOST}:{node.http_port}{path}", data=urlencode(fields).encode())
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_a_menu_is_walked_over_http_and_over_smpp_and_nothing_is_charged(node: Node, phones: Phones):
    token, path = ready(node)
    shown = [dialled_by(node, path, "s1", text) for text in ("7", "7*1", "7*1*a*b")]
    assert shown == [(200, f"CON {SCREENS[0]}"), (200, f"CON {SCREENS[1]}"), (200, f"END {SCREENS[2]}")]
    assert dialled_by(node, path, "s1", "7*1*a*b") == shown[2]  # the gateway says it again
    assert dialled_by(node, re.sub("/[^/]*$", "/wrong", path), "s1", "7")[0] == 404

    node.carrier(phones.port)
    phones.accept()
    screens = [over_smpp(phones, n, text) for n, text in enumerate(("*384*7#", "1", "a*b"))]
    assert [(pdu.short_message.decode(), pdu.tlvs[Tag.USSD_SERVICE_OP]) for pdu in screens] == [
        (SCREENS[0], 2), (SCREENS[1], 2), (SCREENS[2], 17),
    ]  # fmt: skip

    sessions = made(node.call(token, "/ussd/sessions?status=ended"))["items"]
    assert sorted(each["gateway"] for each in sessions) == ["savanna", "upstream"]
    assert made(node.call(token, "/messages"))["items"] == []
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []


def over_smpp(phones: Phones, step: int, text: str) -> SubmitSm:
    """Say what was typed, and return the screen, taken."""
    op = 18 if step else 1
    tlvs = {Tag.USSD_SERVICE_OP: op, Tag.ITS_SESSION_INFO: bytes((7, step << 1))}
    pdu = DeliverSm(
        service_type="USSD", source_addr=PHONE, destination_addr="384", short_message=text.encode(), tlvs=tlvs
    )
    phones.say([pdu])
    (screen,) = phones.hear_submits(1)
    return screen


STEPS = [("8", "*384*8#", 2, "CON Salio?"), ("8*1", "1", 17, "END Salio?")]


def test_a_team_answers_on_its_bind(node: Node):
    token, path = ready(node)
    assert dialled_by(node, path, "s2", "8")[1].startswith("END ")  # nobody is bound
    assert node.smpp_port is not None
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0
    with ThreadPoolExecutor(1) as pool:
        for n, (text, typed, op, expected) in enumerate(STEPS):
            calling = pool.submit(dialled_by, node, path, "s3", text)
            assert esme.run(iter(()), lambda e, n=n: len(e.inbound) > n)
            step = esme.inbound[-1]
            assert (step.short_message.decode(), step.source_addr, step.destination_addr) == (typed, PHONE, "384")
            answer = esme.ask(
                SubmitSm(
                    service_type="USSD",
                    source_addr="384",
                    destination_addr=PHONE,
                    short_message=b"Salio?",
                    tlvs={Tag.USSD_SERVICE_OP: op},
                )
            )
            assert isinstance(answer, SubmitSmResp)
            assert answer.status == 0
            assert calling.result(PATIENCE_S) == (200, expected)
    esme.close()
    assert made(node.call(token, "/messages"))["items"] == []
