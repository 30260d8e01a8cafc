"""Who changed what, and whether they still might at that moment."""

import uuid

import attrs
import psycopg2
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE, Actor, ActorKind, Who
from mobilesasa.core.errors import AccessEnded
from mobilesasa.core.filters import TrailFilter
from mobilesasa.core.members import Standing
from mobilesasa.core.scopes import WHOLE, Role
from mobilesasa.store import accounts, members, tokens, trail
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.logins import Begun
from tests.store.given import add_team, one
from tests.store.test_logins import EMAIL, add_user, begun
from tests.store.two import Two

RAW = "mbs_" + "a" * 32


@pytest.fixture
def by(txn: Txn, team: int) -> Actor:
    made = tokens.create(txn, NODE, team, "for the trail", ["messages"], None, RAW)
    return Actor(ActorKind.TOKEN, made.uuid, address="192.0.2.7", request_id="request-1")


def entries(txn: Txn) -> list[tuple]:
    txn.execute(
        "SELECT team_id, actor, actor_uuid, actor_name, address, request_id, action, subject, before, after FROM trail"
        " WHERE action NOT LIKE 'token.%'"
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
    tokens.revoke(txn, NODE, by.uuid)
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


# Read


def asked(txn: Txn, limit: int = 100, offset: int = 0, **wanted) -> list[str]:
    found = trail.page(txn, TrailFilter(**wanted), limit, offset)
    assert trail.count(txn, TrailFilter(**wanted))[0] >= len(found)
    return [entry.action for entry in found]


def test_the_trail_of_a_team_is_read_newest_first_with_names(txn: Txn, team: int, by: Actor):
    trail.note(txn, by, "contact.create", "a contact", team_id=team, after={"n": 1})
    trail.note(txn, NODE, "contact.remove", "a contact", team_id=team, before={"n": 1})
    trail.note(txn, NODE, "route.create", team_id=None)
    newest, older, _ = trail.page(txn, TrailFilter(team_id=team), 10, 0)
    assert (newest.action, newest.who, newest.before) == (
        "contact.remove",
        Who(ActorKind.OPERATOR, None, "node"),
        {"n": 1},
    )
    assert (older.action, older.who) == ("contact.create", Who(ActorKind.TOKEN, by.uuid, "for the trail"))
    assert (older.address, older.request_id, older.subject, older.after) == (
        "192.0.2.7",
        "request-1",
        "a contact",
        {"n": 1},
    )
    assert older.team_code is not None
    assert trail.count(txn, TrailFilter(team_id=team)) == (3, False)


def test_the_platform_reads_what_is_its_own_too(txn: Txn, team: int):
    trail.note(txn, NODE, "contact.create", team_id=team)
    trail.note(txn, NODE, "route.create", team_id=None)
    assert asked(txn, 2) == ["route.create", "contact.create"]
    assert asked(txn, 1, 1) == ["contact.create"]
    assert trail.page(txn, TrailFilter(), 1, 0)[0].team_code is None


def test_changes_are_found_by_actor_action_subject_and_time(txn: Txn, team: int, by: Actor):
    trail.note(txn, by, "contact.create", "x", team_id=team)
    trail.note(txn, NODE, "contact.remove", "y", team_id=team)
    now_ms = trail.page(txn, TrailFilter(team_id=team), 1, 0)[0].at_ms
    assert asked(txn, team_id=team, actor=ActorKind.TOKEN) == ["contact.create"]
    assert asked(txn, team_id=team, actor_uuid=by.uuid) == ["contact.create"]
    assert asked(txn, team_id=team, action="contact.remove") == ["contact.remove"]
    assert asked(txn, team_id=team, subject="x") == ["contact.create"]
    assert asked(txn, subject="x") == ["contact.create"]
    assert len(asked(txn, team_id=team, from_ms=now_ms - 1, to_ms=now_ms + 1)) == 3
    assert asked(txn, team_id=team, from_ms=now_ms + 1000) == []
    assert asked(txn, team_id=team, to_ms=now_ms - 1000) == []


def test_what_is_the_same_before_and_after_is_not_told():
    before, after = {"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}
    assert trail.differences(before, after) == ({"b": 2, "c": None}, {"b": 3, "c": 4})


@pytest_twisted.ensureDeferred
async def test_the_api_asks_the_pool(database_dsn: str):
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        await database.run("given", lambda txn: trail.note(txn, NODE, "route.create", team_id=None))
        kept = trail.Trail(database)
        (entry,) = await kept.page(TrailFilter(action="route.create"), limit=1, offset=0)
        assert (entry.action, await kept.count(TrailFilter(action="route.create"))) == ("route.create", (1, False))
    finally:
        await database.close()


# People, who may do what they are


@pytest.fixture
def admin(txn: Txn, team: int) -> Actor:
    return acting(begun(txn, add_user(txn, team, role=Role.ADMIN)), team)


def acting(login: Begun, team_id: int | None, role: Role | None = Role.ADMIN, **more: bool) -> Actor:
    return Actor(ActorKind.USER, login.user.uuid, login_uuid=login.login_uuid, team_id=team_id, role=role, **more)


@pytest.mark.parametrize("change", ["DELETE FROM membership", "UPDATE membership SET role = 'viewer'"])
def test_decision_24_somebody_who_is_no_longer_what_they_were_in_the_team_changes_nothing(
    txn: Txn, team: int, admin: Actor, change: str
):
    trail.note(txn, admin, "contact.create", team_id=team)
    txn.execute(change)
    with pytest.raises(AccessEnded, match="your role changed"):
        trail.note(txn, admin, "contact.create", team_id=team)


def test_decision_24_an_administrator_of_the_platform_who_is_none_any_more_changes_nothing(txn: Txn):
    by = acting(begun(txn, add_user(txn, platform_admin=True)), None, None, platform=True)
    trail.note(txn, by, "route.create", team_id=None)
    accounts.set_platform_admin(txn, NODE, EMAIL, False)
    with pytest.raises(AccessEnded, match="your role changed"):
        trail.note(txn, by, "route.create", team_id=None)


def test_a_role_in_another_team_allows_nothing_in_this_one(txn: Txn, team: int, admin: Actor):
    other = attrs.evolve(admin, team_id=add_team(txn))
    assert trail.ended(txn, [other, admin]) == {other: trail.RIGHTS_ENDED}


def test_of_a_login_that_has_ended_that_is_said_whatever_became_of_the_role(txn: Txn, admin: Actor):
    txn.execute("DELETE FROM membership")
    accounts.disable(txn, NODE, EMAIL)
    assert trail.ended(txn, [admin]) == {admin: trail.LOGIN_ENDED}


def test_decision_24_whoever_is_taken_out_of_a_team_makes_no_token_in_it_any_more(database_dsn: str):
    two = Two(database_dsn)

    def given(txn: Txn) -> tuple[int, Actor]:
        team = add_team(txn)
        return team, acting(begun(txn, add_user(txn, team, role=Role.ADMIN)), team)

    team, admin = two.do(given)
    with two.first.cursor() as txn:
        members.remove(txn, NODE, Standing(frozenset(WHOLE), Role.OWNER), team, str(admin.uuid))
    end = two.meanwhile(tokens.create, admin, team, "late", ["messages"], None, RAW)
    with pytest.raises(AccessEnded):
        end()
    assert two.do(lambda txn: one(txn, "SELECT count(*) FROM token")) == 0
    two.close()
