"""What a node holds among others: a store of locks in memory that several nodes share."""

import pytest
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.node.holds import GIVE_UP_S, PATIENCE_S, Holds, ripe
from mobilesasa.node.opening import StoreTaken
from mobilesasa.store.holds import What


class Locks:
    """Who holds what, for all nodes."""

    def __init__(self):
        self.owner = {}
        self.away = False


class FakeStore:
    shared = True

    def __init__(self, locks):
        self.locks, self.lost, self.stolen, self.cut = locks, False, False, False
        self.failing, self.error = 0, StoreAway  # of so many takes

    def revive(self):
        self._reach()
        if self.stolen:
            raise StoreTaken("another node has it")
        lost, self.lost = self.lost, False
        return lost

    def take(self, what, ids):
        self._reach()
        if self.failing:
            self.failing -= 1
            raise self.error("it broke")
        got = {each for each in ids if (what, each) not in self.locks.owner}
        self.locks.owner.update({(what, each): self for each in got})
        return got

    def let_go(self, what, ids):
        self._reach()
        for each in ids:
            assert self.locks.owner.pop((what, each)) is self

    def held_by_any(self, what):
        self._reach()
        return {each for kind, each in self.locks.owner if kind is what}

    def die(self):
        """Lose the connection, and all that was held by it."""
        self.lost = True
        self.locks.owner = {key: owner for key, owner in self.locks.owner.items() if owner is not self}

    def _reach(self):
        if self.locks.away or self.cut:
            raise StoreAway("no route to host")


async def aside(function, *args):
    return function(*args)


class Node:
    def __init__(self, locks, clock, what=What.CARRIER, spread=True):
        self.store, self.wanted, self.told, self.ended = FakeStore(locks), set(), [], 0
        self.holds = Holds(self.store, clock, aside, self.end)
        self.holds.wish(what, lambda: self.wanted, lambda held: self.told.append(sorted(held)), spread)

    def end(self):
        self.ended += 1


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def locks():
    return Locks()


def test_what_is_wanted_and_free_is_held_at_once(locks, clock):
    node = Node(locks, clock, spread=False)
    node.wanted = {1, 2}
    node.holds.start()
    assert node.told == [[1, 2]]


def test_what_another_node_holds_is_taken_when_that_dies(locks, clock):
    first, second = Node(locks, clock), Node(locks, clock)
    first.wanted = second.wanted = {1}
    first.holds.start()
    second.holds.start()
    clock.pump([1.0] * 5)
    assert (first.told, second.told) == ([[1]], [])
    first.holds._call.stop()
    first.store.die()
    clock.pump([1.0] * 2)
    assert second.told == [[1]]


def test_what_is_wanted_no_more_is_let_go(locks, clock):
    node = Node(locks, clock, spread=False)
    node.wanted = {1, 2}
    node.holds.start()
    node.wanted = {2}
    clock.advance(1)
    assert node.told == [[1, 2], [2]]
    assert list(locks.owner) == [(What.CARRIER, 2)]


def test_a_connection_that_comes_back_holds_the_same_and_nobody_is_told(locks, clock):
    node = Node(locks, clock, spread=False)
    node.wanted = {1, 2}
    node.holds.start()
    node.store.die()
    clock.advance(1)
    assert (node.told, len(locks.owner)) == ([[1, 2]], 2)


def test_what_another_node_took_while_the_connection_was_lost_is_given_up(locks, clock):
    first, second = Node(locks, clock, spread=False), Node(locks, clock, spread=False)
    first.wanted = {1, 2}
    first.holds.start()
    first.store.die()
    second.wanted = {2}
    second.holds.start()
    clock.advance(1)
    assert (first.told, second.told) == ([[1, 2], [1]], [[2]])


def test_nothing_is_given_up_while_the_database_is_away_for_a_moment(locks, clock):
    node = Node(locks, clock, spread=False)
    node.wanted = {1}
    node.holds.start()
    locks.away = True
    node.store.die()
    clock.pump([1.0] * 5)
    assert node.told == [[1]]
    locks.away = False
    clock.advance(1)
    assert (node.told, len(locks.owner)) == ([[1]], 1)


