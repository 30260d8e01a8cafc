"""A dispatcher between a queue, a store and a carrier that all do as the test says."""

from collections.abc import Sequence

from twisted.internet.task import Clock

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Lane, MessageId
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.core.terms import SmppTerms
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.policies import Policies
from mobilesasa.dispatch.receipts import Receipts
from tests.fakes.carrier import FakeCarrier
from tests.fakes.journal import FakeJournal, outbound
from tests.fakes.notifier import FakeNotifier
from tests.fakes.queue import FakeQueue

FAST, BULK = Lane.TRANSACTIONAL, Lane.BULK


class Rig:
    """One carrier's way out."""

    def __init__(self, window: int = 10, claim_ahead: int = 500) -> None:
        self.clock = Clock()
        self.queue = FakeQueue()
        self.journal = FakeJournal()
        self.notifier = FakeNotifier()
        self.directory = CurrentDirectory()
        self.receipts = Receipts(
            self.journal, self.notifier, self.clock, Policies(self.directory), self.directory.live.learned
        )
        ids = MessageIds(lambda: 1_795_000_000_000 + round(1000 * self.clock.seconds()), lambda bits: 5)
        self.from_phones = FromPhones(self.journal, self.notifier, self.directory, ids, SmppTerms())
        self.claim_ahead = claim_ahead
        self.carrier, self.dispatcher = self.add(1, window)
        self.numbers = 0

    def add(self, carrier_id: int, window: int) -> tuple[FakeCarrier, Dispatcher]:
        """Start another carrier on the same queue and store."""
        carrier = FakeCarrier(window, f"carrier{carrier_id}")
        dispatcher = Dispatcher(
            carrier_id, carrier, self.queue, self.journal, self.receipts, self.from_phones, self.notifier, self.clock,
            lambda: int(self.clock.seconds() * 1000), self.claim_ahead,
        )  # fmt: skip
        carrier.start(dispatcher)
        dispatcher.start()
        return carrier, dispatcher

    def store(self, count: int, lane: Lane = FAST, carrier_id: int = 1, **changes: object) -> list[MessageId]:
        """Let messages wait in the store."""
        ids = [f"{lane.name[0]}{number:04d}" for number in range(self.numbers, self.numbers + count)]
        self.numbers += count
        return self.journal.put(*(outbound(each, lane=lane, carrier_id=carrier_id, **changes) for each in ids))

    def deliver(self, count: int, lane: Lane = FAST, carrier_id: int = 1, **changes: object) -> list[MessageId]:
        """Store messages and deliver the body that names them."""
        ids = self.store(count, lane, carrier_id, **changes)
        self.queue.deliver(ids, lane, carrier_id)
        return ids

    def settled_ids(self) -> list[MessageId]:
        return [item.message_id for item in self.journal.settled]


def flat(bodies: Sequence[Sequence[MessageId]]) -> list[MessageId]:
    return [each for body in bodies for each in body]
