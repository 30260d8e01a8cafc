"""Stored messages of teams, in memory, for the API."""

from collections.abc import Sequence

import attrs

from mobilesasa.core.errors import AlreadyResent, InsufficientUnits
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.model import MessageId, Priced, State
from mobilesasa.store.messages import Progress, Story
from tests.fakes.keys import FakeKeys


class FakeHistory:
    """Holds what tests put into it, by `put`."""

    def __init__(self) -> None:
        self.stories: dict[MessageId, Story] = {}
        self.available_units = 1000
        self.reserved_units = 0
        self.more: int | None = None  # what an estimate says instead of the count
        self.failing: Exception | None = None
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

    async def page(self, team_id, *, limit, offset, recipient=None, state=None, before=None) -> Sequence:
        found = self._wanted(team_id, recipient, state, before)
        return [(story.message, story.progress) for story in found[offset : offset + limit]]

    async def count(self, team_id, *, recipient=None, state=None, before=None) -> tuple[int, bool]:
        if self.more is not None:
            return self.more, True
        return len(self._wanted(team_id, recipient, state, before)), False

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

    async def units(self, team_id: int) -> tuple[int, int]:
        return self.available_units, self.reserved_units

    def _wanted(self, team_id, recipient, state, before) -> list[Story]:
        return [
            story
            for message_id, story in sorted(self.stories.items(), reverse=True)
            if story.message.team_id == team_id
            and recipient in (None, story.message.recipient)
            and state in (None, story.progress.state)
            and (before is None or message_id < before)
        ]
