"""Reads the picture of those who log in, and the keys that sign their access tokens.

Whoever keeps a `CurrentPeople` listens on `CHANNEL`: triggers of the schema tell it of every change.
"""

from __future__ import annotations

from typing import Any, Final

from mobilesasa.core.people import People, SigningKey
from mobilesasa.store.database import Txn
from mobilesasa.store.users import USER_LINE, user_of

CHANNEL: Final = "people"

# One statement sees one moment. A login that ended longer ago than access tokens live needs no remembering.
LOAD = f"""
SELECT 'user', json_agg({USER_LINE}) FROM app_user
UNION ALL SELECT 'ended', json_agg(uuid) FROM user_login WHERE ended_at > now() - interval '20 minutes'
UNION ALL SELECT 'key', json_agg(json_build_array(kid, encode(secret, 'hex')) ORDER BY id DESC)
    FROM (SELECT id, kid, secret FROM signing_key ORDER BY id DESC LIMIT 2) AS newest
"""

# Two nodes that start on one empty store take turns.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa.people.ensure_key'))"
ANY_KEY = "SELECT FROM signing_key LIMIT 1"
ADD_KEY = "INSERT INTO signing_key (kid, secret) VALUES (%(kid)s, %(secret)s)"


def load(txn: Txn) -> People:
    """Return the picture of one moment."""
    rows: dict[str, list[Any]] = {}
    txn.execute(LOAD)
    for kind, lines in txn.fetchall():
        rows[kind] = lines or []
    return People(
        users=[user_of(line) for line in rows["user"]],
        ended=rows["ended"],
        keys=[SigningKey(kid, bytes.fromhex(secret)) for kid, secret in rows["key"]],
    )


def ensure_key(txn: Txn, new: SigningKey) -> None:
    """Keep a key where there is none yet."""
    txn.execute(LOCK)
    txn.execute(ANY_KEY)
    if txn.fetchone() is None:
        add_key(txn, new)


def add_key(txn: Txn, new: SigningKey) -> None:
    """Sign with another key from now on; the one before it stays good, those before that do not."""
    txn.execute(ADD_KEY, {"kid": new.kid, "secret": new.secret})
