"""Fixtures of whole nodes; each test has its own, and nothing of it is left behind."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.programs import Node, Smsc


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mbs-whole-"))
    made.chmod(0o711)  # the database runs as a user of its own when we are root
    yield made
    shutil.rmtree(made)


@pytest.fixture
def node(folder: Path) -> Iterator[Node]:
    """A node that is not started yet; stopped in good order after the test, its database too."""
    made = Node(folder)
    yield made
    if made.program is None:
        return
    if made.program.process.poll() is not None and made.program.process.returncode == -signal.SIGKILL:
        made.start()  # so that the database that a killed node left is stopped by its owner
    made.stop()


@pytest.fixture
def smsc(folder: Path) -> Iterator[Smsc]:
    """An SMSC over TCP, listening."""
    made = Smsc(folder)
    made.start()
    yield made
    made.stop()
