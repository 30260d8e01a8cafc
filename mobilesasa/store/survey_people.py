"""People who are to be forgotten, in surveys: their answers stay and are counted, and nothing says any more whose they are.

What they wrote in their own words goes, for it may say who they are. A conversation that is under way ends, and who is invited is asked
no more.
"""

from __future__ import annotations

from collections import Counter

import attrs

from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json
from mobilesasa.store.survey_conversations import Definitions, count
from mobilesasa.surveys.model import Definition, Kind, State, Status, state_of

FIND = """
SELECT id, survey_id, version, status, state FROM survey_response
WHERE team_id = %(team_id)s AND phone = %(phone)s AND started_at <= to_timestamp(%(until_ms)s / 1000.0)
ORDER BY id FOR NO KEY UPDATE
"""

FORGET = """
UPDATE survey_response SET phone = %(pseudonym)s, state = known.state, heard = '[]', say = NULL, say_problem = NULL, wake_at = NULL,
    status = CASE status WHEN 'in_progress' THEN 'expired' ELSE status END,
    reason = CASE status WHEN 'in_progress' THEN 'stop' ELSE reason END, finished_at = coalesce(finished_at, now())
FROM json_to_recordset(%(rows)s) AS known (id uuid, state jsonb) WHERE survey_response.id = known.id
"""

# What webhooks are still to be told is told of nobody.
FORGET_TOLD = """
UPDATE webhook_event SET data = data || jsonb_build_object('phone', %(pseudonym)s::text, 'answers', '[]'::jsonb, 'others', '[]'::jsonb)
WHERE team_id = %(team_id)s AND event = 'survey.response' AND subject = ANY(%(ids)s::uuid[])
"""

# Over a shared code another team's survey may have been waiting for this one.
FREE = """
UPDATE survey_invitation SET blocked_by = NULL WHERE phone = %(phone)s AND blocked_by IS NOT NULL AND NOT EXISTS (
    SELECT FROM survey_response AS response
    WHERE (response.code, response.phone) = (blocked_by, survey_invitation.phone) AND status = 'in_progress')
"""

UNINVITE = """
DELETE FROM survey_invitation WHERE phone = %(phone)s AND created_at <= to_timestamp(%(until_ms)s / 1000.0)
  AND survey_id IN (SELECT id FROM survey WHERE team_id = %(team_id)s)
RETURNING survey_id
"""


def forget(txn: Txn, team_id: int, phone: str, pseudonym: str, until_ms: int) -> None:
    """Forget somebody in all surveys of a team.

    Args:
        txn: the transaction.
        team_id: whose surveys.
        phone: E.164 without the plus.
        pseudonym: what stands in its place.
        until_ms: only what began until then, milliseconds since the epoch.
    """
    person = {"team_id": team_id, "phone": phone, "pseudonym": pseudonym, "until_ms": until_ms}
    counts: dict[int, Counter[str]] = {}
    txn.execute(UNINVITE, person)
    for (survey_id,) in txn.fetchall():
        counts.setdefault(survey_id, Counter())["waiting"] -= 1
    txn.execute(FIND, person)
    found = txn.fetchall()
    if found:
        known = Definitions().of(txn, {(survey_id, version) for _, survey_id, version, _, _ in found})
        rows = [
            {"id": response_id, "state": forgotten(state_of(state), known[survey_id, version]).as_json()}
            for response_id, survey_id, version, _, state in found
        ]
        txn.execute(FORGET, person | {"rows": as_json(rows)})
        txn.execute(FORGET_TOLD, person | {"ids": [row["id"] for row in rows]})
        for _, survey_id, _, status, _ in found:
            if status == Status.IN_PROGRESS:
                counts.setdefault(survey_id, Counter()).update({"in_progress": -1, "expired": 1})
    txn.execute(FREE, person)
    count(txn, counts)


def forgotten(state: State, definition: Definition) -> State:
    """Return what may be kept of the answers of somebody who is forgotten: what was chosen, and no words."""
    texts = {question.uuid for question in definition.questions if question.kind is Kind.TEXT}
    answers = tuple(
        attrs.evolve(
            answer, raw="", value="" if answer.question in texts and answer.value is not None else answer.value
        )
        for answer in state.answers
    )
    return attrs.evolve(state, answers=answers)
