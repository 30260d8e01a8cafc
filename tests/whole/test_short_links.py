"""A campaign with short links through a real node: what phones get leads on, and its clicks reach the team."""

import http.client
import re

import pytest

from tests.whole.programs import HOST, PATIENCE_S, Node, Smsc, eventually
from tests.whole.test_load import clean

PHONES = ["254711000001", "254711000002"]
URL = "https://shop.example.com/may?utm_source=sms"
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"


@pytest.fixture
def linking(node: Node, smsc: Smsc) -> Node:
    """A node with an address for short links, and a carrier."""
    config = node.folder / "node.toml"
    config.write_text('[links]\nbase_url = "http://localhost/go"\n')
    node.options = ("--config", str(config))
    node.start()
    node.carrier(smsc.port)
    return node


def follow(node: Node, path: str, agent: str) -> tuple[int, str | None]:
    """Ask for a path of the links' host; return the status, and where it leads."""
    connection = http.client.HTTPConnection(HOST, node.http_port, timeout=PATIENCE_S)
    connection.request("GET", path, headers={"Host": "localhost", "User-Agent": agent})
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.getheader("Location")


def test_what_phones_get_leads_on_and_clicks_are_told(linking: Node, smsc: Smsc):
    token = linking.team("ACME", 10)
    group = linking.call(token, "/groups", {"name": "Customers"})[1]["data"]["uuid"]
    for phone in PHONES:
        assert linking.call(token, f"/groups/{group}/contacts", {"phone": f"+{phone}"})[0] == 200
    said = {
        "name": "May",
        "message": f"See {URL}. Bye",
        "sender_id": "TextBlast",
        "group_ids": [group],
        "track_links": True,
    }
    code, made = linking.call(token, "/campaigns", said)
    assert code == 200, made
    uuid = made["data"]["uuid"]
    code, sent = linking.call(token, f"/campaigns/{uuid}/send", {})
    assert code == 200, sent
    eventually(lambda: len(smsc.texts()) == len(PHONES), "both texts arrive")

    paths = [re.fullmatch(r"See http://localhost(/go/\w{8})\. Bye", text)[1] for text in smsc.texts()]
    assert len({*paths}) == len(PHONES)
    assert follow(linking, paths[0], BROWSER) == (302, URL)
    assert follow(linking, paths[0], BROWSER) == (302, URL)
    assert follow(linking, paths[1], "WhatsApp/2.23") == (302, URL)
    assert follow(linking, "/go/zzzzzzzz", BROWSER) == (404, None)

    def shown() -> dict[str, int]:
        (link,) = linking.call(token, f"/campaigns/{uuid}/links")[1]["data"]["items"]
        return {name: link[name] for name in ("recipients", "clicks", "previews")}

    eventually(lambda: shown() == {"recipients": 1, "clicks": 2, "previews": 1}, "the clicks are told")
    (clicked,) = linking.call(token, f"/campaigns/{uuid}/clicks")[1]["data"]["items"]
    assert (clicked["phone"] in {f"+{phone}" for phone in PHONES}, clicked["clicks"]) == (True, 2)
    assert clean(linking) == []
