"""What an import writes: a chunk of rows, how far it has come and what it changed, in one transaction (decisions 54 to 57).

A chunk is dealt with exactly when `done_row` has passed it, so a worker that dies at any line doubles nothing and skips
nothing. Suppressions are by phone, in a table of their own that no import touches: who has opted out stays so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mobilesasa.contacts.fields import ATTRIBUTES
from mobilesasa.contacts.uploads import Upload
from mobilesasa.core.jobs import Job, JobGone, JobState
from mobilesasa.store import erasures, files, hooks, jobs, uploads
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.rows import as_json

UNDO_CONTACTS: Final = 1_000  # in one transaction

_GIVEN = """json_to_recordset(%(rows)s) AS given (row integer, phone text, again boolean, first_name text, last_name text, email text,
    notes text, attributes jsonb)"""
_STATE = "hash_record_extended(ROW({0}.first_name, {0}.last_name, {0}.email, {0}.notes, {0}.attributes), 0)"

LOCK_CONTACTS = """
SELECT phone FROM contact WHERE team_id = %(team_id)s AND deleted_at IS NULL AND phone = ANY(%(phones)s) ORDER BY id FOR UPDATE
"""

MAKE = f"""
WITH made AS (
    INSERT INTO contact (team_id, phone, first_name, last_name, email, notes, attributes)
    SELECT %(team_id)s, phone, first_name, last_name, email, notes, coalesce(attributes, '{{}}') FROM {_GIVEN} ORDER BY row
    ON CONFLICT (team_id, phone) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id, phone, first_name, last_name, email, notes, attributes
), noted AS (
    INSERT INTO upload_change (upload_id, contact_id, made, after) SELECT %(upload_id)s, id, true, {_STATE.format("made")} FROM made
)
SELECT phone FROM made
"""

_MEANT = f"""
WITH meant AS MATERIALIZED (
    SELECT contact.id, given.row, given.phone, contact.first_name, contact.last_name, contact.email, contact.notes, contact.attributes,
           coalesce(given.first_name, contact.first_name) AS new_first, coalesce(given.last_name, contact.last_name) AS new_last,
           coalesce(given.email, contact.email) AS new_email, coalesce(given.notes, contact.notes) AS new_notes,
           contact.attributes || coalesce(given.attributes, '{{}}') AS new_attributes
    FROM {_GIVEN} JOIN contact ON contact.team_id = %(team_id)s AND contact.phone = given.phone AND deleted_at IS NULL
), full_up AS MATERIALIZED (
    SELECT id, row, phone FROM meant WHERE new_attributes <> attributes
      AND (SELECT count(*) FROM jsonb_object_keys(new_attributes)) > %(attributes_max)s
), differs AS MATERIALIZED (
    SELECT * FROM meant WHERE id NOT IN (SELECT id FROM full_up)
      AND (first_name, last_name, email, notes, attributes)
          IS DISTINCT FROM (new_first, new_last, new_email, new_notes, new_attributes)
)
"""

_SUM = "SELECT (SELECT count(*) FROM differs), (SELECT coalesce(json_agg(full_up), '[]') FROM full_up)"

WOULD_CHANGE = _MEANT + _SUM

CHANGE = (
    _MEANT.removesuffix("\n")
    + f""", changed AS (
    UPDATE contact SET first_name = new_first, last_name = new_last, email = new_email, notes = new_notes,
                       attributes = new_attributes, updated_at = now()
    FROM differs WHERE contact.id = differs.id
    RETURNING contact.id, {_STATE.format("contact")} AS after,
              jsonb_build_object('first_name', differs.first_name, 'last_name', differs.last_name, 'email', differs.email,
                                 'notes', differs.notes, 'attributes', differs.attributes) AS before
), noted AS (
    INSERT INTO upload_change (upload_id, contact_id, made, before, after) SELECT %(upload_id)s, id, false, before, after FROM changed
    ON CONFLICT (upload_id, contact_id) DO UPDATE SET after = excluded.after,
        before = CASE WHEN upload_change.made THEN NULL ELSE coalesce(upload_change.before, excluded.before) END
)
"""
    + _SUM
)

THERE = """
SELECT count(*) FROM contact WHERE team_id = %(team_id)s AND deleted_at IS NULL AND phone = ANY(%(phones)s)
"""

HOLD_GROUP = "SELECT FROM contact_group WHERE id = %(group_id)s AND team_id = %(team_id)s FOR KEY SHARE"

JOIN = f"""
WITH joined AS (
    INSERT INTO group_member (group_id, contact_id, team_id)
    SELECT %(group_id)s, id, team_id FROM contact WHERE team_id = %(team_id)s AND deleted_at IS NULL AND phone = ANY(%(phones)s)
    ON CONFLICT (group_id, contact_id) DO NOTHING RETURNING contact_id
)
INSERT INTO upload_change (upload_id, contact_id, made, joined, after)
SELECT %(upload_id)s, contact_id, false, true, {_STATE.format("contact")} FROM joined JOIN contact ON contact.id = contact_id
ON CONFLICT (upload_id, contact_id) DO UPDATE SET joined = true
"""

ADD_ERRORS = """
INSERT INTO upload_error (upload_id, row, wrong, cells)
SELECT %(upload_id)s, row, wrong, cells FROM json_to_recordset(%(rows)s) AS failed (row integer, wrong jsonb, cells jsonb)
ON CONFLICT (upload_id, row) DO NOTHING
"""

COME_ON = """
UPDATE upload SET done_row = %(upto)s, imported = imported + %(imported)s, updated = updated + %(updated)s,
    skipped = skipped + %(skipped)s, failed = failed + %(failed)s
