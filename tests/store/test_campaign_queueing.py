"""Making messages of recipients: the place, the messages and the counts move together, once, and units come out right."""

import threading

import attrs
import pytest

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.model import PausedBy, Phase
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadText
from mobilesasa.core.model import Lane
from mobilesasa.store import campaign_phases, campaign_queueing, suppressions
from mobilesasa.store.campaign_queueing import look, queue_chunk, some_rows, still_waiting, stop, tidy
from mobilesasa.store.claims import Claim, claim
from mobilesasa.store.database import connect, in_transaction
from tests.store.campaigns import add_campaign, chunk_of, found, phone, queued, row, running, skips
from tests.store.given import add_run, add_team, balance, count, one, rows, wrong
from tests.store.test_hooks import add_webhook

pytestmark = pytest.mark.each_postgres


EVENTS = """
SELECT webhook_event.event, data FROM webhook_delivery JOIN webhook_event ON webhook_event.id = event_id WHERE webhook_id = %(hook)s
"""


def test_each_recipient_has_a_message_that_waits_in_the_bulk_lane_and_says_whose_it_is(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, row(1), row(2, units=3, text="Hi Jane"))
    campaign = running(txn, name)
    done = queued(txn, name, carrier_id=7, fallbacks=(8, 9), closes_at_ms=2_000_000_000_000)
    assert done.is_completed
    first, second = done.messages
    shown = rows(
        txn, "SELECT id, recipient, text, price_units, campaign_uuid, charge_id, lane, sender FROM message WHERE team_id = %(team)s "
        "ORDER BY recipient", team=team,
    )  # fmt: skip
    assert shown == [
        (first.id, phone(1), "Sale!", 1, name, campaign.reserve_id, 1, "ACME"),
        (second.id, phone(2), "Hi Jane", 3, name, campaign.reserve_id, 1, "ACME"),
    ]
    waiting = rows(
        txn, "SELECT carrier_id, lane, price_units, campaign_id, extract(epoch FROM closes_at), fallbacks FROM pending "
        "WHERE message_id = %(id)s", id=second.id,
    )  # fmt: skip
    assert waiting == [(7, 1, 3, campaign.id, 2_000_000_000, [8, 9])]
    assert one(txn, "SELECT message_id FROM campaign_recipient WHERE phone = %(p)s", p=phone(2)) == second.id
    (taken,) = claim(txn, [Claim(second.id, add_run(txn))])
    assert taken is not None
    assert (taken.text, taken.lane, taken.recipient) == ("Hi Jane", Lane.BULK, phone(2))


def test_decision_71_when_the_last_recipient_has_a_message_the_campaign_is_completed_and_the_rest_comes_back(txn):
    team = add_team(txn, 10)
    name = add_campaign(txn, team, row(1, units=4), row(2, units=3), row(3, skipped="suppressed"))
    assert balance(txn, team) == 3
    campaign = running(txn, name)
    chunk = chunk_of(txn, campaign)
    left_out = attrs.evolve(chunk, messages=chunk.messages[:1], left_out={2: BadText.code})
    done = queue_chunk(txn, left_out)
    assert done is not None
    assert done.is_completed
    ended = found(txn, team, name)
    assert (ended.phase, ended.phase.status) == (Phase.COMPLETED, "completed")
    assert (ended.position, ended.queued, ended.skipped) == (3, 1, 2)
    assert (ended.reserved_units, ended.captured_units, ended.released_units) == (7, 4, 3)
    assert balance(txn, team) == 6
    assert skips(txn, campaign.id) == {2: "bad_text", 3: "suppressed"}
    assert wrong(txn, "configured") == []


def test_a_campaign_goes_on_where_it_was_and_nobody_is_doubled(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=10)
    for expected in (4, 8, 10):
        queued(txn, name, 4)
        assert found(txn, team, name).position == expected
    assert one(txn, "SELECT count(DISTINCT recipient) FROM message WHERE campaign_uuid = %(u)s", u=name) == 10
    assert wrong(txn, "configured") == []


def test_decision_72_a_chunk_that_comes_twice_is_stored_once(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=10)
    chunk = chunk_of(txn, running(txn, name), 5)
    assert queue_chunk(txn, chunk) is not None
    assert queue_chunk(txn, chunk) is None
    assert one(txn, "SELECT count(*) FROM message WHERE campaign_uuid = %(u)s", u=name) == 5
    assert found(txn, team, name).queued == 5


@pytest.mark.parametrize("change", ["pause", "cancel"])
def test_a_chunk_of_a_campaign_that_was_stopped_meanwhile_is_not_stored(txn, change):
    team = add_team(txn)
    name = add_campaign(txn, team, count=10)
    chunk = chunk_of(txn, running(txn, name), 5)
    getattr(campaign_phases, change)(txn, NODE, team, name)
    assert queue_chunk(txn, chunk) is None
    assert count(txn, "message") == 0


