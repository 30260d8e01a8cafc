"""Series in the store: armed, due, making campaigns by the calendar and of those who join, held and ended."""

import uuid as uuids

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.campaigns.model import Options, Phase, Repeat, Trigger
from mobilesasa.campaigns.series import Due, Waiting
from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import TeamChange
from mobilesasa.core.errors import BadSchedule, InsufficientUnits, NoRecipients
from mobilesasa.store import campaign_phases, campaigns, groups, series
from mobilesasa.store.aside import Aside
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.series_service import StoredSeries, leave_estimated, send_made
from mobilesasa.store.teams import change_team
from tests.store.campaigning import give_campaign, quoter_for
from tests.store.given import add_team, balance, one, rows
from tests.store.people import give_group, uuid

NOW_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z, a Monday; 12:00 in Nairobi
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LOOK_BACK = "UPDATE campaign SET looked_upto = date_trunc('milliseconds', now() - interval '1 hour') WHERE id = %(id)s"
DAILY = Options(repeat=Repeat(every="day", at="14:00"))  # 11:00 UTC
DUE_MS = NOW_MS + 2 * HOUR_MS
JANE, JOE = "254712345678", "254712345679"


def give(txn, team, options=DAILY, group=None, **says):
    """A series that was sent."""
    group = group or give_group(txn, team, JANE, JOE)
    made = give_campaign(txn, team, options=options, group_uuids=(group.uuid,), **says)
    series.arm(txn, made, NOW_MS)
    return campaigns.find(txn, team, made.uuid)


def make(txn, found, now_ms=DUE_MS):
    """Make the campaign of a series; return it, or None."""
    made = series.make(txn, found.uuid, str(uuids.uuid4()), now_ms)
    return None if made is None else campaigns.find(txn, found.team_id, made)


def again(txn, found):
    return campaigns.find(txn, found.team_id, found.uuid)


def due(txn, team, now_ms=DUE_MS):
    """What is due of the team: campaigns of others may be there."""
    found = series.due(txn, now_ms, limit=1000)
    of_team = {uuid for (uuid,) in rows(txn, "SELECT uuid FROM campaign WHERE team_id = %(team)s", team=team)}
    return Due(
        [each for each in found.series if each in of_team], [each for each in found.waiting if each.team_id == team]
    )


def test_a_series_is_armed_for_its_next_time_in_the_zone_of_its_team_and_reserves_nothing(txn, team):
    armed = give(txn, team)
    assert (armed.phase, armed.next_at_ms, armed.armed_at_ms) == (Phase.SCHEDULED, DUE_MS, NOW_MS)
    assert (balance(txn, team), armed.reserved_units, armed.rows) == (10, 0, 0)


def test_the_zone_of_a_team_is_its_own_before_that_of_its_country(txn, team):
    txn.execute("UPDATE team SET zone = 'Europe/Berlin' WHERE id = %s", (team,))
    assert give(txn, team).next_at_ms == NOW_MS + 3 * HOUR_MS


def test_a_series_begins_at_its_time(txn, team):
    begins_ms = NOW_MS + 5 * DAY_MS
    assert give(txn, team, scheduled_at_ms=begins_ms).next_at_ms == begins_ms + 2 * HOUR_MS


def test_a_series_that_would_never_send_is_refused(txn, team):
    over = Options(repeat=Repeat(every="day", at="14:00", until="2026-05-10"))
    with pytest.raises(BadSchedule):
        give(txn, team, over)


def test_a_series_is_due_at_its_time_and_not_before(txn, team):
    armed = give(txn, team)
    assert due(txn, team, DUE_MS - 1) == Due([], [])
    assert due(txn, team) == Due([armed.uuid], [])
    assert make(txn, armed, DUE_MS - 1) is None


def test_what_a_series_makes_is_a_draft_that_says_the_same_and_waits_to_be_sent(txn, team):
    armed = give(txn, team, attrs.evolve(DAILY, rate_per_s=50))
    made = make(txn, armed)
    assert (made.name, made.phase, made.series_uuid) == ("May Promo 2026-05-11", Phase.DRAFT, armed.uuid)
    assert made.options == Options(rate_per_s=50)
    assert (made.message, made.sender_id, made.group_uuids) == (armed.message, armed.sender_id, armed.group_uuids)
    assert due(txn, team) == Due([], [Waiting(team, made.uuid, greets=False)])
    assert again(txn, armed).next_at_ms == DUE_MS + DAY_MS


def test_a_long_name_leaves_room_for_the_day(txn, team):
    made = make(txn, give(txn, team, name="x" * 200))
    assert (len(made.name), made.name[-12:]) == (200, "x 2026-05-11")


