"""Audiences: rows and how far they have come are one transaction, and what a campaign is for stays."""

import uuid

import pytest

from mobilesasa.contacts.audiences import READ
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, InUse, NotFound
from mobilesasa.core.jobs import JobGone, JobState
from mobilesasa.store import audience_rows, audiences, files, jobs
from tests.store.audience_files import begin, name_in_a_campaign, read, somebody
from tests.store.given import add_team, one, rows
from tests.store.uploading import chunk

ANN, BOB, CAT = "254712345671", "254712345672", "254712345673"
NOWHERE = "0b000000-0000-4000-8000-000000000000"
PEOPLE = "SELECT n, phone, fields FROM audience_row WHERE audience_id = %(id)s ORDER BY n"
LONG_AGO = "UPDATE audience SET finished_at = finished_at - interval '91 days' WHERE id = %(id)s RETURNING id"
AGE = "UPDATE audience SET finished_at = finished_at - interval '8 days' WHERE id = %(id)s RETURNING id"
WRONG = [{"column": "Simu", "value": "12", "message": "too short"}]
FAILED = {"row": 3, "wrong": WRONG, "cells": ["12", "No\x00body"]}


def people(txn, audience):
    return rows(txn, PEOPLE, id=audience.id)


def counts(audience):
    return audience.people, audience.doubles, audience.failed


def test_an_audience_that_waits_knows_its_fields_and_its_rows(txn, team):
    _, audience = begin(txn, team)
    assert (audience.status, audience.fields, audience.total_rows) == ("pending", ["phone", "town"], 3)
    assert (audience.plan.filename, audience.plan.looked.ignored) == ("debtors.csv", ("1st",))
    assert one(txn, "SELECT action FROM trail WHERE subject = %(uuid)s", uuid=audience.uuid) == "audience.create"


def test_a_row_becomes_somebody_with_what_it_says(txn, team):
    audience = read(txn, team, somebody(2, ANN, town="Kisumu"), somebody(3, BOB))
    assert (audience.status, audience.total_rows, counts(audience)) == ("completed", 2, (2, 0, 0))
    assert people(txn, audience) == [(2, ANN, {"town": "Kisumu"}), (3, BOB, {})]
    assert audience.finished_at_ms is not None


def test_of_a_phone_that_comes_twice_the_first_row_counts(txn, team):
    job, audience = begin(txn, team)
    audience_rows.take(txn, job, audience, 0, chunk(3, somebody(2, ANN, town="Kisumu"), skipped=1))
    audience_rows.take(txn, job, audience, 3, chunk(5, somebody(4, ANN, town="Nairobi"), somebody(5, BOB)))
    found = audiences.find(txn, team, audience.uuid)
    assert (found.status, found.done_row, counts(found)) == ("processing", 5, (2, 2, 0))
    assert people(txn, audience) == [(2, ANN, {"town": "Kisumu"}), (5, BOB, {})]


def test_a_bad_row_is_kept_with_what_is_wrong_for_seven_days(txn, team):
    audience = read(txn, team, somebody(2, ANN), failed=[FAILED])
    assert counts(audience) == (1, 0, 1)
    (error,) = audiences.errors(txn, audience.id, 0, 100)
    assert (error.row, error.wrong, error.cells) == (3, WRONG, ["12", "Nobody"])
    assert audiences.errors(txn, audience.id, 3, 100) == []
    assert audiences.forget(txn, 10) == 0
    one(txn, AGE, id=audience.id)
    assert (audiences.forget(txn, 10), audiences.forget(txn, 10)) == (1, 0)
    assert audiences.errors(txn, audience.id, 0, 100) == []


def test_a_chunk_that_was_taken_is_not_taken_again(txn, team):
    job, audience = begin(txn, team)
    audience_rows.take(txn, job, audience, 0, chunk(2, somebody(2, ANN)))
    txn.execute("SAVEPOINT before")
    with pytest.raises(JobGone, match="row 0"):
        audience_rows.take(txn, job, audience, 0, chunk(2, somebody(2, ANN)))
    txn.execute("ROLLBACK TO before")
    assert counts(audiences.find(txn, team, audience.uuid)) == (1, 0, 0)


def test_who_has_lost_the_job_takes_and_ends_nothing(txn, team):
    job, audience = begin(txn, team)
    jobs.begin(txn, job.id)
    for attempt in (
        lambda: audience_rows.take(txn, job, audience, 0, chunk(2, somebody(2, ANN))),
        lambda: audience_rows.end(txn, job, 1),
    ):
        txn.execute("SAVEPOINT before")
        with pytest.raises(JobGone):
            attempt()
        txn.execute("ROLLBACK TO before")
    assert people(txn, audience) == []


def test_at_its_end_the_file_goes(txn, team):
    assert read(txn, team, somebody(2, ANN)).file_id is None
    assert one(txn, "SELECT count(*) FROM file WHERE team_id = %(team)s", team=team) == 0


def test_a_file_that_cannot_be_read_says_why(txn, team):
    job, audience = begin(txn, team)
    audience_rows.end(txn, job, None, "a quote is not closed")
    found = audiences.find(txn, team, audience.uuid)
    assert (found.status, found.failure, found.total_rows, found.file_id) == (
        "failed",
        "a quote is not closed",
        3,
        None,
    )
    assert jobs.find(txn, team, job.id).state is JobState.FAILED


