"""A key's reply is kept in the commit that does the work, or neither happens; of many at once one does it."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import attrs
import psycopg2
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.task import Clock

from mobilesasa.core.errors import InsufficientUnits, Overloaded
from mobilesasa.core.idempotency import Kept, Mark, Repeated
from mobilesasa.core.model import Failure, Never
from mobilesasa.store import idempotency, intake
from mobilesasa.store.database import Database, OutcomeUnknown, StoreUnavailable, connect, in_transaction
from mobilesasa.store.idempotency import DOUBT_PAUSE_S, DOUBT_TRIES, PACKED_FROM, Keys, run_once
from mobilesasa.store.journal import Journal
from mobilesasa.store.messages import History
from mobilesasa.store.writer import Writer
from tests.store.given import add_run, add_team, balance, claimed, count, new_id, one, priced, settled, wrong

HASH, OTHER_HASH = b"h" * 32, b"o" * 32
OLDER = "UPDATE idempotency_key SET at = at - %(age)s::interval WHERE key = %(key)s"


def mark(team: int, **changes: Any) -> Mark:
    return attrs.evolve(Mark(team, "POST /messages", "order-1", HASH), **changes)


def kept(team: int, reply: bytes = b"reply", **changes: Any) -> Kept:
    return Kept(mark(team, **changes), reply)


def accept_once(txn, given: Kept, **changes: Any) -> None:
    idempotency.once(txn, given, intake.accept_one, priced(given.mark.team_id, **changes))


def age(txn, by: str, key: str = "order-1") -> None:
    txn.execute(OLDER, {"age": by, "key": key})


# One transaction.


def test_a_message_and_its_reply_are_kept_together(txn):
    team = add_team(txn, 10)
    accept_once(txn, kept(team, b'{"success":true}\n\x00\xff'))
    assert idempotency.find(txn, mark(team)) == kept(team, b'{"success":true}\n\x00\xff')
    assert (count(txn, "message"), balance(txn, team)) == (1, 9)


def test_the_second_of_a_key_does_nothing_and_is_told_the_first_s_reply(txn):
    team = add_team(txn, 10)
    accept_once(txn, kept(team, b"first"))
    with pytest.raises(Repeated) as repeated:
        accept_once(txn, kept(team, b"second"))
    assert repeated.value.kept == kept(team, b"first")
    assert (count(txn, "message"), balance(txn, team)) == (1, 9)


@pytest.mark.parametrize("octets", [PACKED_FROM - 1, PACKED_FROM, 600_000])
def test_a_reply_of_any_length_is_told_octet_for_octet(txn, octets):
    given = kept(add_team(txn, 10), (b'{"items":[' + b'"one",' * octets)[: octets - 2] + b"]}")
    idempotency.once_telling(txn, given.mark, lambda _: given.reply)
    assert idempotency.find(txn, given.mark) == given
    with pytest.raises(Repeated) as repeated:
        accept_once(txn, given)
    assert repeated.value.kept == given


def test_a_long_reply_is_kept_packed(txn):
    accept_once(txn, kept(add_team(txn, 10), b'{"items":[' + b'"one",' * 10_000 + b'"two"]}'))
    assert one(txn, "SELECT octet_length(reply) FROM idempotency_key") < 1000


def test_another_body_under_the_key_is_told_the_body_that_was_first(txn):
    team = add_team(txn)
    accept_once(txn, kept(team))
    other = mark(team, body_hash=OTHER_HASH)
    assert idempotency.find(txn, other) == kept(team)
    with pytest.raises(Repeated) as repeated:
        accept_once(txn, Kept(other, b"second"))
    assert repeated.value.kept.mark.body_hash == HASH


def test_another_team_route_or_key_is_another_call(txn):
    team, other = add_team(txn), add_team(txn)
    for given in (kept(team), kept(other), kept(team, route="POST /others"), kept(team, key="order-2")):
        assert idempotency.find(txn, given.mark) is None
        accept_once(txn, given)
    assert count(txn, "message") == 4


def test_a_key_is_forgotten_after_24_h_and_not_before(txn):
    team = add_team(txn)
    accept_once(txn, kept(team, b"first"))
    age(txn, "23:59:59")
    assert idempotency.find(txn, mark(team)) == kept(team, b"first")
    with pytest.raises(Repeated):
        accept_once(txn, kept(team))
    age(txn, "1 second")
    assert idempotency.find(txn, mark(team)) is None
    accept_once(txn, kept(team, b"second", body_hash=OTHER_HASH))
    assert idempotency.find(txn, mark(team)) == kept(team, b"second", body_hash=OTHER_HASH)
    assert (count(txn, "message"), count(txn, "idempotency_key")) == (2, 1)


def test_what_is_older_than_24_h_is_dropped_a_little_at_a_time(txn):
    team = add_team(txn)
    for key in "abcd":
        accept_once(txn, kept(team, key=key))
    for key in "abc":
        age(txn, "24:00:00", key)
    assert [idempotency.forget(txn, 2) for _ in range(3)] == [2, 1, 0]
    assert one(txn, "SELECT key FROM idempotency_key") == "d"


def test_the_longest_key_on_the_longest_route_is_kept(txn):
    given = kept(add_team(txn), key="~" * 255, route="r" * 255)
    accept_once(txn, given)
    assert idempotency.find(txn, given.mark) == given


@pytest.mark.parametrize("key", ["", "k" * 256, "é", "a\nb"])
def test_the_store_itself_refuses_a_key_of_another_form(txn, key):
    with pytest.raises(psycopg2.errors.CheckViolation):
        accept_once(txn, kept(add_team(txn), key=key))


# Over a pool of connections.


class Rig:
    """A journal, and the same database by a connection of the test's own."""

    def __init__(self, dsn: str) -> None:
        self.lost: list[str] = []
        self.writer = Writer(reactor, lambda: Breaking(connect(dsn, "writer"), self.lost, to_set=1))
        self.database = Breakable(reactor, dsn, "pool")
        self.connection = connect(dsn, "tests")
        self.run = self.do(add_run)
        self.team = self.do(add_team, 100)
        self.journal = self.bounded(1000)

    def bounded(self, backlog_max: int) -> Journal:
        return Journal(self.writer, self.writer, self.database, self.run, backlog_max)

    def do(self, work, *args, **more):
        return in_transaction(self.connection, work, *args, **more)

    def accept(self, reply: bytes = b"reply", **changes: Any) -> Deferred[None]:
        message = priced(self.team, **changes)
        return Deferred.fromCoroutine(self.journal.accept_once(message, kept(self.team, reply)))

    @property
    def standing(self) -> tuple[int, int, int]:
        """How many messages and keys are stored, and how many units are left."""
        return self.do(count, "message"), self.do(count, "idempotency_key"), self.do(balance, self.team)


