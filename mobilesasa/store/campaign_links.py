"""Short links: where those of a campaign lead, who followed them, and the counts that its team sees.

A link is found by the code of its recipient, which is in the snapshot of the campaign (`campaign_recipient`). So links
last as long as that, and their days are over before it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from mobilesasa.campaigns.clicks import Clicks, Followed, Led, LinkClicks, RecipientClicks
from mobilesasa.core.errors import StoreAway
from mobilesasa.store import paging
from mobilesasa.store.database import Database, Txn, one_row, row_of_uuid
from mobilesasa.store.rows import as_json

KEEP = """
INSERT INTO campaign_link (campaign_id, n, url, expires_at)
SELECT %(campaign_id)s, n, url, to_timestamp(%(expires_at_ms)s / 1000.0)
FROM unnest(%(urls)s::text[]) WITH ORDINALITY AS link (url, n)
"""

FIND = """
SELECT code, recipient.campaign_id, recipient.n, urls, (extract(epoch FROM expires_at) * 1000)::bigint
FROM campaign_recipient AS recipient CROSS JOIN LATERAL (
    SELECT array_agg(url ORDER BY n) AS urls, min(expires_at) AS expires_at
    FROM campaign_link WHERE campaign_id = recipient.campaign_id
) AS link
WHERE code = ANY(%(codes)s) AND urls IS NOT NULL
"""

# In the order of the key, as every node writes. A time is that of a click, as soon as there is one.
WRITE = """
INSERT INTO campaign_click AS held (campaign_id, recipient_n, link_n, clicks, previews, first_at, last_at)
SELECT campaign_id, recipient_n, link_n, seen.clicks, seen.previews,
       to_timestamp(first_at_ms / 1000.0), to_timestamp(last_at_ms / 1000.0)
FROM json_to_recordset(%(followed)s) AS seen (campaign_id integer, recipient_n integer, link_n smallint, clicks integer,
     previews integer, first_at_ms bigint, last_at_ms bigint)
WHERE EXISTS (SELECT FROM campaign_link WHERE campaign_link.campaign_id = seen.campaign_id AND n = link_n)
ORDER BY campaign_id, recipient_n, link_n
ON CONFLICT (campaign_id, recipient_n, link_n) DO UPDATE SET
    clicks = held.clicks + excluded.clicks, previews = held.previews + excluded.previews,
    first_at = CASE WHEN (held.clicks > 0) = (excluded.clicks > 0) THEN least(held.first_at, excluded.first_at)
                    WHEN held.clicks > 0 THEN held.first_at ELSE excluded.first_at END,
    last_at = CASE WHEN (held.clicks > 0) = (excluded.clicks > 0) THEN greatest(held.last_at, excluded.last_at)
                   WHEN held.clicks > 0 THEN held.last_at ELSE excluded.last_at END
"""

CAMPAIGN = "SELECT id FROM campaign WHERE uuid = %(uuid)s AND team_id = %(team_id)s"

OF_CAMPAIGN = """
SELECT link.n, url, (extract(epoch FROM expires_at) * 1000)::bigint, count(recipient_n) FILTER (WHERE clicks > 0) + past_recipients,
       coalesce(sum(clicks), 0) + past_clicks, coalesce(sum(previews), 0) + past_previews
FROM campaign_link AS link LEFT JOIN campaign_click AS click ON click.campaign_id = link.campaign_id AND link_n = link.n
WHERE link.campaign_id = %(campaign_id)s GROUP BY link.campaign_id, link.n ORDER BY link.n
"""

TOTALS = """
SELECT count(DISTINCT recipient_n) FILTER (WHERE clicks > 0) + (SELECT past_clickers FROM campaign WHERE id = %(campaign_id)s),
       coalesce(sum(clicks), 0) + (SELECT coalesce(sum(past_clicks), 0) FROM campaign_link WHERE campaign_id = %(campaign_id)s),
       coalesce(sum(previews), 0) + (SELECT coalesce(sum(past_previews), 0) FROM campaign_link WHERE campaign_id = %(campaign_id)s)
FROM campaign_click WHERE campaign_id = %(campaign_id)s
"""

_CLICKED: Final = """
FROM campaign_click WHERE campaign_id = %(campaign_id)s AND clicks > 0
  AND (%(link_n)s IS NULL OR link_n = %(link_n)s) AND (recipient_n, link_n) > (%(after_n)s, %(after_link)s)
"""

CLICKED = f"""
SELECT page.recipient_n, CASE WHEN phone ~ '^[0-9]+$' THEN phone END, page.link_n, page.clicks, page.previews,
       (extract(epoch FROM page.first_at) * 1000)::bigint, (extract(epoch FROM page.last_at) * 1000)::bigint
