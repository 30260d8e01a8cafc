"""Reading messages and resending them, on a real PostgreSQL."""

import itertools

import attrs
import pytest
import pytest_twisted
from psycopg2.errors import LockNotAvailable
from twisted.internet import reactor

from mobilesasa.core.errors import AlreadyResent, InsufficientUnits, NotFailed, NotFound
from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.model import (
    Coding,
    Failure,
    Lane,
    Later,
    Never,
    Origin,
    Priced,
    Report,
    Sent,
    Settlement,
    State,
    Wish,
)
from mobilesasa.store import claims, intake, ledger, messages, outcomes, reports
from mobilesasa.store.database import Database, Txn, connect, in_transaction
from mobilesasa.store.messages import History

AT_MS = 1_790_000_000_000
DAY_MS = 86_400_000
_numbers = itertools.count(1)


def units(txn, team):
    """What a team can spend, and what is reserved."""
    has = ledger.standing(txn, team)
    return has.available_units, has.reserved_units


def message_id(n: int, at_ms: int = AT_MS) -> str:
    head = f"{at_ms:012x}"
    return f"{head[:8]}-{head[8:]}-7000-8000-{n:012x}"


def priced(team_id: int, n: int = 1, at_ms: int = AT_MS, **more: object) -> Priced:
    made = Priced(
        id=message_id(n, at_ms),
        team_id=team_id,
        carrier_id=1,
        lane=Lane.TRANSACTIONAL,
        origin=Origin.API,
        wish=Wish.NONE,
        sender="TextBlast",
        recipient="254712345678",
        text="Hello",
        body=None,
        udh=b"",
        coding=Coding.GSM7,
        parts=1,
        price_units=1,
        expires_at_ms=at_ms + DAY_MS,
        due_at_ms=None,
    )
    return attrs.evolve(made, **more)


def new_team(txn: Txn, units: int = 100) -> int:
    txn.execute(
        "INSERT INTO team (code, name, balance) VALUES (%(code)s, 'A team', %(units)s) RETURNING id",
        {"code": f"M{next(_numbers)}", "units": units},
    )
    (team_id,) = txn.fetchone()
    txn.execute("INSERT INTO ledger (team_id, kind, units) VALUES (%s, 'topup', %s)", (team_id, units))
    return team_id


@pytest.fixture
def team(txn: Txn) -> int:
    return new_team(txn)


def store(txn: Txn, *batch: Priced) -> None:
    assert intake.accept(txn, batch) == [None] * len(batch)


def settle(txn: Txn, message: Priced, outcome: Sent | Later | Never, attempt: int = 1) -> None:
    run, _ = claims.begin_run(txn, f"node-{message.id}")
    assert claims.claim(txn, [claims.Claim(message.id, run)]) != [None]
    outcomes.settle(txn, [Settlement(message.id, 1, attempt, AT_MS + 60_000, outcome)])


def report(txn: Txn, ref: str, state: State, failure: Failure | None = None) -> None:
    reports.report(txn, [Report(1, ref, state, failure, "27" if failure else "", AT_MS + 120_000)])


def fail(txn: Txn, message: Priced) -> None:
    settle(txn, message, Never(Failure.REFUSED, "invalid destination", "11"))


def test_a_message_is_read_as_it_was_stored(txn, team):
    message = priced(team, text="Jambo", options={"flash": True}, price_units=2, parts=2, lane=Lane.BULK)
    store(txn, message)
    story = messages.find(txn, team, message.id)
    assert story.message == message
    assert (story.progress.state, story.attempts, story.events, story.resent_as) == (State.QUEUED, 0, (), None)
    assert story.parts == ((None, State.QUEUED), (None, State.QUEUED))


def test_octets_times_and_headers_are_read_as_they_were_stored(txn, team):
    message = priced(
        team,
        text=None,
        body=b"\x00\xff",
        udh=b"\x05\x00",
        coding=Coding.BINARY,
        due_at_ms=AT_MS + 1,
        origin=Origin.SMPP,
    )
    store(txn, message)
    assert messages.find(txn, team, message.id).message == message


def test_another_team_s_message_is_not_there(txn, team):
    store(txn, priced(team))
    assert messages.find(txn, new_team(txn), message_id(1)) is None
    assert messages.find(txn, team, message_id(2)) is None


