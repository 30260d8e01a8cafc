"""What all tests share: the server's fixtures, and a watch on the log.

A test that logged a failure, or anything critical, that it did not expect has failed. One that expects it says so:
``assert flush_logged(ZeroDivisionError)``.
"""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from twisted.logger import ILogObserver, LogEvent, LogLevel, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import provider

pytest_plugins = ["tests.postgres", "tests.first_state", "tests.rabbitmq"]

FlushLogged = Callable[..., list[LogEvent]]
HERE = Path(__file__).parent
#: Folders whose files take longest, and so begin first: a worker that began one last would have the others wait for it.
LONG = ("whole", "browser", "clients")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders that take longest first; within them, and behind them, the order stays as it was."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return LONG.index(folder) if folder in LONG else len(LONG)


@pytest.fixture(autouse=True)
def flush_logged() -> Iterator[FlushLogged]:
    """Take the failures of the given exception types (without any: all) that have been logged so far, as events."""
    logged: list[LogEvent] = []

    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        if event.get("log_failure") is not None or event.get("log_level") is LogLevel.critical:
            logged.append(event)

    def flush(*kinds: type[BaseException]) -> list[LogEvent]:
        gc.collect(1)  # a Deferred that fails unheard logs it when it is collected
        taken = [event for event in logged if not kinds or _failed_with(event, kinds)]
        logged[:] = [event for event in logged if event not in taken]
        return taken

    globalLogPublisher.addObserver(observe)
    yield flush
    gc.collect(1)
    globalLogPublisher.removeObserver(observe)
    if logged:
        pytest.fail("logged and not expected:\n" + "\n".join(_shown(event) for event in logged))


def _failed_with(event: LogEvent, kinds: tuple[type[BaseException], ...]) -> bool:
    failure = event.get("log_failure")
    return isinstance(failure, Failure) and isinstance(failure.value, kinds)


def _shown(event: LogEvent) -> str:
    failure = event.get("log_failure")
    text = str(event.get("log_format", ""))
    return f"{text}\n{failure.getTraceback()}" if isinstance(failure, Failure) else text
