"""A message from a phone as the deliver_sm that a team gets (decision 124).

The phone is the source and the team's short code or number the destination. The message is in short_message, with a
user data header (esm_class 0x40) where it is a part of a long one or has ports; what is longer than short_message goes
into message_payload. Under data_coding 0 it is in the GSM alphabet, or in Latin-1 for a team that reads it so; 8 is
UCS-2, 4 binary.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mobilesasa.core.inbound import SHORT_MESSAGE_OCTETS, Delivery, for_latin1
from mobilesasa.core.model import Coding
from mobilesasa.notify.receipts import address_of
from mobilesasa.smpp.fields import EsmClass, Npi, Ton
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, Tlvs

_UDHI: Final = int(EsmClass.UDHI)
_ADDRESS_CHARACTERS: Final = 20


def message_of(delivery: Delivery, latin1: bool = False) -> DeliverSm:
    """Return the deliver_sm for a message from a phone, or a part of one.

    Args:
        delivery: what the team is owed; see `needs_cutting` for peers that know no TLVs.
        latin1: whether the team reads data_coding 0 as Latin-1 (`SmppTerms.latin1`).
    """
    piece, coding = delivery.piece, delivery.coding
    octets = piece.octets
    if latin1 and coding is Coding.GSM7:
        coding, octets = for_latin1(piece)
    octets = piece.udh + octets
    is_long = len(octets) > SHORT_MESSAGE_OCTETS
    tlvs: Tlvs = {Tag.MESSAGE_PAYLOAD: octets} if is_long else NO_TLVS
    source_ton, source_npi, source = _phone(delivery.source)
    ton, npi, destination = address_of(delivery.destination)
    return DeliverSm(
        source_addr_ton=source_ton,
        source_addr_npi=source_npi,
        source_addr=source,
        dest_addr_ton=ton,
        dest_addr_npi=npi,
        destination_addr=destination[:_ADDRESS_CHARACTERS],
        esm_class=_UDHI if piece.udh else 0,
        data_coding=int(coding),
        short_message=b"" if is_long else octets,
        tlvs=tlvs,
    )


def needs_cutting(delivery: Delivery) -> bool:
    """Return whether a message can go to a peer older than SMPP 3.4, which knows no message_payload, only in parts."""
    return len(delivery.piece.udh) + len(delivery.piece.octets) > SHORT_MESSAGE_OCTETS


@lru_cache(maxsize=4096)
def _phone(source: str) -> tuple[int, int, str]:
    """Return type of number, numbering plan and octets of a phone, or of whatever else sent a message."""
    if source.isascii() and source.isdigit():
        return int(Ton.INTERNATIONAL), int(Npi.ISDN), source[:_ADDRESS_CHARACTERS]
    return address_of(source)
