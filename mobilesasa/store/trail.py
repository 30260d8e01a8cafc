"""The trail: who changed what, in the transaction of the change, and whether they still might (decisions 24, 28).

A store function that changes something on somebody's behalf calls `note` (or `allow`, where the change is traffic and not
administration) before it changes anything. The row of the token, or those of the login and the membership, are locked in a shared way
until the commit, so a revocation, or another role, comes wholly before the change, which is refused then, or wholly after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
import orjson

from mobilesasa.core.actors import Actor, ActorKind, Who
from mobilesasa.core.changes import LastChange
from mobilesasa.core.errors import AccessEnded
from mobilesasa.core.filters import TrailFilter
from mobilesasa.store import paging
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.plans import Planned

# In the order of ids, so that two who ask for several never wait for each other.
STILL_GOOD = Planned("""
SELECT uuid FROM token
WHERE uuid = ANY(%(uuids)s::uuid[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
ORDER BY id FOR SHARE
""")

# The login of a person who was disabled meanwhile has ended as well.
LOGIN_STILL_GOOD = Planned("""
SELECT uuid FROM user_login WHERE uuid = ANY(%(uuids)s::uuid[]) AND ended_at IS NULL AND ends_at > now()
ORDER BY id FOR SHARE
""")

# What people are in the teams in which they act, and who administers the platform.
ROLES = Planned("""
SELECT app_user.uuid, team_id, role FROM membership JOIN app_user ON app_user.id = user_id
WHERE (app_user.uuid, team_id) IN (SELECT * FROM unnest(%(uuids)s::uuid[], %(teams)s::integer[]))
ORDER BY user_id, team_id FOR SHARE OF membership
""")

ADMINISTRATORS = Planned("""
SELECT uuid FROM app_user WHERE uuid = ANY(%(uuids)s::uuid[]) AND platform_admin ORDER BY id FOR SHARE
""")

ENDED: Final = "the token was revoked while the call was under way; nothing was done"
LOGIN_ENDED: Final = "the login ended while the call was under way; nothing was done"
RIGHTS_ENDED: Final = "your role changed while the call was under way; nothing was done"

ADD = """
INSERT INTO trail (team_id, actor, actor_uuid, actor_name, address, request_id, action, subject, before, after)
VALUES (%(team_id)s, %(actor)s, %(actor_uuid)s, %(actor_name)s, %(address)s, %(request_id)s, %(action)s, %(subject)s,
        %(before)s, %(after)s)
"""

# Of an operator the platform alone learns the name; see `Entry`.
_COLUMNS = """
SELECT trail.id, (extract(epoch FROM at) * 1000)::bigint, team.code, actor, actor_uuid,
       coalesce(token.name, app_user.name, actor_name), address, request_id, action, subject, before, after
FROM ({}) AS trail
LEFT JOIN team ON team.id = team_id
LEFT JOIN token ON token.uuid = actor_uuid AND actor = 'token'
LEFT JOIN app_user ON app_user.uuid = actor_uuid AND actor = 'user'
ORDER BY at DESC, trail.id DESC
"""

_WANTED = """
FROM trail WHERE {} AND (%(actor)s::text IS NULL OR actor = %(actor)s) AND (%(actor_uuid)s::uuid IS NULL OR actor_uuid = %(actor_uuid)s)
  AND (%(action)s::text IS NULL OR action = %(action)s) AND (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(from_s)s::float8 IS NULL OR at >= to_timestamp(%(from_s)s)) AND (%(to_s)s::float8 IS NULL OR at < to_timestamp(%(to_s)s))
"""
_OF_TEAM = _WANTED.format("team_id = %(team_id)s")
_OF_ALL = _WANTED.format("true")
_LIMITED = "SELECT * {} ORDER BY at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s"
_COUNTED = "SELECT count(*), count(*) FROM (SELECT {} LIMIT %(limit)s) AS newest"
_ESTIMATED = "EXPLAIN (FORMAT JSON) SELECT {}"

LAST_OF_SUBJECT = _COLUMNS.format("""
SELECT * FROM trail WHERE team_id = %(team_id)s AND subject = %(subject)s AND action = %(action)s ORDER BY id DESC LIMIT 1""")

PAGE_OF_TEAM = _COLUMNS.format(_LIMITED.format(_OF_TEAM))
COUNT_OF_TEAM = _COUNTED.format(_OF_TEAM)
ESTIMATE_OF_TEAM = _ESTIMATED.format(_OF_TEAM)

PAGE_OF_ALL = _COLUMNS.format(_LIMITED.format(_OF_ALL))
COUNT_OF_ALL = _COUNTED.format(_OF_ALL)
ESTIMATE_OF_ALL = _ESTIMATED.format(_OF_ALL)


@attrs.frozen
class Entry:
    """A change, and who made it."""

    id: int
    at_ms: int
    team_code: str | None  # None: the platform's own
    who: Who
    address: str
    request_id: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def allow(txn: Txn, by: Actor) -> None:
    """Make sure that whoever acts still may, until this transaction ends.

    Raises:
        AccessEnded: the token was revoked or has expired, or the login has ended, or they are no longer what they were.
    """
    for why in ended(txn, (by,)).values():
        raise AccessEnded(why)


def ended(txn: Txn, actors: Iterable[Actor]) -> dict[Actor, str]:
    """Return those who no longer may do what they do, with the reason; the others may until this transaction ends."""
    asked = list(actors)
    by_token = {actor: str(actor.uuid) for actor in asked if actor.kind is ActorKind.TOKEN}
    by_login = {actor: actor.login_uuid for actor in asked if actor.login_uuid is not None}
    of_platform = {actor: str(actor.uuid) for actor in asked if actor.platform}
    gone = _others_than_in_role(txn, [actor for actor in asked if actor.role is not None])
    for statement, opened, why in (
        (ADMINISTRATORS, of_platform, RIGHTS_ENDED),
        (LOGIN_STILL_GOOD, by_login, LOGIN_ENDED),
        (STILL_GOOD, by_token, ENDED),
    ):
        if opened:
            txn.execute(statement, {"uuids": _array(sorted({*opened.values()}))})
            good = {uuid for (uuid,) in txn.fetchall()}
            gone |= {actor: why for actor, uuid in opened.items() if uuid not in good}
    return gone


def _others_than_in_role(txn: Txn, asked: Sequence[Actor]) -> dict[Actor, str]:
    """Return those who are not, or no longer, what they act as in their team."""
    if not asked:
        return {}
    pairs = sorted({(str(actor.uuid), actor.team_id) for actor in asked})
    txn.execute(ROLES, {"uuids": _array(uuid for uuid, _ in pairs), "teams": _array(str(team) for _, team in pairs)})
    roles = {(uuid, team_id): role for uuid, team_id, role in txn.fetchall()}
    return {actor: RIGHTS_ENDED for actor in asked if roles.get((actor.uuid, actor.team_id)) != actor.role}


def _array(items: Iterable[str]) -> str:
    return "{" + ",".join(items) + "}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is not the same in both, as it was and as it is: what `note` takes of a change."""
    changed = [name for name, value in after.items() if before.get(name) != value]
    return {name: before.get(name) for name in changed}, {name: after[name] for name in changed}


def note(
    txn: Txn,
    by: Actor,
    action: str,
    subject: str = "",
    *,
    team_id: int | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write a change into the trail, if whoever makes it still may.

    Args:
        txn: the transaction of the change.
        by: who makes it.
        action: what is done, thing and verb: `contact.create`.
        subject: uuid or name of the thing.
        team_id: whose it is; None: the platform's.
        before: what changes, as it was; no secret.
        after: the same as it will be.

    Raises:
        AccessEnded: they no longer may; the transaction is to be given up.
    """
    allow(txn, by)
    row = {
        "team_id": team_id,
        "actor": by.kind,
        "actor_uuid": by.uuid,
        "actor_name": by.name,
        "address": by.address,
        "request_id": by.request_id,
        "action": action,
        "subject": subject,
        "before": _json(before),
        "after": _json(after),
    }
    txn.execute(ADD, row)


def page(txn: Txn, wanted: TrailFilter, limit: int, offset: int) -> list[Entry]:
    """Return entries, newest first, without the newest `offset` of them."""
    statement = PAGE_OF_ALL if wanted.team_id is None else PAGE_OF_TEAM
    txn.execute(statement, {**_parameters(wanted), "limit": limit, "offset": offset})
    return [_entry(row) for row in txn.fetchall()]


def last_change(txn: Txn, team_id: int, subject: str, action: str, revision: int) -> LastChange:
    """Return what a draft is at, and who changed it last and when: the newest entry of an action on it.

    Args:
        txn: the transaction.
        team_id: whose it is.
        subject: the draft's uuid.
        action: what a change of it is called, such as `survey.update`.
        revision: what the draft is at.
    """
    txn.execute(LAST_OF_SUBJECT, {"team_id": team_id, "subject": subject, "action": action})
    row = txn.fetchone()
    return LastChange(revision) if row is None else LastChange(revision, _entry(row).at_ms, _entry(row).who)


def count(txn: Txn, wanted: TrailFilter, counted: int = paging.COUNTED) -> tuple[int, bool]:
    """Return how many entries there are, and whether that is an estimate."""
    parameters = _parameters(wanted)
    if wanted.team_id is None:
        return paging.count(txn, COUNT_OF_ALL, ESTIMATE_OF_ALL, parameters, counted)
    return paging.count(txn, COUNT_OF_TEAM, ESTIMATE_OF_TEAM, parameters, counted)


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(*(*row[:3], Who(ActorKind(row[3]), row[4], row[5]), *row[6:]))


def _parameters(wanted: TrailFilter) -> dict[str, Any]:
    given = attrs.asdict(wanted)
    for name in ("from", "to"):
        at_ms = given.pop(f"{name}_ms")
        given[f"{name}_s"] = None if at_ms is None else at_ms / 1000
    return given


@attrs.frozen
class Trail:
    """The trail, for the API; each call is one transaction of the pool."""

    _database: Database

    async def page(self, wanted: TrailFilter, *, limit: int, offset: int) -> list[Entry]:
        """Return entries, newest first."""
        return await self._database.run("trail.page", page, wanted, limit, offset)

    async def count(self, wanted: TrailFilter) -> tuple[int, bool]:
        """Return how many entries there are, and whether that is an estimate."""
        return await self._database.run("trail.count", count, wanted)


def _json(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else orjson.dumps(dict(values), default=str).decode()
