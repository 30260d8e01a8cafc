"""The bounds of sessions, and the two counters that hold peers to them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_network

import attrs

from mobilesasa.core.teams import read_address
from mobilesasa.smpp.session import LIMIT_OCTETS

_HOST_BITS_V6 = 64  # a household's or a server's network, not an address, is what one attacker holds


@attrs.frozen(kw_only=True)
class Limits:
    """What the node grants to all peers alike (decision 99); what a session may do is `core.terms.SmppTerms`."""

    max_connections: int = 1000  # bound or not
    max_connections_per_address: int = 100  # or IPv6 network; 0: all there may be, and addresses are not told apart
    limit_octets: int = LIMIT_OCTETS  # of one PDU
    max_parts: int = 10  # of one message
    probe_s: float = 2.0  # a session that does not answer for so long gives its place to a new bind
    refusal_delay_s: float = 2.0  # a connection whose bind was refused unheard is closed after that
    drain_s: float = 10.0  # at the end, for what is under way


class Bucket:
    """A token bucket with a burst of one second.

    Args:
        rate_per_s: tokens that come in a second, and the most it holds; 0 never refuses.
        now_s: the moment it is full.
    """

    __slots__ = ("_at_s", "_level", "_rate_per_s")

    def __init__(self, rate_per_s: int, now_s: float) -> None:
        """Start full."""
        self._rate_per_s = rate_per_s
        self._level = float(rate_per_s)
        self._at_s = now_s

    def set_rate(self, rate_per_s: int) -> None:
        """Change the rate from now on."""
        if self._rate_per_s == 0:
            self._level = float(rate_per_s)
        self._rate_per_s = rate_per_s

    def refill(self, now_s: float) -> None:
        """Add what has come since the last call."""
        self._level = min(float(self._rate_per_s), self._level + (now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s

    def take(self, cost: int = 1) -> bool:
        """Take tokens if they are there; what costs more than the bucket holds needs a full one and leaves a debt."""
        if self._rate_per_s == 0:
            return True
        if self._level < min(cost, self._rate_per_s):
            return False
        self._level -= cost
        return True


def origin(address: str) -> str:
    """Return what attempts are counted by: the address, or the network of an IPv6 one."""
    read = read_address(address)
    if isinstance(read, IPv6Address):
        return str(ip_network((read, _HOST_BITS_V6), strict=False))
    return address if read is None else str(read)


class Attempts:
    """Counts what failed, by key, within a span of time, and forgets the oldest keys beyond a number of them (I7).

    Args:
        limit: failures within the span from which on a key is blocked.
        span_s: the span, in seconds from a key's first failure.
        keys_max: how many keys are remembered.
    """

    def __init__(self, limit: int = 10, span_s: float = 60.0, keys_max: int = 10_000) -> None:
        """Start with nothing counted."""
        self.limit = limit
        self._span_s = span_s
        self._keys_max = keys_max
        self._counts: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def failed(self, key: Hashable, now_s: float) -> int:
        """Count a failure; return how many there are now."""
        count = self.count(key, now_s)
        since_s = self._counts[key][0] if count else now_s
        self._counts[key] = (since_s, count + 1)
        while len(self._counts) > self._keys_max:
            self._counts.popitem(last=False)
        return count + 1

    def count(self, key: Hashable, now_s: float) -> int:
        """Return how many failures the key has within the span."""
        held = self._counts.get(key)
        if held is None:
            return 0
        if now_s - held[0] >= self._span_s:
            del self._counts[key]
            return 0
        return held[1]

    def blocked(self, key: Hashable, now_s: float) -> bool:
        """Say whether the key has failed too often."""
        return self.count(key, now_s) >= self.limit
