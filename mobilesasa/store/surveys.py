"""Surveys as rows: drafts made, found, listed and changed; versions published; paused, resumed, closed and removed (decisions 78-81).

What changes a status, or which version is the last, comes between two rounds of the machine that conducts surveys
(`store.survey_conversations`), so a round sees a survey as it was before or as it is behind, and never half. The survey's row is
locked first, for people may be being invited to it, which takes long, and no round waits for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import orjson
from psycopg2 import errors

from mobilesasa.core.actors import Actor, ActorKind, Who
from mobilesasa.core.errors import InUse, KeywordTaken, NotFound, NotPublished, SurveyBusy, SurveyClosed
from mobilesasa.store import alterations, paging
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.store.survey_conversations import lock, wake
from mobilesasa.store.trail import last_change, note
from mobilesasa.surveys.jsons import as_json, definition_of
from mobilesasa.surveys.model import Definition, SurveyStatus
from mobilesasa.surveys.views import Standing, Survey, Version, Wanted

MISSING: Final = "there is no such survey"

#: What `read` reads, in its order, `FROM` survey.
COLUMNS: Final = """survey.id, survey.uuid, survey.team_id, survey.status, draft, revision, version,
    (extract(epoch FROM created_at) * 1000)::bigint, (extract(epoch FROM updated_at) * 1000)::bigint,
    (extract(epoch FROM survey.published_at) * 1000)::bigint,
    draft IS DISTINCT FROM (SELECT definition FROM survey_version
                            WHERE survey_version.survey_id = survey.id AND survey_version.version = survey.version)"""

INSERT = f"""
INSERT INTO survey (uuid, team_id, name, draft, created_at, updated_at)
VALUES (%(uuid)s, %(team_id)s, %(name)s, %(draft)s, to_timestamp(%(at_ms)s / 1000.0), to_timestamp(%(at_ms)s / 1000.0))
RETURNING {COLUMNS}
"""

BEGIN_SUMS = "INSERT INTO survey_sums (survey_id) VALUES (%(id)s)"

FIND = f"SELECT {COLUMNS} FROM survey WHERE uuid = %(uuid)s AND team_id = %(team_id)s"

LOCK = f"{FIND} FOR NO KEY UPDATE OF survey"

UPDATE = """
UPDATE survey SET name = %(name)s, draft = %(draft)s, revision = revision + 1, updated_at = to_timestamp(%(at_ms)s / 1000.0)
WHERE id = %(id)s
"""

ADD_VERSION = """
INSERT INTO survey_version (survey_id, version, definition, published_at, actor, actor_uuid, actor_name)
SELECT id, %(version)s, draft, to_timestamp(%(at_ms)s / 1000.0), %(actor)s, %(actor_uuid)s, %(actor_name)s FROM survey WHERE id = %(id)s
"""

PUBLISH = """
UPDATE survey SET version = %(version)s, code = %(code)s, keyword = %(keyword)s, published_at = to_timestamp(%(at_ms)s / 1000.0),
    updated_at = to_timestamp(%(at_ms)s / 1000.0), status = CASE status WHEN 'paused' THEN status ELSE 'live' END
WHERE id = %(id)s
"""

# The row is locked, so that it is there in any case.
HEAR_CODE = "INSERT INTO survey_code (code) VALUES (%(code)s) ON CONFLICT DO NOTHING"

# Words of a shared code that the operator has given to a team (core/owners.py).
GIVEN_AWAY = """
SELECT EXISTS (SELECT FROM inbound_keyword WHERE code = %(code)s AND keyword = %(keyword)s AND team_id <> %(team_id)s)
"""

SET_STATUS = "UPDATE survey SET status = %(status)s, updated_at = now() WHERE id = %(id)s"

CLOSE = "UPDATE survey SET status = 'closed', updated_at = now(), closed_at = now() WHERE id = %(id)s"

UNINVITE = """
WITH gone AS (DELETE FROM survey_invitation WHERE survey_id = %(id)s RETURNING 1)
UPDATE survey_sums SET waiting = waiting - (SELECT count(*) FROM gone) WHERE survey_id = %(id)s
"""

# The machine ends them, one piece after the other.
WAKE_ALL = "UPDATE survey_response SET wake_at = now() WHERE survey_id = %(id)s AND status = 'in_progress'"

# Who waits for somebody whom this survey was asking waits no more.
FREE = """
UPDATE survey_invitation SET blocked_by = NULL FROM survey_response AS response
WHERE response.survey_id = %(id)s AND response.status = 'in_progress'
  AND survey_invitation.phone = response.phone AND blocked_by = response.code
