"""Vendor TLVs of teams, senders and messages, by tag, for the carriers that want them.

India's ids of the DLT registers are the wish most often made: the entity's belongs to a team, the template's to a
sender or to the message itself. Of what type a value is says the carrier's rule, so here it is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mobilesasa.core.errors import BadValue

FIRST_TAG: Final = 0x1400  # the tags that SMPP leaves to vendors (SMPP 3.4 table 5-6)
LAST_TAG: Final = 0x3FFF
TLVS_MAX: Final = 16
VALUE_CHARACTERS: Final = 256
MESSAGE_CHARACTERS: Final = 1024  # of all values of one message together


class BadTlvs(ValueError):
    """The TLVs of a message cannot be taken; `faults` says what is wrong with each tag, `""` with all of them."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(_said(faults))
        self.faults = dict(faults)


def read_tlvs(given: Mapping[str, str]) -> dict[str, str | None]:
    """Return what is set, by tags such as `0x1400`; None for an empty value, which takes the tag away.

    Raises:
        BadValue: a tag is no vendor's, a value is too long or has a NUL, or there are too many; says all that is wrong.
    """
    if len(given) > TLVS_MAX:
        raise BadValue(f"at most {TLVS_MAX} TLVs can be set")
    faults = _faults(given)
    if faults:
        raise BadValue(_said(faults))
    return {_named(written): value or None for written, value in given.items()}


def read_message_tlvs(given: Mapping[str, str]) -> dict[str, str]:
    """Return what a team gives with a message, by tags such as `0x1400`.

    Raises:
        BadTlvs: as for `read_tlvs`; or a value is empty or not Latin-1, a tag is there twice, or all are too long together.
    """
    faults = _faults(given)
    read: dict[str, str] = {}
    for written, value in given.items():
        if written in faults:
            continue
        if not value:
            faults[written] = "a value must not be empty"
        elif not _is_latin1(value):
            faults[written] = "a value is Latin-1"
        elif _named(written) in read:
            faults[written] = f"the tag {_named(written)} is there twice"
        read[_named(written)] = value
    if len(given) > TLVS_MAX or sum(map(len, given.values())) > MESSAGE_CHARACTERS:
        faults[""] = f"at most {TLVS_MAX} TLVs of {MESSAGE_CHARACTERS} characters together can be sent"
    if faults:
        raise BadTlvs(faults)
    return read


def _faults(given: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with each tag as it is written."""
    faults: dict[str, str] = {}
    for written, value in given.items():
        if not FIRST_TAG <= _number(written) <= LAST_TAG:
            faults[written] = f"a tag is a number from 0x{FIRST_TAG:04X} to 0x{LAST_TAG:04X}"
        elif len(value) > VALUE_CHARACTERS or "\x00" in value:
            faults[written] = f"a value has at most {VALUE_CHARACTERS} characters, and no NUL"
    return faults


def _said(faults: Mapping[str, str]) -> str:
    return "; ".join(f"{written}: {fault}" if written else fault for written, fault in faults.items())


def _named(written: str) -> str:
    return f"0x{_number(written):04X}"


def _number(written: str) -> int:
    try:
        return int(written, 0)
    except ValueError:
        return 0


def _is_latin1(value: str) -> bool:
    return all(character <= "\xff" for character in value)
