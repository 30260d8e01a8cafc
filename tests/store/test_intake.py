"""Accepting: the charge, the entry, the row and its place in the queue, all or nothing (I1, I4)."""

import threading

import psycopg2.errors
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import InsufficientUnits
from mobilesasa.core.model import Coding, Lane, Origin, Wish
from mobilesasa.core.scopes import Role
from mobilesasa.store import trail
from mobilesasa.store.claims import Claim, claim
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.intake import accept
from mobilesasa.store.intake_once import accept_again
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    balance,
    column,
    count,
    new_id,
    one,
    priced,
    rows,
    undone,
    wrong,
)
from tests.store.test_logins import add_user, begun

pytestmark = pytest.mark.each_postgres


def test_a_message_is_kept_as_it_was_accepted_and_comes_out_of_the_claim_the_same(txn):
    team = add_team(txn)
    message = priced(
        team, carrier_id=7, lane=Lane.BULK, origin=Origin.API, wish=Wish.NONE, text="Jambo, \U0001f600 \u20ac \u2028 \\u0000 \"'",
        coding=Coding.UCS2, parts=3, price_units=6, options={"client_reference": "7", "flash": True},
    )  # fmt: skip
    assert accept(txn, [message]) == [None]
    (taken,) = claim(txn, [Claim(message.id, add_run(txn))])
    assert taken is not None
    for name in [
        "id",
        "team_id",
        "carrier_id",
        "lane",
        "sender",
        "recipient",
        "text",
        "body",
        "udh",
        "coding",
        "parts",
        "expires_at_ms",
        "options",
    ]:
        assert getattr(taken, name) == getattr(message, name), name
    assert (taken.attempt, taken.sent_parts) == (1, 0)


def test_octets_are_kept_as_they_are(txn):
    team = add_team(txn)
    message = priced(team, text=None, body=bytes(range(134)), udh=b"\x05\x00\x03\x00\xff\x01", coding=Coding.BINARY)
    assert accept(txn, [message]) == [None]
    (taken,) = claim(txn, [Claim(message.id, add_run(txn))])
    assert taken is not None
    assert (taken.text, taken.body, taken.udh, taken.coding) == (None, message.body, message.udh, Coding.BINARY)


def test_a_team_that_can_pay_for_20_of_50_gets_exactly_the_first_20(txn):
    team = add_team(txn, 20)
    verdicts = accept(txn, [priced(team) for _ in range(50)])
    assert [verdict is None for verdict in verdicts] == [True] * 20 + [False] * 30
    assert balance(txn, team) == 0
    assert count(txn, "message") == count(txn, "pending") == 20


def test_a_refusal_says_what_the_message_costs(txn):
    (verdict,) = accept(txn, [priced(add_team(txn, 2), parts=3)])
    assert isinstance(verdict, InsufficientUnits)
    assert verdict.needed_units == 3


def test_a_cheap_message_behind_one_that_is_too_dear_is_taken(txn):
    team = add_team(txn, 10)
    verdicts = accept(txn, [priced(team, parts=parts) for parts in (6, 6, 3, 2, 1)])
    assert [verdict is None for verdict in verdicts] == [True, False, True, False, True]
    assert balance(txn, team) == 0


def test_a_message_of_a_team_that_is_not_there_is_refused(txn):
    assert isinstance(accept(txn, [priced(2_000_000_000)])[0], InsufficientUnits)


def test_no_message_is_no_work(txn):
    assert accept(txn, []) == []


def test_a_message_names_the_entry_that_paid_for_it_and_the_entry_says_for_how_many(txn):
    team, other = add_team(txn), add_team(txn)
    batch = [priced(team, parts=2), priced(other), priced(team)]
    accept(txn, batch)
    entries = {column(txn, "charge_id", message.id) for message in batch if message.team_id == team}
    (entry,) = entries
    shown = rows(txn, "SELECT team_id, kind, units, messages FROM ledger WHERE id = %(id)s", id=entry)
    assert shown == [(team, "charge", -3, 2)]


def test_a_scheduled_message_waits_with_its_time(txn):
    (message_id,) = accepted(txn, add_team(txn), due_at_ms=NOW_MS + HOUR_MS)
    due = "SELECT extract(epoch FROM due_at) * 1000 FROM pending WHERE message_id = %(id)s"
    assert one(txn, due, id=message_id) == NOW_MS + HOUR_MS


def test_a_resend_names_the_message_it_repeats(txn):
    team = add_team(txn)
    (first,) = accepted(txn, team)
    (again,) = accepted(txn, team, resent_from=first)
    assert column(txn, "resent_from", again) == first


