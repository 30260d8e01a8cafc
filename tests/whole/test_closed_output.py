"""A node whose standard output nobody reads any more, as under `twistd -n mobilesasa | head -5`."""

import os
import signal
import subprocess

import psutil
import pytest

from tests.whole.programs import BIN, PATIENCE_S, Node, Program

# A node with a defect of ours in its start, as late as one can be.
BROKEN_TAC = """
import os
from twisted.application.service import Application
from twisted.internet import reactor
from mobilesasa.node import service
from mobilesasa.settings import load

def broken(*_):
    raise ZeroDivisionError("a defect")

service.welcome = broken
application = Application("mobilesasa")
service.Node(reactor, load(os.environ)).setServiceParent(application)
"""


class HeadOfPipe(Program):
    """A program whose standard output is a pipe that is closed after so many lines; the file has its standard error."""

    lines = 0

    def start(self) -> None:
        reader, writer = os.pipe()
        with self.output.open("ab") as into:
            self.process = subprocess.Popen(
                self.arguments, env=self.environment, stdin=subprocess.DEVNULL, stdout=writer, stderr=into
            )
        os.close(writer)
        with os.fdopen(reader, "rb") as reading:
            for _ in range(self.lines):
                reading.readline()


class HeadOfFive(HeadOfPipe):
    lines = 5


@pytest.fixture
def fresh(node: Node) -> Node:
    """A node on an empty state, not started yet, which will have a token to show."""
    node.demo = True
    return node


def database_of(node: Node) -> int:
    """The pid of the embedded PostgreSQL."""
    return int((node.folder / "state" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


@pytest.mark.parametrize("kind", [HeadOfPipe, HeadOfFive])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_node_whose_output_was_closed_works_and_stops_its_database(
    fresh: Node, kind: type[Program], how: signal.Signals
):
    fresh.start(kind=kind)
    database = database_of(fresh)
    assert fresh.program.end(how) in (-how, 0)
    assert not psutil.pid_exists(database)
    assert "Traceback" not in fresh.program.said


def test_a_welcome_that_cannot_be_printed_is_a_warning_without_the_token(fresh: Node):
    log = fresh.folder / "twistd.log"
    fresh.start("--logfile", str(log), kind=HeadOfPipe)
    fresh.stop()
    said = log.read_text()
    (warning,) = [line for line in said.splitlines() if " warn " in line]
    assert warning.endswith(
        "the welcome cannot be printed: [Errno 32] Broken pipe; `mobilesasa token create` makes a token"
    )
    assert "mbs_" not in said
    assert "stopped in good order" in said


def test_without_any_standard_output_the_welcome_is_not_logged_instead(fresh: Node):
    """Then `print` would take what stands for it, which is the log."""
    log = fresh.folder / "twistd.log"
    line = 'exec "$@" >&-'
    fresh.start("--logfile", str(log), before=("sh", "-c", line, "sh"))
    fresh.stop()
    assert "the welcome cannot be printed" in log.read_text()
    assert "mbs_" not in log.read_text() + fresh.program.said


def test_a_defect_in_the_start_ends_the_node_and_its_database(fresh: Node):
    tac = fresh.folder / "broken.tac"
    tac.write_text(BROKEN_TAC)
    arguments = [str(BIN / "twistd"), "-n", "--pidfile=", "-y", str(tac)]
    fresh.program = Program(arguments, fresh.environment, fresh.folder / "node.log")
    fresh.program.start()
    assert fresh.program.process.wait(PATIENCE_S) not in (0, None)
    assert "ZeroDivisionError: a defect" in fresh.program.said
    assert list((fresh.folder / "state").rglob("postmaster.pid")) == []
