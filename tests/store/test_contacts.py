"""Contacts of teams in the store: one of a phone, changed by fields, deleted softly."""

import attrs
import pytest

from mobilesasa.contacts.model import Contact, Details
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, AlreadyExists, BadValue, NotFound, Suppressed
from mobilesasa.store import contacts, groups, intake, suppressions
from mobilesasa.store.contacts import Change, Contacts, attributes, change, create, delete, delete_one, find
from mobilesasa.store.database import connect
from tests.store.given import add_team, one, priced, rows
from tests.store.people import PHONE, Pool, give, give_group, run, uuid

pytestmark = pytest.mark.each_postgres

REVOKED = Actor(ActorKind.TOKEN, uuid(999_999))


@pytest.fixture
def team(txn):
    return add_team(txn)


def trail(txn):
    return rows(txn, "SELECT action, subject, after FROM trail ORDER BY id")


def test_a_contact_is_kept_with_all_that_is_said_of_it(txn, team):
    details = Details(
        "Jane", "Doe", "jane@example.com", "Prefers Swahili", {"county": "Nairobi", "points": 1.5, "vip": True}
    )
    made = give(txn, team, details=details)
    assert find(txn, team, made.uuid) == made
    assert trail(txn)[-1] == (
        "contact.create", made.uuid, {"fields": ["phone", "first_name", "last_name", "email", "notes", "attributes"]},
    )  # fmt: skip


def test_the_trail_of_contacts_holds_nothing_of_what_is_in_their_fields(txn, team):
    made = give(txn, team, details=Details("Jane", notes="Owes us 40,000", attributes={"clan": "Abc"}))
    change(txn, NODE, team, made.uuid, Change(phone="254722000111", texts={"first_name": "Joan"}))
    delete(txn, NODE, team, [made.uuid])
    text = str(rows(txn, "SELECT * FROM trail"))
    assert not [secret for secret in ("Jane", "Joan", "40,000", "Abc", PHONE, "254722000111") if secret in text]


def test_decision_48_a_second_contact_of_a_phone_is_refused_with_the_uuid_of_the_first(txn, team):
    first = give(txn, team)
    with pytest.raises(AlreadyExists) as refused:
        create(txn, NODE, team, attrs.evolve(first, uuid=uuid()))
    assert refused.value.uuid == first.uuid
    assert give(txn, add_team(txn)).phone == first.phone  # of another team


def test_another_team_s_contact_is_not_there(txn, team):
    made, other = give(txn, team), add_team(txn)
    for ask in (
        find,
        lambda *args: change(args[0], NODE, *args[1:], Change()),
        lambda *args: delete_one(args[0], NODE, *args[1:]),
    ):
        with pytest.raises(NotFound):
            ask(txn, other, made.uuid)
        with pytest.raises(NotFound):
            ask(txn, team, "no uuid")
    assert delete(txn, NODE, other, [made.uuid, "no uuid"]) == []
    assert find(txn, team, made.uuid) == made


def test_decision_50_only_what_is_named_changes(txn, team):
    made = give(
        txn, team, details=Details("Jane", "Doe", notes="A note", attributes={"county": "Nairobi", "points": 1})
    )
    now = change(
        txn,
        NODE,
        team,
        made.uuid,
        Change(texts={"last_name": "Wanjiku", "notes": None}, attributes={"points": None, "vip": True}),
    )
    assert now.details == Details("Jane", "Wanjiku", attributes={"county": "Nairobi", "vip": True})
    assert now.phone == made.phone
    assert trail(txn)[-1][2] == {"fields": ["last_name", "notes", "attributes"]}
    assert change(txn, NODE, team, made.uuid, Change(attributes=None)).details.attributes == {}


def test_decision_50_a_change_of_nothing_leaves_a_contact_as_it_was(txn, team):
    made = give(txn, team, details=Details("Jane"))
    noted = len(trail(txn))
    assert change(txn, NODE, team, made.uuid, Change(texts={"first_name": "Jane"})) == made
    assert len(trail(txn)) == noted


def test_decision_50_a_phone_that_another_contact_has_is_refused_with_its_uuid(txn, team):
    made, other = give(txn, team), give(txn, team, "254722000111")
    with pytest.raises(AlreadyExists) as refused:
        change(txn, NODE, team, made.uuid, Change(phone=other.phone, texts={"first_name": "X"}))
    assert refused.value.uuid == other.uuid
    assert find(txn, team, made.uuid) == made
    assert change(txn, NODE, team, made.uuid, Change(phone="254733000111")).phone == "254733000111"