FROM (SELECT * {_CLICKED} ORDER BY recipient_n, link_n LIMIT %(limit)s OFFSET %(offset)s) AS page
LEFT JOIN campaign_recipient AS recipient ON recipient.campaign_id = page.campaign_id AND recipient.n = page.recipient_n
ORDER BY page.recipient_n, page.link_n
"""

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_CLICKED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_CLICKED}"


def keep(txn: Txn, campaign_id: int, links: Sequence[str], expires_at_ms: int) -> None:
    """Keep the links of a campaign's text, in its order, when its snapshot is made.

    Args:
        txn: the transaction of the snapshot.
        campaign_id: of the campaign; it has none yet.
        links: the URLs as they stand in the text.
        expires_at_ms: from then on they lead nowhere.
    """
    txn.execute(KEEP, {"campaign_id": campaign_id, "urls": list(links), "expires_at_ms": expires_at_ms})


def find(txn: Txn, codes: Sequence[str]) -> dict[str, Led]:
    """Return where the links of recipients lead, by their codes; one that nobody has is left out."""
    txn.execute(FIND, {"codes": list(codes)})
    return {code: Led(campaign_id, n, tuple(urls), ends) for code, campaign_id, n, urls, ends in txn.fetchall()}


def write(txn: Txn, followed: Sequence[Followed]) -> None:
    """Add what was followed to the counts."""
    txn.execute(WRITE, {"followed": as_json([attrs.asdict(each) for each in followed])})


def of_campaign(txn: Txn, team_id: int, uuid: str) -> list[LinkClicks]:
    """Return the links of a campaign of the team, in the order of its text; none where they are not tracked.

    Raises:
        NotFound: the team has no such campaign.
    """
    txn.execute(OF_CAMPAIGN, {"campaign_id": _campaign(txn, team_id, uuid)})
    return [LinkClicks(*row) for row in txn.fetchall()]


def totals(txn: Txn, campaign_id: int) -> tuple[int, int, int]:
    """Return how many recipients followed a link of a campaign, how often, and how often programs looked at one."""
    txn.execute(TOTALS, {"campaign_id": campaign_id})
    recipients, clicks, previews = one_row(txn)
    return recipients, clicks, previews


def clicked(
    txn: Txn, team_id: int, uuid: str, link_n: int | None, after: tuple[int, int], limit: int, offset: int
) -> list[RecipientClicks]:
    """Return who followed the links of a campaign of the team, in the order of its snapshot.

    Args:
        txn: the transaction.
        team_id: whose campaign.
        uuid: of the campaign.
        link_n: that link alone; None: all.
        after: recipient and link behind which the list goes on; (0, 0) for its beginning.
        limit: so many at most.
        offset: so many are left out before them.

    Raises:
        NotFound: the team has no such campaign.
    """
    given = _given(_campaign(txn, team_id, uuid), link_n, after)
    txn.execute(CLICKED, {**given, "limit": limit, "offset": offset})
    return [RecipientClicks(*row) for row in txn.fetchall()]


def count(txn: Txn, team_id: int, uuid: str, link_n: int | None, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many rows `clicked` has, and whether that is an estimate.

    Raises:
        NotFound: the team has no such campaign.
    """
    given = _given(_campaign(txn, team_id, uuid), link_n, (0, 0))
    return paging.count(txn, COUNT, ESTIMATE, given, counted)


def _campaign(txn: Txn, team_id: int, uuid: str) -> int:
    found: int = row_of_uuid(txn, CAMPAIGN, uuid, "there is no such campaign", team_id=team_id)[0]
    return found


def _given(campaign_id: int, link_n: int | None, after: tuple[int, int]) -> dict[str, int | None]:
    return {"campaign_id": campaign_id, "link_n": link_n, "after_n": after[0], "after_link": after[1]}


async def write_gathered(database: Database, gathered: Clicks) -> None:
    """Write down what is gathered, if anything; it stays gathered while the store is away.

    Raises:
        StoreAway: nothing was written.
    """
    followed = gathered.take()
    if not followed:
        return
    try:
        await database.run("campaign_links.write", write, followed)
    except StoreAway:
        gathered.put_back(followed)
        raise


@attrs.frozen
class LinkCounts:
    """What became of a campaign's links, for the API; each call is one transaction of the pool."""

    _database: Database

    async def of_campaign(self, team_id: int, uuid: str) -> Sequence[LinkClicks]:
        """Return the links of a campaign, with what became of each."""
        return await self._database.run("campaign_links.of_campaign", of_campaign, team_id, uuid)

    async def clicked(
        self, team_id: int, uuid: str, link_n: int | None, *, after: tuple[int, int], limit: int, offset: int
    ) -> Sequence[RecipientClicks]:
        """Return who followed its links, in the order of the snapshot."""
        return await self._database.run("campaign_links.clicked", clicked, team_id, uuid, link_n, after, limit, offset)

    async def count(self, team_id: int, uuid: str, link_n: int | None) -> tuple[int, bool]:
        """Return how many of them there are, and whether that is an estimate."""
        return await self._database.run("campaign_links.count", count, team_id, uuid, link_n)
