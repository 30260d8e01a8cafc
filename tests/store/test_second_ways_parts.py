"""Messages of several parts that go on to another carrier, of which a carrier takes one part now and the rest later."""

import pytest

from mobilesasa.core.model import Failure, Later, Never, Sent, State
from mobilesasa.store import outcomes, reports
from tests.store.given import (
    accepted,
    add_run,
    balance,
    claimed,
    column,
    count,
    delivered,
    failed,
    rows,
    standing,
    told,
    wrong,
)
from tests.store.ways import ELSEWHERE, WAITS, answered, failure, half_taken, halved, success, taken, taken_up

pytestmark = pytest.mark.each_postgres

WHY = "SELECT failure, error, reason FROM message WHERE id = %(id)s"


@pytest.fixture
def whole(txn, team, carriers):
    """One that the second carrier took in two attempts."""
    message_id, attempt = halved(txn, team, carriers)
    answered(txn, message_id, carriers[1], Sent((None, "b2")), attempt)
    return message_id


# The next carrier takes it in two attempts.


def test_all_that_the_next_carrier_took_in_two_attempts_is_written_down(txn, carriers, whole):
    assert column(txn, "refs", whole) == "b1 b2"
    assert (column(txn, "attempts", whole), column(txn, "carrier_id", whole)) == (3, carriers[1])
    assert standing(txn, whole) == (State.SENT, 2, 0, None)
    assert wrong(txn) == []


def test_it_goes_on_with_all_its_parts_when_they_fail_one_by_one(txn, carriers, whole):
    told(txn, failure("b2", carriers[1]))
    told(txn, failure("b1", carriers[1]))
    assert rows(txn, WAITS, id=whole)[0][:2] == (carriers[2], None)
    assert (standing(txn, whole)[:3], count(txn, "awaiting")) == ((State.SENT, 2, 0), 0)
    assert wrong(txn) == []


def test_a_late_delivered_of_one_part_takes_nothing_from_what_the_third_carrier_delivers(txn, carriers, whole):
    told(txn, failure("b2", carriers[1]))
    told(txn, failure("b1", carriers[1]))
    assert told(txn, success("b2", carriers[1])) == [None]
    assert standing(txn, whole)[:3] == (State.SENT, 2, 0)
    answered(txn, whole, carriers[2], Sent(("c1", "c2")), taken_up(txn, whole).attempt)
    told(txn, delivered("c1", carrier_id=carriers[2]), delivered("c2", carrier_id=carriers[2]))
    assert standing(txn, whole) == (State.DELIVERED, 0, 0, None)
    assert wrong(txn) == []


def test_a_late_delivered_of_all_parts_of_the_carrier_that_took_them_in_two_attempts_is_final(txn, carriers, whole):
    told(txn, failure("b2", carriers[1]), failure("b1", carriers[1]))
    told(txn, success("b2", carriers[1]))
    told(txn, success("b1", carriers[1]))
    assert standing(txn, whole) == (State.DELIVERED, 0, 0, None)
    assert (column(txn, "refs", whole), count(txn, "pending")) == ("b1 b2", 0)
    assert wrong(txn) == []


def test_an_id_that_the_carrier_gave_before_to_another_message_is_written_down_once(txn, team, carriers):
    taken(txn, team, carriers[1:], "b2")
    message_id, attempt = halved(txn, team, carriers)
    answered(txn, message_id, carriers[1], Sent((None, "b2")), attempt)
    assert column(txn, "refs", message_id) == "b1 b2"
    told(txn, success("b1", carriers[1]), success("b2", carriers[1]))
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert wrong(txn) == []


# Receipts for its first part before it has the rest.


def test_a_part_that_fails_at_the_next_carrier_before_the_rest_is_taken_keeps_its_reason(txn, team, carriers):
    message_id, attempt = halved(txn, team, carriers[:2])
    told(txn, failure("b1", carriers[1], Failure.EXPIRED, error="7"))
    answered(txn, message_id, carriers[1], Sent((None, "b2")), attempt)
    assert standing(txn, message_id) == (State.SENT, 1, 1, Failure.EXPIRED)
    (notice,) = told(txn, success("b2", carriers[1]))
    assert (notice.state, notice.failure) == (State.FAILED, Failure.EXPIRED)
    assert rows(txn, WHY, id=message_id)[0][:2] == ("expired", "7")
    assert wrong(txn) == []


def test_what_the_first_carrier_said_of_a_part_is_not_said_of_the_part_that_the_next_one_took(txn, team, carriers):
    message_id = taken(txn, team, carriers[:2], "a1", "a2")
    told(txn, failure("a1", carriers[0]))
    told(txn, failure("a2", carriers[0]))
    answered(txn, message_id, carriers[1], Sent(("b1", "b2")), taken_up(txn, message_id).attempt)
    told(txn, success("b1", carriers[1]), failure("b2", carriers[1], error="9"))
    assert rows(txn, WHY, id=message_id) == [("undelivered", "9", "part 2 failed: undelivered, error 9")]


