"""Imports: a chunk of rows, how far it has come and what it changed are one transaction (decisions 54 to 57)."""

import contextlib
import uuid

import attrs
import pytest

from mobilesasa.contacts.uploads import IMPORT, Undone
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import JobEnded, NotFound, NotUndoable
from mobilesasa.core.jobs import JobGone
from mobilesasa.store import imports, jobs, suppressions, uploads
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.intake import accept
from tests.store.given import add_team, one, priced, rows
from tests.store.test_hooks import add_webhook, queued
from tests.store.uploading import PLAN, begin, chunk, contacts, counts, person, taken, undone

ANN, BOB, CAT = "254712345671", "254712345672", "254712345673"
ADD_GROUP = """
INSERT INTO contact_group (team_id, name, folded) VALUES (%(team)s, %(name)s, lower(%(name)s)) RETURNING uuid
"""
PUT = "UPDATE contact SET first_name = 'Put' WHERE phone = %(phone)s AND deleted_at IS NULL RETURNING id"
MEMBERS = """
SELECT phone FROM group_member JOIN contact ON contact.id = contact_id JOIN contact_group ON contact_group.id = group_id
WHERE contact_group.uuid = %(group)s ORDER BY phone
"""
AGE = "UPDATE job SET finished_at = finished_at - interval '8 days' WHERE id = %(id)s RETURNING id"


def add_group(txn, team, name="VIP") -> str:
    return one(txn, ADD_GROUP, team=team, name=name)


def members(txn, group) -> list[str]:
    return [phone for (phone,) in rows(txn, MEMBERS, group=group)]


def test_decision_54_what_is_new_is_imported_and_counted(txn, team):
    upload = taken(txn, team, person(2, ANN, first_name="Ann", attributes={"town": "Kisumu"}), person(3, BOB))
    assert (upload.status, upload.total_rows, counts(upload)) == ("completed", 2, (2, 0, 0, 0))
    assert contacts(txn, team) == [(ANN, "Ann", None, {"town": "Kisumu"}), (BOB, None, None, {})]
    assert upload.finished_at_ms is not None


def test_decision_54_of_an_existing_phone_only_what_the_row_says_is_changed(txn, team):
    taken(
        txn, team, person(2, ANN, first_name="Ann", email="ann@example.com", attributes={"town": "Kisumu", "age": "7"})
    )
    upload = taken(txn, team, person(2, ANN, first_name="Anne", attributes={"town": "Nairobi"}), person(3, BOB))
    assert counts(upload) == (1, 1, 0, 0)
    assert contacts(txn, team)[0] == (ANN, "Anne", "ann@example.com", {"age": "7", "town": "Nairobi"})


def test_a_row_that_says_nothing_new_is_skipped(txn, team):
    taken(txn, team, person(2, ANN, first_name="Ann"))
    assert counts(taken(txn, team, person(2, ANN, first_name="Ann"), person(3, BOB))) == (1, 0, 1, 0)


def test_decision_54_existing_phones_can_be_skipped(txn, team):
    taken(txn, team, person(2, ANN, first_name="Ann"))
    upload = taken(txn, team, person(2, ANN, first_name="Other"), person(3, BOB), on_existing="skip")
    assert counts(upload) == (1, 0, 1, 0)
    assert contacts(txn, team)[0][1] == "Ann"


def test_decision_54_a_bad_row_is_kept_with_what_is_wrong_and_does_not_fail_the_file(txn, team):
    job, upload = begin(txn, team)
    wrong = [{"column": "phone", "value": "12", "message": "too short"}]
    failed = [{"row": 3, "wrong": wrong, "cells": ["12", "No\x00body"]}]
    imports.take(txn, job, upload, 0, chunk(3, person(2, ANN), failed=failed))
    imports.end(txn, job, 2)
    ended = uploads.find(txn, team, upload.uuid)
    assert (ended.status, counts(ended)) == ("completed", (1, 0, 0, 1))
    (error,) = uploads.errors(txn, upload.id, 0, 100)
    assert (error.row, error.wrong, error.cells) == (3, wrong, ["12", "Nobody"])
    assert uploads.errors(txn, upload.id, 3, 100) == []


def test_two_bad_rows_of_one_number_do_not_break_an_import(txn, team):
    job, upload = begin(txn, team)
    failed = [{"row": 3, "wrong": [], "cells": [text]} for text in ("first", "second")]
    imports.take(txn, job, upload, 0, chunk(3, failed=failed))
    imports.take(txn, job, upload, 3, chunk(4, failed=failed))
    assert counts(uploads.find(txn, team, upload.uuid)) == (0, 0, 0, 4)
    assert [each.cells for each in uploads.errors(txn, upload.id, 0, 100)] == [["first"]]


