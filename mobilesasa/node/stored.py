"""What the API asks of the store alone, a service a resource."""

from __future__ import annotations

import secrets
import uuid
from typing import TypedDict

from mobilesasa.node.base import now_ms
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store import campaigns
from mobilesasa.store.audiences import Audiences
from mobilesasa.store.campaign_links import LinkCounts
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
from mobilesasa.store.sender_requests import Senders
from mobilesasa.store.smpp_passwords import SmppPasswords
from mobilesasa.store.suppressions import Suppressions
from mobilesasa.store.tokens import Tokens
from mobilesasa.store.trail import Trail
from mobilesasa.store.uploads import Uploads
from mobilesasa.store.webhooks import Webhooks


class Stored(TypedDict):
    """By the names that `api.ports.Node` has for them."""

    members: Members
    history: History
    inbox: Inbox
    suppressions: Suppressions
    contacts: Contacts
    contact_lists: ContactLists
    groups: Groups
    erasures: Erasures
    senders: Senders
    tokens: Tokens
    ledger: Ledger
    trail: Trail
    keys: Keys
    smpp_passwords: SmppPasswords
    tray: Tray
    reports: Reports
    exports: Exports
    files: Files
    documents: Documents
    uploads: Uploads
    audiences: Audiences
    webhooks: Webhooks
    link_counts: LinkCounts


def stored(database: Database) -> Stored:
    """Return them all, over the pool."""
    return {
        "members": Members(database, new_uuid, secrets.token_urlsafe),
        "history": History(database),
        "inbox": Inbox(database),
        "suppressions": Suppressions(database, new_uuid, now_ms),
        "contacts": Contacts(database),
        "contact_lists": ContactLists(database),
        "groups": Groups(database, new_uuid, (campaigns.in_use,)),
        "erasures": Erasures(database, new_uuid, lambda digits: secrets.token_hex(digits // 2), now_ms),
        "senders": Senders(database, new_uuid, now_ms),
        "tokens": Tokens(database, secrets.randbelow),
        "ledger": Ledger(database),
        "trail": Trail(database),
        "keys": Keys(database),
        "smpp_passwords": SmppPasswords(database, secrets.randbelow),
        "tray": Tray(database, id_forms),
        "reports": Reports(database),
        "exports": Exports(database),
        "files": Files(database),
        "documents": Documents(database, new_uuid),
        "uploads": Uploads(database, new_uuid),
        "audiences": Audiences(database, new_uuid),
        "webhooks": Webhooks(database, new_uuid, secrets.token_bytes, now_ms),
        "link_counts": LinkCounts(database),
    }


def new_uuid() -> str:
    """Return what names something that is made."""
    return str(uuid.uuid4())
