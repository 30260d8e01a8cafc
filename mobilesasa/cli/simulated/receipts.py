"""Receipts of the simulated SMSC, in the usual form or as some carriers write them."""

from __future__ import annotations

import enum
import re
from datetime import UTC, datetime
from typing import Any, Final

from mobilesasa.smpp.fields import EsmClass, MessageState
from mobilesasa.smpp.pdus import DataSm, DeliverSm, SubmitSm
from mobilesasa.smpp.receipts import write_receipt
from mobilesasa.smpp.tlvs import Tag, TlvValue

RECEIPT: Final = int(EsmClass.DELIVERY_RECEIPT)
_UCS2: Final = 8
_DATE: Final = re.compile(rb"date:\d+")


class Outcomes(enum.StrEnum):
    """What is reported of one message after the other."""

    DELIVRD = "delivrd"
    MIX = "mix"
    NONE = "none"


class Form(enum.StrEnum):
    """How receipts differ from the usual ones; several may go together."""

    TLV_ONLY = "tlv-only"  # no text
    TEXT_ONLY = "text-only"  # no TLVs
    LONG_DATES = "long-dates"  # of 14 digits: YYYYMMDDhhmmss
    UCS2 = "ucs2"  # the text in UTF-16BE, and no TLVs that would say the same
    DATA_SM = "data-sm"  # a data_sm, with the text as message_payload
    EARLY = "early"  # before the answer to the message
    DOUBLED = "doubled"
    FAILED_FIRST = "failed-first"  # EXPIRED at once, and what it was to be after the delay
    NEVER = "never"


#: What one message after the other gets with `Outcomes.MIX`; the last word says how often.
MIX: Final = (
    (MessageState.UNDELIVERABLE, 1),
    (MessageState.EXPIRED, 1),
    (MessageState.REJECTED, 1),
    (MessageState.DELIVERED, 2),
    *[(MessageState.DELIVERED, 1)] * 16,
)
_ERRORS: Final = {MessageState.UNDELIVERABLE: 1, MessageState.EXPIRED: 2, MessageState.REJECTED: 3}


def receipt(
    about: SubmitSm | DataSm,
    ref: str,
    state: MessageState,
    times_ms: tuple[int, int],
    forms: frozenset[Form] = frozenset(),
) -> DeliverSm | DataSm:
    """Return the receipt of a message.

    Args:
        about: the message, whose numbers it has the other way round.
        ref: its id, as receipts have it.
        state: what it says.
        times_ms: when the message was submitted, and when it reached its state, since the epoch.
        forms: how it is written.
    """
    text = b"" if Form.TLV_ONLY in forms else write_receipt(ref, state, *times_ms, _ERRORS.get(state, 0))
    if Form.LONG_DATES in forms:
        text = _with_long_dates(text, times_ms)
    is_ucs2 = Form.UCS2 in forms
    if is_ucs2:
        text = text.decode("ascii").encode("utf-16-be")
    tlvs: dict[int, TlvValue] = {}
    if not forms & {Form.TEXT_ONLY, Form.UCS2}:
        tlvs = {Tag.RECEIPTED_MESSAGE_ID: ref, Tag.MESSAGE_STATE: int(state)}
    fields: dict[str, Any] = {
        "source_addr_ton": about.dest_addr_ton,
        "source_addr_npi": about.dest_addr_npi,
        "source_addr": about.destination_addr,
        "dest_addr_ton": about.source_addr_ton,
        "dest_addr_npi": about.source_addr_npi,
        "destination_addr": about.source_addr,
        "esm_class": RECEIPT,
        "data_coding": _UCS2 if is_ucs2 else 0,
    }
    if Form.DATA_SM in forms or len(text) > 254:  # a short_message has no more (SMPP 3.4 §5.2.21)
        payload: dict[int, TlvValue] = {Tag.MESSAGE_PAYLOAD: text} if text else {}
        return (DataSm if Form.DATA_SM in forms else DeliverSm)(**fields, tlvs={**tlvs, **payload})
    return DeliverSm(**fields, short_message=text, tlvs=tlvs)


def _with_long_dates(text: bytes, times_ms: tuple[int, int]) -> bytes:
    dates = iter([f"date:{datetime.fromtimestamp(at_ms / 1000, UTC):%Y%m%d%H%M%S}".encode() for at_ms in times_ms])
    return _DATE.sub(lambda _: next(dates), text)
