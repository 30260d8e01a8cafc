"""Numbering plans as ranges: prefixes that lie within each other, laid side by side in the order of digits.

A prefix is the range of all numbers that begin with it. Where a longer one lies within, the shorter one has what is left on
both sides. So the range of a number is the last one that begins at or before it, which a database finds by one look into an
index.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import phonenumbers
from phonenumbers import PhoneNumber

T = TypeVar("T")

_NATIONAL_DIGITS = 10  # as many as a number must have to be looked at; which number of a prefix it is does not matter
_NO_COUNTRY = "001"  # what phonenumbers calls numbers of no country


def ranges(prefixes: Mapping[str, T], other: T) -> list[tuple[str, T]]:
    """Return where each range begins, in order, and what the numbers in it are; the first begins with nothing.

    Args:
        prefixes: of digits; of several that a number begins with the longest counts.
        other: what numbers are that begin with none of them.
    """
    begins = {"", *prefixes}
    begins.update(after for after in map(_after, prefixes) if after)
    found: list[tuple[str, T]] = []
    for begin in sorted(begins):
        value = next((prefixes[begin[:n]] for n in range(len(begin), 0, -1) if begin[:n] in prefixes), other)
        if not found or found[-1][1] != value:
            found.append((begin, value))
    return found


def planned(networks: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return country (ISO 3166-1, empty where none is known) and network of prefixes: of all calling codes, and of these networks."""
    found = {str(code): (_country(str(code)), "") for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    return found | {prefix: (_country(prefix), name) for prefix, name in networks.items()}


def _after(prefix: str) -> str:
    """Return the first digits behind all numbers of a prefix; empty where nothing comes behind them."""
    rest = prefix.rstrip("9")
    return rest[:-1] + str(int(rest[-1]) + 1) if rest else ""


def _country(prefix: str) -> str:
    code, regions = _calling_code(prefix)
    if len(regions) > 1 and len(prefix) > len(code):
        national = int(prefix[len(code) :].ljust(_NATIONAL_DIGITS, "0"))
        region = phonenumbers.region_code_for_number(PhoneNumber(country_code=int(code), national_number=national))
        return region or regions[0]
    return "" if not regions or regions[0] == _NO_COUNTRY else regions[0]


@lru_cache(maxsize=4096)
def _calling_code(prefix: str) -> tuple[str, tuple[str, ...]]:
    for length in range(1, min(3, len(prefix)) + 1):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(prefix[:length]))
        if regions:
            return prefix[:length], regions
    return prefix, ()
