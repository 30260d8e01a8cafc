"""Stored messages of teams, in memory, for the API."""

from collections.abc import Iterable, Sequence

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.alterations import Altered, Cancel, Obstacle
from mobilesasa.core.errors import AlreadyResent, InsufficientUnits
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import Failure, MessageId, Priced, State
from mobilesasa.store.message_lists import Found
from mobilesasa.store.message_rows import Progress
from mobilesasa.store.messages import Story
from tests.fakes.keys import FakeKeys


class FakeHistory:
    """Holds what tests put into it, by `put`."""

    def __init__(self) -> None:
        self.stories: dict[MessageId, Story] = {}
        self.available_units = 1000
        self.more: int | None = None  # what an estimate says instead of the count
        self.failing: Exception | None = None
        self.counts = 0
        self.gap: MessageId | None = None  # a page finds nothing, and the list goes on behind this message
        self.keys = FakeKeys()

    def put(self, message: Priced, progress: Progress | None = None, **told: object) -> None:
        """Store a message with what has become of it."""
        progress = progress or Progress(State.QUEUED)
        story = Story(message, progress, 0, tuple((None, progress.state) for _ in range(message.parts)), (), None)
        self.stories[message.id] = attrs.evolve(story, **told)

    async def find(self, team_id: int, message_id: MessageId) -> Story | None:
        if self.failing is not None:
            raise self.failing
        story = self.stories.get(message_id)
        if story is None or story.message.team_id != team_id:
            return None
        asked = story.message
        near = (told.message for told in self.stories.values() if told.message.udh and asked.udh)
        neighbours = tuple(
            (message, self.stories[message.id].progress)
            for message in near
            if (message.team_id, message.sender, message.recipient) == (team_id, asked.sender, asked.recipient)
        )
        return attrs.evolve(story, neighbours=neighbours)

    async def page(self, team_id: int, wanted: MessageFilter, *, limit: int, offset: int = 0) -> Found:
        if self.gap is not None:
            return Found((), self.gap)
        found = self._wanted(team_id, wanted)
        shown = found[offset : offset + limit]
        more = shown[-1].message.id if len(found) > offset + limit else None
        return Found([(story.message, story.progress) for story in shown], more)

    async def count(self, team_id: int, wanted: MessageFilter) -> tuple[int, bool]:
        self.counts += 1
        if self.more is not None:
            return self.more, True
        return len(self._wanted(team_id, wanted)), False

    async def resend(self, team_id: int, failed_id: MessageId, again: Priced, kept: Kept | None = None) -> None:
        if kept is not None:
            self.keys.check(kept)
        if any(story.message.resent_from == failed_id for story in self.stories.values()):
            raise AlreadyResent("a resend of this message is on its way or has arrived")
        if self.available_units < again.price_units:
            raise InsufficientUnits(again.price_units)
        self.put(again)
        if kept is not None:
            self.keys.keep(kept)

    def _wanted(self, team_id: int, wanted: MessageFilter) -> list[Story]:
        stories = [story for _, story in sorted(self.stories.items(), reverse=True)]
        return [story for story in stories if story.message.team_id == team_id and _fits(story, wanted)]


class FakeOperations:
    """Takes back what waits of a history; `in_hand` are the ids of messages that a carrier has."""

    def __init__(self, history: FakeHistory) -> None:
        self._history = history
        self.in_hand: set[MessageId] = set()
        self.asked_by: list[Actor | None] = []
        self.told: list[Altered] = []

    async def carry_out(self, team_id: int, batch: Sequence[Cancel], by: Actor | None = None) -> Sequence[Altered]:
        self.asked_by.append(by)
        return [await self._cancel(team_id, asked.message_id) for asked in batch]

    def tell(self, done: Iterable[Altered]) -> None:
        self.told += done

    async def _cancel(self, team_id: int, message_id: MessageId) -> Altered:
        story = await self._history.find(team_id, message_id)
        if story is None:
            return Altered(Obstacle.UNKNOWN)
        if story.progress.failure is Failure.CANCELLED:
            return Altered()
        if story.progress.state is not State.QUEUED or message_id in self.in_hand:
            return Altered(Obstacle.IN_HAND)
        cancelled = Progress(State.FAILED, Failure.CANCELLED, done_at_ms=made_at_ms(message_id) + 1000)
        self._history.stories[message_id] = attrs.evolve(story, progress=cancelled)
        return Altered()


def _fits(story: Story, wanted: MessageFilter) -> bool:
    message, at_ms = story.message, made_at_ms(story.message.id)
    return (
        wanted.recipient in (None, message.recipient)
        and wanted.state in (None, story.progress.state)
        and wanted.sender in (None, message.sender)
        and wanted.campaign_uuid in (None, message.campaign_uuid)
        and wanted.client_reference in (None, message.client_reference)
        and wanted.message_id in (None, message.id)
        and (wanted.from_ms is None or at_ms >= wanted.from_ms)
        and (wanted.to_ms is None or at_ms < wanted.to_ms)
        and (wanted.before is None or message.id < wanted.before)
    )
