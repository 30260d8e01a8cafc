"""Every change that somebody makes is in the trail, with who made it, and nobody makes one who no longer may (decision 28)."""

import secrets
import uuid as uuids
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.administration import NewRule, NewTeam, TeamChange
from mobilesasa.core.errors import AccessEnded
from mobilesasa.core.sender_names import NewSender
from mobilesasa.core.senders import SenderStatus
from mobilesasa.store import (
    carriers,
    costs,
    keywords,
    networks,
    parked,
    prices,
    rules,
    senders,
    smpp_passwords,
    suppressions,
    teams,
    tokens,
)
from mobilesasa.store.database import Txn
from mobilesasa.store.parked import Retry
from mobilesasa.store.smpp_passwords import NewSmppPassword
from mobilesasa.store.tokens import make_raw_token
from tests.store.given import count, rows

ROOT = Actor(ActorKind.OPERATOR, name="root")
PHONE = "254712345678"


class Given:
    """A team, a carrier and what is to be changed of them."""

    def __init__(self, txn: Txn) -> None:
        self.txn = txn
        self.made = teams.create_team(
            txn, ROOT, NewTeam("ACME", units=10, senders=("Acme",)), make_raw_token(secrets.randbelow)
        )
        self.team = self.made.team.id
        self.token = self.made.token.uuid
        self.sender = self.made.senders[0].uuid
        carriers.add_carrier(txn, ROOT, "upstream", "smpp", {"password": "a secret"})
        carriers.add_route(txn, ROOT, "", "upstream")
        costs.set_cost(txn, ROOT, "upstream", "254", 1)
        prices.set_price(txn, ROOT, "254", 2)
        networks.set_prefix(txn, ROOT, "254", "Ours")
        networks.set_code(txn, ROOT, "63902", "Ours")
        keywords.add(txn, ROOT, "22384", "win", "ACME")
        self.rule = rules.add_rule(txn, ROOT, NewRule(targets=[("upstream", 1)], priority=7)).rule.id
        self.suppression = suppressions.add(txn, ROOT, self.team, PHONE, "", "api").uuid
        self.request = str(uuids.uuid4())
        senders.request(txn, ROOT, self.team, NewSender(name="Asked"), self.request)

    @cached_property
    def password(self) -> str:
        """An SMPP password, whose hash takes its time."""
        new = NewSmppPassword(self.team, allowed=("192.0.2.0/24",))
        return smpp_passwords.create(self.txn, ROOT, new, "12345678").uuid


CHANGES: dict[str, Callable[[Given, Actor], Any]] = {
    "team.create": lambda g, by: teams.create_team(g.txn, by, NewTeam("NEXT"), make_raw_token(secrets.randbelow)),
    "team.change": lambda g, by: teams.change_team(g.txn, by, "ACME", TeamChange(low_balance_units=5)),
    "units.add": lambda g, by: teams.add_units(g.txn, by, "ACME", 5, "Invoice 7"),
    "token.create": lambda g, by: tokens.create(
        g.txn, by, g.team, "n", ["messages"], None, make_raw_token(secrets.randbelow)
    ),
    "token.change": lambda g, by: tokens.set_terms(g.txn, by, g.token, {"window": 5}),
    "token.revoke": lambda g, by: tokens.revoke(g.txn, by, g.token),
    "sender.create": lambda g, by: senders.add(g.txn, by, g.team, "New"),
    "sender.request": lambda g, by: senders.request(g.txn, by, g.team, NewSender(name="New"), str(uuids.uuid4())),
    "sender.approve": lambda g, by: senders.decide(g.txn, by, g.request, SenderStatus.APPROVED),
    "sender.reject": lambda g, by: senders.decide(g.txn, by, g.request, SenderStatus.REJECTED, "no"),
    "sender.suspend": lambda g, by: senders.decide(g.txn, by, g.sender, SenderStatus.SUSPENDED),
    "sender.reopen": lambda g, by: senders.decide(g.txn, by, g.sender, SenderStatus.PENDING),
    "sender.default": lambda g, by: senders.set_default(g.txn, by, g.team, "Acme"),
    "sender.withdraw": lambda g, by: senders.withdraw(g.txn, by, g.team, g.request),
    "sender.change": lambda g, by: senders.set_tlvs(g.txn, by, g.team, "Acme", {"0x1400": "7"}),
    "carrier.change": lambda g, by: carriers.set_options(g.txn, by, "upstream", {"password": "another secret"}),
    "carrier.create": lambda g, by: carriers.add_carrier(g.txn, by, "other", "smpp", {"password": "a secret"}),
    "carrier.enable": lambda g, by: carriers.set_enabled(g.txn, by, "upstream", True),
    "carrier.disable": lambda g, by: carriers.set_enabled(g.txn, by, "upstream", False),
    "route.create": lambda g, by: carriers.add_route(g.txn, by, "254", "upstream"),
    "route.change": lambda g, by: carriers.set_priority(g.txn, by, "", "upstream", 7),
    "rule.change": lambda g, by: rules.change_rule(g.txn, by, g.rule, NewRule(targets=[("upstream", 2)])),
    "price.set": lambda g, by: prices.set_price(g.txn, by, "255", 3),
    "price.remove": lambda g, by: prices.remove_price(g.txn, by, "254"),
    "price.replace": lambda g, by: prices.replace_prices(g.txn, by, {"1": 2}),
    "route.remove": lambda g, by: carriers.remove_route(g.txn, by, ""),
    "rule.create": lambda g, by: rules.add_rule(g.txn, by, NewRule(targets=[("upstream", 1)], team="ACME")),
    "rule.remove": lambda g, by: rules.remove_rule(g.txn, by, g.rule),
    "cost.set": lambda g, by: costs.set_cost(g.txn, by, "upstream", "254", 2),
    "cost.remove": lambda g, by: costs.remove_cost(g.txn, by, "upstream", "254"),
    "network.set": lambda g, by: networks.set_prefix(g.txn, by, "255", "Other"),
    "network.remove": lambda g, by: networks.remove_code(g.txn, by, "63902"),
    "keyword.create": lambda g, by: keywords.add(g.txn, by, "22384", "lose", "ACME"),
    "keyword.remove": lambda g, by: keywords.remove(g.txn, by, "22384", "win"),
    "receipt.replay": lambda g, by: parked.begin_again(g.txn, by, Retry(only=7)),
    "suppression.create": lambda g, by: suppressions.add(g.txn, by, g.team, "254700000001", "", "operator"),
    "suppression.remove": lambda g, by: suppressions.take_away(g.txn, by, g.team, g.suppression),
    "smpp_password.create": lambda g, by: smpp_passwords.create(
        g.txn, by, NewSmppPassword(g.team, allowed=("192.0.2.0/24",)), "87654321"
    ),
    "smpp_password.revoke": lambda g, by: smpp_passwords.revoke(g.txn, by, g.password),
}
OF_THE_PLATFORM = ("receipt", "carrier", "route", "rule", "price", "cost", "network")


