"""Passwords of 8 characters beside tokens, for SMPP clients that can send no more (decision 91).

Eight characters of base 58 are 47 bits: enough against guesses over the wire, of which the tenth wrong one in a row
locks, and not against a stolen table; so only a slow hash is kept (argon2id, some 50 ms of a core and 32 MiB).
A password opens what its token opens, for as long as that does, and only from the addresses that it was made for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

import attrs
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.core.scopes import READ, check_given
from mobilesasa.core.teams import BASE58, SMPP_PASSWORD_CHARACTERS
from mobilesasa.store import trail
from mobilesasa.store.database import Database, Txn, one_row

WRONG_MAX: Final = 10  # in a row; then it is locked until the operator unlocks it
LIVING_MAX: Final = 5  # of a team: a bind may have to be held against each of them
ALLOWED_MAX: Final = 50  # addresses and networks of one password
WIDEST: Final = {4: 16, 6: 32}  # a shorter prefix lets in whoever rents a server

_hasher = PasswordHasher(time_cost=2, memory_cost=32_768, parallelism=1)

# Two that are made at once are counted one after the other.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa.smpp_passwords'), %(team_id)s)"

WAIVED = "SELECT smpp_any_address FROM team WHERE id = %(team_id)s"

COUNT_LIVING = """
SELECT count(*) FROM smpp_password JOIN token ON token.id = token_id
WHERE smpp_password.team_id = %(team_id)s AND smpp_password.revoked_at IS NULL AND token.revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > now())
"""

# Of several the oldest that opens no more than whoever asks may give.
BESIDE = """
SELECT id, scopes FROM token
WHERE team_id = %(team_id)s AND (%(uuid)s::uuid IS NULL OR uuid = %(uuid)s) AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > now()) AND 'messages' = ANY(scopes)
ORDER BY coalesce(scopes <@ %(given)s::text[], true) DESC, id LIMIT 1
"""

INSERT = """
INSERT INTO smpp_password (team_id, token_id, hash, allowed, any_address)
VALUES (%(team_id)s, %(token_id)s, %(hash)s, %(allowed)s::text[]::cidr[], %(any_address)s) RETURNING uuid
"""

SELECT = """
SELECT smpp_password.uuid, team.code, token.uuid, allowed::text[], any_address, failed,
       (extract(epoch FROM smpp_password.created_at) * 1000)::bigint, (extract(epoch FROM last_used_at) * 1000)::bigint,
       (extract(epoch FROM locked_at) * 1000)::bigint, (extract(epoch FROM smpp_password.revoked_at) * 1000)::bigint,
       CASE WHEN smpp_password.revoked_at IS NOT NULL OR token.revoked_at IS NOT NULL THEN 'revoked'
            WHEN expires_at <= now() THEN 'expired' WHEN locked_at IS NOT NULL THEN 'locked' ELSE 'active' END
FROM smpp_password JOIN team ON team.id = smpp_password.team_id JOIN token ON token.id = token_id
WHERE (%(team_id)s::integer IS NULL OR smpp_password.team_id = %(team_id)s)
  AND (%(uuid)s::uuid IS NULL OR smpp_password.uuid = %(uuid)s)
