"""Passwords of people are kept as argon2id hashes, and looked at on a thread, two at once (RFC 9106; decision 10).

Three passes over 32 MiB take some 60 ms of a core, above what OWASP asks for at least (19 MiB, two passes; cheat sheet
of 2025), so two at once take 64 MiB and cannot stall a node; what waits beyond a few is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from twisted.internet.defer import Deferred, DeferredSemaphore

from mobilesasa.core.errors import Overloaded, TooManyAttempts

AT_ONCE: Final = 2
WAITING_MAX: Final = 32  # so that the last of them is answered within a second or two
OF_ONE_MAX: Final = (
    8  # of them and of those that are looked at, for one address, so that it leaves places to the others
)
OF_ONE_RETRY_S: Final = 1

_hasher = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=1)

#: Of a password that nobody knows: what is looked at for a user that is not there, so that the answer takes as long.
NOBODYS: Final = "$argon2id$v=19$m=32768,t=3,p=1$Qf+WQKk3EWg3fodDqTRiRg$Sp8cCKdArVbxoESP8rxItFCPCHHlOGh+GOVjpV55qI4"

#: Calls a function on a thread.
OnThread = Callable[..., "Deferred[Any]"]


def hashed(password: str) -> str:
    """Return what is kept of a password; slow, so on a thread."""
    return _hasher.hash(password)


def fits(kept: str, password: str) -> bool:
    """Say whether a password is the one that a hash was made of; slow, so on a thread."""
    try:
        return _hasher.verify(kept, password)
    except VerifyMismatchError:
        return False


class Passwords:
    """Makes hashes and looks at them, some at once.

    Args:
        on_thread: calls a function on a thread.
    """

    def __init__(self, on_thread: OnThread) -> None:
        """Look at nothing yet."""
        self._on_thread = on_thread
        self._gate = DeferredSemaphore(AT_ONCE)
        self._places: Counter[str] = Counter()

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """Have one of the places of an address, for as long as a call of it may look at a password.

        Raises:
            TooManyAttempts: it has all that one address may have.
        """
        if self._places[address] >= OF_ONE_MAX:
            message = "too many passwords from this address wait to be looked at; try again in a moment"
            raise TooManyAttempts(message, OF_ONE_RETRY_S)
        self._places[address] += 1
        try:
            yield
        finally:
            self._places[address] -= 1
            if not self._places[address]:
                del self._places[address]

    async def fits(self, kept: str | None, password: str) -> bool:
        """Say whether a password is right; with no hash to hold it against it is wrong after as long a time.

        Raises:
            Overloaded: too many wait.
        """
        right: bool = await self._call(fits, kept or NOBODYS, password)
        return right and kept is not None

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            Overloaded: too many wait.
        """
        made: str = await self._call(hashed, password)
        return made

    async def _call(self, function: Callable[..., Any], *arguments: str) -> Any:
        if len(self._gate.waiting) >= WAITING_MAX:
            raise Overloaded("too many passwords wait to be looked at; try again in a moment")
        await self._gate.acquire()
        try:
            return await self._on_thread(function, *arguments)
        finally:
            self._gate.release()
