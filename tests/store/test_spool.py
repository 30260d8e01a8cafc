"""The spool: what a team is owed stays until one of its binds has taken it."""

import pytest

from mobilesasa.core.model import Failure, State
from mobilesasa.store.spool import IN_ORDER, OWED, Acknowledgement, acknowledge, forget, owed
from tests.store.given import NOW_MS, add_team, delivered, failed, one, sent, told

pytestmark = pytest.mark.each_postgres


def given_notices(txn, team, *refs):
    for ref in refs:
        sent(txn, team, ref)
    return [notice for notice in told(txn, *(delivered(ref) for ref in refs)) if notice]


def test_what_a_team_is_owed_comes_oldest_first_in_pages(txn):
    team, other = add_team(txn), add_team(txn)
    given_notices(txn, other, "x")
    given_notices(txn, team, "a", "b", "c")
    first = owed(txn, team, 0, 2)
    rest = owed(txn, team, first[-1].spool_id, 2)
    assert [len(first), len(rest)] == [2, 1]
    found = first + rest
    assert [notice.spool_id for notice in found] == sorted(notice.spool_id for notice in found)
    assert {notice.team_id for notice in found} == {team}


def test_a_notice_is_read_as_it_was_first_told(txn):
    team = add_team(txn)
    message_id = sent(txn, team, "a", "b", options={"user_message_reference": 9})
    told(txn, failed("a", Failure.EXPIRED, error="042"))
    (fresh,) = told(txn, failed("b", Failure.EXPIRED, error="042"))
    (read,) = owed(txn, team, 0, 10)
    assert read == fresh
    assert (read.message_id, read.state, read.failure, read.error) == (message_id, State.FAILED, Failure.EXPIRED, "042")
    assert (read.parts, read.done_at_ms, read.options) == (2, NOW_MS + 7, {"user_message_reference": 9})


def test_a_notice_keeps_its_own_state_when_a_later_one_differs(txn):
    team = add_team(txn)
    sent(txn, team, "a")
    told(txn, failed("a"))
    told(txn, delivered("a"))
    assert [(n.state, n.failure) for n in owed(txn, team, 0, 10)] == [
        (State.FAILED, Failure.UNDELIVERED),
        (State.DELIVERED, None),
    ]


def test_what_was_taken_is_forgotten_and_nothing_else(txn):
    team, other = add_team(txn), add_team(txn)
    first, second = given_notices(txn, team, "a", "b")
    (foreign,) = given_notices(txn, other, "c")
    batch = [Acknowledgement(team, first.spool_id), Acknowledgement(team, foreign.spool_id), Acknowledgement(team, 0)]
    assert acknowledge(txn, batch) == [None, None, None]
    assert [notice.spool_id for notice in owed(txn, team, 0, 10)] == [second.spool_id]
    assert len(owed(txn, other, 0, 10)) == 1


def test_decision_115_what_nobody_fetched_for_72_hours_is_forgotten(txn):
    team = add_team(txn)
    old, young = given_notices(txn, team, "a", "b")
    txn.execute("UPDATE spool SET at = now() - interval '73 hours' WHERE id = %(id)s", {"id": old.spool_id})
    assert forget(txn, 72) == 1
    assert one(txn, "SELECT id FROM spool") == young.spool_id


def test_a_chunk_is_read_in_the_order_of_its_index_whatever_the_statistics_say(txn):
    """The statistics are of an empty table, as those of a queue often are: then the planner would gather and sort."""
    team = add_team(txn)
    txn.execute("ANALYZE spool")
    refs = [f"r{n}" for n in range(200)]
    given_notices(txn, team, *refs)
    plan = planned(txn, IN_ORDER + "EXPLAIN " + OWED, {"team_id": team, "after": 0, "limit": 50})
    assert "Index Scan using spool_pkey on spool" in plan
    assert "Sort" not in plan
    assert "Bitmap" not in plan


def planned(txn, statement, values):
    txn.execute(statement, values)
    return "\n".join(line for (line,) in txn.fetchall())
