"""What the outbox has in memory for one team, and how far it has read the team's spool.

How to think about it: a desk is *level* (memory has all that the spool has and that is not put off) or *behind* (the
spool has more). While it is behind, new notices are left to the spool, so that they come after the older ones; but a
desk that was level and only *looks* again at all that the spool has takes them at once. A notice that comes while a
read is under way may or may not be in what is read: it is put by until the read has ended, or taken and, when the read
shows it too, known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import attrs

from mobilesasa.core.inbound import Owed
from mobilesasa.notify.order import Order
from mobilesasa.notify.refusals import Refusals
from mobilesasa.smsc.binds import Receiver


@attrs.define(eq=False)
class Desk:
    """The notices of one team.

    Args:
        team_id: the team.
        limit: notices that wait, at most; what is out is bounded by the windows of the links.
        refusals: what was refused.
        order: what waits for something else than room on a link.
    """

    team_id: int
    limit: int
    refusals: Refusals
    order: Order
    receivers: list[Receiver] = attrs.field(factory=list, init=False)
    waiting: deque[Owed] = attrs.field(factory=deque, init=False)
    held: set[int] = attrs.field(factory=set, init=False)  # spool ids of what waits or is out
    out: set[int] = attrs.field(factory=set, init=False)  # of those, what is on a link
    turn: int = attrs.field(default=0, init=False)
    behind: bool = attrs.field(default=True, init=False)
    looking: bool = attrs.field(default=False, init=False)  # behind, though all that is older is in memory
    after: int = attrs.field(default=0, init=False)  # how far the spool has been read
    reading: bool = attrs.field(default=False, init=False)
    read_later: bool = attrs.field(default=False, init=False)  # the last read failed
    fresh: list[Owed] = attrs.field(factory=list, init=False)  # came while a read was under way
    missed: int | None = attrs.field(default=None, init=False)  # the lowest spool id of those there was no room for
    once_more: bool = attrs.field(default=False, init=False)  # somebody asked to look while it was behind
    taken: set[int] = attrs.field(factory=set, init=False)  # acknowledged while a read was under way

    @property
    def chunk(self) -> int:
        """How many notices one read brings, at most."""
        return max(1, self.limit // 2)

    @property
    def room(self) -> int:
        """How many more notices may wait."""
        return self.limit - len(self.held) + len(self.out)

    @property
    def should_read(self) -> bool:
        """Whether the spool has more and there is room for a chunk; the links go on with what waits meanwhile."""
        return self.behind and not self.reading and not self.read_later and self.room >= self.chunk

    def takes(self, notice: Owed) -> bool:
        """Return whether a new notice may join what waits; when it may not, it is found again in the spool."""
        # What is being read may be older than the end of a message, and show a step of it.
        if self.room > 0 and (not self.behind or self.looking) and not (self.reading and notice.has_steps):
            return True
        if self.reading:
            self._put_by(notice)
        else:
            self.read_from(notice.spool_id)
        return False

    def look(self) -> None:
        """Read the spool from its beginning, for what came by another way."""
        if self.behind:
            self.once_more = True
        else:
            self.behind = self.looking = True
            self.after = 0

    def read_from(self, spool_id: int) -> None:
        """Leave to the spool what memory has no room for; what is before that need not be read again for it."""
        self.after = min(self.after, spool_id - 1) if self.behind else spool_id - 1
        self.behind, self.looking = True, False

    def _put_by(self, notice: Owed) -> None:
        if len(self.fresh) < self.chunk:
            self.fresh.append(notice)
        else:
            self.missed = _lowest([notice], self.missed)

    def end_read(self, notices: Sequence[Owed]) -> Sequence[Owed]:
        """Learn what a read has brought; return what came meanwhile and may join behind that."""
        fresh, missed = self.fresh, self.missed
        self.fresh, self.missed, self.reading = [], None, False
        if notices:
            self.after = max(self.after, notices[-1].spool_id)
        at_the_end = len(notices) < self.chunk
        if not at_the_end or self.room - len(notices) < len(fresh):
            missed, fresh = _lowest(fresh, missed), []
        if at_the_end and self.once_more:
            self.once_more, self.after = False, 0
        elif missed is not None:
            self.read_from(missed)
        elif at_the_end:
            self.behind = self.looking = False
        return fresh

    def end_failed_read(self) -> None:
        """Learn that a read has failed: the next one begins at the beginning."""
        self.fresh, self.missed, self.reading = [], None, False
        self.taken.clear()
        self.after = 0
        self.read_later, self.looking = True, False


def _lowest(notices: Sequence[Owed], other: int | None) -> int | None:
    """Return the lowest spool id of all, if there is any."""
    spool_ids = [notice.spool_id for notice in notices]
    return min(spool_ids if other is None else [*spool_ids, other], default=None)
