"""Messages with a key and without in one group commit: each key does its work once, and what is refused keeps none."""

from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from mobilesasa.core.errors import InsufficientUnits
from mobilesasa.core.idempotency import Kept, Mark, Repeated
from mobilesasa.store import idempotency
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.intake_once import Keyed, accept, accept_again
from mobilesasa.store.journal import Journal
from mobilesasa.store.writer import Writer
from tests.store.given import add_run, add_team, balance, count, priced

HASH = b"h" * 32


def kept(team: int, key: str, reply: bytes = b"reply") -> Kept:
    return Kept(Mark(team, "POST /messages", key, HASH), reply)


def keyed(team: int, key: str, reply: bytes = b"reply", **changes: Any) -> Keyed:
    return Keyed(priced(team, **changes), kept(team, key, reply))


def keys(txn) -> list[str]:
    txn.execute("SELECT key FROM idempotency_key ORDER BY key")
    return [key for (key,) in txn.fetchall()]


def test_those_with_a_key_are_charged_in_their_turn_with_the_others(txn):
    team = add_team(txn, 3)
    batch = [priced(team), keyed(team, "b"), priced(team), keyed(team, "a"), priced(team)]
    came = accept(txn, batch)
    assert [type(each) for each in came] == [type(None)] * 3 + [InsufficientUnits] * 2
    assert (count(txn, "message"), balance(txn, team), keys(txn)) == (3, 0, ["b"])


def test_what_is_refused_keeps_no_key_and_can_be_tried_again(txn):
    team = add_team(txn, 5)
    assert [type(each) for each in accept(txn, [keyed(team, "dear", price_units=6)])] == [InsufficientUnits]
    assert accept(txn, [keyed(team, "dear", price_units=5)]) == [None]
    assert (balance(txn, team), keys(txn)) == (0, ["dear"])


def test_who_comes_again_is_told_the_first_s_reply_and_holds_up_nobody(txn):
    team, other = add_team(txn, 5), add_team(txn, 5)
    assert accept(txn, [keyed(team, "a", b"first")]) == [None]
    again, new, foreign = accept(
        txn, [keyed(team, "a", b"second"), keyed(team, "b", b"third"), keyed(other, "a", b"its own")]
    )
    assert isinstance(again, Repeated)
    assert (again.kept, new, foreign) == (kept(team, "a", b"first"), None, None)
    assert (count(txn, "message"), balance(txn, team), balance(txn, other)) == (3, 3, 4)


def test_of_two_under_one_key_in_one_commit_the_first_is_done(txn):
    team = add_team(txn, 5)
    first, second = accept(txn, [keyed(team, "a", b"first"), keyed(team, "a", b"second")])
    assert isinstance(second, Repeated)
    assert (first, second.kept, balance(txn, team)) == (None, kept(team, "a", b"first"), 4)


def test_of_two_under_one_key_the_second_is_refused_as_the_first_and_neither_keeps_it(txn):
    team = add_team(txn, 5)
    came = accept(txn, [keyed(team, "a", price_units=6), keyed(team, "a", price_units=6)])
    assert [type(each) for each in came] == [InsufficientUnits] * 2
    assert (keys(txn), balance(txn, team)) == ([], 5)


def test_a_key_of_yesterday_is_new(txn):
    team = add_team(txn, 5)
    accept(txn, [keyed(team, "a", b"first")])
    txn.execute("UPDATE idempotency_key SET at = at - interval '24 hours'")
    assert accept(txn, [keyed(team, "a", b"second")]) == [None]
    assert idempotency.find(txn, kept(team, "a").mark) == kept(team, "a", b"second")


def test_a_reply_is_kept_octet_for_octet_also_a_long_one(txn):
    team = add_team(txn, 5)
    replies = [b'{"success":true}\n\x00\xff', b'{"items":[' + b'"one",' * 10_000 + b'"two"]}']
    accept(txn, [keyed(team, str(n), reply) for n, reply in enumerate(replies)])
    found = [idempotency.find(txn, kept(team, str(n)).mark) for n in range(2)]
    assert [each and each.reply for each in found] == replies


def test_in_doubt_what_is_stored_is_left_alone_and_the_rest_is_done(txn):
    team = add_team(txn, 9)
    batch = [keyed(team, "a"), priced(team), keyed(team, "b"), priced(team)]
    assert accept(txn, batch[:2]) == [None] * 2
    assert accept_again(txn, batch) == [None] * 4
    assert accept_again(txn, batch) == [None] * 4
    assert (count(txn, "message"), balance(txn, team), keys(txn)) == (4, 5, ["a", "b"])


def test_in_doubt_somebody_else_s_reply_is_not_taken_for_ours(txn):
    team = add_team(txn, 9)
    accept(txn, [keyed(team, "a", b"theirs")])
    (came,) = accept_again(txn, [keyed(team, "a", b"ours")])
    assert isinstance(came, Repeated)
    assert came.kept.reply == b"theirs"


@pytest.mark.parametrize("waiting", [50])
@pytest_twisted.ensureDeferred
async def test_calls_with_keys_share_a_commit(database_dsn, waiting):
    """Each had a transaction of its own, and all of a team's waited for each other's commits: 150 a second."""
    writer, connection = Writer(reactor, lambda: connect(database_dsn, "writer")), connect(database_dsn, "tests")
    run, team = (in_transaction(connection, make) for make in (add_run, lambda txn: add_team(txn, 100)))
    journal = Journal(writer, writer, None, run)  # type: ignore[arg-type]
    calls = [Deferred.fromCoroutine(journal.accept_once(priced(team), kept(team, str(n)))) for n in range(waiting)]
    writer.start()
    await gatherResults(calls)
    await writer.stop()
    assert writer.commits == 1
    assert in_transaction(connection, count, "idempotency_key") == waiting
    assert in_transaction(connection, balance, team) == 100 - waiting
    connection.close()
