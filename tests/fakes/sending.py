"""Campaigns that are being sent, in memory, and the door that they go through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Options, PausedBy, Skip
from mobilesasa.campaigns.running import Chunk, Look, Queued, Row, Running
from mobilesasa.core.errors import Refused, StoreAway
from mobilesasa.core.model import Coding, Lane, Origin, Priced, Submission, Wish

SENDER = "5e5e5e5e-0000-4000-8000-000000000001"


def running(n: int = 1, rows: int = 10, **more: Any) -> Running:
    """A campaign that is being sent."""
    known: dict[str, Any] = {
        "id": n, "uuid": f"{n:08d}-0000-4000-8000-000000000000", "team_id": 1, "sender": SENDER, "text": "Sale!", "position": 0,
        "rows": rows, "reserve_id": 1, "started_at_ms": 1, "options": Options(),
    }  # fmt: skip
    return Running(**(known | more))


def row(n: int, text: str | None = None, skipped: str | None = None) -> Row:
    """A recipient."""
    return Row(n, f"2547{n:08d}", 0 if skipped else 1, text, skipped)


def priced(asked: Submission, **more: Any) -> Priced:
    """What the door makes of a message."""
    known: dict[str, Any] = {
        "id": f"01900000-0000-7000-8000-{asked.recipient[-12:]}", "team_id": asked.team_id, "carrier_id": 1, "lane": Lane.BULK,
        "origin": Origin.API, "wish": Wish.NONE, "sender": "ACME", "recipient": asked.recipient.removeprefix("+"), "text": asked.text,
        "body": None, "udh": b"", "coding": Coding.GSM7, "parts": 1, "price_units": 1, "expires_at_ms": 9_000, "due_at_ms": None,
        "campaign_uuid": asked.campaign_uuid,
    }  # fmt: skip
    return Priced(**(known | more))


@attrs.define
class FakeDoor:
    """Judges as it is told to, and keeps what is named to the queue."""

    verdict: Callable[[Submission], Priced | Refused] = priced
    hinted: list[Priced] = attrs.field(factory=list)
    judged: list[int] = attrs.field(factory=list)  # how many at once

    def judge(self, batch: Sequence[Submission]) -> list[Priced | Refused]:
        self.judged.append(len(batch))
        return [self.verdict(each) for each in batch]

    def hint(self, stored: Sequence[Priced]) -> None:
        self.hinted.extend(stored)


@attrs.define
class FakeQueueing:
    """The store's campaigns; what is queued waits at carriers until `drain`."""

    sending: dict[int, Running] = attrs.field(factory=dict)
    rows_of: dict[int, dict[int, Row]] = attrs.field(factory=dict)
    still: dict[int, Running] = attrs.field(factory=dict)  # campaigns that are queued and wait
    due: list[Running] = attrs.field(factory=list)
    messages: list[Priced] = attrs.field(factory=list)
    waiting: Counter[tuple[int, int]] = attrs.field(factory=Counter)
    held_of: Counter[int] = attrs.field(factory=Counter)  # messages that are due later, by campaign
    skipped: dict[tuple[int, int], str] = attrs.field(factory=dict)
    stopped: list[tuple[int, PausedBy, str]] = attrs.field(factory=list)
    completed: list[int] = attrs.field(factory=list)
    sums_of: dict[int, Sums] = attrs.field(factory=dict)
    refused: set[int] = attrs.field(factory=set)  # campaigns all of whose messages carriers refuse
    summed: list[list[int]] = attrs.field(factory=list)  # of which campaigns sums were asked, call by call
    held: dict[str, Deferred[None]] = attrs.field(factory=dict)  # what the next call of a name waits for
    broken: dict[str, Exception] = attrs.field(factory=dict)  # what each call of a name raises
    looks: int = 0
    tidied: int = 0
    to_take_back: int = 0  # pieces that are left of campaigns that were cancelled
    away: bool = False

    def add(self, campaign: Running, *rows: Row) -> None:
        """Send a campaign, to these or to as many as it has."""
        self.sending[campaign.id] = campaign
        self.rows_of[campaign.id] = {each.n: each for each in rows or map(row, range(1, campaign.rows + 1))}

    def drain(self) -> None:
        """Let the carriers take all that waits."""
        self.waiting.clear()

    async def look(self) -> Look:
        self.looks += 1
        await self._reached("look")
        started, self.due = self.due, []
        for campaign in started:
            self.add(campaign)
        running = [self._seen(self.sending[n]) for n in sorted(self.sending)]
        return Look([each.uuid for each in started], running, dict(self.waiting) if running else {})

    async def rows(self, campaign: Running, upto: int) -> Sequence[Row]:
        await self._reached("rows")
        kept = self.rows_of[campaign.id]
        return [kept[n] for n in range(campaign.position + 1, upto + 1) if n in kept]

    async def still_waiting(self) -> Sequence[Running]:
        await self._reached("still_waiting")
        return list(self.still.values())

    async def some_rows(self, campaign: Running, numbers: Sequence[int]) -> Sequence[Row]:
        await self._reached("some_rows")
        kept = self.rows_of[campaign.id]
        return [kept[n] for n in numbers if n in kept]

    async def queue(self, chunk: Chunk) -> Queued | None:
        await self._reached("queue")
        campaign = self.sending.get(chunk.campaign.id)
        if campaign is None or campaign.position != chunk.campaign.position:
            return None
        made = campaign.queued + len(chunk.messages)
        self.sending[campaign.id] = attrs.evolve(campaign, position=chunk.upto, queued=made)
        self.messages += [message for _, message in chunk.messages]
        open_ones = [message for _, message in chunk.messages if message.due_at_ms is None]
        self.waiting.update((campaign.id, message.carrier_id) for message in open_ones)
        self.held_of[campaign.id] += len(chunk.messages) - len(open_ones)
        self.skipped |= {(campaign.id, n): code for n, code in chunk.left_out.items()}
        if chunk.upto == campaign.rows:
            del self.sending[campaign.id]
            self.completed.append(campaign.id)
        return Queued([message for _, message in chunk.messages], chunk.upto == campaign.rows)

    async def stop(self, campaign: Running, by: PausedBy, reason: str, sums: Sums | None = None) -> bool:
        await self._reached("stop")
        if self.sending.pop(campaign.id, None) is None and self.still.pop(campaign.id, None) is None:
            return False
        self.stopped.append((campaign.id, by, reason))
        return True

    async def sums(self, running: Sequence[Running]) -> Mapping[int, Sums]:
        await self._reached("sums")
        self.summed.append([each.id for each in running])
        refused = {each.id: each.answered for each in running if each.id in self.refused}
        known = {
            n: Sums(ended=count, failed=count, sent=0, complaints=0, refused=count) for n, count in refused.items()
        }
        return {each.id: self.sums_of[each.id] for each in running if each.id in self.sums_of} | known

    async def tidy(self) -> bool:
        await self._reached("tidy")
        self.tidied += 1
        self.to_take_back -= 1
        return self.to_take_back > 0

    def _seen(self, campaign: Running) -> Running:
        ahead = sum(count for (number, _), count in self.waiting.items() if number == campaign.id)
        held = self.held_of[campaign.id]
        return attrs.evolve(campaign, waiting=ahead + held, held=held)

    async def _reached(self, name: str) -> None:
        if name in self.held:
            await self.held.pop(name)
        if self.away:
            raise StoreAway("the database is away")
        if name in self.broken:
            raise self.broken[name]


ERASED = Skip.ERASED.value
