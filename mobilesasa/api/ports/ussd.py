"""What the API needs of USSD; `store.ussd_service.Ussd` is it.

Another team's things are not there (I6): whatever takes a `team_id` and a uuid raises `NotFound` for them as for what there
is not. What changes something raises `AccessEnded` when whoever asks no longer may. A method that takes a `Reply` returns
the octets that it makes of what came of the call, kept under the call's mark in the same commit; it raises `Repeated` when
the call has been done before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import Fault
from mobilesasa.core.idempotency import Reply
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


class UssdExtensions(Protocol):
    """The service codes and extensions of teams."""

    async def codes(self, team_id: int, *, available: bool = False) -> Sequence[CodeRecord]:
        """Return the approved codes on which a team has an approved extension, or can ask for one; by digits."""

    async def page(
        self, team_id: int, status: ExtensionStatus | None, *, limit: int, offset: int
    ) -> Sequence[ExtensionRecord]:
        """Return extensions of a team, newest first; of all statuses where none is named."""

    async def count(self, team_id: int, status: ExtensionStatus | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def find(self, team_id: int, uuid: str) -> ExtensionRecord:
        """Return one."""

    async def request(self, by: Actor, team_id: int, uuid: str, new: NewExtension, reply: Reply) -> bytes:
        """Keep the request of a team for an extension; the reply is of an `ExtensionRecord`.

        Raises:
            BadValue: there is no such code, the extension cannot be of it, the team has no such menu, or too many requests wait.
            ExtensionTaken: another team has it, or this one.
            NotPublished: the menu has no version.
        """

    async def change(self, by: Actor, team_id: int, uuid: str, answering: Answering) -> ExtensionRecord:
        """Have somebody else answer at an extension, and return it.

        Sessions under way go on as they began.

        Raises:
            BadValue: there is no such menu.
            NotPublished: the menu has no version.
        """

    async def delete(self, by: Actor, team_id: int, uuid: str) -> ExtensionRecord:
        """Take back a request, or give an extension up, and return what it was."""


class UssdMenus(Protocol):
    """The menus of teams."""

    async def page(self, team_id: int, search: str | None, *, limit: int, offset: int) -> Sequence[MenuRecord]:
        """Return menus of a team with a text in their names, in any case, newest first; without their definitions."""

    async def count(self, team_id: int, search: str | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def find(self, team_id: int, uuid: str) -> MenuRecord:
        """Return one."""

    async def create(
        self, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], at_ms: int, reply: Reply
    ) -> bytes:
        """Keep a menu, whose name is the definition's; the reply is of a `MenuRecord`.

        Args:
            by: who makes it.
            team_id: whose it is.
            uuid: names it.
            definition: the draft, readable by `ussd.reading`.
            at_ms: when it was made.
            reply: makes the reply, on a thread.

        Raises:
            BadValue: the team has too many.
        """

    async def change(
        self, by: Actor, team_id: int, uuid: str, definition: Mapping[str, Any], revision: int | None, at_ms: int
    ) -> MenuRecord:
        """Let the draft say something else, and return the menu; what is published stays as it is.

        Raises:
            MenuChanged: a revision is given, and the draft has another.
        """

    async def delete(self, by: Actor, team_id: int, uuid: str) -> MenuRecord:
        """Remove a menu with its versions, and return what it was.

        Raises:
            MenuInUse: it answers at an extension.
        """

    async def faults(self, team_id: int, definition: Mapping[str, Any]) -> Sequence[Fault]:
        """Return all that is in the way of publishing a definition, also senders, groups and surveys that there are not."""

    async def publish(self, by: Actor, team_id: int, uuid: str, said: Publishing, at_ms: int, reply: Reply) -> bytes:
        """Make a version of the draft, which answers from now on; the reply is of a `MenuRecord`.

        Sessions under way go on with the version that they began with.

        Raises:
            BadDefinition: it has faults.
            MenuChanged: a revision is said, and the draft has another.
        """

    async def versions(self, team_id: int, uuid: str, *, limit: int, offset: int) -> Sequence[VersionRecord]:
        """Return the versions of a menu, newest first; without their definitions."""

    async def count_versions(self, team_id: int, uuid: str) -> tuple[int, bool]:
        """Return how many there are, and False: it is counted."""

    async def version(self, team_id: int, uuid: str, version: int) -> VersionRecord:
        """Return one."""

    async def rotate(self, by: Actor, team_id: int, uuid: str) -> str:
        """Give a menu a new secret, with which the calls of its webhooks are signed, and return it, this once."""

    async def person(self, team_id: int, msisdn: str) -> Mapping[str, str]:
        """Return what the team's contact of a number (E.164 without the plus) says: `first_name`, `last_name`, attributes.

        Empty where there is none.
        """

    async def drop_off(
        self, team_id: int, uuid: str, version: int | None, from_day: str, until_day: str
    ) -> Sequence[ScreenCount]:
        """Return how often each screen was shown and was left, on each day from one to another, both included (UTC).

        Of all versions where none is named.
        """


class UssdSessions(Protocol):
    """The sessions of people with teams."""

    async def page(
        self, wanted: WantedSessions, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[SessionRecord], str | None]:
        """Return sessions, newest first, and the key behind which the list goes on; None: this is its end.

        Raises:
            BadValue: `after` is not such a key.
        """

    async def count(self, wanted: WantedSessions) -> tuple[int, bool]:
        """Return how many sessions there are, and whether that is an estimate (it may be above 10,000)."""

    async def find(self, team_id: int, uuid: str) -> SessionRecord:
        """Return one."""


class UssdDesk(Protocol):
    """The codes, approvals and gateways, for administrators. What there is not raises `NotFound`, what cannot be kept `BadValue`."""

    async def codes(self) -> Sequence[CodeRecord]:
        """Return all codes, by digits."""

    async def code(self, uuid: str) -> CodeRecord:
        """Return one."""

    async def add_code(self, by: Actor, uuid: str, new: NewCode, reply: Reply) -> bytes:
        """Make a code; `AlreadyExists` when there is one of these digits. The reply is of a `CodeRecord`."""

    async def change_code(self, by: Actor, uuid: str, wanted: NewCode) -> CodeRecord:
        """Let a code be something else and return it; its digits stay.

        Raises:
            InUse: it is to be dedicated, and several teams have extensions on it, or to be shared, and a team has all of it.
        """

    async def remove_code(self, by: Actor, uuid: str) -> CodeRecord:
        """Remove a code and return what it was; `InUse` while there are extensions on it."""

    async def extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None, *, limit: int, offset: int
    ) -> Sequence[ExtensionRecord]:
        """Return extensions of a team or of all, of a status and on a code (digits), newest first."""

    async def count_extensions(
        self, team_id: int | None, status: ExtensionStatus | None, code: str | None
    ) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def extension(self, uuid: str) -> ExtensionRecord:
        """Return one, of whatever team."""

    async def add_extension(self, by: Actor, team_code: str, uuid: str, new: NewExtension, reply: Reply) -> bytes:
        """Give a team an extension, approved at once; `ExtensionTaken` when somebody has it. The reply is of an `ExtensionRecord`."""

    async def decide(self, by: Actor, uuid: str, status: ExtensionStatus, reason: str) -> ExtensionRecord:
        """Approve, reject or suspend an extension, which may be decided again, and return it.

        Raises:
            ExtensionTaken: it is to be approved, and another team has it by now.
        """

    async def gateways(self) -> Sequence[GatewayRecord]:
        """Return all gateways, by name."""

    async def gateway(self, uuid: str) -> GatewayRecord:
        """Return one."""

    async def add_gateway(self, by: Actor, uuid: str, new: NewGateway) -> tuple[GatewayRecord, str]:
        """Make a gateway, and return it with its secret, this once; `AlreadyExists` when the name is taken."""

    async def change_gateway(self, by: Actor, uuid: str, wanted: NewGateway) -> GatewayRecord:
        """Let a gateway be something else, and return it; its name and its secret stay."""

    async def rotate_gateway(self, by: Actor, uuid: str) -> tuple[GatewayRecord, str]:
        """Give a gateway a new secret, and return it with that, this once; the old one opens nothing any more."""

    async def remove_gateway(self, by: Actor, uuid: str) -> GatewayRecord:
        """Remove a gateway and return what it was; its sessions end at the next step."""


class Ussd(Protocol):
    """All of it, by subject."""

    @property
    def extensions(self) -> UssdExtensions: ...
    @property
    def menus(self) -> UssdMenus: ...
    @property
    def sessions(self) -> UssdSessions: ...
    @property
    def desk(self) -> UssdDesk: ...
