"""The frames of a broker, written and read by another client's codec."""

from collections.abc import Iterator
from typing import Any

import pika.frame
from pika import spec
from pika.spec import BasicProperties


def method(said: Any, channel: int = 1) -> bytes:
    """Return a method as its frame."""
    return pika.frame.Method(channel, said).marshal()


def content(
    said: Any, body: bytes, properties: BasicProperties | None = None, channel: int = 1, piece: int = 131_064
) -> bytes:
    """Return a method with a message as its frames, with so many octets of the body in each."""
    header = pika.frame.Header(channel, len(body), properties or BasicProperties())
    pieces = [pika.frame.Body(channel, body[at : at + piece]).marshal() for at in range(0, len(body), piece)]
    return b"".join((method(said, channel), header.marshal(), *pieces))


def deliver(tag: int, body: bytes = b"body", consumer: str = "c1", **more: Any) -> bytes:
    """Return a basic.deliver as its frames."""
    said = spec.Basic.Deliver(
        consumer_tag=consumer,
        delivery_tag=tag,
        redelivered=more.pop("redelivered", False),
        exchange=more.pop("exchange", "lanes"),
        routing_key=more.pop("routing_key", "7.bulk"),
    )
    return content(said, body, **more)


def returned(body: bytes = b"body", channel: int = 1, **properties: Any) -> bytes:
    """Return a basic.return as its frames."""
    said = spec.Basic.Return(reply_code=312, reply_text="NO_ROUTE", exchange="lanes", routing_key="nowhere")
    return content(said, body, BasicProperties(**properties), channel=channel)


def frames(octets: bytes) -> Iterator[Any]:
    """Read whole frames; what is left over is an error."""
    while octets:
        taken, frame = pika.frame.decode_frame(octets)
        assert taken, octets
        yield frame
        octets = octets[taken:]
