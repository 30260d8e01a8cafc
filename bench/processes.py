"""Processes of a benchmark: started here, ended here (or by `bench.ending`), and what they cost, read from /proc (Linux)."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import ending

ROOT = Path(__file__).resolve().parent.parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

_taken: set[int] = set()  # ports that this process has reserved


class Broken(Exception):
    """A process of the benchmark did not do its part; the text says what it left behind."""


def free_ports(count: int) -> list[int]:
    """Return TCP ports of 127.0.0.1 that were free just now."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in found]


def lasting_ports(count: int) -> list[int]:
    """Return free ports of 127.0.0.1 that stay ours while this process lives, whoever of ours listens there and while nobody does.

    No system gives them away by itself, and no process of this user gets one here that another has got and not ended since.
    """
    found: list[int] = []
    for port in random.sample(range(15_000, 32_000), 1000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            if _reserved(port):
                found.append(port)
        if len(found) == count:
            return found
    raise Broken("there are no free ports")


def _reserved(port: int) -> bool:
    """Reserve a port: a lock on an octet of a file that all processes of this user share; the system frees it when this one ends."""
    if port in _taken:  # to lock what one has locked succeeds
        return False
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _taken.add(port)
    return True


@functools.cache
def _reservations() -> int:
    """Open the file; it stays open, for to close it anywhere in the process frees all."""
    path = Path(tempfile.gettempdir()) / f"mobilesasa-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name, the state first (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process, all its threads, in seconds."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_S


def main_thread_cpu_s(pid: int) -> float:
    """Return the CPU time of the first thread of a process, in seconds."""
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def family_cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its children, those that have ended included, in seconds."""
    fields = _stat(pid)
    ticks = sum(int(field) for field in fields[11:15])
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it may end while we look
                child = _stat(int(entry.name))
                if int(child[1]) == pid:
                    ticks += int(child[11]) + int(child[12])
    return ticks * TICK_S


def begin_peak_memory(pid: int) -> None:
    """Let the peak memory of a process begin anew, where the system allows it."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_memory_mb(pid: int) -> float:
    """Return the peak resident memory of a process in MB (1,000,000 octets)."""
    return _memory_mb(pid, "VmHWM")


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process in MB, as it is now."""
    return _memory_mb(pid, "VmRSS")


def _memory_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    raise Broken(f"process {pid} says nothing of its memory")


def last_lines(file: Path, count: int = 20) -> str:
    """Return the end of a log."""
    return "\n".join(file.read_text(errors="replace").splitlines()[-count:]) if file.exists() else ""


def run_json(arguments: Sequence[str], timeout_s: float, env: dict[str, str] | None = None) -> Any:
    """Run Python with these arguments to its end and return the JSON object that it printed.

    Raises:
        Broken: it failed, or took too long.
    """
    what = " ".join(arguments)[:200]
    try:
        with _running([sys.executable, *arguments], env) as process:
            said, complaints = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as late:
        raise Broken(f"{what} took more than {timeout_s:g} s") from late
    if process.returncode or not said.strip():
        raise Broken(f"{what} ended with {process.returncode}: {complaints.strip()[-2000:]}")
    return json.loads(said)


@contextlib.contextmanager
def _running(command: Sequence[str], env: dict[str, str] | None) -> Iterator[subprocess.Popen[str]]:
    """Run a program in the block; it is killed when the block ends before it."""
    with ending.starting():
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        ending.note(process, process.kill, at_once=True)
    try:
        with process:
            try:
                yield process
            finally:
                process.kill()
    finally:
        ending.forget(process)


class Child:
    """A process that runs until it is stopped.

    Args:
        command: what to run, in the folder of the project.
        log: file that takes its standard error (and its output, unless it is spoken to).
        env: its environment.
        spoken_to: whether it reads lines and prints a line of JSON for each.
    """

    def __init__(
        self, command: Sequence[str], log: Path, env: dict[str, str] | None = None, spoken_to: bool = False
    ) -> None:
        self.log = log
        with ending.starting(), log.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE if spoken_to else subprocess.DEVNULL,
                stdout=subprocess.PIPE if spoken_to else errors,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is ours; we end it in our order
            )
            self.pid = self._process.pid
            ending.note(self, self.stop)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def say(self, line: str) -> None:
        """Write a line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def end_input(self) -> None:
        """Let it read the end of its standard input."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def hear(self, timeout_s: float) -> Any:
        """Return the JSON of the next line that it prints.

        Raises:
            Broken: it said nothing in time, or ended.
        """
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], timeout_s)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            raise Broken(f"process {self.pid} said nothing: {last_lines(self.log)}")
        return json.loads(line)

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ask it to end, and kill it when it does not."""
        if self._process.stdin is not None:
            self.end_input()
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        ending.forget(self)


def wait_until(what: str, true: Any, timeout_s: float, child: Child) -> None:
    """Wait until `true()` is true, while `child` runs.

    Raises:
        Broken: it did not become so in time, or the child ended.
    """
    until_s = time.monotonic() + timeout_s
    while not true():
        if not child.running or time.monotonic() > until_s:
            raise Broken(f"{what}: not within {timeout_s:g} s\n{last_lines(child.log)}")
        time.sleep(0.05)
