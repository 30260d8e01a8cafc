"""A notice as the deliver_sm that a team gets: the reference's text, its TLVs, the addresses swapped (109 to 113)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import attrs

from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Failure, Notice, State
from mobilesasa.smpp.fields import EsmClass, MessageState, Npi, Ton
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.smpp.receipts import WORDS
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, Tlvs, TlvValue

_GSM_NETWORK = 3  # the first octet of network_error_code (SMPP 3.4 §5.3.2.31)
_SHORT_CODE_DIGITS = 8  # a number of no more digits is a short code
_ADDRESS_CHARACTERS = 20
_RECEIPT: Final = int(EsmClass.DELIVERY_RECEIPT)


@attrs.frozen
class Ending:
    """What a receipt says of a message: its state, and our own error code of three digits (decision 112)."""

    state: MessageState
    error: int

    @property
    def word(self) -> str:
        """The word of the receipt's text."""
        return WORDS[self.state]


DELIVERED: Final = Ending(MessageState.DELIVERED, 0)
#: Only the reference's four words go out (decision 111); docs/smpp.rst publishes the codes.
FAILED: Final[Mapping[Failure, Ending]] = {
    Failure.UNDELIVERED: Ending(MessageState.UNDELIVERABLE, 1),
    Failure.EXPIRED: Ending(MessageState.EXPIRED, 2),
    Failure.REJECTED: Ending(MessageState.REJECTED, 3),
    Failure.REFUSED: Ending(MessageState.REJECTED, 4),
    Failure.EXPIRED_UNSENT: Ending(MessageState.EXPIRED, 5),
    Failure.NO_RECEIPT: Ending(MessageState.EXPIRED, 6),
    Failure.CANCELLED: Ending(MessageState.UNDELIVERABLE, 7),
}


def ending_of(notice: Notice) -> Ending:
    """Return what the receipt says; a failure of no known kind is "undelivered"."""
    if notice.state is State.DELIVERED:
        return DELIVERED
    return FAILED[notice.failure or Failure.UNDELIVERED]


def receipt_of(notice: Notice, takes_tlvs: bool) -> DeliverSm:
    """Return the deliver_sm for a notice; without TLVs for a peer older than SMPP 3.4 (decision 94)."""
    ending = ending_of(notice)
    message_id = smpp_id(notice.message_id)
    ton, npi, sender = address_of(notice.sender)
    return DeliverSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=notice.recipient,
        dest_addr_ton=ton,
        dest_addr_npi=npi,
        destination_addr=sender,
        esm_class=_RECEIPT,
        short_message=_text(notice, ending, message_id),
        tlvs=_tlvs(notice, ending, message_id) if takes_tlvs else NO_TLVS,
    )


@lru_cache(maxsize=4096)
def address_of(name: str) -> tuple[int, int, str]:
    """Return type of number, numbering plan and octets of a sender: a number, a short code, or a name."""
    digits = name.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        if len(digits) <= _SHORT_CODE_DIGITS:
            return int(Ton.NETWORK_SPECIFIC), int(Npi.UNKNOWN), digits
        return int(Ton.INTERNATIONAL), int(Npi.ISDN), digits
    octets = name[:_ADDRESS_CHARACTERS].encode("latin-1", "replace").replace(b"\0", b"?")
    return int(Ton.ALPHANUMERIC), int(Npi.UNKNOWN), octets.decode("latin-1")


def _text(notice: Notice, ending: Ending, message_id: str) -> bytes:
    """Return exactly the reference's text, the dates in UTC, nothing behind `err` (decisions 109 and 110)."""
    delivered_parts = notice.parts if ending is DELIVERED else 0
    return (
        f"id:{message_id} sub:{notice.parts:03} dlvrd:{delivered_parts:03} "
        f"submit date:{_stamp(notice.submitted_at_ms // 60_000)} done date:{_stamp(notice.done_at_ms // 60_000)} "
        f"stat:{ending.word} err:{ending.error:03}"
    ).encode("ascii")


@lru_cache(maxsize=4096)
def _stamp(minute: int) -> str:
    return f"{datetime.fromtimestamp(60 * minute, UTC):%y%m%d%H%M}"


def _tlvs(notice: Notice, ending: Ending, message_id: str) -> Tlvs:
    tlvs: dict[int, TlvValue] = {
        Tag.RECEIPTED_MESSAGE_ID: message_id,
        Tag.MESSAGE_STATE: int(ending.state),
    }
    code = notice.error
    if code and code.isascii() and code.isdigit() and 0 < int(code) <= 0xFFFF:
        tlvs[Tag.NETWORK_ERROR_CODE] = bytes((_GSM_NETWORK, *int(code).to_bytes(2, "big")))
    if notice.options is not None:
        reference = notice.options.get("user_message_reference")
        if reference is not None:
            tlvs[Tag.USER_MESSAGE_REFERENCE] = reference
    return tlvs
