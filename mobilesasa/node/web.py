"""What the API of a node works with: the store's part of each resource, and what of the node it asks."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from mobilesasa.api.ports import Node as ApiNode
from mobilesasa.api.ports import WebLimits
from mobilesasa.node.base import now_ms
from mobilesasa.node.parts import Parts
from mobilesasa.node.sessions import LiveSessions
from mobilesasa.settings import Settings
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store.idempotency import Keys
from mobilesasa.store.inbox import Inbox
from mobilesasa.store.messages import History
from mobilesasa.store.parked import Tray
from mobilesasa.store.smpp_passwords import SmppPasswords
from mobilesasa.store.suppressions import Suppressions


def api_node(reactor: Any, settings: Settings, parts: Parts, metrics: Any) -> ApiNode:
    """Return what the API works with."""
    cluster = parts.cluster

    async def store_answers() -> bool:
        await parts.database.run("ready", lambda txn: txn.execute("SELECT"))
        return True

    return ApiNode(
        gateway=parts.gateway,
        directory=parts.directory,
        history=History(parts.database),
        inbox=Inbox(parts.database),
        suppressions=Suppressions(parts.database, lambda: str(uuid.uuid4()), now_ms),
        keys=Keys(parts.database),
        smpp=LiveSessions(parts.console, None if cluster is None else cluster.asking),
        smpp_passwords=SmppPasswords(parts.database, secrets.randbelow),
        carriers=parts.carriers,
        tray=Tray(parts.database, id_forms),
        now_ms=now_ms,
        clock=reactor,
        new_id=lambda: uuid.uuid4().hex,
        readiness={"store": store_answers, **({"queue": cluster.is_connected} if cluster is not None else {})},
        callbacks=parts.callbacks,
        metrics=metrics if settings.http.metrics else None,
        serves_api="api" in settings.roles,
        limits=WebLimits(max_body_octets=settings.http.max_body_octets, timeout_s=settings.http.timeout_s),
    )
