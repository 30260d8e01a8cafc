"""USSD as the API and the command ask for it: implements `api.ports.ussd`; each call is one transaction of the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.errors import Fault
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.signing import SECRET_OCTETS, secret_of
from mobilesasa.store import teams, ussd_codes, ussd_extensions, ussd_menus, ussd_sessions
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_replying
from mobilesasa.ussd.views import (
    Answering,
    CodeRecord,
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
    VersionRecord,
    WantedSessions,
)

GATEWAY_SECRET_OCTETS: Final = 24  # 32 characters in an address


@attrs.frozen
class Extensions:
    """The service codes and extensions of teams."""

    _database: Database

    async def codes(self, team_id: int, *, available: bool = False) -> Sequence[CodeRecord]:
        """Return the approved codes of a team, or those that it can ask for."""
        return await self._database.run("ussd.codes_of_team", ussd_codes.codes_of_team, team_id, available)

    async def page(
        self, team_id: int, status: ExtensionStatus | None, *, limit: int, offset: int
    ) -> Sequence[ExtensionRecord]:
        """Return extensions of a team, newest first."""
        return await self._database.run("ussd.extensions", ussd_extensions.page, team_id, status, None, limit, offset)

    async def count(self, team_id: int, status: ExtensionStatus | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("ussd.count_extensions", ussd_extensions.count, team_id, status)

    async def find(self, team_id: int, uuid: str) -> ExtensionRecord:
        """Return one."""
        return await self._database.run("ussd.extension", ussd_extensions.find, uuid, team_id)

    async def request(self, by: Actor, team_id: int, uuid: str, new: NewExtension, reply: Reply) -> bytes:
        """Keep the request of a team for an extension; see `ussd_extensions.request`."""
        work = partial(_after_txn, ussd_extensions.request, by, team_id, uuid, new)
        return await run_replying(self._database, reply, "ussd.request_extension", work)

    async def change(self, by: Actor, team_id: int, uuid: str, answering: Answering) -> ExtensionRecord:
        """Have somebody else answer at an extension; see `ussd_extensions.change`."""
        return await self._database.run("ussd.change_extension", ussd_extensions.change, by, team_id, uuid, answering)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> ExtensionRecord:
        """Take back a request, or give an extension up."""
        return await self._database.run("ussd.delete_extension", ussd_extensions.delete, by, team_id, uuid)


@attrs.frozen
class Menus:
    """The menus of teams.

    Args:
        database: the pool.
        reach: what may be called.
        random_octets: gives so many that nobody can guess.
    """

    _database: Database
    _reach: Reach
    _random_octets: Callable[[int], bytes]

    async def page(self, team_id: int, search: str | None, *, limit: int, offset: int) -> Sequence[MenuRecord]:
        """Return menus of a team, newest first, without their definitions."""
        return await self._database.run("ussd.menus", ussd_menus.page, team_id, search, limit, offset)

    async def count(self, team_id: int, search: str | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("ussd.count_menus", ussd_menus.count, team_id, search)

    async def find(self, team_id: int, uuid: str) -> MenuRecord:
        """Return one."""
        return await self._database.run("ussd.menu", ussd_menus.find, team_id, uuid)

    async def create(
        self, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], at_ms: int, reply: Reply
    ) -> bytes:
        """Keep a menu; see `ussd_menus.create`."""
        work = partial(_after_txn, ussd_menus.create, by, team_id, uuid, definition, self._secret(), at_ms)
        return await run_replying(self._database, reply, "ussd.create_menu", work)

    async def change(
        self, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], revision: int | None, at_ms: int
    ) -> MenuRecord:
        """Let the draft say something else; see `ussd_menus.change`."""
        asked = (by, team_id, uuid, definition, revision, at_ms)
        return await self._database.run("ussd.change_menu", ussd_menus.change, *asked)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> MenuRecord:
        """Remove a menu with its versions; see `ussd_menus.delete`."""
        return await self._database.run("ussd.delete_menu", ussd_menus.delete, by, team_id, uuid)

    async def faults(self, team_id: int, definition: Mapping[str, Any]) -> Sequence[Fault]:
        """Return all that is in the way of publishing a definition."""
        return await self._database.run("ussd.faults", ussd_menus.faults, team_id, definition, self._reach)

    async def publish(self, by: Actor, team_id: int, uuid: str, said: Publishing, at_ms: int, reply: Reply) -> bytes:
        """Make a version of the draft; see `ussd_menus.publish`."""
        work = partial(_after_txn, ussd_menus.publish, by, team_id, uuid, said, self._reach, at_ms)
        return await run_replying(self._database, reply, "ussd.publish_menu", work)

    async def versions(self, team_id: int, uuid: str, *, limit: int, offset: int) -> Sequence[VersionRecord]:
        """Return the versions of a menu, newest first, without their definitions."""
        return await self._database.run("ussd.versions", ussd_menus.versions, team_id, uuid, limit, offset)

    async def count_versions(self, team_id: int, uuid: str) -> tuple[int, bool]:
        """Return how many there are, and False."""
        return await self._database.run("ussd.count_versions", ussd_menus.count_versions, team_id, uuid)

    async def version(self, team_id: int, uuid: str, version: int) -> VersionRecord:
        """Return one."""
        return await self._database.run("ussd.version", ussd_menus.version, team_id, uuid, version)

    async def rotate(self, by: Actor, team_id: int, uuid: str) -> str:
        """Give a menu a new secret, and return it."""
        secret = self._secret()
        await self._database.run("ussd.rotate_menu", ussd_menus.rotate, by, team_id, uuid, secret)
        return secret

    async def person(self, team_id: int, msisdn: str) -> Mapping[str, str]:
        """Return what the team's contact of a number says."""
        return await self._database.run("ussd.person", ussd_menus.person, team_id, msisdn)

    async def drop_off(
        self, team_id: int, uuid: str, version: int | None, from_day: str, until_day: str
    ) -> Sequence[ScreenCount]:
        """Return how often each screen was shown and was left, on each day."""
        asked = (team_id, uuid, version, from_day, until_day)
        return [ScreenCount(*row) for row in await self._database.run("ussd.drop_off", ussd_menus.drop_off, *asked)]

    def _secret(self) -> str:
        return secret_of(self._random_octets(SECRET_OCTETS))


