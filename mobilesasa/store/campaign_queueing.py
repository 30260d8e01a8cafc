"""Making messages of a campaign's recipients: its place moves in the commit that stores them, so nobody is skipped or doubled.

Their units left the balance when the campaign was sent (`reserve_id`), so the team's row is touched once, at the end, when what
was not used comes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import PausedBy, Phase, options_of
from mobilesasa.campaigns.running import Chunk, Look, Queued, Row, Running, as_row
from mobilesasa.core.model import Origin, Wish
from mobilesasa.store import campaign_phases, campaign_sums, suppressions
from mobilesasa.store.campaign_events import tell
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.rows import as_json

# A series makes campaigns and sends nothing itself.
START = """
UPDATE campaign SET phase = 'sending', started_at = coalesce(started_at, now())
WHERE phase = 'scheduled' AND coalesce(scheduled_at, armed_at) <= now() AND next_at IS NULL
  AND options ->> 'repeat' IS NULL AND options ->> 'trigger' IS NULL
RETURNING team_id, uuid
"""

_RUNNING: Final = """
SELECT campaign.id, campaign.uuid, campaign.team_id, sender.uuid, coalesce(campaign.text, message), position, rows, reserve_id,
       (extract(epoch FROM started_at) * 1000)::bigint, options, coalesce(braked_sums, '{}'), queued
FROM campaign JOIN sender ON sender.id = sender_id
"""
RUNNING: Final = _RUNNING + "WHERE phase = 'sending' ORDER BY campaign.id"

# All of it is queued, and some of that waits: no validity is longer.
STILL_WAITING: Final = (
    _RUNNING
    + """WHERE phase = 'completed' AND paused_by IS NULL AND finished_at > now() - interval '7 days'
  AND EXISTS (SELECT FROM pending WHERE campaign_id = campaign.id) ORDER BY campaign.id
"""
)

# Also of campaigns that have ended: they have the same carriers before them. What a paused one has, and what waits for the
# morning, is held and fills no carrier's room; what a carrier has put off for a while does.
AHEAD = """
SELECT campaign_id, carrier_id, count(*), count(*) FILTER (
    WHERE due_at > now() AND (attempts = 0 OR due_at >= now() + interval '30 minutes'))
