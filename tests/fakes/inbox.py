"""Messages from phones and suppressions of teams, in memory, for the API."""

from collections.abc import Callable, Sequence

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import MessageId
from mobilesasa.store.suppressions import Suppression
from tests.fakes.keys import FakeKeys

NINE_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z


class FakeInbox:
    """Holds what tests put into it. `more` is what an estimate says instead of the count."""

    def __init__(self) -> None:
        self.kept: list[Inbound] = []
        self.more: int | None = None

    async def find(self, team_id: int, message_id: MessageId) -> Inbound | None:
        return next((each for each in self.kept if (each.team_id, each.id) == (team_id, message_id)), None)

    async def page(self, team_id: int, *, limit: int, offset: int, **wanted: str | None) -> Sequence[Inbound]:
        return self._wanted(team_id, **wanted)[offset : offset + limit]

    async def count(self, team_id: int, **wanted: str | None) -> tuple[int, bool]:
        return (len(self._wanted(team_id, **wanted)), False) if self.more is None else (self.more, True)

    def _wanted(
        self, team_id: int, source: str | None = None, destination: str | None = None, before: str | None = None
    ) -> list[Inbound]:
        found = [each for each in self.kept if each.team_id == team_id]
        found = [each for each in found if source in (None, each.source) and destination in (None, each.destination)]
        return sorted((each for each in found if before is None or each.id < before), key=lambda each: each.id)[::-1]


class FakeSuppressions:
    """Holds one suppression for a recipient and a sender, as the store does."""

    def __init__(self, keys: FakeKeys) -> None:
        self.kept: list[Suppression] = []
        self._keys = keys

    def give(
        self, team_id: int = 1, recipient: str = "254712345678", sender: str = "", reason: str = "stop"
    ) -> Suppression:
        """Let somebody be suppressed."""
        uuid = f"6f1c1bb0-5c00-4d21-9a3b-{len(self.kept):012}"
        self.kept.append(Suppression(uuid, team_id, recipient, sender, reason, None, NINE_MS))  # type: ignore[arg-type]
        return self.kept[-1]

    async def page(
        self, team_id: int, *, limit: int, offset: int, recipient: str | None = None, sender: str | None = None
    ) -> Sequence[Suppression]:
        return self._wanted(team_id, recipient, sender)[offset : offset + limit]

    async def count(self, team_id: int, *, recipient: str | None = None, sender: str | None = None) -> tuple[int, bool]:
        return len(self._wanted(team_id, recipient, sender)), False

    async def add(
        self, by: Actor, team_id: int, recipient: str, sender: str, kept: Callable[[Suppression], Kept | None]
    ) -> Suppression:
        there = next(iter(self._wanted(team_id, recipient, sender)), None)
        made = there or self.give(team_id, recipient, sender, "api")
        reply = kept(made)
        if reply is not None:
            self._keys.check(reply)
            self._keys.keep(reply)
        return made

    async def take_away(self, by: Actor, team_id: int, uuid: str) -> Suppression:
        for each in self.kept:
            if (each.team_id, each.uuid) == (team_id, uuid):
                if each.reason == "operator":
                    raise BadValue("the suppression is the operator's")
                self.kept.remove(each)
                return each
        raise NotFound("there is no such suppression")

    def _wanted(self, team_id: int, recipient: str | None, sender: str | None) -> list[Suppression]:
        found = [each for each in self.kept if each.team_id == team_id]
        return [each for each in found if recipient in (None, each.recipient) and sender in (None, each.sender)][::-1]
