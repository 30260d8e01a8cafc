"""Receipts that missed their answer by a moment are settled when nothing of that moment is under way."""

import contextlib

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.model import Sent, State
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store import lingering
from mobilesasa.store.database import in_transaction
from mobilesasa.store.lingering import Lingering
from tests.store.given import accepted, add_team, count, delivered, one, sent, settled, standing, told, wrong
from tests.store.two import Two

TIMEOUT_S = 30


class OneTransaction:
    """A database whose every call is in the transaction of the test."""

    def __init__(self, txn) -> None:
        self.txn = txn

    async def run(self, name, function, *args):
        return function(self.txn, *args)


@pytest.fixture
def tray(txn) -> Lingering:
    return Lingering(OneTransaction(txn), id_forms, TIMEOUT_S)  # type: ignore[arg-type]


def looked(tray: Lingering) -> int:
    found: list[int] = []
    Deferred.fromCoroutine(tray.look()).addCallback(found.append)
    return found[0]


def park(txn, *refs: str, seconds_ago: float = 60) -> None:
    """Park receipts although their messages are known, as a race leaves them."""
    told(txn, *[delivered(f"other {ref}") for ref in refs])
    for ref in refs:
        txn.execute(
            "UPDATE parked_report SET ref = %(ref)s, at = now() - make_interval(secs => %(ago)s), "
            "report = jsonb_set(report::jsonb, '{ref}', to_jsonb(%(ref)s::text)) WHERE ref = 'other ' || %(ref)s",
            {"ref": ref, "ago": seconds_ago},
        )


def test_one_that_fits_its_message_now_is_settled(txn, tray):
    message_id = sent(txn, add_team(txn), "A1")
    park(txn, "A1")
    assert looked(tray) == 1
    assert standing(txn, message_id)[0] is State.DELIVERED
    assert (count(txn, "parked_report"), wrong(txn, "configured")) == (0, [])


def test_what_came_a_moment_ago_is_left_until_no_statement_of_then_can_be_under_way(txn, tray):
    message_id = sent(txn, add_team(txn), "A1")
    park(txn, "A1", seconds_ago=TIMEOUT_S + 4)
    assert (looked(tray), standing(txn, message_id)[0]) == (0, State.SENT)
    txn.execute("UPDATE parked_report SET at = at - interval '2 seconds'")
    assert (looked(tray), standing(txn, message_id)[0]) == (1, State.DELIVERED)


def test_what_fits_nothing_stays_and_is_looked_at_once(txn, tray):
    park(txn, "A1")
    assert looked(tray) == 0
    sent(txn, add_team(txn), "A1")  # its answer takes what is parked under its id
    assert count(txn, "parked_report") == 0
    park(txn, "B1")
    assert (looked(tray), looked(tray), count(txn, "parked_report")) == (0, 0, 1)


def test_of_what_was_there_before_the_process_the_newest_are_looked_at(txn):
    park(txn, *[f"A{n}" for n in range(5)])
    assert lingering.begin(txn, 2) == one(txn, "SELECT id FROM parked_report ORDER BY id OFFSET 2 LIMIT 1")
    assert lingering.begin(txn, 9) == one(txn, "SELECT min(id) - 1 FROM parked_report")
    txn.execute("DELETE FROM parked_report")
    assert lingering.begin(txn) == 0


def test_two_nodes_that_write_answer_and_receipt_at_once_leave_the_receipt_parked_until_it_is_looked_for(database_dsn):
    with contextlib.closing(Two(database_dsn)) as two:
        team = two.do(add_team)
        (message_id,) = two.do(accepted, team)
        with two.first.cursor() as answering:
            settled(answering, (message_id, Sent(("RACE1",))))
            in_transaction(two.second, told, delivered("RACE1"))
            two.first.commit()
        two.do(lambda txn: txn.execute("UPDATE parked_report SET at = at - interval '60 seconds' WHERE ref = 'RACE1'"))
        assert two.do(standing, message_id)[0] is State.SENT
        with two.first.cursor() as txn:
            assert looked(Lingering(OneTransaction(txn), id_forms, TIMEOUT_S)) == 1  # type: ignore[arg-type]
            two.first.commit()
        assert two.do(standing, message_id)[0] is State.DELIVERED
