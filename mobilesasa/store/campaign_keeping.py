"""How long what a campaign said and to whom is kept: its texts as long as those of messages, its recipients a while longer.

Both times begin when it has ended, completed or cancelled; what it did and cost is kept for ever. Both are done in pieces, for
a campaign may have a million recipients.
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
    """Drop recipients of a campaign that ended long ago; returns whether there may be more."""
    txn.execute(RECIPIENTS, {"days": KEPT_DAYS, "limit": limit})
    return txn.rowcount > 0
