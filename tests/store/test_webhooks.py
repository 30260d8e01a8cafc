"""Webhooks of teams: made, changed, given new secrets and deleted, each with its trail; and their logs."""

import attrs
import pytest

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, NotFound, WebhookDisabled
from mobilesasa.core.hooks import DeliveryState, Outcome, WebhookTerms
from mobilesasa.store import hook_log, hook_queue, hooks, webhooks
from mobilesasa.store.hook_log import Meant, Span
from mobilesasa.store.hook_queue import Settling
from tests.store.given import add_team, new_id, one, rows

BY = Actor(ActorKind.OPERATOR, name="ops")
UUID = "6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10"
NOBODY_S = "6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a11"
TERMS = WebhookTerms("https://example.com/", "shop", ("*",), include_text=False)
LATER_MS = 4_000_000_000_000


@pytest.fixture
def webhook(txn, team):
    webhooks.create(txn, BY, team, UUID, TERMS, "whsec_NEW")
    return int(one(txn, "SELECT id FROM webhook WHERE uuid = %(uuid)s", uuid=UUID))


def trail(txn):
    return rows(txn, "SELECT action, subject, before, after FROM trail ORDER BY id")


def emit(txn, team, *events):
    for event in events:
        hooks.emit(txn, team, event, {})


def settle_all(txn, webhook, *outcomes, wait_s=None):
    _, deliveries = hook_queue.take(txn, webhook, 100)
    batch = [Settling(each.id, outcome, wait_s) for each, outcome in zip(deliveries, outcomes, strict=True)]
    hook_queue.settle(txn, webhook, batch)
    return [each.what.id for each in deliveries]


def states(txn, team, **more):
    return [(each.event, each.state.shown) for each in hook_log.page(txn, Meant(team, UUID, **more), 100, 0)]


def test_what_is_made_is_listed_without_its_secret(txn, team, webhook):
    (found,) = webhooks.of_team(txn, team)
    assert found == webhooks.find(txn, team, UUID)
    assert (found.url, found.events, found.enabled, found.disabled_reason) == (
        "https://example.com/",
        ("*",),
        True,
        None,
    )
    assert "whsec" not in repr(found)


def test_the_trail_tells_of_it_without_the_secret(txn, team, webhook):
    ((action, subject, before, after),) = trail(txn)
    assert (action, subject, before) == ("webhook.create", UUID, None)
    assert after == {
        "url": "https://example.com/",
        "description": "shop",
        "events": ["*"],
        "include_text": False,
        "enabled": True,
    }


def test_a_team_has_ten_at_most(txn, team):
    for n in range(webhooks.ENDPOINTS_MAX):
        webhooks.create(txn, BY, team, UUID[:-2] + f"{n:02}", TERMS, "whsec_NEW")
    with pytest.raises(BadValue):
        webhooks.create(txn, BY, team, UUID[:-2] + "aa", TERMS, "whsec_NEW")
    webhooks.delete(txn, BY, team, UUID[:-2] + "00")
    webhooks.create(txn, BY, team, UUID[:-2] + "aa", TERMS, "whsec_NEW")


def test_what_changes_is_in_the_trail_and_what_does_not_is_not(txn, team, webhook):
    changed = webhooks.update(txn, BY, team, UUID, lambda terms: attrs.evolve(terms, events=("optout",)))
    assert changed.events == ("optout",)
    assert trail(txn)[-1] == ("webhook.update", UUID, {"events": ["*"]}, {"events": ["optout"]})


def test_one_that_its_team_disables_says_so_and_begins_anew_when_enabled(txn, team, webhook):
    txn.execute("UPDATE webhook SET failing_since = now()")
    off = webhooks.update(txn, BY, team, UUID, lambda terms: attrs.evolve(terms, enabled=False))
    assert (off.enabled, off.disabled_reason, off.disabled_at_ms is None) == (False, "team", False)
    on = webhooks.update(txn, BY, team, UUID, lambda terms: attrs.evolve(terms, enabled=True))
    assert (on.enabled, on.disabled_reason, on.disabled_at_ms, on.failing_since_ms) == (True, None, None, None)


def test_one_that_was_gone_stays_so_when_something_else_changes(txn, team, webhook):
    txn.execute("UPDATE webhook SET enabled = false, disabled_reason = 'gone', disabled_at = now()")
    changed = webhooks.update(txn, BY, team, UUID, lambda terms: attrs.evolve(terms, description=""))
    assert (changed.enabled, changed.disabled_reason) == (False, "gone")


def test_an_enabled_one_hears_what_was_waiting_for_it(txn, team, webhook):
    emit(txn, team, "optout")
    webhooks.update(txn, BY, team, UUID, lambda terms: attrs.evolve(terms, enabled=False))
    assert hook_queue.take(txn, webhook, 8) is None
    webhooks.update(txn, BY, team, UUID, lambda terms: attrs.evolve(terms, enabled=True))
    assert len(hook_queue.take(txn, webhook, 8)[1]) == 1


