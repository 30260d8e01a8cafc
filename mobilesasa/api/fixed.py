"""Files that a node serves as they are: made once, packed once, and sent again only to who does not have them."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from mobilesasa.api.sending import is_known, pack, takes_gzip, unchanged, vary
from mobilesasa.api.site import ApiRequest, Known

ASKED_AGAIN: Final = b"no-cache"  # it may be kept, and is asked for again before it is used
FOR_GOOD: Final = b"public, max-age=31536000, immutable"  # of an address at which nothing else will ever be
_PACKED_FROM: Final = 512


class Fixed(Known):
    """One file.

    Args:
        kind: its media type.
        octets: what is in it.
        policy: what a browser may do with it; None: nothing.
    """

    def __init__(self, kind: str, octets: bytes, policy: bytes | None = None) -> None:
        """Pack it."""
        super().__init__()
        self._sent = Sent(kind, octets, policy)

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the file."""
        return self._sent.to(request)


class Sent:
    """Octets with their tag, and the same packed.

    Args:
        kind: their media type.
        octets: what is sent.
        policy: what a browser may do with it; None: nothing.
        kept: what `Cache-Control` says.
    """

    def __init__(self, kind: str, octets: bytes, policy: bytes | None = None, kept: bytes = ASKED_AGAIN) -> None:
        """Pack them, where that is worth it."""
        packed = pack(octets) if len(octets) >= _PACKED_FROM else octets
        self._kind, self._octets, self._policy, self._kept = kind.encode(), octets, policy, kept
        self._packed = packed if len(packed) < len(octets) else None
        self._tag = b'"%b"' % sha256(octets).hexdigest()[:24].encode()

    def to(self, request: ApiRequest) -> bytes:
        """Return what is sent, with its headers set."""
        request.setHeader(b"Cache-Control", self._kept)
        request.setHeader(b"ETag", self._tag)
        if self._policy is not None:
            request.setHeader(b"Content-Security-Policy", self._policy)
        if self._packed is not None:
            vary(request, b"Accept-Encoding")
        if is_known(request, self._tag):
            return unchanged(request)
        octets = self._octets
        if self._packed is not None and takes_gzip(request):
            octets = self._packed
            request.setHeader(b"Content-Encoding", b"gzip")
        request.setHeader(b"Content-Type", self._kind)
        request.setHeader(b"Content-Length", b"%d" % len(octets))
        return octets
