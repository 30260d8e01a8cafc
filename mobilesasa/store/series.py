"""Series: campaigns that send nothing themselves and make others, by the calendar or of those who join a group.

How to think about it: a series that is armed has a time, `next_at`. When it has come, one transaction makes a campaign of it, a
draft like any other with the series in `series_id`, and moves the time on; so a node that dies makes no second one, and times
that were missed are made up for by one campaign. What was made carries its own `next_at` as long as it waits to be sent. It is
sent as `/send` does; what then keeps it a draft is told to the team, and is theirs to put right.

A series by trigger looks once a minute at who has joined since it looked last. Somebody joins when the transaction commits
that says so, which may be later than the time in the row; so it looks no further than all that is committed.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from mobilesasa.campaigns.calendar import next_at
from mobilesasa.campaigns.model import NAME_CHARACTERS, Campaign, Trigger
from mobilesasa.campaigns.series import Due, Waiting
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadSchedule
from mobilesasa.core.reporting import zone_of
from mobilesasa.sms.zones import zone_of_country
from mobilesasa.store import campaign_events, campaign_phases, campaigns
from mobilesasa.store.database import Txn, one_row

LOOK_MS: Final = 60_000  # between looks at who has joined
HOLD_MS: Final = 3_600_000  # until a series by trigger writes to more people when it could not write to the last ones
AT_ONCE: Final = 100  # that are due and dealt with in one round

ZONE = "SELECT zone, country FROM team WHERE id = %(team_id)s"

ARM = """
UPDATE campaign SET phase = 'scheduled', paused_by = NULL, paused_reason = NULL, updated_at = now(),
    armed_at = coalesce(armed_at, to_timestamp(%(now_ms)s / 1000.0)), next_at = to_timestamp(%(next_ms)s / 1000.0),
    looked_upto = coalesce(looked_upto, date_trunc('milliseconds', greatest(now(), scheduled_at)))
WHERE id = %(id)s
"""

END = """
UPDATE campaign SET phase = 'completed', next_at = NULL, finished_at = now(), updated_at = now(), paused_by = NULL, paused_reason = NULL
WHERE id = %(id)s
"""

DUE = """
SELECT phase, team_id, uuid, joined_to IS NOT NULL FROM campaign
WHERE next_at <= to_timestamp(%(now_ms)s / 1000.0) AND (phase = 'scheduled' OR phase = 'draft' AND series_id IS NOT NULL)
ORDER BY next_at, id LIMIT %(limit)s
"""

TAKE = f"""
SELECT {campaigns.COLUMNS}, campaign.made, campaign.looked_upto FROM {campaigns.FROM}
WHERE campaign.uuid = %(uuid)s AND campaign.phase = 'scheduled' AND campaign.next_at <= to_timestamp(%(now_ms)s / 1000.0)
FOR NO KEY UPDATE OF campaign SKIP LOCKED
"""

ARMED = f"""
SELECT {campaigns.COLUMNS}, campaign.made FROM {campaigns.FROM}
WHERE campaign.team_id = %(team_id)s AND campaign.phase = 'scheduled' AND campaign.next_at IS NOT NULL
  AND campaign.options ->> 'repeat' IS NOT NULL
ORDER BY campaign.id FOR NO KEY UPDATE OF campaign
"""

# Up to when all that is said to have happened can be seen by the next statement: not behind the beginning of a transaction that
# writes, or may do so still. The second is for those that have begun and do not show it yet.
SEEN_UPTO = """
SELECT date_trunc('milliseconds', least(now() - interval '1 second', (
    SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (backend_xid IS NOT NULL OR xact_start > now() - interval '1 minute'))) - make_interval(mins => %(delay_minutes)s))
"""

ANYBODY = """
SELECT EXISTS (SELECT FROM group_member JOIN contact_group ON contact_group.id = group_id
WHERE contact_group.team_id = %(team_id)s AND contact_group.uuid = ANY(%(group_uuids)s::uuid[])
  AND added_at >= %(joined_from)s AND added_at < %(joined_to)s)
"""

MOVE = """
UPDATE campaign SET next_at = to_timestamp(%(next_ms)s / 1000.0), looked_upto = coalesce(%(looked_upto)s, looked_upto),
    made = made + %(made)s
WHERE id = %(id)s
"""

WAIT_TO_BE_SENT = "UPDATE campaign SET next_at = to_timestamp(%(now_ms)s / 1000.0) WHERE id = %(id)s"

WAITS_NO_MORE = "UPDATE campaign SET next_at = NULL WHERE uuid = %(uuid)s AND series_id IS NOT NULL"

# What it would have cost, as a team would have seen before it sent it.
SENT = """
UPDATE campaign SET next_at = NULL, estimated_recipients = recipients, estimated_units = reserved_units
WHERE uuid = %(uuid)s AND series_id IS NOT NULL
"""

PUT_OFF = """
UPDATE campaign SET next_at = to_timestamp(%(next_ms)s / 1000.0)
WHERE uuid = %(uuid)s AND series_id IS NOT NULL AND next_at IS NOT NULL AND phase = 'draft'
"""

LEAVE = """
UPDATE campaign SET next_at = NULL, paused_reason = %(reason)s, updated_at = now(),
    estimated_recipients = %(recipients)s, estimated_units = %(units)s
