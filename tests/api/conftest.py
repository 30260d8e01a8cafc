import pytest

from tests.api.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
