"""What happens is queued for webhooks in the transaction in which it happens, and only where somebody wants it."""

import orjson
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.inbound import Arrival, InboundPart
from mobilesasa.core.model import Coding, Failure, Never, Origin, Sent
from mobilesasa.core.optouts import OptOut
from mobilesasa.store import hooks, inbound, outcomes, reports, suppressions
from tests.store.given import (
    NOW_MS,
    accepted,
    add_team,
    count,
    delivered,
    failed,
    new_id,
    one,
    rows,
    sent,
    settled,
    told,
)

ADD = """
INSERT INTO webhook (uuid, team_id, url, events, secret, enabled)
VALUES (gen_random_uuid(), %(team)s, 'https://example.com/', %(events)s, 'whsec_AAAA', %(enabled)s) RETURNING id
"""
QUEUED = """
SELECT webhook_event.event, subject, data->'state' FROM webhook_delivery JOIN webhook_event ON webhook_event.id = event_id
WHERE webhook_id = %(webhook)s ORDER BY webhook_delivery.id
"""


def add_webhook(txn, team, *events, enabled=True):
    return one(txn, ADD, team=team, events=list(events or ["*"]), enabled=enabled)


def queued(txn, webhook):
    return [(event, subject) for event, subject, _ in rows(txn, QUEUED, webhook=webhook)]


def events(txn, webhook):
    return [event for event, _ in queued(txn, webhook)]


def arrival(team, text=b"YES", opt_out=None, **more):
    part = InboundPart(1, "254712345678", "22384", Coding.GSM7, text, NOW_MS, **more)
    return Arrival(new_id(), part, team, opt_out=opt_out)


@pytest.fixture
def webhook(txn, team):
    return add_webhook(txn, team)


def test_a_message_that_a_carrier_takes_and_delivers_is_told_twice(txn, team, webhook):
    message = sent(txn, team, "a")
    told(txn, delivered("a"))
    assert queued(txn, webhook) == [("message.sent", message), ("message.delivered", message)]


def test_what_is_told_is_how_the_message_stood_then(txn, team, webhook):
    sent(txn, team, "a")
    told(txn, failed("a", Failure.REJECTED))
    assert [state for *_, state in rows(txn, QUEUED, webhook=webhook)] == [20, 40]
    ((data,),) = rows(txn, "SELECT data FROM webhook_event WHERE event = 'message.failed'")
    assert (data["failure"], data["error"], data["done_at_ms"]) == ("rejected", "001", NOW_MS + 7)


def test_no_text_of_a_message_stands_among_the_events(txn, team, webhook):
    sent(txn, team, "a", text="a word that is nobody's business")
    inbound.take_in(txn, [arrival(team, b"another such word")])
    assert "word" not in orjson.dumps(rows(txn, "SELECT data::text FROM webhook_event")).decode()


def test_a_message_of_several_parts_is_delivered_with_its_last(txn, team, webhook):
    sent(txn, team, "a", "b")
    told(txn, delivered("a"))
    assert events(txn, webhook) == ["message.sent"]
    told(txn, delivered("b"))
    assert events(txn, webhook) == ["message.sent", "message.delivered"]


def test_a_part_that_failed_makes_the_message_fail_with_its_last(txn, team, webhook):
    sent(txn, team, "a", "b")
    told(txn, failed("a"), delivered("b"))
    assert events(txn, webhook) == ["message.sent", "message.failed"]


def test_a_late_delivered_is_told_after_a_failure(txn, team, webhook):
    sent(txn, team, "a")
    told(txn, failed("a"))
    told(txn, delivered("a"))
    assert events(txn, webhook) == ["message.sent", "message.failed", "message.delivered"]


def test_one_late_part_of_two_that_failed_tells_nothing_new(txn, team, webhook):
    sent(txn, team, "a", "b")
    told(txn, failed("a"), failed("b"))
    told(txn, delivered("a"))
    assert events(txn, webhook) == ["message.sent", "message.failed"]


def test_a_receipt_that_came_before_the_answer_is_told_behind_it(txn, team, webhook):
    told(txn, delivered("early"))
    sent(txn, team, "early")
    assert events(txn, webhook) == ["message.sent", "message.delivered"]


def test_a_receipt_that_comes_twice_is_told_once(txn, team, webhook):
    sent(txn, team, "a")
    told(txn, delivered("a"))
    told(txn, delivered("a"))
    assert events(txn, webhook) == ["message.sent", "message.delivered"]


def test_a_message_that_no_carrier_takes_has_failed(txn, team, webhook):
    (message,) = accepted(txn, team)
    settled(txn, (message, Never(Failure.REFUSED, "no", "42")), attempt=0)
    assert queued(txn, webhook) == [("message.failed", message)]


def test_a_message_that_expired_unsent_has_failed(txn, team, webhook):
    accepted(txn, team, expires_at_ms=NOW_MS - 1000)
    outcomes.expire_some(txn, 10)
    assert events(txn, webhook) == ["message.failed"]


