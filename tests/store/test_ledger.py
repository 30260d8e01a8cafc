"""The ledger as a team reads it, and who is told that its units run low (decisions 38, 39, 87)."""

import random

import pytest
import pytest_twisted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import NotFound
from mobilesasa.core.filters import LedgerFilter
from mobilesasa.core.model import Failure, Never, Sent
from mobilesasa.core.uses import TokenUses
from mobilesasa.store import balances, campaign_phases, ledger
from mobilesasa.store.books import Books
from mobilesasa.store.database import Database
from mobilesasa.store.ledger import Ledger, Standing
from tests.store.campaigns import add_campaign, queued
from tests.store.given import accepted, add_run, add_team, balance, claimed, one, rows, settled, undone

ENTRY = """
WITH paid AS (UPDATE team SET balance = balance + %(units)s WHERE id = %(team)s)
INSERT INTO ledger (team_id, kind, units, messages, at)
VALUES (%(team)s, %(kind)s, %(units)s, 0, now() - make_interval(secs => %(ago_s)s))
"""


def enter(txn, team, units, kind="topup", ago_s=0):
    txn.execute(ENTRY, {"team": team, "units": units, "kind": kind, "ago_s": ago_s})


def listed(txn, team, limit=100, offset=0, **more):
    return ledger.page(txn, LedgerFilter(team_id=team, **more), limit, offset)


def by_hand(txn, team):
    """Each entry with the sum up to it, newest first."""
    total, found = 0, []
    for entry_id, units in rows(txn, "SELECT id, units FROM ledger WHERE team_id = %(team)s ORDER BY id", team=team):
        total += units
        found.append((entry_id, total))
    return found[::-1]


def test_each_entry_shows_what_was_left_after_it(txn):
    team = add_team(txn, 10)
    (message,) = accepted(txn, team, parts=3)
    claimed(txn, add_run(txn), message)
    settled(txn, (message, Never(Failure.REFUSED, "no")))
    add_team(txn, 5)
    entries = listed(txn, team)
    assert [(each.kind, each.units, each.messages, each.balance_units) for each in entries] == [
        ("refund", 3, 1, 10),
        ("charge", -3, 1, 7),
        ("topup", 10, 0, 10),
    ]
    assert (entries[0].message_id, entries[0].balance_units) == (message, balance(txn, team))


def test_entries_of_a_campaign_are_those_that_reserved_released_and_gave_back(txn):
    team = add_team(txn, 10)
    name = add_campaign(txn, team, count=3)
    (message,) = queued(txn, name, 1).messages
    claimed(txn, add_run(txn), message.id)
    settled(txn, (message.id, Never(Failure.REFUSED, "no")))
    campaign_phases.cancel(txn, NODE, team, name)
    entries = listed(txn, team, campaign_uuid=name)
    assert [(each.kind, each.units, each.campaign_uuid) for each in entries] == [
        ("release", 2, name), ("refund", 1, name), ("reserve", -3, name)
    ]  # fmt: skip
    assert listed(txn, add_team(txn), campaign_uuid=name) == []
    assert ledger.count(txn, LedgerFilter(team_id=team, kind="refund", campaign_uuid=name)) == (1, False)


def test_entries_of_a_message_are_those_that_paid_for_it_and_gave_it_back(txn):
    team = add_team(txn, 10)
    first, second = accepted(txn, team, 2)
    (third,) = accepted(txn, team)
    claimed(txn, add_run(txn), first, second, third)
    settled(txn, (second, Never(Failure.REFUSED, "no")), (third, Sent(("r1",))))
    assert [(each.kind, each.units, each.messages) for each in listed(txn, team, message_id=second)] == [
        ("refund", 1, 1), ("charge", -2, 2)
    ]  # fmt: skip
    assert [(each.kind, each.units) for each in listed(txn, team, message_id=third)] == [("charge", -1)]
    assert [each.kind for each in listed(txn, team, message_id=second, kind="refund")] == ["refund"]
    assert listed(txn, add_team(txn), message_id=second) == []
    assert ledger.count(txn, LedgerFilter(team_id=team, message_id=second)) == (2, False)