def test_two_who_queue_the_same_rows_at_once_store_them_once(database_dsn):
    with connect(database_dsn, "test") as opened, connect(database_dsn, "test") as other:
        name = in_transaction(opened, lambda txn: add_campaign(txn, add_team(txn), count=10))
        chunk = in_transaction(opened, lambda txn: chunk_of(txn, running(txn, name)))
        results = []
        with opened.cursor() as txn:
            results.append(queue_chunk(txn, chunk))
            late = threading.Thread(target=lambda: results.append(in_transaction(other, queue_chunk, chunk)))
            late.start()
            opened.commit()
            late.join()
        assert [each is None for each in results] == [False, True]
        assert in_transaction(opened, lambda txn: count(txn, "pending")) == 10


def test_who_said_stop_since_they_were_chosen_is_left_out_and_costs_nothing(txn):
    team = add_team(txn, 10)
    name = add_campaign(txn, team, count=3)
    suppressions.add(txn, NODE, team, phone(2), "ACME", "stop")
    done = queued(txn, name, suppressible=True)
    assert [message.recipient for message in done.messages] == [phone(1), phone(3)]
    ended = found(txn, team, name)
    assert (ended.queued, ended.skipped, ended.captured_units, ended.released_units) == (2, 1, 2, 1)
    assert skips(txn, ended.id) == {2: "suppressed"}
    assert balance(txn, team) == 8


@pytest.mark.parametrize("before_the_rows_are_read", [True, False])
def test_who_was_forgotten_since_gets_nothing_and_counts_as_skipped(txn, before_the_rows_are_read):
    team = add_team(txn, 10)
    name = add_campaign(txn, team, row(1), row(2), row(3, skipped="suppressed"))
    forget = "UPDATE campaign_recipient SET phone = 'erased-1', text = NULL, skipped = 'erased' WHERE phone = %(p)s"
    campaign = running(txn, name)
    if before_the_rows_are_read:
        txn.execute(forget, {"p": phone(2)})
    chunk = chunk_of(txn, campaign)
    if not before_the_rows_are_read:
        txn.execute(forget, {"p": phone(2)})
    done = queue_chunk(txn, chunk)
    assert done is not None
    assert [message.recipient for message in done.messages] == [phone(1)]
    ended = found(txn, team, name)
    assert (ended.phase, ended.queued, ended.skipped) == (Phase.COMPLETED, 1, 2)
    assert balance(txn, team) == 9


def test_a_chunk_of_people_who_are_all_left_out_moves_the_place_and_makes_no_message(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, row(1, skipped="suppressed"), row(2))
    assert queued(txn, name, 1).messages == []
    assert found(txn, team, name).position == 1
    assert found(txn, team, name).skipped == 1
    assert count(txn, "pending") == 0


def test_messages_are_counted_for_reports(txn):
    name = add_campaign(txn, add_team(txn), count=3)
    done = queued(txn, name)
    ((kind, ids),) = rows(txn, "SELECT kind, ids::text[] FROM rollup_change")
    assert (kind, set(ids)) == (10, {message.id for message in done.messages})


def test_a_campaign_begins_when_its_time_has_come_and_not_before(txn):
    team = add_team(txn)
    due, early, series = (add_campaign(txn, team, count=1) for _ in range(3))
    schedule = """
    UPDATE campaign SET phase = 'scheduled', started_at = NULL, scheduled_at = now() + %(after)s, options = %(options)s::jsonb
    WHERE uuid = %(u)s
    """
    for name, after, options in (
        (due, "0 s", "{}"),
        (early, "1 min", "{}"),
        (series, "0 s", '{"repeat": {"every": "day", "at": "09:00"}}'),
    ):
        txn.execute(schedule, {"u": name, "after": after, "options": options})
    seen = look(txn)
    assert seen.started == (due,)
    assert [each.uuid for each in seen.running] == [due]
    assert found(txn, team, due).started_at_ms is not None


def test_who_gets_it_when_hours_open_waits_until_then_and_fills_no_carriers_room(txn):
    name = add_campaign(txn, add_team(txn), count=5)
    queued(txn, name, 2, carrier_id=7)
    (held, *_) = queued(txn, name, 2, carrier_id=7, due_at_ms=4_000_000_000_000).messages
    for due in (
        "SELECT extract(epoch FROM due_at) FROM message WHERE id = %(id)s",
        "SELECT extract(epoch FROM due_at) FROM pending WHERE message_id = %(id)s",
    ):
        assert one(txn, due, id=held.id) == 4_000_000_000
    campaign = running(txn, name)
    assert look(txn).ahead == {(campaign.id, 7): 2}
    assert (campaign.queued, campaign.waiting, campaign.held) == (4, 4, 2)


