"""Messages that go on to another carrier: moved once, charged once, refunded once if nobody takes them."""

import pytest

from mobilesasa.core.alterations import Replace, Rewritten
from mobilesasa.core.model import Coding, Failure, Lane, Later, Never, Sent, State, Wish
from mobilesasa.store.alterations import alter
from mobilesasa.store.claims import FIRST_ID, begin_run, unclaimed_of_lane
from mobilesasa.store.failover import Chunk, move_on
from mobilesasa.store.outcomes import Settlement, settle, settle_again
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    balance,
    claimed,
    column,
    delivered,
    failed,
    notices_of,
    one,
    rows,
    settled,
    standing,
    told,
    wrong,
)

pytestmark = pytest.mark.each_postgres

ELSEWHERE = Never(Failure.REFUSED, "no such route", "0x0b", elsewhere=True)
WAITS = "SELECT carrier_id, fallbacks, claimed_by, due_at, attempts FROM pending WHERE message_id = %(id)s"
EVENTS = "SELECT kind, attempt, carrier_id, code, reason FROM message_event WHERE message_id = %(id)s ORDER BY at"


@pytest.fixture
def carriers(txn):
    return [add_carrier(txn) for _ in range(3)]


def in_hand(txn, team, carriers, count=1, **changes):
    ids = accepted(txn, team, count, carrier_id=carriers[0], fallbacks=tuple(carriers[1:]), **changes)
    claimed(txn, add_run(txn), *ids)
    return ids if count > 1 else ids[0]


def disable(txn, carrier):
    txn.execute("UPDATE carrier SET enabled = false WHERE id = %(id)s", {"id": carrier})


# Refused by one carrier.


def test_a_message_that_one_carrier_refuses_waits_for_the_next_and_costs_what_it_did(txn, carriers):
    team = add_team(txn, 10)
    message_id = in_hand(txn, team, carriers)
    first, second, third = carriers
    (follows,) = settled(txn, (message_id, ELSEWHERE), carrier=first)
    assert follows.moved == (message_id, second, Lane.TRANSACTIONAL)
    assert follows.notices == ()
    assert rows(txn, WAITS, id=message_id) == [(second, [third], None, None, 1)]
    assert rows(txn, EVENTS, id=message_id) == [("rerouted", 1, first, "0x0b", "no such route")]
    assert (column(txn, "carrier_id", message_id), balance(txn, team)) == (second, 9)
    assert standing(txn, message_id) == (State.QUEUED, 1, 0, None)
    assert unclaimed_of_lane(txn, second, Lane.TRANSACTIONAL, FIRST_ID, 5) == [message_id]
    assert wrong(txn) == []


def test_a_message_that_every_carrier_refuses_fails_and_is_refunded_once(txn, carriers):
    team = add_team(txn, 10)
    message_id = in_hand(txn, team, carriers)
    told_of = []
    for attempt, carrier in enumerate(carriers, 1):
        if attempt > 1:
            claimed(txn, add_run(txn), message_id)
        told_of += notices_of(settled(txn, (message_id, ELSEWHERE), carrier=carrier, attempt=attempt))
    assert standing(txn, message_id) == (State.FAILED, 0, 1, Failure.REFUSED)
    assert len(told_of) == 1
    assert balance(txn, team) == 10
    assert one(txn, "SELECT count(*) FROM ledger WHERE kind = 'refund' AND message_id = %(id)s", id=message_id) == 1
    assert [event[0] for event in rows(txn, EVENTS, id=message_id)] == ["rerouted", "rerouted", "refused"]
    assert wrong(txn) == []


