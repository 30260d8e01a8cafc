"""Messages that go on to the next carrier when a receipt says that they failed: one charge, one receipt, one end."""

from contextlib import closing

import pytest

from mobilesasa.core.alterations import Cancel, Obstacle
from mobilesasa.core.model import Failure, Lane, Later, Never, Notice, Sent, State, Wish
from mobilesasa.store import alterations, outcomes, parked, reports, second_ways
from mobilesasa.store.claims import begin_run, take_due
from mobilesasa.store.database import connect, in_transaction
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    balance,
    claimed,
    column,
    count,
    failed,
    notices_of,
    one,
    rows,
    standing,
    told,
    wrong,
)
from tests.store.ways import ELSEWHERE, WAITS, answered, failure, gone_on, success, taken, taken_up

pytestmark = pytest.mark.each_postgres

EVENTS = "SELECT kind, attempt, carrier_id, code, reason FROM message_event WHERE message_id = %(id)s ORDER BY at"
FAILURE = "SELECT failure, error, reason FROM message WHERE id = %(id)s"


# Going on.


def test_a_message_that_failed_at_its_carrier_waits_for_the_next_and_its_team_hears_nothing(txn, team, carriers):
    first, second, third = carriers
    message_id = taken(txn, team, carriers, "a")
    assert told(txn, failure("a", first)) == [None]
    assert rows(txn, WAITS, id=message_id) == [(second, [third], None, 1, True)]
    assert standing(txn, message_id)[:3] == (State.SENT, 1, 0)
    assert rows(txn, EVENTS, id=message_id) == [("rerouted", 1, first, "001", "its receipt says undelivered")]
    assert (balance(txn, team), count(txn, "ledger")) == (9, 2)
    assert take_due(txn, 10) == [(message_id, second, Lane.TRANSACTIONAL)]
    assert wrong(txn) == []


def test_it_is_delivered_by_the_receipt_of_the_carrier_that_took_it_last(txn, team, carriers):
    message_id = gone_on(txn, team, carriers)
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    assert rows(txn, FAILURE, id=message_id) == [(None, None, None)]
    assert column(txn, "refs", message_id) == "b"
    assert wrong(txn) == []
    (notice,) = told(txn, success("b", carriers[1]))
    assert (notice.message_id, notice.state) == (message_id, State.DELIVERED)
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert count(txn, "second_way") == 0
    assert (balance(txn, team), count(txn, "spool")) == (9, 1)
    assert wrong(txn) == []


def test_it_may_go_on_as_long_as_there_are_carriers_and_fails_with_the_last(txn, team, carriers):
    message_id = gone_on(txn, team, carriers)
    assert told(txn, failure("b", carriers[1])) == [None]
    attempt = taken_up(txn, message_id).attempt
    answered(txn, message_id, carriers[2], Sent(("c",)), attempt)
    (notice,) = told(txn, failure("c", carriers[2], Failure.EXPIRED, error="7"))
    assert (notice.state, notice.failure, notice.error) == (State.FAILED, Failure.EXPIRED, "7")
    assert standing(txn, message_id) == (State.FAILED, 0, 1, Failure.EXPIRED)
    assert (attempt, count(txn, "second_way"), balance(txn, team)) == (3, 0, 9)
    assert wrong(txn) == []


@pytest.mark.parametrize("refusal", [ELSEWHERE, Never(Failure.REFUSED, "no")])
def test_one_that_no_other_carrier_takes_fails_as_the_receipt_had_said_and_is_not_refunded(
    txn, team, carriers, refusal
):
    message_id = taken(txn, team, carriers[:2], "a")
    told(txn, failure("a", carriers[0]))
    attempt = taken_up(txn, message_id).attempt
    (notice,) = notices_of(answered(txn, message_id, carriers[1], refusal, attempt))
    assert (notice.state, notice.failure, notice.error) == (State.FAILED, Failure.UNDELIVERED, "001")
    assert rows(txn, FAILURE, id=message_id) == [("undelivered", "001", None)]
    assert balance(txn, team) == 9
    assert [kind for kind, *_ in rows(txn, EVENTS, id=message_id)] == ["rerouted", "refused"]
    assert wrong(txn) == []


