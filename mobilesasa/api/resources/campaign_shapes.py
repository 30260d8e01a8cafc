"""What a team sees of campaigns; the same shape wherever a campaign is shown."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.requests import Said
from mobilesasa.campaigns.model import Campaign, Options, Phase, Repeat, Trigger
from mobilesasa.campaigns.views import Standing, WaitsFor

UUID = "01978a3e-0000-4c21-9a3b-0c5d7e8f9a10"


class CampaignProgress(TypedDict):
    """How far a campaign is queued."""

    recipients: Annotated[int, Said("Who gets it; of a draft who would, when it was made or changed", example=2847)]
    queued: Annotated[int, Said("Messages that were made", example=2000)]
    skipped: Annotated[
        int,
        Said("Who was left out, at /send or since; of a cancelled one also those whose turn did not come", example=12),
    ]
    left: Annotated[int, Said("Recipients whose turn is still to come", example=847)]
    percent: Annotated[int, Said("Of recipients whose turn has come", example=70)]


class CampaignUnits(TypedDict):
    """What a campaign costs."""

    estimated: Annotated[int, Said("When it was made or changed", example=2847)]
    reserved: Annotated[int, Said("Taken from the balance by /send", example=2847)]
    captured: Annotated[int, Said("Of that, for messages that were made", example=2000)]
    released: Annotated[int, Said("Of that, given back when it ended", example=0)]
    refunded: Annotated[int, Said("Of what was captured, given back for messages that no carrier took", example=12)]
    spent: Annotated[int, Said("What was captured and not given back: in the end, what it costs", example=1988)]


class CampaignStats(TypedDict):
    """What became of the messages of a campaign; some seconds old at most. The first four together are all messages."""

    waiting: Annotated[int, Said("No carrier has them yet", example=500)]
    sent: Annotated[int, Said("A carrier has them, and has not said what became of them", example=300)]
    delivered: Annotated[int, Said("Delivered", example=1180)]
    failed: Annotated[int, Said("Failed", example=20)]
    cancelled: Annotated[
        int,
        Said(
            "Of those that failed: taken back before a carrier had them, for the campaign was cancelled or the recipient "
            "wanted no more",
            example=8,
        ),
    ]
    complaints: Annotated[int, Said("Recipients who have wanted no more since it began", example=3)]
    clicks: Annotated[int, Said("Clicks on its short links", example=0)]


class CampaignPaused(TypedDict):
    """Why a campaign does not go on."""

    by: Annotated[
        Literal["team", "failures", "complaints", "sender", "suspended", "route"] | None,
        Said(
            "You; too many failures; too many complaints; a sender that may not be used; a team that is suspended; nobody "
            "who takes it to its recipients; null: it is of a series, and could not be sent"
        ),
    ]
    reason: Annotated[str | None, Said("The same in a sentence")]


class RepeatShown(TypedDict):
    """When a series makes its next campaign, in the team's time zone."""

    every: Annotated[Literal["day", "week", "month"], Said("How often", example="week")]
    at: Annotated[str, Said("The time of day", example="09:30")]
    weekdays: Annotated[list[int], Said("Of a week: 1 Monday to 7 Sunday", example=[1, 4])]
    days: Annotated[list[int], Said("Of a month: 1 to 31")]
    until: Annotated[str | None, Said("The last day", example="2026-12-31")]
    times: Annotated[int | None, Said("So many campaigns at most")]


class TriggerShown(TypedDict):
    """What makes a series write to somebody."""

    on: Annotated[Literal["joined_group"], Said("Somebody was put into one of its groups")]
    delay_minutes: Annotated[int, Said("So long after it happened")]


