"""How clients reach the node: by which proxies, and from the pages of which other sites."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final, Literal

import attrs

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ProxyHeader = Literal["x-forwarded-for", "forwarded"]


def _networks(written: Iterable[str | Network]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each) for each in written)


@attrs.frozen(kw_only=True)
class Front:
    """What stands between a client and the node.

    Attributes:
        trusted_proxies: whose word about the client is believed; nobody's by default.
        proxy_header: the one header in which they give it, for a proxy passes on what it does not set itself.
        cors_origins: sites whose pages may read answers, `https://app.example`; `*` is every site.
        hsts_subdomains: whether browsers that came by HTTPS are to come so to all names below ours, too.
    """

    trusted_proxies: tuple[Network, ...] = attrs.field(default=(), converter=_networks)
    proxy_header: ProxyHeader = "x-forwarded-for"
    cors_origins: tuple[str, ...] = ()
    hsts_subdomains: bool = False


#: Nothing: clients connect to the node.
DIRECT: Final = Front()
