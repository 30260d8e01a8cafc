"""Exports: what the team has, as a file that is written in a while (decision 85)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_field, bad_fields, problem
from mobilesasa.api.files import send_file
from mobilesasa.api.pages import answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse, parse_query
from mobilesasa.api.resources.export_shapes import (
    AskExport,
    AskReportExport,
    ExportFilters,
    ExportPage,
    ExportShown,
    ListExports,
    export_shown,
)
from mobilesasa.api.resources.hiding import Hiding
from mobilesasa.api.resources.report_periods import days_of, moment_of, zone_in
from mobilesasa.api.resources.report_shapes import AskUsage
from mobilesasa.api.routes import route
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.exports import CONTENT_TYPES, SCOPE_OF_KIND, Export, Format, Kind
from mobilesasa.core.ids import canonical
from mobilesasa.core.inbound import digits_of
from mobilesasa.core.model import State
from mobilesasa.core.reporting import Period, Span, date_of, spans_of
from mobilesasa.core.scopes import opens
from mobilesasa.sms.numbers import BadNumber, normalise_fast
from mobilesasa.surveys.model import Status

SCOPES = ("reports", "messages", "contacts", "campaigns", "surveys")
_DATES: Final = {"date_from", "date_to"}
_OF_MESSAGES: Final = _DATES | {"sender", "campaign_uuid"}

#: The filters that each kind regards.
FILTERS_OF_KIND: Final[Mapping[str, set[str]]] = {
    "messages": _OF_MESSAGES | {"phone", "status", "client_reference"},
    "contacts": {"group_uuid"},
    "inbound": _DATES | {"phone", "code"},
    "ledger": _DATES | {"entry"},
    "usage": _DATES,
    "recipients": {"campaign_uuid"},
    "survey_responses": {"survey_uuid", "version", "phone", "status"},
    "report": _OF_MESSAGES | {"group_by", "network", "country", "carrier"},
}
#: What `status` may be of each kind that has it.
STATUSES_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "messages": ("queued", "sent", "delivered", "failed"),
    "survey_responses": tuple(Status),
}
_DEEPER = "exports; ask for those of a kind"
_AUTHORIZED = '\\\n  -H "Authorization: Bearer mbs_your_token_here"'
_ASK = f"""curl -X POST https://api.yourdomain.com/api/v1/exports {_AUTHORIZED} \\
  -H "Content-Type: application/json" \\
  -d '{{
    "kind": "messages",
    "format": "csv",
    "filters": {{"date_from": "2026-05-01", "date_to": "2026-05-31", "status": "failed"}}
  }}'"""


