"""How a channel ends."""

from __future__ import annotations


class ChannelLost(Exception):
    """The channel is no more, and what was asked on it has no answer; the text says why."""


class ChannelError(ChannelLost):
    """The broker refused something and closed the channel for it.

    Attributes:
        code: AMQP's reply code (0-9-1 §1.2): 403 ACCESS_REFUSED, 404 NOT_FOUND, 405 RESOURCE_LOCKED, 406 PRECONDITION_FAILED.
        text: what the broker says.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
