"""What tests of contacts begin with: contacts and groups in the store."""

import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from mobilesasa.contacts.model import Contact, Details, Group
from mobilesasa.core.actors import NODE
from mobilesasa.store import contacts, groups
from mobilesasa.store.database import Txn
from tests.store.given import NOW_MS

PHONE = "254712345678"
_numbers = itertools.count(1)


def uuid(n: int | None = None) -> str:
    """A uuid that no other thing has."""
    return f"c0000000-0000-4000-8000-{n or next(_numbers):012}"


def give(txn: Txn, team: int, phone: str = PHONE, details: Details | None = None) -> Contact:
    """Let a team have a contact."""
    made = Contact(uuid(), phone, details or Details(), NOW_MS, NOW_MS)
    contacts.create(txn, NODE, team, made)
    return contacts.find(txn, team, made.uuid)


def give_group(txn: Txn, team: int, *phones: str, name: str = "VIP Customers") -> Group:
    """Let a team have a group with those who have these phones."""
    made = Group(uuid(), name, None, 0, NOW_MS, NOW_MS)
    groups.create(txn, NODE, team, made)
    groups.add(txn, NODE, team, made.uuid, phones, [uuid() for _ in phones])
    return groups.find(txn, team, made.uuid)


class Pool:
    """In the place of a `Database`: runs each call in the transaction of the test."""

    def __init__(self, txn: Txn) -> None:
        self._txn = txn

    async def run(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        assert name.partition(".")[0] in ("contacts", "groups", "erasures")
        return function(self._txn, *args)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what waits for nothing."""
    with pytest.raises(StopIteration):
        coroutine.send(None)
