"""Rounds of the machine that conducts surveys: each is one transaction, in which what came, what it means and what is said are one.

A message from a phone leaves `survey_inbox` in the transaction that moves its conversation and stores the next question, so that a
kill at any line neither loses an answer nor asks anybody twice. The same holds for who is invited and begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from mobilesasa.core.inbound import digits_of
from mobilesasa.core.keywords import words_of
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.survey_conversations import (
    Works,
    answered,
    due,
    lock,
    named,
    open_of,
    with_definitions,
    write,
)
from mobilesasa.surveys.conversation import Begins, Text
from mobilesasa.surveys.conversing import TRY_AGAIN_MS, Talk
from mobilesasa.surveys.turns import Done, Turn

TRIES: Final = 20  # of a message that cannot be looked at, ten minutes after each other

LOOK = """
SELECT EXISTS (SELECT FROM survey_inbox WHERE due_at <= now()),
       EXISTS (SELECT FROM survey_response WHERE wake_at <= to_timestamp(%(at_ms)s / 1000.0)),
       EXISTS (SELECT FROM survey WHERE status = 'live' AND EXISTS (
           SELECT FROM survey_invitation WHERE survey_id = survey.id AND blocked_by IS NULL)),
       EXISTS (SELECT FROM survey_invitation WHERE expires_at <= now())
"""

# What a round finds stays its own until it has ended, for there is one at a time.
INBOX = """
SELECT waiting.inbound_id, source, destination, text, (extract(epoch FROM received_at) * 1000)::bigint, team_id, opt_out = 'stop'
FROM (SELECT inbound_id FROM survey_inbox WHERE due_at <= now() ORDER BY inbound_id LIMIT %(limit)s) AS waiting
LEFT JOIN inbound ON inbound.id = waiting.inbound_id ORDER BY waiting.inbound_id
"""

TAKE_OUT = "DELETE FROM survey_inbox WHERE inbound_id = ANY(%(ids)s::uuid[])"

PUT_OFF_HEARING = """
UPDATE survey_inbox SET due_at = now() + make_interval(secs => %(secs)s), tries = tries + 1
WHERE inbound_id = (SELECT inbound_id FROM survey_inbox WHERE due_at <= now() ORDER BY inbound_id LIMIT 1)
RETURNING inbound_id, tries
"""

PUT_OFF_WAKING = """
UPDATE survey_response SET wake_at = to_timestamp((%(at_ms)s + %(ms)s) / 1000.0) WHERE id = (
    SELECT id FROM survey_response WHERE wake_at <= to_timestamp(%(at_ms)s / 1000.0) ORDER BY wake_at LIMIT 1)
