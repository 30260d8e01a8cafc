"""Requests that come whole, in one piece and as plain as nearly all are: read at one look.

Twisted reads a request line by line, which costs more than all else that a short call needs. What is read here it would have read
in the same way; whatever is odd is left to it, and it is the judge: a body in chunks, `Expect` or `Upgrade`, a connection that is
to end, HTTP/1.0, a header over several lines or with other octets than ASCII has, a length that is not that of what is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from mobilesasa.api.whole import RawHeaders, WholeRequest

if TYPE_CHECKING:
    from mobilesasa.api.channel import ApiChannel
    from mobilesasa.api.site import ApiRequest

#: Of a request line and headers that are read here; what is longer may be what Twisted refuses.
_HEAD_OCTETS: Final = 8192
_PLAIN: Final = re.compile(
    rb"(GET|POST|PUT|DELETE) (/[!-~]*) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n){1,64})\r\n"
)
_LEFT: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"})
_LENGTH_DIGITS: Final = 6


def read_at_once(channel: ApiChannel, data: bytes) -> bool:
    """Begin to answer the request that some octets are; False, and nothing is done, where they are not just that.

    Args:
        channel: has read nothing of another request.
        data: came on it.
    """
    found = _PLAIN.match(data, 0, _HEAD_OCTETS)
    if found is None:
        return False
    method, target, head = found.groups()
    headers = _headers(head, len(data) - found.end())
    if headers is None:
        return False
    body = data[found.end() :]
    if _is_begun_by_door(channel, method, target, headers, body):
        return True
    request = channel.request()
    for name, value in headers:
        request.requestHeaders.addRawHeader(name, value)
    channel.answer_whole(request, method, target, body)
    return True


def _is_begun_by_door(channel: ApiChannel, method: bytes, target: bytes, headers: RawHeaders, body: bytes) -> bool:
    """Let a door that reads such requests itself begin to answer one; False, and nothing is done, where there is none."""
    site = channel.site
    begin = site.exact.find_whole(target)
    if begin is None or len(body) > site.limits.max_body_octets:
        return False
    request = WholeRequest(channel, method, target, headers, body)
    if site.links is not None and site.links.is_for(cast("ApiRequest", request)):
        return False
    channel.begin_whole(request)
    begin(request)
    return True


def _headers(head: bytes, octets: int) -> RawHeaders | None:
    """Return the headers of a request with a body of so many octets; None for one that is not plain."""
    length = 0
    headers: RawHeaders = []
    seen = False
    for line in head[:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        value = value.strip(b" \t")
        word = name.lower()
        if word in _LEFT or (word == b"connection" and value.lower() != b"keep-alive"):
            return None
        if word == b"content-length":
            if seen or len(value) > _LENGTH_DIGITS or not value.isdigit():
                return None
            seen, length = True, int(value)
        headers.append((word, value))
    return headers if length == octets else None