def test_an_import_that_is_given_up_is_told_to_webhooks(txn, team):
    job, upload = begin(txn, team)
    webhook = add_webhook(txn, team, "import.completed")
    for _ in range(jobs.TRIES_MAX):
        jobs.begin(txn, job.id, {IMPORT: imports.tell})
    assert uploads.find(txn, team, upload.uuid).status == "failed"
    ((event, subject),) = queued(txn, webhook)
    assert (event, subject) == ("import.completed", upload.uuid)
    imports.tell(txn, team, 0)  # of a job that is no import
    assert len(queued(txn, webhook)) == 1


def test_rows_of_one_phone_within_a_chunk_are_counted_as_the_child_says(txn, team):
    job, upload = begin(txn, team)
    imports.take(txn, job, upload, 0, chunk(4, person(2, ANN), updated=1, skipped=1))
    assert counts(uploads.find(txn, team, upload.uuid)) == (1, 1, 1, 0)


def test_decision_56_a_chunk_that_was_taken_is_not_taken_again(txn, team):
    job, upload = begin(txn, team)
    imports.take(txn, job, upload, 0, chunk(2, person(2, ANN)))
    txn.execute("SAVEPOINT before")
    with pytest.raises(JobGone, match="row 0"):
        imports.take(txn, job, upload, 0, chunk(2, person(2, ANN)))
    txn.execute("ROLLBACK TO before")
    imports.take(txn, job, upload, 2, chunk(3, person(3, BOB)))
    found = uploads.find(txn, team, upload.uuid)
    assert (found.done_row, counts(found)) == (3, (2, 0, 0, 0))


def test_decision_56_who_has_lost_the_job_takes_nothing(txn, team):
    job, upload = begin(txn, team)
    assert jobs.begin(txn, job.id)
    with pytest.raises(JobGone):
        imports.take(txn, job, upload, 0, chunk(2, person(2, ANN)))
    with pytest.raises(JobGone):
        imports.end(txn, job, 2)
    assert contacts(txn, team) == []


def test_decision_57_who_has_opted_out_stays_suppressed_when_imported_again(txn, team):
    suppressions.add(txn, NODE, team, ANN, "", "stop")
    taken(txn, team, person(2, ANN, first_name="Ann"))
    (answer,) = accept(txn, [priced(team, recipient=ANN, suppressible=True)])
    assert answer is not None
    assert answer.code == "suppressed"


def test_a_contact_may_not_get_more_attributes_than_it_can_have(txn, team):
    taken(txn, team, person(2, ANN, attributes={f"a{n}": "1" for n in range(40)}))
    more = {f"b{n}": "1" for n in range(11)}
    upload = taken(txn, team, person(2, ANN, attributes=more), person(3, BOB, attributes=more))
    assert counts(upload) == (1, 0, 0, 1)
    (error,) = uploads.errors(txn, upload.id, 0, 100)
    assert (error.row, error.cells) == (2, [ANN])
    assert error.wrong[0]["message"] == "the contact would have more than 50 attributes"


def test_a_dry_run_counts_and_changes_nothing(txn, team):
    taken(txn, team, person(2, ANN, first_name="Ann"))
    again = {**person(4, CAT, first_name="Cat"), "again": True}
    people = [person(2, ANN, first_name="Anne"), person(3, BOB), again]
    upload = taken(txn, team, *people, dry_run=True)
    assert (upload.status, counts(upload)) == ("completed", (1, 2, 0, 0))
    assert counts(taken(txn, team, *people, dry_run=True, on_existing="skip")) == (1, 0, 2, 0)
    assert contacts(txn, team) == [(ANN, "Ann", None, {})]
    with pytest.raises(NotUndoable, match="changed nothing"):
        uploads.undo(txn, NODE, team, upload.uuid, str(uuid.uuid4()))


def test_all_of_a_file_join_a_group(txn, team):
    taken(txn, team, person(2, ANN))
    group = add_group(txn, team)
    upload = taken(txn, team, person(2, ANN), person(3, BOB), group=group)
    assert (members(txn, group), counts(upload)) == ([ANN, BOB], (1, 0, 1, 0))
    assert one(txn, "SELECT members FROM contact_group WHERE uuid = %(group)s", group=group) == 2


def test_a_group_that_is_deleted_meanwhile_is_joined_no_more(txn, team):
    group = add_group(txn, team)
    job, upload = begin(txn, team, group=group)
    txn.execute("DELETE FROM contact_group WHERE uuid = %(group)s", {"group": group})
    imports.take(txn, job, upload, 0, chunk(2, person(2, ANN)))
    assert counts(uploads.find(txn, team, upload.uuid)) == (1, 0, 0, 0)


