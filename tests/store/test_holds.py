"""Locks that say which node does what, over connections of a real PostgreSQL."""

import pytest

from mobilesasa.store import holds
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.holds import What
from tests.store.given import one

pytestmark = pytest.mark.each_postgres


@pytest.fixture
def nodes(database_dsn):
    """Two connections, as two nodes have them."""
    opened = [connect(database_dsn, f"tests {n}") for n in (1, 2)]
    yield opened
    for connection in opened:
        connection.close()


def end(connection, other):
    """Close a connection, and wait until the server has seen to it."""
    pid = connection.info.backend_pid
    connection.close()
    in_transaction(other, one, "SELECT pg_terminate_backend(%(pid)s, 5000)", pid=pid)


def test_a_store_without_rabbitmq_has_one_node_until_that_closes(nodes):
    first, second = nodes
    assert in_transaction(first, holds.hold_store, False)
    assert not in_transaction(second, holds.hold_store, False)
    assert not in_transaction(second, holds.hold_store, True)
    end(first, second)
    assert in_transaction(second, holds.hold_store, False)


def test_a_store_with_rabbitmq_has_many_nodes_and_none_without(nodes, database_dsn):
    for node in nodes:
        assert in_transaction(node, holds.hold_store, True)
    third = connect(database_dsn, "tests 3")
    assert not in_transaction(third, holds.hold_store, False)
    third.close()


def test_two_processes_do_not_have_one_name(nodes):
    first, second = nodes
    assert in_transaction(first, holds.hold_name, "a")
    assert not in_transaction(second, holds.hold_name, "a")
    assert in_transaction(second, holds.hold_name, "b")


def test_each_thing_is_held_by_one_and_freed_by_its_death(nodes):
    first, second = nodes
    assert in_transaction(first, holds.take, What.CARRIER, [1, 2]) == {1, 2}
    assert in_transaction(second, holds.take, What.CARRIER, [1, 2, 3]) == {3}
    assert in_transaction(second, holds.held_by_any, What.CARRIER) == {1, 2, 3}
    end(first, second)
    assert in_transaction(second, holds.take, What.CARRIER, [1, 2]) == {1, 2}


def test_what_is_let_go_is_anothers_to_take(nodes):
    first, second = nodes
    in_transaction(first, holds.take, What.DESK, [7, 8])
    in_transaction(first, holds.let_go, What.DESK, [7])
    assert in_transaction(second, holds.take, What.DESK, [7, 8]) == {7}


def test_a_carrier_and_a_desk_of_one_number_are_two_things(nodes):
    first, second = nodes
    assert in_transaction(first, holds.take, What.CARRIER, [1]) == {1}
    assert in_transaction(second, holds.take, What.DESK, [1]) == {1}
    assert in_transaction(second, holds.held_by_any, What.CARRIER) == {1}
