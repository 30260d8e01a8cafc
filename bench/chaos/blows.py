"""How each fault is done to the stage and undone, each on a thread of its own, at its moment."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

import attrs

from bench.chaos.nodes import Node
from bench.chaos.plan import CARRIERS, STAYS, Event, Fault, Round
from bench.chaos.stage import BINDS, WINDOW, Stage

AWAY_S = 7.0  # for longer, and a node that does not reach the database gives up its carriers
PATIENCE_S = 120.0  # for a fault that is being undone


@attrs.define(eq=False)
class Blows:
    """The faults of one round.

    Attributes:
        broken: what could not be done or undone, in words.
        struck: how often each carrier's connections may have lost what was on the wire.
        ended_s: when the last fault was undone, by the monotonic clock.
    """

    stage: Stage
    round: Round
    broken: list[str] = attrs.field(factory=list)
    struck: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(CARRIERS, 0))
    ended_s: float = 0.0
    _threads: list[threading.Thread] = attrs.field(factory=list)

    @property
    def most_doubled(self) -> int:
        """How many messages may have come twice: a window for each time (I3)."""
        return sum(self.struck.values()) * BINDS * WINDOW

    @property
    def most_uncertain(self) -> int:
        """How many may be taken for sent: what was on the wire twice when a connection was lost."""
        return max(0, sum(self.struck.values()) - 1) * BINDS * WINDOW

    @property
    def may_end(self) -> bool:
        """Whether PostgreSQL and RabbitMQ may end by themselves: one of them has no room on its disk."""
        return any(event.fault is Fault.FILL_DISK for event in self.round.events)

    def start(self, begun_s: float) -> None:
        """Let each come at its moment.

        Args:
            begun_s: when the round began, by the monotonic clock.
        """
        for event in self.round.events:
            self._threads.append(threading.Thread(target=self._strike, args=(event, begun_s), daemon=True))
            self._threads[-1].start()

    def wait(self) -> None:
        """Wait until all are undone; what ended by itself meanwhile is started again."""
        until_s = time.monotonic() + PATIENCE_S
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < until_s:
            self.stage.supervise(self.may_end)
            time.sleep(0.25)
        self.broken += ["a fault is not undone"] if any(thread.is_alive() for thread in self._threads) else []
        self.ended_s = time.monotonic()

    def _strike(self, event: Event, begun_s: float) -> None:
        _sleep_until(begun_s + event.at_s)
        try:
            self.count(event)
            undo = self._begin(event, begun_s)
            _sleep_until(begun_s + event.until_s)
            undo()
        except Exception as error:  # noqa: BLE001 - told with the round, whatever it was
            self.broken.append(f"{event}: {type(error).__name__} {error}")

    def count(self, event: Event) -> None:
        """Take down whose windows it may cost."""
        struck: set[str] = set()
        if event.target in CARRIERS and event.fault is not Fault.SLOW_CARRIER:
            struck = {event.target}
        elif event.fault is Fault.KILL_NODE:
            struck = self.stage.nodes[event.target].carriers()
        elif event.fault is Fault.CUT and event.target.startswith("database") and event.for_s > AWAY_S:
            struck = self.stage.nodes[f"node-{event.target[-1]}"].carriers()
        times = event.amount if event.fault is Fault.FLAP_CARRIER else 1
        for carrier in struck:
            self.struck[carrier] += times

    def _begin(self, event: Event, begun_s: float) -> Callable[[], None]:
        """Do it; return what undoes it."""
        stage, target = self.stage, event.target
        match event.fault:
            case Fault.KILL_NODE:
                return _killed(stage.nodes[target])
            case Fault.FREEZE_NODE:
                stage.nodes[target].send(signal.SIGSTOP)
                return lambda: stage.nodes[target].send(signal.SIGCONT)
            case Fault.KILL_DATABASE:
                stage.kill_database()
                return stage.start_database
            case Fault.FREEZE_DATABASE:
                stage.freeze_database(signal.SIGSTOP)
                return lambda: stage.freeze_database(signal.SIGCONT)
            case Fault.KILL_BROKER:
                stage.kill_broker()
                return stage.start_broker
            case Fault.FREEZE_BROKER:
                stage.broker.freeze()
                return stage.broker.thaw
            case Fault.FREEZE_CARRIER:
                stage.freeze_sink(target, signal.SIGSTOP)
                return lambda: stage.freeze_sink(target, signal.SIGCONT)
            case Fault.FLAP_CARRIER:
                self._flap(event, begun_s)
                return lambda: stage.restore(target)
            case Fault.SLOW_CARRIER:
                stage.relay("delay", target, event.amount)
                return lambda: stage.restore(target)
            case Fault.CUT:
                stage.relay(event.way, target)
                return lambda: stage.restore(target)
            case Fault.FILL_DISK:
                stage.disks[target].fill()
                return stage.disks[target].free
            case Fault.STEP_CLOCK:
                stage.clocks[target].step(event.amount)
                return lambda: stage.clocks[target].step(event.amount if event.way == STAYS else 0)

    def _flap(self, event: Event, begun_s: float) -> None:
        """Refuse and let in again, so many times in the time that the fault lasts."""
        step_s = event.for_s / (2 * event.amount)
        for n in range(2 * event.amount):
            if n % 2:
                self.stage.restore(event.target)
            else:
                self.stage.relay("refuse", event.target)
            _sleep_until(begun_s + event.at_s + (n + 1) * step_s)


def _killed(node: Node) -> Callable[[], None]:
    node.kill()
    return node.start


def _sleep_until(until_s: float) -> None:
    time.sleep(max(0.0, until_s - time.monotonic()))
