"""What the API needs for reports and exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.exports import Export
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.reporting import Figures, Group, Latencies, Period, Usage, Wanted


class Standing(Protocol):
    """How far the sums of a team are."""

    @property
    def zone(self) -> str | None: ...  # in which its days begin and end; None: that of its country
    @property
    def country(self) -> str: ...
    @property
    def counted_at_ms(self) -> int | None: ...  # what happened until then is in the sums; None: nothing is known yet
    @property
    def is_recounting(self) -> bool: ...  # some of its quarters are being counted again


class Reports(Protocol):
    """Messages of teams, counted."""

    async def standing(self, team_id: int) -> Standing:
        """Return how far the sums of a team are, and in which zone its days are."""

    async def total(self, wanted: Wanted) -> Figures:
        """Return the sums of all messages that are meant."""

    async def grouped(self, wanted: Wanted, by: str, starts_ms: Sequence[int] = ()) -> Sequence[Group]:
        """Return sums by what messages have in common, the largest first, spans in order and without the empty ones.

        Args:
            wanted: which messages.
            by: `span`, `sender`, `network`, `carrier` or `campaign`.
            starts_ms: where spans begin.
        """

    async def latencies(self, wanted: Wanted) -> Latencies:
        """Return how long messages took."""

    async def usage(self, team_id: int, period: Period, starts_ms: Sequence[int]) -> Sequence[Usage]:
        """Return the units of a team by the ledger's kinds and by span, in order."""


class Exports(Protocol):
    """The files that teams have asked for; another team's are not there (I6)."""

    async def add(self, by: Actor, export: Export, kept: Kept | None) -> None:
        """Ask for an export, under its uuid.

        Raises:
            AccessEnded: who asks no longer may.
            TooManyJobs: the team waits for enough of them.
            Repeated: the call has been done before; nothing was done now.
        """

    async def find(self, team_id: int, uuid: str) -> Export | None:
        """Return an export of the team, or None."""

    async def page(self, team_id: int, kinds: Sequence[str], *, limit: int, offset: int) -> Sequence[Export]:
        """Return exports of some kinds, newest first."""

    async def count(self, team_id: int, kinds: Sequence[str]) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate (it may be above 10,000)."""

    async def remove(self, by: Actor, team_id: int, uuid: str) -> None:
        """Remove an export with its file; one that is under way is cancelled.

        Raises:
            NotFound: the team has none of that uuid.
        """
