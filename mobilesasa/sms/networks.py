"""Which network a prefix was given to by its country's regulator, as the numbering plans (phonenumbers) have it.

A number may have been carried over to another network since, where the country lets people keep theirs: it is a first
guess and no more. The plans' table has some 30,000 rows, which are read when they are first asked for.
"""

from __future__ import annotations

from functools import cache


def network_of(number: str) -> tuple[str, str] | None:
    """The prefix of a number (E.164 without the plus) and its network's name in English; None where none is known."""
    networks = _table()
    for length in range(min(_longest(), len(number)), 0, -1):
        name = networks.get(number[:length])
        if name is not None:
            return number[:length], name
    return None


def networks_below(prefix: str) -> dict[str, str]:
    """The networks' names of all prefixes that begin with these digits."""
    return {each: name for each, name in _table().items() if each.startswith(prefix)}


def read_table() -> int:
    """Read the table now, so that nobody waits for it later (some 50 ms); returns how many prefixes it has."""
    return len(_table())


@cache
def _table() -> dict[str, str]:
    from phonenumbers.carrierdata import CARRIER_DATA  # 11 MB, which few nodes need

    return {prefix: names["en"] for prefix, names in CARRIER_DATA.items() if "en" in names}


@cache
def _longest() -> int:
    return max(map(len, _table()))
