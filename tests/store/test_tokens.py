"""Tokens in the store: who made them, when they were used, and what their revocation stops (decisions 11, 13, 18-28)."""

import secrets
import uuid as uuids
from contextlib import closing

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE, Actor, ActorKind, Who
from mobilesasa.core.errors import AccessEnded, NotFound, StoreAway
from mobilesasa.core.model import Origin
from mobilesasa.core.uses import TokenUse, TokenUses
from mobilesasa.store import intake, token_uses, tokens, trail
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.intake_once import ACCEPTING
from mobilesasa.store.tokens import Tokens, make_raw_token
from tests.store.given import NOW_MS, add_team, balance, count, one, priced, rows
from tests.store.two import Two

ADDRESS = "192.0.2.7"


def raw():
    return make_raw_token(secrets.randbelow)


def made(txn, team, by=NODE, **more):
    return tokens.create(txn, by, team, more.pop("name", "a token"), more.pop("scopes", ["messages"]), None, raw())


def by_token(token):
    return Actor(ActorKind.TOKEN, token.uuid, address=ADDRESS, request_id="request-1")


def add_user(txn, team, name="Jane"):
    """Somebody who is in the team."""
    uuid = str(uuids.uuid4())
    user_id = one(
        txn,
        "INSERT INTO app_user (uuid, email, name) VALUES (%(uuid)s, %(email)s, %(name)s) RETURNING id",
        uuid=uuid,
        email=f"{uuid}@example.com",
        name=name,
    )
    txn.execute("INSERT INTO membership (user_id, team_id, role) VALUES (%s, %s, 'owner')", (user_id, team))
    login = str(uuids.uuid4())
    txn.execute(
        "INSERT INTO user_login (uuid, user_id, team_id, address, agent, ends_at)"
        " VALUES (%s, %s, %s, '', '', now() + interval '1 day')",
        (login, user_id, team),
    )
    return user_id, Actor(ActorKind.USER, uuid, login_uuid=login)


def test_decision_13_of_a_token_only_its_digest_and_its_first_characters_are_kept(txn, team):
    text = raw()
    kept = tokens.create(txn, NODE, team, "n", ["messages"], None, text)
    assert kept.prefix == text[:8]
    everything = rows(txn, "SELECT token::text FROM token") + rows(txn, "SELECT trail::text FROM trail")
    assert everything
    assert text[8:] not in str(everything)
    assert (len(text), text[-6:]) == (36, tokens.checksum(text[4:-6]))


def test_who_made_a_token_is_kept_with_it(txn, team):
    _, jane = add_user(txn, team)
    first = made(txn, team, jane, name="first")
    second = made(txn, team, by_token(first))
    assert first.created_by == Who(ActorKind.USER, jane.uuid, "Jane")
    assert second.created_by == Who(ActorKind.TOKEN, first.uuid, "first")
    assert made(txn, team).created_by == Who(ActorKind.OPERATOR, None, "")


def test_decision_11_a_token_lives_on_when_the_person_behind_it_leaves_and_is_flagged(txn, team):
    user_id, jane = add_user(txn, team)
    first = made(txn, team, jane)
    second = made(txn, team, by_token(first))
    others = made(txn, team)
    assert not any(each.creator_left for each in (first, second, others))
    txn.execute("DELETE FROM membership WHERE user_id = %s", (user_id,))
    left = {each.uuid: each.creator_left for each in tokens.list_tokens(txn, team)}
    assert left == {first.uuid: True, second.uuid: True, others.uuid: False}
    assert tokens.find(txn, second.uuid).status == "active"
    trail.allow(txn, by_token(second))


def test_who_revoked_a_token_is_kept_with_it(txn, team):
    token, other = made(txn, team), made(txn, team, name="the other")
    revoked = tokens.revoke(txn, by_token(other), token.uuid, team)
    assert revoked.revoked_by == Who(ActorKind.TOKEN, other.uuid, "the other")
    assert tokens.revoke(txn, NODE, token.uuid) == revoked