def test_a_message_that_the_second_carrier_takes_is_delivered_by_its_receipt_alone(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    first, second, _ = carriers
    settled(txn, (message_id, ELSEWHERE), carrier=first)
    claimed(txn, add_run(txn), message_id)
    settled(txn, (message_id, Sent(("a",))), carrier=second, attempt=2)
    assert told(txn, failed("a", carrier_id=first)) == [None]
    assert len(told(txn, delivered("a", carrier_id=second))) == 1
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert wrong(txn) == []


def test_a_refusal_that_every_carrier_would_make_moves_nothing(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    settled(txn, (message_id, Never(Failure.REFUSED, "no such number")), carrier=carriers[0])
    assert standing(txn, message_id)[0] is State.FAILED


def test_a_message_without_another_carrier_fails_as_ever(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers[:1])
    (follows,) = settled(txn, (message_id, ELSEWHERE), carrier=carriers[0])
    assert follows.moved is None
    assert standing(txn, message_id)[0] is State.FAILED


def test_one_batch_has_those_that_move_and_those_that_fail(txn, carriers):
    team = add_team(txn, 10)
    moves, fails = in_hand(txn, team, carriers), in_hand(txn, team, carriers[:1])
    follows = settled(txn, (fails, ELSEWHERE), (moves, ELSEWHERE), carrier=carriers[0])
    assert [(each.moved is None, len(each.notices)) for each in follows] == [(True, 1), (False, 0)]
    assert balance(txn, team) == 9
    assert wrong(txn) == []


def test_carriers_that_are_disabled_are_passed_over(txn, carriers):
    first, second, third = carriers
    disable(txn, second)
    message_id = in_hand(txn, add_team(txn), carriers)
    settled(txn, (message_id, ELSEWHERE), carrier=first)
    assert rows(txn, WAITS, id=message_id) == [(third, None, None, None, 1)]


def test_where_all_others_are_disabled_the_refusal_counts(txn, carriers):
    for carrier in carriers[1:]:
        disable(txn, carrier)
    message_id = in_hand(txn, add_team(txn), carriers)
    settled(txn, (message_id, ELSEWHERE), carrier=carriers[0])
    assert standing(txn, message_id)[0] is State.FAILED


@pytest.mark.parametrize("before", [Later(0, "busy", refs=("a", None)), None])
def test_a_message_of_which_a_carrier_took_a_part_stays_with_it(txn, carriers, before):
    message_id = in_hand(txn, add_team(txn), carriers, parts=2)
    outcome, attempt = Never(Failure.REFUSED, "", refs=("a", None), elsewhere=True), 1
    if before is not None:
        settled(txn, (message_id, before), carrier=carriers[0])
        txn.execute("UPDATE pending SET due_at = NULL")
        claimed(txn, add_run(txn), message_id)
        outcome, attempt = ELSEWHERE, 2
    (follows,) = settled(txn, (message_id, outcome), carrier=carriers[0], attempt=attempt)
    assert follows.moved is None
    assert standing(txn, message_id)[0] is State.FAILED
    assert wrong(txn) == []


def test_a_message_whose_time_is_over_moves_no_more(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers, expires_at_ms=NOW_MS - 1)
    settled(txn, (message_id, ELSEWHERE), carrier=carriers[0])
    assert standing(txn, message_id)[0] is State.FAILED


def test_a_refusal_that_is_written_again_after_a_doubtful_commit_moves_nothing_twice(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    first, second, third = carriers
    item = Settlement(message_id, first, 1, NOW_MS, ELSEWHERE)
    settled(txn, (message_id, ELSEWHERE), carrier=first)
    assert [each.moved for each in settle_again(txn, [item])] == [None]
    claimed(txn, add_run(txn), message_id)  # the next carrier has it in hand already
    assert [each.moved for each in settle_again(txn, [item])] == [None]
    assert rows(txn, WAITS, id=message_id)[0][:2] == (second, [third])


def test_what_a_killed_process_had_moved_waits_for_its_new_carrier_after_the_restart(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    settled(txn, (message_id, ELSEWHERE), carrier=carriers[0])
    begin_run(txn, "the next process")
    assert unclaimed_of_lane(txn, carriers[0], Lane.TRANSACTIONAL, FIRST_ID, 5) == []
    assert unclaimed_of_lane(txn, carriers[1], Lane.TRANSACTIONAL, FIRST_ID, 5) == [message_id]
    assert wrong(txn, "claims") == []


# Waiting for a carrier that is in trouble.


def waiting(txn, carriers, count=1, **changes):
    return accepted(txn, add_team(txn), count, carrier_id=carriers[0], fallbacks=tuple(carriers[1:]) or (), **changes)


def moved(txn, carriers, avoided=(), after=FIRST_ID, limit=10) -> Chunk:
    return move_on(txn, carriers[0], avoided, "it is not connected", after, limit)


def test_what_waits_goes_on_to_the_next_carrier_oldest_first_and_in_chunks(txn, carriers):
    ids = sorted(waiting(txn, carriers, 5, lane=Lane.BULK))
    first, second, third = carriers
    chunk = moved(txn, carriers, limit=3)
    assert chunk == Chunk(tuple((each, second, Lane.BULK) for each in ids[:3]), ids[2])
    assert moved(txn, carriers, after=chunk.last, limit=3) == Chunk(
        tuple((each, second, Lane.BULK) for each in ids[3:]), None
    )
    assert rows(txn, WAITS, id=ids[0]) == [(second, [third, first], None, None, 0)]
    assert column(txn, "carrier_id", ids[0]) == second
    assert rows(txn, EVENTS, id=ids[0]) == [("rerouted", 0, first, "", "it is not connected")]
    assert wrong(txn) == []


def test_what_is_in_a_hand_or_has_one_way_alone_or_is_of_another_carrier_stays(txn, carriers):
    in_hand(txn, add_team(txn), carriers)
    waiting(txn, carriers[:1])
    waiting(txn, carriers[1:])
    assert moved(txn, carriers) == Chunk((), None)


def test_what_is_scheduled_stays_and_what_was_postponed_goes_on_at_once(txn, carriers):
    waiting(txn, carriers, due_at_ms=NOW_MS + 60_000)
    postponed = in_hand(txn, add_team(txn), carriers)
    settled(txn, (postponed, Later(60, "busy")), carrier=carriers[0])
    assert [place[0] for place in moved(txn, carriers).places] == [postponed]
    assert rows(txn, WAITS, id=postponed)[0][3] is None


def test_carriers_that_are_in_trouble_too_are_avoided_and_not_forgotten(txn, carriers):
    (message_id,) = waiting(txn, carriers)
    first, second, third = carriers
    assert moved(txn, carriers, avoided=[second]).places == ((message_id, third, Lane.TRANSACTIONAL),)
    assert rows(txn, WAITS, id=message_id)[0][1] == [second, first]


def test_where_every_other_carrier_is_in_trouble_or_disabled_messages_stay_where_they_are(txn, carriers):
    (message_id,) = waiting(txn, carriers)
    disable(txn, carriers[2])
    assert moved(txn, carriers, avoided=carriers[:2], limit=1) == Chunk((), message_id)
    assert rows(txn, WAITS, id=message_id)[0][:2] == (carriers[0], carriers[1:])


def test_where_all_other_carriers_are_disabled_messages_stay_where_they_are(txn, carriers):
    (message_id,) = waiting(txn, carriers)
    for carrier in carriers[1:]:
        disable(txn, carrier)
    assert moved(txn, carriers) == Chunk((), None)
    assert rows(txn, WAITS, id=message_id)[0][:2] == (carriers[0], carriers[1:])


def test_what_has_expired_or_has_a_part_with_the_carrier_stays(txn, carriers):
    waiting(txn, carriers, expires_at_ms=NOW_MS - 1)
    half = in_hand(txn, add_team(txn), carriers, parts=2)
    settled(txn, (half, Later(60, "busy", refs=("a", None))), carrier=carriers[0])
    assert moved(txn, carriers).places == ()


# No answer.


def test_a_part_without_an_answer_that_is_taken_for_sent_says_so_in_the_story_and_waits_for_a_receipt(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    settled(txn, (message_id, Sent(("ours",), uncertain=True)), carrier=carriers[0])
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    ((kind, attempt, carrier, code, reason),) = rows(txn, EVENTS, id=message_id)
    assert (kind, attempt, carrier, code) == ("uncertain", 1, carriers[0], "uncertain")
    assert "not sent again" in reason
    assert len(told(txn, delivered("ours", carrier_id=carriers[0]))) == 1
    assert wrong(txn) == []


def test_a_part_without_an_answer_that_is_to_be_sent_again_says_so_in_the_story(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    settled(txn, (message_id, Later(1, "no answer in time", "uncertain", uncertain=True)), carrier=carriers[0])
    assert rows(txn, EVENTS, id=message_id) == [("uncertain", 1, carriers[0], "uncertain", "no answer in time")]


# No answer, of a carrier that is in trouble.

DOUBT = Later(1, "no answer in time", "unanswered", uncertain=True)
DOUBTED = "SELECT carrier_id, fallbacks, claimed_by, doubted FROM pending WHERE message_id = %(id)s"


def unanswered(txn, message_id, carriers, avoided, outcome=DOUBT):
    return settle(txn, [Settlement(message_id, carriers[0], 1, NOW_MS, outcome, avoided=avoided)])[0]


def test_what_a_carrier_in_trouble_left_unanswered_goes_on_with_that_carrier_as_the_last_resort(txn, carriers):
    message_id = in_hand(txn, add_team(txn), carriers)
    first, second, third = carriers
    assert unanswered(txn, message_id, carriers, (first,)).moved == (message_id, second, Lane.TRANSACTIONAL)
    assert rows(txn, DOUBTED, id=message_id) == [(second, [third, first], None, True)]
    events = rows(txn, EVENTS, id=message_id)
    assert [(kind, carrier, code) for kind, _, carrier, code, _ in events] == [
        ("uncertain", first, "unanswered"), ("rerouted", first, "unanswered"),
    ]  # fmt: skip
    (outbound,) = claimed(txn, add_run(txn), message_id)
    assert outbound.is_doubted
    assert wrong(txn) == []


def test_carriers_in_trouble_are_avoided_as_long_as_there_is_another(txn, carriers):
    first, second, third = carriers
    message_id = in_hand(txn, add_team(txn), carriers)
    assert unanswered(txn, message_id, carriers, (first, second)).moved == (message_id, third, Lane.TRANSACTIONAL)
    other = in_hand(txn, add_team(txn), carriers)
    assert unanswered(txn, other, carriers, (second, third)).moved is None
    assert rows(txn, DOUBTED, id=other) == [(first, [second, third], None, True)]


@pytest.mark.parametrize(
    ("ways", "outcome", "avoided"),
    [
        (3, DOUBT, None),
        (1, DOUBT, ()),
        (3, Later(1, "busy"), ()),
        (3, Later(1, "", refs=("a",), uncertain=True), ()),
    ],
)
def test_it_stays_where_the_carrier_is_well_or_alone_or_has_a_part_or_nothing_is_in_doubt(
    txn, carriers, ways, outcome, avoided
):
    message_id = in_hand(txn, add_team(txn), carriers[:ways])
    assert unanswered(txn, message_id, carriers, avoided, outcome).moved is None
    ((carrier, _, claimed_by, doubted),) = rows(txn, DOUBTED, id=message_id)
    assert (carrier, claimed_by, doubted) == (carriers[0], None, outcome.uncertain)


def test_what_is_in_doubt_stays_so_when_its_team_rewrites_it(txn, carriers):
    team = add_team(txn)
    message_id = in_hand(txn, team, carriers)
    unanswered(txn, message_id, carriers, (carriers[0],))
    content = Rewritten("Ho", None, Coding.GSM7)
    (altered,) = alter(txn, team, [Replace(message_id, "", {int(Coding.GSM7): content}, Wish.NONE)])
    assert altered.obstacle is None
    assert rows(txn, DOUBTED, id=message_id) == [(carriers[1], [carriers[2], carriers[0]], None, True)]
    assert claimed(txn, add_run(txn), message_id)[0].is_doubted
