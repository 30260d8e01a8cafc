"""The links of a team do not idle while the spool is read on (decision 115)."""

import itertools

import pytest
from twisted.internet.task import Clock

from mobilesasa.core.model import INTERMEDIATE, Step
from mobilesasa.notify.outbox import Outbox
from tests.fakes.receiver import FakeReceiver
from tests.fakes.spool import NINE_MS, FakeSpool, notice

CHUNK = 100


@pytest.fixture
def spool():
    return FakeSpool()


@pytest.fixture
def outbox(spool):
    return Outbox(spool, Clock(), lambda: NINE_MS, limit=2 * CHUNK)


def put(spool, count):
    spool.put(*(notice(n) for n in range(1, count + 1)))


def test_a_chunk_is_read_while_the_one_before_it_is_delivered(outbox, spool):
    put(spool, 10 * CHUNK)
    receivers = [FakeReceiver(outbox) for _ in range(5)]
    spool.hold()
    turn = itertools.cycle(receivers)
    while not spool.held:  # until it reads on
        next(turn).answer()
    for _ in range(CHUNK // 10):  # a chunk's worth of answers, while the read takes its time
        assert all(len(each.out) == each.window for each in receivers)
        next(turn).answer()


def test_windows_wider_than_memory_are_full_too(outbox, spool):
    put(spool, 10 * CHUNK)
    receiver = FakeReceiver(outbox, window=5 * CHUNK)
    assert len(receiver.out) == 5 * CHUNK


def test_every_window_is_full_until_the_spool_is_empty(outbox, spool):
    put(spool, 10 * CHUNK)
    receivers = [FakeReceiver(outbox) for _ in range(5)]
    turns = 0
    while len(spool.kept) > 50:
        assert all(len(each.out) == each.window for each in receivers)
        receivers[turns % 5].answer()
        turns += 1
    for each in receivers:
        each.answer_all()
    assert spool.kept == {}


def test_new_notices_leave_at_once_while_the_spool_is_looked_through_again(outbox, spool):
    receiver = FakeReceiver(outbox)
    spool.hold()
    outbox.look(1)
    outbox.owe(spool.put(notice(1)))
    assert receiver.got == [1]
    receiver.answer()
    spool.release()
    assert receiver.got == [1]


def test_what_the_look_shows_too_is_delivered_once(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    spool.hold()
    outbox.look(1)
    receiver.answer()
    spool.release()
    assert receiver.got == [1]


def test_new_notices_come_behind_the_backlog_of_a_team_that_was_away(outbox, spool):
    put(spool, CHUNK // 2)
    spool.hold()
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(CHUNK)))
    assert receiver.got == []
    spool.release()
    receiver.answer_all()
    assert receiver.got == [*range(1, CHUNK // 2 + 1), CHUNK]


def test_of_a_look_that_is_older_than_the_end_no_step_comes_behind_the_end(outbox, spool):
    receiver = FakeReceiver(outbox)
    step = notice(1, state=Step.ACCEPTED, options={INTERMEDIATE: 21})
    spool.put(step)
    spool.hold()
    outbox.look(1)  # shows the step
    spool.kept.pop(1)
    outbox.owe(spool.put(notice(2, message_id=step.message_id, options={INTERMEDIATE: 21})))
    spool.kept[1] = step  # its acknowledgement finds nothing in the store; the fake is stricter
    spool.release()
    receiver.answer_all()
    assert receiver.got == [1, 2]


def test_what_waits_fills_the_only_link_with_room(outbox, spool):
    receivers = [FakeReceiver(outbox) for _ in range(5)]
    outbox.owe(spool.put(*(notice(n) for n in range(1, 61))))
    receivers[0].answer()
    assert [len(each.out) for each in receivers] == [10] * 5
