"""Webhooks of teams and their logs in memory, for the API."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.errors import BadValue, NotFound, WebhookDisabled
from mobilesasa.core.hooks import PING, DeliveryState, HookEvent, WebhookTerms
from mobilesasa.core.ids import made_at_ms
from mobilesasa.store.hook_log import Logged
from mobilesasa.store.webhooks import ENDPOINTS_MAX, Webhook
from tests.fakes.keys import FakeKeys

NINE_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z
TERMS = WebhookTerms("https://example.com/", "", ("*",), include_text=False)


class FakeWebhooks:
    """Implements `api.ports.webhooks.Webhooks` and `WebhookCalls` as store and node do."""

    def __init__(self, keys: FakeKeys) -> None:
        self._keys = keys
        self._reach = Reach([80, 443])
        self.kept: dict[str, tuple[int, Webhook]] = {}  # by uuid, with the team's id
        self.secrets: dict[str, str] = {}
        self.told: dict[str, list[tuple[Logged, HookEvent]]] = {}  # by the webhook's uuid
        self.by: list[Actor] = []  # who changed something

    def give(self, team_id: int = 1, terms: WebhookTerms = TERMS) -> Webhook:
        """Let a team have one."""
        uuid = f"6f1c1bb0-5c00-4d21-9a3b-{len(self.kept):012}"
        made = Webhook(
            uuid, terms.url, terms.description, terms.events, terms.include_text, True, None, None, None, None, NINE_MS
        )
        self.kept[uuid] = team_id, made
        self.told[uuid] = []
        return made

    def tell(self, webhook: Webhook, what: HookEvent, **more: Any) -> Logged:
        """Let something stand in a log."""
        known: dict[str, Any] = {
            "state": DeliveryState.DELIVERED, "attempts": 1, "next_at_ms": None, "tried_at_ms": NINE_MS, "status": 200,
            "error": None, "answer": "ok", "latency_ms": 84,
        }  # fmt: skip
        logged = Logged(what.id, what.event, **(known | more))
        self.told[webhook.uuid].append((logged, what))
        return logged

    async def of_team(self, team_id: int) -> Sequence[Webhook]:
        return [webhook for of, webhook in self.kept.values() if of == team_id][::-1]

    async def find(self, team_id: int, uuid: str) -> Webhook:
        of, found = self.kept.get(uuid, (None, None))
        if found is None or of != team_id:
            raise NotFound(f"there is no webhook {uuid!r}")
        return found

    async def create(self, by: Actor, team_id: int, terms: WebhookTerms) -> tuple[Webhook, str]:
        if len(await self.of_team(team_id)) >= ENDPOINTS_MAX:
            raise BadValue("the team has 10 webhooks already")
        made = self.give(team_id, terms)
        self.by.append(by)
        return made, f"whsec_{made.uuid[-1]}"

    async def update(
        self, by: Actor, team_id: int, uuid: str, change: Callable[[WebhookTerms], WebhookTerms]
    ) -> Webhook:
        found = await self.find(team_id, uuid)
        terms = change(WebhookTerms(found.url, found.description, found.events, found.include_text, found.enabled))
        reason = None if terms.enabled else found.disabled_reason or "team"
        self.by.append(by)
        changed = attrs.evolve(found, **attrs.asdict(terms), disabled_reason=reason)
        self.kept[uuid] = team_id, changed
        return changed

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Webhook:
        found = await self.find(team_id, uuid)
        self.by.append(by)
        del self.kept[uuid]
        return found

    async def rotate(self, by: Actor, team_id: int, uuid: str) -> str:
        await self.find(team_id, uuid)
        self.by.append(by)
        return "whsec_new"

    async def deliveries(
        self, team_id: int, uuid: str, *, limit: int, offset: int, state: DeliveryState | None, event: str | None
    ) -> Sequence[Logged]:
        return (await self._meant(team_id, uuid, state, event))[::-1][offset : offset + limit]

    async def count_deliveries(
        self, team_id: int, uuid: str, *, state: DeliveryState | None, event: str | None
    ) -> tuple[int, bool]:
        return len(await self._meant(team_id, uuid, state, event)), False

    async def delivery(self, team_id: int, uuid: str, event_id: str) -> tuple[Logged, HookEvent]:
        await self.find(team_id, uuid)
        for logged, what in self.told[uuid]:
            if what.id == event_id:
                return logged, what
        raise NotFound(f"there is no delivery {event_id!r}")

    async def redeliver(self, by: Actor, team_id: int, uuid: str, event_id: str) -> Logged:
        await self._enabled(team_id, uuid)
        logged, _ = await self.delivery(team_id, uuid, event_id)
        self.by.append(by)
        return attrs.evolve(logged, state=DeliveryState.WAITING, attempts=0, next_at_ms=NINE_MS)

    async def replay(self, by: Actor, team_id: int, uuid: str, from_ms: int, to_ms: int, all_states: bool) -> int:
        await self._enabled(team_id, uuid)
        self.by.append(by)
        states = {DeliveryState.FAILED, *([DeliveryState.DELIVERED] if all_states else [])}
        return sum(
            logged.state in states and from_ms <= made_at_ms(what.id) < to_ms for logged, what in self.told[uuid]
        )

    def check(self, url: str) -> None:
        self._reach.check(url)

    async def ping(self, by: Actor, team_id: int, uuid: str) -> Logged:
        webhook = await self.find(team_id, uuid)
        self.by.append(by)
        what = HookEvent(id="019e1655-2680-7c11-8d3e-5f0a1b2c3d4e", event=PING, data={"message": "hi"})
        return self.tell(webhook, what, answer="pong")

    async def _enabled(self, team_id: int, uuid: str) -> None:
        if not (await self.find(team_id, uuid)).enabled:
            raise WebhookDisabled("the webhook is disabled; enable it first")

    async def _meant(self, team_id: int, uuid: str, state: DeliveryState | None, event: str | None) -> list[Logged]:
        await self.find(team_id, uuid)
        return [
            logged for logged, _ in self.told[uuid] if state in (None, logged.state) and event in (None, logged.event)
        ]
