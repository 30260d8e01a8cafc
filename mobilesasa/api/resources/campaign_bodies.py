"""What a team says of campaigns: to make, change, copy and try one, and which to list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import attrs

from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import ABSENT, Absent, Said
from mobilesasa.api.times import Instant
from mobilesasa.campaigns.model import GROUPS_MAX, NAME_CHARACTERS, Repeat, Trigger

MESSAGE_CHARACTERS = 3000  # of a text with its fields; what is sent of it has ten parts at most

#: What other platforms, or a slip, call what decides when and to whom a campaign goes: it must not get lost. None of these is
#: a field of a campaign that is shown, so what was read can be sent back.
SLIPS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("schedule", "schedule_at", "scheduled", "scheduled_for", "scheduled_time", "schedule_time", "scheduledAt", "send_at", "sendAt"),
        "scheduled_at",
    ),
    **dict.fromkeys(("rate", "rate_per_second", "rate_limit", "ratePerSecond", "tps", "throttle"), "rate_per_s"),
    **dict.fromkeys(("group", "groups", "group_id", "group_uuids", "groupIds"), "group_ids"),
    **dict.fromkeys(
        ("exclude", "exclude_groups", "exclude_group_id", "excluded_group_ids", "excluded_groups", "excludeGroupIds"),
        "exclude_group_ids",
    ),
    **dict.fromkeys(("audience", "audience_uuid", "audienceId"), "audience_id"),
    **dict.fromkeys(("validity", "validity_period", "validityMinutes"), "validity_minutes"),
}  # fmt: skip
_SERIES = "Makes a series of it, which sends nothing itself but makes a campaign each time"
_MESSAGE = (
    "SMS text to send. Long messages split automatically. `{first_name}` is filled for each recipient, "
    "`{first_name:there}` says what stands where there is nothing"
)
_SENDER = "Approved sender ID UUID, or its name"
_MESSAGE_EXAMPLE = "Get 20% off all orders this weekend! Use code: MAY20"


@attrs.frozen(kw_only=True)
class RepeatCampaign:
    """When a series makes its next campaign, in the team's time zone."""

    every: Annotated[Literal["day", "week", "month"], Said("How often", example="week")]
    at: Annotated[str, Said("The time of day, HH:MM", example="09:30")]
    weekdays: Annotated[
        list[int] | None, Said("Of a week: on which days, 1 Monday to 7 Sunday", example=[1, 4], most=7)
    ] = None
    days: Annotated[
        list[int] | None, Said("Of a month: on which days, 1 to 31; one that a month lacks is its last", most=31)
    ] = None
    until: Annotated[str | None, Said("The last day, YYYY-MM-DD; without one it goes on", example="2026-12-31")] = None
    times: Annotated[int | None, Said("So many campaigns at most", minimum=1, maximum=10_000)] = None

    def read(self) -> Repeat:
        """Return it as it is kept."""
        return Repeat(
            every=self.every,
            at=self.at,
            weekdays=tuple(sorted({*(self.weekdays or ())})),
            days=tuple(sorted({*(self.days or ())})),
            until=self.until,
            times=self.times,
        )


@attrs.frozen(kw_only=True)
class TriggerCampaign:
    """What makes a series write to somebody."""

    on: Annotated[Literal["joined_group"], Said("Somebody was put into one of its groups")]
    delay_minutes: Annotated[int, Said("So long after it happened", minimum=0, maximum=43_200)] = 0

    def read(self) -> Trigger:
        """Return it as it is kept."""
        return Trigger(on=self.on, delay_minutes=self.delay_minutes)