class CampaignSaid(TypedDict):
    """What a campaign says to whom, and where it stands."""

    uuid: Annotated[str, Said("Names the campaign", example=UUID)]
    name: Annotated[str, Said("Its name", example="May Promo")]
    status: Annotated[
        Literal["draft", "sending", "completed", "cancelled"], Said("Where it stands, in one of four words")
    ]
    recipient_count: Annotated[
        int, Said("Who gets it: of a draft an estimate, from /send on those who were found then", example=2847)
    ]
    cost_units: Annotated[
        int, Said("What it costs, parts and all: of a draft an estimate, from /send on what is reserved", example=2847)
    ]
    created_at: Annotated[str, Said("When it was made, UTC", example="2026-05-11T09:00:00Z")]
    phase: Annotated[
        Literal["draft", "scheduled", "sending", "paused", "completed", "cancelled"],
        Said("Where it stands, more exactly: scheduled is sent but waits for its time, paused does not go on"),
    ]
    message: Annotated[
        str | None,
        Said("Its text with the names of fields; null when it is no longer kept", "Get 20% off this weekend!"),
    ]
    sender_id: Annotated[str, Said("The uuid of its sender", example="sender-uuid")]
    sender: Annotated[str, Said("The name of its sender", example="MYAPP")]
    group_ids: Annotated[list[str], Said("The groups that it goes to", example=["group-uuid-1", "group-uuid-2"])]
    exclude_group_ids: Annotated[list[str], Said("The groups whose people get nothing")]
    audience_id: Annotated[str | None, Said("The file of people that it goes to instead")]
    scheduled_at: Annotated[str | None, Said("When it begins, UTC; null: when /send is called")]
    armed_at: Annotated[str | None, Said("When /send was called, UTC")]
    started_at: Annotated[str | None, Said("When it began, UTC")]
    finished_at: Annotated[str | None, Said("When it was completed or cancelled, UTC")]


class CampaignWays(TypedDict):
    """How a campaign is sent."""

    rate_per_s: Annotated[int | None, Said("Messages that are queued a second; null: as fast as carriers take them")]
    validity_minutes: Annotated[int | None, Said("How long delivery of each message is tried; null: 24 hours")]
    stop_failures_percent: Annotated[
        int | None, Said("Above which share of failures it pauses; null: never", example=50)
    ]
    stop_complaints_percent: Annotated[
        int | None, Said("Above which share of complaints it pauses; null: never", example=5)
    ]
    track_links: Annotated[bool, Said("Whether its links are short, and clicks are counted")]
    link_days: Annotated[int, Said("For so long short links lead on", example=30)]
    repeat: Annotated[RepeatShown | None, Said("Of a series by the calendar: when it makes campaigns")]
    trigger: Annotated[TriggerShown | None, Said("Of a series for people: to whom what must have happened")]


class CampaignShown(CampaignSaid, CampaignWays):
    """A campaign."""

    progress: CampaignProgress
    units: CampaignUnits
    stats: Annotated[CampaignStats | None, Said("What became of its messages; null before it is sent")]
    paused: Annotated[CampaignPaused | None, Said("Why it does not go on, while it is paused, or its messages are")]
    waits_until: Annotated[str | None, Said("Until when it waits, UTC")]
    waits_for: Annotated[
        Literal["time", "hours", "route", "paused"] | None,
        Said(
            "What for: its time; the hours in which the recipients' country allows it; a carrier that takes messages to "
            "them; you, for it is paused"
        ),
    ]
    series_id: Annotated[str | None, Said("The series that has made it")]
    retry_of: Annotated[
        str | None, Said("The campaign whose failed recipients it is for; who has got that meanwhile is left out")
    ]
    next_at: Annotated[str | None, Said("Of a series: when it makes its next campaign, UTC")]
    updated_at: Annotated[str, Said("When it last changed, UTC", example="2026-05-11T09:00:00Z")]


class CampaignPage(TypedDict):
    """A page of campaigns."""

    items: list[CampaignShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Campaigns on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]
    next_cursor: Annotated[str | None, Said("What `cursor` is for the next page; null: there is none")]


def campaign_shown(campaign: Campaign, standing: Standing | None = None) -> CampaignShown:
    """Return a campaign as its team sees it; without a standing nothing of its messages is known yet."""
    known, is_series = standing or Standing(), campaign.options.is_series
    waits_for, until_ms = _waiting(campaign, known)
    return {
        **_said(campaign),
        "progress": _progress(campaign),
        "units": {
            "estimated": campaign.estimated_units,
            "reserved": campaign.reserved_units,
            "captured": campaign.captured_units,
            "released": campaign.released_units,
            "refunded": known.refunded_units,
            "spent": campaign.captured_units - known.refunded_units,
        },
        "stats": _stats(known) if _is_counted(campaign) else None,
        "paused": _paused(campaign),
        "waits_until": instant_or_none(until_ms),
        "waits_for": waits_for,
        **_ways(campaign.options),
        "series_id": campaign.series_uuid,
        "retry_of": campaign.retry_of_uuid,
        "next_at": instant_or_none(campaign.next_at_ms if is_series else None),
        "updated_at": instant(campaign.updated_at_ms),
    }


