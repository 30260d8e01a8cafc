"""Reports: what became of the team's messages, what they cost and how long they took (decisions 85, 86).

All of them are sums that are kept up to date while messages go out, so they do not take longer where more is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, problem
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.reports import Standing
from mobilesasa.api.requests import parse_query
from mobilesasa.api.resources.report_periods import Days, counted_at, days_of
from mobilesasa.api.resources.report_shapes import (
    AskGroups,
    AskReport,
    AskUsage,
    DeliveryShown,
    GroupShown,
    GroupsShown,
    LatencyShown,
    ReportHead,
    SummaryShown,
    UsageOfTotal,
    UsageShown,
    figures_shown,
)
from mobilesasa.api.routes import route
from mobilesasa.core.errors import BadValue
from mobilesasa.core.ids import canonical
from mobilesasa.core.reporting import (
    DELIVERED_CLASSES_MS,
    SENT_CLASSES_MS,
    Figures,
    Group,
    Period,
    Span,
    Usage,
    Wanted,
    by_status,
    change,
    date_of,
    quantile,
    spans_of,
    used,
)

SCOPES = ("reports",)
_TREND = ("accepted", "units", "delivered", "failed", "delivery_ratio")
_LATENCIES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


class Reports:
    """The reports of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._reports = node.reports
        self._directory = node.directory
        self._now_ms = node.now_ms

    @route("GET", "/reports/summary", scopes=SCOPES, query=AskReport, answers=SummaryShown, refusals=(400,))
    async def report_summary(self, request: IRequest, caller: Caller) -> bytes:
        """Get a period at a glance: today, if nothing else is asked for.

        The figures stand beside those of the period before: as many days earlier, and when the period has not ended yet
        no more of them than have passed of it, so that a morning is compared with a morning.
        """
        asked = parse_query(AskReport, request)
        days, standing = await self._days(asked, caller)
        now = await self._reports.total(self._wanted(asked, caller, days.period))
        before = await self._reports.total(self._wanted(asked, caller, days.before))
        shown = {
            **_head(days, standing),
            "figures": figures_shown(now),
            "before": {**_span(days, days.before), "figures": figures_shown(before)},
            "trend": {name: change(getattr(now, name), getattr(before, name)) for name in _TREND},
        }
        return answer(request, shown)

    @route("GET", "/reports/messages", scopes=SCOPES, query=AskGroups, answers=GroupsShown, refusals=(400,))
    async def message_report(self, request: IRequest, caller: Caller) -> bytes:
        """Get messages counted by day, hour, sender, network, status, campaign or carrier.

        Filters may be put together. A message stands in the day in which it was accepted, so the figures of a day go on
        changing until the last receipt. By status, parts and units are 0: they are counted for all messages alike.
        Networks are told by the prefixes of numbers.
        """
        asked = parse_query(AskGroups, request)
        days, standing = await self._days(asked, caller)
        wanted = self._wanted(asked, caller, days.period)
        total = await self._reports.total(wanted)
        shown = {
            **_head(days, standing),
            "group_by": asked.group_by,
            "items": await self._items(asked, wanted, days, total),
            "total": figures_shown(total),
        }
        return answer(request, shown)

    @route("GET", "/reports/usage", scopes=SCOPES, query=AskUsage, answers=UsageShown, refusals=(400,))
    async def report_usage(self, request: IRequest, caller: Caller) -> bytes:
        """Get the units that came and went, day by day, by the kinds of the ledger."""
        asked = parse_query(AskUsage, request)
        days, standing = await self._days(asked, caller)
        starts = _spans(days, "day")
        found = await self._reports.usage(caller.team.id, days.period, starts)
        items = [{"day": str(date_of(at_ms, days.zone)), **_used(found, n)} for n, at_ms in enumerate(starts)]
        return answer(request, {**_head(days, standing), "items": items, "total": _used(found)})

    @route(
        "GET",
        "/reports/delivery",
        scopes=SCOPES,
        query=AskReport,
        answers=DeliveryShown,
        refusals=(400,),
    )
    async def report_delivery(self, request: IRequest, caller: Caller) -> bytes:
        """Get what is known of deliveries: confirmed by the handset, only accepted by a carrier, or without a receipt.

        And how long it took to the carrier, and from there to the handset.
        """
        asked = parse_query(AskReport, request)
        days, standing = await self._days(asked, caller)
        wanted = self._wanted(asked, caller, days.period)
        figures, took = await self._reports.total(wanted), await self._reports.latencies(wanted)
        shown = {
            **_head(days, standing),
            "confirmed": figures.delivered,
            "accepted_only": max(0, figures.underway - figures.unreported),
            "no_receipt": figures.unreported,
            "failed": figures.failed - figures.failed_unsent,
            "never_sent": figures.failed_unsent,
            "accept_to_carrier_ms": _latency(took.sent_within, SENT_CLASSES_MS),
            "carrier_to_handset_ms": _latency(took.delivered_within, DELIVERED_CLASSES_MS),
        }
        return answer(request, shown)

    async def _days(self, asked: AskReport | AskUsage, caller: Caller) -> tuple[Days, Standing]:
        standing = await self._reports.standing(caller.team.id)
        return days_of(asked, standing, self._now_ms()), standing

    def _wanted(self, asked: AskReport, caller: Caller, period: Period) -> Wanted:
        campaign = None if asked.campaign_uuid is None else canonical(asked.campaign_uuid)
        if asked.campaign_uuid is not None and campaign is None:
            raise problem(
                "bad_request", "campaign_uuid must be a uuid", [FieldProblem("campaign_uuid", "must be a uuid")]
            )
        return Wanted(
            team_id=caller.team.id,
            period=period,
            sender=asked.sender,
            network=asked.network,
            country=None if asked.country is None else asked.country.upper(),
            carrier_id=None if asked.carrier is None else self._carrier_id(asked.carrier),
            campaign=campaign,
        )

    def _carrier_id(self, name: str) -> int:
        """Return the id of a carrier by its name; of one that is not there one that nothing has."""
        carriers = self._directory.now.carriers.values()
        return next((carrier.id for carrier in carriers if carrier.name == name.lower()), 0)

    async def _items(self, asked: AskGroups, wanted: Wanted, days: Days, total: Figures) -> list[GroupShown]:
        if asked.group_by == "status":
            return [_group(status, figures) for status, figures in by_status(total).items()]
        if asked.group_by == "day" or asked.group_by == "hour":
            starts = _spans(days, asked.group_by)
            found = {each.key: each.figures for each in await self._reports.grouped(wanted, "span", starts)}
            shown = [
                str(date_of(at_ms, days.zone)) if asked.group_by == "day" else days.shown(at_ms) for at_ms in starts
            ]
            return [_group(key, found.get(n, Figures())) for n, key in enumerate(shown)]
        return [self._group_of(each, asked.group_by) for each in await self._reports.grouped(wanted, asked.group_by)]

    def _group_of(self, each: Group, by: str) -> GroupShown:
        key = None if each.key is None or each.key == "" else str(each.key)
        if by == "carrier":
            carrier = self._directory.now.carriers.get(int(each.key or 0))
            key = "a carrier that is no more" if carrier is None else carrier.name
        return _group(key, each.figures, each.country or None)


def _spans(days: Days, span: Span) -> list[int]:
    try:
        return spans_of(days.period, days.zone, span)
    except BadValue as bad:
        raise problem("bad_request", str(bad), [FieldProblem("group_by", str(bad))]) from bad


def _group(key: str | None, figures: Figures, country: str | None = None) -> GroupShown:
    return {"key": key, "country": country, **figures_shown(figures)}


def _head(days: Days, standing: Standing) -> ReportHead:
    return {
        "zone": days.zone.key,
        "date_from": days.shown(days.period.from_ms),
        "date_to": days.shown(days.period.to_ms),
        "counted_at": counted_at(standing),
        "is_recounting": standing.is_recounting,
    }


def _span(days: Days, period: Period) -> dict[str, str]:
    return {"date_from": days.shown(period.from_ms), "date_to": days.shown(period.to_ms)}


def _used(found: Sequence[Usage], span: int | None = None) -> UsageOfTotal:
    return cast(UsageOfTotal, used(found, span))


def _latency(counts: Sequence[int], bounds_ms: Sequence[int]) -> LatencyShown:
    return {name: quantile(counts, bounds_ms, share) for name, share in _LATENCIES.items()}  # type: ignore[return-value]
