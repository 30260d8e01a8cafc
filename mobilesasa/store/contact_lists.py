"""Lists of contacts: searched, filtered, in three orders, of a team or of one of its groups.

How to think about it: a list reads from the end of an index, and what narrows it is where it begins to read. A group's
members and those who are suppressed may be few of a million, so a list of them begins at their rows; all else begins
at the team's contacts, by their index, by that of names, or by that of parts of names, as the planner counts on.
A statement for each beginning and order is made once, at import.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs
import orjson

from mobilesasa.contacts.model import Contact, Order, Wanted
from mobilesasa.contacts.search import EVERYBODY, WORDS, Search
from mobilesasa.store import paging
from mobilesasa.store.contacts import COLUMNS, read
from mobilesasa.store.database import Database, Txn, row_of_uuid

#: Of a search so many are counted one by one: what it does not find by an index it reads, and a list is quick.
COUNTED_OF_SEARCH: Final = 1000
_PHONE_DIGITS: Final = 15  # E.164 §6.1

_Beginning: TypeAlias = Literal["team", "group", "suppressed"]

_BEGINNINGS: Final[dict[_Beginning, str]] = {
    "team": "contact",
    "group": "group_member JOIN contact ON contact.id = contact_id AND group_id = %(group_id)s",
    "suppressed": """(SELECT DISTINCT recipient FROM suppression WHERE suppression.team_id = %(team_id)s) AS stopped
        JOIN contact ON phone = recipient""",
}
# What is None is written into the statement as NULL, so the planner drops the condition. The words are written as they are
# typed and folded by the database, as the column is.
_WANTED = """
WHERE contact.team_id = %(team_id)s AND deleted_at IS NULL
  AND (%(word0)s IS NULL OR searched LIKE lower(%(word0)s)) AND (%(word1)s IS NULL OR searched LIKE lower(%(word1)s))
  AND (%(word2)s IS NULL OR searched LIKE lower(%(word2)s)) AND (%(word3)s IS NULL OR searched LIKE lower(%(word3)s))
  AND (%(phone_from)s IS NULL OR phone BETWEEN %(phone_from)s AND %(phone_to)s)
  AND (%(as_text)s IS NULL OR (attributes <> '{}' AND (
       attributes @> %(as_text)s::jsonb OR (%(as_other)s IS NOT NULL AND attributes @> %(as_other)s::jsonb))))
  AND (%(suppressed)s IS NULL OR %(suppressed)s = EXISTS (
       SELECT FROM suppression WHERE suppression.team_id = contact.team_id AND recipient = phone))
"""
_ORDERS: Final[dict[Order, tuple[str, str]]] = {
    "newest": ("AND (%(after_id)s IS NULL OR contact.id < %(after_id)s)", "contact.id DESC"),
    "oldest": ("AND (%(after_id)s IS NULL OR contact.id > %(after_id)s)", "contact.id"),
    "name": (
        """AND (%(after_id)s IS NULL OR (searched COLLATE "C", contact.id) > (%(after_text)s, %(after_id)s))""",
        'searched COLLATE "C", contact.id',
    ),
}
# A list of a group begins with its newest members, whose order its key has.
_OF_GROUP: Final = {"newest": "contact_id DESC", "oldest": "contact_id"}


def _page(beginning: _Beginning, order: Order) -> str:
    after, by = _ORDERS[order]
    if beginning == "group":
        by = _OF_GROUP.get(order, by)
        after = after.replace("contact.id", "contact_id")
    return f"""
