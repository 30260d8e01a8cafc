"""What a carrier tells by calling us over HTTP, and what it is answered: parsed by nobody yet."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs

from mobilesasa.values import hot_value


class About(enum.StrEnum):
    """What a carrier calls about; also the last word of the address that it calls."""

    RECEIPTS = "receipts"
    INBOUND = "inbound"


@attrs.frozen
class Callback:
    """One call of a carrier."""

    carrier: str  # the name in the address
    about: About
    secret: str = attrs.field(repr=False)  # the last word of the address; empty when there is none
    method: str
    path: str = attrs.field(repr=False)  # as it was asked for, with the secret
    query: bytes = attrs.field(repr=False)  # without the question mark
    headers: Mapping[str, str] = attrs.field(repr=False)  # names in small letters
    body: bytes = attrs.field(repr=False)
    peer: str  # the address that it came from

    @property
    def content_type(self) -> str:
        """The type of the body, in small letters, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@hot_value
class CallbackReply:
    """What the carrier is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    retry_after_s: int | None = None
    headers: tuple[tuple[str, str], ...] = ()  # beside these


@attrs.frozen
class KeptCallback:
    """A call as it is kept for people to look at."""

    id: str  # a UUIDv7: when it came
    carrier_id: int
    about: About
    key: bytes | None  # the same in a repetition; None where nothing tells one
    peer: str
    method: str
    query: bytes = attrs.field(repr=False)
    content_type: str
    body: bytes = attrs.field(repr=False)
    items: int  # receipts or messages that were read in it


#: The largest body that is read; one of the aggregators' batches has some tens of kilobytes.
BODY_OCTETS = 262_144
#: How long the calls are kept as they came.
KEPT_DAYS = 30