"""

# What the machine would have taken back with the conversations that a closed survey still has.
SAID = "SELECT said_id FROM survey_response WHERE survey_id = %(id)s AND status = 'in_progress' AND said_id IS NOT NULL"

REMOVE: Final = (
    FREE,
    "DELETE FROM survey_response WHERE survey_id = %(id)s",
    "DELETE FROM survey_invitation WHERE survey_id = %(id)s",
    "DELETE FROM survey_sums WHERE survey_id = %(id)s",
    "DELETE FROM survey WHERE id = %(id)s",
)

_WANTED: Final = """
FROM survey WHERE team_id = %(team_id)s AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(search)s::text IS NULL OR position(lower(%(search)s) in lower(name)) > 0)
"""

PAGE = f"SELECT {COLUMNS} {_WANTED} ORDER BY survey.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT {_WANTED}"

STANDINGS = """
SELECT survey_id, in_progress, completed, expired, waiting, lapsed FROM survey_sums WHERE survey_id = ANY(%(ids)s)
"""

_VERSION: Final = """
SELECT version, definition, (extract(epoch FROM published_at) * 1000)::bigint, actor, actor_uuid, coalesce(
           (SELECT name FROM token WHERE token.uuid = actor_uuid AND actor = 'token'),
           (SELECT name FROM app_user WHERE app_user.uuid = actor_uuid AND actor = 'user'), actor_name),
       (SELECT count(*) FROM survey_response AS response
        WHERE response.survey_id = survey_version.survey_id AND response.version = survey_version.version)
FROM survey_version WHERE survey_id = %(id)s
"""

VERSIONS = f"{_VERSION} ORDER BY version DESC LIMIT %(limit)s OFFSET %(offset)s"

ONE_VERSION = f"{_VERSION} AND version = %(version)s"

DEFINITIONS = "SELECT version, definition FROM survey_version WHERE survey_id = %(id)s"


def read(row: Sequence[Any]) -> Survey:
    """Return the survey of a row of `COLUMNS`."""
    return Survey(
        id=row[0], uuid=row[1], team_id=row[2], status=SurveyStatus(row[3]), draft=definition_of(row[4]), revision=row[5],
        version=row[6], created_at_ms=row[7], updated_at_ms=row[8], published_at_ms=row[9], is_changed=row[10],
    )  # fmt: skip


def create(txn: Txn, by: Actor, team_id: int, uuid: str, definition: Definition, at_ms: int) -> Survey:
    """Keep a draft, and return it.

    Raises:
        AccessEnded: the caller's token was revoked meanwhile.
    """
    note(txn, by, "survey.create", uuid, team_id=team_id, after=_told(definition))
    txn.execute(INSERT, {"uuid": uuid, "team_id": team_id, "at_ms": at_ms, **_draft(definition)})
    made = read(one_row(txn))
    txn.execute(BEGIN_SUMS, {"id": made.id})
    return made


def find(txn: Txn, team_id: int, uuid: str) -> Survey:
    """Return a survey of the team.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return read(row_of_uuid(txn, FIND, uuid, MISSING, team_id=team_id))