@pytest.mark.parametrize(
    ("due", "attempts", "is_held"),
    [(None, 0, False), ("-1 s", 0, False), ("10 minutes", 0, True), ("10 minutes", 1, False), ("1 hour", 1, True)],
)
def test_what_a_carrier_has_put_off_is_ahead_and_what_was_never_tried_is_held_until_it_is_due(
    txn, due, attempts, is_held
):
    name = add_campaign(txn, add_team(txn), count=2)
    queued(txn, name, 1, carrier_id=7)
    given = {"due": due, "attempts": attempts}
    txn.execute("UPDATE pending SET due_at = now() + %(due)s::interval, attempts = %(attempts)s", given)
    campaign = running(txn, name)
    assert (campaign.waiting, campaign.held) == (1, int(is_held))
    assert look(txn).ahead == ({} if is_held else {(campaign.id, 7): 1})


def test_some_recipients_are_looked_up_those_that_there_are(txn):
    name = add_campaign(txn, add_team(txn), count=5)
    assert [each.n for each in some_rows(txn, running(txn, name), [5, 2, 9])] == [2, 5]


def test_what_waits_is_told_by_campaign_and_carrier_without_what_is_held(txn):
    team = add_team(txn)
    name, held = add_campaign(txn, team, count=3), add_campaign(txn, team, count=2)
    queued(txn, name, 2, carrier_id=7)
    queued(txn, held, 1, carrier_id=7)
    campaign_phases.pause(txn, NODE, team, held)
    assert look(txn).ahead == {(running(txn, name).id, 7): 2}


def test_where_nothing_is_sent_nothing_is_counted(txn):
    assert look(txn) == campaign_queueing.Look()


def test_a_campaign_that_is_all_queued_is_looked_at_while_something_of_it_waits_and_can_be_stopped(txn):
    team = add_team(txn)
    hook = add_webhook(txn, team)
    name, others = add_campaign(txn, team, count=3), add_campaign(txn, team, count=3)
    queued(txn, others, 2)
    assert still_waiting(txn) == []
    queued(txn, name)
    (campaign,) = still_waiting(txn)
    assert (campaign.uuid, campaign.left, campaign.queued) == (name, 0, 3)
    assert stop(txn, campaign, PausedBy.FAILURES, "too much fails", Sums(ended=2, failed=2, sent=2, complaints=0))
    assert found(txn, team, name).paused_by is PausedBy.FAILURES
    assert "campaign.paused" in [event for event, _ in rows(txn, EVENTS, hook=hook)]
    assert still_waiting(txn) == []


def test_a_brake_stops_a_campaign_tells_its_team_and_keeps_what_had_happened(txn):
    team = add_team(txn)
    hook = add_webhook(txn, team)
    name = add_campaign(txn, team, count=3)
    campaign = running(txn, name)
    sums = Sums(ended=2, failed=2, sent=2, complaints=0)
    assert stop(txn, campaign, PausedBy.FAILURES, "too much fails", sums)
    paused = found(txn, team, name)
    assert (paused.phase, paused.paused_by, paused.paused_reason) == (Phase.PAUSED, PausedBy.FAILURES, "too much fails")
    ((event, data),) = rows(txn, EVENTS, hook=hook)
    assert (event, data["paused"]) == ("campaign.paused", {"by": "failures", "reason": "too much fails"})
    campaign_phases.resume(txn, NODE, team, name)
    assert running(txn, name).braked_sums == attrs.asdict(sums)


def test_a_sender_stops_a_campaign_and_leaves_its_brakes_alone(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=3)
    assert stop(txn, running(txn, name), PausedBy.SENDER, "suspended")
    campaign_phases.resume(txn, NODE, team, name)
    assert running(txn, name).braked_sums == {}


def test_a_campaign_that_is_not_being_sent_is_not_stopped_again(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=3)
    campaign = running(txn, name)
    campaign_phases.pause(txn, NODE, team, name)
    assert not stop(txn, campaign, PausedBy.SENDER, "suspended")


def test_webhooks_are_told_of_a_campaign_that_is_completed(txn):
    team = add_team(txn)
    hook = add_webhook(txn, team)
    name = add_campaign(txn, team, count=2)
    queued(txn, name)
    ((event, data),) = rows(txn, EVENTS, hook=hook)
    assert event == "campaign.completed"
    assert (data["uuid"], data["status"]) == (name, "completed")
    assert data["progress"] == {"recipients": 2, "queued": 2, "skipped": 0, "left": 0}
    assert data["units"] == {"reserved": 2, "captured": 2, "released": 0}


def test_what_carriers_give_back_of_a_paused_campaign_is_held_again_and_what_is_cancelled_is_taken_back(txn):
    team = add_team(txn, 10)
    paused, cancelled = add_campaign(txn, team, count=2), add_campaign(txn, team, count=3)
    queued(txn, paused, 1)
    queued(txn, cancelled, 2)
    campaign_phases.pause(txn, NODE, team, paused)
    campaign_phases.cancel(txn, NODE, team, cancelled)
    txn.execute("UPDATE pending SET due_at = NULL")
    assert not tidy(txn)
    assert rows(txn, "SELECT due_at::date::text FROM pending") == [("2100-01-01",)]
    assert balance(txn, team) == 8
