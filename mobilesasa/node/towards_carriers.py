"""The way to the carriers: the queue, those that run here, and what becomes of what they bring back."""

from __future__ import annotations

import random

import attrs

from mobilesasa.carriers import registry
from mobilesasa.carriers.port import RunningCarrier, World
from mobilesasa.core.ports import Notifier
from mobilesasa.core.ussd import Desk
from mobilesasa.dispatch.callbacks import Callbacks
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.policies import Policies
from mobilesasa.dispatch.receipts import Receipts
from mobilesasa.dispatch.watch import Watch
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.smpp import smpp_terms
from mobilesasa.queue.memory import MemoryQueue
from mobilesasa.queue.rabbit import RabbitQueue
from mobilesasa.store.callbacks import StoredCallbacks

LaneQueue = MemoryQueue | RabbitQueue


@attrs.frozen(eq=False)
class TowardsCarriers:
    """What brings messages to carriers, and takes what they report.

    Attributes:
        queue: what waits for each carrier.
        receipts: take what carriers report of messages.
        from_phones: takes messages of phones.
        callbacks: takes the HTTP calls of carriers.
        fleet: the carriers that run here.
        watch: how each stands.
    """

    queue: LaneQueue
    receipts: Receipts
    from_phones: FromPhones
    callbacks: Callbacks
    fleet: Fleet
    watch: Watch


def towards_carriers(base: Base, notifier: Notifier, ussd: Desk | None = None) -> TowardsCarriers:
    """Build it over the ground, who tells teams, and who answers USSD over SMPP; nothing of it runs yet."""
    reactor, journal, directory = base.reactor, base.journal, base.directory
    refill = journal.refill
    queue: LaneQueue = RabbitQueue(reactor, now_ms, refill) if base.store.shared else MemoryQueue(reactor, refill)
    receipts = Receipts(journal, notifier, reactor, Policies(directory), directory.live.learned)
    from_phones = FromPhones(journal, notifier, directory, base.new_id, smpp_terms(base.settings))
    fleet = _fleet(base, notifier, queue, receipts, from_phones, ussd)
    return TowardsCarriers(
        queue=queue,
        receipts=receipts,
        from_phones=from_phones,
        callbacks=_callbacks(base, receipts, from_phones),
        fleet=fleet,
        watch=Watch(fleet, directory, journal.move_on, queue, reactor, receipts.heard),
    )


def _fleet(
    base: Base,
    notifier: Notifier,
    queue: LaneQueue,
    receipts: Receipts,
    from_phones: FromPhones,
    ussd: Desk | None,
) -> Fleet:
    reactor, directory = base.reactor, base.directory
    world, policies = World(reactor, now_ms, random.SystemRandom(), directory, ussd), Policies(directory)

    def make_dispatcher(carrier_id: int, carrier: RunningCarrier) -> Dispatcher:
        return Dispatcher(
            carrier_id,
            carrier,
            queue,
            base.journal,
            receipts,
            from_phones,
            notifier,
            reactor,
            now_ms,
            base.settings.dispatch.claim_ahead,
            policies.of(carrier_id).second_way_s,
        )

    fleet = Fleet(lambda record: registry.make(record, world), make_dispatcher, base.journal.awaited)
    fleet.hold(frozenset())  # until it is known what this node holds
    return fleet


def _callbacks(base: Base, receipts: Receipts, from_phones: FromPhones) -> Callbacks:
    kept = StoredCallbacks(base.writer)
    reader = registry.callback_reader
    return Callbacks(base.directory, reader, kept, receipts.take, from_phones.take, base.new_id, now_ms)
