"""Claims: one process has a message in hand, and what a dead one held is free again (I2, I3)."""

import threading

import pytest

from mobilesasa.core.model import Lane, Later, Sent
from mobilesasa.store import claims
from mobilesasa.store.claims import (
    FIRST_ID,
    Claim,
    claim,
    claim_again,
    release,
    take_due,
    unclaimed_of_lane,
)
from mobilesasa.store.database import connect, in_transaction
from tests.store.given import HOUR_MS, NOW_MS, accepted, add_run, add_team, claimed, new_id, one, rows, settled

pytestmark = pytest.mark.each_postgres

HELD = "SELECT message_id, claimed_by, attempts FROM pending WHERE message_id = %(id)s"


def held_by(txn, message_id):
    return rows(txn, HELD, id=message_id)[0][1]


def test_a_claim_gives_the_messages_in_the_order_asked_for(txn):
    ids = accepted(txn, add_team(txn), 5)
    asked = [ids[3], ids[0], ids[4], ids[1]]
    assert [message.id for message in claimed(txn, add_run(txn), *asked)] == asked


def test_what_one_process_holds_no_other_gets(txn):
    (message_id,) = accepted(txn, add_team(txn))
    first, second = add_run(txn), add_run(txn)
    assert claimed(txn, first, message_id) != [None]
    assert claimed(txn, second, message_id) == [None]
    assert claimed(txn, first, message_id) == [None]
    assert held_by(txn, message_id) == first


def test_an_id_named_twice_in_a_batch_is_given_once(txn):
    (message_id,) = accepted(txn, add_team(txn))
    first, second = claimed(txn, add_run(txn), message_id, message_id)
    assert (first.id, second) == (message_id, None)


def test_what_is_unknown_finished_or_not_yet_due_is_not_given(txn):
    team = add_team(txn)
    (finished,), (scheduled,) = accepted(txn, team), accepted(txn, team, due_at_ms=NOW_MS + HOUR_MS)
    settled(txn, (finished, Sent(("r",))))
    assert claimed(txn, add_run(txn), new_id(), finished, scheduled) == [None, None, None]


def test_each_claim_is_an_attempt_and_says_what_was_taken_before(txn):
    (message_id,) = accepted(txn, add_team(txn), parts=3)
    run = add_run(txn)
    claimed(txn, run, message_id)
    settled(txn, (message_id, Later(-1, "busy", refs=("a", None, "c"))))
    take_due(txn, 10)
    (again,) = claimed(txn, run, message_id)
    assert (again.attempt, again.sent_parts) == (2, 0b101)


def test_claiming_again_after_a_doubtful_commit_gives_out_what_this_process_holds(txn):
    ids = accepted(txn, add_team(txn), 3)
    mine, other = add_run(txn), add_run(txn)
    claimed(txn, mine, ids[0])
    claimed(txn, other, ids[1])
    again = claim_again(txn, [Claim(message_id, mine) for message_id in ids])
    assert [message and message.id for message in again] == [ids[0], None, ids[2]]


def test_two_processes_that_claim_at_once_share_nothing(database_dsn):
    opened = [connect(database_dsn, "tests") for _ in range(2)]
    ids = in_transaction(opened[0], lambda txn: accepted(txn, add_team(txn), 200))
    runs = [in_transaction(each, add_run) for each in opened]
    got = {run: [] for run in runs}

    def take(each, run, asked):
        for start in range(0, 200, 20):
            batch = [Claim(message_id, run) for message_id in asked[start : start + 20]]
            got[run] += [message.id for message in in_transaction(each, claim, batch) if message]

    threads = [
        threading.Thread(target=take, args=(opened[0], runs[0], ids)),
        threading.Thread(target=take, args=(opened[1], runs[1], ids)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in opened:
        each.close()
    assert sorted(got[runs[0]] + got[runs[1]]) == sorted(ids)


def test_what_is_released_is_free_and_was_no_attempt(txn):
    (message_id,) = accepted(txn, add_team(txn))
    run = add_run(txn)
    claimed(txn, run, message_id)
    release(txn, run, [message_id])
    assert rows(txn, HELD, id=message_id) == [(message_id, None, 0)]


def test_a_process_releases_only_what_it_holds(txn):
    (message_id,) = accepted(txn, add_team(txn))
    run, other = add_run(txn), add_run(txn)
    claimed(txn, run, message_id)
    release(txn, other, [message_id])
    assert held_by(txn, message_id) == run


def test_a_new_process_of_a_node_frees_what_the_one_before_it_held(txn):
    mine, others = accepted(txn, add_team(txn), 2)
    before, elsewhere = add_run(txn, "a"), add_run(txn, "b")
    claimed(txn, before, mine)
    claimed(txn, elsewhere, others)
    _, freed = claims.begin_run(txn, "a")
    assert [message_id for message_id, _, _ in freed] == [mine]
    assert (held_by(txn, mine), held_by(txn, others)) == (None, elsewhere)
    assert one(txn, "SELECT ended_at IS NOT NULL FROM node_run WHERE id = %(run)s", run=before)


def test_a_process_that_ended_is_marked(txn):
    run = add_run(txn)
    claims.end_run(txn, run)
    assert one(txn, "SELECT ended_at IS NOT NULL FROM node_run WHERE id = %(run)s", run=run)


def test_what_has_come_due_is_taken_once_up_to_the_limit(txn):
    team = add_team(txn)
    ids = accepted(txn, team, 3, due_at_ms=NOW_MS - HOUR_MS, carrier_id=9, lane=Lane.BULK)
    accepted(txn, team, due_at_ms=NOW_MS + HOUR_MS)
    accepted(txn, team)
    taken = take_due(txn, 2)
    taken += take_due(txn, 2)
    assert sorted(taken) == [(message_id, 9, Lane.BULK) for message_id in ids]
    assert take_due(txn, 2) == []
    assert unclaimed_of_lane(txn, 9, Lane.BULK, FIRST_ID, 10) == ids


def test_what_is_in_hand_does_not_come_due(txn):
    (message_id,) = accepted(txn, add_team(txn))
    claimed(txn, add_run(txn), message_id)
    txn.execute("UPDATE pending SET due_at = now() - interval '1 hour' WHERE message_id = %(id)s", {"id": message_id})
    assert take_due(txn, 10) == []


@pytest.mark.parametrize(("after", "limit", "wanted"), [(None, 10, [0, 1, 2]), (0, 10, [1, 2]), (None, 2, [0, 1])])
def test_a_lane_is_read_oldest_first_without_what_is_claimed_scheduled_or_of_others(txn, after, limit, wanted):
    team = add_team(txn)
    ids = accepted(txn, team, 3, carrier_id=9, lane=Lane.BULK)
    accepted(txn, team, carrier_id=9)
    accepted(txn, team, carrier_id=8, lane=Lane.BULK)
    accepted(txn, team, carrier_id=9, lane=Lane.BULK, due_at_ms=NOW_MS + HOUR_MS)
    (held,) = accepted(txn, team, carrier_id=9, lane=Lane.BULK)
    claimed(txn, add_run(txn), held)
    found = unclaimed_of_lane(txn, 9, Lane.BULK, FIRST_ID if after is None else ids[after], limit)
    assert found == [ids[place] for place in wanted]
