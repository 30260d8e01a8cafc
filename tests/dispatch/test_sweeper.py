"""The sweeper's rounds: what comes due, what expired, what a dead process held, and tidying."""

from collections.abc import Sequence

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import Lane, Notice, Place
from mobilesasa.dispatch.sweeper import (
    BATCH,
    COUNT_INTERVAL_S,
    ERASURES_INTERVAL_S,
    EXPIRY_INTERVAL_S,
    TIDY_INTERVAL_S,
    Sweeper,
)
from tests.fakes.notifier import FakeNotifier
from tests.fakes.queue import FakeQueue
from tests.fakes.spool import notice


class FakeChores:
    """Answers each round with what the test has put there, once."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.places: dict[str, list[list[Place]]] = {"due": [], "lease": []}
        self.has_one_died = False
        self.over: list[tuple[int, list[Notice]]] = []
        self.raises: dict[str, Exception] = {}
        self.held: dict[str, Deferred[None]] = {}
        self.chunks = 0  # of texts to be removed
        self.people = 0  # to be forgotten

    async def due(self, limit: int) -> Sequence[Place]:
        assert limit == BATCH
        await self._called("due")
        return self.places["due"].pop(0) if self.places["due"] else []

    async def keep_lease(self, lease_s: float) -> tuple[Sequence[Place], bool]:
        assert lease_s == 40
        await self._called("lease")
        return (self.places["lease"].pop(0) if self.places["lease"] else []), self.has_one_died

    async def expired(self, limit: int) -> tuple[int, Sequence[Notice]]:
        await self._called("expired")
        return self.over.pop(0) if self.over else (0, [])

    async def tidy(self, receipt_h: int, limit: int) -> None:
        assert receipt_h == 72
        await self._called("tidy")

    async def let_go_of_texts(self, default_days: int, limit: int) -> bool:
        assert (default_days, limit) == (30, BATCH)
        await self._called("texts")
        self.chunks -= 1
        return self.chunks > 0

    async def forget_people(self, receipt_h: int, limit: int) -> bool:
        assert (receipt_h, limit) == (72, BATCH)
        await self._called("erasures")
        self.people -= 1
        return self.people > 0

    async def sweep_inbound(self, limit: int) -> None:
        assert limit == BATCH
        await self._called("inbound")

    async def look_at_lingering(self) -> int:
        await self._called("lingering receipts")
        return 1

    async def count_up(self) -> None:
        await self._called("reports")

    async def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.held:
            await self.held[name]
        if name in self.raises:
            raise self.raises[name]


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.chores = FakeChores()
        self.queue = FakeQueue()
        self.notifier = FakeNotifier()
        self.sweeper = Sweeper(
            self.chores,
            self.queue,
            self.notifier,
            self.clock,
            0.5,
            40,
            72,
            30,
            self._end_expired,
            self.chores.sweep_inbound,
            self.chores.look_at_lingering,
            self.chores.count_up,
        )
        self.sweeper.do_chores(True)
        self.looks = 0

    def _end_expired(self) -> None:
        self.looks += 1

    def calls_within(self, seconds: float) -> list[str]:
        """What is done in so many seconds, an eighth at a time (which a float adds up exactly)."""
        self.chores.calls.clear()
        self.clock.pump([0.125] * round(8 * seconds))
        return self.chores.calls


@pytest.fixture
def rig() -> Rig:
    return Rig()


def places(count: int, carrier_id: int = 1, lane: Lane = Lane.TRANSACTIONAL) -> list[Place]:
    return [(f"{carrier_id}{lane}-{number}", carrier_id, lane) for number in range(count)]


def test_nothing_happens_before_the_start(rig):
    rig.clock.advance(1000)
    assert rig.chores.calls == []


def test_every_round_is_made_at_the_start_and_then_in_its_own_time(rig):
    rig.sweeper.start()
    assert sorted(rig.chores.calls) == [
        "due", "erasures", "expired", "inbound", "lease", "lingering receipts", "reports", "texts", "tidy",
    ]  # fmt: skip
    calls = rig.calls_within(TIDY_INTERVAL_S)
    assert {name: calls.count(name) for name in set(calls)} == {
        "due": TIDY_INTERVAL_S / 0.5, "lease": TIDY_INTERVAL_S / 3, "expired": TIDY_INTERVAL_S / EXPIRY_INTERVAL_S, "tidy": 1,
        "texts": 1, "inbound": 1, "lingering receipts": TIDY_INTERVAL_S / EXPIRY_INTERVAL_S,
        "erasures": TIDY_INTERVAL_S / ERASURES_INTERVAL_S, "reports": TIDY_INTERVAL_S / COUNT_INTERVAL_S,
    }  # fmt: skip


@pytest.mark.parametrize("which", ["due", "lease"])
def test_what_waits_again_is_hinted_to_its_carrier_and_lane(rig, which):
    bulk, other = places(2, lane=Lane.BULK), places(1, carrier_id=2)
    rig.chores.places[which] = [[bulk[0], other[0], bulk[1]]]
    rig.sweeper.start()
    assert rig.queue.published == [(1, Lane.BULK, [bulk[0][0], bulk[1][0]]), (2, Lane.TRANSACTIONAL, [other[0][0]])]


def test_all_that_has_come_due_is_taken_in_one_round(rig):
    rig.chores.places["due"] = [places(BATCH), places(BATCH), places(3)]
    rig.sweeper.start()
    assert rig.chores.calls.count("due") == 3
    assert sum(len(ids) for _, _, ids in rig.queue.published) == 2 * BATCH + 3


def test_all_that_expired_is_ended_in_one_round_and_its_teams_told(rig):
    rig.chores.over = [(BATCH, [notice(1)]), (1, [notice(2)])]
    rig.sweeper.start()
    assert rig.chores.calls.count("expired") == 2
    assert [each.spool_id for each in rig.notifier.owed] == [1, 2]


@pytest.mark.parametrize(
    "name", ["due", "lease", "expired", "tidy", "texts", "inbound", "lingering receipts", "reports"]
)
def test_a_round_is_left_out_while_the_store_is_away(rig, name):
    rig.chores.raises[name] = StoreAway("gone")
    rig.sweeper.start()
    rig.chores.raises.clear()
    assert name in rig.calls_within(TIDY_INTERVAL_S)


@pytest.mark.parametrize("name", ["due", "lease", "expired", "tidy", "texts", "inbound"])
def test_a_round_that_fails_is_logged_and_the_rounds_go_on(rig, name, flush_logged):
    rig.chores.raises[name] = ZeroDivisionError()
    rig.sweeper.start()
    assert len(flush_logged(ZeroDivisionError)) == 1
    rig.chores.raises.clear()
    assert name in rig.calls_within(TIDY_INTERVAL_S)


def test_a_round_that_takes_long_is_not_begun_again_meanwhile_and_holds_up_no_other(rig):
    rig.chores.held["due"] = Deferred()
    rig.sweeper.start()
    calls = rig.calls_within(60)
    assert "due" not in calls
    assert "lease" in calls
    rig.chores.held.pop("due").callback(None)
    assert "due" in rig.calls_within(1)


def test_stopping_ends_the_rounds_and_waits_for_the_one_under_way(rig):
    rig.chores.held["tidy"] = Deferred()
    rig.sweeper.start()
    stopped = Deferred.fromCoroutine(rig.sweeper.stop())
    assert not stopped.called
    rig.chores.held["tidy"].callback(None)
    assert stopped.called
    assert rig.calls_within(2 * TIDY_INTERVAL_S) == []
    assert rig.clock.getDelayedCalls() == []


def test_texts_are_removed_until_there_are_no_more(rig):
    rig.chores.chunks = 5
    rig.sweeper.start()
    assert rig.chores.calls.count("texts") == 5


def test_people_are_forgotten_until_there_are_no_more_to_be(rig):
    rig.chores.people = 5
    rig.sweeper.start()
    assert rig.chores.calls.count("erasures") == 5


def test_a_node_that_stops_does_not_wait_for_all_texts_to_be_removed(rig):
    rig.chores.chunks = 1000
    rig.chores.held["texts"] = Deferred()
    rig.sweeper.start()
    stopped = Deferred.fromCoroutine(rig.sweeper.stop())
    assert not stopped.called
    rig.chores.held.pop("texts").callback(None)
    assert stopped.called
    assert rig.chores.calls.count("texts") == 1


def test_a_sweeper_that_was_never_started_stops(rig):
    assert Deferred.fromCoroutine(rig.sweeper.stop()).called


def test_what_expired_in_the_hands_of_the_dispatchers_is_ended_with_the_rest(rig):
    rig.sweeper.start()
    rig.calls_within(60)
    assert rig.looks == 3


def test_every_minute_the_queue_supposes_that_hints_were_lost(rig):
    rig.sweeper.start()
    rig.calls_within(120)
    assert rig.queue.looks == [False] * 3


def test_when_a_process_has_died_the_queue_brings_at_once_what_that_one_may_not_have_named(rig):
    rig.chores.has_one_died = True
    rig.sweeper.start()
    assert True in rig.queue.looks
    del rig.queue.looks[:]
    rig.chores.has_one_died = False
    rig.calls_within(59)
    assert rig.queue.looks == []


def test_the_chores_for_all_are_done_by_the_node_that_has_them_alone(rig):
    rig.sweeper.do_chores(False)
    rig.sweeper.start()
    assert rig.chores.calls == ["lease"]
    assert set(rig.calls_within(TIDY_INTERVAL_S)) == {"lease"}
    rig.sweeper.do_chores(True)
    assert {"due", "expired", "inbound", "texts", "tidy"} <= set(rig.chores.calls)
    rig.sweeper.do_chores(False)
    assert set(rig.calls_within(TIDY_INTERVAL_S)) == {"lease"}


def test_what_expires_in_hand_is_looked_for_by_every_node(rig):
    rig.sweeper.do_chores(False)
    rig.sweeper.start()
    rig.calls_within(EXPIRY_INTERVAL_S)
    assert rig.looks == 2
