"""Where a process spends its CPU: `python -m bench.sampler FILE PROGRAM…` runs twistd under a sampling profiler.

Every few milliseconds of CPU time the stack of the main thread is counted; the counts go to FILE as JSON when the
process ends. Unlike a tracing profiler it does not make small functions look dear. A function in C counts as the line
that calls it. It begins when the reactor runs, so imports and the start do not count. The signal comes for the CPU time
of all threads together, so a sample that another thread's work brought about counts where the main thread then is: the
waiting of the reactor looks dearer than it is. How much other threads take, the benchmark's table says.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import mobilesasa

INTERVAL_S = 0.002
OURS = f"{Path(mobilesasa.__file__).parent}/"


class Samples:
    """Counts of functions: on top of the stack, and anywhere in it."""

    def __init__(self) -> None:
        self.count = 0
        self.packages: Counter[str] = Counter()
        self.own: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self.within: Counter[str] = Counter()

    def take(self, _: int, frame: FrameType | None) -> None:
        """Count one stack; called by the signal."""
        if frame is None:
            return
        self.count += 1
        self.packages[_package(frame)] += 1
        self.own[_name(frame)] += 1
        self.files[_name(frame).split(" ")[0]] += 1
        self.lines[f"{_name(frame)}:{frame.f_lineno}"] += 1
        seen = set()
        each: FrameType | None = frame
        while each is not None:
            seen.add(_name(each))
            each = each.f_back
        self.within.update(seen)

    def begin(self) -> None:
        """Count from now on; on the main thread."""
        signal.signal(signal.SIGPROF, self.take)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)

    def save(self, file: Path) -> None:
        """Write the counts down."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        kept = {
            "packages": self.packages,
            "files": self.files,
            "own": self.own,
            "lines": self.lines,
            "within": self.within,
        }
        tops = {name: dict(counter.most_common(200)) for name, counter in kept.items()}
        file.write_text(json.dumps({"samples": self.count, **tops}))


def _name(frame: FrameType) -> str:
    """Return the function's name behind the end of its file's path."""
    code = frame.f_code
    file = code.co_filename.replace(" ", "-") if code.co_filename.startswith("<") else code.co_filename
    return f"{'/'.join(file.split('/')[-3:])} {code.co_qualname}"


def _package(frame: FrameType) -> str:
    """Return the package of mobilesasa that is at work: what it calls in others' libraries is its work too."""
    each: FrameType | None = frame
    while each is not None:
        if each.f_code.co_filename.startswith(OURS):
            return f"mobilesasa/{each.f_code.co_filename[len(OURS) :].split('/')[0]}"
        each = each.f_back
    return "the reactor"


def shown(file: Path, count: int = 40) -> str:
    """Return the saved counts as shares of all samples, the largest first."""
    saved = json.loads(file.read_text())
    total = max(1, saved["samples"])
    titles = {
        "packages": "by package, with what it calls in the libraries",
        "files": "by file",
        "own": "in the function itself",
        "lines": "by line",
        "within": "in the function and what it calls",
    }
    lines = [f"{saved['samples']} samples of the main thread"]
    for name, title in titles.items():
        lines += ["", title]
        lines += [f"{100 * hits / total:6.1f} %  {place}" for place, hits in list(saved[name].items())[:count]]
    return "\n".join(lines)


def main() -> None:
    """Run twistd and count."""
    from twisted.internet import reactor
    from twisted.scripts.twistd import run

    file, sys.argv = Path(sys.argv[1]), ["twistd", *sys.argv[2:]]
    samples = Samples()
    turning: Any = reactor  # its module stands for the object of the same name
    turning.addSystemEventTrigger("after", "startup", samples.begin)
    turning.addSystemEventTrigger("after", "shutdown", samples.save, file)  # twistd ends by a signal: no atexit
    run()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