@pytest.mark.parametrize("first", ["arrived", "failed for good"])
@pytest.mark.parametrize("moved", [False, True])
def test_one_of_which_a_part_arrived_or_failed_for_good_before_the_rest_was_taken_stays(
    txn, team, carriers, first, moved
):
    if moved:
        message_id, attempt = halved(txn, team, carriers)
        carrier = carriers[1]
    else:
        carrier, fallbacks = carriers[0], tuple(carriers[1:])
        (message_id,) = accepted(txn, team, parts=2, carrier_id=carrier, fallbacks=fallbacks)
        claimed(txn, add_run(txn), message_id)
        answered(txn, message_id, carrier, Later(0.0, "busy", refs=("b1", None)))
        attempt = taken_up(txn, message_id).attempt
    told(txn, success("b1", carrier) if first == "arrived" else failure("b1", carrier, second_way=False))
    answered(txn, message_id, carrier, Sent((None, "b2")), attempt)
    (notice,) = told(txn, failure("b2", carrier))
    assert notice.state is State.FAILED
    assert standing(txn, message_id)[:3] == (State.FAILED, 0, 1 if first == "arrived" else 2)
    assert (count(txn, "pending"), count(txn, "second_way")) == (0, 0)
    assert wrong(txn) == []


def test_one_of_which_a_part_failed_before_the_rest_was_taken_goes_on_when_the_rest_fails_too(txn, team, carriers):
    message_id, attempt = halved(txn, team, carriers)
    told(txn, failure("b1", carriers[1]))
    answered(txn, message_id, carriers[1], Sent((None, "b2")), attempt)
    assert told(txn, failure("b2", carriers[1])) == [None]
    assert rows(txn, WAITS, id=message_id)[0][0] == carriers[2]
    assert standing(txn, message_id)[:3] == (State.SENT, 2, 0)
    assert wrong(txn) == []


# It ends while a carrier has a part of it.


@pytest.mark.parametrize("ref", ["b1", ""])
def test_one_that_ends_while_the_next_carrier_has_a_part_of_it_awaits_nothing_that_counts(txn, team, carriers, ref):
    message_id = taken(txn, team, carriers[:2], "a1", "a2")
    told(txn, failure("a1", carriers[0]), failure("a2", carriers[0]))
    attempt = half_taken(txn, message_id, carriers[1], ref)
    answered(txn, message_id, carriers[1], ELSEWHERE, attempt)
    assert standing(txn, message_id)[:3] == (State.FAILED, 0, 2)
    assert balance(txn, team) == 8
    assert wrong(txn) == []


def test_a_part_without_an_id_is_closed_with_its_message(txn, team, carriers):
    (message_id,) = accepted(txn, team, parts=2, carrier_id=carriers[0])
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Later(0.0, "busy", refs=("", None)))
    txn.execute("UPDATE pending SET expires_at = now()")
    assert outcomes.expire_some(txn, 10)[0] == 1
    assert rows(txn, "SELECT failed FROM awaiting") == [(True,)]
    assert wrong(txn) == []


# A process that was taken for dead answers late.


@pytest.mark.parametrize("late", [Sent(("b",)), Later(0.0, "", refs=("b",)), Never(Failure.REFUSED, "", refs=("b",))])
@pytest.mark.parametrize("then", [None, delivered, failed])
def test_an_answer_to_an_attempt_that_counts_no_more_leaves_nothing_awaited(txn, team, carriers, late, then):
    (message_id,) = accepted(txn, team, carrier_id=carriers[0])
    claimed(txn, add_run(txn), message_id)
    txn.execute("UPDATE pending SET claimed_by = NULL")
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Sent(("a",)), attempt=2, second_way_s=0.0)
    if then:
        told(txn, then("a", carrier_id=carriers[0]))
    before = standing(txn, message_id)
    answered(txn, message_id, carriers[0], late, attempt=1, second_way_s=0.0)
    assert wrong(txn) == []
    told(txn, delivered("b", carrier_id=carriers[0]))
    assert (standing(txn, message_id), column(txn, "refs", message_id)) == (before, "a")
    assert wrong(txn) == []


def test_a_part_that_was_taken_in_an_attempt_that_counts_no_more_is_not_awaited_when_it_is_sent_again(
    txn, team, carriers
):
    (message_id,) = accepted(txn, team, parts=2, carrier_id=carriers[0])
    claimed(txn, add_run(txn), message_id)
    txn.execute("UPDATE pending SET claimed_by = NULL")
    answered(txn, message_id, carriers[0], Later(0.0, "busy", refs=("a1", None)))
    assert count(txn, "awaiting") == 0
    claimed(txn, add_run(txn), message_id)
    answered(txn, message_id, carriers[0], Sent(("b1", "b2")), attempt=2)
    told(txn, *[delivered(ref, carrier_id=carriers[0]) for ref in ("a1", "b1", "b2")])
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert wrong(txn) == []


# A carrier that has no policy any more.


def test_a_late_delivered_is_heard_when_its_carrier_s_policy_is_gone(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    (notice,) = told(txn, delivered("a", carrier_id=carriers[0]))
    assert notice.state is State.DELIVERED
    assert (standing(txn, message_id)[0], count(txn, "pending")) == (State.DELIVERED, 0)
    assert wrong(txn) == []


def test_what_a_carrier_without_the_policy_has_too_is_known_under_each_spelling(txn, team, carriers):
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    attempt = taken_up(txn, message_id).attempt
    answered(txn, message_id, carriers[1], Sent(("00ff",)), attempt, second_way_s=0.0)
    told(txn, success("a", carriers[0]))
    reports.report(txn, [failed("255", carrier_id=carriers[1], spell=lambda _: ("ff", "00ff"))])
    assert (standing(txn, message_id)[0], count(txn, "parked_report")) == (State.DELIVERED, 0)
