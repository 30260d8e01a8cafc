"""Files of teams, in pieces of PostgreSQL: what one node took in or wrote, any node can serve.

Whoever writes one calls `begin`, `add_chunk` for each piece and `finish`; until then nobody finds it. The pieces may be
in transactions of their own, for a piece that comes twice is kept once.
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from mobilesasa.core.ids import canonical
from mobilesasa.store.database import Txn, one_row

CHUNK_OCTETS: Final = 262_144  # of each piece but the last
KEPT_DAYS: Final = 7
UNFINISHED_H: Final = 24  # after which a file that is not whole belongs to nobody

_COLUMNS = "id, uuid, team_id, name, content_type, octets, (extract(epoch FROM created_at) * 1000)::bigint"

BEGIN = """
INSERT INTO file (uuid, team_id, name, content_type) VALUES (%(uuid)s, %(team_id)s, %(name)s, %(content_type)s) RETURNING id
"""

ADD_CHUNK = """
INSERT INTO file_chunk (file_id, n, octets) SELECT id, %(n)s, %(octets)s FROM file WHERE id = %(id)s AND file.octets IS NULL
ON CONFLICT (file_id, n) DO UPDATE SET octets = excluded.octets
"""

FINISH = f"""
UPDATE file SET octets = (SELECT coalesce(sum(length(octets)), 0) FROM file_chunk WHERE file_id = %(id)s)
WHERE id = %(id)s RETURNING {_COLUMNS}
"""

FIND = f"SELECT {_COLUMNS} FROM file WHERE uuid = %(uuid)s AND team_id = %(team_id)s AND octets IS NOT NULL"

READ_CHUNK = "SELECT octets FROM file_chunk WHERE file_id = %(id)s AND n = %(n)s"

REMOVE = "DELETE FROM file WHERE id = %(id)s"

# Who names a file holds it with a lock of its key until their commit, whose answer may have been lost on its way.
HOLD = "SELECT FROM file WHERE id = %(id)s FOR UPDATE"

DROP = """
DELETE FROM file WHERE id = %(id)s
  AND NOT EXISTS (SELECT FROM upload WHERE file_id = file.id) AND NOT EXISTS (SELECT FROM audience WHERE file_id = file.id)
"""

# What a sender names is kept as long as the sender.
FORGET = """
DELETE FROM file WHERE id IN (
    SELECT id FROM file WHERE created_at <= now() - %(unfinished_h)s * interval '1 hour'
      AND (octets IS NULL OR created_at <= now() - %(days)s * interval '1 day')
      AND NOT EXISTS (SELECT FROM sender WHERE sender.team_id = file.team_id AND document_uuid = file.uuid)
    ORDER BY created_at LIMIT %(limit)s)
"""


@attrs.frozen
class File:
    """A whole file."""

    id: int
    uuid: str
    team_id: int
    name: str
    content_type: str
    octets: int
    created_at_ms: int


def begin(txn: Txn, team_id: int, uuid: str, name: str, content_type: str) -> int:
    """Begin a file of the team; returns its id."""
    given = {"uuid": uuid, "team_id": team_id, "name": name, "content_type": content_type}
    txn.execute(BEGIN, given)
    return int(one_row(txn)[0])


def add_chunk(txn: Txn, file_id: int, n: int, octets: bytes) -> None:
    """Keep piece `n` (from 0) of a file that is not whole yet; in the place of one that was kept before."""
    txn.execute(ADD_CHUNK, {"id": file_id, "n": n, "octets": octets})


def finish(txn: Txn, file_id: int) -> File:
    """Say that a file is whole, and return it.

    Raises:
        LookupError: it is not there any more.
    """
    txn.execute(FINISH, {"id": file_id})
    return File(*one_row(txn))


def find(txn: Txn, team_id: int, uuid: str) -> File | None:
    """Return a whole file of the team."""
    known = canonical(uuid)
    if known is None:
        return None
    txn.execute(FIND, {"uuid": known, "team_id": team_id})
    row: tuple[Any, ...] | None = txn.fetchone()
    return None if row is None else File(*row)


def read_chunk(txn: Txn, file_id: int, n: int) -> bytes | None:
    """Return piece `n` (from 0) of a file; None behind the last."""
    txn.execute(READ_CHUNK, {"id": file_id, "n": n})
    row = txn.fetchone()
    return None if row is None else bytes(row[0])


def remove(txn: Txn, file_id: int) -> None:
    """Remove a file, whole or not."""
    txn.execute(REMOVE, {"id": file_id})


def drop(txn: Txn, file_id: int) -> None:
    """Remove a file of which nothing has come; one that an import or an audience names stays.

    It may be asked for while nobody knows whether what names it was committed: that is waited for.
    """
    txn.execute(HOLD, {"id": file_id})
    txn.execute(DROP, {"id": file_id})


def read(txn: Txn, file: File) -> bytes:
    """Return all of a file, which is small enough for that."""
    pieces = [read_chunk(txn, file.id, n) or b"" for n in range(-(-file.octets // CHUNK_OCTETS))]
    return b"".join(pieces)


def forget(txn: Txn, limit: int) -> int:
    """Remove files that were kept for `KEPT_DAYS`, and what never became whole; returns how many."""
    txn.execute(FORGET, {"unfinished_h": UNFINISHED_H, "days": KEPT_DAYS, "limit": limit})
    return txn.rowcount
