"""What a store has that has run for months: messages of months that are over, and keys whose day ends while the soak runs.

Removals are by hours, days and months, and a soak is short. So as many rows come of age in each minute as new ones are written,
and the months that are over are to be dropped.
"""

from __future__ import annotations

import contextlib

import psycopg2

from bench.node import TEAM
from mobilesasa.store.database import connect

KEY_OCTETS = 450  # of a reply that is kept
OLD_MESSAGES = 30_000  # over three months
A_CHARGE = 100
OLD_INBOUND = 3_000

# Keys that end their day evenly over the time.
KEYS = """
INSERT INTO idempotency_key (team_id, route, key, body_hash, reply, at)
SELECT team.id, 'POST /api/v1/messages', 'past-' || n, sha256(n::text::bytea), convert_to(repeat('x', %(octets)s), 'UTF8'),
       now() - interval '24 hours' + make_interval(secs => %(seconds)s::float8 * n / %(count)s)
FROM team, generate_series(1, %(count)s) AS n WHERE code = %(code)s
"""

# From four months ago on, the charges with them, so that the books stay right.
MESSAGES = """
WITH payer AS (
    UPDATE team SET balance = balance - %(count)s WHERE code = %(code)s RETURNING id
), entry AS (
    INSERT INTO ledger (team_id, kind, units, messages, at)
    SELECT id, 'charge', -%(a_charge)s, %(a_charge)s,
           date_trunc('month', now()) - interval '4 months' + n * interval '90 days' * %(a_charge)s / %(count)s
    FROM payer, generate_series(0, %(count)s / %(a_charge)s - 1) AS n RETURNING id, team_id, at
)
INSERT INTO message (id, team_id, charge_id, carrier_id, price_units, state, lane, origin, wish, coding, parts, open_parts,
                     attempts, expires_at, sent_at, done_at, sender, recipient, text)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint + n), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8'
        || substr(md5(entry.id || '-' || n), 1, 15))::uuid,
       team_id, entry.id, carrier.id, 1, 30, 0, 1, 0, 0, 1, 0, 1, at + interval '1 day', at + interval '1 s', at + interval '2 s',
       %(code)s, '2547' || lpad(n::text, 8, '0'), 'Of long ago ' || n
FROM entry, generate_series(1, %(a_charge)s) AS n, carrier WHERE carrier.name = 'sink'
"""

INBOUND = """
INSERT INTO inbound (id, team_id, carrier_id, source, destination, text, coding, parts, received_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8'
        || substr(md5(n::text), 1, 15))::uuid,
       team.id, carrier.id, '25470' || lpad(n::text, 7, '0'), '22141', 'Of long ago', 0, 1, at
FROM team, carrier, (SELECT n, date_trunc('month', now()) - interval '4 months' + n * interval '90 days' / %(count)s AS at
                     FROM generate_series(0, %(count)s - 1) AS n) AS made
WHERE team.code = %(code)s AND carrier.name = 'sink'
"""

PARTITIONS = "SELECT make_message_partitions(now() - interval '5 months', 7)"
STALE = "INSERT INTO rollup_stale (team_id, quarter) SELECT DISTINCT team_id, quarter_of(id) FROM message ON CONFLICT DO NOTHING"

# What is there of the months that are over, and of the keys that have come of age.
LEFT = """
SELECT (SELECT count(*) FROM message WHERE id < first_id_at(date_trunc('month', now()) - interval '1 month')),
       (SELECT count(*) FROM inbound WHERE id < first_id_at(date_trunc('month', now()) - interval '1 month')),
       (SELECT count(*) FROM idempotency_key WHERE at < now() - interval '24 hours' - make_interval(secs => %(late_s)s::float8))
"""


def fill(dsn: str, keys: int, seconds: float) -> None:
    """Write the rows of the past.

    Args:
        dsn: of the database.
        keys: how many come of age.
        seconds: in which they do.
    """
    with contextlib.closing(psycopg2.connect(dsn)) as connection, contextlib.closing(connection.cursor()) as txn:
        txn.execute(PARTITIONS)
        txn.execute(KEYS, {"code": TEAM, "count": max(keys, 1), "seconds": seconds, "octets": KEY_OCTETS})
        txn.execute(MESSAGES, {"code": TEAM, "count": OLD_MESSAGES, "a_charge": A_CHARGE})
        txn.execute(INBOUND, {"code": TEAM, "count": OLD_INBOUND})
        txn.execute(STALE)
        connection.commit()
        connection.autocommit = True
        for table in ("idempotency_key", "message", "inbound"):
            txn.execute(f"VACUUM ANALYZE {table}")


def left(dsn: str, late_min: float) -> dict[str, int]:
    """Return what should be gone and is there; keys count from so many minutes after their day's end."""
    with contextlib.closing(connect(dsn, "bench", statement_timeout_s=0)) as connection:
        with contextlib.closing(connection.cursor()) as txn:
            txn.execute(LEFT, {"late_s": late_min * 60})
            ((messages, inbound, keys),) = txn.fetchall()
        connection.rollback()
    return {
        "messages of months that are over": messages,
        "messages from phones of months that are over": inbound,
        "keys that are older than a day": keys,
    }
