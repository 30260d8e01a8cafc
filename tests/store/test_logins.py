"""Logins and their refresh tokens, on a real PostgreSQL (decision 10)."""

import uuid

import attrs
import pytest

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, LoginFailed, NotFound, TeamSuspended, UserDisabled
from mobilesasa.core.people import REPEAT_S, Whence, secret_digest
from mobilesasa.core.scopes import Role
from mobilesasa.store import accounts, logins, teams, trail, users
from mobilesasa.store.database import Txn, connect, in_transaction
from mobilesasa.store.logins import Begun, Candidate, NewLogin, Reused
from mobilesasa.store.users import NewUser
from tests.store.given import add_team, one, rows
from tests.store.two import Two

EMAIL = "jane@acme.example"
HERE = Whence("192.0.2.7", "a browser", "request-1")


def new(raw: str = "mbr_1", whence: Whence = HERE) -> NewLogin:
    return NewLogin(str(uuid.uuid4()), secret_digest(raw), whence)


def code_of(txn: Txn, team: int) -> str:
    return str(one(txn, "SELECT code FROM team WHERE id = %(id)s", id=team))


def add_user(txn: Txn, *team_ids: int, email: str = EMAIL, role: Role = Role.OWNER, **more: object) -> int:
    user_id = users.create(txn, NODE, NewUser(uuid=str(uuid.uuid4()), email=email, **more))  # type: ignore[arg-type]
    for team_id in team_ids:
        accounts.grant(txn, NODE, email, code_of(txn, team_id), role)
    return user_id


@pytest.fixture
def jane(txn: Txn, team: int) -> int:
    return add_user(txn, team)


def begun(txn: Txn, user_id: int, raw: str = "mbr_1", team: str | None = None) -> Begun:
    kept = one(txn, "SELECT password_hash FROM app_user WHERE id = %(id)s", id=user_id)
    return logins.begin(txn, Candidate(user_id, kept), team, new(raw))


def renewed(txn: Txn, token: str, following: str, team: str | None = None, whence: Whence = HERE) -> Begun | Reused:
    return logins.renew(txn, secret_digest(token), team, new(following, whence))


def test_the_login_of_a_refresh_token_is_known_used_or_not(txn: Txn, jane: int):
    found = begun(txn, jane)
    renewed(txn, "mbr_1", "mbr_2")
    for token in ("mbr_1", "mbr_2"):
        assert logins.login_of(txn, secret_digest(token)) == found.login_uuid
    with pytest.raises(AccessEnded):
        logins.login_of(txn, secret_digest("mbr_3"))


def actor(found: Begun) -> Actor:
    return Actor(ActorKind.USER, found.user.uuid, login_uuid=found.login_uuid)


def test_a_login_is_kept_without_its_token_and_is_in_the_trail(txn: Txn, team: int, jane: int):
    found = begun(txn, jane)
    assert (found.user.email, found.team_id, found.user.roles) == (EMAIL, team, {team: Role.OWNER})
    assert rows(txn, "SELECT address, agent, ended_at FROM user_login") == [("192.0.2.7", "a browser", None)]
    assert "mbr_1" not in str(rows(txn, "SELECT * FROM login_refresh"))
    said = rows(txn, "SELECT team_id, actor_uuid, address, request_id, subject FROM trail WHERE action = 'login.begin'")
    assert said == [(team, found.user.uuid, "192.0.2.7", "request-1", found.login_uuid)]


def test_without_a_name_the_oldest_team_that_is_not_suspended_is_meant(txn: Txn, team: int, jane: int):
    later = add_team(txn)
    accounts.grant(txn, NODE, EMAIL, code_of(txn, later), Role.VIEWER)
    assert begun(txn, jane, "mbr_1").team_id == team
    txn.execute("UPDATE team SET suspended_at = now() WHERE id = %(id)s", {"id": team})
    assert begun(txn, jane, "mbr_2").team_id == later
    assert begun(txn, jane, "mbr_3", code_of(txn, later).lower()).team_id == later


def test_decision_15_somebody_all_of_whose_teams_are_suspended_is_refused_with_the_reason(
    txn: Txn, team: int, jane: int
):
    txn.execute("UPDATE team SET suspended_at = now()")
    for named in (None, code_of(txn, team)):
        with pytest.raises(TeamSuspended):
            begun(txn, jane, team=named)


