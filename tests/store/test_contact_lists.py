"""Lists of contacts in the store: searched, filtered, ordered, and gone on with."""

import attrs
import pytest

from mobilesasa.contacts.model import Details, Wanted
from mobilesasa.contacts.search import read_search
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.store import contacts, suppressions
from mobilesasa.store.contact_lists import ContactLists, count, page
from tests.store.given import add_team
from tests.store.people import Pool, give, give_group, run

pytestmark = pytest.mark.each_postgres

NAMES = [("Jane", "Doe"), ("Janet", "Wanjiku"), (None, None), ("John", "d'Été_50%"), ("O\\Brien", None)]


@pytest.fixture
def team(txn):
    return add_team(txn)


@pytest.fixture
def made(txn, team):
    return [give(txn, team, f"25471234567{n}", Details(*names)) for n, names in enumerate(NAMES)]


def found(txn, wanted, order="newest", limit=20, offset=0, after=None):
    return [each.phone[-1] for each in page(txn, wanted, order, limit, offset, after).contacts]


def search(txn, team, text):
    return "".join(found(txn, Wanted(team, read_search(text, "KE")), "oldest"))


def test_contacts_are_listed_newest_first_with_what_they_hold(txn, team, made):
    give(txn, add_team(txn))
    assert page(txn, Wanted(team), "newest", 9, 0, None).contacts == tuple(reversed(made))
    assert count(txn, Wanted(team)) == (5, False)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("jane", "01"), ("JANE DOE", "0"), ("doe jane", "0"), ("ane  oe", "0"), ("été", "3"), ("ÉTÉ", "3"), ("", "01234"),
        ("%", "3"), ("_", "3"), ("50%", "3"), ("\\", "4"), ("o\\b", "4"), ("'", "3"), ("nobody", ""),
        ("254712345673", "3"), ("+254712345673", "3"), ("0712345673", "3"), ("0712 345 673", "3"), ("+254 712-345-673", "3"),
        ("00254712345673", "3"), ("345674", "4"), ("0712", "01234"), ("jane 0712345671", "1"), ("712345671 jan", "1"),
        ("(0712) 345.672", "2"), ("jane d o e", "0"), ("j a n e t", ""), ("255", ""),
    ],
)  # fmt: skip
def test_decision_52_a_search_finds_parts_of_names_and_digits_of_phones(txn, team, made, text, seen):
    assert search(txn, team, text) == seen
    assert count(txn, Wanted(team, read_search(text, "KE"))) == (len(seen), False)


def test_a_list_may_begin_with_the_oldest_or_go_by_name(txn, team, made):
    assert found(txn, Wanted(team), "oldest") == list("01234")
    assert found(txn, Wanted(team), "name") == list("20134")


@pytest.mark.parametrize("order", ["newest", "oldest", "name"])
@pytest.mark.parametrize("of_group", [False, True])
def test_a_list_goes_on_where_a_page_ended_whatever_comes_in_meanwhile(txn, team, made, order, of_group):
    group = give_group(txn, team, *(each.phone for each in made))
    wanted = Wanted(team, group=group.uuid if of_group else None)
    whole = found(txn, wanted, order)
    first = page(txn, wanted, order, 2, 0, None)
    second = page(txn, wanted, order, 2, 0, first.last)
    third = page(txn, wanted, order, 2, 0, second.last)
    assert [each.phone[-1] for each in first.contacts + second.contacts + third.contacts] == whole
    assert third.last is None
    assert found(txn, wanted, order, limit=2, offset=2) == whole[2:4]


def test_a_list_of_a_group_holds_its_members_alone(txn, team, made):
    group = give_group(txn, team, *(made[n].phone for n in (0, 1, 3)))
    wanted = Wanted(team, group=group.uuid)
    assert (found(txn, wanted), count(txn, wanted)) == (list("310"), (3, False))
    searched = attrs.evolve(wanted, search=read_search("jan", "KE"))
    assert (found(txn, searched, "name"), count(txn, searched)) == (list("01"), (2, False))
    with pytest.raises(NotFound):
        page(txn, Wanted(add_team(txn), group=group.uuid), "newest", 9, 0, None)
    with pytest.raises(NotFound):
        count(txn, Wanted(team, group="no uuid"))


def test_a_list_of_the_suppressed_holds_each_once(txn, team, made):
    for sender in ("", "Acme"):
        suppressions.add(txn, NODE, team, made[1].phone, sender, "stop")
    suppressions.add(txn, NODE, add_team(txn), made[2].phone, "", "stop")
    group = give_group(txn, team, made[0].phone, made[1].phone)
    assert found(txn, Wanted(team, suppressed=True)) == ["1"]
    assert count(txn, Wanted(team, suppressed=True)) == (1, False)
    assert found(txn, Wanted(team, suppressed=False), "oldest") == list("0234")
    assert found(txn, Wanted(team, group=group.uuid, suppressed=True)) == ["1"]
    assert found(txn, Wanted(team, group=group.uuid, suppressed=False)) == ["0"]
    assert [each.suppressed for each in page(txn, Wanted(team), "oldest", 2, 0, None).contacts] == [False, True]


@pytest.mark.parametrize(
    ("attribute", "seen"),
    [(("county", "Nairobi"), "0"), (("county", "nairobi"), ""), (("points", "120"), "01"), (("points", "1.5"), "2"),
     (("vip", "true"), "03"), (("vip", "false"), "1"), (("none", "x"), ""), (("county", '{"a":1}'), "")],
)  # fmt: skip
def test_contacts_are_found_by_an_attribute_whether_it_is_kept_as_a_text_or_not(txn, team, attribute, seen):
    for n, attributes in enumerate(
        [
            {"county": "Nairobi", "points": 120, "vip": True},
            {"points": "120", "vip": False},
            {"points": 1.5},
            {"vip": "true"},
        ]
    ):
        give(txn, team, f"25471234567{n}", Details(attributes=attributes))
    wanted = Wanted(team, attribute=attribute)
    assert "".join(found(txn, wanted, "oldest")) == seen
    assert count(txn, wanted) == (len(seen), False)


def test_deleted_contacts_are_in_no_list(txn, team, made):
    group = give_group(txn, team, made[0].phone, made[1].phone)
    contacts.delete(txn, NODE, team, [made[0].uuid])
    assert found(txn, Wanted(team)) == list("4321")
    assert found(txn, Wanted(team, group=group.uuid)) == ["1"]
    assert search(txn, team, "jane") == "1"


@pytest.mark.parametrize("after", ["", "x", "12x", "-1", "1" * 30, "\u0661"])
def test_a_key_of_no_list_is_refused(txn, team, after):
    with pytest.raises(BadValue):
        page(txn, Wanted(team), "newest", 9, 0, after)


def test_of_many_that_a_phone_begins_like_the_number_is_an_estimate(txn, team, made):
    assert count(txn, Wanted(team, read_search("0712", "KE")), counted=5) == (5, False)
    assert count(txn, Wanted(team, read_search("0712", "KE")), counted=4)[1]


def test_the_api_s_calls_are_those_of_the_store(txn, team, made):
    api = ContactLists(Pool(txn))

    async def calls():
        assert await api.count(Wanted(team)) == (5, False)
        assert len((await api.page(Wanted(team), "newest", limit=2, offset=0)).contacts) == 2

    run(calls())