def test_a_new_secret_signs_beside_the_old_one_for_a_day(txn, team, webhook):
    webhooks.rotate(txn, BY, team, UUID, "whsec_NEWER")
    assert webhooks.endpoint(txn, team, UUID).secrets == ("whsec_NEWER", "whsec_NEW")
    until = one(txn, "SELECT round(extract(epoch FROM old_secret_until - now()) / 3600) FROM webhook")
    assert (until, trail(txn)[-1]) == (24, ("webhook.rotate", UUID, None, None))


def test_what_is_deleted_is_gone_with_its_secrets(txn, team, webhook):
    assert webhooks.delete(txn, BY, team, UUID).url == "https://example.com/"
    assert webhooks.of_team(txn, team) == []
    assert rows(txn, "SELECT enabled, secret, old_secret FROM webhook") == [(False, "", None)]
    assert trail(txn)[-1] == ("webhook.delete", UUID, {"url": "https://example.com/"}, None)


CALLS = {
    "find": lambda txn, team, uuid: webhooks.find(txn, team, uuid),
    "update": lambda txn, team, uuid: webhooks.update(txn, BY, team, uuid, lambda terms: terms),
    "delete": lambda txn, team, uuid: webhooks.delete(txn, BY, team, uuid),
    "rotate": lambda txn, team, uuid: webhooks.rotate(txn, BY, team, uuid, "whsec_X"),
    "endpoint": lambda txn, team, uuid: webhooks.endpoint(txn, team, uuid),
    "page": lambda txn, team, uuid: hook_log.page(txn, Meant(team, uuid), 10, 0),
    "count": lambda txn, team, uuid: hook_log.count(txn, Meant(team, uuid)),
    "delivery": lambda txn, team, uuid: hook_log.find(txn, team, uuid, UUID),
    "redeliver": lambda txn, team, uuid: hook_log.redeliver(txn, BY, team, uuid, UUID),
    "replay": lambda txn, team, uuid: hook_log.replay(txn, BY, team, uuid, Span(0, LATER_MS)),
    "tested": lambda txn, team, uuid: hook_log.tested(txn, team, uuid, UUID, {}, Outcome(status=200)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("whose", ["another team's", "unknown", "no uuid"])
def test_what_is_not_the_team_s_is_not_found(txn, team, webhook, call, whose):
    asking = add_team(txn) if whose == "another team's" else team
    uuid = {"another team's": UUID, "unknown": NOBODY_S, "no uuid": "webhook-uuid"}[whose]
    with pytest.raises(NotFound):
        CALLS[call](txn, asking, uuid)


@pytest.mark.parametrize(
    "call", [name for name in CALLS if name in ("update", "delete", "rotate", "redeliver", "replay")]
)
def test_who_may_no_more_changes_nothing(txn, team, webhook, call, monkeypatch):
    monkeypatch.setitem(globals(), "BY", Actor(ActorKind.TOKEN, uuid=NOBODY_S))  # a token that is not there
    with pytest.raises(AccessEnded):
        CALLS[call](txn, team, UUID)


def test_the_log_says_what_came_of_each_event(txn, team, webhook):
    emit(txn, team, "optout", "balance.low", "export.completed")
    settle_all(txn, webhook, Outcome(status=200), Outcome(status=500), Outcome(status=500))
    emit(txn, team, "import.completed")
    assert states(txn, team) == [
        ("import.completed", "waiting"),
        ("export.completed", "failed"),
        ("balance.low", "failed"),
        ("optout", "delivered"),
    ]
    assert states(txn, team, state=DeliveryState.WAITING) == [("import.completed", "waiting")]
    assert states(txn, team, state=DeliveryState.FAILED, event="balance.low") == [("balance.low", "failed")]
    assert hook_log.count(txn, Meant(team, UUID, state=DeliveryState.FAILED)) == (2, False)


def test_a_delivery_is_found_by_the_id_of_its_calls(txn, team, webhook):
    emit(txn, team, "optout")
    (event_id,) = settle_all(txn, webhook, Outcome(status=201, answer="thanks", latency_ms=5))
    logged, what = hook_log.find(txn, team, UUID, event_id.upper())
    assert (logged.event_id, logged.status, logged.answer, logged.latency_ms) == (event_id, 201, "thanks", 5)
    assert (what.id, what.event, logged.next_at_ms) == (event_id, "optout", None)


def test_a_delivery_that_is_not_there_is_not_found(txn, team, webhook):
    for uuid in (NOBODY_S, "no uuid"):
        with pytest.raises(NotFound):
            hook_log.find(txn, team, UUID, uuid)
        with pytest.raises(NotFound):
            hook_log.redeliver(txn, BY, team, UUID, uuid)


def test_what_is_delivered_again_begins_anew_under_the_same_id(txn, team, webhook):
    emit(txn, team, "optout")
    (event_id,) = settle_all(txn, webhook, Outcome(status=500))
    again = hook_log.redeliver(txn, BY, team, UUID, event_id)
    assert (again.event_id, again.state, again.attempts) == (event_id, DeliveryState.WAITING, 0)
    assert settle_all(txn, webhook, Outcome(status=200)) == [event_id]
    assert trail(txn)[-1] == ("webhook.redeliver", UUID, None, {"delivery": event_id})


def test_a_replay_queues_what_failed_in_a_span(txn, team, webhook):
    emit(txn, team, "optout", "balance.low")
    settle_all(txn, webhook, Outcome(status=200), Outcome(status=500))
    assert hook_log.replay(txn, BY, team, UUID, Span(0, 1)) == 0
    assert hook_log.replay(txn, BY, team, UUID, Span(0, LATER_MS)) == 1
    assert hook_log.replay(txn, BY, team, UUID, Span(0, LATER_MS)) == 0  # it waits already
    assert states(txn, team) == [("balance.low", "waiting"), ("optout", "delivered")]


def test_a_replay_of_all_queues_what_was_delivered_as_well(txn, team, webhook):
    emit(txn, team, "optout", "balance.low")
    settle_all(txn, webhook, Outcome(status=200), Outcome(status=500))
    assert hook_log.replay(txn, BY, team, UUID, Span(0, LATER_MS, all_states=True)) == 2


def test_a_replay_takes_the_oldest_first_and_only_so_many(txn, team, webhook, monkeypatch):
    monkeypatch.setattr(hook_log, "REPLAYED_MAX", 2)  # ten thousand rows say no more
    emit(txn, team, "optout", "balance.low", "export.completed")
    settle_all(txn, webhook, *[Outcome(status=500)] * 3)
    assert [hook_log.replay(txn, BY, team, UUID, Span(0, LATER_MS)) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("call", ["redeliver", "replay"])
def test_a_disabled_one_is_told_nothing_again(txn, team, webhook, call):
    txn.execute("UPDATE webhook SET enabled = false")
    with pytest.raises(WebhookDisabled):
        CALLS[call](txn, team, UUID)


@pytest.mark.parametrize(("status", "state"), [(200, DeliveryState.DELIVERED), (500, DeliveryState.FAILED)])
def test_a_test_is_logged_and_never_told_again(txn, team, webhook, status, state):
    logged = hook_log.tested(txn, team, UUID, NOBODY_S, {"message": "hi"}, Outcome(status=status, answer="ok"))
    assert (logged.event, logged.state, logged.attempts, logged.next_at_ms) == ("ping", state, 1, None)
    assert hook_log.find(txn, team, UUID, NOBODY_S)[1].data == {"message": "hi"}
    assert hook_queue.due(txn, range(hook_queue.SLOTS)) == []


def test_of_tests_the_newest_are_kept_with_what_they_told_and_nothing_else_goes(txn, team, webhook, monkeypatch):
    monkeypatch.setattr(hook_log, "TESTS_KEPT", 3)
    emit(txn, team, "optout")
    webhooks.create(txn, BY, team, NOBODY_S, TERMS, "whsec_NEW")
    told = [new_id() for _ in range(5)]
    hook_log.tested(txn, team, NOBODY_S, new_id(), {}, Outcome(status=200))
    for event_id in told:
        hook_log.tested(txn, team, UUID, event_id, {}, Outcome(status=200))
    listed = [(each.event, each.event_id) for each in hook_log.page(txn, Meant(team, UUID), 99, 0)]
    assert listed[:3] == [("ping", event_id) for event_id in told[:1:-1]]
    assert [event for event, _ in listed[3:]] == ["optout"]
    assert hook_log.count(txn, Meant(team, NOBODY_S, event="ping")) == (1, False)
    assert one(txn, "SELECT count(*) FROM webhook_event WHERE event = 'ping'") == 4


def test_many_tests_of_before_go_in_several_steps(txn, team, webhook, monkeypatch):
    for _ in range(6):
        hook_log.tested(txn, team, UUID, new_id(), {}, Outcome(status=200))
    monkeypatch.setattr(hook_log, "TESTS_KEPT", 2)
    monkeypatch.setattr(hook_log, "TESTS_DROPPED", 3)
    kept = []
    for _ in range(3):
        hook_log.tested(txn, team, UUID, new_id(), {}, Outcome(status=200))
        kept.append(hook_log.count(txn, Meant(team, UUID))[0])
    assert kept == [4, 2, 2]
