"""What the gateway makes of routes and rules: the first carrier, and those that are tried when it does not take a message."""

from typing import Any

import pytest

from mobilesasa.core.errors import NoRoute
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.model import Lane, Priced, Submission
from mobilesasa.core.routing import Policy, Rule, Standing, Target
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory, RouteRecord, Sender, Team
from tests.fakes.intake import FakeIntake, FakeQueue

CARRIERS = [CarrierRecord(n, f"carrier{n}", "sandbox") for n in (1, 2)]
ROUTES = [RouteRecord("254", 1), RouteRecord("254", 2, priority=200), RouteRecord("25578", 2)]


@pytest.fixture
def directory() -> CurrentDirectory:
    return CurrentDirectory(known())


def known(*rules: Rule) -> Directory:
    return Directory([Team(1, "u", "ACME", "Acme")], [Sender(1, "s", 1, "INFO")], (), CARRIERS, ROUTES, rules=rules)


def judged(directory: CurrentDirectory, n: int = 1, **changes: Any) -> Priced:
    gateway = Gateway(directory, FakeIntake(), FakeQueue(), lambda: 1_792_000_000_000, lambda: f"id-{n}")
    asked = {"team_id": 1, "sender": "INFO", "recipient": "0712345678", "text": "Hi"}
    (verdict,) = gateway.judge([Submission(**{**asked, **changes})])
    assert isinstance(verdict, Priced | NoRoute)
    return verdict


def carriers(message: Priced) -> tuple[int, ...]:
    return (message.carrier_id, *message.fallbacks)


def test_the_other_carriers_of_its_route_are_its_fallbacks(directory):
    assert carriers(judged(directory)) == (1, 2)
    assert carriers(judged(directory, recipient="+255782345678")) == (2,)


def test_a_carrier_in_trouble_is_no_longer_the_first(directory):
    directory.live.troubles[1] = Standing.DOWN
    assert carriers(judged(directory)) == (2, 1)


def test_a_rule_looks_at_the_team_the_sender_and_the_lane(directory):
    directory.now = known(Rule(id=1, targets=(Target(2), Target(1)), team_id=1, sender="INFO", lane=Lane.BULK))
    assert carriers(judged(directory, lane=Lane.BULK)) == (2, 1)
    assert carriers(judged(directory)) == (1, 2)


def test_a_carrier_is_drawn_by_the_id_that_the_message_gets(directory):
    directory.now = known(Rule(id=1, targets=(Target(1), Target(2)), policy=Policy.WEIGHTED, priority=1))
    drawn = [judged(directory, n) for n in range(40)]
    assert {message.carrier_id for message in drawn} == {1, 2}
    assert [carriers(judged(directory, n)) for n in range(40)] == [carriers(message) for message in drawn]


def test_a_number_that_no_rule_takes_is_refused(directory):
    directory.now = known(Rule(id=1, targets=(Target(1),), sender="OTHER"))
    assert isinstance(judged(directory, recipient="+256772345678"), NoRoute)


def test_the_number_of_a_campaign_s_recipient_was_read_before_and_is_taken_as_it_is(directory):
    directory.now = known(Rule(id=1, targets=(Target(1),)))
    uuid = "00000000-0000-4000-8000-000000000009"
    verdict = judged(directory, recipient="+254200000000", campaign_uuid=uuid)  # a landline: nothing looks it up
    assert verdict.recipient == "254200000000"
