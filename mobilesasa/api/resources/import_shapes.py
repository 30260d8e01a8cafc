"""What a team says of an import and sees of it (decision 54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypedDict

import attrs

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import Said
from mobilesasa.api.strict import BadJson, read
from mobilesasa.contacts.uploads import Looked, Status, Upload, WrongRow

_UUID = "01978a3e-0000-4c21-9a3b-0c5d7e8f9a10"
_MAPPING = '{"Simu": "phone", "Town": "attributes.town", "Age": ""}'


@attrs.frozen(kw_only=True)
class PreviewImport:
    """What is said of a file that is looked at."""

    mapping: Annotated[
        str | None,
        Said(
            "A JSON object: headers of the file to phone, first_name, last_name, name, email, notes or `attributes.` and a "
            "name; an empty text leaves a column out. A header that is not named means what it says",
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
class ImportContacts(PreviewImport):
    """What is said of a file that is imported."""

    on_existing: Annotated[
        Literal["update", "skip"],
        Said("What is done with phones that are there already: update what the row says, or leave them", "update"),
    ] = "update"
    group: Annotated[str | None, Said("The uuid of a group that all of them are put into", "group-uuid")] = None
    dry_run: Annotated[bool, Said("Counts what would be done, and does nothing")] = False


@attrs.frozen(kw_only=True)
class ListUploads(ListPage):
    """Which uploads are listed."""


class RowError(TypedDict):
    """One wrong cell; a row is taken whole or not at all."""

    row: Annotated[int, Said("Which row of the file; the first is 1", example=17)]
    column: Annotated[str, Said("The header of the column", example="Phone")]
    value: Annotated[str, Said("What stands there, up to 100 characters", example="0712 34")]
    message: Annotated[
        str, Said("What is wrong with it", example="the number has too few digits; numbers of +254 have more")
    ]


class ColumnShown(TypedDict):
    """A column that is read."""

    header: Annotated[str, Said("As in the file", example="Simu")]
    field: Annotated[str, Said("What it is read as", example="phone")]


class UndoShown(TypedDict):
    """How far an undo has come."""

    status: Annotated[Status, Said("How far", example="completed")]
    removed: Annotated[int, Said("Contacts that the import had made, and that are gone", example=98)]
    restored: Annotated[int, Said("Contacts that are again as they were before", example=12)]
    kept: Annotated[int, Said("Contacts that were left alone, for somebody has changed them since", example=1)]


class UploadShown(TypedDict):
    """A file of contacts, and what has become of it."""

    uuid: Annotated[str, Said("Names the upload", example=_UUID)]
    filename: Annotated[str, Said("As it was sent", example="contacts.csv")]
    status: Annotated[Status, Said("How far it is; the last three are final", example="completed")]
    total_rows: Annotated[int, Said("Rows with anything in them, without the headers", example=1250)]
    imported: Annotated[int, Said("Rows that made a contact", example=1200)]
    updated: Annotated[int, Said("Rows that changed one", example=40)]
    skipped: Annotated[int, Said("Rows that said nothing new, or of phones that were to be skipped", example=7)]
    failed: Annotated[int, Said("Rows that could not be taken", example=3)]
    errors: Annotated[list[RowError], Said("What is wrong with the first 100 of them")]
    error_file_url: Annotated[
        str | None, Said("All of them, as CSV in the file's own columns, for seven days; null where there are none")
    ]
    failure: Annotated[str | None, Said("Why the file as a whole could not be imported")]
    created_at: Annotated[str, Said("When it was sent, UTC", example="2026-05-11T09:00:00Z")]
    finished_at: Annotated[str | None, Said("When it ended, UTC", example="2026-05-11T09:00:07Z")]
    columns: Annotated[list[ColumnShown], Said("The columns that are read")]
    ignored_columns: Annotated[list[str], Said("The headers of those that are not", example=["Age"])]
    on_existing: Annotated[Literal["update", "skip"], Said("As it was asked for", example="update")]
    group: Annotated[str | None, Said("The uuid of the group that they are put into")]
    dry_run: Annotated[bool, Said("Whether it only counts")]
    undo: Annotated[UndoShown | None, Said("Its undo, once that was asked for")]


class UploadPage(TypedDict):
    """A page of uploads; their `errors` are empty, ask for one to see them."""

    items: list[UploadShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Uploads on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class PreviewColumn(TypedDict):
    """A column of a file."""

    header: Annotated[str, Said("As in the file", example="Simu")]
    field: Annotated[str | None, Said("What it would be read as; null: it would be ignored", example="phone")]


class PreviewShown(TypedDict):
    """What a file holds."""

    format: Annotated[Literal["csv", "xlsx"], Said("By its content", example="csv")]
    encoding: Annotated[str | None, Said("Of a CSV file", example="utf-8")]
    separator: Annotated[str | None, Said("Of a CSV file", example=";")]
    sheet: Annotated[str | None, Said("Of a workbook: the first with anything in it")]
    total_rows: Annotated[int, Said("Rows with anything in them, without the headers", example=1250)]
    has_phone: Annotated[bool, Said("Whether a column is read as the phone; without one it cannot be imported")]
    columns: Annotated[list[PreviewColumn], Said("All columns, in their order")]
    rows: Annotated[list[list[str]], Said("The first ten rows below the headers")]


def upload_shown(upload: Upload, wrong: Sequence[WrongRow] = (), most: int = 0) -> UploadShown:
    """Return an upload as its team sees it, with the first errors."""
    plan = upload.plan
    url = f"/api/v1/contacts/uploads/{upload.uuid}/errors" if upload.failed else None
    return {
        "uuid": upload.uuid,
        "filename": plan.filename,
        "status": upload.status,
        "total_rows": upload.total_rows,
        "imported": upload.imported,
        "updated": upload.updated,
        "skipped": upload.skipped,
        "failed": upload.failed,
        "errors": row_errors(wrong, most),
        "error_file_url": url,
        "failure": upload.failure,
        "created_at": instant(upload.created_at_ms),
        "finished_at": instant_or_none(upload.finished_at_ms),
        "columns": [{"header": column.header, "field": column.field} for column in plan.looked.columns],
        "ignored_columns": list(plan.looked.ignored),
        "on_existing": plan.on_existing,
        "group": plan.group,
        "dry_run": plan.dry_run,
        "undo": _undo(upload),
    }


def preview_shown(looked: Looked) -> PreviewShown:
    """Return what a file holds."""
    shape = looked.shape
    fields = {column.at: column.field for column in looked.columns}
    return {
        "format": "xlsx" if shape.format == "xlsx" else "csv",
        "encoding": shape.encoding,
        "separator": shape.separator,
        "sheet": shape.sheet,
        "total_rows": shape.total_rows,
        "has_phone": "phone" in fields.values(),
        "columns": [{"header": header, "field": fields.get(at)} for at, header in enumerate(shape.headers)],
        "rows": [list(row) for row in looked.first],
    }


def row_errors(wrong: Sequence[WrongRow], most: int) -> list[RowError]:
    """Return what is wrong with rows, cell by cell."""
    return [_error(each.row, said) for each in wrong for said in each.wrong][:most]


def _error(row: int, said: Mapping[str, str]) -> RowError:
    return {"row": row, "column": said["column"], "value": said["value"], "message": said["message"]}


def _undo(upload: Upload) -> UndoShown | None:
    undone = upload.undone
    if undone is None:
        return None
    return {"status": undone.status, "removed": undone.removed, "restored": undone.restored, "kept": undone.kept}


def mapping_of(text: str | None) -> dict[str, str | None]:
    """Return what a field `mapping` says; nothing where there is none.

    Raises:
        Problem: 400, it is no object of texts.
    """
    if text is None:
        return {}
    try:
        given = read(text.encode())
    except BadJson as bad:
        raise bad_field("mapping", str(bad)) from bad
    if not isinstance(given, dict) or not all(isinstance(each, str | None) for each in given.values()):
        raise bad_field("mapping", "must be a JSON object of texts")
    return given
