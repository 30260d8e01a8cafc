"""The ids of the simulated SMSC: as carriers write them, which is one way in the answer and another in the receipt."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import attrs

_FIRST_BITS: Final = 29  # of the first number: nine decimal digits, which leaves a zero to fill ten with
_UUID_BITS: Final = 96


@attrs.frozen
class MessageRef:
    """One message's id."""

    answered: str
    reported: str


_Form = Callable[[int, int], MessageRef]  # of a number, and of a number that is the run's own


def _usual(number: int, run: int) -> MessageRef:
    written = f"{run & 0xFFFFFF:06x}{number & 0xFFFFFFFF:08x}"
    return MessageRef(written, written)


def _uuid(number: int, run: int) -> MessageRef:
    written = str(UUID(int=run << 32 | number & 0xFFFFFFFF))
    return MessageRef(written, written.upper())


#: By name: how the answer has an id, and the receipt.
IDS: Final[Mapping[str, _Form]] = {
    "usual": _usual,
    "decimal": lambda number, _: MessageRef(f"{number}", f"{number:x}"),
    "hex": lambda number, _: MessageRef(f"{number:x}", f"{number}"),
    "padded": lambda number, _: MessageRef(f"{number:010}", f"{number}"),
    "upper": lambda number, _: MessageRef(f"{number:X}", f"{number:x}"),
    "uuid": _uuid,
}


class Numbering:
    """Gives ids, one after the other."""

    def __init__(self, name: str, drawn: random.Random) -> None:
        """Give them in the form of that name, from a first one that is drawn."""
        self._form = IDS[name]
        self._number = drawn.getrandbits(_FIRST_BITS)
        self._run = drawn.getrandbits(_UUID_BITS)

    def next(self) -> MessageRef:
        """Return the next id."""
        self._number += 1
        return self._form(self._number, self._run)
