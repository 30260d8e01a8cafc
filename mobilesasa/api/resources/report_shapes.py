"""Reports, as they are asked for and as they are shown."""

from __future__ import annotations

from typing import Annotated, TypedDict

import attrs

from mobilesasa.api.requests import Said
from mobilesasa.core.reporting import Figures, GroupBy

_FROM = Said(
    "From this day or moment on: `2026-05-01`, a day in the zone, or a time in ISO 8601 with a zone. "
    "If omitted the day of `date_to`, and without that today",
    example="2026-05-01",
)
_TO = Said("To this day, which is included, or to this moment, which is not; if omitted today", example="2026-05-11")
_ZONE = Said(
    "Zone of the tz database in which days begin and end; if omitted the team's, or else that of its country",
    example="Africa/Nairobi",
)
_SENDER = Said("Only messages of this sender name", example="MYAPP")
_NETWORK = Said("Only messages to numbers of this network", example="Safaricom")
_COUNTRY = Said("Only messages to numbers of this country, ISO 3166-1", example="KE")
_CARRIER = Said("Only messages that this carrier has", example="savanna")
_CAMPAIGN = Said("Only messages of the campaign of this uuid")


@attrs.frozen(kw_only=True)
class AskReport:
    """Which messages a report is about."""

    date_from: Annotated[str | None, _FROM] = None
    date_to: Annotated[str | None, _TO] = None
    zone: Annotated[str | None, _ZONE] = None
    sender: Annotated[str | None, _SENDER] = None
    network: Annotated[str | None, _NETWORK] = None
    country: Annotated[str | None, _COUNTRY] = None
    carrier: Annotated[str | None, _CARRIER] = None
    campaign_uuid: Annotated[str | None, _CAMPAIGN] = None


@attrs.frozen(kw_only=True)
class AskGroups(AskReport):
    """Which messages a report is about, and by what they are put together."""

    group_by: Annotated[GroupBy, Said("What the messages of a group have in common", example="day")] = "day"


@attrs.frozen(kw_only=True)
class AskUsage:
    """Which days a report of units is about."""

    date_from: Annotated[str | None, _FROM] = None
    date_to: Annotated[str | None, _TO] = None
    zone: Annotated[str | None, _ZONE] = None


class FailuresShown(TypedDict):
    """Failed messages by their reason."""

    undelivered: Annotated[int, Said("The handset was not reached", example=21)]
    expired: Annotated[int, Said("The validity period ended at the carrier", example=8)]
    rejected: Annotated[int, Said("The carrier took them and then refused them", example=2)]
    refused: Annotated[int, Said("No carrier took them", example=1)]
    expired_unsent: Annotated[int, Said("The validity period ended before a carrier took them", example=0)]
    cancelled: Annotated[int, Said("The team took them back", example=0)]


class FiguresShown(TypedDict):
    """What became of messages; each stands in the day in which it was accepted."""

    accepted: Annotated[int, Said("Messages that were accepted", example=1250)]
    parts: Annotated[int, Said("Parts of all of them", example=1600)]
    units: Annotated[int, Said("Units that were charged for them; refunds are in `/reports/usage`", example=1600)]
    queued: Annotated[int, Said("No carrier has taken them yet", example=3)]
    sent: Annotated[int, Said("A carrier took them, whatever became of them then", example=1245)]
    pending: Annotated[int, Said("A carrier took them, and nothing final is known", example=13)]
    delivered: Annotated[int, Said("On the handset", example=1200)]
    failed: Annotated[int, Said("Failed, for whatever reason", example=32)]
    failures: Annotated[FailuresShown, Said("The failed ones by their reason")]
    delivery_ratio: Annotated[float | None, Said("`delivered` by `sent`; null when none was sent", example=0.9639)]


class SpanShown(TypedDict):
    """A period, in the zone of the report."""

    date_from: Annotated[str, Said("Its beginning, in the zone", example="2026-05-11T00:00:00+03:00")]
    date_to: Annotated[str, Said("Its end, which is not in it, in the zone", example="2026-05-12T00:00:00+03:00")]


class ReportHead(SpanShown):
    """What all reports say of themselves."""

    zone: Annotated[str, Said("The zone in which days begin and end", example="Africa/Nairobi")]
    counted_at: Annotated[
        str | None, Said("What happened until then is counted, UTC; some seconds ago", example="2026-05-11T08:59:52Z")
    ]
    is_recounting: Annotated[
        bool, Said("Some of the figures are being made again, and may change in a while", example=False)
    ]


class BeforeShown(SpanShown):
    """The figures of the period before."""

    figures: FiguresShown