@attrs.frozen
class Sessions:
    """The sessions of people with teams."""

    _database: Database

    async def page(
        self, wanted: WantedSessions, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[SessionRecord], str | None]:
        """Return sessions, newest first."""
        return await self._database.run("ussd.sessions", ussd_sessions.page, wanted, limit, offset, after)

    async def count(self, wanted: WantedSessions) -> tuple[int, bool]:
        """Return how many sessions there are, and whether that is an estimate."""
        return await self._database.run("ussd.count_sessions", ussd_sessions.count, wanted)

    async def find(self, team_id: int, uuid: str) -> SessionRecord:
        """Return one."""
        return await self._database.run("ussd.session", ussd_sessions.find, team_id, uuid)


@attrs.frozen
class Desk:
    """The codes, approvals and gateways, for administrators.

    Args:
        database: the pool.
        new_secret: makes secrets of so many octets for addresses, such as `secrets.token_urlsafe`.
    """

    _database: Database
    _new_secret: Callable[[int], str]

    async def codes(self) -> Sequence[CodeRecord]:
        """Return all codes, by digits."""
        return await self._database.run("ussd.codes", ussd_codes.codes)

    async def code(self, uuid: str) -> CodeRecord:
        """Return one."""
        return await self._database.run("ussd.code", ussd_codes.code, uuid)

    async def add_code(self, by: Actor, uuid: str, new: NewCode, reply: Reply) -> bytes:
        """Make a code; see `ussd_codes.add_code`."""
        work = partial(_after_txn, ussd_codes.add_code, by, uuid, new)
        return await run_replying(self._database, reply, "ussd.add_code", work)

    async def change_code(self, by: Actor, uuid: str, wanted: NewCode) -> CodeRecord:
        """Let a code be something else; see `ussd_codes.change_code`."""
        return await self._database.run("ussd.change_code", ussd_codes.change_code, by, uuid, wanted)

    async def remove_code(self, by: Actor, uuid: str) -> CodeRecord:
        """Remove a code; see `ussd_codes.remove_code`."""
        return await self._database.run("ussd.remove_code", ussd_codes.remove_code, by, uuid)

    async def extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None, *, limit: int, offset: int
    ) -> Sequence[ExtensionRecord]:
        """Return extensions of a team or of all, newest first."""
        return await self._database.run("ussd.extensions", ussd_extensions.page, team_id, status, code, limit, offset)

    async def count_extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None
    ) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("ussd.count_extensions", ussd_extensions.count, team_id, status, code)

    async def extension(self, uuid: str) -> ExtensionRecord:
        """Return one, of whatever team."""
        return await self._database.run("ussd.extension", ussd_extensions.find, uuid)

    async def add_extension(self, by: Actor, team_code: str, uuid: str, new: NewExtension, reply: Reply) -> bytes:
        """Give a team an extension, approved at once; see `ussd_extensions.add`."""

        def work(txn: Txn) -> ExtensionRecord:
            return ussd_extensions.add(txn, by, teams.find_team_id(txn, team_code), uuid, new)

        return await run_replying(self._database, reply, "ussd.add_extension", work)

    async def decide(self, by: Actor, uuid: str, status: ExtensionStatus, reason: str) -> ExtensionRecord:
        """Approve, reject or suspend an extension; see `ussd_extensions.decide`."""
        return await self._database.run("ussd.decide_extension", ussd_extensions.decide, by, uuid, status, reason)

    async def gateways(self) -> Sequence[GatewayRecord]:
        """Return all gateways, by name."""
        return await self._database.run("ussd.gateways", ussd_codes.gateways)

    async def gateway(self, uuid: str) -> GatewayRecord:
        """Return one."""
        return await self._database.run("ussd.gateway", ussd_codes.gateway, uuid)

    async def add_gateway(self, by: Actor, uuid: str, new: NewGateway) -> tuple[GatewayRecord, str]:
        """Make a gateway, and return it with its secret."""
        secret = self._new_secret(GATEWAY_SECRET_OCTETS)
        made = await self._database.run("ussd.add_gateway", ussd_codes.add_gateway, by, uuid, new, secret)
        return made, secret

    async def change_gateway(self, by: Actor, uuid: str, wanted: NewGateway) -> GatewayRecord:
        """Let a gateway be something else; see `ussd_codes.change_gateway`."""
        return await self._database.run("ussd.change_gateway", ussd_codes.change_gateway, by, uuid, wanted)

    async def rotate_gateway(self, by: Actor, uuid: str) -> tuple[GatewayRecord, str]:
        """Give a gateway a new secret, and return it with that."""
        secret = self._new_secret(GATEWAY_SECRET_OCTETS)
        changed = await self._database.run("ussd.rotate_gateway", ussd_codes.rotate_gateway, by, uuid, secret)
        return changed, secret

    async def remove_gateway(self, by: Actor, uuid: str) -> GatewayRecord:
        """Remove a gateway, and return what it was."""
        return await self._database.run("ussd.remove_gateway", ussd_codes.remove_gateway, by, uuid)


@attrs.frozen
class Ussd:
    """All of it, by subject."""

    extensions: Extensions
    menus: Menus
    sessions: Sessions
    desk: Desk


def make_ussd(
    database: Database, reach: Reach, random_octets: Callable[[int], bytes], new_secret: Callable[[int], str]
) -> Ussd:
    """Return all of it over the pool.

    Args:
        database: the pool.
        reach: what may be called.
        random_octets: gives so many that nobody can guess, such as `secrets.token_bytes`.
        new_secret: the same as characters for addresses, such as `secrets.token_urlsafe`.
    """
    menus = Menus(database, reach, random_octets)
    return Ussd(Extensions(database), menus, Sessions(database), Desk(database, new_secret))


def _after_txn(function: Callable[..., Any], *args: Any) -> Any:
    """Call a store function with a transaction that comes last, as `partial` hands it in."""
    *given, txn = args
    return function(txn, *given)
