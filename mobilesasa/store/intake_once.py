"""Accepting messages whose calls have a key, together with those that have none: all of one group commit.

How to think about it: the row of a key is its lock (`store.idempotency`). All keys of a batch are written first, in their order, so
that two nodes wait for each other one way alone; what is new is accepted with the rest, by one statement; and the keys of what was
refused are taken back in the same transaction, for nothing was done under them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs

from mobilesasa.core.errors import Refused
from mobilesasa.core.idempotency import Kept, MarkName, Repeated
from mobilesasa.core.model import Priced
from mobilesasa.store import idempotency, intake
from mobilesasa.store.database import Txn
from mobilesasa.store.writer import Work


@attrs.frozen
class Keyed:
    """A message, and the reply that is kept under its call's key when it is stored."""

    message: Priced
    kept: Kept


#: What is handed in, and what came of it; None: it is stored and charged.
Asked: TypeAlias = Priced | Keyed
Accepted: TypeAlias = Refused | Repeated | None


def accept(txn: Txn, batch: Sequence[Asked]) -> Sequence[Accepted]:
    """Charge the teams and store the messages of one group commit, and the replies of those that have a key.

    Returns, for each: None where all of that happened, `Repeated` where the call has been done before, else its refusal as
    `intake.accept` has it; then nothing of it happened. May run twice, as that.
    """
    keyed = {n: item for n, item in enumerate(batch) if type(item) is Keyed}
    if not keyed:
        return intake.accept(txn, [_message(item) for item in batch])
    first: dict[MarkName, int] = {}
    for n, item in keyed.items():
        first.setdefault(item.kept.mark.name, n)
    before = idempotency.add_many(txn, [keyed[n].kept for n in first.values()])
    left = [n for n in range(len(batch)) if n not in keyed or _is_new(keyed[n], n, first, before)]
    came: dict[int, Accepted] = dict(zip(left, intake.accept(txn, [_message(batch[n]) for n in left]), strict=True))
    idempotency.drop_many(txn, [keyed[n].kept.mark for n in left if n in keyed and came[n] is not None])
    for n, item in keyed.items():
        if n not in came:
            name = item.kept.mark.name
            came[n] = (
                Repeated(before[name]) if name in before else came[first[name]] or Repeated(keyed[first[name]].kept)
            )
    return [came[n] for n in range(len(batch))]


def _is_new(item: Keyed, n: int, first: Mapping[MarkName, int], before: Mapping[MarkName, Kept]) -> bool:
    """Say whether nothing was done under a key before, neither in this batch nor earlier."""
    name = item.kept.mark.name
    return first[name] == n and name not in before


def accept_again(txn: Txn, batch: Sequence[Asked]) -> Sequence[Accepted]:
    """Accept a batch whose COMMIT may have happened: leave alone what is stored already, for its key is too."""
    stored = intake.stored_of(txn, [_message(item) for item in batch])
    missing = [item for item in batch if _message(item).id not in stored]
    came = iter(accept(txn, missing))
    return [None if _message(item).id in stored else next(came) for item in batch]


def _message(item: Asked) -> Priced:
    return item.message if isinstance(item, Keyed) else item


def _stands_alone(batch: Sequence[Asked]) -> bool:
    """Say whether no lock but those of `intake.ACCEPT` itself has to hold until it has stored the messages."""
    return all(type(item) is not Keyed for item in batch) and intake.stands_alone(batch)  # type: ignore[arg-type]


ACCEPTING: Work[Asked, Accepted] = Work("accept", accept, accept_again, alone=_stands_alone)
