"""Two nodes over one real database: what one has claimed ahead of its carrier's window, the other takes back and replaces."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from mobilesasa.core.alterations import (
    Alteration,
    Altered,
    Cancel,
    CancelAll,
    Obstacle,
    Replace,
    ReplaceLike,
    Rewritten,
)
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import Coding, Failure, MessageId, Outbound, State, Wish
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.core.terms import SmppTerms
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.policies import Policies
from mobilesasa.dispatch.receipts import Receipts
from mobilesasa.dispatch.withdrawing import RESUME, WITHDRAW, SharedWithdrawing
from mobilesasa.node.answering import Answering
from mobilesasa.smsc.operations import Operations
from mobilesasa.store.alterations import StoredAlterations
from mobilesasa.store.asking import Asking
from mobilesasa.store.database import Database, connect
from mobilesasa.store.journal import Journal
from mobilesasa.store.listen import Listener
from mobilesasa.store.questions import ANSWER_CHANNEL, CHANNEL, Question
from mobilesasa.store.writer import Writer
from tests.fakes.carrier import FakeCarrier
from tests.fakes.notifier import FakeNotifier
from tests.fakes.queue import FakeQueue
from tests.store.given import NOW_MS, accepted, add_team, balance, column, priced, standing, wrong
from tests.store.processes import Process

TO = "254712345678"


class Carrier(FakeCarrier):
    """Says when it is given something, and in the end answers whatever it has."""

    def __init__(self) -> None:
        super().__init__(window=2)
        self.given: Deferred[None] = Deferred()
        self.answers = False

    def submit(self, batch: Sequence[Outbound]) -> None:
        super().submit(batch)
        if self.answers:
            reactor.callLater(0, self.answer_all)
        elif not self.given.called:
            self.given.callback(None)


class Lanes(FakeQueue):
    """Says when it has nothing left that was not acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.empty: Deferred[None] = Deferred()
        self.delivered = 0

    def deliver(self, *args: Any) -> Delivery:
        self.delivered += 1
        return super().deliver(*args)

    def _done(self, delivery: Delivery, acknowledged: bool) -> None:
        super()._done(delivery, acknowledged)
        if len(self.acked) == self.delivered:
            self.empty.callback(None)


class Member:
    """A node with a carrier whose window is 2, and what a session of a team does at it."""

    def __init__(self, dsn: str, name: str) -> None:
        self.name, self.process = name, Process(dsn, name)
        self.database = Database(reactor, dsn, name)
        self.writer = Writer(reactor, lambda: connect(dsn, "writer"))
        self.journal = Journal(self.writer, self.writer, self.database, self.process.run)
        self.queue, self.carrier, self.notifier = Lanes(), Carrier(), FakeNotifier()
        self.directory = CurrentDirectory()
        self.fleet = Fleet(lambda record: self.carrier, self.make_dispatcher, lambda _: None)
        self.asking = Asking(self.database, 60, patience_s=30.0)
        self.withdrawing = SharedWithdrawing(self.fleet, self.process.run, self.silent, self.tell)
        answerers = {WITHDRAW: self.withdrawing.tell_withdrawn, RESUME: self.resumed}
        self.answering = Answering(self.database, name, answerers)
        self.resumed_once: Deferred[None] = Deferred()
        told = {CHANNEL: self.answering.asked, ANSWER_CHANNEL: self.asking.answered}
        self.listener = Listener(
            reactor, dsn, list(told), lambda channel, payload: told[channel](payload), lambda: None
        )
        self.operations = Operations(
            StoredAlterations(self.database, self.process.run), self.queue, self.notifier, self.directory,
            lambda _: (None, NOW_MS), self.fleet, self.withdrawing,
        )  # fmt: skip

    def make_dispatcher(self, carrier_id: int, carrier: Any) -> Dispatcher:
        receipts = Receipts(self.journal, self.notifier, reactor, Policies(self.directory), self.directory.live.learned)
        ids = MessageIds(lambda: NOW_MS, lambda bits: 5)
        from_phones = FromPhones(self.journal, self.notifier, self.directory, ids, SmppTerms())
        return Dispatcher(
            carrier_id, carrier, self.queue, self.journal, receipts, from_phones, self.notifier, reactor, lambda: NOW_MS
        )

    async def silent(self, kind: str, args: Any) -> Sequence[str]:
        return (await self.asking.ask(Question(kind, args))).silent

    async def tell(self, kind: str, args: Any) -> None:
        await self.asking.tell(Question(kind, args))

    def resumed(self, args: Any) -> None:
        self.withdrawing.tell_resumed(args)
        self.resumed_once.callback(None)

    async def start(self) -> None:
        self.writer.start()
        await self.database.start()
        await self.listener.start()

    async def claim(self, ids: Sequence[MessageId]) -> None:
        """Run the carrier and bring it these; returns when the node has claimed them and the carrier has two."""
        self.fleet.apply(Directory(carriers=[CarrierRecord(1, "one", "sandbox")]))
        self.queue.deliver(ids)
        await self.carrier.given
        assert [message.id for message in self.carrier.on_wire] == list(ids[:2])

    async def finish(self) -> None:
        """Let the carrier answer, and take what there still is."""
        self.carrier.answers = True
        self.carrier.answer_all()
        await self.queue.empty

    async def stop(self) -> None:
        await self.fleet.stop()
        self.listener.stop()
        await self.writer.stop()
        await self.database.close()
        self.process.holder.close()