FROM pending WHERE campaign_id IS NOT NULL GROUP BY campaign_id, carrier_id
"""

ROWS = """
SELECT n, phone, units, text, skipped FROM campaign_recipient
WHERE campaign_id = %(id)s AND n > %(position)s AND n <= %(upto)s ORDER BY n
"""

SOME_ROWS = """
SELECT n, phone, units, text, skipped FROM campaign_recipient WHERE campaign_id = %(id)s AND n = ANY(%(numbers)s) ORDER BY n
"""

# The lock is held to the end of the transaction, so a campaign that is paused or cancelled is so before it or behind it.
OURS = "SELECT FROM campaign WHERE id = %(id)s AND phase = 'sending' AND position = %(position)s FOR NO KEY UPDATE"

# Of a recipient who was forgotten since `/send` no message is made; whoever has none and was not left out then counts as skipped.
QUEUE = """
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s) AS asked (
        n integer, id uuid, carrier_id integer, units integer, lane smallint, coding smallint, parts smallint, expires_at float8,
        due_at float8, closes_at float8, recipient text, text text, fallbacks integer[])
), left_out AS (
    UPDATE campaign_recipient SET skipped = gone.skipped FROM json_to_recordset(%(left_out)s) AS gone (n integer, skipped text)
    WHERE campaign_id = %(id)s AND campaign_recipient.n = gone.n AND campaign_recipient.skipped IS NULL
), taken AS (
    UPDATE campaign_recipient SET message_id = hit.id FROM (  -- by index, row by row, whatever the statistics say: see `store.reports`
        SELECT asked.*, place FROM asked, LATERAL (
            SELECT ctid AS place FROM campaign_recipient WHERE campaign_id = %(id)s AND campaign_recipient.n = asked.n OFFSET 0) AS found
    ) AS hit WHERE campaign_recipient.ctid = place AND skipped IS NULL RETURNING hit.*
), stored AS (
    INSERT INTO message (id, team_id, charge_id, carrier_id, price_units, lane, origin, wish, coding, parts, open_parts,
                         expires_at, due_at, sender, recipient, text, campaign_uuid)
    SELECT id, %(team_id)s, %(reserve_id)s, carrier_id, units, lane, %(origin)s, %(wish)s, coding, parts, parts,
           to_timestamp(expires_at), to_timestamp(due_at), %(sender)s, recipient, coalesce(text, %(text)s), %(uuid)s::uuid
    FROM taken
), waiting AS (
    INSERT INTO pending (message_id, team_id, carrier_id, lane, price_units, expires_at, due_at, closes_at, fallbacks, campaign_id)
    SELECT id, %(team_id)s, carrier_id, lane, units, to_timestamp(expires_at), to_timestamp(due_at), to_timestamp(closes_at),
           fallbacks, %(id)s
    FROM taken
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 10, array_agg(id) FROM taken HAVING count(*) > 0
), moved AS (
    UPDATE campaign SET position = %(upto)s, queued = queued + sums.messages, captured_units = captured_units + sums.units,
                        skipped = skipped + %(upto)s - position - %(passed)s - sums.messages
    FROM (SELECT count(*) AS messages, coalesce(sum(units), 0) AS units FROM taken) AS sums
    WHERE campaign.id = %(id)s RETURNING position >= rows AS is_all
)
SELECT (SELECT is_all FROM moved), array(SELECT id::text FROM taken)
"""

STOPPED: Final = "UPDATE campaign SET braked_sums = %(sums)s::jsonb WHERE id = %(id)s"


def look(txn: Txn) -> Look:
    """Start what is due, and return what is being sent and how much of campaigns waits for each carrier."""
    txn.execute(START)
    began = txn.fetchall()
    for team_id, uuid in began:
        tell(txn, "campaign.started", team_id, uuid)
    started = tuple(uuid for _, uuid in began)
    txn.execute(RUNNING)
    found = txn.fetchall()
    if not found:
        return Look(started)
    txn.execute(AHEAD)
    waiting: Counter[int] = Counter()
    held: Counter[int] = Counter()
    ahead: dict[tuple[int, int], int] = {}
    for campaign, carrier, count, later in txn.fetchall():
        waiting[campaign] += count
        held[campaign] += later
        if count > later:
            ahead[campaign, carrier] = count - later
    return Look(started, tuple(_running(row, waiting[row[0]], held[row[0]]) for row in found), ahead)


def still_waiting(txn: Txn) -> list[Running]:
    """Return the campaigns that are completed and not held, and of which messages wait for a carrier."""
    txn.execute(STILL_WAITING)
    return [_running(row) for row in txn.fetchall()]


def rows(txn: Txn, campaign: Running, upto: int) -> list[Row]:
    """Return the recipients behind a campaign's place up to a row; of those who were forgotten nothing else is left."""
    txn.execute(ROWS, {"id": campaign.id, "position": campaign.position, "upto": upto})
    return [Row(*row) for row in txn.fetchall()]


def some_rows(txn: Txn, campaign: Running, numbers: Sequence[int]) -> list[Row]:
    """Return those of these recipients that there are, in order."""
    txn.execute(SOME_ROWS, {"id": campaign.id, "numbers": list(numbers)})
    return [Row(*row) for row in txn.fetchall()]