batches = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 10)), max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 60), min_size=3, max_size=3), batches)
def test_each_team_gets_what_it_can_pay_in_order_whatever_the_batch(txn, units, batch):
    with undone(txn):
        carrier = add_carrier(txn)
        teams = [add_team(txn, each) for each in units]
        left = list(units)
        expected = []
        for place, price in batch:
            expected.append(left[place] >= price)
            left[place] -= price if expected[-1] else 0
        messages = [priced(teams[place], parts=price, carrier_id=carrier) for place, price in batch]
        assert [verdict is None for verdict in accept(txn, messages)] == expected
        assert [balance(txn, team) for team in teams] == left
        assert wrong(txn) == []


def test_two_connections_spend_a_balance_once(database_dsn):
    first, second, third = (connect(database_dsn, "tests") for _ in range(3))
    team = in_transaction(third, add_team, 100)
    taken = []

    def spend(opened):
        for _ in range(8):
            batch = [priced(team, parts=1 + n % 3) for n in range(10)]
            verdicts = in_transaction(opened, accept, batch)
            taken.append(sum(m.price_units for m, v in zip(batch, verdicts, strict=True) if v is None))

    threads = [threading.Thread(target=spend, args=(opened,)) for opened in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 100
    assert in_transaction(third, balance, team) == 0
    assert in_transaction(third, wrong, "configured") == []
    for opened in (first, second, third):
        opened.close()


def test_a_batch_that_waited_for_another_spender_sees_what_is_left(database_dsn):
    first, second = connect(database_dsn, "tests"), connect(database_dsn, "tests")
    team = in_transaction(first, add_team, 5)
    with first.cursor() as txn:
        assert accept(txn, [priced(team) for _ in range(4)]) == [None] * 4
    verdicts = []
    waiting = threading.Thread(
        target=lambda: verdicts.extend(in_transaction(second, accept, [priced(team), priced(team)]))
    )
    waiting.start()
    first.commit()
    waiting.join()
    assert [verdict is None for verdict in verdicts] == [True, False]
    assert in_transaction(first, balance, team) == 0
    first.close()
    second.close()


def test_a_balance_is_never_negative(txn):
    team = add_team(txn, 1)
    with pytest.raises(psycopg2.errors.CheckViolation):
        txn.execute("UPDATE team SET balance = -1 WHERE id = %(team)s", {"team": team})


@pytest.mark.parametrize("statement", ["UPDATE ledger SET units = 1", "DELETE FROM ledger", "TRUNCATE ledger"])
def test_the_ledger_is_append_only(txn, statement):
    add_team(txn, 1)
    with pytest.raises(psycopg2.errors.RaiseException, match="append-only"):
        txn.execute(statement)


def test_the_carriers_that_are_tried_next_wait_with_the_message(txn):
    team = add_team(txn)
    batch = [priced(team, fallbacks=(3, 2)), priced(team)]
    accept(txn, batch)
    waiting = dict(rows(txn, "SELECT message_id::text, fallbacks FROM pending"))
    assert [waiting[message.id] for message in batch] == [[3, 2], None]


# After a COMMIT of which nobody knows whether it happened.


def test_accepting_again_what_was_committed_charges_nothing_twice(txn):
    team = add_team(txn, 10)
    batch = [priced(team) for _ in range(4)]
    assert accept(txn, batch) == accept_again(txn, batch) == [None] * 4
    assert balance(txn, team) == 6
    assert count(txn, "message") == 4


def test_accepting_again_what_was_not_committed_accepts_it(txn):
    team = add_team(txn, 3)
    verdicts = accept_again(txn, [priced(team) for _ in range(4)])
    assert [verdict is None for verdict in verdicts] == [True, True, True, False]
    assert balance(txn, team) == 0


def test_accepting_again_answers_each_message_in_its_place(txn):
    team = add_team(txn, 5)
    batch = [priced(team, parts=parts) for parts in (2, 4, 3)]
    first = accept(txn, batch)
    again = accept_again(txn, batch)
    assert [v is None for v in first] == [v is None for v in again] == [True, False, True]


def test_an_id_cannot_be_stored_twice(txn):
    team = add_team(txn)
    message_id = new_id()
    with pytest.raises(psycopg2.errors.UniqueViolation):
        accept(txn, [priced(team, id=message_id), priced(team, id=message_id)])


def test_of_two_calls_of_one_login_that_in_a_team_which_it_may_no_longer_act_in_stores_nothing(txn):
    mine, theirs = add_team(txn), add_team(txn)
    login = begun(txn, add_user(txn, mine, theirs, role=Role.OPERATOR))
    actors = [
        Actor(ActorKind.USER, login.user.uuid, login_uuid=login.login_uuid, team_id=team, role=Role.OPERATOR)
        for team in (mine, theirs)
    ]
    txn.execute("UPDATE membership SET role = 'viewer' WHERE team_id = %(team)s", {"team": theirs})
    refusals = accept(txn, [priced(by.team_id, by=by) for by in actors])
    assert [None if refusal is None else str(refusal) for refusal in refusals] == [None, trail.RIGHTS_ENDED]
