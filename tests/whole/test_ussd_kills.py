"""People walk through a menu while its node is killed again and again: what the menu gives to do is done once for each of them."""

import http.client
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from tests.whole.programs import HOST, Node, Smsc, eventually
from tests.whole.test_load import clean

PEOPLE = 90
AT_ONCE = 6
CODE = "20384"  # over which a survey asks
TRY_AGAIN_S = 0.2
STEPS = (("", "CON Karibu"), ("1", "CON Sure?"), ("1*1", "END Asante"))
SURVEY = {
    "name": "Service",
    "language": "en",
    "sender_id": CODE,
    "questions": [{"type": "rating", "text": "How was it, from 1 to 5?"}],
}


def menu_of(survey: str, group: str) -> dict[str, Any]:
    """A menu that does all of it at its end."""
    acts = [
        {"kind": "send_sms", "text": "Karibu sana"},
        {"kind": "add_to_group", "group": group},
        {"kind": "start_survey", "survey": survey},
    ]
    ask = {"kind": "choices", "text": "Karibu", "choices": [{"key": "1", "label": "Join", "next": "sure"}]}
    sure = {"kind": "choices", "text": "Sure?", "choices": [{"key": "1", "label": "Yes", "next": "done"}]}
    done = {"kind": "end", "text": "Asante", "actions": acts}
    return {"name": "Join", "start": "ask", "screens": {"ask": ask, "sure": sure, "done": done}}


def made(answered: tuple[int, dict[str, Any]]) -> Any:
    status, body = answered
    assert status == 200, body
    return body["data"]


def phone_of(n: int) -> str:
    return f"2547{n:08d}"


def asked(node: Node, path: str, n: int, text: str) -> str:
    """Call as Africa's Talking does, and again until there is an answer, as it does."""
    fields = {
        "sessionId": f"AT-{n}", "phoneNumber": f"+{phone_of(n)}", "serviceCode": "*384*7#", "networkCode": "63902", "text": text,
    }  # fmt: skip
    for _ in range(200):
        request = urllib.request.Request(f"http://{HOST}:{node.http_port}{path}", data=urlencode(fields).encode())
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                said = str(answer.read().decode())
        except (OSError, http.client.HTTPException):
            time.sleep(TRY_AGAIN_S)
            continue
        if not said.startswith("END Sorry"):  # it was closing
            return said
        time.sleep(TRY_AGAIN_S)
    raise AssertionError(f"{phone_of(n)} was never answered")


def walked(node: Node, path: str, n: int) -> list[str]:
    """Dial and type to the end."""
    return [asked(node, path, n, text) for text, _ in STEPS]


def test_what_a_menu_gives_to_do_is_done_once_for_each_whoever_is_killed(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", 10_000)
    node.carrier(smsc.port)
    node.quickly("sender", "add", "--team", "ACME", CODE, "--approved")
    survey = eventually(lambda: node.call(token, "/surveys", SURVEY)[1].get("data"), "the node knows the sender")[
        "uuid"
    ]
    made(node.call(token, f"/surveys/{survey}/publish", {}))
    group = made(node.call(token, "/groups", {"name": "Members"}))["uuid"]
    menu = made(node.call(token, "/ussd/menus", menu_of(survey, group)))["uuid"]
    made(node.call(token, f"/ussd/menus/{menu}/publish", {}))
    node.quickly("ussd", "code", "add", "384", "--type", "shared")
    made(node.call(token, "/ussd/extensions", {"code": "384", "extension": "7", "menu": menu}))
    node.quickly("ussd", "extension", "approve", "--team", "ACME", "*384*7#")
    path = node.quickly("ussd", "gateway", "add", "savanna", "--dialect", "africastalking")["path"]
    eventually(lambda: asked(node, path, PEOPLE + 1, "").startswith("CON"), "the node knows the menu")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        walks = [pool.submit(walked, node, path, n) for n in range(PEOPLE)]
        for part in (1, 2, 3):
            eventually(
                lambda part=part: sum(walk.done() for walk in walks) >= part * PEOPLE // 5, "so many are through"
            )
            node.kill()
            node.start()
        wanted = [said for _, said in STEPS]
        for walk in walks:
            assert [shown.splitlines()[0] for shown in walk.result()] == wanted

    def welcomed() -> Counter[str]:
        found: list[str] = []
        for page in range(1, 100):
            shown = made(node.call(token, f"/messages?page={page}&page_size=100"))
            found += [each["to"] for each in shown["items"] if each["message"] == "Karibu sana"]
            if page >= shown["pages"]:
                return Counter(found)
        raise AssertionError("there are too many messages")

    eventually(lambda: len(welcomed()) == PEOPLE, "everybody is welcomed")
    eventually(lambda: made(node.call(token, f"/groups/{group}"))["contact_count"] == PEOPLE, "everybody is a member")
    responses = f"/surveys/{survey}/responses?page_size=1"
    eventually(lambda: made(node.call(token, responses))["total"] == PEOPLE, "everybody is asked")
    assert set(welcomed().values()) == {1}
    assert made(node.call(token, "/ussd/sessions?status=ended&page_size=1"))["total"] == PEOPLE
    assert clean(node) == []
