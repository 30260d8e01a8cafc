"""Reports, read from the sums."""

import datetime as dt
import random

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Failure, Never, Sent
from mobilesasa.core.reporting import Figures, Period, Wanted, bounded, day_at, spans_of, zone_of
from mobilesasa.store import campaign_phases, figures, rollups
from tests.store.campaigns import add_campaign, queued
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    claimed,
    delivered,
    failed,
    one,
    settled,
    told,
)
from tests.store.recounted import RANGES

NAIROBI = zone_of("Africa/Nairobi")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TODAY = NOW_MS // DAY_MS * DAY_MS
EVER = bounded(Period(NOW_MS - 10 * DAY_MS, NOW_MS + DAY_MS))


def counted(txn):
    """Count what has happened, in a transaction that is undone after the test."""
    txn.execute(rollups.ADD, {"limit": 1000})


def at(made_ms):
    return MessageIds(lambda: made_ms, random.Random(made_ms).getrandbits)()


@pytest.fixture(autouse=True)
def networks(txn):
    rollups.install(txn, "the test's", RANGES)


def total(txn, team, **more):
    return figures.total(txn, Wanted(**{"team_id": team, "period": EVER, **more}))


def test_a_team_s_messages_are_summed_and_no_other_s(txn):
    team, other = add_team(txn), add_team(txn)
    accepted(txn, team, 3, parts=2)
    accepted(txn, other, 2)
    counted(txn)
    assert total(txn, team) == Figures(accepted=3, parts=6, units=6)
    assert total(txn, other).accepted == 2
    assert total(txn, 0) == Figures()


def test_filters_leave_what_all_of_them_mean(txn):
    team, carrier = add_team(txn), add_carrier(txn) + 1000
    accepted(txn, team, sender="A", carrier_id=carrier)
    accepted(txn, team, sender="A", recipient="255712345678")
    (of_campaign,) = accepted(txn, team, sender="B")
    txn.execute("UPDATE message SET campaign_uuid = id WHERE id = %s", [of_campaign])
    counted(txn)
    wanted = [
        {"sender": "A"}, {"network": "Safaricom"}, {"country": "TZ"}, {"carrier_id": carrier}, {"campaign": of_campaign},
        {"sender": "A", "network": "Safaricom"}, {"sender": "B", "country": "TZ"}, {"sender": "C"},
    ]  # fmt: skip
    assert [total(txn, team, **each).accepted for each in wanted] == [2, 2, 1, 1, 1, 1, 0, 0]


