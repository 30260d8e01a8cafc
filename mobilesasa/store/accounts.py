"""What operators do with people who may log in: passwords, disabling, roles in teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import UserChange, UserRecord
from mobilesasa.core.errors import NotFound
from mobilesasa.core.people import LINK_S
from mobilesasa.core.scopes import Role
from mobilesasa.store import logins, teams, trail
from mobilesasa.store.database import Txn
from mobilesasa.store.users import SET_PASSWORD, checked_name, no_user, show

FIND = "SELECT id, uuid FROM app_user WHERE email = %(email)s FOR NO KEY UPDATE"

SET_LINK = """
UPDATE app_user SET link_digest = %(link_digest)s, link_ends_at = now() + %(link_s)s * interval '1 second'
WHERE id = %(user_id)s
"""

# A second time changes nothing.
DISABLE = "UPDATE app_user SET disabled_at = coalesce(disabled_at, now()) WHERE id = %(user_id)s"

ENABLE = "UPDATE app_user SET disabled_at = NULL WHERE id = %(user_id)s"

SET_NAME = "UPDATE app_user SET name = %(name)s WHERE id = %(user_id)s"

# Who becomes an administrator comes in by no link that was made before, for a team may have it.
SET_ADMIN = """
UPDATE app_user SET platform_admin = %(platform_admin)s,
    link_digest = CASE WHEN platform_admin OR vouched OR NOT %(platform_admin)s THEN link_digest END,
    link_ends_at = CASE WHEN platform_admin OR vouched OR NOT %(platform_admin)s THEN link_ends_at END
WHERE id = %(user_id)s
"""

# The same of whom an operator answers for from now on.
VOUCH = """
UPDATE app_user SET vouched = true, link_digest = NULL, link_ends_at = NULL WHERE id = %(user_id)s AND NOT vouched
"""

GRANT = """
INSERT INTO membership (user_id, team_id, role) VALUES (%(user_id)s, %(team_id)s, %(role)s)
ON CONFLICT (user_id, team_id) DO UPDATE SET role = excluded.role
"""

REVOKE = "DELETE FROM membership WHERE user_id = %(user_id)s AND team_id = %(team_id)s"


def set_password(txn: Txn, by: Actor, email: str, password_hash: str) -> UserRecord:
    """Set a user's password and end all their logins.

    Raises:
        NotFound: there is none of that email address.
    """
    logins.end_all(txn, _changed(txn, by, email, "user.password", SET_PASSWORD, password_hash=password_hash))
    return show(txn, email)


def set_link(txn: Txn, by: Actor, email: str, link_digest: bytes) -> UserRecord:
    """Let a user set a password with the token of a link; what they have stays good until then.

    Raises:
        NotFound: there is none of that email address.
    """
    _changed(txn, by, email, "user.link", SET_LINK, link_digest=link_digest, link_s=LINK_S)
    return show(txn, email)


def disable(txn: Txn, by: Actor, email: str) -> UserRecord:
    """Let a user log in no more, and end all their logins.

    Raises:
        NotFound: there is none of that email address.
    """
    logins.end_all(txn, _changed(txn, by, email, "user.disable", DISABLE))
    return show(txn, email)


def enable(txn: Txn, by: Actor, email: str) -> UserRecord:
    """Let a user log in again.

    Raises:
        NotFound: there is none of that email address.
    """
    _changed(txn, by, email, "user.enable", ENABLE)
    return show(txn, email)


def set_platform_admin(txn: Txn, by: Actor, email: str, platform_admin: bool) -> UserRecord:
    """Make a user one of the platform's administrators, or none.

    Raises:
        NotFound: there is none of that email address.
    """
    after = {"platform_admin": platform_admin}
    _changed(txn, by, email, "user.platform_admin", SET_ADMIN, after, platform_admin=platform_admin)
    return show(txn, email)


def rename(txn: Txn, by: Actor, email: str, name: str) -> UserRecord:
    """Call a user by another name.

    Raises:
        NotFound: there is none of that email address.
        BadValue: the name.
    """
    checked = checked_name(name)
    user_id, uuid = _find(txn, email)
    before = {"name": show(txn, email).name}
    trail.note(txn, by, "user.change", uuid, team_id=None, before=before, after={"name": checked})
    txn.execute(SET_NAME, {"user_id": user_id, "name": checked})
    return show(txn, email)


def change(txn: Txn, by: Actor, email: str, wanted: UserChange) -> UserRecord:
    """Change what is named of a user.

    Raises:
        NotFound, BadValue: as `rename`, `disable` and `set_platform_admin` say.
    """
    if wanted.name is not None:
        rename(txn, by, email, wanted.name)
    if wanted.platform_admin is not None:
        set_platform_admin(txn, by, email, wanted.platform_admin)
    if wanted.disabled is not None:
        (disable if wanted.disabled else enable)(txn, by, email)
    return show(txn, email)


def grant(txn: Txn, by: Actor, email: str, team_code: str, role: Role) -> UserRecord:
    """Give a user a role in a team; an operator who does it answers for the address.

    The first time a link that was made before is good no more, for the team that has made the user may have it.

    Raises:
        NotFound: there is no such user, or no such team.
    """
    team_id = teams.find_team_id(txn, team_code)
    user_id, uuid = _find(txn, email)
    trail.note(txn, by, "member.grant", uuid, team_id=team_id, after={"role": role.value})
    txn.execute(GRANT, {"user_id": user_id, "team_id": team_id, "role": role.value})
    txn.execute(VOUCH, {"user_id": user_id})
    return show(txn, email)


def revoke(txn: Txn, by: Actor, email: str, team_code: str) -> UserRecord:
    """Take a user out of a team, be it the last owner.

    Raises:
        NotFound: there is no such user, no such team, or the user is not in it.
    """
    team_id = teams.find_team_id(txn, team_code)
    user_id, uuid = _find(txn, email)
    trail.note(txn, by, "member.remove", uuid, team_id=team_id)
    txn.execute(REVOKE, {"user_id": user_id, "team_id": team_id})
    if not txn.rowcount:
        raise NotFound(f"{email} is not in team {team_code.upper()}")
    return show(txn, email)


def _changed(
    txn: Txn, by: Actor, email: str, action: str, statement: str, after: Mapping[str, Any] | None = None, **given: Any
) -> int:
    """Change a user by a statement, which the trail tells; return their id."""
    user_id, uuid = _find(txn, email)
    trail.note(txn, by, action, uuid, team_id=None, after=after)
    txn.execute(statement, {"user_id": user_id, **given})
    return user_id


def _find(txn: Txn, email: str) -> tuple[int, str]:
    """Return id and uuid of a user, locked until the transaction ends."""
    txn.execute(FIND, {"email": email.strip().lower()})
    row = txn.fetchone()
    if row is None:
        raise no_user(email)
    return row[0], row[1]