def test_entries_of_a_message_are_found_by_their_numbers(txn):
    team = add_team(txn, 10)
    (message,) = accepted(txn, team)
    for _ in range(500):
        enter(txn, team, 3)
    txn.execute("ANALYZE ledger; SET LOCAL enable_seqscan = off")
    wanted = ledger._parameters(LedgerFilter(team_id=team, message_id=message))
    txn.execute("EXPLAIN " + ledger.PAGE, {**wanted, "limit": 20, "offset": 0})
    assert "id = ANY" in str(txn.fetchall())


def test_decision_39_units_are_reserved_on_accept_spent_when_a_carrier_takes_them_and_given_back_when_none_does(txn):
    team = add_team(txn, 10)
    taken, refused = accepted(txn, team, 2)
    claimed(txn, add_run(txn), taken, refused)
    assert ledger.standing(txn, team) == Standing(8, 2, None)
    settled(txn, (taken, Sent(("r1",))))
    assert ledger.standing(txn, team) == Standing(8, 1, None)
    settled(txn, (refused, Never(Failure.REFUSED, "no")))
    assert ledger.standing(txn, team) == Standing(9, 0, None)
    with pytest.raises(NotFound):
        ledger.standing(txn, 0)


def test_a_list_is_of_a_kind_and_of_a_time(txn):
    team = add_team(txn, 0)
    for ago_s, units in ((7200, 1), (3600, 2), (0, 3)):
        enter(txn, team, units, ago_s=ago_s)
    enter(txn, team, -1, "charge")
    now_ms = one(txn, "SELECT (extract(epoch FROM now()) * 1000)::bigint")
    assert [each.units for each in listed(txn, team, kind="topup")] == [3, 2, 1]
    assert [each.units for each in listed(txn, team, kind="charge")] == [-1]
    assert [each.units for each in listed(txn, team, from_ms=now_ms - 3_600_001, to_ms=now_ms - 1)] == [2]
    assert ledger.count(txn, LedgerFilter(team_id=team, to_ms=now_ms - 1)) == (2, False)
    assert [each.units for each in listed(txn, team, limit=2, offset=1)] == [3, 2]
    last = listed(txn, team, limit=1)[0]
    assert [each.units for each in listed(txn, team, before=last.id)] == [3, 2, 1]


def test_a_mark_is_written_for_every_so_many_settled_entries(txn):
    team = add_team(txn, 0)
    for units in range(1, 8):
        enter(txn, team, units, ago_s=1000)
    assert [ledger.mark(txn, every=3, most=1) for _ in range(2)] == [1, 1]
    assert [ledger.mark(txn, every=3) for _ in range(2)] == [0, 0]
    assert rows(txn, "SELECT balance FROM ledger_mark WHERE team_id = %(team)s ORDER BY ledger_id", team=team) == [
        (6,),
        (21,),
    ]
    assert [(each.id, each.balance_units) for each in listed(txn, team)] == by_hand(txn, team)


def test_what_may_still_be_under_way_gets_no_mark(txn):
    team = add_team(txn, 0)
    for units in range(1, 4):
        enter(txn, team, units, ago_s=299)
    assert ledger.mark(txn, every=3) == 0
    txn.execute("SELECT pg_sleep(0)")
    assert ledger.mark(txn, every=3, settled_s=298) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(st.tuples(st.integers(-5, 9), st.integers(0, 4000)), min_size=1, max_size=25),
    every=st.integers(1, 4),
    bounds=st.tuples(st.integers(0, 4000), st.integers(0, 4000)),
)
def test_marks_change_nothing_of_what_is_listed(txn, entries, every, bounds):
    with undone(txn):
        team = add_team(txn, 0)
        enter(txn, team, 200, ago_s=9000)  # so that it never falls below nothing
        ago = sorted((ago_s for _, ago_s in entries), reverse=True)
        for (units, _), ago_s in zip(entries, ago, strict=True):
            late_s = random.Random(units).randrange(200)  # an entry's time is when its transaction began
            enter(txn, team, units or 1, "adjustment", ago_s + late_s)
        now_ms = one(txn, "SELECT (extract(epoch FROM now()) * 1000)::bigint")
        early, late = (now_ms - 1000 * each for each in sorted(bounds, reverse=True))
        asked = [{}, {"from_ms": early}, {"to_ms": late}, {"from_ms": early, "to_ms": late}]
        before = [listed(txn, team, **each) for each in asked]
        while ledger.mark(txn, every=every, most=2):
            pass
        assert [listed(txn, team, **each) for each in asked] == before
        assert [(each.id, each.balance_units) for each in before[0]] == by_hand(txn, team)


