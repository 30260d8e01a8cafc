"""What the API needs of files that the store keeps."""

from __future__ import annotations

from typing import Protocol


class File(Protocol):
    """A file that is whole."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def octets(self) -> int: ...


class Files(Protocol):
    """The files of teams; another team's are not there (I6)."""

    async def find(self, team_id: int, uuid: str) -> File | None:
        """Return a whole file of the team, or None."""

    async def chunk(self, file_id: int, n: int) -> bytes | None:
        """Return piece `n` (from 0) of a file; None behind the last."""
