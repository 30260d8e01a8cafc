"""The members and settings of a team, on a real PostgreSQL."""

import uuid

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import AlreadyExists, BadValue, NotAllowed, NotFound, Refused
from mobilesasa.core.members import Invitation, Member, Standing
from mobilesasa.core.people import secret_digest
from mobilesasa.core.scopes import SCOPES_OF_ROLE, TEAM, WHOLE, Role
from mobilesasa.store import accounts, links, members, senders
from mobilesasa.store.database import Txn
from tests.store.given import add_team, one, rows
from tests.store.test_logins import EMAIL, add_user, begun, code_of
from tests.store.two import Two

OTTO = "otto@acme.example"
OWNER, ADMIN = (Standing(SCOPES_OF_ROLE[role], role) for role in (Role.OWNER, Role.ADMIN))
A_TOKEN = Standing(frozenset(WHOLE))


def asked(email: str = OTTO, role: Role = Role.OPERATOR, name: str = "Otto", link: str = "mbl_1") -> Invitation:
    return Invitation(email, name, role, str(uuid.uuid4()), secret_digest(link))


def invited(txn: Txn, team: int, standing: Standing = OWNER, **more: object) -> Member:
    return members.invite(txn, NODE, standing, team, asked(**more))[0]  # type: ignore[arg-type]


@pytest.fixture
def jane(txn: Txn, team: int) -> Member:
    """The one owner of the team."""
    add_user(txn, team, name="Jane")
    return members.of_team(txn, team)[0]


def test_somebody_new_becomes_a_user_who_sets_a_password_by_the_link(txn: Txn, team: int, jane: Member):
    member, made = members.invite(txn, NODE, OWNER, team, asked())
    assert made
    assert (member.email, member.name, member.role, member.has_password) == (OTTO, "Otto", Role.OPERATOR, False)
    assert links.whose(txn, secret_digest("mbl_1")) == OTTO
    assert [each.name for each in members.of_team(txn, team)] == ["Otto", "jane"]
    actions = rows(txn, "SELECT action, team_id FROM trail WHERE subject = %(uuid)s ORDER BY id", uuid=member.uuid)
    assert actions == [("user.create", team), ("member.invite", team)]


def test_somebody_for_whom_an_operator_answers_is_added_as_they_are(txn: Txn, team: int, jane: Member):
    add_user(txn, add_team(txn), email=OTTO)
    member, made = members.invite(txn, NODE, OWNER, team, asked())
    assert not made
    assert member.role is Role.OPERATOR
    with pytest.raises(Refused):
        links.whose(txn, secret_digest("mbl_1"))


def test_the_name_of_somebody_who_was_not_asked_is_told_when_they_have_come(txn: Txn, team: int):
    other = add_team(txn)
    user_id = add_user(txn, other, email=OTTO, name="Otto the Secret")
    begun(txn, user_id)  # to the other team
    assert invited(txn, team, name="Somebody").name == "otto"
    assert [each.name for each in members.of_team(txn, team)] == ["otto"]
    assert [each.name for each in members.of_team(txn, other)] == ["Otto the Secret"]
    begun(txn, user_id, "mbr_2", code_of(txn, team))
    assert [each.name for each in members.of_team(txn, team)] == ["Otto the Secret"]


def test_an_operator_s_link_of_somebody_without_a_password_stays_theirs_when_a_team_takes_them_in(txn: Txn, team: int):
    add_user(txn, email=OTTO, vouched=True, link_digest=secret_digest("mbl_operator"))
    member, made = members.invite(txn, NODE, OWNER, team, asked())
    assert not made
    with pytest.raises(NotAllowed, match="an operator can make a link"):
        members.new_link(txn, NODE, OWNER, team, member.uuid, secret_digest("mbl_2"))
    assert links.whose(txn, secret_digest("mbl_operator")) == OTTO


@pytest.mark.parametrize("word", ["a role", "the platform"])
def test_the_link_that_a_team_still_has_is_good_no_more_when_an_operator_answers(
    txn: Txn, team: int, jane: Member, word: str
):
    invited(txn, team)
    for link in ("mbl_1", "mbl_operator"):
        assert links.whose(txn, secret_digest(link)) == OTTO
        if word == "a role":
            accounts.grant(txn, NODE, OTTO, code_of(txn, add_team(txn)), Role.OWNER)
        else:
            accounts.set_platform_admin(txn, NODE, OTTO, True)
        if link == "mbl_1":
            with pytest.raises(Refused):
                links.whose(txn, secret_digest("mbl_1"))
            accounts.set_link(txn, NODE, OTTO, secret_digest("mbl_operator"))
    assert links.whose(txn, secret_digest("mbl_operator")) == OTTO


