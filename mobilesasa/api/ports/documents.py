"""What the API needs of the documents that go with requests for sender names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Kept


class Document(Protocol):
    """A document that was just sent."""

    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def octets(self) -> bytes: ...


class Documents(Protocol):
    """The documents of teams; they are read as other files are."""

    async def keep(
        self,
        by: Actor,
        team_id: int,
        name: str,
        content_type: str,
        octets: bytes,
        kept: Callable[[Any], Kept | None],
    ) -> Document:
        """Keep one of a team.

        Args:
            by: who sends it.
            team_id: whose it is.
            name: as people call it.
            content_type: of `core.documents.KINDS`.
            octets: all of it.
            kept: gives the reply to the call, to be kept in the same commit.

        Raises:
            BadValue: too many wait to be named by a request.
            AccessEnded: whoever sends it no longer may.
            Repeated: the call has been done before; nothing was done now.
        """
