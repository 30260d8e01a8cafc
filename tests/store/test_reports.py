"""Receipts: a message moves forward only, and its team hears of each final change once (I5)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilesasa.core.model import Failure, Lane, Origin, Report, Sent, State, Wish
from mobilesasa.store.reports import awaited, forget_parked, give_up
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_carrier,
    add_team,
    column,
    count,
    delivered,
    failed,
    rows,
    sent,
    settled,
    standing,
    told,
    undone,
    wrong,
)

pytestmark = pytest.mark.each_postgres

WAITING = "SELECT ref FROM awaiting WHERE message_id = %(id)s ORDER BY part"
SPOOLED = "SELECT state, failure, error FROM spool WHERE message_id = %(id)s ORDER BY id"


def test_a_delivered_message_is_delivered_and_waits_no_more(txn):
    message_id = sent(txn, add_team(txn), "a", options={"user_message_reference": 5})
    (notice,) = told(txn, delivered("a"))
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert rows(txn, WAITING, id=message_id) == []
    assert (notice.message_id, notice.state, notice.failure, notice.error) == (message_id, State.DELIVERED, None, "000")
    assert (notice.sender, notice.recipient, notice.parts) == ("TextBlast", "254712345678", 1)
    assert (notice.submitted_at_ms, notice.done_at_ms) == (NOW_MS, NOW_MS + 7)
    assert notice.options == {"user_message_reference": 5}


def test_a_failed_message_says_why_and_waits_for_a_late_delivery(txn):
    message_id = sent(txn, add_team(txn), "a")
    (notice,) = told(txn, failed("a", Failure.REJECTED, error="042"))
    assert (notice.state, notice.failure, notice.error) == (State.FAILED, Failure.REJECTED, "042")
    assert standing(txn, message_id) == (State.FAILED, 0, 1, "rejected")
    assert rows(txn, WAITING, id=message_id) == [("a",)]


def test_a_late_delivery_mends_a_failure(txn):
    message_id = sent(txn, add_team(txn), "a")
    told(txn, failed("a"))
    (notice,) = told(txn, delivered("a"))
    assert notice.state is State.DELIVERED
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert [state for state, *_ in rows(txn, SPOOLED, id=message_id)] == [40, 30]


@pytest.mark.parametrize("heard", [delivered, failed])
def test_a_receipt_that_comes_again_changes_nothing_and_tells_nobody(txn, heard):
    message_id = sent(txn, add_team(txn), "a")
    told(txn, heard("a"))
    before = standing(txn, message_id)
    assert told(txn, heard("a", repeated=True)) == [None]
    assert standing(txn, message_id) == before
    assert count(txn, "spool") == 1
    assert count(txn, "parked_report") == 0


def test_a_receipt_that_is_doubled_in_one_batch_counts_once(txn):
    sent(txn, add_team(txn), "a")
    found = told(txn, delivered("a"), delivered("a"))
    assert len([notice for notice in found if notice]) == 1
    assert count(txn, "parked_report") == 0


@pytest.mark.parametrize("heard", [delivered, failed])
def test_teams_are_told_in_the_order_in_which_receipts_came(txn, heard):
    team_id = add_team(txn)
    sent_as = {f"r{n}": sent(txn, team_id, f"r{n}") for n in range(40)}
    came = sorted(sent_as, key=lambda ref: ref[::-1])
    notices = told(txn, *(heard(ref) for ref in came))
    assert [notice.message_id for notice in notices] == [sent_as[ref] for ref in came]
    assert [message_id for (message_id,) in rows(txn, "SELECT message_id FROM spool ORDER BY id")] == [
        sent_as[ref] for ref in came
    ]


def test_a_failure_after_the_delivery_changes_nothing(txn):
    message_id = sent(txn, add_team(txn), "a")
    told(txn, delivered("a"))
    assert told(txn, failed("a")) == [None]
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)


def test_a_failure_and_a_delivery_in_one_batch_end_delivered_in_any_order(txn):
    for first, second in ((delivered, failed), (failed, delivered)):
        message_id = sent(txn, add_team(txn), "a")
        told(txn, first("a"), second("a"))
        assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)


def test_an_intermediate_report_changes_nothing(txn):
    message_id = sent(txn, add_team(txn), "a")
    assert told(txn, Report(1, "a", State.SENT)) == [None]
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)


def test_a_receipt_for_an_unknown_id_is_kept_for_a_while_unless_it_is_repeated(txn):
    assert told(txn, delivered("x"), failed("y", repeated=True)) == [None, None]
    assert rows(txn, "SELECT ref FROM parked_report") == [("x",)]


def test_receipts_of_two_carriers_with_one_id_in_one_batch_are_told_apart(txn):
    team = add_team(txn)
    known = sent(txn, team, "a")
    told(txn, delivered("a"), delivered("a", carrier_id=2))
    assert standing(txn, known)[0] is State.DELIVERED
    assert rows(txn, "SELECT carrier_id, ref FROM parked_report") == [(2, "a")]


def test_a_receipt_finds_its_part_under_another_spelling(txn):
    message_id = sent(txn, add_team(txn), "00FF")
    (notice,) = told(txn, delivered("255", spell=lambda _: ("FF", "ff", "00FF")))
    assert notice.message_id == message_id
    assert count(txn, "parked_report") == 0


def test_a_receipt_settles_one_part_even_if_two_of_its_spellings_are_known(txn):
    team = add_team(txn)
    first, second = sent(txn, team, "FF"), sent(txn, team, "0255")
    told(txn, delivered("255", spell=lambda _: ("FF", "0255")))
    assert (standing(txn, first)[0], standing(txn, second)[0]) == (State.DELIVERED, State.SENT)


def test_a_repeated_failure_is_not_tried_under_another_spelling(txn):
    team = add_team(txn)
    first, second = sent(txn, team, "a"), sent(txn, team, "A")
    told(txn, failed("a"))
    told(txn, failed("a", spell=lambda _: ("A",)))
    assert (standing(txn, first)[0], standing(txn, second)[0]) == (State.FAILED, State.SENT)


def test_no_spelling_that_is_known_leaves_the_receipt_waiting_under_its_own(txn):
    told(txn, delivered("255", spell=lambda _: ("FF",)))
    assert rows(txn, "SELECT ref FROM parked_report") == [("255",)]


def test_a_message_of_many_parts_is_final_with_its_last_receipt(txn):
    message_id = sent(txn, add_team(txn), "a", "b", "c")
    assert told(txn, delivered("b"), delivered("a")) == [None, None]
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    assert told(txn, delivered("c"))[0].parts == 3
    assert standing(txn, message_id)[0] is State.DELIVERED


def test_a_message_has_failed_if_one_of_its_parts_has(txn):
    message_id = sent(txn, add_team(txn), "a", "b")
    assert told(txn, failed("a", error="042")) == [None]
    assert standing(txn, message_id)[0] is State.SENT
    (notice,) = told(txn, delivered("b"))
    assert (notice.state, notice.failure) == (State.FAILED, Failure.UNDELIVERED)
    assert column(txn, "error", message_id) == "042"


def test_a_receipt_without_a_time_is_of_now(txn):
    message_id = sent(txn, add_team(txn), "a")
    (notice,) = told(txn, delivered("a", done_at_ms=None))
    assert notice.done_at_ms >= NOW_MS - HOUR_MS
    assert column(txn, "done_at = now()", message_id)
    second = sent(txn, add_team(txn), "b")
    told(txn, failed("b", done_at_ms=None))
    assert column(txn, "done_at = now()", second)


def test_a_receipt_is_told_to_those_who_wish_it_and_came_by_smpp(txn):
    team = add_team(txn)
    wanted = {
        delivered: {Wish.NONE: 0, Wish.ALL: 1, Wish.FAILURES: 0, Wish.SUCCESSES: 1},
        failed: {Wish.NONE: 0, Wish.ALL: 1, Wish.FAILURES: 1, Wish.SUCCESSES: 0},
    }
    for heard, wishes in wanted.items():
        for wish, notices in wishes.items():
            ref = f"{heard.__name__}{wish}"
            sent(txn, team, ref, wish=wish)
            assert len([notice for notice in told(txn, heard(ref)) if notice]) == notices
            sent(txn, team, ref + "api", wish=wish, origin=Origin.API)
            assert told(txn, heard(ref + "api")) == [None]


def test_each_message_s_notice_comes_with_a_receipt_of_its_own_state(txn):
    team = add_team(txn)
    ids = [sent(txn, team, ref) for ref in "abcd"]
    found = told(txn, delivered("A", spell=lambda _: ("a",)), failed("b"), delivered("x"), delivered("c"), failed("d"))
    assert found[2] is None
    assert [notice.state for notice in found if notice] == [
        State.DELIVERED,
        State.FAILED,
        State.DELIVERED,
        State.FAILED,
    ]
    assert {notice.message_id for notice in found if notice} == set(ids)


histories = st.lists(st.tuples(st.sampled_from(["p", "q", "r"]), st.sampled_from([delivered, failed])), max_size=9)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 3), histories, st.lists(st.integers(1, 3), max_size=9), st.integers(0, 9))
def test_whatever_order_receipts_come_in_a_message_goes_forward_and_tells_each_change_once(
    txn, parts, heard, cuts, early
):
    """`heard` in batches of `cuts`; the first `early` receipts come before the carrier's answer."""
    with undone(txn):
        carrier = add_carrier(txn)
        refs = ("p", "q", "r")[:parts]
        (message_id,) = accepted(txn, add_team(txn), parts=parts, carrier_id=carrier)
        reports = [make(ref, carrier_id=carrier) for ref, make in heard]
        told(txn, *reports[:early])
        states = []
        settled(txn, (message_id, Sent(refs)), carrier=carrier)
        states.append(standing(txn, message_id)[0])
        rest, sizes = reports[early:], iter(cuts)
        while rest:
            size = next(sizes, len(rest))
            told(txn, *rest[:size])
            rest = rest[size:]
            states.append(standing(txn, message_id)[0])
        of_part = {ref: {make for name, make in heard if name == ref} for ref in refs}
        if not all(of_part.values()):
            expected = State.SENT
        elif all(delivered in made for made in of_part.values()):
            expected = State.DELIVERED
        else:
            expected = State.FAILED
        assert states[-1] is expected
        forward = {State.SENT: 0, State.FAILED: 1, State.DELIVERED: 2}
        assert states == sorted(states, key=forward.__getitem__)
        spooled = [state for state, *_ in rows(txn, SPOOLED, id=message_id)]
        assert spooled in {State.SENT: [[]], State.FAILED: [[40]], State.DELIVERED: [[30], [40, 30]]}[expected]
        assert wrong(txn) == []


