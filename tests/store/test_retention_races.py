"""Removing months beside others: whoever dies, whoever looks, whoever wants to write meanwhile."""

import contextlib
import datetime as dt
import threading
from typing import Any

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.exports import Export
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.model import Sent, State
from mobilesasa.core.retention import Standing
from mobilesasa.store import audit, export_rows, message_lists, retention, rollups
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.retention import Months, Retention, Round, Stage
from mobilesasa.store.retention_months import InUse
from tests import logs
from tests.store.campaigns import add_campaign, queued, row
from tests.store.given import NOW_MS, accepted, add_team, count, delivered, one, rows, settled, told
from tests.store.months import KEEP, at, came, ended, ids_at, make_months, name, old, refuse, work, wrong
from tests.store.recounted import RANGES, count_up, kept


@attrs.define
class Rig:
    """A store with messages in old months, and connections to it."""

    dsn: str
    opened: Any = attrs.field(init=False)
    team: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.opened = connect(self.dsn, "tests")
        self.do(make_months)
        self.do(rollups.install, "the test's", RANGES)
        self.team = self.do(add_team)

    def do(self, function, *args, **more):
        return in_transaction(self.opened, function, *args, **more)

    def count_up(self):
        return self.do(count_up)


@pytest.fixture
def rig(database_dsn):
    made = Rig(database_dsn)
    made.do(ended, made.team, at(4), 5)
    made.do(ended, made.team, at(0), 2)
    made.do(came, made.team, at(4), 5)
    made.count_up()
    yield made
    made.opened.close()


@pytest_twisted.async_yield_fixture
async def database(rig):
    made = Database(reactor, rig.dsn, "pool")
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def heard():
    """What the log is told of months."""
    with logs.heard(of="mobilesasa.store.retention.Retention") as said:
        yield said


def test_whoever_dies_between_two_steps_another_goes_on_and_nothing_counts_twice(rig):
    before = rig.do(kept)
    steps = 0
    while True:
        now = Round(KEEP, batch=2)
        for _ in range(steps):
            if now.stage is not Stage.DONE:
                now = rig.do(retention.go_on, now)
        assert rig.do(wrong) == []
        assert rig.do(kept) == before
        if now.stage is Stage.DONE:
            break
        steps = steps % 7 + 1 if now.stage is not Stage.INBOUND else steps + 1
    assert rig.do(rows, "SELECT sum(messages)::integer, sum(units)::integer FROM message_gone") == [(5, 5)]
    assert rig.do(count, "message") == 2


def test_a_step_that_is_cut_off_before_its_commit_leaves_nothing(rig):
    now = Round(KEEP)
    while now.stage is not Stage.DONE:
        found = rig.do(rows, "SELECT count(*), (SELECT count(*) FROM message_leaving) FROM message")
        with contextlib.closing(connect(rig.dsn, "dies")) as dies, dies.cursor() as txn:
            retention.go_on(txn, now)
            assert rig.do(one, "SELECT pg_terminate_backend(%(pid)s, 5000)", pid=dies.info.backend_pid)
        assert rig.do(rows, "SELECT count(*), (SELECT count(*) FROM message_leaving) FROM message") == found
        assert rig.do(wrong) == []
        now = rig.do(retention.go_on, now)
    assert rig.do(count, "message") == 2


def test_of_two_processes_one_removes_a_month(rig):
    with contextlib.closing(connect(rig.dsn, "other")) as other, other.cursor() as txn:
        now = Round(KEEP)
        while now.stage is not Stage.LEAVE:
            now = retention.go_on(txn, now)
        other.commit()
        mine = now
        now = retention.go_on(txn, now)
        assert now.stage is Stage.CLEAN
        with pytest.raises(InUse, match="another process"):
            rig.do(retention.go_on, mine)
        other.commit()
        with pytest.raises(InUse, match="another month is being removed"):
            rig.do(retention.go_on, mine)
        assert rig.do(retention.go_on, Round(KEEP)).stage is Stage.CLEAN  # and goes on with it
    assert rig.do(wrong) == []


def to(rig, stage, month=None):
    """Go on until that is next."""
    now = Round(KEEP)
    while now.stage is not stage or (month is not None and now.at.month != month):
        now = rig.do(retention.go_on, now)
    return now


