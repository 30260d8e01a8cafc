"""What becomes of the next recipients of a campaign, by what the rules say of them now."""

import attrs
import pytest

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Options
from mobilesasa.campaigns.running import (
    HELD_MOST,
    SAMPLE,
    Chunk,
    Held,
    as_row,
    counted,
    sample,
    sort_out,
    submissions,
)
from mobilesasa.core.errors import BadText, NoRoute, TeamSuspended
from mobilesasa.core.model import Lane
from tests.fakes.sending import ERASED, priced, row, running


def sorted_out(rows, verdict=priced, upto=None, others_go=False, **more):
    """Have rows of a campaign judged by a function."""
    campaign = running(rows=100, **more)
    verdicts = [verdict(asked) for asked in submissions(campaign, rows)]
    return sort_out(campaign, rows, verdicts, upto or rows[-1].n, others_go)


def closed(*numbers):
    """A door that holds the recipients of these rows until 5000."""
    return lambda asked: priced(asked, due_at_ms=5000 if int(asked.recipient[-8:]) in numbers else None)


def test_a_message_is_of_the_campaign_and_waits_in_the_lane_that_gives_way():
    campaign = running(options=Options(validity_minutes=90))
    asked = campaign.submission("254712345678")
    assert (asked.recipient, asked.text, asked.lane) == ("+254712345678", "Sale!", Lane.BULK)
    assert (asked.campaign_uuid, asked.validity_ms) == (campaign.uuid, 5_400_000)
    assert running().submission("254712345678", "Hi Jane").text == "Hi Jane"
    assert running().submission("254712345678").validity_ms is None


def test_each_row_has_its_message_and_who_was_left_out_has_none():
    rows = [row(1), row(2, skipped="suppressed"), row(3, "Hi Jane")]
    chunk = sorted_out(rows)
    assert isinstance(chunk, Chunk)
    assert [(each.n, message.text) for each, message in chunk.messages] == [(1, "Sale!"), (3, "Hi Jane")]
    assert (chunk.upto, chunk.left_out, chunk.passed) == (3, {}, 1)
    assert (chunk.after.position, chunk.after.left) == (3, 97)


def test_who_was_forgotten_since_does_not_count_as_left_out_before():
    chunk = sorted_out([row(1, skipped="suppressed"), row(2, skipped=ERASED), row(3)])
    assert isinstance(chunk, Chunk)
    assert chunk.passed == 1


def test_rows_that_are_not_there_are_passed_over():
    chunk = sorted_out([row(2)], upto=4)
    assert isinstance(chunk, Chunk)
    assert chunk.upto == 4


def test_who_is_refused_now_is_left_out_with_the_code():
    chunk = sorted_out([row(1), row(2)], lambda asked: BadText("x") if asked.recipient.endswith("2") else priced(asked))
    assert isinstance(chunk, Chunk)
    assert chunk.left_out == {2: "bad_text"}


def test_a_suspended_team_is_nobodys_fault():
    with pytest.raises(TeamSuspended):
        sorted_out([row(1)], lambda _: TeamSuspended("x"))


def test_where_nobody_can_be_reached_the_campaign_waits_for_a_route():
    assert sorted_out([row(1, skipped="suppressed"), row(2)], lambda _: NoRoute("x")) == Held("route")


def test_where_somebody_can_be_reached_the_others_are_left_out():
    chunk = sorted_out([row(1), row(2)], lambda asked: NoRoute("x") if asked.recipient.endswith("2") else priced(asked))
    assert isinstance(chunk, Chunk)
    assert chunk.left_out == {2: "no_route"}


def test_whose_hours_are_over_has_a_message_that_is_due_later_and_the_others_go_on():
    chunk = sorted_out([row(1), row(2), row(3)], closed(2), held=7)
    assert isinstance(chunk, Chunk)
    assert [(each.n, message.due_at_ms) for each, message in chunk.messages] == [(1, None), (2, 5000), (3, None)]
    assert (chunk.upto, chunk.after.held) == (3, 8)


