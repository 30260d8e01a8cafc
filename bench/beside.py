"""What a filled store has beside its messages: messages from phones, contacts, and entries of the ledger."""

from __future__ import annotations

import contextlib

import psycopg2
import psycopg2.extensions

CODE = "22141"  # that phones write to
GROUP = "0197a000-0000-7000-8000-000000000002"
EVERY = 256  # entries of the ledger from one mark to the next
COUNTS = """
SELECT (SELECT count(*) FROM (SELECT FROM inbound LIMIT %(many)s) AS i) >= %(many)s,
       (SELECT count(*) FROM (SELECT FROM contact LIMIT %(many)s) AS c) >= %(many)s,
       (SELECT count(*) FROM (SELECT FROM ledger LIMIT %(many)s) AS l) >= %(many)s
"""

# Over half a year as well, the oldest first, from a hundred thousand phones.
INBOUND = """
INSERT INTO inbound (id, team_id, carrier_id, source, destination, text, coding, parts, received_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n %% 4096), 3, '0') || '8'
        || substr(md5(n::text), 1, 15))::uuid,
       %(team)s, 1, '2547' || lpad((n * 7919 %% 100000)::text, 8, '0'), %(code)s, 'I would like to know more ' || n, 0, 1, at
FROM (SELECT n, now() - interval '180 days' * (1 - n::float8 / %(many)s) AS at
      FROM generate_series(1, %(many)s::bigint) AS n) AS made
"""

# A third of them live in one county, the others in 46.
CONTACTS = """
INSERT INTO contact (team_id, phone, first_name, last_name, attributes)
SELECT %(team)s, '2547' || lpad(n::text, 8, '0'), 'First' || n * 31 %% 997, 'Last' || n %% 9973,
       jsonb_build_object('county', CASE WHEN n %% 3 = 0 THEN 'Nairobi' ELSE 'County ' || n %% 46 END)
FROM generate_series(1, %(many)s::bigint) AS n
"""

# A tenth of them are in a group.
MEMBERS = """
WITH made AS (
    INSERT INTO contact_group (uuid, team_id, name, folded) VALUES (%(group)s, %(team)s, 'A tenth', 'a tenth') RETURNING id
)
INSERT INTO group_member (group_id, contact_id, team_id)
SELECT made.id, contact.id, team_id FROM made, contact WHERE team_id = %(team)s AND contact.id %% 10 = 0
"""

# Charges of ten messages; of a hundred entries one is a refund, of ten thousand one a top-up.
LEDGER = """
INSERT INTO ledger (team_id, kind, units, messages, message_id, at)
SELECT %(team)s, CASE WHEN n %% 10000 = 1 THEN 'topup' WHEN n %% 100 = 0 THEN 'refund' ELSE 'charge' END,
       CASE WHEN n %% 10000 = 1 THEN 100000 WHEN n %% 100 = 0 THEN 1 ELSE -10 END,
       CASE WHEN n %% 100 > 1 THEN 10 ELSE 0 END, CASE WHEN n %% 100 = 0 THEN gen_random_uuid() END,
       now() - interval '180 days' * (1 - n::float8 / %(many)s)
FROM generate_series(1, %(many)s::bigint) AS n
"""

MARKS = """
INSERT INTO ledger_mark (team_id, ledger_id, at, balance)
SELECT team_id, id, at, balance FROM (
    SELECT team_id, id, at, sum(units) OVER rising AS balance, row_number() OVER rising AS n
    FROM ledger WHERE team_id = %(team)s WINDOW rising AS (ORDER BY id)
) AS entry WHERE n %% %(every)s = 0
ON CONFLICT DO NOTHING
"""


def fill(connection: psycopg2.extensions.connection, team_id: int, many: int) -> None:
    """Write so many of each for a team; what is there already is left as it is."""
    shape = {"team": team_id, "many": many, "code": CODE, "group": GROUP, "every": EVERY}
    with contextlib.closing(connection.cursor()) as txn:
        txn.execute(COUNTS, shape)
        ((inbound, contacts, ledger),) = txn.fetchall()
        for there, *statements in ((inbound, INBOUND), (contacts, CONTACTS, MEMBERS), (ledger, LEDGER, MARKS)):
            if not there:
                for statement in statements:
                    txn.execute(statement, shape)
                connection.commit()
