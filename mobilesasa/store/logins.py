"""Logins: begun with a password, carried on by refresh tokens that are good once each, ended by logging out (decision 10).

How to think about it: a refresh token that comes a second time was stolen, or the second is its thief; nobody can tell
which, so the login ends for both (RFC 9700 §4.14.2). But an answer can be lost, and then the browser has no other: for
`REPEAT_S` from its first use the token may come again, as long as no successor of it was used, and each time gives another
successor. All of these are good until one of them is used, for nobody knows which answer arrived, or in which order; the
others, and the token before them, end the login from then on. What opens a login is kept as a SHA-256 alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, LoginFailed, NotFound, TeamSuspended, UserDisabled
from mobilesasa.core.ids import canonical
from mobilesasa.core.people import LOGIN_S, REFRESH_S, REPEAT_S, User, Whence
from mobilesasa.store import trail, users
from mobilesasa.store.database import Txn, one_row

LIVING_MAX: Final = 50  # of a user; those that were not used for the longest end first
FORGET_AFTER_DAYS: Final = 90

WRONG: Final = "email or password is wrong"
WRONG_OLD: Final = "the old password is wrong"

CANDIDATE = "SELECT id, password_hash FROM app_user WHERE email = %(email)s"

# Locked against a new password, and against being disabled.
STILL = "SELECT password_hash, disabled_at IS NOT NULL FROM app_user WHERE id = %(user_id)s FOR SHARE"

# The same of whoever sets a new one.
STILL_OWN = "SELECT password_hash FROM app_user WHERE id = %(user_id)s FOR NO KEY UPDATE"

OF_UUID = "SELECT id, email, password_hash FROM app_user WHERE uuid = %(uuid)s"

# The named team, else the oldest that is not suspended.
TEAM = """
SELECT team.id, suspended_at IS NOT NULL FROM membership JOIN team ON team.id = team_id
WHERE user_id = %(user_id)s AND (%(code)s::text IS NULL OR code = %(code)s) AND (%(team_id)s::integer IS NULL OR team.id = %(team_id)s)
ORDER BY suspended_at IS NOT NULL, membership.created_at, team.id LIMIT 1
"""

INSERT = """
INSERT INTO user_login (uuid, user_id, team_id, address, agent, ends_at)
VALUES (%(uuid)s, %(user_id)s, %(team_id)s, %(address)s, %(agent)s, now() + %(refresh_s)s * interval '1 second')
RETURNING id
"""

ADD_REFRESH = "INSERT INTO login_refresh (digest, login_id) VALUES (%(digest)s, %(login_id)s)"

# Whoever uses a token of a login waits here for all who do, and reads what has become of it only then.
FIND_LOGIN = """
SELECT user_login.id, user_login.uuid, user_id, team_id, ended_at IS NULL AND ends_at > now() AND app_user.disabled_at IS NULL
FROM login_refresh JOIN user_login ON user_login.id = login_id JOIN app_user ON app_user.id = user_id
WHERE digest = %(digest)s FOR UPDATE OF user_login
"""

READ_REFRESH = """
SELECT used_at IS NOT NULL, NOT superseded AND used_at > now() - %(repeat_s)s * interval '1 second'
FROM login_refresh WHERE digest = %(digest)s
"""

LOGIN_OF = """
SELECT user_login.uuid FROM login_refresh JOIN user_login ON user_login.id = login_id WHERE digest = %(digest)s
"""

# The token before it, and the other successors of that, are over.
USE_REFRESH = """
UPDATE login_refresh SET used_at = coalesce(used_at, now()), superseded = digest <> %(digest)s
WHERE login_id = %(login_id)s AND NOT superseded
"""

GO_ON = """
UPDATE user_login SET used_at = now(), team_id = %(team_id)s, address = %(address)s, agent = %(agent)s,
                      ends_at = least(now() + %(refresh_s)s * interval '1 second', created_at + %(login_s)s * interval '1 second')
WHERE id = %(login_id)s
"""

# The triggers of the schema tell every node of these, whatever they change; so they run where there is something to end.
END = "UPDATE user_login SET ended_at = now() WHERE uuid = ANY(%(uuids)s::uuid[]) AND ended_at IS NULL"

LIVING = """
SELECT user_login.uuid, code, address, agent, (extract(epoch FROM user_login.created_at) * 1000)::bigint,
       (extract(epoch FROM used_at) * 1000)::bigint, (extract(epoch FROM ends_at) * 1000)::bigint
FROM user_login JOIN app_user ON app_user.id = user_id LEFT JOIN team ON team.id = team_id
WHERE app_user.uuid = %(user_uuid)s AND ended_at IS NULL AND ends_at > now()
ORDER BY used_at DESC, user_login.id DESC
"""

LIVING_OF = """
SELECT uuid FROM user_login WHERE user_id = %(user_id)s AND ended_at IS NULL AND ends_at > now()
ORDER BY used_at DESC, id DESC OFFSET %(offset)s
"""

FORGET = """
DELETE FROM user_login WHERE id IN (
    SELECT id FROM user_login WHERE ends_at < now() - %(days)s * interval '1 day' ORDER BY ends_at LIMIT %(limit)s)
