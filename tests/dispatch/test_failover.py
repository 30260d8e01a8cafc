"""Messages that go on to another carrier, as the dispatchers and the watch see to it."""

from collections.abc import Collection, Sequence
from types import SimpleNamespace

import pytest
from twisted.internet.defer import Deferred, succeed

from mobilesasa.core.circuit import FAILURES, NO_RECEIPTS, RETRY_FIRST_S, SILENT_S, TRIES, UNBOUND_S
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import Failure, Later, MessageId, Never, Place, Report, Sent, State
from mobilesasa.core.routing import Standing
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.watch import CHUNK, DISABLED, DISABLED_EVERY, Watch
from tests.dispatch.rig import BULK, FAST, Rig

ELSEWHERE = Never(Failure.REFUSED, "no such route", elsewhere=True)
BUSY = Later(1, "busy")


@pytest.fixture
def rig() -> Rig:
    return Rig()


# What the dispatcher does.


def test_a_message_that_goes_on_is_hinted_to_its_next_carrier(rig):
    first, second = rig.deliver(2, BULK)
    rig.journal.moved[first] = (first, 2, BULK)
    rig.carrier.answer(2, ELSEWHERE)
    assert rig.queue.published == [(2, BULK, [first])]
    assert rig.queue.acked == [[first, second]]
    assert (rig.dispatcher.counts.refused_here, rig.dispatcher.counts.rerouted) == (2, 1)


def test_a_message_that_has_gone_on_since_it_was_named_is_given_to_its_carrier_and_not_to_this_one(rig):
    stray, ours = *rig.store(1, carrier_id=2), *rig.store(1)
    rig.queue.deliver([stray, ours])
    assert rig.carrier.ids == [ours]
    assert rig.journal.released == [stray]
    assert rig.queue.published == [(2, FAST, [stray])]
    rig.carrier.answer_all()
    assert rig.queue.acked == [[stray, ours]]


def test_what_a_dispatcher_has_claimed_waits_in_the_store_while_nothing_is_allowed(rig):
    rig.carrier.frozen = True
    ids = rig.deliver(5)
    rig.dispatcher.allow(0)
    assert rig.journal.released == ids
    more = rig.deliver(2)
    assert more[0] not in rig.journal.claimed
    assert rig.queue.acked == []


def test_what_was_put_back_goes_out_in_order_when_it_is_allowed_again(rig):
    rig.carrier.frozen = True
    ids = rig.deliver(5)
    rig.dispatcher.allow(0)
    ids += rig.deliver(2)
    rig.carrier.frozen = False
    rig.dispatcher.allow(None)
    rig.carrier.answer_all()
    assert rig.carrier.ids == ids


def test_what_comes_out_of_the_store_after_the_word_is_put_back_too(rig):
    rig.journal.held.add("claim")
    ids = rig.deliver(3)
    rig.dispatcher.allow(0)
    rig.journal.let("claim")
    assert (rig.carrier.ids, rig.journal.released) == ([], ids)


def test_what_is_put_back_is_not_claimed_again_before_the_store_has_it(rig):
    rig.carrier.frozen = True
    rig.deliver(3)
    rig.journal.held.add("release")
    rig.dispatcher.allow(0)
    rig.carrier.frozen = False
    rig.dispatcher.allow(None)
    assert rig.carrier.ids == []
    rig.journal.let("release")
    assert len(rig.carrier.ids) == 3


def test_only_so_many_messages_go_out_as_are_allowed(rig):
    rig.carrier.answer_all()
    rig.dispatcher.allow(2)
    ids = rig.deliver(5)
    assert rig.carrier.ids == ids[:2]
    rig.carrier.answer()
    rig.dispatcher.allow(2)
    assert rig.carrier.ids == ids[:2]
    rig.dispatcher.allow(3)
    assert rig.carrier.ids == ids
    rig.dispatcher.allow(None)
    assert rig.carrier.ids == ids


def test_a_carrier_that_is_held_back_slows_no_team(rig):
    rig.dispatcher.allow(0)
    rig.deliver(500)
    assert rig.dispatcher.backlog == 0


