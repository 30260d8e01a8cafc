"""The schema of the message path: partitions by month, updates that stay in their page, who is told of changes."""

import contextlib
import datetime as dt
import random

import psycopg2
import pytest

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Later, Sent
from mobilesasa.store.database import connect, in_transaction
from tests.store.given import NOW_MS, accepted, add_run, add_team, claimed, delivered, one, rows, sent, settled, told

PARTITIONS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'message'::regclass AND relname <> 'message_other' ORDER BY relname
"""
WHERE = "SELECT tableoid::regclass::text FROM message WHERE id = %(id)s"
UPDATES = """
SELECT coalesce(sum(n_tup_upd), 0), coalesce(sum(n_tup_hot_upd), 0) FROM pg_stat_xact_user_tables
WHERE relname = %(table)s OR relname ~ ('^' || %(table)s || '_[0-9]')
"""
UTC = dt.UTC


def ms(*day: int) -> int:
    return int(dt.datetime(*day, tzinfo=UTC).timestamp() * 1000)


def id_of(at_ms: int) -> str:
    return MessageIds(lambda: at_ms, random.Random(1).getrandbits)()


def stored_in(txn, at_ms):
    (message_id,) = accepted(txn, add_team(txn), id=id_of(at_ms))
    return one(txn, WHERE, id=message_id)


def test_partitions_are_there_from_last_month_to_three_months_ahead(txn):
    months = one(
        txn,
        """SELECT array_agg(to_char(date_trunc('month', (now() AT TIME ZONE 'UTC') - interval '1 month') + n * interval '1 month',
                            '"message_"YYYY_MM') ORDER BY n) FROM generate_series(0, 4) AS n""",
    )
    assert set(months) <= {name for (name,) in rows(txn, PARTITIONS)}


def test_months_are_made_once_across_the_turn_of_a_year(txn):
    make = "SELECT make_message_partitions('2031-11-15T10:00:00Z', 3)"
    assert [one(txn, make), one(txn, make)] == [3, 0]
    made = [name for (name,) in rows(txn, PARTITIONS) if name > "message_2031"]
    assert made == ["message_2031_11", "message_2031_12", "message_2032_01"]


@pytest.mark.parametrize("zone", ["UTC", "Africa/Nairobi", "America/Los_Angeles"])
def test_a_month_begins_at_midnight_utc_whatever_the_session_s_zone(txn, zone):
    txn.execute("SELECT set_config('TimeZone', %(zone)s, true)", {"zone": zone})
    txn.execute("SELECT make_message_partitions('2031-11-30T23:30:00Z', 2)")
    edges = [ms(2031, 11, 1), ms(2031, 12, 1) - 1, ms(2031, 12, 1), ms(2032, 1, 1) - 1]
    wanted = ["message_2031_11", "message_2031_11", "message_2031_12", "message_2031_12"]
    assert [stored_in(txn, at_ms) for at_ms in edges] == wanted


def test_a_message_of_a_month_that_was_not_made_is_kept_all_the_same(txn):
    assert stored_in(txn, ms(2041, 1, 1)) == "message_other"


def test_an_id_alone_finds_its_partition(txn):
    message_id = id_of(NOW_MS)
    plan = rows(txn, f"EXPLAIN SELECT FROM message WHERE id = '{message_id}'")
    scanned = [line for (line,) in plan if " on message" in line]
    assert len(scanned) == 1


def test_claims_answers_and_receipts_stay_in_their_page_but_for_a_few(database_dsn):
    opened = connect(database_dsn, "tests")

    def step(work, *args):
        return in_transaction(opened, work, *args)

    team, run = step(add_team), step(add_run)
    ids = step(accepted, team, 30)
    step(claimed, run, *ids)
    step(settled, *((message_id, Sent((f"r{n}",))) for n, message_id in enumerate(ids)))
    step(told, *(delivered(f"r{n}") for n in range(30)))
    step(one, "SELECT pg_stat_force_next_flush() IS NOT NULL")
    for table, updates in (("message", 60), ("pending", 30)):
        ((all_of_them, in_page),) = in_transaction(opened, rows, UPDATES.replace("_xact_", "_"), table=table)
        assert all_of_them == updates
        assert in_page >= 0.9 * updates
    opened.close()


def test_a_message_is_found_among_those_that_wait_for_a_time_only_while_it_does(txn):
    (message_id,) = accepted(txn, add_team(txn))
    claimed(txn, add_run(txn), message_id)
    before = rows(txn, UPDATES, table="pending")[0]
    settled(txn, (message_id, Later(5, "busy")))
    after = rows(txn, UPDATES, table="pending")[0]
    assert (after[0] - before[0], after[1] - before[1]) == (1, 0)


@pytest.mark.parametrize(
    ("statement", "told_of"),
    [
        ("INSERT INTO team (code, name) VALUES ('NEW', 'New')", ["team"]),
        ("UPDATE team SET name = 'Other'", ["team"]),
        ("UPDATE team SET balance = balance", []),
        ("UPDATE team SET text_days = 30", []),
        ("INSERT INTO carrier (name, kind) VALUES ('new', 'sandbox')", ["carrier"]),
        ("INSERT INTO price VALUES ('254', 2)", ["price"]),
        ("DELETE FROM route", ["route"]),
        ("DELETE FROM route_rule", ["route_rule"]),
        ("DELETE FROM route_target", ["route_target"]),
        ("DELETE FROM carrier_cost", ["carrier_cost"]),
        ("INSERT INTO network_prefix VALUES ('254', 'Any')", ["network_prefix"]),
        ("DELETE FROM network_code", ["network_code"]),
        ("INSERT INTO number_network VALUES (1, '254712345678', '63902')", []),
        ("UPDATE sender SET status = 'approved'", ["sender"]),
        ("DELETE FROM token", ["token"]),
    ],
)
def test_a_change_of_the_configuration_is_told_and_a_change_of_a_balance_is_not(database_dsn, statement, told_of):
    with contextlib.closing(psycopg2.connect(database_dsn)) as opened:
        opened.autocommit = True
        with opened.cursor() as cursor:
            cursor.execute("LISTEN directory")
            cursor.execute(statement)
            cursor.execute("SELECT")
        assert [each.payload for each in opened.notifies] == told_of


def test_a_receipt_s_row_goes_when_it_is_delivered(txn):
    sent(txn, add_team(txn), "a")
    told(txn, delivered("a"))
    assert one(txn, "SELECT count(*) FROM awaiting") == 0
