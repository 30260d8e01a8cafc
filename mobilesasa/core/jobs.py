"""Long work: what is asked for is a row, one node does it, and a crash at any line doubles nothing and loses nothing."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import attrs


class JobState(enum.StrEnum):
    """How far a job has come; the last three are final."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the job."""
        return self not in (JobState.PENDING, JobState.RUNNING)


@attrs.frozen(kw_only=True)
class Job:
    """A job as it was when it was read."""

    id: int
    uuid: str
    team_id: int
    kind: str  # whose work it is: `contacts.import`
    state: JobState
    args: Mapping[str, Any]  # what is asked for, as JSON has it
    progress: Mapping[str, Any]  # in the words of its kind
    turn: int  # of whoever has begun it; an older one has lost it
    error: str | None  # why it failed, for people
    created_at_ms: int
    started_at_ms: int | None
    finished_at_ms: int | None


class JobGone(Exception):
    """The job was cancelled, has ended, or is another process's by now: nothing more is to be done for it here."""


class JobFailed(Exception):
    """The job can never be done; the text says why, for the team that asked for it."""