def test_times_that_were_missed_are_made_up_for_by_one_campaign(txn, team):
    armed = give(txn, team)
    assert make(txn, armed, DUE_MS + 3 * DAY_MS) is not None
    assert make(txn, armed, DUE_MS + 3 * DAY_MS) is None
    assert again(txn, armed).next_at_ms == DUE_MS + 4 * DAY_MS


def test_a_series_ends_when_it_has_made_as_many_as_it_should(txn, team):
    armed = give(txn, team, Options(repeat=Repeat(every="day", at="14:00", times=2)))
    first = make(txn, armed)
    campaigns.delete(txn, NODE, team, first.uuid)
    make(txn, armed, DUE_MS + DAY_MS)
    ended = again(txn, armed)
    assert (ended.phase, ended.next_at_ms, ended.finished_at_ms is not None) == (Phase.COMPLETED, None, True)


def test_a_series_that_is_held_makes_nothing_and_goes_on_at_its_next_time(txn, team):
    armed = give(txn, team)
    campaign_phases.pause(txn, NODE, team, armed.uuid)
    assert make(txn, armed) is None
    assert due(txn, team).series == []
    series.resume(txn, again(txn, armed), DUE_MS + 1)
    resumed = again(txn, armed)
    assert (resumed.phase, resumed.paused_by, resumed.next_at_ms) == (Phase.SCHEDULED, None, DUE_MS + DAY_MS)


def test_a_series_whose_last_day_passed_while_it_was_held_ends(txn, team):
    armed = give(txn, team, Options(repeat=Repeat(every="day", at="14:00", until="2026-05-11")))
    campaign_phases.pause(txn, NODE, team, armed.uuid)
    series.resume(txn, again(txn, armed), DUE_MS + 1)
    assert again(txn, armed).phase is Phase.COMPLETED


def test_a_series_that_is_cancelled_makes_nothing_more(txn, team):
    armed = give(txn, team)
    campaign_phases.cancel(txn, NODE, team, armed.uuid)
    assert make(txn, armed) is None
    assert again(txn, armed).next_at_ms is None


def test_what_a_series_made_is_sent_as_if_somebody_had_called_and_waits_no_more(txn, team):
    made = make(txn, give(txn, team))
    (waiting,) = due(txn, team).waiting
    send_made(txn, waiting, quoter_for, DUE_MS)
    sent = again(txn, made)
    assert (sent.phase, sent.recipients, sent.reserved_units, sent.next_at_ms) == (Phase.SENDING, 2, 2, None)
    assert (sent.estimated_recipients, sent.estimated_units) == (2, 2)
    assert balance(txn, team) == 8
    assert due(txn, team).waiting == []


def test_what_cannot_be_sent_stays_a_draft_with_the_reason_and_the_team_is_told(txn):
    team = add_team(txn, 1)
    txn.execute(
        "INSERT INTO webhook (uuid, team_id, url, events, secret)"
        " VALUES (gen_random_uuid(), %s, 'https://a.example', '{campaign.failed}', 'x')", (team,))  # fmt: skip
    made = make(txn, give(txn, team))
    (waiting,) = due(txn, team).waiting
    txn.execute("SAVEPOINT before")
    with pytest.raises(InsufficientUnits) as refused:
        send_made(txn, waiting, quoter_for, DUE_MS)
    txn.execute("ROLLBACK TO before")
    assert leave_estimated(txn, waiting, str(refused.value), quoter_for, DUE_MS)
    left = again(txn, made)
    assert (left.phase, left.paused_by, left.paused_reason) == (Phase.DRAFT, None, str(refused.value))
    assert (left.estimated_recipients, left.estimated_units) == (2, 2)
    assert (balance(txn, team), due(txn, team).waiting) == (1, [])
    told = one(txn, "SELECT data FROM webhook_event WHERE team_id = %(team)s", team=team)
    assert (told["uuid"], told["paused"]) == (made.uuid, {"by": None, "reason": str(refused.value)})
    assert not series.leave(txn, waiting, "again", (0, 0), DUE_MS)


def test_what_names_a_field_that_is_gone_stays_a_draft_too(txn, team):
    made = make(txn, give(txn, team, message="Hello {balance}"))
    (waiting,) = due(txn, team).waiting
    assert leave_estimated(txn, waiting, "no such field: {balance}", quoter_for, DUE_MS)
    assert again(txn, made).paused_reason == "no such field: {balance}"


def test_what_was_sent_by_hand_waits_no_more(txn, team):
    make(txn, give(txn, team))
    (waiting,) = due(txn, team).waiting
    series.forget(txn, waiting)
    assert due(txn, team).waiting == []


def test_what_failed_by_a_defect_is_tried_again_later(txn, team):
    make(txn, give(txn, team))
    (waiting,) = due(txn, team).waiting
    series.put_off(txn, waiting, DUE_MS + MINUTE_MS)
    assert due(txn, team).waiting == []
    assert due(txn, team, DUE_MS + MINUTE_MS).waiting == [waiting]