WHERE id = %(id)s AND team_id = %(team_id)s AND done_row = %(after)s
"""

SET_TOTAL = "UPDATE upload SET total_rows = %(total)s WHERE id = %(id)s AND team_id = %(team_id)s"

NEXT_CHANGES = """
SELECT contact_id FROM upload_change WHERE upload_id = %(upload_id)s ORDER BY contact_id LIMIT %(limit)s
"""

LOCK_BY_ID = "SELECT FROM contact WHERE team_id = %(team_id)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE"

# As they are left by the import, and in no other group since: what it made goes, what it changed is as it was.
UNDO = f"""
WITH change AS MATERIALIZED (
    SELECT * FROM upload_change WHERE upload_id = %(upload_id)s AND contact_id = ANY(%(ids)s)
), same AS MATERIALIZED (
    SELECT change.* FROM change JOIN contact ON contact.id = contact_id AND contact.team_id = %(team_id)s
    WHERE deleted_at IS NULL AND after = {_STATE.format("contact")}
), gone AS (
    UPDATE contact SET deleted_at = now(), updated_at = now() WHERE id IN (
        SELECT contact_id FROM same WHERE made AND NOT EXISTS (
            SELECT FROM group_member AS other WHERE other.contact_id = same.contact_id
              AND other.group_id IS DISTINCT FROM %(group_id)s))
    RETURNING id
), restored AS (
    UPDATE contact SET first_name = before ->> 'first_name', last_name = before ->> 'last_name', email = before ->> 'email',
                       notes = before ->> 'notes', attributes = before -> 'attributes', updated_at = now()
    FROM same WHERE contact.id = contact_id AND before IS NOT NULL RETURNING contact.id
)
SELECT ARRAY(SELECT id FROM gone), (SELECT count(*) FROM restored),
       (SELECT count(*) FROM change WHERE made OR before IS NOT NULL), ARRAY(SELECT contact_id FROM change WHERE joined)
"""

LEAVE = """
DELETE FROM group_member WHERE team_id = %(team_id)s
  AND (contact_id = ANY(%(gone)s) OR (group_id = %(group_id)s AND contact_id = ANY(%(joined)s)))
