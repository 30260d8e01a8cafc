"""What the API needs of what is written down of teams: their units and the trail of what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mobilesasa.core.actors import Who
from mobilesasa.core.filters import LedgerFilter, LedgerKind, TrailFilter


class Standing(Protocol):
    """A team's units at this moment."""

    @property
    def available_units(self) -> int: ...
    @property
    def reserved_units(
        self,
    ) -> int: ...  # of messages that no carrier has taken yet, and of campaigns that are not over
    @property
    def low_balance_units(self) -> int | None: ...  # below which the team is told


class LedgerEntry(Protocol):
    """What changed a team's balance."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> LedgerKind: ...
    @property
    def units(self) -> int: ...
    @property
    def messages(self) -> int: ...
    @property
    def message_id(self) -> str | None: ...
    @property
    def campaign_uuid(self) -> str | None: ...
    @property
    def note(self) -> str | None: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def balance_units(self) -> int: ...  # behind it


class Ledger(Protocol):
    """What teams pay with."""

    async def standing(self, team_id: int) -> Standing:
        """Return what a team has.

        Raises:
            NotFound: there is no such team.
        """

    async def page(self, wanted: LedgerFilter, *, limit: int, offset: int) -> Sequence[LedgerEntry]:
        """Return entries, newest first."""

    async def count(self, wanted: LedgerFilter) -> tuple[int, bool]:
        """Return how many entries there are, and whether that is an estimate."""


class TrailEntry(Protocol):
    """A change, and who made it."""

    @property
    def id(self) -> int: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def team_code(self) -> str | None: ...  # None: the platform's own
    @property
    def who(self) -> Who: ...
    @property
    def address(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def before(self) -> Mapping[str, Any] | None: ...
    @property
    def after(self) -> Mapping[str, Any] | None: ...


class Trail(Protocol):
    """Who changed what."""

    async def page(self, wanted: TrailFilter, *, limit: int, offset: int) -> Sequence[TrailEntry]:
        """Return entries, newest first."""

    async def count(self, wanted: TrailFilter) -> tuple[int, bool]:
        """Return how many entries there are, and whether that is an estimate."""
