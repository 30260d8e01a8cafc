"""Windows, writes, order, pauses and rates of an SMPP carrier."""

import pytest

from mobilesasa.core.model import Failure, Lane, Sent
from mobilesasa.smpp.pdus import Bind, BindReceiver, BindTransmitter
from mobilesasa.smpp.statuses import Status
from tests.carriers.rig import SmppRig


def recipients(pdus):
    return [pdu.destination_addr for pdu in pdus]


def names(messages):
    return [message.recipient for message in messages]


def make(**options):
    rig = SmppRig(**options)
    rig.start()
    return rig


def test_what_is_submitted_together_leaves_in_one_write(smpp):
    smpp.carrier.submit(smpp.messages(10))
    assert smpp.ends[0].transport.writes == 1
    assert len(smpp.submits()) == 10


def test_what_follows_from_one_turn_leaves_in_one_write():
    rig = make(window=4)
    rig.carrier.submit([rig.long_message(10)])
    pdus = rig.submits()
    assert len(pdus) == 4
    rig.ok(pdus)
    assert rig.ends[0].transport.writes == 1
    assert len(rig.submits()) == 4


def test_the_window_is_never_exceeded():
    rig = make(window=3)
    rig.carrier.submit([rig.long_message(5), *rig.messages(4)])
    seen = 0
    while seen < 9:
        pdus = rig.submits()
        assert 1 <= len(pdus) <= 3
        seen += len(pdus)
        rig.ok(pdus[:1])
        more = rig.submits()
        assert len(more) <= 1
        seen += len(more)
        rig.ok([*pdus[1:], *more])
    assert len(rig.listener.outcomes) == 5


def test_messages_go_in_order():
    rig = make(window=2)
    messages = rig.messages(7)
    rig.carrier.submit(messages)
    seen = []
    while pdus := rig.submits():
        seen += recipients(pdus)
        rig.ok(pdus)
    assert seen == names(messages)


def test_messages_are_shared_among_the_binds():
    rig = make(binds=2, window=10)
    assert rig.carrier.window == 20
    rig.carrier.submit(rig.messages(10))
    assert [len(rig.submits(n)) for n in (0, 1)] == [5, 5]
    assert [end.transport.writes for end in rig.ends] == [0, 0]


def test_all_parts_of_a_message_go_over_one_bind():
    rig = make(binds=2, window=10)
    messages = [rig.long_message(3) for _ in range(4)]
    rig.carrier.submit(messages)
    for n in (0, 1):
        sent = recipients(rig.submits(n))
        assert len(sent) == 6
        assert sent == sorted(sent)
        assert {sent.count(each) for each in sent} == {3}


def test_a_pair_is_a_transmitter_and_a_receiver():
    rig = SmppRig(bind="txrx", binds=2)
    rig.carrier.start(rig.listener)
    kinds = []
    while rig.endpoint.asked:
        end = rig.endpoint.accept()
        kinds.append(type(end.take_bind()))
    assert kinds == [BindTransmitter, BindReceiver] * 2
    assert rig.carrier.window == 20
    rig.carrier.submit(rig.messages(20))
    assert [len(rig.submits(n)) for n in range(4)] == [10, 0, 10, 0]


def test_a_receiver_alone_gives_no_room():
    rig = SmppRig(bind="txrx")
    rig.carrier.start(rig.listener)
    rig.endpoint.accept()
    rig.endpoint.accept().take_bind()
    assert rig.carrier.room() == 0
    assert rig.listener.room_changes == 0


@pytest.mark.parametrize("status", [Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL])
def test_bulk_on_a_throttled_bind_pauses_a_second_and_keeps_its_order(smpp, status):
    messages = smpp.messages(4, lane=Lane.BULK)
    smpp.carrier.submit(messages)
    pdus = smpp.submits()
    smpp.refuse(pdus[1:3], status)
    assert smpp.carrier.room() == 0
    assert smpp.listener.outcomes == []
    smpp.ok(pdus[:1])
    smpp.refuse(pdus[3:], status)
    later = smpp.messages(2, lane=Lane.BULK)
    smpp.carrier.submit(later)
    smpp.pass_time(0.9, 0.1)
    assert smpp.submits() == []
    changes = smpp.listener.room_changes
    smpp.pass_time(0.2, 0.1)
    again = smpp.submits()
    assert recipients(again) == names([*messages[1:], *later])
    assert smpp.listener.room_changes > changes
    smpp.ok(again)
    assert all(isinstance(outcome, Sent) for _, outcome in smpp.listener.outcomes)
    assert len(smpp.listener.outcomes) == 6


