"""Who lives: which processes hold the lock of their run, and which of the others must be taken for dead.

How to think about it: a process that dies loses its lock at once (`store.holds`), but whoever has none need not be dead:
the server has just come up, or a connection broke and is being made again. What counts is cheap to get wrong in one way and
dear in the other. A place among sessions is free as soon as the lock is missing. Messages in hand are given to others only
when one observer has missed the lock for ten seconds on end, for one that lives after all would send them a second time (I3);
or, as ever, when the process has no lock and has not been seen for the length of the lease.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from mobilesasa.store.database import Txn
from mobilesasa.store.holds import What

SETTLING_S: Final = 15.0
MISSING_S: Final = 10.0

# Ends a list of common table expressions with `living`: the runs that hold their lock. While no connection of ours is older
# than `settling_s` (the server was started, has crashed, or is another one since a failover) the locks say nothing yet, and
# every run lives that has not ended. A connection that is ahead of the time of day began before the server's clock was set back.
# Parameters: run_lock, settling_s.
LIVING: Final = """
settled AS MATERIALIZED (
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = session_user
      AND (backend_start < now() - make_interval(secs => %(settling_s)s) OR backend_start > clock_timestamp()) LIMIT 1
), living AS MATERIALIZED (
    SELECT objid::bigint::integer AS run FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
      AND classid::bigint = (hashtext(%(run_lock)s)::bigint & 4294967295)
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL
    SELECT id FROM node_run WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM settled)
)
"""

ALL_LIVING = "WITH" + LIVING + "SELECT DISTINCT run FROM living"

# One that was taken for dead and speaks again lives: what it claims from now on is its own. The row is written seldom,
# for this runs every few seconds.
LOOK = (
    """
WITH seen AS (
    UPDATE node_run SET seen_at = now(), ended_at = NULL, lost = false WHERE id = %(run)s
      AND (ended_at IS NOT NULL OR seen_at < now() - make_interval(secs => %(lease_s)s / 4))
),"""
    + LIVING
    + """
SELECT id, ended_at IS NOT NULL, seen_at < now() - make_interval(secs => %(lease_s)s) FROM node_run
WHERE id <> %(run)s AND (ended_at IS NULL OR ended_at > now() - interval '10 minutes')
  AND id NOT IN (SELECT run FROM living) AND EXISTS (SELECT FROM settled)
ORDER BY id
"""
)


@attrs.frozen
class Unheld:
    """A process that does not hold the lock of its run; `silent` when it was not seen for the length of the lease."""

    run: int
    ended: bool
    silent: bool


def living(txn: Txn, settling_s: float = SETTLING_S) -> set[int]:
    """Return the runs that live."""
    txn.execute(ALL_LIVING, {"run_lock": What.RUN, "settling_s": settling_s})
    return {run for (run,) in txn.fetchall()}


def look(txn: Txn, run: int, lease_s: float, settling_s: float = SETTLING_S) -> list[Unheld]:
    """Say that this process lives; return the others that hold no lock and have not ended long ago."""
    txn.execute(LOOK, {"run": run, "lease_s": lease_s, "run_lock": What.RUN, "settling_s": settling_s})
    return [Unheld(*row) for row in txn.fetchall()]


@attrs.define
class Lookout:
    """Remembers since when locks are missing, and says whose claims are free.

    Attributes:
        settling_s: how long a server must be up before its locks mean anything.
        missing_s: how long on end a lock must be missing.
        is_news: whether the last look found one dead that none before it had: hints that it was to give may be lost.
    """

    settling_s: float = SETTLING_S
    missing_s: float = MISSING_S
    is_news: bool = attrs.field(default=False, init=False)
    _since_s: dict[int, float] = attrs.field(factory=dict, init=False)
    _freed_at_s: dict[int, float] = attrs.field(factory=dict, init=False)
    _looked_at_s: float = attrs.field(default=0.0, init=False)

    def dead(self, found: Sequence[Unheld], now_s: float, again_s: float) -> list[int]:
        """Return the runs whose claims are to be freed now.

        Args:
            found: what a look has found.
            now_s: when.
            again_s: what a killed process had under way in the server may come to be after it was freed: so often it is
                freed again, until its end is long ago.
        """
        if now_s - self._looked_at_s > self.missing_s:
            self._since_s.clear()  # nobody has looked in between
        self._looked_at_s = now_s
        self._since_s = {each.run: self._since_s.get(each.run, now_s) for each in found}
        self._freed_at_s = {run: at_s for run, at_s in self._freed_at_s.items() if run in self._since_s}
        dead = [each.run for each in found if self._is_dead(each, now_s, again_s)]
        self.is_news = any(run not in self._freed_at_s for run in dead)
        self._freed_at_s.update(dict.fromkeys(dead, now_s))
        return dead

    def _is_dead(self, each: Unheld, now_s: float, again_s: float) -> bool:
        if each.ended:
            freed_at_s = self._freed_at_s.get(each.run)
            return freed_at_s is None or now_s - freed_at_s >= again_s
        return each.silent or now_s - self._since_s[each.run] >= self.missing_s
