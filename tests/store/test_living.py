"""Who lives: the locks of runs over connections of a real PostgreSQL, and what dead processes held (I2, I3)."""

import contextlib
import itertools

import attrs
import pytest
from psycopg2.extensions import parse_dsn

from mobilesasa.core.model import Lane
from mobilesasa.store import claims, living
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.living import Lookout, Unheld
from tests.store.given import accepted, add_run, add_team, claimed, column, one, rows
from tests.store.processes import Process

pytestmark = pytest.mark.each_postgres

SILENT = "UPDATE node_run SET seen_at = now() - interval '1 hour' WHERE id = %(run)s"
CLAIMED_BY = "SELECT claimed_by FROM pending WHERE message_id = %(id)s"
ENDED = "SELECT ended_at IS NOT NULL FROM node_run WHERE id = %(run)s"
LEASE_S = 60


def freed(txn, run, lookout=None, now_s=0.0):
    """What a process finds free that dead ones held, in one of its rounds."""
    found = living.look(txn, run, LEASE_S, settling_s=0)
    return claims.free(txn, (lookout or Lookout()).dead(found, now_s, LEASE_S / 4), settling_s=0)


@pytest.fixture
def two(database_dsn):
    made = [Process(database_dsn) for _ in range(2)]
    yield made
    for each in made:
        each.holder.close()


def test_a_process_lives_while_its_connection_does(two):
    mine, other = two
    assert mine.do(living.living, 0) == {mine.run, other.run}
    other.kill()
    assert mine.do(living.living, 0) == {mine.run}


def test_while_no_connection_is_old_every_process_lives_that_has_not_ended(two):
    mine, other = two
    ended = mine.do(add_run)
    mine.do(claims.end_run, ended)
    other.kill()
    assert mine.do(living.living, 3600) == {mine.run, other.run}


AFTER_A_STEP = """
CREATE SCHEMA stepped;
CREATE VIEW stepped.pg_stat_activity AS
SELECT datname, usename, backend_start + interval '1 hour' AS backend_start FROM pg_catalog.pg_stat_activity;
SET LOCAL search_path = stepped, public, pg_catalog
"""


def test_a_server_whose_clock_was_set_back_since_its_connections_began_tells_who_has_died(two):
    mine, other = two
    other.kill()

    def looked(txn):
        txn.execute(AFTER_A_STEP)
        return living.living(txn)

    assert mine.do(looked) == {mine.run}


def test_nobody_is_dead_while_no_connection_is_old(two):
    mine, other = two
    other.kill()
    mine.do(lambda txn: txn.execute(SILENT, {"run": other.run}))
    assert mine.do(living.look, mine.run, LEASE_S, 3600) == []
    assert mine.do(claims.free, [other.run], 3600) == []
    assert not mine.do(one, ENDED, run=other.run)


def test_who_holds_a_lock_lives_however_long_it_was_not_seen(two):
    mine, other = two
    mine.do(lambda txn: txn.execute(SILENT, {"run": other.run}))
    assert mine.do(living.look, mine.run, LEASE_S, 0) == []


def test_what_a_killed_process_held_is_free_when_its_lock_was_missing_for_ten_seconds(two):
    mine, other = two
    (message_id,) = mine.do(lambda txn: accepted(txn, add_team(txn), carrier_id=4, lane=Lane.BULK))
    other.do(claimed, other.run, message_id)
    other.kill()
    lookout = Lookout()
    assert [mine.do(freed, mine.run, lookout, now_s) for now_s in (0.0, 3.0, 6.0, 9.9)] == [[]] * 4
    assert mine.do(freed, mine.run, lookout, 10.0) == [(message_id, 4, Lane.BULK)]
    assert mine.do(one, ENDED, run=other.run)


def test_a_process_that_has_its_lock_again_before_it_is_freed_keeps_what_it_holds(two):
    mine, other = two
    (message_id,) = mine.do(lambda txn: accepted(txn, add_team(txn)))
    other.do(claimed, other.run, message_id)
    other.kill()
    (found,) = mine.do(living.look, mine.run, LEASE_S, 0)
    other.hold()
    assert mine.do(claims.free, [found.run], 0) == []
    assert mine.do(one, CLAIMED_BY, id=message_id) == other.run


def test_a_look_of_a_process_that_was_seen_of_late_writes_nothing(two):
    mine, _ = two
    version = "SELECT xmin FROM node_run WHERE id = %(run)s"
    before = mine.do(one, version, run=mine.run)
    mine.do(living.look, mine.run, LEASE_S, 0)
    assert mine.do(one, version, run=mine.run) == before
    mine.do(lambda txn: txn.execute(SILENT, {"run": mine.run}))
    mine.do(living.look, mine.run, LEASE_S, 0)
    assert mine.do(one, "SELECT seen_at > now() - interval '1 minute' FROM node_run WHERE id = %(run)s", run=mine.run)


