import pytest
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.notify.outbox import Outbox
from mobilesasa.smpp.errors import Unencodable
from mobilesasa.smpp.pdus import DeliverSmResp, GenericNack
from mobilesasa.smpp.statuses import Status
from tests.fakes.receiver import FakeReceiver
from tests.fakes.spool import NINE_MS, FakeSpool, notice

HOUR_S = 3600


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def spool():
    return FakeSpool()


@pytest.fixture
def outbox(spool, clock):
    return Outbox(spool, clock, lambda: NINE_MS + round(clock.seconds() * 1000), limit=20)


def notices(*ids, team_id=1):
    return [notice(n, team_id) for n in ids]


def test_a_receipt_goes_to_the_receiver_and_is_forgotten_when_it_is_taken(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    assert receiver.got == [1]
    assert spool.acknowledged == []
    receiver.answer()
    assert spool.acknowledged == [[(1, 1)]]
    assert (len(outbox), outbox.delivered) == (0, 1)


def test_what_comes_together_leaves_in_one_write_and_is_acknowledged_together(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2, 3)))
    assert receiver.writes == [3]
    receiver.answer()
    assert spool.acknowledged == [[(1, 1), (1, 2), (1, 3)]]


def test_no_more_than_the_window_is_out(outbox, spool):
    receiver = FakeReceiver(outbox, window=10)
    outbox.owe(spool.put(*notices(*range(1, 16))))
    assert receiver.got == list(range(1, 11))
    receiver.answer(4)
    assert receiver.got == list(range(1, 15))


def test_the_receivers_of_a_team_share(outbox, spool):
    first, second = FakeReceiver(outbox), FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(*range(1, 9))))
    assert (len(first.got), len(second.got)) == (4, 4)
    for n in range(9, 13):
        outbox.owe(spool.put(notice(n)))
    assert (len(first.got), len(second.got)) == (6, 6)


def test_a_full_receiver_leaves_it_to_the_other(outbox, spool):
    FakeReceiver(outbox, window=0)
    second = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2, 3)))
    outbox.owe(spool.put(*notices(4, 5, 6)))
    second.answer_all()
    assert sorted(second.got) == [1, 2, 3, 4, 5, 6]


def test_a_team_gets_only_its_own(outbox, spool):
    acme, rival = FakeReceiver(outbox, team_id=1), FakeReceiver(outbox, team_id=2)
    outbox.owe(spool.put(*notices(1, 2, team_id=1), *notices(3, team_id=2)))
    assert (acme.got, rival.got) == ([1, 2], [3])


def test_what_nobody_receives_stays_in_the_spool_until_somebody_binds(outbox, spool):
    outbox.owe(spool.put(*notices(1, 2)))
    assert len(outbox) == 0
    assert FakeReceiver(outbox).got == [1, 2]


def test_a_backlog_is_read_in_chunks_and_nothing_is_delivered_twice(outbox, spool):
    spool.put(*notices(*range(1, 101)))
    receiver = FakeReceiver(outbox)
    while receiver.out:
        assert len(outbox) <= 20 + receiver.window
        receiver.answer(3)
    assert receiver.got == list(range(1, 101))
    assert spool.kept == {}


def test_memory_is_bounded_and_the_rest_comes_from_the_spool(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(*range(1, 61))))
    assert len(outbox) == 20
    receiver.answer_all()
    assert sorted(receiver.got) == list(range(1, 61))
    assert len(receiver.got) == 60


def test_after_a_backlog_memory_is_level_again(outbox, spool):
    spool.put(*notices(*range(1, 31)))
    receiver = FakeReceiver(outbox)
    receiver.answer_all()
    reads = len(spool.reads)
    outbox.owe(spool.put(*notices(31, 32)))
    assert receiver.got[-2:] == [31, 32]
    assert len(spool.reads) == reads


def test_a_notice_that_comes_while_the_spool_is_read_is_delivered_once(outbox, spool):
    spool.hold()
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))  # too late for the read
    assert receiver.got == []
    spool.release()
    assert receiver.got == [1]


def test_a_notice_that_the_read_saw_and_that_also_came_is_delivered_once(outbox, spool):
    spool.put(notice(1))
    spool.hold()
    receiver = FakeReceiver(outbox)
    outbox.owe([notice(1)])
    spool.release()
    assert receiver.got == [1]


def test_what_is_taken_while_the_spool_is_read_is_not_delivered_again(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2)))
    spool.hold()
    outbox.look(1)
    receiver.answer()
    spool.release()
    assert receiver.got == [1, 2]


def test_too_many_notices_while_the_spool_is_read_are_read_after_it(outbox, spool):
    spool.hold()
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(*range(1, 16))))
    assert len(outbox) == 0
    waiting, spool.held = spool.held, None
    waiting[0].callback(None)
    receiver.answer_all()
    assert sorted(receiver.got) == list(range(1, 16))


