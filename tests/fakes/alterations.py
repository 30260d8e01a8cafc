"""The store of alterations in memory, over what a `FakeIntake` has stored."""

import itertools
from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.actors import Actor
from mobilesasa.core.alterations import (
    Alteration,
    Altered,
    Cancel,
    CancelAll,
    Held,
    Obstacle,
    Query,
    Reached,
    Replace,
    ReplaceLike,
    Unreadable,
    service_type_of,
)
from mobilesasa.core.model import Failure, MessageId, Notice, Origin, Priced, State, Wish
from tests.fakes.intake import FakeIntake
from tests.fakes.spool import NINE_MS, FakeSpool


class FakeAlterations:
    """Alters messages. What is `in_hand`, or `elsewhere` in the hand of a node, cannot be altered.

    While `held` is a list, batches wait in it for `release`.
    """

    def __init__(self, intake: FakeIntake, spool: FakeSpool) -> None:
        self._intake = intake
        self._spool = spool
        self._numbers = itertools.count(1)
        self.reached: dict[MessageId, Reached] = {}
        self.in_hand: set[MessageId] = set()
        self.elsewhere: dict[MessageId, str] = {}
        self.batches: list[list[Alteration]] = []
        self.failing: Exception | None = None
        self.held: list[Deferred[None]] | None = None

    async def alter(self, team_id: int, batch: Sequence[Alteration], by: Actor | None = None) -> Sequence[Altered]:
        self.batches.append(list(batch))
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            await waiting
        if self.failing is not None:
            raise self.failing
        return [self._alter(team_id, asked) for asked in batch]

    def hold(self) -> None:
        self.held = []

    def release(self) -> None:
        assert self.held
        self.held.pop(0).callback(None)

    def _alter(self, team_id: int, asked: Alteration) -> Altered:
        if isinstance(asked, CancelAll):
            return self._cancel_all(team_id, asked)
        if isinstance(asked, ReplaceLike):
            return self._replace_like(team_id, asked.message)
        message = self._stored(asked.message_id)
        if message is None or message.team_id != team_id:
            return Altered(Obstacle.UNKNOWN)
        if asked.sender not in ("", message.sender):
            return Altered(Obstacle.OTHER_SENDER)
        reached = self.reached.get(message.id, Reached(State.QUEUED, None, None))
        if isinstance(asked, Query):
            return Altered(reached=reached)
        if isinstance(asked, Cancel) and reached.failure is Failure.CANCELLED:
            return Altered()
        if not self._waits(message):
            return Altered(Obstacle.IN_HAND, held=self._held(message))
        return self._cancel(message) if isinstance(asked, Cancel) else self._replace(message, asked)

    def _stored(self, message_id: MessageId) -> Priced | None:
        return next((message for message in self._intake.stored if message.id == message_id), None)

    def _waits(self, message: Priced) -> bool:
        return message.id not in self.in_hand and message.id not in self.elsewhere and message.id not in self.reached

    def _held(self, *messages: Priced) -> tuple[Held, ...]:
        return tuple(Held(one.id, self.elsewhere[one.id]) for one in messages if one.id in self.elsewhere)

    def _cancel(self, message: Priced) -> Altered:
        self.reached[message.id] = Reached(State.FAILED, Failure.CANCELLED, NINE_MS)
        self._intake.balance[message.team_id] = self._intake.balance.get(message.team_id, 0) + message.price_units
        if message.wish not in (Wish.ALL, Wish.FAILURES):
            return Altered()
        notice = Notice(
            next(self._numbers), message.team_id, message.id, message.sender, message.recipient, State.FAILED,
            Failure.CANCELLED, "", message.parts, NINE_MS, NINE_MS, message.options,
        )  # fmt: skip
        return Altered(notices=tuple(self._spool.put(notice)))

    def _cancel_all(self, team_id: int, asked: CancelAll) -> Altered:
        found = [
            message
            for message in self._intake.stored
            if (message.team_id, message.sender, message.recipient) == (team_id, asked.sender, asked.recipient)
            and asked.service_type in ("", service_type_of(message.options))
            and message.id not in self.reached
        ]
        if not found:
            return Altered(Obstacle.NONE_WAITS)
        done = [self._cancel(message) for message in found if self._waits(message)]
        if not done:
            return Altered(Obstacle.IN_HAND, held=self._held(*found))
        notices = tuple(notice for altered in done for notice in altered.notices)
        return Altered(notices=notices, held=self._held(*found))

    def _replace(self, message: Priced, asked: Replace) -> Altered:
        content = asked.contents[(message.options or {}).get("data_coding", message.coding)]
        if message.parts > 1 or message.udh:
            return Altered(Obstacle.NOT_SINGLE)
        if message.closes_at_ms is not None:
            return Altered(Obstacle.RULED)
        if isinstance(content, Unreadable):
            return Altered(content)
        changes = {"text": content.text, "body": content.body, "coding": content.coding, "wish": asked.wish}
        if asked.due_at_ms is not None:
            changes["due_at_ms"] = asked.due_at_ms or None
        if asked.expires_at_ms is not None:
            changes["expires_at_ms"] = asked.expires_at_ms
        return self._put(message, attrs.evolve(message, **changes))

    def _replace_like(self, team_id: int, new: Priced) -> Altered:
        held: tuple[Held, ...] = ()
        for message in reversed(self._intake.stored):
            alike = (message.team_id, message.sender, message.recipient) == (team_id, new.sender, new.recipient)
            alike = alike and service_type_of(message.options) == service_type_of(new.options)
            alike = alike and message.origin is Origin.SMPP and message.parts == 1 and not message.udh
            if alike and self._waits(message):
                return self._put(message, attrs.evolve(new, id=message.id))
            if alike:
                held = held or self._held(message)
        return Altered(Obstacle.NONE_WAITS, held=held)

    def _put(self, old: Priced, new: Priced) -> Altered:
        self._intake.stored[self._intake.stored.index(old)] = new
        place = (new.id, new.carrier_id, new.lane) if new.due_at_ms is None else None
        return Altered(message_id=new.id, place=place)
