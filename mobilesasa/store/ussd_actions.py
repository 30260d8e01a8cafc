"""What steps of USSD sessions give to do: a row of each is stored with its step, and goes in the transaction that does it.

So a message is sent, a person put into a group, a survey begun exactly once, whoever dies between any two lines; what is
locked by another node is being done there. A webhook is called outside of any transaction: at least once, with one id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import attrs

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadRecipient, InsufficientUnits, NoRoute, Refused, TeamSuspended
from mobilesasa.core.model import Priced
from mobilesasa.store import groups, intake, ussd_menus
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.rows import as_json
from mobilesasa.ussd.model import AddToGroup, StartSurvey
from mobilesasa.ussd.reading import read_action
from mobilesasa.ussd.visits import Act

RETRIES_S: Final = (60, 300, 900, 2400)  # after each attempt that failed for what may pass
CLAIMED_S: Final = 30  # a call of a webhook may take so long before another node makes it
_MAY_PASS: Final = (InsufficientUnits, NoRoute, TeamSuspended)
_PHONE: Final = re.compile(r"[0-9]{7,15}\Z")

DUE = """
SELECT session_id, n, team_id, menu_id, msisdn, given FROM ussd_action WHERE due_at <= now() ORDER BY due_at LIMIT %(limit)s
"""

# In one order, so that two nodes never wait for each other.
LOCK = """
SELECT session_id, n FROM ussd_action
WHERE due_at IS NOT NULL AND (session_id, n) IN (SELECT * FROM unnest(%(sessions)s::uuid[], %(numbers)s::integer[]))
ORDER BY session_id, n FOR UPDATE SKIP LOCKED
"""

CLAIM = """
UPDATE ussd_action SET due_at = now() + %(claimed_s)s * interval '1 second'
WHERE (session_id, n) IN (SELECT * FROM unnest(%(sessions)s::uuid[], %(numbers)s::integer[])) AND due_at IS NOT NULL
RETURNING session_id, n
"""

DONE = """
DELETE FROM ussd_action WHERE (session_id, n) IN (SELECT * FROM unnest(%(sessions)s::uuid[], %(numbers)s::integer[]))
"""

# Without a time it is given up.
FAILED = """
UPDATE ussd_action SET attempts = attempts + 1, problem = failed.problem, due_at = now() + CASE WHEN failed.may_pass
    THEN (%(retries)s::float8[])[attempts + 1] * interval '1 second' END
