"""The fleet: carriers start, stop and change as the operator says, each with its own end."""

import attrs
import pytest
from twisted.internet.defer import Deferred, fail, succeed

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.fleet import DRAIN_S, Fleet
from tests.fakes.carrier import FakeCarrier


class FakeDispatcher:
    """Drains when it is told to."""

    def __init__(self, carrier_id: int, carrier: FakeCarrier) -> None:
        self.carrier_id = carrier_id
        self.carrier = carrier
        self.started = 0
        self.drained: Deferred[None] = Deferred()
        self.within_s: float | None = None

    def start(self) -> None:
        assert self.carrier.started == 1
        self.started += 1

    async def stop(self, within_s: float) -> None:
        self.within_s = within_s
        await self.drained


class Rig:
    def __init__(self) -> None:
        self.made: list[CarrierRecord] = []
        self.carriers: list[FakeCarrier] = []
        self.dispatchers: list[FakeDispatcher] = []
        self.awaited: dict[int, Deferred[list[str]]] = {}
        self.resumes = False
        self.fleet = Fleet(self.make_carrier, self.make_dispatcher, self.ask_awaited)

    def make_carrier(self, record: CarrierRecord) -> FakeCarrier:
        if record.options.get("bad"):
            raise ValueError("window must be a number")
        self.made.append(record)
        carrier = FakeCarrier(name=record.name)
        carrier.resumes = self.resumes
        self.carriers.append(carrier)
        return carrier

    def make_dispatcher(self, carrier_id: int, carrier: FakeCarrier) -> FakeDispatcher:
        self.dispatchers.append(FakeDispatcher(carrier_id, carrier))
        return self.dispatchers[-1]

    def ask_awaited(self, carrier_id: int) -> Deferred[list[str]]:
        return self.awaited.get(carrier_id, succeed(["a", "b"]))

    def apply(self, *records: CarrierRecord) -> None:
        self.fleet.apply(Directory(carriers=records))

    def running(self) -> list[int]:
        return sorted(self.fleet.running)

    def drain(self, place: int) -> None:
        self.dispatchers[place].drained.callback(None)


ONE = CarrierRecord(1, "one", "sandbox", options={"window": 5})
TWO = CarrierRecord(2, "two", "sandbox")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_each_enabled_carrier_runs_with_a_dispatcher_of_its_own(rig):
    rig.apply(ONE, TWO, CarrierRecord(3, "off", "sandbox", enabled=False))
    assert rig.running() == [1, 2]
    assert [dispatcher.carrier_id for dispatcher in rig.dispatchers] == [1, 2]
    assert [dispatcher.started for dispatcher in rig.dispatchers] == [1, 1]


def test_a_picture_that_says_the_same_changes_nothing(rig):
    rig.apply(ONE)
    rig.apply(CarrierRecord(1, "one", "sandbox", options={"window": 5}))
    assert len(rig.made) == 1


@pytest.mark.parametrize("records", [[], [attrs.evolve(ONE, enabled=False)]])
def test_a_carrier_that_is_gone_or_disabled_drains_and_then_stops(rig, records):
    rig.apply(ONE)
    rig.apply(*records)
    assert rig.running() == []
    assert rig.dispatchers[0].within_s == DRAIN_S
    assert rig.carriers[0].stopped is None
    rig.drain(0)
    assert rig.carriers[0].stopped is not None
    assert len(rig.made) == 1


def test_a_carrier_that_changed_starts_afresh_when_the_old_one_has_ended(rig):
    rig.apply(ONE)
    changed = attrs.evolve(ONE, options={"window": 9})
    rig.carriers[0].stops_at_once = False
    rig.apply(changed)
    rig.drain(0)
    assert rig.made == [ONE]
    rig.carriers[0].stopped.callback(None)
    assert rig.made == [ONE, changed]
    assert rig.running() == [1]


def test_a_carrier_that_changes_while_it_ends_starts_once_as_it_is_last(rig):
    rig.apply(ONE)
    for window in (6, 7, 8):
        rig.apply(attrs.evolve(ONE, options={"window": window}))
    rig.drain(0)
    assert rig.made == [ONE, attrs.evolve(ONE, options={"window": 8})]


def test_a_carrier_that_is_disabled_and_enabled_while_it_ends_starts_again(rig):
    rig.apply(ONE)
    rig.apply()
    rig.apply(ONE)
    assert len(rig.made) == 1
    rig.drain(0)
    assert rig.made == [ONE, ONE]


def test_a_carrier_that_is_disabled_while_it_ends_for_a_change_stays_away(rig):
    rig.apply(ONE)
    rig.apply(attrs.evolve(ONE, options={}))
    rig.apply()
    rig.drain(0)
    assert rig.made == [ONE]


def test_a_carrier_with_bad_options_is_logged_and_does_not_hold_up_the_others(rig):
    rig.apply(attrs.evolve(ONE, options={"bad": True}), TWO)
    assert rig.running() == [2]
    rig.apply(ONE, TWO)
    assert rig.running() == [1, 2]


def test_a_carrier_that_resumes_is_told_which_receipts_are_awaited(rig):
    rig.resumes = True
    rig.apply(ONE)
    assert rig.carriers[0].resumed == ["a", "b"]
    rig.resumes = False
    rig.apply(ONE, TWO)
    assert rig.carriers[1].resumed is None


def test_a_carrier_whose_receipts_cannot_be_read_runs_all_the_same(rig, flush_logged):
    rig.resumes = True
    rig.awaited[1] = fail(StoreAway("gone"))
    rig.apply(ONE)
    assert rig.running() == [1]
    assert len(flush_logged(StoreAway)) == 1


def test_a_dispatcher_that_cannot_end_well_does_not_keep_its_carrier_connected(rig, flush_logged):
    rig.apply(ONE)
    rig.apply()
    rig.dispatchers[0].drained.errback(StoreAway("gone"))
    assert rig.carriers[0].stopped is not None
    assert len(flush_logged(StoreAway)) == 1
    rig.apply(ONE)
    assert rig.running() == [1]


def test_stopping_ends_all_of_them_and_waits_for_those_that_were_ending(rig):
    rig.apply(ONE, TWO)
    rig.apply(TWO)
    stopped = Deferred.fromCoroutine(rig.fleet.stop())
    rig.drain(0)
    assert not stopped.called
    rig.drain(1)
    assert stopped.called
    assert [carrier.stopped is not None for carrier in rig.carriers] == [True, True]


def test_a_stopped_fleet_starts_nothing(rig):
    rig.apply(ONE)
    rig.apply(attrs.evolve(ONE, options={}))
    stopped = Deferred.fromCoroutine(rig.fleet.stop())
    rig.apply(ONE, TWO)
    rig.drain(0)
    assert stopped.called
    assert rig.made == [ONE]


def test_a_fleet_without_carriers_stops_at_once(rig):
    assert Deferred.fromCoroutine(rig.fleet.stop()).called


def test_only_what_the_node_holds_runs():
    rig = Rig()
    rig.fleet.hold(frozenset())
    rig.apply(ONE, TWO)
    assert rig.running() == []
    rig.fleet.hold(frozenset({2}))
    assert rig.running() == [2]


def test_a_carrier_that_another_node_holds_now_is_drained_and_comes_back_when_it_is_ours_again():
    rig = Rig()
    rig.apply(ONE, TWO)
    rig.fleet.hold(frozenset({2}))
    assert rig.running() == [2]
    rig.fleet.hold(frozenset({1, 2}))
    assert rig.running() == [2]
    rig.drain(0)
    assert rig.running() == [1, 2]
