"""What tells teams' webhooks, put together; and the test of one, which the API asks for."""

from __future__ import annotations

import random
from ipaddress import ip_network
from typing import Any

import attrs

from mobilesasa.api.webhook_bodies import body_of
from mobilesasa.core.actors import Actor
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.errors import TooManyJobs
from mobilesasa.core.hooks import PING, HookEvent
from mobilesasa.core.ids import canonical
from mobilesasa.node.base import Base, now_ms
from mobilesasa.notify.webhooks.post import Post, open_post
from mobilesasa.notify.webhooks.sender import Sender
from mobilesasa.settings import Settings
from mobilesasa.store.hook_log import Logged
from mobilesasa.store.hook_queue import SLOTS, HookQueue
from mobilesasa.store.webhooks import Webhooks

_PONG: dict[str, Any] = {"message": "It works: mobilesasa reaches this webhook."}


@attrs.frozen(eq=False)
class Hooks:
    """Everything of webhooks that runs on a node.

    Attributes:
        sender: works off the queues of the slots that the node holds.
        post: calls endpoints.
        reach: what may be called.
    """

    sender: Sender
    post: Post
    reach: Reach

    def told(self, payload: str) -> None:
        """Hear from the store that an endpoint has something to hear."""
        self.sender.told(int(payload))

    async def stop(self) -> None:
        """Call nobody any more."""
        await self.sender.stop()
        await self.post.close()


@attrs.frozen(eq=False)
class HookTests:
    """Implements `api.ports.webhooks.WebhookCalls`."""

    _hooks: Hooks
    _webhooks: Webhooks
    _new_id: Any
    _under_way: set[tuple[int, str | None]] = attrs.field(factory=set, init=False)  # the webhooks that are being tested

    def check(self, url: str) -> None:
        """Refuse an address that cannot be called."""
        self._hooks.reach.check(url)

    async def ping(self, by: Actor, team_id: int, uuid: str) -> Logged:
        """Call an endpoint now, and return what came of it.

        Raises:
            TooManyJobs: it is being called for a test already.
        """
        which = (team_id, canonical(uuid))
        if which in self._under_way:
            raise TooManyJobs("a test of this webhook is under way; let it end first")
        self._under_way.add(which)
        try:
            endpoint = await self._webhooks.endpoint(by, team_id, uuid)
            what = HookEvent(id=self._new_id(), event=PING, data=_PONG)
            outcome = await self._hooks.post.call(endpoint, what.id, body_of(what, include_text=False) or b"")
            return await self._webhooks.tested(team_id, uuid, what.id, _PONG, outcome)
        finally:
            self._under_way.discard(which)


def make_hooks(base: Base) -> Hooks:
    """Return what tells webhooks; nothing of it runs yet."""
    terms = base.settings.webhooks
    reach = reach_of(base.settings)
    post = open_post(base.reactor, reach, lambda: now_ms() // 1000, terms.timeout_s)
    chance = random.SystemRandom().random
    sender = Sender(
        HookQueue(base.database), post, body_of, base.reactor, chance, terms.in_flight, SLOTS, terms.log_days
    )
    return Hooks(sender, post, reach)


def reach_of(settings: Settings) -> Reach:
    """Return what teams may have us call."""
    terms = settings.webhooks
    return Reach(frozenset(terms.ports), tuple(ip_network(network) for network in terms.private_networks))