FROM json_to_recordset(%(failed)s) AS failed (session uuid, number integer, problem text, may_pass boolean)
WHERE session_id = failed.session AND n = failed.number RETURNING session_id, n, due_at IS NULL
"""


#: An action, and of a message what it became when it was judged.
Doing = tuple[Act, Priced | Refused | None]


class Invite(Protocol):
    """Invites somebody to a survey, once, in the transaction of the action (`store.survey_inviting.invite_one`)."""

    def __call__(self, txn: Txn, team_id: int, uuid: str, phone: str, at_ms: int) -> None: ...


@attrs.frozen
class Means:
    """What actions need beside the transaction.

    Attributes:
        invite: invites to surveys.
        new_uuid: makes uuids of contacts.
        now_ms: milliseconds since the epoch.
    """

    invite: Invite
    new_uuid: Callable[[], str]
    now_ms: Callable[[], int]


@attrs.frozen
class Trouble:
    """An action that could not be done."""

    act: Act
    problem: str
    given_up: bool


@attrs.frozen
class Done:
    """What came of some actions."""

    messages: tuple[Priced, ...] = ()  # that are stored now
    troubles: tuple[Trouble, ...] = ()


def due(txn: Txn, limit: int) -> list[Act]:
    """Return actions that nobody has done in time."""
    txn.execute(DUE, {"limit": limit})
    return [
        Act(session_id, n, team_id, menu_id, msisdn, read_action(given))
        for session_id, n, team_id, menu_id, msisdn, given in txn.fetchall()
    ]


def do(txn: Txn, asked: Sequence[Doing], means: Means) -> Done:
    """Do what is still to be done of some actions, each wholly or not at all; what is locked is left to whoever does it.

    Args:
        txn: the transaction, in which their rows go.
        asked: the actions, none of them the call of a webhook.
        means: what they need.
    """
    txn.execute(LOCK, _keys([act for act, _ in asked]))
    locked = set(txn.fetchall())
    ours = [(act, message) for act, message in asked if (act.session_id, act.n) in locked]
    priced = [message for _, message in ours if isinstance(message, Priced)]
    refusals = dict(zip((message.id for message in priced), intake.accept(txn, priced), strict=True)) if priced else {}
    failed: list[tuple[Act, Refused]] = []
    done: list[Act] = []
    for act, message in ours:
        refusal = refusals[message.id] if isinstance(message, Priced) else message or _refusal(txn, act, means)
        if refusal is None:
            done.append(act)
        else:
            failed.append((act, refusal))
    if done:
        txn.execute(DONE, _keys(done))
    troubles = _fail(txn, [(act, str(why), isinstance(why, _MAY_PASS)) for act, why in failed])
    return Done(tuple(message for message in priced if refusals[message.id] is None), troubles)


def claim(txn: Txn, acts: Sequence[Act]) -> list[Act]:
    """Take calls of webhooks in hand for a while; return those that are still to be made."""
    txn.execute(CLAIM, {**_keys(acts), "claimed_s": CLAIMED_S})
    ours = set(txn.fetchall())
    return [act for act in acts if (act.session_id, act.n) in ours]


def called(txn: Txn, act: Act, problem: str | None) -> tuple[Trouble, ...]:
    """Write down what came of the call of a webhook; None: its receiver has it."""
    if problem is not None:
        return _fail(txn, [(act, problem, True)])
    txn.execute(DONE, _keys([act]))
    return ()


def give_up(txn: Txn, act: Act, problem: str) -> tuple[Trouble, ...]:
    """Try an action no more."""
    return _fail(txn, [(act, problem, False)])


def _refusal(txn: Txn, act: Act, means: Means) -> Refused | None:
    """Do what is no message; return why it is not done."""
    if not _PHONE.match(act.msisdn):
        return BadRecipient("the gateway hides the number of the phone")
    txn.execute("SAVEPOINT acting")
    try:
        if isinstance(act.action, AddToGroup):
            groups.add(txn, NODE, act.team_id, act.action.group, [act.msisdn], [means.new_uuid()])
        elif isinstance(act.action, StartSurvey):
            means.invite(txn, act.team_id, act.action.survey, act.msisdn, means.now_ms())
    except Refused as refused:
        txn.execute("ROLLBACK TO SAVEPOINT acting")
        return refused
    return None


def _fail(txn: Txn, failed: Sequence[tuple[Act, str, bool]]) -> tuple[Trouble, ...]:
    if not failed:
        return ()
    rows: list[dict[str, Any]] = [
        {"session": act.session_id, "number": act.n, "problem": problem, "may_pass": may_pass}
        for act, problem, may_pass in failed
    ]
    txn.execute(FAILED, {"failed": as_json(rows), "retries": list(RETRIES_S)})
    given_up = {(session, n) for session, n, is_given_up in txn.fetchall() if is_given_up}
    return tuple(Trouble(act, problem, (act.session_id, act.n) in given_up) for act, problem, _ in failed)


def _keys(acts: Sequence[Act]) -> dict[str, Any]:
    return {"sessions": [act.session_id for act in acts], "numbers": [act.n for act in acts]}


@attrs.frozen
class StoredActions:
    """The actions that are to be done, for whoever does them; each call is one transaction of the pool.

    Args:
        database: the pool.
        means: what actions need.
    """

    _database: Database
    _means: Means

    async def due(self, limit: int) -> Sequence[Act]:
        """Return actions that nobody has done in time."""
        return await self._database.run("ussd.due", due, limit)

    async def do(self, asked: Sequence[Doing]) -> Done:
        """Do what is still to be done of some actions."""
        return await self._database.run("ussd.do", do, asked, self._means)

    async def claim(self, acts: Sequence[Act]) -> Sequence[Act]:
        """Take calls of webhooks in hand."""
        return await self._database.run("ussd.claim", claim, acts)

    async def called(self, act: Act, problem: str | None) -> Sequence[Trouble]:
        """Write down what came of the call of a webhook."""
        return await self._database.run("ussd.called", called, act, problem)

    async def give_up(self, act: Act, problem: str) -> Sequence[Trouble]:
        """Try an action no more."""
        return await self._database.run("ussd.give_up", give_up, act, problem)

    async def signed(self, menu_id: int) -> tuple[str, str] | None:
        """Return a menu's uuid and the secret that signs the calls of its webhooks."""
        return await self._database.run("ussd.signed", ussd_menus.signed, menu_id)
