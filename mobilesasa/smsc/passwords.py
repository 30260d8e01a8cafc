"""Passwords of 8 characters are looked at: slowly, on a thread, and no more than a few at a time (decision 91).

How to think about it: a look costs some 50 ms of a core on purpose, so that a stolen table of hashes is of little use.
So it is rationed: only what may be right is looked at (`login.judge`), two at once, some wait, and the rest is
refused. What was right is remembered for a while, under a digest that means nothing outside of this process, so that
a team that reconnects all its sessions costs one look.

Wrong ones in a row are counted by the store, and so is the lock: it is the store that decides whether a password that
is right may still be used.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.teams import SmppPassword
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.login import Asked, Refusal

AT_ONCE: Final = 2
WAITING_MAX: Final = 16  # so the last of them is answered well within the time for a bind
REMEMBERED_S: Final = 600.0
REMEMBERED_MAX: Final = 10_000  # passwords, of all teams

#: Returns the place of the hash that the password fits, or None; slow, so it does its work on a thread.
Matching = Callable[[Sequence[str], str], "Deferred[int | None]"]


class PasswordBook(Protocol):
    """What the store keeps of tries. Both raise `StoreAway`."""

    async def passed(self, uuid: str) -> bool:
        """Write down that a password was right; False when it is locked or revoked by now, and may not be used."""

    async def failed(self, uuids: Sequence[str]) -> Sequence[str]:
        """Write down that something else than these was sent; return those that this locks."""


class Passwords:
    """Finds which SMPP password a peer sent.

    Args:
        matching: looks at hashes.
        book: keeps count.
        clock: for how long is remembered what was right.
        key: of the digests that are remembered, random for each process.
    """

    log = Logger()

    def __init__(self, matching: Matching, book: PasswordBook, clock: IReactorTime, key: bytes) -> None:
        """Remember nothing yet."""
        self._matching = matching
        self._book = book
        self._clock = clock
        self._key = key
        self._gate = DeferredSemaphore(AT_ONCE)
        self._right: OrderedDict[bytes, tuple[float, str]] = OrderedDict()  # until when, and which

    async def find(self, asked: Asked, given: str) -> SmppPassword | Refusal:
        """Return the password that was given, or why it is none."""
        found = self._remembered(asked, given)
        if found is not None:
            return found
        if len(self._gate.waiting) >= WAITING_MAX:
            why = "too many passwords wait to be looked at; bind again in a moment"
            return Refusal(Status.ESME_RBINDFAIL, why, asked.team.id)
        await self._gate.acquire()
        try:
            return self._remembered(asked, given) or await self._look(asked, given)
        except StoreAway:
            why = "the store, which counts wrong passwords, is away"
            return Refusal(Status.ESME_RSYSERR, why, asked.team.id, ours=True)
        finally:
            self._gate.release()

    async def _look(self, asked: Asked, given: str) -> SmppPassword | Refusal:
        place = await self._matching([password.hash for password in asked.passwords], given)
        if place is None:
            return await self._wrong(asked)
        found = asked.passwords[place]
        if not await self._book.passed(found.uuid):
            why = "the SMPP password is locked, or was revoked just now"
            return Refusal(Status.ESME_RBINDFAIL, why, asked.team.id)
        self._right[self._digest(found, given)] = (self._clock.seconds() + REMEMBERED_S, found.uuid)
        if len(self._right) > REMEMBERED_MAX:
            self._right.popitem(last=False)
        return found

    async def _wrong(self, asked: Asked) -> Refusal:
        tried = [password.uuid for password in asked.passwords]
        # The next right one goes to the store and ends the row of wrong ones.
        for digest in [digest for digest, (_, uuid) in self._right.items() if uuid in tried]:
            del self._right[digest]
        why = "the SMPP password is wrong"
        for uuid in await self._book.failed(tried):
            why = "the SMPP password is wrong, and locked now: there were too many in a row"
            self.log.warn(
                "the SMPP password {uuid} of {team} is locked after too many wrong ones in a row; unlock it with "
                "`mobilesasa smpp unlock {uuid}`",
                uuid=uuid,
                team=asked.team.code,
                team_id=asked.team.id,
            )
        return Refusal(Status.ESME_RINVPASWD, why, asked.team.id, guess=True)

    def _remembered(self, asked: Asked, given: str) -> SmppPassword | None:
        for password in asked.passwords:
            until_s, _ = self._right.get(self._digest(password, given), (0.0, ""))
            if self._clock.seconds() < until_s:
                return password
        return None

    def _digest(self, password: SmppPassword, given: str) -> bytes:
        said = f"{password.uuid} {password.hash} {given}".encode()
        return hashlib.blake2b(said, key=self._key).digest()