def test_somebody_whom_another_team_has_made_is_not_added_for_nobody_knows_who_that_is(
    txn: Txn, team: int, jane: Member
):
    invited(txn, add_team(txn))
    with pytest.raises(AlreadyExists, match="ask the operator"):
        invited(txn, team)
    accounts.grant(txn, NODE, OTTO, code_of(txn, team), Role.VIEWER)
    with pytest.raises(AlreadyExists, match="in the team already"):
        invited(txn, team)


def test_a_member_is_not_invited_again(txn: Txn, team: int, jane: Member):
    invited(txn, team)
    with pytest.raises(AlreadyExists, match="in the team already"):
        invited(txn, team)


def test_a_member_who_has_not_come_yet_gets_another_link(txn: Txn, team: int, jane: Member):
    otto = invited(txn, team)
    members.new_link(txn, NODE, ADMIN, team, otto.uuid, secret_digest("mbl_2"))
    with pytest.raises(Refused):
        links.whose(txn, secret_digest("mbl_1"))
    assert links.whose(txn, secret_digest("mbl_2")) == OTTO


@pytest.mark.parametrize("why", ["a password", "another team", "the platform", "an operator's word"])
def test_a_link_is_made_by_an_operator_alone_where_it_would_open_more_than_the_team(
    txn: Txn, team: int, jane: Member, why: str
):
    otto = invited(txn, team)
    if why == "a password":
        accounts.set_password(txn, NODE, OTTO, "a hash")
    elif why == "another team":
        accounts.grant(txn, NODE, OTTO, code_of(txn, add_team(txn)), Role.VIEWER)
    elif why == "the platform":
        accounts.set_platform_admin(txn, NODE, OTTO, True)
    else:
        accounts.grant(txn, NODE, OTTO, code_of(txn, team), Role.OPERATOR)
    with pytest.raises(NotAllowed, match="an operator can make a link"):
        members.new_link(txn, NODE, OWNER, team, otto.uuid, secret_digest("mbl_2"))


def test_a_role_is_changed_and_somebody_removed(txn: Txn, team: int, jane: Member):
    otto = invited(txn, team)
    assert members.change(txn, NODE, ADMIN, team, otto.uuid, Role.VIEWER).role is Role.VIEWER
    assert members.find(txn, team, otto.uuid).role is Role.VIEWER
    assert members.remove(txn, NODE, ADMIN, team, otto.uuid).email == OTTO
    assert [each.email for each in members.of_team(txn, team)] == [EMAIL]
    said = rows(txn, "SELECT before, after FROM trail WHERE action = 'member.change'")
    assert said == [({"role": "operator"}, {"role": "viewer"})]


def test_the_last_owner_stays(txn: Txn, team: int, jane: Member):
    for change in (
        lambda: members.remove(txn, NODE, OWNER, team, jane.uuid),
        lambda: members.change(txn, NODE, OWNER, team, jane.uuid, Role.VIEWER),
    ):
        with pytest.raises(NotAllowed, match="last owner"):
            change()
    assert members.change(txn, NODE, OWNER, team, jane.uuid, Role.OWNER).role is Role.OWNER
    invited(txn, team, role=Role.OWNER)
    members.change(txn, NODE, OWNER, team, jane.uuid, Role.VIEWER)


def test_two_owners_who_leave_at_once_do_not_both_go(database_dsn: str):
    two = Two(database_dsn)

    def begin(txn: Txn) -> tuple[int, list[str]]:
        team = add_team(txn)
        add_user(txn, team)
        invited(txn, team, role=Role.OWNER)
        return team, [each.uuid for each in members.of_team(txn, team)]

    team, (one_owner, other) = two.do(begin)
    with two.first.cursor() as txn:
        members.remove(txn, NODE, OWNER, team, one_owner)
    end = two.meanwhile(members.remove, NODE, OWNER, team, other)
    with pytest.raises(NotAllowed):
        end()
    two.close()


@pytest.mark.parametrize("standing", [ADMIN, A_TOKEN])
def test_whoever_is_no_owner_makes_changes_and_removes_none(txn: Txn, team: int, jane: Member, standing: Standing):
    otto = invited(txn, team)
    for change in (
        lambda: invited(txn, team, standing, email="new@acme.example", role=Role.OWNER),
        lambda: members.change(txn, NODE, standing, team, otto.uuid, Role.OWNER),
        lambda: members.change(txn, NODE, standing, team, jane.uuid, Role.VIEWER),
        lambda: members.remove(txn, NODE, standing, team, jane.uuid),
        lambda: members.new_link(txn, NODE, standing, team, jane.uuid, secret_digest("mbl_2")),
    ):
        with pytest.raises(NotAllowed, match="only an owner"):
            change()


