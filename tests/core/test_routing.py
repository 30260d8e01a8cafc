"""Which carriers a message may go to, and in which order."""

import random
from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.core import routing
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.networks import Networks
from mobilesasa.core.prefixes import PrefixTable
from mobilesasa.core.routing import Facts, Live, Policy, Router, Rule, Standing, Target

FACTS = Facts(1, "INFO", "254712345678", Lane.TRANSACTIONAL, Origin.API, Coding.GSM7, "id")
ALL = frozenset(range(1, 10))
IDS = MessageIds(lambda: 1_792_000_000_000, random.Random(5).getrandbits)


def rule(rule_id: int, *carriers: int | Target, **asked: Any) -> Rule:
    targets = tuple(each if isinstance(each, Target) else Target(each) for each in carriers)
    return Rule(id=rule_id, targets=targets, **asked)


def chosen(*rules: Rule, live: Live | None = None, enabled: frozenset[int] = ALL, **facts: Any) -> tuple[int, ...]:
    return Router(rules, enabled).choose(attrs.evolve(FACTS, **facts), live or Live())


DEFAULT = rule(0, 9)


def test_without_a_rule_that_fits_there_is_no_carrier():
    assert chosen() == ()
    assert chosen(rule(0, 1, prefix="255")) == ()
    assert chosen(rule(1, 1, team_id=2)) == ()


@pytest.mark.parametrize(
    ("asked", "others"),
    [
        ({"team_id": 1}, {"team_id": 2}),
        ({"sender": "INFO"}, {"sender": "Info"}),
        ({"sender_class": "transactional"}, {"sender_class": "promotional"}),
        ({"lane": Lane.TRANSACTIONAL}, {"lane": Lane.BULK}),
        ({"origin": Origin.API}, {"origin": Origin.SMPP}),
        ({"coding": Coding.GSM7}, {"coding": Coding.UCS2}),
        ({"prefix": "25471", "team_id": 1}, {"number": "254733000000"}),
        ({"network": "Safaricom"}, {"number": "254733000000"}),
        ({"network": "SAFARICOM"}, {"number": "999999999999"}),
    ],
)
def test_a_rule_takes_what_it_asks_for_and_nothing_else(asked, others):
    assert chosen(rule(1, 1, **asked), DEFAULT) == (1,)
    assert chosen(rule(1, 1, **asked), DEFAULT, **others) == (9,)


def test_a_rule_must_fit_in_all_that_it_asks_for():
    asked = {"team_id": 1, "lane": Lane.BULK}
    assert chosen(rule(1, 1, **asked), DEFAULT) == (9,)
    assert chosen(rule(1, 1, **asked), DEFAULT, lane=Lane.BULK) == (1,)


def test_a_rule_for_a_code_fits_a_number_by_its_network_s_name():
    router = Router([rule(1, 1, network="63902"), DEFAULT], ALL, Networks(codes={"63902": "Safaricom"}))
    assert router.choose(FACTS, Live()) == (1,)


def test_a_number_that_moved_goes_by_what_a_receipt_said():
    router = Router([rule(1, 1, network="Airtel"), DEFAULT], ALL, Networks(codes={"63903": "Airtel"}))
    live = Live()
    assert router.choose(FACTS, live) == (9,)
    live.learned.put(FACTS.number, "63903")
    assert router.choose(FACTS, live) == (1,)
    assert router.choose(attrs.evolve(FACTS, number="254712345679"), live) == (9,)


def test_networks_are_asked_for_only_where_a_usable_rule_does():
    assert not Router([DEFAULT], ALL).asks_networks
    assert Router([rule(1, 1, network="Airtel")], ALL).asks_networks
    assert not Router([rule(1, 1, network="Airtel"), DEFAULT], {9}).asks_networks


@pytest.mark.parametrize("turned", [1, -1])
@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([rule(1, 1, priority=10), rule(2, 2, prefix="25471", priority=20)], 1),
        ([rule(1, 1, prefix="254"), rule(2, 2, prefix="25471")], 2),
        ([rule(1, 1, team_id=1), rule(2, 2, prefix="25471")], 1),
        ([rule(1, 1, team_id=1), rule(2, 2, team_id=1, prefix="254")], 2),
        ([rule(1, 1, team_id=1), rule(2, 2, lane=Lane.TRANSACTIONAL)], 1),
        ([rule(0, 1, prefix="254"), rule(2, 2, prefix="254")], 2),
        ([rule(0, 1, prefix="25471"), rule(2, 2, prefix="254")], 1),
        ([rule(0, 1, prefix="25471"), rule(2, 2, priority=99)], 2),
        ([rule(0, 1), rule(2, 2, team_id=1, priority=101)], 1),
    ],
)
def test_priority_decides_then_asking_for_more_then_the_longest_prefix(rules, wanted, turned):
    assert chosen(*rules[::turned]) == (wanted,)


