"""The machine: conducts surveys on the node that has the chores, answers first, and one bad thing holds up no other."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs

from mobilesasa.core.errors import StoreAway
from mobilesasa.jobs.surveying import CHUNK, LOOK_S, Machine
from mobilesasa.surveys.turns import Done, Turn
from tests.fakes.sending import FakeDoor


class FakeRounds:
    """What there is to do, by kind: so many things, some of which cannot be done."""

    def __init__(self) -> None:
        self.left: dict[Turn, list[str]] = {turn: [] for turn in Turn}
        self.bad: set[str] = set()
        self.done: list[str] = []
        self.asked: list[tuple[Turn, int]] = []
        self.away: Exception | None = None
        self.held: Deferred[None] | None = None
        self.looks = 0

    async def look(self) -> frozenset[Turn]:
        self.looks += 1
        if self.away is not None:
            raise self.away
        return frozenset(turn for turn, left in self.left.items() if left)

    async def do(self, turn: Turn, limit: int) -> Done:
        self.asked.append((turn, limit))
        if self.held is not None:
            held, self.held = self.held, None
            await held
        some = self.left[turn][:limit]
        if self.bad & {*some}:
            raise ValueError("no")
        del self.left[turn][:limit]
        self.done += some
        return Done(len(some), tuple(some))  # type: ignore[arg-type]

    async def put_off(self, turn: Turn) -> str | None:
        gone = self.left[turn].pop(0)
        return None if gone == "hopeless" else gone


class Rig:
    def __init__(self) -> None:
        self.clock, self.store, self.door = Clock(), FakeRounds(), FakeDoor()
        self.machine = Machine(self.store, self.door, self.clock)

    def begin(self) -> None:
        self.machine.start()
        self.machine.do_jobs(True)

    def run(self, seconds: float = 0.0) -> None:
        for _ in range(20):
            self.clock.advance(0)
        self.clock.advance(seconds)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def many(count: int, name: str = "text") -> list[str]:
    return [f"{name} {n}" for n in range(count)]


def test_all_that_came_is_heard_in_its_order_and_what_is_said_is_named_to_the_queue(rig):
    rig.store.left[Turn.HEAR] = many(2 * CHUNK + 1)
    rig.begin()
    assert rig.store.done == many(2 * CHUNK + 1)
    assert rig.door.hinted == rig.store.done


def test_nothing_is_done_before_the_chores_are_ours_nor_before_the_start(rig):
    rig.store.left[Turn.HEAR] = many(1)
    rig.machine.do_jobs(False)
    rig.machine.start()
    rig.run(LOOK_S)
    assert rig.store.looks == 0
    rig.machine.do_jobs(True)
    assert rig.store.done == many(1)


def test_answers_go_before_everything_else_and_between_its_chunks(rig):
    rig.store.left[Turn.BEGIN] = many(2 * CHUNK, "person")
    rig.store.left[Turn.EXPIRE] = many(1, "late")
    rig.store.left[Turn.HEAR] = many(1)
    rig.begin()
    assert [turn for turn, _ in rig.store.asked] == [Turn.HEAR, Turn.BEGIN, Turn.EXPIRE]
    rig.store.left[Turn.HEAR] = many(1, "more")
    rig.run()
    assert [turn for turn, _ in rig.store.asked][3:5] == [Turn.HEAR, Turn.BEGIN]
    assert not any(rig.store.left.values())


def test_a_hint_is_looked_at_at_once_and_one_during_a_round_right_behind_it(rig):
    rig.begin()
    assert rig.store.looks == 1
    rig.store.left[Turn.HEAR] = many(1)
    rig.store.held = waiting = Deferred()
    rig.machine.look()
    rig.machine.look()
    rig.machine.look()
    assert rig.store.looks == 2
    waiting.callback(None)
    rig.run()
    assert rig.store.looks == 3


def test_it_looks_every_few_seconds_though_nobody_hints(rig):
    rig.begin()
    rig.store.left[Turn.WAKE] = many(1)
    rig.run(LOOK_S - 0.1)
    assert rig.store.done == []
    rig.run(0.1)
    assert rig.store.done == many(1)


@pytest.mark.parametrize(("name", "said"), [("text 3", "text 3"), ("hopeless", "one given up")])
def test_one_thing_that_cannot_be_done_is_singled_out_and_holds_up_no_other(rig, flush_logged, name, said):
    texts = many(5)
    texts[3] = name
    rig.store.left[Turn.HEAR] = [*texts]
    rig.store.bad = {name}
    with capturedLogs() as logged:
        rig.begin()
        rig.run()
    assert rig.store.done == [text for text in texts if text != name]
    assert [event["name"] for event in logged if "left alone" in event["log_format"]] == [said]
    assert len(flush_logged(ValueError)) == 2
    rig.store.left[Turn.HEAR] = many(1)
    rig.machine.look()
    assert rig.store.asked[-1] == (Turn.HEAR, CHUNK)


def test_a_chunk_that_fails_only_at_once_is_done_piece_by_piece_and_then_in_chunks_again(rig, flush_logged):
    rig.store.left[Turn.WAKE] = many(3)
    broken = iter([ValueError("once")])
    usual = rig.store.do

    async def do(turn: Turn, limit: int) -> Any:
        for error in broken:
            raise error
        return await usual(turn, limit)

    rig.store.do = do
    rig.begin()
    rig.run()
    rig.store.left[Turn.WAKE] = many(2, "later")
    rig.run(LOOK_S)
    rig.run()
    assert rig.store.done == [*many(3), *many(2, "later")]
    assert len(flush_logged(ValueError)) == 1


def test_it_waits_for_a_store_that_is_away(rig):
    rig.store.left[Turn.HEAR] = many(1)
    rig.store.away = StoreAway("gone")
    with capturedLogs() as logged:
        rig.begin()
    assert any("wait for the store" in event["log_format"] for event in logged)
    rig.store.away = None
    rig.run(LOOK_S)
    assert rig.store.done == many(1)


def test_a_store_that_goes_away_in_the_middle_singles_out_nothing(rig):
    rig.store.left[Turn.HEAR] = many(1)
    rig.store.held = held = Deferred()
    rig.begin()
    held.errback(StoreAway("gone"))
    rig.run(LOOK_S)
    assert rig.store.asked == [(Turn.HEAR, CHUNK)] * 2


def test_a_round_that_breaks_is_logged_and_the_next_one_comes(rig, flush_logged):
    rig.store.away = ZeroDivisionError()
    rig.begin()
    assert flush_logged(ZeroDivisionError)
    rig.store.away = None
    looks = rig.store.looks
    rig.run(LOOK_S)
    assert rig.store.looks == looks + 1


def test_it_begins_nothing_more_when_the_chores_are_another_s(rig):
    rig.store.left[Turn.HEAR] = many(2 * CHUNK)
    rig.store.held = waiting = Deferred()
    rig.begin()
    rig.machine.do_jobs(False)
    waiting.callback(None)
    rig.run(LOOK_S)
    assert (len(rig.store.done), rig.clock.getDelayedCalls()) == (CHUNK, [])


def test_it_stops_when_what_is_in_hand_is_written_down(rig):
    rig.store.left[Turn.HEAR] = many(1)
    rig.store.held = waiting = Deferred()
    rig.begin()
    stopped = Deferred.fromCoroutine(rig.machine.stop())
    assert not stopped.called
    waiting.callback(None)
    assert stopped.called
    assert (rig.store.done, rig.clock.getDelayedCalls()) == (many(1), [])


def test_it_stops_between_rounds_at_once(rig):
    rig.begin()
    assert Deferred.fromCoroutine(rig.machine.stop()).called
    rig.machine.look()
    assert (rig.store.looks, rig.clock.getDelayedCalls()) == (1, [])
