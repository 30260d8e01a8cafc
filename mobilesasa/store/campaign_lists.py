"""Recipients of a campaign, in the order of its snapshot, with what became of each.

How to think about it: a list reads the snapshot from behind a row on. Who waits and who was left out is seen there; where a
message stands only its own row says, so for one state a list looks at so many recipients at most, and says where it stopped.
A campaign that was cancelled left out all whom it had not come to, which their rows need not say.
"""

from __future__ import annotations

from typing import Any, Final

from mobilesasa.campaigns.model import Campaign, Phase, Recipient, Skip
from mobilesasa.campaigns.views import WantedRecipients
from mobilesasa.core.model import State
from mobilesasa.store import paging
from mobilesasa.store.database import Txn, one_row

#: Recipients whose messages are looked at for one page, and for a total: some 15 ms.
LOOKED_AT: Final = 5000

#: Statuses that are the state of a message.
_STATES: Final = {state.shown: state for state in State}

# What does not matter is written into the statement as a constant, so the planner drops the condition.
_MEANT: Final = """
FROM campaign_recipient WHERE campaign_id = %(id)s AND n > %(after)s AND (%(phone)s IS NULL OR phone = %(phone)s)
  AND (%(status)s <> 'skipped' OR skipped IS NOT NULL OR (%(is_cancelled)s AND n > %(position)s))
  AND (%(status)s <> 'waiting' OR (skipped IS NULL AND n > %(position)s AND NOT %(is_final)s))
  AND (%(state)s IS NULL OR message_id IS NOT NULL)
"""

PAGE = f"""
SELECT looked.n, phone, units, parts, text,
       CASE WHEN skipped IS NULL AND %(is_cancelled)s AND looked.n > %(position)s THEN %(cancelled)s ELSE skipped END,
       message_id, coalesce(state, ended_state), coalesce((SELECT sum(clicks) FROM campaign_click
                                    WHERE campaign_id = %(id)s AND recipient_n = looked.n), 0)::integer
FROM (SELECT n, phone, units, parts, text, skipped, message_id, ended_state {_MEANT} ORDER BY n LIMIT %(looked)s) AS looked
LEFT JOIN LATERAL (SELECT state FROM message WHERE message.id = message_id OFFSET 0) AS message ON true
WHERE %(state)s IS NULL OR coalesce(state, ended_state) = %(state)s ORDER BY looked.n LIMIT %(limit)s OFFSET %(offset)s
"""

LAST_LOOKED = f"SELECT n {_MEANT} ORDER BY n OFFSET %(looked)s - 1 LIMIT 1"

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_MEANT} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_MEANT}"

COUNT_OF_STATE = f"""
SELECT count(*), count(*) FILTER (WHERE coalesce(state, ended_state) = %(state)s)
FROM (SELECT message_id, ended_state {_MEANT} ORDER BY n LIMIT %(looked)s) AS looked
LEFT JOIN LATERAL (SELECT state FROM message WHERE message.id = message_id OFFSET 0) AS message ON true
"""


def page(
    txn: Txn,
    campaign: Campaign,
    wanted: WantedRecipients,
    limit: int,
    offset: int,
    after: str | None,
    looked: int = LOOKED_AT,
) -> tuple[list[Recipient], str | None]:
    """Return recipients in the order of the snapshot, and the key behind which the list goes on; None: this is its end.

    Args:
        txn: the transaction.
        campaign: whose they are.
        wanted: which of them.
        limit: how many at most.
        offset: how many are left out before them.
        after: the key of a page before; None: the list begins.
        looked: at how many messages it looks for a state; there may be fewer than `limit` then, although the list goes on.

    Raises:
        BadValue: `after` is not such a key.
    """
    given = _given(campaign, wanted, 0 if after is None else paging.key_id(after)[0])
    given |= {"cancelled": Skip.CANCELLED, "limit": limit + 1, "offset": offset}
    given["looked"] = offset + (limit + 1 if given["state"] is None else looked)
    txn.execute(PAGE, given)
    found = [Recipient(*row) for row in txn.fetchall()]
    if len(found) > limit:
        return found[:limit], str(found[limit - 1].n)
    if given["state"] is None:
        return found, None
    txn.execute(LAST_LOOKED, given)
    return found, next((str(n) for (n,) in txn.fetchall()), None)


def count(
    txn: Txn,
    campaign: Campaign,
    wanted: WantedRecipients,
    counted: int = paging.COUNTED,
    looked: int = LOOKED_AT,
) -> tuple[int, bool]:
    """Return how many recipients there are, and whether that is an estimate.

    Of one state it is one above `looked`: what there is among the first of them, as a share of all.
    """
    given = _given(campaign, wanted, 0)
    if wanted == WantedRecipients():
        return campaign.rows, False
    if wanted == WantedRecipients("skipped") and campaign.phase.is_final:
        return campaign.left_out, False
    if wanted == WantedRecipients("waiting") and campaign.left > counted:
        return campaign.left, True  # somebody who was forgotten does not wait
    if given["state"] is None:
        return paging.count(txn, COUNT, ESTIMATE, given, counted)
    txn.execute(COUNT_OF_STATE, given | {"looked": looked})
    seen, found = one_row(txn)
    if seen < looked:
        return found, False
    return round(found * campaign.queued / seen), True


def _given(campaign: Campaign, wanted: WantedRecipients, after: int) -> dict[str, Any]:
    state = None if wanted.status is None else _STATES.get(wanted.status)
    return {
        "id": campaign.id,
        "after": after,
        "phone": wanted.phone,
        "status": wanted.status or "",
        "state": None if state is None else int(state),
        "position": campaign.position,
        "is_cancelled": campaign.phase is Phase.CANCELLED,
        "is_final": campaign.phase.is_final,
    }
