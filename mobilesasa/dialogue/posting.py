"""One POST to what a team has named, bounded in time and in what is read of the answer, without redirects or cookies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import attrs
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

READ_OCTETS: Final = 65_536  # of an answer; one that has more is none


@attrs.frozen
class Posted:
    """What came back; without a status nothing did, and `error` says why."""

    status: int | None = None
    content_type: str = ""
    body: bytes = attrs.field(default=b"", repr=False)
    error: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it was answered well."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def problem(self) -> str:
        """What was wrong, in words; empty: nothing."""
        if self.status is None:
            return self.error
        return "" if self.is_good else f"it answered {self.status}"


class Poster(Protocol):
    """Calls what teams have named."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Posted:
        """POST octets, and return what came back; whatever comes of it is a value."""


class AgentPoster:
    """Calls over Twisted's agent.

    Args:
        agent: asks, and connects only where teams may have us call.
        clock: ends what takes too long.
        pool: closed at the end; None: there is none.
    """

    def __init__(self, agent: IAgent, clock: IReactorTime, pool: HTTPConnectionPool | None = None) -> None:
        """Connect to nothing yet."""
        self._agent = agent
        self._clock = clock
        self._pool = pool

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Posted:
        """POST octets, and return what came back; whatever comes of it is a value."""
        exchange = Deferred.fromCoroutine(self._exchange(url, headers, body))
        over = self._clock.callLater(timeout_s, exchange.cancel)
        try:
            return await exchange
        except Exception as failed:  # noqa: BLE001 - an edge: what a team's machine does is a value, whatever it is
            if not over.active():
                return Posted(error=f"no answer within {round(timeout_s, 1):g} s")
            inner = [reason.value for reason in getattr(failed, "reasons", ())]
            if isinstance(failed, CancelledError):
                return Posted(error="the call was given up")
            words = str(inner[-1] if inner else failed)
            return Posted(error=words or type(failed).__name__)
        finally:
            if over.active():
                over.cancel()

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        sent = Headers({name: [value] for name, value in headers.items()})
        response = await self._agent.request(b"POST", url.encode("ascii"), sent, _Body(body))
        octets = await _whole(response)
        if octets is None:
            return Posted(error=f"its answer has more than {READ_OCTETS} octets, or broke off")
        kinds = response.headers.getRawHeaders("Content-Type") or [""]
        return Posted(status=response.code, content_type=kinds[-1], body=octets)

    async def close(self) -> None:
        """Close the connections that wait for use."""
        if self._pool is not None:
            await self._pool.closeCachedConnections()


@implementer(IBodyProducer)
class _Body:
    """A body that is there as a whole."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.length = len(octets)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Write it."""
        consumer.write(self._octets)
        return succeed(None)

    def stopProducing(self) -> None:
        """There is nothing to stop."""

    pauseProducing = resumeProducing = stopProducing


def _whole(response: IResponse) -> Deferred[bytes | None]:
    """Return the body of an answer; None: it is too long, or broke off."""
    done: Deferred[bytes | None] = Deferred(lambda _: reader.end())
    reader = _Reader(done, response.length)
    response.deliverBody(reader)
    return done


class _Reader(TwistedProtocol):
    def __init__(self, done: Deferred[bytes | None], length: object) -> None:
        self._done: Deferred[bytes | None] | None = done
        self._length = length if isinstance(length, int) else None
        self._octets = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self._octets += data
        if len(self._octets) > READ_OCTETS:
            self._tell(None)
            self.end()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell what came, if all did that was promised."""
        whole = self._length is None or len(self._octets) >= self._length
        self._tell(bytes(self._octets) if whole else None)

    def end(self) -> None:
        """Hear no more."""
        self._done = None
        if self.transport is not None:
            getattr(self.transport, "abortConnection", self.transport.loseConnection)()

    def _tell(self, octets: bytes | None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done.callback(octets)
