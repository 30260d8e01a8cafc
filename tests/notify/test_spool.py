import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.notify.spool import Spool
from tests.fakes.spool import notice


class Store:
    """The store's two functions."""

    def __init__(self):
        self.rows = {n: notice(n) for n in range(1, 11)}
        self.writes = []
        self.cuts = []
        self.failing = None
        self.waiting = None

    async def read(self, team_id, after, limit):
        return [self.rows[n] for n in sorted(self.rows) if n > after][:limit]

    async def write(self, taken):
        self.writes.append(list(taken))
        if self.waiting is not None:
            await self.waiting
        if self.failing is not None:
            raise self.failing
        for _, n in taken:
            self.rows.pop(n, None)

    async def cut(self, team_id, spool_id):
        self.cuts.append((team_id, spool_id))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def spool(clock, store):
    return Spool(clock, store.read, store.write, store.cut)


def owed(spool, after=0, limit=100):
    got = []
    Deferred.fromCoroutine(spool.owed(1, after, limit)).addCallback(got.extend)
    return [each.spool_id for each in got]


def test_what_is_acknowledged_is_forgotten(spool, store):
    spool.acknowledge([(1, 3), (1, 4)])
    assert store.writes == [[(1, 3), (1, 4)]]
    assert owed(spool) == [1, 2, 5, 6, 7, 8, 9, 10]
    assert len(spool) == 0


def test_what_gathers_during_a_write_is_the_next_write(spool, store):
    store.waiting = Deferred()
    for n in (1, 2, 3):
        spool.acknowledge([(1, n)])
    assert store.writes == [[(1, 1)]]
    store.waiting.callback(None)
    assert store.writes == [[(1, 1)], [(1, 2), (1, 3)]]


def test_what_is_not_written_down_yet_is_not_read_again(spool, store):
    store.waiting = Deferred()
    spool.acknowledge([(1, 1), (1, 3), (2, 4)])
    assert owed(spool) == [2, 4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_a_read_is_filled_up_to_its_limit(spool, store, limit):
    store.waiting = Deferred()
    spool.acknowledge([(1, n) for n in (1, 2, 3, 5)])
    assert owed(spool, 0, limit) == [4, 6, 7, 8, 9, 10][:limit]


def test_a_write_that_fails_is_tried_again_with_what_has_gathered(spool, store, clock, flush_logged):
    store.failing = ConnectionError("no database")
    spool.acknowledge([(1, 1)])
    spool.acknowledge([(1, 2)])
    assert 1 not in owed(spool)
    clock.advance(1)
    clock.advance(1)
    store.failing = None
    clock.advance(1)
    assert store.writes[-1] == [(1, 1), (1, 2)]
    assert len(spool) == 0
    assert len(flush_logged(ConnectionError)) == 1


def test_a_spool_with_nothing_to_write_stops_at_once(spool):
    assert spool.stop().called


def test_stopping_waits_for_the_write(spool, store):
    store.waiting = Deferred()
    spool.acknowledge([(1, 1)])
    stopped = spool.stop()
    assert not stopped.called
    store.waiting.callback(None)
    assert stopped.called


def test_stopping_tries_once_more_and_no_longer(spool, store, clock, flush_logged):
    store.failing = ConnectionError("no database")
    spool.acknowledge([(1, 1)])
    assert spool.stop().called
    assert len(store.writes) == 2
    assert clock.getDelayedCalls() == []
    flush_logged(ConnectionError)


def test_stopping_while_a_write_fails_leaves_nothing_behind(spool, store, clock, flush_logged):
    store.waiting = Deferred()
    spool.acknowledge([(1, 1)])
    stopped = spool.stop()
    store.waiting.errback(ConnectionError("no database"))
    assert stopped.called
    assert clock.getDelayedCalls() == []
    flush_logged(ConnectionError)


def test_a_long_message_is_cut_where_it_is_kept(spool, store):
    Deferred.fromCoroutine(spool.cut(1, 7))
    assert store.cuts == [(1, 7)]


def test_a_store_that_is_away_is_no_defect_and_is_written_later(spool, store, clock):
    store.failing = StoreAway("no database")
    spool.acknowledge([(1, 1)])
    clock.pump([1, 1])
    store.failing = None
    clock.advance(1)
    assert (len(spool), store.writes[-1]) == (0, [(1, 1)])  # and no failure is in the log: else the test fails
