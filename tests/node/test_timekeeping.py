import subprocess
import sys
import time
from pathlib import Path

from twisted.internet import task

from mobilesasa.node.timekeeping import count_steadily

_NODE = """
import sys, time
from mobilesasa.tap import Options, makeService
options = Options()
options.parseOptions(["--state-dir", sys.argv[1]])
makeService(options)
from twisted.internet import reactor
before_s = time.monotonic()
assert before_s <= reactor.seconds() <= time.monotonic(), reactor.seconds()
"""


def test_the_timers_of_a_node_count_by_a_clock_that_nobody_sets(tmp_path: Path):
    done = subprocess.run([sys.executable, "-c", _NODE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_call_that_was_asked_for_before_comes_when_it_was_to_come():
    reactor = task.Clock()
    reactor.advance(1_700_000_000.0)
    asked_for = reactor.callLater(5.0, list)
    before_s = time.monotonic()
    count_steadily(reactor)
    assert before_s <= asked_for.getTime() - 5.0 <= time.monotonic()
    assert before_s <= reactor.seconds() <= time.monotonic()
