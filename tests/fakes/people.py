"""People who log in, in memory: hashes that hide nothing, logins that end, and the members of teams."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import (
    AccessEnded,
    AlreadyExists,
    BadValue,
    LoginFailed,
    NotAllowed,
    NotFound,
    TooManyAttempts,
    UserDisabled,
)
from mobilesasa.core.members import Member, Standing, TeamSettings, check_standing
from mobilesasa.core.passwords import checked_password
from mobilesasa.core.people import REPEAT_S, CurrentPeople, Opened, People, SigningKey, User, Whence
from mobilesasa.core.scopes import Role
from mobilesasa.store.logins import LoginRecord

KEY = SigningKey("key 1", b"k" * 32)
PASSWORD = "your password"  # as in the examples of the document
LIMIT = 5
NINE_MS = 1_778_490_000_000


def uuid_of(n: int) -> str:
    return f"a0000000-0000-4000-8000-{n:012}"


JANE = User(uuid_of(1), "jane@acme.example", "Jane", roles={1: Role.OWNER})
VERA = User(uuid_of(2), "vera@acme.example", "Vera", roles={1: Role.VIEWER})
OTTO = User(uuid_of(3), "otto@acme.example", "Otto", roles={1: Role.OPERATOR, 2: Role.ADMIN})
ROOT = User(uuid_of(4), "root@platform.example", "Root", platform_admin=True)
OLGA = User(uuid_of(5), "olga@other.example", "Olga", roles={2: Role.OWNER})
USERS = (JANE, VERA, OTTO, ROOT, OLGA)


def people(users: Sequence[User] = USERS) -> CurrentPeople:
    return CurrentPeople(People(users, (), [KEY]))


@attrs.define
class Refresh:
    """A refresh token of a login."""

    login: str
    used_at_ms: int | None = None
    superseded: bool = False


class FakeLogins:
    """Logs people in who are in the picture, with one password for all."""

    def __init__(self, current: CurrentPeople, now_ms: Callable[[], int] = lambda: NINE_MS) -> None:
        self._people = current
        self._now_ms = now_ms
        self._numbers = itertools.count(1)
        self.password = PASSWORD
        self.attempts: dict[tuple[str, str], int] = {}
        self.living: dict[str, str] = {}  # login to user
        self.refreshes: dict[str, Refresh] = {}  # by the token
        self.teams: dict[str, int | None] = {}
        self.links: dict[str, str] = {"mbl_your_link_token_here": JANE.email}
        self.whence: list[Whence] = []

    def give(self, refresh_token: str, user: User) -> None:
        """Let somebody have logged in."""
        login = uuid_of(1000 + next(self._numbers))
        self.living[login], self.teams[login] = user.uuid, self._team(user, None)
        self.refreshes[refresh_token] = Refresh(login)

    async def begin(self, email: str, password: str, team_code: str | None, whence: Whence) -> Opened:
        self._count(email.lower(), whence)
        user = next((user for user in self._people.now.users.values() if user.email == email.lower()), None)
        if user is None or password != self.password:
            raise LoginFailed("email or password is wrong")
        if user.disabled:
            raise UserDisabled("disabled")
        del self.attempts[email.lower(), whence.address]
        login = uuid_of(1000 + next(self._numbers))
        self.living[login] = user.uuid
        self.teams[login] = self._team(user, team_code)
        return self._opened(login)

    async def login_of(self, refresh_token: str) -> str:
        if refresh_token not in self.refreshes:
            raise AccessEnded("over")
        return self.refreshes[refresh_token].login

    async def renew(self, refresh_token: str, team_code: str | None, whence: Whence) -> Opened:
        self.whence.append(whence)
        found = self.refreshes.get(refresh_token)
        if found is None or found.login not in self.living:
            raise AccessEnded("over")
        now_ms, login = self._now_ms(), found.login
        if found.used_at_ms is not None and (found.superseded or now_ms >= found.used_at_ms + REPEAT_S * 1000):
            self._end([login])
            raise AccessEnded("used before")
        if team_code is not None:
            self.teams[login] = self._team(self._people.now.users[self.living[login]], team_code)
        if found.used_at_ms is None:
            for each in self.refreshes.values():
                if each.login == login and not each.superseded:
                    each.used_at_ms, each.superseded = each.used_at_ms or now_ms, each is not found
        return self._opened(login)

    async def end(self, by: Actor, login_uuid: str) -> None:
        if self.living.get(login_uuid) != by.uuid:
            raise NotFound("there is no such login")
        self._end([login_uuid])

    async def end_all(self, by: Actor, but: str | None = None) -> int:
        ended = [login for login, user in self.living.items() if user == by.uuid and login != but]
        self._end(ended)
        return len(ended)

    async def of_user(self, user_uuid: str) -> list[LoginRecord]:
        found = [login for login, user in self.living.items() if user == user_uuid]
        return [
            LoginRecord(login, "ACME2024", "192.0.2.7", "a browser", NINE_MS, NINE_MS, NINE_MS + 1) for login in found
        ]

    async def change_password(self, by: Actor, old: str, new: str, whence: Whence) -> int:
        user = self._people.now.users[str(by.uuid)]
        checked_password(new, user.email)
        self._count(user.email, whence)
        if old != self.password:
            raise LoginFailed("the old password is wrong")
        self.password = new
        return await self.end_all(by, by.login_uuid)

    async def use_link(self, link_token: str, password: str, whence: Whence) -> str:
        email = self.links.get(link_token)
        if email is None:
            self._count(link_token, whence)
            raise LoginFailed("the link is not good")
        checked_password(password, email)
        del self.links[link_token]
        self.password = password
        return email

    def _count(self, account: str, whence: Whence) -> None:
        self.whence.append(whence)
        count = self.attempts[account, whence.address] = self.attempts.get((account, whence.address), 0) + 1
        if count > LIMIT:
            raise TooManyAttempts("too many wrong passwords", 900)

    def _team(self, user: User, code: str | None) -> int | None:
        if code is None:
            return min(user.roles, default=None)
        team_id = {"ACME2024": 1, "OTHER": 2}.get(code.upper())
        if team_id not in user.roles:
            raise BadValue(f"you are in no team {code!r}")
        return team_id

    def _opened(self, login: str) -> Opened:
        token = f"mbr_{next(self._numbers)}"
        self.refreshes[token] = Refresh(login)
        return Opened(self._people.now.users[self.living[login]], login, self.teams[login], token)

    def _end(self, logins: Sequence[str]) -> None:
        for login in logins:
            del self.living[login]
        self._people.end(logins)


class FakeMembers:
    """The members of teams, as the picture of people has them when it is made."""

    def __init__(self, current: CurrentPeople) -> None:
        self._numbers = itertools.count(1)
        self.kept: dict[int, list[Member]] = {}
        self.by: list[Actor] = []
        self.set: dict[int, dict[str, Any]] = {1: {}, 2: {}}
        for user in current.now.users.values():
            for team_id, role in user.roles.items():
                self.kept.setdefault(team_id, []).append(
                    Member(user.uuid, user.email, user.name, role, NINE_MS, None, True, user.disabled)
                )

    async def of_team(self, team_id: int) -> list[Member]:
        return self.kept[team_id]

    async def invite(
        self, by: Actor, standing: Standing, team_id: int, email: str, name: str | None, role: Role
    ) -> tuple[Member, str | None]:
        check_standing(standing, None, role)
        self.by.append(by)
        if any(member.email == email for member in self.kept[team_id]):
            raise AlreadyExists(f"{email} is in the team already")
        made = Member(uuid_of(500 + next(self._numbers)), email, name or email, role, NINE_MS, None, False, False)
        self.kept[team_id].append(made)
        return made, "mbl_new"

    async def new_link(self, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> tuple[Member, str]:
        member = self._find(team_id, user_uuid)
        check_standing(standing, member.role, member.role)
        if member.has_password:
            raise NotAllowed("they have a password already")
        self.by.append(by)
        return member, "mbl_again"

    async def change(self, by: Actor, standing: Standing, team_id: int, user_uuid: str, role: Role) -> Member:
        member = self._find(team_id, user_uuid)
        check_standing(standing, member.role, role)
        self.by.append(by)
        self.kept[team_id].remove(member)
        self.kept[team_id].append(attrs.evolve(member, role=role))
        return self.kept[team_id][-1]

    async def remove(self, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> Member:
        member = self._find(team_id, user_uuid)
        check_standing(standing, member.role, None)
        self.by.append(by)
        self.kept[team_id].remove(member)
        return member

    async def settings(self, team_id: int) -> TeamSettings:
        given: dict[str, Any] = {"name": "Acme", "default_sender": "TextBlast", "text_days": None}
        given |= {"low_balance_units": None, "zone": None, **self.set[team_id]}
        return TeamSettings(uuid_of(team_id), "ACME2024", country="KE", created_at_ms=NINE_MS, **given)

    async def change_settings(self, by: Actor, team_id: int, changes: Mapping[str, object]) -> TeamSettings:
        self.by.append(by)
        self.set[team_id] |= changes
        return await self.settings(team_id)

    def _find(self, team_id: int, user_uuid: str) -> Member:
        for member in self.kept[team_id]:
            if member.uuid == user_uuid:
                return member
        raise NotFound(f"the team has no member {user_uuid!r}")