def change(txn: Txn, by: Actor, was: Survey, definition: Definition, at_ms: int) -> Survey:
    """Let the draft of a survey say something else, and return what it is then; what was published stays.

    Raises:
        NotFound: it was removed meanwhile.
        SurveyClosed: it was closed.
        SurveyBusy: it was changed meanwhile.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = _locked(txn, was.team_id, was.uuid)
    _check(txn, found, was, "changed")
    if definition == found.draft:
        return found
    after = {**_told(definition), "revision": found.revision + 1}
    note(txn, by, "survey.update", found.uuid, team_id=found.team_id, before={"revision": found.revision}, after=after)
    txn.execute(UPDATE, {"id": found.id, "at_ms": at_ms, **_draft(definition)})
    return find(txn, found.team_id, found.uuid)


def publish(txn: Txn, by: Actor, was: Survey, at_ms: int) -> Survey:
    """Make a version of the draft, and return what the survey is then: live, or paused where it was.

    Where nothing has changed since the last version none is made.

    Raises:
        NotFound: it was removed meanwhile.
        SurveyClosed: it was closed.
        SurveyBusy: it was changed meanwhile.
        KeywordTaken: the word begins something else on that code.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = _locked(txn, was.team_id, was.uuid)
    _check(txn, found, was, "published")
    if not found.is_changed:
        return found
    lock(txn)
    draft, version = found.draft, found.version + 1
    note(txn, by, "survey.publish", found.uuid, team_id=found.team_id, after={"version": version, **_told(draft)})
    given: dict[str, Any] = {"id": found.id, "version": version, "at_ms": at_ms, "team_id": found.team_id}
    given |= {"code": draft.sender_id, "keyword": draft.keyword}
    _take_word(txn, given)
    txn.execute(ADD_VERSION, given | {"actor": by.kind.value, "actor_uuid": by.uuid, "actor_name": by.name})
    txn.execute(HEAR_CODE, given)
    wake(txn)
    return find(txn, found.team_id, found.uuid)


def pause(txn: Txn, by: Actor, team_id: int, uuid: str) -> Survey:
    """Let a survey begin with nobody; one that is paused stays so.

    Raises:
        NotFound, NotPublished, SurveyClosed: it cannot be.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    return _turn(txn, by, team_id, uuid, SurveyStatus.PAUSED)


def resume(txn: Txn, by: Actor, team_id: int, uuid: str) -> Survey:
    """Let a survey begin with people again; one that is live stays so.

    Raises:
        NotFound, NotPublished, SurveyClosed: it cannot.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    return _turn(txn, by, team_id, uuid, SurveyStatus.LIVE)


def close(txn: Txn, by: Actor, team_id: int, uuid: str) -> Survey:
    """End a survey for good; one that was closed stays so.

    Invitations are dropped. What is under way ends as expired, in rounds of the machine that follow at once.

    Raises:
        NotFound, NotPublished: it cannot be.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = _locked(txn, team_id, uuid)
    if found.status is SurveyStatus.CLOSED:
        return found
    _check_published(found, "closed")
    lock(txn)
    note(txn, by, "survey.close", found.uuid, team_id=team_id, before={"status": found.status.value})
    for statement in (CLOSE, UNINVITE, WAKE_ALL):
        txn.execute(statement, {"id": found.id})
    wake(txn)
    return find(txn, team_id, found.uuid)


def delete(txn: Txn, by: Actor, team_id: int, uuid: str) -> Survey:
    """Remove a survey with its versions and responses, and return what it was.

    Raises:
        NotFound: the team has none of that uuid.
        InUse: it is live or paused.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = _locked(txn, team_id, uuid)
    if found.status in (SurveyStatus.LIVE, SurveyStatus.PAUSED):
        raise InUse(f"the survey is {found.status.value}; close it first")
    lock(txn)
    (standing,) = standings(txn, [found])
    told = {**_told(found.draft), "version": found.version, "responses": standing.completed + standing.expired}
    note(txn, by, "survey.delete", found.uuid, team_id=team_id, before=told)
    txn.execute(SAID, {"id": found.id})
    alterations.take_back(txn, team_id, [message_id for (message_id,) in txn.fetchall()])
    for statement in REMOVE:
        txn.execute(statement, {"id": found.id})
    return found


def page(txn: Txn, wanted: Wanted, limit: int, offset: int) -> list[Survey]:
    """Return surveys, newest first."""
    txn.execute(PAGE, attrs.asdict(wanted) | {"limit": limit, "offset": offset})
    return [read(row) for row in txn.fetchall()]


