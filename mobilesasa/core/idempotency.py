"""Calls that may come twice: what tells that two are the same, and the reply that the second is given (decision 45)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs

#: What tells a key from all others: the team, the route, the key.
MarkName: TypeAlias = tuple[int, str, str]


@attrs.frozen
class Mark:
    """What a team marked a call with, so that it is done once however often it comes."""

    team_id: int
    route: str  # method and path; a key means something else on another one
    key: str  # the team's own word: 1 to 255 printable ASCII characters
    body_hash: bytes  # SHA-256 of the body's octets, as they came

    @property
    def name(self) -> MarkName:
        """What another call with the same key has too."""
        return self.team_id, self.route, self.key


@attrs.frozen
class Kept:
    """A mark with the reply of its call, to be kept in the commit that does what the call asks."""

    mark: Mark
    reply: bytes = attrs.field(repr=False)  # the body, octet for octet


@attrs.frozen
class Once:
    """A mark with what makes the reply of its call when it is known what came of each thing that it asks.

    `reply` may be called on a database thread, and twice: it touches nothing but what it is given.
    """

    mark: Mark
    reply: Callable[[Sequence[Any]], bytes] = attrs.field(repr=False)


@attrs.frozen
class Reply:
    """What makes the reply of a call of what came of it, and the mark under which it is kept, if there is one.

    `of` may be called on a database thread, and twice: it touches nothing but what it is given.
    """

    mark: Mark | None
    of: Callable[[Any], bytes] = attrs.field(repr=False)


class Repeated(Exception):
    """A call under this key has been done before; nothing was done now."""

    def __init__(self, kept: Kept) -> None:
        """Keep what is kept under the key, which may be of another body."""
        super().__init__("a call under this key has been done before")
        self.kept = kept
