"""Files, sent as they are: piece by piece from the store, no faster than the client takes them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime, ITCPTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from zope.interface import implementer

from mobilesasa.api.ports.files import File, Files

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

_log = Logger()
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9._ -]")


async def send_file(request: IRequest, file: File, files: Files, clock: IReactorTime, patience_s: float) -> bytes:
    """Send a file as the answer; returns what is left to be sent by whoever answers, which is nothing.

    Args:
        request: that is answered.
        file: what is sent.
        files: where its pieces are.
        clock: measures how long the client takes nothing.
        patience_s: how long it may do so, until the connection is cut.
    """
    _say(request, file.name, file.content_type)
    request.setHeader(b"Content-Length", b"%d" % file.octets)
    if request.method == b"HEAD":
        return b""
    way = _Way(cast("ApiRequest", request), clock, patience_s)
    n, left = 0, file.octets
    try:
        while left and not way.is_gone and (octets := await files.chunk(file.id, n)):
            way.write(octets)
            left, n = left - len(octets), n + 1
            await way.free()
    except Exception:  # noqa: BLE001 - an edge: the headers are out, so that a cut connection is all that can be said
        _log.failure("file {file_id} was sent in part", file_id=file.id)
    await way.close(whole=left == 0)
    return b""


async def send_pieces(
    request: IRequest,
    name: str,
    content_type: str,
    pieces: AsyncIterator[bytes],
    clock: IReactorTime,
    patience_s: float,
) -> bytes:
    """Send a file that is made piece by piece while it is sent, as `send_file` does."""
    _say(request, name, content_type)
    if request.method == b"HEAD":
        return b""
    way = _Way(cast("ApiRequest", request), clock, patience_s)
    whole = False
    try:
        async for octets in pieces:
            way.write(octets)
            await way.free()
            if way.is_gone:
                break
        whole = not way.is_gone
    except Exception:  # noqa: BLE001 - an edge: the headers are out, so that a cut connection is all that can be said
        _log.failure("{name} was sent in part", name=name)
    await way.close(whole=whole)
    return b""


def _say(request: IRequest, name: str, content_type: str) -> None:
    """Set the headers of a file."""
    name = _NOT_IN_A_NAME.sub("_", name)
    request.setHeader(b"Content-Type", content_type.encode())
    request.setHeader(b"Content-Disposition", f'attachment; filename="{name}"'.encode())
    request.setHeader(b"Cache-Control", b"no-store")


@implementer(IPushProducer)
class _Way:
    """The way to a client, which may be full, or gone."""

    def __init__(self, request: ApiRequest, clock: IReactorTime, patience_s: float) -> None:
        self._request = request
        self._clock = clock
        self._patience_s = patience_s
        self._full: Deferred[None] | None = None
        self._cut: IDelayedCall | None = None
        self.is_gone = False
        request.notifyFinish().addErrback(self._lost)
        request.registerProducer(self, True)

    def write(self, octets: bytes) -> None:
        """Send some octets, if anybody is there."""
        if not self.is_gone:
            self._request.write(octets)

    async def free(self) -> None:
        """Return when there is room for more, or nobody any more."""
        if self._full is not None:
            await self._full

    async def close(self, *, whole: bool) -> None:
        """Let the answer end; of one that is not whole the connection is cut, so that nobody takes it for whole."""
        if whole and not self.is_gone:
            self._request.unregisterProducer()
        elif not self.is_gone:
            self._full = Deferred()
            self._abort()
            await self._full  # until it is lost, after which nobody ends the answer

    def pauseProducing(self) -> None:
        """The way is full."""
        if self._full is None:
            self._full = Deferred()
            self._cut = self._clock.callLater(self._patience_s, self._abort)

    def resumeProducing(self) -> None:
        """There is room again."""
        full, self._full = self._full, None
        if self._cut is not None and self._cut.active():
            self._cut.cancel()
        if full is not None:
            full.callback(None)

    def stopProducing(self) -> None:
        """Nobody takes anything any more."""
        self.is_gone = True
        self.resumeProducing()

    def _lost(self, _: Failure) -> None:
        self.stopProducing()

    def _abort(self) -> None:
        cast(ITCPTransport, self._request.transport).abortConnection()
