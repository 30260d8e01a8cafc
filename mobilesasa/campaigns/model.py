"""A campaign as a value: what a team wants to say to whom, and how far that has come.

How to think about it: a draft can be changed. `/send` decides who gets it (the snapshot, a row a recipient, with the units that
are reserved for it) and arms it. From then on nothing but its place in the snapshot and its phase changes:

    draft ─send─▶ scheduled ─its time─▶ sending ─all queued─▶ completed
      │               │                  │  ▲
      │               │          pause or brake, resume
      │               │                  ▼  │
      └───cancel──────┴──────cancel──── paused ──cancel──▶ cancelled

The reference has four words for these six (`Phase.status`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from mobilesasa.sms.segments import Alphabet

#: What a field of a text may be filled with.
Scalar: TypeAlias = str | int | float | bool
Status = Literal["draft", "sending", "completed", "cancelled"]

NAME_CHARACTERS: Final = 200
GROUPS_MAX: Final = 100  # of one campaign


class Phase(enum.StrEnum):
    """Where a campaign stands; the finer word behind the reference's `status` (decision 69)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"  # armed: its units are reserved, and it starts at its time
    SENDING = "sending"
    PAUSED = "paused"
    COMPLETED = "completed"  # every recipient has a message in the queue, or was left out
    CANCELLED = "cancelled"

    @property
    def status(self) -> Status:
        """One of the reference's four words."""
        return _STATUSES[self]

    @property
    def is_final(self) -> bool:
        """Whether it has ended: no more messages are made, though some of a completed one may wait still."""
        return self in (Phase.COMPLETED, Phase.CANCELLED)


#: Those in which it was sent and has not ended: its units are reserved, its groups in use.
ACTIVE: Final = (Phase.SCHEDULED, Phase.SENDING, Phase.PAUSED)
_STATUSES: Final[Mapping[Phase, Status]] = {
    Phase.DRAFT: "draft",
    Phase.SCHEDULED: "draft",
    Phase.SENDING: "sending",
    Phase.PAUSED: "sending",
    Phase.COMPLETED: "completed",
    Phase.CANCELLED: "cancelled",
}


class PausedBy(enum.StrEnum):
    """What stopped a campaign before its end."""

    TEAM = "team"  # somebody of the team
    FAILURES = "failures"  # the brake: too many messages failed
    COMPLAINTS = "complaints"  # the brake: too many recipients want no more of it
    SENDER = "sender"  # its sender may not be used any more (decision 72)
    SUSPENDED = "suspended"  # the team
    ROUTE = "route"  # for minutes no carrier has taken messages to its next recipients


class Skip(enum.StrEnum):
    """Why a recipient is left out; beside these, the codes of `core.errors.Refused`."""

    SUPPRESSED = "suppressed"
    ERASED = "erased"  # the person was forgotten meanwhile
    CANCELLED = "cancelled"  # the campaign was, before it came to this one


@attrs.frozen(kw_only=True)
class Repeat:
    """When a series makes its next campaign, in the team's zone."""

    every: Literal["day", "week", "month"]
    at: str  # HH:MM
    weekdays: Sequence[int] = attrs.field(default=(), converter=tuple)  # of `week`: 1 Monday … 7 Sunday
    # of `month`: 1 … 31; one that a month does not have is its last day
    days: Sequence[int] = attrs.field(default=(), converter=tuple)
    until: str | None = None  # the last day, YYYY-MM-DD
    times: int | None = None  # so often at most


@attrs.frozen(kw_only=True)
class Trigger:
    """What makes a series write to somebody."""

    on: Literal["joined_group"]
    delay_minutes: int = 0  # after it happened


