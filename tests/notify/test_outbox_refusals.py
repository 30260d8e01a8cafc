"""What a team's receiver refuses, some of it for good: the rest flows, memory stays bounded, nothing is lost."""

import pytest
from twisted.internet.task import Clock

from mobilesasa.notify.outbox import Outbox
from mobilesasa.smpp.pdus import DeliverSmResp
from mobilesasa.smpp.statuses import Status
from tests.fakes.receiver import FakeReceiver
from tests.fakes.spool import NINE_MS, FakeSpool, notice

LIMIT = 20
IDS = 20 * LIMIT  # that are remembered of what was refused and is not kept
REFUSED = Status.ESME_RX_T_APPN


class Picky(FakeReceiver):
    """Refuses some receipts for good, and takes the rest."""

    refuses = range(0)

    def answer_all(self):
        while self.out:
            answered, self.out = self.out, []
            self.outbox.answered(self, [(each, DeliverSmResp(status=self.status_for(each))) for each in answered])

    def status_for(self, context):
        return REFUSED if context.spool_id in self.refuses else 0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def spool():
    return FakeSpool()


@pytest.fixture
def outbox(spool, clock):
    made = Outbox(spool, clock, lambda: NINE_MS + round(clock.seconds() * 1000), limit=LIMIT)
    made.startService()
    return made


def notices(*ids):
    return [notice(n) for n in ids]


def picky(outbox, refuses):
    receiver = Picky(outbox)
    receiver.refuses = refuses
    return receiver


def pass_time(clock, receiver, seconds):
    for _ in range(seconds):
        receiver.answer_all()
        clock.advance(1)
    receiver.answer_all()


def test_receipts_that_are_refused_for_good_do_not_keep_the_others_from_being_read(outbox, spool, clock):
    spool.put(*notices(*range(1, 101)))
    receiver = picky(outbox, range(1, 61))
    receiver.answer_all()
    assert set(receiver.got) == set(range(1, 101))
    assert set(spool.kept) == set(range(1, 61))


def test_receipts_that_are_refused_for_good_do_not_keep_new_ones_waiting(outbox, spool, clock):
    spool.put(*notices(*range(1, 61)))
    receiver = picky(outbox, range(1, 61))
    pass_time(clock, receiver, 10)
    reads = len(spool.reads)
    for n in range(101, 151):
        outbox.owe(spool.put(notice(n)))
        receiver.answer_all()
    assert set(spool.kept) == set(range(1, 61))
    assert len(spool.reads) == reads


def test_a_burst_that_memory_has_no_room_for_does_not_read_what_was_refused_again(outbox, spool, clock):
    spool.put(*notices(*range(1, 61)))
    receiver = picky(outbox, range(1, 61))
    pass_time(clock, receiver, 10)
    reads = len(spool.reads)
    outbox.owe(spool.put(*notices(*range(101, 161))))
    receiver.answer_all()
    assert set(spool.kept) == set(range(1, 61))
    assert {after for _, after, _ in spool.reads[reads:]} <= set(range(120, 161))


def test_too_many_notices_during_a_read_do_not_read_what_was_refused_again(outbox, spool, clock):
    spool.put(*notices(*range(1, 61)))
    receiver = picky(outbox, range(1, 61))
    pass_time(clock, receiver, 9)
    outbox.owe(spool.put(*notices(*range(101, 131))))
    spool.hold()
    outbox.owe(spool.put(*notices(131, 132)))  # no room: it is read
    receiver.answer_all()
    outbox.owe(spool.put(*notices(*range(133, 153))))  # too many, while that goes on
    reads = len(spool.reads)
    waiting, spool.held = spool.held, None
    waiting[0].callback(None)
    receiver.answer_all()
    assert set(spool.kept) == set(range(1, 61))
    assert min(after for _, after, _ in spool.reads[reads:]) > 100


def test_all_that_was_refused_is_tried_again_and_taken_once(outbox, spool, clock):
    spool.put(*notices(*range(1, 101)))
    receiver = picky(outbox, range(1, 101))
    receiver.answer_all()
    receiver.refuses = range(0)
    pass_time(clock, receiver, 61)
    assert spool.kept == {}
    assert sorted(receiver.got) == sorted([*range(1, 101), *range(1, 101)])


