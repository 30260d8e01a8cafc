"""A campaign on its way: what the machine reads of it, and what it makes of the next recipients.

How to think about it: a campaign has a place in its snapshot, `position`. The machine reads the rows behind it, has them judged
as every message is, and writes down in one transaction what became of them together with the new place. Whoever comes with an
old place changes nothing.

A recipient is left out when the rules refuse the message now although they did not at `/send`. What is wrong with all of the
campaign leaves nobody out: it waits for its hours, or for a route. Where only some wait for the hours of their country, their
messages are made, due then, and the others go on; not too many, for those wait where a pause has to find them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Options, Skip
from mobilesasa.core.errors import NoRoute, Refused, TeamSuspended
from mobilesasa.core.model import Lane, Origin, Priced, Submission

HELD_MOST: Final = 10_000  # messages of a campaign that wait for the hours of their recipients, while others go on
SAMPLE: Final = 100  # recipients who are asked about where the next ones can get nothing
_MINUTE_MS: Final = 60_000

#: What the next recipient of a campaign waits for: the hours of their country, or a carrier that takes messages to them.
Waits: TypeAlias = Literal["hours", "route"]


@attrs.frozen(kw_only=True)
class Running:
    """A campaign that is being sent, as far as that matters."""

    id: int
    uuid: str
    team_id: int
    sender: str  # its uuid
    text: str | None = attrs.field(repr=False)  # of those who have none of their own
    position: int  # the last row that is dealt with
    rows: int
    reserve_id: int
    started_at_ms: int
    options: Options
    braked_sums: Mapping[str, int] = attrs.field(factory=dict)  # what counts for its brakes no more
    queued: int = 0  # messages that were made
    waiting: int = 0  # … that no carrier has taken or refused yet
    held: int = 0  # … of those: that are due later, by hours or because somebody holds them

    @property
    def left(self) -> int:
        """How many rows are still to be dealt with."""
        return self.rows - self.position

    @property
    def answered(self) -> int:
        """How many messages a carrier took or refused since a brake stopped it last."""
        before = self.braked_sums
        return max(self.queued - self.waiting - before.get("sent", 0) - before.get("refused", 0), 0)

    def submission(self, phone: str, text: str | None = None) -> Submission:
        """Return what is sent to somebody, a number in E.164 without the plus."""
        validity = self.options.validity_minutes
        return Submission(
            self.team_id,
            self.sender,
            "+" + phone,
            self.text if text is None else text,
            origin=Origin.API,
            lane=Lane.BULK,
            validity_ms=None if validity is None else validity * _MINUTE_MS,
            campaign_uuid=self.uuid,
        )


@attrs.frozen
class Row:
    """A recipient of the snapshot."""

    n: int
    phone: str  # E.164 without the plus
    units: int
    text: str | None = attrs.field(repr=False)  # None: that of all
    skipped: str | None = None

    @property
    def was_left_out(self) -> bool:
        """Whether they were left out at `/send`, and not forgotten since."""
        return self.skipped not in (None, Skip.ERASED.value)


@attrs.frozen
class Chunk:
    """What became of the next rows of a campaign."""

    campaign: Running  # as it was: what was queued since makes this void
    upto: int  # the last of the rows
    messages: Sequence[tuple[Row, Priced]] = ()
    left_out: Mapping[int, str] = attrs.field(factory=dict)  # codes, by row: of those that were in until now
    passed: int = 0  # rows that were left out at `/send`

    @property
    def after(self) -> Running:
        """The campaign when this is written down."""
        held = sum(message.due_at_ms is not None for _, message in self.messages)
        return attrs.evolve(self.campaign, position=self.upto, held=self.campaign.held + held)


@attrs.frozen
class Queued:
    """A chunk that was written down."""

    messages: Sequence[Priced]
    is_completed: bool  # it was the last one


@attrs.frozen
class Held:
    """Nothing of a campaign can go out now."""

    waits_for: Waits
    until_ms: int | None = None  # as far as that is known


@attrs.frozen
class Look:
    """What there is to do.

    Attributes:
        started: campaigns whose time has just come.
        running: all that are being sent, the oldest first.
        ahead: messages of campaigns that wait for a carrier, by the ids of campaign and carrier; not what is held.
    """

    started: Sequence[str] = ()
    running: Sequence[Running] = ()
    ahead: Mapping[tuple[int, int], int] = attrs.field(factory=dict)


def submissions(campaign: Running, rows: Sequence[Row]) -> list[Submission]:
    """Return what is to be judged of these rows, in order: those that are not left out already."""
    return [campaign.submission(row.phone, row.text) for row in rows if row.skipped is None]


def sort_out(
    campaign: Running, rows: Sequence[Row], verdicts: Sequence[Priced | Refused], upto: int, others_go: bool = False
) -> Chunk | Held:
    """Return what becomes of rows.

    Args:
        campaign: whose they are.
        rows: those behind its place, in order.
        verdicts: of their `submissions`.
        upto: how far the rows were read; there may be fewer of them.
        others_go: recipients behind them can get something now.

    Returns:
        A chunk, which ends where `HELD_MOST` of the campaign wait for their hours already; or, where nobody of them can get
        anything now, and nobody behind them either, what the campaign waits for.

    Raises:
        TeamSuspended: the team may send nothing now.
    """
    messages: list[tuple[Row, Priced]] = []
    left_out: dict[int, str] = {}
    opens_ms: list[int] = []  # of those whose hours are over
    for row, verdict in _judged(rows, verdicts):
        if isinstance(verdict, TeamSuspended):
            raise verdict
        if isinstance(verdict, Refused):
            left_out[row.n] = verdict.code
            continue
        if verdict.due_at_ms is not None:
            opens_ms.append(verdict.due_at_ms)
            if campaign.held + len(opens_ms) > HELD_MOST:
                upto = row.n - 1
                break
        messages.append((row, verdict))
    is_any_open = any(message.due_at_ms is None for _, message in messages)
    if opens_ms and (upto == campaign.position or not (is_any_open or others_go)):
        return Held("hours", min(opens_ms))
    if not messages and not others_go and set(left_out.values()) == {NoRoute.code}:
        return Held("route")
    return Chunk(campaign, upto, messages, left_out, sum(row.n <= upto and row.was_left_out for row in rows))


def sample(behind: int, rows: int, most: int = SAMPLE) -> list[int]:
    """Return rows, of so many that a campaign has, that stand for all those behind one: some, spread evenly over them."""
    left = rows - behind
    return sorted({behind + 1 + n * left // most for n in range(most)}) if left > 0 else []


def counted(campaign: Running, now: Sums) -> Sums:
    """Return what counts for the brakes of a campaign: what has happened since one of them stopped it last."""
    before = campaign.braked_sums
    return Sums(**{name: max(count - before.get(name, 0), 0) for name, count in attrs.asdict(now).items()})


def _judged(rows: Sequence[Row], verdicts: Sequence[Priced | Refused]) -> Iterator[tuple[Row, Priced | Refused]]:
    return zip((row for row in rows if row.skipped is None), verdicts, strict=True)


def as_row(row: Row, message: Priced, text_of_all: str | None) -> dict[str, Any]:
    """Return a message as it is written down; what is the same for all of a chunk is left out."""
    shown: dict[str, Any] = {
        "n": row.n,
        "id": message.id,
        "carrier_id": message.carrier_id,
        "units": row.units,
        "lane": message.lane,
        "coding": message.coding,
        "parts": message.parts,
        "expires_at": message.expires_at_ms / 1000,
        "recipient": message.recipient,
    }
    if message.text != text_of_all:
        shown["text"] = message.text
    if message.fallbacks:
        shown["fallbacks"] = message.fallbacks
    if message.due_at_ms is not None:
        shown["due_at"] = message.due_at_ms / 1000
    if message.closes_at_ms is not None:
        shown["closes_at"] = message.closes_at_ms / 1000
    return shown
