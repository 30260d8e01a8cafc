"""What the API of a node works with: the store's part of each resource, and what of the node it asks."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from mobilesasa.api.ports import Node as ApiNode
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.ports.front import Front, ProxyHeader
from mobilesasa.jobs.imports import Looker
from mobilesasa.node.base import now_ms
from mobilesasa.node.desk import make_desk
from mobilesasa.node.hooks import HookTests
from mobilesasa.node.logins import Logins
from mobilesasa.node.parts import Parts
from mobilesasa.node.queues import LaneQueues
from mobilesasa.node.sessions import LiveSessions
from mobilesasa.settings import Settings
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store.contact_lists import ContactLists
from mobilesasa.store.contacts import Contacts
from mobilesasa.store.database import Database
from mobilesasa.store.documents import Documents
from mobilesasa.store.erasures import Erasures
from mobilesasa.store.exports import Exports, Files
from mobilesasa.store.figures import Reports
from mobilesasa.store.groups import Groups
from mobilesasa.store.idempotency import Keys
from mobilesasa.store.inbox import Inbox
from mobilesasa.store.ledger import Ledger
from mobilesasa.store.members import Members
from mobilesasa.store.messages import History
from mobilesasa.store.parked import Tray
from mobilesasa.store.passwords import Passwords
from mobilesasa.store.sender_requests import Senders
from mobilesasa.store.smpp_passwords import SmppPasswords
from mobilesasa.store.suppressions import Suppressions
from mobilesasa.store.tokens import Tokens
from mobilesasa.store.trail import Trail
from mobilesasa.store.uploads import Uploads
from mobilesasa.store.webhooks import Webhooks


def api_node(reactor: Any, settings: Settings, parts: Parts, metrics: Any) -> ApiNode:
    """Return what the API works with."""
    cluster = parts.cluster
    webhooks = Webhooks(parts.database, _new_uuid, secrets.token_bytes, now_ms)

    def on_a_thread(function: Any, *args: Any) -> Deferred[Any]:
        called: Deferred[Any] = deferToThreadPool(reactor, reactor.getThreadPool(), function, *args)
        return called

    async def store_answers() -> bool:
        await parts.database.run("ready", lambda txn: txn.execute("SELECT"))
        return True

    return ApiNode(
        **_of_store(parts.database),
        gateway=parts.gateway,
        directory=parts.directory,
        people=parts.base.people,
        logins=Logins(parts.database, Passwords(on_a_thread), parts.base.people, _new_uuid, secrets.token_urlsafe),
        alterations=parts.operations,
        smpp=LiveSessions(parts.console, None if cluster is None else cluster.asking),
        carriers=parts.carriers,
        desk=make_desk(parts.database, parts.base.store.dsn, _queues(parts), on_a_thread, _new_uuid),
        looker=Looker(reactor),
        webhooks=webhooks,
        webhook_calls=HookTests(parts.hooks, webhooks, parts.base.new_id),
        now_ms=now_ms,
        clock=reactor,
        aside=on_a_thread,
        new_id=lambda: uuid.uuid4().hex,
        new_uuid=_new_uuid,
        readiness={"store": store_answers, **({"queue": cluster.is_connected} if cluster is not None else {})},
        callbacks=parts.callbacks,
        metrics=metrics if settings.http.metrics else None,
        front=_front(settings),
        serves_api="api" in settings.roles,
        limits=_limits(settings),
    )


def _limits(settings: Settings) -> WebLimits:
    http = settings.http
    return WebLimits(
        max_body_octets=http.max_body_octets, max_file_octets=http.max_file_octets, timeout_s=http.timeout_s
    )


def _queues(parts: Parts) -> LaneQueues:
    return LaneQueues(parts.directory, parts.queue, None if parts.cluster is None else parts.cluster.link)


def _of_store(database: Database) -> dict[str, Any]:
    """Return what the API asks of the store alone, by the names that `api.ports.Node` has for it."""
    return {
        "members": Members(database, _new_uuid, secrets.token_urlsafe),
        "history": History(database),
        "inbox": Inbox(database),
        "suppressions": Suppressions(database, _new_uuid, now_ms),
        "contacts": Contacts(database),
        "contact_lists": ContactLists(database),
        "groups": Groups(database, _new_uuid),
        "erasures": Erasures(database, _new_uuid, lambda digits: secrets.token_hex(digits // 2), now_ms),
        "senders": Senders(database, _new_uuid, now_ms),
        "tokens": Tokens(database, secrets.randbelow),
        "ledger": Ledger(database),
        "trail": Trail(database),
        "keys": Keys(database),
        "smpp_passwords": SmppPasswords(database, secrets.randbelow),
        "tray": Tray(database, id_forms),
        "reports": Reports(database),
        "exports": Exports(database),
        "files": Files(database),
        "documents": Documents(database, _new_uuid),
        "uploads": Uploads(database, _new_uuid),
    }


def _front(settings: Settings) -> Front:
    http = settings.http
    header = cast(ProxyHeader, http.proxy_header)
    return Front(trusted_proxies=http.trusted_proxies, proxy_header=header, cors_origins=http.cors_origins)


def _new_uuid() -> str:
    return str(uuid.uuid4())
