"""Asking over HTTP: one pool a carrier, certificates checked, no redirects, no cookies, answers bounded.

What matters about a request that failed is whether it may have arrived. Refused connections, names that do not resolve,
handshakes that fail and requests that were not written to their end (a body shorter than its Content-Length is none) are
`NotAsked`; anything that goes wrong once a request was written is `Unanswered`.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import attrs
from OpenSSL import SSL, crypto
from service_identity import VerificationError
from treq.client import HTTPClient
from twisted.internet import defer, error
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.python.failure import Failure
from twisted.web._newclient import RequestGenerationFailed, RequestNotSent, RequestTransmissionFailed
from twisted.web.client import (
    Agent,
    BrowserLikePolicyForHTTPS,
    HTTPConnectionPool,
    ResponseDone,
    ResponseFailed,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH, IResponse

from mobilesasa.carriers.http.answers import HttpAnswer
from mobilesasa.carriers.http.requests import HttpRequest

_TLS_ERRORS: Final = (SSL.Error, VerificationError)
_NOT_ASKED: Final = (error.ConnectError, error.DNSLookupError, error.ConnectingCancelledError, RequestNotSent)
_HEADERS: Final = 100  # of an answer so many are read


class NotAsked(Exception):
    """The request did not leave; the text says why.

    Attributes:
        code: a word for it.
        of_account: whether nothing will leave until the operator has mended something.
        told: what teams are told instead of the text, which is for the operator then; empty: the text.
    """

    code = "unreachable"
    of_account = False
    told = ""


class Unanswered(Exception):
    """The request left, wholly or in part, and no answer was understood; the text says why."""


@attrs.define(eq=False)
class Progress:
    """How far a request got."""

    is_answered: bool = False


class Wire:
    """Sends requests and reads answers.

    Args:
        client: treq's, or one that stands for it.
        clock: ends what takes too long.
        timeout_s: for a whole exchange.
        answer_octets: of an answer so much is read.
        pool: closed at the end; None when there is none.
    """

    def __init__(
        self, client: Any, clock: Any, timeout_s: float, answer_octets: int, pool: HTTPConnectionPool | None = None
    ) -> None:
        """Connect to nothing yet."""
        self._client = client
        self._clock = clock
        self._timeout_s = timeout_s
        self._answer_octets = answer_octets
        self._pool = pool

    async def ask(self, request: HttpRequest) -> HttpAnswer:
        """Return what a request is answered.

        Raises:
            NotAsked: it did not leave.
            Unanswered: it may have arrived.
        """
        progress = Progress()
        exchange = Deferred.fromCoroutine(self._exchange(request, progress))
        exchange.addTimeout(self._timeout_s, self._clock)
        try:
            return await exchange
        except _NOT_ASKED as failed:
            raise NotAsked(_in_words(failed)) from failed
        except (CancelledError, defer.TimeoutError, error.TimeoutError) as failed:
            if progress.is_answered:
                raise Unanswered(f"the answer was not whole after {self._timeout_s:g} s") from failed
            raise NotAsked(f"no connection after {self._timeout_s:g} s") from failed
        except (RequestGenerationFailed, RequestTransmissionFailed) as failed:
            raise NotAsked(f"not wholly sent: {_in_words(failed.reasons[0].value)}") from failed
        except ResponseFailed as failed:
            reasons = [reason.value for reason in failed.reasons]
            if not progress.is_answered and any(isinstance(each, _TLS_ERRORS) for each in reasons):
                raise NotAsked(f"TLS: {_in_words(reasons[0])}") from failed
            if any(isinstance(each, CancelledError) for each in reasons):
                raise Unanswered(f"no answer within {self._timeout_s:g} s") from failed
            raise Unanswered(_in_words(reasons[0] if reasons else failed)) from failed
        except Exception as failed:  # an edge: whatever it is, the request may have left
            raise Unanswered(_in_words(failed)) from failed

    async def _exchange(self, request: HttpRequest, progress: Progress) -> HttpAnswer:
        response = await self._client.request(
            request.method,
            request.url,
            headers=Headers({name: [value] for name, value in request.headers.items()}),
            data=request.body,
            allow_redirects=False,
            unbuffered=True,
        )
        progress.is_answered = True
        headers: dict[str, str] = {}
        for name, values in list(response.headers.getAllRawHeaders())[:_HEADERS]:
            headers[name.decode("latin-1").lower()] = values[-1].decode("latin-1").strip()
        if response.length not in (UNKNOWN_LENGTH, None) and response.length == 0:
            return HttpAnswer(response.code, headers, b"")
        body, is_whole = await _read(response, self._answer_octets)
        return HttpAnswer(response.code, headers, body, is_whole)

    async def close(self) -> None:
        """Close the connections that wait for use."""
        if self._pool is not None:
            await self._pool.closeCachedConnections()


def open_wire(
    reactor: Any,
    *,
    pool_size: int,
    keep_s: float,
    connect_timeout_s: float,
    timeout_s: float,
    answer_octets: int,
    ca: str,
) -> Wire:
    """Return a wire with a pool of its own.

    A connection is kept only as long as no common server closes it by itself (5 s), and nothing is sent again by Twisted:
    a request that meets a connection which is just being closed is in doubt, and whoever asked must know.

    Args:
        reactor: connects.
        pool_size: connections that are kept for use again.
        keep_s: how long.
        connect_timeout_s: for a connection.
        timeout_s: for a whole exchange.
        answer_octets: of an answer so much is read.
        ca: certificates to trust instead of the system's, PEM; empty for the system's.
    """
    pool = HTTPConnectionPool(reactor, persistent=True)
    pool.maxPersistentPerHost = pool_size
    pool.cachedConnectionTimeout = keep_s  # type: ignore[assignment]
    pool.retryAutomatically = False
    policy = BrowserLikePolicyForHTTPS(trust(ca) if ca else None)
    agent = Agent(reactor, policy, connectTimeout=connect_timeout_s, pool=pool)
    client = HTTPClient(agent)
    client._cookiejar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return Wire(client, reactor, timeout_s, answer_octets, pool)


def trust(pem: str) -> Any:
    """Return certificates as what is trusted.

    Raises:
        ValueError: there is none in the text.
    """
    mark = "-----END CERTIFICATE-----"
    each = [f"{text}{mark}\n" for text in pem.split(mark)[:-1]]
    try:
        certificates = [Certificate.loadPEM(text.encode()) for text in each]
    except crypto.Error as bad:
        raise ValueError(f"no certificate in PEM: {_in_words(bad)}") from None
    if not certificates:
        raise ValueError("no certificate in PEM")
    return trustRootFromCertificates(certificates)


def _read(response: IResponse, limit_octets: int) -> Deferred[tuple[bytes, bool]]:
    def give_up(_: Deferred[tuple[bytes, bool]]) -> None:
        reader.end(is_whole=False)

    done: Deferred[tuple[bytes, bool]] = Deferred(give_up)
    reader = _BodyReader(done, limit_octets)
    response.deliverBody(reader)
    return done


class _BodyReader(Protocol):
    """Takes the body of an answer, up to a limit; what is beyond is not waited for."""

    def __init__(self, done: Deferred[tuple[bytes, bool]], limit_octets: int) -> None:
        self._done: Deferred[tuple[bytes, bool]] | None = done
        self._limit_octets = limit_octets
        self._octets = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self._octets += data
        if len(self._octets) > self._limit_octets:
            done = self._done
            self.end(is_whole=False)
            if done is not None:
                done.callback((bytes(self._octets[: self._limit_octets]), False))

    def end(self, is_whole: bool) -> None:
        """Hear no more."""
        self._done = None
        if not is_whole and self.transport is not None:
            getattr(self.transport, "abortConnection", self.transport.loseConnection)()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            done.callback((bytes(self._octets), True))
        else:
            done.errback(reason)


def _in_words(failed: BaseException) -> str:
    return str(failed) or type(failed).__name__