ORDER BY team.code, smpp_password.id
"""

# A second time changes nothing: the first is what counts (decision 25).
REVOKE = """
UPDATE smpp_password SET revoked_at = now()
WHERE uuid = %(uuid)s AND (%(team_id)s::integer IS NULL OR team_id = %(team_id)s) AND revoked_at IS NULL
RETURNING team_id
"""

UNLOCK = """
UPDATE smpp_password SET failed = 0, locked_at = NULL
WHERE (uuid = %(uuid)s OR team_id = %(team_id)s) AND revoked_at IS NULL AND (locked_at IS NOT NULL OR failed > 0)
RETURNING uuid, team_id
"""

PASSED = """
UPDATE smpp_password SET failed = 0, last_used_at = now()
WHERE uuid = %(uuid)s AND locked_at IS NULL AND revoked_at IS NULL
"""

# Apart from the lock, which every node is told of.
FAILED = """
UPDATE smpp_password SET failed = failed + 1
WHERE uuid = ANY(%(uuids)s::uuid[]) AND locked_at IS NULL AND revoked_at IS NULL RETURNING uuid, failed
"""

LOCK = "UPDATE smpp_password SET locked_at = now() WHERE uuid = ANY(%(uuids)s::uuid[]) AND locked_at IS NULL RETURNING uuid"


@attrs.frozen
class NewSmppPassword:
    """An SMPP password to be made."""

    team_id: int
    token_uuid: str | None = None  # beside which token; None: the team's oldest that can bind
    allowed: Sequence[str] = ()  # addresses and networks, such as 192.0.2.0/24
    any_address: bool = False  # the operator waives the list for this one
    held: frozenset[str] | None = None  # the scopes of whoever makes it; None: an operator, who may give any


@attrs.frozen
class SmppPasswordRecord:
    """What is known of an SMPP password."""

    uuid: str
    team_code: str
    token_uuid: str
    allowed: list[str]
    any_address: bool
    failed: int  # wrong ones in a row
    created_at_ms: int
    last_used_at_ms: int | None
    locked_at_ms: int | None
    revoked_at_ms: int | None
    status: str  # active, locked, revoked, expired; the last two also when it is the token's


def make_password(random_below: Callable[[int], int]) -> str:
    """Return a new SMPP password.

    Args:
        random_below: a number from 0 to below its argument that nobody can guess, such as `secrets.randbelow`.
    """
    return "".join(BASE58[random_below(len(BASE58))] for _ in range(SMPP_PASSWORD_CHARACTERS))


def matching(hashes: Sequence[str], given: str) -> int | None:
    """Return the place of the hash that a password fits, or None; some 50 ms for each, so on a thread."""
    for place, kept in enumerate(hashes):
        try:
            _hasher.verify(kept, given)
        except VerifyMismatchError:
            continue
        return place
    return None


def create(txn: Txn, by: Actor, new: NewSmppPassword, password: str) -> SmppPasswordRecord:
    """Keep a new SMPP password; of its text only a slow hash.

    Raises:
        BadValue: it may be used from nowhere or from too far around, no such token can bind, or there are too many.
        MissingScope: the token opens what whoever makes it may not do.
        AccessEnded: whoever makes it no longer may.
    """
    allowed = checked_networks(new.allowed)
    made = _hasher.hash(password)
    txn.execute(TAKE_TURNS, {"team_id": new.team_id})
    token_id = _token_id(txn, new)
    if not allowed and not new.any_address:
        txn.execute(WAIVED, {"team_id": new.team_id})
        if not one_row(txn)[0]:
            raise BadValue(
                "an SMPP password is so short that it is good from named addresses alone: name them, such as "
                "192.0.2.0/24; only the operator can waive that"
            )
    txn.execute(COUNT_LIVING, {"team_id": new.team_id})
    if one_row(txn)[0] >= LIVING_MAX:
        raise BadValue(f"a team has at most {LIVING_MAX} SMPP passwords; revoke one first")
    parameters = {
        "team_id": new.team_id,
        "token_id": token_id,
        "hash": made,
        "allowed": allowed,
        "any_address": not allowed,
    }
    txn.execute(INSERT, parameters)
    kept = _select(txn, uuid=one_row(txn)[0])[0]
    after = {"token": kept.token_uuid, "allowed": kept.allowed, "any_address": kept.any_address}
    trail.note(txn, by, "smpp_password.create", kept.uuid, team_id=new.team_id, after=after)
    return kept


def list_passwords(txn: Txn, team_id: int) -> list[SmppPasswordRecord]:
    """Return the SMPP passwords of a team, with those that open nothing any more."""
    return _select(txn, team_id=team_id)


def revoke(txn: Txn, by: Actor, uuid: str, team_id: int | None = None) -> SmppPasswordRecord:
    """Revoke an SMPP password, of the team if one is named; one that was revoked keeps the time of the first.

    Raises:
        NotFound: there is none of that uuid.
    """
    found = canonical(uuid)
    if found is not None:
        txn.execute(REVOKE, {"uuid": found, "team_id": team_id})
        for (owner_id,) in txn.fetchall():
            trail.note(txn, by, "smpp_password.revoke", found, team_id=owner_id)
        for password in _select(txn, uuid=found, team_id=team_id):
            trail.allow(txn, by)
            return password
    raise NotFound(f"there is no SMPP password {uuid!r}")


def unlock(txn: Txn, by: Actor, uuid: str | None = None, team_id: int | None = None) -> list[SmppPasswordRecord]:
    """Unlock an SMPP password, or all of a team, and forget the wrong ones; return those that this changed.

    Raises:
        NotFound: there is none of that uuid.
    """
    found = None if uuid is None else canonical(uuid)
    if uuid is not None and (found is None or not _select(txn, uuid=found)):
        raise NotFound(f"there is no SMPP password {uuid!r}")
    txn.execute(UNLOCK, {"uuid": found, "team_id": team_id})
    unlocked = txn.fetchall()
    for changed, owner_id in unlocked:
        trail.note(txn, by, "smpp_password.unlock", changed, team_id=owner_id)
    return [_select(txn, uuid=changed)[0] for changed, _ in unlocked]


def passed(txn: Txn, uuid: str) -> bool:
    """Write down that a password was right; False when it is locked or revoked by now."""
    txn.execute(PASSED, {"uuid": uuid})
    return txn.rowcount == 1


def failed(txn: Txn, uuids: Sequence[str]) -> list[str]:
    """Write down that something else than these was sent; return those that this locks."""
    txn.execute(FAILED, {"uuids": list(uuids)})
    full = [uuid for uuid, wrong in txn.fetchall() if wrong >= WRONG_MAX]
    if not full:
        return []
    txn.execute(LOCK, {"uuids": full})
    return [uuid for (uuid,) in txn.fetchall()]


def checked_networks(given: Sequence[str]) -> list[str]:
    """Return addresses and networks as they are kept, each once.

    Raises:
        BadValue: with all that are none, or too wide, or that there are too many.
    """
    networks: dict[str, None] = {}
    problems: list[str] = []
    for text in given:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError:
            problems.append(f"{text!r} is no address and no network such as 192.0.2.0/24")
            continue
        if network.prefixlen < WIDEST[network.version]:
            problems.append(f"{network} is too wide: /{WIDEST[network.version]} is the widest")
        networks[str(network)] = None
    if len(networks) > ALLOWED_MAX:
        problems.append(f"at most {ALLOWED_MAX} addresses and networks can be named")
    if problems:
        raise BadValue("; ".join(problems))
    return list(networks)


def _token_id(txn: Txn, new: NewSmppPassword) -> int:
    uuid = None if new.token_uuid is None else canonical(new.token_uuid)
    if new.token_uuid is None or uuid is not None:
        given = None if new.held is None else [*new.held, *(scope + READ for scope in new.held)]
        txn.execute(BESIDE, {"team_id": new.team_id, "uuid": uuid, "given": given})
        row = txn.fetchone()
        if row is not None:
            if new.held is not None:
                check_given(new.held, row[1])
            return int(row[0])
    if new.token_uuid is None:
        raise BadValue("the team has no token in force with the scope messages; make one first")
    raise BadValue(f"the team has no token {new.token_uuid!r} in force with the scope messages")


def _select(txn: Txn, *, team_id: int | None = None, uuid: str | None = None) -> list[SmppPasswordRecord]:
    txn.execute(SELECT, {"team_id": team_id, "uuid": uuid})
    return [SmppPasswordRecord(*row) for row in txn.fetchall()]


@attrs.frozen
class SmppPasswords:
    """The SMPP passwords of the store, for the sessions and the API of a node."""

    _database: Database
    _random_below: Callable[[int], int]

    async def passed(self, uuid: str) -> bool:
        """Write down that a password was right; False when it is locked or revoked by now."""
        return await self._database.run("smpp_passwords.passed", passed, uuid)

    async def failed(self, uuids: Sequence[str]) -> list[str]:
        """Write down that something else than these was sent; return those that this locks."""
        return await self._database.run("smpp_passwords.failed", failed, uuids)

    async def create(
        self, by: Actor, held: frozenset[str], team_id: int, token_uuid: str | None, allowed: Sequence[str]
    ) -> tuple[SmppPasswordRecord, str]:
        """Make one of a team; return what is known of it, and its text, which nobody can learn again.

        Raises:
            BadValue, MissingScope: as `create` says.
        """
        password = make_password(self._random_below)
        new = NewSmppPassword(team_id, token_uuid, allowed, held=held)
        return await self._database.run("smpp_passwords.create", create, by, new, password), password

    async def of_team(self, team_id: int) -> list[SmppPasswordRecord]:
        """Return those of a team, with those that open nothing any more."""
        return await self._database.run("smpp_passwords.list", list_passwords, team_id)

    async def revoke(self, by: Actor, team_id: int, uuid: str) -> SmppPasswordRecord:
        """Revoke one of a team.

        Raises:
            NotFound: the team has none of that uuid.
        """
        return await self._database.run("smpp_passwords.revoke", revoke, by, uuid, team_id)