SELECT contact.id, CASE WHEN %(named)s THEN searched ELSE '' END FROM {_BEGINNINGS[beginning]} {_WANTED} {after}
ORDER BY {by} LIMIT %(limit)s OFFSET %(offset)s"""


PAGES: Final = {each: _page(*each) for each in product(_BEGINNINGS, get_args(Order))}

COUNTS: Final = {
    beginning: f"SELECT count(*), count(*) FROM (SELECT FROM {source} {_WANTED} LIMIT %(limit)s) AS counted"
    for beginning, source in _BEGINNINGS.items()
}

ESTIMATES: Final = {
    beginning: f"EXPLAIN (FORMAT JSON) SELECT FROM {source} {_WANTED}" for beginning, source in _BEGINNINGS.items()
}

BY_IDS = f"SELECT contact.id, {COLUMNS} FROM contact WHERE id = ANY(%(ids)s) AND team_id = %(team_id)s"

# All are in the group that its row says; only a group that is searched must be counted.
GROUP = "SELECT id, members FROM contact_group WHERE uuid = %(uuid)s AND team_id = %(team_id)s"


@attrs.frozen
class Page:
    """A piece of a list."""

    contacts: tuple[Contact, ...]
    last: str | None  # behind which there are more; None: there are none


def page(txn: Txn, wanted: Wanted, order: Order, limit: int, offset: int, after: str | None) -> Page:
    """Return contacts of a team.

    Args:
        txn: the transaction.
        wanted: which.
        order: of which the first come first.
        limit: how many at most.
        offset: how many are left out.
        after: the `last` of the page before; None: the list begins.

    Raises:
        NotFound: the team has no such group.
        BadValue: `after` is not what a page said.
    """
    beginning, given, _ = _meant(txn, wanted)
    given |= _after(after) | {"named": order == "name", "limit": limit + 1, "offset": offset}
    txn.execute(PAGES[beginning, order], given)
    rows = txn.fetchall()
    found = rows[:limit]
    txn.execute(BY_IDS, {"ids": [contact_id for contact_id, _ in found], "team_id": wanted.team_id})
    by_id = {contact_id: read(row) for contact_id, *row in txn.fetchall()}
    last = None if len(rows) <= limit else "{} {}".format(*found[-1])
    return Page(tuple(by_id[contact_id] for contact_id, _ in found), last)


def count(txn: Txn, wanted: Wanted, counted: int | None = None) -> tuple[int, bool]:
    """Return how many contacts are meant, and whether that is an estimate.

    Raises:
        NotFound: the team has no such group.
    """
    beginning, given, members = _meant(txn, wanted)
    if wanted == Wanted(wanted.team_id, group=wanted.group) and members is not None:
        return members, False
    if counted is None:
        counted = COUNTED_OF_SEARCH if wanted.search != EVERYBODY or wanted.attribute else paging.COUNTED
    return paging.count(txn, COUNTS[beginning], ESTIMATES[beginning], given, counted)


def _meant(txn: Txn, wanted: Wanted) -> tuple[_Beginning, dict[str, Any], int | None]:
    """Return where a list begins, its parameters, and how many a group has that is meant."""
    as_text, as_other = _attribute(wanted.attribute)
    given: dict[str, Any] = {"team_id": wanted.team_id, "as_text": as_text, "as_other": as_other}
    given |= _searched(wanted.search)
    given["suppressed"] = wanted.suppressed
    if wanted.group is not None:
        group_id, members = row_of_uuid(txn, GROUP, wanted.group, "there is no such group", team_id=wanted.team_id)
        return "group", given | {"group_id": group_id}, members
    if wanted.suppressed:
        return "suppressed", given | {"suppressed": None}, None
    return "team", given, None


def _searched(search: Search) -> dict[str, str | None]:
    words = dict.fromkeys((f"word{n}" for n in range(WORDS)), None)
    words |= {f"word{n}": pattern for n, pattern in enumerate(search.patterns)}
    prefix = search.prefix
    return words | {"phone_from": prefix, "phone_to": None if prefix is None else prefix.ljust(_PHONE_DIGITS, "9")}


def _attribute(wanted: tuple[str, str] | None) -> tuple[str | None, str | None]:
    """Return what an attribute must contain: the value as a text, or as the number, true or false that it may be, too."""
    if wanted is None:
        return None, None
    name, written = wanted
    as_text = orjson.dumps({name: written}).decode()
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return as_text, None
    if isinstance(value, bool | int | float):
        return as_text, orjson.dumps({name: value}).decode()
    return as_text, None


def _after(after: str | None) -> dict[str, Any]:
    if after is None:
        return {"after_id": None, "after_text": None}
    after_id, after_text = paging.key_id(after)
    return {"after_id": after_id, "after_text": after_text}


@attrs.frozen
class ContactLists:
    """The lists of contacts, for the API; each call is one transaction of the pool."""

    _database: Database

    async def page(self, wanted: Wanted, order: Order, *, limit: int, offset: int, after: str | None = None) -> Page:
        """Return contacts of a team."""
        return await self._database.run("contacts.page", page, wanted, order, limit, offset, after)

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        """Return how many contacts are meant, and whether that is an estimate."""
        return await self._database.run("contacts.count", count, wanted)
