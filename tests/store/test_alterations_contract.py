"""What every `core.alterations.Alterations` does: the store's own, over the pool, and the fake that sessions are tested with."""

from collections.abc import Callable

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from mobilesasa.core.alterations import (
    Alterations,
    Altered,
    Cancel,
    CancelAll,
    Obstacle,
    Query,
    Replace,
    ReplaceLike,
    Rewritten,
    Unreadable,
)
from mobilesasa.core.model import Coding, Failure, Lane, MessageId, Origin, Priced, State, Wish
from mobilesasa.store import intake
from mobilesasa.store.alterations import StoredAlterations
from mobilesasa.store.database import Database, connect, in_transaction
from tests.fakes.alterations import FakeAlterations
from tests.fakes.intake import FakeIntake
from tests.fakes.spool import FakeSpool
from tests.store.given import HOUR_MS, NOW_MS, add_run, add_team, claimed, new_id, priced

TO = "254712345678"


@attrs.define
class World:
    """A store, two teams, and ways to put messages into it and into a carrier's hand."""

    store: Alterations
    team: int
    other: int
    keep: Callable[[Priced], None]
    take_in_hand: Callable[[MessageId], None]

    def accepted(self, **changes: object) -> MessageId:
        message = priced(self.team, **changes)
        self.keep(message)
        return message.id

    async def alter(self, *batch) -> list[Altered]:
        return list(await self.store.alter(self.team, batch))

    async def obstacles(self, *batch) -> list[object]:
        return [each.obstacle for each in await self.alter(*batch)]


@pytest.fixture(params=["fake", "real"])
def world(request):
    if request.param == "fake":
        kept = FakeIntake()
        fake = FakeAlterations(kept, FakeSpool())
        yield World(fake, 1, 2, kept.stored.append, fake.in_hand.add)
        return
    dsn = request.getfixturevalue("database_dsn")
    own, database = connect(dsn, "tests"), Database(reactor, dsn, "pool")
    pytest_twisted.blockon(Deferred.fromCoroutine(database.start()))
    run = in_transaction(own, add_run)
    yield World(
        StoredAlterations(database),
        in_transaction(own, add_team),
        in_transaction(own, add_team),
        lambda message: in_transaction(own, intake.accept_one, message),
        lambda message_id: in_transaction(own, claimed, run, message_id) and None,
    )
    pytest_twisted.blockon(Deferred.fromCoroutine(database.close()))
    own.close()


def new(message_id: MessageId, **changes) -> Replace:
    contents = {0: Rewritten("Ho", None, Coding.GSM7), 3: Rewritten("Hé", None, Coding.GSM7), 8: Unreadable(1, "odd")}
    return Replace(**{"message_id": message_id, "sender": "", "contents": contents, "wish": Wish.NONE, **changes})


@pytest_twisted.ensureDeferred
async def test_what_is_not_the_teams_is_unknown(world):
    message_id = world.accepted()
    for ask in (Query, Cancel, new):
        assert await world.obstacles(ask(new_id())) == [Obstacle.UNKNOWN]
        assert [each.obstacle for each in await world.store.alter(world.other, [ask(message_id)])] == [Obstacle.UNKNOWN]


@pytest_twisted.ensureDeferred
async def test_another_sender_is_refused_and_none_is_not_compared(world):
    message_id = world.accepted()
    assert await world.obstacles(Query(message_id, "x"), Query(message_id, "TextBlast"), Query(message_id)) == [
        Obstacle.OTHER_SENDER, None, None,
    ]  # fmt: skip


@pytest_twisted.ensureDeferred
async def test_what_is_cancelled_has_failed_and_owes_one_receipt(world):
    message_id = world.accepted()
    before, done, again, after = await world.alter(
        Query(message_id), Cancel(message_id), Cancel(message_id), Query(message_id)
    )
    assert before.reached.state is State.QUEUED
    assert [(n.message_id, n.failure) for n in done.notices] == [(message_id, Failure.CANCELLED)]
    assert again == Altered()
    assert (after.reached.state, after.reached.failure) == (State.FAILED, Failure.CANCELLED)
    assert after.reached.done_at_ms is not None


@pytest_twisted.ensureDeferred
async def test_what_is_in_hand_is_left_alone(world):
    message_id = world.accepted()
    world.take_in_hand(message_id)
    asked = [Cancel(message_id), new(message_id), CancelAll("TextBlast", TO)]
    assert await world.obstacles(*asked) == [Obstacle.IN_HAND] * 3
    assert await world.obstacles(ReplaceLike(priced(world.team))) == [Obstacle.NONE_WAITS]


@pytest_twisted.ensureDeferred
async def test_all_from_a_sender_to_a_number_are_cancelled(world):
    mine = [world.accepted(), world.accepted(options={"service_type": "VAL"})]
    world.accepted(sender="22141")
    (done,) = await world.alter(CancelAll("TextBlast", TO))
    assert sorted(notice.message_id for notice in done.notices) == mine
    assert await world.obstacles(CancelAll("TextBlast", TO)) == [Obstacle.NONE_WAITS]


@pytest_twisted.ensureDeferred
async def test_what_is_replaced_is_named_to_its_queue_again_unless_it_is_not_due(world):
    now, later = world.accepted(), world.accepted(due_at_ms=NOW_MS + HOUR_MS)
    done = await world.alter(new(now), new(later), new(later, due_at_ms=0))
    assert [each.place for each in done] == [(now, 1, Lane.TRANSACTIONAL), None, (later, 1, Lane.TRANSACTIONAL)]


@pytest_twisted.ensureDeferred
async def test_what_cannot_be_replaced_says_why(world):
    assert await world.obstacles(new(world.accepted(parts=2))) == [Obstacle.NOT_SINGLE]
    assert await world.obstacles(new(world.accepted(closes_at_ms=NOW_MS + HOUR_MS))) == [Obstacle.RULED]
    assert await world.obstacles(new(world.accepted(coding=Coding.UCS2))) == [Unreadable(1, "odd")]
    assert await world.obstacles(new(world.accepted(coding=Coding.UCS2, options={"data_coding": 3}))) == [None]


@pytest_twisted.ensureDeferred
async def test_the_newest_alike_is_replaced(world):
    _, newest = world.accepted(), world.accepted()
    world.accepted(origin=Origin.API)
    world.accepted(options={"service_type": "VAL"})
    (done,) = await world.alter(ReplaceLike(priced(world.team, text="Ho")))
    assert (done.obstacle, done.message_id, done.place) == (None, newest, (newest, 1, Lane.TRANSACTIONAL))
