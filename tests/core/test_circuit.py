"""Whether a carrier is in trouble: what is seen of it, second by second."""

import pytest

from mobilesasa.core.circuit import (
    FAILURES,
    FORGOTTEN_S,
    NO_RECEIPTS,
    RESTED_S,
    RETRY_FIRST_S,
    RETRY_MOST_S,
    SILENT_S,
    TRY_S,
    UNBOUND_S,
    UNHEARD_PARTS,
    Circuit,
    Phase,
    Seen,
)
from mobilesasa.core.routing import Standing


class Watched:
    """A circuit that is shown the same carrier each second, with what changes."""

    def __init__(self, receipt_alarm_s: float = 0.0) -> None:
        self.circuit = Circuit(receipt_alarm_s)
        self.now_s = 0.0
        self.seen = {
            "connected": True,
            "patient": False,
            "taken": 0,
            "failed": 0,
            "refused": 0,
            "handed": 0,
            "on_wire": 0,
            "parts_taken": 0,
            "receipts": 0,
        }

    def see(self, seconds: float = 1.0, **changes: int) -> Phase:
        """Let so many seconds go by, a look each, the changes being there from the first on."""
        self.seen |= changes
        for _ in range(round(seconds)):
            self.now_s += 1.0
            self.circuit.see(Seen(**self.seen), self.now_s)
        return self.circuit.phase

    def more(self, **counts: int) -> Phase:
        """Look once, with so many more of these."""
        return self.see(1, **{name: self.seen[name] + count for name, count in counts.items()})

    @property
    def standing(self) -> Standing:
        return self.circuit.standing(self.now_s)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_carrier_that_takes_messages_is_up(watched):
    for _ in range(100):
        assert watched.more(taken=10, handed=10) is Phase.UP
    assert (watched.standing, watched.circuit.why, watched.circuit.down_s(watched.now_s)) == (Standing.UP, "", 0)


def test_a_carrier_of_which_nothing_is_asked_is_up(watched):
    assert watched.see(1000) is Phase.UP


def test_a_short_loss_of_the_connection_is_no_trouble(watched):
    assert watched.see(UNBOUND_S, connected=False) is Phase.UP
    assert watched.see(1, connected=True) is Phase.UP
    assert watched.see(UNBOUND_S, connected=False) is Phase.UP


def test_a_carrier_that_stays_away_is_down_since_it_went_away(watched):
    assert watched.see(UNBOUND_S + 1, connected=False) is Phase.DOWN
    assert (watched.standing, watched.circuit.why) == (Standing.DOWN, "it is not connected")
    assert watched.circuit.down_s(watched.now_s) == UNBOUND_S


def test_a_carrier_that_is_connected_again_is_tried_and_is_up_with_the_first_message_that_it_takes(watched):
    watched.see(500, connected=False)
    assert watched.see(1, connected=True) is Phase.TRYING
    assert watched.standing is Standing.UP
    assert watched.see(100) is Phase.TRYING
    assert watched.circuit.down_s(watched.now_s) > 500
    assert watched.more(taken=1, handed=1) is Phase.UP
    assert watched.circuit.down_s(watched.now_s) == 0


def test_a_carrier_that_goes_away_while_it_is_tried_is_down_at_once(watched):
    watched.see(10, connected=False)
    watched.see(1, connected=True)
    assert watched.see(1, connected=False) is Phase.DOWN
    assert watched.circuit.down_s(watched.now_s) == watched.now_s - 1


def test_a_carrier_that_answers_nothing_is_down(watched):
    assert watched.see(SILENT_S, on_wire=3, handed=3) is Phase.UP
    assert watched.see(1) is Phase.DOWN
    assert watched.circuit.why == "it does not answer"


def test_a_slow_carrier_is_up_as_long_as_it_answers_something(watched):
    for _ in range(10):
        watched.see(SILENT_S, on_wire=50)
        assert watched.more(taken=1) is Phase.UP


