"""What PostgreSQL refuses for what it holds: it is left out, and the rest of its list is written."""

import os

import psycopg2
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.model import Sent, State
from mobilesasa.store.database import connect, in_transaction, is_about_content
from mobilesasa.store.reports import REPORTING
from mobilesasa.store.writer import Writer
from tests.store.given import accepted, add_team, delivered, settled, standing


@pytest_twisted.ensureDeferred
async def test_a_receipt_that_no_index_holds_keeps_no_other_from_being_written(database_dsn):
    opened = connect(database_dsn, "tests")
    (message_id,) = in_transaction(opened, lambda txn: accepted(txn, add_team(txn)))
    in_transaction(opened, settled, (message_id, Sent(("a",))))
    writer = Writer(reactor, lambda: connect(database_dsn, "writer"))
    writer.start()
    endless = os.urandom(6000).hex()
    told = await writer.write(REPORTING, [delivered(endless), delivered("a")])
    await writer.stop()
    assert [notice and notice.message_id for notice in told] == [None, message_id]
    assert in_transaction(opened, standing, message_id)[0] is State.DELIVERED
    opened.close()


def test_a_statement_that_took_too_long_is_not_to_blame_for_what_it_holds(txn):
    def code_of(statement: str) -> bool:
        txn.execute("SAVEPOINT before")
        try:
            txn.execute(statement)
        except psycopg2.Error as error:
            txn.execute("ROLLBACK TO before")
            return is_about_content(error)
        raise AssertionError(statement)

    assert not code_of("SET LOCAL statement_timeout = '1ms'; SELECT pg_sleep(1)")
    assert code_of("SELECT 1 / 0")