def test_an_administrator_of_the_platform_logs_in_without_a_team(txn: Txn, team: int, jane: int):
    alone = add_user(txn, email="root@platform.example", platform_admin=True)
    assert begun(txn, alone).team_id is None
    txn.execute("UPDATE team SET suspended_at = now()")
    accounts.set_platform_admin(txn, NODE, EMAIL, True)
    assert begun(txn, jane, "mbr_2").team_id is None


def test_a_team_that_one_is_not_in_is_none_whether_it_exists_or_not(txn: Txn, jane: int):
    for code in (code_of(txn, add_team(txn)), "NOSUCH"):
        with pytest.raises(BadValue, match="you are in no team"):
            begun(txn, jane, team=code)


def test_a_refresh_token_is_good_once_and_gives_the_next(txn: Txn, jane: int):
    first = begun(txn, jane)
    second = renewed(txn, "mbr_1", "mbr_2", whence=Whence("192.0.2.8", "another"))
    assert isinstance(second, Begun)
    assert second.login_uuid == first.login_uuid
    assert rows(txn, "SELECT address, agent FROM user_login") == [("192.0.2.8", "another")]
    assert isinstance(renewed(txn, "mbr_2", "mbr_3"), Begun)


def test_a_login_ends_after_ninety_days_however_often_it_is_refreshed(txn: Txn, jane: int):
    begun(txn, jane)
    txn.execute("UPDATE user_login SET created_at = now() - interval '89 days'")
    assert isinstance(renewed(txn, "mbr_1", "mbr_2"), Begun)
    assert one(txn, "SELECT ends_at - now() = interval '1 day' FROM user_login")
    txn.execute(
        "UPDATE user_login SET created_at = created_at - interval '1 day', ends_at = ends_at - interval '1 day'"
    )
    with pytest.raises(AccessEnded):
        renewed(txn, "mbr_2", "mbr_3")


def kept_of(txn: Txn, action: str) -> list[tuple[object, ...]]:
    return rows(
        txn, "SELECT subject, after->>'address' FROM trail WHERE action = %(action)s ORDER BY id", action=action
    )


def age(txn: Txn, seconds: float) -> None:
    """Let what was used have been used so much earlier."""
    txn.execute("UPDATE login_refresh SET used_at = used_at - %(s)s * interval '1 second'", {"s": seconds})


def all_are_over(txn: Txn, *tokens: str) -> bool:
    for token in tokens:
        with pytest.raises(AccessEnded):
            renewed(txn, token, f"after {token}")
    return True


def test_decision_10_a_refresh_token_that_comes_again_late_ends_the_login_with_all_its_tokens(txn: Txn, jane: int):
    first = begun(txn, jane)
    renewed(txn, "mbr_1", "mbr_2")
    age(txn, REPEAT_S)
    assert renewed(txn, "mbr_1", "mbr_x") == Reused(first.login_uuid)
    assert all_are_over(txn, "mbr_1", "mbr_2", "mbr_x")
    assert kept_of(txn, "login.reuse") == [(first.login_uuid, HERE.address)]
    assert kept_of(txn, "login.repeat") == []


def test_decision_10_a_refresh_token_that_comes_again_after_the_next_was_used_ends_the_login_at_once(
    txn: Txn, jane: int
):
    first = begun(txn, jane)
    renewed(txn, "mbr_1", "mbr_2")
    renewed(txn, "mbr_2", "mbr_3")
    assert renewed(txn, "mbr_1", "mbr_x") == Reused(first.login_uuid)
    assert all_are_over(txn, "mbr_2", "mbr_3")


def test_a_lost_answer_costs_nothing_and_is_in_the_trail(txn: Txn, jane: int):
    first = begun(txn, jane)
    renewed(txn, "mbr_1", "mbr_lost")
    age(txn, REPEAT_S - 1)
    again = renewed(txn, "mbr_1", "mbr_2", whence=Whence("192.0.2.8"))
    assert isinstance(again, Begun)
    assert (again.login_uuid, again.repeated) == (first.login_uuid, True)
    assert kept_of(txn, "login.repeat") == [(first.login_uuid, "192.0.2.8")]
    following = renewed(txn, "mbr_2", "mbr_3")
    assert isinstance(following, Begun)
    assert not following.repeated
    assert len(logins.of_user(txn, first.user.uuid)) == 1


