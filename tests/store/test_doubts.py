"""Receipts under unknown ids that are of parts which were taken for sent without an answer."""

from functools import partial

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.model import Failure, Later, Sent, State
from mobilesasa.smpp.ids import form_of, id_forms
from mobilesasa.store import doubts, messages, parked
from mobilesasa.store.claims import take_due
from mobilesasa.store.parked import Retry, Wanted
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    claimed,
    column,
    count,
    delivered,
    failed,
    one,
    rows,
    sent,
    settled,
    standing,
    told,
    wrong,
)

NUMBER = "254712345678"
AWAITED = "SELECT ref, failed FROM awaiting ORDER BY ref"


@pytest.fixture
def carrier(txn):
    return add_carrier(txn)


def held(txn, team, carrier, *refs, **changes):
    """A message of which parts are taken for sent without an answer."""
    refs = refs or ("",)
    (message_id,) = accepted(txn, team, parts=len(refs), carrier_id=carrier, **changes)
    settled(txn, (message_id, Sent(refs, uncertain=True)), carrier=carrier)
    return message_id


def late(ref, carrier, says=delivered, **more):
    """A receipt whose id nobody knows, with a number and the date of submission."""
    return says(ref, **{"carrier_id": carrier, "recipient": NUMBER, "submitted_at_ms": NOW_MS, **more})


def test_the_receipt_of_a_message_that_was_taken_for_sent_settles_it(txn, carrier):
    team = add_team(txn)
    message_id = held(txn, team, carrier)
    (notice,) = told(txn, late("x", carrier))
    assert (notice.message_id, standing(txn, message_id)) == (message_id, (State.DELIVERED, 0, 0, None))
    assert (count(txn, "parked_report"), count(txn, "awaiting")) == (0, 0)
    assert messages.find(txn, team, message_id).parts == (("x", State.DELIVERED),)
    assert wrong(txn, "configured") == []


def test_it_has_the_carrier_s_id_from_then_on_so_that_a_late_delivery_mends_a_failure(txn, carrier):
    message_id = held(txn, add_team(txn), carrier)
    told(txn, late("x", carrier, failed))
    assert standing(txn, message_id) == (State.FAILED, 0, 1, "undelivered")
    assert rows(txn, AWAITED) == [("x", True)]
    told(txn, delivered("x", carrier_id=carrier))
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert wrong(txn, "configured") == []


def test_the_one_part_of_a_long_message_that_is_in_doubt_is_found(txn, carrier):
    message_id = held(txn, add_team(txn), carrier, "a", "")
    told(txn, delivered("a", carrier_id=carrier), late("x", carrier))
    assert (standing(txn, message_id)[0], column(txn, "refs", message_id)) == (State.DELIVERED, "a x")


def test_a_part_in_doubt_of_a_message_that_is_not_sent_wholly_is_found(txn, carrier):
    (message_id,) = accepted(txn, add_team(txn), parts=2, carrier_id=carrier)
    run = add_run(txn)
    claimed(txn, run, message_id)
    settled(txn, (message_id, Later(0.0, "busy", refs=("", None), uncertain=True)), carrier=carrier)
    told(txn, late("x", carrier))
    assert standing(txn, message_id) == (State.QUEUED, 1, 0, None)
    take_due(txn, 1)
    claimed(txn, run, message_id)
    settled(txn, (message_id, Sent((None, "b"))), carrier=carrier, attempt=2)
    told(txn, delivered("b", carrier_id=carrier))
    assert (standing(txn, message_id)[0], column(txn, "refs", message_id)) == (State.DELIVERED, "x b")


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "254700000000"},
        {"recipient": ""},
        {"submitted_at_ms": None},
        {"submitted_at_ms": NOW_MS - HOUR_MS},
        {"submitted_at_ms": NOW_MS + HOUR_MS},
        {"repeated": True},
        {"carrier_id": 4711},
    ],
)
def test_what_says_too_little_or_something_else_goes_to_the_tray(txn, carrier, changes):
    message_id = held(txn, add_team(txn), carrier)
    assert told(txn, late("x", carrier, **changes)) == [None]
    assert standing(txn, message_id)[0] is State.SENT
    assert count(txn, "parked_report") == ("repeated" not in changes)


def test_an_id_that_cannot_be_kept_with_others_goes_to_the_tray(txn, carrier):
    held(txn, add_team(txn), carrier)
    assert told(txn, late("x y", carrier)) == [None]


def test_of_two_parts_that_fit_nobody_chooses(txn, carrier):
    team = add_team(txn)
    held(txn, team, carrier)
    held(txn, team, carrier)
    held(txn, team, carrier, "", "", recipient="254711000001")
    told(txn, late("x", carrier), late("y", carrier, recipient="254711000001"))
    assert (count(txn, "parked_report"), count(txn, "awaiting")) == (2, 4)


def test_a_message_that_the_carrier_has_in_hand_may_have_a_receipt_ahead_of_its_answer(txn, carrier):
    team = add_team(txn)
    message_id = held(txn, team, carrier)
    (in_hand,) = accepted(txn, team, carrier_id=carrier)
    told(txn, late("x", carrier))
    assert count(txn, "parked_report") == 1
    settled(txn, (in_hand, Sent(("x",))), carrier=carrier)
    assert (standing(txn, in_hand)[0], standing(txn, message_id)[0]) == (State.DELIVERED, State.SENT)


