"""What webhooks are told of a campaign: as it stands, and without its text."""

import attrs
import pytest

from mobilesasa.campaigns.model import PausedBy, Phase
from mobilesasa.campaigns.telling import told
from tests.node.test_campaigns import campaign

SENT = {
    "armed_at_ms": 1,
    "rows": 12,
    "recipients": 10,
    "queued": 4,
    "skipped": 3,
    "reserved_units": 20,
    "captured_units": 8,
}


def test_how_far_it_has_come_and_what_it_cost_is_told():
    shown = told(campaign(**SENT))
    assert (shown["status"], shown["phase"], shown["recipient_count"], shown["cost_units"]) == (
        "sending",
        "sending",
        10,
        20,
    )
    assert shown["progress"] == {"recipients": 10, "queued": 4, "skipped": 3, "left": 5}
    assert shown["units"] == {"reserved": 20, "captured": 8, "released": 0}
    assert shown["paused"] is None
    assert "message" not in shown


def test_why_it_is_paused_is_told():
    paused = campaign(**SENT, paused_by=PausedBy.SENDER, paused_reason="suspended", phase=Phase.PAUSED)
    assert told(paused)["paused"] == {"by": "sender", "reason": "suspended"}


def test_why_a_draft_of_a_series_was_not_sent_is_told_with_what_it_would_have_cost():
    draft = campaign(
        phase=Phase.DRAFT, paused_reason="too few units", series_uuid="s", estimated_recipients=5, estimated_units=6
    )
    shown = told(draft)
    assert (shown["paused"], shown["series_id"]) == ({"by": None, "reason": "too few units"}, "s")
    assert (shown["recipient_count"], shown["cost_units"]) == (5, 6)


@pytest.mark.parametrize("skipped", [3, 30])
def test_what_is_left_is_never_below_nothing(skipped):
    assert told(attrs.evolve(campaign(**SENT), skipped=skipped))["progress"]["left"] >= 0
