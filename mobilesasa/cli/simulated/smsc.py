"""The simulated SMSC: the other end of `carriers.smpp`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Final

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol

from mobilesasa.cli.simulated.deliveries import Deliveries, Owed
from mobilesasa.cli.simulated.ids import MessageRef, Numbering
from mobilesasa.cli.simulated.misbehaviour import Behaviour, Fates
from mobilesasa.cli.simulated.receipts import MIX, Form, Outcomes, receipt
from mobilesasa.smpp.fields import MessageState, RegisteredDelivery
from mobilesasa.smpp.pdus import Bind, BindTransmitter, DataSm, DeliverSm, Pdu, SubmitSm, SubmitSmResp, answer
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, Tlvs, TlvValue, octets
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.timers import Timers

BREAK_S: Final = 0.02  # in which the answers before a break leave
_ASKED: Final = int(RegisteredDelivery.FINAL) | int(RegisteredDelivery.FAILURE_ONLY)


class SimulatedSmsc:
    """Takes binds and messages; one object serves all links.

    Args:
        behaviour: What it does.
        clock: For delays.
        now_ms: Milliseconds since the epoch.
        log_file: One line a message that was taken: time, source, destination, esm_class, data_coding, text as
            hexadecimal digits, message_id, and its TLVs as `tag=value` in hexadecimal digits, with tabs between.
    """

    def __init__(
        self, behaviour: Behaviour, clock: IReactorTime, now_ms: Callable[[], int], log_file: BinaryIO | None = None
    ) -> None:
        self.binds = self.binds_refused = self.messages = 0
        self.throttled = self.refused = self.unanswered_messages = self.breaks = 0
        self.first_at_ms = self.last_at_ms = 0
        self.links: dict[Link, str] = {}  # with the system_id that is bound
        self.deliveries = Deliveries(clock, now_ms)
        self._behaviour = behaviour
        self._clock = clock
        self._now_ms = now_ms
        self._log_file = log_file
        drawn = random.SystemRandom() if behaviour.seed is None else random.Random(behaviour.seed)  # noqa: S311 - no secret
        self._numbering = Numbering(behaviour.ids, drawn)
        self._fates = Fates(behaviour, drawn)
        self._breaking: set[Link] = set()

    def summary(self) -> dict[str, object]:
        """Return what has been counted, as a JSON object."""
        span_s = max(1, self.last_at_ms - self.first_at_ms) / 1000
        deliveries = self.deliveries
        return {
            "binds": self.binds,
            "binds_refused": self.binds_refused,
            "messages": self.messages,
            "throttled": self.throttled,
            "refused": self.refused,
            "unanswered": self.unanswered_messages,
            "breaks": self.breaks,
            "receipts": deliveries.receipts,
            "receipts_acknowledged": deliveries.receipts_acknowledged,
            "receipts_refused": deliveries.receipts_refused,
            "receipts_waiting": deliveries.waiting,
            "inbound": deliveries.inbound,
            "inbound_acknowledged": deliveries.inbound_acknowledged,
            "seconds": round(span_s, 3),
            "messages_per_s": round(self.messages / span_s, 1),
        }

    # What the links call

    def made(self, link: Link) -> None:
        """See `LinkUser`."""
        self.links[link] = ""

    def received(self, link: Link, requests: list[Pdu]) -> None:
        """See `LinkUser`: one turn, one write, one line a message in the log."""
        now_ms = self._now_ms()
        answers: list[Pdu] = []
        lines: list[str] = []
        for pdu in requests:
            if link in self._breaking:
                break
            if isinstance(pdu, SubmitSm | DataSm):
                answers += self._meet(link, pdu, now_ms, lines)
            elif isinstance(pdu, Bind):
                self._bind(link, pdu)
            else:
                answers.append(answer(pdu, Status.ESME_RINVCMDID))
        if lines and self._log_file is not None:
            self._log_file.write("".join(lines).encode())
        link.send(answers)

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """See `LinkUser`: what was delivered is acknowledged, or refused and comes again."""
        self.deliveries.answered(answers)
        self.deliveries.deliver(self.links[link])

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """See `LinkUser`."""
        self.deliveries.unanswered(contexts)

    def unbound(self, link: Link) -> None:
        """See `LinkUser`."""
        self.deliveries.remove(self.links[link], link)

    def lost(self, link: Link, reason: str) -> None:
        """See `LinkUser`."""
        self.deliveries.remove(self.links.pop(link), link)
        self._breaking.discard(link)

    # Binds and messages

    def _bind(self, link: Link, asked: Bind) -> None:
        behaviour = self._behaviour
        if behaviour.system_id and asked.system_id != behaviour.system_id:
            status = Status.ESME_RINVSYSID
        elif behaviour.password and asked.password != behaviour.password:
            status = Status.ESME_RINVPASWD
        else:
            status = Status.ESME_ROK
        if status:
            self.binds_refused += 1
            link.send([answer(asked, status)])
            return
        self.binds += 1
        link.send([answer(asked, system_id="simulator", tlvs={Tag.SC_INTERFACE_VERSION: 0x34})])
        self.links[link] = asked.system_id
        self.deliveries.add(asked.system_id, None if isinstance(asked, BindTransmitter) else link)

    def _meet(self, link: Link, pdu: SubmitSm | DataSm, now_ms: int, lines: list[str]) -> list[Pdu]:
        """Let a message meet its fate; returns the answer, or none."""
        fate = self._fates.next(now_ms)
        if fate.status:
            is_throttled = fate.status == Status.ESME_RTHROTTLED
            self.throttled += is_throttled
            self.refused += not is_throttled
            return [answer(pdu, fate.status)]
        ref = self._take(pdu, now_ms, lines)
        if pdu.registered_delivery & _ASKED and (fate.is_answered or self._behaviour.report_unanswered):
            self._promise(self.links[link], pdu, ref, now_ms)
        if not fate.is_answered:
            self.unanswered_messages += 1
            if fate.breaks:
                self._break(link)
            return []
        if isinstance(pdu, SubmitSm):
            return [SubmitSmResp(sequence=pdu.sequence, message_id=ref.answered)]
        return [answer(pdu, message_id=ref.answered)]

    def _take(self, pdu: SubmitSm | DataSm, now_ms: int, lines: list[str]) -> MessageRef:
        self.messages += 1
        self.first_at_ms = self.first_at_ms or now_ms
        self.last_at_ms = now_ms
        ref = self._numbering.next()
        if self._log_file is not None:
            text = (pdu.short_message if isinstance(pdu, SubmitSm) else b"") or (
                octets(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
            )
            lines.append(
                f"{now_ms / 1000:.3f}\t{pdu.source_addr}\t{pdu.destination_addr}\t{pdu.esm_class}\t{pdu.data_coding}\t"
                f"{text.hex()}\t{ref.answered}\t{_written(pdu.tlvs)}\n"
            )
        return ref

    def _break(self, link: Link) -> None:
        """Cut the connection when what was answered has left; what still comes meanwhile is not looked at."""
        self.breaks += 1
        self._breaking.add(link)
        self.deliveries.remove(self.links[link], link)
        self._clock.callLater(BREAK_S, link.abort, "the simulator breaks the connection")

    # Receipts, and messages from phones

    def bring(self, pdus: Sequence[DeliverSm]) -> None:
        """Deliver messages from phones to each account; those of accounts that nobody is bound for wait."""
        for system_id in self.deliveries.accounts:
            for pdu in pdus:
                self.deliveries.owe(Owed(system_id, pdu), self._now_ms())

    def _promise(self, system_id: str, pdu: SubmitSm | DataSm, ref: MessageRef, now_ms: int) -> None:
        behaviour, forms = self._behaviour, self._behaviour.receipt_forms
        if behaviour.receipts is Outcomes.NONE or Form.NEVER in forms:
            return
        is_mix = behaviour.receipts is Outcomes.MIX
        state, times = MIX[self.messages % len(MIX)] if is_mix else (MessageState.DELIVERED, 1)
        if Form.FAILED_FIRST in forms:
            expired = receipt(pdu, ref.reported, MessageState.EXPIRED, (now_ms, now_ms), forms)
            self.deliveries.owe(Owed(system_id, expired), now_ms)
        due_ms = now_ms if Form.EARLY in forms else now_ms + behaviour.delay_ms
        owed = Owed(system_id, receipt(pdu, ref.reported, state, (now_ms, due_ms), forms))
        for _ in range(2 * times if Form.DOUBLED in forms else times):
            if Form.EARLY in forms:
                self.deliveries.bring_now(owed)
            else:
                self.deliveries.owe(owed, due_ms)

    def close(self) -> None:
        """Send no more receipts and end every link politely."""
        self.deliveries.stop()
        for link in list(self.links):
            link.unbind("the simulator ends")


def _written(tlvs: Tlvs) -> str:
    """Return the TLVs of a message as a line of the log has them, without its text, which is there already."""
    return " ".join(f"0x{tag:04x}={_octets(tlvs[tag]).hex()}" for tag in tlvs if tag != Tag.MESSAGE_PAYLOAD)


def _octets(value: TlvValue) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return value.encode("latin-1") if isinstance(value, str) else value


class SmscFactory(Factory):
    """Makes the links of a simulated SMSC."""

    noisy = False

    def __init__(self, smsc: SimulatedSmsc, clock: IReactorTime, timers: Timers | None = None) -> None:
        """Serve with these timers."""
        self._smsc = smsc
        self._clock = clock
        self._timers = timers or Timers()

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol:
        return Link(Side.SMSC, self._smsc, self._clock, self._timers)
