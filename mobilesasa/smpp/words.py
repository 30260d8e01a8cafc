"""A PDU in words, for people who look for what is wrong between two systems.

Shown are the command, its status and its fields by name. Never shown are texts and passwords, of which the size is
told, and the numbers of people, which are masked as in logs. A list is shown by its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, Pdu, SmeAddress, UnsuccessSme
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, TlvValue
from mobilesasa.sms.numbers import masked

SHOWN_OF_A_LIST: Final = 8  # addresses of a list, and TLVs, that are shown; the others are counted
_SERVICE_DIGITS: Final = 6  # numbers so short are of services and not of people
_NUMBER_MAX: Final = 0xFFFFFFFF  # of a TLV; what does not fit is no number, whatever its tag says

_HEADER: Final = frozenset({"status", "sequence", "tlvs"})
_HIDDEN: Final = frozenset({"password", "short_message"})
_ADDRESSES: Final = frozenset({"source_addr", "destination_addr", "esme_addr", "address_range"})
_LONG_NUMBER: Final = re.compile(rf"\d{{{_SERVICE_DIGITS + 1},}}")
_FIRST_HUMP: Final = re.compile(r"(?<!^)(?=[A-Z])")
# Octets that are codes and not words, and strings that the SMSC writes and not a person.
_CODES: Final = frozenset({Tag.ITS_SESSION_INFO, Tag.NETWORK_ERROR_CODE})
_CODE_OCTETS: Final = 4
_SMSC_WRITES: Final = frozenset({Tag.RECEIPTED_MESSAGE_ID, Tag.ADDITIONAL_STATUS_INFO_TEXT})

Word = int | str


@attrs.frozen(kw_only=True)
class Words:
    """One PDU as it is shown.

    Attributes:
        command: Its name as the specification writes it, such as `submit_sm`; of an unknown one the number.
        status: The name of its command_status, `ESME_ROK` in requests; of an unknown one the number.
        sequence: Its sequence_number.
        fields: Its mandatory fields by name, in wire order.
        tlvs: Its optional parameters by name; the number of one the specification does not know.
    """

    command: str
    status: str
    sequence: int
    fields: Mapping[str, Word] = attrs.field(factory=dict)
    tlvs: Mapping[str, Word] = attrs.field(factory=dict)


def words_of(pdu: Pdu) -> Words:
    """Return a PDU as it is shown."""
    return Words(
        command=command_name(pdu.command_id),
        status=status_name(pdu.status),
        sequence=pdu.sequence,
        fields={name: _field(name, getattr(pdu, name)) for name in _field_names(type(pdu))},
        tlvs=_tlvs(pdu),
    )


def command_name(command_id: int) -> str:
    """Return the name of a command as the specification writes it, or its number."""
    cls = PDUS.get(command_id)
    return f"0x{command_id:08X}" if cls is None else _FIRST_HUMP.sub("_", cls.__name__).lower()


def status_name(status: int) -> str:
    """Return the name of a command_status, or its number."""
    try:
        return Status(status).name
    except ValueError:
        return f"0x{status:08X}"


def printable(text: str) -> str:
    """Return a peer's characters with those that are not printable written by their number."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def hide_numbers(text: str) -> str:
    """Return a sentence with the numbers of people masked, and what is not printable written by its number."""
    return printable(_LONG_NUMBER.sub(lambda found: masked(found[0]), text))


def _field_names(cls: type[Pdu]) -> list[str]:
    return [field.name for field in attrs.fields(cls) if field.name not in _HEADER]


def _field(name: str, value: object) -> Word:
    if name in _HIDDEN and isinstance(value, str | bytes):
        return _size(value)
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return _listed([_destination(each) for each in value])
    text = str(value)
    return _address(text) if name in _ADDRESSES else printable(text)


def _address(text: str) -> str:
    """Return an address: names and short codes as they are, numbers of people masked."""
    if sum(map(str.isdigit, text)) <= _SERVICE_DIGITS:
        return printable(text)
    return printable(masked(text.removeprefix("+")))


def _destination(part: object) -> str:
    if isinstance(part, UnsuccessSme):
        return f"{_address(part.destination_addr)}: {status_name(part.error_status_code)}"
    if isinstance(part, SmeAddress):
        return _address(part.destination_addr)
    return f"list {printable(getattr(part, 'dl_name', ''))}"


def _listed(texts: Sequence[str]) -> str:
    shown = ", ".join(texts[:SHOWN_OF_A_LIST])
    return f"{shown} and {len(texts) - SHOWN_OF_A_LIST} more" if len(texts) > SHOWN_OF_A_LIST else shown


def _tlvs(pdu: Pdu) -> dict[str, Word]:
    is_answer = bool(pdu.command_id & RESPONSE_BIT)
    shown: dict[str, Word] = {}
    for tag, value in pdu.tlvs.items():
        if len(shown) == SHOWN_OF_A_LIST:
            shown["and"] = f"{len(pdu.tlvs) - SHOWN_OF_A_LIST} more"
            break
        shown[_tag_name(tag)] = _tlv(tag, value, is_answer)
    return shown


def _tag_name(tag: int) -> str:
    try:
        return Tag(tag).name.lower()
    except ValueError:
        return f"0x{tag:04X}"


def _tlv(tag: int, value: TlvValue, is_answer: bool) -> Word:
    if isinstance(value, int):
        return value if value <= _NUMBER_MAX else "a number that is too long"
    if isinstance(value, str):
        is_ours = tag in _SMSC_WRITES and (is_answer or tag == Tag.RECEIPTED_MESSAGE_ID)
        return printable(value) if is_ours else _size(value)
    return value.hex() if tag in _CODES and len(value) <= _CODE_OCTETS else _size(value)


def _size(value: str | bytes) -> str:
    return "1 octet" if len(value) == 1 else f"{len(value)} octets"
