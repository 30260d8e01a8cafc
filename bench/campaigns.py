"""A campaign, each of its people with a text of their own, through two carriers: how fast it is queued and goes out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import attrs

from bench.asker import Asker
from bench.node import TEAM, Node
from bench.processes import Broken
from bench.wire import NO_TOKEN, TEXT, TOKEN_MARK, number_of

PEOPLE = 100_000
POLL_S = 0.05
TIMEOUT_S = 1200.0


@attrs.frozen
class Begun:
    """A campaign that was sent.

    Attributes:
        uuid: names it.
        at_s: when `/send` was called, by the monotonic clock.
        send_s: how long the answer took.
    """

    uuid: str
    at_s: float
    send_s: float


def file_of(first: int, count: int) -> bytes:
    """Return the file of so many people, whose texts have tokens from the first on."""
    lines = [b"+%b,%010d" % (number_of(token), token) for token in range(first, first + count)]
    return b"\n".join([b"phone,number", *lines])


def body_of(audience: Mapping[str, Any], count: int, **more: Any) -> bytes:
    """Return what makes a campaign to a file of people that was read.

    Args:
        audience: the file, as the API shows it.
        count: how many people are in it.
        more: of the campaign.

    Raises:
        Broken: it does not have so many.
    """
    if audience["people"] != count:
        raise Broken(f"the file of people is {audience['status']} with {audience['people']} of them")
    text = TEXT.replace(NO_TOKEN, TOKEN_MARK + b"{number}").decode()
    asked = {"name": "Bench", "message": text, "sender_id": TEAM, "audience_id": audience["uuid"]}
    return json.dumps(asked | more).encode()


def prepare(node: Node, first: int, count: int) -> tuple[Asker, str]:
    """Upload so many people and make a campaign to them; return who asks, and its uuid.

    Args:
        node: the node.
        first: the token of the first of them.
        count: how many they are.
    """
    asker = Asker(node.http_port, node.token)
    audience = asker.ask("/campaigns/audiences", file_of(first, count), "text/csv")
    until_s = time.monotonic() + TIMEOUT_S
    while audience["status"] not in ("completed", "failed") and time.monotonic() < until_s:
        time.sleep(POLL_S)
        audience = asker.ask(f"/campaigns/audiences/{audience['uuid']}")
    return asker, str(asker.ask("/campaigns", body_of(audience, count))["uuid"])


def send(asker: Asker, uuid: str) -> Begun:
    """Send it."""
    begun_s = time.monotonic()
    asker.ask(f"/campaigns/{uuid}/send", b"{}")
    return Begun(uuid, begun_s, time.monotonic() - begun_s)


def await_queued(asker: Asker, begun: Begun) -> float:
    """Wait until all of it is queued; return the seconds since `/send` was called."""
    until_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until_s:
        if asker.ask(f"/campaigns/{begun.uuid}")["status"] == "completed":
            return time.monotonic() - begun.at_s
        time.sleep(POLL_S)
    raise Broken("the campaign is not queued")


def queued(asker: Asker, uuid: str) -> tuple[dict[str, Any], float]:
    """Send a campaign and wait until it is queued; return the figures, and when it was sent by the monotonic clock."""
    begun = send(asker, uuid)
    return {"send_s": round(begun.send_s, 2), "queued_s": round(await_queued(asker, begun), 2)}, begun.at_s
