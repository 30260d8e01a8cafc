"""Imports in the store, as tests begin them."""

import uuid
from collections.abc import Sequence
from typing import Any

import attrs

from mobilesasa.contacts.reading.columns import Column
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.contacts.uploads import Looked, Plan, Upload
from mobilesasa.core.actors import NODE
from mobilesasa.core.jobs import Job, JobState
from mobilesasa.store import files, imports, jobs, uploads
from mobilesasa.store.database import Txn
from tests.store.given import one, rows

HEADERS = ("phone", "first_name", "email", "town")
COLUMNS = tuple(Column(n, header, header if n < 3 else f"attributes.{header}") for n, header in enumerate(HEADERS))
SHAPE = Shape(format="csv", encoding="utf-8", separator=",", headers=list(HEADERS), header_row=1, total_rows=3)
PLAN = Plan(filename="people.csv", looked=Looked(shape=SHAPE, columns=COLUMNS, ignored=("Age",)), country="KE")
SHOWN = "SELECT phone, first_name, email, attributes FROM contact WHERE team_id = %(team)s AND deleted_at IS NULL ORDER BY phone"


def begin(txn: Txn, team: int, **changes: Any) -> tuple[Job, Upload]:
    """An import that has just been begun."""
    file_id = files.begin(txn, team, str(uuid.uuid4()), "people.csv", "text/csv")
    name = str(uuid.uuid4())
    uploads.add(txn, NODE, team, name, file_id, attrs.evolve(PLAN, **changes), str(uuid.uuid4()))
    job = jobs.begin(txn, uploads.find(txn, team, name).job_id)
    assert job is not None
    return job, uploads.find(txn, team, name)


def person(row: int, phone: str, **said: Any) -> dict[str, Any]:
    """A row as the child writes it."""
    return {"row": row, "phone": phone, "again": False, **said}


def chunk(upto: int, *people: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A line of the child."""
    return {"upto": upto, "rows": list(people), "updated": 0, "skipped": 0, "failed": [], **more}


def taken(txn: Txn, team: int, *people: dict[str, Any], **changes: Any) -> Upload:
    """An import of one chunk, at its end."""
    job, upload = begin(txn, team, **changes)
    imports.take(txn, job, upload, 0, chunk(len(people) + 1, *people))
    imports.end(txn, job, len(people))
    return uploads.find(txn, team, upload.uuid)


def undone(txn: Txn, upload: Upload, limit: int = 1000) -> Upload:
    """The import after its undo."""
    uploads.undo(txn, NODE, upload.team_id, upload.uuid, str(uuid.uuid4()))
    job_id = one(txn, "SELECT undo_job_id FROM upload WHERE id = %(id)s", id=upload.id)
    job = jobs.begin(txn, job_id)
    assert job is not None
    while imports.undo_some(txn, job, upload, limit):
        pass
    jobs.end(txn, job, JobState.COMPLETED)
    return uploads.find(txn, upload.team_id, upload.uuid)


def counts(upload: Upload) -> tuple[int, int, int, int]:
    """Imported, updated, skipped, failed."""
    return upload.imported, upload.updated, upload.skipped, upload.failed


def contacts(txn: Txn, team: int) -> Sequence[tuple[Any, ...]]:
    """The contacts of a team."""
    return rows(txn, SHOWN, team=team)