class TrendShown(TypedDict):
    """By what share figures have grown since the period before; null where there was nothing to grow from."""

    accepted: Annotated[float | None, Said("Of messages", example=0.25)]
    units: Annotated[float | None, Said("Of units", example=0.25)]
    delivered: Annotated[float | None, Said("Of delivered messages", example=0.31)]
    failed: Annotated[float | None, Said("Of failed messages", example=-0.1)]
    delivery_ratio: Annotated[float | None, Said("Of the ratio", example=0.02)]


class SummaryShown(ReportHead):
    """A period at a glance."""

    figures: FiguresShown
    before: Annotated[BeforeShown, Said("As many days before, and no more of them than have passed of these")]
    trend: TrendShown


class GroupShown(FiguresShown):
    """Messages that have something in common."""

    key: Annotated[
        str | None,
        Said("What they have in common; null: they are of no campaign, or no network is known", example="2026-05-11"),
    ]
    country: Annotated[str | None, Said("Of a network: ISO 3166-1, null where it is not known; else null")]


class GroupsShown(ReportHead):
    """Messages in groups."""

    group_by: Annotated[GroupBy, Said("What they are put together by", example="day")]
    items: Annotated[
        list[GroupShown], Said("Days and hours in order and all of them, else the largest first, 1,000 at most")
    ]
    total: Annotated[FiguresShown, Said("All of them together")]


class UsageOfSpan(TypedDict):
    """Units of a day."""

    day: Annotated[str, Said("The day, in the zone", example="2026-05-11")]
    charged: Annotated[int, Said("Units that messages took, without those of campaigns", example=1600)]
    refunded: Annotated[int, Said("Units that came back for messages that no carrier took", example=4)]
    reserved: Annotated[int, Said("Units that campaigns took when they were sent", example=2847)]
    released: Annotated[int, Said("Units that campaigns gave back at their end, for they were not used", example=12)]
    topped_up: Annotated[int, Said("Units that were bought", example=10_000)]
    adjusted: Annotated[int, Said("Units that the operator added, or took when below 0", example=0)]
    messages: Annotated[int, Said("Messages that were charged, those of campaigns among them", example=1250)]


class UsageShown(ReportHead):
    """The units of a team, day by day."""

    items: Annotated[list[UsageOfSpan], Said("All days of the period, in order")]
    total: UsageOfTotal


class UsageOfTotal(TypedDict):
    """Units of all days."""

    charged: Annotated[int, Said("Units that messages took, without those of campaigns", example=1600)]
    refunded: Annotated[int, Said("Units that came back", example=4)]
    reserved: Annotated[int, Said("Units that campaigns took when they were sent", example=2847)]
    released: Annotated[int, Said("Units that campaigns gave back at their end, for they were not used", example=12)]
    topped_up: Annotated[int, Said("Units that were bought", example=10_000)]
    adjusted: Annotated[int, Said("Units that the operator added, or took when below 0", example=0)]
    messages: Annotated[int, Said("Messages that were charged, those of campaigns among them", example=1250)]


class LatencyShown(TypedDict):
    """How long it took, in milliseconds; null where there is none. Between the classes that are counted it is estimated."""

    p50: Annotated[int | None, Said("Half of them took no longer", example=40)]
    p90: Annotated[int | None, Said("Nine in ten took no longer", example=90)]
    p95: Annotated[int | None, Said("Nineteen in twenty took no longer", example=140)]
    p99: Annotated[int | None, Said("Ninety-nine in a hundred took no longer", example=480)]


class DeliveryShown(ReportHead):
    """What is known of deliveries, and how long they took."""

    confirmed: Annotated[int, Said("The handset has them: a receipt says so", example=1200)]
    accepted_only: Annotated[int, Said("A carrier took them, and their receipts may still come", example=10)]
    no_receipt: Annotated[int, Said("A carrier took them and never said what became of them", example=3)]
    failed: Annotated[int, Said("A carrier took them, and a receipt says that they failed", example=31)]
    never_sent: Annotated[int, Said("No carrier took them, and none will", example=1)]
    accept_to_carrier_ms: Annotated[LatencyShown, Said("From our acceptance to the carrier's")]
    carrier_to_handset_ms: Annotated[
        LatencyShown, Said("From the carrier's acceptance to the delivery, as receipts state it")
    ]


def figures_shown(found: Figures) -> FiguresShown:
    """Return figures as they are shown."""
    return {
        "accepted": found.accepted,
        "parts": found.parts,
        "units": found.units,
        "queued": found.queued,
        "sent": found.sent,
        "pending": found.underway,
        "delivered": found.delivered,
        "failed": found.failed,
        "failures": {
            "undelivered": found.undelivered,
            "expired": found.expired,
            "rejected": found.rejected,
            "refused": found.refused,
            "expired_unsent": found.expired_unsent,
            "cancelled": found.cancelled,
        },
        "delivery_ratio": found.delivery_ratio,
    }
