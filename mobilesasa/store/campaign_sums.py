"""What became of the messages of campaigns: for their brakes, and for who looks at them.

The sums are those of reports (`store.rollups`), some seconds old; a message counts in the quarter of an hour in which it was
made, so only the quarters in which a campaign was queued are looked at. A complaint is a recipient who wants no more of its
sender, by STOP or by a carrier's blacklist, up to three days after the campaign has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import Campaign, Phase
from mobilesasa.campaigns.running import Running
from mobilesasa.campaigns.views import Standing
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json

COMPLAINTS_H: Final = 72

# A quarter more at the end: the id of a message is a little older than the commit that stores it. What failed because it was
# taken back says nothing about the campaign.
SUMS = """
SELECT asked.id, coalesce(sum(accepted), 0)::integer, coalesce(sum(rollup.sent), 0)::integer, coalesce(sum(delivered), 0)::integer,
       coalesce(sum(failed), 0)::integer, coalesce(sum(cancelled), 0)::integer, coalesce(sum(failed_unsent), 0)::integer
FROM json_to_recordset(%(asked)s) AS asked (id integer, uuid uuid, team_id integer, first integer, last integer)
LEFT JOIN rollup ON rollup.team_id = asked.team_id AND quarter BETWEEN asked.first AND asked.last AND campaign = asked.uuid
GROUP BY asked.id
"""

COMPLAINTS = """
SELECT asked.id, count(*) FROM json_to_recordset(%(asked)s) AS asked (id integer, since float8, until float8)
JOIN campaign ON campaign.id = asked.id JOIN sender ON sender.id = sender_id
JOIN suppression ON suppression.team_id = campaign.team_id AND suppression.at >= to_timestamp(since)
  AND suppression.reason IN ('stop', 'blacklisted')
  AND suppression.at <= coalesce(to_timestamp(until), now()) AND suppression.sender IN ('', sender.name)
JOIN campaign_recipient ON campaign_id = campaign.id AND phone = recipient AND message_id IS NOT NULL
GROUP BY asked.id
"""

CLICKS = (
    "SELECT campaign_id, sum(clicks)::integer FROM campaign_click WHERE campaign_id = ANY(%(ids)s) GROUP BY campaign_id"
)

NEXT_PHONES = """
SELECT asked.id, phone FROM json_to_recordset(%(asked)s) AS asked (id integer, position integer), LATERAL (
    SELECT phone FROM campaign_recipient
    WHERE campaign_id = asked.id AND n > asked.position AND skipped IS NULL ORDER BY n LIMIT 1) AS next
"""

_QUARTER_MS: Final = 900_000
_COMPLAINTS_MS: Final = COMPLAINTS_H * 3_600_000


def sums(txn: Txn, running: Sequence[Running]) -> dict[int, Sums]:
    """Return what has happened to each campaign since it began, by its id."""
    asked = [_asked(each.id, each.uuid, each.team_id, each.started_at_ms, None) for each in running]
    found, complaints = _sums(txn, asked), _complaints(txn, asked)
    return {campaign: _counted(row, complaints.get(campaign, 0)) for campaign, row in found.items()}


def standings(txn: Txn, campaigns: Sequence[Campaign]) -> list[Standing]:
    """Return what became of the messages of each campaign, in order; what it waits for is another's to say."""
    asked = [
        _asked(each.id, each.uuid, each.team_id, each.started_at_ms, each.finished_at_ms)
        for each in campaigns
        if each.started_at_ms is not None
    ]
    if not asked:
        return [Standing() for _ in campaigns]
    found, complaints = _sums(txn, asked), _complaints(txn, asked)
    txn.execute(CLICKS, {"ids": [each["id"] for each in asked]})
    clicks = dict(txn.fetchall())
    return [
        _standing(each, found.get(each.id), complaints.get(each.id, 0), clicks.get(each.id, 0)) for each in campaigns
    ]


def next_phones(txn: Txn, campaigns: Sequence[Campaign]) -> dict[int, str]:
    """Return the next recipient of each campaign that is being sent, by its id."""
    asked = [{"id": each.id, "position": each.position} for each in campaigns if each.phase is Phase.SENDING]
    if not asked:
        return {}
    txn.execute(NEXT_PHONES, {"asked": as_json(asked)})
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


def _sums(txn: Txn, asked: Sequence[dict[str, Any]]) -> dict[int, tuple[int, ...]]:
    txn.execute(SUMS, {"asked": as_json(asked)})
    return {campaign: tuple(counts) for campaign, *counts in txn.fetchall()}


def _complaints(txn: Txn, asked: Sequence[dict[str, Any]]) -> dict[int, int]:
    txn.execute(COMPLAINTS, {"asked": as_json(asked)})
    return dict(txn.fetchall())


def _counted(row: tuple[int, ...], complaints: int) -> Sums:
    _, sent, delivered, failed, cancelled, _ = row
    return Sums(ended=delivered + failed - cancelled, failed=failed - cancelled, sent=sent, complaints=complaints)


def _standing(campaign: Campaign, row: tuple[int, ...] | None, complaints: int, clicks: int) -> Standing:
    """Return it as the messages that were queued: those of the last seconds, which are not counted yet, wait."""
    if row is None:
        return Standing()
    _, sent, delivered, failed, _, unsent = row
    under_way = max(sent - delivered - (failed - unsent), 0)
    return Standing(
        waiting=max(campaign.queued - under_way - delivered - failed, 0),
        sent=under_way,
        delivered=delivered,
        failed=failed,
        complaints=complaints,
        clicks=clicks,
    )