def test_a_carrier_that_refuses_everything_lives(watched):
    for _ in range(100):
        assert watched.more(refused=10, handed=10, on_wire=1) is Phase.UP


def test_a_silent_carrier_is_up_again_with_its_first_answer(watched):
    watched.see(SILENT_S + 50, on_wire=3)
    assert watched.more(taken=1) is Phase.UP


def test_a_silent_carrier_is_tried_when_nothing_is_on_the_wire_any_more(watched):
    watched.see(SILENT_S + 50, on_wire=3)
    assert watched.see(1, on_wire=0) is Phase.TRYING


def failing(watched: Watched) -> Phase:
    for _ in range(4):
        watched.more(failed=FAILURES // 4, handed=FAILURES // 4)
    return watched.circuit.phase


def test_a_carrier_that_fails_one_after_the_other_is_down(watched):
    assert failing(watched) is Phase.DOWN
    assert watched.circuit.why == f"it failed {FAILURES} times, one after the other"


def test_many_failures_of_one_moment_are_no_trouble_yet(watched):
    assert watched.more(failed=10 * FAILURES) is Phase.UP


def test_one_message_that_is_taken_among_failures_counts(watched):
    for _ in range(20):
        watched.more(failed=FAILURES // 4)
        watched.more(failed=FAILURES // 4)
        assert watched.more(failed=FAILURES // 4, taken=1) is Phase.UP


def test_a_carrier_that_fails_a_few_messages_for_long_and_takes_none_is_down(watched):
    watched.more(failed=1, handed=1)
    watched.see(1)
    watched.more(failed=1, handed=1)
    assert watched.see(SILENT_S - 3) is Phase.UP
    assert watched.see(1) is Phase.DOWN
    assert (watched.standing, watched.circuit.why) == (Standing.DOWN, "it failed 2 times, one after the other")
    assert watched.circuit.down_s(watched.now_s) == SILENT_S


def test_one_failure_is_no_trouble_however_long_ago(watched):
    watched.more(failed=1, handed=1)
    assert watched.see(100 * SILENT_S) is Phase.UP


def test_failures_that_are_far_apart_have_nothing_to_do_with_each_other(watched):
    for _ in range(5):
        watched.more(failed=1, handed=1)
        assert watched.see(FORGOTTEN_S) is Phase.UP


def test_a_few_failures_between_what_is_taken_are_no_trouble(watched):
    for _ in range(5):
        watched.more(failed=2, handed=2)
        watched.see(SILENT_S - 2)
        assert watched.more(taken=1, handed=1) is Phase.UP


def test_a_carrier_that_fails_is_tried_after_a_while_and_later_each_time(watched):
    failing(watched)
    waits = []
    for _ in range(5):
        begun_s = watched.now_s
        while watched.see() is not Phase.TRYING:
            pass
        waits.append(watched.now_s - begun_s)
        assert watched.more(failed=1, handed=1) is Phase.DOWN
    assert waits == [RETRY_FIRST_S, 20, 40, RETRY_MOST_S, RETRY_MOST_S]
    assert watched.circuit.down_s(watched.now_s) > sum(waits)


def test_a_refusal_ends_a_try_too_for_the_carrier_reads_what_it_gets(watched):
    failing(watched)
    watched.see(RETRY_FIRST_S)
    assert watched.more(refused=1, handed=1) is Phase.UP


def test_after_a_success_the_first_wait_is_the_short_one_again(watched):
    failing(watched)
    watched.see(RETRY_FIRST_S)
    assert watched.more(taken=1, handed=1) is Phase.UP
    failing(watched)
    assert watched.see(RETRY_FIRST_S) is Phase.TRYING


def test_a_try_without_an_answer_ends_soon(watched):
    failing(watched)
    assert watched.see(RETRY_FIRST_S) is Phase.TRYING
    assert watched.more(handed=5, on_wire=5) is Phase.TRYING
    assert watched.see(TRY_S) is Phase.DOWN
    assert watched.circuit.why == "it does not answer"


def test_a_carrier_that_asks_for_patience_is_throttled_until_it_has_rested(watched):
    watched.see(1, patient=True)
    assert watched.standing is Standing.THROTTLED
    watched.see(RESTED_S - 1, patient=False)
    assert watched.standing is Standing.THROTTLED
    watched.see(1)
    assert watched.standing is Standing.UP


# Receipts that do not come.

ALARM_S = 60


@pytest.fixture
def reporting() -> Watched:
    """A carrier that is to report what it takes."""
    return Watched(ALARM_S)


def take(watched: Watched, parts: int) -> Phase:
    return watched.more(taken=parts, handed=parts, parts_taken=parts)


def test_a_carrier_that_takes_parts_and_reports_none_is_down(reporting):
    take(reporting, UNHEARD_PARTS)
    assert reporting.see(ALARM_S - 1) is Phase.UP
    assert reporting.see(1) is Phase.DOWN
    assert (reporting.standing, reporting.circuit.why) == (Standing.DOWN, NO_RECEIPTS)
    assert reporting.circuit.down_s(reporting.now_s) == ALARM_S


def test_few_parts_without_a_receipt_are_no_trouble(reporting):
    take(reporting, UNHEARD_PARTS - 1)
    assert reporting.see(10 * ALARM_S) is Phase.UP
    take(reporting, 1)
    assert reporting.see(ALARM_S - 1) is Phase.UP
    assert reporting.see(1) is Phase.DOWN


def test_one_receipt_of_any_kind_begins_the_waiting_anew(reporting):
    take(reporting, 5 * UNHEARD_PARTS)
    reporting.see(ALARM_S - 2)
    reporting.more(receipts=1)
    assert reporting.see(10 * ALARM_S) is Phase.UP


def test_without_the_option_it_is_never_down_for_that_and_the_wait_is_told(watched):
    take(watched, UNHEARD_PARTS)
    assert watched.see(10_000) is Phase.UP
    assert watched.circuit.unheard_s(watched.now_s) == 10_000
    watched.more(receipts=1)
    assert watched.circuit.unheard_s(watched.now_s) == 0


def test_a_carrier_of_which_no_receipts_are_asked_for_owes_none(reporting):
    reporting.more(taken=1000, handed=1000)
    assert reporting.see(10 * ALARM_S) is Phase.UP
    assert reporting.circuit.unheard_s(reporting.now_s) == 0


def test_while_a_carrier_is_away_its_receipts_are_not_late(reporting):
    take(reporting, UNHEARD_PARTS)
    reporting.see(2, connected=False)
    reporting.see(1, connected=True)
    assert reporting.see(10 * ALARM_S) is Phase.UP


def test_the_first_receipt_ends_that_trouble_though_nothing_is_taken(reporting):
    take(reporting, UNHEARD_PARTS)
    reporting.see(ALARM_S)
    assert reporting.more(receipts=1) is Phase.UP
    assert reporting.circuit.why == ""


def test_what_it_takes_does_not_end_that_trouble_and_a_try_without_a_receipt_is_soon_over(reporting):
    take(reporting, UNHEARD_PARTS)
    reporting.see(ALARM_S)
    assert reporting.see(RETRY_FIRST_S) is Phase.TRYING
    assert take(reporting, 5) is Phase.TRYING
    assert reporting.see(TRY_S) is Phase.DOWN
    assert reporting.circuit.why == NO_RECEIPTS
    assert reporting.see(2 * RETRY_FIRST_S) is Phase.TRYING
    assert reporting.more(receipts=1) is Phase.UP


def test_a_receipt_says_nothing_of_another_trouble(reporting):
    reporting.see(SILENT_S + 1, on_wire=3, handed=3)
    assert reporting.more(receipts=1) is Phase.DOWN