@pytest.mark.parametrize("group", ["no uuid", str(uuid.UUID(int=7))])
def test_a_group_that_is_not_the_team_s_is_not_found(txn, team, group):
    with pytest.raises(NotFound, match="no group"):
        begin(txn, team, group=group)
    with pytest.raises(NotFound):
        begin(txn, team, group=add_group(txn, add_team(txn)))


def test_another_team_s_contacts_of_the_same_phone_are_left_alone(txn, team):
    other = add_team(txn)
    taken(txn, other, person(2, ANN, first_name="Ann"))
    assert counts(taken(txn, team, person(2, ANN, first_name="Other"))) == (1, 0, 0, 0)
    assert contacts(txn, other) == [(ANN, "Ann", None, {})]


def test_an_import_that_fails_as_a_whole_says_why(txn, team):
    job, upload = begin(txn, team)
    imports.end(txn, job, None, "a quote is not closed")
    ended = uploads.find(txn, team, upload.uuid)
    assert (ended.status, ended.failure, ended.total_rows) == ("failed", "a quote is not closed", 3)


# Lists, cancelling, undoing.


def test_imports_are_listed_newest_first_and_only_the_team_s(txn, team):
    first, second = taken(txn, team, person(2, ANN)), taken(txn, team, person(2, BOB))
    taken(txn, add_team(txn), person(2, CAT))
    assert [each.uuid for each in uploads.page(txn, team, 10, 0)] == [second.uuid, first.uuid]
    assert [each.uuid for each in uploads.page(txn, team, 10, 1)] == [first.uuid]
    assert uploads.count(txn, team) == (2, False)


@pytest.mark.parametrize("name", ["no uuid", str(uuid.UUID(int=7))])
def test_an_unknown_import_is_not_found(txn, team, name):
    with pytest.raises(NotFound):
        uploads.find(txn, team, name)
    with pytest.raises(NotFound):
        uploads.find(txn, team, taken(txn, add_team(txn), person(2, ANN)).uuid)


def test_an_import_is_kept_as_it_was_asked_for(txn, team):
    _, upload = begin(txn, team, on_existing="skip", dry_run=True)
    assert upload.plan == attrs.evolve(PLAN, on_existing="skip", dry_run=True)
    assert (upload.status, upload.undone) == ("processing", None)


def test_an_import_that_is_cancelled_keeps_what_it_has_taken_and_takes_no_more(txn, team):
    job, upload = begin(txn, team)
    imports.take(txn, job, upload, 0, chunk(2, person(2, ANN)))
    assert uploads.cancel(txn, NODE, team, upload.uuid).status == "cancelled"
    with pytest.raises(JobGone):
        imports.take(txn, job, upload, 2, chunk(3, person(3, BOB)))
    assert len(contacts(txn, team)) == 1
    with pytest.raises(JobEnded):
        uploads.cancel(txn, NODE, team, upload.uuid)


def test_an_undo_removes_what_was_made_and_restores_what_was_changed(txn, team):
    taken(txn, team, person(2, ANN, first_name="Ann", attributes={"town": "Kisumu"}))
    group = add_group(txn, team)
    changes = [person(2, ANN, first_name="Anne", email="a@b.c", attributes={"age": "7"}), person(3, BOB)]
    upload = undone(txn, taken(txn, team, *changes, group=group), limit=1)
    assert upload.undone == Undone(status="completed", removed=1, restored=1, kept=0)
    assert contacts(txn, team) == [(ANN, "Ann", None, {"town": "Kisumu"})]
    assert members(txn, group) == []


def test_an_undo_leaves_alone_what_somebody_has_changed_since(txn, team):
    taken(txn, team, person(2, ANN, first_name="Ann"))
    upload = taken(txn, team, person(2, ANN, first_name="Anne"), person(3, BOB), person(4, CAT))
    one(txn, PUT, phone=ANN)
    one(txn, PUT, phone=BOB)
    found = undone(txn, upload)
    assert found.undone == Undone(status="completed", removed=1, restored=0, kept=2)
    assert [row[:2] for row in contacts(txn, team)] == [(ANN, "Put"), (BOB, "Put")]


def test_an_undo_leaves_alone_who_is_in_another_group_since(txn, team):
    upload = taken(txn, team, person(2, ANN), person(3, BOB))
    later = add_group(txn, team, "Later")
    txn.execute(
        "INSERT INTO group_member SELECT g.id, c.id, g.team_id FROM contact_group AS g, contact AS c "
        "WHERE g.uuid = %(group)s AND c.phone = %(phone)s",
        {"group": later, "phone": ANN},
    )
    assert undone(txn, upload).undone == Undone(status="completed", removed=1, restored=0, kept=1)
    assert members(txn, later) == [ANN]


