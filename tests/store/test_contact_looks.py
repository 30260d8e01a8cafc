"""Lists of contacts that look through the first ones before they ask an index, and what they read."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilesasa.contacts.model import Details, Wanted
from mobilesasa.contacts.search import read_search
from mobilesasa.core.actors import NODE
from mobilesasa.store import contact_lists, suppressions
from mobilesasa.store.contact_lists import _after, _meant, count, page
from mobilesasa.store.database import Txn
from tests.store.given import add_team, undone
from tests.store.people import give, give_group

pytestmark = pytest.mark.each_postgres

NAMES = ("ann", "anna", "bo", "joanna", "x")
SEARCHES = ("", "ann", "an", "x", "jo an", "anna ann", "nobody", "zz", "0712", "ann 0712", "23456")
MANY = """
INSERT INTO contact (team_id, phone, first_name)
SELECT %(team_id)s, '2547' || lpad(n::text, 8, '0'), CASE WHEN n %% %(every)s = 0 THEN 'Jane' ELSE 'John' END
FROM generate_series(1, %(many)s::integer) AS n
"""


@pytest.fixture
def team(txn):
    return add_team(txn)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists look at three contacts first, as if there were ten thousand times as many."""
    look_at(monkeypatch, 3)


def look_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    for name in ("LOOKED_AT", "LOOKED_AT_OF_GROUP", "LOOKED_AT_BY_NAME"):
        monkeypatch.setattr(contact_lists, name, number)


def give_many(txn: Txn, team: int, many: int, every: int) -> None:
    txn.execute(MANY, {"team_id": team, "many": many, "every": every})


def followed(txn: Txn, wanted: Wanted, order: Any, limit: int) -> list[str]:
    """The ends of the phones on all pages, each behind the cursor of the one before."""
    found: list[str] = []
    after = None
    while True:
        part = page(txn, wanted, order, limit, 0, after)
        found += [each.phone[-1] for each in part.contacts]
        if part.last is None:
            return found
        after = part.last


def expected(names: list[str], members: list[bool], order: str, text: str, of_group: bool) -> list[str]:
    """The same, by looking at every contact."""
    search = read_search(text, "KE")
    rows = [(f"{name} 25471234560{n}", n) for n, name in enumerate(names) if members[n] or not of_group]
    found = [
        row for row in rows
        if all(each.strip("%") in row[0] for each in search.patterns) and row[0].split()[1].startswith(search.prefix or "")
    ]  # fmt: skip
    found.sort(key=lambda row: (row[0],) if order == "name" else (row[1],), reverse=order == "newest")
    return [str(n) for _, n in found]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    names=st.lists(st.sampled_from(NAMES), max_size=9),
    members=st.lists(st.booleans(), min_size=9, max_size=9),
    order=st.sampled_from(["newest", "oldest", "name"]),
    text=st.sampled_from(SEARCHES),
    of_group=st.booleans(),
    looked=st.integers(1, 10),
    limit=st.integers(1, 4),
)
def test_the_pages_of_a_search_have_each_contact_once_and_in_order(
    txn, monkeypatch, names, members, order, text, of_group, looked, limit
):
    look_at(monkeypatch, looked)
    with undone(txn):
        team = add_team(txn)
        made = [give(txn, team, f"25471234560{n}", Details(name)) for n, name in enumerate(names)]
        group = give_group(txn, team, *(each.phone for each, is_in in zip(made, members, strict=False) if is_in))
        wanted = Wanted(team, read_search(text, "KE"), group.uuid if of_group else None)
        whole = expected(names, members, order, text, of_group)
        assert followed(txn, wanted, order, limit) == whole
        total, is_estimate = count(txn, wanted)
        assert is_estimate or total == len(whole)


@pytest.mark.parametrize("order", ["newest", "oldest", "name"])
@pytest.mark.parametrize("of_group", [False, True])
def test_behind_those_that_it_looks_at_a_word_is_found_by_its_index_and_so_is_the_total(
    txn, team, few, order, of_group
):
    names = ["Anna"] * 3 + ["Bo"] * 6 + ["Anna"] * 2 + ["Bo"] * 4
    made = [give(txn, team, f"2547123456{n:02}", Details(name)) for n, name in enumerate(names)]
    group = give_group(txn, team, *(each.phone for each in made))
    wanted = Wanted(team, read_search("anna", "KE"), group.uuid if of_group else None)
    part = page(txn, wanted, order, 4, 1, None)
    assert (len(part.contacts), part.last, part.total) == (4, None, 5)
    assert page(txn, wanted, order, 4, 9, None) == contact_lists.Page((), None, None)
    behind = page(txn, wanted, order, 9, 0, page(txn, wanted, order, 1, 0, None).last)
    assert (len(behind.contacts), behind.total) == (4, None)


def test_a_short_word_is_looked_for_in_so_many_contacts_and_the_list_goes_on_behind_them(txn, team, few):
    made = [give(txn, team, f"2547123456{n:02}", Details(name)) for n, name in enumerate(["Bo", *["Ann"] * 6, "Bo"])]
    wanted = Wanted(team, read_search("bo", "KE"))
    first = page(txn, wanted, "newest", 4, 0, None)
    second = page(txn, wanted, "newest", 4, 0, first.last)
    third = page(txn, wanted, "newest", 4, 0, second.last)
    assert [part.contacts for part in (first, second, third)] == [(made[7],), (), (made[0],)]
    assert third.last is None


