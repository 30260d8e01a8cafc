"""`GET /routes/explain`: what a team learns of the way of its messages."""

import pytest

from mobilesasa.core.routing import Rule, Standing, Target
from mobilesasa.core.teams import CarrierRecord, Directory
from tests.api.rig import ACME, OTHER, ROUTES, SENDERS, TOKENS

PATH = "/routes/explain?to=%2B254712345678"
CARRIERS = [CarrierRecord(1, "savanna", "sandbox"), CarrierRecord(2, "coast", "sandbox")]


def rules(rig, *made: Rule) -> None:
    rig.directory.now = Directory((ACME, OTHER), SENDERS, TOKENS, CARRIERS, ROUTES, rules=made)


def test_a_message_s_way_is_explained(rig):
    assert rig.get(PATH).data == {
        "to": "+254712345678",
        "sender_id": "TextBlast",
        "sender_class": "transactional",
        "lane": "transactional",
        "origin": "api",
        "coding": "gsm7",
        "parts": 1,
        "price_units": 1,
        "network": {"name": "Safaricom", "source": "phonenumbers", "prefix": "25471"},
        "network_why": "Safaricom: the numbering plan says so of prefix 25471; the number may have moved",
        "rules": [{"rule": "the default route", "matched": True, "why": "it takes what nothing else does"}],
        "other_routes": 0,
        "carriers": ["savanna"],
        "why": ["savanna is the only carrier"],
    }
    assert rig.intake.stored == []


def test_what_is_said_of_the_message_counts(rig):
    found = rig.get(f"{PATH}&sender_id=MYAPP&lane=bulk&origin=smpp&message=%D0%B6").data
    assert [found[name] for name in ("sender_id", "lane", "origin", "coding")] == ["MYAPP", "bulk", "smpp", "ucs2"]


def test_a_carrier_in_trouble_is_told(rig):
    rules(rig, Rule(id=7, targets=(Target(1), Target(2)), team_id=1))
    rig.directory.live.troubles[1] = Standing.DOWN
    found = rig.get(PATH).data
    assert found["carriers"] == ["coast", "savanna"]
    assert "savanna is down and goes behind the others" in found["why"]


def test_rules_for_other_teams_are_left_out(rig):
    rules(rig, Rule(id=7, targets=(Target(2),), team_id=2), Rule(id=8, targets=(Target(2),), sender="OtherCo"))
    found = rig.get(PATH).data
    assert [each["rule"] for each in found["rules"]] == ["rule 8", "the default route"]
    assert "OtherCo" not in str(found)
    assert rig.get(PATH, "mbs_other").data["carriers"] == ["coast"]


def test_a_number_whose_network_nobody_knows_has_none(rig):
    assert rig.get("/routes/explain?to=%2B14155552671").data["network"] is None


def test_a_message_that_nobody_takes_is_explained_too(rig):
    rig.directory.now = Directory((ACME,), SENDERS, TOKENS, CARRIERS)
    assert rig.get(PATH).data["carriers"] == []


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/routes/explain", (400, "bad_request")),
        ("/routes/explain?to=12", (400, "bad_recipient")),
        (f"{PATH}&lane=slow", (400, "bad_request")),
        (f"{PATH}&sender_id=Nobody", (400, "sender_not_approved")),
    ],
)
def test_what_would_be_refused_before_routing_is_refused_so(rig, path, refusal):
    assert rig.get(path).refusal == refusal


def test_the_scope_messages_is_needed(rig):
    assert rig.get(PATH, "mbs_reports").refusal == (403, "missing_scope")
