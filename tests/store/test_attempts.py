"""Wrong passwords, counted on a real PostgreSQL (decision 9)."""

import pytest

from mobilesasa.core.errors import TooManyAttempts
from mobilesasa.core.people import account_digest
from mobilesasa.store import attempts
from mobilesasa.store.database import Txn
from tests.store.two import Two

JANE, OTTO = account_digest("jane@acme.example"), account_digest("otto@acme.example")
HERE, THERE = "192.0.2.7", "192.0.2.8"


def count(txn: Txn, times: int, account: bytes = JANE, address: str = HERE) -> None:
    for _ in range(times):
        attempts.count(txn, account, address)


def test_decision_9_the_sixth_within_a_quarter_of_an_hour_is_one_too_many(txn: Txn):
    count(txn, 5)
    with pytest.raises(TooManyAttempts) as refused:
        count(txn, 1)
    assert 890 < refused.value.retry_after_s <= 900


def test_other_accounts_of_the_address_and_the_account_from_elsewhere_go_on(txn: Txn):
    count(txn, 5)
    count(txn, 5, OTTO)
    count(txn, 5, JANE, THERE)


def test_an_account_is_the_same_in_whatever_case():
    assert account_digest(" Jane@ACME.example") == JANE


def test_a_right_one_resets_the_count(txn: Txn):
    count(txn, 5)
    attempts.reset(txn, JANE, HERE)
    count(txn, 5)


def test_after_the_time_the_count_begins_anew_and_what_is_old_is_forgotten(txn: Txn):
    count(txn, 5)
    txn.execute("UPDATE login_attempt SET since = now() - interval '15 minutes'")
    count(txn, 5)
    count(txn, 1, OTTO)
    txn.execute("UPDATE login_attempt SET since = now() - interval '15 minutes' WHERE attempts = 1")
    assert (attempts.forget(txn, 10), attempts.forget(txn, 10)) == (1, 0)
    with pytest.raises(TooManyAttempts):
        count(txn, 1)


def test_two_at_once_are_counted_one_after_the_other(database_dsn: str):
    two = Two(database_dsn)
    two.do(count, 4)
    with two.first.cursor() as txn:
        count(txn, 1)
    end = two.meanwhile(count, 1)
    with pytest.raises(TooManyAttempts):
        end()
    two.close()


def accounts(times: int) -> list[bytes]:
    return [account_digest(f"{number}@acme.example") for number in range(times)]


def test_decision_9_who_tries_many_accounts_from_one_address_is_stopped_after_a_hundred(txn: Txn):
    for account in accounts(100):
        count(txn, 1, account)
    with pytest.raises(TooManyAttempts, match="too many wrong passwords or links from this address"):
        count(txn, 1)
    count(txn, 1, JANE, THERE)


def test_what_was_right_does_not_count_against_its_address(txn: Txn):
    for account in accounts(120):
        count(txn, 1, account)
        attempts.reset(txn, account, HERE)
    count(txn, 5)


def test_one_account_that_is_tried_over_and_over_does_not_stop_the_others_of_its_address(database_dsn: str):
    two = Two(database_dsn)
    two.do(count, 5)
    for _ in range(100):
        with pytest.raises(TooManyAttempts, match="for this account"):
            two.do(count, 1)
    two.do(count, 5, OTTO)
    two.close()