def test_a_dispatcher_that_stops_while_it_puts_back_hands_everything_back(rig):
    rig.carrier.frozen = True
    ids = rig.deliver(3)
    rig.journal.held.add("release")
    rig.dispatcher.allow(0)
    stopped = Deferred.fromCoroutine(rig.dispatcher.stop(10))
    assert not stopped.called
    rig.journal.let("release")
    assert stopped.called
    rig.dispatcher.allow(5)
    assert rig.journal.released == ids


def test_what_the_store_is_told_of_an_answer_has_what_the_carrier_s_policy_and_standing_say(rig):
    rig.deliver(2)
    rig.carrier.answer()
    assert (rig.journal.settled[0].second_way_s, rig.journal.settled[0].avoided) == (0.0, None)
    rig.dispatcher._second_way_s = 30.0  # as of a carrier with the policy
    rig.dispatcher.avoided = (1, 3)
    assert rig.dispatcher.in_trouble
    rig.carrier.answer()
    assert (rig.journal.settled[1].second_way_s, rig.journal.settled[1].avoided) == (30.0, (1, 3))


# What the watch does.


class Watched(Rig):
    """Two carriers under watch; the first has the options of the test."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        self.told: dict[str, object] = {"connected": True}
        self.carrier.standing = lambda: self.told
        self.second = self.add(2, 10)
        records = [CarrierRecord(1, "one", "smpp", options=options), CarrierRecord(2, "two", "smpp")]
        self.directory.now = Directory(carriers=records)
        pairs = [(self.carrier, self.dispatcher), self.second]
        running = {
            record.id: SimpleNamespace(record=record, carrier=carrier, dispatcher=dispatcher)
            for record, (carrier, dispatcher) in zip(records, pairs, strict=True)
        }
        self.fleet = SimpleNamespace(running=running)
        self.asked: list[tuple[int, list[int], str, MessageId | None, int]] = []
        self.stuck: list[tuple[Sequence[Place], MessageId | None]] = []
        self.away = False
        self.watch = Watch(self.fleet, self.directory, self.move_on, self.queue, self.clock, self.receipts.heard)
        self.watch.start()

    async def move_on(
        self, carrier_id: int, avoided: Collection[int], reason: str, after: MessageId | None, limit: int
    ) -> tuple[Sequence[Place], MessageId | None]:
        if self.away:
            raise StoreAway("gone")
        self.asked.append((carrier_id, list(avoided), reason, after, limit))
        return await succeed(self.stuck.pop(0) if self.stuck else ([], None))

    def wait(self, seconds: float) -> None:
        self.clock.pump([1.0] * round(seconds))

    def lose(self, seconds: float = 100) -> None:
        """Have the first carrier lose its connection, so long ago."""
        self.told["connected"] = False
        self.carrier.frozen = True
        self.wait(seconds)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_carrier_that_is_away_stands_behind_the_others_for_new_messages(watched):
    watched.wait(10)
    assert watched.directory.live.troubles == {}
    watched.lose(UNBOUND_S + 1)
    assert watched.directory.live.troubles == {1: Standing.DOWN}
    assert watched.asked == []


def test_what_waits_for_a_carrier_that_stays_away_goes_on_chunk_by_chunk(watched):
    ids = watched.deliver(3)
    watched.carrier.answer_all()
    watched.carrier.frozen = True
    waiting = watched.deliver(2)
    watched.stuck = [([("a", 2, FAST), ("b", 2, BULK)], "b"), ([("c", 2, FAST)], None)]
    watched.lose(29)
    assert (watched.asked, watched.journal.released) == ([], [])
    watched.wait(3)
    why = "it is not connected"
    assert watched.asked[:2] == [(1, [1], why, None, CHUNK), (1, [1], why, "b", CHUNK)]
    assert watched.queue.published == [(2, FAST, ["a"]), (2, BULK, ["b"]), (2, FAST, ["c"])]
    assert watched.journal.released == waiting
    assert watched.watch.moved == {1: 3}
    assert watched.carrier.ids == ids


def test_the_store_is_asked_again_as_long_as_the_carrier_is_away(watched):
    watched.away = True
    watched.lose(40)
    watched.away = False
    watched.wait(5)
    assert len(watched.asked) == 5
    watched.told["connected"] = True
    watched.carrier.frozen = False
    watched.wait(2)
    watched.asked.clear()
    watched.wait(5)
    assert watched.asked == []


def test_a_carrier_that_is_back_gets_a_few_messages_and_then_all(watched):
    watched.lose()
    ids = watched.deliver(9, expires_at_ms=10**9)
    watched.told["connected"] = True
    watched.carrier.frozen = False
    watched.wait(2)
    assert watched.carrier.ids == ids[:TRIES]
    assert watched.directory.live.troubles == {}
    assert watched.watch.standing("one")["one"]["state"] == "trying"
    watched.carrier.answer()
    watched.wait(1)
    assert watched.carrier.ids == ids
    assert watched.watch.standing("one")["one"]["state"] == "up"


def test_a_carrier_that_never_gives_up_its_messages_keeps_them():
    rig = Watched(failover_after_s=0)
    rig.carrier.frozen = True
    ids = rig.deliver(2, expires_at_ms=10**9)
    rig.lose(500)
    assert (rig.asked, rig.journal.released) == ([], [])
    rig.told["connected"] = True
    rig.carrier.frozen = False
    ids += rig.deliver(8, expires_at_ms=10**9)
    rig.wait(2)
    assert rig.carrier.ids == ids


def test_a_carrier_that_fails_one_message_after_the_other_is_down(watched):
    watched.deliver(10)
    for _ in range(6):
        watched.carrier.answer(len(watched.carrier.on_wire), BUSY)
        watched.queue.deliver(list(watched.journal.waiting))
        watched.wait(1)
    assert watched.dispatcher.counts.postponed >= FAILURES
    assert watched.directory.live.troubles == {1: Standing.DOWN}
    watched.carrier.answer(10, BUSY)
    watched.wait(RETRY_FIRST_S)
    assert watched.directory.live.troubles == {}


def test_a_carrier_that_fails_a_single_message_again_and_again_gives_it_up(watched):
    watched.deliver(1)
    for wait_s in (1, 2, 4, 8, 16):  # as an HTTP carrier does that cannot be reached: it is never unconnected
        watched.carrier.answer(1, BUSY)
        watched.wait(wait_s)
        watched.queue.deliver(list(watched.journal.waiting))
    assert watched.dispatcher.counts.postponed == 5
    watched.carrier.answer(1, BUSY)
    watched.wait(2)
    assert watched.directory.live.troubles == {1: Standing.DOWN}
    assert watched.asked[0] == (1, [1], "it failed 5 times, one after the other", None, CHUNK)


def test_a_carrier_that_freezes_is_down_and_the_other_goes_on(watched):
    watched.deliver(3)
    watched.wait(SILENT_S + 2)
    assert watched.directory.live.troubles == {1: Standing.DOWN}
    watched.deliver(3, carrier_id=2)
    watched.second[0].answer_all()
    watched.wait(1)
    assert watched.watch.standing()["two"]["sent"] == 3
    assert watched.watch.standing()["one"]["why"] == "it does not answer"


@pytest.mark.parametrize("told", [{"paused": 1}, {"throttled": 5}])
def test_a_carrier_that_asks_for_patience_is_throttled(watched, told):
    watched.told |= told
    watched.wait(1)
    assert watched.directory.live.troubles == {1: Standing.THROTTLED}


def test_what_waits_for_a_disabled_carrier_goes_on(watched):
    records = [CarrierRecord(1, "one", "smpp", enabled=False), CarrierRecord(2, "two", "smpp")]
    watched.directory.now = Directory(carriers=records)
    del watched.fleet.running[1]
    watched.stuck = [([("a", 2, FAST)], None)]
    watched.wait(DISABLED_EVERY)
    assert watched.asked == [(1, [], DISABLED, None, CHUNK)]
    assert watched.queue.published == [(2, FAST, ["a"])]


def test_the_trouble_of_a_carrier_that_runs_no_more_or_anew_is_forgotten(watched):
    watched.lose(10)
    running = watched.fleet.running.pop(1)
    watched.wait(1)
    assert watched.directory.live.troubles == {}
    watched.fleet.running[1] = running
    watched.wait(1)
    assert watched.watch.standing("one")["one"]["state"] == "up"


def test_one_bad_round_does_not_end_the_rounds(watched, flush_logged):
    async def broken(*_: object) -> None:
        raise ValueError("a defect")

    watched.watch._move_on = broken
    watched.lose(40)
    assert len(flush_logged(ValueError)) > 1


def test_the_watch_stops(watched):
    stopped = Deferred.fromCoroutine(watched.watch.stop())
    watched.lose(100)
    assert stopped.called
    assert watched.directory.live.troubles == {}


def test_what_is_taken_for_sent_counts_as_uncertain_and_is_no_sign_of_life(watched):
    watched.deliver(2)
    watched.carrier.answer(1, Sent(("",), uncertain=True))
    watched.carrier.answer(1, Later(1, "", uncertain=True))
    counts = watched.dispatcher.counts
    assert (counts.sent, counts.held, counts.postponed, counts.uncertain) == (1, 1, 1, 2)


def test_what_a_carrier_in_trouble_leaves_unanswered_goes_on_before_all_else_does(watched):
    assert watched.dispatcher.avoided is None
    watched.lose(UNBOUND_S + 2)
    assert (watched.dispatcher.avoided, watched.second[1].avoided) == ((1,), None)
    assert watched.asked == []
    watched.told["connected"] = True
    watched.wait(2)
    assert watched.watch.standing("one")["one"]["state"] == "trying"
    assert watched.dispatcher.avoided == ()
    watched.carrier.frozen = False
    watched.deliver(1, expires_at_ms=10**9)
    watched.carrier.answer()
    watched.wait(1)
    assert watched.dispatcher.avoided is None


def test_a_carrier_that_never_gives_up_its_messages_keeps_what_is_in_doubt_too():
    rig = Watched(failover_after_s=0)
    rig.lose(100)
    assert rig.dispatcher.avoided is None


def reports(carrier_id: int, count: int) -> list[Report]:
    return [Report(carrier_id, f"r{n}", State.DELIVERED) for n in range(count)]


def test_a_carrier_that_reports_nothing_is_down_where_that_counts_and_up_with_the_first_receipt():
    rig = Watched(receipt_alarm_s=60)
    for _ in range(2):
        rig.deliver(10)
        rig.carrier.answer_all()
        rig.wait(1)
    assert rig.watch.receipt_wait_s(1) == 1
    rig.wait(61)
    shown = rig.watch.standing("one")["one"]
    assert (shown["state"], shown["why"], shown["receipts_heard"]) == ("down", NO_RECEIPTS, 0)
    assert shown["receipt_wait_s"] == 62
    assert rig.directory.live.troubles == {1: Standing.DOWN}
    rig.dispatcher.reported(reports(1, 1), lambda: None)
    rig.wait(1)
    shown = rig.watch.standing("one")["one"]
    assert (shown["state"], shown["receipts_heard"], shown["receipt_wait_s"]) == ("up", 1, 0)


def test_while_a_carrier_that_reports_nothing_is_tried_a_few_messages_go_out_and_no_more():
    rig = Watched(receipt_alarm_s=60)
    for _ in range(2):
        rig.deliver(10)
        rig.carrier.answer_all()
        rig.wait(1)
    rig.wait(62)
    before = len(rig.carrier.ids)
    rig.deliver(20, expires_at_ms=10**9)
    while rig.watch.standing("one")["one"]["state"] != "trying":
        rig.wait(1)
    for _ in range(5):
        rig.carrier.answer_all()
    assert len(rig.carrier.ids) == before + TRIES


@pytest.mark.parametrize("asked_for", [0, 2, "2"])
def test_a_carrier_of_which_receipts_are_not_asked_for_owes_none(asked_for):
    rig = Watched(receipt_alarm_s=60, registered_delivery=asked_for)
    for _ in range(3):
        rig.deliver(10)
        rig.carrier.answer_all()
        rig.wait(1)
    rig.wait(100)
    assert rig.watch.standing("one")["one"]["state"] == "up"
    assert rig.watch.receipt_wait_s(1) == rig.watch.receipt_wait_s(99) == 0