def plan(txn: Txn, statement: str, parameters: dict[str, object]) -> str:
    """The plan of a statement where scanning or sorting whole tables is the last resort, as it is with many rows."""
    txn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    txn.execute("EXPLAIN " + statement, parameters)
    return "\n".join(line for (line,) in txn.fetchall())


def test_one_message_is_looked_for_in_one_partition(txn, team):
    shown = plan(txn, messages.FIND, {"id": message_id(1), "team_id": team})
    assert shown.count("Index Scan") == 1
    assert "Append" not in shown


def test_a_message_on_its_way_shows_the_attempts_and_the_delays(txn, team):
    store(txn, priced(team))
    settle(txn, priced(team), Later(30.0, "throttled", "88"))
    story = messages.find(txn, team, message_id(1))
    assert (story.progress.state, story.attempts) == (State.QUEUED, 1)
    (event,) = story.events
    assert (event.kind, event.attempt, event.carrier_id, event.code, event.reason) == (
        "postponed",
        1,
        1,
        "88",
        "throttled",
    )


def test_a_sent_message_shows_the_carrier_s_ids(txn, team):
    message = priced(team, parts=2)
    store(txn, message)
    settle(txn, message, Sent(("s1", "s2")))
    story = messages.find(txn, team, message.id)
    assert (story.progress.state, story.progress.sent_at_ms, story.attempts) == (State.SENT, AT_MS + 60_000, 1)
    assert story.parts == (("s1", State.SENT), ("s2", State.SENT))


def test_a_part_shows_its_own_receipt(txn, team):
    message = priced(team, parts=3)
    store(txn, message)
    settle(txn, message, Sent(("p1", "p2", "p3")))
    report(txn, "p2", State.DELIVERED)
    report(txn, "p3", State.FAILED, Failure.UNDELIVERED)
    story = messages.find(txn, team, message.id)
    assert story.progress.state is State.SENT
    assert story.parts == (("p1", State.SENT), ("p2", State.DELIVERED), ("p3", State.FAILED))


def test_a_delivered_message_has_delivered_parts(txn, team):
    message = priced(team, parts=2)
    store(txn, message)
    settle(txn, message, Sent(("d1", "d2")))
    report(txn, "d1", State.DELIVERED)
    report(txn, "d2", State.DELIVERED)
    story = messages.find(txn, team, message.id)
    assert (story.progress.state, story.progress.done_at_ms) == (State.DELIVERED, AT_MS + 120_000)
    assert story.parts == (("d1", State.DELIVERED), ("d2", State.DELIVERED))


def test_a_failed_receipt_shows_its_reason_and_code(txn, team):
    message = priced(team)
    store(txn, message)
    settle(txn, message, Sent(("f1",)))
    report(txn, "f1", State.FAILED, Failure.UNDELIVERED)
    story = messages.find(txn, team, message.id)
    assert (story.progress.state, story.progress.failure, story.progress.error) == (
        State.FAILED,
        Failure.UNDELIVERED,
        "27",
    )
    assert story.parts == (("f1", State.FAILED),)


def test_a_refused_message_shows_the_refusal_and_no_ids(txn, team):
    message = priced(team, parts=2)
    store(txn, message)
    fail(txn, message)
    story = messages.find(txn, team, message.id)
    assert (story.progress.failure, story.progress.reason, story.progress.error) == (
        Failure.REFUSED,
        "invalid destination",
        "11",
    )
    assert [event.kind for event in story.events] == ["refused"]
    assert story.parts == ((None, State.FAILED), (None, State.FAILED))


def forget_receipts(txn: Txn, message: Priced) -> None:
    """What the sweep does to parts whose receipt is 72 h overdue."""
    txn.execute("UPDATE awaiting SET sent_at = '2000-01-01' WHERE message_id = %s", (message.id,))
    reports.give_up(txn, 72, 10)


def test_a_message_that_was_never_reported_stays_sent_with_its_parts(txn, team):
    message = priced(team)
    store(txn, message)
    settle(txn, message, Sent(("n1",)))
    forget_receipts(txn, message)
    story = messages.find(txn, team, message.id)
    assert (story.progress.state, story.progress.failure) == (State.SENT, Failure.NO_RECEIPT)
    assert story.parts == (("n1", State.SENT),)


def test_a_part_that_failed_long_ago_is_not_shown_as_delivered(txn, team):
    message = priced(team)
    store(txn, message)
    settle(txn, message, Sent(("l1",)))
    report(txn, "l1", State.FAILED, Failure.UNDELIVERED)
    forget_receipts(txn, message)
    assert messages.find(txn, team, message.id).parts == (("l1", State.FAILED),)


