"""What tests of the queue over RabbitMQ in memory share."""

from collections.abc import Callable, Iterator

import pytest
from twisted.logger import LogLevel, capturedLogs, formatEvent

from tests.queue.rig import FakeRig


@pytest.fixture
def rig() -> FakeRig:
    made = FakeRig()
    made.come_up()
    return made


@pytest.fixture
def logged() -> Iterator[Callable[[], list[str]]]:
    """Return what was logged at info and above since the last call."""
    with capturedLogs() as events:

        def take() -> list[str]:
            taken = [formatEvent(event) for event in events if event["log_level"] > LogLevel.debug]
            events.clear()
            return taken

        yield take
