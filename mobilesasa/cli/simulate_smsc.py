"""`mobilesasa simulate-smsc`: an SMSC to test against. It takes every message and reports what it is told to."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import attrs
import click
import orjson
from twisted.internet import task
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure

from mobilesasa.smpp.fields import EsmClass, MessageState, RegisteredDelivery
from mobilesasa.smpp.pdus import Bind, BindTransmitter, DataSm, DeliverSm, Pdu, SubmitSm, SubmitSmResp, answer
from mobilesasa.smpp.receipts import write_receipt
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, octets
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.timers import Timers

TURN_MS: Final = 20  # receipts that are due within it go together
WINDOW: Final = 500  # unanswered receipts a link
GOODBYE_S: Final = 0.2  # for the answers to our unbinds
AGAIN_MS: Final = 1000  # until a receipt that was refused is sent again
_ASKED: Final = int(RegisteredDelivery.FINAL) | int(RegisteredDelivery.FAILURE_ONLY)
_RECEIPT: Final = int(EsmClass.DELIVERY_RECEIPT)
#: What one message after the other gets with `--receipts mix`; the last word says how often.
MIX: Final = (
    (MessageState.UNDELIVERABLE, 1),
    (MessageState.EXPIRED, 1),
    (MessageState.REJECTED, 1),
    (MessageState.DELIVERED, 2),
    *[(MessageState.DELIVERED, 1)] * 16,
)
_ERRORS: Final = {MessageState.UNDELIVERABLE: 1, MessageState.EXPIRED: 2, MessageState.REJECTED: 3}


@attrs.frozen(kw_only=True)
class Behaviour:
    """How the simulated SMSC treats its clients."""

    receipts: str = "delivrd"  # delivrd, mix or none
    delay_ms: int = 0  # from the answer to the receipt
    tps: int = 0  # messages a second, above which it answers ESME_RTHROTTLED; 0: no limit
    system_id: str = ""  # who may bind; empty: anybody
    password: str = ""  # empty: any


@attrs.frozen
class Owed:
    """A receipt that is to be sent."""

    system_id: str
    pdu: DeliverSm = attrs.field(repr=False)


@attrs.define(eq=False)
class Account:
    """One system_id: its links that take receipts, and the receipts that wait for them."""

    links: list[Link] = attrs.field(factory=list)
    waiting: deque[Owed] = attrs.field(factory=deque)


class SimulatedSmsc:
    """The other end of `carriers.smpp`; one object serves all links.

    Args:
        behaviour: What it does.
        clock: For delays.
        now_ms: Milliseconds since the epoch.
        log_file: One line a message: time, source, destination, esm_class, data_coding, text as hexadecimal digits,
            message_id, with tabs between.
    """

    def __init__(
        self, behaviour: Behaviour, clock: IReactorTime, now_ms: Callable[[], int], log_file: BinaryIO | None = None
    ) -> None:
        self.binds = self.binds_refused = self.messages = self.throttled = 0
        self.receipts = self.receipts_acknowledged = self.receipts_refused = 0
        self.first_at_ms = self.last_at_ms = 0
        self.links: dict[Link, str] = {}  # with the system_id that is bound
        self._behaviour = behaviour
        self._clock = clock
        self._now_ms = now_ms
        self._log_file = log_file
        self._run = random.SystemRandom().getrandbits(24)
        self._accounts: dict[str, Account] = {}
        self._due: dict[int, list[Owed]] = {}  # by turn
        self._call: IDelayedCall | None = None
        self._second = self._in_second = 0

    def summary(self) -> dict[str, object]:
        """Return what has been counted, as a JSON object."""
        span_s = max(1, self.last_at_ms - self.first_at_ms) / 1000
        return {
            "binds": self.binds,
            "binds_refused": self.binds_refused,
            "messages": self.messages,
            "throttled": self.throttled,
            "receipts": self.receipts,
            "receipts_acknowledged": self.receipts_acknowledged,
            "receipts_refused": self.receipts_refused,
            "receipts_waiting": sum(len(each.waiting) for each in self._accounts.values())
            + sum(len(each) for each in self._due.values()),
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
            if isinstance(pdu, SubmitSm | DataSm):
                answers.append(self._take(link, pdu, now_ms, lines))
            elif isinstance(pdu, Bind):
                self._bind(link, pdu)
            else:
                answers.append(answer(pdu, Status.ESME_RINVCMDID))
        if lines and self._log_file is not None:
            self._log_file.write("".join(lines).encode())
        link.send(answers)

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """See `LinkUser`: receipts were acknowledged, or refused and come again."""
        for owed, response in answers:
            if response.status:
                self.receipts_refused += 1
                self._owe(owed, self._now_ms() + AGAIN_MS)
            else:
                self.receipts_acknowledged += 1
        self._deliver(self.links[link])

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """See `LinkUser`."""
        for owed in contexts:
            self._owe(owed, self._now_ms() + AGAIN_MS)

    def unbound(self, link: Link) -> None:
        """See `LinkUser`."""
        self._forget(link)

    def lost(self, link: Link, reason: str) -> None:
        """See `LinkUser`."""
        self._forget(link)
        del self.links[link]

    def _forget(self, link: Link) -> None:
        account = self._accounts.get(self.links[link])
        if account is not None and link in account.links:
            account.links.remove(link)

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
        account = self._accounts.setdefault(asked.system_id, Account())
        if not isinstance(asked, BindTransmitter):
            account.links.append(link)
            self._deliver(asked.system_id)

    def _take(self, link: Link, pdu: SubmitSm | DataSm, now_ms: int, lines: list[str]) -> Pdu:
        if self._too_fast(now_ms):
            self.throttled += 1
            return answer(pdu, Status.ESME_RTHROTTLED)
        self.messages += 1
        self.first_at_ms = self.first_at_ms or now_ms
        self.last_at_ms = now_ms
        message_id = f"{self._run:06x}{self.messages:08x}"
        if self._log_file is not None:
            text = (pdu.short_message if isinstance(pdu, SubmitSm) else b"") or (
                octets(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
            )
            lines.append(
                f"{now_ms / 1000:.3f}\t{pdu.source_addr}\t{pdu.destination_addr}\t{pdu.esm_class}\t{pdu.data_coding}\t"
                f"{text.hex()}\t{message_id}\n"
            )
        if pdu.registered_delivery & _ASKED and self._behaviour.receipts != "none":
            self._promise(link, pdu, message_id, now_ms)
        if isinstance(pdu, SubmitSm):
            return SubmitSmResp(sequence=pdu.sequence, message_id=message_id)
        return answer(pdu, message_id=message_id)

    def _too_fast(self, now_ms: int) -> bool:
        if not self._behaviour.tps:
            return False
        if now_ms // 1000 != self._second:
            self._second, self._in_second = now_ms // 1000, 0
        self._in_second += 1
        return self._in_second > self._behaviour.tps

    # Receipts

    def _promise(self, link: Link, pdu: SubmitSm | DataSm, message_id: str, now_ms: int) -> None:
        state, times = (
            MIX[self.messages % len(MIX)] if self._behaviour.receipts == "mix" else (MessageState.DELIVERED, 1)
        )
        due_ms = now_ms + self._behaviour.delay_ms
        text = write_receipt(message_id, state, _utc(now_ms), _utc(due_ms), _ERRORS.get(state, 0))
        receipt = DeliverSm(
            source_addr_ton=pdu.dest_addr_ton,
            source_addr_npi=pdu.dest_addr_npi,
            source_addr=pdu.destination_addr,
            dest_addr_ton=pdu.source_addr_ton,
            dest_addr_npi=pdu.source_addr_npi,
            destination_addr=pdu.source_addr,
            esm_class=_RECEIPT,
            short_message=text,
            tlvs={Tag.RECEIPTED_MESSAGE_ID: message_id, Tag.MESSAGE_STATE: int(state)},
        )
        for _ in range(times):
            self._owe(Owed(self.links[link], receipt), due_ms)

    def _owe(self, owed: Owed, due_ms: int) -> None:
        self._due.setdefault(due_ms // TURN_MS, []).append(owed)
        if self._call is None:
            self._call = self._clock.callLater(TURN_MS / 1000, self._turn)

    def _turn(self) -> None:
        """Send what has become due; come back while anything is owed."""
        self._call = None
        now = self._now_ms() // TURN_MS
        touched: set[str] = set()
        for turn in [turn for turn in self._due if turn <= now]:
            for owed in self._due.pop(turn):
                self._accounts[owed.system_id].waiting.append(owed)
                touched.add(owed.system_id)
        for system_id in touched:
            self._deliver(system_id)
        if self._due:
            self._call = self._clock.callLater(TURN_MS / 1000, self._turn)

    def _deliver(self, system_id: str) -> None:
        account = self._accounts[system_id]
        for link in account.links:
            room = WINDOW - link.outstanding
            if not account.waiting or room <= 0 or not link.is_bound:
                continue
            batch = [account.waiting.popleft() for _ in range(min(room, len(account.waiting)))]
            link.request([owed.pdu for owed in batch], batch)
            self.receipts += len(batch)

    def close(self) -> None:
        """Send no more receipts and end every link politely."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        for link in list(self.links):
            link.unbind("the simulator ends")


