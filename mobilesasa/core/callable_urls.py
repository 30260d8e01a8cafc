"""Which addresses teams may have us call: none of our own network, unless the operator says so.

A team writes the address of its webhook, and this node calls it: without a guard it would call whatever the node reaches,
such as the metadata of a cloud's machine. What counts is the address that is connected to, not the name: names are
looked up for every connection, and only addresses that have passed are connected to.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import attrs

from mobilesasa.core.errors import BadWebhookUrl

LONGEST: Final = 2000  # characters
_PORTS: Final = {"http": 80, "https": 443}
_PLAIN: Final = re.compile(r"[!-~]+\Z")  # printable ASCII without the blank
_HOST: Final = re.compile(r"[a-z0-9._-]+\Z")
# What ends in a number is read as an IPv4 address by much that looks names up, however it is written: 2130706433, 0x7f.1, 127.1.
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?\Z")
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address stands in its last 32 bits
_V4_MASK: Final = 0xFFFFFFFF
_V6_OPEN: Final = IPv6Network("2000::/3")  # all that is assigned for the internet
# What is no address of the internet (IANA's special-purpose registries, RFC 6890): own networks, this machine, the link with
# the metadata of clouds, networks of providers, documentation, tests, multicast, and what is reserved.
_CLOSED: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
    )
)

Network = IPv4Network | IPv6Network


@attrs.frozen
class Reach:
    """What may be called.

    Attributes:
        ports: only these; none: any.
        networks: networks that may be called although they are not of the internet.
    """

    ports: Collection[int] = ()
    networks: Collection[Network] = ()

    def allows(self, address: str) -> bool:
        """Whether an IP address, as text, may be connected to."""
        try:
            given = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        inner = _inside(given)
        if any(each in network for network in self.networks for each in (given, inner)):
            return True
        return _is_public(inner)

    def check(self, url: str) -> None:
        """Refuse an address that cannot be called, as far as it shows without looking its name up.

        Raises:
            BadWebhookUrl: the text says why.
        """
        host, port = _read(url)
        if self.ports and port not in self.ports:
            allowed = ", ".join(str(each) for each in sorted(self.ports))
            raise BadWebhookUrl(f"the port {port} is not called; it must be one of {allowed}")
        if _names_this_machine(host) and not self.allows("127.0.0.1"):
            raise BadWebhookUrl(f"{host} is this machine; use an address that the internet reaches")
        if _is_literal(host) and not self.allows(host):
            raise BadWebhookUrl(f"{host} is not an address of the internet")


def _read(url: str) -> tuple[str, int]:
    if len(url) > LONGEST:
        raise BadWebhookUrl(f"it is longer than {LONGEST} characters")
    if not _PLAIN.match(url) or "\\" in url:
        raise BadWebhookUrl("it must be printable ASCII without blanks; names in other letters are written in Punycode")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise BadWebhookUrl("it is no URL") from None
    if split.scheme not in _PORTS:
        raise BadWebhookUrl("it must begin with https:// or http://")
    if "@" in split.netloc:
        raise BadWebhookUrl("user names and passwords do not belong in it: calls are signed")
    if "#" in url:
        raise BadWebhookUrl("a fragment (#) is never sent; leave it out")
    host = split.hostname or ""
    if not (_HOST.match(host) or _is_literal(host)):
        raise BadWebhookUrl("it names no host")
    if _NUMBER.match(host) and not _is_literal(host):
        raise BadWebhookUrl(f"{host} is no name of a host; an address of IPv4 is written as four numbers, as 41.90.0.1")
    if port == 0:
        raise BadWebhookUrl("there is no port 0")
    return host, port or _PORTS[split.scheme]


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _names_this_machine(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to (mapped, 6to4, NAT64), or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _V4_MASK)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _V6_OPEN:
        return False
    return not any(address in network for network in _CLOSED)
