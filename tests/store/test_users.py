"""People who may log in, and what operators do with them, on a real PostgreSQL."""

import uuid

import pytest

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.administration import UserChange
from mobilesasa.core.errors import AlreadyExists, BadValue, LoginFailed, NotFound, UserDisabled
from mobilesasa.core.people import SigningKey, Whence, secret_digest
from mobilesasa.core.scopes import PLATFORM, Role
from mobilesasa.store import accounts, links, logins, passwords, people, users
from mobilesasa.store.database import Txn
from mobilesasa.store.users import NewUser
from tests.store.given import add_team, one, rows
from tests.store.test_logins import EMAIL, add_user, begun, code_of

HERE = Whence("192.0.2.7", "a browser", "request-1")


def new(email: str = EMAIL, **more: object) -> NewUser:
    return NewUser(uuid=str(uuid.uuid4()), email=email, **more)  # type: ignore[arg-type]


def test_an_email_address_is_one_user_in_whatever_case(txn: Txn):
    users.create(txn, NODE, new(" Jane@ACME.example "))
    with pytest.raises(AlreadyExists, match=r"there is a user jane@acme\.example already"):
        users.create(txn, NODE, new("JANE@acme.EXAMPLE"))
    assert (users.show(txn, "Jane@Acme.example").email, users.show(txn, EMAIL).name) == (EMAIL, "jane")


@pytest.mark.parametrize(
    "email", ["", "jane", "@acme.example", "jane@", "a b@c", "a@b@c", "a\n@b", "x" * 250 + "@b.cd"]
)
def test_what_is_no_email_address_is_no_user(txn: Txn, email: str):
    with pytest.raises(BadValue, match="an email address is"):
        users.create(txn, NODE, new(email))


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines"])
def test_a_name_has_1_to_100_characters(txn: Txn, name: str):
    with pytest.raises(BadValue, match="a name has"):
        users.create(txn, NODE, new(name=name))


def test_a_user_is_shown_with_their_teams_and_when_they_logged_in_last(txn: Txn, team: int):
    user = add_user(txn, team, name="Jane Doe", password_hash="a hash", platform_admin=True)
    shown = users.show(txn, EMAIL)
    assert (shown.name, shown.platform_admin, shown.has_password, shown.disabled) == ("Jane Doe", True, True, False)
    assert (shown.teams, shown.last_login_ms) == ({code_of(txn, team): "owner"}, None)
    begun(txn, user)
    (listed,) = users.list_users(txn, code_of(txn, team))
    assert listed.last_login_ms is not None
    assert listed == users.list_users(txn)[0]
    assert users.list_users(txn, code_of(txn, add_team(txn))) == []
    with pytest.raises(NotFound):
        users.list_users(txn, "NOSUCH")


def test_an_operator_s_new_password_ends_all_logins_and_links(txn: Txn, team: int):
    user = add_user(txn, team)
    found = begun(txn, user)
    accounts.set_link(txn, NODE, EMAIL, secret_digest("mbl_1"))
    assert accounts.set_password(txn, NODE, EMAIL, "a hash").has_password
    assert logins.of_user(txn, found.user.uuid) == []
    with pytest.raises(LoginFailed):
        links.whose(txn, secret_digest("mbl_1"))


def test_a_link_sets_a_password_once_and_ends_all_logins(txn: Txn, team: int):
    user = add_user(txn, team, vouched=True, link_digest=secret_digest("mbl_1"))
    found = begun(txn, user)
    assert links.whose(txn, secret_digest("mbl_1")) == EMAIL
    assert links.use(txn, secret_digest("mbl_1"), "a hash", HERE) == [found.login_uuid]
    with pytest.raises(LoginFailed, match="the link is not good"):
        links.use(txn, secret_digest("mbl_1"), "another", HERE)
    assert one(txn, "SELECT password_hash FROM app_user") == "a hash"
    said = rows(txn, "SELECT actor, actor_uuid, address FROM trail WHERE action = 'user.password'")
    assert said == [("user", found.user.uuid, "192.0.2.7")]


@pytest.mark.parametrize("over", ["link_ends_at = now()", "disabled_at = now()"])
def test_a_link_that_is_over_or_of_a_disabled_user_sets_nothing(txn: Txn, over: str):
    users.create(txn, NODE, new(link_digest=secret_digest("mbl_1")))
    txn.execute(f"UPDATE app_user SET {over}")  # noqa: S608 - of two words above
    with pytest.raises(LoginFailed):
        links.use(txn, secret_digest("mbl_1"), "a hash", HERE)


def test_a_user_is_disabled_and_enabled_again(txn: Txn, team: int):
    user = add_user(txn, team)
    found = begun(txn, user)
    assert accounts.disable(txn, NODE, EMAIL).disabled
    assert logins.of_user(txn, found.user.uuid) == []
    with pytest.raises(UserDisabled):
        begun(txn, user)
    assert not accounts.enable(txn, NODE, EMAIL).disabled
    assert logins.candidate(txn, "nobody@acme.example") is None