def test_what_is_transactional_is_tried_again_after_a_tenth_of_a_second_and_before_bulk(smpp):
    bulk, urgent = smpp.messages(2, lane=Lane.BULK), smpp.messages(2)
    smpp.carrier.submit([*bulk, *urgent])
    smpp.refuse(smpp.submits(), Status.ESME_RTHROTTLED)
    assert smpp.carrier.room() == 0
    smpp.clock.advance(0.1)
    again = smpp.submits()
    assert recipients(again) == names(urgent)
    assert smpp.carrier.room() == 6  # of 10; the bulk that was refused keeps its places
    newer = smpp.messages(1)
    smpp.carrier.submit(newer)
    assert recipients(smpp.submits()) == names(newer)
    smpp.ok(again)
    assert smpp.submits() == []
    smpp.clock.advance(1)
    assert recipients(smpp.submits()) == names(bulk)


def test_the_listener_hears_of_each_turn_in_which_something_was_throttled(smpp):
    smpp.carrier.submit(smpp.messages(3))
    pdus = smpp.submits()
    smpp.ok(pdus[:1])
    assert smpp.listener.throttles == 0
    smpp.refuse(pdus[1:], Status.ESME_RTHROTTLED)
    assert smpp.listener.throttles == 1


def test_answers_in_disorder_are_sent_again_in_order(smpp):
    messages = smpp.messages(4)
    smpp.carrier.submit(messages)
    pdus = smpp.submits()
    smpp.refuse(reversed(pdus), Status.ESME_RTHROTTLED)
    smpp.pass_time(1)
    assert recipients(smpp.submits()) == names(messages)


@pytest.mark.parametrize(
    ("lane", "pauses_s"),
    [(Lane.BULK, (1, 2, 4, 8, 16, 30, 30)), (Lane.TRANSACTIONAL, (0.1, 0.2, 0.4, 0.8, 1.6, 3, 3))],
)
def test_pauses_grow_and_are_short_again_after_a_success(smpp, lane, pauses_s):
    smpp.carrier.submit(smpp.messages(1, lane=lane))
    for pause_s in pauses_s:
        smpp.refuse(smpp.submits(), Status.ESME_RTHROTTLED)
        smpp.clock.advance(0.9 * pause_s)
        assert smpp.submits() == []
        smpp.clock.advance(0.2 * pause_s)
    smpp.ok(smpp.submits())
    smpp.carrier.submit(smpp.messages(1, lane=lane))
    smpp.refuse(smpp.submits(), Status.ESME_RTHROTTLED)
    smpp.clock.advance(1.1 * pauses_s[0])
    assert len(smpp.submits()) == 1


def test_a_throttled_message_ends_when_its_time_is_over(smpp):
    message = smpp.message(expires_at_ms=smpp.now_ms() + 2500)
    smpp.carrier.submit([message])
    for _ in range(2):
        smpp.refuse(smpp.submits(), Status.ESME_RTHROTTLED)
        smpp.pass_time(2)
    assert smpp.submits() == []
    (outcome,) = smpp.listener.of(message)
    assert outcome.failure is Failure.EXPIRED_UNSENT


def test_one_bind_pauses_and_the_other_does_not():
    rig = make(binds=2)
    rig.carrier.submit(rig.messages(2))
    rig.submits(1)
    rig.refuse(rig.submits(0), Status.ESME_RTHROTTLED)
    assert rig.carrier.room() == 9
    rig.carrier.submit(rig.messages(3))
    assert [len(rig.submits(n)) for n in (0, 1)] == [0, 3]


def test_a_pause_ends_with_its_bind():
    rig = make()
    rig.carrier.submit(rig.messages(1))
    rig.refuse(rig.submits(), Status.ESME_RTHROTTLED)
    rig.ends[0].hang_up()
    rig.clock.advance(1)
    rig.accept_all()
    assert len(rig.submits(1)) == 1


def test_the_rate_is_kept_and_the_listener_woken():
    rig = make(tps=100, window=100)
    assert rig.carrier.room() == 10
    rig.carrier.submit(rig.messages(10))
    assert rig.carrier.room() == 0
    sent = len(rig.submits())
    for _ in range(200):
        changes = rig.listener.room_changes
        rig.clock.advance(0.01)
        if rig.listener.room_changes > changes and (room := rig.carrier.room()):
            rig.carrier.submit(rig.messages(room))
        pdus = rig.submits()
        sent += len(pdus)
        rig.ok(pdus)
    assert 190 <= sent <= 210


def test_a_long_message_waits_for_the_rate_part_by_part():
    rig = make(tps=2)
    rig.carrier.submit([rig.long_message(3)])
    sent = [len(rig.submits())]
    for _ in range(4):
        rig.pass_time(0.5, 0.25)
        sent.append(len(rig.submits()))
    assert sent == [1, 1, 1, 0, 0]


def test_a_carrier_that_is_not_bound_takes_what_it_is_given_and_keeps_it_for_a_while():
    rig = SmppRig()
    rig.carrier.start(rig.listener)
    messages = rig.messages(2)
    rig.carrier.submit(messages)
    assert rig.carrier.room() == 0
    rig.pass_time(10)
    end = rig.endpoint.accept()
    assert end.heard_pdus(Bind)
    assert rig.listener.outcomes == []
