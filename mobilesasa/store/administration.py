"""Teams and users as the platform's administrators see and change them by the API; each call is one transaction of the pool.

The command does the same with the same functions of `store.teams`, `store.users` and `store.accounts`.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import NewTeam, TeamChange, TeamRecord, UserChange, UserRecord
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.people import secret_digest
from mobilesasa.core.scopes import Role
from mobilesasa.store import accounts, teams, users
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_replying
from mobilesasa.store.users import LINK_MARK, NewUser


@attrs.frozen
class Teams:
    """The teams of the platform."""

    _database: Database

    async def page(self, search: str | None, suspended: bool | None, *, limit: int, offset: int) -> list[TeamRecord]:
        """Return teams, newest first; see `teams.page`."""
        return await self._database.run("teams.page", teams.page, search, suspended, limit, offset)

    async def count(self, search: str | None, suspended: bool | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("teams.count", teams.count, search, suspended)

    async def team(self, uuid: str) -> TeamRecord:
        """Return one; see `teams.find_team`."""
        return await self._database.run("teams.find_team", teams.find_team, uuid)

    async def create(self, by: Actor, new: NewTeam, reply: Reply) -> bytes:
        """Make one without a token, and return the reply; see `teams.create_team`."""

        def make(txn: Txn) -> TeamRecord:
            return teams.create_team(txn, by, new, None).team

        return await run_replying(self._database, reply, "teams.create_team", make)

    async def change(self, by: Actor, uuid: str, change: TeamChange) -> TeamRecord:
        """Change one; see `teams.change_team`."""

        def work(txn: Txn) -> TeamRecord:
            return teams.change_team(txn, by, teams.find_team(txn, uuid).code, change)

        return await self._database.run("teams.change_team", work)

    async def add_units(self, by: Actor, uuid: str, units: int, note: str | None, reply: Reply) -> bytes:
        """Give units or take some back, and return the reply for the balance then; see `teams.add_units`."""

        def work(txn: Txn) -> int:
            return teams.add_units(txn, by, teams.find_team(txn, uuid).code, units, note)

        return await run_replying(self._database, reply, "teams.add_units", work)


@attrs.frozen
class Users:
    """The people who may log in.

    Attributes:
        new_uuid: makes uuids of users.
        new_secret: makes the random part of a link's token, such as `secrets.token_urlsafe`.
    """

    _database: Database
    _new_uuid: Callable[[], str]
    _new_secret: Callable[[], str] = attrs.field(repr=False)

    async def page(self, search: str | None, team_code: str | None, *, limit: int, offset: int) -> list[UserRecord]:
        """Return users, newest first; see `users.page`."""

        def work(txn: Txn) -> list[UserRecord]:
            return users.page(txn, search, _team_id(txn, team_code), limit, offset)

        return await self._database.run("users.page", work)

    async def count(self, search: str | None, team_code: str | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

        def work(txn: Txn) -> tuple[int, bool]:
            return users.count(txn, search, _team_id(txn, team_code))

        return await self._database.run("users.count", work)

    async def user(self, uuid: str) -> UserRecord:
        """Return one; see `users.find_by_uuid`."""
        return await self._database.run("users.find_by_uuid", users.find_by_uuid, uuid)

    async def create(
        self, by: Actor, email: str, name: str | None, platform_admin: bool, team_code: str | None, role: Role
    ) -> tuple[UserRecord, str]:
        """Make a user, in a team if one is named; return them with the token of the link that sets a password."""
        token = LINK_MARK + self._new_secret()
        new = NewUser(
            uuid=self._new_uuid(),
            email=email,
            name=name,
            link_digest=secret_digest(token),
            platform_admin=platform_admin,
            vouched=True,
        )

        def work(txn: Txn) -> UserRecord:
            users.create(txn, by, new)
            if team_code is not None:
                return accounts.grant(txn, by, email, team_code, role)
            return users.show(txn, email)

        return await self._database.run("users.create", work), token

    async def change(self, by: Actor, uuid: str, wanted: UserChange) -> UserRecord:
        """Change one; see `accounts.change`."""
        return await self._run("accounts.change", uuid, lambda txn, email: accounts.change(txn, by, email, wanted))

    async def new_link(self, by: Actor, uuid: str) -> tuple[UserRecord, str]:
        """Make a link with which a user sets a password; return them, and its token."""
        token = LINK_MARK + self._new_secret()
        digest = secret_digest(token)
        found = await self._run("accounts.set_link", uuid, lambda txn, email: accounts.set_link(txn, by, email, digest))
        return found, token

    async def grant(self, by: Actor, uuid: str, team_code: str, role: Role) -> UserRecord:
        """Give a role in a team, or another one; see `accounts.grant`."""
        return await self._run(
            "accounts.grant", uuid, lambda txn, email: accounts.grant(txn, by, email, team_code, role)
        )

    async def revoke(self, by: Actor, uuid: str, team_code: str) -> UserRecord:
        """Take a user out of a team; see `accounts.revoke`."""
        return await self._run("accounts.revoke", uuid, lambda txn, email: accounts.revoke(txn, by, email, team_code))

    async def _run(self, name: str, uuid: str, function: Callable[[Txn, str], UserRecord]) -> UserRecord:
        """Do something with the user of a uuid, who is known to `accounts` by email address."""

        def work(txn: Txn) -> UserRecord:
            return function(txn, users.find_by_uuid(txn, uuid).email)

        return await self._database.run(name, work)


def _team_id(txn: Txn, team_code: str | None) -> int | None:
    return None if team_code is None else teams.find_team_id(txn, team_code)
