"""Webhooks by REST: made, changed, tested, and what they were told."""

from pathlib import Path
from typing import get_args

import orjson
import pytest

from mobilesasa.api.resources.webhooks import EventName
from mobilesasa.api.webhook_bodies import body_of
from mobilesasa.api.webhook_examples import examples
from mobilesasa.core.hooks import ALL_EVENTS, EVENTS, SCOPES_OF_EVENT, DeliveryState, HookEvent
from tests.api.rig import NOW_MS, TOKENS, Rig, came, directory, message_id, stored, token

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.rst"
HOOKS = "mbs_hooks"
READS = "mbs_reads_hooks"
ALONE = "mbs_hooks_alone"
NEW = {"url": "https://example.com/hook", "events": ["message.delivered", "message.failed"]}
SUPPRESSED = {
    "uuid": "5b000000-0000-4000-8000-000000000001", "team_id": 1, "recipient": "254712345678", "sender": "", "reason": "stop",
    "source_id": None, "at_ms": NOW_MS,
}  # fmt: skip
NOTHING_S = "0b000000-0000-4000-8000-000000000000"
SENT = {"state": 20, "failure": None, "reason": None, "error": None, "sent_at_ms": NOW_MS + 1000, "done_at_ms": None}


@pytest.fixture
def rig():
    made = Rig()
    hears = ("messages:read", "contacts:read", "campaigns:read", "surveys:read")
    tokens = [
        *TOKENS,
        token(HOOKS, scopes=("webhooks", *hears)),
        token(READS, scopes=("webhooks:read", "messages")),
        token(ALONE, scopes=("webhooks",)),
    ]
    made.directory.now = directory(tokens=tokens)
    return made


def post(rig, path, body=None, **headers):
    return rig.post(path, body, HOOKS, **headers)


def told(n=1, event="optout", data=None, **more):
    return HookEvent(id=message_id(n), event=event, data=data or {}, **more)


def problems(reply):
    return [(each["field"], each["message"]) for each in reply.body["fields"]]


def test_the_names_that_are_read_are_those_there_are():
    assert {*get_args(EventName)} == {*EVENTS, ALL_EVENTS}


def test_decision_89_all_that_http_users_would_poll_for_can_be_told():
    """decisions 89: "webhooks: message.status, message.inbound, optout, survey.response, campaign.completed, balance.low"."""
    statuses = {"message.sent", "message.delivered", "message.failed"}
    assert {*statuses, "message.received", "optout", "survey.response", "campaign.completed", "balance.low"} <= {
        *EVENTS
    }


def test_one_that_is_made_is_shown_with_its_secret_this_once(rig):
    reply = post(rig, "/webhooks", {**NEW, "description": "shop", "include_text": True})
    assert (reply.status, reply.data["secret"]) == (200, "whsec_0")
    uuid = reply.data["uuid"]
    for shown in (rig.get(f"/webhooks/{uuid}", HOOKS).data, rig.get("/webhooks", HOOKS).data["items"][0]):
        assert shown == {key: value for key, value in reply.data.items() if key != "secret"}
    assert (shown["url"], shown["events"], shown["description"], shown["include_text"], shown["status"]) == (
        NEW["url"],
        NEW["events"],
        "shop",
        True,
        "enabled",
    )


def test_a_secret_is_kept_under_no_key(rig):
    key = {"Idempotency-Key": "k"}
    made = post(rig, "/webhooks", NEW, **key).data["uuid"]
    post(rig, f"/webhooks/{made}/secret", **key)
    assert rig.keys.kept == {}


# Who may hear what


@pytest.mark.parametrize("event", EVENTS)
def test_who_hears_an_event_needs_the_scopes_by_which_the_api_tells_of_it(rig, event):
    reply = rig.post("/webhooks", {**NEW, "events": [event]}, ALONE)
    if not SCOPES_OF_EVENT[event]:
        assert reply.status == 200
        return
    assert reply.refusal == (403, "missing_scope")
    assert SCOPES_OF_EVENT[event][-1] in reply.body["error"]
    assert not rig.webhooks.kept
    assert post(rig, "/webhooks", {**NEW, "events": [event]}).status == 200


def test_who_hears_all_there_is_needs_the_scopes_of_all(rig):
    assert rig.post("/webhooks", {**NEW, "events": ["*"]}, ALONE).refusal == (403, "missing_scope")
    assert post(rig, "/webhooks", {**NEW, "events": ["*"]}).status == 200


