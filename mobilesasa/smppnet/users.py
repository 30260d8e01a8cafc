"""Who acts on what a link brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from mobilesasa.smpp.pdus import Pdu

if TYPE_CHECKING:
    from mobilesasa.smppnet.protocol import Link


class LinkUser(Protocol):
    """Every call but `made` and `lost` carries what one turn brought, in order."""

    def made(self, link: Link) -> None:
        """Learn that the connection is up; a client sends its bind now."""

    def received(self, link: Link, requests: list[Pdu]) -> None:
        """Take requests of the peer (binds among them); answer each with `link.send`, now or later."""

    def answered(self, link: Link, answers: list[tuple[Any, Pdu]]) -> None:
        """Take answers to our requests, each with the context that went with the request; a generic_nack is one too."""

    def unanswered(self, link: Link, contexts: list[Any]) -> None:
        """Take the contexts of requests whose outcome nobody knows: timed out, or the connection is lost."""

    def unbound(self, link: Link) -> None:
        """Learn that the peer asked for the end or answered our unbind: no requests any more, answers still go out."""

    def lost(self, link: Link, reason: str) -> None:
        """Learn that the connection is gone, and why, in words. This is the last call."""
