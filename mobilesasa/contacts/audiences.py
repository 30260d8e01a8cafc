"""Audiences as values: files of people whose columns are the fields of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import attrs

from mobilesasa.contacts.uploads import Reading, looked_of

READ: Final = "campaigns.audience"  # the kind of their jobs
ERROR_DAYS: Final = 7  # for so long bad rows are kept
KEPT_DAYS: Final = 90  # after the file was read, and the last campaign for it ended

Status = Literal["pending", "processing", "completed", "failed"]


@attrs.frozen(kw_only=True)
class AudienceReading(Reading):
    """How the file of an audience is read."""

    def asked(self) -> dict[str, Any]:
        """Return what the child that reads it is told."""
        return {**super().asked(), "updates": False, "fields": True}

    @property
    def fields(self) -> list[str]:
        """What a text can name, in the order of the columns."""
        return [column.field for column in self.looked.columns]


def reading_of(filename: str, kept: Mapping[str, Any]) -> AudienceReading:
    """Return how a file is read, as it was kept."""
    return AudienceReading(filename=filename, looked=looked_of({**kept, "first": ()}), country=kept["country"])


@attrs.frozen(kw_only=True)
class Audience:
    """A file of people and what has become of it."""

    id: int
    uuid: str
    team_id: int
    job_id: int | None  # None: it ended so long ago that it is known no more
    file_id: int | None  # None: it was read to its end, or is kept no longer
    plan: AudienceReading
    fields: Sequence[str]  # that a text can name; the phone is one
    status: Status
    failure: str | None  # why it failed as a whole
    total_rows: int
    done_row: int  # the last row of the file that is dealt with
    people: int
    doubles: int  # rows whose phone an earlier one had
    failed: int
    created_at_ms: int
    finished_at_ms: int | None
