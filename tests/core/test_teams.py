"""The directory: look-ups of what the operator and the teams configured."""

import hashlib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.prefixes import PrefixTable
from mobilesasa.core.routing import Facts, Live
from mobilesasa.core.teams import (
    CarrierRecord,
    CurrentDirectory,
    Directory,
    RouteRecord,
    Sender,
    Team,
    Token,
    token_digest,
)

ACME = Team(id=1, uuid="00000000-0000-4000-8000-000000000001", code="ACME", name="Acme")
ZETA = Team(id=2, uuid="00000000-0000-4000-8000-000000000002", code="ZETA", name="Zeta")
INFO = Sender(id=1, uuid="00000000-0000-4000-8000-00000000000a", team_id=1, name="INFO")
ALERT = Sender(id=2, uuid="00000000-0000-4000-8000-00000000000b", team_id=1, name="ALERT")
FOREIGN = Sender(id=3, uuid="00000000-0000-4000-8000-00000000000c", team_id=2, name="INFO")


def routed(*routes: RouteRecord, disabled: frozenset[int] = frozenset()) -> Directory:
    carriers = [CarrierRecord(n, f"carrier{n}", "sandbox", enabled=n not in disabled) for n in (1, 2, 3)]
    return Directory(carriers=carriers, routes=routes)


def way(known: Directory, number: str) -> tuple[int, ...]:
    return known.router.choose(Facts(1, "INFO", number, Lane.TRANSACTIONAL, Origin.API, Coding.GSM7, "id"), Live())


def token(**more) -> Token:
    known = {
        "uuid": "u",
        "team_id": 1,
        "digest": token_digest("mbs_x"),
        "prefix": "mbs_x",
        "scopes": frozenset({"sms"}),
    }
    return Token(**{**known, **more})


@given(st.dictionaries(st.text("0123", max_size=5), st.integers(0, 9), max_size=12), st.text("0123", max_size=8))
def test_the_longest_prefix_wins(rows, number):
    fitting = [prefix for prefix in rows if number.startswith(prefix)]
    longest = max(fitting, key=len) if fitting else None
    assert PrefixTable(rows).find_prefix(number) == longest
    assert PrefixTable(rows).find(number) == (None if longest is None else rows[longest])


@pytest.mark.parametrize("code", ["ACME", "acme", "Acme"])
def test_a_team_is_found_by_its_code_in_any_case(code):
    assert Directory(teams=[ACME, ZETA]).team_by_code(code) is ACME


def test_an_unknown_code_is_no_team():
    assert Directory(teams=[ACME]).team_by_code("ACM") is None


def test_a_token_is_found_by_its_raw_text():
    known = token()
    assert Directory(tokens=[known]).token("mbs_x") is known


def test_an_unknown_token_is_none():
    assert Directory(tokens=[token()]).token("mbs_y") is None


def test_a_token_with_half_a_character_in_it_is_only_unknown():
    assert Directory(tokens=[token()]).token("mbs_\ud800") is None


def test_a_token_s_digest_is_sha_256():
    assert token_digest("mbs_x") == hashlib.sha256(b"mbs_x").digest()


@pytest.mark.parametrize(
    ("known", "usable"),
    [
        (token(), True),
        (token(revoked=True), False),
        (token(expires_at_ms=1_001), True),
        (token(expires_at_ms=1_000), False),
        (token(expires_at_ms=1_001, revoked=True), False),
    ],
)
def test_a_token_opens_until_it_expires_or_is_revoked(known, usable):
    assert known.usable(1_000) is usable


def test_a_token_shows_neither_its_digest_nor_a_carrier_its_options():
    assert "digest" not in repr(token())
    assert "secret" not in repr(CarrierRecord(1, "up", "smpp", options={"password": "secret"}))


def test_a_sender_is_found_by_its_exact_name_and_team():
    known = Directory(senders=[INFO, ALERT, FOREIGN])
    assert known.sender_named(1, "INFO") is INFO
    assert known.sender_named(2, "INFO") is FOREIGN
    assert known.sender_named(1, "info") is None


def test_a_sender_is_found_by_its_uuid_within_its_team_alone():
    known = Directory(senders=[INFO, FOREIGN])
    assert known.sender_meant(1, INFO.uuid) is INFO
    assert known.sender_meant(1, FOREIGN.uuid) is None


def test_the_senders_of_a_team_come_by_name():
    assert Directory(senders=[INFO, ALERT, FOREIGN]).senders_of(1) == [ALERT, INFO]


def test_a_route_is_the_one_of_the_longest_prefix():
    known = routed(RouteRecord("", 1), RouteRecord("254", 2), RouteRecord("25471", 3))
    assert [way(known, number) for number in ("254711", "254733", "255754")] == [(3,), (2,), (1,)]


@pytest.mark.parametrize("first", [0, 1])
def test_of_routes_with_one_prefix_the_lowest_priority_number_wins(first):
    routes = [RouteRecord("254", 1, priority=50), RouteRecord("254", 2, priority=10)]
    assert way(routed(*(routes[first:] + routes[:first])), "254711") == (2, 1)


def test_of_equal_routes_the_older_carrier_wins():
    assert way(routed(RouteRecord("254", 3), RouteRecord("254", 2)), "254711") == (2, 3)


def test_a_disabled_carrier_takes_nothing_and_the_next_best_route_does():
    routes = [RouteRecord("", 1), RouteRecord("254", 2, priority=1), RouteRecord("254", 3, priority=2)]
    assert way(routed(*routes, disabled=frozenset({2})), "254711") == (3,)
    assert way(routed(*routes, disabled=frozenset({2, 3})), "254711") == (1,)


def test_a_route_to_a_carrier_that_is_gone_is_none():
    assert way(routed(RouteRecord("254", 9)), "254711") == ()


def test_decision_38_a_part_costs_one_unit_where_no_price_is_set():
    known = Directory(prices={"254": 2, "2547": 3})
    assert [known.units_a_part(number) for number in ("254711", "25420", "255754")] == [3, 2, 1]


def test_the_current_directory_starts_empty_or_with_the_picture_given():
    known = Directory(teams=[ACME])
    assert CurrentDirectory(known).now is known
    assert CurrentDirectory().now.teams == {}


def test_a_token_that_was_revoked_here_opens_nothing_before_the_picture_says_so():
    token = Token("a uuid", 1, b"d", "mbs_xxxx", frozenset({"messages"}))
    revoked = attrs.evolve(token, revoked=True)
    current = CurrentDirectory(Directory(tokens=[token]))
    assert current.opens(token, 0)
    current.revoked.add("a uuid")
    assert not current.opens(token, 0)
    current.replace(Directory(tokens=[token]))
    assert current.revoked == {"a uuid"}
    current.replace(Directory(tokens=[revoked]))
    assert current.revoked == set()
    assert not current.opens(revoked, 0)
    current.replace(Directory())
    assert current.now.tokens == {}