def test_a_failed_message_is_stored_and_charged_anew(txn, team):
    store(txn, priced(team))
    fail(txn, priced(team))
    assert units(txn, team) == (100, 0)
    again = priced(team, 2, resent_from=message_id(1))
    messages.resend(txn, team, message_id(1), again)
    assert units(txn, team) == (99, 1)
    assert messages.find(txn, team, message_id(2)).message == again
    first = messages.find(txn, team, message_id(1))
    assert (first.progress.state, first.resent_as) == (State.FAILED, message_id(2))


def test_what_has_not_failed_is_not_resent(txn, team):
    store(txn, priced(team))
    with pytest.raises(NotFailed):
        messages.resend(txn, team, message_id(1), priced(team, 2, resent_from=message_id(1)))


def test_what_is_not_the_team_s_is_not_resent(txn, team):
    store(txn, priced(team))
    fail(txn, priced(team))
    other = new_team(txn)
    with pytest.raises(NotFound):
        messages.resend(txn, other, message_id(1), priced(other, 2, resent_from=message_id(1)))


def test_while_a_resend_has_not_failed_there_is_no_other(txn, team):
    store(txn, priced(team))
    fail(txn, priced(team))
    second = priced(team, 2, resent_from=message_id(1))
    messages.resend(txn, team, message_id(1), second)
    with pytest.raises(AlreadyResent):
        messages.resend(txn, team, message_id(1), priced(team, 3, resent_from=message_id(1)))
    fail(txn, second)
    messages.resend(txn, team, message_id(1), priced(team, 3, resent_from=message_id(1)))
    assert messages.find(txn, team, message_id(1)).resent_as == message_id(3)


def test_a_resend_that_cannot_be_paid_is_not_stored(txn):
    team = new_team(txn, units=1)
    store(txn, priced(team))
    fail(txn, priced(team))
    dear = priced(team, 2, resent_from=message_id(1), price_units=2)
    with pytest.raises(InsufficientUnits):
        messages.resend(txn, team, message_id(1), dear)
    assert messages.find(txn, team, message_id(2)) is None


def test_units_are_reserved_until_a_carrier_takes_the_message(txn, team):
    store(txn, priced(team, 1, price_units=3), priced(team, 2, price_units=2))
    assert units(txn, team) == (95, 5)
    settle(txn, priced(team, 1), Sent(("u1",)))
    assert units(txn, team) == (95, 2)


def test_a_team_that_is_not_there_has_no_units(txn):
    with pytest.raises(NotFound):
        units(txn, 0)


def test_a_resend_waits_for_the_one_before_it_and_then_sees_it(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    with first.cursor() as txn:
        team = new_team(txn)
        store(txn, priced(team))
        fail(txn, priced(team))
        first.commit()
        messages.resend(txn, team, message_id(1), priced(team, 2, resent_from=message_id(1)))
        third = priced(team, 3, resent_from=message_id(1))
        with second.cursor() as impatient:
            impatient.execute("SET lock_timeout = '20ms'")
            with pytest.raises(LockNotAvailable):
                messages.resend(impatient, team, message_id(1), third)
        second.rollback()
        first.commit()
        with pytest.raises(AlreadyResent):
            in_transaction(second, messages.resend, team, message_id(1), third)
        assert messages.find(txn, team, message_id(3)) is None
        assert units(txn, team) == (99, 1)
    first.close()
    second.close()


@pytest_twisted.ensureDeferred
async def test_the_history_asks_the_pool(database_dsn):
    opened = connect(database_dsn, "before")
    with opened.cursor() as txn:
        team = new_team(txn)
        store(txn, priced(team, 1), priced(team, 2))
        fail(txn, priced(team, 1))
    opened.commit()
    opened.close()
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        history = History(database)
        await history.resend(team, message_id(1), priced(team, 3, resent_from=message_id(1)))
        assert await history.count(team, MessageFilter(state=State.QUEUED)) == (2, False)
        found = await history.page(team, MessageFilter(before=message_id(3)), limit=1)
        assert ([message.id for message, _ in found.entries], found.more) == ([message_id(2)], message_id(2))
        story = await history.find(team, message_id(1))
        assert story is not None
        assert story.resent_as == message_id(3)
    finally:
        await database.close()
