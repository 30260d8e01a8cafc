"""Tokens and sender names of teams, in memory, as the API asks for them."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import Actor, ActorKind, Who
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound, SenderDecided, SenderNotApproved
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.sender_names import NewSender, checked
from mobilesasa.core.senders import SenderClass, SenderStatus
from mobilesasa.store.documents import Document
from mobilesasa.store.senders import SenderRecord
from mobilesasa.store.tokens import TokenRecord
from tests.fakes.keys import FakeKeys
from tests.fakes.reports import FakeFile, FakeFiles
from tests.fakes.spool import NINE_MS


class FakeTokens:
    """Keeps tokens by team, and who made and revoked them."""

    def __init__(self) -> None:
        self.kept: dict[int, list[TokenRecord]] = {}
        self.actors: list[Actor] = []
        self.failing: Exception | None = None

    async def create(
        self, by: Actor, team_id: int, name: str, scopes: Sequence[str], expires_at_ms: int | None
    ) -> tuple[TokenRecord, str]:
        self._acts(by)
        if expires_at_ms is not None and expires_at_ms <= NINE_MS:
            raise BadValue("the token would have expired already; its end must lie ahead")
        made = self.give(
            team_id,
            name=name,
            scopes=list(scopes),
            expires_at_ms=expires_at_ms,
            created_by=Who(by.kind, by.uuid, "maker"),
        )
        return made, "mbs_" + "x" * 32

    async def page(self, team_id: int, *, limit: int, offset: int) -> list[TokenRecord]:
        return self.kept.get(team_id, [])[::-1][offset : offset + limit]

    async def count(self, team_id: int) -> tuple[int, bool]:
        return len(self.kept.get(team_id, [])), False

    async def revoke(self, by: Actor, team_id: int, uuid: str) -> TokenRecord:
        self._acts(by)
        for place, each in enumerate(self.kept.get(team_id, [])):
            if each.uuid == uuid:
                if each.revoked_at_ms is None:
                    each = attrs.evolve(
                        each, status="revoked", revoked_at_ms=NINE_MS, revoked_by=Who(by.kind, by.uuid, "")
                    )
                    self.kept[team_id][place] = each
                return each
        raise NotFound(f"there is no token {uuid!r}")

    def give(self, team_id: int = 1, **changes: Any) -> TokenRecord:
        """Let a team have one."""
        of_team = self.kept.setdefault(team_id, [])
        given: dict[str, Any] = {
            "uuid": f"70000000-0000-4000-8000-{team_id:06}{len(of_team):06}", "team_code": "ACME2024", "name": "a token",
            "prefix": "mbs_xxxx", "scopes": ["messages"], "expires_at_ms": None, "created_at_ms": NINE_MS,
            "revoked_at_ms": None, "status": "active", "smpp": {}, "created_by": Who(ActorKind.OPERATOR, None, "root"),
        }  # fmt: skip
        of_team.append(TokenRecord(**{**given, **changes}))
        return of_team[-1]

    def _acts(self, by: Actor) -> None:
        self.actors.append(by)
        if self.failing is not None:
            raise self.failing


class FakeDocuments:
    """Puts documents among the files of all teams."""

    def __init__(self, files: FakeFiles, keys: FakeKeys) -> None:
        self._files = files
        self._keys = keys

    async def keep(
        self,
        by: Actor,
        team_id: int,
        name: str,
        content_type: str,
        octets: bytes,
        kept: Callable[[Document], Kept | None],
    ) -> Document:
        uuid = f"d0c00000-0000-4000-8000-{len(self._files.kept):012}"
        made = Document(uuid, name, content_type, octets)
        reply = kept(made)
        if reply is not None:
            self._keys.check(reply)
            self._keys.keep(reply)
        self._files.kept.append(FakeFile(len(self._files.kept) + 1, uuid, team_id, name, content_type, [octets]))
        return made

    def give(self, team_id: int = 1) -> FakeFile:
        """Let a team have one."""
        n = len(self._files.kept) + 1
        uuid = f"d0c00000-0000-4000-8000-{n:012}"
        self._files.kept.append(FakeFile(n, uuid, team_id, "certificate.pdf", "application/pdf", [b"%PDF-1.7"]))
        return self._files.kept[-1]


class FakeSenders:
    """Keeps sender names by team."""

    def __init__(self, keys: FakeKeys) -> None:
        self.kept: dict[str, SenderRecord] = {}
        self.actors: list[Actor] = []
        self._keys = keys

    async def find(self, uuid: str, team_id: int | None = None) -> SenderRecord:
        found = self.kept.get(uuid)
        if found is None or team_id not in (None, found.team_id):
            raise NotFound(f"there is no sender {uuid!r}")
        return found

    async def page(
        self, team_id: int | None, status: SenderStatus | None, *, limit: int, offset: int
    ) -> list[SenderRecord]:
        return self._wanted(team_id, status)[offset : offset + limit]

    async def count(self, team_id: int | None, status: SenderStatus | None) -> tuple[int, bool]:
        return len(self._wanted(team_id, status)), False

    async def request(
        self, by: Actor, team_id: int, new: NewSender, kept: Callable[[SenderRecord], Kept | None]
    ) -> SenderRecord:
        self.actors.append(by)
        asked = checked(new)
        made = self._made(team_id, asked.name, SenderStatus.PENDING, asked.sender_class, asked=asked)
        reply = kept(made)
        if reply is not None:
            self._keys.check(reply)
        if any((each.team_id, each.name) == (team_id, asked.name) for each in self.kept.values()):
            raise AlreadyExists(f"the team has a sender {asked.name!r} already")
        self.kept[made.uuid] = made
        if reply is not None:
            self._keys.keep(reply)
        return made

    async def withdraw(self, by: Actor, team_id: int, uuid: str) -> SenderRecord:
        self.actors.append(by)
        found = await self.find(uuid, team_id)
        if found.status not in (SenderStatus.PENDING, SenderStatus.REJECTED):
            raise SenderDecided(f"sender {found.name!r} is {found.status}; only a request can be taken back")
        return self.kept.pop(uuid)

    async def set_default(self, by: Actor, team_id: int, asked: str | None) -> SenderRecord | None:
        self.actors.append(by)
        chosen = [each for each in self._wanted(team_id, SenderStatus.APPROVED) if asked in (each.name, each.uuid)]
        if asked is not None and not chosen:
            raise SenderNotApproved(f"sender {asked!r} is not approved for this team")
        for each in self._wanted(team_id, None):
            self.kept[each.uuid] = attrs.evolve(each, is_default=each in chosen)
        return self.kept[chosen[0].uuid] if chosen else None

    async def decide(
        self,
        by: Actor,
        uuid: str,
        status: SenderStatus,
        reason: str = "",
        networks: Sequence[str] | None = None,
        sender_class: SenderClass | None = None,
    ) -> SenderRecord:
        self.actors.append(by)
        found = await self.find(uuid)
        if status is SenderStatus.REJECTED and not reason:
            raise BadValue("a rejection needs a reason, which the team is shown")
        chosen = found.asked_networks if networks is None else networks
        self.kept[uuid] = attrs.evolve(
            found, status=status, reason=reason, networks=tuple(chosen), decided_at_ms=NINE_MS
        )
        return self.kept[uuid]

    def give(
        self, team_id: int = 1, name: str = "TextBlast", status: SenderStatus = SenderStatus.APPROVED, **changes: Any
    ) -> SenderRecord:
        """Let a team have one."""
        made = attrs.evolve(self._made(team_id, name, status, SenderClass.TRANSACTIONAL), **changes)
        self.kept[made.uuid] = made
        return made

    def _made(
        self,
        team_id: int,
        name: str,
        status: SenderStatus,
        sender_class: SenderClass,
        asked: NewSender | None = None,
    ) -> SenderRecord:
        said = asked or NewSender(name=name)
        uuid = f"5e000000-0000-4000-8000-{team_id:06}{len(self.kept):06}"
        return SenderRecord(
            len(self.kept), uuid, team_id, "ACME2024", name, status, sender_class, {}, said.countries, said.networks, (),
            said.note, said.document_uuid, "", False, NINE_MS, None,
        )  # fmt: skip

    def _wanted(self, team_id: int | None, status: SenderStatus | None) -> list[SenderRecord]:
        found = [each for each in self.kept.values() if team_id in (None, each.team_id)]
        return [each for each in found if status in (None, each.status)][::-1]
