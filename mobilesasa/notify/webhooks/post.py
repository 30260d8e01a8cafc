"""One call of an endpoint: signed, bounded in time and in what is read of the answer, without redirects or cookies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool
from twisted.web.http import stringToDatetime
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IPolicyForHTTPS, IResponse
from zope.interface import implementer

from mobilesasa.core import signing
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.hooks import EXCERPT_OCTETS, Endpoint, Outcome
from mobilesasa.notify.webhooks.guard import GuardedEndpoints

READ_OCTETS: Final = 16_384  # of an answer; what has more loses its connection
KEPT_S: Final = 4.0  # a connection waits for its next use: most servers close theirs after five
CONNECTIONS: Final = 8  # that wait, of one host
_TLS_ERRORS: Final = (SSL.Error, VerificationError)


class Post:
    """Calls endpoints.

    Args:
        agent: asks.
        clock: ends what takes too long, and says how long it took.
        now_s: seconds since the epoch, which calls are signed with.
        timeout_s: for a whole call.
        pool: closed at the end; None when there is none.
    """

    def __init__(
        self,
        agent: IAgent,
        clock: IReactorTime,
        now_s: Callable[[], int],
        timeout_s: float,
        pool: HTTPConnectionPool | None = None,
    ) -> None:
        """Connect to nothing yet."""
        self._agent = agent
        self._clock = clock
        self._now_s = now_s
        self._timeout_s = timeout_s
        self._pool = pool

    async def call(self, endpoint: Endpoint, event_id: str, body: bytes) -> Outcome:
        """Tell an endpoint of an event; whatever comes of it is an outcome.

        Raises:
            CancelledError: whoever waited for it gave it up.
        """
        began_s = self._clock.seconds()
        exchange = Deferred.fromCoroutine(self._exchange(endpoint, event_id, body, began_s))
        over = self._clock.callLater(self._timeout_s, exchange.cancel)
        try:
            return await exchange
        except Exception as failed:  # an edge: what an endpoint does is an outcome, whatever it is
            reasons = [failed, *(reason.value for reason in getattr(failed, "reasons", ()))]
            if over.active() and any(isinstance(each, CancelledError) for each in reasons):
                raise CancelledError from failed
            words = _in_words(reasons) if over.active() else f"no answer within {self._timeout_s:g} s"
            return Outcome(error=words, latency_ms=self._since_ms(began_s))
        finally:
            if over.active():
                over.cancel()

    async def _exchange(self, endpoint: Endpoint, event_id: str, body: bytes, began_s: float) -> Outcome:
        headers = Headers({"Content-Type": ["application/json"], "User-Agent": ["mobilesasa-webhooks"]})
        for name, value in signing.headers(endpoint.secrets, event_id, self._now_s(), body).items():
            headers.addRawHeader(name, value)
        response = await self._agent.request(b"POST", endpoint.url.encode("ascii"), headers, _Body(body))
        answer = await _beginning(response)
        return Outcome(
            status=response.code,
            answer=answer[:EXCERPT_OCTETS].decode("utf-8", "replace").replace("\x00", ""),
            latency_ms=self._since_ms(began_s),
            retry_after_s=self._retry_after_s(response.headers),
        )

    def _retry_after_s(self, headers: Headers) -> float | None:
        """Return what `Retry-After` says: seconds, or a date (RFC 9110 §10.2.3)."""
        given = (headers.getRawHeaders(b"Retry-After") or [b""])[-1].strip()
        if given.isdigit():
            return float(given[:9])
        try:
            return float(stringToDatetime(given) - self._now_s())
        except (ValueError, IndexError, UnicodeDecodeError):
            return None

    def _since_ms(self, began_s: float) -> int:
        return round((self._clock.seconds() - began_s) * 1000)

    async def close(self) -> None:
        """Close the connections that wait for use."""
        if self._pool is not None:
            await self._pool.closeCachedConnections()


def _in_words(reasons: Sequence[BaseException]) -> str:
    """Say what went wrong: first what was raised, then what lies behind it."""
    if isinstance(reasons[0], error.DNSLookupError):
        return "its name is not known"
    inner = next((each for each in reasons if isinstance(each, _TLS_ERRORS)), reasons[-1])
    words = str(inner) or type(inner).__name__
    return f"TLS: {words}" if isinstance(inner, _TLS_ERRORS) else words


def open_post(
    reactor: Any, reach: Reach, now_s: Callable[[], int], timeout_s: float, policy: IPolicyForHTTPS | None = None
) -> Post:
    """Return what calls endpoints over a pool of its own.

    Args:
        reactor: connects.
        reach: what may be connected to.
        now_s: seconds since the epoch.
        timeout_s: for a whole call.
        policy: verifies certificates; None: as browsers do.
    """
    pool = HTTPConnectionPool(reactor, persistent=True)
    pool.maxPersistentPerHost = CONNECTIONS
    pool.cachedConnectionTimeout = KEPT_S  # type: ignore[assignment]
    pool.retryAutomatically = False
    endpoints = GuardedEndpoints(reactor, policy or BrowserLikePolicyForHTTPS(), reach, timeout_s)
    agent = Agent.usingEndpointFactory(reactor, endpoints, pool)
    return Post(agent, reactor, now_s, timeout_s, pool)


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


def _beginning(response: IResponse) -> Deferred[bytes]:
    """Return how an answer begins; of one that is short all is read, so that its connection can be used again."""
    done: Deferred[bytes] = Deferred(lambda _: reader.end())
    reader = _Reader(done)
    response.deliverBody(reader)
    return done


class _Reader(Protocol):
    def __init__(self, done: Deferred[bytes]) -> None:
        self._done: Deferred[bytes] | None = done
        self._octets = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self._octets += data
        if len(self._octets) > READ_OCTETS:
            self._tell()
            self.end()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell what came, whole or not: the status counts, and that was there."""
        self._tell()

    def end(self) -> None:
        """Hear no more."""
        self._done = None
        if self.transport is not None:
            getattr(self.transport, "abortConnection", self.transport.loseConnection)()

    def _tell(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            done.callback(bytes(self._octets))
