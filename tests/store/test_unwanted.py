"""What waits for people who have come to want no more is taken back, with the refund, and nothing else is."""

import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.actors import NODE
from mobilesasa.core.model import Lane, Later, Never, Sent
from mobilesasa.core.optouts import OptOut
from mobilesasa.store import campaign_phases, suppressions, unwanted
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.unwanted import Unwanted
from tests.store.campaigns import add_campaign, found, phone, queued
from tests.store.given import (
    accepted,
    add_carrier,
    add_run,
    add_team,
    balance,
    claimed,
    column,
    new_id,
    one,
    rows,
    settled,
    wrong,
)

pytestmark = pytest.mark.each_postgres

LATER = "UPDATE suppression SET look_at = now() WHERE look_at IS NOT NULL"
LOOK_AT = "SELECT extract(epoch FROM look_at - now())::integer FROM suppression ORDER BY id"
AGE = "UPDATE suppression SET at = at - interval '2 minutes'"


@pytest.fixture
def team(txn):
    return add_team(txn)


def stop(txn, team, n=1, sender="ACME"):
    suppressions.follow(txn, OptOut(True, phone(n), ((team, sender),)), new_id())


def failures(txn):
    """Which recipients' messages have failed, why and for what reason."""
    said = "SELECT recipient, failure, reason FROM message WHERE state = 40 ORDER BY recipient"
    return rows(txn, said)


def ended(n):
    return (phone(n), "cancelled", "its recipient wants no more messages")


def test_what_waits_of_a_campaign_for_somebody_who_says_stop_is_taken_back_and_refunded(txn, team):
    queued(txn, name := add_campaign(txn, team, count=3), carrier_id=add_carrier(txn))
    stop(txn, team, 2)
    assert unwanted.take_back(txn) == (1, [])
    assert failures(txn) == [ended(2)]
    assert balance(txn, team) == 998
    assert rows(txn, "SELECT units, campaign_uuid::text FROM ledger WHERE kind = 'refund'") == [(1, name)]
    assert unwanted.take_back(txn) == (0, [])
    assert wrong(txn) == []


@pytest.mark.parametrize("reason", ["stop", "api", "operator", "blacklisted"])
def test_whoever_suppressed_them_and_for_whatever_reason(txn, team, reason):
    queued(txn, add_campaign(txn, team, count=1))
    suppressions.add(txn, NODE, team, phone(1), "", reason)
    unwanted.take_back(txn)
    assert failures(txn) == [ended(1)]


def test_whom_a_carrier_has_on_its_blacklist_is_spared_the_rest_too(txn, team):
    ids = [*accepted(txn, team, 2, lane=Lane.BULK, sender="ACME", recipient=phone(1))]
    settled(txn, (ids[0], Never("refused", "user is blacklisted")))
    unwanted.take_back(txn)
    assert column(txn, "failure", ids[1]) == "cancelled"


def test_what_is_paused_or_waits_for_its_hours_is_taken_back_as_well(txn, team):
    name = add_campaign(txn, team, count=4)
    queued(txn, name, 2, carrier_id=add_carrier(txn))
    campaign_phases.pause(txn, NODE, team, name)
    stop(txn, team, 1)
    txn.execute("UPDATE pending SET due_at = now() + interval '14 hours', closes_at = now() + interval '24 hours'")
    stop(txn, team, 2)
    unwanted.take_back(txn)
    assert failures(txn) == [ended(1), ended(2)]
    assert (balance(txn, team), wrong(txn)) == (998, [])


def test_bulk_messages_of_no_campaign_are_taken_back_and_single_ones_go_out(txn, team):
    told = {"sender": "ACME", "recipient": phone(1)}
    (single,), (bulk,) = accepted(txn, team, **told), accepted(txn, team, lane=Lane.BULK, **told)
    stop(txn, team)
    looked, notices = unwanted.take_back(txn)
    assert (looked, [notice.message_id for notice in notices]) == (
        1,
        [bulk],
    )  # they came by SMPP, with a wish for receipts
    assert (column(txn, "state", single), column(txn, "state", bulk)) == (10, 40)


