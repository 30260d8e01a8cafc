"""What a client is for others: who takes what comes, and who answers for the connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.message import Message

if TYPE_CHECKING:
    from mobilesasa.queue.amqp.client import Client

Answer = Mapping[str, Any]  # the fields of a method by name; "message" for one with content


class Sink(Protocol):
    """Who takes what comes on a channel."""

    def delivered(self, consumer_tag: str, messages: list[Message]) -> None:
        """Take messages."""

    def confirmed(self, confirms: list[tuple[int, bool, bool]]) -> None:
        """Take confirms, as `frames.Confirms` has them."""

    def returned(self, message: Message) -> None:
        """Take a publish that no queue took."""

    def cancelled(self, consumer_tag: str) -> None:
        """Learn that the broker ended a consumer."""

    def ended(self, error: ChannelLost) -> None:
        """Learn that the channel is no more: a `ChannelError` when the broker closed it."""


class ClientUser(Protocol):
    """Who has a client."""

    def opened(self, client: Client) -> None:
        """Learn that the broker let us in."""

    def blocked_by(self, client: Client, reason: str) -> None:
        """Learn that the broker takes no messages for now; with an empty reason, that it takes them again."""

    def lost(self, client: Client, reason: str) -> None:
        """Learn that the connection is no more; the sinks have been told."""
