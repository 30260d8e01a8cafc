"""What a team says of an audience and sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypedDict

import attrs

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import Said
from mobilesasa.api.resources.import_shapes import RowError, mapping_of, row_errors
from mobilesasa.contacts.audiences import Audience, Status
from mobilesasa.contacts.uploads import WrongRow

_UUID = "01978a3e-0000-4c21-9a3b-0c5d7e8f9a12"
_FIELDS = ["phone", "first_name", "balance"]
_MAPPING = '{"Simu": "phone", "Amount due": "balance", "Age": ""}'


@attrs.frozen(kw_only=True)
class MakeAudience:
    """What is said of a file of people."""

    mapping: Annotated[
        str | None,
        Said(
            "A JSON object: headers of the file to names of fields; an empty text leaves a column out. A header that is not "
            "named is the name itself, in small letters, blanks and dashes as `_`",
            example=_MAPPING,
            longest=20_000,
        ),
    ] = None

    def columns(self) -> dict[str, str | None]:
        """Return the mapping.

        Raises:
            Problem: 400, it is none.
        """
        return mapping_of(self.mapping)


@attrs.frozen(kw_only=True)
class ListAudiences(ListPage):
    """Which audiences are listed."""


class AudienceShown(TypedDict):
    """A file of people, and what has become of it."""

    uuid: Annotated[str, Said("Names the audience; campaigns take it as `audience_id`", example=_UUID)]
    filename: Annotated[str, Said("As it was sent", example="debtors.xlsx")]
    status: Annotated[Status, Said("How far it is; a campaign needs it `completed`", example="completed")]
    fields: Annotated[list[str], Said("What the text of a campaign may name", example=_FIELDS)]
    ignored_columns: Annotated[list[str], Said("The headers of columns that are not read", example=["Age"])]
    total_rows: Annotated[int, Said("Rows with anything in them, without the headers", example=1250)]
    people: Annotated[int, Said("Whom it has", example=1240)]
    doubles: Annotated[int, Said("Rows whose phone an earlier row had; the first counts", example=7)]
    failed: Annotated[int, Said("Rows that could not be taken", example=3)]
    errors: Annotated[list[RowError], Said("What is wrong with the first 100 of them")]
    error_file_url: Annotated[
        str | None, Said("All of them, as CSV in the file's own columns, for seven days; null where there are none")
    ]
    failure: Annotated[str | None, Said("Why the file as a whole could not be read")]
    created_at: Annotated[str, Said("When it was sent, UTC", example="2026-05-11T09:00:00Z")]
    finished_at: Annotated[str | None, Said("When it had been read, UTC", example="2026-05-11T09:00:02Z")]


class AudiencePage(TypedDict):
    """A page of audiences; their `errors` are empty, ask for one to see them."""

    items: list[AudienceShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Audiences on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


def audience_shown(audience: Audience, wrong: Sequence[WrongRow] = (), most: int = 0) -> AudienceShown:
    """Return an audience as its team sees it, with the first errors."""
    url = f"/api/v1/campaigns/audiences/{audience.uuid}/errors" if audience.failed else None
    return {
        "uuid": audience.uuid,
        "filename": audience.plan.filename,
        "status": audience.status,
        "fields": list(audience.fields),
        "ignored_columns": list(audience.plan.looked.ignored),
        "total_rows": audience.total_rows,
        "people": audience.people,
        "doubles": audience.doubles,
        "failed": audience.failed,
        "errors": row_errors(wrong, most),
        "error_file_url": url,
        "failure": audience.failure,
        "created_at": instant(audience.created_at_ms),
        "finished_at": instant_or_none(audience.finished_at_ms),
    }