def test_decision_19_a_token_gives_no_role_that_opens_more_than_it_does(txn: Txn, team: int, jane: Member):
    narrow = Standing(frozenset({TEAM, "messages"}))
    otto = invited(txn, team)
    for change in (
        lambda: invited(txn, team, narrow, email="new@acme.example", role=Role.VIEWER),
        lambda: members.change(txn, NODE, narrow, team, otto.uuid, Role.ADMIN),
        lambda: members.new_link(txn, NODE, narrow, team, otto.uuid, secret_digest("mbl_2")),
    ):
        with pytest.raises(NotAllowed, match="opens more than this token"):
            change()
    members.remove(txn, NODE, narrow, team, otto.uuid)


def test_another_team_s_member_is_not_there(txn: Txn, team: int, jane: Member):
    other = add_team(txn)
    for uuid_ in (jane.uuid, "no uuid"):
        for change in (
            lambda uuid_=uuid_: members.find(txn, other, uuid_),
            lambda uuid_=uuid_: members.change(txn, NODE, OWNER, other, uuid_, Role.VIEWER),
            lambda uuid_=uuid_: members.remove(txn, NODE, OWNER, other, uuid_),
            lambda uuid_=uuid_: members.new_link(txn, NODE, OWNER, other, uuid_, secret_digest("mbl_2")),
        ):
            with pytest.raises(NotFound):
                change()


def test_when_somebody_logged_in_to_this_team_last_is_shown(txn: Txn, team: int, jane: Member):
    assert jane.last_login_ms is None
    begun(txn, one(txn, "SELECT id FROM app_user"))
    assert members.of_team(txn, team)[0].last_login_ms is not None


def test_a_team_changes_what_it_names_and_keeps_the_rest(txn: Txn, team: int):
    sender = senders.add(txn, NODE, team, "Acme", senders.SenderStatus.APPROVED)
    changed = members.change_settings(
        txn, NODE, team, {"name": " Acme Ltd ", "text_days": 90, "low_balance_units": 500, "default_sender": "Acme"}
    )
    assert (changed.name, changed.text_days, changed.low_balance_units) == ("Acme Ltd", 90, 500)
    assert changed.default_sender == sender.name
    assert members.change_settings(txn, NODE, team, {}) == changed
    cleared = {"text_days": None, "low_balance_units": None, "default_sender": None}
    emptied = members.change_settings(txn, NODE, team, cleared)
    assert (emptied.text_days, emptied.low_balance_units, emptied.default_sender) == (None, None, None)
    assert emptied.name == "Acme Ltd"
    assert rows(txn, "SELECT before, after FROM trail WHERE action = 'team.change' ORDER BY id")[0] == (
        {"name": "A team", "text_days": None, "low_balance_units": None},
        {"name": "Acme Ltd", "text_days": 90, "low_balance_units": 500},
    )


def test_the_days_of_a_team_are_those_of_the_zone_that_it_names(txn: Txn, team: int):
    assert members.settings(txn, team).zone is None
    assert members.change_settings(txn, NODE, team, {"zone": "Africa/Kampala"}).zone == "Africa/Kampala"
    assert members.change_settings(txn, NODE, team, {"zone": None}).zone is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"text_days": -1},
        {"text_days": 3651},
        {"low_balance_units": 0},
        {"zone": "EAT+3"},
    ],
)
def test_a_setting_that_cannot_be_kept_is_refused(txn: Txn, team: int, change: dict[str, object]):
    with pytest.raises(BadValue):
        members.change_settings(txn, NODE, team, change)


def test_a_default_sender_that_is_not_the_team_s_is_refused(txn: Txn, team: int):
    with pytest.raises(Refused):
        members.change_settings(txn, NODE, team, {"default_sender": "NoSuch"})


def test_an_owner_whom_an_operator_is_just_making_is_not_removed_by_an_admin(database_dsn: str):
    two = Two(database_dsn)

    def begin(txn: Txn) -> tuple[int, str]:
        team = add_team(txn)
        add_user(txn, team)
        return team, invited(txn, team).uuid

    team, otto = two.do(begin)
    with two.first.cursor() as txn:
        accounts.grant(txn, NODE, OTTO, code_of(txn, team), Role.OWNER)
    end = two.meanwhile(members.remove, NODE, ADMIN, team, otto)
    with pytest.raises(NotAllowed, match="only an owner"):
        end()
    two.close()
