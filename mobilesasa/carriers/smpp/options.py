"""What an operator sets for an SMPP carrier."""

from __future__ import annotations

import enum

import attrs

from mobilesasa.carriers.options import octets, within
from mobilesasa.smppnet.timers import Timers


class BindMode(enum.StrEnum):
    """How each of the binds is made."""

    TRX = "trx"  # one transceiver
    TXRX = "txrx"  # a transmitter and a receiver


@attrs.frozen(kw_only=True)
class SmppOptions:
    """An SMPP account at a carrier. Types of number and numbering plans are those of SMPP 3.4 §5.2.5 and §5.2.6."""

    host: str = attrs.field(validator=octets(1, 253))
    port: int = attrs.field(default=2775, validator=within(1, 65535))
    system_id: str = attrs.field(validator=octets(1, 15))
    password: str = attrs.field(default="", repr=False, validator=octets(0, 64))
    system_type: str = attrs.field(default="", validator=octets(0, 12))
    bind: BindMode = BindMode.TRX
    binds: int = attrs.field(default=1, validator=within(1, 20))
    window: int = attrs.field(default=100, validator=within(1, 2000))  # unanswered parts a bind
    tps: float = attrs.field(default=0.0, validator=within(0, 100_000))  # parts a second over all binds; 0: no limit
    enquire_link_s: float = attrs.field(default=30.0, validator=within(1, 3600))  # of silence
    response_timeout_s: float = attrs.field(default=60.0, validator=within(1, 3600))  # see `binds.PATIENCE`
    connect_timeout_s: float = attrs.field(default=10.0, validator=within(1, 300))
    resend_unanswered: bool = True  # what was on the wire when the connection broke: again, once, or taken for sent
    registered_delivery: int = attrs.field(default=1, validator=within(0, 31))  # which receipts we ask for
    send_validity: bool = True  # tell the carrier how long the message may still be delivered
    service_type: str = attrs.field(default="", validator=octets(0, 5))
    alphanumeric_ton: int = attrs.field(default=5, validator=within(0, 255))  # a sender that is no number
    alphanumeric_npi: int = attrs.field(default=0, validator=within(0, 255))
    short_code_ton: int = attrs.field(default=3, validator=within(0, 255))  # a sender of up to 8 digits
    short_code_npi: int = attrs.field(default=1, validator=within(0, 255))
    international_ton: int = attrs.field(default=1, validator=within(0, 255))  # any other number, and recipients
    international_npi: int = attrs.field(default=1, validator=within(0, 255))
    gsm7_data_coding: int = attrs.field(default=0, validator=within(0, 255))
    ucs2_data_coding: int = attrs.field(default=8, validator=within(0, 255))
    binary_data_coding: int = attrs.field(default=4, validator=within(0, 255))
    receipt_utc_offset_min: int = attrs.field(default=0, validator=within(-840, 840))  # the zone of dates in receipts

    @property
    def timers(self) -> Timers:
        """What each of the links waits for; a link on which two enquiries stay unanswered is dead.

        A link gives up no single request, since its answer may still come: the bind ends the link (`binds.PATIENCE`).
        """
        return Timers(
            enquire_link_s=self.enquire_link_s,
            idle_timeout_s=2 * self.enquire_link_s,
            response_timeout_s=0.0,
            bind_timeout_s=self.response_timeout_s,
        )