def look_back(txn, armed):
    """Let a series have looked an hour ago."""
    txn.execute(LOOK_BACK, {"id": armed.id})


def greeting(txn, team, *phones, joined_minutes_ago=30, delay_minutes=10):
    """A series for who joins a group, armed an hour ago; these have joined since."""
    group = give_group(txn, team, *phones)
    age = {"group": group.uuid, "minutes": joined_minutes_ago}
    txn.execute(
        "UPDATE group_member SET added_at = now() - make_interval(mins => %(minutes)s)"
        " WHERE group_id = (SELECT id FROM contact_group WHERE uuid = %(group)s)", age)  # fmt: skip
    armed = give(txn, team, Options(trigger=Trigger(on="joined_group", delay_minutes=delay_minutes)), group)
    look_back(txn, armed)
    return armed


def send_next(txn, team):
    """Send what waits; return the phones that get it."""
    (waiting,) = due(txn, team, NOW_MS).waiting
    sent = send_made(txn, waiting, quoter_for, NOW_MS)
    found = rows(txn, "SELECT phone FROM campaign_recipient WHERE campaign_id = %(id)s ORDER BY phone", id=sent.id)
    return [phone for (phone,) in found]


def test_a_series_for_who_joins_looks_at_once_and_then_each_minute(txn, team):
    armed = greeting(txn, team)
    assert armed.next_at_ms == NOW_MS
    assert make(txn, armed, NOW_MS) is None
    assert again(txn, armed).next_at_ms == NOW_MS + MINUTE_MS


def test_who_has_joined_long_enough_ago_gets_a_campaign_once(txn, team):
    armed = greeting(txn, team, JANE, JOE)
    made = make(txn, armed, NOW_MS)
    assert made.name == "May Promo 2026-05-11 12:00"
    assert send_next(txn, team) == [JANE, JOE]
    assert make(txn, armed, NOW_MS + MINUTE_MS) is None


def test_who_joined_a_moment_ago_waits(txn, team):
    armed = greeting(txn, team, JANE, joined_minutes_ago=9)
    assert make(txn, armed, NOW_MS) is None


def test_who_joined_before_the_series_began_gets_nothing(txn, team):
    armed = greeting(txn, team, JANE, joined_minutes_ago=61)
    assert make(txn, armed, NOW_MS) is None


def test_who_joins_again_gets_nothing_again(txn, team):
    armed = greeting(txn, team, JANE)
    make(txn, armed, NOW_MS)
    assert send_next(txn, team) == [JANE]
    look_back(txn, armed)
    groups.add(txn, NODE, team, armed.group_uuids[0], [JOE], [uuid()])
    txn.execute("UPDATE group_member SET added_at = now() - interval '20 minutes' WHERE team_id = %s", (team,))
    assert make(txn, armed, NOW_MS + MINUTE_MS) is not None
    (waiting,) = due(txn, team, NOW_MS + MINUTE_MS).waiting
    sent = send_made(txn, waiting, quoter_for, NOW_MS + MINUTE_MS)
    assert rows(txn, "SELECT phone FROM campaign_recipient WHERE campaign_id = %(id)s", id=sent.id) == [(JOE,)]


def test_what_was_made_for_nobody_is_removed(txn, team):
    armed = greeting(txn, team, JANE)
    made = make(txn, armed, NOW_MS)
    txn.execute("DELETE FROM group_member WHERE team_id = %s", (team,))
    (waiting,) = due(txn, team, NOW_MS).waiting
    assert waiting.greets
    with pytest.raises(NoRecipients):
        send_made(txn, waiting, quoter_for, NOW_MS)
    series.drop(txn, waiting)
    assert rows(txn, "SELECT FROM campaign WHERE uuid = %(uuid)s", uuid=made.uuid) == []


def test_after_one_that_could_not_be_sent_those_who_join_share_the_next(txn, team):
    armed = greeting(txn, team, JANE)
    make(txn, armed, NOW_MS)
    (waiting,) = due(txn, team, NOW_MS).waiting
    series.leave(txn, waiting, "no units", (1, 1), NOW_MS)
    assert again(txn, armed).next_at_ms == NOW_MS + HOUR_MS
    made = campaigns.find(txn, team, waiting.uuid)
    assert made.joined_to_ms - made.joined_from_ms == 50 * MINUTE_MS - 1000


