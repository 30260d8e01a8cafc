"""What a carrier sends us: receipts into reports; everything else is answered so that the carrier keeps it.

A receipt is acknowledged when it is written down, and not before (write, then acknowledge). Messages from phones have
no home yet in this node: they get a temporary error, so the carrier tries again later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from twisted.logger import Logger

from mobilesasa.carriers.port import World
from mobilesasa.core.model import Failure, Report, State
from mobilesasa.core.ports import CarrierListener
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import DataSm, DeliverSm, Pdu, answer
from mobilesasa.smpp.receipts import Receipt, id_forms, moment_of, read_receipt
from mobilesasa.smpp.statuses import Status
from mobilesasa.smppnet.protocol import Link

#: What each state of SMPP means here (decision 111).
STATES: Final[dict[MessageState, tuple[State, Failure | None]]] = {
    MessageState.SCHEDULED: (State.SENT, None),
    MessageState.ENROUTE: (State.SENT, None),
    MessageState.ACCEPTED: (State.SENT, None),
    MessageState.DELIVERED: (State.DELIVERED, None),
    MessageState.EXPIRED: (State.FAILED, Failure.EXPIRED),
    MessageState.DELETED: (State.FAILED, Failure.UNDELIVERED),
    MessageState.UNDELIVERABLE: (State.FAILED, Failure.UNDELIVERED),
    MessageState.UNKNOWN: (State.FAILED, Failure.UNDELIVERED),
    MessageState.REJECTED: (State.FAILED, Failure.REJECTED),
    MessageState.SKIPPED: (State.FAILED, Failure.REJECTED),
}

#: Above so many receipts that are not written down yet, a bind is not read any further (I7).
UNWRITTEN_LIMIT: Final = 1000
#: The longest message_id there can be (SMPP 3.4 §5.2.23: 65 octets with the NUL); an id in a text has no other bound.
REF_LIMIT: Final = 64
#: Of an `err` so many characters are kept; it has three (SMPP 3.4 appendix B).
ERROR_LIMIT: Final = 20
_WARN_EVERY_S: Final = 60.0


class ReceiptReader:
    """Takes what comes over the binds of one carrier.

    Attributes:
        receipts: How many receipts were handed to the listener.
        malformed: How many receipts said nothing that could be used.
        turned_away: How many messages from phones were refused for now.
    """

    log = Logger()

    def __init__(self, name: str, carrier_id: int, utc_offset_min: int, world: World) -> None:
        """`utc_offset_min` is the zone of the dates in the carrier's receipts."""
        self.receipts = self.malformed = self.turned_away = 0
        self._name = name
        self._carrier_id = carrier_id
        self._zone = timezone(timedelta(minutes=utc_offset_min)) if utc_offset_min else UTC
        self._world = world
        self._warned_at_s: float | None = None

    def take(self, link: Link, requests: list[Pdu], listener: CarrierListener) -> None:
        """Take what one turn brought over one bind."""
        received_at = datetime.fromtimestamp(self._world.now_ms() / 1000, UTC)
        reports: list[Report] = []
        written: list[Pdu] = []  # answered when the reports are written down
        at_once: list[Pdu] = []
        for pdu in requests:
            if not isinstance(pdu, DeliverSm | DataSm):
                continue  # an alert_notification or outbind has no answer
            receipt = read_receipt(pdu, self._zone)
            if receipt is None:
                self.turned_away += 1
                at_once.append(answer(pdu, Status.ESME_RX_T_APPN))
                continue
            report = self._report(receipt, received_at)
            if report is None:
                self.malformed += 1
                at_once.append(answer(pdu))
            else:
                reports.append(report)
                written.append(answer(pdu))
        if at_once:
            self._warn()
            link.send(at_once)
        if reports:
            self.receipts += len(reports)
            if link.session.unanswered > UNWRITTEN_LIMIT:
                link.pause_reading()
            listener.reported(reports, _acknowledgement(link, written))

    def _report(self, receipt: Receipt, received_at: datetime) -> Report | None:
        ref = receipt.message_id.strip()
        if not ref or len(ref) > REF_LIMIT or not ref.isprintable() or receipt.state is None:
            return None
        state, failure = STATES[receipt.state]
        error = receipt.error[:ERROR_LIMIT] if receipt.error.isprintable() else ""
        if not error.strip("0") and receipt.network_error is not None:
            error = str(receipt.network_error.code)
        return Report(
            self._carrier_id,
            ref,
            state,
            failure,
            error if error.strip("0") else "",
            int(moment_of(receipt, received_at).timestamp() * 1000),
            id_forms,
        )

    def _warn(self) -> None:
        """Say at most once a minute what could not be used, with the counts so far."""
        now_s = self._world.reactor.seconds()
        if self._warned_at_s is None or now_s - self._warned_at_s >= _WARN_EVERY_S:
            self._warned_at_s = now_s
            self.log.warn(
                "{name}: {turned_away} messages from phones were refused for now, and {malformed} receipts say nothing",
                name=self._name,
                turned_away=self.turned_away,
                malformed=self.malformed,
            )


def _acknowledgement(link: Link, answers: list[Pdu]) -> Callable[[], None]:
    """Return what sends these answers, once, in one write."""

    def acknowledge() -> None:
        link.send(answers)
        answers.clear()
        if link.session.unanswered <= UNWRITTEN_LIMIT:
            link.resume_reading()

    return acknowledge
