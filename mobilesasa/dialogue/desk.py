"""The desk: takes what gateways say happened in USSD sessions, and answers each (`core.ussd.Desk`).

    take ─▶ the store, in one commit with all that came meanwhile ─▶ answer
                          │ the answer is somebody else's
                          └─▶ a webhook, the team's URL, the team's bind ─▶ the store ─▶ answer

The row of a session has what it says and what it has taken, so a desk keeps nothing but what is under way: an event that comes
again meanwhile gets the same answer. Nobody waits for longer than `PATIENCE_S`: gateways give up after five to ten seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

import attrs
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.ussd import Answer, TeamBinds, UssdEvent, UssdReply
from mobilesasa.dialogue.callback import TIMEOUT_S, Calls, form_of
from mobilesasa.ussd.directory import CurrentDirectory, VersionKey
from mobilesasa.ussd.model import Result
from mobilesasa.ussd.paging import Limit
from mobilesasa.ussd.visits import Act, Asked, Heard, Taken, Waits
from mobilesasa.ussd.words import said
from mobilesasa.values import changed

PATIENCE_S: Final = TIMEOUT_S  # for the answers of others, from the event on
WAITING_MAX: Final = 5000  # events that wait for the store, above which more are refused (I7)


class Steps(Protocol):
    """The store, as the desk needs it; each call shares a commit with whatever else is waiting."""

    @property
    def waiting(self) -> int:
        """How many events wait."""

    def take(self, steps: Sequence[Asked | Heard]) -> Awaitable[Sequence[Taken]]:
        """Take events, and the answers of others; return what comes of each."""

    async def signed(self, menu_id: int) -> tuple[str, str] | None:
        """Return a menu's uuid and the secret that signs the calls of its webhooks; None: it is gone."""


class Doer(Protocol):
    """Does what steps give to do."""

    def do(self, acts: Sequence[Act]) -> None:
        """Begin; what is left is found in the store."""


@attrs.define(eq=False)
class _InHand:
    """An event that is being answered, and who waits."""

    asked: Asked
    same: tuple[object, ...]  # in all events that are this one
    answers: list[Answer]


