"""By which clock a node's timers count.

Twisted's reactor counts by the time of day: when a host's clock is set back by an hour, nothing that was to happen later happens for
an hour, and when it is set forward all of it happens at once (`python -m bench.chaos --only step-clock`). What a node does with
`seconds` is durations and deadlines; the time of day comes from `node.base.now_ms`.
"""

from __future__ import annotations

import time
from typing import Any


def count_steadily(reactor: Any) -> None:
    """Let a reactor's timers count by the monotonic clock from now on; before anything has asked it for the time.

    Args:
        reactor: what was asked of it already comes when it was to come.
    """
    ahead_s = reactor.seconds() - time.monotonic()
    reactor.seconds = time.monotonic
    for call in reactor.getDelayedCalls():
        call.time -= ahead_s
        call.seconds = time.monotonic
