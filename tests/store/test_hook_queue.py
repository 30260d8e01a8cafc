"""The queue of a webhook: what is due and in which order, what came of it, and what goes when it is old."""

import pytest

from mobilesasa.core.hooks import DeliveryState, Outcome
from mobilesasa.store import hook_queue, hooks, inbound
from mobilesasa.store.hook_queue import SLOTS, Settling
from tests.store.given import add_team, count, delivered, one, rows, sent, told
from tests.store.test_hooks import add_webhook, arrival

TAKEN, REFUSED, GONE = Outcome(status=204, latency_ms=7), Outcome(status=500, answer="oops"), Outcome(status=410)
SILENT = Outcome(error="no answer within 15 s", latency_ms=15_000)
ROW = "SELECT state, attempts, next_at IS NULL, status, error, answer, latency_ms FROM webhook_delivery WHERE webhook_id = %(webhook)s"
IN_S = "SELECT round(extract(epoch FROM next_at - now())) FROM webhook_delivery WHERE webhook_id = %(webhook)s"
SLOT_OF = range(SLOTS)


@pytest.fixture
def webhook(txn, team):
    return add_webhook(txn, team)


def emit(txn, team, *events):
    for event in events:
        hooks.emit(txn, team, event, {"n": event})


def taken(txn, webhook, limit=8):
    return hook_queue.take(txn, webhook, limit)[1]


def settle(txn, webhook, *outcomes, wait_s=None):
    batch = [Settling(each.id, outcome, wait_s) for each, outcome in zip(taken(txn, webhook), outcomes, strict=True)]
    return hook_queue.settle(txn, webhook, batch)


def named(deliveries):
    return [each.what.event for each in deliveries]


def test_what_waits_is_taken_in_the_order_in_which_it_happened(txn, team, webhook):
    emit(txn, team, "balance.low", "export.completed", "optout")
    assert named(taken(txn, webhook, 2)) == ["balance.low", "export.completed"]


def test_an_endpoint_comes_with_its_address_and_its_secrets(txn, team, webhook):
    endpoint, deliveries = hook_queue.take(txn, webhook, 8)
    assert (endpoint.id, endpoint.team_id, endpoint.url, endpoint.secrets) == (
        webhook,
        team,
        "https://example.com/",
        ("whsec_AAAA",),
    )
    assert deliveries == []


@pytest.mark.parametrize(("hours", "secrets"), [(1, ("whsec_AAAA", "whsec_OLD")), (-1, ("whsec_AAAA",))])
def test_an_old_secret_is_good_until_its_time_is_over(txn, webhook, hours, secrets):
    txn.execute(
        "UPDATE webhook SET old_secret = 'whsec_OLD', old_secret_until = now() + make_interval(hours => %(hours)s)",
        {"hours": hours},
    )
    assert hook_queue.take(txn, webhook, 8)[0].secrets == secrets


def test_a_message_comes_with_all_that_its_row_says(txn, team, webhook):
    message = sent(txn, team, "a", text="Hello")
    ((first,),) = [taken(txn, webhook)]
    assert (first.what.event, first.what.subject, first.what.message.id, first.what.message.text) == (
        "message.sent",
        message,
        message,
        "Hello",
    )


def test_a_message_from_a_phone_does_as_well(txn, team, webhook):
    came = arrival(team)
    inbound.take_in(txn, [came])
    ((first,),) = [taken(txn, webhook)]
    assert (first.what.inbound.id, first.what.inbound.text, first.what.message) == (came.id, "YES", None)


def test_of_a_message_that_is_no_longer_there_only_the_event_is_left(txn, team, webhook):
    sent(txn, team, "a")
    txn.execute("DELETE FROM message")
    assert [(each.what.event, each.what.message) for each in taken(txn, webhook)] == [("message.sent", None)]


def test_a_disabled_endpoint_hears_nothing(txn, team, webhook):
    emit(txn, team, "optout")
    txn.execute("UPDATE webhook SET enabled = false")
    assert hook_queue.take(txn, webhook, 8) is None
    assert hook_queue.due(txn, SLOT_OF) == []


def test_what_was_taken_waits_no_more(txn, team, webhook):
    emit(txn, team, "optout")
    assert settle(txn, webhook, TAKEN) is None
    assert rows(txn, ROW, webhook=webhook) == [(DeliveryState.DELIVERED, 1, True, 204, None, None, 7)]
    assert taken(txn, webhook) == []


def test_what_failed_waits_for_its_time(txn, team, webhook):
    emit(txn, team, "optout")
    settle(txn, webhook, SILENT, wait_s=300.0)
    assert rows(txn, ROW, webhook=webhook) == [
        (DeliveryState.WAITING, 1, False, None, "no answer within 15 s", None, 15_000)
    ]
    assert one(txn, IN_S, webhook=webhook) == 300
    assert taken(txn, webhook) == hook_queue.due(txn, SLOT_OF) == []