class Breakable(Database):
    """A pool whose next commits end as they are told: `before` it happened or `after`, with the connection gone."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.plan: list[str] = []

    def _open(self) -> Any:
        return Breaking(super()._open(), self.plan)


@attrs.define
class Breaking:
    """A connection of such a pool."""

    _real: Any
    _plan: list[str]
    _to_set: int = 0  # commits that end well before: of what is set on a new connection

    def commit(self) -> None:
        how = self._plan.pop(0) if self._plan and not self._to_set else "well"
        self._to_set = max(0, self._to_set - 1)
        if how != "before":
            self._real.commit()
        if how != "well":
            self._real.close()
            raise psycopg2.OperationalError("the connection was lost")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @property
    def autocommit(self) -> bool:
        return self._real.autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._real.autocommit = value


@pytest_twisted.async_yield_fixture
async def rig(database_dsn: str) -> AsyncIterator[Rig]:
    made = Rig(database_dsn)
    made.writer.start()
    await made.database.start()
    yield made
    await made.writer.stop()
    await made.database.close()
    made.connection.close()


@pytest_twisted.ensureDeferred
async def test_of_many_at_once_one_is_stored_and_the_others_are_told_its_reply(rig):
    results = await DeferredList([rig.accept(b"%d" % n) for n in range(30)], consumeErrors=True)
    told = [result.value for done, result in results if not done]
    assert {type(error) for error in told} == {Repeated}
    assert len(told) == 29
    (reply,) = {error.kept.reply for error in told}
    assert rig.standing == (1, 1, 99)
    assert await Keys(rig.database).find(mark(rig.team)) == kept(rig.team, reply)
    assert rig.do(wrong, "configured") == []  # there is no carrier


@pytest_twisted.ensureDeferred
async def test_what_a_team_cannot_pay_keeps_no_key_and_can_be_tried_again(rig):
    with pytest.raises(InsufficientUnits):
        await rig.accept(price_units=101)
    assert rig.standing == (0, 0, 100)
    await rig.accept()
    assert rig.standing == (1, 1, 99)


@pytest_twisted.ensureDeferred
async def test_a_failure_behind_the_key_and_the_message_leaves_neither(rig):
    def fail(txn, message):
        intake.accept_one(txn, message)
        assert (count(txn, "message"), count(txn, "idempotency_key")) == (1, 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run_once(rig.database, kept(rig.team), "fail", fail, priced(rig.team))
    assert rig.standing == (0, 0, 100)


@pytest_twisted.ensureDeferred
async def test_a_connection_that_dies_between_the_key_and_the_message_leaves_one_of_each(rig):
    tries = []

    def die_once(txn, message):
        tries.append(rig.standing)
        if len(tries) == 1:
            txn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        intake.accept_one(txn, message)

    await run_once(rig.database, kept(rig.team), "die", die_once, priced(rig.team))
    assert tries == [(0, 0, 100)] * 2
    assert rig.standing == (1, 1, 99)


@pytest_twisted.ensureDeferred
async def test_who_waits_for_one_that_is_undone_does_the_work_itself(rig):
    holds, undo = threading.Event(), threading.Event()

    def hold(txn):
        holds.set()
        assert undo.wait(20)
        raise ZeroDivisionError

    first = Deferred.fromCoroutine(run_once(rig.database, kept(rig.team), "hold", hold))
    assert holds.wait(20)
    second = rig.accept()
    undo.set()
    with pytest.raises(ZeroDivisionError):
        await first
    await second
    assert rig.standing == (1, 1, 99)


@pytest.mark.parametrize("lost", [["after"], ["before"], ["before", "before", "after"]])
@pytest_twisted.ensureDeferred
async def test_a_commit_whose_answer_is_lost_is_found_out_about(rig, lost):
    rig.lost += lost
    await rig.accept()
    assert (rig.standing, rig.lost) == ((1, 1, 99), [])


@pytest.mark.parametrize("lost", [["after"], ["before"], ["before", "before", "after"]])
@pytest_twisted.ensureDeferred
async def test_a_commit_of_the_pool_whose_answer_is_lost_is_found_out_about(rig, lost):
    rig.database.plan += lost
    await run_once(rig.database, kept(rig.team), "accept", intake.accept_one, priced(rig.team))
    assert (rig.standing, rig.database.plan) == ((1, 1, 99), [])


@pytest_twisted.ensureDeferred
async def test_in_doubt_the_reply_of_another_call_is_not_taken_for_ours(rig):
    await rig.accept(b"first")
    doubt = OutcomeUnknown("lost")
    second = kept(rig.team, b"second")
    with pytest.raises(Repeated):
        await idempotency._find_out(
            rig.database, "x", lambda txn: accept_once(txn, second), lambda found: found == second, doubt
        )
    assert rig.standing == (1, 1, 99)


@pytest_twisted.ensureDeferred
async def test_without_a_key_the_doubt_is_the_caller_s(rig):
    rig.database.plan.append("after")
    with pytest.raises(OutcomeUnknown):
        await run_once(rig.database, None, "accept", intake.accept_one, priced(rig.team))
    assert rig.standing == (1, 0, 99)


@pytest_twisted.ensureDeferred
async def test_when_too_much_waits_a_message_with_a_key_is_refused_too(rig):
    waiting = []
    while rig.writer.waiting_items == 0:
        waiting.append(rig.journal.claim([new_id()] * 2))
    rig.journal = rig.bounded(0)
    with pytest.raises(Overloaded):
        await rig.accept()
    await DeferredList(waiting)
    assert rig.standing == (0, 0, 100)


@pytest_twisted.ensureDeferred
async def test_a_resend_is_kept_with_its_reply(rig):
    failed = priced(rig.team)
    rig.do(intake.accept_one, failed)
    rig.do(claimed, rig.run, failed.id)
    rig.do(settled, (failed.id, Never(Failure.REFUSED, "no")))
    history, given = History(rig.database), kept(rig.team, route=f"POST /messages/{failed.id}/resend")
    for again in (1, 2):
        resend = history.resend(rig.team, failed.id, priced(rig.team, resent_from=failed.id), given)
        if again == 1:
            await resend
        else:
            with pytest.raises(Repeated):
                await resend
    assert rig.standing == (2, 1, 99)  # the failed one was refunded


@pytest_twisted.ensureDeferred
async def test_tidying_forgets_all_old_keys_however_few_at_a_time(rig):
    def keep(txn):
        for key in "abcde":
            accept_once(txn, kept(rig.team, key=key))
            age(txn, "25:00:00", key)

    rig.do(keep)
    await rig.journal.tidy(72, 2)
    assert rig.standing == (5, 0, 95)


class Away:
    """A database that goes away during a commit and stays away."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.tries = 0

    async def run(self, *_: object) -> None:
        self.tries += 1
        raise OutcomeUnknown("the connection broke") if self.tries == 1 else StoreUnavailable("away")


def test_a_store_that_stays_away_in_doubt_is_asked_for_a_while_and_then_the_caller_is_told():
    away = Away()
    asking = Deferred.fromCoroutine(run_once(away, kept(1), "accept", lambda txn: None))
    away.clock.pump([DOUBT_PAUSE_S] * (DOUBT_TRIES - 1))
    assert not asking.called
    away.clock.advance(DOUBT_PAUSE_S)
    asking.addErrback(lambda failure: failure.trap(OutcomeUnknown))
    assert asking.result is OutcomeUnknown
    assert away.tries == DOUBT_TRIES + 1


def test_a_store_that_was_away_from_the_start_is_no_doubt():
    away = Away()
    away.tries = 1
    asking = Deferred.fromCoroutine(run_once(away, kept(1), "accept", lambda txn: None))
    asking.addErrback(lambda failure: failure.trap(StoreUnavailable))
    assert asking.result is StoreUnavailable