def test_an_audience_whose_job_is_given_up_has_failed_and_says_so(txn, team):
    job, audience = begin(txn, team)
    for _ in range(jobs.TRIES_MAX):
        jobs.begin(txn, job.id, {READ: audience_rows.given_up})
    found = audiences.find(txn, team, audience.uuid)
    assert (found.status, found.file_id) == ("failed", None)
    assert "never came on" in found.failure
    audience_rows.given_up(txn, team, 0)  # of a job that reads none


def test_a_campaign_can_use_an_audience_that_was_read(txn, team):
    audience = read(txn, team, somebody(2, ANN))
    assert audiences.usable(txn, team, audience.uuid.upper()) == (audience.id, {"phone", "town"})
    for of, name in ((team, NOWHERE), (team, "x"), (add_team(txn), audience.uuid)):
        with pytest.raises(NotFound):
            audiences.usable(txn, of, name)


def test_a_campaign_cannot_use_an_audience_that_is_being_read_or_could_not_be(txn, team):
    job, audience = begin(txn, team)
    for _ in range(2):
        with pytest.raises(BadValue, match="still being read"):
            audiences.usable(txn, team, audience.uuid)
        audience_rows.take(txn, job, audience, audiences.find(txn, team, audience.uuid).done_row, chunk(2))
    audience_rows.end(txn, job, None, "damaged")
    with pytest.raises(BadValue, match="could not be read"):
        audiences.usable(txn, team, audience.uuid)


def test_audiences_are_listed_newest_first_and_another_team_s_are_not_there(txn, team):
    first, second = begin(txn, team)[1], begin(txn, team)[1]
    other = add_team(txn)
    theirs = begin(txn, other)[1]
    assert [each.uuid for each in audiences.page(txn, team, 10, 0)] == [second.uuid, first.uuid]
    assert [each.uuid for each in audiences.page(txn, team, 10, 1)] == [first.uuid]
    assert audiences.count(txn, team) == (2, False)
    with pytest.raises(NotFound):
        audiences.find(txn, team, theirs.uuid)
    assert audiences.of_job(txn, team, theirs.job_id) is None


def test_what_is_deleted_leaves_nothing(txn, team):
    audience = read(txn, team, somebody(2, ANN), failed=[FAILED])
    assert audiences.delete(txn, NODE, team, audience.uuid).uuid == audience.uuid
    assert (people(txn, audience), audiences.errors(txn, audience.id, 0, 10)) == ([], [])
    with pytest.raises(NotFound):
        audiences.delete(txn, NODE, team, audience.uuid)


def test_an_audience_that_is_deleted_is_read_no_further(txn, team):
    job, audience = begin(txn, team)
    audience_rows.take(txn, job, audience, 0, chunk(2, somebody(2, ANN)))
    audiences.delete(txn, NODE, team, audience.uuid)
    assert jobs.find(txn, team, job.id).state is JobState.CANCELLED
    assert files.read_chunk(txn, audience.file_id, 0) is None
    with pytest.raises(JobGone):
        audience_rows.take(txn, job, audience, 2, chunk(3, somebody(3, BOB)))


@pytest.mark.parametrize("phase", ["draft", "scheduled", "sending", "paused"])
def test_an_audience_that_a_campaign_is_for_stays(txn, team, phase):
    audience = read(txn, team, somebody(2, ANN))
    name_in_a_campaign(txn, audience, phase)
    txn.execute("SAVEPOINT before")
    with pytest.raises(InUse, match="'Reminder'"):
        audiences.delete(txn, NODE, team, audience.uuid)
    txn.execute("ROLLBACK TO before")
    assert len(people(txn, audience)) == 1


@pytest.mark.parametrize("phase", ["completed", "cancelled"])
def test_an_audience_of_campaigns_that_are_over_can_go(txn, team, phase):
    audience = read(txn, team, somebody(2, ANN))
    name_in_a_campaign(txn, audience, phase)
    audiences.delete(txn, NODE, team, audience.uuid)
    assert people(txn, audience) == []


def test_an_audience_whose_job_is_known_no_more_can_go(txn, team):
    audience = read(txn, team, somebody(2, ANN))
    txn.execute("DELETE FROM job")
    assert audiences.find(txn, team, audience.uuid).job_id is None
    audiences.delete(txn, NODE, team, audience.uuid)
    assert audiences.count(txn, team) == (0, False)


@pytest.mark.parametrize(
    ("phase", "days", "goes"),
    [
        (None, None, True),
        ("completed", 91, True),
        ("cancelled", 91, True),
        ("completed", 89, False),
        ("draft", None, False),
        ("paused", None, False),
    ],
)
def test_an_audience_that_is_old_goes_when_no_campaign_was_for_it_of_late(txn, team, phase, days, goes):
    audience, new = read(txn, team, somebody(2, ANN)), read(txn, team, somebody(2, BOB))
    one(txn, LONG_AGO, id=audience.id)
    if phase is not None:
        name_in_a_campaign(txn, audience, phase, days)
    assert [audiences.forget_old(txn), audiences.forget_old(txn)] == [goes, False]
    assert (len(people(txn, audience)), len(people(txn, new))) == (0 if goes else 1, 1)


def test_a_reading_without_an_audience_ends(txn, team):
    job = jobs.begin(txn, jobs.add(txn, team, READ, {}, str(uuid.uuid4())))
    audience_rows.end(txn, job, None, "gone")
    assert jobs.find(txn, team, job.id).state is JobState.FAILED
