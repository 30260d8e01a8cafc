"""Logging in at a node: attempts counted, passwords looked at on a thread, and the login kept by the store.

No connection to the store is held while a password is looked at. What begins or ends here is in this node's picture of
people when the call returns; the store tells the other nodes. What was wrong is told in the log by the user's number; what went
well stands in the trail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import attrs
from twisted.logger import Logger

from mobilesasa.core.actors import Actor
from mobilesasa.core.attempts import origin
from mobilesasa.core.errors import AccessEnded, LoginFailed
from mobilesasa.core.passwords import checked_password
from mobilesasa.core.people import REPEAT_S, CurrentPeople, Opened, Whence, account_digest, secret_digest
from mobilesasa.store import attempts, links, logins
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.logins import Begun, LoginRecord, NewLogin, Reused
from mobilesasa.store.passwords import Passwords

REFRESH_MARK: Final = "mbr_"


@attrs.frozen
class Logins:
    """The logins of people.

    Attributes:
        database: the store.
        passwords: looks at them.
        people: the picture that this node acts by.
        new_uuid: makes uuids of logins.
        new_secret: makes the random part of refresh tokens, such as `secrets.token_urlsafe`.
    """

    _database: Database
    _passwords: Passwords
    _people: CurrentPeople
    _new_uuid: Callable[[], str]
    _new_secret: Callable[[], str] = attrs.field(repr=False)

    log = Logger()

    async def begin(self, email: str, password: str, team_code: str | None, whence: Whence) -> Opened:
        """Log somebody in; see `api.ports.people.Logins`."""
        account, address = account_digest(email), origin(whence.address)
        with self._passwords.place(address):
            found = await self._database.run("logins.candidate", _counted, account, address, email)
            right = await self._passwords.fits(None if found is None else found.password_hash, password)
        if found is None or not right:
            self._tell("a wrong password", whence, None if found is None else found.user_id)
            raise LoginFailed(logins.WRONG)
        token = self._new_token()
        new = NewLogin(self._new_uuid(), secret_digest(token), whence)

        def begin(txn: Txn) -> Begun:
            attempts.reset(txn, account, address)
            return logins.begin(txn, found, team_code, new)

        return self._opened(await self._database.run("logins.begin", begin), token)

    async def login_of(self, refresh_token: str) -> str:
        """Return the uuid of the login of a refresh token; see `api.ports.people.Logins`."""
        return await self._database.run("logins.login_of", logins.login_of, secret_digest(refresh_token))

    async def renew(self, refresh_token: str, team_code: str | None, whence: Whence) -> Opened:
        """Go on with a login by its refresh token; see `api.ports.people.Logins`."""
        token = self._new_token()
        new = NewLogin("", secret_digest(token), whence)
        digest = secret_digest(refresh_token)
        found = await self._database.run("logins.renew", logins.renew, digest, team_code, new)
        if isinstance(found, Reused):
            self._people.end([found.login_uuid])
            text = "login {uuid}: a refresh token that was used before from {address}, so it has ended; request {request_id}"
            self.log.warn(text, uuid=found.login_uuid, address=whence.address, request_id=whence.request_id)
            raise AccessEnded("the refresh token was used before, so the login has ended; log in again")
        if found.repeated:
            text = "login {uuid}: the refresh token came again from {address} within {repeat_s} s; request {request_id}"
            where = {"address": whence.address, "request_id": whence.request_id}
            self.log.info(text, uuid=found.login_uuid, repeat_s=REPEAT_S, **where)
        return self._opened(found, token)

    async def end(self, by: Actor, login_uuid: str) -> None:
        """End a login of whoever asks; see `api.ports.people.Logins`."""
        self._people.end([await self._database.run("logins.end", logins.end, by, login_uuid)])

    async def end_all(self, by: Actor, but: str | None = None) -> int:
        """End all logins of whoever asks, but one if that is named; return how many."""
        ended = await self._database.run("logins.end_own", logins.end_own, by, but)
        self._people.end(ended)
        return len(ended)

    async def of_user(self, user_uuid: str) -> Sequence[LoginRecord]:
        """Return those of a user that go on, the last used first."""
        return await self._database.run("logins.of_user", logins.of_user, user_uuid)

    async def change_password(self, by: Actor, old: str, new: str, whence: Whence) -> int:
        """Change the password of whoever asks; see `api.ports.people.Logins`."""
        user_id, email, kept = await self._database.run("logins.credentials", logins.credentials, by.uuid)
        checked_password(new, email)
        account, address = account_digest(email), origin(whence.address)
        with self._passwords.place(address):
            await self._database.run("attempts.count", attempts.count, account, address)
            if not await self._passwords.fits(kept, old):
                self._tell("a wrong old password", whence, user_id)
                raise LoginFailed(logins.WRONG_OLD)
            made = await self._passwords.hashed(new)

        def change(txn: Txn) -> list[str]:
            attempts.reset(txn, account, address)
            return logins.change_password(txn, by, user_id, kept, made)

        ended = await self._database.run("logins.change_password", change)
        self._people.end(ended)
        return len(ended)

    async def use_link(self, link_token: str, password: str, whence: Whence) -> str:
        """Set a password with the token of a link; see `api.ports.people.Logins`."""
        digest, address = secret_digest(link_token), origin(whence.address)
        try:
            email = await self._database.run("links.whose", links.whose, digest)
        except LoginFailed:  # a good one always passes, for many callers may share an address
            await self._database.run("attempts.count", attempts.count, digest, address, "calls with this link")
            self._tell("a link that is not good, or not any more,", whence)
            raise
        checked_password(password, email)
        with self._passwords.place(address):
            made = await self._passwords.hashed(password)
        self._people.end(await self._database.run("links.use", links.use, digest, made, whence))
        return email

    def _tell(self, what: str, whence: Whence, user_id: int | None = None) -> None:
        """Tell the log of a credential that was wrong."""
        self.log.warn(
            "{who}: {what} from {address}; request {request_id}",
            who="somebody unknown" if user_id is None else f"user {user_id}",
            what=what,
            address=whence.address,
            request_id=whence.request_id,
        )

    def _new_token(self) -> str:
        return REFRESH_MARK + self._new_secret()

    def _opened(self, begun: Begun, token: str) -> Opened:
        self._people.learn(begun.user)
        self._people.end(begun.ended)
        return Opened(begun.user, begun.login_uuid, begun.team_id, token)


def _counted(txn: Txn, account: bytes, address: str, email: str) -> logins.Candidate | None:
    """Count an attempt, and return who has the email address."""
    attempts.count(txn, account, address)
    return logins.candidate(txn, email)
