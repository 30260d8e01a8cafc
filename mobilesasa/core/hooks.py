"""Webhooks: what teams can be told of, and when a call that failed is made again (decision 89, Standard Webhooks).

An event is told to each endpoint that wants it until one answers 2xx. Each call of it has the same id, so whoever hears it
twice can tell: a node that dies between the answer and its note makes the call again.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import attrs

from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import Priced
from mobilesasa.core.scopes import opens

#: What can be told, and when; the names are the contract.
EVENTS: Final[Mapping[str, str]] = {
    "message.sent": "A carrier took a message",
    "message.delivered": "A message arrived; also one that was taken for failed before",
    "message.failed": "A message failed for good",
    "message.received": "A message came from a phone",
    "campaign.started": "A campaign has begun: its messages are being queued",
    "campaign.completed": "Every recipient of a campaign has a message in the queue, or was left out",
    "campaign.paused": "A campaign has stopped by itself: too much of it fails, too many complain, or its sender may not be used",
    "campaign.cancelled": "A campaign was cancelled, before its time, while it was being sent, or as far as it still waited",
    "campaign.failed": "A series has made a campaign that could not be sent; it stays a draft",
    "survey.response": "Somebody's response to a survey has ended: all was answered, or it expired",
    "import.completed": "A file of contacts was read to its end, or given up",
    "export.completed": "A file that was asked for can be fetched, or was given up",
    "balance.low": "The units have fallen below the team's mark",
    "optout": "Somebody gets no more messages of a sender: by STOP, by a carrier's blacklist, by a call, or by the operator",
}
#: Who may hear an event: whom the REST API tells of the same thing, by one of these scopes; none: everybody, as `GET /account`.
SCOPES_OF_EVENT: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("message.sent", "message.delivered", "message.failed", "message.received"), ("messages",)),
    **dict.fromkeys((name for name in EVENTS if name.startswith("campaign.")), ("campaigns",)),
    "survey.response": ("surveys",),
    "import.completed": ("contacts",),
    "export.completed": ("reports", "messages", "contacts", "campaigns", "surveys"),
    "balance.low": (),
    "optout": ("messages", "contacts"),
}
RECEIVED: Final = "message.received"
ALL_EVENTS: Final = "*"  # in an endpoint's list: all there are, and those that will be
PING: Final = "ping"  # what the test of an endpoint tells

#: A call that failed is made again so long after the first, each about a tenth sooner or later (in seconds).
RETRIES_AT_S: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER: Final = 0.1
RETRY_AFTER_MAX_S: Final = 3600.0  # what an endpoint asks us to wait is done up to this
FAILING_DAYS: Final = 5  # so long without a success disables an endpoint
OVERLAP_H: Final = 24  # so long an old secret signs beside the new one
EXCERPT_OCTETS: Final = 1024  # of an answer so much is kept

_GONE: Final = 410
_ASK_LATER: Final = (429, 503)


class DeliveryState(enum.IntEnum):
    """Where telling one event to one endpoint stands."""

    WAITING = 10
    DELIVERED = 20
    FAILED = 30

    @property
    def shown(self) -> str:
        """The word that teams read."""
        return self.name.lower()


@attrs.frozen
class Endpoint:
    """Where a team wants to be told."""

    id: int
    uuid: str
    team_id: int
    url: str
    secrets: tuple[str, ...] = attrs.field(repr=False)  # the newest first; an old one until its time is over
    include_text: bool = False  # events about messages have their text


@attrs.frozen
class WebhookTerms:
    """What a team says of an endpoint."""

    url: str
    description: str
    events: tuple[str, ...]
    include_text: bool
    enabled: bool = True

    def noted(self) -> dict[str, Any]:
        """Return it for the trail."""
        return {**attrs.asdict(self), "events": list(self.events)}


@attrs.frozen(kw_only=True)
class HookEvent:
    """What happened, with all that is needed to tell it."""

    id: str  # a UUIDv7 of when; the `webhook-id` of every call
    event: str
    data: Mapping[str, Any]  # what is told; of a message, what changes
    subject: str | None = None  # the message that it is about
    message: Priced | None = None
    inbound: Inbound | None = None


@attrs.frozen
class Delivery:
    """An event that is to be told to an endpoint now."""

    id: int
    attempts: int  # that were made before
    what: HookEvent


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of one call."""

    status: int | None = None  # of the answer; None: there was none
    error: str = ""  # why there was none
    answer: str = ""  # how it began
    latency_ms: int = 0
    retry_after_s: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint has it now."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants no call ever again."""
        return self.status == _GONE

    @property
    def asks_to_wait_s(self) -> float:
        """How long the endpoint wants to be left alone, in seconds, as far as we do it."""
        if self.status not in _ASK_LATER or self.retry_after_s is None:
            return 0.0
        return min(max(self.retry_after_s, 0.0), RETRY_AFTER_MAX_S)


def unheard(held: Collection[str], events: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return those events that whoever has these scopes may not hear, each with the scopes of which one would open it.

    Args:
        held: what the caller has; `X:read` is enough, for to hear is to read.
        events: names of events; `ALL_EVENTS` stands for all there are.
    """
    meant = dict.fromkeys(name for event in events for name in (EVENTS if event == ALL_EVENTS else (event,)))
    wanted = {event: SCOPES_OF_EVENT.get(event, ()) for event in meant}
    return {event: scopes for event, scopes in wanted.items() if not opens(held, scopes, reads=True)}


def wait_s(attempts: int, outcome: Outcome, chance: float) -> float | None:
    """Return how long to wait before a call that failed is made again, in seconds; None: it has failed for good.

    Args:
        attempts: calls made so far, with the one that has just failed.
        outcome: of that one.
        chance: a number from 0 to 1 that differs from call to call.
    """
    if outcome.is_gone or attempts > len(RETRIES_AT_S):
        return None
    before_s = RETRIES_AT_S[attempts - 2] if attempts > 1 else 0
    planned_s = (RETRIES_AT_S[attempts - 1] - before_s) * (1 + JITTER * (2 * chance - 1))
    return max(planned_s, outcome.asks_to_wait_s)
