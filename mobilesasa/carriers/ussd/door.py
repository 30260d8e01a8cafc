"""The door of USSD gateways: a call comes in, is read by its gateway's dialect, and is answered when the desk has answered.

A call that is no gateway's own is as if nothing were there. One that is gets status 200 whatever it says and whatever
happens here: most gateways end a session at any other, and tell the person nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import attrs
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
_NOTHING: Final = UssdReply("", end=True)  # where there is nothing to show

#: Hears once what a call is answered; None: it is nobody's. It raises nothing.
Told = Callable[[CallbackReply | None], None]


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

    def take(self, call: UssdCall, told: Told) -> None:
        """Tell once, now or later, what a call is answered; None when it is nobody's."""
        gateway = self._find(call.gateway)
        dialect = None if gateway is None else DIALECTS.get(gateway.dialect)
        if gateway is None or dialect is None or not gateway.owns(call):
            self.figures.foreign += 1
            told(None)
            return
        said = read_said(call)
        event = dialect.read(said, gateway)
        if event is not None and not dialect.repeats_phone:
            event = self._with_phone(event)
        if event is None or not (event.msisdn or event.kind.is_over):
            told(self._unread(dialect, said, call))
        elif not event.msisdn:  # the end of a session that another node has, or nobody
            told(dialect.write(said, None))
        else:
            self.figures.taken += 1
            self._hand_in(_Asked(self, dialect, said, event, told))

    def _hand_in(self, asked: _Asked) -> None:
        """Ask the desk, and wait for as long as it may take."""
        self._waiting.wait(asked)
        try:
            self._desk.take(asked.event, asked.answer)
        except Exception:  # noqa: BLE001 - an edge: whatever it was, the person is told something
            self.log.failure("a USSD event of {gateway} could not be taken", gateway=asked.event.gateway)
            self.answer(asked, APOLOGY)

    def answer(self, asked: _Asked, reply: UssdReply | None) -> None:
        """Tell what the desk says; an event that ends its session has no answer, and what is said later is dropped."""
        if asked.is_over:
            return
        asked.is_over = True
        self._waiting.over(asked)
        shown = None if asked.event.kind.is_over else reply or _NOTHING
        try:
            written = asked.dialect.write(asked.said, shown)
        except Exception:  # noqa: BLE001 - an edge: a call without an answer would hold its connection for ever
            self.log.failure("an answer to USSD gateway {gateway} could not be written", gateway=asked.event.gateway)
            written = CallbackReply()
        asked.told(written)

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

    def _give_up(self, asked: _Asked) -> None:
        self.figures.late += 1
        self.log.error(
            "a USSD event of {gateway} was not answered in {answer_s:g} s",
            gateway=asked.event.gateway,
            answer_s=self._answer_s,
        )
        self.answer(asked, APOLOGY)


@attrs.define(eq=False)
class _Asked:
    """An event that waits for the desk, and who waits for its answer."""

    door: UssdDoor
    dialect: Dialect
    said: Said
    event: UssdEvent
    told: Told
    is_over: bool = False

    def answer(self, reply: UssdReply | None) -> None:
        """Take what the desk says."""
        self.door.answer(self, reply)


class _Waiting:
    """Events that wait for the desk, all for as long: one timer watches them, for the one that came first.

    Args:
        clock: has the time.
        patience_s: how long they wait.
        give_up: told of one that has waited for so long.
    """

    def __init__(self, clock: IReactorTime, patience_s: float, give_up: Callable[[_Asked], None]) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._give_up = give_up
        self._since: dict[_Asked, float] = {}  # in their order
        self._timer: IDelayedCall | None = None

    def wait(self, asked: _Asked) -> None:
        """Begin to wait."""
        self._since[asked] = self._clock.seconds()
        if self._timer is None:
            self._timer = self._clock.callLater(self._patience_s, self._look)

    def over(self, asked: _Asked) -> None:
        """Wait for one no longer."""
        self._since.pop(asked, None)
        if not self._since and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Give up those that came so long ago, and look again when the next one may have."""
        self._timer = None
        late_s = self._clock.seconds() - self._patience_s + _SOON_S
        late = [asked for asked, since_s in self._since.items() if since_s <= late_s]
        for asked in late:
            del self._since[asked]
        if self._since:
            since_s = next(iter(self._since.values()))
            self._timer = self._clock.callLater(since_s + self._patience_s - self._clock.seconds(), self._look)
        for asked in late:  # what one hears of it may make others wait, or answer them
            if not asked.is_over:
                self._give_up(asked)
