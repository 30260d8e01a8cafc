"""Many messages of one call under one key: what was taken of them and the reply share one commit (decisions 30 and 45)."""

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, DeferredList

from mobilesasa.core.errors import InsufficientUnits, Overloaded
from mobilesasa.core.idempotency import Repeated
from mobilesasa.store.idempotency import Keys
from tests.store.given import new_id, priced, wrong
from tests.store.test_idempotency import Rig, kept, mark, rig

__all__ = ("rig",)


def reply_of(refusals) -> bytes:
    return ",".join("taken" if refusal is None else refusal.code for refusal in refusals).encode()


async def accept(rig: Rig, *prices: int):
    batch = [priced(rig.team, price_units=price) for price in prices]
    return await rig.journal.accept_many_once(batch, mark(rig.team), reply_of)


@pytest_twisted.ensureDeferred
async def test_what_was_taken_and_what_was_not_is_in_the_reply_that_is_kept(rig):
    refusals = await accept(rig, 40, 90, 40)
    assert [type(refusal) for refusal in refusals] == [type(None), InsufficientUnits, type(None)]
    assert rig.standing == (2, 1, 20)
    assert await Keys(rig.database).find(mark(rig.team)) == kept(rig.team, b"taken,insufficient_units,taken")


@pytest_twisted.ensureDeferred
async def test_where_nothing_was_taken_nothing_is_kept_and_the_key_is_free(rig):
    assert [type(refusal) for refusal in await accept(rig, 101, 102)] == [InsufficientUnits] * 2
    assert rig.standing == (0, 0, 100)
    assert await accept(rig, 1) == [None]
    assert rig.standing == (1, 1, 99)


@pytest_twisted.ensureDeferred
async def test_decision_45_of_100_calls_at_once_with_one_key_one_is_done(rig):
    calls = [Deferred.fromCoroutine(accept(rig, 1, 1)) for _ in range(100)]
    results = await DeferredList(calls, consumeErrors=True)
    told = [result.value for done, result in results if not done]
    assert {type(error) for error in told} == {Repeated}
    assert [error.kept for error in told] == [kept(rig.team, b"taken,taken")] * 99
    assert rig.standing == (2, 1, 98)
    assert rig.do(wrong, "configured") == []  # there is no carrier


@pytest.mark.parametrize("lost", [["after"], ["before"], ["before", "before", "after"]])
@pytest_twisted.ensureDeferred
async def test_a_commit_whose_answer_is_lost_is_found_out_about(rig, lost):
    rig.database.plan += lost
    assert await accept(rig, 1, 1) == [None, None]
    assert rig.standing == (2, 1, 98)


@pytest.mark.parametrize("lost", [["after"], ["before"]])
@pytest_twisted.ensureDeferred
async def test_so_is_one_in_which_nothing_was_taken(rig, lost):
    rig.database.plan += lost
    assert [type(refusal) for refusal in await accept(rig, 101)] == [InsufficientUnits]
    assert rig.standing == (0, 0, 100)


@pytest_twisted.ensureDeferred
async def test_in_doubt_the_reply_of_another_call_is_not_taken_for_ours(rig):
    await rig.accept(b"of another body", id=new_id())
    rig.database.plan.append("before")
    with pytest.raises(Repeated):
        await accept(rig, 1)
    assert rig.standing == (1, 1, 99)


@pytest_twisted.ensureDeferred
async def test_when_too_much_waits_a_batch_with_a_key_is_refused_too(rig):
    waiting = []
    while rig.writer.waiting_items == 0:
        waiting.append(rig.journal.claim([new_id()] * 2))
    rig.journal = rig.bounded(0)
    with pytest.raises(Overloaded):
        await accept(rig, 1)
    await DeferredList(waiting)
    assert rig.standing == (0, 0, 100)
