"""A campaign as a value."""

import attrs
import pytest

from mobilesasa.campaigns.model import ACTIVE, Campaign, Draft, Options, Phase, Repeat, Trigger, options_of

CAMPAIGN = Campaign(
    id=1, uuid="u", team_id=1, name="May Promo", message="Hello", sender_id=7, sender_uuid="s", sender="ACME",
    group_uuids=("g",), audience_id=None, audience_uuid=None, phase=Phase.COMPLETED, scheduled_at_ms=5,
    options=Options(rate_per_s=10), estimated_recipients=1, estimated_units=1, rows=1, recipients=1, position=1, queued=1,
    skipped=0, reserve_id=1, reserved_units=1, captured_units=1, released_units=0, paused_by=None, paused_reason=None,
    series_id=None, series_uuid=None, next_at_ms=None, joined_from_ms=None, joined_to_ms=None, created_at_ms=0,
    updated_at_ms=0, armed_at_ms=None, started_at_ms=None, finished_at_ms=None,
)  # fmt: skip


def test_decision_69_every_phase_is_one_of_the_four_words_of_the_reference():
    assert {phase.value: phase.status for phase in Phase} == {
        "draft": "draft",
        "scheduled": "draft",
        "sending": "sending",
        "paused": "sending",
        "completed": "completed",
        "cancelled": "cancelled",
    }


def test_a_campaign_is_active_from_send_to_its_end():
    assert [phase for phase in Phase if not phase.is_final and phase is not Phase.DRAFT] == list(ACTIVE)
    assert [phase for phase in Phase if phase.is_final] == [Phase.COMPLETED, Phase.CANCELLED]


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(rate_per_s=10, stop_failures_percent=None, track_links=True),
        Options(repeat=Repeat(every="week", at="09:30", weekdays=(1, 3))),
        Options(trigger=Trigger(on="joined_group", delay_minutes=10)),
    ],
)
def test_options_are_kept_and_read_again(options):
    assert options_of(options.as_json()) == options
    assert options.is_series == (options.repeat is not None or options.trigger is not None)


def test_options_that_are_as_ever_are_not_kept():
    assert Options().as_json() == {}
    assert Options(rate_per_s=10).as_json() == {"rate_per_s": 10}


def test_a_campaign_can_be_copied_while_its_text_is_kept():
    assert CAMPAIGN.draft == Draft(
        name="May Promo",
        message="Hello",
        sender_id=7,
        group_uuids=("g",),
        scheduled_at_ms=5,
        options=Options(rate_per_s=10),
    )
    with pytest.raises(ValueError, match="kept no longer"):
        _ = attrs.evolve(CAMPAIGN, message=None).draft
