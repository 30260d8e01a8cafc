"""What the machine itself did while a row ran: how long its disk took, and how fast its cores were.

A commit waits for the disk, and a disk of a virtual machine may stand still for a second whatever runs on it. Cores that others
share are now half as fast again and now not. So beside each row a file is written and brought to the disk, and a piece of
work that is always the same is done, a few times a second: what both took says what of the figures is the machine's.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from bench.figures import spread_ms

EVERY_S = 0.02
OCTETS = 4096
TURNS = 2000  # of the piece of work: a tenth of a millisecond


@attrs.define
class Meanwhile:
    """What was seen so far."""

    synced_s: list[float] = attrs.field(factory=list)  # each write
    worked_s: list[float] = attrs.field(factory=list)  # CPU time of each piece of work

    def taken(self) -> Meanwhile:
        """Return what was seen since this was last asked for."""
        synced, worked = len(self.synced_s), len(self.worked_s)
        part = Meanwhile(self.synced_s[:synced], self.worked_s[:worked])
        del self.synced_s[:synced], self.worked_s[:worked]
        return part

    def figures(self) -> dict[str, Any]:
        """Return how long the disk took in milliseconds, and the piece of work in microseconds of CPU."""
        return {
            "fdatasync_ms": spread_ms(self.synced_s),
            "fdatasync_mean_ms": round(statistics.fmean(self.synced_s) * 1e3, 3) if self.synced_s else 0.0,
            "work_us": round(statistics.median(self.worked_s) * 1e6, 1) if self.worked_s else 0.0,
        }


@contextlib.contextmanager
def watched(folder: Path, every_s: float = EVERY_S) -> Iterator[Meanwhile]:
    """Watch the machine until the end of the block.

    Args:
        folder: on the disk that counts.
        every_s: from one write to the next.
    """
    seen, over = Meanwhile(), threading.Event()
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        watching = threading.Thread(target=_watch, args=(seen, file.fileno(), over, every_s), daemon=True)
        watching.start()
        try:
            yield seen
        finally:
            over.set()
            watching.join()


def _watch(seen: Meanwhile, file: int, over: threading.Event, every_s: float) -> None:
    octets = bytes(OCTETS)
    while not over.wait(every_s):
        os.pwrite(file, octets, 0)
        begun_s = time.monotonic()
        os.fdatasync(file)
        seen.synced_s.append(time.monotonic() - begun_s)
        begun_s = time.thread_time()
        sum(number * number for number in range(TURNS))
        seen.worked_s.append(time.thread_time() - begun_s)