def hold(rig, statement, seconds=0.0):
    """A session that has a table in hand, for so long already."""
    holder = connect(rig.dsn, "holder")
    with holder.cursor() as txn:
        txn.execute(statement)
        txn.execute("SELECT pg_sleep(%(seconds)s)", {"seconds": seconds})
    return holder


def test_a_table_that_somebody_looks_at_for_long_is_not_asked_for_at_all(rig):
    now = to(rig, Stage.LEAVE)
    holder = hold(rig, "SELECT count(*) FROM message", 0.6)
    with pytest.raises(InUse, match="looks at the messages for long"):
        rig.do(retention.go_on, now)
    holder.rollback()
    assert rig.do(retention.go_on, now).stage is Stage.CLEAN
    holder.close()


def test_a_lock_that_another_has_is_waited_for_a_moment_and_holds_up_nobody(rig):
    now = to(rig, Stage.LEAVE)
    holder = hold(rig, "SELECT count(*) FROM message")
    took: list[float] = []
    begun, over = threading.Event(), threading.Event()

    def traffic():
        with contextlib.closing(connect(rig.dsn, "traffic")) as opened:
            while not over.is_set():
                began = dt.datetime.now(dt.UTC)
                in_transaction(opened, accepted, rig.team)
                took.append((dt.datetime.now(dt.UTC) - began).total_seconds())
                begun.set()

    thread = threading.Thread(target=traffic)
    thread.start()
    begun.wait(10)
    with pytest.raises(InUse):
        rig.do(retention.go_on, now)
    holder.rollback()
    assert rig.do(retention.go_on, now).stage is Stage.CLEAN
    over.set()
    thread.join()
    holder.close()
    assert max(took) < 2.0
    assert rig.do(wrong) == []


def test_a_month_that_is_audited_while_it_leaves_is_dropped_later(rig):
    now = to(rig, Stage.DROP, name(4))
    holder = hold(rig, "SELECT count(*) FROM message_leaving", 0.6)
    with pytest.raises(InUse):
        rig.do(retention.go_on, now)
    holder.rollback()
    assert rig.do(retention.go_on, now).dropped[-1] == name(4)
    holder.close()
    assert rig.do(wrong) == []


def test_an_audit_that_has_begun_keeps_a_month_where_it_is(rig):
    now = to(rig, Stage.LEAVE)
    holder = connect(rig.dsn, "audits")
    with holder.cursor() as txn:
        txn.execute(audit.BEGIN)
        txn.execute(audit.HOLD)
        with pytest.raises(InUse):
            rig.do(retention.go_on, now)
        holder.rollback()
        assert [each for each in audit.audit(txn) if not each.clean] == []
    holder.close()


