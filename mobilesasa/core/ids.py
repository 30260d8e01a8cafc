"""Ids of messages: UUIDv7 (RFC 9562 §5.7), and the same 128 bits as the SMPP message_id (decision 108)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from mobilesasa.core.model import MessageId

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_LOW_BITS = (1 << 74) - 1
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648 §6
_PAIRS = tuple(first + second for first in _BASE32 for second in _BASE32)
_LAST_CHARACTERS = frozenset("AEIMQUYaeimquy4")  # 26 characters hold 130 bits: the last two are clear


class MessageIds:
    """Makes ids that sort by the time they were made, also within one millisecond.

    Args:
        now_ms: milliseconds since the epoch.
        random_bits: a function of a number of bits, such as `random.Random().getrandbits`; ids are no secrets.
    """

    def __init__(self, now_ms: Callable[[], int], random_bits: Callable[[int], int]) -> None:
        """Start with no id made."""
        self._now_ms = now_ms
        self._random_bits = random_bits
        self._last_ms = -1
        self._head = ""  # what the ids of a millisecond begin with
        self._tail = 0

    def __call__(self) -> MessageId:
        """Return a new id in canonical text, greater than every id this object made before."""
        now_ms = self._now_ms()
        if now_ms > self._last_ms:
            self._begin(now_ms)
        else:
            self._tail += 1 + self._random_bits(32)
            if self._tail > _LOW_BITS:  # the millisecond is used up: borrow the next one
                self._begin(self._last_ms + 1)
        low = f"{0x8000000000000000 | (self._tail & 0x3FFFFFFFFFFFFFFF):016x}"
        return f"{self._head}{self._tail >> 62:03x}-{low[:4]}-{low[4:]}"

    def _begin(self, at_ms: int) -> None:
        self._last_ms = at_ms
        self._tail = self._random_bits(73)  # the top bit stays clear: room to count up within the millisecond
        digits = f"{at_ms:012x}"
        self._head = f"{digits[:8]}-{digits[8:]}-7"


def made_at_ms(message_id: MessageId) -> int:
    """Return when the id was made, in milliseconds since the epoch."""
    return int(message_id[:8] + message_id[9:13], 16)


def first_id_at(at_ms: int) -> MessageId:
    """Return the smallest id of a moment, in milliseconds since the epoch: every id made since is as great or greater."""
    digits = f"{at_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def smpp_id(message_id: MessageId) -> str:
    """Return the SMPP message_id: 26 characters of A-Z and 2-7 that begin with a letter (decision 108)."""
    at, bits = _PAIRS, int(message_id.replace("-", ""), 16) << 2
    return (  # written out: each message asks twice, and a loop takes twice as long
        f"{at[bits >> 120]}{at[bits >> 110 & 0x3FF]}{at[bits >> 100 & 0x3FF]}{at[bits >> 90 & 0x3FF]}{at[bits >> 80 & 0x3FF]}"
        f"{at[bits >> 70 & 0x3FF]}{at[bits >> 60 & 0x3FF]}{at[bits >> 50 & 0x3FF]}{at[bits >> 40 & 0x3FF]}"
        f"{at[bits >> 30 & 0x3FF]}{at[bits >> 20 & 0x3FF]}{at[bits >> 10 & 0x3FF]}{at[bits & 0x3FF]}"
    )


def from_smpp_id(text: str) -> MessageId | None:
    """Return the message's id for what an ESME kept as its message_id, in any case; None if it is no such id."""
    if len(text) != 26 or not text.isascii() or text[-1] not in _LAST_CHARACTERS:
        return None
    try:
        digits = base64.b32decode(text.upper() + "======").hex()
    except binascii.Error:
        return None
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def canonical(text: str) -> MessageId | None:
    """Return the id in canonical form (lower case), or None if the text is no uuid (decision 7)."""
    lowered = text.lower()
    return lowered if _CANONICAL.match(lowered) else None