class Desk:
    """Answers the events of all gateways.

    Args:
        directory: who answers what is dialled.
        suspended: says of a team's id whether it is.
        steps: the store.
        calls: asks teams' machines.
        binds: asks teams on their binds.
        doer: does what steps give to do.
        clock: bounds the waiting.
        now_ms: milliseconds since the epoch.
        new_id: makes UUIDv7s.
        network_code: gives the code (MCC and MNC) of a network as a gateway names it, or that name where it has none.
    """

    log = Logger()

    def __init__(
        self,
        directory: CurrentDirectory,
        suspended: Callable[[int], bool],
        steps: Steps,
        calls: Calls,
        binds: TeamBinds,
        doer: Doer,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
        network_code: Callable[[str], str] = str,
    ) -> None:
        """Answer nobody yet."""
        self._directory = directory
        self._suspended = suspended
        self._steps = steps
        self._calls = calls
        self._binds = binds
        self._doer = doer
        self._clock = clock
        self._now_ms = now_ms
        self._new_id = new_id
        self._network_code = network_code
        self._in_hand: dict[tuple[object, ...], _InHand] = {}
        self._gathered: list[_InHand] = []  # that came in this turn of the reactor
        self._under_way: set[Deferred[None]] = set()
        self.heard_of: set[str] = set()  # names of gateways that have called since somebody looked
        self.taken = 0

    def take(self, event: UssdEvent, answer: Answer) -> None:
        """Answer an event; see `core.ussd.Desk`."""
        self.taken += 1
        self.heard_of.add(event.gateway)
        if event.kind.is_over:
            answer(None)
            answer = _nobody
        same = (*event.key, event.kind, event.input, event.text_all, event.sequence)
        known = self._in_hand.get(same)
        if known is not None:
            known.answers.append(answer)
            return
        if self._steps.waiting + len(self._gathered) > WAITING_MAX:
            answer(_apology())
            return
        try:
            asked = self._asked(event)
        except Exception:  # noqa: BLE001 - an edge: whoever dials gets an answer, whatever is wrong here
            self.log.failure("an event of USSD gateway {gateway} failed", gateway=event.gateway)
            answer(_apology())
            return
        self._in_hand[same] = in_hand = _InHand(asked, same, [answer])
        self._gathered.append(in_hand)
        if len(self._gathered) == 1:
            self._clock.callLater(0, self._hand_in)

    async def stop(self) -> None:
        """Return when nothing is under way; the answers of others are waited for some seconds at most."""
        self._hand_in()
        while self._under_way:
            await DeferredList(list(self._under_way))

    def _begin(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        """Begin what answers events by itself."""
        begun = Deferred.fromCoroutine(work)
        self._under_way.add(begun)
        begun.addBoth(self._ended, begun)

    def _ended(self, _: object, work: Deferred[None]) -> None:
        self._under_way.discard(work)

    def _hand_in(self) -> None:
        """Bring the store what has come in this turn."""
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._begin(self._answer_all(gathered))

    async def _answer_all(self, gathered: Sequence[_InHand]) -> None:
        """Answer events that came together; those for whose answer somebody else is asked go on by themselves."""
        until_s = self._clock.seconds() + PATIENCE_S
        try:
            taken = await self._steps.take([each.asked for each in gathered])
        except Exception as wrong:  # noqa: BLE001 - an edge: whoever dials gets an answer, and the next one is answered too
            if len(gathered) > 1 and not isinstance(wrong, StoreAway):
                for each in gathered:  # one of them, which must hold up no other
                    self._begin(self._answer_all([each]))
            else:
                for each in gathered:
                    self._fail(each, Failure(wrong))
            return
        for each, what in zip(gathered, taken, strict=True):
            if what.waits is None:
                self._finish(each, what)
            else:
                self._begin(self._answer_later(each, what, until_s))

    def _asked(self, event: UssdEvent) -> Asked:
        """Return an event as the store takes it, its network by its code."""
        network = event.network and self._network_code(event.network)
        if network != event.network:
            event = changed(event, network=network)
        now = self._directory.now
        return Asked(
            event, self._new_id(), self._now_ms(), now.answers(event), now.limit(event.gateway), self._suspended
        )

    def _finish(self, in_hand: _InHand, taken: Taken) -> None:
        """Do what a step gives to do, and tell those who wait what it shows."""
        try:
            if taken.does:
                self._doer.do(taken.does)
        except Exception:  # noqa: BLE001 - an edge, as above
            self._fail(in_hand, Failure())
            return
        self._tell(in_hand, None if in_hand.asked.event.kind.is_over else taken.reply or _apology())

    async def _answer_later(self, in_hand: _InHand, taken: Taken, until_s: float) -> None:
        """Answer an event when somebody else has."""
        try:
            while taken.waits is not None and not in_hand.asked.event.kind.is_over:
                self._doer.do(taken.does)
                heard = await self._ask(taken.waits, in_hand.asked.limit, until_s)
                if heard.trouble:
                    named = {"session": heard.visit_id, "team_id": taken.waits.team_id, "trouble": heard.trouble}
                    self.log.warn("USSD session {session} of team {team_id}: {trouble}", **named)
                (taken,) = await self._steps.take([heard])
            self._tell_bind(taken.waits)
        except Exception as wrong:  # noqa: BLE001 - an edge, as above
            self._fail(in_hand, Failure(wrong))
        else:
            self._finish(in_hand, taken)

    def _fail(self, in_hand: _InHand, why: Failure) -> None:
        """Apologise for what went wrong."""
        gateway = in_hand.asked.event.gateway
        if why.check(StoreAway):
            self.log.warn("USSD of {gateway} is not answered: {away}", gateway=gateway, away=why.value)
        else:
            self.log.failure("an event of USSD gateway {gateway} failed", why, gateway=gateway)
        self._tell(in_hand, _apology())

    def _tell(self, in_hand: _InHand, reply: UssdReply | None) -> None:
        """Answer all who wait for an event."""
        del self._in_hand[in_hand.same]
        for answer in in_hand.answers:
            try:
                answer(reply)
            except Exception:  # noqa: BLE001 - an edge: one gateway's defect must not keep another from its answer
                self.log.failure("an answer to USSD gateway {gateway} failed", gateway=in_hand.asked.event.gateway)

    def _tell_bind(self, waits: Waits | None) -> None:
        """Tell the bind that has a session that it is over."""
        if waits is not None and waits.offer is not None:
            self._binds.offer(waits.team_id, waits.offer, _nobody)

    async def _ask(self, waits: Waits, limit: Limit, until_s: float) -> Heard:
        """Ask somebody else for the answer."""
        left_s = until_s - self._clock.seconds()
        reply, result, trouble = None, None, f"no answer within {PATIENCE_S:g} s"
        if left_s <= 0:
            pass
        elif waits.hook is not None and waits.menu is not None:
            result, trouble = await self._ask_hook(waits, waits.menu, left_s)
        elif waits.url is not None:
            form = form_of(waits.visit_id, waits.dialled, waits.msisdn, waits.network, waits.typed)
            reply, trouble = await self._calls.ask(waits.url, form, left_s)
        elif waits.offer is not None:
            reply = await self._ask_bind(waits.team_id, waits.offer)
            trouble = "" if reply is not None else "no bind of the team on this node has answered"
        return Heard(waits.visit_id, waits.event_id, self._now_ms(), limit, reply, result, trouble)

    async def _ask_hook(self, waits: Waits, menu: VersionKey, left_s: float) -> tuple[Result | None, str]:
        hook, signed = waits.hook, await self._steps.signed(menu[0])
        if hook is None or signed is None:
            return None, "the menu is gone"
        uuid, secret = signed
        return await self._calls.show(hook, secret, waits.event_id, told_of(waits, uuid, menu[1]), left_s)

    def _ask_bind(self, team_id: int, offer: UssdEvent) -> Deferred[UssdReply | None]:
        answered: Deferred[UssdReply | None] = Deferred()
        self._binds.offer(team_id, offer, answered.callback)
        return answered


def told_of(waits: Waits, menu_uuid: str, version: int) -> Mapping[str, Any]:
    """Return what a webhook whose answer is shown is told."""
    hook = waits.hook
    return {
        "session": waits.visit_id,
        "menu": menu_uuid,
        "version": version,
        "screen": "" if hook is None else hook.screen,
        "dialled": waits.dialled,
        "msisdn": waits.msisdn,
        "network": waits.network,
        "variables": {} if hook is None else dict(hook.sends),
    }


def _apology() -> UssdReply:
    return UssdReply(said("apology"), end=True)


def _nobody(_: UssdReply | None) -> None:
    """Take an answer that nobody waits for."""
