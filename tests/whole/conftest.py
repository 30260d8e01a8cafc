"""Fixtures of whole nodes; each test has its own, and nothing of it is left behind."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilesasa.store import migrate
from mobilesasa.store.embedded import EmbeddedPostgres
from tests.whole.programs import Node, Smsc


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="mbs-whole-"))
    made.chmod(0o711)  # the database runs as a user of its own when we are root
    return made


@pytest.fixture
def folder() -> Iterator[Path]:
    made = _folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def first_state() -> Iterator[Path]:
    """The state of a node whose database was made, migrated and stopped, to be copied: half the time of a first start."""
    made = _folder()
    server = EmbeddedPostgres(made / "state")
    try:
        migrate.apply(server.start())
    finally:
        server.stop()
    yield made / "state"
    shutil.rmtree(made)


@pytest.fixture
def node(folder: Path, first_state: Path) -> Iterator[Node]:
    """A node that is not started yet, its database made; stopped in good order after the test, its database too."""
    if (
        first_state / "postgres"
    ).is_dir():  # else the data are elsewhere, and a copy of the state would be the same database
        subprocess.run(["cp", "-a", "--reflink=auto", first_state, folder / "state"], check=True)
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
