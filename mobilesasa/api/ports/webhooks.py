"""What the API needs of webhooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.hooks import DeliveryState, HookEvent, WebhookTerms


class Webhook(Protocol):
    """Where a team wants to be told, without its secrets."""

    @property
    def uuid(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def events(self) -> tuple[str, ...]: ...
    @property
    def include_text(self) -> bool: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def disabled_reason(self) -> str | None: ...  # team, gone, failing
    @property
    def disabled_at_ms(self) -> int | None: ...
    @property
    def failing_since_ms(self) -> int | None: ...
    @property
    def old_secret_until_ms(self) -> int | None: ...
    @property
    def created_at_ms(self) -> int: ...


class WebhookDelivery(Protocol):
    """What came of telling one event to one of them."""

    @property
    def event_id(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def state(self) -> DeliveryState: ...
    @property
    def attempts(self) -> int: ...
    @property
    def next_at_ms(self) -> int | None: ...
    @property
    def tried_at_ms(self) -> int | None: ...
    @property
    def status(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def answer(self) -> str | None: ...
    @property
    def latency_ms(self) -> int | None: ...


class Webhooks(Protocol):
    """The webhooks of a team and their logs; another team's are not there (I6): `NotFound`, as for what there is not.

    What changes something raises `AccessEnded` when whoever asks no longer may.
    """

    async def of_team(self, team_id: int) -> Sequence[Webhook]:
        """Return all, newest first."""

    async def find(self, team_id: int, uuid: str) -> Webhook:
        """Return one."""

    async def create(self, by: Actor, team_id: int, terms: WebhookTerms) -> tuple[Webhook, str]:
        """Make one, and return it with its secret, this once. Raises `BadValue` when the team has too many."""

    async def update(
        self, by: Actor, team_id: int, uuid: str, change: Callable[[WebhookTerms], WebhookTerms]
    ) -> Webhook:
        """Change one: `change` gives what is to be of what is, and may be called twice."""

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Webhook:
        """Delete one with its log, and return what it was."""

    async def rotate(self, by: Actor, team_id: int, uuid: str) -> str:
        """Give one a new secret and return it, this once; the old one is good for a day beside it."""

    async def deliveries(
        self, team_id: int, uuid: str, *, limit: int, offset: int, state: DeliveryState | None, event: str | None
    ) -> Sequence[WebhookDelivery]:
        """Return what it was told, newest first."""

    async def count_deliveries(
        self, team_id: int, uuid: str, *, state: DeliveryState | None, event: str | None
    ) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate (it may be above 10,000)."""

    async def delivery(self, team_id: int, uuid: str, event_id: str) -> tuple[WebhookDelivery, HookEvent]:
        """Return one with what it tells."""

    async def redeliver(self, by: Actor, team_id: int, uuid: str, event_id: str) -> WebhookDelivery:
        """Tell one again. Raises `WebhookDisabled`."""

    async def replay(self, by: Actor, team_id: int, uuid: str, from_ms: int, to_ms: int, all_states: bool) -> int:
        """Tell those of a span again, oldest first, 10,000 at most; returns how many. Raises `WebhookDisabled`."""


class WebhookCalls(Protocol):
    """What this node can say of calling one."""

    def check(self, url: str) -> None:
        """Raise `BadWebhookUrl` for an address that cannot be called."""

    async def ping(self, by: Actor, team_id: int, uuid: str) -> WebhookDelivery:
        """Call one now with a `ping`, and return what came of it. Raises `TooManyJobs` while it is being tested already."""