# What never comes.


def test_the_ids_that_a_carrier_owes_receipts_for_come_oldest_first_without_those_it_reported(txn):
    team = add_team(txn)
    for ref, age_ms in (("new", 0), ("old", HOUR_MS), ("failed", 0)):
        (message_id,) = accepted(txn, team)
        settled(txn, (message_id, Sent((ref,))), at_ms=NOW_MS - age_ms)
    (elsewhere,) = accepted(txn, team)
    settled(txn, (elsewhere, Sent(("x",))), carrier=2)
    told(txn, failed("failed"))
    assert awaited(txn, 1) == ["old", "new"]


def long_sent(txn, *refs, **changes):
    (message_id,) = accepted(txn, add_team(txn), parts=len(refs), **changes)
    settled(txn, (message_id, Sent(refs)), at_ms=NOW_MS - 73 * HOUR_MS)
    return message_id


def test_a_receipt_that_never_came_leaves_the_message_sent_and_the_team_told_that_it_expired(txn):
    message_id = long_sent(txn, "a", "b")
    recent = sent(txn, add_team(txn), "c")
    told(txn, delivered("a"))
    assert give_up(txn, 72, 100) == (1, 1)
    assert standing(txn, message_id) == (State.SENT, 0, 0, "no_receipt")
    assert rows(txn, SPOOLED, id=message_id) == [(40, "no_receipt", "")]
    assert standing(txn, recent) == (State.SENT, 1, 0, None)
    assert give_up(txn, 72, 100) == (0, 0)


