"""What must hold of all that teams keep beside messages: contacts, files, long work, webhooks, and the marks of their ledgers.

The statements are as those of `store.audit`, which runs them.
"""

from __future__ import annotations

CONTACTS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT contact.uuid, team.id IS NULL OR (attributes <> '{}' AND EXISTS (
        SELECT FROM jsonb_object_keys(attributes) AS key WHERE NOT EXISTS (
            SELECT FROM contact_attribute WHERE contact_attribute.team_id = contact.team_id AND name = key))) AS wrong
    FROM contact LEFT JOIN team ON team.id = team_id
) AS each
"""

GROUPS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT contact_group.uuid, team.id IS NULL OR members <> coalesce(seen, 0) OR coalesce(strange, 0) > 0 AS wrong
    FROM contact_group LEFT JOIN team ON team.id = team_id LEFT JOIN (
        SELECT group_id, count(*) AS seen, count(*) FILTER (
            WHERE contact.id IS NULL OR deleted_at IS NOT NULL OR contact.team_id <> group_member.team_id) AS strange
        FROM group_member LEFT JOIN contact ON contact.id = contact_id GROUP BY group_id) AS counted
    ON group_id = contact_group.id
) AS each
"""

MEMBERS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT contact_group.team_id IS DISTINCT FROM group_member.team_id AS wrong,
           format('contact %%s in group %%s', contact_id, group_id) AS shown
    FROM group_member LEFT JOIN contact_group ON contact_group.id = group_id
) AS each
"""

ERASURES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT erasure.uuid, team.id IS NULL OR (phone IS NULL) <> (finished_at IS NOT NULL)
                 OR (next_at IS NULL) <> (finished_at IS NOT NULL) AS wrong
    FROM erasure LEFT JOIN team ON team.id = team_id
) AS each
"""

# One that is not whole yet is nobody's; a document waits to be named by a sender.
FILES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT file.uuid, coalesce(owner.team_id, file.team_id) <> file.team_id OR (octets IS NOT NULL AND (
        (octets, coalesce(pieces, 0)) <> (coalesce(kept, 0), coalesce(behind, 0))
        OR (owner.team_id IS NULL AND content_type <> ALL(%(documents)s)))) AS wrong
    FROM file LEFT JOIN (
        SELECT file_id, sum(length(octets)) AS kept, count(*) AS pieces, max(n) + 1 AS behind FROM file_chunk GROUP BY file_id
    ) AS chunks ON chunks.file_id = file.id LEFT JOIN (
        SELECT file_id, team_id FROM upload UNION SELECT file_id, team_id FROM export UNION SELECT file_id, team_id FROM audience
    ) AS owner ON owner.file_id = file.id
) AS each
"""

DOCUMENTS = """
SELECT count(*), count(*) FILTER (WHERE octets IS NULL), (array_agg(sender.name) FILTER (WHERE octets IS NULL))[1:5]
FROM sender LEFT JOIN file ON file.uuid = document_uuid AND file.team_id = sender.team_id WHERE document_uuid IS NOT NULL
"""

# What was asked for may be removed once its job has ended.
JOBS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT uuid, (state IN ('completed', 'failed', 'cancelled')) <> (finished_at IS NOT NULL) OR (finished_at IS NULL AND CASE kind
        WHEN 'contacts.import' THEN NOT EXISTS (SELECT FROM upload WHERE job_id = job.id AND upload.team_id = job.team_id)
        WHEN 'contacts.undo' THEN NOT EXISTS (SELECT FROM upload WHERE undo_job_id = job.id AND upload.team_id = job.team_id)
        WHEN 'campaigns.audience' THEN NOT EXISTS (SELECT FROM audience WHERE job_id = job.id AND audience.team_id = job.team_id)
        WHEN 'export' THEN NOT EXISTS (SELECT FROM export WHERE job_id = job.id AND export.team_id = job.team_id)
        ELSE false END) AS wrong
    FROM job
) AS each
"""

