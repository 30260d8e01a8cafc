"""Exports, as they are asked for and as they are shown."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypedDict

import attrs

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import Said
from mobilesasa.api.resources.report_shapes import AskGroups
from mobilesasa.core.exports import Export
from mobilesasa.core.filters import LedgerKind
from mobilesasa.core.reporting import GroupBy

KEPT_DAYS = 7
_DAY_MS = 86_400_000


@attrs.frozen(kw_only=True)
class ExportFilters:
    """Which rows are wanted; each kind regards those that say so."""

    ONLY_KNOWN: ClassVar = True

    date_from: Annotated[
        str | None,
        Said(
            "From this day or moment on, as in reports; if omitted from the beginning. All but contacts, recipients and survey responses",
            example="2026-05-01",
        ),
    ] = None
    date_to: Annotated[
        str | None,
        Said(
            "To this day, which is included, or this moment; if omitted until now. The same kinds",
            example="2026-05-31",
        ),
    ] = None
    phone: Annotated[
        str | None,
        Said("Messages, inbound and survey responses: only those to or from this number", example="+254712345678"),
    ] = None
    status: Annotated[
        Literal["queued", "sent", "delivered", "failed", "in_progress", "completed", "expired"] | None,
        Said(
            "Messages: only those of this status, `queued`, `sent`, `delivered` or `failed`. Survey responses: `in_progress`, "
            "`completed` or `expired`"
        ),
    ] = None
    sender: Annotated[str | None, Said("Messages and report: only those of this sender name", example="MYAPP")] = None
    campaign_uuid: Annotated[
        str | None,
        Said("Messages and report: only those of this campaign. Recipients: of which campaign; it is required"),
    ] = None
    survey_uuid: Annotated[str | None, Said("Survey responses: of which survey; it is required")] = None
    version: Annotated[
        int | None, Said("Survey responses: only those to this version", minimum=1, maximum=1_000_000)
    ] = None
    client_reference: Annotated[str | None, Said("Messages: only those with this reference of yours")] = None
    code: Annotated[str | None, Said("Inbound: only those to this short code or number", example="22384")] = None
    group_uuid: Annotated[str | None, Said("Contacts: only those of this group")] = None
    entry: Annotated[LedgerKind | None, Said("Ledger: only entries of this kind")] = None
    group_by: Annotated[
        GroupBy | None, Said("Report: what the messages of a row have in common; by day if omitted")
    ] = None
    network: Annotated[str | None, Said("Report: only messages to numbers of this network", example="Safaricom")] = None
    country: Annotated[str | None, Said("Report: only messages to numbers of this country", example="KE")] = None
    carrier: Annotated[str | None, Said("Report: only messages that this carrier has", example="savanna")] = None


@attrs.frozen(kw_only=True)
class AskExport:
    """A file that is wanted."""

    kind: Annotated[
        Literal["messages", "contacts", "inbound", "ledger", "report", "usage", "recipients", "survey_responses"],
        Said("What of", example="messages"),
    ]
    format: Annotated[Literal["csv", "xlsx"], Said("How it is written", example="csv")] = "csv"
    zone: Annotated[
        str | None,
        Said(
            "Zone of the times and days in it; if omitted the team's, or else that of its country",
            example="Africa/Nairobi",
        ),
    ] = None
    excel: Annotated[
        bool,
        Said(
            "CSV only: with a BOM, and an apostrophe before phone numbers, so that a spreadsheet takes the file as it is"
        ),
    ] = False
    filters: Annotated[ExportFilters | None, Said("Which rows; if omitted all")] = None


@attrs.frozen(kw_only=True)
class AskReportExport(AskGroups):
    """A report that is wanted as a file."""

    format: Annotated[Literal["csv", "xlsx"], Said("How it is written", example="xlsx")] = "csv"
    excel: Annotated[bool, Said("CSV only: with a BOM, for spreadsheets")] = False


class ExportShown(TypedDict):
    """A file that was asked for."""

    uuid: Annotated[str, Said("Names the export")]
    kind: Annotated[str, Said("What of", example="messages")]
    format: Annotated[str, Said("How it is written", example="csv")]
    filename: Annotated[str, Said("What the file is called", example="messages-2026-05-11.csv")]
    filters: Annotated[dict[str, Any], Said("Which rows, as they were asked for")]
    status: Annotated[
        Literal["pending", "running", "completed", "failed", "cancelled"], Said("How far it is", example="completed")
    ]
    rows: Annotated[int, Said("Rows that are written", example=1250)]
    total_rows: Annotated[int | None, Said("Rows that there will be; null: they are not counted yet", example=1250)]
    total_is_estimate: Annotated[bool, Said("Whether `total_rows` is an estimate; only above 100,000")]
    octets: Annotated[int | None, Said("How long the file is; null until it is whole", example=181_220)]
    error: Annotated[str | None, Said("Why it failed")]
    file_url: Annotated[str | None, Said("Where the file is; null until it is whole, and when it is no longer kept")]
    created_at: Annotated[str, Said("When it was asked for, UTC", example="2026-05-11T09:00:00Z")]
    finished_at: Annotated[str | None, Said("When it was finished, UTC")]
    kept_until: Annotated[
        str | None, Said(f"Until when the file is kept, {KEPT_DAYS} days; null as long as there is none")
    ]


class ExportPage(TypedDict):
    """A page of exports."""

    items: list[ExportShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Exports on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


@attrs.frozen(kw_only=True)
class ListExports(ListPage):
    """Which exports are listed."""

    kind: Annotated[
        Literal["messages", "contacts", "inbound", "ledger", "report", "usage", "recipients", "survey_responses"]
        | None,
        Said("Only those of this kind"),
    ] = None


def export_shown(found: Export) -> ExportShown:
    """Return an export as its team sees it."""
    has_file = found.octets is not None
    return {
        "uuid": found.uuid,
        "kind": found.kind,
        "format": found.format,
        "filename": found.filename,
        "filters": dict(found.shown),
        "status": found.state.value,
        "rows": found.rows,
        "total_rows": found.total,
        "total_is_estimate": found.total_is_estimate,
        "octets": found.octets,
        "error": found.error,
        "file_url": f"/api/v1/exports/{found.uuid}/file" if has_file else None,
        "created_at": instant(found.created_at_ms),
        "finished_at": instant_or_none(found.finished_at_ms),
        "kept_until": instant(found.created_at_ms + KEPT_DAYS * _DAY_MS) if has_file else None,
    }
