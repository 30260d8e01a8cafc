"""A socket turn cut into pieces, where what is asked for depends on what was asked before.

Most requests do not depend on each other: submits name nothing, and query_sm, cancel_sm and replace_sm name a message
whose submit was answered before they were sent. Two kinds look for messages by sender and number instead, and so depend
on the submits before them and mean none of those behind them: a cancel_sm without a message_id, and a submit with
replace_if_present_flag. They stand in pieces *alone*: such a piece begins when all before it is answered, and what is
behind it waits for its end. Within one, what is altered is altered first, in order; then come the submits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from mobilesasa.smpp.pdus import CancelSm, Pdu, SubmitMulti, SubmitSm
from mobilesasa.smsc.operations import OPERATIONS
from mobilesasa.smsc.other_submits import numbers_of

_LAST_DIGITS = 9  # a number may be written in several ways, which end alike


@attrs.define(eq=False)
class Piece:
    """Requests that are carried out together."""

    requests: list[Pdu]
    alone: bool = False
    replaced: set[str] = attrs.field(factory=set)  # the ends of numbers whose messages its submits replace

    def has_room(self, request: Pdu, alone: bool, replaced: set[str]) -> bool:
        """Say whether one more request means the same in this piece as behind it."""
        if type(request) in OPERATIONS:
            return not self.replaced and (self.alone or not alone)
        return alone is self.alone and not replaced & self.replaced


def cut(requests: list[Pdu]) -> Sequence[Piece]:
    """Return the pieces of one socket turn, in order; nearly always it is one."""
    for request in requests:
        if type(request) is not SubmitSm or request.replace_if_present_flag:
            break
    else:
        return (Piece(requests),)
    pieces: list[Piece] = []
    for request in requests:
        replaced = _replaced(request)
        alone = bool(replaced) or (type(request) is CancelSm and not request.message_id)
        if not pieces or not pieces[-1].has_room(request, alone, replaced):
            pieces.append(Piece([], alone))
        pieces[-1].requests.append(request)
        pieces[-1].replaced |= replaced
    return pieces


def _replaced(request: Any) -> set[str]:
    """Return the ends of the numbers whose messages a submit replaces; empty when it replaces none."""
    kind = type(request)
    if kind not in (SubmitSm, SubmitMulti) or request.replace_if_present_flag != 1:
        return set()
    numbers = [request.destination_addr] if kind is SubmitSm else numbers_of(request)
    return {number[-_LAST_DIGITS:] for number in numbers} or {""}
