"""Codes, extensions, menus, sessions and gateways of USSD, in memory, for the API; menus are read and checked by the rules."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import (
    AlreadyExists,
    BadDefinition,
    BadValue,
    ExtensionTaken,
    Fault,
    InUse,
    MenuInUse,
    NotFound,
    NotPublished,
)
from mobilesasa.core.idempotency import Kept, Reply
from mobilesasa.core.ids import canonical
from mobilesasa.ussd.checking import check
from mobilesasa.ussd.dialling import checked_on
from mobilesasa.ussd.reading import read_menu
from mobilesasa.ussd.views import (
    Answering,
    CodeKind,
    CodeRecord,
    CodeStatus,
    ExtensionRecord,
    ExtensionStatus,
    GatewayRecord,
    MenuRecord,
    NewCode,
    NewExtension,
    NewGateway,
    Publishing,
    ScreenCount,
    SessionRecord,
    SessionStatus,
    VersionRecord,
    WantedSessions,
    dial_of,
)
from tests.fakes.keys import FakeKeys
from tests.fakes.spool import NINE_MS
from tests.fakes.ussd_menu import MENU, check_revision

TEAMS = {1: "ACME2024", 2: "OTHER"}


class FakeUssd:
    """All of it: one store, and who changed it."""

    def __init__(self, keys: FakeKeys) -> None:
        self.actors: list[Actor] = []
        self.known_codes: dict[str, CodeRecord] = {}
        self.known_extensions: dict[str, tuple[int, ExtensionRecord]] = {}
        self.known_menus: dict[str, tuple[int, MenuRecord]] = {}
        self.known_versions: dict[tuple[str, int], VersionRecord] = {}
        self.known_sessions: list[tuple[int, SessionRecord]] = []
        self.known_gateways: dict[str, GatewayRecord] = {}
        self.counts: list[tuple[int | None, ScreenCount]] = []  # with their versions
        self.people: dict[tuple[int, str], Mapping[str, str]] = {}
        self.further_faults: list[Fault] = []
        self._keys = keys
        self._numbers = itertools.count(1)
        self.extensions = FakeUssdExtensions(self)
        self.menus = FakeUssdMenus(self)
        self.sessions = FakeUssdSessions(self)
        self.desk = FakeUssdDesk(self)

    def uuid(self) -> str:
        return f"05500000-0000-4000-8000-{next(self._numbers):012}"

    def told(self, by: Actor, reply: Reply, made: Any) -> bytes:
        """Keep the reply of a call that has done something."""
        octets = reply.of(made)
        if reply.mark is not None:
            self._keys.keep(Kept(reply.mark, octets))
        self.actors.append(by)
        return octets

    def once(self, reply: Reply) -> None:
        if reply.mark is not None:
            self._keys.check(Kept(reply.mark, b""))

    def give_code(
        self, code: str = "384", kind: CodeKind = CodeKind.SHARED, status: CodeStatus = CodeStatus.APPROVED, **more: Any
    ) -> CodeRecord:
        """Let there be a code."""
        made = CodeRecord(
            **{
                "uuid": self.uuid(), "code": code, "kind": kind, "status": status, "created_at_ms": NINE_MS,
                "networks": ["Safaricom"], **more,
            }
        )  # fmt: skip
        self.known_codes[made.uuid] = made
        return made

    def give_extension(self, team_id: int = 1, extension: str = "7", code: str = "384", **more: Any) -> ExtensionRecord:
        """Let a team have one."""
        found = next((each for each in self.known_codes.values() if each.code == code), None) or self.give_code(code)
        known: dict[str, Any] = {
            "uuid": self.uuid(), "team_code": TEAMS[team_id], "code_uuid": found.uuid, "code": code,
            "extension": extension, "status": ExtensionStatus.APPROVED, "answering": Answering(),
            "created_at_ms": NINE_MS, "decided_at_ms": NINE_MS,
        }  # fmt: skip
        made = ExtensionRecord(**{**known, **more})
        self.known_extensions[made.uuid] = (team_id, made)
        return made

    def give_menu(self, team_id: int = 1, definition: Mapping[str, Any] = MENU, **more: Any) -> MenuRecord:
        """Let a team have a menu; with `version=1` one that was published."""
        known: dict[str, Any] = {
            "uuid": self.uuid(), "name": definition["name"], "language": definition.get("language", "en"),
            "screens": len(definition["screens"]), "definition": definition, "revision": 1, "version": None,
            "changed": True, "created_at_ms": NINE_MS, "updated_at_ms": NINE_MS,
        }  # fmt: skip
        made = MenuRecord(**{**known, **more})
        self.known_menus[made.uuid] = (team_id, made)
        if made.version is not None:
            self.keep_version(made, "", "Jane")
        return made

    def keep_version(self, menu: MenuRecord, note: str, by: str) -> None:
        assert menu.version is not None
        self.known_versions[menu.uuid, menu.version] = VersionRecord(
            menu_uuid=menu.uuid, version=menu.version, definition=menu.definition, note=note, published_at_ms=NINE_MS,
            published_by=by,
        )  # fmt: skip

    def give_session(self, team_id: int = 1, **more: Any) -> SessionRecord:
        """Let somebody have had a session with a team."""
        known: dict[str, Any] = {
            "uuid": self.uuid(), "gateway": "savanna", "msisdn": "254712345678", "network": "63902", "code": "384",
            "extension": "7", "extension_uuid": None, "menu_uuid": None, "version": 1, "screen": "welcome", "steps": 1,
            "status": SessionStatus.LIVE, "started_at_ms": NINE_MS, "last_at_ms": NINE_MS, "ended_at_ms": None,
        }  # fmt: skip
        made = SessionRecord(**{**known, **more})
        self.known_sessions.append((team_id, made))
        return made

    def give_gateway(self, name: str = "savanna", **more: Any) -> GatewayRecord:
        """Let there be a gateway."""
        known: dict[str, Any] = {
            "uuid": self.uuid(), "name": name, "dialect": "africastalking", "enabled": True, "options": {},
            "secret_prefix": "k3Jd", "created_at_ms": NINE_MS,
        }  # fmt: skip
        made = GatewayRecord(**{**known, **more})
        self.known_gateways[made.uuid] = made
        return made


@attrs.define(eq=False)
class FakeUssdExtensions:
    """What the API asks of codes and extensions."""

    _all: FakeUssd

    async def codes(self, team_id: int, *, available: bool = False) -> Sequence[CodeRecord]:
        approved = [each for each in self._all.known_codes.values() if each.status is CodeStatus.APPROVED]
        if available:
            held = {each.code for _, each in self._all.known_extensions.values() if each.decided_at_ms is not None}
            return [each for each in approved if each.kind is CodeKind.SHARED or each.code not in held]
        theirs = {each.code for each in self._of(team_id, ExtensionStatus.APPROVED)}
        return [each for each in approved if each.code in theirs]

    async def page(
        self, team_id: int, status: ExtensionStatus | None, *, limit: int, offset: int
    ) -> Sequence[ExtensionRecord]:
        return self._of(team_id, status)[::-1][offset : offset + limit]

    async def count(self, team_id: int, status: ExtensionStatus | None) -> tuple[int, bool]:
        return len(self._of(team_id, status)), False

    async def find(self, team_id: int, uuid: str) -> ExtensionRecord:
        owner, found = self._all.known_extensions.get(uuid.lower(), (0, None))
        if found is None or owner != team_id:
            raise NotFound("there is no such extension")
        return found

    async def request(self, by: Actor, team_id: int, uuid: str, new: NewExtension, reply: Reply) -> bytes:
        self._all.once(reply)
        made = self.add(team_id, uuid, new, ExtensionStatus.REQUESTED)
        return self._all.told(by, reply, made)

    async def change(self, by: Actor, team_id: int, uuid: str, answering: Answering) -> ExtensionRecord:
        was = await self.find(team_id, uuid)
        name = self._check(team_id, answering)
        self._all.actors.append(by)
        changed = attrs.evolve(was, answering=answering, menu_name=name)
        self._all.known_extensions[was.uuid] = (team_id, changed)
        return changed

    async def delete(self, by: Actor, team_id: int, uuid: str) -> ExtensionRecord:
        was = await self.find(team_id, uuid)
        self._all.actors.append(by)
        del self._all.known_extensions[was.uuid]
        return was

    def add(self, team_id: int, uuid: str, new: NewExtension, status: ExtensionStatus) -> ExtensionRecord:
        """Keep one, where it can be."""
        code = next((each for each in self._all.known_codes.values() if each.code == new.code), None)
        if code is None or code.status is not CodeStatus.APPROVED:
            raise BadValue(f"there is no code {new.code}")
        checked_on(code.kind, new.extension)
        for owner, each in self._all.known_extensions.values():
            taken = each.status in (ExtensionStatus.APPROVED, ExtensionStatus.SUSPENDED) or owner == team_id
            if (each.code, each.extension) == (new.code, new.extension) and taken:
                raise ExtensionTaken(f"{dial_of(new.code, new.extension)} is taken")
        name = self._check(team_id, new.answering)
        return self._all.give_extension(
            team_id, new.extension, new.code, uuid=uuid, status=status, answering=new.answering, note=new.note,
            menu_name=name, decided_at_ms=None if status is ExtensionStatus.REQUESTED else NINE_MS,
        )  # fmt: skip

    def _check(self, team_id: int, answering: Answering) -> str | None:
        if answering.menu_uuid is None:
            return None
        owner, menu = self._all.known_menus.get(answering.menu_uuid, (0, None))
        if menu is None or owner != team_id:
            raise BadValue("there is no such menu")
        if menu.version is None:
            raise NotPublished("the menu has no version; publish it first")
        return menu.name

    def _of(self, team_id: int, status: ExtensionStatus | None) -> list[ExtensionRecord]:
        theirs = [each for owner, each in self._all.known_extensions.values() if owner == team_id]
        return [each for each in theirs if status is None or each.status is status]


@attrs.define(eq=False)
class FakeUssdMenus:
    """What the API asks of menus."""

    _all: FakeUssd

    async def page(self, team_id: int, search: str | None, *, limit: int, offset: int) -> Sequence[MenuRecord]:
        listed = [attrs.evolve(each, definition=None) for each in self._of(team_id, search)[::-1]]
        return listed[offset : offset + limit]

    async def count(self, team_id: int, search: str | None) -> tuple[int, bool]:
        return len(self._of(team_id, search)), False

    async def find(self, team_id: int, uuid: str) -> MenuRecord:
        owner, found = self._all.known_menus.get(canonical(uuid) or "", (0, None))
        if found is None or owner != team_id:
            raise NotFound("there is no such menu")
        return found

    async def create(
        self, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], at_ms: int, reply: Reply
    ) -> bytes:
        self._all.once(reply)
        made = self._all.give_menu(team_id, definition, uuid=uuid, created_at_ms=at_ms, updated_at_ms=at_ms)
        return self._all.told(by, reply, made)

    async def change(
        self, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], revision: int | None, at_ms: int
    ) -> MenuRecord:
        was = await self.find(team_id, uuid)
        check_revision(was, revision)
        self._all.actors.append(by)
        changed = attrs.evolve(
            was, definition=definition, name=definition["name"], language=definition["language"],
            screens=len(definition["screens"]), revision=was.revision + 1, changed=True, updated_at_ms=at_ms,
        )  # fmt: skip
        self._all.known_menus[was.uuid] = (team_id, changed)
        return changed

    async def delete(self, by: Actor, team_id: int, uuid: str) -> MenuRecord:
        was = await self.find(team_id, uuid)
        if any(each.answering.menu_uuid == was.uuid for _, each in self._all.known_extensions.values()):
            raise MenuInUse("the menu answers at an extension; have another answer there first")
        self._all.actors.append(by)
        del self._all.known_menus[was.uuid]
        return was

    async def faults(self, team_id: int, definition: Mapping[str, Any]) -> Sequence[Fault]:
        return [*check(read_menu(definition)), *self._all.further_faults]

    async def publish(self, by: Actor, team_id: int, uuid: str, said: Publishing, at_ms: int, reply: Reply) -> bytes:
        self._all.once(reply)
        was = await self.find(team_id, uuid)
        check_revision(was, said.revision)
        faults = await self.faults(team_id, was.definition or {})
        if faults:
            raise BadDefinition(faults)
        if not was.changed:
            return self._all.told(by, reply, was)
        changed = attrs.evolve(was, version=(was.version or 0) + 1, changed=False, published_at_ms=at_ms)
        self._all.known_menus[was.uuid] = (team_id, changed)
        self._all.keep_version(changed, said.note, by.name)
        return self._all.told(by, reply, changed)

    async def versions(self, team_id: int, uuid: str, *, limit: int, offset: int) -> Sequence[VersionRecord]:
        found = [each for (menu, _), each in self._all.known_versions.items() if menu == uuid]
        return [attrs.evolve(each, definition=None) for each in found[::-1]][offset : offset + limit]

    async def count_versions(self, team_id: int, uuid: str) -> tuple[int, bool]:
        return sum(menu == uuid for menu, _ in self._all.known_versions), False

    async def version(self, team_id: int, uuid: str, version: int) -> VersionRecord:
        await self.find(team_id, uuid)
        found = self._all.known_versions.get((uuid, version))
        if found is None:
            raise NotFound("there is no such version")
        return found

    async def rotate(self, by: Actor, team_id: int, uuid: str) -> str:
        await self.find(team_id, uuid)
        self._all.actors.append(by)
        return "whsec_" + "x" * 44

    async def person(self, team_id: int, msisdn: str) -> Mapping[str, str]:
        return self._all.people.get((team_id, msisdn), {})

    async def drop_off(
        self, team_id: int, uuid: str, version: int | None, from_day: str, until_day: str
    ) -> Sequence[ScreenCount]:
        await self.find(team_id, uuid)
        return [each for of, each in self._all.counts if version in (None, of) and from_day <= each.day <= until_day]

    def _of(self, team_id: int, search: str | None) -> list[MenuRecord]:
        theirs = [each for owner, each in self._all.known_menus.values() if owner == team_id]
        return [each for each in theirs if search is None or search.lower() in each.name.lower()]


@attrs.define(eq=False)
class FakeUssdSessions:
    """What the API asks of sessions."""

    _all: FakeUssd

    async def page(
        self, wanted: WantedSessions, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[SessionRecord], str | None]:
        found = self._of(wanted)
        if after is not None:
            if canonical(after) is None:
                raise BadValue("there is no such session")
            found = [each for each in found if each.uuid < after]
        page = found[offset : offset + limit]
        return page, page[-1].uuid if found[offset + limit :] else None

    async def count(self, wanted: WantedSessions) -> tuple[int, bool]:
        return len(self._of(wanted)), False

    async def find(self, team_id: int, uuid: str) -> SessionRecord:
        for owner, each in self._all.known_sessions:
            if (owner, each.uuid) == (team_id, uuid.lower()):
                return each
        raise NotFound("there is no such session")

    def _of(self, wanted: WantedSessions) -> list[SessionRecord]:
        found = [each for owner, each in self._all.known_sessions if owner == wanted.team_id]
        if wanted.live is not None:
            found = [each for each in found if (each.status is SessionStatus.LIVE) is wanted.live]
        for name in ("status", "msisdn", "extension_uuid", "menu_uuid"):
            value = getattr(wanted, name)
            found = [each for each in found if value is None or getattr(each, name) == value]
        found = [each for each in found if wanted.troubled in (None, bool(each.trouble))]
        begun = range(wanted.from_ms or 0, wanted.until_ms or 2**62)
        return [each for each in found if each.started_at_ms in begun][::-1]


@attrs.define(eq=False)
class FakeUssdDesk:
    """What administrators do."""

    _all: FakeUssd

    async def codes(self) -> Sequence[CodeRecord]:
        return sorted(self._all.known_codes.values(), key=lambda each: each.code)

    async def code(self, uuid: str) -> CodeRecord:
        found = self._all.known_codes.get(uuid.lower())
        if found is None:
            raise NotFound("there is no such code")
        return found

    async def add_code(self, by: Actor, uuid: str, new: NewCode, reply: Reply) -> bytes:
        self._all.once(reply)
        if any(each.code == new.code for each in self._all.known_codes.values()):
            raise AlreadyExists(f"there is a code {new.code}")
        made = self._all.give_code(
            new.code, new.kind, new.status, uuid=uuid, networks=list(new.networks), note=new.note
        )
        return self._all.told(by, reply, made)

    async def change_code(self, by: Actor, uuid: str, wanted: NewCode) -> CodeRecord:
        was = await self.code(uuid)
        on_it = [each for _, each in self._all.known_extensions.values() if each.code == was.code]
        if wanted.kind is not was.kind and on_it:
            raise InUse("there are extensions on it")
        self._all.actors.append(by)
        changed = attrs.evolve(was, kind=wanted.kind, networks=wanted.networks, status=wanted.status, note=wanted.note)
        self._all.known_codes[was.uuid] = changed
        return changed

    async def remove_code(self, by: Actor, uuid: str) -> CodeRecord:
        was = await self.code(uuid)
        if any(each.code == was.code for _, each in self._all.known_extensions.values()):
            raise InUse("there are extensions on it")
        self._all.actors.append(by)
        return self._all.known_codes.pop(was.uuid)

    async def extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None, *, limit: int, offset: int
    ) -> Sequence[ExtensionRecord]:
        return self._extensions(team_id, status, code)[::-1][offset : offset + limit]

    async def count_extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None
    ) -> tuple[int, bool]:
        return len(self._extensions(team_id, status, code)), False

    async def extension(self, uuid: str) -> ExtensionRecord:
        _, found = self._all.known_extensions.get(uuid.lower(), (0, None))
        if found is None:
            raise NotFound("there is no such extension")
        return found

    async def add_extension(self, by: Actor, team_code: str, uuid: str, new: NewExtension, reply: Reply) -> bytes:
        self._all.once(reply)
        team_id = next(number for number, code in TEAMS.items() if code == team_code)
        made = self._all.extensions.add(team_id, uuid, new, ExtensionStatus.APPROVED)
        return self._all.told(by, reply, made)

    async def decide(self, by: Actor, uuid: str, status: ExtensionStatus, reason: str) -> ExtensionRecord:
        was = await self.extension(uuid)
        others = [each for _, each in self._all.known_extensions.values() if each.uuid != was.uuid]
        held = {
            (each.code, each.extension)
            for each in others
            if each.status in (ExtensionStatus.APPROVED, ExtensionStatus.SUSPENDED)
        }
        if status is ExtensionStatus.APPROVED and (was.code, was.extension) in held:
            raise ExtensionTaken("another team has it by now")
        self._all.actors.append(by)
        decided = attrs.evolve(was, status=status, reason=reason, decided_at_ms=NINE_MS)
        self._all.known_extensions[was.uuid] = (self._all.known_extensions[was.uuid][0], decided)
        return decided

    async def gateways(self) -> Sequence[GatewayRecord]:
        return sorted(self._all.known_gateways.values(), key=lambda each: each.name)

    async def gateway(self, uuid: str) -> GatewayRecord:
        found = self._all.known_gateways.get(uuid.lower())
        if found is None:
            raise NotFound("there is no such gateway")
        return found

    async def add_gateway(self, by: Actor, uuid: str, new: NewGateway) -> tuple[GatewayRecord, str]:
        if any(each.name == new.name for each in self._all.known_gateways.values()):
            raise AlreadyExists(f"there is a gateway {new.name!r}")
        self._all.actors.append(by)
        made = self._all.give_gateway(
            new.name, uuid=uuid, dialect=new.dialect, enabled=new.enabled, options=new.options
        )
        return made, "k3JdV0pQ8rT2xWn5"

    async def change_gateway(self, by: Actor, uuid: str, wanted: NewGateway) -> GatewayRecord:
        was = await self.gateway(uuid)
        self._all.actors.append(by)
        changed = attrs.evolve(was, dialect=wanted.dialect, enabled=wanted.enabled, options=wanted.options)
        self._all.known_gateways[was.uuid] = changed
        return changed

    async def rotate_gateway(self, by: Actor, uuid: str) -> tuple[GatewayRecord, str]:
        found = await self.gateway(uuid)
        self._all.actors.append(by)
        return found, "n5WxV0pQ8rT2k3Jd"

    async def remove_gateway(self, by: Actor, uuid: str) -> GatewayRecord:
        was = await self.gateway(uuid)
        self._all.actors.append(by)
        return self._all.known_gateways.pop(was.uuid)

    def _extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None
    ) -> list[ExtensionRecord]:
        return [
            each
            for owner, each in self._all.known_extensions.values()
            if team_id in (None, owner) and status in (None, each.status) and code in (None, each.code)
        ]