def test_the_server_looks_whether_who_is_connected_is_there(database_dsn):
    told = parse_dsn(database_dsn)
    with contextlib.closing(connect(database_dsn, "tests")) as opened:
        idle_s = in_transaction(opened, one, "SELECT current_setting('tcp_keepalives_idle')")
    assert idle_s == ("0" if told["host"].startswith("/") else "4")  # a socket of the file system has no such thing


# Processes without a lock


def test_what_a_silent_process_held_is_free_and_named_to_the_one_that_noticed(txn):
    (message_id,) = accepted(txn, add_team(txn), carrier_id=4, lane=Lane.BULK)
    silent, mine = add_run(txn), add_run(txn)
    claimed(txn, silent, message_id)
    assert freed(txn, mine) == []
    txn.execute(SILENT, {"run": silent})
    assert freed(txn, mine) == [(message_id, 4, Lane.BULK)]
    assert freed(txn, mine) == []


def test_what_a_killed_process_had_under_way_when_its_successor_began_is_freed_later(txn):
    (message_id,) = accepted(txn, add_team(txn))
    killed = add_run(txn, "a")
    mine = add_run(txn, "a")
    claimed(txn, killed, message_id)
    assert freed(txn, mine) == [(message_id, 1, Lane.TRANSACTIONAL)]


def test_a_process_keeps_its_own_claims_however_late_it_is(txn):
    (message_id,) = accepted(txn, add_team(txn))
    run = add_run(txn)
    claimed(txn, run, message_id)
    txn.execute(SILENT, {"run": run})
    assert freed(txn, run) == []
    assert one(txn, CLAIMED_BY, id=message_id) == run


def test_a_process_that_was_taken_for_dead_and_comes_back_keeps_what_it_claims_from_then_on(txn):
    (message_id,) = accepted(txn, add_team(txn))
    late, mine = add_run(txn), add_run(txn)
    txn.execute(SILENT, {"run": late})
    freed(txn, mine)
    freed(txn, late)
    claimed(txn, late, message_id)
    assert freed(txn, mine) == []
    assert one(txn, CLAIMED_BY, id=message_id) == late


def test_what_is_freed_stays_where_it_waits(txn):
    (message_id,) = accepted(txn, add_team(txn))
    silent, mine = add_run(txn), add_run(txn)
    claimed(txn, silent, message_id)
    txn.execute(SILENT, {"run": silent})
    freed(txn, mine)
    assert rows(txn, "SELECT due_at, attempts FROM pending WHERE message_id = %(id)s", id=message_id) == [(None, 1)]
    assert column(txn, "state", message_id) == 10


# The lookout, on values


GONE = Unheld(7, ended=False, silent=False)


def told_dead(*looks, lookout=None):
    """The runs that are dead at each look: (seconds, what was found)."""
    lookout = lookout or Lookout()
    return [lookout.dead(found, at_s, 15.0) for at_s, found in looks]


def test_a_lock_that_comes_back_is_missing_from_the_start_when_it_is_lost_again():
    looks = [(3.0 * n, [GONE]) for n in range(3)] + [(9.0, [])] + [(12.0 + 3.0 * n, [GONE]) for n in range(4)]
    assert not any(told_dead(*looks))
    assert told_dead(*looks, (24.0, [GONE]))[-1] == [7]


def test_time_in_which_nobody_looked_does_not_count():
    assert told_dead((0.0, [GONE]), (9.0, [GONE]), (60.0, [GONE]), (66.0, [GONE]), (70.0, [GONE])) == [
        [], [], [], [], [7],
    ]  # fmt: skip


def test_a_first_look_long_after_the_clock_began_is_a_first_look():
    assert told_dead((5000.0, [GONE])) == [[]]


def test_who_was_silent_for_the_lease_is_dead_at_once():
    assert told_dead((0.0, [Unheld(7, ended=False, silent=True)])) == [[7]]


def test_who_has_ended_is_freed_again_from_time_to_time():
    ended = [Unheld(7, ended=True, silent=True)]
    looks = [(at_s, ended) for at_s in itertools.takewhile(lambda at_s: at_s <= 30, itertools.count(0.0, 3.0))]
    assert [at_s for (at_s, _), dead in zip(looks, told_dead(*looks), strict=True) if dead] == [0.0, 15.0, 30.0]


def test_the_dead_one_is_freed_and_not_who_began_to_miss_its_lock_later():
    other = Unheld(8, ended=False, silent=False)
    assert told_dead((0.0, [GONE]), (5.0, [GONE, other]), (10.0, [GONE, other]), (15.0, [other]))[2:] == [[7], [8]]


def test_that_one_has_died_is_news_when_it_is_found_and_not_when_it_is_freed_again():
    ended, lookout = [Unheld(7, ended=True, silent=True)], Lookout()
    news = []
    for at_s, found in [(0.0, []), (3.0, ended), (6.0, ended), (18.0, ended), (21.0, [*ended, GONE])]:
        told_dead((at_s, found), lookout=lookout)
        news.append(lookout.is_news)
    assert news == [False, True, False, False, False]
    assert told_dead((24.0, [attrs.evolve(GONE, run=8, silent=True)]), lookout=lookout) == [[8]]
    assert lookout.is_news
