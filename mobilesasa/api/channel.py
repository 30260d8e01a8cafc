"""A connection of a client: requests come at a pace, and what is no HTTP is answered in the envelope too.

Twisted closes a connection that is silent; one that sends an octet now and then is not silent, and would be kept for ever.
Twisted bounds heads (16 kB, 500 headers) and what is read ahead of a request that is under way (16 kB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from twisted.internet.interfaces import ITCPTransport
from twisted.web import http

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiSite

_CODE: Final = "bad_http"
_WORDS: Final = "the request is not HTTP as it should be: look at its first line, its headers and their size"


class ApiChannel(http.HTTPChannel):
    """One connection."""

    _began_s: float | None = None  # when the first octet of the request came that is being read
    _octets = 0  # of that request

    def dataReceived(self, data: bytes) -> None:
        """Read on, unless the request has been coming for too long."""
        if not self._handlingRequest and self._is_late(len(data)):
            cast(ITCPTransport, self.transport).abortConnection()
            return
        super().dataReceived(data)

    def _is_late(self, octets: int) -> bool:
        """Say whether what has come of a request took longer than `request_s` and a second for each `octets_per_s`."""
        site = self._site
        now_s = site.clock.seconds()
        if self._began_s is None:
            self._began_s, self._octets = now_s, 0
        self._octets += octets
        return now_s - self._began_s > site.limits.request_s + self._octets / site.limits.octets_per_s

    def allContentReceived(self) -> None:
        """Begin to answer; the next request begins with its own first octet."""
        self._began_s = None
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802 - Twisted's name
        """Go on with what was read ahead; the time for it begins now."""
        if self._dataBuffer:
            self._began_s, self._octets = self._site.clock.seconds(), sum(map(len, self._dataBuffer))
        super().requestDone(request)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Refuse a line without an end."""
        self._respondToBadRequestAndDisconnect()

    @property
    def _site(self) -> ApiSite:
        return cast("ApiSite", getattr(self, "site"))  # noqa: B009 - Twisted sets it and does not declare it

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802 - Twisted's name; its own answer has no body
        request_id = self._site.new_id()
        body = {"success": False, "error": _WORDS, "code": _CODE, "request_id": request_id}
        octets = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
        head = (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n"
            f"X-Request-Id: {request_id}\r\nContent-Length: {len(octets)}\r\n\r\n"
        )
        cast(ITCPTransport, self.transport).write(head.encode() + octets)
        self.loseConnection()
