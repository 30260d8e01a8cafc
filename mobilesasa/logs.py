"""Writes the events of twisted.logger: a readable line each, or one JSON object each for a collector.

An event is its text, its ids and where it comes from. Nothing is cut from it here: that texts, passwords and tokens
never enter an event is the duty of who logs it.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import attrs
import orjson
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    eventAsText,
    globalLogBeginner,
)
from twisted.python.logfile import LogFile
from zope.interface import implementer

from mobilesasa.settings import Settings

# What Twisted puts into an event for itself; everything else in it is a field that somebody logged.
_TWISTEDS = frozenset({"format", "isError", "message", "printed", "system", "time", "failure", "why"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Stream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object:
        """Take one or more whole lines."""
        ...

    def flush(self) -> object:
        """Bring them out."""
        ...


@implementer(ILogObserver)
@attrs.frozen
class _Writer:
    line: Callable[[LogEvent], str]
    stream: Stream

    def __call__(self, event: LogEvent) -> None:
        self.stream.write(self.line(event))
        self.stream.flush()


def observer(log_format: str, stream: Stream, log_level: str = "info") -> ILogObserver:
    """An observer that writes each event to the stream and flushes it.

    Args:
        log_format: `text` or `json`.
        stream: takes the lines as str.
        log_level: the least that is written. Twisted's own events come only from `warn` on, unless this is `debug`.
    """
    least = LogLevel.levelWithName(log_level)
    levels = LogLevelFilterPredicate(defaultLogLevel=least)
    if LogLevel.debug < least < LogLevel.warn:
        for namespace in ("twisted", "log_legacy"):
            levels.setLogLevelForNamespace(namespace, LogLevel.warn)
    return FilteringLogObserver(_Writer({"text": text_line, "json": json_line}[log_format], stream), [levels])


def text_line(event: LogEvent) -> str:
    """`2026-05-11T09:00:00.123Z warn  mobilesasa.smsc.server: dropping 10.0.0.7`; a traceback below it, indented."""
    text = _CONTROL.sub(lambda found: repr(found.group())[1:-1], _text(event))
    traceback = _traceback(event)
    below = "".join(f"    {line}\n" for line in traceback.splitlines())
    return f"{_time(event)} {_level(event):<5} {_namespace(event)}: {text}\n{below}"


def json_line(event: LogEvent) -> str:
    """One JSON object: time, level, namespace, event (its text), traceback where there is one, and what was logged."""
    shown: dict[str, object] = {
        "time": _time(event),
        "level": _level(event),
        "namespace": _namespace(event),
        "event": _text(event),
    }
    if traceback := _traceback(event):
        shown["traceback"] = traceback
    for name, value in event.items():
        if not name.startswith("log_") and name not in _TWISTEDS:
            shown.setdefault(name, value)
    try:
        return orjson.dumps(shown, default=_plain, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a lone surrogate, or a whole number over 64 bits, which orjson refuses
        return json.dumps({name: _safe(value) for name, value in shown.items()}) + "\n"


def start_logging(settings: Settings, stream: Stream | None = None) -> None:
    """Log from here on as the settings say, for a program that twistd did not start; standard error unless told."""
    into = stream if stream is not None else sys.stderr
    globalLogBeginner.beginLoggingTo(
        [observer(settings.log_format, into, settings.log_level)], redirectStandardIO=False
    )


def twistd_logger(settings: Settings, options: Mapping[str, Any]) -> Callable[[], ILogObserver] | None:
    """What belongs in twistd's `logger` option, for its other options; None where twistd's own way is asked for.

    Args:
        settings: format and level.
        options: twistd's own: `--logger` and `--syslog` are left alone, `--logfile` is obeyed, and without `-n` the
            lines go to `twistd.log`, as twistd does it; the file is rotated by size.
    """
    if options.get("logger") or options.get("syslog"):
        return None
    path = options.get("logfile") or ("-" if options.get("nodaemon") else "twistd.log")
    if path == "-" and not options.get("nodaemon"):
        return None  # twistd refuses it, in its own words

    def begin() -> ILogObserver:
        stream = sys.stdout if path == "-" else LogFile.fromFullPath(path)
        return observer(settings.log_format, stream, settings.log_level)

    return begin


def _text(event: LogEvent) -> str:
    return eventAsText(event, includeTraceback=False, includeTimestamp=False, includeSystem=False)


def _time(event: LogEvent) -> str:
    moment = datetime.fromtimestamp(event.get("log_time", 0.0), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _level(event: LogEvent) -> str:
    return str(event["log_level"].name)


def _namespace(event: LogEvent) -> str:
    return str(event["log_namespace"])


def _traceback(event: LogEvent) -> str:
    failure = event.get("log_failure")
    return failure.getTraceback().rstrip() if failure is not None else ""


def _plain(value: object) -> object:
    """A value that JSON has no word for: a set as a list, octets in hex, anything else by its own text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, set | frozenset | Iterable) and not isinstance(value, str | Mapping):
        return [str(each) for each in value]
    try:
        return str(value)
    except Exception as failed:  # noqa: BLE001 - a field that cannot be shown must not cost the event
        return f"<{type(value).__name__}: {type(failed).__name__}>"


def _safe(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool) else str(_plain(value))
