"""The processes of the platform as an administrator sees them, on a real PostgreSQL."""

from mobilesasa.store import claims, holds, nodes
from mobilesasa.store.database import Txn
from mobilesasa.store.holds import What
from tests.store.given import add_carrier, one


def test_a_process_is_shown_with_what_it_is_and_what_it_holds(txn: Txn) -> None:
    carrier = add_carrier(txn)
    run, _ = claims.begin_run(txn, "shown")
    nodes.describe(txn, run, "1.2.3", ("api", "jobs"))
    holds.take(txn, What.RUN, [run])
    holds.take(txn, What.CARRIER, [carrier])
    holds.take(txn, What.DESK, [1, 2])
    holds.take(txn, What.JOBS, [1])
    holds.hold_store(txn, shared=True)  # whose numbers are hashes, and no ids
    holds.hold_name(txn, "shown")
    try:
        found = next(each for each in nodes.list_nodes(txn) if each.run == run)
    finally:
        txn.execute("SELECT pg_advisory_unlock_all()")
    name = one(txn, "SELECT name FROM carrier WHERE id = %(id)s", id=carrier)
    assert (found.node, found.version, found.roles, found.lives) == ("shown", "1.2.3", ["api", "jobs"], True)
    assert (found.carriers, found.teams, found.jobs, found.webhooks, found.ended_at_ms) == ([name], 2, True, 0, None)


def test_one_that_ended_is_shown_for_a_day(txn: Txn) -> None:
    run, _ = claims.begin_run(txn, "gone")
    claims.end_run(txn, run)
    found = next(each for each in nodes.list_nodes(txn) if each.run == run)
    assert (found.lives, found.carriers, found.jobs) == (False, [], False)
    assert found.ended_at_ms is not None
    txn.execute("UPDATE node_run SET ended_at = now() - interval '2 days' WHERE id = %(run)s", {"run": run})
    assert all(each.run != run for each in nodes.list_nodes(txn))