def test_messages_that_came_by_rest_are_told_as_those_by_smpp(txn, team, webhook):
    sent(txn, team, "a", origin=Origin.API)
    told(txn, delivered("a"))
    assert events(txn, webhook) == ["message.sent", "message.delivered"]


def test_a_receipt_that_never_came_changes_no_status_and_is_not_told(txn, team, webhook):
    sent(txn, team, "a")
    txn.execute("UPDATE awaiting SET sent_at = now() - interval '100 hours'")
    reports.give_up(txn, 72, 10)
    assert events(txn, webhook) == ["message.sent"]


def test_a_receipt_that_never_came_beside_one_that_failed_is_a_failure(txn, team, webhook):
    sent(txn, team, "a", "b")
    told(txn, failed("a"))
    txn.execute("UPDATE awaiting SET sent_at = now() - interval '100 hours'")
    reports.give_up(txn, 72, 10)
    assert events(txn, webhook) == ["message.sent", "message.failed"]


def test_of_a_team_without_a_webhook_nothing_is_kept(txn, team):
    add_webhook(txn, add_team(txn))
    sent(txn, team, "a")
    told(txn, delivered("a"))
    inbound.take_in(txn, [arrival(team)])
    hooks.emit(txn, team, "balance.low", {"available": 1})
    assert count(txn, "webhook_event") == count(txn, "webhook_delivery") == 0


def test_a_webhook_hears_of_what_it_named_alone(txn, team):
    failures, all_there_is = add_webhook(txn, team, "message.failed"), add_webhook(txn, team)
    sent(txn, team, "a")
    told(txn, delivered("a"))
    assert (events(txn, failures), events(txn, all_there_is)) == ([], ["message.sent", "message.delivered"])


def test_two_webhooks_are_told_of_one_event_by_one_id(txn, team):
    webhooks = [add_webhook(txn, team), add_webhook(txn, team)]
    sent(txn, team, "a")
    assert count(txn, "webhook_event") == 1
    assert rows(txn, "SELECT webhook_id, event_id FROM webhook_delivery ORDER BY 1") == [
        (webhook, one(txn, "SELECT id FROM webhook_event")) for webhook in webhooks
    ]


def test_a_disabled_webhook_is_told_nothing(txn, team):
    disabled = add_webhook(txn, team, enabled=False)
    sent(txn, team, "a")
    assert events(txn, disabled) == []


def test_a_message_from_a_phone_is_told_once_however_often_it_is_written(txn, team, webhook):
    came = arrival(team)
    inbound.take_in(txn, [came])
    inbound.take_in(txn, [came])
    assert queued(txn, webhook) == [("message.received", came.id)]


def test_a_message_from_a_phone_to_nobody_is_not_told(txn, team, webhook):
    inbound.take_in(txn, [arrival(None)])
    assert events(txn, webhook) == []


def test_a_stop_is_told_as_a_message_and_as_an_opt_out(txn, team, webhook):
    stop = OptOut(stops=True, recipient="254712345678", scopes=((team, "MYAPP"),))
    came = arrival(team, b"STOP", opt_out=stop)
    inbound.take_in(txn, [came])
    assert queued(txn, webhook) == [("message.received", came.id), ("optout", came.id)]


def test_who_is_suppressed_already_is_told_of_once(txn, team, webhook):
    suppressions.add(txn, NODE, team, "254712345678", "MYAPP", "api")
    suppressions.add(txn, NODE, team, "254712345678", "MYAPP", "api")
    assert events(txn, webhook) == ["optout"]


def test_a_carrier_s_blacklist_is_told(txn, team, webhook):
    message = sent(txn, team, "a")
    told(txn, failed("a", blacklisted=True))
    assert set(queued(txn, webhook)) == {("message.sent", message), ("optout", message), ("message.failed", message)}


def test_emit_queues_what_it_is_given(txn, team, webhook):
    hooks.emit(txn, team, "import.completed", {"uuid": "u", "rows": 3, "name": "a NUL \x00 and a ü"})
    ((event, data),) = rows(txn, "SELECT event, data FROM webhook_event")
    assert (event, data) == ("import.completed", {"uuid": "u", "rows": 3, "name": "a NUL  and a ü"})
    assert events(txn, webhook) == ["import.completed"]


def test_ids_of_events_begin_with_their_time(txn, team, webhook):
    hooks.emit(txn, team, "balance.low", {})
    event_id, now_ms = rows(
        txn, "SELECT id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM webhook_event"
    )[0]
    assert event_id[14] == "7"
    assert event_id[19] in "89ab"
    assert abs(now_ms - int(event_id[:8] + event_id[9:13], 16)) < 60_000


def test_what_is_undone_was_never_told(txn, team, webhook):
    txn.execute("SAVEPOINT before")
    (message,) = accepted(txn, team)
    settled(txn, (message, Sent(("a",))))
    txn.execute("ROLLBACK TO SAVEPOINT before")
    assert events(txn, webhook) == []
