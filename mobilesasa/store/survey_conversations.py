"""Conversations of surveys as rows: read for a round of the machine, and written down with what they say, in one transaction.

Rounds come one after the other, on whatever node, and what changes a survey's status comes between two of them: a lock sees
to that. Each round also locks the rows that it moves, for a person who is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.errors import Refused
from mobilesasa.core.model import Lane, MessageId, Priced, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.store import alterations, hooks, intake
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json
from mobilesasa.store.survey_inbox import CHANNEL
from mobilesasa.surveys import telling
from mobilesasa.surveys.conversation import Begins, Conversation, Heard, Key, others_of
from mobilesasa.surveys.conversing import HOUR_MS, Talk
from mobilesasa.surveys.jsons import definition_of
from mobilesasa.surveys.model import Definition, Reason, Status, state_of
from mobilesasa.surveys.views import Response

KEPT_DEFINITIONS: Final = 200  # versions that are kept in memory

LOCK = "SELECT pg_advisory_xact_lock(hashtext('surveys'), 0)"

WAKE = "SELECT pg_notify(%(channel)s, '')"

DEFINITIONS = """
SELECT survey_version.survey_id, survey_version.version, definition
FROM unnest(%(surveys)s::integer[], %(versions)s::integer[]) AS asked (survey_id, version)
JOIN survey_version ON (survey_version.survey_id, survey_version.version) = (asked.survey_id, asked.version)
"""

# Does the question wait for a carrier still, and when was it taken? A message that was ever claimed may have gone out. And does what
# was said last wait, or may a carrier have it that gave no answer?
_CONVERSATION: Final = """
SELECT response.id, response.survey_id, survey.uuid, response.version, response.team_id, response.code, phone,
       response.status, reason, state, heard, asked_id, said_id, say, say_problem, (extract(epoch FROM wake_at) * 1000)::bigint,
       (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM finished_at) * 1000)::bigint,
       survey.status = 'closed', EXISTS (
           SELECT FROM pending WHERE message_id = asked_id AND claimed_by IS NULL AND attempts = 0 AND response.status = 'in_progress'),
       said.sent_at_ms, said.sent_at_ms IS NULL AND place.message_id IS NOT NULL, said.sent_at_ms IS NULL AND place.doubted IS TRUE
FROM survey_response AS response JOIN survey ON survey.id = response.survey_id LEFT JOIN pending AS place ON place.message_id = said_id
LEFT JOIN LATERAL (SELECT (extract(epoch FROM sent_at) * 1000)::bigint AS sent_at_ms FROM message WHERE id = said_id) AS said ON true
"""

OPEN = f"""{_CONVERSATION}
WHERE (response.code, phone) IN (SELECT * FROM unnest(%(codes)s::text[], %(phones)s::text[])) AND response.status = 'in_progress'
ORDER BY response.id FOR NO KEY UPDATE OF response
"""

DUE = f"""{_CONVERSATION}
WHERE wake_at <= to_timestamp(%(at_ms)s / 1000.0) ORDER BY wake_at LIMIT %(limit)s FOR NO KEY UPDATE OF response
"""

# Of several closed ones the last.
NAMED = """
SELECT DISTINCT ON (code, keyword) id, uuid, team_id, version, code, keyword, status = 'live' FROM survey
WHERE (code, keyword) IN (SELECT * FROM unnest(%(codes)s::text[], %(words)s::text[])) AND (
    status IN ('live', 'paused') OR (status = 'closed' AND closed_at > now() - interval '30 days'))
ORDER BY code, keyword, status = 'closed', id DESC
"""

ANSWERED = """
SELECT DISTINCT response.survey_id, response.phone
FROM unnest(%(teams)s::integer[], %(surveys)s::integer[], %(phones)s::text[]) AS asked (team_id, survey_id, phone)
JOIN survey_response AS response
  ON (response.team_id, response.phone, response.survey_id) = (asked.team_id, asked.phone, asked.survey_id)
WHERE status = 'completed'
"""

_COLUMNS: Final = """id uuid, survey_id integer, version integer, team_id integer, code text, phone text, status text, reason text,
    state jsonb, heard jsonb, asked_id uuid, said_id uuid, say text, say_problem text, wake_at float8, started_at float8,
    finished_at float8"""

INSERT = f"""
INSERT INTO survey_response (id, survey_id, version, team_id, code, phone, status, reason, state, heard, asked_id, said_id, say,
                             say_problem, wake_at, started_at, finished_at)
