"""What must hold of campaigns: their snapshots, their places in them, and their units.

The statements are as those of `store.audit`, which runs them. The recipients of a campaign are dropped some time after its end;
what is said of them holds while they are there.
"""

from __future__ import annotations

# The entry that reserved, those that released, and what the campaign says of both. One that became a draft again has both, and may
# reserve again.
UNITS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT (reserve_id IS NULL) <> (reserved_units = 0)
        OR (reserve_id IS NOT NULL AND (entry.id, -entry.units, entry.messages, entry.team_id, entry.kind, entry.campaign_uuid)
            IS DISTINCT FROM (reserve_id, reserved_units, recipients, campaign.team_id, 'reserve', campaign.uuid))
        OR captured_units + released_units <> CASE WHEN phase IN ('completed', 'cancelled') THEN reserved_units ELSE captured_units END
        OR captured_units > reserved_units OR released_units - reserved_units <> coalesce(moved.units, 0)
        OR coalesce(moved.releases > moved.reserves, false) AS wrong,
        format('campaign %%s: reserved %%s, captured %%s, released %%s', campaign.uuid, reserved_units, captured_units,
               released_units) AS shown
    FROM campaign LEFT JOIN ledger AS entry ON entry.id = reserve_id LEFT JOIN (
        SELECT campaign_uuid, team_id, sum(units) AS units, count(*) FILTER (WHERE kind = 'release') AS releases,
               count(*) FILTER (WHERE kind = 'reserve') AS reserves
        FROM ledger WHERE kind IN ('reserve', 'release') GROUP BY campaign_uuid, team_id
    ) AS moved ON moved.campaign_uuid = campaign.uuid AND moved.team_id = campaign.team_id
) AS each
"""

# What no campaign names any more was of one that became a draft again: as much was released as had been reserved.
ENTRIES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT campaign.team_id <> ledger.team_id OR ((campaign.id IS NULL OR (kind = 'reserve' AND reserve_id IS DISTINCT FROM ledger.id))
               AND NOT EXISTS (SELECT FROM ledger AS other WHERE other.campaign_uuid = ledger.campaign_uuid
                   AND other.team_id = ledger.team_id AND other.units = -ledger.units
                   AND CASE ledger.kind WHEN 'reserve' THEN other.kind = 'release' AND other.id > ledger.id
                       ELSE other.kind = 'reserve' AND other.id < ledger.id END)) AS wrong,
           format('entry %%s of campaign %%s', ledger.id, campaign_uuid) AS shown
    FROM ledger LEFT JOIN campaign ON campaign.uuid = campaign_uuid
    WHERE kind IN ('reserve', 'release') OR campaign_uuid IS NOT NULL
) AS each
"""

CAPTURED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT (captured_units, queued) <> (coalesce(paid.units, 0), coalesce(paid.messages, 0)) OR coalesce(strange, 0) > 0 AS wrong,
           format('campaign %%s: %%s messages for %%s units, of which there are %%s for %%s', uuid, queued, captured_units,
                  coalesce(paid.messages, 0), coalesce(paid.units, 0)) AS shown
    FROM campaign LEFT JOIN (
        SELECT charge_id, sum(units) AS units, sum(messages) AS messages, sum(strange) AS strange FROM (
            SELECT charge_id, sum(price_units) AS units, count(*) AS messages,
                   count(*) FILTER (WHERE campaign.uuid IS DISTINCT FROM campaign_uuid OR campaign.team_id <> message.team_id) AS strange
            FROM message JOIN campaign ON reserve_id = charge_id GROUP BY charge_id
            UNION ALL SELECT charge_id, sum(price_units), count(*), 0 FROM message_leaving GROUP BY charge_id
            UNION ALL SELECT charge_id, sum(units), sum(messages), 0 FROM message_gone WHERE charge_id > 0 GROUP BY charge_id
        ) AS found GROUP BY charge_id
    ) AS paid ON charge_id = reserve_id
) AS each
"""

# Behind the place nobody has a message, and what is reserved for whom it has not come to is there.
SNAPSHOTS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT position > rows OR recipients > rows OR queued + skipped > rows OR (phase = 'completed' AND position < rows) OR (
               seen IS NOT NULL AND coalesce(finished_at, now()) > now() - interval '89 days' AND (
               (seen, last, early) IS DISTINCT FROM (rows, rows, 0::bigint) OR with_message <> queued OR left_out <> skipped
               OR unclear > 0 OR costs <> reserved_units)) AS wrong,
           format('campaign %%s: row %%s of %%s, %%s queued and %%s left out; seen %%s, %%s and %%s', uuid, position, rows, queued, skipped,
                  seen, with_message, left_out) AS shown
    FROM campaign LEFT JOIN (
        SELECT campaign_id, count(*) AS seen, max(n) AS last, count(message_id) AS with_message, sum(units) AS costs,
               count(*) FILTER (WHERE n > position AND message_id IS NOT NULL) AS early,
               count(*) FILTER (WHERE message_id IS NOT NULL AND campaign_recipient.skipped IS NOT NULL
                                OR message_id IS NULL AND campaign_recipient.skipped IS NULL AND n <= position) AS unclear,
               count(*) FILTER (WHERE campaign_recipient.skipped IS NOT NULL AND (n <= position OR campaign_recipient.skipped <> 'erased'))
                   AS left_out
        FROM campaign_recipient JOIN campaign ON campaign.id = campaign_id GROUP BY campaign_id
    ) AS counted ON campaign_id = campaign.id
) AS each
"""

