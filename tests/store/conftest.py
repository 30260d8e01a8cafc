"""What tests of several modules begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilesasa.store.database import Txn
from mobilesasa.store.embedded import EmbeddedPostgres
from tests.postgres import postgres_bin
from tests.store.embedding import Make
from tests.store.given import add_carrier, add_team


@pytest.fixture
def carriers(txn: Txn) -> list[int]:
    """Three carriers, for messages that may go from one to the next."""
    return [add_carrier(txn) for _ in range(3)]


@pytest.fixture
def team(txn: Txn) -> int:
    """A team with ten units."""
    return add_team(txn, 10)


@pytest.fixture
def state(open_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A state folder that does not exist yet, below folders that everybody can enter."""
    return open_folder / f"{abs(hash(request.node.nodeid)):x}"


@pytest.fixture
def make(open_folder: Path) -> Iterator[Make]:
    """Make servers that are ended after the test."""
    made: list[EmbeddedPostgres] = []

    def build(state_dir: Path, **options: object) -> EmbeddedPostgres:
        options = {"bin_dir": postgres_bin(), "elsewhere": open_folder / "elsewhere", "patience_s": 20.0, **options}
        made.append(EmbeddedPostgres(state_dir, **options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for server in made:
        server.stop()
