"""The door of short links: `https://go.example.com/<code>` leads on to where the link of a campaign leads.

It answers at the host of its address alone and below its path alone, before the API is looked at. It leads to nothing but
URLs that stand in the texts of campaigns, whatever is asked, so it is no open redirect. Whether anybody has a code costs
one look at an index; an address that tries too many codes which nobody has is told to wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote, urlsplit

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from mobilesasa.api.addresses import client_address
from mobilesasa.api.ports.links import LinkBook
from mobilesasa.api.site import ApiRequest
from mobilesasa.campaigns.clicks import Led, is_preview, read_path
from mobilesasa.core.attempts import Attempts, origin
from mobilesasa.core.errors import Overloaded, StoreAway

UNKNOWN_MAX: Final = 30  # codes that nobody has, from one address in `UNKNOWN_SPAN_S`; of more it is told to wait
UNKNOWN_SPAN_S: Final = 60.0
ADDRESSES_MAX: Final = 10_000
RETRY_AFTER_S: Final = 5
_METHODS: Final = (b"GET", b"HEAD")
_PURPOSES: Final = (b"purpose", b"sec-purpose", b"x-purpose", b"x-moz")
_HTML: Final = b"text/html; charset=utf-8"
_NOT_FOR_ROBOTS: Final = b"User-agent: *\nDisallow: /\n"


@attrs.frozen
class Place:
    """Where the door is: at a host, below a path."""

    host: bytes  # in lower case, without a port
    path: bytes  # with a slash at its end


def place_of(base_url: str) -> Place:
    """Return where the door is whose short links begin with an address."""
    split = urlsplit(base_url)
    return Place((split.hostname or "").encode("ascii"), split.path.rstrip("/").encode("ascii") + b"/")


class LinkDoor:
    """Answers whoever follows a short link.

    Args:
        base_url: what all short links begin with.
        book: knows where they lead.
        now_ms: milliseconds since the epoch.
        clock: measures how long unknown codes of an address are remembered.
    """

    def __init__(self, base_url: str, book: LinkBook, now_ms: Callable[[], int], clock: IReactorTime) -> None:
        """Begin with no unknown code seen."""
        self._place = place_of(base_url)
        self._book = book
        self._now_ms = now_ms
        self._clock = clock
        self._unknown = Attempts(UNKNOWN_MAX, UNKNOWN_SPAN_S, ADDRESSES_MAX)

    def is_for(self, request: ApiRequest) -> bool:
        """Say whether a request is for this door."""
        return request.path.startswith(self._place.path) and _host(request) == self._place.host

    def serve(self, request: ApiRequest) -> None:
        """Answer a request that is for this door."""
        request.setHeader(b"X-Robots-Tag", b"noindex, nofollow")
        rest = request.path[len(self._place.path) :]
        asked = read_path(rest.decode("latin-1"))
        if request.method not in _METHODS:
            _answer(
                request, 405, "There is nothing to do here", "A short link is to be followed.", {b"Allow": b"GET, HEAD"}
            )
        elif asked is not None:
            answered = Deferred.fromCoroutine(self._lead(request, *asked))
            answered.addErrback(request.processingFailed)
            answered.addErrback(lambda _: None)  # answered and logged
        elif rest == b"robots.txt":
            _send(request, 200, b"text/plain; charset=utf-8", _NOT_FOR_ROBOTS)
        else:
            self._not_found(request)

    async def _lead(self, request: ApiRequest, code: str, link_n: int) -> None:
        try:
            led = await self._book.find(code)
        except (StoreAway, Overloaded):
            headers = {b"Retry-After": b"%d" % RETRY_AFTER_S}
            _answer(request, 503, "Please try again in a moment", "The link cannot be looked up right now.", headers)
            return
        if led is None:
            self._not_found(request)
        elif not 0 < link_n <= len(led.urls):
            _answer(request, 404, *_NOT_THERE)
        elif led.expires_at_ms is not None and led.expires_at_ms <= self._now_ms():
            _answer(request, 410, "This link has expired", "Its time is over; ask whoever sent it to you.")
        else:
            self._follow(request, led, link_n)

    def _follow(self, request: ApiRequest, led: Led, link_n: int) -> None:
        self._book.followed(led, link_n, _is_preview(request), self._now_ms())
        url = led.urls[link_n - 1]
        request.setHeader(b"Location", location(url))
        _answer(request, 302, "Here it goes on", url)

    def _not_found(self, request: ApiRequest) -> None:
        """Answer for a code that nobody has; good ones pass whatever else came from their address, for many may share it."""
        key, now_s = origin(client_address(request)), self._clock.seconds()
        if self._unknown.failed(key, now_s) <= self._unknown.limit:
            _answer(request, 404, *_NOT_THERE)
        else:
            headers = {b"Retry-After": b"%d" % self._unknown.wait_s(key, now_s)}
            _answer(request, 429, "Too many links that are not there", "Please wait a minute.", headers)


_NOT_THERE: Final = ("This link leads nowhere", "See whether it is written exactly as it was sent to you.")


@lru_cache(1024)
def location(url: str) -> bytes:
    """Return a URL as a header can have it: in ASCII (RFC 3987 §3.1), with nothing that would end the header."""
    split = urlsplit(url)
    try:
        where = split.netloc.encode("idna").decode("ascii")
    except UnicodeError:
        where = split.netloc
    return quote(split._replace(netloc=where).geturl(), safe="!#$%&'()*+,/:;=?@[]~").encode("ascii")


def _host(request: ApiRequest) -> bytes:
    """Return the name of the host that a request is for, without a port."""
    host: bytes = request.getHeader(b"host") or b""
    return host.strip().lower().partition(b":")[0].removesuffix(b".")


def _is_preview(request: ApiRequest) -> bool:
    purpose = b" ".join(request.getHeader(name) or b"" for name in _PURPOSES)
    agent = request.getHeader(b"user-agent") or b""
    return is_preview(request.method.decode(), agent.decode("latin-1"), purpose.decode("latin-1"))


def _answer(
    request: ApiRequest, status: int, title: str, text: str, headers: Mapping[bytes, bytes] | None = None
) -> None:
    """Send a page for people: a heading and a sentence, without script, style or anything else to be fetched."""
    for name, value in (headers or {}).items():
        request.setHeader(name, value)
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head><body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>\n"
    )
    _send(request, status, _HTML, page.encode())


def _send(request: ApiRequest, status: int, kind: bytes, octets: bytes) -> None:
    request.setResponseCode(status)
    request.setHeader(b"Content-Type", kind)
    request.setHeader(b"Content-Length", b"%d" % len(octets))
    request.setHeader(b"Cache-Control", b"no-store")
    request.conclude(b"" if request.method == b"HEAD" else octets)
