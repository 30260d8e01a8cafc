"""The live SMPP sessions of teams, in memory (`api.ports.smpp.SmppSessions`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.teams import Team
from mobilesasa.core.terms import SmppTerms, agree

Shown = Mapping[str, object]


@attrs.define(eq=False)
class FakeGrants:
    """What the sessions of teams may do: the defaults, overlaid with what is set of the team (`api.ports.smpp.SmppGrants`)."""

    at: tuple[int | None, int | None] = (2775, 2776)
    named: str | None = None

    def host(self) -> str | None:
        return self.named

    def ports(self) -> tuple[int | None, int | None]:
        return self.at

    def terms(self, team: Team) -> SmppTerms:
        return agree(SmppTerms(), *team.terms_set)


@attrs.define(eq=False)
class FakeSessions:
    """Sessions by id, each with its team and its trace; and refused binds by team."""

    live: dict[str, tuple[int, Shown, list[Shown]]] = attrs.field(factory=dict)
    refused: dict[int, list[Shown]] = attrs.field(factory=dict)
    kicked: list[tuple[Actor, str]] = attrs.field(factory=list)

    async def look(self, team_id: int) -> Shown:
        items = [shown for owner, shown, _ in self.live.values() if owner == team_id]
        return {"items": items, "refused_binds": self.refused.get(team_id, []), "missing_nodes": 0}

    async def trace(self, session_id: str, team_id: int) -> Sequence[Shown] | None:
        owner, _, lines = self.live.get(session_id, (None, {}, []))
        return lines if owner == team_id else None

    async def kick(self, by: Actor, session_id: str, team_id: int) -> str | None:
        if self.live.get(session_id, (None,))[0] != team_id:
            return None
        self.kicked.append((by, session_id))
        return session_id
