"""The decisions about messages that only a real store can show, each by its number."""

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, DeferredList

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.alterations import Cancel
from mobilesasa.core.errors import AccessEnded, AlreadyResent, InsufficientUnits
from mobilesasa.core.model import State
from mobilesasa.store import alterations, messages, tokens
from mobilesasa.store.texts import let_go
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    balance,
    column,
    delivered,
    failed,
    priced,
    sent,
    standing,
    told,
    wrong,
)
from tests.store.test_idempotency import kept, rig
from tests.store.test_texts import keeping, old

__all__ = ("rig",)


@pytest_twisted.ensureDeferred
async def test_decision_37_of_many_sends_at_once_those_that_can_be_paid_are_stored(rig):
    calls = [
        rig.journal.accept_once(priced(rig.team, price_units=7), kept(rig.team, key=f"order-{n}")) for n in range(30)
    ]
    results = await DeferredList([Deferred.fromCoroutine(call) for call in calls], consumeErrors=True)
    refused = [result for done, result in results if not done]
    assert len(refused) == 30 - 14
    assert all(failure.check(InsufficientUnits) for failure in refused)
    assert rig.standing[0] == 14
    assert rig.standing[2] == 100 - 14 * 7
    assert rig.do(wrong, "configured") == []  # there is no carrier


def test_decision_42_a_late_delivery_of_a_message_that_was_resent_changes_that_and_not_the_new_one(txn, team):
    first = sent(txn, team, "late")
    told(txn, failed("late"))
    again = priced(team, resent_from=first)
    messages.resend(txn, team, first, again)
    told(txn, delivered("late"))
    assert standing(txn, first)[0] is State.DELIVERED
    assert standing(txn, again.id)[0] is State.QUEUED
    story = messages.find(txn, team, first)
    assert (story.progress.state, story.resent_as) == (State.DELIVERED, again.id)


def test_decision_41_of_two_resends_the_second_is_told_of_the_first(txn, team):
    first = sent(txn, team, "gone")
    told(txn, failed("gone"))
    messages.resend(txn, team, first, priced(team, resent_from=first))
    with pytest.raises(AlreadyResent):
        messages.resend(txn, team, first, priced(team, resent_from=first))


def test_decision_44_texts_go_after_the_days_of_their_team_and_the_rows_stay(txn):
    team = keeping(txn, 7)
    gone, stays = old(txn, team, 8), old(txn, team, 6)
    while let_go(txn, 0, 100):
        pass
    assert (column(txn, "text", gone), column(txn, "text", stays)) == (None, "Hi")
    assert standing(txn, gone) == standing(txn, stays)


def test_decision_46_a_message_by_rest_expires_as_one_by_smpp(txn, team):
    (message_id,) = accepted(txn, team, expires_at_ms=NOW_MS + HOUR_MS)
    assert messages.find(txn, team, message_id).message.expires_at_ms == NOW_MS + HOUR_MS


def test_decision_24_a_token_that_was_revoked_meanwhile_takes_nothing_back(txn, team):
    (message_id,) = accepted(txn, team)
    made = tokens.create(txn, NODE, team, "for this", ["messages"], None, "mbs_" + "a" * 32)
    by = Actor(ActorKind.TOKEN, made.uuid)
    tokens.revoke(txn, NODE, made.uuid)
    with pytest.raises(AccessEnded):
        alterations.alter(txn, team, [Cancel(message_id)], by=by)
    assert standing(txn, message_id)[0] is State.QUEUED


def test_decision_24_a_token_that_is_good_takes_back_what_waits(txn, team):
    (message_id,) = accepted(txn, team)
    made = tokens.create(txn, NODE, team, "for this", ["messages"], None, "mbs_" + "a" * 32)
    (done,) = alterations.alter(txn, team, [Cancel(message_id)], by=Actor(ActorKind.TOKEN, made.uuid))
    assert done.obstacle is None
    assert standing(txn, message_id)[0] is State.FAILED
    assert balance(txn, team) == 10