def count(txn: Txn, wanted: Wanted) -> tuple[int, bool]:
    """Return how many surveys there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, attrs.asdict(wanted))


def standings(txn: Txn, surveys: Sequence[Survey]) -> list[Standing]:
    """Return how many have answered each, in order."""
    txn.execute(STANDINGS, {"ids": [survey.id for survey in surveys]})
    names = ("in_progress", "completed", "expired", "waiting", "lapsed")
    found = {row[0]: Standing(**dict(zip(names, row[1:], strict=True))) for row in txn.fetchall()}
    return [found.get(survey.id, Standing()) for survey in surveys]


def versions(txn: Txn, survey: Survey, limit: int, offset: int) -> list[Version]:
    """Return versions, newest first."""
    txn.execute(VERSIONS, {"id": survey.id, "limit": limit, "offset": offset})
    return [_version(row) for row in txn.fetchall()]


def version(txn: Txn, survey: Survey, number: int) -> Version:
    """Return a version.

    Raises:
        NotFound: there is none of that number.
    """
    txn.execute(ONE_VERSION, {"id": survey.id, "version": number})
    row = txn.fetchone()
    if row is None:
        raise NotFound("there is no such version of the survey")
    return _version(row)


def definitions(txn: Txn, survey: Survey) -> Mapping[int, Definition]:
    """Return the definitions of all versions of a survey, by version."""
    txn.execute(DEFINITIONS, {"id": survey.id})
    return {number: definition_of(kept) for number, kept in txn.fetchall()}


def _locked(txn: Txn, team_id: int, uuid: str) -> Survey:
    return read(row_of_uuid(txn, LOCK, uuid, MISSING, team_id=team_id))


def _check(txn: Txn, found: Survey, was: Survey, done: str) -> None:
    if found.status is SurveyStatus.CLOSED:
        raise SurveyClosed(f"the survey was closed, and cannot be {done} any more; copy it, and work with the copy")
    if found.revision != was.revision:
        last = last_change(txn, found.team_id, found.uuid, "survey.update", found.revision)
        told = f"the survey is at revision {found.revision} by now, not at {was.revision}; look at it and try again"
        raise SurveyBusy(told, last)


def _check_published(found: Survey, done: str) -> None:
    if found.status is SurveyStatus.DRAFT:
        raise NotPublished(f"the survey is a draft, and cannot be {done}; publish it first")


def _turn(txn: Txn, by: Actor, team_id: int, uuid: str, status: SurveyStatus) -> Survey:
    done = {SurveyStatus.PAUSED: ("pause", "paused"), SurveyStatus.LIVE: ("resume", "resumed")}[status]
    found = _locked(txn, team_id, uuid)
    if found.status is status:
        return found
    _check_published(found, done[1])
    if found.status is SurveyStatus.CLOSED:
        raise SurveyClosed(f"the survey was closed, and cannot be {done[1]} any more")
    lock(txn)
    note(txn, by, f"survey.{done[0]}", found.uuid, team_id=team_id, before={"status": found.status.value})
    txn.execute(SET_STATUS, {"id": found.id, "status": status.value})
    wake(txn)
    return find(txn, team_id, found.uuid)


def _take_word(txn: Txn, given: Mapping[str, Any]) -> None:
    """Let a survey begin by its word on its code, and be live."""
    word, code = given["keyword"], given["code"]
    if word is not None:
        txn.execute(GIVEN_AWAY, given)
        if one_row(txn)[0]:
            raise KeywordTaken(f"{word!r} on {code} is the keyword of another team; take another word")
    txn.execute("SAVEPOINT word")
    try:
        txn.execute(PUBLISH, given)
    except errors.UniqueViolation as taken:
        txn.execute("ROLLBACK TO SAVEPOINT word")
        raise KeywordTaken(
            f"another survey begins by {word!r} on {code}; close that one, or take another word"
        ) from taken


def _version(row: Sequence[Any]) -> Version:
    number, kept, published_at_ms, actor, actor_uuid, actor_name, responses = row
    by = Who(ActorKind(actor), actor_uuid, actor_name)
    return Version(
        version=number,
        definition=definition_of(kept),
        published_at_ms=published_at_ms,
        published_by=by,
        responses=responses,
    )


def _draft(definition: Definition) -> dict[str, Any]:
    return {"name": definition.name, "draft": orjson.dumps(as_json(definition)).decode()}


def _told(definition: Definition) -> dict[str, Any]:
    """Return of a definition what the trail tells: no texts."""
    named = {"name": definition.name, "sender_id": definition.sender_id, "keyword": definition.keyword}
    return {**named, "questions": len(definition.questions)}
