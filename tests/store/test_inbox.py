"""Messages from phones as their team lists them."""

import random

import attrs
import pytest

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import Arrival, InboundPart
from mobilesasa.core.model import Coding
from mobilesasa.store import inbox
from mobilesasa.store.inbound import take_in
from mobilesasa.store.inbox import Wanted, count, find, page
from tests.store.given import NOW_MS, add_carrier, add_team

new_id = MessageIds(lambda: NOW_MS, random.Random(31).getrandbits)


@pytest.fixture
def carrier(txn):
    return add_carrier(txn)


def came(txn, carrier, team, source="254711000001", destination="22384", text=b"YES"):
    arrival = Arrival(new_id(), InboundPart(carrier, source, destination, Coding.GSM7, text, NOW_MS), team)
    take_in(txn, [arrival])
    return arrival.id


def ids(found):
    return [each.id for each in found]


def test_the_newest_come_first(txn, carrier):
    team, other = add_team(txn), add_team(txn)
    made = [came(txn, carrier, team) for _ in range(4)]
    came(txn, carrier, other)
    came(txn, carrier, None)
    assert ids(page(txn, Wanted(team), 2, 1)) == [made[2], made[1]]
    assert ids(page(txn, Wanted(team, before=made[1]), 9, 0)) == [made[0]]
    assert count(txn, Wanted(team)) == (4, False)
    assert page(txn, Wanted(team), 9, 4) == []


def test_a_list_may_be_of_a_phone_or_a_code(txn, carrier):
    team = add_team(txn)
    one, two, three = (came(txn, carrier, team, *each) for each in (("1", "2"), ("1", "3"), ("4", "2")))
    assert ids(page(txn, Wanted(team, source="1"), 9, 0)) == [two, one]
    assert ids(page(txn, Wanted(team, destination="2"), 9, 0)) == [three, one]
    assert count(txn, Wanted(team, "1", "2")) == (1, False)


def test_one_is_found_by_its_team_alone(txn, carrier):
    team, other = add_team(txn), add_team(txn)
    made = came(txn, carrier, team)
    found = find(txn, team, made)
    assert found is not None
    assert (found.text, found.opt_out) == ("YES", None)
    assert find(txn, other, made) is None
    assert find(txn, team, new_id()) is None


@pytest.mark.parametrize(
    ("wanted", "index"),
    [(Wanted(1), "inbound_of_team"), (Wanted(1, source="1"), "inbound_from_source"),
     (Wanted(1, destination="2"), "inbound_to_destination")],
)  # fmt: skip
def test_a_list_reads_the_end_of_an_index(txn, wanted, index):
    txn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    txn.execute("EXPLAIN " + inbox.PAGE_IDS, {**attrs.asdict(wanted), "limit": 20, "offset": 0})
    plan = " ".join(line for (line,) in txn.fetchall())
    assert index in plan
    assert "Sort" not in plan
