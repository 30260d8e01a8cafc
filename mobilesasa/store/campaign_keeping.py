"""How long what a campaign said and to whom is kept: its texts as long as those of messages, its recipients a while longer.

Both times begin when it has ended, completed or cancelled; what it did and cost is kept for ever. All is done in pieces, for
a campaign may have a million recipients. Who of them followed a link goes when they have gone: by then links lead nowhere, and
the counts are added up.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.store.database import Txn

KEPT_DAYS: Final = 90  # recipients, after the end
AT_ONCE: Final = 20_000  # recipients in one transaction

# The text of the campaign itself goes with the last piece, so until then it is found again.
TEXTS = """
WITH over AS MATERIALIZED (
    SELECT campaign.id FROM campaign JOIN team ON team.id = team_id
    WHERE finished_at < now() - make_interval(days => coalesce(text_days, %(default_days)s)) AND message IS NOT NULL
      AND coalesce(text_days, %(default_days)s) > 0
    ORDER BY finished_at LIMIT 1
), piece AS MATERIALIZED (
    SELECT campaign_id, n FROM over JOIN campaign_recipient ON campaign_id = over.id
    WHERE campaign_recipient.text IS NOT NULL LIMIT %(limit)s
), removed AS (
    UPDATE campaign_recipient SET text = NULL FROM piece
    WHERE campaign_recipient.campaign_id = piece.campaign_id AND campaign_recipient.n = piece.n
), ended AS (
    UPDATE campaign SET message = NULL, text = NULL FROM over
    WHERE campaign.id = over.id AND (SELECT count(*) FROM piece) < %(limit)s
)
SELECT FROM over
"""

RECIPIENTS = """
WITH over AS MATERIALIZED (
    SELECT id FROM campaign WHERE finished_at < now() - make_interval(days => %(days)s)
      AND EXISTS (SELECT FROM campaign_recipient WHERE campaign_id = campaign.id)
    ORDER BY finished_at LIMIT 1
)
DELETE FROM campaign_recipient WHERE ctid = ANY(ARRAY(
    SELECT campaign_recipient.ctid FROM over JOIN campaign_recipient ON campaign_id = over.id LIMIT %(limit)s))
"""

# All that a recipient followed goes at once, so that each counts once among those who followed any.
CLICKS = """
WITH over AS MATERIALIZED (
    SELECT id FROM campaign WHERE finished_at < now() - make_interval(days => %(days)s)
      AND NOT EXISTS (SELECT FROM campaign_recipient WHERE campaign_id = campaign.id)
      AND EXISTS (SELECT FROM campaign_click WHERE campaign_id = campaign.id)
    ORDER BY finished_at LIMIT 1
), upto AS MATERIALIZED (
    SELECT id, (SELECT max(recipient_n) FROM (
        SELECT recipient_n FROM campaign_click WHERE campaign_id = over.id ORDER BY recipient_n LIMIT %(limit)s) AS first) AS n
    FROM over
), went AS (
    DELETE FROM campaign_click USING upto WHERE campaign_id = upto.id AND recipient_n <= upto.n RETURNING campaign_click.*
), linked AS (
    UPDATE campaign_link SET past_recipients = past_recipients + sums.recipients, past_clicks = past_clicks + sums.clicks,
                             past_previews = past_previews + sums.previews
    FROM (
        SELECT campaign_id, link_n, count(*) FILTER (WHERE clicks > 0) AS recipients, sum(clicks) AS clicks, sum(previews) AS previews
        FROM went GROUP BY campaign_id, link_n
    ) AS sums WHERE campaign_link.campaign_id = sums.campaign_id AND n = link_n
)
UPDATE campaign SET past_clickers = past_clickers + sums.clickers FROM (
    SELECT campaign_id, count(DISTINCT recipient_n) FILTER (WHERE clicks > 0) AS clickers FROM went GROUP BY campaign_id
) AS sums WHERE campaign.id = sums.campaign_id
"""


def let_go_of_texts(txn: Txn, default_days: int, limit: int = AT_ONCE) -> bool:
    """Remove the texts of a campaign that ended so long ago; returns whether there may be more.

    Args:
        txn: the transaction.
        default_days: how long, for a team that says nothing itself; 0 for ever.
        limit: bounds what one transaction changes.
    """
    txn.execute(TEXTS, {"default_days": default_days, "limit": limit})
    return txn.rowcount > 0


def forget(txn: Txn, limit: int = AT_ONCE) -> bool:
    """Drop recipients of a campaign that ended long ago, then add up their clicks; returns whether there may be more."""
    given = {"days": KEPT_DAYS, "limit": limit}
    txn.execute(RECIPIENTS, given)
    if txn.rowcount > 0:
        return True
    txn.execute(CLICKS, given)
    return txn.rowcount > 0
