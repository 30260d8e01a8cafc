"""What the API needs from the rest of the node, handed in when it is built; a module of ports a subject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
from twisted.internet.interfaces import IReactorTime

from mobilesasa.api.ports.admin import Desk
from mobilesasa.api.ports.audiences import Audiences
from mobilesasa.api.ports.books import Ledger, Trail
from mobilesasa.api.ports.calls import Callbacks, Keys, UssdCalls
from mobilesasa.api.ports.campaigns import Campaigns
from mobilesasa.api.ports.contacts import ContactLists, Contacts, Erasures, Groups
from mobilesasa.api.ports.documents import Documents
from mobilesasa.api.ports.files import Files
from mobilesasa.api.ports.front import DIRECT, Front
from mobilesasa.api.ports.imports import Looker, Uploads
from mobilesasa.api.ports.links import LinkBook, LinkCounts
from mobilesasa.api.ports.messages import History, MessageAlterations, ReceiptText
from mobilesasa.api.ports.people import Logins, Members
from mobilesasa.api.ports.phones import Inbox, Suppressions
from mobilesasa.api.ports.platform import Carriers, Tray
from mobilesasa.api.ports.reports import Exports, Reports
from mobilesasa.api.ports.senders import Senders
from mobilesasa.api.ports.smpp import SmppGrants, SmppPasswords, SmppSessions
from mobilesasa.api.ports.surveys import Surveys
from mobilesasa.api.ports.tokens import Tokens
from mobilesasa.api.ports.ussd import Ussd
from mobilesasa.api.ports.webhooks import WebhookCalls, Webhooks
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.people import CurrentPeople
from mobilesasa.core.teams import CurrentDirectory


@attrs.frozen
class WebLimits:
    """What a client of the API can make the node keep."""

    max_body_octets: int = 1_048_576
    max_file_octets: int = 52_428_800  # of a body with a file, of those who may send one
    timeout_s: float = 60.0  # silence after which a connection is closed
    request_s: float = 30.0  # in which a request must have come, but for a second more for each `octets_per_s`
    octets_per_s: int = 1024
    body_min_octets_per_s: int = 16_384  # the same of a body that holds a place
    readiness_timeout_s: float = 5.0
    bad_tokens: int = 20  # from one address in `bad_tokens_window_s`; more are answered 429 (decision 9)
    bad_tokens_window_s: float = 60.0
    addresses: int = 10_000  # whose bad tokens are counted at once


@attrs.frozen(kw_only=True)
class Node:
    """What the API works with."""

    gateway: Gateway
    directory: CurrentDirectory
    people: CurrentPeople
    caught_up: Callable[[], Awaitable[None]]  # waits until both have what was committed before; it never fails
    logins: Logins
    members: Members
    history: History
    alterations: MessageAlterations
    receipt_text: ReceiptText
    inbox: Inbox
    suppressions: Suppressions
    senders: Senders
    tokens: Tokens
    ledger: Ledger
    trail: Trail
    contacts: Contacts
    contact_lists: ContactLists
    groups: Groups
    erasures: Erasures
    campaigns: Campaigns
    surveys: Surveys
    ussd: Ussd
    keys: Keys
    smpp: SmppSessions
    smpp_grants: SmppGrants
    smpp_passwords: SmppPasswords
    carriers: Carriers
    tray: Tray
    desk: Desk
    reports: Reports
    exports: Exports
    files: Files
    documents: Documents
    uploads: Uploads
    audiences: Audiences
    looker: Looker
    webhooks: Webhooks
    webhook_calls: WebhookCalls
    link_counts: LinkCounts
    now_ms: Callable[[], int]
    clock: IReactorTime
    aside: Callable[..., Awaitable[Any]]  # calls a function that blocks, on a thread
    new_id: Callable[[], str]  # makes ids of requests
    new_uuid: Callable[[], str]  # names what is made
    readiness: Mapping[str, Callable[[], Awaitable[bool]]] = attrs.field(factory=dict)  # by what is asked
    callbacks: Callbacks | None = None  # None: no carrier calls
    ussd_calls: UssdCalls | None = None  # None: no USSD gateway calls
    link_book: LinkBook | None = None  # None: no short links are answered
    link_base: str = ""  # what those begin with
    metrics: Callable[[], bytes] | None = None  # in Prometheus' text format; None: not served
    limits: WebLimits = WebLimits()
    front: Front = DIRECT
    serves_api: bool = True  # else health and metrics alone
