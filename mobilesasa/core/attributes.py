"""Vendor TLVs of teams and senders: what an operator sets, by tag, for the carriers that want them.

India's ids of the DLT registers are the wish most often made: the entity's belongs to a team, the template's to a
sender. Of what type a value is says the carrier's rule, so here it is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mobilesasa.core.errors import BadValue

FIRST_TAG: Final = 0x1400  # the tags that SMPP leaves to vendors (SMPP 3.4 table 5-6)
LAST_TAG: Final = 0x3FFF
TLVS_MAX: Final = 16
VALUE_CHARACTERS: Final = 256


def read_tlvs(given: Mapping[str, str]) -> dict[str, str | None]:
    """Return what is set, by tags such as `0x1400`; None for an empty value, which takes the tag away.

    Raises:
        BadValue: a tag is no vendor's, a value is too long or has a NUL, or there are too many; says all that is wrong.
    """
    if len(given) > TLVS_MAX:
        raise BadValue(f"at most {TLVS_MAX} TLVs can be set")
    read: dict[str, str | None] = {}
    faults: list[str] = []
    for written, value in given.items():
        tag = _number(written)
        if not FIRST_TAG <= tag <= LAST_TAG:
            faults.append(f"{written}: a tag is a number from 0x{FIRST_TAG:04X} to 0x{LAST_TAG:04X}")
        elif len(value) > VALUE_CHARACTERS or "\x00" in value:
            faults.append(f"{written}: a value has at most {VALUE_CHARACTERS} characters, and no NUL")
        else:
            read[f"0x{tag:04X}"] = value or None
    if faults:
        raise BadValue("; ".join(faults))
    return read


def _number(written: str) -> int:
    try:
        return int(written, 0)
    except ValueError:
        return 0
