"""Keeping to the hours of countries: what waits gets the next ones, and what is in hand is put back."""

from collections.abc import Awaitable, Sequence

from mobilesasa.core.model import Lane, Place
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.closing import Closing
from mobilesasa.dispatch.fleet import Fleet
from tests.dispatch.rig import BULK, Rig
from tests.fakes.carrier import FakeCarrier
from tests.fakes.queue import FakeQueue


class FakeClosed:
    """The store: what is closed, a chunk at a time, and what is in hand."""

    def __init__(self, chunks: Sequence[Sequence[Place]] = (), held: Sequence[str] = ()) -> None:
        self.chunks = list(chunks)
        self.held = frozenset(held)

    async def move(self) -> tuple[int, Sequence[Place]]:
        return (3, self.chunks.pop(0)) if self.chunks else (0, [])

    async def in_hand(self) -> frozenset[str]:
        return self.held


def done(work: Awaitable[None]) -> None:
    """Run what waits for nothing."""
    assert list(work.__await__()) == []


def test_all_that_is_closed_is_moved_and_what_goes_out_at_once_is_named_to_its_queue():
    queue = FakeQueue()
    closed = FakeClosed([[("a", 1, Lane.BULK)], [], [("b", 2, Lane.BULK)]])
    done(Closing(closed, queue, set).move())
    assert queue.published == [(1, Lane.BULK, ["a"]), (2, Lane.BULK, ["b"])]
    assert closed.chunks == []


def test_where_nothing_is_closed_nothing_is_named():
    queue = FakeQueue()
    done(Closing(FakeClosed(), queue, set).move())
    assert queue.published == []


def test_what_is_in_hand_and_closed_is_kept_back():
    kept = []
    done(Closing(FakeClosed(held=["a"]), FakeQueue(), kept.append).keep_back())
    done(Closing(FakeClosed(), FakeQueue(), kept.append).keep_back())
    assert kept == [frozenset({"a"})]


def test_what_a_dispatcher_has_in_hand_goes_back_and_what_its_carrier_has_stays():
    rig = Rig(window=2)
    out = rig.deliver(2, BULK)
    waiting = rig.deliver(3, BULK)
    rig.journal.held.add("claim")  # it would be given again at once: this store knows of no hours
    rig.dispatcher.put_back({out[0], waiting[0], waiting[2]})
    assert rig.journal.released == [waiting[0], waiting[2]]
    assert rig.carrier.ids == out
    rig.carrier.answer(2)
    assert rig.carrier.ids == [*out, waiting[1]]


def test_a_fleet_puts_back_what_any_of_its_dispatchers_has():
    rig = Rig(window=1)
    fleet = Fleet(lambda _: FakeCarrier(), lambda *_: rig.dispatcher, lambda _: rig.carrier)
    rig.dispatcher._subscription.cancel()
    fleet.apply(Directory(carriers=[CarrierRecord(1, "home", "sandbox")]))
    _, waiting = rig.deliver(2, BULK)
    rig.journal.held.add("claim")
    fleet.keep_back({waiting})
    assert rig.journal.released == [waiting]
