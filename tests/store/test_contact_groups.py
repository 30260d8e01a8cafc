"""Groups of contacts in the store: named once, counted, and who is in them."""

import attrs
import pytest

from mobilesasa.contacts.model import Details, Group
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, AlreadyExists, BadValue, InUse, NotFound
from mobilesasa.core.idempotency import Mark, Repeated
from mobilesasa.store import contacts
from mobilesasa.store.database import connect
from mobilesasa.store.groups import Groups, add, change, count, create, delete, find, page, remove, remove_one
from tests.store.given import NOW_MS, add_team, one, rows
from tests.store.people import PHONE, Pool, give, give_group, run, uuid

pytestmark = pytest.mark.each_postgres

OTHER = "254722000111"
REVOKED = Actor(ActorKind.TOKEN, uuid(999_998))


@pytest.fixture
def team(txn):
    return add_team(txn)


def members(txn, group):
    return [phone for (phone,) in rows(
        txn, """SELECT phone FROM group_member JOIN contact ON contact.id = contact_id
                JOIN contact_group ON contact_group.id = group_id WHERE contact_group.uuid = %(uuid)s ORDER BY phone""",
        uuid=group.uuid,
    )]  # fmt: skip


def test_a_group_is_kept_and_changed_and_each_is_in_the_trail(txn, team):
    made = Group(uuid(), "VIP Customers", "High-value", 0, NOW_MS, NOW_MS)
    create(txn, NODE, team, made)
    assert find(txn, team, made.uuid) == made
    changed = change(txn, NODE, team, made.uuid, {"name": "VIP", "description": None})
    assert (changed.name, changed.description) == ("VIP", None)
    assert change(txn, NODE, team, made.uuid, {"name": "VIP"}) == changed
    assert change(txn, NODE, team, made.uuid, {}) == changed
    assert rows(txn, "SELECT action, before, after FROM trail ORDER BY id") == [
        ("group.create", None, {"name": "VIP Customers", "description": "High-value"}),
        ("group.update", {"name": "VIP Customers", "description": "High-value"}, {"name": "VIP", "description": None}),
    ]


def test_decision_58_a_name_is_one_in_a_team_whatever_its_case(txn, team):
    made = give_group(txn, team, name="Straße VIP")
    with pytest.raises(AlreadyExists) as refused:
        give_group(txn, team, name="STRASSE vip")
    assert refused.value.uuid == made.uuid
    other = give_group(txn, team, name="Other")
    with pytest.raises(AlreadyExists) as refused:
        change(txn, NODE, team, other.uuid, {"name": "strasse VIP"})
    assert refused.value.uuid == made.uuid
    assert change(txn, NODE, team, made.uuid, {"name": "STRASSE VIP"}).name == "STRASSE VIP"
    assert give_group(txn, add_team(txn), name="Straße VIP").name == "Straße VIP"


def test_decision_59_a_group_goes_and_its_contacts_stay(txn, team):
    group = give_group(txn, team, PHONE)
    assert delete(txn, NODE, team, group.uuid) == group
    with pytest.raises(NotFound):
        find(txn, team, group.uuid)
    assert one(txn, "SELECT count(*) FROM group_member") == 0
    assert one(txn, "SELECT count(*) FROM contact WHERE team_id = %(team)s AND deleted_at IS NULL", team=team) == 1


def test_decision_59_a_group_that_something_works_with_stays(txn, team):
    group = give_group(txn, team, PHONE)
    known = one(txn, "SELECT id FROM contact_group WHERE uuid = %(uuid)s", uuid=group.uuid)
    uses = {known: "the campaign May Promo"}
    with pytest.raises(InUse, match="May Promo"):
        delete(txn, NODE, team, group.uuid, [lambda txn, group_id: None, lambda txn, group_id: uses.get(group_id)])
    assert find(txn, team, group.uuid) == group


def test_decision_60_whom_nobody_has_becomes_a_contact_with_a_phone_alone(txn, team):
    group = give_group(txn, team)
    (added,) = add(txn, NODE, team, group.uuid, [PHONE], [uuid()])
    assert (added.created, added.added) == (True, True)
    assert contacts.find(txn, team, added.contact.uuid).details == Details()
    assert find(txn, team, group.uuid).members == 1


def test_decision_60_somebody_who_is_in_the_group_is_refused_with_the_contact_s_uuid(txn, team):
    contact = give(txn, team)
    group = give_group(txn, team, PHONE)
    with pytest.raises(AlreadyExists) as refused:
        add(txn, NODE, team, group.uuid, [PHONE], [uuid()], all_new=True)
    assert refused.value.uuid == contact.uuid


def test_several_are_added_in_the_order_in_which_they_were_named(txn, team):
    known = give(txn, team, OTHER, Details("Jane"))
    group = give_group(txn, team, PHONE)
    done = add(txn, NODE, team, group.uuid, ["254733000111", OTHER, PHONE], [uuid(), uuid(), uuid()])
    assert [(each.contact.phone, each.created, each.added) for each in done] == [
        ("254733000111", True, True), (OTHER, False, True), (PHONE, False, False),
    ]  # fmt: skip
    assert attrs.evolve(done[1].contact) == known
    assert members(txn, group) == [PHONE, OTHER, "254733000111"]
    assert find(txn, team, group.uuid).members == 3
    assert add(txn, NODE, team, group.uuid, [], []) == []


def test_decision_61_who_is_not_in_the_group_is_not_found(txn, team):
    give(txn, team, OTHER)
    group = give_group(txn, team, PHONE)
    for phone in (OTHER, "254733000111"):
        with pytest.raises(NotFound):
            remove_one(txn, NODE, team, group.uuid, phone)
    assert remove_one(txn, NODE, team, group.uuid, PHONE).phone == PHONE
    assert (members(txn, group), find(txn, team, group.uuid).members) == ([], 0)


