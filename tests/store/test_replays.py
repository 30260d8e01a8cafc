"""Receipts of a span put into the spool once more (issue 3, point 7; decisions 107, 115, 116)."""

import attrs
import pytest

from mobilesasa.core.model import Failure, Origin, State, Wish
from mobilesasa.store.replays import REACH_MS, Replay, go_on
from mobilesasa.store.reports import give_up
from mobilesasa.store.spool import owed
from tests.store.given import HOUR_MS, NOW_MS, accepted, add_team, count, delivered, failed, one, rows, sent, told

ENDED_MS = NOW_MS + 7  # see given.delivered


def replay(txn, team, from_ms=NOW_MS, to_ms=NOW_MS + HOUR_MS, limit=1000):
    state = Replay(team, from_ms, to_ms, 72)
    while not state.done:
        state = go_on(txn, state, limit)
    return state.replayed


def fetched(txn):
    """Let the team have taken all that it was owed."""
    txn.execute("DELETE FROM spool")


def test_what_was_taken_is_owed_again_as_it_was_told(txn):
    team = add_team(txn)
    sent(txn, team, "a", options={"user_message_reference": 9})
    sent(txn, team, "b")
    first = [notice for notice in told(txn, delivered("a"), failed("b", Failure.REJECTED)) if notice]
    fetched(txn)
    assert replay(txn, team) == 2
    again = owed(txn, team, 0, 10)
    assert [attrs.evolve(n, spool_id=0) for n in again] == sorted(
        (attrs.evolve(n, spool_id=0) for n in first), key=lambda n: n.message_id
    )
    assert min(n.spool_id for n in again) > max(n.spool_id for n in first)


def test_what_is_owed_still_is_not_doubled(txn):
    team = add_team(txn)
    sent(txn, team, "a")
    told(txn, delivered("a"))
    assert (replay(txn, team), count(txn, "spool")) == (0, 1)
    fetched(txn)
    assert (replay(txn, team), replay(txn, team), count(txn, "spool")) == (1, 0, 1)


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "replayed"),
    [
        (ENDED_MS, ENDED_MS + 1, 1),
        (ENDED_MS - 10, ENDED_MS, 0),
        (ENDED_MS + 1, ENDED_MS + HOUR_MS, 0),
        (0, ENDED_MS + 1, 1),
    ],
    ids=["to behind it", "up to it", "behind it", "from the first"],
)
def test_the_span_has_its_first_moment_and_not_its_last(txn, from_ms, to_ms, replayed):
    team = add_team(txn)
    sent(txn, team, "a")
    told(txn, delivered("a"))
    fetched(txn)
    assert replay(txn, team, from_ms, to_ms) == replayed


def test_a_message_that_was_submitted_long_before_it_ended_is_found(txn):
    team = add_team(txn)
    sent(txn, team, "a")
    late_ms = NOW_MS + REACH_MS - HOUR_MS
    told(txn, delivered("a", done_at_ms=late_ms))
    fetched(txn)
    assert replay(txn, team, late_ms, late_ms + 1) == 1


@pytest.mark.parametrize(
    ("wish", "replayed"), [(Wish.NONE, []), (Wish.ALL, [30, 40]), (Wish.FAILURES, [40]), (Wish.SUCCESSES, [30])]
)
def test_decision_107_a_replay_honours_the_wish_of_each_message(txn, wish, replayed):
    team = add_team(txn)
    sent(txn, team, "a", wish=wish)
    sent(txn, team, "b", wish=wish)
    told(txn, delivered("a"), failed("b"))
    fetched(txn)
    assert replay(txn, team) == len(replayed)
    assert sorted(state for (state,) in rows(txn, "SELECT state FROM spool")) == replayed


def test_decision_116_a_message_of_the_api_is_never_replayed(txn):
    team = add_team(txn)
    sent(txn, team, "a", origin=Origin.API, wish=Wish.ALL)
    told(txn, delivered("a"))
    assert replay(txn, team) == 0


def test_what_has_not_ended_is_left_alone(txn):
    team = add_team(txn)
    accepted(txn, team)
    sent(txn, team, "a")
    sent(txn, team, "b", "c")
    told(txn, delivered("b"))
    assert replay(txn, team) == 0


def test_what_the_carrier_never_reported_is_told_as_expired_again(txn):
    team = add_team(txn)
    sent(txn, team, "a")
    txn.execute("UPDATE awaiting SET sent_at = sent_at - interval '73 hours'")
    assert give_up(txn, 72, 10) == (1, 1)
    fetched(txn)
    ended_ms = NOW_MS + 72 * HOUR_MS
    assert replay(txn, team, ended_ms - 1000, ended_ms + 1000) == 1
    (notice,) = owed(txn, team, 0, 10)
    assert (notice.state, notice.failure) == (State.FAILED, Failure.NO_RECEIPT)


def test_another_team_is_owed_nothing(txn):
    team, other = add_team(txn), add_team(txn)
    sent(txn, other, "a")
    told(txn, delivered("a"))
    fetched(txn)
    assert replay(txn, team) == 0
    assert count(txn, "spool") == 0


def test_chunks_come_to_the_same(txn):
    team = add_team(txn)
    refs = [f"r{n}" for n in range(7)]
    for ref in refs:
        sent(txn, team, ref)
    told(txn, *map(delivered, refs))
    fetched(txn)
    state = go_on(txn, Replay(team, NOW_MS, NOW_MS + HOUR_MS, 72), 3)
    assert (state.looked_at, state.replayed, state.done) == (3, 3, False)
    assert replay(txn, team, limit=3) == 4
    assert count(txn, "spool") == 7


def test_a_team_without_messages_is_done_at_once(txn):
    state = go_on(txn, Replay(add_team(txn), 0, NOW_MS, 72))
    assert (state.looked_at, state.replayed, state.done) == (0, 0, True)


def test_the_first_id_of_a_moment_is_that_of_the_store(txn):
    begin = Replay(1, NOW_MS + REACH_MS, NOW_MS + REACH_MS + 1, 72).after
    assert begin == one(txn, "SELECT first_id_at(to_timestamp(%(at)s / 1000.0))", at=NOW_MS)
