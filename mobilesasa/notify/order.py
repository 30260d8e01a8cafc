"""What a notice has to wait for although a link has room: the answer to its submit, or an earlier notice of its message.

How to think about it: of most messages there is one notice, long after the answer, and nothing is kept here. Two cases
make one wait. A submit that is stored may wait for its answer behind others of its session; until that is written, the
notices of its message are *early* (decision 114). And a message of which intermediate receipts were asked for may have
several notices; they must not pass one another on two links, so of those only one is under way (I5):

                    joins                 taken, or refused or lost while another is behind it
    (spool) ──────────────────▶ under way ─────────────────────────────────────▶ gone
                │ one is under way                                 ▲
                └──────────▶ behind ───────────────────────────────┘  (the next one joins)

What is behind is replaced by what comes later, for it says more; and a step that was put off is forgotten for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import attrs

from mobilesasa.core.inbound import Owed
from mobilesasa.core.model import MessageId


@attrs.define(eq=False)
class Order:
    """The notices of one team that wait for others.

    Args:
        unanswered: messages whose submit is stored and not answered yet.
    """

    unanswered: Collection[MessageId]
    _early: dict[MessageId, list[Owed]] = attrs.field(factory=dict, init=False)
    _under_way: dict[MessageId, Owed] = attrs.field(factory=dict, init=False)
    _behind: dict[MessageId, Owed] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        return len(self._early) + len(self._under_way)

    def admits(self, notice: Owed, put_off: Collection[int]) -> tuple[bool, Owed | None]:
        """Return whether a notice may be sent now, and the one that is not to be sent any more, if it replaces one.

        Args:
            notice: which joins those in memory.
            put_off: the spool ids of what was refused and is kept for another try.
        """
        message_id = notice.message_id
        if message_id in self.unanswered:
            self._early.setdefault(message_id, []).append(notice)
            return False, None
        if not notice.has_steps:
            return True, None
        before = self._under_way.get(message_id)
        if before is not None and before.spool_id not in put_off:
            replaced = self._behind.get(message_id)
            self._behind[message_id] = notice
            return False, replaced
        self._under_way[message_id] = notice
        return True, before

    def answered(self, message_ids: Iterable[MessageId]) -> list[Owed]:
        """Return what was early for submits that are answered now."""
        return [notice for message_id in message_ids for notice in self._early.pop(message_id, ())]

    def has_next(self, notice: Owed) -> bool:
        """Return whether another notice of its message is behind this one."""
        return notice.message_id in self._behind

    def passed(self, notice: Owed) -> Owed | None:
        """Learn that a notice is not under way any more; return the one behind it, which may join now."""
        if self._under_way.get(notice.message_id) is not notice:
            return None
        del self._under_way[notice.message_id]
        return self._behind.pop(notice.message_id, None)
