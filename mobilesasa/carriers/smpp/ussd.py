"""USSD over a carrier's binds: its deliver_sm to the desk, and the desk's replies back as submit_sm.

How to think about it: an event is acknowledged when it has come, for a person waits and nothing of it is kept for later. A
reply is no message: it is no part of a job, costs nothing and asks for no receipt. It goes before all messages, over the
bind that brought its event or, where that cannot send, over any, as the window and the rate allow; what cannot go in
`PATIENCE_S` is dropped, since by then the network has ended the session.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import attrs
from twisted.logger import Logger

from mobilesasa.carriers.port import World
from mobilesasa.core.ussd import Kind, UssdEvent, UssdReply, code_of, dialled_as, is_dialled, phone_of
from mobilesasa.smpp.pdus import DeliverSm, Pdu, SubmitSm, answer
from mobilesasa.smpp.statuses import Status, text_of
from mobilesasa.smpp.ussd import (
    DIALECTS,
    BadUssd,
    ScreenTooLong,
    read_event,
    write_reply,
    written_text,
)
from mobilesasa.smpp.ussd import UssdEvent as WireEvent
from mobilesasa.smpp.ussd import UssdReply as WireReply
from mobilesasa.smppnet.protocol import Link

#: How long a reply may wait for the window and the rate.
PATIENCE_S: Final = 10.0
#: Replies that wait at once (I7); a window of them is sent in a moment.
WAITING_LIMIT: Final = 1000
#: How often a reply is sent that the carrier throttles, and after how long again.
TRIES: Final = 4
TRY_AGAIN_S: Final = 0.3
_WARN_EVERY_S: Final = 60.0
_WORD_CHARACTERS: Final = 20  # of a cut text that are given up so that it ends with a word


@attrs.define(eq=False)
class UssdOut:
    """A reply on its way."""

    pdu: SubmitSm = attrs.field(repr=False)
    link: Link  # that brought the event
    until_s: float
    tries: int = 0


class ReplyingBind(Protocol):
    """A bind, as replies need it."""

    @property
    def link(self) -> Link | None:
        """Its connection."""

    def reply(self, out: UssdOut) -> bool:
        """Write a reply; False when it cannot be now."""


class UssdWire:
    """USSD over the binds of one carrier.

    Attributes:
        waiting: replies that no bind has taken.
        events, replies, refused, dropped: how many came, were taken by the carrier, refused by it, and never sent.
    """

    log = Logger()

    def __init__(self, name: str, dialect: str, world: World, flush: Callable[[], None]) -> None:
        """Start with nothing.

        Args:
            name: of the carrier.
            dialect: of `smpp.ussd.DIALECTS`; any other: USSD is not taken.
            world: the clock, and the desk.
            flush: called when there is something to send.
        """
        self.waiting: deque[UssdOut] = deque()
        self.events = self.replies = self.refused = self.dropped = 0
        self._name = name
        self._dialect = DIALECTS.get(dialect)
        self._desk = world.ussd
        self._clock = world.reactor
        self._flush = flush
        self._warned_at_s: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether USSD has a home here."""
        return self._desk is not None and self._dialect is not None

    def standing(self) -> dict[str, object]:
        """Return what an operator would ask about."""
        return {
            "ussd_events": self.events,
            "ussd_replies": self.replies,
            "ussd_refused": self.refused,
            "ussd_dropped": self.dropped,
        }

    def take(self, link: Link, pdus: Sequence[DeliverSm]) -> None:
        """Take what one turn brought, where `is_taken`: it is acknowledged, and then answered."""
        desk, dialect = self._desk, self._dialect
        if desk is None or dialect is None:
            raise LookupError("USSD is not taken")
        answers: list[Pdu] = []
        events: list[WireEvent] = []
        for pdu in pdus:
            try:
                event = read_event(pdu, dialect, self._name)
            except BadUssd as bad:
                self.refused += 1
                self._warn(f"a deliver_sm cannot be read: {bad}")
                answers.append(answer(pdu, Status.ESME_RX_P_APPN))
                continue
            answers.append(answer(pdu))
            if event is not None:
                events.append(event)
        link.send(answers)
        self.events += len(events)
        for event in events:
            desk.take(event_of(event, self._name), partial(self._answered_by_desk, link, event))

    def _answered_by_desk(self, link: Link, event: WireEvent, reply: UssdReply | None) -> None:
        if reply is None or Kind(event.kind.value).is_over or self._dialect is None:
            return
        if len(self.waiting) >= WAITING_LIMIT:
            self.dropped += 1
            self._warn("too many replies wait")
            return
        shown = WireReply(shortened(reply.text), reply.end)
        try:
            pdu = write_reply(shown, event, self._dialect)
        except BadUssd:  # the code is longer than an address: it is the digits then
            pdu = write_reply(attrs.evolve(shown, code=code_of(event.code)[:20]), event, self._dialect)
        self.waiting.append(UssdOut(pdu, link, self._clock.seconds() + PATIENCE_S))
        self._flush()

    def flush(self, binds: Sequence[ReplyingBind], allowed: int | None) -> int:
        """Send what waits, as far as binds and rate allow; return how many that is."""
        now_s, sent = self._clock.seconds(), 0
        for _ in range(len(self.waiting)):
            out = self.waiting.popleft()
            if out.until_s <= now_s:
                self.dropped += 1
                self._warn("replies could not be sent in time")
            elif (allowed is None or sent < allowed) and self._send(out, binds):
                sent += 1
            else:
                self.waiting.append(out)
        return sent

    def _send(self, out: UssdOut, binds: Sequence[ReplyingBind]) -> bool:
        out.tries += 1
        first = [bind for bind in binds if bind.link is out.link]
        if any(bind.reply(out) for bind in first or binds):
            return True
        out.tries -= 1
        return False

    # What the carrier answers

    def answered(self, out: UssdOut, response: Pdu, is_throttled: bool) -> None:
        """Learn what the carrier says of a reply."""
        status = response.status
        if status == 0:
            self.replies += 1
        elif is_throttled and out.tries < TRIES:
            self._clock.callLater(TRY_AGAIN_S, self._again, out)
        else:
            self.refused += 1
            self._warn(f"a reply was refused: {text_of(status)}")

    def _again(self, out: UssdOut) -> None:
        self.waiting.appendleft(out)
        self._flush()

    def lost(self, count: int) -> None:
        """Learn that so many replies have no answer, for the connection is gone: the network ends their sessions."""
        self.dropped += count

    def _warn(self, why: str) -> None:
        now_s = self._clock.seconds()
        if self._warned_at_s is None or now_s - self._warned_at_s >= _WARN_EVERY_S:
            self._warned_at_s = now_s
            self.log.warn(
                "{name}: USSD: {why}; {refused} were refused and {dropped} dropped so far",
                name=self._name,
                why=why,
                refused=self.refused,
                dropped=self.dropped,
            )


def event_of(event: WireEvent, carrier: str) -> UssdEvent:
    """Return what a carrier told of a session, as the desk has it."""
    kind = Kind(event.kind.value)
    begins = kind is Kind.START
    written = event.input if is_dialled(event.input) and begins else event.code
    return UssdEvent(
        gateway=carrier,
        carrier_session_id=event.carrier_session_id,
        msisdn=phone_of(event.msisdn) or event.msisdn,
        code=code_of(event.code),
        dialled=written if is_dialled(written) else dialled_as(code_of(written)),
        kind=kind,
        input=event.input.replace("\0", "").strip() if kind is Kind.INPUT else "",
        sequence=event.sequence or None,  # those who do not count leave it at 0
    )


def shortened(text: str) -> str:
    """Return as much of a text as one screen has, up to a word's end where there is one near."""
    try:
        written_text(text)
    except ScreenTooLong as long:
        cut = text[: len(text) - (long.length - long.limit)]
        blank = max(cut.rfind(" "), cut.rfind("\n"))
        return cut[:blank] if blank >= len(cut) - _WORD_CHARACTERS and blank > 0 else cut
    return text