def test_a_contact_takes_no_more_than_fifty_attributes(txn, team):
    made = give(txn, team, details=Details(attributes={f"a{n}": n for n in range(50)}))
    with pytest.raises(BadValue, match="51"):
        change(txn, NODE, team, made.uuid, Change(attributes={"more": 1}))
    assert (
        change(txn, NODE, team, made.uuid, Change(attributes={"a0": None, "more": 1})).details.attributes["more"] == 1
    )


def test_decision_51_a_deleted_contact_leaves_its_groups_and_its_phone_may_have_another(txn, team):
    made = give(txn, team)
    group = give_group(txn, team, made.phone)
    assert delete_one(txn, NODE, team, made.uuid) == made
    assert groups.find(txn, team, group.uuid).members == 0
    with pytest.raises(NotFound):
        find(txn, team, made.uuid)
    again = give(txn, team)
    assert again.uuid != made.uuid
    assert find(txn, team, again.uuid).groups == ()
    assert (
        one(txn, "SELECT count(*) FROM contact WHERE uuid = %(uuid)s AND deleted_at IS NOT NULL", uuid=made.uuid) == 1
    )


def test_decision_51_a_suppression_survives_the_contact(txn, team):
    made = give(txn, team)
    suppressions.add(txn, NODE, team, made.phone, "Acme", "stop")
    assert find(txn, team, made.uuid).suppressed
    delete(txn, NODE, team, [made.uuid])
    again = give(txn, team)
    assert find(txn, team, again.uuid).suppressed


def test_many_are_deleted_at_once_and_those_that_were_there_are_told(txn, team):
    made = [give(txn, team, f"25471234567{n}") for n in range(3)]
    assert sorted(delete(txn, NODE, team, [made[0].uuid.upper(), made[2].uuid, uuid()])) == [made[0].uuid, made[2].uuid]
    assert delete(txn, NODE, team, [made[0].uuid]) == []
    assert find(txn, team, made[1].uuid) == made[1]


def test_a_contact_names_its_groups(txn, team):
    made = give(txn, team)
    vip, all_of_them = give_group(txn, team, made.phone, name="vip"), give_group(txn, team, made.phone, name="All")
    assert find(txn, team, made.uuid).groups == ((all_of_them.uuid, "All"), (vip.uuid, "vip"))


def test_the_names_of_attributes_are_known_whoever_wrote_them(txn, team):
    made = give(txn, team, details=Details(attributes={"points": 1, "county": "Nairobi"}))
    change(txn, NODE, team, made.uuid, Change(attributes={"vip": True, "points": None}))
    give(txn, add_team(txn), details=Details(attributes={"other": 1}))
    assert attributes(txn, team) == ["county", "points", "vip"]


def test_who_may_no_longer_changes_nothing(txn, team):
    made = give(txn, team)
    for ask in (
        lambda: create(txn, REVOKED, team, attrs.evolve(made, uuid=uuid(), phone="254722000111")),
        lambda: change(txn, REVOKED, team, made.uuid, Change(texts={"first_name": "X"})),
        lambda: delete(txn, REVOKED, team, [made.uuid]),
    ):
        with pytest.raises(AccessEnded):
            ask()


def test_the_api_s_calls_are_those_of_the_store(txn, team):
    api = Contacts(Pool(txn))
    made = Contact(uuid(), PHONE, Details("Jane"), 1_778_490_000_000, 1_778_490_000_000)

    async def calls():
        await api.create(NODE, team, made, None)
        assert (await api.find(team, made.uuid)).details.first_name == "Jane"
        changed = await api.change(
            NODE, team, made.uuid, phone=None, texts={"last_name": "Doe"}, attributes={"vip": True}
        )
        assert changed.details == Details("Jane", "Doe", attributes={"vip": True})
        assert await api.attributes(team) == ["vip"]
        assert (await api.delete(NODE, team, made.uuid)).uuid == made.uuid
        assert await api.delete_many(NODE, team, [made.uuid]) == []

    run(calls())


def test_of_two_who_keep_one_phone_at_once_one_is_told_of_the_other(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    with first, first.cursor() as one_txn:
        team = add_team(one_txn)
    with first.cursor() as one_txn, second.cursor() as other_txn:
        made = give(one_txn, team)
        other_txn.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            give(other_txn, team)
        second.rollback()
        first.commit()
        with pytest.raises(AlreadyExists) as refused:
            give(other_txn, team)
        assert refused.value.uuid == made.uuid
        assert contacts.find(other_txn, team, made.uuid) == made
        second.rollback()
    first.close()
    second.close()


def test_decision_57_who_said_stop_gets_nothing_when_they_are_created_again(txn):
    team = add_team(txn, 10)
    made = give(txn, team)
    suppressions.add(txn, NODE, team, made.phone, "", "stop")
    delete(txn, NODE, team, [made.uuid])
    give(txn, team)
    assert [type(refusal) for refusal in intake.accept(txn, [priced(team, suppressible=True)])] == [Suppressed]
