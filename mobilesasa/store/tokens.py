"""API tokens: how one is made, and what is kept of it, which is never its text (decision 13).

A raw token is ``mbs_``, 26 random characters of base62 (155 bits), and 6 that are a checksum of those: the CRC-32 of
the 26 characters in base62. So a scanner for leaked secrets can tell a token from a word that looks like one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from psycopg2.extras import Json

from mobilesasa.core.actors import Actor, ActorKind, Who
from mobilesasa.core.errors import BadValue
from mobilesasa.core.scopes import checked_scopes
from mobilesasa.core.teams import token_digest
from mobilesasa.core.terms import OF_TOKEN, BadTerms, read_changes
from mobilesasa.store import paging, trail
from mobilesasa.store.database import Database, Txn, row_of_uuid

MARK = "mbs_"
SHOWN_CHARACTERS = 8  # what is kept of the text, to tell tokens apart
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_CHARACTERS = 26
CHECKSUM_CHARACTERS = 6

# A time that is over makes no row. Who stands behind a token stands behind those that are made with it.
INSERT = """
INSERT INTO token (team_id, name, digest, prefix, scopes, expires_at, smpp, created_by, created_by_uuid, created_by_user)
SELECT %(team_id)s, %(name)s, %(digest)s, %(prefix)s, %(scopes)s, expires_at, jsonb_strip_nulls(%(smpp)s::jsonb), %(by)s,
       %(by_uuid)s::uuid, CASE %(by)s WHEN 'user' THEN %(by_uuid)s::uuid
                                      WHEN 'token' THEN (SELECT created_by_user FROM token WHERE uuid = %(by_uuid)s::uuid) END
FROM (SELECT to_timestamp(%(expires_at_ms)s / 1000.0) AS expires_at) AS asked
WHERE expires_at IS NULL OR expires_at > now()
RETURNING uuid
"""

_SELECT = """
SELECT token.uuid, team.code, token.name, token.prefix, token.scopes, (extract(epoch FROM token.expires_at) * 1000)::bigint,
       (extract(epoch FROM token.created_at) * 1000)::bigint, (extract(epoch FROM token.revoked_at) * 1000)::bigint,
       CASE WHEN token.revoked_at IS NOT NULL THEN 'revoked' WHEN token.expires_at <= now() THEN 'expired' ELSE 'active' END,
       token.smpp, (extract(epoch FROM used_at) * 1000)::bigint, address,
       token.created_by_user IS NOT NULL AND NOT EXISTS (
           SELECT FROM membership JOIN app_user ON app_user.id = user_id
           WHERE app_user.uuid = token.created_by_user AND membership.team_id = token.team_id),
       token.created_by, token.created_by_uuid, coalesce(maker.name, maker_user.name),
       token.revoked_by, token.revoked_by_uuid, coalesce(ender.name, ender_user.name)
