"""Stored messages of teams, in memory, for the API."""

from collections.abc import Sequence

import attrs

from mobilesasa.core.errors import AlreadyResent, InsufficientUnits
from mobilesasa.core.model import MessageId, Priced, State
from mobilesasa.store.messages import Progress, Story


class FakeHistory:
    """Holds what tests put into it, by `put`."""

    def __init__(self) -> None:
        self.stories: dict[MessageId, Story] = {}
        self.available_units = 1000
        self.reserved_units = 0
        self.more: int | None = None  # what an estimate says instead of the count
        self.failing: Exception | None = None

    def put(self, message: Priced, progress: Progress | None = None, **told: object) -> None:
        """Store a message with what has become of it."""
        progress = progress or Progress(State.QUEUED)
        story = Story(message, progress, 0, tuple((None, progress.state) for _ in range(message.parts)), (), None)
        self.stories[message.id] = attrs.evolve(story, **told)

    async def find(self, team_id: int, message_id: MessageId) -> Story | None:
        if self.failing is not None:
            raise self.failing
        story = self.stories.get(message_id)
        return story if story is not None and story.message.team_id == team_id else None

    async def page(self, team_id, *, limit, offset, recipient=None, state=None, before=None) -> Sequence:
        found = self._wanted(team_id, recipient, state, before)
        return [(story.message, story.progress) for story in found[offset : offset + limit]]

    async def count(self, team_id, *, recipient=None, state=None, before=None) -> tuple[int, bool]:
        if self.more is not None:
            return self.more, True
        return len(self._wanted(team_id, recipient, state, before)), False

    async def resend(self, team_id: int, failed_id: MessageId, again: Priced) -> None:
        if any(story.message.resent_from == failed_id for story in self.stories.values()):
            raise AlreadyResent("a resend of this message is on its way or has arrived")
        if self.available_units < again.price_units:
            raise InsufficientUnits(again.price_units)
        self.put(again)

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
