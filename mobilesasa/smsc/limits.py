"""The bounds of sessions, and the counter that holds peers to them."""

from __future__ import annotations

import attrs

from mobilesasa.smpp.session import LIMIT_OCTETS


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