@lru_cache(64)
def _utc(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, UTC)


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


@click.command(name="simulate-smsc")
@click.option("--port", type=click.IntRange(0, 65535), default=2777, show_default=True, metavar="P", help="0: any.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--system-id", default="", help="Who may bind; else anybody.")
@click.option("--password", default="", help="With what password; else any.")
@click.option(
    "--receipts", type=click.Choice(["delivrd", "mix", "none"]), default="delivrd", show_default=True,
    help="All delivered; a fifth undelivered, expired, rejected or doubled; or none.",
)  # fmt: skip
@click.option("--delay-ms", type=click.IntRange(0), default=0, metavar="N", help="From the answer to the receipt.")
@click.option(
    "--tps", type=click.IntRange(0), default=0, metavar="N", help="Throttle above so many a second; 0: never."
)
@click.option("--log", "log_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="One line a message: time, source, destination, esm_class, data_coding, text, message_id.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0), default=0.0, metavar="S", help="End after so long; 0: at Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="At the end print one JSON object, and nothing else.")
def simulate_smsc(port: int, host: str, log_path: Path | None, seconds: float, as_json: bool, **behaviour: Any) -> None:
    """Run an SMSC to test against: it takes every message and sends receipts."""
    log_file = log_path.open("ab", buffering=0) if log_path else None

    def run(reactor: Any) -> Deferred[None]:
        smsc = SimulatedSmsc(Behaviour(**behaviour), reactor, lambda: time.time_ns() // 1_000_000, log_file)
        ended: Deferred[None] = Deferred()

        def listening(listener: Any) -> None:
            where = listener.getHost()
            click.echo(f"an SMSC listens on {where.host}:{where.port}", err=as_json)

        def unheard(failure: Failure) -> None:
            click.echo(f"Error: {failure.getErrorMessage()}", err=True)
            ended.errback(SystemExit(1))

        def shut() -> Deferred[None]:
            smsc.close()
            return task.deferLater(reactor, GOODBYE_S if smsc.links else 0.0, told)

        def told() -> None:
            click.echo(orjson.dumps(smsc.summary()).decode() if as_json else _shown(smsc.summary()))

        reactor.addSystemEventTrigger("before", "shutdown", shut)
        opened = TCP4ServerEndpoint(reactor, port, interface=host).listen(SmscFactory(smsc, reactor))
        opened.addCallbacks(listening, unheard)
        if seconds:
            reactor.callLater(seconds, ended.callback, None)
        return ended

    task.react(run)


def _shown(summary: dict[str, object]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in summary.items())
