"""The processes of the platform as an administrator sees them, on a real PostgreSQL."""

from mobilesasa.store import claims, holds, living, nodes
from mobilesasa.store.database import Txn
from mobilesasa.store.holds import What
from tests.store.given import accepted, add_carrier, add_run, add_team, claimed, one, rows


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
    assert (found.lives, found.lost, found.carriers, found.jobs) == (False, False, [], False)
    assert found.ended_at_ms is not None
    txn.execute("UPDATE node_run SET ended_at = now() - interval '2 days' WHERE id = %(run)s", {"run": run})
    assert all(each.run != run for each in nodes.list_nodes(txn))


def test_one_that_went_without_a_word_is_lost_until_it_speaks_again(txn: Txn) -> None:
    silent, killed, mine = add_run(txn, "a"), add_run(txn, "b"), add_run(txn)
    assert lost(txn, silent, killed, mine) == {silent, killed, mine}  # none holds the lock of its run
    claims.free(txn, [silent], settling_s=0)
    after, _ = claims.begin_run(txn, "b")
    claims.end_run(txn, mine)
    claims.end_run(txn, after)
    assert lost(txn, silent, killed, mine, after) == {silent, killed}
    living.look(txn, silent, lease_s=60, settling_s=0)
    claims.end_run(txn, silent)
    assert lost(txn, silent, killed) == {killed}


def lost(txn: Txn, *runs: int) -> set[int]:
    return {each.run for each in nodes.list_nodes(txn) if each.lost and each.run in runs}


def test_one_that_ended_long_ago_is_forgotten_unless_it_has_messages_in_hand(txn: Txn) -> None:
    runs = [add_run(txn) for _ in range(4)]
    (message_id,) = accepted(txn, add_team(txn))
    claimed(txn, runs[0], message_id)
    for run, days in zip(runs, (40, 40, 20, None), strict=True):
        txn.execute(
            "UPDATE node_run SET ended_at = now() - make_interval(days => %(d)s) WHERE id = %(r)s",
            {"d": days, "r": run},
        )
    assert nodes.forget(txn, nodes.KEPT_DAYS, 10) == 1
    left = {run for (run,) in rows(txn, "SELECT id FROM node_run WHERE id = ANY(%(runs)s)", runs=runs)}
    assert left == {runs[0], runs[2], runs[3]}
    assert nodes.forget(txn, nodes.KEPT_DAYS, 10) == 0
    txn.execute("DELETE FROM pending")
    assert nodes.forget(txn, nodes.KEPT_DAYS, 10) == 1
    assert nodes.forget(txn, nodes.KEPT_DAYS, 10) == 0
