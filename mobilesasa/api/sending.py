"""How an answer goes out: with a tag that saves sending it again, and packed where the client can unpack it."""

from __future__ import annotations

import re
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

_PACKED_FROM: Final = 1024  # octets; less than a packet is not worth the work
_PACKED_TO: Final = 2_097_152  # octets; more would keep the reactor for longer than 20 ms
_LEVEL: Final = 1  # twice as fast as the usual 6, for a tenth more octets
_GZIP: Final = 16 + zlib.MAX_WBITS
_TAG: Final = re.compile(rb'(?:W/)?"([^"]*)"')
_CODING: Final = re.compile(rb"\s*(gzip|x-gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?\Z", re.IGNORECASE)


def finished(request: ApiRequest, octets: bytes, tagged: bool) -> bytes:
    """Return what is sent of an answer whose headers are set.

    Args:
        request: that is answered.
        octets: the answer.
        tagged: whether it gets a tag, and none is sent to who has it already (RFC 9110 §13.1.2).
    """
    if request.startedWriting or request.responseHeaders.hasHeader(b"etag"):
        return octets  # its headers are out and this is its end, or it was packed before it was asked for
    if tagged and request.code == 200:
        tag = b'W/"%b"' % sha256(octets).hexdigest()[:24].encode()
        request.setHeader(b"ETag", tag)
        if is_known(request, tag):
            return unchanged(request)
    if not _PACKED_FROM <= len(octets) <= _PACKED_TO:
        return octets
    vary(request, b"Accept-Encoding")
    if not takes_gzip(request):
        return octets
    packed = pack(octets, _LEVEL)
    request.setHeader(b"Content-Encoding", b"gzip")
    request.setHeader(b"Content-Length", b"%d" % len(packed))
    return packed


def pack(octets: bytes, level: int = 9) -> bytes:
    """Return octets in gzip's format, without a time or a name, so that the same ones are always the same."""
    packing = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return packing.compress(octets) + packing.flush()


def takes_gzip(request: ApiRequest) -> bool:
    """Say whether a client takes answers in gzip (RFC 9110 §12.5.3)."""
    given = request.getHeader(b"accept-encoding")
    if not given:
        return False
    wanted = {}
    for each in given.split(b","):
        found = _CODING.match(each)
        if found is not None:
            wanted[found[1].lower()] = found[2] is None or found[2].strip(b"0.") != b""
    return wanted.get(b"gzip", wanted.get(b"x-gzip", wanted.get(b"*", False)))


def is_known(request: ApiRequest, tag: bytes) -> bool:
    """Say whether the client has what a tag stands for, by `If-None-Match`; weak and strong are the same to it."""
    given = b",".join(request.requestHeaders.getRawHeaders(b"if-none-match") or ())
    if not given or request.method not in (b"GET", b"HEAD"):
        return False
    return given.strip() == b"*" or _TAG.findall(tag)[0] in _TAG.findall(given)


def unchanged(request: ApiRequest) -> bytes:
    """Answer 304, which has no body; its `Content-Length` would be that of the body that is not sent."""
    request.setResponseCode(304)
    for name in (b"content-type", b"content-length"):
        request.responseHeaders.removeHeader(name)
    return b""


def vary(request: ApiRequest, name: bytes) -> None:
    """Say that an answer depends on a header of the request."""
    request.responseHeaders.addRawHeader(b"Vary", name)
