"""The trail: who changed what, in the transaction of the change, and whether they still might (decisions 24, 28).

A store function that changes something on somebody's behalf calls `note` (or `allow`, where the change is traffic and not
administration) before it changes anything. The row of the token is locked in a shared way until the commit, so a
revocation comes wholly before the change, which is refused then, or wholly after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import AccessEnded
from mobilesasa.store.database import Txn

STILL_GOOD = """
SELECT revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FROM token WHERE uuid = %(uuid)s FOR SHARE
"""

ADD = """
INSERT INTO trail (team_id, actor, actor_uuid, actor_name, address, request_id, action, subject, before, after)
VALUES (%(team_id)s, %(actor)s, %(actor_uuid)s, %(actor_name)s, %(address)s, %(request_id)s, %(action)s, %(subject)s,
        %(before)s, %(after)s)
"""


def allow(txn: Txn, by: Actor) -> None:
    """Make sure that whoever acts still may, until this transaction ends.

    Raises:
        AccessEnded: the token was revoked or has expired.
    """
    if by.kind is not ActorKind.TOKEN:
        return
    txn.execute(STILL_GOOD, {"uuid": by.uuid})
    if txn.fetchone() != (True,):
        raise AccessEnded("the token was revoked while the call was under way; nothing was done")


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


def _json(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else orjson.dumps(dict(values), default=str).decode()
