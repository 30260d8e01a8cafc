"""A process that was taken for dead speaks again, of messages that another one has taken over."""

import pytest

from mobilesasa.core.model import Failure, Never, Sent, State
from tests.store.given import (
    add_run,
    add_team,
    balance,
    claimed,
    delivered,
    settled,
    standing,
    told,
    wrong,
)
from tests.store.test_outcomes import in_hand

OVER = Never(Failure.EXPIRED_UNSENT, "the validity period ended before a carrier took the message")


def taken_over(txn, team):
    """A message that the first process has put on the wire, and that the second has claimed since."""
    message_id = in_hand(txn, team)
    txn.execute("UPDATE pending SET claimed_by = NULL")
    claimed(txn, add_run(txn), message_id)
    return message_id


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("batches", [[["A1", "B1"]], [["A1"], ["B1"]], [["B1"], ["A1"]]])
def test_a_message_that_two_processes_sent_is_counted_once(txn, first, batches):
    team = add_team(txn)
    message_id = taken_over(txn, team)
    for attempt in (first, 3 - first):
        settled(txn, (message_id, Sent(("A1" if attempt == 1 else "B1",))), attempt=attempt)
    notices = [
        notice for refs in batches for notice in told(txn, *[delivered(ref) for ref in refs]) if notice is not None
    ]
    assert standing(txn, message_id)[:3] == (State.DELIVERED, 0, 0)
    assert (len(notices), wrong(txn, "configured")) == (1, [])


def test_a_late_never_refunds_nothing_that_another_process_has_on_the_wire(txn):
    team = add_team(txn)
    message_id = taken_over(txn, team)
    before = balance(txn, team)
    settled(txn, (message_id, OVER), attempt=1)
    settled(txn, (message_id, Sent(("B1",))), attempt=2)
    told(txn, delivered("B1"))
    assert (balance(txn, team), standing(txn, message_id)[0], wrong(txn, "configured")) == (before, State.DELIVERED, [])
