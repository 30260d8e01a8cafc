"""Jobs: one of a kind of a team at a time, begun again after a crash, and refused to whoever has an older turn."""

import uuid

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.core.errors import TooManyJobs
from mobilesasa.core.jobs import JobGone, JobState
from mobilesasa.store import jobs
from mobilesasa.store.database import Database, connect, in_transaction
from tests.store.given import add_team, one

AGE = "UPDATE job SET finished_at = finished_at - interval '100 days' WHERE id = %(id)s RETURNING id"


def add(txn, team, kind="contacts.import", **more):
    return jobs.add(txn, team, kind, {"n": 1}, str(uuid.uuid4()), **more)


def state(txn, job_id):
    return one(txn, "SELECT state FROM job WHERE id = %(id)s", id=job_id)


def test_a_job_is_pending_then_running_then_completed(txn, team):
    job_id = add(txn, team)
    assert jobs.find(txn, team, job_id).state is JobState.PENDING
    job = jobs.begin(txn, job_id)
    assert (job.state, job.args, job.progress, job.turn) == (JobState.RUNNING, {"n": 1}, {}, 1)
    assert jobs.end(txn, job, JobState.COMPLETED)
    ended = jobs.find(txn, team, job_id)
    assert (ended.state, ended.error, ended.finished_at_ms is None) == (JobState.COMPLETED, None, False)
    assert not jobs.end(txn, job, JobState.FAILED, "too late")


def test_the_job_of_another_team_is_not_there(txn, team):
    job_id = add(txn, team)
    other = add_team(txn)
    assert jobs.find(txn, other, job_id) is None
    assert not jobs.cancel(txn, other, job_id)


def test_one_of_a_kind_of_a_team_waits_to_be_begun_and_the_oldest_first(txn, team):
    other = add_team(txn)
    first, _, undo, others = add(txn, team), add(txn, team), add(txn, team, "contacts.undo"), add(txn, other)
    ours = [each for each in jobs.waiting(txn) if each[0] >= first]
    assert ours == [(first, "contacts.import"), (undo, "contacts.undo"), (others, "contacts.import")]
    assert jobs.begin(txn, first)
    assert first in dict(jobs.waiting(txn))  # its process may have died


def test_a_job_that_is_put_off_holds_up_none_of_its_kind_and_does_not_run_beside_them(txn, team):
    broken, behind, _ = add(txn, team), add(txn, team), add(txn, team)
    jobs.put_off(txn, jobs.begin(txn, broken), 60)
    assert [job_id for job_id, _ in jobs.waiting(txn)] == [behind]
    job = jobs.begin(txn, behind)
    txn.execute("UPDATE job SET due_at = now() WHERE id = %(id)s", {"id": broken})
    assert [job_id for job_id, _ in jobs.waiting(txn)] == [behind]  # which is under way
    jobs.end(txn, job, JobState.COMPLETED)
    assert [job_id for job_id, _ in jobs.waiting(txn)] == [broken]


def test_what_follows_when_a_job_is_given_up_is_done_with_it_and_once(txn, team):
    told = []
    at_end = {"contacts.import": lambda _, team_id, job_id: told.append((team_id, job_id))}
    first, other = add(txn, team), add(txn, team, "contacts.undo")
    for job_id in (first, other) * (jobs.TRIES_MAX + 2):
        jobs.begin(txn, job_id, at_end)
    assert told == [(team, first)]
    assert (state(txn, first), state(txn, other)) == ("failed", "failed")


def test_a_job_waits_until_it_is_due(txn, team):
    job_id = add(txn, team, due_at_ms=4_000_000_000_000)
    assert job_id not in dict(jobs.waiting(txn))
    other = add(txn, team, "contacts.undo", due_at_ms=1000)
    assert other in dict(jobs.waiting(txn))


