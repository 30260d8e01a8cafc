"""Links by which somebody sets a first password, or a new one: good once, for three days; only a SHA-256 is kept."""

from __future__ import annotations

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import LoginFailed
from mobilesasa.core.people import Whence
from mobilesasa.store import logins, trail
from mobilesasa.store.database import Txn
from mobilesasa.store.users import SET_PASSWORD

FIND = """
SELECT id, uuid, email FROM app_user
WHERE link_digest = %(digest)s AND link_ends_at > now() AND disabled_at IS NULL FOR NO KEY UPDATE
"""


def whose(txn: Txn, digest: bytes) -> str:
    """Return the email address of the user whose password a link sets.

    Raises:
        LoginFailed: it is none, was used, or has expired.
    """
    return _find(txn, digest)[2]


def use(txn: Txn, digest: bytes, password_hash: str, whence: Whence) -> list[str]:
    """Set a password with a link, which is good no more then, and end the user's logins; return their uuids.

    Raises:
        LoginFailed: it is none, was used, or has expired.
    """
    user_id, uuid, _ = _find(txn, digest)
    by = Actor(ActorKind.USER, uuid, address=whence.address, request_id=whence.request_id)
    trail.note(txn, by, "user.password", uuid, team_id=None)
    txn.execute(SET_PASSWORD, {"user_id": user_id, "password_hash": password_hash})
    return logins.end_all(txn, user_id)


def _find(txn: Txn, digest: bytes) -> tuple[int, str, str]:
    txn.execute(FIND, {"digest": digest})
    row = txn.fetchone()
    if row is None:
        raise LoginFailed("the link is not good, or not any more; ask for another one")
    return row[0], row[1], row[2]
