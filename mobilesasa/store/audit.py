"""What must hold between the rows of the store, whenever anybody looks (I4, and every sum and reference beside it).

The hot tables have no foreign keys, and no constraint can add up a ledger; here each such rule is one statement. All of
them see one snapshot, so they may run on a node at full load, and they only read. A statement gives how many rows it
looked at, how many of them are wrong, and a few of the wrong ones in words.

Months of messages that have been dropped leave their sums (`store.retention_months`): what is of before is checked against
those, as a whole for each team, and entry by entry from there on.
"""

from __future__ import annotations

import attrs

from mobilesasa.core.documents import KINDS
from mobilesasa.store import audit_campaigns, audit_surveys, audit_teams
from mobilesasa.store.database import Txn, one_row

BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

# Before anything is seen: else a month could leave between the moment that is seen and the first look at messages.
HOLD = "LOCK TABLE message, message_leaving IN ACCESS SHARE MODE"

# Sums over all messages are hashed; they may take this much memory before they go to disk.
ROOM = "SET LOCAL work_mem = '96MB'"

# Where the messages begin that are kept, and the first id from there on.
KEPT = """
SELECT start::text, first_id_at(start)::text FROM (
    SELECT greatest((
        SELECT min(to_timestamp(substr(relname, 9), 'YYYY_MM')) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'message'::regclass AND relname ~ '^message_[0-9]{4}_[0-9]{2}$'
    ), (
        SELECT max((month + interval '1 month') AT TIME ZONE 'UTC') FROM message_month WHERE left_at IS NOT NULL
    ), 'epoch') AS start
) AS kept
"""

BALANCE = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT balance <> coalesce(units, 0) AS wrong, format('%%s: balance %%s, entries %%s', code, balance, coalesce(units, 0)) AS shown
    FROM team LEFT JOIN (SELECT team_id, sum(units) AS units FROM ledger GROUP BY team_id) AS entries ON team_id = team.id
) AS each
"""

NOT_NEGATIVE = """
SELECT count(*), count(*) FILTER (WHERE balance < 0),
       (array_agg(format('%%s: %%s', code, balance)) FILTER (WHERE balance < 0))[1:5]
FROM team
"""

CHARGES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT (coalesce(paid.units, 0), coalesce(paid.messages, 0)) <> (-ledger.units, ledger.messages) AS wrong,
           format('entry %%s: %%s units for %%s messages, of which there are %%s for %%s', ledger.id, -ledger.units,
                  ledger.messages, coalesce(paid.messages, 0), coalesce(paid.units, 0)) AS shown
    FROM ledger LEFT JOIN (
        SELECT charge_id, team_id, sum(units) AS units, sum(messages) AS messages FROM (
            SELECT charge_id, team_id, sum(price_units) AS units, count(*) AS messages FROM message GROUP BY charge_id, team_id
            UNION ALL SELECT charge_id, team_id, sum(price_units), count(*) FROM message_leaving GROUP BY charge_id, team_id
            UNION ALL SELECT charge_id, team_id, units, messages FROM message_gone WHERE charge_id > 0
        ) AS found GROUP BY charge_id, team_id
    ) AS paid ON paid.charge_id = ledger.id AND paid.team_id = ledger.team_id
    WHERE kind = 'charge' AND at >= %(kept_from)s::timestamptz
) AS each
"""

