"""What the API needs of audiences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mobilesasa.contacts.audiences import Audience, AudienceReading
from mobilesasa.contacts.uploads import WrongRow
from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept


class Audiences(Protocol):
    """The audiences of teams; another team's are not there (I6)."""

    async def begin(
        self, by: Actor, team_id: int, uuid: str, file_id: int, plan: AudienceReading, kept: Kept | None
    ) -> None:
        """Keep an audience, whose file is read at once.

        Raises:
            Repeated: the call has been done before; nothing was done now.
            AccessEnded: whoever asks no longer may.
            TooManyJobs: too many of the team's wait.
        """

    async def find(self, team_id: int, uuid: str) -> tuple[Audience, Sequence[WrongRow]]:
        """Return an audience of the team, with the first rows that could not be taken.

        Raises:
            NotFound: it has none of that uuid.
        """

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Audience]:
        """Return audiences of the team, newest first."""

    async def count(self, team_id: int) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def errors(self, audience: Audience, after: int) -> Sequence[WrongRow]:
        """Return the next rows that could not be taken, none behind the last."""

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Audience:
        """Delete an audience of the team, and return it.

        Raises:
            NotFound: the team has none of that uuid.
            InUse: a campaign that is a draft, or is not over, is for it.
        """
