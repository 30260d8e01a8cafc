"""People who may log in: the row of a user. `store.accounts` has what operators do with it, `store.members` what teams do."""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import UserRecord
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.people import EMAIL_MAX, LINK_S, User
from mobilesasa.core.scopes import Role
from mobilesasa.store import paging, teams, trail
from mobilesasa.store.database import Txn, row_of_uuid

LINK_MARK: Final = "mbl_"
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+\Z")
_NAME_CHARACTERS = 100

INSERT = """
INSERT INTO app_user (uuid, email, name, password_hash, password_changed_at, platform_admin, vouched, link_digest, link_ends_at)
VALUES (%(uuid)s, %(email)s, %(name)s, %(password_hash)s, CASE WHEN %(password_hash)s IS NOT NULL THEN now() END,
        %(platform_admin)s, %(vouched)s, %(link_digest)s,
        CASE WHEN %(link_digest)s IS NOT NULL THEN now() + %(link_s)s * interval '1 second' END)
ON CONFLICT (email) DO NOTHING RETURNING id
"""

# Whoever the picture of people shows, in one row each; `store.people` reads all of them with it.
USER_LINE: Final = """
json_build_array(uuid, email, name, platform_admin, disabled_at IS NOT NULL,
                 (SELECT json_object_agg(team_id, role) FROM membership WHERE user_id = app_user.id))
"""

READ = f"SELECT {USER_LINE} FROM app_user WHERE id = %(user_id)s"

_SELECT = """
SELECT app_user.uuid, email, app_user.name, platform_admin, disabled_at IS NOT NULL, password_hash IS NOT NULL,
       (extract(epoch FROM app_user.created_at) * 1000)::bigint,
       (SELECT (extract(epoch FROM max(used_at)) * 1000)::bigint FROM user_login WHERE user_id = app_user.id),
       coalesce((SELECT json_object_agg(code, role ORDER BY code) FROM membership JOIN team ON team.id = team_id
                 WHERE user_id = app_user.id), '{}')
FROM app_user
"""

_OF_TEAM = """(%(team_id)s::integer IS NULL OR EXISTS (
    SELECT FROM membership WHERE user_id = app_user.id AND membership.team_id = %(team_id)s))"""

LIST = f"{_SELECT} WHERE (%(email)s::text IS NULL OR email = %(email)s) AND {_OF_TEAM} ORDER BY email"

FIND_BY_UUID = f"{_SELECT} WHERE app_user.uuid = %(uuid)s"

_WANTED = f"""
WHERE (%(search)s::text IS NULL OR strpos(email, lower(%(search)s)) > 0 OR strpos(lower(app_user.name), lower(%(search)s)) > 0)
  AND {_OF_TEAM}
"""

PAGE = f"{_SELECT} {_WANTED} ORDER BY app_user.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM app_user {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM app_user {_WANTED}"

SET_PASSWORD = """
UPDATE app_user SET password_hash = %(password_hash)s, password_changed_at = now(), link_digest = NULL, link_ends_at = NULL
WHERE id = %(user_id)s
"""  # noqa: S105 - a statement


@attrs.frozen(kw_only=True)
class NewUser:
    """A user to be made."""

    uuid: str
    email: str
    name: str | None = None  # None: what stands before the @
    password_hash: str | None = attrs.field(default=None, repr=False)
    link_digest: bytes | None = attrs.field(default=None, repr=False)  # of the token with which a password can be set
    platform_admin: bool = False
    vouched: bool = False  # an operator answers for the address


def create(txn: Txn, by: Actor, new: NewUser, team_id: int | None = None) -> int:
    """Make a user and return their id.

    Args:
        txn: the transaction.
        by: who makes them.
        new: what they are.
        team_id: the team that makes them, for the trail; None: an operator.

    Raises:
        AlreadyExists: there is a user of that email address.
        BadValue: the address or the name.
    """
    email = checked_email(new.email)
    name = checked_name(email.partition("@")[0] if new.name is None else new.name)
    after = {"email": email, "name": name, "platform_admin": new.platform_admin}
    trail.note(txn, by, "user.create", new.uuid, team_id=team_id, after=after)
    txn.execute(INSERT, {**attrs.asdict(new), "email": email, "name": name, "link_s": LINK_S})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"there is a user {email} already")
    return int(row[0])


def read(txn: Txn, user_id: int) -> User:
    """Return a user as the picture of people has them."""
    txn.execute(READ, {"user_id": user_id})
    row = txn.fetchone()
    if row is None:
        raise NotFound("there is no such user")
    return user_of(row[0])


def user_of(line: list[Any]) -> User:
    """Build a user of a `USER_LINE`."""
    uuid, email, name, platform_admin, disabled, roles = line
    named = {int(team_id): Role(role) for team_id, role in (roles or {}).items()}
    return User(uuid, email, name, platform_admin, disabled, named)


def list_users(txn: Txn, team_code: str | None = None) -> list[UserRecord]:
    """Return all users, or those of a team, by email address.

    Raises:
        NotFound: there is no such team.
    """
    team_id = None if team_code is None else teams.find_team_id(txn, team_code)
    txn.execute(LIST, {"email": None, "team_id": team_id})
    return [UserRecord(*row) for row in txn.fetchall()]


def page(txn: Txn, search: str | None, team_id: int | None, limit: int, offset: int) -> list[UserRecord]:
    """Return users, newest first: those with a text in their address or name, and those of a team."""
    txn.execute(PAGE, {"search": search, "team_id": team_id, "limit": limit, "offset": offset})
    return [UserRecord(*row) for row in txn.fetchall()]


def count(txn: Txn, search: str | None, team_id: int | None) -> tuple[int, bool]:
    """Return how many users `page` has, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"search": search, "team_id": team_id})


def find_by_uuid(txn: Txn, uuid: str) -> UserRecord:
    """Return the user of a uuid.

    Raises:
        NotFound: there is none.
    """
    return UserRecord(*row_of_uuid(txn, FIND_BY_UUID, uuid, f"there is no user {uuid!r}"))


def show(txn: Txn, email: str) -> UserRecord:
    """Return one user.

    Raises:
        NotFound: there is none of that email address.
    """
    found = find(txn, email)
    if found is None:
        raise no_user(email)
    return found


def find(txn: Txn, email: str) -> UserRecord | None:
    """Return who has an email address, in any case; None when nobody does."""
    txn.execute(LIST, {"email": email.strip().lower(), "team_id": None})
    row = txn.fetchone()
    return None if row is None else UserRecord(*row)


def checked_email(email: str) -> str:
    """Return an email address in small letters.

    Raises:
        BadValue: it is none.
    """
    small = email.strip().lower()
    if len(small) > EMAIL_MAX or not _EMAIL.match(small):
        raise BadValue(f"an email address is name@place, at most {EMAIL_MAX} characters; {email!r} is none")
    return small


def checked_name(name: str) -> str:
    """Return a person's name without blanks around it.

    Raises:
        BadValue: it is empty or too long.
    """
    stripped = name.strip()
    if not 0 < len(stripped) <= _NAME_CHARACTERS or not stripped.isprintable():
        raise BadValue(f"a name has 1 to {_NAME_CHARACTERS} characters")
    return stripped


def no_user(email: str) -> NotFound:
    """Return the refusal that nobody has an email address."""
    return NotFound(f"there is no user {email!r}")