SELECT id, survey_id, version, team_id, code, phone, status, reason, state, heard, asked_id, said_id, say,
       say_problem, to_timestamp(wake_at), to_timestamp(started_at), to_timestamp(finished_at)
FROM json_to_recordset(%(rows)s) AS made ({_COLUMNS})
"""

UPDATE = f"""
UPDATE survey_response SET status = moved.status, reason = moved.reason, state = moved.state, heard = moved.heard,
    asked_id = moved.asked_id, said_id = moved.said_id, say = moved.say, say_problem = moved.say_problem,
    wake_at = to_timestamp(moved.wake_at), finished_at = to_timestamp(moved.finished_at)
FROM json_to_recordset(%(rows)s) AS moved ({_COLUMNS}) WHERE survey_response.id = moved.id
"""

SUMS = """
UPDATE survey_sums SET in_progress = survey_sums.in_progress + moved.in_progress, completed = survey_sums.completed + moved.completed,
    expired = survey_sums.expired + moved.expired, waiting = survey_sums.waiting + moved.waiting,
    lapsed = survey_sums.lapsed + moved.lapsed
FROM json_to_recordset(%(rows)s) AS moved (
    survey_id integer, in_progress integer, completed integer, expired integer, waiting integer, lapsed integer)
WHERE survey_sums.survey_id = moved.survey_id
"""

INVITE = """
INSERT INTO survey_invitation (survey_id, phone, blocked_by, expires_at)
SELECT survey_id, phone, code, to_timestamp(expires_at)
FROM json_to_recordset(%(rows)s) AS asked (survey_id integer, phone text, code text, expires_at float8)
ON CONFLICT (survey_id, phone) DO NOTHING RETURNING survey_id
"""

FREE = """
UPDATE survey_invitation SET blocked_by = NULL FROM unnest(%(codes)s::text[], %(phones)s::text[]) AS free (code, phone)
WHERE survey_invitation.phone = free.phone AND blocked_by = free.code
"""

_COUNTS: Final = ("in_progress", "completed", "expired", "waiting", "lapsed")


class Definitions:
    """Definitions of versions, kept in memory: they never change."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[tuple[int, int], Definition] = {}

    def of(self, txn: Txn, wanted: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], Definition]:
        """Return the definitions of versions, by the survey's id and the version; those that there are."""
        found = {each: self._known[each] for each in wanted if each in self._known}
        missing = [each for each in wanted if each not in found]
        if missing:
            surveys, versions = [survey for survey, _ in missing], [version for _, version in missing]
            txn.execute(DEFINITIONS, {"surveys": surveys, "versions": versions})
            read = {(survey, version): definition_of(kept) for survey, version, kept in txn.fetchall()}
            found |= read
            self._known = dict([*self._known.items(), *read.items()][-KEPT_DEFINITIONS:])
        return found


@attrs.frozen(eq=False)
class Works:
    """What a round works with besides rows; used by one thread at a time.

    Attributes:
        directory: whose senders and countries are known.
        judge: the rules for messages.
        now_ms: milliseconds since the epoch.
        new_id: makes the ids of responses, which are UUIDv7.
        definitions: those of versions.
    """

    directory: CurrentDirectory
    judge: Callable[[Sequence[Submission]], list[Verdict]]
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    definitions: Definitions = attrs.field(factory=Definitions)

    def country_of(self, team_id: int) -> str:
        """Return the country of a team."""
        team = self.directory.now.teams.get(team_id)
        return "" if team is None else team.country


def lock(txn: Txn) -> None:
    """Wait until no round is under way, and let none begin before this transaction has ended."""
    txn.execute(LOCK)


def wake(txn: Txn) -> None:
    """Tell the machine that there is something to do, when this is committed."""
    txn.execute(WAKE, {"channel": CHANNEL})


def open_of(txn: Txn, works: Works, keys: Collection[Key]) -> list[Conversation]:
    """Return the open conversations of phones over codes, locked."""
    txn.execute(OPEN, {"codes": [code for code, _ in keys], "phones": [phone for _, phone in keys]})
    return _conversations(txn, works)


def due(txn: Txn, works: Works, at_ms: int, limit: int) -> list[Conversation]:
    """Return conversations that are to be looked at by that moment, locked, the longest overdue first."""
    txn.execute(DUE, {"at_ms": at_ms, "limit": limit})
    return _conversations(txn, works)