def test_one_that_waits_for_its_time_of_day_is_in_nobody_s_hand(txn, carrier):
    team = add_team(txn)
    message_id = held(txn, team, carrier)
    accepted(txn, team, carrier_id=carrier, due_at_ms=NOW_MS + HOUR_MS)
    told(txn, late("x", carrier))
    assert standing(txn, message_id)[0] is State.DELIVERED


@pytest.mark.parametrize("unsure", [True, False])
def test_as_long_as_nobody_knows_how_the_carrier_writes_ids_a_receipt_may_be_of_any_that_waits(txn, carrier, unsure):
    team = add_team(txn)
    message_id = held(txn, team, carrier)
    (known,) = accepted(txn, team, carrier_id=carrier)
    settled(txn, (known, Sent(("ours",))), carrier=carrier)
    spelt = {"spell": lambda _: id_forms("zz"), "form": partial(form_of, "zz"), "unsure": unsure}
    told(txn, late("zz", carrier, **spelt))
    assert standing(txn, message_id)[0] is (State.SENT if unsure else State.DELIVERED)
    assert standing(txn, known)[0] is State.SENT


def test_a_message_to_somebody_else_is_no_rival(txn, carrier):
    team = add_team(txn)
    message_id = held(txn, team, carrier)
    accepted(txn, team, carrier_id=carrier, recipient="254711000001")
    accepted(txn, add_team(txn), carrier_id=carrier)
    told(txn, late("x", carrier))
    assert standing(txn, message_id)[0] is State.DELIVERED


def test_two_spellings_of_no_id_in_one_batch_settle_once(txn, carrier):
    message_id = held(txn, add_team(txn), carrier)
    spelt = {"spell": lambda _: (), "unsure": True}
    told(txn, late("x", carrier, failed, **spelt), late("x", carrier, **spelt), late("x", carrier, **spelt))
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert count(txn, "parked_report") == 0


def test_where_too_many_are_in_doubt_nothing_is_matched(txn, carrier, monkeypatch):
    monkeypatch.setattr(doubts, "LOOKED_AT_MOST", 1)  # so that a few messages are too many
    team = add_team(txn)
    first = held(txn, team, carrier)
    told(txn, late("x", carrier))
    assert standing(txn, first)[0] is State.DELIVERED
    for number in (1, 2):
        held(txn, team, carrier, recipient=f"25471100000{number}")
    told(txn, late("y", carrier, recipient="254711000001"))
    assert count(txn, "parked_report") == 1


def test_other_carriers_and_ids_that_begin_like_our_names_are_left_alone(txn, carrier):
    team, other = add_team(txn), add_carrier(txn)
    elsewhere = held(txn, team, other)
    (message_id,) = accepted(txn, team, carrier_id=carrier)
    settled(txn, (message_id, Sent(("~ours",))), carrier=carrier)
    told(txn, late("x", carrier))
    assert (standing(txn, elsewhere)[0], standing(txn, message_id)[0]) == (State.SENT, State.SENT)


def test_a_part_whose_message_was_dropped_with_its_month_is_nobody_s(txn, carrier):
    message_id = held(txn, add_team(txn), carrier)
    txn.execute("DELETE FROM message WHERE id = %(id)s", {"id": message_id})
    told(txn, late("x", carrier))
    assert count(txn, "parked_report") == 1


def test_where_nothing_is_in_doubt_one_look_is_all_that_it_costs(txn, carrier, monkeypatch):
    sent(txn, add_team(txn), "a")
    asked = []
    monkeypatch.setattr(doubts, "matches", lambda *found: asked.append(found) or {})  # counts the looks
    told(txn, delivered("a"), late("x", carrier))
    assert [len(found) for _, found in asked] == [0]


# By hand, and once more


@pytest.mark.parametrize("refs", [("",), ("a", "")])
def test_by_hand_a_receipt_is_settled_for_a_message_that_was_taken_for_sent(txn, carrier, refs):
    message_id = held(txn, add_team(txn), carrier, *refs)
    told(txn, delivered("x", carrier_id=carrier))
    number = one(txn, "SELECT id FROM parked_report")
    match = parked.match_now(txn, NODE, number, Wanted(message_id, part=len(refs)))
    assert (match.message_id, match.part) == (message_id, len(refs))
    told(txn, delivered("a", carrier_id=carrier))
    assert standing(txn, message_id)[0] is State.DELIVERED


def test_one_that_came_before_the_connection_was_given_up_is_found_when_it_is_looked_up_again(txn, carrier):
    (message_id,) = accepted(txn, add_team(txn), carrier_id=carrier)
    told(txn, late("x", carrier, failed, failure=Failure.EXPIRED), late("nobody", carrier, recipient="254711000001"))
    settled(txn, (message_id, Sent(("",), uncertain=True)), carrier=carrier)
    assert standing(txn, message_id)[0] is State.SENT
    found = parked.go_on(txn, Retry(), id_forms)
    assert (found.looked_at, found.matched) == (2, 1)
    assert standing(txn, message_id) == (State.FAILED, 0, 1, "expired")
    assert [ref for (ref,) in rows(txn, "SELECT ref FROM parked_report")] == ["nobody"]
