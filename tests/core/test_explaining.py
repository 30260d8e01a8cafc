"""Why a message goes where it goes, in sentences; and that these tell what is really decided."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.core.errors import BadRecipient, SenderNotApproved, TeamSuspended
from mobilesasa.core.explaining import Explained, explain, money
from mobilesasa.core.model import Coding, Lane, Origin, Submission
from mobilesasa.core.networks import Networks
from mobilesasa.core.routing import Facts, Live, Policy, Rule, Standing, Target
from mobilesasa.core.rulepacks import RulePack, RulePacks, Rules
from mobilesasa.core.teams import CarrierRecord, Directory, RouteRecord, Sender, Team

TEAMS = [
    Team(1, "u1", "ACME", "Acme", default_sender_id=1),
    Team(2, "u2", "ZETA", "Zeta", suspended=True),
]
SENDERS = [
    Sender(1, "s1", 1, "INFO"),
    Sender(2, "s2", 1, "OTP"),
    Sender(3, "s3", 1, "CODES", sender_class="otp"),
    Sender(4, "s4", 1, "SALE", sender_class="promotional"),
]
CARRIERS = [CarrierRecord(n, name, "sandbox", name != "off") for n, name in enumerate(("a", "b", "c", "off"), 1)]
ROUTES = [RouteRecord("", 1), RouteRecord("255", 2), RouteRecord("256", 2)]


def rule(rule_id: int, *carriers: int | Target, **asked: Any) -> Rule:
    targets = tuple(each if isinstance(each, Target) else Target(each) for each in carriers)
    return Rule(id=rule_id, targets=targets, **asked)


def told(
    *rules: Rule,
    frank: bool = True,
    live: Live | None = None,
    routes=ROUTES,
    packs: RulePacks | None = None,
    **asked: Any,
) -> Explained:
    costs = {(1, ""): 350_000, (2, ""): 280_000}
    networks = asked.pop("networks", None)
    known = Directory(TEAMS, SENDERS, (), CARRIERS, routes, {"254": 3}, rules=rules, networks=networks, costs=costs)
    submission = Submission(**{"team_id": 1, "sender": None, "recipient": "0712345678", "text": None, **asked})
    return explain(known, live or Live(), submission, 10, packs or RulePacks(), frank=frank)


def whys(found: Explained) -> list[tuple[str, bool, str]]:
    return [(each.rule, each.matched, each.why) for each in found.looked]


def test_the_default_route_takes_what_nothing_else_does():
    found = told()
    assert whys(found) == [("the default route", True, "it takes what nothing else does")]
    assert (found.other_routes, found.carriers, found.why) == (2, ("a",), ("a is the only carrier",))


def test_a_route_is_chosen_by_its_prefix():
    found = told(recipient="+255782345678")
    assert whys(found) == [("the route of prefix 255", True, "the longest prefix that fits decides")]
    assert found.carriers == ("b",)


def test_the_message_s_facts_and_price_are_told():
    found = told(text="ж" * 71, lane=Lane.BULK, origin=Origin.SMPP, sender="OTP")
    assert (found.recipient, found.sender, found.lane, found.origin) == ("254712345678", "OTP", Lane.BULK, Origin.SMPP)
    assert (found.coding, found.parts, found.price_units) == (Coding.UCS2, 2, 6)


def test_a_message_without_a_text_is_a_short_one():
    assert (told().coding, told().parts) == (Coding.GSM7, 1)


@pytest.mark.parametrize(
    ("live", "networks", "number", "why"),
    [
        (None, None, "0712345678", "Safaricom: the numbering plan says so of prefix 25471; the number may have moved"),
        (None, Networks({"2547": "Ours"}), "0712345678", "Ours: the operator said so of prefix 2547"),
        ("63903", Networks(codes={"63903": "Airtel"}), "0712345678", "Airtel: a carrier said so in a receipt"),
        (None, None, "+14155550100", "nobody knows the network of this number"),
    ],
)
def test_the_network_and_who_says_it_are_told(live, networks, number, why):
    now = Live()
    if live:
        now.learned.put("254712345678", live)
    found = told(networks=networks, live=now, recipient=number, origin=Origin.SMPP)
    assert found.network_why == why
    assert (found.network is None) == why.startswith("nobody")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"prefix": "255"}, "the number does not begin with 255"),
        ({"team_id": 2}, "it is for team ZETA, and this is ACME"),
        ({"team_id": 7}, "it is for team 7, and this is ACME"),
        ({"sender": "OTP"}, "it is for sender OTP, and this is INFO"),
        ({"lane": Lane.BULK}, "it is for lane bulk, and this is transactional"),
        ({"origin": Origin.SMPP}, "it is for door smpp, and this is api"),
        ({"coding": Coding.UCS2}, "it is for coding ucs2, and this is gsm7"),
        ({"network": "Airtel"}, "it is for network Airtel, and this is Safaricom"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(asked, why):
    found = told(rule(4, 2, priority=1, **asked))
    assert whys(found)[0] == ("rule 4", False, why)
    assert found.carriers == ("a",)


def test_a_rule_for_a_network_does_not_fit_where_nobody_knows_it():
    found = told(rule(4, 2, network="Airtel"), recipient="+14155550100", origin=Origin.SMPP)
    assert whys(found)[0][2] == "it is for network Airtel, and this is not known"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"team_id": 1, "prefix": "254", "network": "safaricom"}, "it fits by prefix, team, network"),
        ({"priority": 1}, "it asks for nothing, so it takes all"),
    ],
)
def test_a_rule_that_fits_says_by_what_and_ends_the_search(asked, why):
    found = told(rule(4, 2, **asked))
    assert whys(found) == [("rule 4", True, why)]
    assert found.carriers == ("b",)


def test_a_rule_whose_carriers_are_disabled_is_told_and_passed_over():
    found = told(rule(4, 4, team_id=1), rule(5, 4, 2, lane=Lane.TRANSACTIONAL))
    assert whys(found)[0] == ("rule 4", False, "it fits, but all its carriers are disabled")
    assert (found.carriers, found.why) == (("b",), ("b is the only carrier", "off is disabled and passed over"))


def test_no_route_at_all_is_told():
    found = told(routes=[RouteRecord("255", 2)])
    assert (found.looked, found.other_routes, found.carriers) == ((), 1, ())
    assert found.why == ("no rule and no route takes this message, so it would be refused (no_route)",)


def test_the_order_of_each_policy_is_told():
    assert told(rule(1, 2, 1, team_id=1)).why == ("the carriers are tried in the order of the rule",)
    assert told(routes=[RouteRecord("", 1), RouteRecord("", 2, 5)]).why == ("the lowest number goes first",)
    weighted = told(rule(1, Target(1, 70), Target(2, 30), policy=Policy.WEIGHTED))
    assert weighted.why == (
        "the first carrier is drawn for each message: a 70%, b 30%; the others follow in that order",
    )
    cheap = told(rule(1, 1, 2, 3, policy=Policy.LEAST_COST))
    assert (cheap.carriers, cheap.why) == (
        ("b", "a", "c"),
        ("the cheapest carrier goes first: b 0.28, a 0.35, c without a price",),
    )


def test_weights_of_nothing_are_shares_of_nothing():
    found = told(rule(1, Target(1, 0), Target(2, 0), policy=Policy.WEIGHTED))
    assert "a 0%, b 0%" in found.why[0]


def test_carriers_in_trouble_are_told():
    live = Live({1: Standing.DOWN, 2: Standing.THROTTLED})
    assert told(rule(1, 1, 2, 3, team_id=1), live=live).why[1:] == (
        "b is throttled and goes behind the others",
        "a is down and goes behind the others",
    )
    assert told(live=live).why == ("a is the only carrier", "a is down")


# What a team is not told.


def test_a_team_learns_nothing_of_rules_for_other_teams():
    assert [each.rule for each in told(rule(4, 2, team_id=2), frank=False).looked] == ["the default route"]


def test_a_team_learns_no_other_sender_s_name():
    found = told(rule(4, 2, sender="Secret"), frank=False)
    assert whys(found)[0] == ("rule 4", False, "it is for another sender than INFO")


def test_a_team_does_not_learn_what_the_operator_pays():
    found = told(rule(1, 1, 2, policy=Policy.LEAST_COST), frank=False)
    assert found.why == ("the cheapest carrier goes first",)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"team_id": 2}, TeamSuspended),
        ({"team_id": 9}, TeamSuspended),
        ({"sender": "Nobody"}, SenderNotApproved),
        ({"recipient": "12"}, BadRecipient),
    ],
)
def test_a_message_that_would_be_refused_before_routing_is_refused_so(asked, refusal):
    with pytest.raises(refusal):
        told(**asked)


@pytest.mark.parametrize(
    ("micro", "text"), [(0, "0.00"), (350_000, "0.35"), (1_000_001, "1.000001"), (12_500_000, "12.50")]
)
def test_money_is_written_with_two_decimals_or_as_many_as_it_needs(micro, text):
    assert money(micro) == text


ASKED = st.fixed_dictionaries(
    {},
    optional={
        "team_id": st.sampled_from([1, 2]),
        "sender": st.sampled_from(["INFO", "OTP"]),
        "prefix": st.sampled_from(["2", "254", "2547", "255"]),
        "lane": st.sampled_from(Lane),
        "network": st.sampled_from(["Safaricom", "Airtel"]),
        "priority": st.sampled_from([1, 100, 200]),
    },
)


@given(st.lists(st.tuples(ASKED, st.sampled_from([(1, 2), (4,), (3, 4, 1)])), max_size=5), st.sampled_from(Lane))
def test_what_is_explained_is_what_is_decided(asked, lane):
    rules = [rule(n, *carriers, **each) for n, (each, carriers) in enumerate(asked, 1)]
    found = told(*rules, lane=lane)
    known = Directory(TEAMS, SENDERS, (), CARRIERS, ROUTES, rules=rules)
    facts = Facts(1, "INFO", "254712345678", lane, Origin.API, Coding.GSM7, "any")
    decided = known.router.choose(facts, Live())
    assert found.carriers == tuple(known.carriers[each].name for each in decided)
    assert attrs.asdict(found)["looked"][-1]["matched"]


def test_a_rule_for_a_class_says_so():
    found = told(rule(7, 2, sender_class="otp"))
    assert whys(found)[0] == ("rule 7", False, "it is for class otp, and this is transactional")
    assert found.sender_class == "transactional"
    found = told(rule(7, 2, sender_class="otp"), sender="CODES")
    assert whys(found) == [("rule 7", True, "it fits by class")]
    assert found.sender_class == "otp"


def test_decision_47_a_one_time_password_is_explained_in_the_lane_in_which_it_goes():
    found = told(rule(7, 2, lane=Lane.BULK), sender="CODES", lane=Lane.BULK)
    assert (found.lane, found.carriers) == (Lane.TRANSACTIONAL, ("a",))


def test_what_the_rules_of_a_country_append_is_counted():
    packs = RulePacks([RulePack("KE", ("254",), {"promotional": Rules("KE", "promotional", suffix=" STOP*456*9*5#")})])
    asked = {"sender": "SALE", "text": "x" * 150}
    found = told(packs=packs, **asked)
    assert (found.parts, found.price_units, found.lane) == (2, 6, Lane.BULK)
    assert told(**asked).parts == 1