def test_many_are_removed_at_once(txn, team):
    group = give_group(txn, team, PHONE, OTHER)
    assert {each.phone for each in remove(txn, NODE, team, group.uuid, [OTHER, PHONE, "254733000111"])} == {
        PHONE,
        OTHER,
    }
    assert remove(txn, NODE, team, group.uuid, [PHONE]) == []


def test_another_team_s_group_is_not_there(txn, team):
    group, other = give_group(txn, team, PHONE), add_team(txn)
    for ask in (
        lambda team, name: find(txn, team, name),
        lambda team, name: change(txn, NODE, team, name, {"name": "X"}),
        lambda team, name: delete(txn, NODE, team, name),
        lambda team, name: add(txn, NODE, team, name, [PHONE], [uuid()]),
        lambda team, name: remove(txn, NODE, team, name, [PHONE]),
    ):
        with pytest.raises(NotFound):
            ask(other, group.uuid)
        with pytest.raises(NotFound):
            ask(team, "no uuid")
    assert find(txn, team, group.uuid) == group


def test_groups_are_listed_newest_first_and_found_by_parts_of_their_names(txn, team):
    made = [give_group(txn, team, name=name) for name in ("Nairobi VIP", "Mombasa", "50% off", "vip")]
    give_group(txn, add_team(txn), name="VIP of others")
    found, last = page(txn, team, None, 3, 0, None)
    assert ([each.uuid for each in found], count(txn, team, None)) == ([each.uuid for each in made[:0:-1]], (4, False))
    assert [each.name for each in page(txn, team, None, 3, 0, last)[0]] == ["Nairobi VIP"]
    assert [each.name for each in page(txn, team, " Vip", 9, 0, None)[0]] == ["vip", "Nairobi VIP"]
    assert [each.name for each in page(txn, team, "0% o", 9, 0, None)[0]] == ["50% off"]
    assert count(txn, team, "_") == (0, False)
    with pytest.raises(BadValue):
        page(txn, team, None, 3, 0, "vip")


def test_a_count_of_members_is_that_of_the_rows_whoever_changes_them(txn, team):
    group = give_group(txn, team, PHONE, OTHER)
    txn.execute(
        "INSERT INTO contact (team_id, phone) SELECT %s, '25470000' || n FROM generate_series(1000, 1099) n", (team,)
    )
    txn.execute(
        """INSERT INTO group_member (group_id, contact_id, team_id)
           SELECT contact_group.id, contact.id, contact.team_id FROM contact_group, contact WHERE contact_group.uuid = %s
           AND contact.team_id = %s ON CONFLICT DO NOTHING""",
        (group.uuid, team),
    )
    assert find(txn, team, group.uuid).members == 102
    txn.execute("DELETE FROM group_member USING contact WHERE contact.id = contact_id AND phone LIKE '254700001%'")
    assert find(txn, team, group.uuid).members == 2


def test_who_may_no_longer_changes_no_group(txn, team):
    group = give_group(txn, team, PHONE)
    for ask in (
        lambda: create(txn, REVOKED, team, attrs.evolve(group, uuid=uuid(), name="Other")),
        lambda: change(txn, REVOKED, team, group.uuid, {"name": "X"}),
        lambda: delete(txn, REVOKED, team, group.uuid),
        lambda: add(txn, REVOKED, team, group.uuid, [OTHER], [uuid()]),
        lambda: remove(txn, REVOKED, team, group.uuid, [PHONE]),
    ):
        with pytest.raises(AccessEnded):
            ask()


def test_a_contact_that_is_deleted_while_it_is_added_is_in_no_group(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    with first, first.cursor() as txn:
        team = add_team(txn)
        contact, group = give(txn, team), give_group(txn, team)
    with first.cursor() as adding, second.cursor() as deleting:
        add(adding, NODE, team, group.uuid, [PHONE], [uuid()])
        deleting.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            contacts.delete(deleting, NODE, team, [contact.uuid])
        second.rollback()
        first.commit()
        contacts.delete(deleting, NODE, team, [contact.uuid])
        second.commit()
        assert find(deleting, team, group.uuid).members == 0
        assert one(deleting, "SELECT count(*) FROM group_member") == 0
    first.close()
    second.close()


def test_the_api_s_calls_are_those_of_the_store(txn, team):
    api = Groups(Pool(txn), uuid)
    made = Group(uuid(), "VIP", None, 0, NOW_MS, NOW_MS)
    mark = Mark(team, "POST /groups", "a", bytes(32))

    async def adds(phones, mark=None):
        return await api.add(
            NODE, team, made.uuid, phones, all_new=False, mark=mark, told=lambda done: str(len(done)).encode()
        )

    async def calls():
        await api.create(NODE, team, made, None)
        assert await api.find(team, made.uuid) == made
        assert (await api.change(NODE, team, made.uuid, {"description": "All"})).description == "All"
        assert await api.count(team, search="vip") == (1, False)
        found, last = await api.page(team, search="vip", limit=1, offset=0, after=None)
        assert ([each.name for each in found], last) == (["VIP"], None)
        assert await adds([PHONE, OTHER]) == b"2"
        assert await adds(["254733000111"], mark) == b"1"
        with pytest.raises(Repeated) as repeated:
            await adds(["254733000111"], mark)
        assert repeated.value.kept.reply == b"1"
        assert (await api.remove(NODE, team, made.uuid, PHONE)).phone == PHONE
        assert len(await api.remove_many(NODE, team, made.uuid, [OTHER, "254733000111"])) == 2
        assert (await api.delete(NODE, team, made.uuid)).members == 0

    run(calls())