@attrs.frozen(kw_only=True)
class Options:
    """How a campaign is sent."""

    rate_per_s: int | None = None  # messages that are queued a second; None: as fast as carriers take them
    validity_minutes: int | None = None  # of each message; None: the node's
    stop_failures_percent: int | None = 50  # of messages that have ended; None: never
    stop_complaints_percent: int | None = 5  # of messages that were sent; None: never
    brake_after: int = 200  # messages that must have ended (of complaints: were sent) before a brake stops anything
    track_links: bool = False
    link_days: int = 30  # for so long short links lead on
    repeat: Repeat | None = None
    trigger: Trigger | None = None

    @property
    def is_series(self) -> bool:
        """Whether it makes campaigns and sends nothing itself."""
        return self.repeat is not None or self.trigger is not None

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it: what differs from the default."""
        plain = attrs.asdict(Options())
        return {name: value for name, value in attrs.asdict(self).items() if value != plain[name]}


def options_of(kept: Mapping[str, Any]) -> Options:
    """Return options as they were kept."""
    given = dict(kept)
    if given.get("repeat") is not None:
        given["repeat"] = Repeat(**given["repeat"])
    if given.get("trigger") is not None:
        given["trigger"] = Trigger(**given["trigger"])
    return Options(**given)


@attrs.frozen(kw_only=True)
class Draft:
    """What a team says of a campaign when it makes or changes one; all of it has been checked."""

    name: str
    message: str = attrs.field(repr=False)
    sender_id: int  # the row's id
    group_uuids: Sequence[str] = ()
    exclude_group_uuids: Sequence[str] = ()  # who is in these gets nothing
    audience_id: int | None = None
    scheduled_at_ms: int | None = None
    options: Options = attrs.field(factory=Options)
    retry_of: int | None = (
        None  # the id of the campaign whose failed recipients its file has: only who has not got that gets it
    )


@attrs.frozen(kw_only=True)
class Campaign:
    """A campaign as it was when it was read."""

    id: int
    uuid: str
    team_id: int
    name: str
    message: str | None = attrs.field(repr=False)  # None: removed, its days are over
    sender_id: int
    sender_uuid: str
    sender: str  # the name
    group_uuids: Sequence[str]
    audience_id: int | None
    audience_uuid: str | None
    phase: Phase
    scheduled_at_ms: int | None
    options: Options
    estimated_recipients: int
    estimated_units: int
    rows: int  # of the snapshot, those that are left out as well
    recipients: int  # … without those that were left out at /send
    position: int  # the last row that is dealt with
    queued: int  # messages that were made
    skipped: int  # rows that were left out, at /send or since
    reserve_id: int | None
    reserved_units: int
    captured_units: int
    released_units: int
    paused_by: PausedBy | None
    paused_reason: str | None
    series_id: int | None
    series_uuid: str | None
    next_at_ms: int | None
    joined_from_ms: int | None
    joined_to_ms: int | None
    created_at_ms: int
    updated_at_ms: int
    armed_at_ms: int | None
    started_at_ms: int | None
    finished_at_ms: int | None
    exclude_group_uuids: Sequence[str] = ()
    retry_of: int | None = None  # the id of the campaign whose failed recipients it is for
    retry_of_uuid: str | None = None

    @property
    def left(self) -> int:
        """How many recipients are still to be dealt with: none, once it was cancelled."""
        return 0 if self.phase is Phase.CANCELLED else self.not_dealt_with

    @property
    def left_out(self) -> int:
        """How many recipients get no message: of one that was cancelled also those to whom it did not come."""
        return self.skipped + self.not_dealt_with - self.left

    @property
    def not_dealt_with(self) -> int:
        """How many recipients it has not come to."""
        return max(0, self.rows - self.queued - self.skipped)

    @property
    def draft(self) -> Draft:
        """What it says, to be copied or changed.

        Raises:
            ValueError: its text is kept no longer.
        """
        if self.message is None:
            raise ValueError("the text of the campaign is kept no longer")
        return Draft(
            name=self.name,
            message=self.message,
            sender_id=self.sender_id,
            group_uuids=self.group_uuids,
            exclude_group_uuids=self.exclude_group_uuids,
            audience_id=self.audience_id,
            scheduled_at_ms=self.scheduled_at_ms,
            options=self.options,
            retry_of=self.retry_of,
        )


@attrs.frozen(slots=False)  # made for each recipient, and quicker so
class Person:
    """Somebody whom a campaign may be sent to, as the store found them."""

    phone: str  # E.164 without the plus
    fields: Mapping[str, Scalar | None]  # those that the text names; empty where it names none
    suppressed: bool = False  # wants nothing of the sender, or of the team
    code: str | None = None  # of short links, where they are made


@attrs.frozen(slots=False)  # made for each recipient, and quicker so
class Quoted:
    """What one recipient gets and costs; with `skipped`, nothing."""

    phone: str
    units: int
    parts: int
    text: str | None = attrs.field(repr=False)  # None: that of all
    skipped: str | None = None  # why they are left out: of `Skip`, or the code of a `Refused`
    code: str | None = None  # in their short links, where the text has any
    alphabet: Alphabet = Alphabet.GSM7  # of what they get


@attrs.frozen
class Recipient:
    """A row of the snapshot, as it is shown."""

    n: int
    phone: str
    units: int
    parts: int
    text: str | None = attrs.field(repr=False)
    skipped: str | None
    message_id: str | None
    state: int | None  # of its message
    clicks: int
