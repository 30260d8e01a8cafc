"""However a program of the benchmarks is told to end, nothing of what it has started is left."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.whole.programs import PATIENCE_S, eventually

ROOT = Path(__file__).parent.parent

# Each has the folder of the test for an argument, and says a line when it is where the test wants it.
BEGIN = """
import contextlib, os, signal, sys, threading, time
from pathlib import Path
from bench import ending
from bench.processes import Broken, Child, run_json
place = Path(sys.argv[1])
def child(code="import time; time.sleep(300)"):
    return Child([sys.executable, "-c", code], place / "child.log", spoken_to=True)
def say(what):
    print(what, flush=True)
"""

WAITS = """
def main():
    child()
    child()
    say("there")
    time.sleep(300)
ending.run(main)
"""

# Its child says that it was told to end, and ends when it may.
TAKES_LONG = """
SLOW = '''
import signal, sys, time
from pathlib import Path
place = Path({place!r})
def told(*_):
    (place / "asked").touch()
    while not (place / "may").exists():
        time.sleep(0.01)
    (place / "ended").touch()
    sys.exit()
signal.signal(signal.SIGTERM, told)
print("1", flush=True)
time.sleep(300)
'''
def main():
    slow = child(SLOW.format(place=str(place)))
    slow.hear(30)
    say("there")
    time.sleep(300)
ending.run(main)
"""

RUNS_IN_A_THREAD = """
def work():
    with contextlib.suppress(Broken):
        run_json(["-c", "import time; time.sleep(300)"], 300)
def main():
    run = threading.Thread(target=work)
    run.start()
    say("there")
    run.join()
ending.run(main)
"""

# As `run_inside` runs it, but for the namespace, which not every machine allows.
RUNS_INSIDE = """
from bench.chaos import disks
disks._shell = lambda *_: ["env"]
inner = ["-c", (place / "inner").read_text(), str(place)]
ending.run(lambda: disks.run_inside(place, {}, inner))
"""

STARTS_MORE = """
def main():
    try:
        say("there")
        time.sleep(300)
    except KeyboardInterrupt:
        child()
ending.run(main)
"""

IS_TOLD_WHILE_IT_STARTS = """
def main():
    with ending.starting():
        os.kill(os.getpid(), signal.SIGTERM)
        say("goes on")
        ending.note("it", lambda: say("it is ended"))
    say("is not reached")
ending.run(main)
"""

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


class Told:
    """A program, and what it has started."""

    def __init__(self, command: list[str], more: dict[str, str] | None = None, **options: Any) -> None:
        environment = os.environ | (more or {})
        pipe = subprocess.PIPE
        self.process: Any = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, **options
        )

    def family(self) -> list[psutil.Process]:
        """Return it, and all that has come of it and lives."""
        found = psutil.Process(self.process.pid)
        return [found, *found.children(recursive=True)]

    def there(self) -> list[psutil.Process]:
        """Wait until it says that it is there; return it and all that has come of it."""
        assert self.process.stdout.readline() == "there\n", self.process.stderr.read()
        return self.family()

    def ended(self) -> int:
        """Wait for its end; return its status."""
        status: int = self.process.wait(PATIENCE_S)
        return status


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Callable[..., Told]]:
    """Start a program; what it leaves is killed, each process by its own id."""
    made: list[Told] = []

    def start(program: str, **options: Any) -> Told:
        made.append(Told([sys.executable, "-c", BEGIN + program, str(tmp_path)], **options))
        return made[-1]

    yield start
    for each in made:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in reversed(each.family()):
                process.kill()
        each.process.communicate()


def gone(processes: list[psutil.Process]) -> bool:
    """Say whether none of them runs; who has lost its parent may stay a zombie where nobody reaps."""
    return all(not each.is_running() or each.status() == psutil.STATUS_ZOMBIE for each in processes)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_program_that_is_told_to_end_leaves_no_child(tell, number):
    told = tell(WAITS)
    family = told.there()
    assert len(family) == 3
    told.process.send_signal(number)
    assert told.ended() == 128 + number
    assert gone(family)
    assert "what it had started has ended" in told.process.stderr.read()


def test_a_second_order_to_end_breaks_off_nothing(tell, tmp_path):
    told = tell(TAKES_LONG)
    family = told.there()
    told.process.send_signal(signal.SIGTERM)
    eventually((tmp_path / "asked").exists, "the child is told to end")
    for number in SIGNALS:
        told.process.send_signal(number)
    (tmp_path / "may").touch()
    assert told.ended() == 128 + signal.SIGTERM
    assert gone(family)
    assert (tmp_path / "ended").exists()


def test_what_a_thread_waits_for_is_ended_at_once(tell):
    told = tell(RUNS_IN_A_THREAD)
    told.there()
    eventually(lambda: len(told.family()) == 2, "the thread runs something")
    family = told.family()
    told.process.send_signal(signal.SIGTERM)
    assert told.ended() == 128 + signal.SIGTERM
    assert gone(family)


def test_who_is_told_to_end_starts_nothing_more(tell):
    told = tell(STARTS_MORE)
    told.there()
    told.process.send_signal(signal.SIGTERM)
    assert told.ended() == 128 + signal.SIGTERM


def test_what_is_being_started_is_known_before_it_is_ended(tell):
    told = tell(IS_TOLD_WHILE_IT_STARTS)
    assert told.ended() == 128 + signal.SIGTERM
    assert told.process.stdout.read() == "goes on\nit is ended\n"


def test_a_program_under_nohup_does_not_end_with_its_terminal(tell):
    told = tell(WAITS, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    family = told.there()
    told.process.send_signal(signal.SIGHUP)
    told.process.send_signal(signal.SIGTERM)
    assert told.ended() == 128 + signal.SIGTERM
    assert gone(family)


def test_what_runs_among_small_filesystems_is_told_as_well(tell, tmp_path):
    (tmp_path / "inner").write_text(BEGIN + WAITS)
    told = tell(RUNS_INSIDE)
    family = told.there()
    assert len(family) == 4
    told.process.send_signal(signal.SIGTERM)
    assert told.ended() == 128 + signal.SIGTERM
    assert gone(family)


def test_a_benchmark_leaves_neither_node_nor_database(open_folder: Path):
    place = open_folder / "told"
    place.mkdir(mode=0o711)
    place.chmod(0o711)
    told = Told([sys.executable, "-m", "bench", "--only", "smpp", "--seconds", "300"], {"TMPDIR": str(place)})
    try:
        eventually(lambda: any(each.name() == "postgres" for each in told.family()), "the database comes up")
        family = told.family()
        told.process.send_signal(signal.SIGTERM)
        assert told.ended() == 128 + signal.SIGTERM
        eventually(lambda: gone(family), "all of them end")
        assert list(place.iterdir()) == []
    finally:
        told.process.kill()
        told.process.communicate()
