"""The way to the database beside the pool: teams take turns on it, and it holds up nobody."""

import sys
import threading
from collections import defaultdict

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred

from mobilesasa.core.errors import TooManyJobs
from mobilesasa.store.aside import FEW_PEOPLE, SWITCH_S, Aside
from mobilesasa.store.database import StoreUnavailable
from mobilesasa.store.turns import LONG_WAITING

MANY = FEW_PEOPLE + 1


@attrs.define
class Rig:
    """An aside, and what is asked of it."""

    aside: Aside
    begun: list = attrs.field(factory=list)
    has_begun: defaultdict = attrs.field(factory=lambda: defaultdict(threading.Event))  # by team

    def ask(self, team, people=MANY, **how):
        """Ask for something of a team; returns when it is done, and what ends it."""
        ends = threading.Event()

        def work(txn):
            self.begun.append(team)
            self.has_begun[team].set()
            assert ends.wait(20)
            return team

        made = Deferred.fromCoroutine(
            self.aside.in_turn(team, people, lambda: self.aside.run("test.work", work), **how)
        )
        return made, ends


@pytest_twisted.async_yield_fixture
async def rig(database_dsn):
    aside = Aside(reactor, database_dsn)
    await aside.start()
    yield Rig(aside)
    await aside.close()


@pytest_twisted.ensureDeferred
async def test_a_team_with_few_people_does_not_wait_for_those_with_many(rig):
    many = [rig.ask(team) for team in (1, 2, 3)]
    done, ends = rig.ask(4, people=FEW_PEOPLE)
    ends.set()
    assert await done == 4
    assert all(rig.has_begun[team].wait(20) for team in (1, 2))
    assert sorted(rig.begun) == [1, 2, 4]
    for _, each in many:
        each.set()
    assert [await each for each, _ in many] == [1, 2, 3]


@pytest_twisted.ensureDeferred
async def test_a_team_that_has_asked_for_enough_is_refused_and_others_are_not(rig):
    asked = [rig.ask(1) for _ in range(1 + LONG_WAITING)]
    with pytest.raises(TooManyJobs):
        await rig.ask(1)[0]
    asked += [rig.ask(2), rig.ask(1, is_patient=True)]
    for _, ends in asked:
        ends.set()
    assert [await each for each, _ in asked] == [1, 1, 1, 1, 2, 1]


@pytest_twisted.ensureDeferred
async def test_what_has_begun_keeps_its_place_when_its_caller_leaves_and_what_waits_gives_it_up(rig):
    (first, ends), (second, _), (third, last) = (rig.ask(1) for _ in range(3))
    for each in (first, second):
        each.cancel()
        with pytest.raises(CancelledError):
            await each
    assert not third.called
    ends.set()
    last.set()
    assert await third == 1
    assert rig.begun == [1, 1]


@pytest_twisted.ensureDeferred
async def test_what_waits_when_the_node_stops_is_told_so(rig):
    (first, ends), (second, _) = rig.ask(1), rig.ask(1)
    closed = Deferred.fromCoroutine(rig.aside.close())
    with pytest.raises(StoreUnavailable, match="stopping"):
        await second
    ends.set()
    assert await first == 1
    await closed
    assert rig.begun == [1]


@pytest_twisted.ensureDeferred
async def test_what_fails_gives_its_place_back_and_says_so(rig):
    def fail(txn):
        raise LookupError("no")

    with pytest.raises(LookupError):
        await rig.aside.in_turn(1, MANY, lambda: rig.aside.run("test.fail", fail))
    done, ends = rig.ask(1)
    ends.set()
    assert await done == 1


@pytest_twisted.ensureDeferred
async def test_threads_change_over_sooner_while_something_is_under_way(rig):
    usual = sys.getswitchinterval()
    asked = [rig.ask(1), rig.ask(2)]
    assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    for _, ends in asked:
        ends.set()
    for each, _ in asked:
        await each
    assert sys.getswitchinterval() == pytest.approx(usual)