def test_a_total_is_exact_where_all_can_be_looked_at_and_the_share_of_the_first_where_not(txn, team, few):
    for n, name in enumerate(["Bo", "Ann", "Bo", "Ann"]):
        give(txn, team, f"25471234567{n}", Details(name))
    group = give_group(txn, team, "254712345670", "254712345671", "254712345672")
    assert count(txn, Wanted(team, read_search("bo", "KE"), group.uuid)) == (2, False)
    assert count(txn, Wanted(team, read_search("bo", "KE")))[1]
    assert count(txn, Wanted(team, read_search("ann", "KE"))) == (2, False)
    more = give_group(txn, team, *(f"25471234567{n}" for n in range(8)), name="More")
    assert count(txn, Wanted(team, read_search("ann", "KE"), more.uuid), counted=3) == (
        4,
        True,
    )  # two of the first four
    assert count(txn, Wanted(team, read_search("ann", "KE"), more.uuid), counted=4) == (2, False)


def test_what_is_rare_among_the_first_and_not_behind_them_is_estimated_as_no_less_than_was_counted(txn, team, few):
    for n in range(12):
        give(txn, team, f"2547123456{n:02}", Details("Bo" if n < 6 else "Anna"))
    total, is_estimate = count(txn, Wanted(team, read_search("anna", "KE")), counted=3)
    assert (total >= 4, is_estimate) == (True, True)


@pytest.mark.parametrize("order", ["newest", "name"])
@pytest.mark.parametrize("suppressed", [True, False])
def test_who_is_suppressed_in_a_group_is_found_behind_those_that_it_looks_at(txn, team, few, order, suppressed):
    made = [give(txn, team, f"2547123456{n:02}") for n in range(9)]
    for n in (1, 2, 8):
        suppressions.add(txn, NODE, team, made[n].phone, "", "stop")
    group = give_group(txn, team, *(each.phone for each in made[1:]))
    wanted = Wanted(team, group=group.uuid, suppressed=suppressed)
    kept = [n for n in range(1, 9) if (n in (1, 2, 8)) == suppressed]
    assert followed(txn, wanted, order, 2) == [str(n) for n in (sorted(kept, reverse=order == "newest"))]


def shown(txn: Txn, statement: str, wanted: Wanted, order: str = "newest") -> str:
    """The plan of a statement where scanning or sorting whole tables is the last resort, as it is with many rows."""
    txn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    more = {"named": order == "name", "limit": 21, "offset": 0, "looked": 10_000}
    txn.execute("EXPLAIN " + statement, _meant(txn, wanted).given | _after(None) | more)
    return "\n".join(line for (line,) in txn.fetchall())


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("newest", "Backward using contact_of_team"),
        ("oldest", "using contact_of_team"),
        ("name", "using contact_by_name"),
    ],
)
def test_the_first_contacts_are_read_from_the_end_of_an_index_and_nothing_is_sorted(txn, team, order, index):
    plan = shown(txn, contact_lists.LOOKS["team", order], Wanted(team, read_search("jane", "KE")), order)
    assert index in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_first_members_are_read_from_the_end_of_an_index_each_with_its_contact(txn, team, order):
    group = give_group(txn, team, "254712345678")
    wanted = Wanted(team, read_search("jane", "KE"), group.uuid)
    plan = shown(txn, contact_lists.LOOKS["group", order], wanted, order)
    assert "group_member_pkey" in plan
    assert "Nested Loop" in plan
    assert "Sort" not in plan


def read_rows(plan: dict[str, Any]) -> list[int]:
    """How many rows each scan of a table or an index gave."""
    here = [plan["Actual Rows"] * plan["Actual Loops"]] if "Scan" in plan["Node Type"] and "Plans" not in plan else []
    return here + [rows for inner in plan.get("Plans", ()) for rows in read_rows(inner)]


def rows_read(txn: Txn, statement: str, parameters: dict[str, Any]) -> int:
    """The most rows that one scan of a statement gave."""
    txn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
    txn.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
    ((plans,),) = txn.fetchall()
    return max(read_rows(plans[0]["Plan"]))


@pytest.mark.parametrize(("every", "most"), [(2, 50), (20, 500)])
def test_a_word_that_many_have_is_read_no_further_than_a_page_needs(txn, team, every, most):
    give_many(txn, team, 2000, every)
    given = _meant(txn, Wanted(team, read_search("jane", "KE"))).given | _after(None)
    more = {"named": False, "limit": 21, "offset": 0, "looked": contact_lists.LOOKED_AT}
    assert rows_read(txn, contact_lists.LOOKS["team", "newest"], given | more) <= most


@pytest.mark.parametrize("of_group", [False, True])
def test_a_total_looks_at_so_many_and_no_more(txn, team, of_group):
    give_many(txn, team, 500, 2)
    group = give_group(txn, team, *(f"2547{n:08}" for n in range(1, 301)))
    wanted = Wanted(team, read_search("jane", "KE"), group.uuid if of_group else None)
    given = _meant(txn, wanted).given | _after(None) | {"looked": 100}
    assert rows_read(txn, contact_lists.COUNT_FIRST["group" if of_group else "team"], given) == 100