def test_the_same_notice_told_twice_is_delivered_once(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    outbox.owe([notice(1)])
    receiver.answer_all()
    assert receiver.got == [1]


@pytest.mark.parametrize("kind", [DeliverSmResp, GenericNack])
def test_a_refused_receipt_comes_again_later_and_later(outbox, spool, clock, kind):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    delays_s = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    for times, delay_s in enumerate(delays_s, 1):
        receiver.answer(status=Status.ESME_RX_T_APPN, kind=kind)
        clock.advance(delay_s - 0.1)
        assert len(receiver.got) == times
        clock.advance(0.1)
        assert len(receiver.got) == times + 1
    receiver.answer()
    assert spool.acknowledged == [[(1, 1)]]
    assert outbox.refused == len(delays_s)


def test_a_refused_receipt_does_not_hold_up_the_others(outbox, spool):
    receiver = FakeReceiver(outbox, window=1)
    outbox.owe(spool.put(*notices(1, 2)))
    receiver.answer(status=Status.ESME_RX_T_APPN)
    assert receiver.got == [1, 2]


def test_what_is_older_than_the_spool_keeps_is_not_tried_again(outbox, spool, clock):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    clock.advance(72 * HOUR_S + 1)
    receiver.answer(status=Status.ESME_RX_T_APPN)
    assert len(outbox) == 0
    clock.advance(HOUR_S)
    assert receiver.got == [1]


def test_what_a_lost_link_has_not_answered_goes_to_another_receiver(outbox, spool):
    first = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2, 3)))
    first.answer(1)
    second = FakeReceiver(outbox)
    first.lose()
    assert second.got == [2, 3]
    second.answer_all()
    assert spool.kept == {}
    assert outbox.unanswered_count == 2


def test_what_the_last_link_has_not_answered_is_read_again_at_the_next_bind(outbox, spool):
    first = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2)))
    first.lose()
    assert len(outbox) == 0
    assert FakeReceiver(outbox).got == [1, 2]


def test_an_answer_that_comes_after_the_desk_was_forgotten_still_counts(outbox, spool):
    first = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2)))
    outbox.receiver_gone(first)
    first.answer()
    assert spool.kept == {}


def test_a_refusal_or_silence_of_before_does_not_double_what_was_read_again(outbox, spool, clock):
    first = FakeReceiver(outbox)
    outbox.owe(spool.put(*notices(1, 2, 3)))
    outbox.receiver_gone(first)
    second = FakeReceiver(outbox)
    assert second.got == [1, 2, 3]
    second.answer()
    first.answer(1, status=Status.ESME_RX_T_APPN)
    outbox.unanswered(first, first.out)
    clock.advance(HOUR_S)
    assert second.got == [1, 2, 3]


def test_what_was_put_off_for_a_desk_that_is_forgotten_comes_from_the_spool(outbox, spool, clock):
    first = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(1)))
    first.answer(status=Status.ESME_RX_T_APPN)
    first.lose()
    clock.advance(5)
    second = FakeReceiver(outbox)
    clock.advance(HOUR_S)
    assert second.got == [1]


def test_a_receiver_of_an_unknown_desk_can_go(outbox):
    receiver = FakeReceiver(outbox)
    outbox.receiver_gone(receiver)
    outbox.receiver_gone(receiver)
    outbox.unanswered(receiver, [notice(1)])
    assert len(outbox) == 0


def test_the_spool_is_looked_into_every_minute(outbox, spool, clock):
    outbox.startService()
    receiver = FakeReceiver(outbox)
    spool.put(notice(7))  # by another way than `owe`
    clock.advance(60)
    assert receiver.got == [7]
    outbox.stopService()
    assert clock.getDelayedCalls() == []


def test_a_look_for_a_team_without_a_receiver_is_none(outbox, spool):
    outbox.look(1)
    assert spool.reads == []


def test_a_notice_of_an_older_number_is_found_by_a_look(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(9)))
    spool.put(notice(4))
    outbox.look(1)
    assert receiver.got == [9, 4]


def test_a_spool_that_cannot_be_read_is_tried_again(outbox, spool, clock, flush_logged):
    spool.failing = ConnectionError("no database")
    spool.put(notice(1))
    receiver = FakeReceiver(outbox)
    outbox.owe(spool.put(notice(2)))
    assert flush_logged(ConnectionError)
    spool.failing = None
    assert receiver.got == []
    clock.advance(5)
    assert receiver.got == [1, 2]


def test_a_spool_that_is_away_is_no_defect_and_is_read_later(outbox, spool, clock):
    spool.failing = StoreAway("no database")
    spool.put(notice(1))
    receiver = FakeReceiver(outbox)
    spool.failing = None
    clock.advance(5)
    assert receiver.got == [1]


def test_a_read_of_a_desk_that_is_forgotten_is_dropped(outbox, spool, clock):
    spool.put(notice(1))
    spool.hold()
    FakeReceiver(outbox).lose()
    spool.release()
    assert len(outbox) == 0


def test_a_retry_of_a_read_for_a_desk_that_is_forgotten_is_none(outbox, spool, clock, flush_logged):
    spool.failing = ConnectionError("no database")
    receiver = FakeReceiver(outbox)
    receiver.lose()
    flush_logged(ConnectionError)
    clock.advance(5)
    assert len(spool.reads) == 1


def test_a_receipt_that_cannot_be_sent_is_put_off_and_logged(outbox, spool, clock, flush_logged):
    receiver = FakeReceiver(outbox)
    receiver.failing = Unencodable("no")
    outbox.owe(spool.put(notice(1)))
    assert flush_logged(Unencodable)
    receiver.failing = None
    clock.advance(1)
    assert receiver.got == [1]


def test_a_stopped_outbox_delivers_nothing_and_takes_the_last_answers(outbox, spool):
    receiver = FakeReceiver(outbox)
    outbox.startService()
    outbox.owe(spool.put(*notices(1, 2)))
    outbox.stopService()
    outbox.owe(spool.put(notice(3)))
    outbox.receiver_bound(receiver)
    assert receiver.got == [1, 2]
    receiver.answer(1)
    assert spool.acknowledged == [[(1, 1)]]