def test_messages_are_put_together_by_what_they_have_in_common(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    accepted(txn, team, 3, sender="A", carrier_id=carrier)
    accepted(txn, team, 1, sender="B", recipient="255712345678", carrier_id=carrier)
    accepted(txn, team, 1, sender="B", recipient="256712345678", carrier_id=carrier)
    counted(txn)

    def groups(by):
        found = figures.grouped(txn, Wanted(team_id=team, period=EVER), by)
        return [(each.key, each.country, each.figures.accepted) for each in found]

    assert groups("sender") == [("A", "", 3), ("B", "", 2)]
    assert groups("network") == [("Safaricom", "KE", 3), ("", "", 1), ("Vodacom", "TZ", 1)]
    assert groups("carrier") == [(carrier, "", 5)]
    assert groups("campaign") == [(None, "", 5)]


def test_decision_86_days_of_a_zone_are_whole_also_where_they_differ_by_quarters(txn):
    """EAT vs UTC: days are the team's, and of Kathmandu (+05:45) they begin at a quarter past."""
    team, kathmandu = add_team(txn), zone_of("Asia/Kathmandu")
    begins = dt.datetime.fromtimestamp(TODAY / 1000, kathmandu).replace(hour=0, minute=0, second=0)
    at_ms = round(begins.timestamp() * 1000)
    accepted(txn, team, id=at(at_ms))
    accepted(txn, team, id=at(at_ms - 1))
    counted(txn)
    today = begins.date()
    period = Period(day_at(today - dt.timedelta(days=1), kathmandu), day_at(today + dt.timedelta(days=1), kathmandu))
    starts = spans_of(period, kathmandu, "day")
    found = figures.grouped(txn, Wanted(team_id=team, period=period), "span", starts)
    assert [(each.key, each.figures.accepted) for each in found] == [(0, 1), (1, 1)]


def test_what_is_before_or_behind_the_period_is_not_in_it(txn):
    team = add_team(txn)
    for at_ms in (TODAY - 1, TODAY, TODAY + DAY_MS - 1, TODAY + DAY_MS):
        accepted(txn, team, id=at(at_ms))
    counted(txn)
    assert total(txn, team, period=Period(TODAY, TODAY + DAY_MS)).accepted == 2


def test_how_long_messages_took_is_summed_by_class(txn):
    team = add_team(txn)
    (first, second) = accepted(txn, team, 2)
    settled(txn, (first, Sent(("a",))), (second, Sent(("b",))), at_ms=NOW_MS + 30)
    told(txn, delivered("a", done_at_ms=NOW_MS + 2530))
    counted(txn)
    took = figures.latencies(txn, Wanted(team_id=team, period=EVER))
    assert (sum(took.sent_within), took.sent_within[1]) == (2, 2)
    assert (sum(took.delivered_within), took.delivered_within[3]) == (1, 1)


def test_units_are_told_by_the_ledger_s_kinds_and_by_day(txn):
    team = add_team(txn, 50)
    txn.execute("INSERT INTO ledger (team_id, kind, units) VALUES (%s, 'adjustment', -3)", [team])
    accepted(txn, team, 2, parts=2)
    (back,) = accepted(txn, team, parts=3)
    claimed(txn, add_run(txn), back)
    settled(txn, (back, Never(Failure.REFUSED, "no")))
    counted(txn)
    today = bounded(Period(TODAY, TODAY + DAY_MS))
    found = figures.usage(txn, team, today, spans_of(today, zone_of("UTC"), "day"))
    assert {each.kind: (each.span, each.units, each.entries) for each in found} == {
        "adjustment": (0, -3, 1), "charge": (0, -7, 3), "refund": (0, 3, 1), "topup": (0, 50, 1),
    }  # fmt: skip
    assert sum(each.units for each in found) == one(txn, "SELECT balance FROM team WHERE id = %(id)s", id=team) - 3
    assert figures.usage(txn, add_team(txn, 0), today, [today.from_ms]) == []


def test_what_campaigns_reserve_and_release_is_told_beside_the_charges_of_other_messages(txn):
    team = add_team(txn, 50)
    accepted(txn, team, 2, parts=2)
    name = add_campaign(txn, team, count=3)
    queued(txn, name, 2)
    campaign_phases.cancel(txn, NODE, team, name)
    counted(txn)
    today = bounded(Period(TODAY, TODAY + DAY_MS))
    found = figures.usage(txn, team, today, spans_of(today, zone_of("UTC"), "day"))
    assert {each.kind: (each.units, each.entries) for each in found} == {
        "charge": (-4, 4), "reserve": (-3, 1), "release": (1, 1), "topup": (50, 1),
    }  # fmt: skip
    assert sum(each.units for each in found) == one(txn, "SELECT balance FROM team WHERE id = %(id)s", id=team)


def test_how_far_the_sums_are_is_known(txn):
    team = add_team(txn)
    assert figures.standing(txn, team) == figures.Standing(None, "KE", None, False)
    txn.execute("UPDATE team SET zone = 'Africa/Kampala' WHERE id = %s", [team])
    txn.execute("INSERT INTO rollup_stale VALUES (%s, 1)", [team])
    txn.execute(rollups.COUNTED)
    found = figures.standing(txn, team)
    assert (found.zone, found.is_recounting) == ("Africa/Kampala", True)
    assert found.counted_at_ms is not None


def test_failures_are_told_by_reason(txn):
    team = add_team(txn)
    messages = accepted(txn, team, 3)
    settled(txn, *((message_id, Sent((f"f{n}",))) for n, message_id in enumerate(messages)))
    told(txn, failed("f0"), failed("f1", Failure.EXPIRED), failed("f2", Failure.REJECTED))
    counted(txn)
    found = total(txn, team)
    assert (found.failed, found.undelivered, found.expired, found.rejected) == (3, 1, 1, 1)
