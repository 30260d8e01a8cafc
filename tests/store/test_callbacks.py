"""The calls of carriers as they are kept: once, done or not, and for thirty days."""

import random

import attrs

from mobilesasa.core.callbacks import About, KeptCallback
from mobilesasa.core.ids import MessageIds
from mobilesasa.store.callbacks import done, forget, keep
from tests.store.given import NOW_MS, count, new_id, rows

DAY_MS = 86_400_000


def call(key=b"k", **more) -> KeptCallback:
    known = {"id": new_id(), "carrier_id": 1, "about": About.RECEIPTS, "key": key, "peer": "192.0.2.7", "method": "POST",
             "query": b"a=%00", "content_type": "application/json", "body": b"\x00\xff{}", "items": 1}  # fmt: skip
    return KeptCallback(**{**known, **more})


def test_a_call_is_kept_as_it_came(txn):
    first = call()
    assert keep(txn, [first]) == [(first.id, False)]
    ((about, peer, query, body, items),) = rows(txn, "SELECT about, peer, query, body, items FROM callback")
    assert (about, peer, bytes(query), bytes(body), items) == ("receipts", "192.0.2.7", b"a=%00", b"\x00\xff{}", 1)


def test_a_repetition_is_known_and_whether_it_was_done(txn):
    first = call()
    keep(txn, [first])
    assert keep(txn, [call()]) == [(first.id, False)]
    done(txn, [first.id])
    assert keep(txn, [call()]) == [(first.id, True)]
    assert count(txn, "callback") == 1


def test_the_same_of_another_carrier_or_about_something_else_is_no_repetition(txn):
    keep(txn, [call(), call(carrier_id=2), call(about=About.INBOUND), call(b"l")])
    assert count(txn, "callback") == 4


def test_a_call_without_a_key_is_never_a_repetition(txn):
    first, second = call(None), call(None)
    assert keep(txn, [first, second]) == [(first.id, False), (second.id, False)]


def test_of_two_in_one_batch_the_first_is_kept(txn):
    first, second, third = call(), call(), call(b"other")
    assert keep(txn, [first, second, third]) == [(first.id, False), (first.id, False), (third.id, False)]
    assert count(txn, "callback") == 2


def test_a_batch_that_is_written_again_changes_nothing(txn):
    batch = [call(), call(None)]
    assert keep(txn, batch) == keep(txn, batch)
    assert count(txn, "callback") == 2


def test_they_are_forgotten_after_their_days_the_oldest_first(txn):
    ids = [MessageIds(lambda at=at: NOW_MS - at * DAY_MS, random.Random(at).getrandbits)() for at in (40, 35, 29)]
    keep(txn, [attrs.evolve(call(None), id=each) for each in ids])
    assert forget(txn, 30, 1) == 1
    assert rows(txn, "SELECT id::text FROM callback ORDER BY id") == [(ids[1],), (ids[2],)]
    assert forget(txn, 30, 10) == 1
    assert forget(txn, 30, 10) == 0