def test_a_node_that_is_cut_off_gives_up_what_others_may_have_by_now_and_takes_it_again(locks, clock):
    node = Node(locks, clock, spread=False)
    node.wanted = {1}
    node.holds.start()
    locks.away = True
    clock.pump([1.0] * round(GIVE_UP_S))
    assert node.told == [[1], []]
    clock.pump([1.0] * 20)
    locks.away = False
    clock.advance(1)
    assert node.told == [[1], [], [1]]


def test_a_node_without_others_gives_up_nothing_however_long_the_database_is_away(locks, clock):
    node = Node(locks, clock, spread=False)
    node.store.shared = False
    node.wanted = {1}
    node.holds.start()
    locks.away = True
    clock.pump([1.0] * 60)
    assert node.told == [[1]]


def test_what_another_node_took_while_this_one_was_cut_off_stays_with_it(locks, clock):
    first, second = Node(locks, clock, spread=False), Node(locks, clock, spread=False)
    first.wanted = {1, 2}
    first.holds.start()
    first.store.cut = True
    clock.pump([1.0] * round(GIVE_UP_S))
    first.store.die()
    second.wanted = {2}
    second.holds.start()
    first.store.cut = False
    clock.pump([1.0] * 2)
    assert (first.told, second.told) == ([[1, 2], [], [1]], [[2]])


def test_taking_again_that_failed_half_way_is_taken_up_by_the_next_look(locks, clock):
    node, other = Node(locks, clock, spread=False), Node(locks, clock, spread=False)
    node.wanted = {1}
    node.holds.start()
    node.store.die()
    node.store.failing = 1
    clock.advance(1)
    other.wanted = {1}
    other.holds.start()
    clock.advance(1)
    assert (node.told, other.told, len(locks.owner)) == ([[1], []], [[1]], 1)


def test_a_defect_in_one_look_ends_no_looks(locks, clock, flush_logged):
    node = Node(locks, clock, spread=False)
    node.store.failing, node.store.error = 1, ZeroDivisionError
    node.wanted = {1}
    node.holds.start()
    assert flush_logged(ZeroDivisionError)
    clock.advance(1)
    assert node.told == [[1]]


def test_who_wants_to_know_is_told_that_the_connection_is_there_again(locks, clock):
    node, told = Node(locks, clock), []
    node.holds.revived = lambda: told.append(clock.seconds())
    node.holds.start()
    clock.advance(1)
    node.store.die()
    clock.pump([1.0] * 3)
    assert told == [2.0]


def test_a_node_whose_store_is_anothers_stops(locks, clock, flush_logged):
    node = Node(locks, clock)
    node.holds.start()
    node.store.stolen = True
    clock.pump([1.0] * 3)
    assert node.ended == 1
    assert len(flush_logged()) == 1


def test_a_look_between_the_rounds_takes_what_has_just_come_to_be_wanted(locks, clock):
    node = Node(locks, clock, What.DESK, spread=False)
    node.holds.start()
    node.wanted = {4}
    node.holds.look_soon(What.DESK)
    assert node.told == [[4]]


def test_two_nodes_that_start_together_share_what_there_is(locks, clock):
    nodes = [Node(locks, clock) for _ in range(2)]
    for node in nodes:
        node.wanted = {1, 2, 3, 4}
    for node in nodes:
        node.holds.start()
    clock.pump([1.0] * 6)
    assert [len(node.told[-1]) for node in nodes] == [2, 2]
    assert len(locks.owner) == 4


def test_a_node_with_nothing_takes_one_at_once_and_the_next_later():
    assert ripe({1: 0.0, 2: 0.0, 3: 0.0}, held=0) == {1}
    assert ripe({2: 1.0, 3: 1.0}, held=1) == {2}
    assert ripe({2: 0.9}, held=1) == frozenset()


def test_what_is_free_for_long_is_taken_by_a_node_that_has_very_many():
    assert ripe({1: PATIENCE_S, 2: PATIENCE_S}, held=100) == {1, 2}
