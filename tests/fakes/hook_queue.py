"""The queues of webhooks in memory, and endpoints that answer as a test says."""

from collections.abc import Collection, Sequence

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.hooks import Delivery, Endpoint, HookEvent, Outcome

TAKEN = Outcome(status=200)
BROKEN = Outcome(status=500)


def endpoint_of(webhook_id: int) -> Endpoint:
    return Endpoint(webhook_id, f"uuid {webhook_id}", 1, f"https://example.com/{webhook_id}", ("whsec_AAAA",))


@attrs.define
class Row:
    """A delivery of the store."""

    id: int
    webhook_id: int
    subject: str | None
    next_at_s: float | None
    attempts: int = 0
    state: str = "waiting"


class FakeHookQueue:
    """Implements `notify.webhooks.sender.Queue` as the store does."""

    def __init__(self, clock, slots: int) -> None:
        self.clock = clock
        self.slots = slots
        self.rows: list[Row] = []
        self.disabled: dict[int, str] = {}
        self.failing: Exception | None = None  # raised by every call
        self.blocking: Deferred | None = None  # what `settle` waits for
        self.forgets = [False]
        self.forgotten: list[int] = []
        self.reads = 0

    def add(self, webhook_id: int, *subjects: str | None) -> list[Row]:
        made = [
            Row(len(self.rows) + n, webhook_id, subject, self.clock.seconds())
            for n, subject in enumerate(subjects or [None], 1)
        ]
        self.rows += made
        return made

    def _due(self, webhook_id: int) -> list[Row]:
        now_s = self.clock.seconds()
        due = [row for row in self.rows if row.webhook_id == webhook_id and row.next_at_s is not None]
        return sorted((row for row in due if row.next_at_s <= now_s), key=lambda row: (row.next_at_s, row.id))

    async def due(self, held: Collection[int]) -> Sequence[int]:
        self._answer()
        ids = sorted({row.webhook_id for row in self.rows} - self.disabled.keys())
        return [each for each in ids if each % self.slots in held and self._due(each)]

    async def take(self, webhook_id: int, limit: int):
        self._answer()
        self.reads += 1
        if webhook_id in self.disabled:
            return None
        return endpoint_of(webhook_id), [
            Delivery(
                row.id, row.attempts, HookEvent(id=f"event {row.id}", event="optout", data={}, subject=row.subject)
            )
            for row in self._due(webhook_id)[:limit]
        ]

    async def settle(self, webhook_id: int, batch):
        self._answer()
        if self.blocking is not None:
            await self.blocking
        for row_id, outcome, wait_s in batch:
            row = self.rows[row_id - 1]
            row.attempts += 1
            row.next_at_s = None if wait_s is None else self.clock.seconds() + wait_s
            row.state = "waiting" if wait_s is not None else "delivered" if outcome.is_taken else "failed"
            if outcome.is_gone:
                self.disabled[webhook_id] = "gone"
        return self.disabled.get(webhook_id)

    async def waiting(self, held: Collection[int]) -> tuple[int, float]:
        self._answer()
        return sum(row.next_at_s is not None for row in self.rows), 7.0

    async def forget(self, days: int, limit: int) -> bool:
        self._answer()
        self.forgotten.append(days)
        return self.forgets.pop(0) if self.forgets else False

    def _answer(self) -> None:
        if self.failing is not None:
            raise self.failing


class FakeEndpoints:
    """Stands for what calls endpoints: answers by the list of each, the last of it for ever; a Deferred is waited for."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []
        self.bodies: list[bytes] = []
        self.answers: dict[int, list] = {}
        self.under_way = 0
        self.most = 0

    async def call(self, endpoint: Endpoint, event_id: str, body: bytes) -> Outcome:
        self.calls.append((endpoint.id, event_id))
        self.bodies.append(body)
        answers = self.answers.get(endpoint.id, [TAKEN])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await answer if isinstance(answer, Deferred) else answer
        finally:
            self.under_way -= 1