@pytest.mark.parametrize("body", [{"url": "https://thief.example.com/"}, {"events": ["*"]}, {"include_text": True}])
def test_a_webhook_is_changed_by_who_may_hear_its_events(rig, body):
    before = rig.webhooks.give()
    assert rig.put(f"/webhooks/{before.uuid}", body, ALONE).refusal == (403, "missing_scope")
    assert rig.webhooks.kept[before.uuid] == (1, before)
    assert rig.put(f"/webhooks/{before.uuid}", body, HOOKS).status == 200


def test_a_webhook_is_enabled_by_who_may_hear_its_events(rig):
    uuid = rig.webhooks.give().uuid
    rig.put(f"/webhooks/{uuid}", {"enabled": False}, HOOKS)
    assert rig.post(f"/webhooks/{uuid}/enable", None, ALONE).refusal == (403, "missing_scope")
    assert post(rig, f"/webhooks/{uuid}/enable").status == 200


@pytest.mark.parametrize(
    ("event", "seen"), [("message.received", False), ("optout", False), ("balance.low", True), ("ping", True)]
)
def test_what_was_told_is_seen_by_who_may_hear_the_event(rig, event, seen):
    webhook = rig.webhooks.give()
    inbound = came(3) if event == "message.received" else None
    data = SUPPRESSED if event == "optout" else {"available": 3}
    rig.webhooks.tell(webhook, told(1, event, data, inbound=inbound))
    path = f"/webhooks/{webhook.uuid}/deliveries/{message_id(1)}"
    found = rig.get(path, ALONE).data
    assert (found["body"] is not None, found["response_body"]) == ((True, "ok") if seen else (False, None))
    assert rig.get(path, HOOKS).data["body"]["type"] == event


# What is asked of one


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": ["*"]}, "url"),
        ({"url": "https://example.com/"}, "events"),
        ({**NEW, "events": ["message.read"]}, "events[0]"),
        ({**NEW, "events": []}, "events"),
        ({**NEW, "events": "*"}, "events"),
        ({**NEW, "description": "x" * 201}, "description"),
        ({**NEW, "include_text": "yes"}, "include_text"),
    ],
)
def test_a_wrong_field_is_named(rig, body, field):
    reply = post(rig, "/webhooks", body)
    assert (reply.status, [name for name, _ in problems(reply)]) == (400, [field])
    assert not rig.webhooks.kept


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "ftp://example.com/", "https://10.0.0.1/", "https://example.com:22/"]
)
def test_an_address_that_is_not_called_is_refused(rig, url):
    assert post(rig, "/webhooks", {**NEW, "url": url}).refusal == (400, "bad_webhook_url")


def test_a_team_cannot_have_any_number(rig):
    for _ in range(10):
        post(rig, "/webhooks", NEW)
    assert post(rig, "/webhooks", NEW).refusal == (400, "bad_value")


def test_what_is_left_out_of_a_change_stays(rig):
    uuid = post(rig, "/webhooks", {**NEW, "description": "shop"}).data["uuid"]
    changed = rig.put(f"/webhooks/{uuid}", {"events": ["*", "*"]}, HOOKS).data
    assert (changed["events"], changed["url"], changed["description"]) == (["*"], NEW["url"], "shop")


def test_null_takes_a_description_away(rig):
    uuid = post(rig, "/webhooks", {**NEW, "description": "shop"}).data["uuid"]
    assert rig.put(f"/webhooks/{uuid}", {"description": None}, HOOKS).data["description"] == ""


@pytest.mark.parametrize(
    ("body", "code"),
    [({"url": "https://[::1]/"}, "bad_webhook_url"), ({"events": []}, "bad_request"), ({"url": None}, "bad_request")],
)
def test_a_change_is_looked_at_as_what_is_new(rig, body, code):
    uuid = rig.webhooks.give().uuid
    assert rig.put(f"/webhooks/{uuid}", body, HOOKS).refusal == (400, code)


def test_one_can_be_disabled_and_enabled_again(rig):
    uuid = rig.webhooks.give().uuid
    off = rig.put(f"/webhooks/{uuid}", {"enabled": False}, HOOKS).data
    assert (off["status"], off["disabled_reason"]) == ("disabled", "team")
    on = post(rig, f"/webhooks/{uuid}/enable").data
    assert (on["status"], on["disabled_reason"]) == ("enabled", None)


