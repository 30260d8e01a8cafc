"""A connection of a client: requests come at a pace, and what is no HTTP is answered in the envelope too.

Twisted closes a connection that is silent; one that sends an octet now and then is not silent, and would be kept for ever.
Twisted bounds heads (16 kB, 500 headers) and what is read ahead of a request that is under way (16 kB).
Of requests that come without waiting for answers a few are answered in a turn of the reactor, then others have theirs; and
none while the client does not read what it asked for, nor is it read.
A large body holds one of few places (`room`), so it must come faster than others, or is refused.

A client that closes its writing side has no more to ask and may wait for answers still (RFC 9112 §9.6): requests that came whole
are answered, and then the connection is closed. TLS knows no such half: Twisted ends such a connection.

What every request would pay for is done once a connection, or in a cheaper way: a request that came whole is read at one look
(`at_once`), what is known of the peer is asked once, one timer watches the silence of a connection however many requests come
meanwhile, and an answer goes out whole, head and body, at once if the socket takes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from twisted.internet import tcp
from twisted.internet.interfaces import IAddress, IDelayedCall, IHalfCloseableProtocol, ITCPTransport
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.http_headers import Headers
from zope.interface import implementer

from mobilesasa.api.addresses import Client, client_of
from mobilesasa.api.at_once import read_at_once
from mobilesasa.api.guard import POLICY

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest, ApiSite
    from mobilesasa.api.whole import WholeRequest

_SOON_S: Final = 0.001  # a timer that is early by less than this is in time
_ONE_TURN: Final = 16  # requests of a connection that are answered before others are served
_LARGE_OCTETS: Final = 16_384  # of an answer: for each it counts as one more
_BAD_HTTP: Final = "the request is not HTTP as it should be: look at its first line, its headers and their size"
_TOO_SLOW: Final = (
    "the body comes too slowly, and others wait for its place; send it by a faster line, or in smaller files"
)


@implementer(IHalfCloseableProtocol)
class ApiChannel(http.HTTPChannel):
    """One connection."""

    site: ApiSite  # which Twisted sets

    _asker: Client | None = None  # who asks, once it is known, where no proxy tells that of each request
    _began_s: float | None = None  # when the first octet of the request came that is being read
    _octets = 0  # of that request
    _head = b""  # of an answer, as long as nothing follows it
    _peer: IAddress
    _host: IAddress
    _is_secure = False
    _socket: tcp.Server | None = None  # where nothing stands between us and it
    _watch: IDelayedCall | None = None
    _heard_s = 0.0  # when the connection was silent for the last time
    _has_ended = False  # the client has no more to ask
    _is_refused = False  # what it still sends is not looked at
    _answered_s: float | None = None
    _in_turn = 0  # requests answered in this turn
    _waiting_octets = 0  # of what was written last, and since the client does not read
    _resting: IDelayedCall | None = None  # until the next one

    def connectionMade(self) -> None:
        """Ask what stays as it is."""
        below: Any = self.transport
        self._peer, self._host, self._is_secure = below.getPeer(), below.getHost(), super().isSecure()
        while isinstance(below, ProtocolWrapper):
            below = below.transport
        self._socket = below if type(below) is tcp.Server and not self._is_secure else None
        super().connectionMade()

    def getPeer(self) -> IAddress:
        """Return the address of the client."""
        return self._peer

    def getHost(self) -> IAddress:
        """Return our own address."""
        return self._host

    def isSecure(self) -> bool:
        """Say whether the connection is TLS."""
        return self._is_secure

    def readConnectionLost(self) -> None:
        """Close the connection, behind the answers to requests that came whole; half a request is dropped."""
        self._has_ended = True
        self._close_if_over()

    def writeConnectionLost(self) -> None:
        """Do nothing: both directions are closed at once here."""

    def _close_if_over(self) -> None:
        """Close the connection when the client has ended and no request of it is under way or waits to be read."""
        if self._has_ended and not (self._handlingRequest or self._busyReceiving or self.paused):
            self.loseConnection()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """Watch no longer."""
        self.site.unread.over(self)
        super().connectionLost(reason)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    @property
    def answered_s(self) -> float | None:
        """When the last request was answered, in seconds of the site's clock; None: there was none."""
        return self._answered_s

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, or one comes that holds a place for a large body."""
        return self._handlingRequest or self._has_room

    def setTimeout(self, period: int | None) -> int | None:  # noqa: N802 - Twisted's name
        """Set how long the connection may be silent from now on, None for ever; return what it was."""
        before, self.timeOut = self.timeOut, period
        self._heard_s = self.site.clock.seconds()
        if period is not None and self._watch is None:
            self._watch = self.callLater(period, self._look)
        return before

    def resetTimeout(self) -> None:  # noqa: N802 - Twisted's name
        """Begin to count anew."""
        self._heard_s = self.site.clock.seconds()

    def _look(self) -> None:
        """End a connection that was silent for too long, or look again when it could have been."""
        self._watch = None
        if self.timeOut is None:
            return  # a request is under way; its end sets the time again
        left_s = self._heard_s + self.timeOut - self.site.clock.seconds()
        if left_s > _SOON_S:
            self._watch = self.callLater(left_s, self._look)
        else:
            self.timeoutConnection()

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:  # noqa: N802
        """Keep the head of an answer for what comes with it."""
        lines = [b"%b: %b\r\n" % (name, value) for name, values in headers.getAllRawHeaders() for value in values]
        guards = self.site.guards[cast("ApiRequest", self.requests[0]).asker.secure]
        policy = b"" if headers.hasHeader(POLICY) else guards.policy
        self._head = b"%b %b %b\r\n%b%b%b\r\n" % (version, code, reason, guards.lines, policy, b"".join(lines))

    def write(self, data: bytes) -> None:
        """Send a piece of an answer, behind its head if that is kept still."""
        octets, self._head = self._head + data, b""
        self._in_turn += len(octets) // _LARGE_OCTETS
        socket = self._socket
        if socket is not None and not socket.dataBuffer and not socket._tempDataBuffer:  # or it would overtake
            sent = socket.writeSomeData(octets)
            if isinstance(sent, int):
                octets = octets[sent:]
        if octets:
            self._waiting_octets = len(octets) + (self._waiting_octets if self._waitingForTransport else 0)
            cast(ITCPTransport, self.transport).write(octets)
            if self._waitingForTransport:
                self.site.unread.wait(self, self._waiting_octets)

    def cut(self) -> None:
        """End the connection, and let go of what waits to be read at once: Twisted keeps it to the end of the turn."""
        cast(ITCPTransport, self.transport).abortConnection()
        socket = self._socket
        if socket is not None:
            socket.dataBuffer, socket._tempDataBuffer, socket._tempDataLen = b"", [], 0

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send pieces of an answer."""
        self.write(b"".join(iovec))

    def send_head(self) -> None:
        """Send a head behind which nothing came."""
        if self._head:
            self.write(b"")

    def dataReceived(self, data: bytes) -> None:
        """Read on, unless the request has been coming for too long."""
        if self._is_refused:
            return
        if not self._busyReceiving and self._resting is None:
            self._in_turn = 0
            if self._is_between_requests and read_at_once(self, data):
                return
        if self._handlingRequest or not self._is_late(len(data)):
            super().dataReceived(data)
        elif self._has_room:
            self._cut_off()
        else:
            cast(ITCPTransport, self.transport).abortConnection()

    def request(self) -> ApiRequest:
        """Return a request of this connection, of which nothing is known yet."""
        return cast("ApiRequest", cast(Any, self.requestFactory)(self, len(self.requests)))

    def answer_whole(self, request: ApiRequest, method: bytes, target: bytes, body: bytes) -> None:
        """Begin to answer a request that has its headers and came whole, in the way in which Twisted begins."""
        self.requests.append(request)
        self._command, self._path, self._version = method, target, b"HTTP/1.1"
        request.parseCookies()
        request.gotLength(len(body))
        if body:
            request.handleContentChunk(body)
        self.allContentReceived()

    def begin_whole(self, request: WholeRequest) -> None:
        """Let the next request wait until one that came whole is done, as Twisted does when it has read a request."""
        self.requests.append(request)
        request.request_id = self.site.id_of(request.getHeader(b"x-request-id"))
        self._began_s = None
        if self.timeOut:
            self._savedTimeOut = self.setTimeout(None)
        self._handlingRequest = True
        self.setRawMode()

    def asked_by(self, request: ApiRequest) -> Client:
        """Return who asks; on a connection that is no proxy's all are the same."""
        front = self.site.front
        if front.trusted_proxies:
            return client_of(request, front)
        if self._asker is None:
            self._asker = client_of(request, front)
        return self._asker

    @property
    def _is_between_requests(self) -> bool:
        """Whether the next octet begins a request that would be answered: over TLS some still come when the end has begun."""
        is_ending = not self.persistent or cast(Any, self.transport).disconnecting
        return not (is_ending or self.requests or self._buffer)

    @property
    def _has_room(self) -> bool:
        """Whether the request that is being read holds a place for a large body."""
        return bool(self.requests) and cast("ApiRequest", self.requests[-1]).has_room

    def _cut_off(self) -> None:
        """Refuse a body that comes too slowly, and free its place; the connection ends, also where the client does not mind."""
        self._is_refused = True
        cast("ApiRequest", self.requests[-1]).leave_room()
        self.setTimeout(None)  # this is the end already
        self._answer("too_slow", _TOO_SLOW)
        self.timeoutConnection()

    def _is_late(self, octets: int) -> bool:
        """Say whether what has come of a request took longer than `request_s` and a second for each `octets_per_s`.

        Of one that holds a place it is each `body_min_octets_per_s`.
        """
        limits = self.site.limits
        now_s = self.site.clock.seconds()
        if self._began_s is None:
            self._began_s, self._octets = now_s, 0
        self._octets += octets
        waited_s = now_s - self._began_s
        if waited_s <= limits.request_s:
            return False
        octets_per_s = limits.body_min_octets_per_s if self._has_room else limits.octets_per_s
        return waited_s > limits.request_s + self._octets / octets_per_s

    def allContentReceived(self) -> None:
        """Begin to answer; the next request begins with its own first octet."""
        self._began_s = None
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802 - Twisted's name
        """Go on with what was read ahead; the time for it begins now."""
        if self._dataBuffer:
            self._began_s, self._octets = self.site.clock.seconds(), sum(map(len, self._dataBuffer))
        if not self.persistent:
            self.setTimeout(self._savedTimeOut)  # for who does not read the answer
        self._answered_s = self.site.clock.seconds()
        self._in_turn += 1
        self._rest()
        super().requestDone(request)
        if self.paused and self.persistent:
            self._networkProducer.pauseProducing()  # which it has just resumed
        self._close_if_over()

    def loseConnection(self) -> None:
        """Close the connection; meanwhile it is read, for over TLS that tells whether the client has closed it."""
        self._networkProducer.resumeProducing()
        super().loseConnection()

    def _rest(self) -> None:
        """Let what was read ahead wait: for the client, who does not read, or for others, whose turn it is."""
        if self._waitingForTransport:
            self.paused = True
        elif self._in_turn >= _ONE_TURN and self._resting is None and (self._buffer or self._dataBuffer):
            self.paused = True
            self._resting = self.callLater(0, self._go_on)

    def _go_on(self) -> None:
        """Answer what waited."""
        self._resting = None
        if not self.paused or self._waitingForTransport:
            return
        self.paused = False
        self._in_turn = 0
        self._networkProducer.resumeProducing()
        if self._buffer:
            super().dataReceived(b"")  # it is in there
        self._close_if_over()

    def pauseProducing(self) -> None:
        """Read no more of a client that does not read; Twisted reads on while a request is under way."""
        super().pauseProducing()
        self._networkProducer.pauseProducing()
        self.site.unread.wait(self, self._waiting_octets)

    def resumeProducing(self) -> None:
        """Go on: the client has read."""
        self.site.unread.over(self)
        super().resumeProducing()
        if self._handlingRequest and sum(map(len, self._dataBuffer)) <= self._optimisticEagerReadSize:
            self._networkProducer.resumeProducing()
        if self._resting is None:
            self._go_on()

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Refuse a line without an end."""
        self._respondToBadRequestAndDisconnect()

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802 - Twisted's name; its own answer has no body
        self._answer("bad_http", _BAD_HTTP)
        self.loseConnection()

    def _answer(self, code: str, words: str) -> None:
        """Answer 400 in the envelope; the connection is to end behind it."""
        request_id = self.site.new_id()
        body = {"success": False, "error": words, "code": code, "request_id": request_id}
        octets = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
        head = (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n"
            f"X-Request-Id: {request_id}\r\nContent-Length: {len(octets)}\r\n"
        )
        guards = self.site.guards[self._is_secure]
        whole = b"".join([head.encode(), guards.lines, guards.policy, b"\r\n", octets])
        cast(ITCPTransport, self.transport).write(whole)
