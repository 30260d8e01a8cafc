"""A request that came whole, for a door that reads its octets itself and writes its answer at once.

Twisted's request keeps much that such a door never asks for: cookies, arguments, a file for the body, tables of headers. This one
keeps what came as it came, and an answer is one piece of octets, as `ApiRequest` would have sent it. On its connection it is a
request like any other: none is read before it is answered, and it hears when its client has gone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES
from twisted.web.http_headers import Headers

from mobilesasa.api.addresses import Client
from mobilesasa.api.answers import refuse
from mobilesasa.api.errors import internal_error

if TYPE_CHECKING:
    from mobilesasa.api.channel import ApiChannel
    from mobilesasa.api.site import ApiRequest

#: Headers as they came, in their order, with names in small letters.
RawHeaders = list[tuple[bytes, bytes]]
_NAMES_KEPT: Final = 64


class WholeRequest:
    """One such request; it has what `ApiRequest` has, as far as a door needs it.

    Args:
        channel: on which it came.
        method: GET, POST, PUT or DELETE.
        uri: as it was asked for, in printable ASCII.
        headers: all of them.
        body: all of it.
    """

    __slots__ = (
        "_asker",
        "_channel",
        "_headers",
        "_lines",
        "_status",
        "body",
        "is_over",
        "method",
        "path",
        "request_id",
        "uri",
    )

    has_room = False  # of no large body
    log = Logger()

    def __init__(self, channel: ApiChannel, method: bytes, uri: bytes, headers: RawHeaders, body: bytes) -> None:
        """Answer nothing yet."""
        self._channel: ApiChannel | None = channel
        self.method, self.uri, self.body = method, uri, body
        self.path = uri.partition(b"?")[0]
        self._headers = headers
        self._asker: Client | None = None
        self._status = 200
        self._lines: list[bytes] = []
        self.is_over = False  # it was answered, or its client has gone
        self.request_id = ""  # until it is begun

    def getHeader(self, name: bytes) -> bytes | None:  # noqa: N802 - Twisted's name
        """Return a header by its name in small letters, of several the last; None when there is none."""
        found = None
        for each, value in self._headers:
            if each == name:
                found = value
        return found

    @property
    def requestHeaders(self) -> Headers:  # noqa: N802 - Twisted's name
        """All headers, as Twisted has them."""
        made = Headers()
        for name, value in self._headers:
            made.addRawHeader(name, value)
        return made

    def getClientAddress(self) -> IAddress:  # noqa: N802 - Twisted's name
        """Return the address of the peer."""
        return self._on().getPeer()

    def isSecure(self) -> bool:
        """Say whether the connection is TLS."""
        return self._on().isSecure()

    @property
    def asker(self) -> Client:
        """Who asks, as far as it can be known."""
        if self._asker is None:
            self._asker = self._on().asked_by(cast("ApiRequest", self))
        return self._asker

    def setResponseCode(self, status: int) -> None:  # noqa: N802 - Twisted's name
        """Set the status of the answer."""
        self._status = status

    def setHeader(self, name: bytes, value: bytes) -> None:  # noqa: N802 - Twisted's name
        """Add a header to the answer; each is set once."""
        if b"\n" in value or b"\r" in value:
            value = b" ".join(value.splitlines())
        self._lines.append(b"%b: %b\r\n" % (_written(name), value))

    def conclude(self, octets: bytes) -> None:
        """Send the answer, whose length a header has, unless the client has gone or was answered."""
        channel = self._channel
        if self.is_over or channel is None:
            return
        self.is_over = True
        site, status = channel.site, self._status
        guards = site.guards[self.asker.secure]
        channel.write(
            b"HTTP/1.1 %d %b\r\n%b%bX-Request-Id: %b\r\nDate: %b\r\n%b\r\n%b"
            % (status, RESPONSES[status], guards.lines, guards.policy, self.request_id.encode(), site.date(),
               b"".join(self._lines), octets)
        )  # fmt: skip
        self._channel = None
        channel.requestDone(self)

    def processingFailed(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """Answer what nobody caught; it is our defect, and logged once."""
        self.log.failure("request {request_id} failed", reason, request_id=self.request_id)
        self._status, self._lines = 200, []
        self.conclude(refuse(cast("ApiRequest", self), internal_error()))

    def connectionLost(self, _: Failure) -> None:
        """Hear that the client has gone: whoever answers answers nobody."""
        self.is_over, self._channel = True, None

    def _on(self) -> ApiChannel:
        """Return the connection, of which nobody asks when it is over."""
        if self._channel is None:
            raise RuntimeError("the request is over")
        return self._channel


@lru_cache(_NAMES_KEPT)
def _written(name: bytes) -> bytes:
    """Return the name of a header as Twisted writes it."""
    made = Headers()
    made.setRawHeaders(name, [b""])
    return next(iter(made.getAllRawHeaders()))[0]
