"""What the log is told while something happens, in words."""

import contextlib
from collections.abc import Iterator

from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher


@contextlib.contextmanager
def heard(*levels: LogLevel, of: str = "") -> Iterator[list[str]]:
    """Hear what is said in the block.

    Args:
        levels: at these; none: at all.
        of: by modules whose names begin so.
    """
    said: list[str] = []

    def observe(event: LogEvent) -> None:
        if (not levels or event.get("log_level") in levels) and str(event.get("log_namespace", "")).startswith(of):
            said.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    try:
        yield said
    finally:
        globalLogPublisher.removeObserver(observe)
