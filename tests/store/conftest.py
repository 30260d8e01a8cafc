"""What tests of several modules begin with."""

import pytest

from mobilesasa.store.database import Txn
from tests.store.given import add_carrier, add_team


@pytest.fixture
def carriers(txn: Txn) -> list[int]:
    """Three carriers, for messages that may go from one to the next."""
    return [add_carrier(txn) for _ in range(3)]


@pytest.fixture
def team(txn: Txn) -> int:
    """A team with ten units."""
    return add_team(txn, 10)