# Of months that are gone nobody knows any more which entry paid for which message. A message of those that are kept may be paid by an
# entry of before, when its id was made by a clock that is a little ahead.
CHARGES_GONE = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT (coalesce(billed.units, 0), coalesce(billed.messages, 0)) <> (coalesce(paid.units, 0), coalesce(paid.messages, 0)) AS wrong,
           format('team %%s: %%s units for %%s messages, of which there were %%s for %%s', team.id, coalesce(billed.units, 0),
                  coalesce(billed.messages, 0), coalesce(paid.messages, 0), coalesce(paid.units, 0)) AS shown
    FROM team LEFT JOIN (
        SELECT team_id, -sum(units) AS units, sum(messages) AS messages FROM ledger
        WHERE kind = 'charge' AND at < %(kept_from)s::timestamptz GROUP BY team_id
    ) AS billed ON billed.team_id = team.id LEFT JOIN (
        SELECT team_id, sum(units) AS units, sum(messages) AS messages FROM (
            SELECT message_gone.team_id, message_gone.units, message_gone.messages
            FROM message_gone LEFT JOIN ledger ON ledger.id = charge_id
            WHERE charge_id = 0 OR (kind = 'charge' AND at < %(kept_from)s::timestamptz)
            UNION ALL
            SELECT went.team_id, sum(price_units), count(*) FROM (
                SELECT team_id, charge_id, price_units FROM message
                WHERE id < first_id_at(%(kept_from)s::timestamptz + interval '1 day')
                UNION ALL SELECT team_id, charge_id, price_units FROM message_leaving
            ) AS went JOIN ledger ON ledger.id = charge_id AND kind = 'charge' AND at < %(kept_from)s::timestamptz GROUP BY went.team_id
        ) AS found GROUP BY team_id
    ) AS paid ON paid.team_id = team.id
) AS each
"""

CHARGED = """
SELECT count(*), count(*) FILTER (WHERE ledger.id IS NULL), (array_agg(message.id::text) FILTER (WHERE ledger.id IS NULL))[1:5]
FROM message LEFT JOIN ledger
  ON ledger.id = charge_id AND ledger.team_id = message.team_id AND ledger.kind IN ('charge', 'reserve') AND price_units > 0
"""

REFUND_ONCE = """
SELECT count(*), count(*) FILTER (WHERE times > 1), (array_agg(message_id::text) FILTER (WHERE times > 1))[1:5] FROM (
    SELECT message_id, count(*) AS times FROM ledger WHERE kind = 'refund' GROUP BY message_id
) AS each
"""

REFUND_FITS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message.id IS NULL OR message.team_id <> ledger.team_id OR state <> 40 OR units > price_units AS wrong,
           format('entry %%s for %%s', ledger.id, message_id) AS shown
    FROM ledger LEFT JOIN message ON message.id = message_id
    WHERE kind = 'refund' AND (message_id IS NULL OR message_id >= %(first_id)s)
) AS each
"""

REFUNDS_GONE = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT coalesce(back.units, 0) <> coalesce(known.units, 0) AS wrong,
           format('team %%s: %%s units, of which there were %%s', team.id, coalesce(back.units, 0), coalesce(known.units, 0)) AS shown
    FROM team LEFT JOIN (
        SELECT team_id, sum(units) AS units FROM ledger WHERE kind = 'refund' AND message_id < %(first_id)s::uuid
          AND NOT EXISTS (SELECT FROM message WHERE id = message_id AND id < %(first_id)s::uuid)
          AND NOT EXISTS (SELECT FROM message_leaving WHERE id = message_id) GROUP BY team_id
    ) AS back ON back.team_id = team.id LEFT JOIN (
        SELECT team_id, sum(refunded_units) AS units FROM message_gone GROUP BY team_id
    ) AS known ON known.team_id = team.id
) AS each
"""

REFUNDED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message.id::text, coalesce(units, 0) <> price_units AS wrong
    FROM message LEFT JOIN ledger ON ledger.message_id = message.id AND kind = 'refund'
    WHERE state = 40 AND sent_at IS NULL AND refs IS NULL AND failed_parts = parts
) AS each
"""

QUEUED_WAITS = """
SELECT count(*), count(*) FILTER (WHERE message_id IS NULL), (array_agg(id::text) FILTER (WHERE message_id IS NULL))[1:5]
FROM message LEFT JOIN pending ON message_id = id WHERE state = 10
"""