def test_one_that_is_deleted_is_shown_a_last_time(rig):
    uuid = rig.webhooks.give().uuid
    assert rig.delete(f"/webhooks/{uuid}", HOOKS).data["uuid"] == uuid
    assert rig.get(f"/webhooks/{uuid}", HOOKS).refusal == (404, "not_found")


def test_a_new_secret_is_shown_this_once(rig):
    uuid = rig.webhooks.give().uuid
    assert post(rig, f"/webhooks/{uuid}/secret").data == {"secret": "whsec_new"}
    assert len(rig.webhooks.by) == 1


def test_who_changes_something_is_known_to_the_store(rig):
    uuid = rig.webhooks.give().uuid
    rig.webhooks.tell(rig.webhooks.give(), told())
    for path in ("secret", "enable", "test"):
        post(rig, f"/webhooks/{uuid}/{path}")
    assert {by.uuid for by in rig.webhooks.by} == {f"uuid of {HOOKS}"}
    assert all(by.request_id for by in rig.webhooks.by)


def test_every_event_is_listed_with_an_example(rig):
    items = rig.get("/webhooks/events", READS).data["items"]
    assert [item["event"] for item in items] == list(EVENTS)
    for item in items:
        assert item["example"]["type"] == item["event"]
        assert item["example"]["timestamp"].endswith("Z")
        assert item["example"]["data"]


def test_the_example_of_a_message_is_what_the_api_shows(rig):
    rig.history.put(stored(1))
    shown = rig.get("/messages?page_size=1").data["items"][0]
    assert set(examples()["message.delivered"]["data"]) == set(shown)


def test_an_event_of_a_message_is_as_it_stood_then():
    what = told(1, "message.sent", SENT, message=stored(7), subject=message_id(7))
    data = orjson.loads(body_of(what, include_text=False))
    assert (data["type"], data["timestamp"]) == ("message.sent", "2026-05-11T09:00:00Z")
    shown = data["data"]
    assert (shown["uuid"], shown["status"], shown["sent_at"], shown["to"]) == (
        message_id(7),
        "sent",
        "2026-05-11T09:00:01Z",
        "+254712345678",
    )


@pytest.mark.parametrize(("include_text", "text"), [(True, "Hello"), (False, None)])
def test_the_text_of_a_message_is_told_only_where_that_is_asked_for(include_text, text):
    what = told(1, "message.sent", SENT, message=stored(7))
    assert (b'"message":"Hello"' in body_of(what, include_text)) is (text is not None)
    assert (b'"message":' in body_of(what, include_text)) is include_text


def test_a_failure_is_told_in_the_public_words():
    failed = {**SENT, "state": 40, "failure": "expired", "error": "027", "done_at_ms": NOW_MS + 2000}
    body = body_of(told(1, "message.failed", failed, message=stored(7)), include_text=False)
    assert b'"failure_reason":"expired"' in body
    assert b'"dlr_state":"EXPIRED"' in body


def test_a_message_from_a_phone_is_told_with_its_text():
    body = body_of(told(1, "message.received", inbound=came(3)), include_text=False)
    assert b'"message":"YES"' in body


@pytest.mark.parametrize("event", ["message.sent", "message.received"])
def test_what_is_no_longer_kept_is_not_told(event):
    assert body_of(told(1, event, SENT), include_text=True) is None


def test_deliveries_are_listed_newest_first(rig):
    webhook = rig.webhooks.give()
    rig.webhooks.tell(webhook, told(1))
    rig.webhooks.tell(
        webhook, told(2), state=DeliveryState.FAILED, status=None, error="no answer within 15 s", answer=None
    )
    page = rig.get(f"/webhooks/{webhook.uuid}/deliveries?page_size=1", READS).data
    assert (page["total"], page["pages"], page["items"][0]["uuid"]) == (2, 2, message_id(2))
    assert (page["items"][0]["state"], page["items"][0]["error"]) == ("failed", "no answer within 15 s")
    assert rig.get(f"/webhooks/{webhook.uuid}/deliveries?page=3", READS).data["items"] == []


@pytest.mark.parametrize(
    ("query", "total"), [("state=failed", 1), ("event=optout", 2), ("state=waiting", 0), ("event=x", 0)]
)
def test_deliveries_are_found_by_state_and_event(rig, query, total):
    webhook = rig.webhooks.give()
    rig.webhooks.tell(webhook, told(1))
    rig.webhooks.tell(webhook, told(2), state=DeliveryState.FAILED)
    assert rig.get(f"/webhooks/{webhook.uuid}/deliveries?{query}", READS).data["total"] == total


