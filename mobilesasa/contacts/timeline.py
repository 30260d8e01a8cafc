"""Everything between a team and one person in one list, newest first: where in it one stands, and what comes after that.

The list is put together of several, each of its own kind, of which the next few things behind a position are asked for. Things
are ordered by the millisecond; of one millisecond by kind, of one kind by id. So a position says for each kind where to go
on, and nothing comes twice or is left out, whatever comes in meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import attrs

from mobilesasa.core.ids import canonical, first_id_at
from mobilesasa.core.model import MessageId

Kind: TypeAlias = Literal["message", "inbound", "suppression", "survey_response"]
KINDS: Final[tuple[Kind, ...]] = ("message", "inbound", "suppression", "survey_response")
_WRITTEN = re.compile(r"([0-9]{1,15})\.([a-z_]+)\.([0-9a-f-]{36})\Z")


class BadPosition(ValueError):
    """What was given is no position of a timeline."""


@attrs.frozen
class Position:
    """A place in a timeline: that of a thing in it."""

    at_ms: int
    kind: Kind
    id: str

    @property
    def _key(self) -> tuple[int, int, str]:
        return (self.at_ms, -KINDS.index(self.kind), self.id)

    def __str__(self) -> str:
        """Return the position as it travels in `before` and `next`."""
        return f"{self.at_ms}.{self.kind}.{self.id}"

    def comes_after(self, other: Position) -> bool:
        """Say whether a thing here comes after one there, being older."""
        return self._key < other._key

    def id_before(self, kind: Kind) -> MessageId:
        """Return the id that those things of a kind are below that come after this one, where ids tell the time."""
        if kind == self.kind:
            return self.id
        shown_already = KINDS.index(kind) < KINDS.index(self.kind)
        return first_id_at(self.at_ms if shown_already else self.at_ms + 1)


def read_position(text: str) -> Position:
    """Return the position that was written.

    Raises:
        BadPosition: it is none.
    """
    found = _WRITTEN.match(text)
    kind = next((kind for kind in KINDS if found and kind == found[2]), None)
    uuid = canonical(found[3]) if found else None
    if found is None or kind is None or uuid is None or int(found[1]) >= 1 << 47:
        raise BadPosition("must be what `next` said")
    return Position(int(found[1]), kind, uuid)


def newest(positions: Iterable[Position], limit: int) -> list[Position]:
    """Return the first so many of a timeline."""
    return sorted(positions, key=lambda position: position._key, reverse=True)[:limit]