"""

DROP_CHANGES = "DELETE FROM upload_change WHERE upload_id = %(upload_id)s AND contact_id = ANY(%(ids)s)"

COUNT_UNDONE = """
UPDATE upload SET removed = removed + %(removed)s, restored = restored + %(restored)s, kept = kept + %(kept)s
WHERE id = %(id)s AND team_id = %(team_id)s
"""


def take(txn: Txn, job: Job, upload: Upload, after: int, chunk: Mapping[str, Any]) -> None:
    """Take the rows of a chunk, and note that they are dealt with.

    Args:
        txn: the transaction.
        job: as it was begun.
        upload: what is imported.
        after: the last row that was dealt with before.
        chunk: as `jobs.read` writes it; each phone stands in it once.

    Raises:
        JobGone: the import was cancelled or is another's, or the chunk was taken before.
    """
    jobs.advance(txn, job)
    phones = [row["phone"] for row in chunk["rows"]]
    forgotten = erasures.forgotten(txn, upload.team_id, phones, upload.created_at_ms)
    rows, failed = [row for row in chunk["rows"] if row["phone"] not in forgotten], list(chunk["failed"])
    updated, skipped = chunk["updated"], chunk["skipped"]  # by rows that stand behind another of their phone
    if upload.plan.dry_run:
        imported, changed, full_up = _rehearse(txn, upload, rows)
    else:
        imported, changed, full_up = _keep(txn, upload, rows)
        _join(txn, upload, [row["phone"] for row in rows])
    failed += full_up
    if failed:
        txn.execute(ADD_ERRORS, {"upload_id": upload.id, "rows": as_json(failed)})
    counts = {
        "imported": imported,
        "updated": updated + changed,
        "skipped": skipped + len(chunk["rows"]) - imported - changed - len(full_up),
        "failed": len(failed),
    }
    given = {"id": upload.id, "team_id": upload.team_id, "after": after, "upto": chunk["upto"]}
    txn.execute(COME_ON, {**given, **counts})
    if txn.rowcount == 0:
        raise JobGone(f"row {after} of upload {upload.id} is not the last that was dealt with")


def _keep(txn: Txn, upload: Upload, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int, list[dict[str, Any]]]:
    """Make and change contacts; returns how many of each, and the rows that gave a contact too many attributes."""
    left = {row["phone"]: row for row in rows}
    imported = changed = 0
    full_up: list[dict[str, Any]] = []
    while left:  # once more for who was there and is deleted before they are locked
        given = {"team_id": upload.team_id, "upload_id": upload.id, "attributes_max": ATTRIBUTES}
        txn.execute(MAKE, {**given, "rows": as_json(list(map(dict, left.values())))})
        made = {phone for (phone,) in txn.fetchall()}
        imported += len(made)
        left = {phone: row for phone, row in left.items() if phone not in made}
        there = _locked(txn, upload, list(left))
        if there and upload.plan.on_existing == "update":
            met = [dict(row) for phone, row in left.items() if phone in there]
            txn.execute(CHANGE, {**given, "rows": as_json(met)})
            more, wrong = one_row(txn)
            changed += more
            full_up += _full_up(upload, wrong)
        left = {phone: row for phone, row in left.items() if phone not in there}
    return imported, changed, full_up


def _locked(txn: Txn, upload: Upload, phones: Sequence[str]) -> set[str]:
    """Lock the contacts that are there, so that nobody changes them meanwhile; return their phones."""
    if not phones:
        return set()
    txn.execute(LOCK_CONTACTS, {"team_id": upload.team_id, "phones": phones})
    return {phone for (phone,) in txn.fetchall()}


def _rehearse(txn: Txn, upload: Upload, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int, list[dict[str, Any]]]:
    """Return the same as `_keep`, and change nothing; a phone of an earlier chunk counts as changed."""
    updates = upload.plan.on_existing == "update"
    again = sum(1 for row in rows if row["again"])
    fresh = [dict(row) for row in rows if not row["again"]]
    given = {"team_id": upload.team_id, "phones": [row["phone"] for row in fresh]}
    txn.execute(THERE, given)
    (there,) = one_row(txn)
    if not updates:
        return len(fresh) - there, 0, []
    txn.execute(WOULD_CHANGE, {**given, "rows": as_json(fresh), "attributes_max": ATTRIBUTES})
    changed, wrong = one_row(txn)
    return len(fresh) - there, changed + again, _full_up(upload, wrong)


def _full_up(upload: Upload, wrong: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    phone = next(column for column in upload.plan.looked.columns if column.field == "phone")
    message = f"the contact would have more than {ATTRIBUTES} attributes"
    return [
        {
            "row": each["row"],
            "wrong": [{"column": phone.header, "value": each["phone"], "message": message}],
            "cells": [""] * phone.at + [each["phone"]],
        }
        for each in wrong
    ]


def _join(txn: Txn, upload: Upload, phones: Sequence[str]) -> None:
    """Put all of them into the group that was asked for, while it is there."""
    if upload.group_id is None:
        return
    given = {"group_id": upload.group_id, "team_id": upload.team_id}
    txn.execute(HOLD_GROUP, given)
    if txn.rowcount:
        txn.execute(JOIN, {**given, "upload_id": upload.id, "phones": list(phones)})


def end(txn: Txn, job: Job, total: int | None, failure: str | None = None) -> None:
    """End an import, and tell the team.

    Args:
        txn: the transaction.
        job: as it was begun.
        total: how many rows the file has; None where it was not read to its end.
        failure: why it cannot be done.

    Raises:
        JobGone: it has ended, or is another's.
    """
    jobs.advance(txn, job)
    upload = uploads.of_job(txn, job.team_id, job.id)
    if upload is not None and total is not None:
        txn.execute(SET_TOTAL, {"id": upload.id, "team_id": upload.team_id, "total": total})
    jobs.end(txn, job, JobState.COMPLETED if failure is None else JobState.FAILED, failure)
    tell(txn, job.team_id, job.id)


def tell(txn: Txn, team_id: int, job_id: int) -> None:
    """Tell the team that an import has ended, by the id of its job; also when that was given up (`jobs.AtEnd`)."""
    ended = uploads.of_job(txn, team_id, job_id)
    if ended is not None:
        hooks.emit(txn, team_id, "import.completed", ended.told(), ended.uuid)


def undo_some(txn: Txn, job: Job, upload: Upload, limit: int = UNDO_CONTACTS) -> bool:
    """Undo what an import did to some contacts; returns whether there are more.

    Raises:
        JobGone: the undo is another's.
    """
    jobs.advance(txn, job)
    txn.execute(NEXT_CHANGES, {"upload_id": upload.id, "limit": limit})
    ids = [contact_id for (contact_id,) in txn.fetchall()]
    given = {"upload_id": upload.id, "team_id": upload.team_id, "group_id": upload.group_id, "ids": ids}
    txn.execute(LOCK_BY_ID, given)
    txn.execute(UNDO, given)
    gone, restored, touched, joined = one_row(txn)
    txn.execute(LEAVE, {**given, "gone": gone, "joined": joined})
    txn.execute(DROP_CHANGES, given)
    kept = touched - len(gone) - restored
    counts = {"removed": len(gone), "restored": restored, "kept": kept}
    txn.execute(COUNT_UNDONE, {"id": upload.id, "team_id": upload.team_id, **counts})
    return len(ids) == limit


@attrs.frozen
class Imports:
    """What the works of imports do in the store; each call is one transaction of the pool."""

    _database: Database

    async def of_job(self, job: Job) -> Upload | None:
        """Return the import that a job does or undoes."""
        return await self._database.run("uploads.of_job", uploads.of_job, job.team_id, job.id)

    async def read_chunk(self, file_id: int, n: int) -> bytes | None:
        """Return a piece of a file; None behind the last."""
        return await self._database.run("files.read_chunk", files.read_chunk, file_id, n)

    async def take(self, job: Job, upload: Upload, after: int, chunk: Mapping[str, Any]) -> None:
        """Take the rows of a chunk.

        Raises:
            JobGone: the import was cancelled or is another's.
        """
        await self._database.run("imports.take", take, job, upload, after, chunk)

    async def end(self, job: Job, total: int | None, failure: str | None = None) -> None:
        """End an import, and tell the team.

        Raises:
            JobGone: it has ended, or is another's.
        """
        await self._database.run("imports.end", end, job, total, failure)

    async def undo_some(self, job: Job, upload: Upload) -> bool:
        """Undo what an import did to some contacts; returns whether there are more.

        Raises:
            JobGone: the undo is another's.
        """
        return await self._database.run("imports.undo_some", undo_some, job, upload)
