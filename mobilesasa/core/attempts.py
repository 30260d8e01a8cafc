"""Wrong credentials, counted: so many in a span of time, by address or by whatever else they are counted by (decision 9)."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_network

from mobilesasa.core.teams import read_address

_HOST_BITS_V6 = 64  # a household's or a server's network, not an address, is what one attacker holds


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

    def wait_s(self, key: Hashable, now_s: float) -> int:
        """Return how long the key's failures are still counted, in whole seconds."""
        return math.ceil(self._counts[key][0] + self._span_s - now_s) if self.count(key, now_s) else 0
