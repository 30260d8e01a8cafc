"""Fixtures of whole nodes; each test has its own, and nothing of it is left behind."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.first_state import begin_with, state_folder
from tests.whole.programs import Node, Smsc


@pytest.fixture
def folder() -> Iterator[Path]:
    made = state_folder("mbs-whole-")
    yield made
    shutil.rmtree(made)


@pytest.fixture
def node(folder: Path, first_state: Path) -> Iterator[Node]:
    """A node that is not started yet, its database made; stopped in good order after the test, its database too."""
    begin_with(first_state, folder)
    made = Node(folder)
    yield made
    if made.program is None:
        return
    if made.program.process.poll() is not None and made.program.process.returncode == -signal.SIGKILL:
        made.start()  # so that the database that a killed node left is stopped by its owner
    made.stop()


@pytest.fixture
def smsc(folder: Path, request: pytest.FixtureRequest) -> Iterator[Smsc]:
    """An SMSC over TCP, listening; a test may give it options of its command by parametrising it indirectly."""
    made = Smsc(folder, more=getattr(request, "param", ()))
    made.start()
    yield made
    made.stop()
