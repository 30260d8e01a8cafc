"""How a message stands, as SMPP says it: one table for receipts and for query_sm (decisions 107, 111 and 112)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from mobilesasa.core.alterations import Reached
from mobilesasa.core.model import Failure, State, Step
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.receipts import WORDS


@attrs.frozen
class Standing:
    """What is said of a message: its state, and our own error code of three digits (decision 112)."""

    state: MessageState
    error: int

    @property
    def word(self) -> str:
        """The word of the receipt's text."""
        return WORDS[self.state]


#: How a message that did not fail stands. ACCEPTD and ENROUTE are intermediate, and so never the last word (decision 111).
STANDINGS: Final[Mapping[State | Step, Standing]] = {
    Step.ACCEPTED: Standing(MessageState.ACCEPTED, 0),
    Step.ENROUTE: Standing(MessageState.ENROUTE, 0),
    State.DELIVERED: Standing(MessageState.DELIVERED, 0),
}
#: Of what failed, only the reference's four words go out (decision 111); docs/smpp.rst publishes the codes.
FAILED: Final[Mapping[Failure, Standing]] = {
    Failure.UNDELIVERED: Standing(MessageState.UNDELIVERABLE, 1),
    Failure.EXPIRED: Standing(MessageState.EXPIRED, 2),
    Failure.REJECTED: Standing(MessageState.REJECTED, 3),
    Failure.REFUSED: Standing(MessageState.REJECTED, 4),
    Failure.EXPIRED_UNSENT: Standing(MessageState.EXPIRED, 5),
    Failure.NO_RECEIPT: Standing(MessageState.EXPIRED, 6),
    Failure.CANCELLED: Standing(MessageState.UNDELIVERABLE, 7),
}
#: What was taken back is DELETED to a query_sm, which no rule of the reference holds to four words (§5.2.28).
_DELETED: Final = Standing(MessageState.DELETED, FAILED[Failure.CANCELLED].error)
_UNDER_WAY: Final = Standing(MessageState.ENROUTE, 0)


def told(state: State | Step, failure: Failure | None) -> Standing:
    """Return what a receipt says; a failure of no known kind is "undelivered"."""
    return STANDINGS.get(state) or FAILED[failure or Failure.UNDELIVERED]


def queried(reached: Reached) -> Standing:
    """Return what a query_sm is told; a message whose receipt the carrier never sent stands as its team was told then."""
    if reached.failure is Failure.CANCELLED:
        return _DELETED
    if reached.state in (State.DELIVERED, State.FAILED) or reached.failure is Failure.NO_RECEIPT:
        return told(reached.state if reached.state is State.DELIVERED else State.FAILED, reached.failure)
    return _UNDER_WAY