# One that goes on after a receipt stays sent; its story says so.
WAITS_QUEUED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(message_id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT pending.message_id, CASE state WHEN 10 THEN false WHEN 20 THEN NOT EXISTS (
               SELECT FROM message_event WHERE message_event.message_id = id AND kind = 'rerouted') ELSE true END AS wrong
    FROM pending LEFT JOIN message ON id = message_id
) AS each
"""

WAITS_AGREE = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT id, (pending.team_id, pending.carrier_id, pending.price_units, pending.lane)
               <> (message.team_id, message.carrier_id, message.price_units, message.lane) OR sent_parts >> parts <> 0 AS wrong
    FROM pending JOIN message ON id = message_id
) AS each
"""

CLAIMS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(message_id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message_id, node_run.id IS NULL OR ended_at IS NOT NULL AS wrong
    FROM pending LEFT JOIN node_run ON node_run.id = claimed_by WHERE claimed_by IS NOT NULL
) AS each
"""

PARTS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT id::text, parts < 1 OR open_parts < 0 OR failed_parts < 0 OR open_parts + failed_parts > parts AS wrong FROM message
) AS each
"""

FINAL = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT id::text, CASE state WHEN 30 THEN open_parts <> 0 OR failed_parts <> 0 OR failure IS NOT NULL OR done_at IS NULL
                                WHEN 40 THEN failure IS NULL OR done_at IS NULL
                                ELSE state NOT IN (10, 20) END AS wrong
    FROM message
) AS each
"""

AWAITING_KNOWN = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message.id IS NULL OR part NOT BETWEEN 1 AND parts OR state = 30 OR (state = 10 AND coalesce(sent_parts, 0) = 0) AS wrong,
           format('%%s part %%s', awaiting.message_id, part) AS shown
    FROM awaiting LEFT JOIN message ON message.id = awaiting.message_id LEFT JOIN pending USING (message_id)
) AS each
"""

FAILED_LISTED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT coalesce(id, message_id)::text AS shown, id IS NULL OR message_id IS NULL OR listed.sender <> failed.sender AS wrong
    FROM (SELECT id, team_id, sender FROM message WHERE state = 40) AS failed
    FULL JOIN (SELECT * FROM message_failed WHERE message_id >= %(first_id)s) AS listed
      ON message_id = id AND listed.team_id = failed.team_id
) AS each
"""

SECOND_WAYS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(message_id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT second_way.message_id,
           message.id IS NULL OR (until > now() AND (state <> 20 OR pending.message_id IS NOT NULL)) AS wrong
    FROM second_way LEFT JOIN message ON id = second_way.message_id LEFT JOIN pending ON pending.message_id = id
) AS each
"""

LEFT_BEHIND = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message.id IS NULL OR left_behind.part NOT BETWEEN 1 AND parts OR awaiting.message_id = message.id AS wrong,
           format('%%s part %%s', left_behind.message_id, left_behind.part) AS shown
    FROM left_behind LEFT JOIN message ON message.id = left_behind.message_id
    LEFT JOIN awaiting ON awaiting.carrier_id = left_behind.carrier_id AND awaiting.ref = left_behind.ref
) AS each
"""

AWAITING_FITS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(message_id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message_id, waiting.open > open_parts OR waiting.failed > failed_parts AS wrong
    FROM message JOIN (
        SELECT message_id, count(*) FILTER (WHERE NOT failed) AS open, count(*) FILTER (WHERE failed) AS failed
        FROM awaiting GROUP BY message_id
    ) AS waiting ON message_id = id
) AS each
"""

# Only where the carrier gave each part an id of its own: without one, no receipt could ever be told apart.
AWAITED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT id::text, coalesce(waiting.open, 0) < open_parts AS wrong
    FROM message LEFT JOIN (
        SELECT message_id, count(*) AS open FROM awaiting WHERE NOT failed GROUP BY message_id
    ) AS waiting ON message_id = id
    WHERE state = 20 AND open_parts > 0 AND CASE WHEN parts = 1 THEN refs <> '' ELSE
        (SELECT count(DISTINCT ref) FROM unnest(string_to_array(refs, ' ')) AS ref WHERE ref <> '') = parts END
) AS each
"""

SPOOL_KNOWN = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT message.id IS NULL OR message.team_id <> spool.team_id OR origin <> 2 AS wrong,
           format('%%s of %%s', spool.id, message_id) AS shown
    FROM spool LEFT JOIN message ON message.id = message_id WHERE spool.state < 50 AND message_id >= %(first_id)s::uuid
) AS each
"""

