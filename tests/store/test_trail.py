"""Who changed what, and whether they still might at that moment."""

import uuid

import psycopg2
import pytest

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded
from mobilesasa.store import tokens, trail
from mobilesasa.store.database import Txn

RAW = "mbs_" + "a" * 32


@pytest.fixture
def by(txn: Txn, team: int) -> Actor:
    made = tokens.create(txn, team, "for the trail", ["messages"], None, RAW)
    return Actor(ActorKind.TOKEN, made.uuid, address="192.0.2.7", request_id="request-1")


def entries(txn: Txn) -> list[tuple]:
    txn.execute(
        "SELECT team_id, actor, actor_uuid, actor_name, address, request_id, action, subject, before, after FROM trail"
    )
    return txn.fetchall()


def test_a_change_is_written_down_with_who_made_it_from_where(txn: Txn, team: int, by: Actor):
    trail.note(txn, by, "contact.create", "a contact", team_id=team, before=None, after={"phone": "254712345678"})
    assert entries(txn) == [
        (
            team,
            "token",
            by.uuid,
            "",
            "192.0.2.7",
            "request-1",
            "contact.create",
            "a contact",
            None,
            {"phone": "254712345678"},
        )
    ]


def test_a_change_of_an_operator_s_has_the_name_of_the_account(txn: Txn):
    trail.note(txn, NODE, "route.create", team_id=None)
    assert entries(txn) == [(None, "operator", None, "node", "", "", "route.create", "", None, None)]


def test_a_revoked_token_changes_nothing_any_more(txn: Txn, team: int, by: Actor):
    assert by.uuid is not None
    tokens.revoke(txn, by.uuid)
    with pytest.raises(AccessEnded, match="revoked while the call was under way"):
        trail.note(txn, by, "contact.create", team_id=team)
    assert entries(txn) == []


def test_a_token_that_is_not_there_allows_nothing(txn: Txn):
    with pytest.raises(AccessEnded):
        trail.allow(txn, Actor(ActorKind.TOKEN, str(uuid.uuid4())))


def test_what_is_in_the_trail_cannot_be_changed(txn: Txn):
    trail.note(txn, NODE, "route.create", team_id=None)
    with pytest.raises(psycopg2.errors.RaiseException, match="append-only"):
        txn.execute("UPDATE trail SET action = 'other'")
