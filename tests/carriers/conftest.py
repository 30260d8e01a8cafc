import pytest

from tests.carriers.rig import SmppRig


@pytest.fixture
def smpp() -> SmppRig:
    """An SMPP carrier with one transceiver that is bound and a window of ten."""
    rig = SmppRig()
    rig.start()
    return rig


@pytest.fixture
def warnings():
    """The warnings that were logged, as texts."""
    from twisted.logger import LogLevel, globalLogPublisher

    seen = []

    def observe(event):
        if event.get("log_level") is LogLevel.warn:
            seen.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(observe)
    yield seen
    globalLogPublisher.removeObserver(observe)