"""


@attrs.frozen
class Candidate:
    """Somebody who says who they are, and what their password must fit."""

    user_id: int
    password_hash: str | None = attrs.field(repr=False)


@attrs.frozen
class NewLogin:
    """A login to be begun, or the next refresh token of one."""

    uuid: str  # of the login
    refresh_digest: bytes = attrs.field(repr=False)
    whence: Whence


@attrs.frozen
class Begun:
    """A login that was begun or goes on."""

    user: User
    login_uuid: str
    team_id: int | None
    ended: Sequence[str] = ()  # other logins, which were too many
    repeated: bool = False  # by a token that had been used, whose answer was lost


@attrs.frozen
class Reused:
    """A refresh token came again when it may not, and its login has ended."""

    login_uuid: str


@attrs.frozen
class LoginRecord:
    """A login that goes on."""

    uuid: str
    team_code: str | None
    address: str
    agent: str
    created_at_ms: int
    used_at_ms: int
    ends_at_ms: int


def candidate(txn: Txn, email: str) -> Candidate | None:
    """Return who has an email address; None when nobody does."""
    txn.execute(CANDIDATE, {"email": email.strip().lower()})
    row = txn.fetchone()
    return None if row is None else Candidate(*row)


def credentials(txn: Txn, user_uuid: str | None) -> tuple[int, str, str | None]:
    """Return id, email address and hash of a user.

    Raises:
        NotFound: there is none of that uuid.
    """
    txn.execute(OF_UUID, {"uuid": user_uuid})
    row = txn.fetchone()
    if row is None:
        raise NotFound("there is no such user")
    return row[0], row[1], row[2]


def begin(txn: Txn, found: Candidate, team_code: str | None, new: NewLogin) -> Begun:
    """Begin a login of somebody whose password fitted the hash that was found.

    Raises:
        LoginFailed: they have another password by now.
        UserDisabled: they are disabled.
        BadValue: they are not in that team.
        TeamSuspended: it is suspended, or all of theirs are.
    """
    user_id = found.user_id
    txn.execute(STILL, {"user_id": user_id})
    password_hash, disabled = one_row(txn)
    if password_hash != found.password_hash:
        raise LoginFailed(WRONG)
    if disabled:
        raise UserDisabled("this user is disabled; ask the operator of this platform")
    user = users.read(txn, user_id)
    team_id = _team_of(txn, user_id, user, team_code)
    row = {"uuid": new.uuid, "user_id": user_id, "team_id": team_id, "refresh_s": REFRESH_S}
    txn.execute(INSERT, {**row, "address": new.whence.address, "agent": new.whence.agent})
    ((login_id,),) = txn.fetchall()
    txn.execute(ADD_REFRESH, {"digest": new.refresh_digest, "login_id": login_id})
    by = _actor(user, new.uuid, new.whence)
    trail.note(txn, by, "login.begin", new.uuid, team_id=team_id, after={"agent": new.whence.agent})
    txn.execute(LIVING_OF, {"user_id": user_id, "offset": LIVING_MAX})
    ended = [uuid for (uuid,) in txn.fetchall()]
    _end(txn, ended)
    return Begun(user, new.uuid, team_id, ended)


def login_of(txn: Txn, digest: bytes) -> str:
    """Return the uuid of the login of a refresh token, be it good or used.

    Raises:
        AccessEnded: there is no such token.
    """
    txn.execute(LOGIN_OF, {"digest": digest})
    for (uuid,) in txn.fetchall():
        return str(uuid)
    raise _over()


def renew(txn: Txn, digest: bytes, team_code: str | None, new: NewLogin) -> Begun | Reused:
    """Go on with a login by one of its refresh tokens; end it when that was used before and may not be repeated.

    Args:
        txn: the transaction.
        digest: of the token.
        team_code: in which team from now on; None: the same, or another where that is over.
        new: the next token; its login's uuid is not regarded.

    Raises:
        AccessEnded: there is no such token, or its login has ended.
        BadValue, TeamSuspended: as by `begin`; the token stays good.
    """
    txn.execute(FIND_LOGIN, {"digest": digest})
    row = txn.fetchone()
    if row is None:
        raise _over()
    login_id, uuid, user_id, team_id, living = row
    if not living:
        raise _over()
    txn.execute(READ_REFRESH, {"digest": digest, "repeat_s": REPEAT_S})
    used, repeatable = one_row(txn)
    if used and not repeatable:
        _note_again(txn, "login.reuse", uuid, team_id, new.whence)
        _end(txn, [uuid])
        return Reused(uuid)
    user = users.read(txn, user_id)
    stays = team_code is None and team_id in user.roles
    team_id = _team_of(txn, user_id, user, team_code, team_id if stays else None)
    if used:
        _note_again(txn, "login.repeat", uuid, team_id, new.whence)
    else:
        txn.execute(USE_REFRESH, {"digest": digest, "login_id": login_id})
    txn.execute(ADD_REFRESH, {"digest": new.refresh_digest, "login_id": login_id})
    now = {"login_id": login_id, "team_id": team_id, "refresh_s": REFRESH_S, "login_s": LOGIN_S}
    txn.execute(GO_ON, {**now, "address": new.whence.address, "agent": new.whence.agent})
    return Begun(user, uuid, team_id, repeated=used)


def end(txn: Txn, by: Actor, login_uuid: str) -> str:
    """End a login of whoever asks, and return its uuid.

    Raises:
        NotFound: they have none of that uuid that goes on.
    """
    found = canonical(login_uuid)
    trail.note(txn, by, "login.end", found or "", team_id=None)
    if found is None or found not in {each.uuid for each in of_user(txn, by.uuid)}:
        raise NotFound(f"there is no login {login_uuid!r}")
    _end(txn, [found])
    return found


def end_own(txn: Txn, by: Actor, but: str | None = None) -> list[str]:
    """End all logins of whoever asks, but one; return their uuids."""
    trail.note(txn, by, "login.end_all", team_id=None)
    uuids = [each.uuid for each in of_user(txn, by.uuid) if each.uuid != but]
    _end(txn, uuids)
    return uuids


def end_all(txn: Txn, user_id: int) -> list[str]:
    """End all logins of a user; return their uuids. Whoever calls has noted why."""
    txn.execute(LIVING_OF, {"user_id": user_id, "offset": 0})
    uuids = [uuid for (uuid,) in txn.fetchall()]
    _end(txn, uuids)
    return uuids


def of_user(txn: Txn, user_uuid: str | None) -> list[LoginRecord]:
    """Return the logins of a user that go on, the last used first."""
    txn.execute(LIVING, {"user_uuid": user_uuid})
    return [LoginRecord(*row) for row in txn.fetchall()]


def change_password(txn: Txn, by: Actor, user_id: int, old_hash: str | None, password_hash: str) -> list[str]:
    """Set the password of whoever asks, and end all their other logins; return the uuids of those.

    Args:
        txn: the transaction.
        by: whoever asks.
        user_id: theirs.
        old_hash: what the old password fitted.
        password_hash: of the new one.

    Raises:
        LoginFailed: they have another password by now.
        AccessEnded: their login has ended.
    """
    txn.execute(STILL_OWN, {"user_id": user_id})
    if one_row(txn)[0] != old_hash:
        raise LoginFailed(WRONG_OLD)
    trail.note(txn, by, "user.password", by.uuid or "", team_id=None)
    txn.execute(users.SET_PASSWORD, {"user_id": user_id, "password_hash": password_hash})
    uuids = [each.uuid for each in of_user(txn, by.uuid) if each.uuid != by.login_uuid]
    _end(txn, uuids)
    return uuids


def forget(txn: Txn, limit: int) -> int:
    """Drop logins that were over for long; returns how many."""
    txn.execute(FORGET, {"days": FORGET_AFTER_DAYS, "limit": limit})
    return txn.rowcount


def _note_again(txn: Txn, action: str, login_uuid: str, team_id: int | None, whence: Whence) -> None:
    """Note that a token came again: nobody knows by whom, so it is the node that says so."""
    trail.note(txn, NODE, action, login_uuid, team_id=team_id, after={"address": whence.address, "agent": whence.agent})


def _team_of(txn: Txn, user_id: int, user: User, code: str | None, team_id: int | None = None) -> int | None:
    """Return the team to work in; None for somebody who is in none, or a platform administrator whose teams are suspended."""
    asked = None if code is None else code.strip().upper()
    txn.execute(TEAM, {"user_id": user_id, "code": asked, "team_id": team_id})
    row = txn.fetchone()
    if row is None:
        if asked is None:
            return None
        raise BadValue(f"you are in no team {asked!r}")
    found: int = row[0]
    if not row[1]:
        return found
    if user.platform_admin and asked is None:
        return None
    raise TeamSuspended("the team is suspended; ask the operator of this platform")


def _end(txn: Txn, uuids: Sequence[str]) -> None:
    if uuids:
        txn.execute(END, {"uuids": list(uuids)})


def _actor(user: User, login_uuid: str, whence: Whence) -> Actor:
    return Actor(ActorKind.USER, user.uuid, login_uuid=login_uuid, address=whence.address, request_id=whence.request_id)


def _over() -> AccessEnded:
    return AccessEnded("the refresh token is not good, or not any more; log in again")