def queue_chunk(txn: Txn, chunk: Chunk) -> Queued | None:
    """Store the messages of a chunk and move the campaign's place behind it; end the campaign when it is the last one.

    Who has said STOP since they were chosen is left out. Returns what was stored; None when the campaign was paused, cancelled or
    queued by somebody else meanwhile: then nothing is done.
    """
    campaign = chunk.campaign
    txn.execute(OURS, {"id": campaign.id, "position": campaign.position})
    if txn.fetchone() is None:
        return None
    refused = suppressions.refusals(txn, [message for _, message in chunk.messages])
    messages = [(row, message) for row, message in chunk.messages if message.id not in refused]
    left_out = {**chunk.left_out, **{row.n: refused[m.id].code for row, m in chunk.messages if m.id in refused}}
    first = messages[0][1] if messages else None
    text = None if first is None else first.text
    given = {
        "id": campaign.id,
        "uuid": campaign.uuid,
        "team_id": campaign.team_id,
        "reserve_id": campaign.reserve_id,
        "origin": Origin.API,
        "wish": Wish.NONE,
        "sender": "" if first is None else first.sender,
        "text": text,
        "upto": chunk.upto,
        "passed": chunk.passed,
        "rows": as_json([as_row(row, message, text) for row, message in messages]),
        "left_out": as_json([{"n": n, "skipped": code} for n, code in left_out.items()]),
    }
    txn.execute(QUEUE, given)
    is_all, stored = one_row(txn)
    if is_all:
        _complete(txn, campaign)
    ids = set(stored)
    return Queued([message for _, message in messages if message.id in ids], is_all)


def _complete(txn: Txn, campaign: Running) -> None:
    campaign_phases.end(txn, campaign.id, Phase.COMPLETED)
    tell(txn, "campaign.completed", campaign.team_id, campaign.uuid)


def stop(txn: Txn, campaign: Running, by: PausedBy, reason: str, sums: Sums | None = None) -> bool:
    """Pause a campaign that is being sent, and tell its team; returns False when it is no longer being sent.

    Args:
        txn: a transaction.
        campaign: the campaign.
        by: what stops it.
        reason: the same in words.
        sums: of a brake: what has happened until now, which counts no more when the campaign goes on.
    """
    if not campaign_phases.pause_by(txn, campaign.id, by, reason):
        return False
    if sums is not None:
        txn.execute(STOPPED, {"id": campaign.id, "sums": as_json([attrs.asdict(sums)])[1:-1]})
    tell(txn, "campaign.paused", campaign.team_id, campaign.uuid)
    return True


def tidy(txn: Txn) -> bool:
    """Hold again what carriers gave back of paused campaigns, and take back what waits of cancelled ones.

    Returns whether there may be more to be taken back.
    """
    campaign_phases.hold_all(txn)
    return campaign_phases.take_back(txn) == campaign_phases.TAKEN_BACK_AT_ONCE


def _running(row: tuple[Any, ...], waiting: int = 0, held: int = 0) -> Running:
    names = [field.name for field in attrs.fields(Running)]
    known = dict(zip(names, (*row, waiting, held), strict=True))
    return Running(**{**known, "options": options_of(known["options"])})


@attrs.frozen
class Queueing:
    """The campaigns that are being sent, for the machine; each call is one transaction of the pool."""

    _database: Database

    async def look(self) -> Look:
        """Start what is due, and return what there is to do."""
        return await self._database.run("campaigns.look", look)

    async def still_waiting(self) -> Sequence[Running]:
        """Return the campaigns all of whose messages are made, and of which some wait for a carrier."""
        return await self._database.run("campaigns.still_waiting", still_waiting)

    async def rows(self, campaign: Running, upto: int) -> Sequence[Row]:
        """Return the recipients behind a campaign's place up to a row."""
        return await self._database.run("campaigns.rows", rows, campaign, upto)

    async def some_rows(self, campaign: Running, numbers: Sequence[int]) -> Sequence[Row]:
        """Return those of these recipients that there are."""
        return await self._database.run("campaigns.some_rows", some_rows, campaign, numbers)

    async def queue(self, chunk: Chunk) -> Queued | None:
        """Store the messages of a chunk; None when the campaign has gone on or stopped without us."""
        return await self._database.run("campaigns.queue", queue_chunk, chunk)

    async def stop(self, campaign: Running, by: PausedBy, reason: str, sums: Sums | None = None) -> bool:
        """Pause a campaign that is being sent."""
        return await self._database.run("campaigns.stop", stop, campaign, by, reason, sums)

    async def tidy(self) -> bool:
        """Stop what waits of campaigns that were paused or cancelled; returns whether there may be more."""
        return await self._database.run("campaigns.tidy", tidy)

    async def sums(self, running: Sequence[Running]) -> Mapping[int, Sums]:
        """Return what has happened to each campaign since it began, by its id."""
        return await self._database.run("campaigns.sums", campaign_sums.sums, running)
