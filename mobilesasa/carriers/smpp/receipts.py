"""What a carrier sends us: receipts into reports, messages from phones into parts.

Both are acknowledged when they are written down, and not before (write, then acknowledge). A message from a phone that
cannot be written down gets a temporary error, so that the carrier brings it again. USSD is no message and goes its own
way (`carriers.smpp.ussd`); where nobody takes it, it gets that error too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from twisted.logger import Logger

from mobilesasa.carriers.port import World
from mobilesasa.carriers.smpp.inbound import is_of_a_person, read_inbound
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.carriers.smpp.reports import ReportReader
from mobilesasa.carriers.smpp.ussd import UssdWire
from mobilesasa.core.inbound import InboundPart
from mobilesasa.core.model import Report
from mobilesasa.core.ports import CarrierListener
from mobilesasa.smpp.pdus import DataSm, DeliverSm, Pdu, answer
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.ussd import is_ussd
from mobilesasa.smppnet.protocol import Link

#: Above so many receipts that are not written down yet, a bind is not read any further (I7).
UNWRITTEN_LIMIT: Final = 1000
_WARN_EVERY_S: Final = 60.0
_DELIVERIES: Final = (DeliverSm, DataSm)


class ReceiptReader:
    """Takes what comes over the binds of one carrier.

    Attributes:
        receipts: How many receipts were handed to the listener.
        malformed: How many receipts said nothing that could be used.
        inbound: How many messages from phones, and parts of such, were handed to the listener.
        turned_away: How many messages from phones were refused for now.
    """

    log = Logger()

    @property
    def disagreeing(self) -> int:
        """In how many receipts the TLVs and the text said different things."""
        return self._reader.disagreeing

    @property
    def id_form(self) -> str:
        """How its receipts write its ids, as far as that is known."""
        return self._reader.id_form

    def __init__(self, name: str, carrier_id: int, options: SmppOptions, world: World, ussd: UssdWire) -> None:
        """Start with nothing received."""
        self._ussd = ussd
        self.receipts = self.malformed = self.inbound = self.turned_away = 0
        self._name = name
        self._carrier_id = carrier_id
        self._options = options
        self._reader = ReportReader(name, carrier_id, options, world)
        self._world = world
        self._warned_at_s: float | None = None

    def take(self, link: Link, requests: list[Pdu], listener: CarrierListener) -> None:
        """Take what one turn brought over one bind."""
        received_at_ms = self._world.now_ms()
        received_at = datetime.fromtimestamp(received_at_ms / 1000, UTC)
        reports: list[Report] = []
        parts: list[InboundPart] = []
        written: list[Pdu] = []  # answered when the reports are written down
        from_phones: list[Pdu] = []  # the same of the parts
        at_once: list[Pdu] = []
        of_ussd: list[DeliverSm | DataSm] = []
        id_form = self._reader.id_form
        for pdu in requests:
            if not isinstance(pdu, _DELIVERIES):
                continue  # an alert_notification or outbind has no answer
            receipt = self._reader.read(pdu)
            if receipt is None or is_of_a_person(pdu, receipt):
                if is_ussd(pdu):
                    of_ussd.append(pdu)
                else:
                    parts.append(read_inbound(pdu, self._carrier_id, self._options, received_at_ms))
                    from_phones.append(pdu)
                continue
            report = self._reader.report(pdu, receipt, received_at, id_form)
            if report is None:
                self.malformed += 1
                at_once.append(answer(pdu))
            else:
                reports.append(report)
                written.append(answer(pdu))
        if of_ussd or at_once:
            self._answer_at_once(link, of_ussd, at_once)
        if link.session.unanswered > UNWRITTEN_LIMIT:
            link.pause_reading()
        if reports:
            self.receipts += len(reports)
            listener.reported(reports, _acknowledgement(link, written))
        if parts:
            self.inbound += len(parts)
            listener.received_from_phones(parts, self._inbound_acknowledgement(link, from_phones))

    def _answer_at_once(self, link: Link, of_ussd: list[DeliverSm | DataSm], answers: list[Pdu]) -> None:
        """Answer what is not written down, and let USSD go its way, or refuse it for now where it has none."""
        taken = [pdu for pdu in of_ussd if self._ussd.is_taken and isinstance(pdu, DeliverSm)]
        self.turned_away += len(of_ussd) - len(taken)
        answers = [*answers, *(answer(pdu, Status.ESME_RX_T_APPN) for pdu in of_ussd if pdu not in taken)]
        if answers:
            self._warn()
            link.send(answers)
        if taken:
            self._ussd.take(link, taken)

    def _inbound_acknowledgement(self, link: Link, requests: list[Pdu]) -> Callable[[Sequence[bool]], None]:
        """Return what answers these, once, in one write: those that were kept, and those that were not."""

        def acknowledge(kept: Sequence[bool]) -> None:
            turned_away = list(kept).count(False)
            if turned_away:
                self.turned_away += turned_away
                self._warn()
            statuses = [Status.ESME_ROK if each else Status.ESME_RX_T_APPN for each in kept]
            send = _acknowledgement(link, [answer(pdu, status) for pdu, status in zip(requests, statuses, strict=True)])
            send()

        return acknowledge

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
