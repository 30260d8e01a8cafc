"""The order of receipts: none before the answer to its submit, none before an earlier one of its message (I5)."""

import pytest
from twisted.internet.task import Clock

from mobilesasa.core.model import INTERMEDIATE, Failure, State, Step
from mobilesasa.notify.outbox import Outbox
from tests.fakes.receiver import FakeReceiver
from tests.fakes.spool import MESSAGE_ID, NINE_MS, FakeSpool, notice

ASKED = {INTERMEDIATE: 22}
OTHER = notice(99).message_id


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def spool():
    return FakeSpool()


@pytest.fixture
def unanswered():
    return set()


@pytest.fixture
def outbox(spool, clock, unanswered):
    return Outbox(
        spool, clock, lambda: NINE_MS + round(clock.seconds() * 1000), limit=20, keep_h=72, unanswered=unanswered
    )


def told(spool_id, state=State.DELIVERED, message_id=MESSAGE_ID, options=ASKED):
    failure = Failure.UNDELIVERED if state is State.FAILED else None
    return notice(spool_id, message_id=message_id, state=state, failure=failure, options=options)


def accepted(spool_id, message_id=MESSAGE_ID):
    return told(spool_id, Step.ACCEPTED, message_id)


def enroute(spool_id, message_id=MESSAGE_ID):
    return told(spool_id, Step.ENROUTE, message_id)


class TestSteps:
    def test_the_end_waits_for_the_step_before_it_even_on_another_link(self, outbox, spool):
        first, second = FakeReceiver(outbox, window=1), FakeReceiver(outbox, window=1)
        outbox.owe(spool.put(accepted(1), told(2)))
        (holding,) = [each for each in (first, second) if each.out]
        assert holding.got == [1]
        holding.answer()
        assert sorted(first.got + second.got) == [1, 2]

    def test_steps_and_the_end_come_in_order(self, outbox, spool):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1)))
        receiver.answer()
        outbox.owe(spool.put(enroute(2)))
        receiver.answer()
        outbox.owe(spool.put(told(3)))
        receiver.answer()
        assert receiver.got == [1, 2, 3]
        assert spool.kept == {}

    def test_a_step_that_would_wait_gives_its_place_to_what_says_more(self, outbox, spool):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1), enroute(2), told(3)))
        assert receiver.got == [1]
        receiver.answer_all()
        assert receiver.got == [1, 3]
        assert (spool.kept, len(outbox)) == ({}, 0)

    def test_a_refused_step_is_tried_again(self, outbox, spool, clock):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1)))
        receiver.answer(status=8)
        clock.advance(1)
        assert receiver.got == [1, 1]
        receiver.answer()
        assert spool.kept == {}

    def test_a_step_that_was_put_off_is_dropped_when_the_end_comes(self, outbox, spool, clock):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1)))
        receiver.answer(status=8)
        outbox.owe(spool.put(told(2)))
        receiver.answer()
        clock.advance(600)
        assert receiver.got == [1, 2]
        assert (spool.kept, len(outbox), outbox.put_off) == ({}, 0, 0)

    def test_a_step_that_is_refused_while_the_end_waits_is_dropped(self, outbox, spool, clock):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1), told(2)))
        receiver.answer(status=8)
        receiver.answer()
        clock.advance(600)
        assert receiver.got == [1, 2]
        assert spool.kept == {}

    def test_a_step_on_a_lost_link_is_dropped_when_the_end_waits(self, outbox, spool):
        first = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1), told(2)))
        second = FakeReceiver(outbox)
        first.lose()
        assert second.got == [2]
        second.answer()
        assert spool.kept == {}

    def test_a_step_on_a_lost_link_comes_again_when_nothing_waits(self, outbox, spool):
        first = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1)))
        second = FakeReceiver(outbox)
        first.lose()
        assert second.got == [1]

    def test_a_failure_and_its_late_mending_do_not_pass_one_another(self, outbox, spool, clock):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(told(1, State.FAILED)))
        receiver.answer(status=8)
        outbox.owe(spool.put(told(2)))
        receiver.answer()
        clock.advance(600)
        assert receiver.got == [1, 2]

    def test_other_messages_pass(self, outbox, spool):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1), told(2), accepted(3, OTHER), notice(4)))
        assert receiver.got == [1, 3, 4]

    def test_what_memory_does_not_keep_holds_nobody_up(self, outbox, spool, clock):
        """More is refused than is remembered: the end of a forgotten step goes out."""
        ids = range(1, 20 * 22 + 2)  # kept, noted, and one more
        receiver = FakeReceiver(outbox, window=5)
        for n in ids:
            outbox.owe(spool.put(accepted(n, notice(n).message_id)))
            receiver.answer(status=8)
        assert len(outbox) == 20
        last = ids[-1]
        outbox.owe(spool.put(told(1000, message_id=notice(last).message_id)))
        assert receiver.got[-1] == 1000
        receiver.answer()

    def test_a_step_that_is_too_old_is_forgotten_and_the_end_goes_out(self, outbox, spool, clock):
        receiver = FakeReceiver(outbox)
        outbox.owe(spool.put(accepted(1)))
        clock.advance(73 * 3600)
        receiver.answer(status=8)
        outbox.owe(spool.put(told(2)))
        assert receiver.got == [1, 2]

    def test_the_spool_gives_them_in_order_too(self, outbox, spool):
        spool.put(accepted(1), told(2))
        receiver = FakeReceiver(outbox)
        assert receiver.got == [1]
        receiver.answer_all()
        assert receiver.got == [1, 2]


class TestEarly:
    def test_decision_114_no_receipt_goes_out_before_the_submit_is_answered(self, outbox, spool, unanswered):
        receiver = FakeReceiver(outbox)
        unanswered.add(MESSAGE_ID)
        outbox.owe(spool.put(told(1, options=None), notice(2)))
        assert receiver.got == [2]
        unanswered.clear()
        outbox.submits_answered(1, [MESSAGE_ID])
        assert receiver.got == [2, 1]
        receiver.answer()
        assert (spool.kept, len(outbox)) == ({}, 0)

    def test_what_was_early_keeps_its_order(self, outbox, spool, unanswered):
        receiver = FakeReceiver(outbox)
        unanswered.add(MESSAGE_ID)
        outbox.owe(spool.put(accepted(1), told(2)))
        unanswered.clear()
        outbox.submits_answered(1, [MESSAGE_ID])
        receiver.answer_all()
        assert receiver.got == [1, 2]

    def test_what_is_early_is_joined_once(self, outbox, spool, unanswered):
        receiver = FakeReceiver(outbox)
        unanswered.add(MESSAGE_ID)
        outbox.owe(spool.put(told(1)))
        outbox.look(1)
        outbox.owe([told(1)])
        unanswered.clear()
        outbox.submits_answered(1, [MESSAGE_ID])
        assert receiver.got == [1]

    def test_an_answer_for_a_team_without_a_receiver_is_nothing(self, outbox, spool, unanswered):
        outbox.submits_answered(1, [MESSAGE_ID])
        spool.put(told(1))
        assert FakeReceiver(outbox).got == [1]
