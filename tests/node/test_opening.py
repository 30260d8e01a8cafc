"""Opening and holding the store: a real PostgreSQL, and nodes that want the same."""

import contextlib

import attrs
import pytest

from mobilesasa.node import opening
from mobilesasa.node.opening import StoreTaken, open_store
from mobilesasa.settings import Settings
from mobilesasa.store.database import StoreUnavailable, connect, in_transaction
from mobilesasa.store.holds import What

SHARED = Settings(node="a", amqp_url="amqp://broker")


@contextlib.contextmanager
def opened(settings, dsn, **changes):
    store = open_store(attrs.evolve(settings, database_url=dsn, **changes))
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(opening, "PATIENCE_S", 0.0)
    monkeypatch.setattr(opening, "REVIVE_PATIENCE_S", 0.0)


def end_connections(dsn, name):
    """Have the server end what a node holds its locks by."""
    other = connect(dsn, "tests")
    ends = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %(name)s"
    in_transaction(other, lambda txn: txn.execute(ends, {"name": f"mobilesasa {name} name"}))
    other.close()


def test_a_second_node_is_let_in_where_there_is_rabbitmq(database_dsn):
    with opened(SHARED, database_dsn) as first, opened(SHARED, database_dsn, node="b") as second:
        assert first.take(What.CARRIER, [1, 2]) == {1, 2}
        assert second.take(What.CARRIER, [2, 3]) == {3}


def test_a_second_node_of_the_same_name_is_refused_in_words(database_dsn):
    with opened(SHARED, database_dsn), pytest.raises(StoreTaken, match="named a runs already"):
        open_store(attrs.evolve(SHARED, database_url=database_dsn))


@pytest.mark.parametrize(("first", "second"), [("", ""), ("", "amqp://broker"), ("amqp://broker", "")])
def test_a_node_without_rabbitmq_is_alone(database_dsn, first, second):
    with opened(SHARED, database_dsn, amqp_url=first), pytest.raises(StoreTaken, match="RabbitMQ"):
        open_store(attrs.evolve(SHARED, database_url=database_dsn, amqp_url=second, node="b"))


def test_a_connection_that_was_lost_is_made_again_and_holds_the_run(database_dsn):
    with opened(SHARED, database_dsn) as store:
        store.take(What.CARRIER, [1])
        end_connections(database_dsn, "a")
        assert store.revive()
        assert not store.revive()
        assert store.held_by_any(What.RUN) == {store.run}
        assert store.held_by_any(What.CARRIER) == set()


def test_what_fails_half_way_lets_go_of_everything(database_dsn):
    with opened(SHARED, database_dsn) as store:
        store.take(What.CARRIER, [1])
        with pytest.raises(StoreUnavailable):
            store.take(What.CARRIER, [10**12])  # no integer of PostgreSQL
        assert store.revive()
        assert store.held_by_any(What.CARRIER) == set()


def test_a_connection_whose_end_the_server_has_not_noticed_is_waited_for(database_dsn):
    with opened(SHARED, database_dsn) as store:
        ghost = connect(database_dsn, "ghost")
        end_connections(database_dsn, "a")
        in_transaction(
            ghost, lambda txn: txn.execute("SELECT pg_advisory_lock(hashtext('mobilesasa run'), %s)", [store.run])
        )
        with pytest.raises(StoreUnavailable, match="does not notice"):
            store.revive()
        ghost.close()
        assert store.revive()