RETURNING id
"""

# Of each survey that is live some, so that a large one holds up no other.
INVITED = """
SELECT invitation.id, phone, survey.id, uuid, team_id, version, code, keyword
FROM survey CROSS JOIN LATERAL (
    SELECT id, phone, row_number() OVER (ORDER BY id) AS n FROM (
        SELECT id, phone FROM survey_invitation WHERE survey_id = survey.id AND blocked_by IS NULL AND expires_at > now()
        ORDER BY id LIMIT %(limit)s) AS first
) AS invitation
WHERE status = 'live' ORDER BY n, survey.id LIMIT %(limit)s
"""

UNINVITE = "DELETE FROM survey_invitation WHERE id = ANY(%(ids)s)"

BLOCK = """
UPDATE survey_invitation SET blocked_by = code FROM unnest(%(ids)s::bigint[], %(codes)s::text[]) AS asked (id, code)
WHERE survey_invitation.id = asked.id
"""

EXPIRE = """
WITH gone AS (
    DELETE FROM survey_invitation
    WHERE id = ANY(ARRAY(SELECT id FROM survey_invitation WHERE expires_at <= now() ORDER BY expires_at LIMIT %(limit)s))
    RETURNING survey_id
), counted AS (
    UPDATE survey_sums SET waiting = waiting - many, lapsed = lapsed + many
    FROM (SELECT survey_id, count(*) AS many FROM gone GROUP BY survey_id) AS each WHERE survey_sums.survey_id = each.survey_id
)
SELECT count(*) FROM gone
"""


def look(txn: Txn, at_ms: int) -> frozenset[Turn]:
    """Return what there is to do at that moment."""
    txn.execute(LOOK, {"at_ms": at_ms})
    return frozenset(turn for turn, is_due in zip(Turn, one_row(txn), strict=True) if is_due)


def hear(txn: Txn, works: Works, limit: int) -> Done:
    """Let messages from phones move conversations, in the order in which they came."""
    lock(txn)
    at_ms = works.now_ms()
    txn.execute(INBOX, {"limit": limit})
    rows = txn.fetchall()
    if not rows:
        return Done()
    texts = [
        Text(
            digits_of(destination) or destination,
            digits_of(source) or source,
            text,
            came_at_ms,
            team_id,
            bool(is_opt_out),
        )
        for _, source, destination, text, came_at_ms, team_id, is_opt_out in rows
        if text is not None
    ]
    talk = _talk(txn, works, at_ms, texts)
    for text in texts:
        talk.hear(text)
    stored = write(txn, works, talk)
    txn.execute(TAKE_OUT, {"ids": [row[0] for row in rows]})
    return Done(len(rows), stored)


def wake(txn: Txn, works: Works, limit: int) -> Done:
    """Remind, end, and say what could not be said."""
    lock(txn)
    at_ms = works.now_ms()
    found = due(txn, works, at_ms, limit)
    talk = Talk(at_ms, works.country_of, works.new_id, found)
    for conversation in found:
        talk.wake(conversation)
    return Done(len(found), write(txn, works, talk))


def begin(txn: Txn, works: Works, limit: int) -> Done:
    """Begin with people who were invited; who is asked by another survey over the same code waits for its end."""
    lock(txn)
    at_ms = works.now_ms()
    txn.execute(INVITED, {"limit": limit})
    rows = txn.fetchall()
    if not rows:
        return Done()
    known = {row[2]: (*row[2:], True) for row in rows}
    surveys = {each.id: each for each in with_definitions(txn, works, list(known.values()))}
    asked = [(row[0], surveys[row[2]], row[1]) for row in rows]
    talk = Talk(
        at_ms,
        works.country_of,
        works.new_id,
        open_of(txn, works, [(survey.code, phone) for _, survey, phone in asked]),
        surveys.values(),
        answered(txn, [(survey, phone) for _, survey, phone in asked]),
    )
    blocked, taken = _begin(talk, asked)
    stored = write(txn, works, talk, Counter(survey.id for _, survey in taken))
    txn.execute(UNINVITE, {"ids": [invitation for invitation, _ in taken]})
    waiting = [(invitation, survey.code) for invitation, survey, phone in blocked if talk.is_asked(survey.code, phone)]
    txn.execute(BLOCK, {"ids": [each for each, _ in waiting], "codes": [code for _, code in waiting]})
    return Done(len(rows), stored)


def expire(txn: Txn, works: Works, limit: int) -> Done:
    """Drop invitations whose turn came too late; they are counted."""
    lock(txn)
    txn.execute(EXPIRE, {"limit": limit})
    return Done(one_row(txn)[0])


def put_off_hearing(txn: Txn, at_ms: int) -> str | None:
    """Leave the first message that is waiting alone for a while, for it cannot be looked at; return its id.

    What could not be looked at for so many times is dropped: None then, as where nothing waits.
    """
    lock(txn)
    txn.execute(PUT_OFF_HEARING, {"secs": TRY_AGAIN_MS / 1000})
    for inbound_id, tries in txn.fetchall():
        if tries < TRIES:
            return str(inbound_id)
        txn.execute(TAKE_OUT, {"ids": [inbound_id]})
    return None


def put_off_waking(txn: Txn, at_ms: int) -> str | None:
    """Leave the conversation that is to be woken first alone for a while; return its id."""
    lock(txn)
    txn.execute(PUT_OFF_WAKING, {"at_ms": at_ms, "ms": TRY_AGAIN_MS})
    return next((str(response_id) for (response_id,) in txn.fetchall()), None)


def put_off_beginning(txn: Txn, at_ms: int) -> str | None:
    """Let the invitation that is next wait until it is too old; return its id."""
    lock(txn)
    txn.execute(INVITED, {"limit": 1})
    ids = [row[0] for row in txn.fetchall()]
    txn.execute(BLOCK, {"ids": ids, "codes": [""] * len(ids)})
    return next(map(str, ids), None)


def _talk(txn: Txn, works: Works, at_ms: int, texts: Sequence[Text]) -> Talk:
    """Return a round with all that these texts may concern."""
    first = [(text, words[0]) for text in texts if (words := words_of(text.text))]
    surveys = named(txn, works, {(text.code, word) for text, word in first})
    by_word = {(each.code, each.keyword): each for each in surveys}
    who = {(by_word[text.code, word].id, text.phone): text for text, word in first if (text.code, word) in by_word}
    by_id = {each.id: each for each in surveys}
    return Talk(
        at_ms,
        works.country_of,
        works.new_id,
        open_of(txn, works, {text.key for text in texts}),
        surveys,
        answered(txn, [(by_id[survey_id], phone) for survey_id, phone in who]),
    )


def _begin(
    talk: Talk, asked: Sequence[tuple[int, Begins, str]]
) -> tuple[list[tuple[int, Begins, str]], list[tuple[int, Begins]]]:
    """Begin with those who were invited; return the invitations that have to wait, and those that are gone."""
    blocked: list[tuple[int, Begins, str]] = []
    taken: list[tuple[int, Begins]] = []
    for invitation, survey, phone in asked:
        if talk.is_asked(survey.code, phone):
            blocked.append((invitation, survey, phone))
        else:
            talk.begin(survey, phone)
            taken.append((invitation, survey))
    return blocked, taken


@attrs.frozen
class Rounds:
    """The rounds, for the machine; each call is one transaction of the pool."""

    _database: Database
    _works: Works

    async def look(self) -> frozenset[Turn]:
        """Return what there is to do."""
        return await self._database.run("surveys.look", look, self._works.now_ms())

    async def do(self, turn: Turn, limit: int) -> Done:
        """Do so much of one kind at most."""
        return await self._database.run(f"surveys.{turn}", _DO[turn], self._works, limit)

    async def put_off(self, turn: Turn) -> str | None:
        """Leave what comes first of one kind alone for a while; return its id, None where there is none or it was given up."""
        return await self._database.run("surveys.put_off", _PUT_OFF[turn], self._works.now_ms())


_DO: Final[Mapping[Turn, Callable[[Txn, Works, int], Done]]] = {
    Turn.HEAR: hear,
    Turn.WAKE: wake,
    Turn.BEGIN: begin,
    Turn.EXPIRE: expire,
}
_PUT_OFF: Final[Mapping[Turn, Callable[[Txn, int], str | None]]] = {
    Turn.HEAR: put_off_hearing,
    Turn.WAKE: put_off_waking,
    Turn.BEGIN: put_off_beginning,
    Turn.EXPIRE: lambda txn, at_ms: None,
}