def test_one_whose_time_ends_while_it_waits_fails_as_the_receipt_had_said(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    txn.execute("UPDATE pending SET expires_at = now()")
    ended, (notice,) = outcomes.expire_some(txn, 10)
    assert (ended, notice.failure) == (1, Failure.UNDELIVERED)
    assert (standing(txn, message_id)[0], balance(txn, team)) == (State.FAILED, 9)
    assert wrong(txn) == []


def test_one_that_its_next_carrier_refuses_goes_on_once_more(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    attempt = taken_up(txn, message_id).attempt
    (follows,) = answered(txn, message_id, carriers[1], ELSEWHERE, attempt)
    assert follows.moved == (message_id, carriers[2], Lane.TRANSACTIONAL)
    assert standing(txn, message_id)[0] is State.SENT
    assert wrong(txn) == []


def test_a_receipt_that_came_before_the_answer_lets_the_message_go_on_too(txn, team, carriers):
    told(txn, failure("a", carriers[0]))
    message_id = taken(txn, team, carriers, "a")
    assert rows(txn, WAITS, id=message_id)[0][0] == carriers[1]
    assert (count(txn, "parked_report"), count(txn, "awaiting")) == (0, 0)
    assert wrong(txn) == []


def test_a_failure_under_another_spelling_of_the_id_lets_it_go_on_too(txn, team, carriers):
    message_id = taken(txn, team, carriers, "00ff")
    told(txn, failure("255", carriers[0], spell=lambda _: ("ff", "00ff")))
    assert rows(txn, WAITS, id=message_id)[0][0] == carriers[1]
    told(txn, success("255", carriers[0]), failure("ff", carriers[0]))
    assert wrong(txn) == []


# Staying.


def test_without_the_policy_nothing_is_kept_and_a_failure_is_a_failure(txn, team, carriers):
    (message_id,) = accepted(txn, team, carrier_id=carriers[0], fallbacks=tuple(carriers[1:]))
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Sent(("a",)), second_way_s=0.0)
    assert count(txn, "second_way") == 0
    assert len(told(txn, failed("a", carrier_id=carriers[0]))) == 1
    assert standing(txn, message_id)[0] is State.FAILED


def test_a_message_with_one_carrier_alone_has_no_second_way(txn, team, carriers):
    message_id = taken(txn, team, carriers[:1], "a")
    assert count(txn, "second_way") == 0
    told(txn, failure("a", carriers[0]))
    assert standing(txn, message_id)[0] is State.FAILED


def test_a_failure_that_lies_with_the_recipient_is_final(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    (notice,) = told(txn, failure("a", carriers[0], second_way=False))
    assert notice.state is State.FAILED
    assert (standing(txn, message_id)[0], count(txn, "second_way")) == (State.FAILED, 0)
    assert wrong(txn) == []


@pytest.mark.parametrize("change", [{"at_ms": NOW_MS - 86_401_000}, {"expires_at_ms": NOW_MS - 1}])
def test_after_its_time_a_failure_is_final(txn, team, carriers, change):
    expires_at_ms = change.get("expires_at_ms", NOW_MS + HOUR_MS)
    fallbacks = tuple(carriers[1:])
    (message_id,) = accepted(txn, team, carrier_id=carriers[0], fallbacks=fallbacks, expires_at_ms=expires_at_ms)
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Sent(("a",)), at_ms=change.get("at_ms", NOW_MS))
    assert len([notice for notice in told(txn, failure("a", carriers[0])) if notice]) == 1
    assert (standing(txn, message_id)[0], count(txn, "second_way")) == (State.FAILED, 0)
    assert wrong(txn) == []


def test_where_all_other_carriers_are_disabled_a_failure_is_final(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    txn.execute("UPDATE carrier SET enabled = false WHERE id <> %(id)s", {"id": carriers[0]})
    told(txn, failure("a", carriers[0]))
    assert (standing(txn, message_id)[0], count(txn, "second_way")) == (State.FAILED, 0)


def test_a_carrier_that_is_disabled_is_passed_over(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    txn.execute("UPDATE carrier SET enabled = false WHERE id = %(id)s", {"id": carriers[1]})
    told(txn, failure("a", carriers[0]))
    assert rows(txn, WAITS, id=message_id)[0][:2] == (carriers[2], None)


# Of several parts.


def test_a_message_of_several_parts_goes_on_when_the_last_of_them_has_failed(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a1", "a2", "a3")
    told(txn, failure("a2", carriers[0]))
    assert (standing(txn, message_id)[:3], count(txn, "pending")) == ((State.SENT, 2, 1), 0)
    assert told(txn, failure("a1", carriers[0]), failure("a3", carriers[0])) == [None, None]
    assert rows(txn, WAITS, id=message_id)[0][0] == carriers[1]
    assert standing(txn, message_id)[:3] == (State.SENT, 3, 0)
    assert (count(txn, "awaiting"), count(txn, "left_behind")) == (0, 3)
    assert taken_up(txn, message_id).sent_parts == 0
    assert wrong(txn) == []


@pytest.mark.parametrize("batches", [[0, 1], [1, 0], [2]])
def test_one_of_which_a_part_arrived_stays_in_whatever_order_the_receipts_come(txn, team, carriers, batches):
    message_id = taken(txn, team, carriers, "a1", "a2")
    receipts = [success("a1", carriers[0]), failure("a2", carriers[0])]
    for batch in batches:
        told(txn, *(receipts if batch == 2 else [receipts[batch]]))
    assert standing(txn, message_id)[:3] == (State.FAILED, 0, 1)
    assert (count(txn, "pending"), count(txn, "second_way")) == (0, 0)
    assert wrong(txn) == []


def test_one_of_which_a_part_failed_for_good_stays(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a1", "a2")
    told(txn, failure("a1", carriers[0], second_way=False))
    told(txn, failure("a2", carriers[0]))
    assert standing(txn, message_id)[:3] == (State.FAILED, 0, 2)
    assert wrong(txn) == []


def test_one_that_the_carrier_took_as_a_whole_goes_on_in_all_its_parts(txn, team, carriers):
    (message_id,) = accepted(txn, team, parts=3, carrier_id=carriers[0], fallbacks=tuple(carriers[1:]))
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Sent(("a",)))
    told(txn, failure("a", carriers[0]))
    assert standing(txn, message_id)[:3] == (State.SENT, 3, 0)
    answered(txn, message_id, carriers[1], Sent(("b1", "b2", "b3")), taken_up(txn, message_id).attempt)
    told(txn, *[success(f"b{n}", carriers[1]) for n in (1, 2, 3)])
    assert standing(txn, message_id)[0] is State.DELIVERED
    assert wrong(txn) == []


def test_an_id_that_the_carrier_used_again_meanwhile_is_left_behind_under_the_name_that_it_has(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a1", "a2")
    told(txn, failure("a1", carriers[0]))
    other = taken(txn, team, carriers, "a1")
    told(txn, failure("a2", carriers[0]))
    assert rows(txn, WAITS, id=message_id)[0][0] == carriers[1]
    assert [row[0] for row in rows(txn, "SELECT ref FROM awaiting")] == ["a1"]
    told(txn, success("a1", carriers[0]))
    assert standing(txn, other)[0] is State.DELIVERED
    assert wrong(txn) == []


# Late, doubled and repeated receipts.


def test_a_receipt_that_comes_again_moves_nothing_twice_and_is_not_unknown(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]), failure("a", carriers[0]))
    told(txn, failure("a", carriers[0]))
    reports.report_again(txn, [failure("a", carriers[0])])
    assert rows(txn, WAITS, id=message_id)[0][:2] == (carriers[1], [carriers[2]])
    assert (count(txn, "parked_report"), count(txn, "message_event")) == (0, 1)
    assert wrong(txn) == []


def test_a_late_delivered_of_the_first_carrier_ends_the_waiting_for_the_second(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    (notice,) = told(txn, success("a", carriers[0]))
    assert (notice.message_id, notice.state, notice.done_at_ms) == (message_id, State.DELIVERED, NOW_MS + 7)
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert (column(txn, "carrier_id", message_id), column(txn, "refs", message_id)) == (carriers[0], "a")
    assert (count(txn, "pending"), take_due(txn, 10)) == (0, [])
    assert told(txn, success("a", carriers[0])) == [None]
    assert wrong(txn) == []


def test_a_failure_that_is_taken_back_at_once_is_told_to_nobody(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told_of = told(txn, failure("a", carriers[0]), success("a", carriers[0]))
    assert [notice.state for notice in told_of if notice] == [State.DELIVERED]
    assert (standing(txn, message_id)[0], count(txn, "spool"), count(txn, "message_event")) == (State.DELIVERED, 1, 0)
    assert wrong(txn) == []


@pytest.mark.parametrize("outcome", [Sent(("b1", "b2")), Later(1, "", refs=("b1", None)), ELSEWHERE])
def test_a_late_delivered_while_the_second_carrier_has_it_in_hand_is_final(txn, team, carriers, outcome):
    message_id = taken(txn, team, carriers, "a1", "a2")
    told(txn, failure("a1", carriers[0]), failure("a2", carriers[0]))
    attempt = taken_up(txn, message_id).attempt
    assert told(txn, success("a1", carriers[0])) == [None]  # one part alone is not the message
    (notice,) = told(txn, success("a2", carriers[0]))
    assert notice.state is State.DELIVERED
    told(txn, failure("b1", carriers[1]))  # before the answer
    assert notices_of(answered(txn, message_id, carriers[1], outcome, attempt)) == []
    told(txn, failure("b2", carriers[1]), success("b1", carriers[1]))
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert (balance(txn, team), count(txn, "spool"), count(txn, "awaiting")) == (8, 1, 0)
    assert wrong(txn) == []


def test_a_late_delivered_after_the_second_carrier_took_it_is_final_and_the_second_copy_is_not_waited_for(
    txn, team, carriers
):
    message_id = gone_on(txn, team, carriers)
    (notice,) = told(txn, success("a", carriers[0]))
    assert notice.state is State.DELIVERED
    assert told(txn, failed("b", carrier_id=carriers[1])) == [None]  # of a carrier without the policy, as it may be
    assert told(txn, failure("b", carriers[1])) == [None]
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert (count(txn, "parked_report"), count(txn, "second_way"), count(txn, "awaiting")) == (0, 0, 0)
    assert wrong(txn) == []


def test_a_late_delivered_changes_nothing_of_what_the_second_carrier_delivered(txn, team, carriers):
    message_id = gone_on(txn, team, carriers)
    told(txn, success("b", carriers[1]))
    assert told(txn, success("a", carriers[0])) == [None]
    assert (column(txn, "carrier_id", message_id), count(txn, "spool")) == (carriers[1], 1)
    assert wrong(txn) == []


def test_a_late_delivered_still_turns_a_failure_into_a_delivery(txn, team, carriers):
    message_id = gone_on(txn, team, carriers[:2])
    (notice,) = told(txn, failure("b", carriers[1]))
    assert notice.state is State.FAILED
    (notice,) = told(txn, success("a", carriers[0]))
    assert notice.state is State.DELIVERED
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert told(txn, success("b", carriers[1])) == [None]
    assert (balance(txn, team), count(txn, "parked_report")) == (9, 0)
    assert wrong(txn) == []


def test_a_team_that_wants_to_hear_of_failures_alone_hears_nothing_of_a_late_delivered(txn, team, carriers):
    taken(txn, team, carriers, "a", wish=Wish.FAILURES)
    assert told(txn, failure("a", carriers[0]), success("x", carriers[0])) == [None, None]
    assert told(txn, success("a", carriers[0])) == [None]
    assert count(txn, "spool") == 0


def test_what_nobody_knows_is_parked_as_ever_with_what_its_carrier_s_policy_says(txn, carriers):
    told(txn, failure("x", carriers[0]), failed("y", carrier_id=carriers[0]))
    (first, second) = parked.show(txn, carriers[0], 5)[1]
    assert [each.report.second_way for each in (first, second)] == [None, True]


# Beside it.


def test_a_message_that_a_carrier_took_once_is_not_taken_back(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    (altered,) = alterations.alter(txn, team, [Cancel(message_id, "")])
    assert altered.obstacle is Obstacle.IN_HAND
    assert rows(txn, WAITS, id=message_id)[0][0] == carriers[1]


def test_what_a_killed_process_had_moved_waits_for_its_new_carrier_after_the_restart(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    taken_up(txn, message_id)
    begin_run(txn, one(txn, "SELECT node FROM node_run ORDER BY id DESC LIMIT 1"))
    assert rows(txn, WAITS, id=message_id) == [(carriers[1], [carriers[2]], None, 2, None)]
    assert wrong(txn) == []


def test_ways_whose_time_is_over_and_old_ids_are_forgotten(txn, team, carriers):
    taken(txn, team, carriers, "a")
    kept = taken(txn, team, carriers, "b")
    told(txn, failure("b", carriers[0]))
    assert second_ways.tidy(txn, 72, 10) == 0
    txn.execute("UPDATE second_way SET until = now() - interval '1 s'")
    txn.execute("UPDATE left_behind SET sent_at = now() - interval '73 h'")
    assert second_ways.tidy(txn, 72, 10) == 1
    assert (count(txn, "second_way"), count(txn, "left_behind")) == (0, 0)
    assert rows(txn, WAITS, id=kept)[0][0] == carriers[1]
    assert wrong(txn) == []


def test_of_two_processes_that_hear_a_failure_and_a_late_delivery_at_once_one_decides(database_dsn):
    with closing(connect(database_dsn, "one")) as one_connection, closing(connect(database_dsn, "two")) as other:

        def prepare(txn):
            carriers = [add_carrier(txn) for _ in range(2)]
            return carriers[0], taken(txn, add_team(txn), carriers, "a")

        carrier, message_id = in_transaction(one_connection, prepare)
        with one_connection.cursor() as first, other.cursor() as second:
            reports.report(first, [failure("a", carrier)])
            second.execute("SET lock_timeout = '50ms'")
            with pytest.raises(Exception, match="lock timeout"):
                reports.report(second, [success("a", carrier)])
            other.rollback()
            one_connection.commit()
            (notice,) = reports.report(second, [success("a", carrier)])
            assert isinstance(notice, Notice)
            other.commit()
        state, found = in_transaction(one_connection, lambda txn: (standing(txn, message_id)[0], wrong(txn)))
    assert (state, found) == (State.DELIVERED, [])
