"""POST under an `Idempotency-Key`: however often it comes within 24 h, it is done once (decision 45).

How to think about it: a route that is declared `idempotent` is called with a mark in its `Caller`. It hands
`caller.kept(reply)` to the one store call that does the work, and the store keeps the reply in the same commit. So there is
a reply under a key exactly when the work is done: what was refused has kept nothing, and its key can be tried again.

A call that comes while one of the same key is under way in this process is told so at once; in another process it waits
on the unique index of the store, and is then answered as a repeat. The header is that of
draft-ietf-httpapi-idempotency-key-header-07, but a clash is 409, for the reference has no 422.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, replay
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import RUNNING_RETRY_S, FieldProblem, Problem, problem
from mobilesasa.api.ports.calls import Keys
from mobilesasa.core.errors import Refused
from mobilesasa.core.idempotency import Kept, Mark, MarkName, Repeated

Done = TypeVar("Done")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(rb"[\x20-\x7e]{1,255}\Z")
_ROUTE_LENGTH = 255  # of a path that is kept as it is; a longer one names nothing of ours, and is kept as its digest


@attrs.define
class Replying(Generic[Done]):
    """The reply to a call, made by the store call that does the work as soon as what comes of it is known.

    Handed to the store as `kept`, it gives what is to be kept in the same commit; the last one made is the answer.
    """

    _request: IRequest
    _caller: Caller
    _shown: Callable[[Done], Mapping[str, Any]]
    octets: bytes = attrs.field(default=b"", init=False, repr=False)

    def __call__(self, done: Done) -> Kept | None:
        """Make the reply of what was done, or is about to be."""
        self.octets = answer(self._request, self._shown(done))
        return self._caller.kept(self.octets)


class Repeats:
    """Answers a call that came before with the reply that it had then.

    Args:
        keys: what is kept.
    """

    def __init__(self, keys: Keys) -> None:
        """Begin with no call under way."""
        self._keys = keys
        self._running: dict[MarkName, bytes] = {}  # to the body's hash; one for a request at most

    async def answer(
        self,
        request: IRequest,
        route: str,
        caller: Caller,
        call: Callable[[Caller], Awaitable[bytes]],
        digest: bytes | None = None,
        hopeful: bool = False,
    ) -> bytes:
        """Make a call, or answer it from what is kept.

        Args:
            request: what was sent; without the header the call is simply made.
            route: method and path of the call, printable ASCII.
            caller: who makes it.
            call: does what is asked for.
            digest: of what counts in the body, where that is known already; None: of all of it.
            hopeful: nothing comes of `call` where the key is known to the store, so it is made at once: nearly all come once.

        Raises:
            Problem: 400 for the key, 409 when it clashes with another call.
        """
        given = request.requestHeaders.getRawHeaders(HEADER.encode())
        if not given:
            return await call(caller)
        mark = _mark(request, route, caller.team_id, given, digest)
        name = mark.name
        if name in self._running:
            raise _running() if self._running[name] == mark.body_hash else _reused()
        self._running[name] = mark.body_hash
        try:
            return await self._once(request, attrs.evolve(caller, mark=mark), mark, call, hopeful)
        finally:
            del self._running[name]

    async def _once(
        self,
        request: IRequest,
        caller: Caller,
        mark: Mark,
        call: Callable[[Caller], Awaitable[bytes]],
        hopeful: bool,
    ) -> bytes:
        kept = None if hopeful else await self._keys.find(mark)
        if kept is None:
            try:
                return await call(caller)
            except Repeated as repeated:  # also where another process was faster
                kept = repeated.kept
            except (Problem, Refused):
                kept = await self._keys.find(mark) if hopeful else None
                if kept is None:  # else it was good when it came first
                    raise
        if kept.mark.body_hash != mark.body_hash:
            raise _reused()
        request.setHeader(REPLAYED.encode(), b"true")
        return replay(request, kept.reply)


def _mark(request: IRequest, route: str, team_id: int, given: list[bytes], digest: bytes | None) -> Mark:
    """Read the header and the body, which is left to be read again.

    Raises:
        Problem: 400.
    """
    if len(given) > 1 or not _KEY.match(given[0]):
        message = f"{HEADER} must be given once, with 1 to 255 printable ASCII characters"
        raise problem("bad_request", message, [FieldProblem(HEADER, message)])
    if len(route) > _ROUTE_LENGTH:
        route = f"sha256 {hashlib.sha256(route.encode()).hexdigest()}"
    body_hash = digest
    if body_hash is None:
        body_hash = hashlib.sha256(request.content.read()).digest()
        request.content.seek(0)
    return Mark(team_id, route, given[0].decode("ascii"), body_hash)


def _running() -> Problem:
    message = f"a call with this {HEADER} is under way; ask again in a moment to read its answer"
    return problem("idempotency_running", message, headers={b"Retry-After": b"%d" % RUNNING_RETRY_S})


def _reused() -> Problem:
    message = f"this {HEADER} was used with another body; a new call needs a new key"
    return problem("idempotency_key_reused", message)