WHERE uuid = %(uuid)s AND series_id IS NOT NULL AND next_at IS NOT NULL AND phase = 'draft' RETURNING series_id
"""

HOLD = """
UPDATE campaign SET next_at = greatest(next_at, to_timestamp(%(next_ms)s / 1000.0))
WHERE id = %(id)s AND phase = 'scheduled' AND options -> 'trigger' IS NOT NULL
"""

DROP = """
DELETE FROM campaign
WHERE uuid = %(uuid)s AND series_id IS NOT NULL AND next_at IS NOT NULL AND phase = 'draft' AND joined_to IS NOT NULL
"""


def arm(txn: Txn, series: Campaign, now_ms: int) -> None:
    """Let a series make campaigns from now on, or from its `scheduled_at` on.

    Args:
        txn: the transaction, in which its row is locked.
        series: a draft whose options say when it makes campaigns.
        now_ms: milliseconds since the epoch.

    Raises:
        BadSchedule: it would never make one.
    """
    begins_ms = max(now_ms, series.scheduled_at_ms or 0)
    following_ms = _following_ms(txn, series, begins_ms, made=0)
    if following_ms is None:
        raise BadSchedule("the series would never send anything: its last day comes before its first time")
    _arm(txn, series, following_ms, now_ms)


def resume(txn: Txn, series: Campaign, now_ms: int) -> None:
    """Let a series that was paused make campaigns again: at its next time, and of those who have joined meanwhile.

    Args:
        txn: the transaction, in which its row is locked.
        series: it, paused.
        now_ms: milliseconds since the epoch.
    """
    txn.execute("SELECT made FROM campaign WHERE id = %(id)s", {"id": series.id})
    begins_ms = max(now_ms, series.scheduled_at_ms or 0)
    following_ms = _following_ms(txn, series, begins_ms, one_row(txn)[0])
    if following_ms is None:
        txn.execute(END, {"id": series.id})
    else:
        _arm(txn, series, following_ms, now_ms)


def move_to_zone(txn: Txn, team_id: int, was: str, now: str) -> None:
    """Let the series of a team by the calendar keep their days and times when its zone changes.

    Args:
        txn: the transaction.
        team_id: of the team.
        was: the name of its zone until now.
        now: of the one from now on.
    """
    txn.execute(ARMED, {"team_id": team_id})
    for row in txn.fetchall():
        *columns, made = row
        series = campaigns.read(columns)
        following_ms = _moved_ms(series, zone_of(was), zone_of(now), made)
        if following_ms is not None:
            txn.execute(MOVE, {"id": series.id, "next_ms": following_ms, "looked_upto": None, "made": 0})


def _moved_ms(series: Campaign, was: ZoneInfo, now: ZoneInfo, made: int) -> int | None:
    """Return when a series is due in a new zone: on the same day at the same time, as clocks there show them."""
    if series.options.repeat is None or series.next_at_ms is None:
        return None
    day = dt.datetime.fromtimestamp(series.next_at_ms / 1000, was).date()
    begins = dt.datetime.combine(day, dt.time.min, now)
    return next_at(series.options.repeat, _ms(begins) - 1, now, made)


def _arm(txn: Txn, series: Campaign, following_ms: int, now_ms: int) -> None:
    txn.execute(ARM, {"id": series.id, "now_ms": now_ms, "next_ms": following_ms})
    campaign_phases.wake(txn, series.id)


def due(txn: Txn, now_ms: int, limit: int = AT_ONCE) -> Due:
    """Return the series whose time has come, and what series have made and is still to be sent."""
    txn.execute(DUE, {"now_ms": now_ms, "limit": limit})
    rows = txn.fetchall()
    return Due(
        [uuid for phase, _, uuid, _ in rows if phase == "scheduled"],
        [Waiting(team_id, uuid, greets) for phase, team_id, uuid, greets in rows if phase == "draft"],
    )


def make(txn: Txn, uuid: str, new_uuid: str, now_ms: int) -> str | None:
    """Make the campaign of a series whose time has come, a draft that waits to be sent, and move the series on.

    Args:
        txn: the transaction.
        uuid: of the series.
        new_uuid: of what it makes.
        now_ms: milliseconds since the epoch.

    Returns:
        `new_uuid`, or None where nothing was made: it is not the time, another node is at it, or nobody has joined.
    """
    txn.execute(TAKE, {"uuid": uuid, "now_ms": now_ms})
    row = txn.fetchone()
    if row is None:
        return None
    *columns, made, looked_upto = row
    series = campaigns.read(columns)
    if series.options.repeat is None and series.options.trigger is not None:
        return _greet(txn, series, series.options.trigger, looked_upto, new_uuid, now_ms)
    _copy(txn, series, new_uuid, now_ms)
    following_ms = _following_ms(txn, series, now_ms, made + 1)
    txn.execute(MOVE, {"id": series.id, "next_ms": following_ms, "looked_upto": None, "made": 1})
    if following_ms is None:
        txn.execute(END, {"id": series.id})
    return new_uuid


def _greet(
    txn: Txn, series: Campaign, trigger: Trigger, joined_from: dt.datetime, new_uuid: str, now_ms: int
) -> str | None:
    """Make a campaign for those who have joined since the last look, where there are any."""
    txn.execute(SEEN_UPTO, {"delay_minutes": trigger.delay_minutes})
    joined_to = max(one_row(txn)[0], joined_from)
    given = {"team_id": series.team_id, "group_uuids": list(series.group_uuids)}
    txn.execute(ANYBODY, given | {"joined_from": joined_from, "joined_to": joined_to})
    (anybody,) = one_row(txn)
    if anybody:
        _copy(txn, series, new_uuid, now_ms, (_ms(joined_from), _ms(joined_to)))
    moved = {"id": series.id, "next_ms": now_ms + LOOK_MS, "looked_upto": joined_to, "made": int(anybody)}
    txn.execute(MOVE, moved)
    return new_uuid if anybody else None


def _copy(
    txn: Txn, series: Campaign, uuid: str, now_ms: int, joined_ms: tuple[int | None, int | None] = (None, None)
) -> None:
    """Make a draft of a series that says what the series says, and waits to be sent."""
    local = dt.datetime.fromtimestamp(now_ms / 1000, _zone(txn, series.team_id))
    when = local.strftime("%Y-%m-%d" if joined_ms[1] is None else "%Y-%m-%d %H:%M")
    draft = attrs.evolve(
        series.draft,
        name=f"{series.name[: NAME_CHARACTERS - len(when) - 1]} {when}",
        scheduled_at_ms=None,
        options=attrs.evolve(series.options, repeat=None, trigger=None),
    )
    made = campaigns.create(txn, NODE, series.team_id, uuid, draft, (0, 0), now_ms, series.id, joined_ms)
    txn.execute(WAIT_TO_BE_SENT, {"id": made.id, "now_ms": now_ms})


def forget(txn: Txn, waiting: Waiting) -> None:
    """Send what a series has made no more by itself, for somebody has sent or removed it."""
    txn.execute(WAITS_NO_MORE, {"uuid": waiting.uuid})


def put_off(txn: Txn, waiting: Waiting, until_ms: int) -> None:
    """Send what a series has made at a later time."""
    txn.execute(PUT_OFF, {"uuid": waiting.uuid, "next_ms": until_ms})


def sent(txn: Txn, waiting: Waiting) -> None:
    """Let what has just been sent wait no more."""
    txn.execute(SENT, {"uuid": waiting.uuid})


def leave(txn: Txn, waiting: Waiting, reason: str, estimate: tuple[int, int], now_ms: int) -> bool:
    """Leave what a series has made and cannot be sent a draft, and tell the team why.

    A series by trigger makes nothing for a while then, so that who joins meanwhile shares one draft.

    Args:
        txn: the transaction.
        waiting: what cannot be sent.
        reason: in words.
        estimate: recipients, and units for all of them.
        now_ms: milliseconds since the epoch.

    Returns:
        Whether it was one still that waits to be sent.
    """
    txn.execute(LEAVE, {"uuid": waiting.uuid, "reason": reason, "recipients": estimate[0], "units": estimate[1]})
    row = txn.fetchone()
    if row is None:
        return False
    txn.execute(HOLD, {"id": row[0], "next_ms": now_ms + HOLD_MS})
    campaign_events.tell(txn, "campaign.failed", waiting.team_id, waiting.uuid)
    return True


def drop(txn: Txn, waiting: Waiting) -> None:
    """Remove what a series by trigger has made for people of whom nobody is to get it."""
    txn.execute(DROP, {"uuid": waiting.uuid})


def _following_ms(txn: Txn, series: Campaign, after_ms: int, made: int) -> int | None:
    """Return when a series makes its next campaign; None: never."""
    repeat = series.options.repeat
    if repeat is None:
        return after_ms
    return next_at(repeat, after_ms, _zone(txn, series.team_id), made)


def _zone(txn: Txn, team_id: int) -> ZoneInfo:
    """Return the zone in which a team's days begin and end: its own, or that of its country."""
    txn.execute(ZONE, {"team_id": team_id})
    zone, country = one_row(txn)
    return zone_of(zone or zone_of_country(country))


def _ms(moment: dt.datetime) -> int:
    """Return a moment of whole milliseconds in milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)