def test_an_undo_of_what_was_changed_twice_goes_back_to_the_beginning(txn, team):
    taken(txn, team, person(2, ANN, first_name="Ann"))
    job, upload = begin(txn, team)
    imports.take(txn, job, upload, 0, chunk(2, person(2, ANN, first_name="Anne"), person(3, BOB)))
    imports.take(txn, job, upload, 2, chunk(4, person(4, ANN, first_name="Anna"), person(5, BOB, first_name="Bob")))
    imports.end(txn, job, 4)
    assert counts(uploads.find(txn, team, upload.uuid)) == (1, 3, 0, 0)
    ended = undone(txn, uploads.find(txn, team, upload.uuid))
    assert ended.undone == Undone(status="completed", removed=1, restored=1, kept=0)
    assert contacts(txn, team) == [(ANN, "Ann", None, {})]


def test_a_group_that_was_joined_is_left_by_the_undo_and_other_members_stay(txn, team):
    group = add_group(txn, team)
    taken(txn, team, person(2, ANN), group=group)
    upload = taken(txn, team, person(2, ANN), person(3, BOB), group=group)
    assert undone(txn, upload).undone == Undone(status="completed", removed=1, restored=0, kept=0)
    assert members(txn, group) == [ANN]


def test_an_import_is_undone_once_and_only_at_its_end_and_not_for_ever(txn, team):
    def undo(upload):
        uploads.undo(txn, NODE, team, upload.uuid, str(uuid.uuid4()))

    _, running = begin(txn, team)
    with pytest.raises(NotUndoable, match="under way"):
        undo(running)
    upload, old = taken(txn, team, person(2, ANN)), taken(txn, team, person(2, BOB))
    undone(txn, upload)
    with pytest.raises(NotUndoable, match="before"):
        undo(upload)
    one(txn, AGE, id=old.job_id)
    with pytest.raises(NotUndoable, match="7 days"):
        undo(old)


def test_what_an_import_did_to_each_row_is_forgotten_after_a_week(txn, team):
    job, upload = begin(txn, team)
    failed = [{"row": 4, "wrong": [], "cells": []}]
    imports.take(txn, job, upload, 0, chunk(4, person(2, ANN), person(3, BOB), failed=failed))
    imports.end(txn, job, 3)
    recent = taken(txn, team, person(2, CAT))
    assert uploads.forget(txn, 1) == 0
    one(txn, AGE, id=upload.job_id)
    assert [uploads.forget(txn, 1) for _ in range(3)] == [1, 1, 0]
    assert one(txn, "SELECT count(*) FROM upload_error WHERE upload_id = %(id)s", id=upload.id) == 0
    assert one(txn, "SELECT count(*) FROM upload_change WHERE upload_id = %(id)s", id=recent.id) == 1
    assert uploads.find(txn, team, upload.uuid).imported == 2


def test_a_team_with_a_webhook_is_told_of_the_end(txn, team):
    txn.execute(
        "INSERT INTO webhook (uuid, team_id, url, events, secret) VALUES (gen_random_uuid(), %(team)s, 'https://a', "
        "'{import.completed}', 'x')",
        {"team": team},
    )
    upload = taken(txn, team, person(2, ANN))
    _, cancelled = begin(txn, team)
    uploads.cancel(txn, NODE, team, cancelled.uuid)
    told = "SELECT subject, data ->> 'status', (data ->> 'imported')::integer FROM webhook_event WHERE team_id = %(team)s ORDER BY id"
    assert rows(txn, told, team=team) == [(upload.uuid, "completed", 1), (cancelled.uuid, "cancelled", 0)]


def test_who_is_deleted_while_a_chunk_is_taken_is_made_again(database_dsn, monkeypatch):
    with (
        contextlib.closing(connect(database_dsn, "ours")) as ours,
        contextlib.closing(connect(database_dsn, "their")) as their,
    ):
        team = in_transaction(ours, add_team)
        in_transaction(ours, taken, team, person(2, ANN, first_name="Ann"))
        job, upload = in_transaction(ours, begin, team)
        locked = imports._locked

        def deleted_before(txn, upload, phones):
            if phones:
                gone = "UPDATE contact SET deleted_at = now() WHERE first_name = 'Ann'"
                in_transaction(their, lambda other: other.execute(gone))
            return locked(txn, upload, phones)

        monkeypatch.setattr(
            imports, "_locked", deleted_before
        )  # the moment between two statements, which no test can meet
        in_transaction(ours, imports.take, job, upload, 0, chunk(2, person(2, ANN, first_name="Anne")))
        assert in_transaction(ours, contacts, team) == [(ANN, "Anne", None, {})]
        assert counts(in_transaction(ours, uploads.find, team, upload.uuid)) == (1, 0, 0, 0)
