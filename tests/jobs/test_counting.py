"""The rounds that keep the sums of reports up to date."""

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.reporting import Pass
from mobilesasa.jobs.child import ChildBroke
from mobilesasa.jobs.counting import AGAIN_S, PLANS_EVERY_S, PLANS_FIRST_S, Counting, plans_name, plans_reader

ADDED = Pass(5, again=False, is_done=False)
AGAIN = Pass(0, again=True, is_done=False)
DONE = Pass(0, again=False, is_done=True)


class FakeSums:
    """Does as it is told, and every transaction takes a while."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.passes: list[Pass] = []
        self.takes_s = 0.0
        self.name = "old"
        self.operator = {"25471": "Ours"}
        self.installed: list[tuple[str, str, str]] = []
        self.looks = 0

    async def count(self) -> Pass:
        self.clock.advance(self.takes_s)
        return self.passes.pop(0) if self.passes else DONE

    async def plans(self):
        self.looks += 1
        return self.name, self.operator

    async def install(self, name, ranges):
        self.name, self.installed = name, list(ranges)


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.sums = FakeSums(self.clock)
        self.broke: Exception | None = None
        self.counting = Counting(self.sums, self.clock, self._read)

    async def _read(self, operator):
        if self.broke:
            raise self.broke
        return [("", "", ""), *((prefix, "KE", name) for prefix, name in operator.items())]

    def round(self) -> None:
        done = Deferred.fromCoroutine(self.counting.once())
        assert done.called
        assert done.result is None


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_round_goes_on_until_nothing_is_left(rig):
    rig.sums.passes = [ADDED, ADDED, AGAIN, AGAIN, ADDED]
    rig.round()
    assert rig.sums.passes == []


def test_counting_quarters_again_takes_a_part_of_the_time_alone(rig):
    rig.sums.takes_s = AGAIN_S / 4
    rig.sums.passes = [AGAIN] * 10
    rig.round()
    assert len(rig.sums.passes) == 6
    rig.round()
    assert len(rig.sums.passes) == 2


def test_what_has_happened_is_added_however_long_that_takes(rig):
    rig.sums.takes_s = AGAIN_S
    rig.sums.passes = [ADDED] * 5
    rig.round()
    assert rig.sums.passes == []


def test_the_numbering_plans_are_read_a_while_after_the_start_and_where_they_have_changed(rig):
    rig.round()
    assert rig.sums.looks == 0
    rig.clock.advance(PLANS_FIRST_S)
    rig.round()
    assert rig.sums.installed == [("", "", ""), ("25471", "KE", "Ours")]
    rig.sums.installed = []
    rig.clock.advance(PLANS_EVERY_S)
    rig.round()
    assert (rig.sums.looks, rig.sums.installed) == (2, [])
    rig.sums.operator = {"25472": "Ours"}
    rig.clock.advance(PLANS_EVERY_S)
    rig.round()
    assert rig.sums.installed[-1] == ("25472", "KE", "Ours")


def test_plans_that_cannot_be_read_hold_nothing_up(rig):
    rig.broke = ChildBroke("killed")
    rig.sums.passes = [ADDED]
    rig.clock.advance(PLANS_FIRST_S)
    rig.round()
    assert (rig.sums.name, rig.sums.passes) == ("old", [])


def test_plans_are_named_by_what_the_operator_says():
    assert plans_name({"1": "a", "2": "b"}) == plans_name({"2": "b", "1": "a"}) != plans_name({})


@pytest_twisted.ensureDeferred
async def test_a_child_reads_the_plans_and_lays_the_operator_s_networks_over_them():
    found = await plans_reader(reactor)({"25471": "Ours"})
    assert found[0] == ("", "", "")
    assert ("25471", "KE", "Ours") in found
    assert len(found) > 10_000