def test_whoever_begins_it_later_has_it_and_the_earlier_comes_on_no_more(txn, team):
    job_id = add(txn, team)
    slow, quick = jobs.begin(txn, job_id), jobs.begin(txn, job_id)
    with pytest.raises(JobGone):
        jobs.advance(txn, slow)
    jobs.put_off(txn, slow, 60)
    assert not jobs.end(txn, slow, JobState.FAILED)
    jobs.advance(txn, quick, {"rows": 7})
    assert jobs.find(txn, team, job_id).progress == {"rows": 7}
    jobs.advance(txn, quick)
    assert jobs.find(txn, team, job_id).progress == {"rows": 7}


def test_a_job_that_is_cancelled_comes_on_no_more(txn, team):
    job = jobs.begin(txn, add(txn, team))
    assert jobs.cancel(txn, team, job.id)
    with pytest.raises(JobGone):
        jobs.advance(txn, job)
    assert jobs.begin(txn, job.id) is None
    assert state(txn, job.id) == "cancelled"
    assert not jobs.cancel(txn, team, job.id)


def test_a_job_that_is_put_off_waits_and_one_that_is_put_back_does_not_count_as_tried(txn, team):
    job = jobs.begin(txn, add(txn, team))
    jobs.put_off(txn, job, 60)
    assert job.id not in dict(jobs.waiting(txn))
    job = jobs.begin(txn, add(txn, team, "contacts.undo"))
    jobs.put_back(txn, job)
    assert (state(txn, job.id), one(txn, "SELECT tries FROM job WHERE id = %(id)s", id=job.id)) == ("pending", 0)


def test_a_job_that_never_comes_on_is_given_up(txn, team):
    job_id = add(txn, team)
    for _ in range(jobs.TRIES_MAX):
        assert jobs.begin(txn, job_id)
    assert jobs.begin(txn, job_id) is None
    given_up = jobs.find(txn, team, job_id)
    assert (given_up.state, given_up.error) == (
        JobState.FAILED,
        "it was begun 5 times and never came on; ask the operator of this platform",
    )


def test_a_job_that_comes_on_is_never_given_up(txn, team):
    job_id = add(txn, team)
    for _ in range(3 * jobs.TRIES_MAX):
        jobs.advance(txn, jobs.begin(txn, job_id))


def test_a_team_has_so_many_that_wait_and_another_is_not_held_up(txn, team):
    made = [add(txn, team) for _ in range(jobs.UNFINISHED_MAX)]
    with pytest.raises(TooManyJobs, match="20 of these are waiting"):
        add(txn, team)
    add(txn, team, "contacts.undo")
    add(txn, add_team(txn))
    jobs.cancel(txn, team, made[0])
    add(txn, team)


def test_what_ended_long_ago_is_forgotten(txn, team):
    old, recent, running = (jobs.begin(txn, add(txn, team)) for _ in range(3))
    jobs.end(txn, old, JobState.COMPLETED)
    jobs.end(txn, recent, JobState.COMPLETED)
    one(txn, AGE, id=old.id)
    assert jobs.forget(txn, 10) == 1
    assert [jobs.find(txn, team, job.id) is None for job in (old, recent, running)] == [True, False, False]


@pytest_twisted.ensureDeferred
async def test_the_pool_begins_ends_puts_off_and_puts_back(database_dsn):
    direct = connect(database_dsn, "tests")
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        team = in_transaction(direct, add_team)
        first, second = (in_transaction(direct, add, team, kind) for kind in ("a", "b"))
        stored = jobs.StoredJobs(database)
        assert await stored.waiting() == [(first, "a"), (second, "b")]
        job, other = await stored.begin(first), await stored.begin(second)
        await stored.put_off(job, 60)
        await stored.put_back(attrs.evolve(other, turn=0))  # no turn of ours
        assert await stored.waiting() == [(second, "b")]
        await stored.put_back(other)
        assert in_transaction(direct, state, second) == "pending"
        again = await stored.begin(first)
        await stored.end(again, JobState.FAILED, "no")
        assert in_transaction(direct, jobs.find, team, first).error == "no"
    finally:
        await database.close()
        direct.close()


def test_only_the_last_three_states_are_final():
    assert [each for each in JobState if each.is_final] == [JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED]