def test_repeats_do_not_prolong_the_time_for_them(txn: Txn, jane: int):
    begun(txn, jane)
    renewed(txn, "mbr_1", "mbr_lost")
    age(txn, REPEAT_S - 1)
    assert isinstance(renewed(txn, "mbr_1", "mbr_2"), Begun)
    age(txn, 1)
    assert isinstance(renewed(txn, "mbr_1", "mbr_3"), Reused)


@pytest.mark.parametrize(("arrived", "other"), [("mbr_a", "mbr_b"), ("mbr_b", "mbr_a")])
def test_whichever_of_two_answers_came_last_is_good_and_the_other_ends_the_login(
    txn: Txn, jane: int, arrived: str, other: str
):
    """Two tabs, or a call that a page left behind: nobody knows in which order the answers came."""
    found = begun(txn, jane)
    for following in ("mbr_a", "mbr_b"):
        assert isinstance(renewed(txn, "mbr_1", following), Begun)
    assert isinstance(renewed(txn, arrived, "mbr_2"), Begun)
    assert renewed(txn, other, "mbr_x") == Reused(found.login_uuid)
    assert all_are_over(txn, "mbr_2")


def test_a_repeat_in_another_team_goes_on_there(txn: Txn, team: int, jane: int):
    later = add_team(txn)
    accounts.grant(txn, NODE, EMAIL, code_of(txn, later), Role.VIEWER)
    begun(txn, jane)
    found = [renewed(txn, "mbr_1", "mbr_a", code_of(txn, later)), renewed(txn, "mbr_1", "mbr_b")]
    assert [each.team_id for each in found if isinstance(each, Begun)] == [later, later]


def test_a_repeat_of_what_has_ended_goes_on_with_nothing(txn: Txn, jane: int):
    found = begun(txn, jane)
    renewed(txn, "mbr_1", "mbr_2")
    logins.end(txn, actor(found), found.login_uuid)
    assert all_are_over(txn, "mbr_1")


def test_two_that_use_one_refresh_token_at_once_both_go_on(database_dsn: str):
    two = Two(database_dsn)
    two.do(lambda txn: begun(txn, add_user(txn, add_team(txn))))
    with two.first.cursor() as txn:
        assert isinstance(renewed(txn, "mbr_1", "mbr_2"), Begun)
    again = two.meanwhile(renewed, "mbr_1", "mbr_3")()
    assert isinstance(again, Begun)
    assert again.repeated
    two.close()


def test_of_two_that_use_successors_of_one_token_at_once_the_later_ends_the_login(database_dsn: str):
    two = Two(database_dsn)
    two.do(lambda txn: begun(txn, add_user(txn, add_team(txn))))
    for following in ("mbr_a", "mbr_b"):
        two.do(renewed, "mbr_1", following)
    with two.first.cursor() as txn:
        assert isinstance(renewed(txn, "mbr_a", "mbr_2"), Begun)
    assert isinstance(two.meanwhile(renewed, "mbr_b", "mbr_3")(), Reused)
    two.close()


def test_a_repeat_that_comes_while_the_next_token_is_used_ends_the_login(database_dsn: str):
    two = Two(database_dsn)
    two.do(lambda txn: begun(txn, add_user(txn, add_team(txn))))
    two.do(renewed, "mbr_1", "mbr_2")
    with two.first.cursor() as txn:
        assert isinstance(renewed(txn, "mbr_2", "mbr_3"), Begun)
    assert isinstance(two.meanwhile(renewed, "mbr_1", "mbr_x")(), Reused)
    two.close()


def test_what_is_superseded_is_used_for_a_node_of_the_release_before(txn: Txn, jane: int):
    begun(txn, jane)
    for following in ("mbr_a", "mbr_b"):
        renewed(txn, "mbr_1", following)
    renewed(txn, "mbr_a", "mbr_2")
    assert rows(txn, "SELECT superseded, used_at IS NOT NULL FROM login_refresh ORDER BY 1, 2") == [
        (False, False),  # mbr_2
        (False, True),  # mbr_a
        (True, True),  # mbr_1
        (True, True),  # mbr_b
    ]


@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE user_login SET ended_at = now()",
        "UPDATE user_login SET ends_at = now()",
        "UPDATE app_user SET disabled_at = now()",
    ],
)
def test_what_has_ended_is_not_carried_on(txn: Txn, jane: int, ended: str):
    begun(txn, jane)
    txn.execute(ended)
    with pytest.raises(AccessEnded):
        renewed(txn, "mbr_1", "mbr_2")


