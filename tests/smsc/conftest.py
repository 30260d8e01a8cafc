import pytest

from tests.smsc.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