@pytest.mark.parametrize("action", CHANGES)
def test_decision_28_a_change_is_in_the_trail_with_who_made_it(txn, action):
    given = Given(txn)
    before = count(txn, "trail")
    CHANGES[action](given, Actor(ActorKind.OPERATOR, name="jane", address="192.0.2.7", request_id="request-1"))
    told = rows(
        txn, "SELECT action, actor_name, address, request_id, team_id FROM trail ORDER BY id OFFSET %(n)s", n=before
    )
    of_team = next(each for each in told if each[0] == action)
    assert of_team[:4] == (action, "jane", "192.0.2.7", "request-1")
    assert (of_team[4] is None) == (action.split(".")[0] in OF_THE_PLATFORM)


@pytest.mark.parametrize("action", CHANGES)
def test_decision_24_whoever_no_longer_may_changes_nothing(txn, action):
    given = Given(txn)
    gone = tokens.create(txn, ROOT, given.team, "gone", ["messages"], None, make_raw_token(secrets.randbelow)).uuid
    tokens.revoke(txn, ROOT, gone)
    with pytest.raises(AccessEnded):
        CHANGES[action](given, Actor(ActorKind.TOKEN, gone))


def test_no_secret_and_no_whole_number_of_a_phone_is_in_the_trail(txn):
    given = Given(txn)
    for change in CHANGES.values():
        txn.execute("SAVEPOINT one")
        change(given, ROOT)
        (everything,) = rows(txn, "SELECT string_agg(trail::text, ' ') FROM trail")[0]
        for secret in ("a secret", "12345678", "87654321", PHONE, "254700000001", "mbs_"):
            assert secret not in everything
        txn.execute("ROLLBACK TO SAVEPOINT one")
    assert "2547…678" in everything


def test_a_locked_password_that_is_unlocked_is_in_the_trail_of_its_team(txn):
    given = Given(txn)
    for _ in range(smpp_passwords.WRONG_MAX):
        smpp_passwords.failed(txn, [given.password])
    assert [each.uuid for each in smpp_passwords.unlock(txn, ROOT, team_id=given.team)] == [given.password]
    assert smpp_passwords.unlock(txn, ROOT, given.password) == []
    told = rows(txn, "SELECT subject, team_id FROM trail WHERE action = 'smpp_password.unlock'")
    assert told == [(given.password, given.team)]


def test_what_is_suppressed_again_changes_nothing_and_is_not_told(txn):
    given = Given(txn)
    uuid = given.password
    before = count(txn, "trail")
    suppressions.add(txn, ROOT, given.team, PHONE, "", "api")
    smpp_passwords.revoke(txn, ROOT, uuid)
    smpp_passwords.revoke(txn, ROOT, given.password)
    assert count(txn, "trail") == before + 1


def test_what_a_change_of_a_team_was_and_is_stands_beside_it(txn):
    given = Given(txn)
    teams.change_team(txn, ROOT, "ACME", TeamChange(name="Acme Ltd", text_days=30))
    told = rows(
        txn,
        "SELECT subject, before, after FROM trail WHERE action = 'team.change' AND team_id = %(team)s",
        team=given.team,
    )
    assert told == [("ACME", {"name": "ACME", "text_days": None}, {"name": "Acme Ltd", "text_days": 30})]
