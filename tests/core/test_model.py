"""The values: what they show, and what they keep to themselves."""

import pytest

from mobilesasa.core.model import Failure, Notice, Outbound, Priced, Report, State, Submission


@pytest.mark.parametrize("state", State)
def test_a_state_is_shown_as_one_of_the_reference_s_words(state):
    assert state.shown in {"queued", "sent", "delivered", "failed"}


def test_states_go_up_as_a_message_goes_forward():
    assert State.QUEUED < State.SENT < State.DELIVERED < State.FAILED


def test_a_failure_is_its_own_word():
    assert str(Failure.EXPIRED_UNSENT) == "expired_unsent"


@pytest.mark.parametrize("value", [Submission, Priced, Outbound, Notice])
def test_what_people_wrote_is_never_shown_in_a_log(value):
    shown = {field.name for field in value.__attrs_attrs__ if field.repr}
    assert not shown & {"text", "body"}


def test_a_report_knows_the_other_spellings_of_its_id_if_its_carrier_has_any():
    assert Report(1, "255", State.DELIVERED, spell=lambda ref: (ref, "FF", "0255")).other_refs == ("FF", "0255")
    assert Report(1, "255", State.DELIVERED).other_refs == ()
