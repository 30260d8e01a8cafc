"""What an operator sets for an SMPP carrier."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from mobilesasa.carriers.options import from_json, octets, read_as, within
from mobilesasa.carriers.smpp.vendor_rules import Rule, read_rules, write_rules
from mobilesasa.carriers.smpp.verdicts import Verdict, read_errors, write_errors
from mobilesasa.smpp.receipts import STATES
from mobilesasa.smpp.vendor import LAST
from mobilesasa.smppnet.timers import Timers

_PATTERN_LIMIT: Final = 1000
#: The groups that a `receipt_pattern` may name.
PATTERN_GROUPS: Final = ("id", "sub", "dlvrd", "submit_date", "done_date", "stat", "err", "text", "network")


class BindMode(enum.StrEnum):
    """How each of the binds is made."""

    TRX = "trx"  # one transceiver
    TXRX = "txrx"  # a transmitter and a receiver


class DefaultAlphabet(enum.StrEnum):
    """What a carrier's default alphabet is, both ways: GSM 7 by the specification, and other things by some carriers."""

    GSM7 = "gsm7"  # one octet a character, not packed
    LATIN1 = "latin1"
    ASCII = "ascii"
    UTF8 = "utf8"


class LongForm(enum.StrEnum):
    """How a message of several parts goes out."""

    UDH = "udh"  # a submit_sm a part, with a user data header of an 8-bit reference
    UDH16 = "udh16"  # with a 16-bit reference, where the message still fits its parts
    SAR = "sar"  # a submit_sm a part, with the three sar TLVs
    PAYLOAD = "payload"  # one submit_sm with message_payload; the carrier splits it


class NumberForm(enum.StrEnum):
    """How a number is written."""

    DIGITS = "digits"  # 254712345678
    PLUS = "plus"  # +254712345678
    ZEROS = "zeros"  # 00254712345678
    NATIONAL = "national"  # 0712345678, where it begins with `calling_code`; digits else


