"""What became of the messages of campaigns: for their brakes, and for who looks at them.

The sums are those of reports (`store.rollups`), some seconds old; a message counts in the quarter of an hour in which it was
made, so only the quarters in which a campaign was queued are looked at. For the brakes of one that begins its own messages are
counted, for those few matter now, and so are those of a small one for who looks at it. A complaint is a recipient who wants no more of its
sender, by STOP or by a carrier's blacklist, up to three days after the campaign has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Campaign, Phase
from mobilesasa.campaigns.running import Running, sample
from mobilesasa.campaigns.starting import is_starting
from mobilesasa.campaigns.views import Standing
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json

COMPLAINTS_H: Final = 72
COUNTED_ONE_BY_ONE: Final = 1000  # messages of a campaign: a millisecond or two

# A quarter more at the end: the id of a message is a little older than the commit that stores it. What failed because it was
# taken back says nothing about the campaign.
SUMS = """
SELECT asked.id, coalesce(sum(accepted), 0)::integer, coalesce(sum(rollup.sent), 0)::integer, coalesce(sum(delivered), 0)::integer,
       coalesce(sum(failed), 0)::integer, coalesce(sum(cancelled), 0)::integer, coalesce(sum(failed_unsent), 0)::integer
FROM json_to_recordset(%(asked)s) AS asked (id integer, uuid uuid, team_id integer, first integer, last integer)
LEFT JOIN rollup ON rollup.team_id = asked.team_id AND quarter BETWEEN asked.first AND asked.last AND campaign = asked.uuid
GROUP BY asked.id
"""

OWN_SUMS = """
SELECT asked.id, own.* FROM json_to_recordset(%(asked)s) AS asked (id integer, uuid uuid, team_id integer, since float8), LATERAL (
    SELECT count(*), count(sent_at), count(*) FILTER (WHERE state = 30), count(*) FILTER (WHERE state = 40),
           count(*) FILTER (WHERE state = 40 AND failure = 'cancelled'), count(*) FILTER (WHERE state = 40 AND sent_at IS NULL)
    FROM message WHERE message.team_id = asked.team_id AND campaign_uuid = asked.uuid) AS own
"""

# Messages are kept for longer.
OWN_SUMS_LATELY = f"{OWN_SUMS} WHERE since > extract(epoch FROM now()) - 86400"

COMPLAINTS = """
SELECT asked.id, count(*) FROM json_to_recordset(%(asked)s) AS asked (id integer, since float8, until float8)
JOIN campaign ON campaign.id = asked.id JOIN sender ON sender.id = sender_id
JOIN suppression ON suppression.team_id = campaign.team_id AND suppression.at >= to_timestamp(since)
  AND suppression.reason IN ('stop', 'blacklisted')
  AND suppression.at <= coalesce(to_timestamp(until), now()) AND suppression.sender IN ('', sender.name)
JOIN campaign_recipient ON campaign_id = campaign.id AND phone = recipient AND message_id IS NOT NULL
GROUP BY asked.id
"""

# Those of recipients who are known, and of those who were.
CLICKS = """
SELECT campaign_id, sum(clicks)::integer FROM (
    SELECT campaign_id, clicks FROM campaign_click WHERE campaign_id = ANY(%(ids)s)
    UNION ALL SELECT campaign_id, past_clicks FROM campaign_link WHERE campaign_id = ANY(%(ids)s)
) AS all_of_them GROUP BY campaign_id
"""

REFUNDED = """
SELECT asked.id, refunds.units FROM json_to_recordset(%(asked)s) AS asked (id integer, uuid uuid), LATERAL (
    SELECT sum(units)::bigint AS units FROM ledger WHERE campaign_uuid = asked.uuid AND kind = 'refund') AS refunds
WHERE refunds.units IS NOT NULL
"""

# When the first of what waits goes out, where none of it does now. What a carrier has put off for a while waits for no hours.
OPENS = """
SELECT id, (extract(epoch FROM opens_at) * 1000)::bigint FROM unnest(%(ids)s) AS asked (id), LATERAL (
    SELECT min(due_at) AS opens_at, bool_and(coalesce(
        due_at > now() AND closes_at IS NOT NULL AND (attempts = 0 OR due_at > now() + interval '30 minutes'), false)) AS is_closed
    FROM pending WHERE campaign_id = asked.id) AS waits