def named(txn: Txn, works: Works, words: Collection[tuple[str, str]]) -> list[Begins]:
    """Return the surveys of codes and keywords: one that is live or paused, else one that was closed lately."""
    if not words:
        return []
    txn.execute(NAMED, {"codes": [code for code, _ in words], "words": [word for _, word in words]})
    return with_definitions(txn, works, txn.fetchall())


def with_definitions(txn: Txn, works: Works, rows: Sequence[tuple[Any, ...]]) -> list[Begins]:
    """Return surveys of rows of id, uuid, team, version, code, keyword and whether it is live."""
    known = works.definitions.of(txn, {(row[0], row[3]) for row in rows})
    names = ("id", "uuid", "team_id", "version", "code", "keyword", "is_live")
    return [Begins(**dict(zip(names, row, strict=True)), definition=known[row[0], row[3]]) for row in rows]


def answered(txn: Txn, asked: Iterable[tuple[Begins, str]]) -> set[tuple[int, str]]:
    """Return survey and phone of those who have completed a response, of surveys that are answered once."""
    pairs = [(survey, phone) for survey, phone in asked if survey.is_once]
    if not pairs:
        return set()
    teams, surveys = [survey.team_id for survey, _ in pairs], [survey.id for survey, _ in pairs]
    txn.execute(ANSWERED, {"teams": teams, "surveys": surveys, "phones": [phone for _, phone in pairs]})
    return set(txn.fetchall())


def write(txn: Txn, works: Works, talk: Talk, taken: Mapping[int, int] | None = None) -> tuple[Priced, ...]:
    """Write down what a round came to, and store what it says; return the messages that were stored.

    Args:
        txn: the transaction.
        works: what it works with.
        talk: the round.
        taken: how many invitations are gone, by survey.
    """
    _take_back(txn, talk)
    stored = _speak(txn, works, talk)
    talk.settle()
    rows = [(each, _row(each)) for each in talk.changed]
    for statement, is_new in ((UPDATE, False), (INSERT, True)):
        some = [row for each, row in rows if each.is_new is is_new]
        if some:
            txn.execute(statement, {"rows": as_json(some)})
    counts = {survey_id: Counter(waiting=-n) for survey_id, n in (taken or {}).items()}
    for each in talk.unasked:
        counts.setdefault(each.survey_id, Counter())["lapsed"] += 1
    _invite(txn, talk, counts)
    ended = {each.id for each in talk.ended}
    for each in talk.changed:
        if each.is_new:
            counts.setdefault(each.survey_id, Counter())[each.status.value] += 1
        elif each.id in ended:
            counts.setdefault(each.survey_id, Counter()).update({"in_progress": -1, each.status.value: 1})
    count(txn, counts)
    if talk.freed:
        txn.execute(FREE, {"codes": [code for code, _ in talk.freed], "phones": [phone for _, phone in talk.freed]})
    for each in talk.ended:
        hooks.emit(txn, each.team_id, "survey.response", telling.told(response_of(each)), subject=each.id)
    return stored


def count(txn: Txn, counts: Mapping[int, Counter[str]]) -> None:
    """Add to what is known of surveys, by their ids."""
    rows = [
        {"survey_id": survey_id, **{name: added[name] for name in _COUNTS}}
        for survey_id, added in sorted(counts.items())
        if any(added.values())
    ]
    if rows:
        txn.execute(SUMS, {"rows": as_json(rows)})


def response_of(conversation: Conversation) -> Response:
    """Return a conversation as it is shown."""
    return Response(
        uuid=conversation.id,
        survey_uuid=conversation.survey_uuid,
        version=conversation.version,
        definition=conversation.definition,
        code=conversation.code,
        phone=conversation.phone,
        status=conversation.status,
        reason=conversation.reason,
        answers=conversation.state.answers,
        others=others_of(conversation.heard, conversation.started_at_ms),
        question=conversation.state.question if conversation.is_open else None,
        waits_for=conversation.say_problem if conversation.is_open else None,
        started_at_ms=conversation.started_at_ms,
        finished_at_ms=conversation.finished_at_ms,
    )


def submission(known: Directory, team_id: int, code: str, phone: str, text: str, lane: Lane) -> Submission:
    """Return a message of a survey, out from the team's sender that is the code."""
    own = [sender.uuid for sender in known.senders_of_number(code) if sender.team_id == team_id]
    recipient = f"+{phone}" if phone.isascii() and phone.isdigit() else phone
    return Submission(team_id, own[0] if own else code, recipient, text, lane=lane)


