"""Reports, exports and files in memory."""

from collections import Counter
from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import NotFound
from mobilesasa.core.exports import Export
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.reporting import Figures, Group, Latencies, Period, Usage, Wanted
from tests.fakes.keys import FakeKeys


@attrs.define
class FakeStanding:
    """How far the sums are."""

    zone: str | None = None
    country: str = "KE"
    counted_at_ms: int | None = 1_778_489_990_000
    is_recounting: bool = False


class FakeReports:
    """Answers what it was given, and keeps what it was asked."""

    def __init__(self) -> None:
        self.standings: dict[int, FakeStanding] = {}
        self.totals: dict[int, Figures] = {}  # by the team, or by the beginning of a period
        self.groups: list[Group] = []
        self.took = Latencies()
        self.used: list[Usage] = []
        self.asked: list[tuple[Wanted, str, Sequence[int]]] = []

    async def standing(self, team_id: int) -> FakeStanding:
        return self.standings.setdefault(team_id, FakeStanding())

    async def total(self, wanted: Wanted) -> Figures:
        self.asked.append((wanted, "total", ()))
        return self.totals.get(wanted.period.from_ms) or self.totals.get(wanted.team_id) or Figures()

    async def grouped(self, wanted: Wanted, by: str, starts_ms: Sequence[int] = ()) -> list[Group]:
        self.asked.append((wanted, by, starts_ms))
        return self.groups if wanted.team_id == 1 else []

    async def latencies(self, wanted: Wanted) -> Latencies:
        return self.took

    async def usage(self, team_id: int, period: Period, starts_ms: Sequence[int]) -> list[Usage]:
        return self.used if team_id == 1 else []


class FakeExports:
    """The exports of all teams."""

    def __init__(self, keys: FakeKeys) -> None:
        self.kept: dict[str, Export] = {}
        self.removed: Counter[Actor] = Counter()
        self._keys = keys

    async def add(self, by: Actor, export: Export, kept: Kept | None) -> None:
        if kept is not None:
            self._keys.check(kept)
            self._keys.keep(kept)
        self.kept[export.uuid] = export

    async def find(self, team_id: int, uuid: str) -> Export | None:
        found = self.kept.get(uuid.lower())
        return found if found is not None and found.team_id == team_id else None

    def _of(self, team_id: int, kinds: Sequence[str]) -> list[Export]:
        return [each for each in reversed(self.kept.values()) if each.team_id == team_id and each.kind in kinds]

    async def page(self, team_id: int, kinds: Sequence[str], *, limit: int, offset: int) -> list[Export]:
        return self._of(team_id, kinds)[offset : offset + limit]

    async def count(self, team_id: int, kinds: Sequence[str]) -> tuple[int, bool]:
        return len(self._of(team_id, kinds)), False

    async def remove(self, by: Actor, team_id: int, uuid: str) -> None:
        if await self.find(team_id, uuid) is None:
            raise NotFound("there is no such export")
        self.removed[by] += 1
        del self.kept[uuid]


@attrs.frozen
class FakeFile:
    """A whole file."""

    id: int
    uuid: str
    team_id: int
    name: str
    content_type: str
    pieces: Sequence[bytes]
    missing: int = 0  # octets that are not there any more

    @property
    def octets(self) -> int:
        return sum(map(len, self.pieces)) + self.missing


class FakeFiles:
    """The files of all teams."""

    def __init__(self) -> None:
        self.kept: list[FakeFile] = []
        self.raises: Exception | None = None  # by the second piece
        self.held: Deferred[None] | None = None  # for which the first piece waits
        self.read: list[int] = []

    async def find(self, team_id: int, uuid: str) -> FakeFile | None:
        return next((each for each in self.kept if (each.team_id, each.uuid) == (team_id, uuid)), None)

    async def chunk(self, file_id: int, n: int) -> bytes | None:
        self.read.append(n)
        if self.held is not None and n == 0:
            await self.held
        if self.raises is not None and n:
            raise self.raises
        pieces = next(each.pieces for each in self.kept if each.id == file_id)
        return pieces[n] if n < len(pieces) else None