def test_what_is_not_kept_is_not_tried_before_its_time(outbox, spool, clock):
    spool.put(*notices(*range(1, 101)))
    receiver = picky(outbox, range(1, 101))
    for _ in range(60):  # an hour
        pass_time(clock, receiver, 60)
    # After 1, 2, 4 ... 256 s, then every 300 s; what is not kept may wait for the look of the minute.
    times = {n: receiver.got.count(n) for n in range(1, 101)}
    assert max(times.values()) == 1 + 9 + 10
    assert min(times.values()) >= 16


def test_memory_is_bounded_whatever_is_refused(outbox, spool, clock):
    spool.put(*notices(*range(1, 2 * IDS)))
    receiver = picky(outbox, range(1, 2 * IDS))
    kept, remembered = set(), set()
    for _ in range(300):
        receiver.answer(status=REFUSED)
        kept.add(len(outbox))
        remembered.add(outbox.put_off)
        clock.advance(1)
    assert max(kept) <= 2 * LIMIT + receiver.window
    assert IDS < max(remembered) <= IDS + 2 * LIMIT + receiver.window


def test_what_is_refused_beyond_all_bounds_does_not_stop_the_others(outbox, spool, clock):
    refused = range(1, IDS + LIMIT + 51)
    receiver = picky(outbox, refused)
    for n in refused:
        outbox.owe(spool.put(notice(n)))
        receiver.answer_all()
    good = range(1001, 1041)
    outbox.owe(spool.put(*notices(*good)))
    receiver.answer_all()
    assert set(spool.kept) == set(refused)
    receiver.refuses = range(0)
    pass_time(clock, receiver, 600)
    assert spool.kept == {}


def test_what_was_refused_and_then_taken_over_an_older_link_is_not_sent_again(outbox, spool, clock):
    first = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    outbox.receiver_gone(first)
    second = FakeReceiver(outbox)
    second.answer(status=REFUSED)
    first.answer()
    clock.advance(600)
    assert second.got == [1]
    assert len(outbox) == 0


def test_what_was_refused_and_is_gone_from_the_spool_is_forgotten(outbox, spool, clock):
    spool.put(*notices(*range(1, 101)))
    receiver = picky(outbox, range(1, 101))
    receiver.answer_all()
    assert outbox.put_off == 100
    for n in range(LIMIT + 1, 101):  # of which no notice is in memory
        del spool.kept[n]  # another node brought them, or they were too old
    receiver.refuses = range(0)
    pass_time(clock, receiver, 1020)
    assert outbox.put_off == 0


def test_new_receipts_are_not_behind_those_that_are_tried_again(outbox, spool, clock):
    receiver = FakeReceiver(outbox, window=1)
    outbox.owe(spool.put(*notices(1, 2, 3)))
    receiver.answer(status=REFUSED)  # 2 is out, 3 waits
    clock.advance(1)
    receiver.answer(2)
    assert receiver.got == [1, 2, 3]
    receiver.answer()
    assert receiver.got == [1, 2, 3, 1]


def test_a_receiver_that_refuses_more_than_can_be_remembered_is_not_offered_all_again_and_again(outbox, spool, clock):
    everything = range(1, 2 * IDS)
    spool.put(*notices(*everything))
    receiver = picky(outbox, everything)
    pass_time(clock, receiver, 900)
    got = len(receiver.got)
    pass_time(clock, receiver, 1500)
    assert len(receiver.got) - got <= 5 * len(everything)
    receiver.refuses = range(0)
    pass_time(clock, receiver, 600)
    assert spool.kept == {}


def test_a_notice_too_old_to_be_tried_again_is_not_read_by_the_read_under_way(outbox, spool, clock):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    clock.advance(72 * 3600 + 1)
    spool.hold()
    outbox.look(1)
    receiver.answer(status=REFUSED)
    spool.release()
    assert receiver.got == [1]