class Nodes:
    """The node `there` has the carrier; the team asks at `here`."""

    def __init__(self, dsn: str) -> None:
        self.here, self.there = Member(dsn, "here"), Member(dsn, "there")
        self.team: int = self.do(add_team)

    def do(self, work: Any, *args: Any, **more: Any) -> Any:
        return self.here.process.do(work, *args, **more)

    async def claimed(self, count: int, **changes: Any) -> list[MessageId]:
        ids: list[MessageId] = self.do(accepted, self.team, count, **changes)
        await self.there.claim(ids)
        return ids

    async def ask(self, *batch: Alteration) -> Sequence[Altered]:
        done = await self.here.operations.carry_out(self.team, batch)
        await self.there.resumed_once
        await self.there.finish()
        return done


@pytest_twisted.async_yield_fixture
async def nodes(database_dsn: str) -> AsyncIterator[Nodes]:
    made = Nodes(database_dsn)
    for member in (made.here, made.there):
        await member.start()
    yield made
    for member in (made.here, made.there):
        await member.stop()


def rewriting(message_id: MessageId) -> Replace:
    content = Rewritten("Ho", None, Coding.GSM7)
    return Replace(message_id, "", dict.fromkeys((0, 1, 3, 4, 8), content), Wish.NONE)


def texts(nodes: Nodes) -> dict[MessageId, str | None]:
    """What the carrier was given."""
    return {message.id: message.text for batch in nodes.there.carrier.submitted for message in batch}


@pytest_twisted.ensureDeferred
async def test_what_no_carrier_has_is_taken_back_and_never_goes_out(nodes):
    ids = await nodes.claimed(5)
    done = await nodes.ask(Cancel(ids[1]), Cancel(ids[3]))
    assert [each.obstacle for each in done] == [Obstacle.IN_HAND, None]
    assert list(texts(nodes)) == [ids[0], ids[1], ids[2], ids[4]]
    assert nodes.do(standing, ids[3])[0::3] == (State.FAILED, Failure.CANCELLED)
    assert nodes.do(balance, nodes.team) == 1000 - 4
    assert len(done[1].notices) == 1
    assert nodes.do(wrong, "configured") == []


@pytest_twisted.ensureDeferred
async def test_all_of_a_sender_to_a_number_are_taken_back_but_what_the_carrier_has(nodes):
    ids = await nodes.claimed(5)
    free = nodes.do(accepted, nodes.team, 2)
    (done,) = await nodes.ask(CancelAll("TextBlast", TO))
    assert (done.obstacle, done.held, len(done.notices)) == (None, (), 5)
    assert list(texts(nodes)) == ids[:2]
    assert {nodes.do(column, "state", each) for each in [*ids[2:], *free]} == {State.FAILED}


@pytest_twisted.ensureDeferred
async def test_new_words_go_out_in_the_place_of_the_old(nodes):
    ids = await nodes.claimed(4)
    done = await nodes.ask(rewriting(ids[0]), rewriting(ids[2]), ReplaceLike(priced(nodes.team, text="Hey")))
    assert [each.obstacle for each in done] == [Obstacle.IN_HAND, None, None]
    assert done[2].message_id == ids[3]
    assert texts(nodes) == {ids[0]: "Hi", ids[1]: "Hi", ids[2]: "Ho", ids[3]: "Hey"}
    assert [each for _, _, named in nodes.here.queue.published for each in named] == [ids[2], ids[3]]


@pytest_twisted.ensureDeferred
async def test_a_node_that_is_deaf_costs_the_patience_and_leaves_the_answer_as_it_is(nodes):
    ids = await nodes.claimed(3)
    nodes.there.listener.stop()
    nodes.here.asking = Asking(nodes.here.database, 60, patience_s=0.1)
    (done,) = await nodes.here.operations.carry_out(nodes.team, [Cancel(ids[2])])
    assert done.obstacle is Obstacle.IN_HAND
    await nodes.there.finish()
    assert list(texts(nodes)) == ids


@pytest_twisted.ensureDeferred
async def test_both_may_ask_each_other_at_once(nodes):
    at_there = await nodes.claimed(3)
    at_here = nodes.do(accepted, nodes.team, 3)
    await nodes.here.claim(at_here)
    asked = [
        Deferred.fromCoroutine(nodes.here.operations.carry_out(nodes.team, [Cancel(at_there[2])])),
        Deferred.fromCoroutine(nodes.there.operations.carry_out(nodes.team, [Cancel(at_here[2])])),
    ]
    assert [[each.obstacle for each in done] for done in await gatherResults(asked)] == [[None], [None]]
    for member in (nodes.here, nodes.there):
        await member.resumed_once
        await member.finish()
    assert nodes.do(balance, nodes.team) == 1000 - 4
