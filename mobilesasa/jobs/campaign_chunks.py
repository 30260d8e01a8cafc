"""Makes messages of the next recipients of campaigns: one chunk is written down while the next is made ready.

A chunk is made ready for the place that the campaign has when the one before is written down. Where that one is not (the campaign
was paused, say), the chunk that follows is dropped, and would change nothing anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mobilesasa.campaigns.model import PausedBy
from mobilesasa.campaigns.running import Chunk, Held, Queued, Row, Running, sample, sort_out, submissions
from mobilesasa.core.errors import Refused, StoreAway, TeamSuspended
from mobilesasa.core.model import Priced, Submission

CHUNK: Final = 1_000  # recipients of one transaction
JUDGED: Final = 250  # … that are judged at once, which holds up the reactor for some milliseconds
BUSY_S: Final = 0.25  # until a campaign is looked at again that somebody else has changed
ROUTE_S: Final = 5.0  # … that no carrier takes
NO_ROUTE_S: Final = 600.0  # … and which is paused then
HOURS_S: Final = 60.0  # … that waits for its hours, at most: rules may change
AGAIN_S: Final = 30.0  # … that we failed, or that is queued
BACKLOG_A_S: Final = (
    500  # messages of others that wait for this node, and not for a carrier, hold up the next chunk for a second
)
PAUSE_MAX_S: Final = 0.25  # … at most for so long


class Store(Protocol):
    """The recipients of campaigns."""

    async def rows(self, campaign: Running, upto: int) -> Sequence[Row]:
        """Return the recipients behind a campaign's place up to a row."""

    async def some_rows(self, campaign: Running, numbers: Sequence[int]) -> Sequence[Row]:
        """Return those of these recipients that there are."""

    async def queue(self, chunk: Chunk) -> Queued | None:
        """Store the messages of a chunk; None when the campaign has gone on or stopped without us."""


class Door(Protocol):
    """The rules for messages, and the queue behind them: `core.gateway.Gateway`."""

    def judge(self, batch: Sequence[Submission]) -> list[Priced | Refused]:
        """Return a verdict for each."""

    def hint(self, stored: Sequence[Priced]) -> None:
        """Name stored messages to the queues of their carriers."""