@attrs.frozen(kw_only=True)
class ChangeCampaign:
    """What of a campaign is to change."""

    name: Annotated[
        str | Absent, Said("Campaign name (internal reference)", example="May Promo", longest=NAME_CHARACTERS)
    ] = ABSENT
    message: Annotated[str | Absent, Said(_MESSAGE, example=_MESSAGE_EXAMPLE, longest=MESSAGE_CHARACTERS)] = (
        attrs.field(default=ABSENT, repr=False)
    )
    sender_id: Annotated[str | Absent, Said(_SENDER, example="sender-uuid")] = ABSENT
    group_ids: Annotated[
        list[str] | Absent | None,
        Said(
            "Array of contact group UUIDs to target; who is in several of them gets one message",
            example=["group-uuid-1", "group-uuid-2"],
            most=GROUPS_MAX,
        ),
    ] = ABSENT
    exclude_group_ids: Annotated[
        list[str] | Absent | None,
        Said("Contact group UUIDs whose people get nothing, whatever else they are in", most=GROUPS_MAX),
    ] = ABSENT
    audience_id: Annotated[
        str | Absent | None, Said("Instead of groups: the UUID of a file of people, whose columns are fields")
    ] = ABSENT
    scheduled_at: Annotated[
        Instant | Absent | None, Said("Schedule for future send. Omit to send immediately after calling /send")
    ] = ABSENT
    rate_per_s: Annotated[
        int | Absent | None,
        Said("Messages that are queued a second; null: as fast as carriers take them", minimum=1, maximum=100_000),
    ] = ABSENT
    validity_minutes: Annotated[
        int | Absent | None,
        Said("How long delivery of each message is tried; null: 24 hours", minimum=1, maximum=1440),
    ] = ABSENT
    stop_failures_percent: Annotated[
        int | Absent | None,
        Said(
            "Pauses when more than so many per cent of what has ended failed; 50 if omitted, null: never",
            minimum=1,
            maximum=100,
        ),
    ] = ABSENT
    stop_complaints_percent: Annotated[
        int | Absent | None,
        Said(
            "Pauses when more than so many per cent of who got it want no more; 5 if omitted, null: never",
            minimum=1,
            maximum=100,
        ),
    ] = ABSENT
    track_links: Annotated[bool | Absent, Said("Makes links short, so that clicks can be counted")] = ABSENT
    link_days: Annotated[
        int | Absent,
        Said("For so long short links lead on, 30 if omitted; recipients are kept no shorter", minimum=1, maximum=90),
    ] = ABSENT
    repeat: Annotated[RepeatCampaign | Absent | None, Said(f"{_SERIES}: by the calendar")] = ABSENT
    trigger: Annotated[TriggerCampaign | Absent | None, Said(f"{_SERIES}: for those to whom it happened")] = ABSENT


@attrs.frozen(kw_only=True)
class EstimateCampaign(ChangeCampaign):
    """A campaign that might be made."""

    message: Annotated[str, Said(_MESSAGE, example=_MESSAGE_EXAMPLE, longest=MESSAGE_CHARACTERS)] = attrs.field(
        repr=False
    )
    sender_id: Annotated[str, Said(_SENDER, example="sender-uuid")]


@attrs.frozen(kw_only=True)
class CreateCampaign(EstimateCampaign):
    """Bulk SMS to one or more contact groups."""

    name: Annotated[str, Said("Campaign name (internal reference)", example="May Promo", longest=NAME_CHARACTERS)]
    message: Annotated[str, Said(_MESSAGE, example=_MESSAGE_EXAMPLE, longest=MESSAGE_CHARACTERS)] = attrs.field(
        repr=False
    )
    sender_id: Annotated[str, Said(_SENDER, example="sender-uuid")]


@attrs.frozen(kw_only=True)
class TryCampaign:
    """A number that is to get the text of a campaign."""

    to: Annotated[str, Said("Phone number; fields are those of your contact of this number", example="+254712345678")]
    fields: Annotated[
        dict[str, str | int | float | bool | None] | None,
        Said("What fields are to be filled with instead", example={"first_name": "Jane"}),
    ] = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class ListCampaigns(ListPage):
    """Which campaigns are listed."""

    status: Annotated[
        Literal["draft", "sending", "completed", "cancelled"] | None, Said("Only campaigns that stand there")
    ] = None
    phase: Annotated[
        Literal["draft", "scheduled", "sending", "paused", "completed", "cancelled"] | None,
        Said("Only campaigns of this phase, which tells more than the status"),
    ] = None
    search: Annotated[str | None, Said("Only those with this in their names, in any case", "promo", longest=100)] = None
    series: Annotated[str | None, Said("Only campaigns that the series of this uuid has made")] = None
    group_id: Annotated[str | None, Said("Only campaigns to the group of this uuid")] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None


@attrs.frozen(kw_only=True)
class ListRecipients(ListPage):
    """Which recipients of a campaign are listed."""

    status: Annotated[
        Literal["waiting", "queued", "sent", "delivered", "failed", "skipped"] | None,
        Said("Only recipients who stand there"),
    ] = None
    phone: Annotated[str | None, Said("Only the recipient of this phone number", example="+254712345678")] = None
    cursor: Annotated[
        str | None, Said("Goes on behind a page: its `next_cursor`, with the same filters; `page` is not regarded then")
    ] = None
