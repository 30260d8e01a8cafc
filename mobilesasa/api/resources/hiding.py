"""Whose texts are kept from whom: one-time passwords are no business of people who only look on (decision 44).

API tokens are programs, and see what their scopes open. Of senders it counts what they are for today. Messages from phones are no
one-time passwords, so nothing of them is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import attrs

from mobilesasa.api.auth import Caller
from mobilesasa.api.resources.shown import MessageShown, MessageStory
from mobilesasa.core.errors import NotAllowed
from mobilesasa.core.exports import Export
from mobilesasa.core.hooks import HookEvent
from mobilesasa.core.scopes import Role
from mobilesasa.core.senders import SenderClass
from mobilesasa.core.teams import CurrentDirectory, Sender

if TYPE_CHECKING:
    from mobilesasa.api.resources.webhook_deliveries import DeliveryWhole

HIDDEN: Final = "••••••"  # in the place of a text


@attrs.frozen
class Hiding:
    """Keeps texts back, by what is known of the senders of teams."""

    _directory: CurrentDirectory

    def hide_text(self, caller: Caller, shown: MessageShown) -> None:
        """Hide the text of a message where the caller is not to see it."""
        if shown["message"] is not None and self.hides(caller, shown["sender_id"]):
            shown["message"] = HIDDEN

    def hide_story(self, caller: Caller, shown: MessageStory) -> None:
        """Hide the text of a message, and what tells it otherwise, where the caller is not to see it."""
        self.hide_text(caller, shown)
        if self.hides(caller, shown["sender_id"]):
            shown["body_hex"] = None
            if shown["group"] is not None:
                shown["group"]["text"] = HIDDEN

    def hide_told(self, caller: Caller, what: HookEvent, shown: DeliveryWhole) -> None:
        """Hide the text of the message that a webhook is told of, and the answer, which may repeat it."""
        if what.message is None or not self.hides(caller, what.message.sender):
            return
        told = {} if shown["body"] is None else shown["body"]["data"]
        if told.get("message") is not None:
            told["message"] = HIDDEN
        if shown["response_body"] is not None:
            shown["response_body"] = HIDDEN

    def check_file(self, caller: Caller, export: Export) -> None:
        """Refuse a file of messages, in which nothing can be hidden any more.

        Raises:
            NotAllowed: there may be texts in it that are kept from the caller.
        """
        if export.kind in ("messages", "recipients") and _looks_on(caller) and _of_codes(self._senders(caller)):
            raise NotAllowed("texts with one-time passwords may be in the file, which the role viewer does not see")

    def hides(self, caller: Caller, name: str) -> bool:
        """Say whether the texts of messages from a sender, named, are kept from a caller."""
        found = self._directory.now.sender_named(caller.team.id, name) if _looks_on(caller) else None
        return found is not None and _of_codes([found])

    def _senders(self, caller: Caller) -> Iterable[Sender]:
        return self._directory.now.senders_of(caller.team.id)


def _looks_on(caller: Caller) -> bool:
    return caller.role is Role.VIEWER


def _of_codes(senders: Iterable[Sender]) -> bool:
    return any(sender.sender_class == SenderClass.OTP for sender in senders)