class Exports:
    """The exports of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._exports = node.exports
        self._campaigns = node.campaigns
        self._surveys = node.surveys
        self._files = node.files
        self._reports = node.reports
        self._directory = node.directory
        self._hiding = Hiding(node.directory)
        self._clock = node.clock
        self._patience_s = node.limits.timeout_s
        self._now_ms = node.now_ms
        self._new_uuid = node.new_uuid

    @route(
        "POST",
        "/exports",
        scopes=SCOPES,
        body=AskExport,
        answers=ExportShown,
        refusals=(400, 403, 404, 409),
        curl=_ASK,
        idempotent=True,
    )
    async def ask_export(self, request: IRequest, caller: Caller) -> bytes:
        """Ask for a file of what the team has: messages, contacts, the ledger, a report, responses to a survey, ….

        The token needs the scope of what is in the file: `messages` for messages and inbound, `contacts`, `campaigns` for
        recipients, `surveys` for survey responses, or `reports` for the rest. Ask for the export until its `status` is
        `completed`, or have a webhook for `export.completed`. Rows are read in pieces while the team goes on working, so what
        changes meanwhile may be in the file or not. What is asked for is regarded or refused: 400 for a filter that the kind
        does not have.
        """
        asked = parse(AskExport, request)
        return await self._ask(request, caller, asked)

    @route(
        "POST",
        "/reports/export",
        scopes=("reports",),
        body=AskReportExport,
        answers=ExportShown,
        refusals=(400, 409),
        idempotent=True,
    )
    async def ask_report_export(self, request: IRequest, caller: Caller) -> bytes:
        """Ask for a report as a file: what `/reports/messages` shows. It is an export like the others."""
        asked = parse(AskReportExport, request)
        names = FILTERS_OF_KIND["report"]
        filters = ExportFilters(**{name: getattr(asked, name) for name in names})
        return await self._ask(
            request,
            caller,
            AskExport(kind="report", format=asked.format, zone=asked.zone, excel=asked.excel, filters=filters),
        )

    @route("GET", "/exports", scopes=SCOPES, query=ListExports, answers=ExportPage, refusals=(400,))
    async def list_exports(self, request: IRequest, caller: Caller) -> bytes:
        """List exports, newest first: of those kinds that the token may read."""
        asked = parse_query(ListExports, request)
        kinds = [kind for kind in SCOPE_OF_KIND if _may(caller, kind, reads=True) and asked.kind in (None, kind)]
        team_id = caller.team.id
        count, read = partial(self._exports.count, team_id, kinds), partial(self._exports.page, team_id, kinds)
        return await answer_page(request, asked, count, read, export_shown, _DEEPER)

    @route("GET", "/exports/{uuid}", scopes=SCOPES, answers=ExportShown, refusals=(404,))
    async def export(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get an export: how far it is, and where its file is."""
        return answer(request, export_shown(await self._found(caller, uuid, reads=True)))

    @route(
        "GET",
        "/exports/{uuid}/file",
        scopes=SCOPES,
        answers=None,
        refusals=(404,),
        files=tuple(CONTENT_TYPES.values()),
    )
    async def export_file(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get the file of an export.

        It is there when the export is `completed`, and for seven days; else 404. People with the role viewer get no file of
        messages where the team has a sender for one-time passwords.
        """
        found = await self._found(caller, uuid, reads=True)
        self._hiding.check_file(caller, found)
        file = None if found.file_uuid is None else await self._files.find(caller.team.id, found.file_uuid)
        if file is None:
            raise NotFound("the export has no file: it is not whole yet, or no longer kept")
        return await send_file(request, file, self._files, self._clock, self._patience_s)

    @route("DELETE", "/exports/{uuid}", scopes=SCOPES, answers=ExportShown, refusals=(404,))
    async def remove_export(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Remove an export and its file. One that is under way is cancelled."""
        found = await self._found(caller, uuid, reads=False)
        await self._exports.remove(caller.by, caller.team.id, found.uuid)
        return answer(request, export_shown(found))

    async def _found(self, caller: Caller, uuid: str, *, reads: bool) -> Export:
        found = await self._exports.find(caller.team.id, uuid)
        if found is None or not _may(caller, found.kind, reads=reads):
            raise NotFound("there is no such export")
        return found

    async def _ask(self, request: IRequest, caller: Caller, asked: AskExport) -> bytes:
        if not _may(caller, asked.kind, reads=False):
            raise problem("missing_scope", f"an export of {asked.kind} needs the scope {SCOPE_OF_KIND[asked.kind]}")
        filters = asked.filters or ExportFilters()
        said = {name: value for name, value in attrs.asdict(filters).items() if value is not None}
        unknown = [name for name in said if name not in FILTERS_OF_KIND[asked.kind]]
        if unknown:
            wrong = [
                FieldProblem(f"filters.{name}", f"is not regarded by an export of {asked.kind}") for name in unknown
            ]
            raise bad_fields(wrong)
        statuses = STATUSES_OF_KIND.get(asked.kind, ())
        if filters.status is not None and filters.status not in statuses:
            raise bad_field("filters.status", f"must be one of {', '.join(statuses)} in an export of {asked.kind}")
        whose = await self._whose(caller, asked.kind, filters)
        rows, zone = await self._rows(caller, asked, filters)
        now_ms = self._now_ms()
        made = Export(
            uuid=self._new_uuid(),
            team_id=caller.team.id,
            kind=asked.kind,
            format=asked.format,
            asked={**rows, **whose, "zone": zone.key, "excel": asked.excel},
            shown=said,
            filename=filename(asked.kind, asked.format, now_ms, zone),
            created_at_ms=now_ms,
        )
        reply = answer(request, export_shown(made))
        await self._exports.add(caller.by, made, caller.kept(reply))
        return reply

    async def _whose(self, caller: Caller, kind: Kind, filters: ExportFilters) -> dict[str, Any]:
        """Make sure that the team has what the rows are of, where they are of something; return what is laid down of it.

        Of a survey that is its last version: later ones have other questions, and a file has its columns once.

        Raises:
            Problem: 400, it is not named.
            NotFound: there is none of that uuid.
        """
        if kind == "recipients":
            if filters.campaign_uuid is None:
                raise bad_field("filters.campaign_uuid", "is required: recipients are those of a campaign")
            await self._campaigns.find(caller.team.id, filters.campaign_uuid)
        if kind == "survey_responses":
            if filters.survey_uuid is None:
                raise bad_field("filters.survey_uuid", "is required: survey responses are those to a survey")
            survey = await self._surveys.find(caller.team.id, filters.survey_uuid)
            if filters.version is not None:
                await self._surveys.version(survey, filters.version)
            return {"survey_upto": survey.version}
        return {}

    async def _rows(self, caller: Caller, asked: AskExport, filters: ExportFilters) -> tuple[dict[str, Any], ZoneInfo]:
        """Return which rows are meant, as they are looked for, and the zone of the times in them."""
        standing = await self._reports.standing(caller.team.id)
        zone = zone_in(asked.zone, standing)
        if asked.kind in ("report", "usage"):
            dated = AskUsage(date_from=filters.date_from, date_to=filters.date_to, zone=asked.zone)
            period = days_of(dated, standing, self._now_ms()).period
            if asked.kind == "usage":
                return {**_moments(period), "starts_ms": _starts(period, zone, "day", "filters.date_from")}, zone
            return self._report(filters, period, zone), zone
        from_ms = moment_of(filters.date_from, "filters.date_from", zone, is_end=False)
        to_ms = moment_of(filters.date_to, "filters.date_to", zone, is_end=True)
        now_ms = self._now_ms()
        phone = None if filters.phone is None else _phone(filters.phone, caller.team.country)
        return {
            "from_ms": from_ms or 0,
            "to_ms": now_ms if to_ms is None else min(to_ms, now_ms),
            "recipient": phone,
            "source": phone,
            "destination": None if filters.code is None else digits_of(filters.code),
            "state": int(State[filters.status.upper()]) if filters.status and asked.kind == "messages" else None,
            "survey_status": filters.status if asked.kind == "survey_responses" else None,
            "sender": filters.sender,
            "campaign_uuid": _uuid(filters.campaign_uuid, "campaign_uuid"),
            "client_reference": filters.client_reference,
            "group_uuid": _uuid(filters.group_uuid, "group_uuid"),
            "survey_uuid": _uuid(filters.survey_uuid, "survey_uuid"),
            "survey_version": filters.version,
            "kind": filters.entry,
        }, zone

    def _report(self, filters: ExportFilters, period: Period, zone: ZoneInfo) -> dict[str, Any]:
        carriers = self._directory.now.carriers
        group_by, starts = filters.group_by or "day", []
        if group_by == "day" or group_by == "hour":
            starts = _starts(period, zone, group_by, "filters.group_by")
        by_name = {carrier.name: carrier.id for carrier in carriers.values()}
        return {
            "group_by": group_by,
            "starts_ms": starts,
            **_moments(period),
            "sender": filters.sender,
            "network": filters.network,
            "country": None if filters.country is None else filters.country.upper(),
            "carrier_id": None if filters.carrier is None else by_name.get(filters.carrier.lower(), 0),
            "campaign": _uuid(filters.campaign_uuid, "campaign_uuid"),
            "carriers": {str(carrier.id): carrier.name for carrier in carriers.values()}
            if group_by == "carrier"
            else {},
        }


def filename(kind: Kind, form: Format, now_ms: int, zone: ZoneInfo) -> str:
    """Return what the file of an export is called."""
    return f"{kind}-{date_of(now_ms, zone)}.{form}"


def _moments(period: Period) -> dict[str, int]:
    return {"from_ms": period.from_ms, "to_ms": period.to_ms}


def _starts(period: Period, zone: ZoneInfo, span: Span, field: str) -> list[int]:
    """Return where the days or hours of a period begin.

    Raises:
        Problem: 400, they are too many.
    """
    try:
        return list(spans_of(period, zone, span))
    except BadValue as bad:
        raise problem("bad_request", str(bad), [FieldProblem(field, str(bad))]) from bad


def _may(caller: Caller, kind: str, *, reads: bool) -> bool:
    return opens(caller.scopes, (SCOPE_OF_KIND[kind],), reads)


def _phone(written: str, country: str) -> str:
    try:
        return normalise_fast(written, country)
    except BadNumber as bad:
        raise problem("bad_request", str(bad), [FieldProblem("filters.phone", str(bad))]) from bad


def _uuid(written: str | None, name: str) -> str | None:
    known = None if written is None else canonical(written)
    if written is not None and known is None:
        raise problem("bad_request", f"{name} must be a uuid", [FieldProblem(f"filters.{name}", "must be a uuid")])
    return known