SPOOL_INBOUND = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT inbound.id IS NULL OR inbound.team_id IS DISTINCT FROM spool.team_id OR part < 0 AS wrong,
           format('%%s of %%s', spool.id, message_id) AS shown
    FROM spool LEFT JOIN inbound ON inbound.id = message_id WHERE spool.state >= 50
) AS each
"""

INBOUND_FITS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT inbound.id::text,
           parts < 1 OR missing < 0 OR carrier.id IS NULL OR (team_id IS NOT NULL AND team.id IS NULL) AS wrong
    FROM inbound LEFT JOIN team ON team.id = team_id LEFT JOIN carrier ON carrier.id = carrier_id
) AS each
"""

INBOUND_PARTS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT part.id::text,
           number NOT BETWEEN 1 AND total OR (inbound_id IS NOT NULL AND inbound.id IS NULL) OR waiting >= total AS wrong
    FROM (
        SELECT *, count(*) FILTER (WHERE inbound_id IS NULL) OVER (
            PARTITION BY carrier_id, source, destination, reference, total) AS waiting
        FROM inbound_part
    ) AS part LEFT JOIN inbound ON inbound.id = inbound_id
) AS each
"""

OPT_OUTS = """
SELECT count(*), count(*) FILTER (WHERE team_id IS NULL OR parts <> 1),
       (array_agg(id::text) FILTER (WHERE team_id IS NULL OR parts <> 1))[1:5]
FROM inbound WHERE opt_out IS NOT NULL
"""

SUPPRESSED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT suppression.uuid, NOT coalesce(suppresses, false) OR recipient !~ '^[0-9]+$' AS wrong
    FROM suppression LEFT JOIN team ON team.id = team_id
) AS each
"""

CONFIGURED = """
SELECT coalesce(sum(messages), 0)::bigint, coalesce(sum(messages) FILTER (WHERE wrong), 0)::bigint,
       (array_agg(format('%%s messages of team %%s, carrier %%s', messages, team_id, carrier_id)) FILTER (WHERE wrong))[1:5]
FROM (
    SELECT rows.*, team.id IS NULL OR carrier.id IS NULL AS wrong
    FROM (SELECT team_id, carrier_id, count(*) AS messages FROM message GROUP BY team_id, carrier_id
          UNION ALL SELECT team_id, carrier_id, count(*) FROM pending GROUP BY team_id, carrier_id) AS rows
    LEFT JOIN team ON team.id = team_id LEFT JOIN carrier ON carrier.id = carrier_id
) AS each
"""

DEFAULT_SENDERS = """
SELECT count(*), count(*) FILTER (WHERE sender.team_id <> team.id),
       (array_agg(code) FILTER (WHERE sender.team_id <> team.id))[1:5]
FROM team JOIN sender ON sender.id = default_sender_id
"""

