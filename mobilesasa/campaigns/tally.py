"""What a campaign will take, added up over its recipients: for the estimate, for the preview and for `/send`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import Final
from zlib import crc32

import attrs

from mobilesasa.campaigns.model import Quoted

RANDOM: Final = 3  # recipients of a preview that are drawn


@attrs.frozen
class Sample:
    """What one recipient will read."""

    phone: str  # E.164 without the plus
    text: str = attrs.field(repr=False)
    parts: int
    units: int


@attrs.define
class Tally:
    """Sums over what was quoted, and a few samples of it.

    The samples at random are drawn by the numbers themselves and `salt`: of the same recipients and the same salt they
    are the same, so that somebody who works on a text sees what becomes of it.
    """

    salt: int = 0
    recipients: int = 0  # who get it
    units: int = 0
    parts: Counter[int] = attrs.field(factory=Counter)  # recipients, by the parts of their message
    alphabets: Counter[str] = attrs.field(factory=Counter)  # recipients, by the alphabet of their message
    skipped: Counter[str] = attrs.field(factory=Counter)  # who are left out, by why
    longest: Sample | None = None  # the most parts, and of those the most characters
    shortest: Sample | None = None
    _longest_place: tuple[int, int] = attrs.field(init=False, default=(0, 0))
    _shortest_place: tuple[int, int] = attrs.field(init=False, default=(0, 0))
    _drawn: list[tuple[int, Sample]] = attrs.field(init=False, factory=list)

    @property
    def random(self) -> Sequence[Sample]:
        """Three that were drawn, or all where there are fewer."""
        return tuple(sample for _, sample in self._drawn)

    def add(self, quoted: Sequence[Quoted], texts: Callable[[Quoted], str]) -> None:
        """Add recipients.

        Args:
            quoted: a list of them; nobody comes twice.
            texts: what one of these will read; asked for samples alone.
        """
        taken = [one for one in quoted if one.skipped is None]
        if len(taken) < len(quoted):
            self.skipped.update(one.skipped for one in quoted if one.skipped is not None)
        if not taken:
            return
        self.recipients += len(taken)
        self.units += sum([one.units for one in taken])
        self.parts.update([one.parts for one in taken])
        self.alphabets.update([one.alphabet.value for one in taken])
        self._keep_extremes(taken, texts)
        self._draw(taken, texts)

    def _keep_extremes(self, taken: Sequence[Quoted], texts: Callable[[Quoted], str]) -> None:
        longest, shortest = max(taken, key=_place), min(taken, key=_place)
        if self.longest is None or _place(longest) > self._longest_place:
            self.longest, self._longest_place = _sample(longest, texts), _place(longest)
        if self.shortest is None or _place(shortest) < self._shortest_place:
            self.shortest, self._shortest_place = _sample(shortest, texts), _place(shortest)

    def _draw(self, taken: Sequence[Quoted], texts: Callable[[Quoted], str]) -> None:
        """Keep those whose number and the salt together give the smallest sums: each is as likely as any other."""
        salt = b"%d " % self.salt
        lots = [(crc32(salt + one.phone.encode()), place) for place, one in enumerate(taken)]
        drawn = [(lot, _sample(taken[place], texts)) for lot, place in nsmallest(RANDOM, lots)]
        self._drawn = sorted([*self._drawn, *drawn], key=lambda kept: (kept[0], kept[1].phone))[:RANDOM]


def _place(one: Quoted) -> tuple[int, int]:
    return one.parts, 0 if one.text is None else len(one.text)


def _sample(one: Quoted, texts: Callable[[Quoted], str]) -> Sample:
    return Sample(one.phone, texts(one), one.parts, one.units)