def test_a_disabled_carrier_is_passed_over_and_so_is_a_rule_without_another():
    rules = [rule(1, 1, 2, team_id=1), DEFAULT]
    assert chosen(*rules, enabled=frozenset({2, 9})) == (2,)
    assert chosen(*rules, enabled=frozenset({9})) == (9,)


@pytest.mark.parametrize("more", [[], [rule(5, 8, team_id=7)]])
def test_carriers_in_trouble_stand_behind_the_others(more):
    live = Live({1: Standing.DOWN, 2: Standing.THROTTLED})
    assert chosen(rule(0, 1, 2, 3, 4), *more, live=live) == (3, 4, 2, 1)
    assert chosen(rule(0, 1, 2), *more, live=Live({1: Standing.DOWN, 2: Standing.DOWN})) == (1, 2)


def test_a_decision_is_remembered_and_trouble_still_counts():
    router = Router([rule(1, 1, 2, team_id=1), DEFAULT], ALL)
    live = Live()
    assert [router.choose(FACTS, live) for _ in range(2)] == [(1, 2), (1, 2)]
    live.troubles[1] = Standing.DOWN
    assert router.choose(FACTS, live) == (2, 1)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(routing, "REMEMBERED_MAX", 2)  # or this would take thousands of decisions
    router = Router([rule(1, 1, sender="C"), DEFAULT], ALL)
    found = [router.choose(attrs.evolve(FACTS, sender=name), Live()) for name in "ABCDABCD"]
    assert found == [(9,), (9,), (1,), (9,)] * 2


# Weights.

WEIGHTED = rule(1, Target(1, 70), Target(2, 30), Target(3, 0), policy=Policy.WEIGHTED)


def test_weights_are_honoured_over_many_messages():
    firsts = Counter(chosen(WEIGHTED, id=IDS())[0] for _ in range(4000))
    assert set(firsts) == {1, 2}
    assert 0.66 < firsts[1] / 4000 < 0.74


@given(st.text(min_size=1), st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_a_message_always_falls_on_the_same_carrier_and_the_others_follow_in_order(message_id, weights):
    weighted = rule(1, *(Target(n, weight) for n, weight in enumerate(weights, 1)), policy=Policy.WEIGHTED)
    message_id = message_id.encode("utf-8", "replace").decode()
    first, *others = chosen(weighted, id=message_id)
    assert (first, *others) == chosen(weighted, id=message_id)
    assert others == sorted(set(range(1, len(weights) + 1)) - {first})
    assert weights[first - 1] or not any(weights)


def test_a_carrier_in_trouble_is_drawn_only_among_its_like():
    live = Live({1: Standing.DOWN})
    assert {chosen(WEIGHTED, id=IDS(), live=live) for _ in range(50)} == {(2, 3, 1)}
    all_down = Live(dict.fromkeys((1, 2, 3), Standing.DOWN))
    assert {chosen(WEIGHTED, id=IDS(), live=all_down)[0] for _ in range(50)} == {1, 2}


# Costs.


def costly(costs: dict[int, dict[str, int]], *carriers: int) -> Router:
    tables = {carrier_id: PrefixTable(rows) for carrier_id, rows in costs.items()}
    return Router([rule(1, *carriers, policy=Policy.LEAST_COST)], ALL, costs=tables)


def test_the_cheapest_goes_first_equal_ones_as_named_and_those_without_a_price_last():
    router = costly(
        {1: {"254": 900}, 2: {"": 500, "25471": 950}, 3: {"2547": 900}, 4: {"255": 1}, 6: {"": 0}}, 5, 4, 3, 1, 2, 6
    )
    assert router.choose(FACTS, Live()) == (6, 3, 1, 2, 5, 4)
    assert router.choose(attrs.evolve(FACTS, number="254733000000"), Live()) == (6, 2, 3, 1, 5, 4)


def test_trouble_counts_more_than_money():
    router = costly({1: {"": 1}, 2: {"": 2}}, 1, 2)
    assert router.choose(FACTS, Live({1: Standing.THROTTLED})) == (2, 1)


# The table of prefixes and the row of rules decide alike.


@given(
    st.lists(st.tuples(st.text("12", max_size=4), st.integers(1, 3), st.booleans()), max_size=8),
    st.text("12", min_size=1, max_size=6),
)
def test_a_table_of_prefixes_decides_as_the_row_of_rules_does(rows, number):
    rules = [
        rule(0 if route else n, n % 3 + 1, carrier, prefix=prefix) for n, (prefix, carrier, route) in enumerate(rows, 1)
    ]
    elsewhere = rule(99, 8, team_id=7, priority=1)  # asks for more, so there is no table
    assert chosen(*rules, number=number) == chosen(*rules, elsewhere, number=number)


def test_what_is_remembered_is_told_apart_by_class():
    router = Router([rule(1, 1, sender_class="otp"), DEFAULT], ALL)
    classes = ("otp", "promotional", "otp", "transactional")
    assert [router.choose(attrs.evolve(FACTS, sender_class=each), Live())[0] for each in classes] == [1, 9, 1, 9]
