"""What becomes of the next recipients of a campaign, by what the rules say of them now."""

import attrs
import pytest

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Options
from mobilesasa.campaigns.running import Chunk, Held, as_row, counted, sort_out, submissions
from mobilesasa.core.errors import BadText, NoRoute, TeamSuspended
from mobilesasa.core.model import Lane
from tests.fakes.sending import ERASED, priced, row, running


def sorted_out(rows, verdict=priced, upto=None, **more):
    """Have rows of a campaign judged by a function."""
    campaign = running(rows=100, **more)
    verdicts = [verdict(asked) for asked in submissions(campaign, rows)]
    return sort_out(campaign, rows, verdicts, upto or rows[-1].n)


def late(n):
    """A door that holds the recipient of a row, and those behind, until 5000."""
    return lambda asked: priced(asked, due_at_ms=5000 if int(asked.recipient[-8:]) >= n else None)


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


def test_before_the_first_recipient_whose_hours_are_over_a_chunk_ends():
    rows = [row(1), row(2, skipped="suppressed"), row(3), row(4), row(5, skipped="suppressed")]
    chunk = sorted_out(rows, late(4))
    assert isinstance(chunk, Chunk)
    assert ([each.n for each, _ in chunk.messages], chunk.upto, chunk.passed) == ([1, 3], 3, 1)


def test_where_that_is_the_next_recipient_the_campaign_waits():
    assert sorted_out([row(1), row(2)], late(1)) == Held("hours", 5000)


def test_those_who_were_left_out_before_the_next_recipient_are_passed_while_it_waits():
    chunk = sorted_out([row(1, skipped="suppressed"), row(2)], late(2))
    assert isinstance(chunk, Chunk)
    assert (chunk.upto, chunk.messages) == (1, [])


def test_what_is_the_same_for_all_is_not_written_down_for_each():
    message = priced(running().submission("254712345678"))
    assert not {"text", "fallbacks", "closes_at"} & as_row(row(1), message, "Sale!").keys()
    shown = as_row(row(1), attrs.evolve(message, fallbacks=(2, 3), closes_at_ms=9_500), "another text")
    assert (shown["text"], shown["fallbacks"], shown["closes_at"]) == ("Sale!", (2, 3), 9.5)


def test_a_brake_counts_what_has_happened_since_it_stopped_the_campaign():
    now = Sums(ended=20, failed=9, sent=30, complaints=1)
    assert counted(running(), now) == now
    before = {"ended": 15, "failed": 9, "sent": 15, "complaints": 2}
    assert counted(running(braked_sums=before), now) == Sums(ended=5, failed=0, sent=15, complaints=0)