def _said(campaign: Campaign) -> CampaignSaid:
    is_counted = _is_counted(campaign)
    return {
        "uuid": campaign.uuid,
        "name": campaign.name,
        "status": campaign.phase.status,
        "recipient_count": campaign.recipients if is_counted else campaign.estimated_recipients,
        "cost_units": campaign.reserved_units if is_counted else campaign.estimated_units,
        "created_at": instant(campaign.created_at_ms),
        "phase": campaign.phase.value,
        "message": campaign.message,
        "sender_id": campaign.sender_uuid,
        "sender": campaign.sender,
        "group_ids": list(campaign.group_uuids),
        "exclude_group_ids": list(campaign.exclude_group_uuids),
        "audience_id": campaign.audience_uuid,
        "scheduled_at": instant_or_none(campaign.scheduled_at_ms),
        "armed_at": instant_or_none(campaign.armed_at_ms),
        "started_at": instant_or_none(campaign.started_at_ms),
        "finished_at": instant_or_none(campaign.finished_at_ms),
    }


def _ways(options: Options) -> CampaignWays:
    return {
        "rate_per_s": options.rate_per_s,
        "validity_minutes": options.validity_minutes,
        "stop_failures_percent": options.stop_failures_percent,
        "stop_complaints_percent": options.stop_complaints_percent,
        "track_links": options.track_links,
        "link_days": options.link_days,
        "repeat": None if options.repeat is None else _repeat(options.repeat),
        "trigger": None if options.trigger is None else _trigger(options.trigger),
    }


def _is_counted(campaign: Campaign) -> bool:
    """Say whether it has a snapshot: it was sent, and is no series, which sends nothing itself."""
    return campaign.armed_at_ms is not None and not campaign.options.is_series


def _waiting(campaign: Campaign, known: Standing) -> tuple[WaitsFor | None, int | None]:
    if campaign.phase is Phase.SCHEDULED:
        return "time", campaign.next_at_ms if campaign.options.is_series else campaign.scheduled_at_ms
    if campaign.paused_by is not None:
        return "paused", None
    return known.waits_for, known.waits_until_ms


def _progress(campaign: Campaign) -> CampaignProgress:
    if not _is_counted(campaign):
        expected = campaign.estimated_recipients
        return {"recipients": expected, "queued": 0, "skipped": 0, "left": expected, "percent": 0}
    come = campaign.recipients - campaign.not_dealt_with
    return {
        "recipients": campaign.recipients,
        "queued": campaign.queued,
        "skipped": campaign.left_out,
        "left": campaign.left,
        "percent": 100 if not campaign.not_dealt_with else max(0, 100 * come // max(1, campaign.recipients)),
    }


def _stats(known: Standing) -> CampaignStats:
    return {
        "waiting": known.waiting,
        "sent": known.sent,
        "delivered": known.delivered,
        "failed": known.failed,
        "cancelled": known.cancelled,
        "complaints": known.complaints,
        "clicks": known.clicks,
    }


def _paused(campaign: Campaign) -> CampaignPaused | None:
    by, reason = campaign.paused_by, campaign.paused_reason
    if by is None and reason is None:
        return None
    return {"by": None if by is None else by.value, "reason": reason}


def _repeat(repeat: Repeat) -> RepeatShown:
    return {
        "every": repeat.every,
        "at": repeat.at,
        "weekdays": list(repeat.weekdays),
        "days": list(repeat.days),
        "until": repeat.until,
        "times": repeat.times,
    }


def _trigger(trigger: Trigger) -> TriggerShown:
    return {"on": trigger.on, "delay_minutes": trigger.delay_minutes}
