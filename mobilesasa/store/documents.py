"""Documents that go with requests for sender names; a file that no sender names is forgotten as others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.documents import KINDS
from mobilesasa.core.errors import BadValue
from mobilesasa.core.idempotency import Kept
from mobilesasa.store import files, trail
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.idempotency import run_once

WAITING_MAX: Final = 50  # documents of one team that no sender names yet

WAITING = """
SELECT count(*) FROM file WHERE team_id = %(team_id)s AND content_type = ANY(%(kinds)s)
AND NOT EXISTS (SELECT FROM sender WHERE sender.team_id = file.team_id AND document_uuid = file.uuid)
"""


@attrs.frozen
class Document:
    """A document that was just sent."""

    uuid: str
    name: str
    content_type: str
    octets: bytes = attrs.field(repr=False)


def keep(txn: Txn, by: Actor, team_id: int, new: Document) -> None:
    """Keep a document of a team.

    Raises:
        BadValue: too many wait to be named by a request.
        AccessEnded: whoever sends it no longer may.
    """
    txn.execute(WAITING, {"team_id": team_id, "kinds": list(KINDS.values())})
    if one_row(txn)[0] >= WAITING_MAX:
        raise BadValue(
            f"{WAITING_MAX} documents that no sender names are kept already; they are forgotten after a week"
        )
    after = {"name": new.name, "content_type": new.content_type, "octets": len(new.octets)}
    trail.note(txn, by, "document.create", new.uuid, team_id=team_id, after=after)
    file_id = files.begin(txn, team_id, new.uuid, new.name, new.content_type)
    for n, start in enumerate(range(0, len(new.octets), files.CHUNK_OCTETS)):
        files.add_chunk(txn, file_id, n, new.octets[start : start + files.CHUNK_OCTETS])
    files.finish(txn, file_id)


@attrs.frozen
class Documents:
    """The documents of teams, for the API."""

    _database: Database
    _new_uuid: Callable[[], str]

    async def keep(
        self,
        by: Actor,
        team_id: int,
        name: str,
        content_type: str,
        octets: bytes,
        kept: Callable[[Document], Kept | None],
    ) -> Document:
        """Keep one of a team; `kept` gives the reply to the call, to be kept in the same commit.

        Raises:
            BadValue, AccessEnded: as `keep` says.
            Repeated: the call has been done before; nothing was done now.
        """
        made = Document(self._new_uuid(), name, content_type, octets)
        await run_once(self._database, kept(made), "documents.keep", keep, by, team_id, made)
        return made