def test_a_failed_part_is_forgotten_without_a_word(txn):
    message_id = long_sent(txn, "a")
    told(txn, failed("a"))
    assert give_up(txn, 72, 100) == (1, 0)
    assert standing(txn, message_id) == (State.FAILED, 0, 1, "undelivered")
    assert count(txn, "awaiting") == 0


@pytest.mark.parametrize(("origin", "wish", "notices"), [(Origin.API, Wish.ALL, 0), (Origin.SMPP, Wish.SUCCESSES, 0)])
def test_nobody_who_does_not_wish_it_is_told_of_a_receipt_that_never_came(txn, origin, wish, notices):
    long_sent(txn, "a", origin=origin, wish=wish, lane=Lane.BULK)
    assert give_up(txn, 72, 100) == (1, notices)


def test_giving_up_takes_so_many_at_a_time(txn):
    for ref in "abc":
        long_sent(txn, ref)
    assert [give_up(txn, 72, 2)[0] for _ in range(3)] == [2, 1, 0]


def test_receipts_that_fitted_nothing_are_forgotten_in_the_end(txn):
    told(txn, delivered("x"), delivered("y"))
    txn.execute("UPDATE parked_report SET at = now() - interval '73 hours' WHERE ref = 'x'")
    assert [forget_parked(txn, 72, 100) for _ in range(2)] == [1, 0]
    assert rows(txn, "SELECT ref FROM parked_report") == [("y",)]


def test_what_a_carrier_reports_may_hold_any_character(txn):
    message_id = sent(txn, add_team(txn), "a")
    told(txn, failed("a", error="\x00\\u0000\u2028"), delivered("b\x00"))
    assert standing(txn, message_id)[0] is State.FAILED