class Chunks:
    """Queues what is planned, chunk by chunk.

    Args:
        store: the recipients.
        door: judges messages and names them to the queue.
        clock: says how long a campaign is left alone.
        now_ms: milliseconds since the epoch.
        stop: pauses a campaign of which nothing may go out, with the reason.
        backlog: says how many messages that are no bulk wait although their carriers have room: campaigns give way to them.
    """

    log = Logger()

    def __init__(
        self,
        store: Store,
        door: Door,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        stop: Callable[[Running, PausedBy, str], Awaitable[None]],
        backlog: Callable[[], int],
    ) -> None:
        """Do nothing yet."""
        self._store = store
        self._door = door
        self._clock = clock
        self._now_ms = now_ms
        self._stop = stop
        self._backlog = backlog
        self._not_before_s: dict[int, float] = {}  # campaigns that are left alone
        self._no_route_since_s: dict[int, float] = {}  # campaigns whose next recipients no carrier takes

    def ready(self, running: Iterable[Running]) -> list[Running]:
        """Return those campaigns of all that are being sent that are not left alone now."""
        now_s, there = self._clock.seconds(), list(running)
        numbers = {each.id for each in there}
        self._not_before_s = {n: at_s for n, at_s in self._not_before_s.items() if n in numbers and at_s > now_s}
        self._no_route_since_s = {n: at_s for n, at_s in self._no_route_since_s.items() if n in numbers}
        return [each for each in there if each.id not in self._not_before_s]

    async def queue(
        self,
        plan: Iterable[tuple[int, int]],
        campaigns: Mapping[int, Running],
        may_go_on: Callable[[], bool],
        queued: Callable[[int, Mapping[int, int]], None],
    ) -> None:
        """Queue what is planned; returns when all of it is written down.

        Args:
            plan: campaigns by their ids and how many recipients of each, in order; what comes of one in a row shares transactions.
            campaigns: those, by id.
            may_go_on: asked before each chunk.
            queued: told to which carriers the messages of each chunk went: a campaign, and how many by carrier.
        """
        there, writing = dict(campaigns), _nothing()
        try:
            for campaign_id, in_a_row in groupby(plan, key=itemgetter(0)):
                left = sum(count for _, count in in_a_row)
                while left > 0 and campaign_id not in self._not_before_s and may_go_on():
                    await self._give_way()
                    chunk = await self._guarded(there[campaign_id], self._made(there[campaign_id], min(left, CHUNK)))
                    await writing
                    if chunk is None or campaign_id in self._not_before_s or not may_go_on():
                        break
                    left -= chunk.upto - chunk.campaign.position
                    there[campaign_id] = chunk.after
                    writing = Deferred.fromCoroutine(self._guarded(chunk.campaign, self._written(chunk, queued)))
        finally:
            await writing

    async def _give_way(self) -> None:
        """Let what is no bulk go first, where it waits for us."""
        wait_s = min(self._backlog() / BACKLOG_A_S, PAUSE_MAX_S)
        if wait_s > 0:
            await deferLater(self._clock, wait_s)

    async def _guarded(self, campaign: Running, work: Awaitable[Chunk | None]) -> Chunk | None:
        """Do a piece of work for a campaign; one that breaks is left alone, and holds up no other."""
        try:
            return await work
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - an edge: one bad campaign must not hold up the others
            self.log.failure("campaign {campaign} does not come on", campaign=campaign.uuid)
            self._leave(campaign, AGAIN_S)
            return None

    async def _made(self, campaign: Running, count: int) -> Chunk | None:
        """Return the next chunk; None: there is none now."""
        upto = min(campaign.position + count, campaign.rows)
        rows = await self._store.rows(campaign, upto)
        try:
            verdicts = await self._judged(submissions(campaign, rows))
            chunk = sort_out(campaign, rows, verdicts, upto)
            if isinstance(chunk, Held) and await self._others_go(campaign, upto):
                chunk = sort_out(campaign, rows, verdicts, upto, others_go=True)
        except TeamSuspended as suspended:
            await self._stop(campaign, PausedBy.SUSPENDED, str(suspended))
            self._leave(campaign, AGAIN_S)
            return None
        if isinstance(chunk, Held):
            self._leave(campaign, self._wait_s(chunk))
            if chunk.waits_for == "route":
                await self._miss_route(campaign)
            return None
        self._no_route_since_s.pop(campaign.id, None)
        return chunk

    async def _others_go(self, campaign: Running, behind: int) -> bool:
        """Say whether some of those behind a row can get something now, as far as some of them tell."""
        numbers = sample(behind, campaign.rows)
        if not numbers:
            return False
        rows = await self._store.some_rows(campaign, numbers)
        verdicts = await self._judged(submissions(campaign, rows))
        return any(isinstance(verdict, Priced) and verdict.due_at_ms is None for verdict in verdicts)

    async def _miss_route(self, campaign: Running) -> None:
        """Tell of a campaign that no carrier takes, and pause it after some minutes."""
        now_s = self._clock.seconds()
        if campaign.id not in self._no_route_since_s:
            self._no_route_since_s[campaign.id] = now_s
            named = {"campaign": campaign.uuid, "team_id": campaign.team_id}
            self.log.warn("campaign {campaign} of team {team_id} waits: no carrier takes its next recipients", **named)
        elif now_s - self._no_route_since_s[campaign.id] >= NO_ROUTE_S:
            minutes = round(NO_ROUTE_S / 60)
            reason = f"for {minutes} minutes no carrier has taken messages to its next recipients"
            await self._stop(campaign, PausedBy.ROUTE, reason)

    async def _judged(self, asked: Sequence[Submission]) -> list[Priced | Refused]:
        """Judge messages, and let others have their turn in between."""
        verdicts = self._door.judge(asked[:JUDGED])
        for begin in range(JUDGED, len(asked), JUDGED):
            await deferLater(self._clock, 0)
            verdicts += self._door.judge(asked[begin : begin + JUDGED])
        return verdicts

    async def _written(self, chunk: Chunk, queued: Callable[[int, Mapping[int, int]], None]) -> None:
        """Write a chunk down, and name its messages to the queue."""
        campaign = chunk.campaign
        try:
            done = await self._store.queue(chunk)
        except StoreAway:
            self._door.hint([message for _, message in chunk.messages])  # who looks for what is not there finds nothing
            raise
        if done is None:
            self._leave(campaign, BUSY_S)
            return
        self._door.hint(done.messages)
        queued(campaign.id, Counter(message.carrier_id for message in done.messages if message.due_at_ms is None))
        if done.is_completed:
            self._leave(campaign, AGAIN_S)
            named = {"campaign": campaign.uuid, "team_id": campaign.team_id}
            self.log.info("campaign {campaign} of team {team_id} is queued", **named)

    def _leave(self, campaign: Running, wait_s: float) -> None:
        """Leave a campaign alone for a while."""
        self._not_before_s[campaign.id] = self._clock.seconds() + wait_s

    def _wait_s(self, held: Held) -> float:
        """Return how long a campaign is left alone that can send nothing now."""
        if held.until_ms is None:
            return ROUTE_S
        return min(max((held.until_ms - self._now_ms()) / 1000, 0.0) + BUSY_S, HOURS_S)


def _nothing() -> Deferred[Chunk | None]:
    """Return what is written down already."""
    done: Deferred[Chunk | None] = Deferred()
    done.callback(None)
    return done
