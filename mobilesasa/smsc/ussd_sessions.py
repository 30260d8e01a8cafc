"""USSD sessions that teams answer on their binds: an event goes out as deliver_sm, and a submit_sm comes back as the reply.

How to think about it: a phone has one session at a time, so team and phone name it; it has a number besides, 0 to 255, which
its PDUs carry. It stays with the bind that has it, as long as that is there.

    offered ──deliver_sm──▶ the team ──submit_sm (2, 17)──▶ answered ── what is typed next ──▶ offered …
        └── refused, lost, or silent for `ANSWER_S` ──▶ nobody answered

Nothing of it is a message: it is not stored or charged, and has no receipt. Nothing of it survives the process either: the
network ends a session that is not answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.core.inbound import digits_of
from mobilesasa.core.ussd import Answer, Kind, UssdEvent, UssdReply, code_of
from mobilesasa.smpp.pdus import DeliverSm, Pdu
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.ussd import BadUssd, ScreenTooLong, written_text
from mobilesasa.smpp.ussd import Kind as WireKind
from mobilesasa.smpp.ussd import UssdEvent as WireEvent
from mobilesasa.smpp.ussd import UssdReply as WireReply
from mobilesasa.smsc.binds import Binds, Bound
from mobilesasa.smsc.statuses import BadSubmit
from mobilesasa.smsc.ussd import offer_of

#: How long a team may take to answer; the network waits 5 to 10 s for us.
ANSWER_S: Final = 5.0
#: How long a session is remembered in which nothing happens.
SESSION_S: Final = 600.0
#: Sessions that are remembered at once (I7).
SESSIONS: Final = 20_000
_NUMBERS: Final = 256
_SEQUENCES: Final = 128

_Key = tuple[int, str]


@attrs.define(eq=False)
class UssdOffer:
    """An event on its way to a team; it is the context of its deliver_sm."""

    key: _Key
    answer: Answer | None = attrs.field(repr=False)  # None: it is answered, or needs no answer
    giving_up: IDelayedCall | None = None

    def end(self, reply: UssdReply | None) -> None:
        """Answer it, once."""
        answer, self.answer = self.answer, None
        if self.giving_up is not None and self.giving_up.active():
            self.giving_up.cancel()
        if answer is not None:
            answer(reply)


@attrs.define(eq=False)
class _Session:
    number: int
    code: str  # that it began with
    at_s: float
    bind: Bound | None = None
    sequence: int = -1
    offer: UssdOffer | None = None


class UssdSessions:
    """The sessions of this node's binds; it is the `core.ussd.TeamBinds`.

    Args:
        binds: the sessions of SMPP that are bound here.
        clock: for the time that a team may take.
    """

    log = Logger()

    def __init__(self, binds: Binds, clock: IReactorTime) -> None:
        """Start with none."""
        self._binds = binds
        self._clock = clock
        self._sessions: dict[_Key, _Session] = {}
        self._numbers = count()
        self._replies = count(1)
        self.offered = self.answered = self.unanswered = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def offer(self, team_id: int, event: UssdEvent, answer: Answer) -> None:
        """See `core.ussd.TeamBinds`."""
        key = team_id, event.msisdn
        is_over = event.kind.is_over
        session = self._sessions.get(key)
        if session is None or event.kind is Kind.START:
            if is_over:  # of one that the team never heard of
                answer(None)
                return
            session = self._begin(key, event)
        if session.offer is not None:
            session.offer.end(None)
        if is_over:
            del self._sessions[key]
            self._deliver(session, event, UssdOffer(key, None))
            answer(None)
            return
        offer = session.offer = UssdOffer(key, answer)
        if not self._deliver(session, event, offer):
            self._nobody(offer)
        elif offer.answer is not None:
            offer.giving_up = self._clock.callLater(ANSWER_S, self._nobody, offer)

    def replied(self, team_id: int, reply: WireReply) -> str:
        """Take what a team's submit_sm shows, and return a message_id for its answer, which names nothing.

        Raises:
            BadSubmit: there is no such session, or none that waits to be answered, or the text does not fit a screen.
        """
        session = self._sessions.get((team_id, digits_of(reply.msisdn) or reply.msisdn))
        if session is None or reply.session not in (None, session.number):
            raise BadSubmit(Status.ESME_RINVSERTYP, "there is no such USSD session to answer")
        offer = session.offer
        if offer is None or offer.answer is None:
            raise BadSubmit(Status.ESME_RINVSERTYP, "the USSD session has its answer, or its time is over")
        try:
            written_text(reply.text)
        except ScreenTooLong as long:
            raise BadSubmit(Status.ESME_RINVMSGLEN, str(long)) from None
        if reply.end:
            del self._sessions[offer.key]
        session.offer, session.at_s = None, self._clock.seconds()
        self.answered += 1
        offer.end(UssdReply("" if reply.released else reply.text, reply.end))
        return f"ussd-{next(self._replies)}"

    # What the binds tell

    def taken(self, answers: Sequence[tuple[Any, Pdu]]) -> list[tuple[Any, Pdu]]:
        """Take the answers to deliver_sm that are of offers, and return the others."""
        for context, response in answers:
            if isinstance(context, UssdOffer) and response.status:
                self._nobody(context)
        return [each for each in answers if not isinstance(each[0], UssdOffer)]

    def lost(self, contexts: Sequence[Any]) -> list[Any]:
        """Learn of what a connection that is gone has not answered, and return what is no offer."""
        for context in contexts:
            if isinstance(context, UssdOffer):
                self._nobody(context)
        return [each for each in contexts if not isinstance(each, UssdOffer)]

    def _begin(self, key: _Key, event: UssdEvent) -> _Session:
        old = self._sessions.pop(key, None)
        if old is not None and old.offer is not None:
            old.offer.end(None)
        self._forget_stale()
        code = event.code or code_of(event.dialled_in_full)
        session = self._sessions[key] = _Session(next(self._numbers) % _NUMBERS, code, self._clock.seconds())
        return session

    def _forget_stale(self) -> None:
        """Forget the oldest sessions that have been silent for long, or are too many; the dictionary has them by age."""
        stale_s = self._clock.seconds() - SESSION_S
        while self._sessions:
            key = next(iter(self._sessions))
            session = self._sessions[key]
            if session.at_s > stale_s and len(self._sessions) < SESSIONS:
                return
            del self._sessions[key]
            if session.offer is not None:
                session.offer.end(None)

    def _deliver(self, session: _Session, event: UssdEvent, offer: UssdOffer) -> bool:
        """Send an event to the bind that has the session, else to one that can take it; False when none can."""
        session.at_s = self._clock.seconds()
        session.sequence = (session.sequence + 1) % _SEQUENCES
        try:
            pdu = offer_of(_on_the_wire(event), session.code, session.number, session.sequence)
        except BadUssd as bad:
            self.log.info("what was typed cannot be offered to team {team_id}: {bad}", team_id=offer.key[0], bad=bad)
            return False
        for bind in self._in_turn(offer.key[0], session.bind):
            if bind.offer(pdu, offer):
                session.bind = bind
                self.offered += 1
                return True
        return False

    def _in_turn(self, team_id: int, bind: Bound | None) -> list[Bound]:
        there = self._binds.offerable(team_id)
        return sorted(there, key=lambda each: each is not bind)

    def _nobody(self, offer: UssdOffer) -> None:
        """End an offer that nobody answered, and its session with it."""
        if offer.answer is None:
            return
        session = self._sessions.get(offer.key)
        if session is not None and session.offer is offer:
            del self._sessions[offer.key]
        self.unanswered += 1
        offer.end(None)


def _on_the_wire(event: UssdEvent) -> WireEvent:
    text = event.dialled_in_full if event.kind is Kind.START else event.input
    return WireEvent(
        session_key="",
        carrier_session_id="",
        msisdn=event.msisdn,
        code=event.code,
        kind=WireKind(event.kind.value),
        input="" if event.kind.is_over else text,
        sequence=0,
        raw=DeliverSm(),
    )
