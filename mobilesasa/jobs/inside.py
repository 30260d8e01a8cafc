"""What a child does first: it bounds itself, and sees to it that it does not outlive its parent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any, Final

import orjson

_SET_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG (prctl(2)); Linux alone has it


def begin() -> Mapping[str, Any]:
    """Bound this process, and return what it was told.

    Without Linux's signal a child whose parent was killed ends when it writes, or has no more to read.
    """
    told: Mapping[str, Any] = orjson.loads(sys.argv[1])
    _bound(resource.RLIMIT_AS, told["memory_octets"])
    _bound(resource.RLIMIT_CPU, told["cpu_s"])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != told["parent"]:  # it died before that
        raise SystemExit("the parent has gone")
    return told


def say(line: object) -> None:
    """Write a line of JSON, and let it go."""
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def _bound(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))
