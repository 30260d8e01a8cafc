"""What the rules of a country ask of a message by the class of its sender: hours, and what the text must end with.

A pack is data (`core.rulepack_reading`); which ones hold is the operator's to say. The one door asks here for each message,
so a rule holds whatever the message came in by (decision 75).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from mobilesasa.core.hours import Hours
from mobilesasa.core.prefixes import PrefixTable

_LOOKED_AT: Final = 4  # so many times its length of a text's end may hold the suffix, with blanks within


def _folded(text: str) -> str:
    """Return a text without its blanks, and without regard to case."""
    return "".join(text.split()).casefold()


@attrs.frozen(eq=False)
class Rules:
    """What holds in one country for one class of sender.

    Attributes:
        country: ISO 3166-1.
        sender_class: of `core.senders.SenderClass`.
        hours: when messages may go out; None: always.
        suffix: what their texts end with, its own blank before it; empty: nothing.
    """

    country: str
    sender_class: str
    hours: Hours | None = None
    suffix: str = ""
    _end: str = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Fold the suffix once."""
        object.__setattr__(self, "_end", _folded(self.suffix))

    def complete(self, text: str) -> str:
        """Return a text with the suffix; one that has it already, case and blanks aside, is left as it is."""
        may_end_so = self._end.endswith(text.rstrip()[-1:].casefold())  # most do not, and that is found soon
        if may_end_so and _folded(text[-_LOOKED_AT * len(self.suffix) :]).endswith(self._end):
            return text
        return text + self.suffix

    def waits(self, now_ms: int) -> int | None:
        """Return when messages may go out again, milliseconds since the epoch; None: now."""
        if self.hours is None:
            return None
        opens_at_ms = self.hours.window(now_ms).opens_at_ms
        return opens_at_ms if opens_at_ms > now_ms else None

    def held(self, due_at_ms: int | None, expires_at_ms: int, now_ms: int) -> tuple[int | None, int, int]:
        """Return when a message goes out (None: now), when it expires, and when it goes out no more.

        One that would go out in quiet hours waits for their end, and expires later by as much. Whatever the rules hold
        for has a time after which it goes out no more, if only the one when it expires.
        """
        if self.hours is None:
            return due_at_ms, expires_at_ms, expires_at_ms
        wanted_ms = now_ms if due_at_ms is None else due_at_ms
        window = self.hours.window(wanted_ms)
        if window.opens_at_ms > wanted_ms:
            due_at_ms = window.opens_at_ms
            expires_at_ms += window.opens_at_ms - wanted_ms
        return due_at_ms, expires_at_ms, window.closes_at_ms


@attrs.frozen(eq=False)
class RulePack:
    """The rules of one country.

    Attributes:
        country: ISO 3166-1.
        prefixes: what the numbers of its people begin with, E.164 without the plus.
        rules: by the class of the sender.
        source: where it was read, for people.
    """

    country: str
    prefixes: tuple[str, ...]
    rules: Mapping[str, Rules]
    source: str = ""


class RulePacks:
    """The packs that hold, by the recipient's number and the sender's class."""

    def __init__(self, packs: Iterable[RulePack] = ()) -> None:
        """Build the tables; of packs with the same prefix the last one counts."""
        self.packs = tuple(packs)
        tables: dict[str, dict[str, Rules]] = {}
        for pack in self.packs:
            for sender_class, rules in pack.rules.items():
                tables.setdefault(sender_class, {}).update(dict.fromkeys(pack.prefixes, rules))
        self._tables = {sender_class: PrefixTable(rows) for sender_class, rows in tables.items()}

    def find(self, sender_class: str, recipient: str) -> Rules | None:
        """Return what holds for messages of a class of sender to a recipient (E.164 without the plus), if anything does."""
        table = self._tables.get(sender_class)
        return None if table is None else table.find(recipient)

    def waits(self, now_ms: int, recipient: str, sender_class: str) -> int | None:
        """Return when messages of a class of sender may go to a recipient (or a prefix) again; None: now."""
        rules = self.find(sender_class, recipient)
        return None if rules is None else rules.waits(now_ms)
