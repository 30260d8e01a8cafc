"""Receipts: written down, then acknowledged to the carrier, then told to the teams (I5)."""

import attrs
import pytest
from twisted.internet.task import Clock

from mobilesasa.carriers.policy import Policy
from mobilesasa.core.model import Failure, Report, State, Step
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.dispatch import receipts as module
from mobilesasa.dispatch.insist import RETRY_S
from mobilesasa.dispatch.policies import Policies
from mobilesasa.dispatch.receipts import Receipts
from tests.fakes.journal import FakeJournal
from tests.fakes.notifier import FakeNotifier
from tests.fakes.spool import notice


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.journal = FakeJournal()
        self.notifier = FakeNotifier()
        self.directory = CurrentDirectory()
        self.receipts = Receipts(
            self.journal, self.notifier, self.clock, Policies(self.directory), self.directory.live.learned
        )
        self.acknowledged: list[str] = []

    def take(self, *reports: Report) -> None:
        refs = " ".join(heard.ref for heard in reports)
        self.receipts.take(reports, lambda: self.acknowledged.append(refs))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def delivered(ref: str, carrier_id: int = 1) -> Report:
    return Report(carrier_id, ref, State.DELIVERED)


def failed(ref: str) -> Report:
    return Report(1, ref, State.FAILED, Failure.UNDELIVERED)


def test_a_receipt_is_acknowledged_after_the_commit_and_not_before(rig):
    rig.journal.held.add("report")
    rig.take(delivered("a"), failed("b"))
    assert rig.acknowledged == []
    rig.journal.let("report")
    assert rig.acknowledged == ["a b"]
    assert rig.journal.reported == [[delivered("a"), failed("b")]]
    assert rig.receipts.taken == 2


def test_a_receipt_s_notice_is_passed_on_once_it_is_written_down(rig):
    rig.journal.notices["b"] = notice(7)
    rig.journal.held.add("report")
    rig.take(delivered("a"), delivered("b"))
    assert rig.notifier.owed == []
    rig.journal.let("report")
    assert [each.spool_id for each in rig.notifier.owed] == [7]


def test_intermediate_reports_are_written_down_with_the_final_ones(rig):
    rig.journal.notices["a"] = notice(7, state=Step.ENROUTE)
    rig.take(Report(1, "a", State.SENT), delivered("b"))
    assert rig.journal.reported == [[Report(1, "a", State.SENT), delivered("b")]]
    assert [each.spool_id for each in rig.notifier.owed] == [7]
    assert rig.acknowledged == ["a b"]


def test_an_intermediate_report_counts_as_no_receipt_and_makes_none_repeated(rig):
    rig.take(delivered("a"))
    rig.take(Report(1, "a", State.SENT))
    rig.take(delivered("a"))
    assert (rig.receipts.taken, rig.receipts.repeated) == (2, 1)


def test_a_store_that_is_away_is_asked_again_and_the_carrier_waits(rig):
    rig.journal.away = True
    rig.take(delivered("a"))
    rig.clock.advance(RETRY_S)
    assert rig.acknowledged == []
    rig.journal.away = False
    rig.clock.advance(RETRY_S)
    assert rig.acknowledged == ["a"]


def test_a_receipt_that_comes_again_is_marked_as_repeated(rig):
    rig.take(delivered("a"))
    rig.take(delivered("a"), delivered("b"))
    assert [[heard.repeated for heard in batch] for batch in rig.journal.reported] == [[False], [True, False]]
    assert rig.receipts.repeated == 1
    assert rig.acknowledged == ["a", "a b"]


@pytest.mark.parametrize("other", [failed("a"), delivered("a", carrier_id=2)])
def test_another_state_or_another_carrier_s_id_is_no_repetition(rig, other):
    rig.take(delivered("a"))
    rig.take(other)
    assert not rig.journal.reported[1][0].repeated


def test_a_receipt_that_is_not_yet_written_down_does_not_count_as_having_come(rig):
    rig.journal.away = True
    rig.take(delivered("a"))
    rig.journal.away = False
    rig.take(delivered("a"))
    assert [heard.repeated for heard in rig.journal.reported[0]] == [False]


def test_a_carrier_that_cannot_be_answered_any_more_is_logged_and_the_receipt_is_kept(rig, flush_logged):
    def gone() -> None:
        raise ConnectionError

    rig.receipts.take([delivered("a")], gone)
    assert rig.journal.reported == [[delivered("a")]]
    assert len(flush_logged(ConnectionError)) == 1


def test_final_receipts_are_counted_by_carrier_and_by_what_they_say_and_repeated_ones_are_not(rig):
    rig.take(delivered("a"), delivered("b"), failed("c"), Report(1, "d", State.SENT))
    rig.take(delivered("a"), delivered("a", carrier_id=2))
    assert rig.receipts.finals == {
        (1, State.DELIVERED, None): 2,
        (1, State.FAILED, Failure.UNDELIVERED): 1,
        (2, State.DELIVERED, None): 1,
    }


