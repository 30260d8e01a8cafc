"""A campaign through a real node with two carriers, which is killed again and again in the middle (decision 71).

`CAMPAIGN_PEOPLE=100000 pytest --timeout 600 --log-cli-level info tests/whole/test_campaigns.py` does it with so many, and says how
many came twice.
"""

import http.client
import json
import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any

from tests.whole.programs import HOST, PATIENCE_S, Node, Smsc, eventually
from tests.whole.test_imports import upload_of
from tests.whole.test_load import clean

PEOPLE = int(os.environ.get("CAMPAIGN_PEOPLE", "3000"))
RATE_PER_S = min(PEOPLE * 4 // 15, 3000)  # so that it is still under way when the node dies for the third time
WINDOW = 20  # of each of two carriers
UNITS = PEOPLE + 97_000


def second_smsc(folder: Path) -> Smsc:
    """Start another carrier beside the one of the fixture."""
    beside = folder / "second"
    beside.mkdir()
    second = Smsc(beside)
    second.start()
    return second


def group_of(node: Node, token: str, phones: list[str]) -> str:
    """Upload contacts into a group; return its uuid."""
    group = str(node.call(token, "/groups", {"name": "Customers"})[1]["data"]["uuid"])
    lines = ["phone,first_name\n", *(f"+{phone},P{phone[-4:]}\n" for phone in phones)]
    connection = http.client.HTTPConnection(HOST, node.http_port, timeout=PATIENCE_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    connection.request("POST", f"/api/v1/contacts/import?group={group}", "".join(lines).encode(), headers)
    uuid = json.loads(connection.getresponse().read())["data"]["uuid"]
    connection.close()
    eventually(lambda: upload_of(node, token, uuid)["finished_at"], "the import ends")
    return group


def sent(node: Node, token: str, group: str, people: int = PEOPLE, **more: Any) -> str:
    """Make and send a campaign; return its uuid."""
    body = {
        "name": "Sale",
        "message": "Hi {first_name}, {phone}",
        "sender_id": "TextBlast",
        "group_ids": [group],
        **more,
    }
    code, made = node.call(token, "/campaigns", body)
    assert code == 200, made
    uuid = str(made["data"]["uuid"])
    assert (made["data"]["recipient_count"], made["data"]["cost_units"]) == (people, people)
    code, answer = node.call(token, f"/campaigns/{uuid}/send", {})
    assert (code, answer["data"]["status"]) == (200, "sending"), answer
    return uuid


def test_decision_71_a_campaign_survives_three_kills_and_everybody_has_one_message(
    node: Node, smsc: Smsc, folder: Path
):
    second = second_smsc(folder)
    try:
        node.start()
        token = node.team("ACME", UNITS)
        node.quickly(
            "carrier", "add", "second", "--kind", "smpp", "--host", "127.0.0.1", "--port", str(second.port), "--system-id", "esme",
            "--password", "secret", "--tps", "0", "--window", str(WINDOW),
        )  # fmt: skip
        node.quickly("route", "add", "--prefix", "25472", "--carrier", "second")
        node.carrier(smsc.port, "--window", str(WINDOW))  # returns when the node knows both
        phones = [f"2547{10 + 10 * (n % 2)}{n:06d}" for n in range(PEOPLE)]
        uuid = sent(node, token, group_of(node, token, phones), rate_per_s=RATE_PER_S)

        def arrived() -> Counter[str]:
            return Counter([*smsc.texts(), *second.texts()])

        for dead_at in (PEOPLE // 6, PEOPLE // 2, PEOPLE * 2 // 3):
            eventually(lambda at=dead_at: len(arrived()) >= at, "so many have arrived")
            node.kill()
            assert len(arrived()) < PEOPLE
            node.start()
        wanted = {f"Hi P{phone[-4:]}, +{phone}" for phone in phones}
        eventually(lambda: wanted <= set(arrived()), "everybody has a message")

        assert set(arrived()) == wanted
        doubled = sum(times - 1 for times in arrived().values())
        logging.getLogger(__name__).info("%s people, 3 kills, %s doubled", PEOPLE, doubled)
        assert doubled <= 3 * 2 * WINDOW  # what was on the way when it died, and no more (I3)
        shown = node.call(token, f"/campaigns/{uuid}")[1]["data"]
        assert (shown["status"], shown["progress"]["queued"], shown["progress"]["left"]) == ("completed", PEOPLE, 0)
        assert shown["units"] == {
            "estimated": PEOPLE, "reserved": PEOPLE, "captured": PEOPLE, "released": 0, "refunded": 0, "spent": PEOPLE,
        }  # fmt: skip
        assert node.call(token, f"/messages?campaign_uuid={uuid}&page_size=1")[1]["data"]["total"] == PEOPLE
        assert node.call(token, "/account")[1]["data"]["balance"] == UNITS - PEOPLE
        assert clean(node) == []
    finally:
        second.stop()


def test_what_waits_of_a_campaign_for_a_carrier_that_is_away_can_still_be_held_and_taken_back(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", UNITS)
    node.carrier(smsc.port)
    smsc.stop()
    phones = [f"254722{n:06d}" for n in range(20)]
    uuid = sent(node, token, group_of(node, token, phones), len(phones))
    path = f"/campaigns/{uuid}"

    def shown() -> Any:
        return node.call(token, path)[1]["data"]

    eventually(lambda: shown()["status"] == "completed", "all is queued")
    assert node.call(token, "/suppressions", {"phone": f"+{phones[0]}"})[0] == 200
    eventually(lambda: shown()["units"]["refunded"] == 1, "what waits for one who wants no more is taken back")
    paused = node.call(token, f"{path}/pause", {})[1]["data"]
    assert (paused["status"], paused["waits_for"], paused["paused"]["by"]) == ("completed", "paused", "team")
    assert node.call(token, f"{path}/cancel", {})[1]["data"]["paused"] is None
    eventually(lambda: shown()["units"]["spent"] == 0, "all the rest is taken back")
    assert node.call(token, f"{path}/resume", {})[0] == 409
    assert node.call(token, "/account")[1]["data"]["available"] == UNITS
    refunds = node.call(token, f"/ledger?kind=refund&campaign_uuid={uuid}")[1]["data"]
    assert refunds["total"] == len(phones)
    smsc.start()
    assert smsc.texts() == []
    assert clean(node) == []
