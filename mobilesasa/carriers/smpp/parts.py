"""A message as the submit_sm PDUs that carry it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Final

from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.core.model import Coding, Outbound
from mobilesasa.smpp.fields import EsmClass
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.times import LONGEST, write_relative
from mobilesasa.sms.segments import Alphabet, encode, split, split_octets

_ALPHABETS: Final = {Coding.GSM7: Alphabet.GSM7, Coding.UCS2: Alphabet.UCS2}
_SHORT_CODE_DIGITS: Final = 8
_CLASS_0: Final = 0x10  # in a data_coding of the general group: the message has a class, and it is 0 (TS 23.038 §4)
_UDHI: Final = int(EsmClass.UDHI)


class PartWriter:
    """Writes messages for one carrier."""

    def __init__(self, options: SmppOptions, now_ms: Callable[[], int]) -> None:
        """Keep the options that bear on a PDU."""
        self._options = options
        self._now_ms = now_ms
        self._data_codings = {
            Coding.GSM7: options.gsm7_data_coding,
            Coding.UCS2: options.ucs2_data_coding,
            Coding.BINARY: options.binary_data_coding,
        }
        self._source = lru_cache(4096)(self._source_of)

    def parts(self, message: Outbound) -> list[SubmitSm]:
        """Return the PDUs of a message in the order of its parts, without sequence numbers.

        Raises:
            ValueError: The text does not fit its alphabet, or the message its parts; the error says it in words.
        """
        payloads, has_udh = _payloads(message)
        options = self._options
        ton, npi, source = self._source(message.sender)
        data_coding = self._data_codings[message.coding]
        wishes = message.options
        protocol_id = 0
        if wishes:
            protocol_id = int(wishes.get("protocol_id", 0))
            data_coding |= _CLASS_0 if wishes.get("flash") else 0
        validity = _validity(message.expires_at_ms - self._now_ms()) if options.send_validity else ""
        return [
            SubmitSm(
                service_type=options.service_type,
                source_addr_ton=ton,
                source_addr_npi=npi,
                source_addr=source,
                dest_addr_ton=options.international_ton,
                dest_addr_npi=options.international_npi,
                destination_addr=message.recipient,
                esm_class=_UDHI if has_udh else 0,
                protocol_id=protocol_id,
                validity_period=validity,
                registered_delivery=options.registered_delivery,
                data_coding=data_coding,
                short_message=payload,
            )
            for payload in payloads
        ]

    def _source_of(self, sender: str) -> tuple[int, int, str]:
        """Return type of number, numbering plan and address for a sender."""
        options = self._options
        digits = sender.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            return options.alphanumeric_ton, options.alphanumeric_npi, sender
        if len(digits) <= _SHORT_CODE_DIGITS:
            return options.short_code_ton, options.short_code_npi, digits
        return options.international_ton, options.international_npi, digits


def _payloads(message: Outbound) -> tuple[list[bytes], bool]:
    """Return what goes into each short_message, and whether that begins with a user data header."""
    if message.udh:  # a part that the team split itself goes as it is (decision 121)
        return [message.udh + _whole(message)], True
    if message.parts == 1:
        return [_whole(message)], False
    # The reference comes from the id, so that a part which is sent in a later attempt fits those that were taken.
    reference = int(message.id[-2:], 16)
    if message.text is None:
        segments = split_octets(message.body or b"", max_parts=message.parts)
    else:
        segments = split(message.text, _ALPHABETS[message.coding], max_parts=message.parts)
    return segments.payloads(reference), segments.has_udh


def _whole(message: Outbound) -> bytes:
    return (message.body or b"") if message.text is None else encode(message.text, _ALPHABETS[message.coding])


def _validity(left_ms: int) -> str:
    """Return how long the message may still be delivered, in whole minutes above two of them."""
    seconds = max(1, left_ms // 1000)
    return _written(seconds if seconds < 120 else seconds - seconds % 60)


@lru_cache(4096)
def _written(seconds: int) -> str:
    return write_relative(min(timedelta(seconds=seconds), LONGEST))
