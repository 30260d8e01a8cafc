"""Receipts whose message nobody knows: shown, and looked up once more."""

import pytest

from mobilesasa.core.model import Sent, State
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store import parked
from mobilesasa.store.parked import Retry
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_team,
    count,
    delivered,
    failed,
    one,
    rows,
    sent,
    settled,
    standing,
    told,
    wrong,
)


def retried(txn, carrier_id=None, spell=id_forms, limit=10):
    retry = Retry(carrier_id)
    while not retry.done:
        retry = parked.go_on(txn, retry, spell, limit)
    return retry.looked_at, retry.matched


def test_what_is_parked_is_shown_the_newest_first_with_its_carrier(txn):
    carrier = add_carrier(txn)
    name = one(txn, "SELECT name FROM carrier WHERE id = %(id)s", id=carrier)
    told(txn, delivered("x", carrier_id=carrier, recipient="254712345678"))
    told(txn, failed("y", carrier_id=4711))
    found, (newest, oldest) = parked.show(txn, None, 10)
    assert found == 2
    assert (newest.carrier, newest.report.ref, newest.report.state) == ("4711", "y", State.FAILED)
    assert (oldest.carrier, oldest.report.ref, oldest.report.recipient) == (name, "x", "254712345678")
    assert abs(oldest.at_ms - one(txn, "SELECT (extract(epoch FROM now()) * 1000)::bigint")) < 2


def test_of_many_the_newest_of_one_carrier_are_shown_and_all_are_counted(txn):
    one_carrier, other = add_carrier(txn), add_carrier(txn)
    told(txn, *[delivered(f"m{n}", carrier_id=(one_carrier, other)[n % 2]) for n in range(6)])
    total, shown = parked.show(txn, other, 2)
    assert (total, [each.report.ref for each in shown]) == (3, ["m5", "m3"])
    assert parked.show(txn, 4711, 2) == (0, [])


def test_one_in_a_spelling_that_was_not_thought_of_is_settled_when_it_is_looked_up_again(txn):
    message_id = sent(txn, add_team(txn), "ff")
    told(txn, delivered("255"), delivered("nobody"))
    before = rows(txn, "SELECT id, at FROM parked_report WHERE ref = 'nobody'")
    assert retried(txn) == (2, 1)
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert rows(txn, "SELECT id, at FROM parked_report") == before
    assert count(txn, "spool") == 1
    assert retried(txn) == (1, 0)
    assert wrong(txn, "configured") == []


def test_those_of_another_carrier_stay(txn):
    sent(txn, add_team(txn), "ff")
    told(txn, delivered("255"))
    assert retried(txn, carrier_id=2) == (0, 0)
    assert retried(txn, carrier_id=1) == (1, 1)


def test_of_many_each_is_looked_at_once_in_chunks(txn):
    team = add_team(txn)
    for n in range(5):
        sent(txn, team, f"{0xA0 + n:x}")
    told(txn, *[delivered(str(0xA0 + n)) for n in range(7)])
    assert retried(txn, limit=2) == (7, 5)
    assert count(txn, "parked_report") == 2


def test_one_that_came_long_before_its_message_was_sent_is_of_an_earlier_use_of_the_id(txn):
    (message_id,) = accepted(txn, add_team(txn))
    told(txn, delivered("a"))
    txn.execute("UPDATE parked_report SET at = to_timestamp(%(at)s)", {"at": NOW_MS / 1000 - 3700})
    settled(txn, (message_id, Sent(("a",))))
    assert retried(txn) == (1, 0)
    assert standing(txn, message_id)[0] is State.SENT


def test_of_several_messages_the_one_to_the_number_of_the_receipt_is_meant(txn):
    team = add_team(txn)
    other = sent(txn, team, "255", recipient="254700000009")
    meant = sent(txn, team, "ff", recipient="254700000001")
    txn.execute(
        "INSERT INTO parked_report (carrier_id, ref, report) VALUES (1, '255', %(report)s)",
        {"report": '{"carrier_id":1,"ref":"255","state":30,"failure":null,"error":"","done_at_ms":null,'
                   '"recipient":"254700000001"}'},
    )  # fmt: skip
    assert retried(txn) == (1, 1)
    assert (standing(txn, meant)[0], standing(txn, other)[0]) == (State.DELIVERED, State.SENT)


@pytest.mark.parametrize("heard", [delivered, failed])
def test_a_message_of_several_parts_is_settled_by_the_last(txn, heard):
    message_id = sent(txn, add_team(txn), "a0", "b0")
    told(txn, delivered("160"), heard("176"))
    assert retried(txn) == (2, 2)
    assert standing(txn, message_id)[1] == 0
    assert count(txn, "spool") == 1


def test_a_part_that_is_not_the_last_tells_nobody(txn):
    message_id = sent(txn, add_team(txn), "a0", "b0")
    told(txn, delivered("160"))
    assert retried(txn) == (1, 1)
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    assert count(txn, "spool") == 0
