"""What is asked of stored campaigns, and what is told of them beside themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

from mobilesasa.campaigns.model import Phase, Recipient, Status
from mobilesasa.core.model import State

#: Where a recipient stands: before a message is made of them, where that message stands, or that none is made.
RecipientStatus: TypeAlias = Literal["waiting", "queued", "sent", "delivered", "failed", "skipped"]
#: What a campaign waits for: its time; the hours in which its recipients' country lets it be sent; a carrier that takes messages
#: to them; somebody who lets it go on.
WaitsFor: TypeAlias = Literal["time", "hours", "route", "paused"]


@attrs.frozen
class Wanted:
    """Which campaigns of a team are meant: those of which all of this holds."""

    team_id: int
    phase: Phase | None = None
    status: Status | None = None
    search: str | None = None  # in its name, in any case
    series_uuid: str | None = None  # the series that made it
    group_uuid: str | None = None  # one that it goes to


@attrs.frozen
class WantedRecipients:
    """Which recipients of a campaign are meant: those of which all of this holds."""

    status: RecipientStatus | None = None
    phone: str | None = None  # E.164 without the plus


@attrs.frozen
class Reach:
    """What there is for a campaign of the groups or the file that it names."""

    fields: frozenset[str]  # that its text may name
    missing_groups: tuple[str, ...] = ()  # uuids of which the team has no group, as they were given
    audience_id: int | None = None


@attrs.frozen(kw_only=True)
class Standing:
    """What became of the messages of a campaign, and what it waits for; at most some seconds old.

    The first four are the messages by where they stand, so that together they are those that were queued.
    """

    waiting: int = 0  # no carrier has them yet
    sent: int = 0  # a carrier has them, and has not said what became of them
    delivered: int = 0
    failed: int = 0
    cancelled: int = 0  # of those that failed: taken back before a carrier had them
    refunded_units: int = 0  # for messages that no carrier took; of this moment
    complaints: int = 0  # recipients who have wanted no more since it began
    clicks: int = 0  # on its short links, by people
    waits_until_ms: int | None = None
    waits_for: WaitsFor | None = None


def status_of(recipient: Recipient) -> RecipientStatus:
    """Return where a recipient stands."""
    if recipient.skipped is not None:
        return "skipped"
    if recipient.message_id is None:
        return "waiting"
    return "sent" if recipient.state is None else _STATUSES[recipient.state]  # a message that is gone had ended


_STATUSES: Final[Mapping[int, RecipientStatus]] = {
    State.QUEUED: "queued",
    State.SENT: "sent",
    State.DELIVERED: "delivered",
    State.FAILED: "failed",
}
