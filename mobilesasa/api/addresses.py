"""Who is at the other end: the peer's address, or what a trusted proxy says of its client.

A proxy that is not trusted is a client like any other, whatever its headers say. Of a chain of proxies the addresses are
read from the last to the first, and the first that is no trusted proxy is the client (RFC 7239 §5.2, §7.4).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.ports.front import Front

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

_HOPS: Final = 16  # of a chain that are looked at; a longer one was made up
_WITH_PORT: Final = re.compile(r"\[(?P<v6>[^\]]*)\](:\d+)?\Z|(?P<v4>[0-9.]+)(:\d+)?\Z")
_PAIR: Final = re.compile(r'\s*([A-Za-z]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*(;|,|\Z)')


@attrs.frozen
class Client:
    """A client as it reached us, or the proxy before us."""

    address: str  # IPv4 or IPv6; empty where the connection has none
    secure: bool  # whether it came by HTTPS


def client_address(request: IRequest) -> str:
    """Return the address of who asks, IPv4 or IPv6; what a proxy says counts where the proxy is trusted."""
    return cast("ApiRequest", request).asker.address


def client_is_secure(request: IRequest) -> bool:
    """Say whether the client speaks HTTPS, with us or with a trusted proxy."""
    return cast("ApiRequest", request).asker.secure


def client_of(request: ApiRequest, front: Front) -> Client:
    """Return who asks; `ApiRequest.asker` keeps it."""
    peer = _plain(str(getattr(request.getClientAddress(), "host", "") or ""))
    secure = bool(request.isSecure())
    if not front.trusted_proxies or not _trusted(peer, front):
        return Client(peer, secure)
    hops = _forwarded(request) if front.proxy_header == "forwarded" else _x_forwarded(request)
    client = Client(peer, secure)
    for _, (written, proto) in zip(range(_HOPS), hops, strict=False):
        client = Client(client.address, proto == "https" if proto else client.secure)
        address = _read(written)
        if not address:
            break  # hidden or garbled: what is known is the proxy that said so
        client = Client(address, client.secure)
        if not _trusted(address, front):
            break
    return client


def _trusted(address: str, front: Front) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in front.trusted_proxies)


def _plain(address: str) -> str:
    """Return an address as it is; IPv4 that came over a socket of IPv6 as IPv4."""
    if not address.startswith("::ffff:"):
        return address
    mapped = _mapped(address)
    return address if mapped is None else mapped


def _mapped(address: str) -> str | None:
    try:
        found = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return None
    return None if found is None else str(found)


def _read(written: str) -> str:
    """Return the address in an element, without its port; empty when there is none."""
    text = written.strip()
    found = _WITH_PORT.match(text)
    if found is not None:
        text = found["v6"] or found["v4"] or ""
    try:
        return _plain(str(ipaddress.ip_address(text)))
    except ValueError:
        return ""


def _values(request: ApiRequest, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for value in request.requestHeaders.getRawHeaders(name) or ())


def _x_forwarded(request: ApiRequest) -> Iterator[tuple[str, str]]:
    """Yield address and scheme, the last hop first; the scheme is that of the hop nearest to us alone."""
    protos = _values(request, b"x-forwarded-proto").split(",")
    proto = protos[-1].strip().lower()
    for written in reversed(_values(request, b"x-forwarded-for").split(",")):
        yield written, proto
        proto = ""


def _forwarded(request: ApiRequest) -> Iterator[tuple[str, str]]:
    """Yield address and scheme of each element of `Forwarded` (RFC 7239 §4), the last hop first."""
    elements: list[dict[str, str]] = [{}]
    text, at = _values(request, b"forwarded"), 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            elements = [{}]  # what cannot be read says nothing; what comes after it may
            comma = text.find(",", at)
            at = len(text) if comma < 0 else comma + 1
            continue
        elements[-1][pair[1].lower()] = re.sub(r"\\(.)", r"\1", pair[2].strip('"'))
        if pair[3] == ",":
            elements.append({})
        at = pair.end()
    for element in reversed(elements):
        yield element.get("for", ""), element.get("proto", "").lower()
