"""The runner: begins what may be begun on the node that has the chores, and sees it to its end, whatever that is."""

import attrs
import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.jobs import JobFailed, JobGone
from mobilesasa.jobs.runner import AGAIN_S, KIND_MAX, LOOK_S, Runner
from tests.fakes.jobs import FakeJobs, FakeWork, job


class Rig:
    def __init__(self) -> None:
        self.clock, self.jobs, self.work, self.other = Clock(), FakeJobs(), FakeWork(), FakeWork()
        self.runner = Runner(self.jobs, {"count": self.work, "sort": self.other}, self.clock)

    def begin(self, *jobs) -> None:
        """Run with these jobs to do."""
        self.jobs.add(*jobs)
        self.runner.start()
        self.runner.do_jobs(True)

    def stop(self) -> Deferred:
        return Deferred.fromCoroutine(self.runner.stop())


@pytest.fixture
def rig():
    return Rig()


def test_a_job_is_begun_and_completed(rig):
    rig.begin(job(1))
    assert (rig.jobs.state(1), rig.runner.running) == ("running", 1)
    rig.work.under_way[1].callback(None)
    assert (rig.jobs.state(1), rig.runner.running) == ("completed", 0)


def test_nothing_is_done_before_the_chores_are_ours(rig):
    rig.jobs.add(job(1))
    rig.runner.start()
    rig.clock.advance(LOOK_S)
    assert rig.work.begun == []
    rig.runner.do_jobs(True)
    assert rig.work.begun == [1]


def test_what_comes_without_a_hint_is_found_within_seconds(rig):
    rig.begin()
    rig.jobs.add(job(1))
    rig.clock.advance(LOOK_S)
    assert rig.work.begun == [1]


def test_a_hint_is_looked_at_at_once(rig):
    rig.begin()
    rig.jobs.add(job(1))
    rig.runner.look()
    assert rig.work.begun == [1]


def test_of_a_team_one_of_a_kind_is_done_at_a_time_and_the_next_right_after(rig):
    rig.begin(job(1), job(2), job(3, kind="sort"))
    assert (rig.work.begun, rig.other.begun) == ([1], [3])
    rig.work.under_way[1].callback(None)
    assert rig.work.begun == [1, 2]


def test_so_many_of_a_kind_are_done_at_once_and_other_kinds_do_not_wait_for_them(rig):
    rig.begin(*(job(n, team_id=n) for n in range(1, 5)), job(5, kind="sort"))
    assert (rig.work.begun, rig.other.begun) == ([1, 2], [5])
    assert KIND_MAX == 2
    rig.work.under_way[2].callback(None)
    assert rig.work.begun == [1, 2, 3]


def test_a_kind_that_this_version_does_not_know_is_left_alone(rig):
    rig.begin(job(1, kind="new"), job(2))
    assert (rig.jobs.state(1), rig.work.begun) == ("pending", [2])


def test_a_job_with_nothing_to_do_any_more_is_not_begun(rig):
    rig.jobs.gone.add(1)
    rig.begin(job(1), job(2))
    assert rig.work.begun == []
    rig.runner.look()
    assert rig.work.begun == [2]


def test_a_job_that_can_never_be_done_fails_with_its_words(rig):
    rig.begin(job(1))
    rig.work.under_way[1].errback(JobFailed("the file is no CSV"))
    assert (rig.jobs.state(1), rig.jobs.kept[1].error) == ("failed", "the file is no CSV")


def test_a_job_that_is_another_s_by_now_is_left_to_it(rig):
    rig.begin(job(1))
    rig.jobs.put_off_s[1] = 0  # as the other has it
    rig.work.under_way[1].errback(JobGone("it is another's"))
    assert (rig.jobs.state(1), rig.runner.running) == ("running", 0)


def test_a_job_that_broke_off_is_logged_and_begun_again_later(rig, flush_logged):
    rig.begin(job(1))
    rig.work.under_way[1].errback(ZeroDivisionError("a defect"))
    assert len(flush_logged(ZeroDivisionError)) == 1
    assert (rig.jobs.state(1), rig.jobs.put_off_s[1]) == ("running", AGAIN_S)


def test_when_the_store_is_away_the_job_waits_and_is_begun_again(rig):
    rig.begin(job(1))
    rig.jobs.away = True
    rig.work.under_way[1].errback(StoreAway("gone"))
    rig.clock.advance(LOOK_S)
    assert rig.work.begun == [1]
    rig.jobs.away = False
    rig.clock.advance(LOOK_S)
    assert rig.work.begun == [1, 1]


def test_when_the_store_is_away_at_the_end_the_job_is_begun_again(rig):
    rig.begin(job(1))
    rig.jobs.away = True
    rig.work.under_way[1].callback(None)
    rig.jobs.away = False
    rig.runner.look()
    assert rig.work.begun == [1, 1]


def test_when_another_node_has_the_chores_nothing_more_is_begun(rig):
    rig.begin(job(1), job(2))
    rig.runner.do_jobs(False)
    rig.work.under_way[1].callback(None)
    rig.clock.advance(10 * LOOK_S)
    assert (rig.jobs.state(1), rig.work.begun) == ("completed", [1])


def test_a_stop_hands_back_what_is_in_hand(rig):
    rig.begin(job(1), job(2))
    assert rig.stop().called
    assert (rig.jobs.state(1), rig.work.under_way, rig.runner.running) == ("pending", {}, 0)
    rig.runner.look()
    assert rig.work.begun == [1]
    assert rig.clock.getDelayedCalls() == []


def test_a_stop_before_the_start_is_one_too(rig):
    assert rig.stop().called


def test_a_stop_while_the_store_is_away_ends_as_well(rig):
    rig.begin(job(1))
    rig.jobs.away = True
    assert rig.stop().called


@attrs.define
class SlowJobs(FakeJobs):
    """A store that answers when the test says so."""

    asked: list[Deferred] = attrs.field(factory=list)

    async def waiting(self):
        self.asked.append(Deferred())
        await self.asked[-1]
        return await super().waiting()


def test_looks_that_come_while_one_is_under_way_are_one_more_look():
    jobs, work = SlowJobs(), FakeWork()
    runner = Runner(jobs, {"count": work}, Clock())
    runner.do_jobs(True)
    for _ in range(5):
        runner.look()
    jobs.add(job(1))
    jobs.asked[0].callback(None)
    assert (len(jobs.asked), work.begun) == (2, [1])
    jobs.asked[1].callback(None)
    assert work.begun == [1]


def test_a_look_that_ends_after_the_stop_begins_nothing():
    jobs, work = SlowJobs(), FakeWork()
    runner = Runner(jobs, {"count": work}, Clock())
    runner.do_jobs(True)
    jobs.add(job(1))
    stopped = Deferred.fromCoroutine(runner.stop())
    assert not stopped.called
    jobs.asked[0].callback(None)
    assert stopped.called
    assert work.begun == []


def test_a_look_that_meets_a_defect_is_logged_and_the_next_one_comes(rig, flush_logged):
    rig.jobs.kept[1] = None  # type: ignore[assignment]
    rig.begin()
    assert flush_logged(AttributeError)
    rig.jobs.kept.clear()
    rig.jobs.add(job(2))
    rig.clock.advance(LOOK_S)
    assert rig.work.begun == [2]
