"""What a team can keep beside messages, one of each, for the audit."""

from mobilesasa.store import files, jobs
from mobilesasa.store.database import Txn, one_row
from tests.store.people import give, give_group, uuid

IMPORTED = """
INSERT INTO upload (uuid, team_id, job_id, file_id, filename, settings, total_rows, done_row, imported, failed)
VALUES (%(uuid)s, %(team)s, %(job)s, %(file)s, 'people.csv', '{}', 3, 3, 1, 1) RETURNING id
"""
AUDIENCE = """
INSERT INTO audience (uuid, team_id, job_id, file_id, filename, settings, fields, status, total_rows, done_row, people, failed)
VALUES (%(uuid)s, %(team)s, %(job)s, %(file)s, 'people.csv', '{}', '{phone}', 'processing', 3, 3, 1, 1) RETURNING id
"""
AUDIENCE_ROW = "INSERT INTO audience_row (audience_id, n, phone, fields) VALUES (%(audience)s, 2, '254700000001', '{}')"
BAD_AUDIENCE_ROW = "INSERT INTO audience_error (audience_id, row, wrong, cells) VALUES (%(audience)s, 3, '[]', '[]')"
BAD_ROW = "INSERT INTO upload_error (upload_id, row, wrong, cells) VALUES (%(upload)s, 3, '[]', '[]')"
EXPORTED = """
INSERT INTO export (uuid, team_id, job_id, kind, format, asked, shown, filename, file_id)
VALUES (%(uuid)s, %(team)s, %(job)s, 'ledger', 'csv', '{}', '{}', 'ledger.csv', %(file)s)
"""
NAMED = "UPDATE sender SET document_uuid = %(document)s WHERE team_id = %(team)s"
FORGOTTEN = """
INSERT INTO erasure (uuid, team_id, phone, pseudonym, upto) VALUES (gen_random_uuid(), %(team)s, '254700000009', 'x', gen_random_uuid())
"""
TOLD = """
WITH webhook AS (
    INSERT INTO webhook (uuid, team_id, url, events, secret) VALUES (gen_random_uuid(), %(team)s, 'https://a.example/', '{*}', 's')
    RETURNING id
), event AS (
    INSERT INTO webhook_event (id, team_id, event, data) VALUES (hook_event_id(), %(team)s, 'balance.low', '{}') RETURNING id
)
INSERT INTO webhook_delivery (webhook_id, event_id, event) SELECT webhook.id, event.id, 'balance.low' FROM webhook, event
"""
MARKED = """
INSERT INTO ledger_mark (team_id, ledger_id, at, balance)
SELECT team_id, max(id), max(at), sum(units) FROM ledger WHERE team_id = %(team)s GROUP BY team_id
"""


def give_belongings(txn: Txn, team: int) -> None:
    """Let a team have one of each; of two pieces the files that are long."""
    contact = give(txn, team)
    txn.execute('UPDATE contact SET attributes = \'{"town": "Kisumu"}\' WHERE uuid = %(uuid)s', {"uuid": contact.uuid})
    give_group(txn, team, contact.phone)
    upload = {"team": team, "uuid": uuid(), "job": jobs.add(txn, team, "contacts.import", {}, uuid())}
    txn.execute(IMPORTED, {**upload, "file": _file(txn, team, "text/csv")[0]})
    txn.execute(BAD_ROW, {"upload": one_row(txn)[0]})
    undo = jobs.add(txn, team, "contacts.undo", {}, uuid())
    txn.execute(
        "UPDATE upload SET undo_job_id = %(undo)s, removed = 1 WHERE job_id = %(job)s", {**upload, "undo": undo}
    )
    audience = {"team": team, "uuid": uuid(), "job": jobs.add(txn, team, "campaigns.audience", {}, uuid())}
    txn.execute(AUDIENCE, {**audience, "file": _file(txn, team, "text/csv")[0]})
    read = {"audience": one_row(txn)[0]}
    for statement in (AUDIENCE_ROW, BAD_AUDIENCE_ROW):
        txn.execute(statement, read)
    export = {"team": team, "uuid": uuid(), "job": jobs.add(txn, team, "export", {}, uuid())}
    txn.execute(EXPORTED, {**export, "file": _file(txn, team, "text/csv")[0]})
    txn.execute("UPDATE job SET state = 'completed', finished_at = now() WHERE id = %(job)s", export)
    txn.execute(NAMED, {"team": team, "document": _file(txn, team, "application/pdf")[1]})
    files.begin(txn, team, uuid(), "half.csv", "text/csv")
    for statement in (FORGOTTEN, TOLD, MARKED):
        txn.execute(statement, {"team": team})


def _file(txn: Txn, team: int, content_type: str) -> tuple[int, str]:
    name = uuid()
    file_id = files.begin(txn, team, name, "file", content_type)
    for n, octets in enumerate((b"some", b"thing")):
        files.add_chunk(txn, file_id, n, octets)
    files.finish(txn, file_id)
    return file_id, name
