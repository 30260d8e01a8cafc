"""A team may be bound at several nodes; one of them brings it what it is owed, over all of its own receivers there.

How to think about it: which node that is, is said by a lock that each node with a receiver of the team asks for (its
*desk*). The node that has it delivers as a single node does; at the others the team's receivers wait, ready to take over
when it is freed: its node dies, or the last receiver there goes. What comes to be owed at another node is in the spool
before anybody is told, so what is told is only to look there, and a word that is lost costs a minute (`Outbox`'s sweep).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from mobilesasa.core.inbound import Owed
from mobilesasa.core.model import MessageId
from mobilesasa.notify.outbox import Outbox
from mobilesasa.smpp.pdus import Pdu
from mobilesasa.smsc.binds import Receiver


class Events(Protocol):
    """What the nodes tell each other of teams."""

    def tell(self, team_ids: Collection[int]) -> None:
        """Have the nodes that follow these teams look into their spools."""

    def follow(self, team_id: int) -> None:
        """Hear of a team from now on."""

    def unfollow(self, team_id: int) -> None:
        """Hear of it no more."""


class SharedDesks:
    """Stands before the outbox of a node that has others beside it: a `ReceiverListener` and a `Notifier`.

    Args:
        outbox: delivers what this node has the desk of.
        events: to and from the other nodes.

    Attributes:
        changed: called when `wanted` has changed.
    """

    def __init__(self, outbox: Outbox, events: Events) -> None:
        """Start with nobody bound."""
        self._outbox = outbox
        self._events = events
        self.changed: Callable[[], None] = _nobody_cares
        self._receivers: dict[int, list[Receiver]] = {}
        self._held: frozenset[int] = frozenset()

    def wanted(self) -> Collection[int]:
        """Return the teams that have receivers here."""
        return self._receivers.keys()

    def hold(self, team_ids: frozenset[int]) -> None:
        """Deliver for these teams from now on, and for no others."""
        before, self._held = self._held, team_ids
        for team_id in before - team_ids:
            self._events.unfollow(team_id)
            for receiver in self._receivers.get(team_id, ()):
                self._outbox.receiver_gone(receiver)
        for team_id in team_ids - before:
            self._events.follow(team_id)
            for receiver in self._receivers.get(team_id, ()):
                self._outbox.receiver_bound(receiver)

    # Notifier

    def owe(self, notices: Sequence[Owed]) -> None:
        """Bring what is owed to teams of ours, and have the other nodes look for the rest."""
        self._outbox.owe(notices)
        elsewhere = {notice.team_id for notice in notices if notice.team_id not in self._held}
        if elsewhere:
            self._events.tell(elsewhere)

    # smsc.binds.ReceiverListener

    def receiver_bound(self, receiver: Receiver) -> None:
        """See `ReceiverListener`."""
        self._receivers.setdefault(receiver.team_id, []).append(receiver)
        if receiver.team_id in self._held:
            self._outbox.receiver_bound(receiver)
        else:
            self.changed()

    def receiver_gone(self, receiver: Receiver) -> None:
        """See `ReceiverListener`."""
        there = self._receivers.get(receiver.team_id, [])
        if receiver in there:
            there.remove(receiver)
        self._outbox.receiver_gone(receiver)
        if not there and self._receivers.pop(receiver.team_id, None) is not None:
            self.changed()

    def answered(self, receiver: Receiver, answers: Sequence[tuple[Any, Pdu]]) -> None:
        """See `ReceiverListener`."""
        self._outbox.answered(receiver, answers)

    def unanswered(self, receiver: Receiver, contexts: Sequence[Any]) -> None:
        """See `ReceiverListener`."""
        self._outbox.unanswered(receiver, contexts)

    def submits_answered(self, team_id: int, message_ids: Collection[MessageId]) -> None:
        """See `ReceiverListener`."""
        self._outbox.submits_answered(team_id, message_ids)


def _nobody_cares() -> None:
    """Be told in place of those who look after the desks, as long as there are none."""
