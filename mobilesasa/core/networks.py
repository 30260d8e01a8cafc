"""Which network a number belongs to, as far as anybody knows.

Three say it, and the first that knows is believed: carriers, whose receipts name the network that the number is in today
(a number may move from one to another and keep its digits); the operator, by prefixes; the numbering plans, by prefixes.
Networks go by a name; receipts name them by the code of their country and network (MCC and MNC, ITU-T E.212), and the
operator's table says which name a code has.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from mobilesasa.core.model import Report
from mobilesasa.core.prefixes import PrefixTable
from mobilesasa.sms.networks import network_of

LEARNED_MAX: Final = 65_536  # numbers whose network is remembered
_CODE: Final = re.compile(r"[0-9]{5,6}\Z", re.ASCII)


class NetworkSource(enum.StrEnum):
    """Who says it."""

    LEARNED = "learned"  # a carrier, in a receipt
    OPERATOR = "operator"
    PHONENUMBERS = "phonenumbers"  # the numbering plans


@attrs.frozen
class FoundNetwork:
    """The network of a number."""

    name: str  # or its code, where that has no name
    source: NetworkSource
    prefix: str  # of the number, by which it was found; the whole number where it was learned
    code: str = ""  # MCC and MNC, where a carrier said it


def is_code(text: str) -> bool:
    """Say whether a text is the code of a country and network: MCC and MNC, 5 or 6 digits (ITU-T E.212)."""
    return _CODE.match(text) is not None


def sightings(reports: Iterable[Report]) -> list[tuple[str, str]]:
    """Return the numbers whose network receipts name, each with its code, in their order."""
    return [
        (heard.recipient, heard.network)
        for heard in reports
        if heard.network is not None and heard.recipient and is_code(heard.network)
    ]


class LearnedNetworks:
    """The codes of the networks that numbers were in when a carrier last said; the oldest give way to new ones."""

    def __init__(self, most: int = LEARNED_MAX) -> None:
        """Remember `most` numbers at once."""
        self._codes: dict[str, str] = {}
        self._most = most
        self.loaded = False  # whether what the store remembers is here

    def put(self, number: str, code: str) -> None:
        """Learn where a number (E.164 without the plus) is."""
        self._codes.pop(number, None)
        self._codes[number] = code
        if len(self._codes) > self._most:
            del self._codes[next(iter(self._codes))]

    def fill(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take over what the store remembers, oldest first; what was learned here meanwhile is newer."""
        newer = list(self._codes.items())
        for number, code in (*rows, *newer):
            self.put(number, code)
        self.loaded = True

    def find(self, number: str) -> str | None:
        """Return the code of a number's network, or None."""
        return self._codes.get(number)


class Networks:
    """The networks of prefixes and the names of codes, as the operator set them.

    Args:
        prefixes: names of networks by prefix, before those of the numbering plans.
        codes: names of networks by MCC and MNC.
    """

    def __init__(self, prefixes: Mapping[str, str] | None = None, codes: Mapping[str, str] | None = None) -> None:
        """Keep the tables."""
        self._prefixes = PrefixTable(prefixes or {})
        self._codes = dict(codes or {})
        self._code_of = {name.casefold(): code for code, name in sorted(self._codes.items(), reverse=True)}

    def find(self, number: str, learned: LearnedNetworks) -> FoundNetwork | None:
        """Return the network of a number (E.164 without the plus), or None where nobody knows it."""
        code = learned.find(number)
        if code is not None:
            return FoundNetwork(self._codes.get(code, code), NetworkSource.LEARNED, number, code)
        name = self._prefixes.find(number)
        if name is not None:
            prefix = self._prefixes.find_prefix(number) or ""
            return FoundNetwork(name, NetworkSource.OPERATOR, prefix)
        planned = network_of(number)
        return None if planned is None else FoundNetwork(planned[1], NetworkSource.PHONENUMBERS, planned[0])

    def code_of(self, network: str) -> str:
        """Return the code of a network that is named; of several the least, and what has none as it stands."""
        return self._code_of.get(network.casefold(), network)

    def names_of(self, network: str) -> frozenset[str]:
        """Return all that a network which is named or given by its code may be called, in small letters."""
        names = {network.casefold()}
        if network in self._codes:
            names.add(self._codes[network].casefold())
        return frozenset(names)
