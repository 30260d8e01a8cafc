"""Short links in memory: where they lead, who followed them, and what their team sees."""

from __future__ import annotations

from collections.abc import Sequence

from mobilesasa.campaigns.clicks import Led, LinkClicks, RecipientClicks
from mobilesasa.core.errors import NotFound


class FakeLinkBook:
    """Codes and where they lead; `wrong` is raised instead of an answer."""

    def __init__(self) -> None:
        self.led: dict[str, Led] = {}
        self.asked: list[str] = []
        self.seen: list[tuple[int, int, bool, int]] = []  # recipient, link, preview, when
        self.wrong: Exception | None = None

    async def find(self, code: str) -> Led | None:
        self.asked.append(code)
        if self.wrong is not None:
            raise self.wrong
        return self.led.get(code)

    def followed(self, led: Led, link_n: int, preview: bool, at_ms: int) -> None:
        self.seen.append((led.recipient_n, link_n, preview, at_ms))


class FakeLinkCounts:
    """Links of campaigns by team and uuid."""

    def __init__(self) -> None:
        self.links: dict[tuple[int, str], list[LinkClicks]] = {}
        self.rows: dict[tuple[int, str], list[RecipientClicks]] = {}

    async def of_campaign(self, team_id: int, uuid: str) -> Sequence[LinkClicks]:
        return self._of(team_id, uuid)

    async def clicked(
        self, team_id: int, uuid: str, link_n: int | None, *, after: tuple[int, int], limit: int, offset: int
    ) -> Sequence[RecipientClicks]:
        self._of(team_id, uuid)
        rows = [row for row in self._rows(team_id, uuid, link_n) if (row.recipient_n, row.link_n) > after]
        return rows[offset : offset + limit]

    async def count(self, team_id: int, uuid: str, link_n: int | None) -> tuple[int, bool]:
        self._of(team_id, uuid)
        return len(self._rows(team_id, uuid, link_n)), False

    def _of(self, team_id: int, uuid: str) -> list[LinkClicks]:
        if (team_id, uuid) not in self.links:
            raise NotFound("there is no such campaign")
        return self.links[team_id, uuid]

    def _rows(self, team_id: int, uuid: str, link_n: int | None) -> list[RecipientClicks]:
        return [row for row in self.rows.get((team_id, uuid), []) if link_n in (None, row.link_n)]
