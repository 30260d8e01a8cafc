"""What keeps to the hours of countries, over the store, the rules and the dispatchers."""

from __future__ import annotations

from mobilesasa.core.hours import Window
from mobilesasa.core.lanes import Queue
from mobilesasa.core.rulepacks import RulePacks
from mobilesasa.core.senders import SenderClass
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.dispatch import closing
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.node.base import Base
from mobilesasa.store.closing import Closed, Closing


def make_closing(base: Base, queue: Queue, fleet: Fleet) -> closing.Closing:
    """Build it; nothing of it runs yet."""
    hours = HoursOf(base.directory, base.rules)
    return closing.Closing(Closing(base.database, base.store.run, hours.next), queue, fleet.keep_back)


class HoursOf:
    """Finds the hours of messages that wait.

    Args:
        directory: knows the classes of senders.
        rules: the packs that hold.
    """

    def __init__(self, directory: CurrentDirectory, rules: RulePacks) -> None:
        self._directory = directory
        self._rules = rules

    def next(self, message: Closed) -> Window | None:
        """Return the hours that are open now for a message, or the next ones; None: no rules hold for it.

        Its sender may be gone by now: only what was promotional ever had hours that ended, as far as anybody can tell.
        """
        sender = self._directory.now.sender_named(message.team_id, message.sender)
        sender_class = SenderClass.PROMOTIONAL if sender is None else sender.sender_class
        rules = self._rules.find(sender_class, message.recipient)
        return None if rules is None or rules.hours is None else rules.hours.window(message.now_ms)
