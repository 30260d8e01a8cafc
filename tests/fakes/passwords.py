"""What stands behind SMPP passwords, in memory: a hash that hides nothing, and a book that counts as the store does."""

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound, StoreAway
from mobilesasa.core.scopes import check_given
from mobilesasa.core.teams import SmppPassword, token_digest
from mobilesasa.smsc.passwords import Passwords
from mobilesasa.store.smpp_passwords import SmppPasswordRecord
from tests.fakes.spool import NINE_MS

LIMIT = 10  # wrong ones in a row


def hash_of(password: str) -> str:
    return f"hash of {password}"


class FakeMatching:
    """Looks at hashes at once, or when it is let go."""

    def __init__(self) -> None:
        self.looks = 0
        self.waiting: list[Deferred[None]] | None = None

    def hold(self) -> None:
        self.waiting = []

    def release(self, count: int = 1) -> None:
        assert self.waiting is not None
        for _ in range(count):
            self.waiting.pop(0).callback(None)

    def __call__(self, hashes: Sequence[str], given: str) -> "Deferred[int | None]":
        self.looks += 1
        wanted = hash_of(given)
        done: Deferred[Any] = Deferred()
        done.addCallback(lambda _: hashes.index(wanted) if wanted in hashes else None)
        if self.waiting is None:
            done.callback(None)
        else:
            self.waiting.append(done)
        return done


class FakeBook:
    """Counts wrong ones in a row, by uuid."""

    def __init__(self) -> None:
        self.wrong: dict[str, int] = {}
        self.used: list[str] = []
        self.away = False

    async def passed(self, uuid: str) -> bool:
        self._look()
        if self.wrong.get(uuid, 0) >= LIMIT:
            return False
        self.wrong[uuid] = 0
        self.used.append(uuid)
        return True

    async def failed(self, uuids: Sequence[str]) -> list[str]:
        self._look()
        locked = []
        for uuid in uuids:
            self.wrong[uuid] = self.wrong.get(uuid, 0) + 1
            if self.wrong[uuid] == LIMIT:
                locked.append(uuid)
        return locked

    def _look(self) -> None:
        if self.away:
            raise StoreAway("the store is away")


def passwords(clock: Any, matching: FakeMatching | None = None, book: FakeBook | None = None) -> Passwords:
    return Passwords(matching or FakeMatching(), book or FakeBook(), clock, b"a key")


def smpp_password(text: str, raw_token: str, team_id: int = 1, **changes: Any) -> SmppPassword:
    """A password beside a token, as the directory has it; it may be used from anywhere unless told."""
    given = {"uuid": f"uuid of {text}", "any_address": "allowed" not in changes, **changes}
    return SmppPassword(team_id=team_id, token_digest=token_digest(raw_token), hash=hash_of(text), **given)


class FakeSmppPasswords:
    """The SMPP passwords of teams, as the API asks for them."""

    def __init__(self) -> None:
        self.kept: dict[int, list[SmppPasswordRecord]] = {}
        self.scopes = ["messages"]  # of the tokens beside which they stand
        self.asked: list[tuple[int, str | None, list[str]]] = []

    async def create(
        self, by: Actor, held: frozenset[str], team_id: int, token_uuid: str | None, allowed: Sequence[str]
    ) -> tuple[SmppPasswordRecord, str]:
        check_given(held, self.scopes)
        self.asked.append((team_id, token_uuid, list(allowed)))
        if not allowed:
            raise BadValue("name the addresses")
        made = self.give(team_id, token_uuid=token_uuid or "uuid of a token", allowed=list(allowed))
        return made, "7Hq3vRkX"

    async def of_team(self, team_id: int) -> list[SmppPasswordRecord]:
        return self.kept.get(team_id, [])

    async def revoke(self, by: Actor, team_id: int, uuid: str) -> SmppPasswordRecord:
        for place, each in enumerate(self.kept.get(team_id, [])):
            if each.uuid == uuid:
                revoked = attrs.evolve(each, status="revoked", revoked_at_ms=NINE_MS)
                self.kept[team_id][place] = revoked
                return revoked
        raise NotFound(f"there is no SMPP password {uuid!r}")

    def give(self, team_id: int = 1, **changes: Any) -> SmppPasswordRecord:
        """Let a team have one."""
        of_team = self.kept.setdefault(team_id, [])
        given: dict[str, Any] = {
            "uuid": f"50000000-0000-4000-8000-{team_id:06}{len(of_team):06}", "team_code": "ACME2024",
            "token_uuid": "uuid of a token", "allowed": ["192.0.2.10/32"], "any_address": False, "failed": 0,
            "created_at_ms": NINE_MS, "last_used_at_ms": None, "locked_at_ms": None, "revoked_at_ms": None, "status": "active",
        }  # fmt: skip
        of_team.append(SmppPasswordRecord(**{**given, **changes}))
        return of_team[-1]
