"""What happens to a campaign by itself, on a real node: its time comes, it is braked, its hours end, others want to send as well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.whole.programs import Node, Smsc, eventually
from tests.whole.test_campaigns import group_of, sent
from tests.whole.test_load import clean

UNITS = 50_000


def phones(many: int, first: int = 0) -> list[str]:
    return [f"254722{n:06d}" for n in range(first, first + many)]


def shown(node: Node, token: str, uuid: str) -> Any:
    return node.call(token, f"/campaigns/{uuid}")[1]["data"]


def with_rules(node: Node, open_on: str) -> None:
    """Give a node a pack for Kenya of which one day of the week is open, all day."""
    packs = node.folder / "packs"
    packs.mkdir()
    (packs / "ke.toml").write_text(
        f"""
        country = "KE"
        prefixes = ["254"]
        zone = "UTC"
        [promotional]
        suffix = " STOP 123"
        [promotional.hours]
        {open_on} = [["00:00", "24:00"]]
        other_days = []
        """
    )
    config = node.folder / "node.toml"
    config.write_text(f'[rules]\nfolder = "{packs}"\n')
    node.options = ("--config", str(config))


def test_one_that_is_scheduled_begins_at_its_time_although_the_node_died_before(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", UNITS)
    node.carrier(smsc.port)
    group = group_of(node, token, phones(20))
    at = datetime.now(UTC) + timedelta(seconds=4)
    body = {
        "name": "Sale",
        "message": "Hi",
        "sender_id": "TextBlast",
        "group_ids": [group],
        "scheduled_at": at.isoformat(),
    }
    uuid = node.call(token, "/campaigns", body)[1]["data"]["uuid"]
    armed = node.call(token, f"/campaigns/{uuid}/send", {})[1]["data"]
    assert (armed["status"], armed["phase"], armed["units"]["reserved"]) == ("draft", "scheduled", 20)
    node.kill()
    assert smsc.texts() == []
    node.start()
    eventually(lambda: len(smsc.texts()) == 20, "it has gone out")
    begun = shown(node, token, uuid)
    assert begun["status"] == "completed"
    assert datetime.fromisoformat(begun["started_at"]) >= at.replace(microsecond=0)
    assert datetime.now(UTC) >= at
    assert clean(node) == []


@pytest.mark.parametrize("smsc", [("--errors", "ESME_RINVDSTADR:100")], indirect=True)
def test_one_that_every_carrier_refuses_stops_by_itself_and_what_is_left_is_given_back(node: Node, smsc: Smsc):
    node.start()
    token = node.team("ACME", UNITS)
    node.carrier(smsc.port)
    people = 4000
    uuid = sent(node, token, group_of(node, token, phones(people)), people)
    eventually(lambda: shown(node, token, uuid)["phase"] == "paused", "the brake holds it")
    held = shown(node, token, uuid)
    assert held["paused"]["by"] == "failures"
    assert held["progress"]["queued"] <= 1000  # of 4,000; twice the 200 that a brake waits for, if it looks in time
    assert node.call(token, f"/campaigns/{uuid}/cancel", {})[0] == 200
    eventually(lambda: shown(node, token, uuid)["units"]["spent"] == 0, "nothing was sent, so nothing is paid")
    assert node.call(token, "/account")[1]["data"]["balance"] == UNITS
    assert clean(node) == []


def test_advertising_waits_for_its_hours_and_an_ordinary_sender_does_not(node: Node, smsc: Smsc):
    day_after_tomorrow = (datetime.now(UTC) + timedelta(days=2)).strftime("%A").lower()
    with_rules(node, day_after_tomorrow)
    node.start()
    token = node.team("ACME", UNITS)
    node.carrier(smsc.port)
    node.quickly("sender", "add", "--team", "ACME", "PROMO")
    node.quickly("sender", "approve", "--team", "ACME", "PROMO", "--class", "promotional")
    group = group_of(node, token, phones(10))
    eventually(
        lambda: (
            node.call(token, "/messages/estimate", {"to": "+254722000001", "message": "x", "sender_id": "PROMO"})[0]
            == 200
        ),
        "the node knows the sender",
    )
    waiting = sent(node, token, group, 10, sender_id="PROMO", name="Hours")
    eventually(lambda: shown(node, token, waiting)["waits_for"] == "hours", "it waits for its hours")
    going = sent(node, token, group, 10)
    eventually(lambda: len(smsc.texts()) == 10, "the other one has gone out")
    assert shown(node, token, going)["status"] == "completed"
    until = datetime.fromisoformat(shown(node, token, waiting)["waits_until"])
    assert until.strftime("%A").lower() == day_after_tomorrow
    assert [text for text in smsc.texts() if text.endswith("STOP 123")] == []


@pytest.mark.parametrize("smsc", [("--tps", "300")], indirect=True)
def test_a_small_campaign_of_another_team_does_not_wait_for_the_end_of_a_large_one(node: Node, smsc: Smsc):
    node.start()
    first = node.team("ACME", UNITS)
    second = node.team("OTHER", UNITS)
    node.carrier(smsc.port, "--tps", "250")
    large = sent(node, first, group_of(node, first, phones(8000)), 8000)
    eventually(lambda: len(smsc.texts()) >= 250, "the large one is under way")
    small = sent(node, second, group_of(node, second, phones(50, 900_000)), 50)

    def gone_out() -> bool:
        stats = shown(node, second, small)["stats"]
        return bool(stats["sent"] + stats["delivered"] == 50)

    eventually(gone_out, "the small one has gone out")
    assert shown(node, first, large)["progress"]["left"] > 0
    assert node.call(first, f"/campaigns/{large}/cancel", {})[0] == 200