def test_what_failed_for_good_stays_in_the_log(txn, team, webhook):
    emit(txn, team, "optout")
    settle(txn, webhook, REFUSED)
    assert rows(txn, ROW, webhook=webhook) == [(DeliveryState.FAILED, 1, True, 500, None, "oops", 0)]


def test_a_retry_counts_on(txn, team, webhook):
    emit(txn, team, "optout")
    settle(txn, webhook, REFUSED, wait_s=0.0)
    ((again,),) = [taken(txn, webhook)]
    assert again.attempts == 1


def test_endpoints_of_slots_that_are_ours_are_found_when_something_is_due(txn, team, webhook):
    other = add_team(txn)
    silent, emitting = add_webhook(txn, other, "balance.low"), add_webhook(txn, other, "optout")
    emit(txn, other, "optout")
    assert hook_queue.due(txn, SLOT_OF) == [emitting]
    assert hook_queue.due(txn, [each for each in SLOT_OF if each != emitting % SLOTS]) == []
    assert silent not in hook_queue.due(txn, SLOT_OF)


def test_410_disables_the_endpoint_and_the_trail_says_so(txn, team, webhook):
    emit(txn, team, "optout")
    assert settle(txn, webhook, GONE) == "gone"
    assert rows(txn, "SELECT enabled, disabled_reason, disabled_at IS NOT NULL FROM webhook") == [(False, "gone", True)]
    assert rows(txn, "SELECT action, after, actor_name FROM trail") == [("webhook.disable", {"reason": "gone"}, "node")]


@pytest.mark.parametrize(("days", "reason"), [(4.9, None), (5.1, "failing")])
def test_failing_for_five_days_disables_the_endpoint(txn, team, webhook, days, reason):
    txn.execute("UPDATE webhook SET failing_since = now() - make_interval(secs => %(s)s)", {"s": days * 86_400})
    emit(txn, team, "optout")
    assert settle(txn, webhook, REFUSED, wait_s=5.0) == reason


def test_one_success_ends_a_row_of_failures(txn, team, webhook):
    emit(txn, team, "optout", "balance.low")
    settle(txn, webhook, REFUSED, REFUSED, wait_s=0.0)
    assert one(txn, "SELECT failing_since = now() FROM webhook")
    settle(txn, webhook, TAKEN, REFUSED)
    assert one(txn, "SELECT failing_since IS NULL FROM webhook")


def test_what_waits_and_for_how_long_is_known(txn, team, webhook):
    assert hook_queue.waiting(txn, SLOT_OF) == (0, 0.0)
    emit(txn, team, "optout", "balance.low")
    txn.execute("UPDATE webhook_delivery SET since = now() - interval '1 minute' WHERE event = 'optout'")
    assert hook_queue.waiting(txn, SLOT_OF) == (2, 60.0)
    assert hook_queue.waiting(txn, []) == (0, 0.0)


def test_events_of_one_transaction_tell_each_endpoint_once(txn, team, webhook):
    sent(txn, team, "a")
    told(txn, delivered("a"))
    assert count(txn, "webhook_delivery") == 2  # and PostgreSQL tells equal notifications of a transaction once


AGE = """
UPDATE webhook_event SET id = (lpad(to_hex((extract(epoch FROM now() - interval '40 days') * 1000)::bigint), 12, '0')
    || substr(replace(id::text, '-', ''), 13))::uuid WHERE event = 'optout';
UPDATE webhook_delivery SET event_id = (SELECT id FROM webhook_event WHERE event = 'optout') WHERE event = 'optout'
"""


def test_what_is_older_than_the_log_is_kept_goes(txn, team, webhook):
    emit(txn, team, "optout", "balance.low")
    txn.execute(AGE)
    assert not hook_queue.forget(txn, 30, 10)
    assert rows(txn, "SELECT event FROM webhook_event") == [("balance.low",)]
    assert rows(txn, "SELECT event FROM webhook_delivery") == [("balance.low",)]


def test_it_goes_in_pieces(txn, team, webhook):
    emit(txn, team, "optout", "balance.low")
    txn.execute(AGE)
    assert [hook_queue.forget(txn, 30, 1) for _ in range(3)] == [True, True, False]


def test_the_log_of_a_deleted_endpoint_goes_and_then_the_endpoint(txn, team, webhook):
    emit(txn, team, "optout")
    txn.execute("UPDATE webhook SET enabled = false, deleted_at = now()")
    assert not hook_queue.forget(txn, 30, 10)
    assert count(txn, "webhook") == count(txn, "webhook_delivery") == 0
