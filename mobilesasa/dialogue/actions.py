"""Does what steps of USSD sessions give to do, after their commit: messages, groups, surveys, and calls of webhooks.

Each has a row, and whoever does it takes the row away in the same transaction; so what is here may be lost or come twice. The
rows that are left, of a node that died or of what could not be done yet, are found by `sweep`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore
from twisted.logger import Logger

from mobilesasa.core.errors import Refused, StoreAway
from mobilesasa.core.model import Priced, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.dialogue.callback import Calls
from mobilesasa.ussd.model import SendSms, Webhook
from mobilesasa.ussd.visits import Act

SWEEP_INTERVAL_S: Final = 5.0
AT_ONCE: Final = 200  # actions in one transaction
KEPT: Final = 10_000  # in memory; more are left to the sweep (I7)
CALLS: Final = 50  # of webhooks at once


class Trouble(Protocol):
    """An action that could not be done."""

    @property
    def act(self) -> Act: ...
    @property
    def problem(self) -> str: ...
    @property
    def given_up(self) -> bool: ...


class Done(Protocol):
    """What came of some actions."""

    @property
    def messages(self) -> Sequence[Priced]: ...
    @property
    def troubles(self) -> Sequence[Trouble]: ...


class Store(Protocol):
    """The actions that are to be done."""

    async def due(self, limit: int) -> Sequence[Act]:
        """Return actions that nobody has done in time."""

    async def do(self, asked: Sequence[tuple[Act, Priced | Refused | None]]) -> Done:
        """Do what is still to be done of some actions, each wholly or not at all; of a message it is told how it was judged."""

    async def claim(self, acts: Sequence[Act]) -> Sequence[Act]:
        """Take calls of webhooks in hand; return those that are still to be made."""

    async def called(self, act: Act, problem: str | None) -> Sequence[Trouble]:
        """Write down what came of the call of a webhook; None: its receiver has it."""

    async def give_up(self, act: Act, problem: str) -> Sequence[Trouble]:
        """Try an action no more."""

    async def signed(self, menu_id: int) -> tuple[str, str] | None:
        """Return a menu's uuid and the secret that signs the calls of its webhooks."""


class Gateway(Protocol):
    """The door for messages."""

    def judge(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Validate and price."""

    def hint(self, stored: Sequence[Priced]) -> None:
        """Name stored messages to the queue."""


class Actions:
    """Does them.

    Args:
        store: where they are.
        calls: calls webhooks.
    """

    log = Logger()

    def __init__(self, store: Store, calls: Calls) -> None:
        """Do nothing before `send_by`."""
        self._store = store
        self._gateway: Gateway | None = None
        self._calls = calls
        self._waiting: deque[Act] = deque()
        self._round: Deferred[None] | None = None
        self._calling: set[Deferred[None]] = set()
        self._turns = DeferredSemaphore(CALLS)
        self._stopping = False

    def send_by(self, gateway: Gateway) -> None:
        """Name what judges messages, and names them to the queue."""
        self._gateway = gateway

    def do(self, acts: Sequence[Act]) -> None:
        """Begin; what there is no room for is found by `sweep`."""
        if not acts or self._stopping or self._gateway is None:
            return
        self._waiting.extend(acts[: max(0, KEPT - len(self._waiting))])
        if self._round is None and self._waiting:
            done: Deferred[None] = Deferred()
            self._round = done
            Deferred.fromCoroutine(self._go_on()).addBoth(self._ended_round, done)

    async def sweep(self) -> None:
        """Do what was left."""
        due = AT_ONCE
        while due == AT_ONCE and not self._stopping:
            found = await self._store.due(AT_ONCE)
            due = len(found)
            self.do(found)
            if self._round is not None:
                await self._round
            await self._called()

    async def stop(self) -> None:
        """Begin nothing more; returns when what is in hand is written down."""
        self._stopping = True
        self._waiting.clear()
        if self._round is not None:
            await self._round
        await self._called()

    async def _called(self) -> None:
        if self._calling:
            await DeferredList(list(self._calling))

    async def _go_on(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            await self._guarded(batch)

    def _ended_round(self, _: object, done: Deferred[None]) -> None:
        self._round = None
        done.callback(None)

    async def _guarded(self, batch: Sequence[Act]) -> None:
        """Do some; those that cannot be done together are done one by one, so that one holds up no other."""
        try:
            await self._do(batch)
        except StoreAway as away:
            self.log.warn("{count} actions of USSD wait for the store: {away}", count=len(batch), away=away)
        except Exception:  # noqa: BLE001 - an edge: one bad action must not keep the others from being done
            if len(batch) > 1:
                for act in batch:
                    await self._guarded([act])
                return
            self.log.failure("action {n} of USSD session {session} failed", n=batch[0].n, session=batch[0].session_id)
            await self._give_up(batch[0])

    async def _do(self, batch: Sequence[Act]) -> None:
        calls = [act for act in batch if isinstance(act.action, Webhook)]
        others = [act for act in batch if not isinstance(act.action, Webhook)]
        if others and self._gateway is not None:
            done = await self._store.do(_judged(others, self._gateway))
            self._gateway.hint(done.messages)
            self._tell(done.troubles)
        if calls:
            for act in await self._store.claim(calls):
                call = self._turns.run(lambda act: Deferred.fromCoroutine(self._call(act)), act)
                self._calling.add(call)
                call.addBoth(self._ended, call)

    def _ended(self, _: object, call: Deferred[None]) -> None:
        self._calling.discard(call)

    async def _call(self, act: Act) -> None:
        try:
            self._tell(await self._store.called(act, await self._problem(act)))
        except StoreAway as away:
            self.log.warn("the call of a webhook of USSD is not written down: {away}", away=away)
        except Exception:  # noqa: BLE001 - an edge: one bad call must not end the others
            self.log.failure("the webhook of USSD session {session} failed", session=act.session_id)

    async def _problem(self, act: Act) -> str | None:
        hook, signed = act.action, await self._store.signed(act.menu_id)
        if not isinstance(hook, Webhook) or signed is None:
            return "the menu is gone"
        uuid, secret = signed
        told = {
            "session": act.session_id, "menu": uuid, "screen": hook.screen, "msisdn": act.msisdn,
            "variables": dict(hook.sends),
        }  # fmt: skip
        return await self._calls.tell(hook, secret, f"{act.session_id}-{act.n}", told) or None

    async def _give_up(self, act: Act) -> None:
        try:
            self._tell(await self._store.give_up(act, "it cannot be kept"))
        except StoreAway as away:
            self.log.warn("an action of USSD waits for the store: {away}", away=away)

    def _tell(self, troubles: Sequence[Trouble]) -> None:
        for each in troubles:
            named: dict[str, Any] = {
                "n": each.act.n, "session": each.act.session_id, "team_id": each.act.team_id, "problem": each.problem,
                "what": "was given up" if each.given_up else "is tried again",
            }  # fmt: skip
            self.log.warn("action {n} of USSD session {session} of team {team_id} {what}: {problem}", **named)


def _judged(acts: Sequence[Act], gateway: Gateway) -> list[tuple[Act, Priced | Refused | None]]:
    """Return actions, and of messages what they are when they are judged."""
    texts = [(act, act.action) for act in acts if isinstance(act.action, SendSms)]
    asked = [Submission(act.team_id, text.sender_id or None, text.to, text.text) for act, text in texts]
    verdicts = {(act.session_id, act.n): each for (act, _), each in zip(texts, gateway.judge(asked), strict=True)}
    return [(act, verdicts.get((act.session_id, act.n))) for act in acts]