FROM token JOIN team ON team.id = token.team_id
LEFT JOIN token_use ON token_uuid = token.uuid
LEFT JOIN token AS maker ON maker.uuid = token.created_by_uuid
LEFT JOIN app_user AS maker_user ON maker_user.uuid = token.created_by_uuid
LEFT JOIN token AS ender ON ender.uuid = token.revoked_by_uuid
LEFT JOIN app_user AS ender_user ON ender_user.uuid = token.revoked_by_uuid
"""

FIND = _SELECT + "WHERE token.uuid = %(uuid)s"

LIST = _SELECT + "WHERE %(team_id)s::integer IS NULL OR token.team_id = %(team_id)s ORDER BY team.code, token.id"

PAGE = _SELECT + "WHERE token.team_id = %(team_id)s ORDER BY token.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = """
SELECT count(*), count(*) FROM (SELECT FROM token WHERE team_id = %(team_id)s LIMIT %(limit)s) AS newest
"""

ESTIMATE = "EXPLAIN (FORMAT JSON) SELECT FROM token WHERE team_id = %(team_id)s"

LOCK = """
SELECT id, uuid, team_id, revoked_at IS NULL, smpp FROM token
WHERE uuid = %(uuid)s AND (%(team_id)s::integer IS NULL OR team_id = %(team_id)s) FOR UPDATE
"""

REVOKE = (
    "UPDATE token SET revoked_at = now(), revoked_by = %(by)s, revoked_by_uuid = %(by_uuid)s::uuid WHERE id = %(id)s"
)

SET_TERMS = "UPDATE token SET smpp = jsonb_strip_nulls(smpp || %(smpp)s::jsonb) WHERE id = %(id)s"


@attrs.frozen
class TokenRecord:
    """What is known of a token."""

    uuid: str
    team_code: str
    name: str
    prefix: str
    scopes: list[str]
    expires_at_ms: int | None
    created_at_ms: int
    revoked_at_ms: int | None
    status: str  # active, revoked, expired
    smpp: Mapping[str, Any]  # what was set of `core.terms.SmppTerms`
    last_used_at_ms: int | None = None  # within two minutes
    last_used_address: str | None = None
    creator_left: bool = False  # the person who made it is no longer in the team; it lives on (decision 11)
    created_by: Who | None = None  # None: before this was kept
    revoked_by: Who | None = None


def make_raw_token(random_below: Callable[[int], int]) -> str:
    """Return the text of a new token.

    Args:
        random_below: a number from 0 to below its argument that nobody can guess, such as `secrets.randbelow`.
    """
    drawn = "".join(BASE62[random_below(len(BASE62))] for _ in range(RANDOM_CHARACTERS))
    return MARK + drawn + checksum(drawn)


def checksum(drawn: str) -> str:
    """Return the last characters of a token for its random ones."""
    rest = zlib.crc32(drawn.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_CHARACTERS):
        rest, digit = divmod(rest, len(BASE62))
        digits = BASE62[digit] + digits
    return digits


def create(
    txn: Txn,
    by: Actor,
    team_id: int,
    name: str,
    scopes: Sequence[str],
    expires_at_ms: int | None,
    raw_token: str,
    smpp: Mapping[str, object] | None = None,
) -> TokenRecord:
    """Keep a new token of a team; names need not differ (decision 22).

    Args:
        txn: the transaction.
        by: who makes it.
        team_id: whose it is.
        name: what it is for.
        scopes: what it opens; `platform` only where an operator makes it.
        expires_at_ms: when it ends, milliseconds since the epoch; None: never.
        raw_token: its text.
        smpp: terms of its SMPP sessions.

    Raises:
        BadValue: no scope, one that does not exist or is not for whoever asks, an end in the past (decisions 20 and
            21), or wrong terms.
        AccessEnded: whoever makes it no longer may.
    """
    parameters = {
        "team_id": team_id,
        "name": checked_name(name),
        "digest": token_digest(raw_token),
        "prefix": raw_token[:SHOWN_CHARACTERS],
        "scopes": checked_scopes(scopes, by.kind is ActorKind.OPERATOR),
        "expires_at_ms": expires_at_ms,
        "smpp": Json(_checked_terms(smpp or {})),
        **_by(by),
    }
    made = _inserted(txn, parameters)
    trail.note(txn, by, "token.create", made.uuid, team_id=team_id, after=_told(made))
    return made


def revoke(txn: Txn, by: Actor, uuid: str, team_id: int | None = None) -> TokenRecord:
    """Revoke a token, of the team if one is named; one that was revoked keeps the time of the first (decision 25).

    It waits for what is being written in the token's name, and what comes later is refused (decision 24).

    Raises:
        NotFound: there is none of that uuid.
        AccessEnded: whoever revokes it no longer may.
    """
    token = _locked(txn, uuid, team_id)
    if token.is_good:
        trail.note(txn, by, "token.revoke", token.uuid, team_id=token.team_id)
        txn.execute(REVOKE, {"id": token.id, **_by(by)})
    else:
        trail.allow(txn, by)
    return find(txn, token.uuid)


def set_terms(txn: Txn, by: Actor, uuid: str, smpp: Mapping[str, object]) -> TokenRecord:
    """Change the terms of a token's SMPP sessions, `default` for the team's again; return the token as it is then.

    Raises:
        NotFound: there is none of that uuid.
        BadValue: with every term that is wrong, or not for a token to have.
        AccessEnded: whoever changes it no longer may.
    """
    terms = _checked_terms(smpp)
    token = _locked(txn, uuid)
    txn.execute(SET_TERMS, {"id": token.id, "smpp": Json(terms)})
    changed = find(txn, token.uuid)
    before, after = trail.differences(token.smpp, {**dict.fromkeys(token.smpp), **changed.smpp})
    trail.note(txn, by, "token.change", token.uuid, team_id=token.team_id, before=before, after=after)
    return changed


def find(txn: Txn, uuid: str) -> TokenRecord:
    """Return a token, whosever it is.

    Raises:
        NotFound: there is none of that uuid.
    """
    return _record(*row_of_uuid(txn, FIND, uuid, f"there is no token {uuid!r}"))


def list_tokens(txn: Txn, team_id: int | None = None) -> list[TokenRecord]:
    """Return the tokens of a team, or of all, with those that open nothing any more."""
    txn.execute(LIST, {"team_id": team_id})
    return [_record(*row) for row in txn.fetchall()]


def page(txn: Txn, team_id: int, limit: int, offset: int) -> list[TokenRecord]:
    """Return tokens of a team, newest first, with those that open nothing any more."""
    txn.execute(PAGE, {"team_id": team_id, "limit": limit, "offset": offset})
    return [_record(*row) for row in txn.fetchall()]


def count(txn: Txn, team_id: int) -> tuple[int, bool]:
    """Return how many tokens a team has, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"team_id": team_id})


