"""How carriers stand, told between nodes over a real PostgreSQL."""

import select

from mobilesasa.core.routing import Standing
from mobilesasa.store import standings
from mobilesasa.store.database import connect, in_transaction
from tests.store.given import add_carrier, one


def test_what_one_node_tells_the_others_read(txn):
    up, down = add_carrier(txn), add_carrier(txn)
    standings.tell(txn, "a", {up: Standing.UP, down: Standing.DOWN})
    assert standings.troubles(txn) == {down: Standing.DOWN}
    standings.tell(txn, "b", {down: Standing.UP})
    assert standings.troubles(txn) == {}


def test_a_carrier_that_is_gone_by_now_is_left_out(txn):
    standings.tell(txn, "a", {987_654: Standing.DOWN})
    assert standings.troubles(txn) == {}


def test_what_was_told_long_ago_counts_no_more(txn):
    carrier = add_carrier(txn)
    standings.tell(txn, "a", {carrier: Standing.DOWN})
    txn.execute("UPDATE carrier_standing SET at = at - interval '2 minutes'")
    assert standings.troubles(txn) == {}
    assert one(txn, "SELECT count(*) FROM carrier_standing WHERE carrier_id = %(id)s", id=carrier) == 1


def test_the_nodes_are_told_of_a_change_alone(database_dsn):
    listening, telling = connect(database_dsn, "tests listening"), connect(database_dsn, "tests telling")
    listening.autocommit = True
    listening.cursor().execute("LISTEN standing")
    carrier = in_transaction(telling, add_carrier)
    heard = []
    for standing in (Standing.UP, Standing.DOWN, Standing.DOWN, Standing.THROTTLED, Standing.UP):
        in_transaction(telling, standings.tell, "a", {carrier: standing})
        in_transaction(telling, lambda txn: txn.execute("NOTIFY standing, 'all of it'"))
        while not listening.notifies or listening.notifies[-1].payload != "all of it":
            select.select([listening], [], [], 5)
            listening.poll()
        heard.append(len(listening.notifies) - 1)
        listening.notifies.clear()
    assert heard == [0, 1, 0, 1, 1]
    listening.close()
    telling.close()