class Validity(enum.StrEnum):
    """How a carrier is told how long a message is good."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    NONE = "none"


class UssdDialect(enum.StrEnum):
    """How a carrier speaks of USSD sessions (`smpp.ussd`)."""

    STANDARD = "standard"
    MICA = "mica"
    SIXDEE = "sixdee"
    HUAWEI = "huawei"
    NONE = "none"  # USSD is refused for now, as often as it comes


def digits(least: int, most: int) -> Any:
    """Return a validator for strings of `least` to `most` digits."""

    def check(_: object, __: object, value: str) -> None:
        if not (least <= len(value) <= most and (value.isdecimal() or not value) and value.isascii()):
            raise ValueError(f"must have {least} to {most} digits")

    return check


def pattern(_: object, __: object, value: str) -> None:
    """Refuse what is no regular expression for a receipt."""
    try:
        groups = re.compile(value).groupindex.keys() if len(value) <= _PATTERN_LIMIT else {"too much of it"}
    except re.error as bad:
        raise ValueError(f"is no regular expression: {bad}") from None
    if value and ("id" not in groups or groups - set(PATTERN_GROUPS)):
        raise ValueError(f"must name a group `id`, and may name {', '.join(PATTERN_GROUPS[1:])}")


def read_words(given: object) -> Mapping[str, str]:
    """Read which of the usual words a carrier's own stand for, such as ``{"0": "DELIVRD"}``; they go in capitals.

    Raises:
        ValueError: It is no such table.
    """
    table = from_json(given)
    if not isinstance(table, Mapping):
        raise ValueError('must be a table such as {"0": "DELIVRD"}')
    words = {str(theirs).upper(): str(usual).upper() for theirs, usual in table.items()}
    if unknown := sorted(set(words.values()) - STATES.keys()):
        raise ValueError(f"{', '.join(unknown)} is no word of a receipt, such as DELIVRD or UNDELIV")
    return words


@attrs.frozen(kw_only=True)
class SmppOptions:
    """An SMPP account at a carrier. Types of number and numbering plans are those of SMPP 3.4 §5.2.5 and §5.2.6."""

    host: str = attrs.field(validator=octets(1, 253))
    port: int = attrs.field(default=2775, validator=within(1, 65535))
    system_id: str = attrs.field(validator=octets(1, 15))
    password: str = attrs.field(default="", repr=False, validator=octets(0, 64))
    system_type: str = attrs.field(default="", validator=octets(0, 12))
    interface_version: int = attrs.field(default=0x34, validator=within(0, 255))  # 52: 3.4; 51: 3.3; 80: 5.0
    address_range: str = attrs.field(default="", validator=octets(0, 40))  # of the receivers
    bind_ton: int = attrs.field(default=0, validator=within(0, 255))  # of the address_range
    bind_npi: int = attrs.field(default=0, validator=within(0, 255))
    tls: bool = False
    tls_verify: bool = True  # false: whoever answers is believed, and the log says so
    tls_ca_file: str = ""  # authorities in PEM; empty: those of the machine
    tls_server_name: str = attrs.field(default="", validator=octets(0, 253))  # in the certificate; empty: the host
    tls_certificate_file: str = ""  # our own, where the carrier wants one
    tls_key_file: str = ""
    bind: BindMode = BindMode.TRX
    binds: int = attrs.field(default=1, validator=within(1, 20))
    window: int = attrs.field(default=100, validator=within(1, 2000))  # unanswered parts a bind
    tps: float = attrs.field(default=0.0, validator=within(0, 100_000))  # parts a second over all binds; 0: no limit
    enquire_link_s: float = attrs.field(default=30.0, validator=within(1, 3600))  # of silence
    response_timeout_s: float = attrs.field(default=60.0, validator=within(1, 3600))  # see `binds.PATIENCE`
    connect_timeout_s: float = attrs.field(default=10.0, validator=within(1, 300))
    resend_unanswered: bool = True  # what was on the wire when the connection broke: again, once, or taken for sent
    errors: Mapping[int, Verdict] = attrs.field(factory=dict, metadata=read_as(read_errors, write_errors))
    registered_delivery: int = attrs.field(default=1, validator=within(0, 31))  # which receipts we ask for
    validity: Validity = Validity.RELATIVE  # how the carrier is told how long the message is good
    service_type: str = attrs.field(default="", validator=octets(0, 5))
    protocol_id: int = attrs.field(default=0, validator=within(0, 255))  # of messages that bring none
    long_messages: LongForm = LongForm.UDH
    tlvs: tuple[Rule, ...] = attrs.field(default=(), metadata=read_as(read_rules, write_rules))
    source_form: NumberForm = NumberForm.DIGITS  # of a sender that is a number and no short code
    destination_form: NumberForm = NumberForm.DIGITS
    calling_code: str = attrs.field(default="", validator=digits(0, 3))  # of numbers that are written as national ones
    national_prefix: str = attrs.field(default="0", validator=digits(0, 4))  # instead of the calling code
    alphanumeric_ton: int = attrs.field(default=5, validator=within(0, 255))  # a sender that is no number
    alphanumeric_npi: int = attrs.field(default=0, validator=within(0, 255))
    short_code_digits: int = attrs.field(default=8, validator=within(0, 15))  # a number of no more is a short code
    short_code_ton: int = attrs.field(default=3, validator=within(0, 255))
    short_code_npi: int = attrs.field(default=1, validator=within(0, 255))
    international_ton: int = attrs.field(default=1, validator=within(0, 255))  # any other number, and recipients
    international_npi: int = attrs.field(default=1, validator=within(0, 255))
    national_ton: int = attrs.field(default=2, validator=within(0, 255))  # a number that is written as a national one
    national_npi: int = attrs.field(default=1, validator=within(0, 255))
    gsm7_data_coding: int = attrs.field(default=0, validator=within(0, 255))  # of the default alphabet
    latin1_data_coding: int = attrs.field(default=3, validator=within(0, 255))  # where the default alphabet is ASCII
    ucs2_data_coding: int = attrs.field(default=8, validator=within(0, 255))
    binary_data_coding: int = attrs.field(default=4, validator=within(0, 255))
    flash_data_coding: int = attrs.field(default=0x10, validator=within(0, 255))  # of a flash message in GSM 7
    flash_ucs2_data_coding: int = attrs.field(default=0x18, validator=within(0, 255))
    default_alphabet: DefaultAlphabet = DefaultAlphabet.GSM7  # what `gsm7_data_coding` is, and 0 from phones
    receipt_utc_offset_min: int = attrs.field(default=0, validator=within(-840, 840))  # the zone of dates in receipts
    infer_receipt_zone: bool = True  # where receipts agree on another zone, that one is believed
    receipt_pattern: str = attrs.field(default="", validator=pattern)  # how the carrier writes receipts, if not usually
    receipt_words: Mapping[str, str] = attrs.field(factory=dict, metadata=read_as(read_words, dict))
    network_tlv: int = attrs.field(default=0, validator=within(0, LAST))  # of receipts: MCC and MNC; 0: none
    ussd_dialect: UssdDialect = UssdDialect.STANDARD

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
