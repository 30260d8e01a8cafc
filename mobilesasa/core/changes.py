"""A draft that somebody else has changed since it was read: what whoever was slower is told of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:  # actors have roles, and roles refuse
    from mobilesasa.core.actors import Who


@attrs.frozen
class LastChange:
    """What a draft is at by now, and who changed it last."""

    revision: int  # one more with each change
    at_ms: int | None = None  # milliseconds since the epoch; None: not known
    by: Who | None = None  # None: not known


class ChangedSince(Exception):
    """Of a refusal: what was read is not what there is any more.

    Args:
        message: the sentence for people.
        last: the change that came between, where it is known.
    """

    def __init__(self, message: str = "", last: LastChange | None = None) -> None:
        """Keep what is told beside the text."""
        super().__init__(message)
        self.last = last
