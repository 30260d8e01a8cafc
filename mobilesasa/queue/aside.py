"""Carriers whose lanes RabbitMQ does not serve.

How to think about it: RabbitMQ can have a queue that it cannot serve. One whose files were not complete when its node was
killed is there and answers nobody; one whose process has ended takes no consumer, and RabbitMQ closes the connection that
asks for it with 541 (measured with 3.10.8). All that is asked on a channel waits behind that, and all carriers share the
channels. So a carrier that was tended when a channel was lost is *aside*: nothing is asked for it on those channels, its
lanes are read from the store, and `queue.trial` tries it on a connection of its own. It may have been chance; then the
trial says so at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.topology import TopologyError

AGAIN_S: Final = 5.0  # the second trial of a carrier waits so long, the third twice that, and so on
AGAIN_MAX_S: Final = 300.0
SAID: Final = 2  # trials that failed in a row
FORGIVEN_S: Final = 600.0  # a carrier that was served for so long begins anew


@attrs.define
class _Case:
    due_s: float  # when it may be tried
    strikes: int = 1
    is_aside: bool = True
    failures: int = 0  # of trials in a row
    since_s: float = 0.0  # when it was put aside or taken back


class Aside:
    """The carriers that are aside; true when there are any.

    Args:
        clock: says when one may be tried again.

    Attributes:
        changed: called with a carrier that was put aside, failed its trial, or was taken back.
    """

    log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self.changed: Callable[[int], None] = lambda carrier_id: None
        self._clock = clock
        self._cases: dict[int, _Case] = {}

    def __bool__(self) -> bool:
        return any(case.is_aside for case in self._cases.values())

    def __contains__(self, carrier_id: object) -> bool:
        case = self._cases.get(carrier_id) if isinstance(carrier_id, int) else None
        return case is not None and case.is_aside

    def is_unserved(self, carrier_id: int) -> bool:
        """Whether a carrier is aside and failed its trial."""
        return carrier_id in self and self._cases[carrier_id].failures > 0

    def put(self, carrier_id: int, _why: ChannelLost) -> None:
        """Set a carrier aside, for a channel was lost while its lanes were declared or consumed."""
        now_s = self._clock.seconds()
        case = self._cases.get(carrier_id)
        if case is not None and case.is_aside:
            return
        if case is None or now_s - case.since_s >= FORGIVEN_S:
            self._cases[carrier_id] = _Case(now_s, since_s=now_s)
        else:
            case.is_aside, case.since_s = True, now_s
            case.strikes += 1
            case.due_s = now_s + _wait_s(case)
        self.changed(carrier_id)

    def due(self) -> int | None:
        """Return the carrier that is to be tried next, if any may be by now."""
        now_s = self._clock.seconds()
        due = [(each.due_s, key) for key, each in self._cases.items() if each.is_aside and each.due_s <= now_s]
        return min(due)[1] if due else None

    def failed(self, carrier_id: int, lane: str, why: str, error: ChannelLost | None = None) -> None:
        """Hear that a trial has failed at this queue; it is said once, the second time: the first can be chance."""
        case = self._cases[carrier_id]
        case.strikes += 1
        case.due_s = self._clock.seconds() + _wait_s(case)
        case.failures += 1
        self.changed(carrier_id)
        if case.failures != SAID:
            return
        remedy = (
            "" if isinstance(error, TopologyError)  # which says it itself
            else f". If it stays so, delete the queue, and it is declared anew: rabbitmqctl delete_queue {lane}. "
            "No message is lost by that, for the rows are in the database"
        )  # fmt: skip
        self.log.error(
            "RabbitMQ does not serve carrier {id}, whose messages are read from the database meanwhile; {lane}: {why}{remedy}",
            id=carrier_id,
            lane=lane,
            why=why.rstrip("."),
            remedy=remedy,
        )

    def served(self, carrier_id: int) -> None:
        """Take a carrier back, for RabbitMQ serves it."""
        case = self._cases[carrier_id]
        case.is_aside, case.since_s = False, self._clock.seconds()
        failures, case.failures = case.failures, 0
        if failures >= SAID:
            self.log.info("RabbitMQ serves carrier {id} again", id=carrier_id)
        self.changed(carrier_id)


def _wait_s(case: _Case) -> float:
    return min(AGAIN_S * 2.0 ** min(case.strikes - 2, 16), AGAIN_MAX_S)
