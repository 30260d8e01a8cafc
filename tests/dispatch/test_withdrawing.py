"""What a team takes back or rewrites leaves the dispatchers' hands first, unless a carrier has it (decision 102)."""

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.alterations import Concerned
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.hand import WITHDRAWN_S
from tests.dispatch.rig import BULK, Rig, flat

EVERY_WAY = Concerned(1, frozenset(), frozenset({("TextBlast", "254712345678")}))
NO_WAY = Concerned(1, frozenset(), frozenset({("TextBlast", "254700000000")}))


def by_id(*ids: str) -> Concerned:
    return Concerned(1, frozenset(ids))


@pytest.fixture
def rig() -> Rig:
    return Rig(window=2)


class Work:
    """What is done while messages are withdrawn; it ends when it is told to."""

    def __init__(self, rig: Rig, *ids: str, wanted: Concerned | None = None) -> None:
        self.free: list[str] | None = None  # what nobody has, when the work begins
        self.end: Deferred[str] = Deferred()
        self.rig = rig
        fleet = Fleet(lambda record: rig.carrier, lambda carrier_id, carrier: rig.dispatcher, lambda _: None)
        rig.queue.consumers.clear()
        fleet.apply(Directory(carriers=[CarrierRecord(1, "one", "sandbox")]))
        self.fleet = fleet
        self.done = self.withdraw(wanted or by_id(*ids))

    def withdraw(self, wanted: Concerned) -> Deferred[str]:
        return Deferred.fromCoroutine(self.fleet.withdraw(wanted, self.work))

    async def work(self) -> str:
        self.free = sorted(self.rig.journal.waiting)
        return await self.end


def cancel(rig: Rig, *ids: str) -> None:
    for message_id in ids:
        del rig.journal.waiting[message_id]


def finish(rig: Rig) -> None:
    """The carrier takes whatever it is given."""
    while rig.carrier.on_wire:
        rig.carrier.answer_all()


def test_what_waits_for_room_is_free_while_it_is_altered_and_what_the_carrier_has_is_not(rig):
    ids = rig.deliver(5)
    work = Work(rig, ids[0], ids[3])
    assert work.free == [ids[3]]
    work.end.callback("done")
    assert work.done.result == "done"


def test_what_was_taken_back_never_reaches_the_carrier_and_its_body_is_acknowledged(rig):
    ids = rig.deliver(5)
    work = Work(rig, ids[3])
    cancel(rig, ids[3])
    work.end.callback("done")
    finish(rig)
    assert rig.settled_ids() == [ids[0], ids[1], ids[2], ids[4]]
    assert rig.queue.acked == [ids]
    assert rig.dispatcher.out_parts == 0
    assert not rig.journal.claimed


def test_what_still_waits_afterwards_goes_to_the_carrier(rig):
    ids = rig.deliver(5)
    work = Work(rig, wanted=EVERY_WAY)
    assert work.free == ids[2:]
    work.end.errback(ValueError("the store refused"))
    work.done.addErrback(lambda failure: failure.trap(ValueError) and None)
    finish(rig)
    assert rig.settled_ids() == ids
    assert rig.queue.acked == [ids]


def test_nothing_is_claimed_while_some_way_is_altered_and_all_of_it_afterwards(rig):
    first = rig.deliver(3)
    work = Work(rig, wanted=EVERY_WAY)
    second = rig.deliver(4, BULK)
    assert set(second) <= set(rig.journal.waiting)
    work.end.callback("done")
    finish(rig)
    assert sorted(rig.settled_ids()) == sorted([*first, *second])
    assert sorted(flat(rig.queue.acked)) == sorted([*first, *second])


def test_all_others_are_claimed_while_messages_are_altered_by_their_ids(rig):
    first = rig.deliver(3)
    work = Work(rig, first[2])
    second = rig.deliver(4)
    assert sorted(rig.journal.claimed) == [*first[:2], *second]
    finish(rig)
    assert rig.settled_ids() == [*first[:2], *second]
    assert rig.journal.waiting.keys() == {first[2]}
    work.end.callback("done")
    finish(rig)
    assert rig.settled_ids() == [*first[:2], *second, first[2]]
    assert rig.queue.acked == [second, first]


def test_what_the_queue_names_only_now_is_not_claimed_while_it_is_altered(rig):
    ids = rig.store(3)
    work = Work(rig, ids[1])
    rig.queue.deliver(ids)
    assert rig.journal.waiting.keys() == {ids[1]}
    work.end.callback("done")
    assert rig.journal.waiting == {}


def test_a_claim_of_others_that_is_under_way_is_not_waited_for(rig):
    ids = rig.store(1)
    rig.journal.held = {"claim"}
    rig.deliver(2)
    assert Work(rig, *ids).free == [*ids, "T0001", "T0002"]


def test_two_who_alter_by_ids_wait_for_nothing_of_each_other(rig):
    ids = rig.deliver(5)
    rig.journal.held = {"release"}
    work = Work(rig, ids[2])
    rig.journal.held = set()
    end, work.end = work.end, Deferred()
    second = work.withdraw(by_id(ids[3]))
    assert work.free == [ids[3]]
    work.end.callback("second")
    assert second.result == "second"
    work.end = end
    rig.journal.let("release")
    assert work.free == [ids[2]]
    end.callback("first")
    assert work.done.result == "first"
    finish(rig)
    assert sorted(rig.settled_ids()) == ids


def test_what_two_withdraw_is_claimed_again_when_both_are_done(rig):
    ids = rig.deliver(3)
    first, second = (rig.dispatcher.withdraw(by_id(ids[2])) for _ in range(2))
    first.end()
    first.end()
    assert rig.journal.waiting.keys() == {ids[2]}
    second.end()
    assert rig.journal.waiting == {}
    assert rig.clock.getDelayedCalls() == []


def test_what_is_being_claimed_is_waited_for_and_given_back(rig):
    rig.journal.held = {"claim", "release"}
    ids = rig.deliver(2)
    work = Work(rig, ids[0])
    rig.journal.let("claim")
    assert work.free is None
    assert rig.carrier.ids == ids[1:]
    rig.journal.let("release")
    assert work.free == [ids[0]]


def test_a_store_that_does_not_answer_holds_up_nobody_for_long(rig):
    ids = rig.deliver(5)
    rig.journal.held = {"release"}
    work = Work(rig, ids[4])
    assert work.free is None
    rig.clock.advance(WITHDRAWN_S)
    assert work.free == []
    work.end.callback("done")
    rig.journal.let("release")
    finish(rig)
    assert rig.settled_ids() == ids


def test_the_second_who_alters_waits_for_the_first_and_messages_are_claimed_in_between(rig):
    ids = rig.deliver(3)
    work = Work(rig, wanted=EVERY_WAY)
    new = rig.deliver(1)
    second = work.withdraw(NO_WAY)
    first_end, work.end = work.end, Deferred()
    rig.journal.calls.clear()
    first_end.callback("first")
    assert rig.journal.calls == ["claim"]
    work.end.callback("second")
    assert second.result == "second"
    finish(rig)
    assert sorted(rig.settled_ids()) == sorted([*ids, *new])


def test_no_timer_is_left(rig):
    ids = rig.deliver(3)
    Work(rig, ids[2]).end.callback("done")
    assert rig.clock.getDelayedCalls() == []