def test_a_token_is_revoked_by_its_own_team_alone(txn, team):
    token = made(txn, team)
    for uuid in (token.uuid, "x", "70000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            tokens.revoke(txn, NODE, uuid, add_team(txn))
    assert tokens.find(txn, token.uuid).status == "active"


def test_decision_25_a_token_may_revoke_itself(txn, team):
    token = made(txn, team)
    assert tokens.revoke(txn, by_token(token), token.uuid).status == "revoked"
    with pytest.raises(AccessEnded):
        tokens.revoke(txn, by_token(token), token.uuid)


def test_decision_28_tokens_are_made_changed_and_revoked_in_the_trail(txn, team):
    token = made(txn, team)
    tokens.set_terms(txn, NODE, token.uuid, {"window": 5})
    tokens.set_terms(txn, NODE, token.uuid, {"window": "default"})
    tokens.revoke(txn, NODE, token.uuid)
    tokens.revoke(txn, NODE, token.uuid)  # changes nothing, so nothing is written
    told = rows(txn, "SELECT action, subject, before, after FROM trail WHERE team_id = %(team)s ORDER BY id", team=team)
    assert told == [
        (
            "token.create",
            token.uuid,
            None,
            {"name": "a token", "scopes": ["messages"], "expires_at_ms": None, "smpp": {}},
        ),
        ("token.change", token.uuid, {"window": None}, {"window": 5}),
        ("token.change", token.uuid, {"window": 5}, {"window": None}),
        ("token.revoke", token.uuid, None, None),
    ]


def test_a_page_of_tokens_begins_with_the_newest(txn, team):
    uuids_made = [made(txn, team).uuid for _ in range(3)]
    made(txn, add_team(txn))
    assert [each.uuid for each in tokens.page(txn, team, 2, 0)] == uuids_made[:0:-1]
    assert [each.uuid for each in tokens.page(txn, team, 2, 2)] == uuids_made[:1]
    assert tokens.count(txn, team) == (3, False)


# Their uses (decision 23)


def test_decision_23_the_last_use_of_a_token_is_kept_and_an_earlier_one_of_another_node_changes_nothing(txn, team):
    token = made(txn, team)
    assert (token.last_used_at_ms, token.last_used_address) == (None, None)
    for at_ms, address in ((NOW_MS, ADDRESS), (NOW_MS - 5, "198.51.100.1"), (NOW_MS + 5, "2001:db8::1")):
        token_uses.write(txn, [TokenUse(token.uuid, at_ms, address)])
    found = tokens.find(txn, token.uuid)
    assert (found.last_used_at_ms, found.last_used_address) == (NOW_MS + 5, "2001:db8::1")


class Away:
    """A database that is away, or not, and remembers what it was asked."""

    def __init__(self):
        self.is_away, self.written = True, []

    async def run(self, name, function, uses):
        if self.is_away:
            raise StoreAway("the store is away")
        self.written.append([use.token_uuid for use in uses])


@pytest_twisted.ensureDeferred
async def test_uses_are_written_in_one_statement_and_stay_gathered_while_the_store_is_away():
    database, uses = Away(), TokenUses()
    await token_uses.write_gathered(database, uses)  # nothing to write, so nobody is asked
    for token in ("a", "b"):
        uses.seen(token, 1, ADDRESS)
    with pytest.raises(StoreAway):
        await token_uses.write_gathered(database, uses)
    database.is_away = False
    await token_uses.write_gathered(database, uses)
    await token_uses.write_gathered(database, uses)
    assert database.written == [["a", "b"]]


# On the way of a message (decision 24)


@pytest.fixture
def two(database_dsn):
    both = Two(database_dsn)
    yield both
    both.close()


def a_team_with_a_token(txn):
    team = add_team(txn, 10)
    return team, made(txn, team)


def test_decision_24_a_message_whose_token_was_revoked_before_is_neither_stored_nor_charged(txn):
    team, token = a_team_with_a_token(txn)
    other = made(txn, team)
    tokens.revoke(txn, NODE, token.uuid)
    batch = [priced(team, by=by_token(token)), priced(team, by=by_token(other)), priced(team)]
    refusals = intake.accept(txn, batch)
    assert [refusal and refusal.code for refusal in refusals] == ["access_ended", None, None]
    assert (balance(txn, team), count(txn, "message")) == (8, 2)


def test_an_expired_token_sends_nothing(txn):
    team, token = a_team_with_a_token(txn)
    txn.execute("UPDATE token SET expires_at = now() WHERE uuid = %s", (token.uuid,))
    with pytest.raises(AccessEnded):
        intake.accept_one(txn, priced(team, by=by_token(token)))


def test_tokens_are_looked_at_in_the_statement_that_stores_the_messages(txn):
    team, token = a_team_with_a_token(txn)
    asked = []

    class Watched:
        def __getattr__(self, name):
            return getattr(txn, name)

        def execute(self, statement, *parameters):
            asked.append(statement)
            return txn.execute(statement, *parameters)

    assert intake.accept(Watched(), [priced(team, origin=Origin.SMPP), priced(team, by=by_token(token))]) == [None] * 2
    assert asked == [intake.ACCEPT]


def test_what_a_login_sends_needs_its_transaction_and_what_tokens_and_binds_send_needs_none(txn):
    team, token = a_team_with_a_token(txn)
    _, person = add_user(txn, team)
    sent = [priced(team, by=by_token(token)), priced(team, origin=Origin.SMPP)]
    assert ACCEPTING.alone(sent)
    assert not ACCEPTING.alone([*sent, priced(team, by=person)])


def test_the_token_that_ended_is_told_apart_from_a_balance_that_is_too_small(txn):
    team, token = a_team_with_a_token(txn)
    other = made(txn, team)
    tokens.revoke(txn, NODE, token.uuid)
    batch = [priced(team, by=by_token(token), price_units=1), priced(team, by=by_token(other), price_units=11)]
    batch += [priced(team, by=by_token(other), price_units=4) for _ in range(3)]
    refusals = intake.accept(txn, batch)
    assert [refusal and refusal.code for refusal in refusals] == [
        "access_ended", "insufficient_units", None, None, "insufficient_units",
    ]  # fmt: skip
    assert balance(txn, team) == 2


def test_decision_24_a_send_that_comes_while_its_token_is_being_revoked_waits_and_is_refused(two):
    team, token = two.do(a_team_with_a_token)
    with two.first.cursor() as revoking:
        tokens.revoke(revoking, NODE, token.uuid)
        end = two.meanwhile(intake.accept_one, priced(team, by=by_token(token)))
        with pytest.raises(AccessEnded):
            end()
    assert two.do(balance, team) == 10
    assert two.do(count, "message") == 0


def test_decision_24_a_revocation_that_comes_while_a_message_is_being_stored_waits_and_the_message_stands(two):
    team, token = two.do(a_team_with_a_token)
    with two.first.cursor() as sending:
        assert intake.accept(sending, [priced(team, by=by_token(token))]) == [None]
        end = two.meanwhile(tokens.revoke, NODE, token.uuid)
        assert end().status == "revoked"
    assert two.do(balance, team) == 9
    with pytest.raises(AccessEnded):
        two.do(intake.accept_one, priced(team, by=by_token(token)))


def test_two_who_send_with_one_token_do_not_wait_for_each_other(database_dsn):
    with closing(connect(database_dsn, "first")) as first, closing(connect(database_dsn, "second")) as second:
        _, token = in_transaction(first, a_team_with_a_token)
        with first.cursor() as sending:
            trail.allow(sending, by_token(token))
            in_transaction(
                second, lambda txn: txn.execute("SET LOCAL lock_timeout = '1s'") or trail.allow(txn, by_token(token))
            )
        first.rollback()


@pytest_twisted.ensureDeferred
async def test_the_api_asks_the_pool(database_dsn):
    with closing(connect(database_dsn, "before")) as opened:
        team = in_transaction(opened, add_team)
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        kept = Tokens(database, secrets.randbelow)
        token, text = await kept.create(NODE, team, "n", ["messages"], None)
        assert text.startswith(token.prefix)
        assert await kept.page(team, limit=10, offset=0) == [token]
        assert await kept.count(team) == (1, False)
        revoked = await kept.revoke(NODE, team, token.uuid)
        assert attrs.evolve(revoked, revoked_at_ms=None, revoked_by=None, status="active") == token
    finally:
        await database.close()
