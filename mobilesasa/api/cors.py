"""Pages of other sites that call the API: allowed where the operator names their site, and never with cookies.

Without a word from us a browser keeps the answer from such a page. A page that may read answers brings a token of its
own; the cookies of a login are for our own pages alone, so nothing here ever allows credentials (Fetch §3.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mobilesasa.api.ports.front import Front
from mobilesasa.api.sending import vary

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

ANY: Final = "*"
HEADERS_IN: Final = b"Authorization, Content-Type, Idempotency-Key, If-None-Match, X-API-Key, X-Request-Id, X-Team"
HEADERS_OUT: Final = b"ETag, Idempotent-Replayed, Link, Retry-After, X-Request-Id"
KEPT_S: Final = 600  # how long a browser remembers what it was told of a path


def allow(request: ApiRequest, front: Front) -> None:
    """Let the page that asks read the answer, if its site is one of those named."""
    if not front.cors_origins or not request.path.startswith(b"/api/"):
        return
    vary(request, b"Origin")
    origin = request.getHeader(b"origin")
    if origin is None:
        return
    if ANY in front.cors_origins:
        request.setHeader(b"Access-Control-Allow-Origin", b"*")
    elif origin.decode("latin-1").lower() in front.cors_origins:
        request.setHeader(b"Access-Control-Allow-Origin", origin)
    else:
        return
    request.setHeader(b"Access-Control-Expose-Headers", HEADERS_OUT)


def allow_methods(request: ApiRequest, methods: str) -> None:
    """Answer the question that a browser asks before it sends anything: may this method come, with which headers."""
    allowed = request.responseHeaders.hasHeader(b"access-control-allow-origin")
    if not allowed or request.getHeader(b"access-control-request-method") is None:
        return
    request.setHeader(b"Access-Control-Allow-Methods", methods.encode())
    request.setHeader(b"Access-Control-Allow-Headers", HEADERS_IN)
    request.setHeader(b"Access-Control-Max-Age", b"%d" % KEPT_S)
