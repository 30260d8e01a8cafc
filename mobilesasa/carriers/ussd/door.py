"""The door of USSD gateways: a call comes in, is read by its gateway's dialect, and is answered when the desk has answered.

A call that is no gateway's own is as if nothing were there. One that is gets status 200 whatever it says and whatever
happens here: most gateways end a session at any other, and tell the person nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.carriers.ussd.dialect import Dialect
from mobilesasa.carriers.ussd.dialects import DIALECTS
from mobilesasa.carriers.ussd.said import Said, read_said
from mobilesasa.core.callbacks import CallbackReply
from mobilesasa.core.ussd import APOLOGY, Desk, UssdEvent, UssdReply
from mobilesasa.core.ussd_gateways import FindGateway, UssdCall

#: How long the desk may take; gateways want an answer within 5 to 10 s.
ANSWER_S: Final = 9.0
#: Of so many sessions the phone is remembered, for calls that do not name it.
PHONES: Final = 20_000
_SAID_EVERY_S: Final = 60.0
_SOON_S: Final = 0.001  # a timer that is early by less than this is in time


@attrs.define
class UssdFigures:
    """What has been counted since the start."""

    taken: int = 0
    foreign: int = 0  # of no gateway, or with a wrong secret or address
    unread: int = 0  # of which nothing could be read
    late: int = 0  # that the desk did not answer in time


class UssdDoor:
    """Takes the calls of all gateways.

    Args:
        find: which gateways there are.
        desk: answers events.
        clock: for the time that the desk may take.
        answer_s: how long that is.
    """

    log = Logger()

    def __init__(self, find: FindGateway, desk: Desk, clock: IReactorTime, answer_s: float = ANSWER_S) -> None:
        """Start with nothing taken."""
        self._find = find
        self._desk = desk
        self._clock = clock
        self._answer_s = answer_s
        self._waiting = _Waiting(clock, answer_s, self._give_up)
        self._said_at_s: float | None = None
        self._phones: OrderedDict[tuple[str, str], str] = OrderedDict()  # by gateway and session
        self.figures = UssdFigures()

    async def take(self, call: UssdCall) -> CallbackReply | None:
        """Return what a call is answered; None when it is nobody's."""
        gateway = self._find(call.gateway)
        dialect = None if gateway is None else DIALECTS.get(gateway.dialect)
        if gateway is None or dialect is None or not gateway.owns(call):
            self.figures.foreign += 1
            return None
        said = read_said(call)
        event = dialect.read(said, gateway)
        if event is not None and not dialect.repeats_phone:
            event = self._with_phone(event)
        if event is None or not (event.msisdn or event.kind.is_over):
            return self._unread(dialect, said, call)
        if not event.msisdn:  # the end of a session that another node has, or nobody
            return dialect.write(said, None)
        self.figures.taken += 1
        return dialect.write(said, await self._answer_to(event))

    def _with_phone(self, event: UssdEvent) -> UssdEvent:
        """Return an event with its phone: the one that it names, or that its session had before, if that is known."""
        place = event.gateway, event.carrier_session_id
        if not event.msisdn:
            return attrs.evolve(event, msisdn=self._phones.get(place, ""))
        self._phones[place] = event.msisdn
        self._phones.move_to_end(place)
        if len(self._phones) > PHONES:
            self._phones.popitem(last=False)
        return event

    def _unread(self, dialect: Dialect, said: Said, call: UssdCall) -> CallbackReply:
        if dialect.asks_nothing(said):
            return dialect.write(said, None)
        self.figures.unread += 1
        now_s = self._clock.seconds()
        if self._said_at_s is None or now_s - self._said_at_s >= _SAID_EVERY_S:
            self._said_at_s = now_s
            self.log.warn(
                "{gateway}: a call could not be read as {dialect}, {unread} of all gateways so far; its fields are {fields}",
                gateway=call.gateway,
                dialect=dialect.name,
                unread=self.figures.unread,
                fields=", ".join(sorted(filter(str.isidentifier, said.fields))[:20])[
                    :500
                ],  # what is no name may be a text
            )
        return dialect.write(said, APOLOGY)

    async def _answer_to(self, event: UssdEvent) -> UssdReply | None:
        """Return what the desk answers; an event that ends its session has no answer."""
        answered: Deferred[UssdReply | None] = Deferred()

        def answer(reply: UssdReply | None) -> None:
            if not answered.called:
                self._waiting.over(answered)
                answered.callback(reply)

        self._waiting.wait(answered, event)
        try:
            self._desk.take(event, answer)
        except Exception:  # noqa: BLE001 - an edge: whatever it was, the person is told something
            self.log.failure("a USSD event of {gateway} could not be taken", gateway=event.gateway)
            answer(APOLOGY)
        reply = await answered
        if event.kind.is_over:
            return None
        return reply or UssdReply("", end=True)

    def _give_up(self, answered: Deferred[UssdReply | None], event: UssdEvent) -> None:
        self.figures.late += 1
        self.log.error(
            "a USSD event of {gateway} was not answered in {answer_s:g} s",
            gateway=event.gateway,
            answer_s=self._answer_s,
        )
        answered.callback(APOLOGY)


class _Waiting:
    """Events that wait for the desk, all for as long: one timer watches them, for the one that came first.

    Args:
        clock: has the time.
        patience_s: how long they wait.
        give_up: told of one that has waited for so long.
    """

    def __init__(
        self, clock: IReactorTime, patience_s: float, give_up: Callable[[Deferred[UssdReply | None], UssdEvent], None]
    ) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._give_up = give_up
        self._since: dict[Deferred[UssdReply | None], tuple[float, UssdEvent]] = {}  # in their order
        self._timer: IDelayedCall | None = None

    def wait(self, answered: Deferred[UssdReply | None], event: UssdEvent) -> None:
        """Begin to wait."""
        self._since[answered] = self._clock.seconds(), event
        if self._timer is None:
            self._timer = self._clock.callLater(self._patience_s, self._look)

    def over(self, answered: Deferred[UssdReply | None]) -> None:
        """Wait for one no longer."""
        self._since.pop(answered, None)
        if not self._since and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Give up those that came so long ago, and look again when the next one may have."""
        self._timer = None
        late_s = self._clock.seconds() - self._patience_s + _SOON_S
        late = [(answered, event) for answered, (since_s, event) in self._since.items() if since_s <= late_s]
        for answered, _ in late:
            del self._since[answered]
        if self._since:
            since_s, _ = next(iter(self._since.values()))
            self._timer = self._clock.callLater(since_s + self._patience_s - self._clock.seconds(), self._look)
        for answered, event in late:  # what one hears of it may make others wait, or answer them
            if not answered.called:
                self._give_up(answered, event)