def _take_back(txn: Txn, talk: Talk) -> None:
    """Take back what waits for a carrier still and is of no use any more; what one may have in hand goes out."""
    by_team: dict[int, list[MessageId]] = {}
    for team_id, message_id in sorted(talk.overtaken):
        by_team.setdefault(team_id, []).append(message_id)
    for team_id, ids in by_team.items():
        alterations.take_back(txn, team_id, ids)


def _speak(txn: Txn, works: Works, talk: Talk) -> tuple[Priced, ...]:
    """Judge and store what is to be said; what is refused is noted with who would say it."""
    known, speaking = works.directory.now, talk.speaking
    asked = [
        submission(
            known, each.team_id, each.code, each.phone, each.say or "",
            Lane.BULK if each.is_invited else Lane.TRANSACTIONAL,
        )
        for each in speaking
    ]  # fmt: skip
    asked += [
        submission(known, each.team_id, each.code, each.phone, each.text, Lane.TRANSACTIONAL) for each in talk.notices
    ]
    if not asked:
        return ()
    verdicts = [_suppressible(verdict) for verdict in works.judge(asked)]
    priced = [verdict for verdict in verdicts if isinstance(verdict, Priced)]
    refusals = dict(zip([message.id for message in priced], intake.accept(txn, priced), strict=True))
    for conversation, verdict in zip(speaking, verdicts, strict=False):
        if isinstance(verdict, Refused):
            talk.refused(conversation, verdict)
        elif (refusal := refusals[verdict.id]) is not None:
            talk.refused(conversation, refusal)
        else:
            talk.said(conversation, verdict.id)
    return tuple(message for message in priced if refusals[message.id] is None)


def _suppressible(verdict: Verdict) -> Verdict:
    """Have it looked at once more whether somebody wants no messages: another node may know of it, and not yet this one."""
    return attrs.evolve(verdict, suppressible=True) if isinstance(verdict, Priced) else verdict


def _invite(txn: Txn, talk: Talk, counts: dict[int, Counter[str]]) -> None:
    rows = [
        {
            "survey_id": survey_id,
            "phone": phone,
            "code": survey.code if talk.is_asked(survey.code, phone) else None,
            "expires_at": (talk.at_ms + survey.definition.conduct.invitation_valid_h * HOUR_MS) / 1000,
        }
        for (survey_id, phone), survey in talk.invited.items()
    ]
    if rows:
        txn.execute(INVITE, {"rows": as_json(rows)})
        for (survey_id,) in txn.fetchall():
            counts.setdefault(survey_id, Counter())["waiting"] += 1


def _row(each: Conversation) -> dict[str, Any]:
    return {
        "id": each.id,
        "survey_id": each.survey_id,
        "version": each.version,
        "team_id": each.team_id,
        "code": each.code,
        "phone": each.phone,
        "status": each.status.value,
        "reason": None if each.reason is None else each.reason.value,
        "state": each.state.as_json(),
        "heard": [attrs.asdict(heard) for heard in each.heard],
        "asked_id": each.asked_id,
        "said_id": each.said_id,
        "say": each.say,
        "say_problem": each.say_problem,
        "wake_at": None if each.wake_at_ms is None else each.wake_at_ms / 1000,
        "started_at": each.started_at_ms / 1000,
        "finished_at": None if each.finished_at_ms is None else each.finished_at_ms / 1000,
    }


def _conversations(txn: Txn, works: Works) -> list[Conversation]:
    """Read the rows of `_CONVERSATION`."""
    rows = txn.fetchall()
    known = works.definitions.of(txn, {(row[1], row[3]) for row in rows})
    return [
        Conversation(
            id=row[0], survey_id=row[1], survey_uuid=row[2], version=row[3], team_id=row[4], code=row[5], phone=row[6],
            definition=known[row[1], row[3]], status=Status(row[7]), reason=None if row[8] is None else Reason(row[8]),
            state=state_of(row[9]), heard=tuple(Heard(**each) for each in row[10]), asked_id=row[11],
            said_id=row[12], say=row[13], say_problem=row[14], wake_at_ms=row[15], started_at_ms=row[16],
            finished_at_ms=row[17], is_closed=row[18], is_waiting=row[19], sent_at_ms=row[20], is_held=row[21],
            is_doubted=row[22],
        )
        for row in rows
    ]  # fmt: skip
