"""Imports in memory, and a look at files in this process."""

import io
import uuid
from collections.abc import Mapping, Sequence
from typing import IO, Any

import attrs

from mobilesasa.contacts.reading.columns import Column
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.contacts.uploads import Looked, Plan, Undone, Upload, WrongRow
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import JobEnded, NotFound, NotUndoable
from mobilesasa.core.idempotency import Kept
from mobilesasa.jobs import read
from tests.fakes.keys import FakeKeys

SHAPE = Shape(format="csv", encoding="utf-8", separator=",", headers=["Phone", "Name"], header_row=1, total_rows=2)
PLAN = Plan(
    filename="people.csv",
    looked=Looked(shape=SHAPE, columns=(Column(0, "Phone", "phone"),), ignored=("Name",)),
    country="KE",
)
CREATED_MS = 1_778_490_000_000


class FakeLooker:
    """Looks at files without a child."""

    async def look(
        self,
        team_id: int,
        file: IO[bytes],
        mapping: Mapping[str, str | None],
        country: str,
        first: int = 0,
        *,
        fields: bool = False,
    ) -> Mapping[str, Any]:
        held = io.BytesIO(file.read())
        told = {"do": "look", "mapping": mapping, "country": country, "first": first, "fields": fields}
        (line,) = read.lines(held, told)
        return line


@attrs.define(slots=False)
class FakeUploads:
    """The imports of teams."""

    keys: FakeKeys
    kept: list[Upload] = attrs.field(factory=list)
    files: dict[int, bytes] = attrs.field(factory=dict)
    wrong: list[WrongRow] = attrs.field(factory=list)
    whole: set[int] = attrs.field(factory=set)
    named: set[int] = attrs.field(factory=set)  # files
    refusal: Exception | None = None
    doubt: Exception | None = None  # what is raised after the commit
    by: list[Actor] = attrs.field(factory=list)

    def give(self, team_id: int = 1, **more: Any) -> Upload:
        """Keep an import."""
        known: dict[str, Any] = {
            "id": len(self.kept) + 1, "uuid": str(uuid.uuid4()), "team_id": team_id, "job_id": 1, "file_id": 1, "plan": PLAN,
            "group_id": None, "status": "completed", "failure": None, "total_rows": 2, "done_row": 3, "imported": 2, "updated": 0,
            "skipped": 0, "failed": 0, "created_at_ms": CREATED_MS, "finished_at_ms": CREATED_MS + 7000,
        }  # fmt: skip
        self.kept.append(Upload(**(known | more)))
        return self.kept[-1]

    async def begin_file(self, team_id: int, name: str, content_type: str) -> int:
        self.files[len(self.files) + 1] = b""
        return len(self.files)

    async def add_chunk(self, file_id: int, n: int, octets: bytes) -> None:
        assert n == len(self.files[file_id]) // 262_144
        self.files[file_id] += octets

    async def finish_file(self, file_id: int) -> None:
        self.whole.add(file_id)

    async def drop_file(self, file_id: int) -> None:
        if file_id not in self.named:
            del self.files[file_id]

    async def begin(self, by: Actor, team_id: int, uuid: str, file_id: int, plan: Plan, kept: Kept | None) -> None:
        if self.refusal is not None:
            raise self.refusal
        assert file_id in self.whole
        if kept is not None:
            self.keys.check(kept)
            self.keys.keep(kept)
        self.by.append(by)
        self.named.add(file_id)
        self.give(team_id, uuid=uuid, file_id=file_id, plan=plan, status="pending", imported=0, finished_at_ms=None)
        if self.doubt is not None:
            raise self.doubt

    async def find(self, team_id: int, uuid: str) -> tuple[Upload, Sequence[WrongRow]]:
        for each in self.kept:
            if (each.team_id, each.uuid) == (team_id, uuid):
                return each, self.wrong[:100]
        raise NotFound("there is no such upload")

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Upload]:
        return [each for each in reversed(self.kept) if each.team_id == team_id][offset : offset + limit]

    async def count(self, team_id: int) -> tuple[int, bool]:
        return sum(1 for each in self.kept if each.team_id == team_id), False

    async def errors(self, upload: Upload, after: int) -> Sequence[WrongRow]:
        return [each for each in self.wrong if each.row > after][:2]

    async def cancel(self, by: Actor, team_id: int, uuid: str) -> None:
        upload, _ = await self.find(team_id, uuid)
        if upload.finished_at_ms is not None:
            raise JobEnded("the import has ended already")
        self._change(upload, status="cancelled", finished_at_ms=CREATED_MS)

    async def undo(self, by: Actor, team_id: int, uuid: str, kept: Kept | None) -> None:
        upload, _ = await self.find(team_id, uuid)
        if upload.undone is not None:
            raise NotUndoable("the import was undone before")
        if kept is not None:
            self.keys.check(kept)
            self.keys.keep(kept)
        self._change(upload, undone=Undone(status="pending", removed=0, restored=0, kept=0))

    def _change(self, upload: Upload, **changes: Any) -> None:
        self.kept[self.kept.index(upload)] = attrs.evolve(upload, **changes)
