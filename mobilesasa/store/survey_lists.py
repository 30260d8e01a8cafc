"""Responses to surveys as they are listed and added up (decision 79)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.store import paging, surveys
from mobilesasa.store.database import Txn, row_of_uuid
from mobilesasa.surveys.conversation import Heard, others_of
from mobilesasa.surveys.jsons import definition_of
from mobilesasa.surveys.model import Definition, Kind, Reason, Status, state_of, value_of
from mobilesasa.surveys.results import Results
from mobilesasa.surveys.views import Outcome, Response, Standing, Survey, WantedResponses

# What `_read` reads, in its order; the definition is given beside it.
_COLUMNS: Final = """response.id, survey.uuid, response.version, response.code, phone, response.status, reason, state, heard,
    coalesce(say_problem, CASE WHEN EXISTS (
        SELECT FROM pending JOIN message ON message.id = message_id
        WHERE message_id = said_id AND message.due_at > now() AND claimed_by IS NULL AND pending.attempts = 0) THEN 'hours' END),
    (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM finished_at) * 1000)::bigint"""

_FROM: Final = "FROM survey_response AS response JOIN survey ON survey.id = response.survey_id"

# What does not matter is written into the statement as a constant, so the planner drops the condition.
_MEANT: Final = """
FROM survey_response WHERE team_id = %(team_id)s AND survey_id = %(survey_id)s
  AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
  AND (%(phone)s::text IS NULL OR phone = %(phone)s) AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(version)s::integer IS NULL OR version = %(version)s)
"""

PAGE = f"""
SELECT {_COLUMNS}
FROM (SELECT * {_MEANT} ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s) AS response JOIN survey ON survey.id = response.survey_id
ORDER BY response.id DESC
"""

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_MEANT} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_MEANT}"

ONE = f"SELECT {_COLUMNS} {_FROM} WHERE response.id = %(uuid)s AND response.survey_id = %(survey_id)s"

OF_PHONE = f"""
SELECT {_COLUMNS}, definition {_FROM}
JOIN survey_version ON survey_version.survey_id = response.survey_id AND survey_version.version = response.version
WHERE response.team_id = %(team_id)s AND phone = %(phone)s AND response.id < %(before)s::uuid
ORDER BY response.id DESC LIMIT %(limit)s
"""

# Equal answers are one row; of texts it only matters that there is one.
RESULTS = """
SELECT version, question, value, count(*) FROM (
    SELECT version, answer ->> 'question' AS question,
           CASE WHEN answer ->> 'question' = ANY(%(texts)s) AND answer -> 'value' <> 'null' THEN '""'::jsonb
                ELSE answer -> 'value' END AS value
    FROM survey_response, LATERAL jsonb_array_elements(state -> 'answers') AS answer
    WHERE survey_id = %(survey_id)s AND (%(version)s::integer IS NULL OR version = %(version)s)
) AS given GROUP BY version, question, value
"""

BY_STATUS = """
SELECT status, count(*) FROM survey_response WHERE survey_id = %(survey_id)s AND version = %(version)s GROUP BY status
"""


def page(
    txn: Txn, survey: Survey, wanted: WantedResponses, limit: int, offset: int, after: str | None
) -> tuple[list[Response], str | None]:
    """Return responses, newest first, and the key behind which the list goes on; None: this is its end.

    Raises:
        BadValue: `after` is not such a key.
    """
    before = None if after is None else canonical(after)
    if after is not None and before is None:
        raise BadValue("the cursor is not one of this list")
    txn.execute(PAGE, _given(survey, wanted, before) | {"limit": limit + 1, "offset": offset})
    rows = txn.fetchall()
    known = surveys.definitions(txn, survey) if rows else {}
    found = [_read(row, known[row[2]]) for row in rows[:limit]]
    return found, found[-1].uuid if len(rows) > limit else None


def count(txn: Txn, survey: Survey, wanted: WantedResponses) -> tuple[int, bool]:
    """Return how many responses there are, and whether that is an estimate."""
    if wanted.phone is None and wanted.version is None:
        (standing,) = surveys.standings(txn, [survey])
        by_status = {status: getattr(standing, status.value) for status in Status}
        return sum(by_status.values()) if wanted.status is None else by_status[wanted.status], False
    return paging.count(txn, COUNT, ESTIMATE, _given(survey, wanted, None))


def find(txn: Txn, survey: Survey, uuid: str) -> Response:
    """Return a response to a survey.

    Raises:
        NotFound: there is none of that uuid.
    """
    row = row_of_uuid(txn, ONE, uuid, "there is no such response", survey_id=survey.id)
    return _read(row, surveys.version(txn, survey, row[2]).definition)


def of_phone(txn: Txn, team_id: int, phone: str, before: str, limit: int) -> list[Response]:
    """Return responses of a phone to any survey of a team, newest first, of uuids below `before`."""
    txn.execute(OF_PHONE, {"team_id": team_id, "phone": phone, "before": before, "limit": limit})
    return [_read(row[:-1], definition_of(row[-1])) for row in txn.fetchall()]


def results(txn: Txn, survey: Survey, version: int | None) -> Outcome:
    """Return what all answers to a survey come to, of one version or of all.

    Raises:
        NotFound: there is no version of that number.
    """
    known = surveys.definitions(txn, survey)
    (standing,) = surveys.standings(txn, [survey])
    if version is not None:
        if version not in known:
            raise NotFound("there is no such version of the survey")
        known = {version: known[version]}
        txn.execute(BY_STATUS, {"survey_id": survey.id, "version": version})
        standing = Standing(**dict(txn.fetchall()))
    texts = {each.uuid for one in known.values() for each in one.questions if each.kind is Kind.TEXT}
    txn.execute(RESULTS, {"survey_id": survey.id, "version": version, "texts": sorted(texts)})
    found = Results(known)
    for number, question, value, times in txn.fetchall():
        found.add(number, question, value_of(value), times)
    return Outcome(standing, found.shown())


def _given(survey: Survey, wanted: WantedResponses, before: str | None) -> dict[str, Any]:
    return {
        "team_id": survey.team_id,
        "survey_id": survey.id,
        "before": before,
        "phone": wanted.phone,
        "status": None if wanted.status is None else wanted.status.value,
        "version": wanted.version,
    }


def _read(row: Sequence[Any], definition: Definition) -> Response:
    """Return the response of a row of `_COLUMNS`."""
    state, is_open = state_of(row[7]), row[5] == Status.IN_PROGRESS
    return Response(
        uuid=row[0],
        survey_uuid=row[1],
        version=row[2],
        definition=definition,
        code=row[3],
        phone=row[4],
        status=Status(row[5]),
        reason=None if row[6] is None else Reason(row[6]),
        answers=state.answers,
        others=others_of([Heard(**each) for each in row[8]], row[10]),
        question=state.question if is_open else None,
        waits_for=row[9] if is_open else None,
        started_at_ms=row[10],
        finished_at_ms=row[11],
    )
