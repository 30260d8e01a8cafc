"""What names a person beside contacts and messages: kept replies, files, rows of imports, what webhooks were told.

An erasure (`store.erasures`) has it looked through at the end of each of its looks, until nothing of it is left:

    kept replies             name the person no more; the key stays, so that no call is done twice
    files that were imported go when their import has ended: nobody needs them then
    bad rows of files        go when they have the last digits of the number, however it is written
    files of exports         go whole: CSV files that hold the number, and workbooks, in which it cannot be looked for
    what webhooks were told  has the pseudonym in the place of the number, once they were told

What is younger than the request is new, but for what webhooks are told of an opt-out: the request makes one.
"""

from __future__ import annotations

from typing import Any, Final

from mobilesasa.contacts.forgetting import forgotten
from mobilesasa.store import campaign_people, idempotency, survey_people
from mobilesasa.store.database import Txn, one_row

DIGITS: Final = 9  # the last ones, by which a number is known in whatever way people write it

# Of a busy team this reads much, once an hour while somebody is being forgotten.
PATIENCE = "SET LOCAL statement_timeout = '10min'"

DROP_UPLOADED = """
DELETE FROM file WHERE team_id = %(team_id)s AND id IN (
    SELECT file_id FROM upload JOIN job ON job.id = job_id
    WHERE upload.team_id = %(team_id)s AND upload.created_at <= %(requested_at)s AND finished_at IS NOT NULL)
"""

_DROP_ERRORS = """
DELETE FROM {0}_error
WHERE {0}_id IN (SELECT id FROM {0} WHERE team_id = %(team_id)s AND created_at <= %(requested_at)s)
  AND regexp_replace(cells::text || wrong::text, '[^0-9]', '', 'g') LIKE '%%' || right(%(phone)s, %(digits)s) || '%%'
"""

DROP_UPLOAD_ERRORS = _DROP_ERRORS.format("upload")
DROP_AUDIENCE_ERRORS = _DROP_ERRORS.format("audience")

_EXPORTS = """FROM export JOIN job ON job.id = job_id
    WHERE export.team_id = %(team_id)s AND export.created_at <= %(requested_at)s
      AND export.kind IN ('messages', 'contacts', 'inbound', 'recipients', 'survey_responses')"""

# A number may begin in one piece of a file and end in the next.
DROP_EXPORTED = f"""
DELETE FROM file WHERE team_id = %(team_id)s AND id IN (
    SELECT file_id {_EXPORTS} AND finished_at IS NOT NULL AND (format = 'xlsx' OR EXISTS (
        SELECT FROM file_chunk AS piece LEFT JOIN file_chunk AS next ON next.file_id = piece.file_id AND next.n = piece.n + 1
        WHERE piece.file_id = export.file_id
          AND position(convert_to(%(phone)s, 'UTF8') IN piece.octets || coalesce(substring(next.octets FROM 1 FOR 15), '')) > 0)))
"""

# What was asked for may be the person: their messages.
FORGET_ASKED = f"""
UPDATE export SET asked = replace(asked::text, %(phone)s, %(pseudonym)s)::jsonb,
    shown = replace(replace(shown::text, %(phone)s, %(pseudonym)s), right(%(phone)s, %(digits)s), %(pseudonym)s)::jsonb
WHERE team_id = %(team_id)s AND id IN (SELECT export.id {_EXPORTS} AND finished_at IS NOT NULL)
  AND (asked::text LIKE '%%' || %(phone)s || '%%' OR shown::text LIKE '%%' || right(%(phone)s, %(digits)s) || '%%')
"""

# Opt-outs alone have a number; of messages it is read from their rows. Found by the log, which has an index by event.
_OPT_OUTS = """
FROM webhook JOIN webhook_delivery ON webhook_id = webhook.id AND webhook_delivery.event = 'optout', LATERAL (
    SELECT id, data FROM webhook_event WHERE id = event_id OFFSET 0) AS what
WHERE webhook.team_id = %(team_id)s AND data ->> 'recipient' = %(phone)s
"""

FORGET_TOLD = f"""
UPDATE webhook_event SET data = data || jsonb_build_object('recipient', %(pseudonym)s::text)
WHERE team_id = %(team_id)s AND id IN (
    SELECT what.id {_OPT_OUTS} GROUP BY what.id HAVING NOT bool_or(enabled AND next_at IS NOT NULL))
"""

FORGET_ANSWERS = """
UPDATE webhook_delivery SET answer = NULL WHERE webhook_id IN (SELECT id FROM webhook WHERE team_id = %(team_id)s)
  AND answer LIKE '%%' || right(%(phone)s, %(digits)s) || '%%'
"""

# A campaign that was being sent when they asked may have taken the person for a recipient, which only a later look can see.
LEFT = f"""
SELECT EXISTS (SELECT {_OPT_OUTS})
    OR EXISTS (SELECT FROM upload JOIN job ON job.id = job_id
               WHERE upload.team_id = %(team_id)s AND upload.created_at <= %(requested_at)s AND finished_at IS NULL)
    OR EXISTS (SELECT FROM audience WHERE team_id = %(team_id)s AND created_at <= %(requested_at)s AND finished_at IS NULL)
    OR EXISTS (SELECT {_EXPORTS} AND finished_at IS NULL)
    OR (%(requested_at)s > now() - interval '1 hour' AND EXISTS (
        SELECT FROM campaign WHERE team_id = %(team_id)s AND created_at <= %(requested_at)s
          AND coalesce(armed_at, now()) > %(requested_at)s - interval '1 hour'))
"""

STATEMENTS = (
    DROP_UPLOADED,
    DROP_UPLOAD_ERRORS,
    DROP_AUDIENCE_ERRORS,
    DROP_EXPORTED,
    FORGET_ASKED,
    FORGET_TOLD,
    FORGET_ANSWERS,
)


def forget(txn: Txn, person: dict[str, Any]) -> bool:
    """Forget what there is of a person now; returns whether something of it has to wait for a later look.

    Args:
        txn: the transaction.
        person: team_id, phone, pseudonym, and requested_at, a time.
    """
    given = {**person, "digits": DIGITS}
    txn.execute(PATIENCE)
    for statement in STATEMENTS:
        txn.execute(statement, given)
    phone, pseudonym = person["phone"], person["pseudonym"]
    until = person["requested_at"]
    until_ms = round(until.timestamp() * 1000)
    campaign_people.forget(txn, person["team_id"], phone, pseudonym, until_ms)
    survey_people.forget(txn, person["team_id"], phone, pseudonym, until_ms)
    idempotency.rewrite(txn, person["team_id"], phone.encode(), until, lambda reply: forgotten(reply, phone, pseudonym))
    txn.execute(LEFT, given)
    left: bool = one_row(txn)[0]
    return left
