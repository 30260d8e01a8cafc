"""What a carrier's receipt says, as a `Report`: the id in the form of its answers, the state, the time, the error.

What differs by carrier is set or learned here: the form of its receipts (`receipt_pattern`), its own words, the zone of
its dates, and how its receipts write the ids that it answered (`smpp.ids`; the store learns it, the directory tells).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache, partial
from typing import Final

from twisted.logger import Logger

from mobilesasa.carriers.port import World
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.carriers.smpp.vendor_rules import VendorTlvs
from mobilesasa.core.inbound import digits_of
from mobilesasa.core.model import Failure, Report, State
from mobilesasa.core.optouts import names_a_blacklist
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.ids import FORMS, SAME, form_of, id_forms, in_form
from mobilesasa.smpp.pdus import DataSm, DeliverSm
from mobilesasa.smpp.receipts import STATES as WORDS
from mobilesasa.smpp.receipts import Receipt, moment_of, read_receipt
from mobilesasa.smpp.zones import ZoneGuess

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
#: The longest message_id there can be (SMPP 3.4 §5.2.23: 65 octets with the NUL); an id in a text has no other bound.
REF_LIMIT: Final = 64
#: Of an `err` so many characters are kept; it has three (SMPP 3.4 appendix B).
ERROR_LIMIT: Final = 20
_NETWORK: Final = re.compile(r"[0-9]{5,6}")  # MCC and MNC (ITU-T E.212)


class ReportReader:
    """Reads the receipts of one carrier.

    Attributes:
        disagreeing: In how many of them the TLVs and the text said different things.
    """

    log = Logger()

    def __init__(self, name: str, carrier_id: int, options: SmppOptions, world: World) -> None:
        """Start with what the operator set."""
        self.disagreeing = 0
        self._name = name
        self._carrier_id = carrier_id
        self._directory = world.directory
        self._zone = ZoneGuess(options.receipt_utc_offset_min)
        self._infers_zone = options.infer_receipt_zone
        self._tzinfo = _tzinfo(options.receipt_utc_offset_min)
        self._pattern = re.compile(options.receipt_pattern) if options.receipt_pattern else None
        self._words = options.receipt_words
        self._network_tlv = options.network_tlv
        self._vendor = VendorTlvs(options.tlvs, world.directory)

    def read(self, pdu: DeliverSm | DataSm) -> Receipt | None:
        """Return the receipt that a PDU is, or None for a message from a phone."""
        return read_receipt(pdu, self._tzinfo, self._pattern, self._words)

    @property
    def id_form(self) -> str:
        """The form that was learned of the carrier's ids; empty as long as it is not known."""
        record = self._directory.now.carriers.get(self._carrier_id)
        return record.id_form if record is not None and record.id_form in FORMS else ""

    def report(self, pdu: DeliverSm | DataSm, receipt: Receipt, received_at: datetime, id_form: str) -> Report | None:
        """Return what a receipt says, None when it says nothing that could be used.

        Args:
            pdu: it.
            receipt: what was read of it.
            received_at: when it came.
            id_form: what was learned of the carrier's ids (`id_form`).
        """
        ref, said = receipt.message_id.strip(), receipt.state
        if not ref or len(ref) > REF_LIMIT or not ref.isprintable() or said is None:
            return None
        if receipt.disagrees:
            self.disagreeing += 1
        if self._infers_zone and receipt.done_at is not None:
            receipt = self._in_zone(pdu, receipt, receipt.done_at - received_at)
        state, failure = STATES[said]
        return Report(
            self._carrier_id,
            in_form(ref, id_form) if id_form not in (SAME, "") else ref,
            state,
            failure,
            _error(receipt),
            _ms(moment_of(receipt, received_at)),
            partial(_spellings, ref),
            form=partial(form_of, ref),
            unsure=not id_form,
            recipient=digits_of(pdu.source_addr) or "",
            submitted_at_ms=None if receipt.submitted_at is None else _ms(receipt.submitted_at),
            network=self._network(pdu, receipt),
            tlvs=self._vendor.back(pdu.tlvs),
            blacklisted=failure is not None and names_a_blacklist(receipt.word, receipt.error),
        )

    def _in_zone(self, pdu: DeliverSm | DataSm, receipt: Receipt, ahead: timedelta) -> Receipt:
        """Learn from how far a receipt's date is ahead; return the receipt, read again where that changes the zone."""
        if not self._zone.learn(ahead.total_seconds() + 60 * self._zone.offset_min):
            return receipt
        self._tzinfo = _tzinfo(self._zone.offset_min)
        hours = self._zone.offset_min / 60
        self.log.info("{name}: the dates of its receipts are of UTC{hours:+g}", name=self._name, hours=hours)
        return self.read(pdu) or receipt

    def _network(self, pdu: DeliverSm | DataSm, receipt: Receipt) -> str | None:
        """Return MCC and MNC of the network where the phone was, if the receipt says."""
        said = receipt.network
        value = pdu.tlvs.get(self._network_tlv) if self._network_tlv else None
        if isinstance(value, bytes):
            said = value.rstrip(b"\0").decode("latin-1")
        return said if said and _NETWORK.fullmatch(said) else None


@lru_cache(4096)
def _ms(moment: datetime) -> int:
    """Return milliseconds since the epoch; most receipts of a minute have the same dates."""
    return int(moment.timestamp() * 1000)


def _spellings(raw: str, _: str) -> tuple[str, ...]:
    """Return the ids that a receipt may mean which wrote `raw`, whichever is reported."""
    return id_forms(raw)


def _error(receipt: Receipt) -> str:
    """Return the carrier's code: of the text, else of the network; and a word that nobody knows where there is none."""
    error = receipt.error[:ERROR_LIMIT] if receipt.error.isprintable() else ""
    if not error.strip("0") and receipt.network_error is not None:
        error = str(receipt.network_error.code)
    if error.strip("0"):
        return error
    word = receipt.word
    is_foreign = word.upper() not in WORDS and receipt.state is MessageState.UNKNOWN and word.isprintable()
    return word[:ERROR_LIMIT] if is_foreign else ""


def _tzinfo(offset_min: int) -> timezone:
    return timezone(timedelta(minutes=offset_min)) if offset_min else UTC
