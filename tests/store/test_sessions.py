"""The places of sessions over all nodes: two processes over a real PostgreSQL (I10)."""

import contextlib
import select
import threading

import pytest

from mobilesasa.core.sessions import LiveSession
from mobilesasa.store import claims, sessions
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.sessions import Elsewhere, Here
from tests.store.given import count, rows
from tests.store.processes import Process

TEAM, RIVAL = 1, 2
SHOWN = {"team": "ACME", "address": "192.0.2.1", "bind_type": "transceiver"}
LONG_AGO = "UPDATE smpp_session SET since = now() - interval '1 hour'"


def session(name, team_id=TEAM):
    return LiveSession(name, team_id, SHOWN)


class Node(Process):
    """A process with the name of a node, to which every server is long up."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.here = Here(self.run, f"node of {self.run}", settling_s=0)

    def take(self, *names, team_id=TEAM, most=5):
        return [self.do(sessions.take, self.here, session(name, team_id), most) for name in names]

    def reconcile(self, *held, asking=(), looked_at=None):
        return self.do(sessions.reconcile, self.here, asking, [session(name) for name in held], looked_at)

    def kept(self):
        return [name for (name,) in self.do(rows, "SELECT session_id FROM smpp_session ORDER BY session_id")]


@pytest.fixture
def two(database_dsn):
    made = [Node(database_dsn), Node(database_dsn)]
    yield made
    for each in made:
        each.holder.close()


def test_a_team_has_so_many_places_on_all_nodes_together(two):
    first, second = two
    assert first.take("a1", "a2", "a3") == [True] * 3
    assert second.take("b1", "b2", "b3") == [True, True, False]
    assert first.take("a4") == [False]
    assert first.take("r1", team_id=RIVAL) == [True]
    assert first.kept() == ["a1", "a2", "a3", "b1", "b2", "r1"]


@pytest.mark.parametrize(("most", "taken"), [(0, False), (1, True)])
def test_the_limit_is_the_one_that_is_named(two, most, taken):
    assert two[0].take("a1", most=most) == [taken]


def test_a_place_that_is_left_is_anothers(two):
    first, second = two
    first.take("a1", "a2", most=2)
    second.do(sessions.leave, ["a1", "nobody's"])
    assert second.take("b1", "b2", most=2) == [True, False]


def test_a_session_that_asks_again_has_one_place(two):
    first, _ = two
    assert first.take("a1", "a1", most=1) == [True, True]
    assert first.kept() == ["a1"]


def test_the_places_of_a_killed_node_are_free_at_once(two):
    first, second = two
    second.take("b1", "b2", "b3", "b4", "b5")
    assert first.take("a1") == [False]
    second.kill()
    assert first.take("a1", "a2", "a3", "a4", "a5", "a6") == [True] * 5 + [False]


def test_while_the_server_has_just_come_up_nobodys_places_are_free(two):
    first, second = two
    second.take("b1")
    second.kill()
    young = Here(first.run, "first", settling_s=3600)
    assert not first.do(sessions.take, young, session("a1"), 1)


def test_a_node_counts_its_own_sessions_also_while_it_has_lost_its_lock(two, database_dsn):
    first, _ = two
    first.take("a1", most=1)
    first.kill()
    with contextlib.closing(connect(database_dsn, "the pool of the first")) as pool:
        assert not in_transaction(pool, sessions.take, first.here, session("a2"), 1)


def test_two_nodes_that_take_at_once_take_no_more_than_there_is(two, database_dsn):
    taken = []

    def take(node):
        with contextlib.closing(connect(database_dsn, "a pool")) as pool:
            names = [session(f"{node.run}-{n}") for n in range(20)]
            taken.extend([in_transaction(pool, sessions.take, node.here, each, 5) for each in names])

    threads = [threading.Thread(target=take, args=(node,)) for node in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (taken.count(True), len(taken)) == (5, 40)


def test_a_call_is_heard_by_the_nodes_where_there_are_sessions_elsewhere(two, database_dsn):
    first, second = two
    first.take("a1")
    with contextlib.closing(connect(database_dsn, "a listener")) as listener:
        listener.autocommit = True
        listener.cursor().execute(f"LISTEN {sessions.CHANNEL}")
        assert not first.do(sessions.call, first.here, TEAM)
        assert second.do(sessions.call, second.here, TEAM)
        assert select.select([listener], [], [], 10)[0]
        listener.poll()
        assert [told.payload for told in listener.notifies] == [f"{TEAM} {second.run}"]


def test_nobody_is_called_for_the_sessions_of_the_dead(two):
    first, second = two
    second.take("b1")
    second.kill()
    assert not first.do(sessions.call, first.here, TEAM)


def test_a_row_whose_session_is_no_more_goes_when_its_node_looks(two):
    first, second = two
    first.take("a1", "a2", "a3")
    second.take("b1")
    looked_at = first.reconcile("a1", "a2", "a3")
    first.reconcile("a1", asking=["a3"], looked_at=looked_at)
    assert first.kept() == ["a1", "a3", "b1"]


def test_a_row_that_is_younger_than_the_last_look_is_left(two):
    first, _ = two
    looked_at = first.reconcile()
    first.take("a1")
    again_at = first.reconcile(looked_at=looked_at)
    assert first.kept() == ["a1"]
    first.reconcile(looked_at=again_at)
    assert first.kept() == []


def test_a_first_look_takes_nothing_away(two):
    first, _ = two
    first.take("a1")
    first.do(lambda txn: txn.execute(LONG_AGO))
    first.reconcile()
    assert first.kept() == ["a1"]


def test_a_row_that_was_lost_is_put_back(two):
    first, _ = two
    first.take("a1")
    first.do(sessions.leave, ["a1"])
    first.reconcile("a1", "a2")
    assert first.do(sessions.all_sessions, 0) == [
        Elsewhere("a1", first.here.node, TEAM, SHOWN),
        Elsewhere("a2", first.here.node, TEAM, SHOWN),
    ]


def test_the_rows_of_a_killed_node_go_when_it_is_known_to_be_dead(two):
    first, second = two
    second.take("b1")
    first.reconcile()
    second.kill()
    first.reconcile()
    assert first.kept() == ["b1"]
    first.do(claims.free, [second.run], 0)
    first.reconcile()
    assert first.kept() == []


def test_the_rows_of_a_node_that_was_taken_for_dead_and_holds_its_lock_are_left(two):
    first, second = two
    second.take("b1")
    first.do(claims.end_run, second.run)
    first.reconcile()
    assert first.kept() == ["b1"]


def test_the_sessions_of_all_living_nodes_are_told(two):
    first, second = two
    first.take("a1")
    second.take("b1", team_id=RIVAL)
    told = [(each.session_id, each.node, each.team_id, each.shown) for each in first.do(sessions.all_sessions, 0)]
    assert told == [("a1", first.here.node, TEAM, SHOWN), ("b1", second.here.node, RIVAL, SHOWN)]
    second.kill()
    assert [each.session_id for each in first.do(sessions.all_sessions, 0)] == ["a1"]


def test_a_bind_costs_one_row(two):
    first, _ = two
    first.take("a1")
    assert first.do(count, "smpp_session") == 1
