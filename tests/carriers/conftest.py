import pytest
from twisted.logger import LogLevel

from tests.carriers.rig import SmppRig
from tests.logs import heard


@pytest.fixture
def smpp() -> SmppRig:
    """An SMPP carrier with one transceiver that is bound and a window of ten."""
    rig = SmppRig()
    rig.start()
    return rig


@pytest.fixture
def warnings():
    """The warnings that were logged, as texts."""
    with heard(LogLevel.warn) as said:
        yield said
