"""Audiences in memory."""

import uuid
from collections.abc import Sequence
from typing import Any

import attrs

from mobilesasa.contacts.audiences import Audience, AudienceReading
from mobilesasa.contacts.reading.columns import Column
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.contacts.uploads import Looked, WrongRow
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import InUse, NotFound
from mobilesasa.core.idempotency import Kept
from tests.fakes.uploads import CREATED_MS, FakeUploads

SHAPE = Shape(format="csv", encoding="utf-8", separator=",", headers=["Simu", "Town"], header_row=1, total_rows=3)
PLAN = AudienceReading(
    filename="debtors.csv",
    looked=Looked(shape=SHAPE, columns=(Column(0, "Simu", "phone"), Column(1, "Town", "town")), ignored=()),
    country="KE",
)


@attrs.define(slots=False)
class FakeAudiences:
    """The audiences of teams; their files are with the uploads."""

    uploads: FakeUploads
    kept: list[Audience] = attrs.field(factory=list)
    wrong: list[WrongRow] = attrs.field(factory=list)
    refusal: Exception | None = None
    in_use: bool = False
    by: list[Actor] = attrs.field(factory=list)

    def give(self, team_id: int = 1, **more: Any) -> Audience:
        """Keep an audience."""
        known: dict[str, Any] = {
            "id": len(self.kept) + 1, "uuid": str(uuid.uuid4()), "team_id": team_id, "job_id": 1, "file_id": None, "plan": PLAN,
            "fields": PLAN.fields, "status": "completed", "failure": None, "total_rows": 3, "done_row": 4, "people": 2,
            "doubles": 1, "failed": 0, "created_at_ms": CREATED_MS, "finished_at_ms": CREATED_MS + 2000,
        }  # fmt: skip
        self.kept.append(Audience(**(known | more)))
        return self.kept[-1]

    async def begin(
        self, by: Actor, team_id: int, uuid: str, file_id: int, plan: AudienceReading, kept: Kept | None
    ) -> None:
        if self.refusal is not None:
            raise self.refusal
        assert file_id in self.uploads.whole
        if kept is not None:
            self.uploads.keys.check(kept)
            self.uploads.keys.keep(kept)
        self.by.append(by)
        self.uploads.named.add(file_id)
        rows = plan.looked.shape.total_rows
        new = {"status": "pending", "total_rows": rows, "people": 0, "doubles": 0, "finished_at_ms": None}
        self.give(team_id, uuid=uuid, file_id=file_id, plan=plan, fields=plan.fields, **new)

    async def find(self, team_id: int, uuid: str) -> tuple[Audience, Sequence[WrongRow]]:
        for each in self.kept:
            if (each.team_id, each.uuid) == (team_id, uuid):
                return each, self.wrong[:100]
        raise NotFound(f"there is no audience {uuid!r}")

    async def page(self, team_id: int, *, limit: int, offset: int) -> Sequence[Audience]:
        return [each for each in reversed(self.kept) if each.team_id == team_id][offset : offset + limit]

    async def count(self, team_id: int) -> tuple[int, bool]:
        return sum(1 for each in self.kept if each.team_id == team_id), False

    async def errors(self, audience: Audience, after: int) -> Sequence[WrongRow]:
        return [each for each in self.wrong if each.row > after][:2]

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Audience:
        audience, _ = await self.find(team_id, uuid)
        if self.in_use:
            raise InUse("the campaign 'Reminder' is for this audience; delete, end or change it first")
        self.by.append(by)
        self.kept.remove(audience)
        return audience
