"""The live SMPP sessions of a team as the REST API shows them: those of this node or, where there are others, of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mobilesasa.core.actors import Actor
from mobilesasa.smsc.console import Console
from mobilesasa.store import trail
from mobilesasa.store.asking import Asking
from mobilesasa.store.database import Database
from mobilesasa.store.questions import Question

Json = Mapping[str, Any]


class LiveSessions:
    """Implements `api.ports.smpp.SmppSessions`.

    Args:
        console: of this node.
        asking: asks all nodes; None: there is no other.
        database: where the trail is written.
    """

    def __init__(self, console: Console, asking: Asking | None, database: Database) -> None:
        """Ask nothing yet."""
        self._console = console
        self._asking = asking
        self._database = database

    async def look(self, team_id: int) -> Json:
        """See the port."""
        if self._asking is None:
            return shown([self._console.tell_sessions({"team_id": team_id})], 0)
        heard = await self._asking.ask(Question("smpp.sessions", {"team_id": team_id}))
        return shown(list(heard.answers.values()), len(heard.silent))

    async def trace(self, session_id: str, team_id: int) -> Sequence[Json] | None:
        """See the port."""
        found: Sequence[Json] | None = self._console.trace(session_id, team_id)
        if found is None:
            found = await self._of_other("smpp.trace", session=session_id, team_id=team_id)
        return found

    async def kick(self, by: Actor, session_id: str, team_id: int) -> str | None:
        """See the port."""
        if await self.trace(session_id, team_id) is None:
            return None
        await self._database.run("smpp.unbind", trail.note, by, "smpp_session.unbind", session_id, team_id=team_id)
        who = f"the team, by {by.kind} {by.uuid},"
        kicked = self._console.kick(session_id, who, team_id)
        if kicked is None:
            kicked = await self._of_other("smpp.kick", session=session_id, who=who, team_id=team_id)
        return kicked

    async def _of_other(self, kind: str, **args: object) -> Any:
        """Return what the node that has a session says; None when there is no such node."""
        if self._asking is None:
            return None
        heard = await self._asking.ask(Question(kind, args), of_one=True)
        return next((answer for answer in heard.answers.values() if answer is not None), None)


def shown(answers: Sequence[Json], missing: int) -> Json:
    """Return what nodes answered, put together; `missing` of them did not."""
    sessions = [each for answer in answers for each in answer["sessions"]]
    refused = [each for answer in answers for each in answer["refused_binds"]]
    return {
        "items": sorted(sessions, key=lambda each: str(each["bound_since"])),
        "refused_binds": sorted(refused, key=lambda each: str(each["at"]), reverse=True),
        "missing_nodes": missing,
    }
