"""What the API of a node works with: the store, and what of the node it asks."""

from __future__ import annotations

import random
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from mobilesasa.api.ports import Node as ApiNode
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.ports.admin import Desk
from mobilesasa.api.ports.front import Front, ProxyHeader
from mobilesasa.jobs.imports import Looker
from mobilesasa.node.base import now_ms
from mobilesasa.node.desk import OnThread, make_desk
from mobilesasa.node.hooks import HookTests
from mobilesasa.node.logins import Logins
from mobilesasa.node.parts import Parts
from mobilesasa.node.queues import LaneQueues
from mobilesasa.node.sessions import LiveSessions
from mobilesasa.node.smpp import Grants
from mobilesasa.node.stored import new_uuid, stored
from mobilesasa.notify.receipts import receipt_text
from mobilesasa.settings import Settings
from mobilesasa.store.passwords import Passwords


def api_node(reactor: Any, settings: Settings, parts: Parts, metrics: Callable[[], bytes]) -> ApiNode:
    """Return what the API works with."""
    cluster = parts.cluster
    kept = stored(parts.database)

    def on_a_thread(function: Any, *args: Any) -> Deferred[Any]:
        called: Deferred[Any] = deferToThreadPool(reactor, reactor.getThreadPool(), function, *args)
        return called

    return ApiNode(
        **kept,
        campaigns=parts.chores.campaigns.service,
        surveys=parts.chores.surveys.service,
        ussd=parts.ussd.service,
        gateway=parts.doors.gateway,
        directory=parts.directory,
        caught_up=parts.pictures.catching_up.caught_up,
        people=parts.base.people,
        logins=Logins(parts.database, Passwords(on_a_thread), parts.base.people, new_uuid, secrets.token_urlsafe),
        alterations=parts.doors.operations,
        receipt_text=receipt_text,
        smpp=LiveSessions(parts.doors.console, None if cluster is None else cluster.asking, parts.database),
        smpp_grants=Grants(settings, None if parts.doors.smpp is None else parts.doors.smpp.server),
        carriers=parts.carrier_desk,
        desk=_desk(settings, parts, on_a_thread, new_uuid),
        looker=Looker(reactor),
        webhook_calls=HookTests(parts.chores.hooks, kept["webhooks"], parts.base.new_id),
        now_ms=now_ms,
        clock=reactor,
        aside=on_a_thread,
        new_id=request_ids(),
        new_uuid=new_uuid,
        readiness=_readiness(parts),
        **_other_doors(settings, parts),
        metrics=metrics if settings.http.metrics else None,
        front=_front(settings),
        serves_api="api" in settings.roles,
        limits=_limits(settings),
    )


def _other_doors(settings: Settings, parts: Parts) -> dict[str, Any]:
    """Return who answers beside the API: carriers, USSD gateways and whoever follows a short link."""
    return {
        "callbacks": parts.carriers.callbacks,
        "ussd_calls": parts.ussd.door,
        "link_book": parts.base.links,
        "link_base": settings.links.base_url,
    }


def _desk(settings: Settings, parts: Parts, on_a_thread: OnThread, new_uuid: Callable[[], str]) -> Desk:
    dsn, keep_months = parts.base.store.dsn, settings.messages.keep_months
    return make_desk(parts.database, dsn, _queues(parts), on_a_thread, new_uuid, keep_months)


def _readiness(parts: Parts) -> Mapping[str, Callable[[], Awaitable[bool]]]:
    """Return what must be there for the node to do its work."""

    async def store_answers() -> bool:
        await parts.database.run("ready", lambda txn: txn.execute("SELECT"))
        return True

    queue = {} if parts.cluster is None else {"queue": parts.cluster.is_connected}
    return {"store": store_answers, **queue}


def request_ids() -> Callable[[], str]:
    """Return what makes ids of requests, 32 hexadecimal digits; they are no secrets."""
    bits = random.Random(secrets.randbits(256)).getrandbits  # noqa: S311 - see above
    return lambda: f"{bits(128):032x}"


def _limits(settings: Settings) -> WebLimits:
    http = settings.http
    return WebLimits(
        max_body_octets=http.max_body_octets,
        max_file_octets=http.max_file_octets,
        body_min_octets_per_s=http.body_min_octets_per_s,
        timeout_s=http.timeout_s,
    )


def _queues(parts: Parts) -> LaneQueues:
    link = None if parts.cluster is None else parts.cluster.link
    return LaneQueues(parts.directory, parts.carriers.queue, parts.database, link)


def _front(settings: Settings) -> Front:
    http = settings.http
    header = cast(ProxyHeader, http.proxy_header)
    return Front(
        trusted_proxies=http.trusted_proxies,
        proxy_header=header,
        cors_origins=http.cors_origins,
        hsts_subdomains=http.hsts_subdomains,
    )
