"""The state with which a node of the tests begins: its database made and migrated, which is half the time of a first start."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilesasa.store import migrate
from mobilesasa.store.embedded import EmbeddedPostgres
from tests.postgres import in_memory


def state_folder(prefix: str) -> Path:
    """Make a folder for a node, which whoever asks removes; in memory if there is room.

    A process that is killed leaves there what it leaves on a disk: its files outlive it in the kernel's pages in both places.
    """
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=in_memory()))
    made.chmod(0o711)  # the database runs as a user of its own when we are root
    return made


def begin_with(first_state: Path, folder: Path) -> None:
    """Copy the state into the folder of a node."""
    if (first_state / "postgres").is_dir():  # else the data are elsewhere, and a copy would be the same database
        subprocess.run(["cp", "-a", "--reflink=auto", first_state, folder / "state"], check=True)


@pytest.fixture(scope="session")
def first_state() -> Iterator[Path]:
    """The state of a node whose database was made, migrated and stopped, to be copied."""
    made = state_folder("mbs-first-")
    server = EmbeddedPostgres(made / "state")
    try:
        migrate.apply(server.start())
    finally:
        server.stop()
    yield made / "state"
    shutil.rmtree(made)
