"""A message whose validity ends in our queue: EXPIRED, refund and receipt (decisions 122 and 123)."""

import pytest

from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Failure, Lane, Origin, State, Wish
from mobilesasa.notify.receipts import receipt_of
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.store import claims
from mobilesasa.store.outcomes import expire_some
from mobilesasa.store.spool import owed
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_run,
    add_team,
    balance,
    claimed,
    count,
    rows,
    standing,
    wrong,
)


def overdue(txn, team, **changes):
    (message_id,) = accepted(txn, team, parts=3, **{"expires_at_ms": NOW_MS - 1000, **changes})
    return message_id


def test_decision_122_what_no_carrier_took_in_time_is_expired_refunded_and_told(txn):
    team = add_team(txn, units=10)
    message_id = overdue(txn, team)
    assert balance(txn, team) == 7
    ended, (notice,) = expire_some(txn, 10)
    assert ended == 1
    assert standing(txn, message_id)[0] is State.FAILED
    assert balance(txn, team) == 10
    assert rows(txn, "SELECT kind, units FROM ledger WHERE message_id = %(id)s", id=message_id) == [("refund", 3)]
    assert owed(txn, team, 0, 10) == [notice]
    receipt = receipt_of(notice, takes_tlvs=True)
    assert receipt.short_message.startswith(f"id:{smpp_id(message_id)} sub:003 dlvrd:000 ".encode())
    assert receipt.short_message.endswith(b" stat:EXPIRED err:005")
    assert receipt.tlvs[Tag.MESSAGE_STATE] == MessageState.EXPIRED
    assert count(txn, "pending") == 0
    assert wrong(txn, "configured") == []


def test_decision_122_it_expires_once(txn):
    team = add_team(txn, units=10)
    overdue(txn, team)
    expire_some(txn, 10)
    assert expire_some(txn, 10) == (0, [])
    assert (balance(txn, team), count(txn, "spool")) == (10, 1)


def test_decision_122_what_is_still_valid_or_in_a_carriers_hand_is_left_alone(txn):
    team = add_team(txn)
    accepted(txn, team)
    claimed(txn, add_run(txn), overdue(txn, team))
    assert expire_some(txn, 10) == (0, [])


def test_decision_123_a_scheduled_message_is_paid_at_once_and_refunded_when_it_expires_before_it_is_sent(txn):
    team = add_team(txn, units=10)
    overdue(txn, team, due_at_ms=NOW_MS - 2 * HOUR_MS, lane=Lane.BULK)
    assert balance(txn, team) == 7
    claims.take_due(txn, 10)
    _, (notice,) = expire_some(txn, 10)
    assert (notice.failure, balance(txn, team)) == (Failure.EXPIRED_UNSENT, 10)


@pytest.mark.parametrize(
    "changes", [{"wish": Wish.NONE}, {"wish": Wish.SUCCESSES}, {"origin": Origin.API, "wish": Wish.ALL}]
)
def test_decision_107_who_wants_no_such_receipt_is_refunded_without_one(txn, changes):
    team = add_team(txn, units=10)
    overdue(txn, team, **changes)
    assert expire_some(txn, 10) == (1, [])
    assert (balance(txn, team), count(txn, "spool")) == (10, 0)
