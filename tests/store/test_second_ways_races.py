"""Several processes that hear of one message, or write its answer down, at once: whoever is second sees what was done."""

import pytest

from mobilesasa.core.model import Failure, Lane, Later, Never, Sent, State
from mobilesasa.store import claims, failover, outcomes, reports
from mobilesasa.store.claims import FIRST_ID, Claim
from tests.store.given import (
    add_carrier,
    add_run,
    add_team,
    balance,
    column,
    count,
    delivered,
    rows,
    standing,
    told,
    wrong,
)
from tests.store.two import Two
from tests.store.ways import WAITS, answered, failure, gone_on, halved, success, taken, taken_up

pytestmark = pytest.mark.each_postgres


class Ways(Two):
    """Two processes, a team with ten units, and three carriers."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self.team, self.carriers = self.do(lambda txn: (add_team(txn, 10), [add_carrier(txn) for _ in range(3)]))

    def prepare(self, make, *args):
        """Make a message, as `tests.store.ways` does."""
        return self.do(make, self.team, self.carriers, *args)

    def seen(self, message_id):
        """Return how the message stands, with nothing wrong anywhere."""
        assert self.do(wrong, "claims") == []
        return self.do(standing, message_id)


@pytest.fixture
def two(database_dsn):
    made = Ways(database_dsn)
    yield made
    made.close()


def moved_on(txn, team, carriers, *refs):
    """One of two parts that the second carrier has in hand, and its attempt."""
    refs = refs or ("a1", "a2")
    message_id = taken(txn, team, carriers, *refs)
    told(txn, *[failure(ref, carriers[0]) for ref in refs])
    return message_id, taken_up(txn, message_id).attempt


# Receipts for parts of one message.


def test_a_message_goes_on_whose_parts_two_processes_report_as_failed_at_once(two):
    first, second, _ = two.carriers
    message_id = two.prepare(taken, "a1", "a2")
    with two.first.cursor() as txn:
        reports.report(txn, [failure("a1", first)])
        end = two.meanwhile(reports.report, [failure("a2", first)])
    assert end() == [None]
    assert two.seen(message_id)[:3] == (State.SENT, 2, 0)
    assert two.do(rows, WAITS.replace("%(id)s", f"'{message_id}'"))[0][0] == second


def test_a_message_stays_of_which_one_process_hears_that_a_part_arrived_and_one_that_the_other_failed(two):
    first = two.carriers[0]
    for n, (one, other) in enumerate([(success, failure), (failure, success)]):
        message_id = two.prepare(taken, f"a{n}", f"b{n}")
        with two.first.cursor() as txn:
            reports.report(txn, [one(f"a{n}", first)])
            end = two.meanwhile(reports.report, [other(f"b{n}", first)])
        end()
        assert two.seen(message_id)[:3] == (State.FAILED, 0, 1)
        assert two.do(count, "pending") == 0


def test_a_message_is_delivered_whose_parts_two_processes_report_late_at_once(two):
    first = two.carriers[0]
    message_id = two.prepare(taken, "a1", "a2")
    two.do(told, failure("a1", first), failure("a2", first))
    with two.first.cursor() as txn:
        assert reports.report(txn, [success("a1", first)]) == [None]
        end = two.meanwhile(reports.report, [success("a2", first)])
    (notice,) = end()
    assert notice.state is State.DELIVERED
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert two.do(count, "pending") == 0


def test_a_late_delivered_that_comes_while_its_message_goes_on_ends_it(two):
    first = two.carriers[0]
    message_id = two.prepare(taken, "a")
    with two.first.cursor() as txn:
        reports.report(txn, [failure("a", first)])
        end = two.meanwhile(reports.report, [success("a", first)])
    (notice,) = end()
    assert notice.state is State.DELIVERED
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)


def test_a_failure_that_comes_while_its_message_is_delivered_moves_nothing(two):
    first = two.carriers[0]
    message_id = two.prepare(taken, "a")
    with two.first.cursor() as txn:
        reports.report(txn, [success("a", first)])
        end = two.meanwhile(reports.report, [failure("a", first)])
    assert end() == [None]
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert two.do(count, "pending") == 0


def test_two_processes_that_hear_the_same_failure_move_the_message_once(two):
    first, second, third = two.carriers
    message_id = two.prepare(taken, "a")
    with two.first.cursor() as txn:
        reports.report(txn, [failure("a", first)])
        end = two.meanwhile(reports.report, [failure("a", first)])
    assert end() == [None]
    assert two.seen(message_id)[:3] == (State.SENT, 1, 0)
    assert two.do(rows, "SELECT carrier_id, fallbacks FROM pending") == [(second, [third])]
    assert two.do(count, "message_event") == 1


def test_a_part_whose_message_is_written_down_while_its_receipt_waits_for_another_shuts_the_way(two):
    first, second, _ = two.carriers
    awaited = two.prepare(taken, "a1", "a2")
    message_id, attempt = two.prepare(moved_on, "c1", "c2")
    with two.first.cursor() as txn:
        reports.report(txn, [failure("a1", first)])
        answered(txn, message_id, second, Sent(("b1", "b2")), attempt)
        end = two.meanwhile(reports.report, [failure("a2", first), success("b1", second)])
    assert end() == [None, None]
    assert two.do(rows, "SELECT message_id FROM pending") == [(awaited,)]
    assert two.do(count, "second_way") == 0
    assert two.seen(message_id)[:3] == (State.SENT, 1, 0)
    (notice,) = two.do(told, failure("b2", second))
    assert notice.state is State.FAILED


# A late receipt, and the next carrier's answer.

ANSWERS = [
    (Sent(("b1", "b2")), 0.0),
    (Sent(("b1", "b2")), 300.0),
    (Sent(("", ""), uncertain=True), 300.0),
    (Later(0.0, "", refs=("b1", None)), 300.0),
    (Later(0.0, "", refs=("", None)), 300.0),
    (Never(Failure.REFUSED, "no", refs=("b1", None)), 300.0),
    (Never(Failure.REFUSED, "no", elsewhere=True), 300.0),
]


@pytest.mark.parametrize(("answer", "second_way_s"), ANSWERS)
def test_a_late_delivered_that_comes_while_the_next_carrier_s_answer_is_written_is_final(two, answer, second_way_s):
    first, second, _ = two.carriers
    message_id, attempt = two.prepare(moved_on)
    with two.first.cursor() as txn:
        answered(txn, message_id, second, answer, attempt, second_way_s)
        end = two.meanwhile(reports.report, [success("a1", first), success("a2", first)])
    end()
    is_ended(two, message_id)


@pytest.mark.parametrize(("answer", "second_way_s"), ANSWERS)
def test_an_answer_that_comes_while_a_late_delivered_is_written_changes_nothing(two, answer, second_way_s):
    first, second, _ = two.carriers
    message_id, attempt = two.prepare(moved_on)
    with two.first.cursor() as txn:
        reports.report(txn, [success("a1", first), success("a2", first)])
        end = two.meanwhile(answered, message_id, second, answer, attempt, second_way_s)
    assert [each.notices for each in end()] == [()]
    is_ended(two, message_id)


def is_ended(two, message_id):
    """See that it is delivered for good, whatever the other carriers say of it now."""
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    two.do(told, *[failure(ref, two.carriers[1]) for ref in ("b1", "b2")])
    two.do(told, *[delivered(ref, carrier_id=two.carriers[1]) for ref in ("b1", "b2")])
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert [two.do(count, table) for table in ("pending", "awaiting", "second_way")] == [0, 0, 0]
    assert (two.do(balance, two.team), two.do(column, "carrier_id", message_id)) == (8, two.carriers[0])


def test_a_part_that_arrives_while_the_rest_is_taken_shuts_the_way_in_either_order(two):
    second = two.carriers[1]
    for receipt_first in (False, True):
        message_id, attempt = two.prepare(halved)
        receipt = [success("b1", second)]
        answer = (message_id, second, Sent((None, "b2")), attempt)
        with two.first.cursor() as txn:
            if receipt_first:
                reports.report(txn, receipt)
                end = two.meanwhile(answered, *answer)
            else:
                answered(txn, *answer)
                end = two.meanwhile(reports.report, receipt)
        end()
        assert two.do(count, "second_way") == 0
        (notice,) = two.do(told, failure("b2", second))
        assert notice.state is State.FAILED
        assert two.seen(message_id)[:3] == (State.FAILED, 0, 1)
        two.do(lambda txn: txn.execute("DELETE FROM awaiting"))


# A late receipt, and what else becomes of a message that waits.


def test_a_claim_that_comes_while_a_late_delivered_is_written_finds_nothing(two):
    message_id = waits(two)
    with two.first.cursor() as txn:
        reports.report(txn, [success("a", two.carriers[0])])
        end = two.meanwhile(claims.claim, [Claim(message_id, 1)])
    assert end() == [None]
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)


def test_a_late_delivered_that_comes_while_the_message_is_claimed_is_final(two):
    message_id = waits(two)
    with two.first.cursor() as txn:
        (outbound,) = claims.claim(txn, [Claim(message_id, add_run(txn))])
        end = two.meanwhile(reports.report, [success("a", two.carriers[0])])
    end()
    two.do(answered, message_id, two.carriers[1], Sent(("b",)), outbound.attempt)
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert two.do(count, "awaiting") == 0


def test_a_late_delivered_that_comes_while_the_message_expires_is_told_behind_that(two):
    message_id = waits(two)
    two.do(lambda txn: txn.execute("UPDATE pending SET expires_at = now()"))
    with two.first.cursor() as txn:
        assert outcomes.expire_some(txn, 10)[0] == 1
        end = two.meanwhile(reports.report, [success("a", two.carriers[0])])
    (notice,) = end()
    assert notice.state is State.DELIVERED
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert two.do(rows, "SELECT state FROM spool ORDER BY id") == [(40,), (30,)]


def test_a_late_delivered_that_comes_while_the_message_leaves_a_carrier_in_trouble_is_final(two):
    message_id = waits(two)
    with two.first.cursor() as txn:
        chunk = failover.move_on(txn, two.carriers[1], [], "it is not connected", FIRST_ID, 10)
        assert chunk.places == ((message_id, two.carriers[2], Lane.TRANSACTIONAL),)
        end = two.meanwhile(reports.report, [success("a", two.carriers[0])])
    end()
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert two.do(count, "pending") == 0


def test_a_claim_that_comes_while_the_message_leaves_its_carrier_is_for_the_one_that_has_it_now(two):
    message_id = waits(two)
    with two.first.cursor() as txn:
        failover.move_on(txn, two.carriers[1], [], "it is not connected", FIRST_ID, 10)
        end = two.meanwhile(claims.claim, [Claim(message_id, 1)])
    (outbound,) = end()
    assert outbound.carrier_id == two.carriers[2]


def waits(two):
    """A message that waits for the second carrier, named to its queue."""
    message_id = two.prepare(taken, "a")
    two.do(told, failure("a", two.carriers[0]))
    assert len(two.do(claims.take_due, 10)) == 1
    return message_id


def test_a_late_delivered_that_comes_while_the_next_carrier_s_failure_lets_the_message_go_on_is_final(two):
    first, second, _ = two.carriers
    message_id = two.prepare(gone_on)
    with two.first.cursor() as txn:
        reports.report(txn, [failure("b", second)])
        end = two.meanwhile(reports.report, [success("a", first)])
    end()
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert [two.do(count, table) for table in ("pending", "awaiting")] == [0, 0]


def test_a_failure_at_the_next_carrier_that_comes_while_a_late_delivered_is_written_moves_nothing(two):
    first, second, _ = two.carriers
    message_id = two.prepare(gone_on)
    with two.first.cursor() as txn:
        reports.report(txn, [success("a", first)])
        end = two.meanwhile(reports.report, [failure("b", second)])
    assert end() == [None]
    assert two.seen(message_id) == (State.DELIVERED, 0, 0, None)
    assert [two.do(count, table) for table in ("pending", "awaiting")] == [0, 0]
