"""What the simulated SMSC does with each message: taken as a rule, and what the operator asks for instead.

Each message is one step of a count, refused ones too, so that the same messages in the same order meet the same fate.
Of several things that are due for one message the first of these happens: frozen, dropped, throttled, refused.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

import attrs

from mobilesasa.cli.simulated.receipts import Form, Outcomes
from mobilesasa.smpp.statuses import Status

_STATUS_LIMIT: Final = 0xFFFFFFFF


@attrs.frozen(kw_only=True)
class Behaviour:
    """How the simulated SMSC treats its clients."""

    system_id: str = ""  # who may bind; empty: anybody
    password: str = ""  # empty: any
    tps: int = 0  # messages a second, above which it answers ESME_RTHROTTLED; 0: no limit
    throttle_every: int = 0  # of so many messages one is answered ESME_RTHROTTLED; 0: none
    errors: Mapping[int, float] = attrs.field(factory=dict)  # per cent of the messages, by command_status
    drop_every: int = 0  # with one of so many messages the connection breaks before the answer; 0: never
    freeze_after: int | None = None  # messages, from which on nothing is answered; None: never
    ids: str = "usual"  # see `simulated.ids`
    receipts: Outcomes = Outcomes.DELIVRD
    receipt_forms: frozenset[Form] = frozenset()
    report_unanswered: bool = False  # receipts come for what it took without an answer, too
    delay_ms: int = 0  # from the answer to the receipt
    seed: int | None = None  # of ids and of what goes by per cent; None: other ones each time


@attrs.frozen
class Fate:
    """What becomes of one message."""

    status: int = 0  # of the answer
    is_answered: bool = True
    breaks: bool = False  # the connection, with the answers that have not left


_TAKEN: Final = Fate()
_FROZEN: Final = Fate(is_answered=False)
_BREAKS: Final = Fate(is_answered=False, breaks=True)
_THROTTLED: Final = Fate(Status.ESME_RTHROTTLED)


class Fates:
    """Says what becomes of one message after the other."""

    def __init__(self, behaviour: Behaviour, drawn: random.Random) -> None:
        """Draw from `drawn` what goes by per cent."""
        self._behaviour = behaviour
        self._drawn = drawn
        self._count = 0
        self._second = self._in_second = 0

    def next(self, now_ms: int) -> Fate:
        """Return the fate of the next message, which came at that moment."""
        behaviour = self._behaviour
        self._count += 1
        if behaviour.freeze_after is not None and self._count > behaviour.freeze_after:
            return _FROZEN
        if self._is_due(behaviour.drop_every):
            return _BREAKS
        if self._is_too_fast(now_ms) or self._is_due(behaviour.throttle_every):
            return _THROTTLED
        return self._refused() if behaviour.errors else _TAKEN

    def _is_due(self, every: int) -> bool:
        return every > 0 and self._count % every == 0

    def _refused(self) -> Fate:
        left = 100 * self._drawn.random()
        for status, per_cent in self._behaviour.errors.items():
            if left < per_cent:
                return Fate(status)
            left -= per_cent
        return _TAKEN

    def _is_too_fast(self, now_ms: int) -> bool:
        if not self._behaviour.tps:
            return False
        if now_ms // 1000 != self._second:
            self._second, self._in_second = now_ms // 1000, 0
        self._in_second += 1
        return self._in_second > self._behaviour.tps


def read_errors(written: str) -> dict[int, float]:
    """Read which per cent of the messages get which command_status: ``0x0B:1,ESME_RMSGQFUL:0.5``.

    Raises:
        ValueError: it is no such list, or there are more than 100 in it; in words for people.
    """
    errors: dict[int, float] = {}
    for each in filter(None, (pair.strip() for pair in written.split(","))):
        status, _, per_cent = each.partition(":")
        try:
            errors[_status(status)] = share = float(per_cent)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 100:
            raise ValueError(f"{each} is no command_status with its per cent, as in 0x0B:1")
    if sum(errors.values()) > 100:
        raise ValueError("it is more than 100 per cent together")
    return errors


def _status(written: str) -> int:
    status = int(Status[written]) if written in Status.__members__ else int(written, 0)
    if not 0 < status <= _STATUS_LIMIT:
        raise ValueError(written)
    return status