def test_an_unknown_refresh_token_ends_nothing(txn: Txn, jane: int):
    begun(txn, jane)
    with pytest.raises(AccessEnded):
        renewed(txn, "mbr_made_up", "mbr_2")
    assert isinstance(renewed(txn, "mbr_1", "mbr_2"), Begun)


def test_a_login_goes_on_in_another_team_when_that_is_named_or_the_first_is_over(txn: Txn, team: int, jane: int):
    later = add_team(txn)
    accounts.grant(txn, NODE, EMAIL, code_of(txn, later), Role.VIEWER)
    begun(txn, jane)
    moved = renewed(txn, "mbr_1", "mbr_2", code_of(txn, later))
    stayed = renewed(txn, "mbr_2", "mbr_3")
    accounts.revoke(txn, NODE, EMAIL, code_of(txn, later))
    back = renewed(txn, "mbr_3", "mbr_4")
    accounts.revoke(txn, NODE, EMAIL, code_of(txn, team))
    nowhere = renewed(txn, "mbr_4", "mbr_5")
    found = [each.team_id for each in (moved, stayed, back, nowhere) if isinstance(each, Begun)]
    assert found == [later, later, team, None]


def test_a_refusal_leaves_the_refresh_token_good(txn: Txn, jane: int):
    begun(txn, jane)
    txn.execute("SAVEPOINT before")
    with pytest.raises(BadValue):
        renewed(txn, "mbr_1", "mbr_2", "NOSUCH")
    txn.execute("ROLLBACK TO before")
    assert isinstance(renewed(txn, "mbr_1", "mbr_2"), Begun)


def test_a_user_ends_their_own_logins_alone(txn: Txn, team: int, jane: int):
    mine = begun(txn, jane)
    theirs = begun(txn, add_user(txn, team, email="otto@acme.example"), "mbr_2")
    for wrong in (theirs.login_uuid, str(uuid.uuid4()), "no uuid"):
        with pytest.raises(NotFound):
            logins.end(txn, actor(mine), wrong)
    assert logins.end(txn, actor(mine), mine.login_uuid) == mine.login_uuid
    assert [each.uuid for each in logins.of_user(txn, theirs.user.uuid)] == [theirs.login_uuid]
    assert logins.of_user(txn, mine.user.uuid) == []


def test_all_logins_but_one_end_at_once(txn: Txn, jane: int):
    found = [begun(txn, jane, f"mbr_{n}") for n in range(3)]
    by = actor(found[0])
    assert {*logins.end_own(txn, by, found[0].login_uuid)} == {each.login_uuid for each in found[1:]}
    assert logins.end_own(txn, by) == [found[0].login_uuid]


def test_where_somebody_is_logged_in_is_listed_with_the_last_used_first(txn: Txn, team: int, jane: int):
    first, _ = begun(txn, jane, "mbr_1"), begun(txn, jane, "mbr_2")
    txn.execute(
        "UPDATE user_login SET used_at = now() + interval '1 s' WHERE uuid = %(uuid)s", {"uuid": first.login_uuid}
    )
    listed = logins.of_user(txn, first.user.uuid)
    assert attrs.asdict(listed[0]) | {"created_at_ms": 0, "used_at_ms": 0, "ends_at_ms": 0} == {
        "uuid": first.login_uuid,
        "team_code": code_of(txn, team),
        "address": "192.0.2.7",
        "agent": "a browser",
        "created_at_ms": 0,
        "used_at_ms": 0,
        "ends_at_ms": 0,
    }


def test_a_user_has_at_most_so_many_logins_and_the_oldest_end(txn: Txn, jane: int, monkeypatch):
    monkeypatch.setattr(logins, "LIVING_MAX", 2)  # 50 would be as true, and slow
    found = [begun(txn, jane, f"mbr_{n}") for n in range(3)]
    assert [len(each.ended) for each in found] == [0, 0, 1]
    assert len(logins.of_user(txn, found[0].user.uuid)) == 2


def test_decision_10_a_change_of_the_password_ends_all_other_logins(txn: Txn, jane: int):
    here, there = begun(txn, jane, "mbr_1"), begun(txn, jane, "mbr_2")
    assert logins.change_password(txn, actor(here), jane, None, "a hash") == [there.login_uuid]
    assert logins.credentials(txn, here.user.uuid) == (jane, EMAIL, "a hash")
    with pytest.raises(NotFound):
        logins.credentials(txn, str(uuid.uuid4()))


