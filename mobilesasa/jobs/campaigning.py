"""Sends campaigns, on the one node that has the chores.

How to think about it: the rows are the truth. A round looks at what is being sent, asks `campaigns.feeding` how much of each may
be queued, and queues that in chunks, each one transaction. Little is kept ahead of the carriers, so that campaigns share them
fairly and a campaign that is paused stops. Rounds follow each other closely while something is being sent; otherwise they come
at every hint of the store, and every few seconds. A node may be killed at any line: the next round, here or elsewhere, goes
on at the campaign's place. When this node no longer has the chores it begins nothing more, and what it has in hand does
nothing if another has gone on meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.campaigns.brakes import Sums, braked, has_brakes
from mobilesasa.campaigns.feeding import Feeding, Wanting
from mobilesasa.campaigns.model import PausedBy
from mobilesasa.campaigns.running import Look, Running, counted
from mobilesasa.campaigns.starting import Starts
from mobilesasa.core.errors import NoDefaultSender, SenderNotApproved, StoreAway, TeamSuspended
from mobilesasa.core.senders import find_sender
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.jobs import campaign_chunks as chunks
from mobilesasa.jobs.campaign_chunks import Chunks, Door
from mobilesasa.jobs.rounds import Rounds

TICK_S: Final = 0.25  # while something is being sent
LOOK_S: Final = 5.0  # otherwise; and between looks at brakes, but of campaigns that begin, and series
AHEAD_A_S: Final = 200_000  # messages that wait and are counted in a round make the next one a second later


class Store(chunks.Store, Protocol):
    """The campaigns that are being sent."""

    async def look(self) -> Look:
        """Start what is due, and return what there is to do."""

    async def still_waiting(self) -> Sequence[Running]:
        """Return the campaigns all of whose messages are made, and of which some wait for a carrier."""

    async def stop(self, campaign: Running, by: PausedBy, reason: str, sums: Sums | None = None) -> bool:
        """Pause a campaign; False when there is nothing of it that could be held."""

    async def tidy(self) -> bool:
        """Stop what waits of campaigns that were paused or cancelled; returns whether there may be more."""

    async def sums(self, running: Sequence[Running]) -> Mapping[int, Sums]:
        """Return what has happened to each campaign since it began, by its id."""


class Machine:
    """Queues campaigns.

    Args:
        store: the campaigns.
        door: judges messages and names them to the queue.
        directory: says who may send.
        make_due: makes the campaigns of series that are due.
        clock: keeps the rounds.
        now_ms: milliseconds since the epoch.
        backlog: says how many messages that are no bulk wait for this node, though their carriers have room.
    """

    log = Logger()

    def __init__(
        self,
        store: Store,
        door: Door,
        directory: CurrentDirectory,
        make_due: Callable[[], Awaitable[None]],
        clock: IReactorTime,
        now_ms: Callable[[], int],
        backlog: Callable[[], int],
    ) -> None:
        """Do nothing yet."""
        self._store = store
        self._chunks = Chunks(store, door, clock, now_ms, self._stop, backlog)
        self._directory = directory
        self._make_due = make_due
        self._clock = clock
        self._feeding = Feeding()
        self._starts = Starts()
        self._rounds = Rounds("campaigns", self._look_and_feed, LOOK_S, clock)
        self._ours = False
        self._slow_at_s = 0.0

    def start(self) -> None:
        """Be ready; nothing is done before `do_jobs`."""
        self._rounds.start()

    def do_jobs(self, ours: bool) -> None:
        """Send campaigns from now on, or leave that to another node."""
        if ours and not self._ours:
            self._feeding = Feeding()  # what was learned before is of another time
        self._ours = ours
        self._rounds.do_jobs(ours)

    def look(self) -> None:
        """Look soon what there is to do; called when it may have changed."""
        self._rounds.look()

    async def stop(self) -> None:
        """Begin nothing more; returns when what is in hand is written down."""
        await self._rounds.stop()

    async def _look_and_feed(self, hinted: bool) -> float:
        began_s = self._clock.seconds()
        slow = began_s >= self._slow_at_s
        if slow:
            self._slow_at_s = began_s + LOOK_S
            await self._alone("the series", self._make_due())
        if slow or hinted:
            await self._tidy()
        look = await self._store.look()
        for uuid in look.started:
            self.log.info("campaign {campaign} begins", campaign=uuid)
        running = [each for each in look.running if await self._may_go_on(each)]
        running = await self._brake(running, began_s, slow)
        await self._feed(running, look.ahead)
        if not look.running:
            return LOOK_S
        return max(TICK_S, sum(look.ahead.values()) / AHEAD_A_S) - (self._clock.seconds() - began_s)

    async def _tidy(self) -> None:
        while self._may_do() and await self._store.tidy():
            pass

    async def _alone(self, what: str, work: Awaitable[None]) -> None:
        """Do what must not keep the rest from being done."""
        try:
            await work
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - an edge: campaigns go on when this does not
            self.log.failure("{what} failed", what=what)

    async def _may_go_on(self, campaign: Running) -> bool:
        """Pause a campaign whose team or sender may not be used any more (decision 72)."""
        known = self._directory.now
        team = known.teams.get(campaign.team_id)
        try:
            if team is None or team.suspended:
                raise TeamSuspended("the team is suspended; ask the operator of this platform")
            find_sender(known, team, campaign.sender)
        except TeamSuspended as suspended:
            await self._stop(campaign, PausedBy.SUSPENDED, str(suspended))
        except (SenderNotApproved, NoDefaultSender) as refused:
            await self._stop(campaign, PausedBy.SENDER, str(refused))
        else:
            return True
        return False

    async def _brake(self, running: Sequence[Running], now_s: float, slow: bool) -> list[Running]:
        """Pause campaigns of which too many messages fail, or too many people complain; return the others.

        All are looked at every few seconds, also those that are queued and wait; those that begin, whenever much was answered.
        """
        asked = self._starts.due(now_s, running)
        if slow:
            everything = [*running, *await self._store.still_waiting()]
            asked = [each for each in everything if has_brakes(each.options)]
        sums = await self._store.sums(asked) if asked else {}
        stopped = set()
        for campaign in asked:
            now = sums.get(campaign.id)
            why = None if now is None else braked(campaign.options, counted(campaign, now))
            if why is not None:
                stopped.add(campaign.id)
                await self._stop(campaign, *why, now)
        self._starts.looked(now_s, asked)
        return [each for each in running if each.id not in stopped]

    async def _stop(self, campaign: Running, by: PausedBy, reason: str, sums: Sums | None = None) -> None:
        if await self._store.stop(campaign, by, reason, sums):
            named = {"campaign": campaign.uuid, "team_id": campaign.team_id, "by": by.value, "reason": reason}
            self.log.warn("campaign {campaign} of team {team_id} is paused by {by}: {reason}", **named)

    async def _feed(self, running: Sequence[Running], ahead: Mapping[tuple[int, int], int]) -> None:
        ready = self._chunks.ready(running)
        if not running:
            return  # nothing was counted, so nothing is to be learned
        most = self._starts.most
        wanting = [Wanting(each.id, each.team_id, each.left, each.options.rate_per_s, most(each)) for each in ready]
        plan = self._feeding.plan(self._clock.seconds(), wanting, ahead)
        await self._chunks.queue(plan, {each.id: each for each in ready}, self._may_do, self._feeding.queued)

    def _may_do(self) -> bool:
        return self._rounds.may_go_on