def test_a_state_that_there_is_not_is_a_wrong_field(rig):
    webhook = rig.webhooks.give()
    reply = rig.get(f"/webhooks/{webhook.uuid}/deliveries?state=lost", READS)
    assert (reply.status, problems(reply)) == (400, [("state", "must be one of waiting, delivered, failed")])


def test_a_delivery_is_shown_with_what_it_tells_and_how_it_was_answered(rig):
    webhook = rig.webhooks.give()
    rig.webhooks.tell(webhook, told(1, "balance.low", {"available": 3}))
    found = rig.get(f"/webhooks/{webhook.uuid}/deliveries/{message_id(1)}", READS).data
    assert found["body"] == {"type": "balance.low", "timestamp": "2026-05-11T09:00:00Z", "data": {"available": 3}}
    assert (found["response_status"], found["response_body"], found["latency_ms"]) == (200, "ok", 84)


def test_a_delivery_about_what_is_no_longer_kept_has_no_body(rig):
    webhook = rig.webhooks.give()
    rig.webhooks.tell(webhook, told(1, "message.received"))
    assert rig.get(f"/webhooks/{webhook.uuid}/deliveries/{message_id(1)}", READS).data["body"] is None


def test_a_test_says_what_came_of_it(rig):
    reply = post(rig, f"/webhooks/{rig.webhooks.give().uuid}/test")
    assert (reply.data["event"], reply.data["response_status"], reply.data["response_body"]) == ("ping", 200, "pong")


def test_a_delivery_can_be_told_again(rig):
    webhook = rig.webhooks.give()
    rig.webhooks.tell(webhook, told(1))
    again = post(rig, f"/webhooks/{webhook.uuid}/deliveries/{message_id(1)}/redeliver").data
    assert (again["uuid"], again["state"], again["attempts"]) == (message_id(1), "waiting", 0)


@pytest.mark.parametrize(
    ("body", "queued"),
    [
        ({"created_from": "2026-05-11T08:00:00Z"}, 0),  # until now, which is nine
        ({"created_from": "2026-05-11T08:00:00Z", "created_to": "2026-05-11T09:00:01Z"}, 1),
        ({"created_from": "2026-05-11T11:00:00+03:00", "created_to": "2026-05-11T13:00:00+03:00", "state": "all"}, 2),
        ({"created_from": "2026-05-11T09:00:01Z", "created_to": "2026-05-11T10:00:00Z"}, 0),
    ],
)
def test_a_span_can_be_told_again(rig, body, queued):
    webhook = rig.webhooks.give()
    rig.webhooks.tell(webhook, told(1))
    rig.webhooks.tell(webhook, told(2), state=DeliveryState.FAILED)
    assert post(rig, f"/webhooks/{webhook.uuid}/replay", body).data == {"queued": queued}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "created_from"),
        ({"created_from": "2026-05-11T09:00:00"}, "created_from"),
        ({"created_from": "2026-05-11T09:00:00Z", "created_to": "2026-05-11T09:00:00Z"}, "created_from"),
        ({"created_from": "2026-05-11T08:00:00Z", "state": "waiting"}, "state"),
    ],
)
def test_a_span_must_be_one(rig, body, field):
    reply = post(rig, f"/webhooks/{rig.webhooks.give().uuid}/replay", body)
    assert (reply.status, problems(reply)[0][0]) == (400, field)


def test_a_disabled_one_is_told_nothing_again(rig):
    webhook = rig.webhooks.give()
    rig.put(f"/webhooks/{webhook.uuid}", {"enabled": False}, HOOKS)
    again = [f"/webhooks/{webhook.uuid}/deliveries/{NOTHING_S}/redeliver", f"/webhooks/{webhook.uuid}/replay"]
    body = {"created_from": "2026-05-11T08:00:00Z"}
    assert [post(rig, path, body).refusal for path in again] == [(409, "webhook_disabled")] * 2


def test_who_may_look_may_not_change(rig):
    webhook = rig.webhooks.give()
    assert rig.get("/webhooks", READS).status == 200
    assert rig.post(f"/webhooks/{webhook.uuid}/test", None, READS).refusal == (403, "missing_scope")


def test_the_document_names_every_event():
    assert {event for event in EVENTS if f"``{event}``" not in DOCUMENT.read_text()} == set()
