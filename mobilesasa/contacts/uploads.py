"""Imports of contacts as values: what a team asks for, and what has become of it (decision 54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import attrs

from mobilesasa.contacts.reading.columns import Column
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.core.jobs import JobState

IMPORT: Final = "contacts.import"  # the kinds of their jobs
UNDO: Final = "contacts.undo"
UNDO_DAYS: Final = 7  # for so long what an import changed is known
ERRORS_SHOWN: Final = 100

Status = Literal["pending", "processing", "completed", "failed", "cancelled"]
OnExisting = Literal["update", "skip"]
_STATUSES: Final[Mapping[JobState, Status]] = {
    JobState.PENDING: "pending",
    JobState.RUNNING: "processing",
    JobState.COMPLETED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


@attrs.frozen(kw_only=True)
class Looked:
    """What one look at a file has found."""

    shape: Shape
    columns: Sequence[Column]  # that are read
    ignored: Sequence[str]  # the headers of the others
    first: Sequence[Sequence[str]] = ()  # rows, where they were asked for


@attrs.frozen(kw_only=True)
class Reading:
    """How a file of people is read."""

    filename: str
    looked: Looked
    country: str  # in which national numbers are read

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it."""
        looked = self.looked
        return {
            "shape": attrs.asdict(looked.shape),
            "columns": [attrs.astuple(column) for column in looked.columns],
            "ignored": list(looked.ignored),
            "country": self.country,
        }

    def asked(self) -> dict[str, Any]:
        """Return what the child that reads it is told (`jobs.read`)."""
        kept = self.as_json()
        return {name: kept[name] for name in ("shape", "columns", "country")}


@attrs.frozen(kw_only=True)
class Plan(Reading):
    """How a file is imported."""

    on_existing: OnExisting = "update"
    dry_run: bool = False
    group: str | None = None  # uuid of the group that all of them join

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it."""
        mine = {"on_existing": self.on_existing, "dry_run": self.dry_run, "group": self.group}
        return {**super().as_json(), **mine}

    def asked(self) -> dict[str, Any]:
        """Return what the child that reads it is told."""
        return {**super().asked(), "updates": self.on_existing == "update"}


def looked_of(said: Mapping[str, Any]) -> Looked:
    """Return what a look at a file has found, as the child says it (`jobs.read`)."""
    return Looked(
        shape=Shape(**said["shape"]),
        columns=tuple(Column(*each) for each in said["columns"]),
        ignored=tuple(said["ignored"]),
        first=said["first"],
    )


def plan_of(filename: str, kept: Mapping[str, Any]) -> Plan:
    """Return a plan as it was kept."""
    looked = looked_of({**kept, "first": ()})
    rest = {name: kept[name] for name in ("country", "on_existing", "dry_run", "group")}
    return Plan(filename=filename, looked=looked, **rest)


@attrs.frozen
class WrongRow:
    """A row that could not be taken."""

    row: int  # of the file, from 1
    wrong: Sequence[Mapping[str, str]]  # column, value, message
    cells: Sequence[str]


@attrs.frozen(kw_only=True)
class Undone:
    """How far the undo of an import has come."""

    status: Status
    removed: int  # contacts that the import had made
    restored: int  # … had changed
    kept: int  # left alone, for somebody has changed them since


@attrs.frozen(kw_only=True)
class Upload:
    """A file of contacts and what has become of it."""

    id: int
    uuid: str
    team_id: int
    job_id: int
    file_id: int | None  # None: it is kept no longer
    plan: Plan
    group_id: int | None
    status: Status
    failure: str | None  # why it failed as a whole
    total_rows: int
    done_row: int  # the last row of the file that is dealt with
    imported: int
    updated: int
    skipped: int
    failed: int
    created_at_ms: int
    finished_at_ms: int | None
    undone: Undone | None = None

    def told(self) -> dict[str, Any]:
        """Return what teams are told at its end, by webhook."""
        names = ("uuid", "status", "total_rows", "imported", "updated", "skipped", "failed", "failure")
        return {"filename": self.plan.filename, "dry_run": self.plan.dry_run} | {
            name: getattr(self, name) for name in names
        }


def status_of(state: JobState) -> Status:
    """Return what a team calls the state of a job."""
    return _STATUSES[state]