def test_of_two_nodes_one_makes_the_campaign(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    try:
        armed = in_transaction(first, lambda txn: give(txn, add_team(txn, 10)))
        with first.cursor() as txn:
            assert make(txn, armed) is not None
            assert in_transaction(second, make, armed) is None
            first.commit()
        assert in_transaction(second, make, armed) is None
    finally:
        first.close()
        second.close()


def looked_upto(txn, armed):
    return one(txn, "SELECT looked_upto FROM campaign WHERE id = %(id)s", id=armed.id)


def test_who_joins_in_a_transaction_that_is_under_way_is_not_missed(database_dsn, monkeypatch):
    # The second of grace would hide a transaction that is as young as this one: how far is looked must follow from it alone.
    without_grace = series.SEEN_UPTO.replace("now() - interval '1 second'", "clock_timestamp()")
    monkeypatch.setattr(series, "SEEN_UPTO", without_grace)
    node, slow = connect(database_dsn, "node"), connect(database_dsn, "slow")
    try:
        armed = in_transaction(node, lambda txn: greeting(txn, add_team(txn, 10), delay_minutes=0))
        before = in_transaction(node, looked_upto, armed)
        with slow.cursor() as joining:
            groups.add(joining, NODE, armed.team_id, armed.group_uuids[0], [JANE], [uuid()])
            began = one(joining, "SELECT now()")
            assert in_transaction(node, make, armed, NOW_MS) is None
            assert before < in_transaction(node, looked_upto, armed) <= began
            slow.commit()
        assert in_transaction(node, make, armed, NOW_MS + MINUTE_MS) is not None
    finally:
        node.close()
        slow.close()


@pytest_twisted.ensureDeferred
async def test_the_machine_asks_by_the_pool_and_sends_beside_it(database_dsn):
    database, aside = Database(reactor, database_dsn), Aside(reactor, database_dsn)
    await database.start()
    await aside.start()
    try:
        team = await database.run("test", add_team, 3)
        armed = await database.run("test", give, team)
        now_ms = DUE_MS
        stored = StoredSeries(database, aside, quoter_for, lambda: str(uuids.uuid4()), lambda: now_ms)
        assert (await stored.due()).series == [armed.uuid]
        await stored.make(armed.uuid)
        (waiting,) = (await stored.due()).waiting
        await stored.send(waiting)
        assert await stored.due() == Due([], [])
        now_ms += DAY_MS
        await stored.make(armed.uuid)
        (waiting,) = (await stored.due()).waiting
        with pytest.raises(InsufficientUnits):
            await stored.send(waiting)
        await stored.put_off(waiting, 60.0)
        assert await stored.due() == Due([], [])
        assert await stored.leave(waiting, "no units")
        await stored.drop(waiting)
        await stored.forget(waiting)
        left = await database.run("test", campaigns.find, team, waiting.uuid)
        assert (left.paused_reason, left.estimated_units) == ("no units", 2)
    finally:
        await aside.close()
        await database.close()


CHANGE_ZONE = TeamChange(zone="Africa/Lagos")


def zoned(txn, team, change):
    """Let a team say in which zone its days are."""
    change_team(txn, NODE, one(txn, "SELECT code FROM team WHERE id = %(team)s", team=team), change)


def test_a_series_keeps_its_time_of_day_when_its_team_goes_to_another_zone(txn, team):
    armed, other = give(txn, team), give(txn, add_team(txn))
    zoned(txn, team, CHANGE_ZONE)
    assert again(txn, armed).next_at_ms == DUE_MS + 2 * HOUR_MS  # 14:00 in Lagos is 13:00 UTC
    assert again(txn, other).next_at_ms == DUE_MS
    zoned(txn, team, TeamChange(zone=None))
    assert again(txn, armed).next_at_ms == DUE_MS


def test_a_series_keeps_its_day_too_so_that_none_is_left_out_or_comes_twice(txn, team):
    armed = give(
        txn, team, options=Options(repeat=Repeat(every="day", at="00:30"))
    )  # of the 12th, 21:30 UTC of the 11th
    zoned(txn, team, TeamChange(zone="America/New_York"))
    assert again(txn, armed).next_at_ms == NOW_MS - 9 * HOUR_MS + DAY_MS + 4.5 * HOUR_MS  # of the 12th, 04:30 UTC
    zoned(txn, team, TeamChange(zone="Pacific/Auckland"))
    assert again(txn, armed).next_at_ms == NOW_MS + 3.5 * HOUR_MS  # of the 12th, 12:30 UTC of the 11th


def test_what_has_no_time_of_day_stays_when_a_team_goes_to_another_zone(txn, team):
    joining = give(txn, team, options=Options(trigger=Trigger(on="joined_group")))
    held = give(txn, team, group=give_group(txn, team, name="Held"))
    campaign_phases.pause(txn, NODE, team, held.uuid)
    before = [again(txn, each) for each in (joining, held)]
    zoned(txn, team, CHANGE_ZONE)
    assert [again(txn, each) for each in (joining, held)] == before