def test_messages_of_other_senders_teams_and_to_others_go_out(txn, team):
    other = add_team(txn)
    accepted(txn, team, lane=Lane.BULK, sender="Other", recipient=phone(1))
    accepted(txn, team, lane=Lane.BULK, sender="ACME", recipient=phone(2))
    accepted(txn, other, lane=Lane.BULK, sender="ACME", recipient=phone(1))
    stop(txn, team)
    unwanted.take_back(txn)
    assert failures(txn) == []
    stop(txn, team, sender="")
    unwanted.take_back(txn)
    assert failures(txn) == [ended(1)]


def test_what_a_carrier_has_or_has_a_part_of_is_left(txn, team):
    carrier = add_carrier(txn)
    told = {"lane": Lane.BULK, "sender": "ACME", "recipient": phone(1), "carrier_id": carrier}
    (taken,), (begun,) = accepted(txn, team, **told), accepted(txn, team, parts=2, **told)
    settled(txn, (taken, Sent(("a",))), carrier=carrier)
    claimed(txn, add_run(txn), begun)
    settled(txn, (begun, Later(60.0, "busy", refs=("b", None))), carrier=carrier)
    stop(txn, team)
    unwanted.take_back(txn)
    assert failures(txn) == []
    assert wrong(txn) == []


def test_what_is_in_hand_is_looked_for_again_and_taken_back_when_no_carrier_took_it(txn, team):
    (held,) = accepted(txn, team, lane=Lane.BULK, sender="ACME", recipient=phone(1))
    claimed(txn, add_run(txn), held)
    stop(txn, team)
    txn.execute(AGE)
    unwanted.take_back(txn)
    assert rows(txn, LOOK_AT) == [(5,)]
    settled(txn, (held, Later(60.0, "busy")))
    txn.execute(LATER)
    unwanted.take_back(txn)
    assert failures(txn) == [ended(1)]
    txn.execute(LATER)
    unwanted.take_back(txn)
    assert rows(txn, LOOK_AT) == [(None,)]


def test_what_was_being_stored_when_they_said_stop_is_found_a_minute_later(txn, team):
    stop(txn, team)
    unwanted.take_back(txn)
    assert rows(txn, LOOK_AT) == [(60,)]
    accepted(txn, team, lane=Lane.BULK, sender="ACME", recipient=phone(1))
    txn.execute(AGE)
    txn.execute(LATER)
    unwanted.take_back(txn)
    assert failures(txn) == [ended(1)]


def test_who_wants_messages_again_gets_them(txn, team):
    stop(txn, team)
    suppressions.follow(txn, OptOut(False, phone(1), ((team, "ACME"),)), new_id())
    accepted(txn, team, lane=Lane.BULK, sender="ACME", recipient=phone(1))
    assert unwanted.take_back(txn) == (0, [])
    assert failures(txn) == []


@pytest_twisted.ensureDeferred
async def test_the_pool_runs_it(database_dsn):
    database = Database(reactor, database_dsn)
    await database.start()
    assert await Unwanted(database).take_back() == (0, [])
    await database.close()


def test_many_are_looked_at_in_pieces(txn, team):
    queued(txn, add_campaign(txn, team, count=5))
    for n in range(1, 6):
        stop(txn, team, n)
    assert [unwanted.take_back(txn, limit=2)[0] for _ in range(4)] == [2, 2, 1, 0]
    assert len(failures(txn)) == 5


def test_a_campaign_is_not_stopped_by_those_who_want_no_more_of_it(txn, team):
    name = add_campaign(txn, team, count=4)
    queued(txn, name, 2)
    stop(txn, team, 1)
    unwanted.take_back(txn)
    queued(txn, name)
    assert found(txn, team, name).queued == 4
    assert one(txn, "SELECT count(*) FROM pending") == 3


def test_what_somebody_else_alters_at_this_moment_is_passed_over_until_the_next_look(database_dsn):
    opened, other = connect(database_dsn, "looks"), connect(database_dsn, "alters")
    team = in_transaction(opened, add_team)
    in_transaction(opened, lambda txn: accepted(txn, team, lane=Lane.BULK, sender="ACME", recipient=phone(1)))
    in_transaction(opened, stop, team)
    with other.cursor() as txn:
        txn.execute("SELECT FROM pending FOR UPDATE")
        assert in_transaction(opened, unwanted.take_back) == (1, [])
        assert in_transaction(opened, failures) == []
        other.rollback()
    in_transaction(opened, lambda txn: txn.execute(LATER))
    in_transaction(opened, unwanted.take_back)
    assert in_transaction(opened, failures) == [ended(1)]
    opened.close()
    other.close()