def test_receipts_that_are_not_yet_written_down_are_not_counted(rig):
    rig.journal.held.add("report")
    rig.take(delivered("a"))
    assert rig.receipts.finals == {}
    rig.journal.let("report")
    assert rig.receipts.finals == {(1, State.DELIVERED, None): 1}


def dated(ref: str, submitted_at_ms: int | None, done_at_ms: int | None) -> Report:
    return Report(1, ref, State.DELIVERED, submitted_at_ms=submitted_at_ms, done_at_ms=done_at_ms)


def test_how_long_parts_took_is_counted_by_the_dates_of_their_receipts(rig):
    rig.take(dated("a", 1000, 4000), dated("b", 1000, 41_500), dated("c", 1000, 1000))
    counted = dict(rig.receipts.latency[1].buckets())
    assert [counted[le] for le in ("1.0", "5.0", "30.0", "60.0", "+Inf")] == [1, 2, 2, 3, 3]
    assert rig.receipts.latency[1].total_s == 43.5


@pytest.mark.parametrize("dates", [(None, 4000), (1000, None), (4000, 1000)])
def test_receipts_without_two_dates_in_order_tell_no_latency(rig, dates):
    rig.take(dated("a", *dates))
    assert rig.receipts.latency == {}


def test_only_the_receipts_of_the_last_while_are_remembered(rig, monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 2)  # 20,000 receipts would take the test's time
    rig.take(delivered("a"), delivered("b"), delivered("c"))
    rig.take(delivered("a"))
    rig.take(delivered("c"))
    assert [batch[0].repeated for batch in rig.journal.reported[1:]] == [False, True]


def test_a_receipt_of_a_carrier_with_the_policy_says_whether_its_message_may_go_on(rig):
    options = {"failover_on_receipt": "undelivered", "recipient_errors": "1"}
    records = [CarrierRecord(1, "one", "smpp", options=options), CarrierRecord(2, "two", "smpp")]
    rig.directory.now = Directory(carriers=records)
    expired = Report(1, "c", State.FAILED, Failure.EXPIRED)
    unknown = Report(1, "d", State.FAILED, Failure.UNDELIVERED, "0001")
    blacklisted = Report(1, "e", State.FAILED, Failure.UNDELIVERED, blacklisted=True)
    rig.take(delivered("a"), failed("b"), expired, unknown, blacklisted, delivered("f", carrier_id=2))
    (batch,) = rig.journal.reported
    assert [heard.second_way for heard in batch] == [False, True, False, False, False, None]


def test_decision_75_a_receipt_with_the_code_of_the_carriers_blacklist_is_an_opt_out(rig):
    options = {"blacklist_errors": "27", "failover_on_receipt": "true"}
    rig.directory.now = Directory(carriers=[CarrierRecord(1, "one", "smpp", options=options)])
    rig.take(
        Report(1, "a", State.FAILED, Failure.REJECTED, "027"), Report(1, "b", State.FAILED, Failure.REJECTED, "028")
    )
    (batch,) = rig.journal.reported
    assert [(heard.blacklisted, heard.second_way) for heard in batch] == [(True, False), (False, True)]


def test_every_receipt_is_heard_of_as_it_comes(rig):
    rig.journal.away = True
    rig.take(delivered("a"), Report(1, "b", State.SENT), delivered("c", carrier_id=2))
    assert rig.receipts.heard == {1: 2, 2: 1}


@pytest.mark.parametrize("options", [{"failover_on_receipt": "whenever"}, {}])
def test_a_carrier_with_no_policy_or_one_that_cannot_be_read_has_the_usual_one(rig, options):
    rig.directory.now = Directory(carriers=[CarrierRecord(1, "one", "smpp", options=options)])
    policies = Policies(rig.directory)
    assert policies.of(1) == policies.of(9) == Policy()
    assert policies.of(1) is policies.of(1)


def test_where_a_number_is_is_known_once_its_receipt_is_written_down(rig):
    learned = rig.directory.live.learned
    rig.journal.held.add("report")
    rig.take(attrs.evolve(delivered("a"), recipient="254712345678", network="63902"), delivered("b"))
    assert learned.find("254712345678") is None
    rig.journal.let("report")
    assert learned.find("254712345678") == "63902"


def test_what_is_no_code_of_a_network_is_left_out(rig):
    rig.take(
        attrs.evolve(delivered("a"), recipient="254712345678", network="Safaricom"),
        attrs.evolve(delivered("b"), network="63902"),
    )
    assert rig.directory.live.learned.find("254712345678") is None