def test_one_who_can_get_something_is_enough_for_the_others_to_be_held():
    chunk = sorted_out([row(1), row(2), row(3)], closed(1, 2))
    assert isinstance(chunk, Chunk)
    assert chunk.after.held == 2


def test_where_the_hours_of_all_are_over_the_campaign_waits_for_the_first_that_open():
    opens = {1: 9000, 2: 5000}
    rows = [row(1), row(2), row(3, skipped="suppressed")]
    assert sorted_out(rows, lambda asked: priced(asked, due_at_ms=opens[int(asked.recipient[-8:])])) == Held(
        "hours", 5000
    )


def test_before_one_recipient_too_many_whose_hours_are_over_a_chunk_ends():
    rows = [row(1), row(2, skipped="suppressed"), row(3), row(4), row(5, skipped="suppressed")]
    chunk = sorted_out(rows, closed(3, 4), held=HELD_MOST - 1)
    assert isinstance(chunk, Chunk)
    assert ([each.n for each, _ in chunk.messages], chunk.upto, chunk.passed) == ([1, 3], 3, 1)


@pytest.mark.parametrize("others_go", [False, True])
def test_where_that_is_the_next_recipient_the_campaign_waits(others_go):
    assert sorted_out([row(1), row(2)], closed(1), others_go=others_go, held=HELD_MOST) == Held("hours", 5000)


def test_where_others_behind_them_can_get_something_those_whose_hours_are_over_hold_up_nobody():
    chunk = sorted_out([row(1), row(2)], closed(1, 2), others_go=True)
    assert isinstance(chunk, Chunk)
    assert (chunk.upto, chunk.after.held) == (2, 2)


def test_where_others_behind_them_can_be_reached_those_who_cannot_are_left_out():
    chunk = sorted_out([row(1), row(2)], lambda _: NoRoute("x"), others_go=True)
    assert isinstance(chunk, Chunk)
    assert chunk.left_out == {1: "no_route", 2: "no_route"}


def test_recipients_of_two_countries_whose_hours_never_overlap_are_all_dealt_with_at_once():
    rows = [row(n) for n in range(1, 101)]
    chunk = sorted_out(rows, closed(*range(1, 101, 2)))
    assert isinstance(chunk, Chunk)
    assert (len(chunk.messages), chunk.after.left, chunk.after.held) == (100, 0, 50)


@pytest.mark.parametrize("left", [0, 1, 5, 99, 100, 101, 12_345])
def test_a_sample_is_of_those_behind_a_row_and_spread_over_them(left):
    found = sample(50, 50 + left)
    assert len(found) == min(left, SAMPLE)
    assert all(50 < n <= 50 + left for n in found)
    assert not left or found[-1] >= 50 + left * 0.99 - 1


def test_what_carriers_answered_counts_from_when_a_brake_stopped_the_campaign():
    assert running(queued=500, waiting=120).answered == 380
    assert running(queued=500, waiting=120, braked_sums={"sent": 100, "refused": 90}).answered == 190
    assert running(queued=500, waiting=120, braked_sums={"sent": 400}).answered == 0


def test_what_is_the_same_for_all_is_not_written_down_for_each():
    message = priced(running().submission("254712345678"))
    assert not {"text", "fallbacks", "due_at", "closes_at"} & as_row(row(1), message, "Sale!").keys()
    shown = as_row(row(1), attrs.evolve(message, fallbacks=(2, 3), due_at_ms=5_500, closes_at_ms=9_500), "another text")
    assert (shown["text"], shown["fallbacks"], shown["due_at"], shown["closes_at"]) == ("Sale!", (2, 3), 5.5, 9.5)


def test_a_brake_counts_what_has_happened_since_it_stopped_the_campaign():
    now = Sums(ended=20, failed=9, sent=30, complaints=1)
    assert counted(running(), now) == now
    before = {"ended": 15, "failed": 9, "sent": 15, "complaints": 2}
    assert counted(running(braked_sums=before), now) == Sums(ended=5, failed=0, sent=15, complaints=0)
