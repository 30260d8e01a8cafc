"""Wall clocks that can be set: `clock.c`, preloaded into a node or PostgreSQL, adds to the time of day what a file says.

What it covers: all that asks the C library for the time of day (`time.time`, `datetime.now`, `now()` of SQL) sees a step at once, as after
`date -s` or on a host that wakes up. The monotonic clock goes on. What it does not cover: timers of the kernel that are set by the time
of day, which neither program has, and programs that ask the kernel past the C library, such as Erlang's.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

from bench.processes import Broken

SOURCE = Path(__file__).with_name("clock.c")


def library(folder: Path) -> Path:
    """Return the library that is preloaded, built in a folder that any user may enter.

    Raises:
        Broken: there is no C compiler.
    """
    built = folder / "clock.so"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Broken("there is no C compiler, which the clocks need; `--without step-clock` leaves them out")
    done = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Broken(f"{SOURCE.name} cannot be built: {done.stderr.strip()[-500:]}")
    built.chmod(0o755)
    return built


class WallClock:
    """The time of day of one program.

    Args:
        file: how far off it is; any user may read it.
        preloaded: as `library` built it.
    """

    def __init__(self, file: Path, preloaded: Path) -> None:
        self._file = file
        self.variables = {"LD_PRELOAD": str(preloaded), "CHAOS_CLOCK": str(file)}
        file.write_bytes(bytes(8))
        file.chmod(0o644)

    def step(self, by_s: int) -> None:
        """Let it be so far off, from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", by_s * 1_000_000))

    def wrap(self, program: Path, script: Path) -> None:
        """Write a script that runs a program under this clock."""
        words = " ".join(f'{name}="{value}"' for name, value in self.variables.items())
        script.write_text(f'#!/bin/sh\nexport {words}\nexec "{program}" "$@"\n')
        script.chmod(0o755)
