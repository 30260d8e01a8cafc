"""What a team takes back or rewrites leaves the dispatchers' hands first, unless a carrier has it (decision 102)."""

from collections.abc import Callable

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.model import Outbound
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.dispatcher import WITHDRAWN_S
from mobilesasa.dispatch.fleet import Fleet
from tests.dispatch.rig import BULK, Rig, flat


@pytest.fixture
def rig() -> Rig:
    return Rig(window=2)


class Work:
    """What is done while messages are withdrawn; it ends when it is told to."""

    def __init__(self, rig: Rig, *ids: str, wanted: Callable[[Outbound], bool] | None = None) -> None:
        self.free: list[str] | None = None  # what nobody has, when the work begins
        self.end: Deferred[str] = Deferred()
        self.rig = rig
        fleet = Fleet(lambda record: rig.carrier, lambda carrier_id, carrier: rig.dispatcher, lambda _: None)
        rig.queue.consumers.clear()
        fleet.apply(Directory(carriers=[CarrierRecord(1, "one", "sandbox")]))
        self.fleet = fleet
        self.done = self.withdraw(wanted or (lambda message: message.id in ids))

    def withdraw(self, wanted: Callable[[Outbound], bool]) -> Deferred[str]:
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
    work = Work(rig, wanted=lambda message: True)
    assert work.free == ids[2:]
    work.end.errback(ValueError("the store refused"))
    work.done.addErrback(lambda failure: failure.trap(ValueError) and None)
    finish(rig)
    assert rig.settled_ids() == ids
    assert rig.queue.acked == [ids]


def test_nothing_is_claimed_meanwhile_and_all_of_it_afterwards(rig):
    first = rig.deliver(3)
    work = Work(rig, first[2])
    second = rig.deliver(4, BULK)
    assert set(second) <= set(rig.journal.waiting)
    work.end.callback("done")
    finish(rig)
    assert sorted(rig.settled_ids()) == sorted([*first, *second])
    assert sorted(flat(rig.queue.acked)) == sorted([*first, *second])


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
    work = Work(rig, ids[2])
    new = rig.deliver(1)
    second = work.withdraw(lambda message: False)
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