RESENDS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id) FILTER (WHERE wrong))[1:5] FROM (
    SELECT child.id::text, first.id IS NULL OR first.team_id <> child.team_id AS wrong
    FROM message AS child LEFT JOIN message AS first ON first.id = child.resent_from
    WHERE child.resent_from IS NOT NULL AND child.resent_from >= %(first_id)s
) AS each
"""

ONE_RESEND = """
SELECT count(*), count(*) FILTER (WHERE living > 1), (array_agg(resent_from::text) FILTER (WHERE living > 1))[1:5] FROM (
    SELECT resent_from, count(*) FILTER (WHERE state <> 40) AS living FROM message WHERE resent_from IS NOT NULL GROUP BY resent_from
) AS each
"""

# What must hold: a name that never changes, a sentence, and the statement that looks.
CHECKS = (
    ("balance", "the balance of each team is the sum of its entries in the ledger", BALANCE),
    ("not_negative", "no balance is below zero", NOT_NEGATIVE),
    ("charges", "each charge is the price and the number of the messages that name it", CHARGES),
    ("charges_gone", "what a team was charged for months that are gone is what their messages cost", CHARGES_GONE),
    ("charged", "each message has a price and names a charge, or what a campaign reserved, of its own team", CHARGED),
    ("refund_once", "no message is refunded twice", REFUND_ONCE),
    ("refund_fits", "each refund is for a failed message of the same team, and not above its price", REFUND_FITS),
    ("refunds_gone", "no more came back of months that are gone than when they went", REFUNDS_GONE),
    ("refunded", "each message of which no carrier took a part is refunded whole once it failed", REFUNDED),
    ("queued_waits", "each queued message waits for a carrier", QUEUED_WAITS),
    ("waits_queued", "only queued messages wait for a carrier, and sent ones that go on to another", WAITS_QUEUED),
    ("waits_agree", "what waits for a carrier has team, carrier, price, lane and parts of its message", WAITS_AGREE),
    ("claims", "what is in hand is in the hand of a process that has not ended", CLAIMS),
    ("parts", "open and failed parts are no more than the parts of the message", PARTS),
    ("final", "a delivered message has neither open nor failed parts, a failed one has its reason", FINAL),
    ("failed_listed", "each failed message, and no other, is in the list of those", FAILED_LISTED),
    ("second_ways", "what may go on to another carrier is sent, and waits for none", SECOND_WAYS),
    ("left_behind", "what a message left behind at a carrier is a part of it, and awaited no more", LEFT_BEHIND),
    ("awaiting_known", "receipts are awaited for parts of messages that a carrier took", AWAITING_KNOWN),
    ("awaiting_fits", "no more receipts are awaited for a message than it has parts without one", AWAITING_FITS),
    ("awaited", "for each open part of a sent message a receipt is awaited", AWAITED),
    ("spool_known", "each receipt that is owed is for a message that its team submitted by SMPP", SPOOL_KNOWN),
    ("spool_inbound", "each message from a phone that is owed is there, and of that team", SPOOL_INBOUND),
    (
        "inbound_fits",
        "each message from a phone came by a carrier that is there, for a team that is there",
        INBOUND_FITS,
    ),
    ("inbound_parts", "a part of a long message waits for others, or is of one that is there", INBOUND_PARTS),
    ("opt_outs", "each STOP and START from a phone is of one part, and to a team", OPT_OUTS),
    ("suppressed", "each suppression is of a number, and of a team whose messages are looked at", SUPPRESSED),
    ("configured", "each message is of a team and for a carrier that are there", CONFIGURED),
    ("default_senders", "the default sender of a team is its own", DEFAULT_SENDERS),
    ("resends", "each resend is of a message of the same team", RESENDS),
    ("one_resend", "no failed message has two resends that have not failed", ONE_RESEND),
    *audit_teams.CHECKS,
    *audit_campaigns.CHECKS,
    *audit_surveys.CHECKS,
)


@attrs.frozen
class Finding:
    """What one rule found."""

    name: str
    sentence: str  # what must hold
    checked: int  # rows that it looked at
    wrong: int  # rows for which it does not hold
    examples: tuple[str, ...] = ()  # at most five of them

    @property
    def clean(self) -> bool:
        """Whether the rule holds."""
        return self.wrong == 0


def audit(txn: Txn) -> list[Finding]:
    """Look at the whole store as it is at one moment, and return what each rule found; changes nothing and holds nobody up.

    Must be the first in its transaction, on a connection without a statement timeout.
    """
    txn.execute(BEGIN)
    txn.execute(HOLD)
    txn.execute(ROOM)
    return findings(txn)


def findings(txn: Txn) -> list[Finding]:
    """Return what each rule finds in what this transaction sees."""
    txn.execute(KEPT)
    kept_from, first_id = one_row(txn)
    given = {"kept_from": kept_from, "first_id": first_id, "documents": list(KINDS.values())}
    found = []
    for name, sentence, statement in CHECKS:
        txn.execute(statement, given)
        checked, wrong, examples = one_row(txn)
        found.append(Finding(name, sentence, checked, wrong, tuple(examples or ())))
    return found
