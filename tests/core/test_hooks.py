"""When a call of a webhook is made again, and what an answer means."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.core.hooks import (
    EVENTS,
    RETRIES_AT_S,
    SCOPES_OF_EVENT,
    DeliveryState,
    Outcome,
    WebhookTerms,
    unheard,
    wait_s,
)

HOUR_S = 3600

CAMPAIGN_EVENTS = (
    "campaign.started",
    "campaign.completed",
    "campaign.paused",
    "campaign.cancelled",
    "campaign.failed",
)


def test_decision_89_a_call_that_fails_is_made_again_for_24_hours():
    """decisions 89: "retries to 24 h"."""
    waits = [wait_s(attempts, Outcome(status=500), 0.5) for attempts in range(1, len(RETRIES_AT_S) + 1)]
    assert list(accumulate(waits)) == [
        5,
        300,
        1800,
        2 * HOUR_S,
        5 * HOUR_S,
        10 * HOUR_S,
        14 * HOUR_S,
        20 * HOUR_S,
        24 * HOUR_S,
    ]


def test_after_the_last_retry_it_has_failed_for_good():
    assert wait_s(len(RETRIES_AT_S) + 1, Outcome(status=500), 0.5) is None


@given(st.integers(1, len(RETRIES_AT_S)), st.floats(0, 1))
def test_no_two_retries_come_at_the_same_time_by_design(attempts, chance):
    planned = wait_s(attempts, Outcome(error="no answer"), 0.5)
    assert planned * 0.9 - 1e-6 <= wait_s(attempts, Outcome(error="no answer"), chance) <= planned * 1.1 + 1e-6


def test_retries_are_in_order():
    assert all(first < second for first, second in pairwise(RETRIES_AT_S))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_status_from_200_to_299_means_that_it_is_taken(status):
    assert Outcome(status=status).is_taken


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_no_other_answer_does_and_a_redirect_is_none(status):
    assert not Outcome(status=status).is_taken


def test_410_ends_it_at_once():
    gone = Outcome(status=410)
    assert gone.is_gone
    assert wait_s(1, gone, 0.5) is None


@pytest.mark.parametrize("status", [429, 503])
def test_what_asks_for_time_gets_it(status):
    outcome = Outcome(status=status, retry_after_s=120.0)
    assert outcome.asks_to_wait_s == 120
    assert wait_s(1, outcome, 0.5) == 120


@pytest.mark.parametrize(
    ("outcome", "waits"),
    [
        (Outcome(status=429, retry_after_s=1e9), HOUR_S),  # bounded
        (Outcome(status=429, retry_after_s=-5.0), 0),  # a date that has passed
        (Outcome(status=429), 0),
        (Outcome(status=500, retry_after_s=120.0), 0),  # says so only with 429 and 503
    ],
)
def test_only_so_much_time_and_only_to_who_may_ask(outcome, waits):
    assert outcome.asks_to_wait_s == waits


def test_states_are_words():
    assert [state.shown for state in DeliveryState] == ["waiting", "delivered", "failed"]


def test_terms_are_noted_as_they_are():
    terms = WebhookTerms("https://example.com/", "", ("optout",), include_text=False)
    assert terms.noted()["events"] == ["optout"]


def test_each_event_says_who_may_hear_it():
    assert set(SCOPES_OF_EVENT) == set(EVENTS)


@pytest.mark.parametrize(
    ("held", "events", "missing"),
    [
        ((), ("balance.low", "ping"), {}),
        (("messages:read",), ("message.sent", "optout", "export.completed"), {}),
        (("messages",), ("message.sent", "import.completed"), {"import.completed": ("contacts",)}),
        (
            ("messages", "contacts"),
            ("*",),
            {**dict.fromkeys(CAMPAIGN_EVENTS, ("campaigns",)), "survey.response": ("surveys",)},
        ),
    ],
)
def test_what_somebody_may_not_hear_is_named_with_the_scopes_that_would_open_it(held, events, missing):
    assert unheard(held, events) == missing
