"""API tokens: how one is made, and what is kept of it, which is never its text (decision 13).

A raw token is ``mbs_``, 26 random characters of base62 (155 bits), and 6 that are a checksum of those: the CRC-32 of
the 26 characters in base62. So a scanner for leaked secrets can tell a token from a word that looks like one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
from psycopg2.extras import Json

from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.core.teams import PLATFORM, token_digest
from mobilesasa.core.terms import OF_TOKEN, BadTerms, read_changes
from mobilesasa.store.database import Txn

# What a token may be good for (the reference's seven, and decision 18).
SCOPES = ("messages", "contacts", "groups", "campaigns", "surveys", "ussd", "reports", "api_tokens")
#: The same where an operator at the command makes it.
OPERATORS_SCOPES: Final = (*SCOPES, PLATFORM)

MARK = "mbs_"
SHOWN_CHARACTERS = 8  # what is kept of the text, to tell tokens apart
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_CHARACTERS = 26
CHECKSUM_CHARACTERS = 6

# A time that is over makes no row.
INSERT = """
INSERT INTO token (team_id, name, digest, prefix, scopes, expires_at, smpp)
SELECT %(team_id)s, %(name)s, %(digest)s, %(prefix)s, %(scopes)s, expires_at, jsonb_strip_nulls(%(smpp)s::jsonb)
FROM (SELECT to_timestamp(%(expires_at_ms)s / 1000.0) AS expires_at) AS asked
WHERE expires_at IS NULL OR expires_at > now()
RETURNING uuid
"""

SELECT = """
SELECT token.uuid, team.code, token.name, prefix, scopes, (extract(epoch FROM expires_at) * 1000)::bigint,
       (extract(epoch FROM token.created_at) * 1000)::bigint, (extract(epoch FROM revoked_at) * 1000)::bigint,
       CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'active' END,
       token.smpp
FROM token JOIN team ON team.id = token.team_id
WHERE (%(team_id)s::integer IS NULL OR team_id = %(team_id)s) AND (%(uuid)s::uuid IS NULL OR token.uuid = %(uuid)s)
ORDER BY team.code, token.id
"""

# A second time changes nothing: the first is what counts (decision 25).
REVOKE = "UPDATE token SET revoked_at = now() WHERE uuid = %(uuid)s AND revoked_at IS NULL"


SET_TERMS = "UPDATE token SET smpp = jsonb_strip_nulls(smpp || %(smpp)s::jsonb) WHERE uuid = %(uuid)s"


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
    team_id: int,
    name: str,
    scopes: Sequence[str],
    expires_at_ms: int | None,
    raw_token: str,
    smpp: Mapping[str, object] | None = None,
    by_operator: bool = False,
) -> TokenRecord:
    """Keep a new token of a team; names need not differ (decision 22).

    Args:
        txn: the transaction.
        team_id: whose it is.
        name: what it is for.
        scopes: what it opens; `platform` only where `by_operator`.
        expires_at_ms: when it ends, milliseconds since the epoch; None: never.
        raw_token: its text.
        smpp: terms of its SMPP sessions.
        by_operator: whether an operator makes it at the command, and no team by itself.

    Raises:
        BadValue: no scope, one that does not exist or is not for whoever asks, an end in the past (decisions 20 and
            21), or wrong terms.
    """
    parameters = {
        "team_id": team_id,
        "name": checked_name(name),
        "digest": token_digest(raw_token),
        "prefix": raw_token[:SHOWN_CHARACTERS],
        "scopes": checked_scopes(scopes, by_operator),
        "expires_at_ms": expires_at_ms,
        "smpp": Json(_checked_terms(smpp or {})),
    }
    txn.execute(INSERT, parameters)
    row = txn.fetchone()
    if row is None:
        raise BadValue("the token would have expired already; its end must lie ahead")
    return _select(txn, uuid=row[0])[0]


def revoke(txn: Txn, uuid: str) -> TokenRecord:
    """Revoke a token; one that was revoked keeps the time of the first.

    Raises:
        NotFound: there is none of that uuid.
    """
    found = canonical(uuid)
    if found is not None:
        txn.execute(REVOKE, {"uuid": found})
        for token in _select(txn, uuid=found):
            return token
    raise NotFound(f"there is no token {uuid!r}")


def set_terms(txn: Txn, uuid: str, smpp: Mapping[str, object]) -> TokenRecord:
    """Change the terms of a token's SMPP sessions, `default` for the team's again; return the token as it is then.

    Raises:
        NotFound: there is none of that uuid.
        BadValue: with every term that is wrong, or not for a token to have.
    """
    found = canonical(uuid)
    if found is not None:
        txn.execute(SET_TERMS, {"uuid": found, "smpp": Json(_checked_terms(smpp))})
        for token in _select(txn, uuid=found):
            return token
    raise NotFound(f"there is no token {uuid!r}")


def list_tokens(txn: Txn, team_id: int | None = None) -> list[TokenRecord]:
    """Return the tokens of a team, or of all, with those that open nothing any more."""
    return _select(txn, team_id=team_id)


def checked_scopes(scopes: Sequence[str], by_operator: bool = False) -> list[str]:
    """Return the scopes, each once, in their order (decision 20).

    Raises:
        BadValue: there are none, or one that does not exist, or `platform` is asked for by somebody else than an operator.
    """
    known = OPERATORS_SCOPES if by_operator else SCOPES
    if PLATFORM in scopes and not by_operator:
        raise BadValue(f"the scope {PLATFORM} is the operator's to give, by the command `mobilesasa token create`")
    unknown = [scope for scope in scopes if scope not in known]
    if unknown:
        raise BadValue(f"{', '.join(map(repr, unknown))} is no scope; there are {', '.join(known)}")
    if not scopes:
        raise BadValue(f"a token needs a scope: {', '.join(known)}")
    return list(dict.fromkeys(scopes))


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


def _select(txn: Txn, *, team_id: int | None = None, uuid: str | None = None) -> list[TokenRecord]:
    txn.execute(SELECT, {"team_id": team_id, "uuid": uuid})
    return [TokenRecord(*row) for row in txn.fetchall()]