def test_decision_24_a_login_that_has_ended_changes_nothing_any_more(txn: Txn, team: int, jane: int):
    found = begun(txn, jane)
    trail.note(txn, actor(found), "contact.create", team_id=team)
    logins.end(txn, actor(found), found.login_uuid)
    with pytest.raises(AccessEnded, match="login ended"):
        trail.note(txn, actor(found), "contact.create", team_id=team)


def test_decision_24_what_a_login_began_is_done_before_it_can_end(database_dsn: str):
    two = Two(database_dsn)
    found = two.do(lambda txn: begun(txn, add_user(txn, add_team(txn))))
    with two.first.cursor() as txn:
        trail.allow(txn, actor(found))
    end = two.meanwhile(lambda txn: accounts.disable(txn, NODE, EMAIL))
    assert end().disabled
    two.close()


def test_logins_that_were_over_for_long_are_forgotten_with_their_tokens(txn: Txn, jane: int):
    begun(txn, jane, "mbr_1")
    begun(txn, jane, "mbr_2")
    txn.execute(
        "UPDATE user_login SET ends_at = now() - interval '91 days' WHERE id = (SELECT min(id) FROM user_login)"
    )
    assert (logins.forget(txn, 10), logins.forget(txn, 10)) == (1, 0)
    assert one(txn, "SELECT count(*) FROM login_refresh") == 1


@pytest.mark.parametrize(
    ("change", "tells"),
    [
        ("UPDATE user_login SET used_at = now()", False),
        ("UPDATE user_login SET ended_at = now()", True),
        ("UPDATE app_user SET disabled_at = now()", True),
        ("UPDATE app_user SET password_hash = 'x'", False),
        ("UPDATE membership SET role = 'viewer'", True),
        ("DELETE FROM membership", True),
        ("INSERT INTO signing_key (kid, secret) VALUES ('k', repeat('x', 32)::bytea)", True),
    ],
)
def test_nodes_are_told_of_what_matters_to_them_alone(database_dsn: str, change: str, tells: bool):
    opened = connect(database_dsn, "tests")
    in_transaction(opened, lambda txn: begun(txn, add_user(txn, add_team(txn))))
    in_transaction(opened, lambda txn: txn.execute("LISTEN people"))
    in_transaction(opened, lambda txn: txn.execute(change))
    opened.poll()
    assert bool(opened.notifies) is tells
    opened.close()


def test_a_team_that_is_made_has_nobody_in_it(txn: Txn, team: int):
    assert users.list_users(txn, teams.show_team(txn, code_of(txn, team)).code) == []


def test_no_login_begins_with_a_password_that_was_changed_meanwhile(database_dsn: str):
    two = Two(database_dsn)
    jane = two.do(lambda txn: add_user(txn, add_team(txn), password_hash="the old one"))
    with two.first.cursor() as txn:
        accounts.set_password(txn, NODE, EMAIL, "the new one")
    end = two.meanwhile(logins.begin, Candidate(jane, "the old one"), None, new())
    with pytest.raises(LoginFailed, match="email or password is wrong"):
        end()
    two.close()


def test_a_login_that_begins_before_the_password_is_changed_ends_with_that(database_dsn: str):
    two = Two(database_dsn)
    jane = two.do(lambda txn: add_user(txn, add_team(txn)))
    with two.first.cursor() as txn:
        found = begun(txn, jane)
    end = two.meanwhile(accounts.set_password, NODE, EMAIL, "the new one")
    end()
    assert two.do(logins.of_user, found.user.uuid) == []
    two.close()


def test_no_login_begins_of_somebody_who_was_disabled_meanwhile(txn: Txn, jane: int):
    accounts.disable(txn, NODE, EMAIL)
    with pytest.raises(UserDisabled):
        begun(txn, jane)


def test_a_password_that_an_operator_has_set_meanwhile_is_not_overwritten(database_dsn: str):
    two = Two(database_dsn)
    found = two.do(lambda txn: begun(txn, add_user(txn, add_team(txn), password_hash="the old one")))
    jane = two.do(lambda txn: one(txn, "SELECT id FROM app_user"))
    with two.first.cursor() as txn:
        txn.execute(users.SET_PASSWORD, {"user_id": jane, "password_hash": "the operator's"})
    end = two.meanwhile(logins.change_password, actor(found), jane, "the old one", "a new one")
    with pytest.raises(LoginFailed, match="the old password is wrong"):
        end()
    assert two.do(logins.credentials, found.user.uuid)[2] == "the operator's"
    two.close()