def entries_read(txn, team, **more):
    """How many entries one page looks at."""
    wanted = ledger._parameters(LedgerFilter(team_id=team, **more)) | {"limit": 20, "offset": 0}
    txn.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + ledger.PAGE, wanted)
    return read_in(txn.fetchone()[0][0]["Plan"])


def read_in(plan):
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == "ledger" else 0
    return own + sum(read_in(each) for each in plan.get("Plans", ()))


def test_a_page_of_what_no_mark_covers_yet_does_not_add_all_of_it_up_for_each_entry(txn):
    team = add_team(txn, 0)
    for _ in range(2000):
        enter(txn, team, 3)
    txn.execute(
        "ANALYZE ledger; ANALYZE ledger_mark; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
    )
    middle = listed(txn, team, limit=1000)[-1].id
    assert entries_read(txn, team) < 300
    assert entries_read(txn, team, before=middle) < 1500
    assert [(each.id, each.balance_units) for each in listed(txn, team, before=middle)] == by_hand(txn, team)[1000:1100]


def test_a_list_of_what_is_no_charge_goes_by_its_own_index(txn):
    team = add_team(txn, 0)
    txn.execute("SET LOCAL enable_seqscan = off")
    txn.execute(
        "EXPLAIN " + ledger.PAGE,
        {**ledger._parameters(LedgerFilter(team_id=team, kind="refund")), "limit": 20, "offset": 0},
    )
    assert "ledger_by_kind" in str(txn.fetchall())


# Low balances


def set_mark(txn, team, units):
    txn.execute("UPDATE team SET low_balance_units = %s WHERE id = %s", (units, team))


def set_balance(txn, team, units):
    txn.execute("UPDATE team SET balance = %s WHERE id = %s", (units, team))


def add_webhook(txn, team):
    txn.execute(
        "INSERT INTO webhook (uuid, team_id, url, events, secret) VALUES (gen_random_uuid(), %s, 'https://a.example', %s, %s)",
        (team, ["balance.low"], "whsec_x"),
    )


def test_decision_87_a_team_is_told_once_each_time_that_its_units_fall_below_its_mark(txn):
    team, other = add_team(txn, 10), add_team(txn, 0)
    assert balances.look(txn) == 0
    set_mark(txn, team, 10)
    assert balances.look(txn) == 0
    set_balance(txn, team, 9)
    assert [balances.look(txn) for _ in range(3)] == [1, 0, 0]
    set_balance(txn, team, 8)
    assert balances.look(txn) == 0
    set_balance(txn, team, 10)
    assert balances.look(txn) == 0
    set_balance(txn, team, 9)
    assert balances.look(txn) == 1
    assert one(txn, "SELECT low_since IS NULL FROM team WHERE id = %(team)s", team=other)


def test_a_team_that_wants_to_be_told_no_more_is_told_again_when_it_does(txn):
    team = add_team(txn, 1)
    set_mark(txn, team, 10)
    assert balances.look(txn) == 1
    set_mark(txn, team, None)
    assert balances.look(txn) == 0
    set_mark(txn, team, 10)
    assert balances.look(txn) == 1


def test_the_webhook_tells_what_is_left(txn):
    team = add_team(txn, 1)
    add_webhook(txn, team)
    set_mark(txn, team, 10)
    balances.look(txn)
    assert rows(txn, "SELECT event, data FROM webhook_event WHERE team_id = %(team)s", team=team) == [
        ("balance.low", {"available": 1, "low_balance_units": 10})
    ]


@pytest_twisted.ensureDeferred
async def test_the_api_and_the_rounds_ask_the_pool(database_dsn):
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        team = await database.run("given", add_team, 10)
        kept, uses = Ledger(database), TokenUses()
        assert await kept.standing(team) == Standing(10, 0, None)
        (entry,) = await kept.page(LedgerFilter(team_id=team), limit=10, offset=0)
        assert (entry.units, await kept.count(LedgerFilter(team_id=team))) == (10, (1, False))
        books = Books(database, uses)
        await books.look_at_balances()
        await books.mark_ledgers()
        uses.seen("70000000-0000-4000-8000-000000000000", 1, "192.0.2.7")
        await books.write_uses()
        assert await database.run("asked", lambda txn: one(txn, "SELECT address FROM token_use")) == "192.0.2.7"
    finally:
        await database.close()
