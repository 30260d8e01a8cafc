"""The dispatcher: claim, submit, write down, then acknowledge; never more under way than the window (I3, I8, I9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from mobilesasa.core.model import INTERMEDIATE, Failure, Later, Never, Sent
from mobilesasa.dispatch.dispatcher import EXPIRED, PREFETCH_BODIES
from mobilesasa.dispatch.insist import RETRY_S
from mobilesasa.queue.memory import MemoryQueue
from tests.dispatch.rig import BULK, FAST, Rig, flat
from tests.fakes.journal import outbound
from tests.fakes.spool import notice


@pytest.fixture
def rig() -> Rig:
    return Rig()


def stopping(rig: Rig, within_s: float = 10) -> Deferred[None]:
    return Deferred.fromCoroutine(rig.dispatcher.stop(within_s))


# The way of a message.


def test_a_message_is_claimed_submitted_written_down_and_then_acknowledged(rig):
    rig.journal.held.add("settle")
    ids = rig.deliver(2)
    assert rig.carrier.ids == ids
    rig.carrier.answer(2)
    assert rig.queue.acked == []
    rig.journal.let("settle")
    assert rig.settled_ids() == ids
    assert rig.queue.acked == [ids]


def test_a_settlement_says_which_attempt_of_which_carrier_was_answered_when(rig):
    rig.deliver(1, attempt=3)
    rig.clock.advance(1.5)
    rig.carrier.answer(1, Sent(("r",)))
    (item,) = rig.journal.settled
    assert (item.carrier_id, item.attempt, item.at_ms, item.outcome) == (1, 3, 1500, Sent(("r",)))


@pytest.mark.parametrize(("options", "asked"), [(None, False), ({"flash": True}, False), ({INTERMEDIATE: 0}, True)])
def test_a_settlement_says_whether_intermediate_receipts_were_asked_for(rig, options, asked):
    rig.deliver(1, options=options)
    rig.carrier.answer(1)
    assert [item.has_steps for item in rig.journal.settled] == [asked]


def test_the_time_from_the_hand_over_to_the_answer_is_counted_whatever_the_answer(rig):
    rig.deliver(2)
    rig.clock.advance(0.2)
    rig.carrier.answer()
    rig.deliver(1)
    rig.clock.advance(2)
    rig.carrier.answer(1, Later(5, "busy"))
    rig.carrier.answer(1, Never(Failure.REFUSED, "no"))
    counted = dict(rig.dispatcher.latency.buckets())
    assert [counted[le] for le in ("0.1", "0.5", "1.0", "5.0", "+Inf")] == [0, 1, 1, 3, 3]
    assert rig.dispatcher.latency.total_s == pytest.approx(0.2 + 2.2 + 2)


def test_what_expired_before_it_was_handed_over_has_no_time(rig):
    rig.deliver(1, expires_at_ms=0)
    assert rig.settled_ids()
    assert dict(rig.dispatcher.latency.buckets())["+Inf"] == 0


def test_a_body_is_acknowledged_after_the_last_of_its_messages_and_not_before(rig):
    ids = rig.deliver(3)
    for _ in range(2):
        rig.carrier.answer()
        assert rig.queue.acked == []
    rig.carrier.answer()
    assert rig.queue.acked == [ids]


def test_what_is_finished_or_held_elsewhere_is_acknowledged_and_not_submitted(rig):
    ids = rig.store(2)
    rig.queue.deliver(["gone", *ids, "held"])
    assert rig.carrier.ids == ids
    rig.carrier.answer_all()
    assert flat(rig.queue.acked) == ["gone", *ids, "held"]


def test_a_body_of_which_nothing_is_left_is_acknowledged_at_once(rig):
    rig.queue.deliver(["gone", "held"])
    assert rig.queue.acked == [["gone", "held"]]


def test_a_message_that_is_named_twice_is_claimed_and_submitted_once(rig):
    ids = rig.store(3)
    rig.queue.deliver([ids[0], ids[0], ids[1]])
    rig.queue.deliver([ids[1], ids[2]])
    rig.queue.deliver(ids)
    assert rig.carrier.ids == ids
    rig.carrier.answer_all()
    assert len(rig.queue.acked) == 3


def test_what_was_put_off_is_submitted_again_when_it_is_named_again(rig):
    (message_id,) = rig.deliver(1)
    rig.carrier.answer(1, Later(1, "busy"))
    assert rig.queue.acked == [[message_id]]
    rig.queue.deliver([message_id])
    assert rig.carrier.ids == [message_id, message_id]


def test_a_carrier_that_answers_twice_does_not_acknowledge_twice(rig):
    (first,) = rig.deliver(1)
    message = rig.carrier.on_wire[0]
    rig.carrier.answer()
    rig.journal.claimed[first] = message
    rig.carrier.listener.settled([(message, Sent(("r",)))])
    assert rig.queue.acked == [[first]]


def test_outcomes_are_counted_by_their_kind(rig):
    rig.deliver(6)
    for outcome, count in ((Sent(("r",)), 3), (Later(1, "busy"), 2), (Never(Failure.REFUSED, "no"), 1)):
        rig.carrier.answer(count, outcome)
    counts = rig.dispatcher.counts
    assert (counts.handed, counts.sent, counts.postponed, counts.refused, counts.on_wire) == (6, 3, 2, 1, 0)


def test_what_follows_from_an_outcome_is_told_to_the_team(rig):
    ids = rig.deliver(2)
    rig.journal.notices[ids[1]] = notice(7)
    rig.carrier.answer_all()
    assert [each.spool_id for each in rig.notifier.owed] == [7]


def test_a_consumer_may_hold_so_many_bodies(rig):
    assert rig.queue.prefetch == PREFETCH_BODIES


def test_receipts_go_their_own_way(rig):
    assert rig.dispatcher.reported == rig.receipts.take


# The window.


def test_what_is_being_written_down_counts_against_the_window(rig):
    rig.journal.held.add("settle")
    rig.deliver(30)
    rig.carrier.answer(4)
    assert len(rig.carrier.ids) == 10
    assert rig.dispatcher.out_parts == 10
    rig.journal.let("settle")
    assert len(rig.carrier.ids) == 14


def test_parts_count_and_not_messages(rig):
    rig.deliver(5, parts=3)
    assert len(rig.carrier.ids) == 3
    rig.carrier.answer()
    assert len(rig.carrier.ids) == 4


def test_a_message_wider_than_the_window_goes_alone(rig):
    rig.deliver(1)
    wide = rig.deliver(1, parts=12)
    rig.deliver(1)
    assert len(rig.carrier.ids) == 1
    rig.carrier.answer()
    assert rig.carrier.ids[1:] == wide
    rig.carrier.answer()
    assert len(rig.carrier.ids) == 3


def test_a_message_wider_than_the_carrier_s_rate_goes_when_nothing_else_is_out(rig):
    rig.carrier.allowed = 2
    rig.deliver(1)
    wide = rig.deliver(1, parts=4)
    assert len(rig.carrier.ids) == 1
    rig.carrier.answer()
    assert rig.carrier.ids[1:] == wide


def test_a_frozen_carrier_gets_nothing_until_it_has_room(rig):
    rig.carrier.frozen = True
    ids = rig.deliver(3)
    assert rig.carrier.ids == []
    rig.carrier.frozen = False
    rig.dispatcher.room_changed()
    assert rig.carrier.ids == ids


def test_a_frozen_carrier_does_not_stop_another(rig):
    other, dispatcher = rig.add(2, window=1)
    rig.carrier.frozen = True
    rig.deliver(1000)
    ids = rig.deliver(3, carrier_id=2)
    for _ in ids:
        other.answer()
    assert other.ids == ids
    assert dispatcher.counts.sent == 3


def test_claims_run_ahead_of_the_window_but_not_far():
    rig = Rig(window=2, claim_ahead=5)
    rig.deliver(100)
    assert len(rig.journal.claimed) == 7
    rig.carrier.answer(2)
    assert len(rig.journal.claimed) == 7
    assert len(rig.journal.waiting) == 91


def test_one_claim_a_lane_is_under_way_at_a_time(rig):
    rig.journal.held.add("claim")
    for _ in range(3):
        rig.deliver(2)
        rig.deliver(2, BULK)
    assert rig.journal.calls == ["claim", "claim"]
    rig.journal.let("claim")
    assert rig.journal.calls == ["claim"] * 4


def test_a_carrier_that_answers_from_within_submit_is_served_to_the_end(rig):
    submit = rig.carrier.submit

    def answer_at_once(batch):
        submit(batch)
        rig.carrier.answer_all()

    rig.carrier.submit = answer_at_once
    ids = rig.deliver(95) + rig.deliver(40, BULK)
    assert sorted(rig.settled_ids()) == sorted(ids)
    assert rig.dispatcher.out_parts == 0


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(st.sampled_from([FAST, BULK]), st.lists(st.integers(1, 10), min_size=1, max_size=5)), max_size=12
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_is_slow_the_window_holds_and_every_message_is_settled_once(window, bodies, chance):
    rig = Rig(window, claim_ahead=4)
    rig.journal.held = {"claim", "settle"}
    ids = []
    work = [*bodies, *[None] * 40]
    chance.shuffle(work)
    for body in work:
        if body is not None:
            lane, widths = body
            ids += rig.queue.deliver(
                rig.journal.put(
                    *(outbound(f"{len(ids)}-{n}", lane=lane, parts=width) for n, width in enumerate(widths))
                ),
                lane,
            ).ids
        chance.choice(
            [lambda: rig.carrier.answer(1) if rig.carrier.on_wire else None, lambda: rig.journal.let("claim")]
        )()
        if chance.random() < 0.5:
            rig.journal.let("settle")
        assert rig.dispatcher.out_parts <= max(window, max((m.parts for m in rig.journal.claimed.values()), default=0))
    for _ in range(5 * len(ids) + 5):
        rig.journal.let("claim")
        rig.carrier.answer_all()
        rig.journal.let("settle")
    assert sorted(rig.settled_ids()) == sorted(ids)
    assert sorted(flat(rig.queue.acked)) == sorted(ids)
    assert rig.dispatcher.out_parts == 0


# The lanes.


def test_a_one_time_password_overtakes_a_campaign(rig):
    campaign = rig.deliver(300, BULK)
    rig.carrier.answer(2)
    (otp,) = rig.deliver(1)
    rig.carrier.answer()
    assert rig.carrier.ids.index(otp) <= 13
    assert rig.carrier.ids[:10] == campaign[:10]


@pytest.mark.parametrize("at_once", [1, 3, 10])
@pytest.mark.parametrize("parts", [(1, 1), (1, 3), (3, 1), (4, 4)])
def test_bulk_gets_a_tenth_of_the_parts_while_transactional_waits(rig, at_once, parts):
    rig.deliver(400, FAST, parts=parts[0])
    rig.deliver(400, BULK, parts=parts[1])
    before = len(rig.carrier.ids)
    while len(rig.carrier.ids) < 300:
        rig.carrier.answer(at_once)
    went = [message for batch in rig.carrier.submitted for message in batch][before:]
    bulk = sum(message.parts for message in went if message.lane is BULK)
    assert 0.07 < bulk / sum(message.parts for message in went) < 0.13


def test_a_message_of_many_parts_is_not_overtaken_for_ever_by_a_campaign_of_short_ones(rig):
    rig.deliver(400, BULK)
    (long,) = rig.deliver(1, parts=3)
    for _ in range(6):
        rig.carrier.answer()
    assert long in rig.carrier.ids


# Messages that expire here.


def test_an_expired_message_never_reaches_the_carrier_and_is_written_down(rig):
    (living,) = rig.store(1)
    (over,) = rig.store(1, expires_at_ms=0)
    rig.queue.deliver([over, living])
    assert rig.carrier.ids == [living]
    assert [(item.message_id, item.outcome) for item in rig.journal.settled] == [(over, EXPIRED)]
    assert rig.dispatcher.out_parts == 1


def test_messages_that_expire_while_they_wait_need_no_room(rig):
    rig.deliver(10)
    over = rig.deliver(20, expires_at_ms=500, parts=4)
    rig.clock.advance(1)
    rig.carrier.answer()
    assert sorted(rig.settled_ids()[1:]) == over
    assert len(rig.carrier.ids) == 10


# The store is away.


@pytest.mark.parametrize("call", ["claim", "settle"])
def test_a_store_that_is_away_is_asked_again_and_nothing_is_forgotten(rig, call):
    rig.journal.held.add(call)
    ids = rig.deliver(3)
    rig.carrier.answer_all()
    rig.journal.away = True
    rig.journal.let(call)
    rig.journal.held.clear()
    rig.clock.advance(RETRY_S)
    rig.clock.advance(RETRY_S)
    rig.journal.away = False
    rig.clock.advance(RETRY_S)
    rig.carrier.answer_all()
    assert rig.settled_ids() == ids
    assert rig.queue.acked == [ids]


def test_a_store_that_is_away_holds_the_window_shut(rig):
    rig.deliver(30)
    rig.journal.away = True
    rig.carrier.answer_all()
    rig.clock.advance(5 * RETRY_S)
    assert len(rig.carrier.ids) == 10


@pytest.mark.parametrize("call", ["claim", "settle"])
def test_a_defect_in_the_store_is_logged_and_what_it_holds_up_is_tried_again(rig, call, flush_logged):
    rig.journal.held.add(call)
    ids = rig.deliver(2)
    rig.carrier.answer_all()
    rig.journal.broken = ZeroDivisionError()
    rig.journal.let(call)
    rig.journal.held.clear()
    rig.journal.broken = None
    rig.clock.advance(RETRY_S)
    rig.carrier.answer_all()
    assert rig.settled_ids() == ids
    assert len(flush_logged(ZeroDivisionError)) == 1


# The end.


def test_stopping_takes_nothing_more_and_hands_back_what_no_carrier_has(rig):
    ids = rig.deliver(15)
    stopped = stopping(rig)
    assert rig.queue.consumers == {}
    assert rig.journal.released == ids[10:]
    assert not stopped.called
    rig.carrier.answer(9)
    assert not stopped.called
    rig.carrier.answer()
    assert stopped.called
    assert rig.carrier.ids == ids[:10]


def test_what_is_handed_back_while_stopping_is_named_again_when_it_is_free(rig):
    rig.deliver(10)
    rig.journal.held.add("release")
    ids = rig.deliver(5, BULK)
    stopping(rig)
    assert rig.queue.published == []  # who hears of it now would find it claimed
    rig.journal.let("release")
    assert rig.queue.published == [(1, BULK, ids)]


def test_what_a_stopped_dispatcher_named_again_is_carried_once_by_the_next_on_the_queue_in_memory(rig):
    async def refill(*_):
        return []

    rig.queue = MemoryQueue(rig.clock, refill)
    first, dispatcher = rig.add(2, 10)
    rig.clock.pump([0] * 5)
    ids = rig.store(15, carrier_id=2)
    rig.queue.publish(2, FAST, ids)
    rig.clock.pump([0] * 5)
    stopped = Deferred.fromCoroutine(dispatcher.stop(10))
    first.answer_all()
    assert stopped.called
    second, _ = rig.add(2, 10)
    for _ in range(5):
        rig.clock.pump([0] * 5)
        second.answer_all()
    assert first.ids == ids[:10]
    assert sorted(second.ids) == ids[10:]
    assert rig.queue.depth(2, FAST) == 0


def test_stopping_waits_until_the_answers_are_written_down(rig):
    rig.deliver(1)
    rig.journal.held.add("settle")
    stopped = stopping(rig)
    rig.carrier.answer()
    assert not stopped.called
    rig.journal.let("settle")
    assert stopped.called


def test_stopping_with_nothing_in_hand_is_done_at_once(rig):
    assert stopping(rig).called
    assert rig.journal.calls == []


def test_stopping_waits_so_long_and_no_longer_and_late_answers_are_written_down(rig):
    ids = rig.deliver(2)
    stopped = stopping(rig, 3)
    rig.clock.advance(2.9)
    assert not stopped.called
    rig.clock.advance(0.1)
    assert stopped.called
    rig.carrier.answer_all()
    assert rig.settled_ids() == ids


def test_what_was_being_claimed_when_the_end_came_is_handed_back(rig):
    rig.journal.held.add("claim")
    ids = rig.deliver(2)
    stopped = stopping(rig)
    assert not stopped.called
    rig.journal.let("claim")
    assert stopped.called
    assert rig.journal.released == ids
    assert rig.queue.published == [(1, FAST, ids)]
    assert rig.carrier.ids == []


def test_what_is_handed_back_after_the_end_is_hinted_again(rig):
    rig.carrier.frozen = True
    ids = rig.deliver(2, BULK)
    rig.journal.away = True
    stopped = stopping(rig, 3)
    rig.clock.advance(3)
    assert stopped.called
    rig.journal.away = False
    rig.clock.advance(RETRY_S)
    assert rig.journal.released == ids
    assert rig.queue.published == [(1, BULK, ids)]


def test_a_dispatcher_that_was_never_started_stops(rig):
    rig.dispatcher._subscription = None  # as before `start`
    assert stopping(rig).called


def test_messages_that_wait_for_a_carrier_that_is_away_expire_all_the_same(rig):
    rig.deliver(10)
    young = rig.deliver(3)
    over = rig.deliver(2, expires_at_ms=500)
    rig.clock.advance(1)
    assert rig.settled_ids() == []
    rig.dispatcher.end_expired()
    assert sorted(rig.settled_ids()) == sorted(over)
    rig.carrier.answer(3)
    assert rig.carrier.ids[10:] == young


def test_the_backlog_is_what_waits_although_the_carrier_has_room(rig):
    rig.journal.held.add("claim")
    rig.deliver(3)
    rig.deliver(4)
    assert rig.dispatcher.backlog == 4


def test_what_waits_for_the_carrier_is_no_backlog_of_ours(rig):
    rig.deliver(500)
    rig.deliver(30)
    assert rig.carrier.room() == 0
    assert rig.dispatcher.backlog == 0
