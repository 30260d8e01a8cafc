"""Watches the carriers, and lets messages go on to others when one is in trouble for long.

How to think about it: once a second each carrier is looked at, and its circuit says how it stands, which the choice
between carriers regards for new messages. When a carrier has been down for `failover_after_s`, its dispatcher puts back
what it has claimed, and what waits in the store and may go elsewhere does so, chunk by chunk. What a carrier in trouble
leaves unanswered goes on at once. While it is tried again it gets a few messages, and all of them as soon as it takes
one. What waits for a carrier that is disabled goes on too. Messages with one way alone wait.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.carriers.policy import Policy, policy_of
from mobilesasa.core.circuit import TRIES, Circuit, Phase, Seen
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.lanes import Queue
from mobilesasa.core.model import MessageId, Place
from mobilesasa.core.routing import Standing
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.fleet import Fleet, Running
from mobilesasa.dispatch.hints import publish

LOOK_S: Final = 1.0
DISABLED_EVERY: Final = 10  # rounds, between looks at what waits for carriers that are disabled
CHUNK: Final = 1000
DISABLED: Final = "it is disabled"

#: Moves what waits for a carrier: its id, the carriers to avoid, why, behind which id, how many. Gives where they wait now,
#: and the id behind which to go on.
MoveOn = Callable[
    [int, Collection[int], str, MessageId | None, int], Awaitable[tuple[Sequence[Place], MessageId | None]]
]


@attrs.define(eq=False)
class _Watched:
    name: str
    dispatcher: Dispatcher
    policy: Policy
    circuit: Circuit
    owes_receipts: bool = True
    throttled: int = 0

    def is_given_up(self, now_s: float) -> bool:
        """Say whether messages are to go on to other carriers."""
        after_s = self.policy.failover_after_s
        return self.circuit.phase is Phase.DOWN and 0 < after_s <= self.circuit.down_s(now_s)

    @property
    def is_left(self) -> bool:
        """Whether what it left unanswered is to go on to other carriers."""
        return self.circuit.phase is not Phase.UP and self.policy.failover_after_s > 0


class Watch:
    """Looks after the carriers of a fleet.

    Args:
        fleet: the carriers that run.
        directory: where the choice between carriers reads how they stand; and which are disabled.
        move_on: the store.
        queue: told of messages that went on.
        clock: keeps the rounds.
        heard: how many receipts came, by the carrier's id; what never sent one is not in it.
    """

    log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        directory: CurrentDirectory,
        move_on: MoveOn,
        queue: Queue,
        clock: IReactorTime,
        heard: Mapping[int, int],
    ) -> None:
        """Start nothing yet."""
        self._fleet = fleet
        self._directory = directory
        self._move_on = move_on
        self._queue = queue
        self._clock = clock
        self._heard = heard
        self._watched: dict[int, _Watched] = {}
        self._rounds = 0
        self._calls = [LoopingCall(self.look), LoopingCall(self._move)]
        self._ended: list[Deferred[LoopingCall]] = []
        self.moved: dict[int, int] = {}  # messages that went on, by the carrier that they left

    def start(self) -> None:
        """Begin the rounds."""
        for call in self._calls:
            call.clock = self._clock
        self._ended = [call.start(LOOK_S, now=False) for call in self._calls]

    async def stop(self) -> None:
        """End the rounds; returns when none is under way."""
        for call in self._calls:
            if call.running:
                call.stop()
        for ended in self._ended:
            await ended

    def look(self) -> None:
        """Judge each carrier by what is seen of it now."""
        now_s, troubles = self._clock.seconds(), self._directory.live.troubles
        for carrier_id in self._watched.keys() - self._fleet.running.keys():
            del self._watched[carrier_id]
            troubles.pop(carrier_id, None)
        for carrier_id, running in self._fleet.running.items():
            watched = self._watched.get(carrier_id)
            if watched is None or watched.dispatcher is not running.dispatcher:
                watched = self._watched[carrier_id] = _watched(running)
            self._judge(watched, running, now_s)
            standing = watched.circuit.standing(now_s)
            if standing is Standing.UP:
                troubles.pop(carrier_id, None)
            else:
                troubles[carrier_id] = standing

    def standing(self, name: str | None = None) -> dict[str, Any]:
        """Return what an operator would ask about carriers, all or one, by name, as JSON."""
        found = {
            running.record.name: self._shown(carrier_id, running) for carrier_id, running in self._fleet.running.items()
        }
        return {each: shown for each, shown in found.items() if name in (None, each)}

    def _shown(self, carrier_id: int, running: Running) -> dict[str, Any]:
        watched, now_s = self._watched.get(carrier_id), self._clock.seconds()
        circuit = Circuit() if watched is None else watched.circuit
        standing = circuit.standing(now_s)
        state = Phase.TRYING.value if circuit.phase is Phase.TRYING else standing.name.lower()
        return {
            "state": state,
            "why": circuit.why,
            "down_s": round(circuit.down_s(now_s)),
            "window": running.carrier.window,
            "parts_under_way": running.dispatcher.out_parts,
            "receipts_heard": self._heard.get(carrier_id, 0),
            "receipt_wait_s": round(circuit.unheard_s(now_s)),
            **attrs.asdict(running.dispatcher.counts),
            "moved_on": self.moved.get(carrier_id, 0),
            "carrier": running.carrier.standing(),
        }

    def receipt_wait_s(self, carrier_id: int) -> float:
        """Return for how long a carrier has sent no receipt although some are due, in seconds; see `Circuit.unheard_s`."""
        watched = self._watched.get(carrier_id)
        return 0.0 if watched is None else watched.circuit.unheard_s(self._clock.seconds())

    def _judge(self, watched: _Watched, running: Running, now_s: float) -> None:
        circuit, before = watched.circuit, watched.circuit.phase
        circuit.see(_seen(watched, running, self._heard.get(running.record.id, 0)), now_s)
        if circuit.phase is Phase.DOWN and before is not Phase.DOWN:
            self.log.warn("carrier {name} is in trouble: {why}", name=watched.name, why=circuit.why)
        elif circuit.phase is Phase.UP and before is not Phase.UP:
            self.log.info("carrier {name} takes messages again", name=watched.name)
        watched.dispatcher.avoided = self._down() if watched.is_left else None
        if watched.is_given_up(now_s):
            watched.dispatcher.allow(0)
        elif circuit.phase is Phase.TRYING and watched.policy.failover_after_s > 0:
            watched.dispatcher.allow(TRIES)
        else:
            watched.dispatcher.allow(None)

    def _down(self) -> tuple[int, ...]:
        """Return the carriers that are in trouble."""
        return tuple(each for each, standing in self._directory.live.troubles.items() if standing is Standing.DOWN)

    # What waits for those in trouble.

    def _move(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._move_all())

    async def _move_all(self) -> None:
        now_s = self._clock.seconds()
        leaving = {
            carrier_id: watched.circuit.why
            for carrier_id, watched in self._watched.items()
            if watched.is_given_up(now_s)
        }
        if self._rounds % DISABLED_EVERY == 0:
            carriers = self._directory.now.carriers.values()
            leaving |= {record.id: DISABLED for record in carriers if not record.enabled}
        self._rounds += 1
        try:
            for carrier_id, why in leaving.items():
                await self._move_from(carrier_id, why)
        except StoreAway as error:
            self.log.warn("messages cannot go on to other carriers: {error}", error=error)
        except Exception:  # noqa: BLE001 - an edge: one bad round must not end the rounds
            self.log.failure("messages cannot go on to other carriers")

    async def _move_from(self, carrier_id: int, why: str) -> None:
        after: MessageId | None = None
        count = 0
        while True:
            places, after = await self._move_on(carrier_id, self._down(), why, after, CHUNK)
            publish(self._queue, places)
            count += len(places)
            if after is None or not self._calls[1].running:
                break
        if count:
            self.moved[carrier_id] = self.moved.get(carrier_id, 0) + count
            name = self._directory.now.carriers[carrier_id].name
            self.log.info(
                "{count} messages go on from {name} to other carriers: {why}", count=count, name=name, why=why
            )


def _watched(running: Running) -> _Watched:
    record = running.record
    policy = policy_of(record.options)
    # For SMPP: 1 asks for all receipts, 3 for those of what was delivered (SMPP 3.4 §5.2.17).
    owes = record.options.get("registered_delivery", 1) in (1, 3, "1", "3")
    return _Watched(record.name, running.dispatcher, policy, Circuit(policy.receipt_alarm_s), owes)


def _seen(watched: _Watched, running: Running, heard: int) -> Seen:
    counts, told = running.dispatcher.counts, running.carrier.standing()
    throttled = told.get("throttled", 0)
    patient = told.get("paused", throttled != watched.throttled)
    watched.throttled = throttled if isinstance(throttled, int) else 0
    return Seen(
        connected=bool(told.get("connected", True)),
        patient=bool(patient),
        taken=counts.sent - counts.held,
        failed=counts.postponed + counts.held,
        refused=counts.refused,
        handed=counts.handed,
        on_wire=counts.on_wire,
        parts_taken=counts.parts_taken if watched.owes_receipts else 0,
        receipts=heard,
    )