WHERE is_closed
"""

# The next one, and some of those behind.
NEXT_PHONES = """
SELECT id, array_agg(phone ORDER BY n) FROM (
    SELECT asked.id, next.* FROM json_to_recordset(%(asked)s) AS asked (id integer, position integer), LATERAL (
        SELECT n, phone FROM campaign_recipient
        WHERE campaign_id = asked.id AND n > asked.position AND skipped IS NULL ORDER BY n LIMIT 1) AS next
    UNION
    SELECT asked.id, n, phone FROM json_to_recordset(%(asked)s) AS asked (id integer, behind integer[])
    JOIN campaign_recipient ON campaign_id = asked.id AND n = ANY(asked.behind) WHERE skipped IS NULL
) AS found GROUP BY id
"""

_BEHIND: Final = 9  # recipients who stand for all those behind the next one
_QUARTER_MS: Final = 900_000
_COMPLAINTS_MS: Final = COMPLAINTS_H * 3_600_000


def sums(txn: Txn, running: Sequence[Running]) -> dict[int, Sums]:
    """Return what has happened to each campaign since it began, by its id: until now of one that begins, else lately."""
    beginning = {each.id for each in running if is_starting(each)}
    asked = [_asked(each.id, each.uuid, each.team_id, each.started_at_ms, None) for each in running]
    found, complaints = _sums(txn, [each for each in asked if each["id"] not in beginning]), _complaints(txn, asked)
    found |= _sums(txn, [each for each in asked if each["id"] in beginning], OWN_SUMS)
    return {campaign: _counted(row, complaints.get(campaign, 0)) for campaign, row in found.items()}


def standings(txn: Txn, campaigns: Sequence[Campaign]) -> list[Standing]:
    """Return what became of the messages of each campaign, in order, and until when those that are queued wait for hours.

    Messages of small ones that began lately are counted one by one, for somebody looks at them as they go out. What a campaign waits
    for that is not all queued is another's to say.
    """
    asked = [
        _asked(each.id, each.uuid, each.team_id, each.started_at_ms, each.finished_at_ms)
        for each in campaigns
        if each.started_at_ms is not None
    ]
    if not asked:
        return [Standing() for _ in campaigns]
    found, complaints = _sums(txn, asked), _complaints(txn, asked)
    small = {each.id for each in campaigns if each.queued <= COUNTED_ONE_BY_ONE}
    found |= _sums(txn, [each for each in asked if each["id"] in small], OWN_SUMS_LATELY)
    txn.execute(CLICKS, {"ids": [each["id"] for each in asked]})
    clicks = dict(txn.fetchall())
    txn.execute(REFUNDED, {"asked": as_json(asked)})
    refunded, opens = dict(txn.fetchall()), _opens(txn, campaigns)
    return [
        attrs.evolve(
            _standing(each, found.get(each.id), complaints.get(each.id, 0), clicks.get(each.id, 0)),
            refunded_units=refunded.get(each.id, 0),
            waits_until_ms=opens.get(each.id),
            waits_for="hours" if each.id in opens else None,
        )
        for each in campaigns
    ]


def next_phones(txn: Txn, campaigns: Sequence[Campaign]) -> dict[int, list[str]]:
    """Return the next recipient of each campaign that is being sent, by its id, and some that stand for those behind."""
    asked = [
        {"id": each.id, "position": each.position, "behind": sample(each.position + 1, each.rows, _BEHIND)}
        for each in campaigns
        if each.phase is Phase.SENDING
    ]
    if not asked:
        return {}
    txn.execute(NEXT_PHONES, {"asked": as_json(asked)})
    return dict(txn.fetchall())


def _opens(txn: Txn, campaigns: Sequence[Campaign]) -> dict[int, int]:
    """Return when what waits of campaigns goes out, of those that are queued and wait for hours, by their ids."""
    ids = [each.id for each in campaigns if each.phase is Phase.COMPLETED and each.paused_by is None]
    if not ids:
        return {}
    txn.execute(OPENS, {"ids": ids})
    return dict(txn.fetchall())


def _asked(campaign: int, uuid: str, team_id: int, started_at_ms: int, finished_at_ms: int | None) -> dict[str, Any]:
    last = 2**31 - 1 if finished_at_ms is None else finished_at_ms // _QUARTER_MS
    until = None if finished_at_ms is None else (finished_at_ms + _COMPLAINTS_MS) / 1000
    return {
        "id": campaign,
        "uuid": uuid,
        "team_id": team_id,
        "first": started_at_ms // _QUARTER_MS - 1,
        "last": last,
        "since": (started_at_ms - 1) / 1000,  # it was rounded
        "until": until,
    }


def _sums(txn: Txn, asked: Sequence[dict[str, Any]], statement: str = SUMS) -> dict[int, tuple[int, ...]]:
    if not asked:
        return {}
    txn.execute(statement, {"asked": as_json(asked)})
    return {campaign: tuple(counts) for campaign, *counts in txn.fetchall()}


def _complaints(txn: Txn, asked: Sequence[dict[str, Any]]) -> dict[int, int]:
    txn.execute(COMPLAINTS, {"asked": as_json(asked)})
    return dict(txn.fetchall())


def _counted(row: tuple[int, ...], complaints: int) -> Sums:
    _, sent, delivered, failed, cancelled, unsent = row
    ended, failures = delivered + failed - cancelled, failed - cancelled
    return Sums(ended=ended, failed=failures, sent=sent, complaints=complaints, refused=max(unsent - cancelled, 0))


def _standing(campaign: Campaign, row: tuple[int, ...] | None, complaints: int, clicks: int) -> Standing:
    """Return it as the messages that were queued: those of the last seconds, which are not counted yet, wait."""
    if row is None:
        return Standing()
    _, sent, delivered, failed, cancelled, unsent = row
    under_way = max(sent - delivered - (failed - unsent), 0)
    return Standing(
        waiting=max(campaign.queued - under_way - delivered - failed, 0),
        sent=under_way,
        delivered=delivered,
        failed=failed,
        cancelled=cancelled,
        complaints=complaints,
        clicks=clicks,
    )