def test_a_role_is_granted_changed_and_revoked(txn: Txn, team: int):
    add_user(txn)
    code = code_of(txn, team)
    assert accounts.grant(txn, NODE, EMAIL, code, Role.VIEWER).teams == {code: "viewer"}
    assert accounts.grant(txn, NODE, EMAIL, code, Role.ADMIN).teams == {code: "admin"}
    assert accounts.revoke(txn, NODE, EMAIL, code).teams == {}
    with pytest.raises(NotFound, match="is not in team"):
        accounts.revoke(txn, NODE, EMAIL, code)


@pytest.mark.parametrize(
    "change",
    [
        lambda txn: users.show(txn, "nobody@x"),
        lambda txn: accounts.disable(txn, NODE, "nobody@x"),
        lambda txn: accounts.enable(txn, NODE, "nobody@x"),
        lambda txn: accounts.set_password(txn, NODE, "nobody@x", "a hash"),
        lambda txn: accounts.set_link(txn, NODE, "nobody@x", secret_digest("mbl_1")),
        lambda txn: accounts.set_platform_admin(txn, NODE, "nobody@x", True),
        lambda txn: users.read(txn, 0),
    ],
)
def test_nobody_cannot_be_changed(txn: Txn, change):
    with pytest.raises(NotFound):
        change(txn)


def test_each_change_is_in_the_trail_without_secrets(txn: Txn, team: int):
    add_user(txn, team, password_hash="a secret hash")
    accounts.set_password(txn, NODE, EMAIL, "a secret hash")
    accounts.set_link(txn, NODE, EMAIL, secret_digest("mbl_1"))
    accounts.disable(txn, NODE, EMAIL)
    accounts.enable(txn, NODE, EMAIL)
    accounts.set_platform_admin(txn, NODE, EMAIL, True)
    accounts.revoke(txn, NODE, EMAIL, code_of(txn, team))
    actions = [action for (action,) in rows(txn, "SELECT action FROM trail ORDER BY id")]
    assert actions == [
        "user.create",
        "member.grant",
        "user.password",
        "user.link",
        "user.disable",
        "user.enable",
        "user.platform_admin",
        "member.remove",
    ]
    assert "secret" not in str(rows(txn, "SELECT before, after FROM trail"))


def test_the_picture_of_people_has_users_roles_ended_logins_and_two_keys(txn: Txn, team: int):
    user = add_user(txn, team, role=Role.VIEWER, platform_admin=True)
    add_user(txn, email="nobody@acme.example")
    first, second = begun(txn, user, "mbr_1"), begun(txn, user, "mbr_2")
    logins.end(txn, Actor(ActorKind.USER, first.user.uuid, login_uuid=first.login_uuid), first.login_uuid)
    for n in range(3):
        people.add_key(txn, SigningKey(f"key {n}", bytes([n]) * 32))
    people.ensure_key(txn, SigningKey("too many", b"x" * 32))
    known = people.load(txn)
    assert known.users[first.user.uuid].roles == {team: Role.VIEWER}
    assert PLATFORM in known.users[first.user.uuid].scopes_in(None)
    assert len(known.users) == 2
    assert first.login_uuid in known.ended
    assert second.login_uuid not in known.ended
    assert [key.kid for key in known.keys] == ["key 2", "key 1"]
    assert known.key("key 1") == SigningKey("key 1", b"\x01" * 32)


def test_an_empty_store_gets_one_key(txn: Txn):
    people.ensure_key(txn, SigningKey("first", b"x" * 32))
    people.ensure_key(txn, SigningKey("second", b"x" * 32))
    assert [key.kid for key in people.load(txn).keys] == ["first"]


def test_a_password_is_kept_as_argon2id_and_nobody_s_hash_costs_the_same():
    kept = passwords.hashed("a long enough one")
    assert kept.split("$")[1:4] == passwords.NOBODYS.split("$")[1:4] == ["argon2id", "v=19", "m=32768,t=3,p=1"]
    assert passwords.fits(kept, "a long enough one")
    assert not passwords.fits(kept, "another")


def test_users_are_found_by_uuid_and_searched(txn: Txn, team: int):
    add_user(txn, team, name="Jane Doe")
    users.create(txn, NODE, new("bob@example.com"))
    (jane,) = users.page(txn, "DOE", None, 10, 0)
    assert users.find_by_uuid(txn, jane.uuid.upper()) == jane
    for uuid_ in ("x", str(uuid.uuid4())):
        with pytest.raises(NotFound):
            users.find_by_uuid(txn, uuid_)
    assert [each.email for each in users.page(txn, None, None, 10, 0)] == ["bob@example.com", EMAIL]
    assert users.page(txn, None, team, 10, 0) == [jane]
    assert (users.count(txn, None, None), users.count(txn, "bob", None)) == ((2, False), (1, False))


def test_what_is_named_of_a_user_is_changed(txn: Txn, team: int):
    add_user(txn, team)
    changed = accounts.change(txn, NODE, EMAIL, UserChange(name=" Ann ", platform_admin=True, disabled=True))
    assert (changed.name, changed.platform_admin, changed.disabled) == ("Ann", True, True)
    changed = accounts.change(txn, NODE, EMAIL, UserChange(disabled=False))
    assert (changed.name, changed.platform_admin, changed.disabled) == ("Ann", True, False)
    with pytest.raises(BadValue):
        accounts.change(txn, NODE, EMAIL, UserChange(name=""))
