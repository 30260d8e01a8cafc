"""What a team's receivers refused: when it is tried again, and how much of it is remembered.

How to think about it: what is refused, perhaps for good, takes no room from what is not. The first of it is *kept*, as
notices, until it is due. Of what comes beyond that only the spool id is *noted*, and when it is due; the spool has the
rest, and is read once a minute. What is beyond that too is not remembered at all, and tried again whenever the spool is
read from its beginning, which is then done every five minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Final

import attrs

from mobilesasa.core.inbound import Owed

_FIRST_RETRY_S: Final = 1.0
_LAST_RETRY_S: Final = 300.0
_DOUBLINGS: Final = 10
_NOTED_FOR_ONE_KEPT: Final = 20  # an id takes some 250 octets
_STALE_S: Final = 3 * _LAST_RETRY_S  # so long due, and no reading has shown it: the spool has it no more


@attrs.define(eq=False)
class Refusals:
    """The refused notices of one team.

    Args:
        limit: notices that are kept, at most; of twenty times as many the id is noted.
    """

    limit: int
    _kept: set[int] = attrs.field(factory=set, init=False)
    _due_s: dict[int, float] = attrs.field(factory=dict, init=False)  # of what is noted
    _counts: dict[int, int] = attrs.field(factory=dict, init=False)  # of what is kept, noted, or tried again

    @property
    def in_memory(self) -> Set[int]:
        """The spool ids of the notices that are kept."""
        return self._kept

    @property
    def kept(self) -> int:
        """How many notices are in memory."""
        return len(self._kept)

    @property
    def remembered(self) -> int:
        """How many notices it knows something of."""
        return len(self._counts)

    @property
    def is_full(self) -> bool:
        """Whether what is refused now is not remembered."""
        return len(self._kept) >= self.limit and len(self._due_s) >= self.limit * _NOTED_FOR_ONE_KEPT

    def put_off(self, notices: Sequence[Owed], now_s: float) -> dict[float, list[Owed]]:
        """Put off what was refused: a second, then two, and so on up to five minutes.

        Returns: what the caller has to bring to `due` in so many seconds.
        """
        by_delay: dict[float, list[Owed]] = {}
        for notice in notices:
            spool_id = notice.spool_id
            count = self._counts.pop(spool_id, 0) + 1
            delay_s = min(_LAST_RETRY_S, _FIRST_RETRY_S * 2 ** min(count - 1, _DOUBLINGS))
            if len(self._kept) < self.limit:
                self._kept.add(spool_id)
                by_delay.setdefault(delay_s, []).append(notice)
            elif len(self._due_s) < self.limit * _NOTED_FOR_ONE_KEPT:
                self._due_s[spool_id] = now_s + delay_s
            else:
                continue
            self._counts[spool_id] = count
        return by_delay

    def due(self, notices: Iterable[Owed]) -> list[Owed]:
        """Keep notices no longer; return those that were not taken meanwhile."""
        again = [notice for notice in notices if notice.spool_id in self._kept]
        self._kept.difference_update([notice.spool_id for notice in again])
        return again

    def hold_back(self, spool_id: int, now_s: float) -> bool:
        """Return whether what the spool gave has to wait; what has waited long enough is noted no longer."""
        if not self._counts:
            return False
        if spool_id in self._kept or self._due_s.get(spool_id, now_s) > now_s:
            return True
        self._due_s.pop(spool_id, None)
        return False

    def forget(self, spool_ids: Iterable[int]) -> None:
        """Forget what was taken, or is too old."""
        if self._counts:
            for spool_id in spool_ids:
                if self._counts.pop(spool_id, None) is not None:
                    self._kept.discard(spool_id)
                    self._due_s.pop(spool_id, None)

    def forget_stale(self, now_s: float) -> None:
        """Forget what is noted and should have been read long ago."""
        self.forget([spool_id for spool_id, due_s in self._due_s.items() if due_s < now_s - _STALE_S])
