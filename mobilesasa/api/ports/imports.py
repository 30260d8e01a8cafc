"""What the API needs of imports of contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, Protocol

from mobilesasa.contacts.uploads import Plan, Upload, WrongRow
from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept


class Looker(Protocol):
    """Looks at files, aside of everything else."""

    async def look(
        self,
        team_id: int,
        file: IO[bytes],
        mapping: Mapping[str, str | None],
        country: str,
        first: int = 0,
        *,
        fields: bool = False,
    ) -> Mapping[str, Any]:
        """Return what a file holds, as `contacts.uploads.looked_of` reads it.

        Args:
            team_id: whose it is.
            file: a file of the system's, from its beginning.
            mapping: headers to fields.
            country: in which national numbers are read.
            first: how many rows are wanted; with any the phone column may be missing.
            fields: whether all columns are fields of a text.
        """


class Filing(Protocol):
    """Where files are kept that teams send."""

    async def begin_file(self, team_id: int, name: str, content_type: str) -> int:
        """Begin to keep a file; returns its id."""

    async def add_chunk(self, file_id: int, n: int, octets: bytes) -> None:
        """Keep piece `n` (from 0) of it."""

    async def finish_file(self, file_id: int) -> None:
        """Say that it is whole."""

    async def drop_file(self, file_id: int) -> None:
        """Remove a file that nothing has come of, as far as that is sure: one that something names stays."""


class Uploads(Filing, Protocol):
    """The imports of teams; another team's are not there (I6)."""

    async def begin(self, by: Actor, team_id: int, uuid: str, file_id: int, plan: Plan, kept: Kept | None) -> None:
        """Keep an import, to be done at once.

        Raises:
            Repeated: the call has been done before; nothing was done now.
            AccessEnded: whoever asks no longer may.
            NotFound: the team has no such group.
            TooManyJobs: too many of the team's wait.
        """

    async def find(self, team_id: int, uuid: str) -> tuple[Upload, Sequence[WrongRow]]:
        """Return an import of the team, with the first rows that could not be taken.

        Raises:
            NotFound: it has none of that uuid.
        """

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Upload]:
        """Return imports of the team, newest first."""

    async def count(self, team_id: int) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def errors(self, upload: Upload, after: int) -> Sequence[WrongRow]:
        """Return the next rows that could not be taken, none behind the last."""

    async def cancel(self, by: Actor, team_id: int, uuid: str) -> None:
        """End an import of the team where it is.

        Raises:
            NotFound: the team has none of that uuid.
            JobEnded: it has ended already.
        """

    async def undo(self, by: Actor, team_id: int, uuid: str, kept: Kept | None) -> None:
        """Begin to undo an import of the team.

        Raises:
            Repeated: the call has been done before; nothing was done now.
            NotFound: the team has none of that uuid.
            NotUndoable: there is nothing that can be undone.
            TooManyJobs: too many of the team's wait.
        """
