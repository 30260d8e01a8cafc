"""What the API needs from the rest of the node, handed in when it is built; a module of ports a subject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import attrs
from twisted.internet.interfaces import IReactorTime

from mobilesasa.api.ports.calls import Callbacks, Keys
from mobilesasa.api.ports.messages import History
from mobilesasa.api.ports.phones import Inbox, Suppressions
from mobilesasa.api.ports.platform import Carriers, Tray
from mobilesasa.api.ports.smpp import SmppPasswords, SmppSessions
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.teams import CurrentDirectory


@attrs.frozen
class WebLimits:
    """What a client of the API can make the node keep."""

    max_body_octets: int = 1_048_576
    timeout_s: float = 60.0  # silence after which a connection is closed
    readiness_timeout_s: float = 5.0
    bad_tokens: int = 20  # from one address in `bad_tokens_window_s`; more are answered 429 (decision 9)
    bad_tokens_window_s: float = 60.0
    addresses: int = 10_000  # whose bad tokens are counted at once


@attrs.frozen(kw_only=True)
class Node:
    """What the API works with."""

    gateway: Gateway
    directory: CurrentDirectory
    history: History
    inbox: Inbox
    suppressions: Suppressions
    keys: Keys
    smpp: SmppSessions
    smpp_passwords: SmppPasswords
    carriers: Carriers
    tray: Tray
    now_ms: Callable[[], int]
    clock: IReactorTime
    new_id: Callable[[], str]  # makes ids of requests
    readiness: Mapping[str, Callable[[], Awaitable[bool]]] = attrs.field(factory=dict)  # by what is asked
    callbacks: Callbacks | None = None  # None: no carrier calls
    metrics: Callable[[], bytes] | None = None  # in Prometheus' text format; None: not served
    limits: WebLimits = WebLimits()
    serves_api: bool = True  # else health and metrics alone