RECIPIENTS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT campaign.id IS NULL OR armed_at IS NULL OR (message_id >= %(first_id)s AND (
               message.id IS NULL OR message.campaign_uuid IS DISTINCT FROM campaign.uuid OR message.price_units <> campaign_recipient.units
               OR (message.recipient <> campaign_recipient.phone
                   AND message.recipient ~ '^[0-9]+$' AND campaign_recipient.phone ~ '^[0-9]+$'))) AS wrong,
           format('campaign %%s, recipient %%s', campaign_id, n) AS shown
    FROM campaign_recipient LEFT JOIN campaign ON campaign.id = campaign_id LEFT JOIN message ON message.id = message_id
) AS each
"""

# Each message is of one recipient: of two with the same there would be one too few.
ONCE = """
SELECT count(*), count(*) FILTER (WHERE times > 1), (array_agg(message_id::text) FILTER (WHERE times > 1))[1:5] FROM (
    SELECT message_id, count(*) AS times FROM campaign_recipient WHERE message_id IS NOT NULL GROUP BY message_id
) AS each
"""

WAITING = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(message_id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT pending.message_id, campaign.id IS NULL OR message.campaign_uuid IS DISTINCT FROM campaign.uuid AS wrong
    FROM pending JOIN message ON message.id = pending.message_id LEFT JOIN campaign ON campaign.id = campaign_id
    WHERE campaign_id IS NOT NULL
) AS each
"""

# What a series made is of its team; a file is its team's.
BELONGINGS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT campaign.uuid, sender.team_id <> campaign.team_id
        OR (campaign.series_id IS NOT NULL AND series.team_id IS DISTINCT FROM campaign.team_id)
        OR (audience.id IS NOT NULL AND audience.team_id <> campaign.team_id) OR (audience.id IS NULL AND campaign.audience_id IS NOT NULL
            AND campaign.phase IN ('scheduled', 'sending', 'paused'))
        OR (campaign.phase IN ('completed', 'cancelled')) <> (campaign.finished_at IS NOT NULL) AS wrong
    FROM campaign JOIN sender ON sender.id = campaign.sender_id LEFT JOIN campaign AS series ON series.id = campaign.series_id
    LEFT JOIN audience ON audience.id = campaign.audience_id
) AS each
"""

# As in `store.audit`: a name that never changes, a sentence, and the statement that looks.
CHECKS = (
    (
        "campaign_units",
        "each campaign reserved what its entry says, and at its end it has captured or released all of it",
        UNITS,
    ),
    (
        "campaign_entries",
        "each entry that reserves or releases, and each refund that names one, is of a campaign of its team",
        ENTRIES,
    ),
    ("campaign_captured", "each campaign captured the price of its messages, as many as it queued", CAPTURED),
    (
        "campaign_snapshots",
        "each campaign has dealt with its recipients up to its place, and each of them has a message or was left out",
        SNAPSHOTS,
    ),
    ("campaign_recipients", "each recipient is of a campaign that was sent, and so is their message", RECIPIENTS),
    ("campaign_once", "no message is of two recipients", ONCE),
    ("campaign_waiting", "what waits for a carrier as a campaign's is a message of that campaign", WAITING),
    (
        "campaigns",
        "each campaign has the sender, series and file of its team, and has ended exactly when it says when",
        BELONGINGS,
    ),
)
