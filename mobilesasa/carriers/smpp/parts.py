"""A message as the submit_sm PDUs that carry it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from mobilesasa.carriers.smpp.addresses import AddressWriter
from mobilesasa.carriers.smpp.content import Content, ContentWriter
from mobilesasa.carriers.smpp.options import SmppOptions, Validity
from mobilesasa.carriers.smpp.vendor_rules import VendorTlvs
from mobilesasa.core.model import Coding, Outbound
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.smpp.fields import EsmClass
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.times import LONGEST, write_relative, write_time
from mobilesasa.smpp.tlvs import NO_TLVS, Tlvs

_HAS_CLASS: Final = 0x10  # in a data_coding of the general group: bits 1-0 are the message's class (TS 23.038 §4)
_UDHI: Final = int(EsmClass.UDHI)
_RELATIVE: Final = Validity.RELATIVE  # a name of the module is found sooner than a member of an enumeration


class PartWriter:
    """Writes messages for one carrier."""

    def __init__(self, options: SmppOptions, now_ms: Callable[[], int], directory: CurrentDirectory) -> None:
        """Keep the options that bear on a PDU, and the picture of teams and senders for their vendor TLVs."""
        self._options = options
        self._now_ms = now_ms
        self._content = ContentWriter(options)
        self._addresses = AddressWriter(options)
        self._vendor = VendorTlvs(options.tlvs, directory)
        self._flash = {Coding.GSM7: options.flash_data_coding, Coding.UCS2: options.flash_ucs2_data_coding}

    def parts(self, message: Outbound) -> list[SubmitSm]:
        """Return the PDUs of a message in the order of its parts, without sequence numbers.

        There is one for each part, or, with message_payload, one for all of them.

        Raises:
            NotSayable: This carrier's alphabets do not have the text.
            ValueError: The text does not fit its alphabet, or the message its parts; the error says it in words.
        """
        options, wishes = self._options, message.options
        ton, npi, source = self._addresses.source(message.sender)
        dest_ton, dest_npi, destination = self._addresses.destination(message.recipient)
        protocol_id, in_class = options.protocol_id, None
        if wishes:
            protocol_id = int(wishes.get("protocol_id", protocol_id))
            in_class = self._data_coding_of_class(message)
        content = self._content.write(message, in_class is not None)
        validity = self._validity(message.expires_at_ms)
        tlvs = self._tlvs(message, content) if self._vendor.any or content.tlvs else None
        return [
            SubmitSm(
                service_type=options.service_type,
                source_addr_ton=ton,
                source_addr_npi=npi,
                source_addr=source,
                dest_addr_ton=dest_ton,
                dest_addr_npi=dest_npi,
                destination_addr=destination,
                esm_class=_UDHI if content.has_udh else 0,
                protocol_id=protocol_id,
                validity_period=validity,
                registered_delivery=options.registered_delivery,
                data_coding=content.data_coding if in_class is None else in_class,
                short_message=payload,
                tlvs=NO_TLVS if tlvs is None else tlvs[place],
            )
            for place, payload in enumerate(content.payloads)
        ]

    def _data_coding_of_class(self, message: Outbound) -> int | None:
        """Return the data_coding of a message with a class, None for most."""
        wishes = message.options or {}
        if wishes.get("flash"):
            return self._flash.get(message.coding, _HAS_CLASS | message.coding)
        message_class = wishes.get("message_class")
        return None if message_class is None else _HAS_CLASS | message.coding | int(message_class)

    def _tlvs(self, message: Outbound, content: Content) -> list[Tlvs]:
        """Return the TLVs of each PDU: the vendor's behind those of the content."""
        of_vendor = self._vendor.of(message) if self._vendor.any else NO_TLVS
        of_content = content.tlvs or [NO_TLVS] * len(content.payloads)
        return [{**each, **of_vendor} if of_vendor else each for each in of_content]

    def _validity(self, expires_at_ms: int) -> str:
        form = self._options.validity
        if form is _RELATIVE:
            return _relative(expires_at_ms - self._now_ms())
        if form is Validity.ABSOLUTE:
            return write_time(datetime.fromtimestamp(expires_at_ms // 1000, UTC))
        return ""


def _relative(left_ms: int) -> str:
    """Return how long the message may still be delivered, in whole minutes above two of them."""
    seconds = max(1, left_ms // 1000)
    return _written(seconds if seconds < 120 else seconds - seconds % 60)


@lru_cache(4096)
def _written(seconds: int) -> str:
    return write_relative(min(timedelta(seconds=seconds), LONGEST))
