"""Processes for what is heavy: parsing and writing of large files, which would hold up everything else in the node.

`python -m MODULE OPTIONS` runs with bounded memory and CPU time and ends with its parent (`jobs.inside` sees to that, in the
child). It reads a file that is its standard input, or what is written to it, and writes lines, or a file that is its
standard output. Both ways are held back: a child that writes faster than its lines are read waits, and so does whoever
writes to a child that reads slowly.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, cast

import attrs
import orjson
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IDelayedCall, IProcessTransport, IPushProducer, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

LINES_HIGH: Final = 8  # unread; the child waits from here on
SAID_OCTETS: Final = 2000  # of what a child that broke off has said
_ROOT = str(Path(__file__).parents[2])


@attrs.frozen(kw_only=True)
class Bounds:
    """What a child may take."""

    memory_octets: int = 1024 * 1_048_576  # of addresses
    cpu_s: int = 600
    silence_s: float = 120.0  # while we wait for it
    line_octets: int = 8 * 1_048_576


class ChildBroke(Exception):
    """The child ended before its work was done; the text says how."""


class Spawner(Protocol):
    """The reactor, as far as it starts processes and keeps time (IReactorProcess, IReactorTime)."""

    def spawnProcess(self, *args: Any, **kwargs: Any) -> IProcessTransport: ...  # noqa: N802 - Twisted's name


def start(
    reactor: Any,
    module: str,
    options: Mapping[str, Any],
    *,
    source: int | None = None,
    target: int | None = None,
    bounds: Bounds = Bounds(),
) -> Child:
    """Start a child.

    Args:
        reactor: starts it and keeps time (IReactorProcess, IReactorTime).
        module: what runs, by its dotted name; it begins with `jobs.inside.begin`.
        options: what it is told, as JSON.
        source: descriptor of the file that is its standard input; None: what is written to it by `write`.
        target: descriptor of the file that is its standard output; None: it writes lines.
        bounds: what it may take.
    """
    told = {"parent": os.getpid(), "memory_octets": bounds.memory_octets, "cpu_s": bounds.cpu_s, **options}
    arguments = [sys.executable, "-m", module, orjson.dumps(told).decode()]
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
    child = Child(reactor, bounds)
    ours = cast(Spawner, reactor).spawnProcess(
        child,
        sys.executable,
        arguments,
        env={**os.environ, "PYTHONPATH": path},
        childFDs={0: "w" if source is None else source, 1: "r" if target is None else target, 2: "r"},
    )
    child.begin(ours, writes=source is None)
    return child


@implementer(IPushProducer)
class Child(ProcessProtocol):
    """A process at work; made by `start`.

    Whoever has started it awaits `line` or `end`, and calls `kill` when it gives up.
    """

    def __init__(self, clock: IReactorTime, bounds: Bounds) -> None:
        """Wait for `begin`."""
        self._clock = clock
        self._bounds = bounds
        self._process: Any = None
        self._unread: deque[bytes] = deque()
        self._begun = bytearray()  # of a line whose end has not come
        self._held = False  # no more is read from it
        self._full: Deferred[None] | None = None  # fires when it reads on
        self._deaf = False  # it has closed its input
        self._said = b""
        self._reason: Failure | None = None  # how it ended
        self._why = ""  # we ended it
        self._waiting: Deferred[None] | None = None
        self._silence: IDelayedCall | None = None

    def begin(self, process: IProcessTransport, writes: bool) -> None:
        """Take the process; called once by `start`."""
        self._process = process
        if writes and 0 in self._process.pipes:
            self._process.pipes[0].registerProducer(self, True)

    async def line(self) -> bytes | None:
        """Return the next line without its end; None when the child has ended well.

        Raises:
            ChildBroke: it ended otherwise, or was silent for too long.
        """
        while not self._unread:
            if self._reason is not None:
                self._check()
                return None
            await self._something()
        line = self._unread.popleft()
        if self._held and len(self._unread) <= LINES_HIGH // 2 and self._reason is None:
            self._held = False
            self._process.resumeProducing()
        return line

    async def end(self) -> None:
        """Wait until the child has ended well; its lines are dropped.

        Raises:
            ChildBroke: it ended otherwise, or was silent for too long.
        """
        while await self.line() is not None:
            pass

    async def write(self, octets: bytes) -> None:
        """Write to its standard input; returns when it has room for more.

        Raises:
            ChildBroke: it has ended.
        """
        if self._reason is not None:
            raise self._broke()
        if not self._deaf:
            self._process.writeToChild(0, octets)
        if self._full is not None:
            await self._full
        if self._reason is not None:
            raise self._broke()

    def close_input(self) -> None:
        """Say that there is no more to read."""
        if self._reason is None and not self._deaf:
            self._process.pipes[0].unregisterProducer()
            self._process.closeChildFD(0)

    def kill(self, why: str = "it was not wanted any more") -> None:
        """End it now, if it has not ended by itself."""
        if self._reason is None:
            self._why = self._why or why
            with contextlib.suppress(ProcessExitedAlready):
                self._process.signalProcess("KILL")
            self._unread.clear()
            self._process.resumeProducing()  # its end comes behind all that it has written

    def pauseProducing(self) -> None:
        """Its input is full."""
        if self._full is None:
            self._full = Deferred()

    def resumeProducing(self) -> None:
        """Its input has room again."""
        full, self._full = self._full, None
        if full is not None:
            full.callback(None)

    def stopProducing(self) -> None:
        """It reads no more, and most likely ends: until then there is no room."""
        self._deaf = True
        self.pauseProducing()

    def outReceived(self, data: bytes) -> None:
        """Take a piece of its output; of one that is killed nothing is wanted."""
        if self._why:
            return
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._unread.append(bytes(self._begun) + piece)
            self._begun.clear()
        self._begun += rest
        if len(self._begun) > self._bounds.line_octets:
            self.kill("it wrote a line that is too long")
        if len(self._unread) >= LINES_HIGH and not self._held:
            self._held = True
            self._process.pauseProducing()
        if whole:
            self._tell()

    def errReceived(self, data: bytes) -> None:
        """Keep the end of what it says."""
        self._said = (self._said + data)[-SAID_OCTETS:]

    def processEnded(self, reason: Failure) -> None:
        """All it has written has come."""
        self._reason = reason
        self.resumeProducing()
        self._tell()

    async def _something(self) -> None:
        """Wait for a line or the end, but not for ever."""
        waiting = self._waiting = Deferred()
        self._silence = self._clock.callLater(self._bounds.silence_s, self.kill, "it was silent for too long")
        try:
            await waiting
        finally:
            self._waiting = None
            if self._silence.active():
                self._silence.cancel()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _check(self) -> None:
        if self._why or self._reason is None or not isinstance(self._reason.value, ProcessDone):
            raise self._broke()

    def _broke(self) -> ChildBroke:
        said = self._said.decode(errors="replace").strip().rpartition("\n")[2]
        how = self._why or _how(self._reason)
        return ChildBroke(f"{how}; its last words: {said}" if said else how)


def _how(reason: Failure | None) -> str:
    ended = None if reason is None else reason.value
    if isinstance(ended, ProcessTerminated):
        return f"it ended by signal {ended.signal}" if ended.signal else f"it ended with exit code {ended.exitCode}"
    return "it ended too early"