UPLOADS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT upload.uuid, (job.team_id, job.kind) <> (upload.team_id, 'contacts.import')
        OR (undo.team_id, undo.kind) <> (upload.team_id, 'contacts.undo') OR imported + updated + skipped + failed > done_row
        OR removed + restored + kept > imported + updated OR coalesce(errors, 0) > failed AS wrong
    FROM upload JOIN job ON job.id = job_id LEFT JOIN job AS undo ON undo.id = undo_job_id
    LEFT JOIN (SELECT upload_id, count(*) AS errors FROM upload_error GROUP BY upload_id) AS told ON upload_id = upload.id
) AS each
"""

# Bad rows are kept for some days; how many rows there were is known from the first look on. What a campaign is sent again with was
# read by no job, and jobs are forgotten.
AUDIENCES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT audience.uuid, team.id IS NULL OR (job.team_id, job.kind) <> (audience.team_id, 'campaigns.audience')
        OR (status IN ('completed', 'failed')) <> (audience.finished_at IS NOT NULL)
        OR (job.id IS NOT NULL AND (job.finished_at IS NOT NULL) <> (audience.finished_at IS NOT NULL))
        OR people + doubles + failed > done_row OR coalesce(seen, 0) <> people OR coalesce(errors, 0) > failed AS wrong
    FROM audience LEFT JOIN team ON team.id = audience.team_id LEFT JOIN job ON job.id = job_id
    LEFT JOIN (SELECT audience_id, count(*) AS seen FROM audience_row GROUP BY audience_id) AS there ON there.audience_id = audience.id
    LEFT JOIN (SELECT audience_id, count(*) AS errors FROM audience_error GROUP BY audience_id) AS told ON told.audience_id = audience.id
) AS each
"""

EXPORTS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT export.uuid, (job.team_id, job.kind) <> (export.team_id, 'export')
        OR (job.state = 'completed' AND file_id IS NOT NULL AND file.octets IS NULL) AS wrong
    FROM export JOIN job ON job.id = job_id LEFT JOIN file ON file.id = file_id
) AS each
"""

DELIVERIES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT (webhook_event.team_id, webhook_event.event) IS DISTINCT FROM (webhook.team_id, webhook_delivery.event)
               OR (state = 10) <> (next_at IS NOT NULL) AS wrong,
           format('%%s to webhook %%s', event_id, webhook_id) AS shown
    FROM webhook_delivery LEFT JOIN webhook ON webhook.id = webhook_id LEFT JOIN webhook_event ON webhook_event.id = event_id
) AS each
"""

MARKS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT ledger_mark.balance IS DISTINCT FROM behind.balance AS wrong,
           format('team %%s behind entry %%s: %%s, entries %%s',
                  ledger_mark.team_id, ledger_id, ledger_mark.balance, behind.balance) AS shown
    FROM ledger_mark LEFT JOIN (
        SELECT team_id, id, sum(units) OVER (PARTITION BY team_id ORDER BY id ROWS UNBOUNDED PRECEDING) AS balance
        FROM ledger WHERE team_id IN (SELECT team_id FROM ledger_mark)
    ) AS behind ON id = ledger_id AND behind.team_id = ledger_mark.team_id
) AS each
"""

# As in `store.audit`: a name that never changes, a sentence, and the statement that looks.
CHECKS = (
    ("contacts", "each contact is a team's, and its attributes are named there", CONTACTS),
    (
        "groups",
        "each group of contacts is a team's, and its members are contacts of that team, as many as it says",
        GROUPS,
    ),
    ("members", "each member of a group is in one that is there, of the same team", MEMBERS),
    (
        "erasures",
        "a demand to be forgotten is of a team that is there, and names the number until it is finished",
        ERASURES,
    ),
    (
        "files",
        "each whole file is the sum of its pieces, and what an import, an export or an audience of its team names, or a document",
        FILES,
    ),
    ("documents", "each document that a sender names is a whole file of its team", DOCUMENTS),
    ("jobs", "a job has ended exactly when it says when, and until then there is what it is for", JOBS),
    ("uploads", "each import is its job's, counts no row twice, and undoes no more than it did", UPLOADS),
    ("audiences", "each audience is its job's, counts no row twice, and has as many people as it says", AUDIENCES),
    ("exports", "each export is its job's, and its file is whole when that is completed", EXPORTS),
    (
        "deliveries",
        "what a webhook is told is an event of its team, and waits exactly until it is told no more",
        DELIVERIES,
    ),
    ("marks", "each mark of a ledger is the sum of the entries up to it", MARKS),
)
