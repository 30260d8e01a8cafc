"""How a program of the benchmarks ends: however it is told to, what it has started ends first, each by its own id.

Ctrl-C, SIGTERM and SIGHUP are one. The first of them raises `ToldToEnd` in the main thread, wherever that is, and so takes
down what is stacked up, in its order; what comes after it is not heard. From then on nothing is started any more, what a
thread waits for is killed, and what is left when `main` has returned is ended, the last one first. SIGKILL nobody can hear.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from types import FrameType
from typing import Final, NoReturn

import attrs

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ToldToEnd(KeyboardInterrupt):
    """The program is to end.

    Args:
        number: of the signal that said so.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@attrs.frozen
class _Started:
    """Something that runs: what ends it, and whether that is done as soon as the program is told to end."""

    end: Callable[[], object]
    at_once: bool


@attrs.define
class _Program:
    """This process.

    Attributes:
        told: the signal that was heard; 0: none.
        held: how many blocks the main thread is in that are not broken off.
        started: what runs, in the order in which it was started.
        turn: who starts something has it.
    """

    told: int = 0
    held: int = 0
    started: dict[Hashable, _Started] = attrs.field(factory=dict)
    turn: threading.RLock = attrs.field(factory=threading.RLock)

    def hear(self, number: int, _frame: FrameType | None) -> None:
        """Hear a signal, in the main thread, between any two steps of it."""
        if self.told:
            return
        self.told = number
        for each in list(self.started.values()):
            if each.at_once:
                each.end()
        if not self.held:
            raise ToldToEnd(number)


_here: Final = _Program()


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Start something in the block and `note` it there: between the two nothing breaks off.

    Raises:
        ToldToEnd: the program is to end: before the block, in which case nothing is started, or behind it.
        SystemExit: the same before the block of another thread, which ends by that.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main:
        _here.held += 1
    try:
        with _here.turn:
            if _here.told:
                raise ToldToEnd(_here.told) if is_main else SystemExit
            yield
    finally:
        if is_main:
            _here.held -= 1
    if is_main and _here.told:
        raise ToldToEnd(_here.told)


def note(what: Hashable, end: Callable[[], object], *, at_once: bool = False) -> None:
    """Take down that something runs, and what ends it; that may be called although it has ended.

    Args:
        what: names it.
        end: ends it.
        at_once: whether that is called as soon as the program is told to end, for a thread waits for it.
    """
    _here.started[what] = _Started(end, at_once)


def forget(what: Hashable) -> None:
    """Take down that it has ended."""
    _here.started.pop(what, None)


def run(main: Callable[[], int | None]) -> NoReturn:
    """Be a program that does this, and end it in good order.

    Its status is what `main` returns (None: 0), or 128 and the number of the signal that told it to end, as shells have it.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, _here.hear)
    status: int | None = None
    try:
        try:
            status = main()
        finally:
            _end_all()
    except ToldToEnd:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print("it was told to end, and what it had started has ended", file=sys.stderr)
    sys.exit(128 + _here.told if _here.told else status)


def _end_all() -> None:
    """End what is left, the last one first, whatever is heard meanwhile."""
    _here.held += 1
    with _here.turn:
        left = [*_here.started.items()]
    for what, each in reversed(left):
        try:
            each.end()
        except Exception as error:  # noqa: BLE001 - an edge: the others must end all the same
            print(f"{what} does not end: {error}", file=sys.stderr)
