"""What the API needs of people: their logins, and the members and settings of a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.members import Member, Standing, TeamSettings
from mobilesasa.core.people import Opened, Whence
from mobilesasa.core.scopes import Role


class Login(Protocol):
    """Where somebody is logged in."""

    @property
    def uuid(self) -> str: ...
    @property
    def team_code(self) -> str | None: ...  # of its newest access token
    @property
    def address(self) -> str: ...  # of its last use
    @property
    def agent(self) -> str: ...
    @property
    def created_at_ms(self) -> int: ...
    @property
    def used_at_ms(self) -> int: ...
    @property
    def ends_at_ms(self) -> int: ...  # unless it is used again


class Logins(Protocol):
    """The logins of people. What ends here is known to have ended at this node when the call returns."""

    async def begin(self, email: str, password: str, team_code: str | None, whence: Whence) -> Opened:
        """Log somebody in.

        Args:
            email: whose account, in any case.
            password: as it was typed.
            team_code: in which team; None: the oldest membership that may do something.
            whence: where the call comes from.

        Raises:
            LoginFailed: there is no such user, or the password is wrong.
            UserDisabled: the password is right and the user disabled.
            TeamSuspended: the team, or all of them, are suspended.
            BadValue: the user is not in that team.
            TooManyAttempts: for this account from this address; the password was not looked at.
            Overloaded: too many passwords wait to be looked at.
        """

    async def login_of(self, refresh_token: str) -> str:
        """Return the uuid of the login of a refresh token, be it good or used.

        Raises:
            AccessEnded: it is none of ours.
        """

    async def renew(self, refresh_token: str, team_code: str | None, whence: Whence) -> Opened:
        """Go on with a login by its refresh token, which is good no more then.

        Whoever has lost the answer may ask again with the same token, for `core.people.REPEAT_S` and until the next one was
        used; each answer has another one.

        Args:
            refresh_token: the newest of its login.
            team_code: in which team from now on; None: the same.
            whence: where the call comes from.

        Raises:
            AccessEnded: it is none, has expired or was used before; in the last case the login has ended now, unless it may
                be repeated.
            TeamSuspended, BadValue: as of `begin`; the token stays good then.
        """

    async def end(self, by: Actor, login_uuid: str) -> None:
        """End a login of whoever asks.

        Raises:
            NotFound: there is none of that uuid that goes on.
        """

    async def end_all(self, by: Actor, but: str | None = None) -> int:
        """End all logins of whoever asks, but one if that is named; return how many."""

    async def of_user(self, user_uuid: str) -> Sequence[Login]:
        """Return those of a user that go on, the last used first."""

    async def change_password(self, by: Actor, old: str, new: str, whence: Whence) -> int:
        """Change the password of whoever asks, and end all their other logins; return how many.

        Raises:
            LoginFailed: the old one is wrong.
            BadValue: the new one cannot be kept.
            TooManyAttempts, Overloaded: as of `begin`.
        """

    async def use_link(self, link_token: str, password: str, whence: Whence) -> str:
        """Set a password with the token of a link, which is good no more then; return whose, an email address.

        Raises:
            LoginFailed: it is none, or has expired or been used.
            BadValue: the password cannot be kept; the link stays good.
            TooManyAttempts: from this address.
        """


class Members(Protocol):
    """The members and the settings of a team; another team's are not there (I6)."""

    async def of_team(self, team_id: int) -> Sequence[Member]:
        """Return who is in a team, by name."""

    async def invite(
        self, by: Actor, standing: Standing, team_id: int, email: str, name: str | None, role: Role
    ) -> tuple[Member, str | None]:
        """Take somebody into a team; return the member, and the token of a link where a user was made for it.

        Args:
            by: who does it.
            standing: what they are.
            team_id: the team.
            email: whose.
            name: of a new user; None: the part of the address before the @.
            role: what they become.

        Raises:
            AlreadyExists: they are in the team, or are a user for whom no operator answers.
            BadValue: the email address or the name.
            NotAllowed: see `core.members.check_standing`.
        """

    async def new_link(self, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> tuple[Member, str]:
        """Make a new link for a member who has not set a password yet and is in no other team.

        Raises:
            NotFound: the team has no such member.
            NotAllowed: they have a password or another team; or see `core.members.check_standing`.
        """

    async def change(self, by: Actor, standing: Standing, team_id: int, user_uuid: str, role: Role) -> Member:
        """Change a member's role.

        Raises:
            NotFound: the team has no such member.
            NotAllowed: they are the last owner, or see `core.members.check_standing`.
        """

    async def remove(self, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> Member:
        """Take somebody out of a team and return what they were.

        Raises:
            NotFound, NotAllowed: as of `change`.
        """

    async def settings(self, team_id: int) -> TeamSettings:
        """Return what a team has set for itself."""

    async def change_settings(self, by: Actor, team_id: int, changes: Mapping[str, object]) -> TeamSettings:
        """Change what is named, and return how it is then.

        Raises:
            BadValue: a value that cannot be kept.
        """
