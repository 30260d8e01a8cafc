"""Ledgers and the trail, in memory, as the API asks for them."""

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.actors import ActorKind, Who
from mobilesasa.core.filters import LedgerFilter, LedgerKind, TrailFilter
from mobilesasa.store import trail
from mobilesasa.store.ledger import Entry, Standing
from tests.fakes.spool import NINE_MS


class FakeLedger:
    """Keeps entries by team; the balance behind each is their sum."""

    def __init__(self) -> None:
        self.entries: dict[int, list[Entry]] = {}
        self.has = Standing(1000, 0, None)
        self.asked: list[LedgerFilter] = []
        self.held: Deferred[None] | None = None  # until it fires, nobody is told what they have

    async def standing(self, team_id: int) -> Standing:
        if self.held is not None:
            await self.held
        return self.has

    async def page(self, wanted: LedgerFilter, *, limit: int, offset: int) -> list[Entry]:
        self.asked.append(wanted)
        return self._wanted(wanted)[offset : offset + limit]

    async def count(self, wanted: LedgerFilter) -> tuple[int, bool]:
        return len(self._wanted(wanted)), False

    def give(
        self,
        units: int,
        kind: LedgerKind = "topup",
        team_id: int = 1,
        note: str | None = None,
        campaign_uuid: str | None = None,
    ) -> Entry:
        """Let a team's units change."""
        of_team = self.entries.setdefault(team_id, [])
        balance_units = units + (of_team[-1].balance_units if of_team else 0)
        made = Entry(
            len(of_team) + 1, kind, units, int(kind == "charge"), None, campaign_uuid, note, NINE_MS, balance_units
        )
        of_team.append(made)
        return made

    def _wanted(self, wanted: LedgerFilter) -> list[Entry]:
        found = self.entries.get(wanted.team_id, [])[::-1]
        found = [each for each in found if wanted.before is None or each.id < wanted.before]
        found = [each for each in found if wanted.campaign_uuid in (None, each.campaign_uuid)]
        found = [each for each in found if wanted.message_id in (None, each.message_id)]
        return [each for each in found if wanted.kind in (None, each.kind)]


class FakeTrail:
    """Keeps changes by team."""

    def __init__(self) -> None:
        self.entries: dict[int | None, list[trail.Entry]] = {}
        self.asked: list[TrailFilter] = []

    async def page(self, wanted: TrailFilter, *, limit: int, offset: int) -> list[trail.Entry]:
        return self._wanted(wanted)[offset : offset + limit]

    async def count(self, wanted: TrailFilter) -> tuple[int, bool]:
        self.asked.append(wanted)
        return len(self._wanted(wanted)), False

    def give(self, action: str, who: Who | None = None, team_id: int | None = 1) -> trail.Entry:
        """Let something be changed."""
        entries = self.entries.setdefault(team_id, [])
        by = who or Who(ActorKind.OPERATOR, None, "root")
        made = trail.Entry(
            len(entries) + 1,
            NINE_MS,
            "ACME2024",
            by,
            "192.0.2.7",
            "request-1",
            action,
            "ACME2024",
            None,
            {"name": "Acme"},
        )
        entries.append(made)
        return made

    def _wanted(self, wanted: TrailFilter) -> list[trail.Entry]:
        of_all = [each for entries in self.entries.values() for each in entries]
        found = of_all if wanted.team_id is None else self.entries.get(wanted.team_id, [])
        asked = attrs.asdict(wanted)
        return [each for each in found[::-1] if asked["action"] in (None, each.action)]
