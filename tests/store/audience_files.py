"""Audiences in the store, as tests begin them."""

import uuid
from typing import Any

import attrs

from mobilesasa.contacts.audiences import Audience, AudienceReading
from mobilesasa.contacts.reading.columns import Column
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.contacts.uploads import Looked
from mobilesasa.core.actors import NODE
from mobilesasa.core.jobs import Job
from mobilesasa.store import audience_rows, audiences, files, jobs
from mobilesasa.store.database import Txn
from tests.store.uploading import chunk, person

SHAPE = Shape(
    format="csv", encoding="utf-8", separator=",", headers=["Simu", "Town", "1st"], header_row=1, total_rows=3
)
LOOKED = Looked(shape=SHAPE, columns=(Column(0, "Simu", "phone"), Column(1, "Town", "town")), ignored=("1st",))
PLAN = AudienceReading(filename="debtors.csv", looked=LOOKED, country="KE")
ADD_SENDER = "INSERT INTO sender (uuid, team_id, name) VALUES (gen_random_uuid(), %(team)s, 'Campaigner') RETURNING id"
ADD_CAMPAIGN = """
INSERT INTO campaign (uuid, team_id, name, message, sender_id, audience_id, phase, finished_at)
VALUES (gen_random_uuid(), %(team)s, 'Reminder', 'Hi', %(sender)s, %(audience)s, %(phase)s, now() - %(days)s * interval '1 day')
"""


def begin(txn: Txn, team: int, **changes: Any) -> tuple[Job, Audience]:
    """An audience whose job has just been begun."""
    file_id = files.begin(txn, team, str(uuid.uuid4()), "debtors.csv", "text/csv")
    name = str(uuid.uuid4())
    audiences.add(txn, NODE, team, name, file_id, attrs.evolve(PLAN, **changes), str(uuid.uuid4()))
    found = audiences.find(txn, team, name)
    assert found.job_id is not None
    job = jobs.begin(txn, found.job_id)
    assert job is not None
    return job, found


def read(txn: Txn, team: int, *people: dict[str, Any], **more: Any) -> Audience:
    """An audience of one chunk, at its end."""
    job, audience = begin(txn, team)
    audience_rows.take(txn, job, audience, 0, chunk(len(people) + 1, *people, **more))
    audience_rows.end(txn, job, len(people))
    return audiences.find(txn, team, audience.uuid)


def somebody(row: int, phone: str, **fields: str) -> dict[str, Any]:
    """A row as the child writes it."""
    return person(row, phone, fields=fields)


def name_in_a_campaign(txn: Txn, audience: Audience, phase: str = "draft", days: int | None = None) -> None:
    """A campaign for an audience, which ended so many days ago."""
    txn.execute("SELECT id FROM sender WHERE team_id = %(team)s", {"team": audience.team_id})
    row = txn.fetchone()
    if row is None:
        txn.execute(ADD_SENDER, {"team": audience.team_id})
        row = txn.fetchone()
    assert row is not None
    given = {"team": audience.team_id, "sender": row[0], "audience": audience.id, "phase": phase, "days": days}
    txn.execute(ADD_CAMPAIGN, given)
