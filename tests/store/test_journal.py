"""The store as the others see it, over a real writer and a real pool."""

import random
from collections.abc import AsyncIterator

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import DeferredList

from mobilesasa.core.errors import Overloaded
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import Arrival, InboundPart
from mobilesasa.core.model import Coding, Lane, Never, Sent, Settlement, State
from mobilesasa.core.model import Failure as Reason
from mobilesasa.core.people import account_digest
from mobilesasa.sms.udh import Concatenation
from mobilesasa.store import attempts
from mobilesasa.store.database import Database, StoreUnavailable, connect, in_transaction
from mobilesasa.store.journal import Journal
from mobilesasa.store.living import Lookout
from mobilesasa.store.writer import Writer
from tests.store import given
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    add_carrier,
    add_run,
    add_team,
    column,
    count,
    delivered,
    failed,
    priced,
    sent,
    told,
    wrong,
)
from tests.store.test_logins import add_user, begun


class Rig:
    """A journal, and the same database by a connection of the test's own."""

    def __init__(self, dsn: str) -> None:
        self.writer = Writer(reactor, lambda: connect(dsn, "writer"))
        self.database = Database(reactor, dsn, "pool")
        self.connection = connect(dsn, "tests")
        self.run = self.do(add_run)
        self.team = self.do(add_team, 1000)
        self.carrier = self.do(add_carrier)
        self.journal = Journal(self.writer, self.writer, self.database, self.run, 3, Lookout(settling_s=0))

    def do(self, work, *args, **more):
        return in_transaction(self.connection, work, *args, **more)

    def priced(self, **changes):
        return priced(self.team, carrier_id=self.carrier, **changes)

    async def accepted(self, number=1, **changes):
        batch = [self.priced(**changes) for _ in range(number)]
        assert not any(await self.journal.accept(batch))
        return [message.id for message in batch]

    def answer(self, message_id, outcome):
        return Settlement(message_id, self.carrier, 1, NOW_MS, outcome)


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
async def test_a_message_goes_all_the_way(rig):
    (message_id,) = await rig.accepted(options={"user_message_reference": 1})
    assert await rig.journal.refill(rig.carrier, Lane.TRANSACTIONAL, None, 10) == [message_id]
    (claimed,) = await rig.journal.claim([message_id])
    assert claimed.id == message_id
    assert await rig.journal.refill(rig.carrier, Lane.TRANSACTIONAL, None, 10) == []
    await rig.journal.settle([rig.answer(message_id, Sent(("a",)))])
    assert await rig.journal.awaited(rig.carrier) == ["a"]
    (notice,) = await rig.journal.report([delivered("a", carrier_id=rig.carrier)])
    assert (notice.message_id, notice.state) == (message_id, State.DELIVERED)
    assert await rig.journal.owed(rig.team, 0, 10) == [notice]
    assert await rig.journal.forget([(rig.team, notice.spool_id)]) == [None]
    assert await rig.journal.owed(rig.team, 0, 10) == []
    assert rig.do(wrong) == []


@pytest_twisted.ensureDeferred
async def test_what_is_released_waits_again(rig):
    ids = await rig.accepted(3)
    await rig.journal.claim(ids)
    await rig.journal.release(ids[1:])
    assert await rig.journal.refill(rig.carrier, Lane.TRANSACTIONAL, None, 10) == ids[1:]
    assert await rig.journal.refill(rig.carrier, Lane.TRANSACTIONAL, ids[1], 10) == ids[2:]


@pytest_twisted.ensureDeferred
async def test_more_than_the_node_keeps_is_refused_and_nothing_of_it_stored(rig):
    waiting = []
    while rig.writer.waiting_items <= 3:
        waiting.append(rig.journal.claim([given.new_id()] * 2))
    with pytest.raises(Overloaded):
        await rig.journal.accept([rig.priced()])
    await DeferredList(waiting)
    assert rig.do(count, "message") == 0


@pytest_twisted.ensureDeferred
async def test_notices_stay_in_the_spool_when_the_store_cannot_take_their_acknowledgement(rig):
    rig.do(sent, rig.team, "a")
    (notice,) = rig.do(told, delivered("a"))
    await rig.writer.stop()
    with pytest.raises(StoreUnavailable):
        await rig.journal.forget([(rig.team, notice.spool_id)])
    assert await rig.journal.owed(rig.team, 0, 10) == [notice]


@pytest_twisted.ensureDeferred
async def test_what_comes_due_and_what_expires_is_found(rig):
    (due,) = await rig.accepted(due_at_ms=NOW_MS - HOUR_MS, lane=Lane.BULK)
    (over,) = await rig.accepted(expires_at_ms=NOW_MS - HOUR_MS)
    assert await rig.journal.due(10) == [(due, rig.carrier, Lane.BULK)]
    ended, (notice,) = await rig.journal.expired(10)
    assert (ended, notice.message_id, notice.failure) == (1, over, Reason.EXPIRED_UNSENT)