def checked_name(name: str) -> str:
    """Return the name of a token without blanks around it.

    Raises:
        BadValue: it is empty or too long.
    """
    stripped = name.strip()
    if not 0 < len(stripped) <= 100 or "\x00" in stripped:
        raise BadValue("a token's name has 1 to 100 characters")
    return stripped


def _checked_terms(smpp: Mapping[str, object]) -> dict[str, Any]:
    try:
        return read_changes(smpp, OF_TOKEN)
    except BadTerms as bad:
        raise BadValue(str(bad)) from None


@attrs.frozen
class _Locked:
    """A token that nobody else changes until this transaction ends."""

    id: int
    uuid: str
    team_id: int
    is_good: bool  # it is not revoked
    smpp: Mapping[str, Any]


def _locked(txn: Txn, uuid: str, team_id: int | None = None) -> _Locked:
    return _Locked(*row_of_uuid(txn, LOCK, uuid, f"there is no token {uuid!r}", team_id=team_id))


def _inserted(txn: Txn, parameters: Mapping[str, Any]) -> TokenRecord:
    txn.execute(INSERT, parameters)
    row = txn.fetchone()
    if row is None:
        raise BadValue("the token would have expired already; its end must lie ahead")
    return find(txn, row[0])


def _told(made: TokenRecord) -> dict[str, Any]:
    """Return of a token what the trail tells."""
    return {"name": made.name, "scopes": made.scopes, "expires_at_ms": made.expires_at_ms, "smpp": made.smpp}


def _by(by: Actor) -> dict[str, str | None]:
    return {"by": by.kind.value, "by_uuid": by.uuid}


def _record(*row: Any) -> TokenRecord:
    return TokenRecord(*(*row[:13], _who(*row[13:16]), _who(*row[16:])))


def _who(kind: str | None, uuid: str | None, name: str | None) -> Who | None:
    return None if kind is None else Who(ActorKind(kind), uuid, name or "")


@attrs.frozen
class Tokens:
    """The tokens of teams, for the API; each call is one transaction of the pool."""

    _database: Database
    _random_below: Callable[[int], int]

    async def create(
        self, by: Actor, team_id: int, name: str, scopes: Sequence[str], expires_at_ms: int | None
    ) -> tuple[TokenRecord, str]:
        """Make one of a team; return what is known of it, and its text, which nobody can learn again.

        Raises:
            BadValue: as `create` says.
            AccessEnded: whoever makes it no longer may.
        """
        raw_token = make_raw_token(self._random_below)
        made = await self._database.run("tokens.create", create, by, team_id, name, scopes, expires_at_ms, raw_token)
        return made, raw_token

    async def page(self, team_id: int, *, limit: int, offset: int) -> list[TokenRecord]:
        """Return tokens of a team, newest first."""
        return await self._database.run("tokens.page", page, team_id, limit, offset)

    async def count(self, team_id: int) -> tuple[int, bool]:
        """Return how many tokens a team has, and whether that is an estimate."""
        return await self._database.run("tokens.count", count, team_id)

    async def revoke(self, by: Actor, team_id: int, uuid: str) -> TokenRecord:
        """Revoke one of a team.

        Raises:
            NotFound: the team has none of that uuid.
            AccessEnded: whoever revokes it no longer may.
        """
        return await self._database.run("tokens.revoke", revoke, by, uuid, team_id)
