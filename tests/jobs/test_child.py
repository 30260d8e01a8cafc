"""Children: what they write is read line by line, both ways are held back, and none outlives its parent or its bounds."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

from mobilesasa.jobs import child as children
from mobilesasa.jobs.child import Bounds, Child, ChildBroke, start

MODULE = "tests.jobs.work"
ENOUGH = Bounds()
ROOT = Path(__file__).parents[2]


def begin(do: str, bounds: Bounds = ENOUGH, source=None, target=None, **options) -> Child:
    return start(reactor, MODULE, {"do": do, **options}, bounds=bounds, source=source, target=target)


async def until(done) -> None:
    while not done():
        await deferLater(reactor, 0, lambda: None)


async def all_lines(child: Child) -> list:
    lines = []
    while (line := await child.line()) is not None:
        lines.append(orjson.loads(line))
    return lines


@pytest_twisted.ensureDeferred
async def test_its_lines_come_in_order_and_then_its_end():
    child = begin("count", lines=50, octets=20_000)
    assert [line["n"] for line in await all_lines(child)] == list(range(50))
    assert await child.line() is None
    child.kill()  # nothing is there any more


@pytest_twisted.ensureDeferred
async def test_a_child_whose_lines_nobody_reads_waits():
    child = begin("count", lines=400, octets=20_000)
    assert await child.line() is not None
    await until(lambda: child._held)
    assert len(child._unread) < 3 * children.LINES_HIGH
    assert len(await all_lines(child)) == 399


@pytest_twisted.ensureDeferred
async def test_it_reads_a_file_as_its_input_and_writes_one_as_its_output():
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(b"hello")
        source.seek(0)
        child = begin("upper", source=source.fileno(), target=target.fileno())
        await child.end()
        target.seek(0)
        assert target.read() == b"HELLO"


@pytest_twisted.ensureDeferred
async def test_what_is_written_to_it_it_reads_and_whoever_writes_is_held_back():
    child = begin("measure")
    for _ in range(40):
        await child.write(b"x" * 100_000)
    child.close_input()
    (line,) = await all_lines(child)
    assert line["octets"] == 4_000_000


@pytest_twisted.ensureDeferred
async def test_one_that_fails_says_so_with_its_last_words():
    with pytest.raises(ChildBroke, match="exit code 3; its last words: ValueError: but no"):
        await begin("fail").end()


@pytest_twisted.ensureDeferred
async def test_writing_to_one_that_has_ended_is_refused():
    child = begin("fail")
    with pytest.raises(ChildBroke):
        await child.end()
    with pytest.raises(ChildBroke):
        await child.write(b"x")
    child.close_input()


@pytest_twisted.ensureDeferred
async def test_one_that_dies_while_it_is_written_to_lets_the_writer_go():
    child = begin("wait")
    assert await child.line() is not None
    writing = Deferred.fromCoroutine(child.write(b"x" * 1_000_000))
    await until(lambda: child._full is not None)
    child.kill("enough")
    with pytest.raises(ChildBroke, match="enough"):
        await writing


@pytest_twisted.ensureDeferred
async def test_its_memory_is_bounded():
    with pytest.raises(ChildBroke, match="MemoryError"):
        await begin("memory", Bounds(memory_octets=400_000_000), octets=600_000_000).end()


@pytest_twisted.ensureDeferred
async def test_its_cpu_time_is_bounded():
    with pytest.raises(ChildBroke, match=r"signal 9|signal 24"):
        await begin("spin", Bounds(cpu_s=1)).end()


@pytest_twisted.ensureDeferred
async def test_one_that_is_silent_for_too_long_is_killed():
    with pytest.raises(ChildBroke, match="silent for too long"):
        await begin("wait", Bounds(silence_s=0.5)).end()


@pytest_twisted.ensureDeferred
async def test_a_line_without_end_is_not_kept():
    with pytest.raises(ChildBroke, match="a line that is too long"):
        await begin("count", Bounds(line_octets=100_000), lines=1, octets=300_000).end()


@pytest_twisted.ensureDeferred
async def test_one_that_is_killed_while_it_is_held_back_ends_too():
    child = begin("count", lines=4000, octets=20_000)
    await child.line()
    await until(lambda: child._held)
    child.kill("no need")
    with pytest.raises(ChildBroke, match="no need"):
        await child.end()


def test_a_child_ends_with_its_parent():
    program = f"""
import subprocess, sys, orjson, os
told = orjson.dumps({{"do": "wait", "parent": os.getpid(), "memory_octets": 1 << 30, "cpu_s": 60}}).decode()
child = subprocess.Popen([sys.executable, "-m", "{MODULE}", told], stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), flush=True)
os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=ROOT, timeout=30, check=False)
    pid = orjson.loads(done.stdout)["pid"]
    for _ in range(10_000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            break
        if state == "Z":
            break
        os.sched_yield()
    else:
        pytest.fail("it is still there")


def test_one_whose_parent_is_not_who_has_started_it_does_nothing():
    told = orjson.dumps({"do": "count", "lines": 1, "parent": 1, "memory_octets": 1 << 30, "cpu_s": 60}).decode()
    command = [sys.executable, "-m", MODULE, told]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_silence_counts_only_while_somebody_waits():
    clock = Clock()
    Child(clock, Bounds())
    assert clock.getDelayedCalls() == []