@pytest_twisted.ensureDeferred
async def test_a_failure_s_notice_comes_with_its_settlement(rig):
    (message_id,) = await rig.accepted()
    await rig.journal.claim([message_id])
    (found,) = await rig.journal.settle([rig.answer(message_id, Never(Reason.REFUSED, "no"))])
    assert [notice.message_id for notice in found.notices] == [message_id]


@pytest_twisted.ensureDeferred
async def test_what_a_silent_process_held_is_found_and_a_living_one_is_left_alone(rig):
    silent = rig.do(add_run)
    (message_id,) = await rig.accepted()
    rig.do(given.claimed, silent, message_id)
    assert await rig.journal.keep_lease(60) == ([], False)
    rig.do(lambda txn: txn.execute("UPDATE node_run SET seen_at = now() - interval '1 hour'"))
    assert await rig.journal.keep_lease(60) == ([(message_id, rig.carrier, Lane.TRANSACTIONAL)], True)


@pytest_twisted.ensureDeferred
async def test_tidying_takes_all_that_is_overdue_however_little_at_a_time(rig):
    def long_ago(txn):
        for number in range(5):
            sent(txn, rig.team, f"a{number}")
            sent(txn, rig.team, f"b{number}")
        told(txn, *(failed(f"b{number}") for number in range(5)), *(delivered(f"x{number}") for number in range(5)))
        txn.execute("UPDATE awaiting SET sent_at = now() - interval '73 hours'")
        txn.execute("UPDATE parked_report SET at = now() - interval '73 hours'")
        txn.execute("UPDATE spool SET at = now() - interval '73 hours'")
        txn.execute("SELECT count(*) FROM spool")
        assert txn.fetchone() == (5,)

    rig.do(long_ago)
    await rig.journal.tidy(72, 2)
    assert [rig.do(count, table) for table in ("awaiting", "parked_report")] == [0, 0]
    assert {notice.failure for notice in await rig.journal.owed(rig.team, 0, 10)} == {Reason.NO_RECEIPT}


@pytest_twisted.ensureDeferred
async def test_tidying_forgets_logins_and_wrong_passwords_of_long_ago(rig):
    def long_ago(txn):
        user = add_user(txn, rig.team)
        for number in range(5):
            begun(txn, user, f"mbr_{number}")
            attempts.count(txn, account_digest(f"{number}@acme.example"), "192.0.2.7")
        txn.execute("UPDATE user_login SET ends_at = now() - interval '91 days'")
        txn.execute("UPDATE login_attempt SET since = now() - interval '15 minutes'")

    rig.do(long_ago)
    await rig.journal.tidy(72, 2)
    assert [rig.do(count, table) for table in ("user_login", "login_refresh", "login_attempt")] == [0, 0, 0]


@pytest_twisted.ensureDeferred
async def test_texts_that_were_kept_long_enough_are_removed(rig):
    rig.do(lambda txn: txn.execute("UPDATE team SET text_days = 1"))
    long_ago = MessageIds(lambda: NOW_MS - 48 * HOUR_MS, random.Random(3).getrandbits)
    ids = [rig.do(sent, rig.team, f"a{n}", id=long_ago()) for n in range(3)]
    assert [await rig.journal.let_go_of_texts(0, 2) for _ in range(2)] == [True, False]
    assert [rig.do(column, "text", message_id) for message_id in ids] == [None] * 3


@pytest_twisted.ensureDeferred
async def test_messages_from_phones_are_kept_owed_cut_and_forgotten(rig):
    def part(number, total, **changes):
        fields = {"carrier_id": rig.carrier, "source": "254711000001", "destination": "22384", "coding": Coding.GSM7,
                  "octets": b"x" * 153, "received_at_ms": NOW_MS, **changes}  # fmt: skip
        return InboundPart(**fields, concatenation=Concatenation(1, total, number))

    arrivals = [Arrival(given.new_id(), part(number, 2), rig.team, as_payload=True) for number in (1, 2)]
    _, taken = await rig.journal.take_in(arrivals)
    (whole,) = await rig.journal.owed(rig.team, 0, 10)
    assert taken.deliveries == (whole,)
    await rig.journal.cut(rig.team, whole.spool_id)
    assert len(await rig.journal.owed(rig.team, 0, 10)) == 2
    late = Arrival(given.new_id(), part(1, 3, received_at_ms=NOW_MS - 25 * HOUR_MS), rig.team)
    await rig.journal.take_in([late])
    assert await rig.journal.tidy_inbound(10) == 1
    assert [len(each.deliveries) for each in await rig.journal.close_incomplete(24, 10)] == [1]
    assert await rig.journal.tidy_inbound(10) == 0