def test_a_count_that_is_under_way_keeps_a_month_where_it_is(rig):
    """Else sums would be cleared before, and counted again behind it."""
    now = to(rig, Stage.LEAVE)
    holder = connect(rig.dsn, "counts")
    stale = "INSERT INTO rollup_stale VALUES (%(team)s, %(quarter)s)"
    rig.do(lambda txn: txn.execute(stale, {"team": rig.team, "quarter": at(0) // 900_000}))
    with holder.cursor() as txn:
        rollups.count(txn)
        with pytest.raises(InUse):
            rig.do(retention.go_on, now)
    holder.close()


def test_a_round_on_a_connection_tries_again_and_gives_up_in_the_end(rig):
    holder = hold(rig, "SELECT count(*) FROM message", 0.6)
    paused: list[float] = []
    with pytest.raises(InUse):
        retention.run(rig.opened, Round(KEEP), paused.append, lambda _: None)
    assert len(paused) == retention.TRIES - 1

    def pause(_: float) -> None:
        holder.rollback()

    heard: list[str] = []
    done = retention.run(rig.opened, Round(KEEP), pause, heard.append)
    assert done.dropped == (name(6), name(5), name(4), name(3))
    assert heard[2].startswith(f"the messages of {name(4)} are removed: 5, with ")
    holder.close()


# -- a node's rounds ---------------------------------------------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_round_of_a_node_removes_what_is_over_and_says_what_is_not_once(rig, database, heard):
    rig.do(old, rig.team, at(3))
    node = Retention(database, KEEP)
    await node.once()
    assert rig.do(count, "message") == 3
    assert any(f"of {name(4)} are removed: 5, with" in said for said in heard)
    assert [said for said in heard if f"of {name(3)} are not removed" in said] != []
    del heard[:]
    await node.once()
    assert heard == []


@pytest_twisted.ensureDeferred
async def test_a_round_that_is_stopped_ends_behind_its_step(rig, database):
    node = Retention(database, KEEP)
    node.stop()
    await node.once()
    assert rig.do(count, "message") == 7


@pytest_twisted.ensureDeferred
async def test_a_table_in_use_is_left_to_the_next_round(rig, database, heard, monkeypatch):
    monkeypatch.setattr(retention, "PAUSE_S", 0.0)  # so that the test does not wait
    holder = hold(rig, "SELECT count(*) FROM message", 0.6)
    node = Retention(database, KEEP)
    await node.once()
    assert [said for said in heard if "removed later" in said] != []
    holder.close()
    await node.once()
    assert rig.do(count, "message") == 2


@pytest_twisted.ensureDeferred
async def test_the_api_sees_the_months(rig, database):
    found = await Months(database, KEEP).months()
    assert {each.month: each.standing for each in found}[name(4)] is Standing.DUE


# -- who looks at what is gone ----------------------------------------------------------------------------------------------


def test_lists_end_before_what_is_gone_and_so_do_cursors_into_it(txn, team):
    make_months(txn)
    gone = ended(txn, team, at(4), 3)
    (failed,) = old(txn, team, at(4))
    refuse(txn, failed)
    there = ended(txn, team, at(1), 2)
    txn.execute("DELETE FROM spool")
    count_up(txn)
    work(txn)

    def listed(**wanted):
        found = message_lists.page(txn, team, MessageFilter(**wanted), 10)
        return [message.id for message, _ in found.entries], found.more

    assert listed() == ([*reversed(there)], None)
    assert listed(before=gone[-1]) == ([], None)
    assert listed(to_ms=at(3)) == ([], None)
    assert listed(state=State.FAILED) == ([], None)
    assert message_lists.count(txn, team, MessageFilter()) == (2, False)
    assert message_lists.count(txn, team, MessageFilter(state=State.FAILED)) == (0, False)


def test_an_export_of_what_is_gone_has_the_rest(txn, team):
    make_months(txn)
    gone, there = ended(txn, team, at(4))[0], ended(txn, team, at(1))[0]
    count_up(txn)
    work(txn)
    asked = {"from_ms": at(5), "to_ms": NOW_MS, "zone": "UTC"}
    wanted = Export(uuid="u", team_id=team, kind="messages", format="csv", asked=asked, shown={}, filename="x.csv")
    found, cursor = export_rows.read(txn, wanted, export_rows.columns(txn, wanted), None)
    assert ([row[0] for row in found], cursor) == ([there], None)
    assert export_rows.read(txn, wanted, [], gone)[0] == found


def test_a_campaign_whose_messages_are_gone_has_captured_what_they_cost(txn, team):
    make_months(txn)
    txn.execute("UPDATE team SET balance = balance + 90 WHERE id = %(team)s", {"team": team})
    txn.execute("INSERT INTO ledger (team_id, kind, units) VALUES (%(team)s, 'topup', 90)", {"team": team})
    name_of = add_campaign(txn, team, row(1), row(2, units=2), row(3))
    stored = [message.id for message in queued(txn, name_of).messages]
    settled(txn, *((message_id, Sent((message_id,))) for message_id in stored))
    told(txn, *(delivered(message_id) for message_id in stored))
    count_up(txn)
    txn.execute("DELETE FROM spool")
    for message_id in stored[:2]:  # of two months
        older = ids_at(at(4))()
        txn.execute("UPDATE message SET id = %(older)s WHERE id = %(id)s", {"older": older, "id": message_id})
        txn.execute(
            "UPDATE campaign_recipient SET message_id = %(older)s WHERE message_id = %(id)s",
            {"older": older, "id": message_id},
        )
    assert wrong(txn) == []
    work(txn)
    assert count(txn, "message") == 1
    assert wrong(txn) == []
    assert rows(txn, "SELECT sum(messages)::integer, sum(units)::integer FROM message_gone") == [(2, 3)]
    txn.execute("UPDATE message_gone SET units = units - 1")
    assert [each.name for each in wrong(txn)] == ["campaign_captured"]
