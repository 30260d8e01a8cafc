"""A notice as the deliver_sm that a team gets: the reference's text, its TLVs, the addresses swapped (107, 109 to 113).

A receipt says how a message ended. A team that asked for them is also told of the steps before (an intermediate
notification, SMPP 3.4 §5.2.12): with the same text, ``stat`` ACCEPTD or ENROUTE and ``err`` 000.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mobilesasa.core.ids import made_at_ms, smpp_id
from mobilesasa.core.model import Failure, MessageId, Notice, State
from mobilesasa.smpp.fields import EsmClass, Npi, Ton
from mobilesasa.smpp.pdus import DeliverSm
from mobilesasa.smpp.receipts import write_receipt
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, Tlvs, TlvValue
from mobilesasa.smpp.vendor import read_tag
from mobilesasa.smsc.standings import Standing, told

_GSM_NETWORK = 3  # the first octet of network_error_code (SMPP 3.4 §5.3.2.31)
_SHORT_CODE_DIGITS = 8  # a number of no more digits is a short code
_ADDRESS_CHARACTERS = 20
_RECEIPT: Final = int(EsmClass.DELIVERY_RECEIPT)
_INTERMEDIATE: Final = int(EsmClass.INTERMEDIATE_NOTIFICATION)
# Every receipt asks, and a name of the module is found sooner than a member of an enumeration.
_DELIVERED: Final = State.DELIVERED
_ID, _STATE, _ERROR = int(Tag.RECEIPTED_MESSAGE_ID), int(Tag.MESSAGE_STATE), int(Tag.NETWORK_ERROR_CODE)


def standing_of(notice: Notice) -> Standing:
    """Return what the receipt says."""
    return told(notice.state, notice.failure)


def receipt_of(notice: Notice, takes_tlvs: bool, offset_min: int = 0) -> DeliverSm:
    """Return the deliver_sm for a notice.

    Args:
        notice: what the team is owed.
        takes_tlvs: whether the peer knows them; one older than SMPP 3.4 does not (decision 94).
        offset_min: minutes east of UTC of the dates in the text (decision 110).
    """
    standing = standing_of(notice)
    message_id = smpp_id(notice.message_id)
    ton, npi, sender = address_of(notice.sender)
    return DeliverSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=notice.recipient,
        dest_addr_ton=ton,
        dest_addr_npi=npi,
        destination_addr=sender,
        esm_class=_RECEIPT if notice.state >= _DELIVERED else _INTERMEDIATE,
        short_message=write_receipt(
            message_id,
            standing.state,
            notice.submitted_at_ms,
            notice.done_at_ms,
            standing.error,
            notice.parts,
            offset_min,
        ),
        tlvs=_tlvs(notice, standing, message_id) if takes_tlvs else NO_TLVS,
    )


def receipt_text(message_id: MessageId, parts: int, state: State, failure: Failure | None, done_at_ms: int) -> str:
    """Return the text of the receipt for a message that has ended, as a bind of its team gets it, with the dates in UTC."""
    standing = told(state, failure)
    submitted_at_ms = made_at_ms(message_id)
    octets = write_receipt(smpp_id(message_id), standing.state, submitted_at_ms, done_at_ms, standing.error, parts)
    return octets.decode("latin-1")


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


def _tlvs(notice: Notice, standing: Standing, message_id: str) -> Tlvs:
    tlvs: dict[int, TlvValue] = {_ID: message_id, _STATE: int(standing.state)}
    code = notice.error
    if code and code.isascii() and code.isdigit() and 0 < int(code) <= 0xFFFF:
        tlvs[_ERROR] = bytes((_GSM_NETWORK, *int(code).to_bytes(2, "big")))
    if notice.options is not None:
        reference = notice.options.get("user_message_reference")
        if reference is not None:
            tlvs[Tag.USER_MESSAGE_REFERENCE] = reference
        for tag, value in notice.options.get(
            "receipt_tlvs", {}
        ).items():  # a vendor's, where a rule of the carrier says so
            tlvs[read_tag(tag)] = bytes.fromhex(value)
    return tlvs
