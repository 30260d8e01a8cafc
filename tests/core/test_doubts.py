"""Whose a receipt under an unknown id is, among parts that were taken for sent without an answer."""

import random

import attrs
import pytest

from mobilesasa.core.doubts import DAY_MS, NEAR_MS, Doubt, fits, matches, same_number, says_enough
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Report, State

MADE_MS = 1_795_000_000_000
TAKEN_MS = MADE_MS + 330_000  # its carrier was frozen for a while
NUMBER = "254712345678"


def doubt(made_at_ms=MADE_MS, **changes):
    message_id = MessageIds(lambda: made_at_ms, random.Random(3).getrandbits)()
    return attrs.evolve(Doubt(1, f"~{message_id}~1", message_id, NUMBER, TAKEN_MS), **changes)


def heard(ref="x", **changes):
    known = {"recipient": NUMBER, "submitted_at_ms": MADE_MS + 1000}
    return Report(1, ref, State.DELIVERED, **{**known, **changes})


@pytest.mark.parametrize("recipient", [NUMBER, "0712345678", "712345678"])
def test_a_receipt_fits_the_part_to_its_number(recipient):
    assert fits(heard(recipient=recipient), doubt())
    assert same_number(NUMBER, recipient)


@pytest.mark.parametrize(
    ("after_ms", "fit"),
    [
        (-NEAR_MS - 1, False),
        (-NEAR_MS, True),
        (TAKEN_MS - MADE_MS + NEAR_MS, True),
        (TAKEN_MS - MADE_MS + NEAR_MS + 1, False),
    ],
)
def test_what_it_is_about_was_submitted_between_the_message_s_making_and_its_being_taken_for_sent(after_ms, fit):
    assert fits(heard(submitted_at_ms=MADE_MS + after_ms), doubt()) is fit


def test_what_waited_for_more_than_a_day_before_it_was_sent_is_not_looked_for():
    late_ms = MADE_MS + DAY_MS
    assert fits(heard(submitted_at_ms=late_ms), doubt(taken_at_ms=late_ms))
    assert not fits(heard(submitted_at_ms=late_ms + 1), doubt(taken_at_ms=late_ms + 1))


def test_the_first_day_of_all_has_no_day_before_it():
    assert fits(heard(submitted_at_ms=5), doubt(made_at_ms=0))


@pytest.mark.parametrize(
    "changes", [{"recipient": ""}, {"recipient": "254700000000"}, {"submitted_at_ms": None}, {"carrier_id": 2}]
)
def test_it_fits_no_part_of_another_number_or_carrier_and_none_without_a_date(changes):
    assert not fits(attrs.evolve(heard(), **changes), doubt())


@pytest.mark.parametrize(
    ("changes", "enough"),
    [({}, True), ({"recipient": ""}, False), ({"recipient": "22384"}, False), ({"submitted_at_ms": None}, False)],
)
def test_a_receipt_says_enough_with_a_whole_number_and_a_date(changes, enough):
    assert says_enough(heard(**changes)) is enough


def test_the_one_part_that_fits_is_found():
    ours, other = doubt(), doubt(ref="~other~1", recipient="254700000000")
    assert matches({7: heard()}, [other, ours]) == {7: ours}
    assert matches({7: heard()}, [other]) == {}


def test_of_two_parts_that_fit_none_is():
    assert matches({7: heard()}, [doubt(), doubt(ref="~other~2")]) == {}


def test_two_receipts_that_fit_one_part_are_of_none():
    assert matches({1: heard("x"), 2: heard("y")}, [doubt()]) == {}


def test_of_a_receipt_that_comes_twice_the_first_counts():
    assert matches({1: heard("x"), 2: heard("x")}, [doubt()]) == {1: doubt()}
