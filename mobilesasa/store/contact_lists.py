"""Lists of contacts: searched, filtered, in three orders, of a team or of one of its groups.

How to think about it: a list reads from the end of an index, and what narrows it is where it begins to read. A group's
members and those who are suppressed may be few of a million, so a list of them begins at their rows; all else begins
at the team's contacts, by their index, by that of names, or by that of parts of names, as the planner counts on.

What the planner cannot count on is how many contacts a part of a name or an attribute finds: it takes them for a handful, and
would fetch half a million by the index of parts of names to show twenty. So such a list looks through the first contacts in its
order, and only if they are not enough asks the indexes, for what they then fetch is not much; and such a total is counted among
the first contacts, is their share of all if that is many, and is counted by the indexes if it is few. Words of one or two letters
are in no index: where the first contacts have too few, the page is short and says where the list goes on.
A statement for each beginning and order is made once, at import.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs
import orjson

from mobilesasa.contacts.model import Contact, Order, Wanted
from mobilesasa.contacts.search import WORDS, Search
from mobilesasa.store import paging
from mobilesasa.store.contacts import COLUMNS, read
from mobilesasa.store.database import Database, Txn, one_row, row_of_uuid

#: Of a search so many are counted one by one, but for those among the contacts that it looks at.
COUNTED_OF_SEARCH: Final = 1000
#: Contacts, members of a group, and contacts by name who may be members, that are looked at for a page and for a total: some 5 ms each.
LOOKED_AT: Final = 10_000
LOOKED_AT_OF_GROUP: Final = 2500
LOOKED_AT_BY_NAME: Final = 25_000
_PHONE_DIGITS: Final = 15  # E.164 §6.1
_INDEXED = re.compile(r"[^\W_]{3}")  # pg_trgm looks for three letters or digits side by side

_Source: TypeAlias = Literal["team", "group"]
_Beginning: TypeAlias = Literal["team", "group", "suppressed"]

_BEGINNINGS: Final[dict[_Beginning, str]] = {
    "team": "contact",
    "group": "group_member JOIN contact ON contact.id = contact_id AND group_id = %(group_id)s",
    "suppressed": """(SELECT DISTINCT recipient FROM suppression WHERE suppression.team_id = %(team_id)s) AS stopped
        JOIN contact ON phone = recipient AND (%(group_id)s IS NULL OR EXISTS (
            SELECT FROM group_member WHERE group_id = %(group_id)s AND contact_id = contact.id))""",
}
_LIVING = "contact.team_id = %(team_id)s AND deleted_at IS NULL"
# What is None is written into the statement as NULL, so the planner drops the condition. The words are written as they are
# typed and folded by the database, as the column is.
_IN_ROWS = """
  (%(word0)s IS NULL OR searched LIKE lower(%(word0)s)) AND (%(word1)s IS NULL OR searched LIKE lower(%(word1)s))
  AND (%(word2)s IS NULL OR searched LIKE lower(%(word2)s)) AND (%(word3)s IS NULL OR searched LIKE lower(%(word3)s))
  AND (%(phone_from)s IS NULL OR phone BETWEEN %(phone_from)s AND %(phone_to)s)
  AND (%(as_text)s IS NULL OR (attributes <> '{}' AND (
       attributes @> %(as_text)s::jsonb OR (%(as_other)s IS NOT NULL AND attributes @> %(as_other)s::jsonb))))
"""
_SUPPRESSED = """
  AND (%(suppressed)s IS NULL OR %(suppressed)s = EXISTS (
       SELECT FROM suppression WHERE suppression.team_id = %(team_id)s AND recipient = phone))
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
_KEY = "contact.id, CASE WHEN %(named)s THEN searched ELSE '' END"
_PART = "LIMIT %(limit)s OFFSET %(offset)s"


def _page(beginning: _Beginning, order: Order, key: str = _KEY) -> str:
    after, by = _ORDERS[order]
    if beginning == "group":
        by = _OF_GROUP.get(order, by)
        after = after.replace("contact.id", "contact_id")
    begun = (
        f"{_BEGINNINGS[beginning]} WHERE {_LIVING} AND {_IN_ROWS} {'' if beginning == 'suppressed' else _SUPPRESSED}"
    )
    return f"SELECT {key} FROM {begun} {after} ORDER BY {by} {_PART}"


def _first(source: _Source, order: Order) -> tuple[str, str]:
    """The first contacts in an order, and that; of a group by name those of the team, for its members are not in that order."""
    after, by = _ORDERS[order]
    if source == "team" or order == "name":
        return f"(SELECT * FROM contact WHERE {_LIVING} {after} ORDER BY {by} LIMIT %(looked)s) AS contact", by
    theirs = f"SELECT * FROM contact WHERE id = contact_id AND {_LIVING} OFFSET 0"  # looked up one by one, in order
    return f"{_members(order)} JOIN LATERAL ({theirs}) AS contact ON true", _OF_GROUP[order]


def _members(order: Order) -> str:
    after, by = _ORDERS[order][0].replace("contact.id", "contact_id"), _OF_GROUP[order]
    of_group = f"SELECT contact_id FROM group_member WHERE group_id = %(group_id)s {after}"
    return f"({of_group} ORDER BY {by} LIMIT %(looked)s) AS member"


def _look(source: _Source, order: Order) -> str:
    of_group = "AND EXISTS (SELECT FROM group_member WHERE group_id = %(group_id)s AND contact_id = contact.id)"
    belongs = of_group if (source, order) == ("group", "name") else ""
    first, by = _first(source, order)
    return f"SELECT {_KEY} FROM {first} WHERE {_IN_ROWS} {_SUPPRESSED} {belongs} ORDER BY {by} {_PART}"


def _last_looked(source: _Source, order: Order) -> str:
    key, (first, by) = _KEY, _first(source, order)
    if source == "group" and order != "name":
        key, first = "contact_id, ''", _members(order)
    return f"SELECT {key} FROM {first} ORDER BY {by} LIMIT 1 OFFSET %(looked)s - 1"


def _count_first(source: _Source) -> str:
    """Of the oldest, whose rows stand one behind the other."""
    return f"SELECT count(*), count(*) FILTER (WHERE {_IN_ROWS} {_SUPPRESSED}) FROM {_first(source, 'oldest')[0]}"


PAGES: Final = {each: _page(*each) for each in product(_BEGINNINGS, get_args(Order))}

# With how many there are in all, which fetches all of them.
FOUND: Final = {each: _page(*each, f"{_KEY}, count(*) OVER ()") for each in product(_BEGINNINGS, get_args(Order))}

LOOKS: Final = {each: _look(*each) for each in product(get_args(_Source), get_args(Order))}

LAST_LOOKED: Final = {each: _last_looked(*each) for each in product(get_args(_Source), get_args(Order))}

COUNT_FIRST: Final = {source: _count_first(source) for source in get_args(_Source)}

_MEANT: Final = {
    each: f"FROM {source} WHERE {_LIVING} AND {_IN_ROWS} {'' if each == 'suppressed' else _SUPPRESSED}"
    for each, source in _BEGINNINGS.items()
}

COUNTS: Final = {
    each: f"SELECT count(*), count(*) FROM (SELECT {meant} LIMIT %(limit)s) AS counted"
    for each, meant in _MEANT.items()
}

ESTIMATES: Final = {each: f"EXPLAIN (FORMAT JSON) SELECT {meant}" for each, meant in _MEANT.items()}

ESTIMATE_OF_ALL = f"EXPLAIN (FORMAT JSON) SELECT FROM contact WHERE {_LIVING}"

BY_IDS = f"SELECT contact.id, {COLUMNS} FROM contact WHERE id = ANY(%(ids)s) AND team_id = %(team_id)s"

# All are in the group that its row says; only a group that is searched must be counted.
GROUP = "SELECT id, members FROM contact_group WHERE uuid = %(uuid)s AND team_id = %(team_id)s"


@attrs.frozen
class Page:
    """A piece of a list."""

    contacts: tuple[Contact, ...]
    last: str | None  # behind which there are more; None: there are none
    total: int | None = None  # of the list from its beginning, where it has been found out on the way


@attrs.frozen
class _Meant:
    """How a list is read."""

    source: _Source
    beginning: _Beginning  # where it reads what indexes find
    given: dict[str, Any]
    members: int | None  # of the group
    looks: bool  # whether it looks through the first contacts, for the planner knows not how many there may be
    indexed: bool  # whether an index tells more

    def looked(self, order: Order = "oldest") -> int:
        """Return how many of the first contacts in an order are looked at."""
        if self.source == "team":
            return LOOKED_AT
        return LOOKED_AT_BY_NAME if order == "name" else LOOKED_AT_OF_GROUP


def page(txn: Txn, wanted: Wanted, order: Order, limit: int, offset: int, after: str | None) -> Page:
    """Return contacts of a team.

    Args:
        txn: the transaction.
        wanted: which.
        order: of which the first come first.
        limit: how many at most; there may be fewer although the list goes on, where no index tells of what is wanted.
        offset: how many are left out.
        after: the `last` of the page before; None: the list begins.

    Raises:
        NotFound: the team has no such group.
        BadValue: `after` is not what a page said.
    """
    meant = _meant(txn, wanted)
    looked = offset + meant.looked(order)
    given = meant.given | _after(after)
    given |= {"named": order == "name", "limit": limit + 1, "offset": offset, "looked": looked}
    is_small = meant.members is not None and meant.members <= looked
    if not meant.looks or (is_small and order == "name"):
        return _read(txn, wanted, _rows(txn, PAGES[meant.beginning, order], given), limit)
    rows = _rows(txn, LOOKS[meant.source, order], given)
    if len(rows) > limit or is_small:
        return _read(txn, wanted, rows, limit)
    if not meant.indexed:
        last = _rows(txn, LAST_LOOKED[meant.source, order], given)
        return attrs.evolve(_read(txn, wanted, rows, limit), last=_key(last[0]) if last else None)
    found = _rows(txn, FOUND[meant.beginning, order], given)
    total = found[0][2] if found and after is None else None
    return attrs.evolve(_read(txn, wanted, found, limit), total=total)


def _rows(txn: Txn, statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    txn.execute(statement, given)
    return txn.fetchall()


def _read(txn: Txn, wanted: Wanted, rows: list[tuple[Any, ...]], limit: int) -> Page:
    """Return the contacts of the first rows; one more tells that there are more."""
    found = rows[:limit]
    txn.execute(BY_IDS, {"ids": [row[0] for row in found], "team_id": wanted.team_id})
    by_id = {contact_id: read(row) for contact_id, *row in txn.fetchall()}
    return Page(tuple(by_id[row[0]] for row in found), _key(found[-1]) if len(rows) > limit else None)


def _key(row: tuple[Any, ...]) -> str:
    return f"{row[0]} {row[1]}"


def count(txn: Txn, wanted: Wanted, counted: int | None = None) -> tuple[int, bool]:
    """Return how many contacts are meant, and whether that is an estimate.

    It is none where all can be looked at; else it may be one above `counted`, and then it is the share that
    those have who were looked at, or what the planner estimates.

    Args:
        txn: the transaction.
        wanted: which.
        counted: how many are counted one by one; None: `COUNTED_OF_SEARCH` of a search, of others `paging.COUNTED`.

    Raises:
        NotFound: the team has no such group.
    """
    meant = _meant(txn, wanted)
    if wanted == Wanted(wanted.team_id, group=wanted.group) and meant.members is not None:
        return meant.members, False
    if counted is None:
        counted = paging.COUNTED if wanted == Wanted(wanted.team_id) else COUNTED_OF_SEARCH
    share = 0
    if meant.looks:
        txn.execute(COUNT_FIRST[meant.source], meant.given | _after(None) | {"looked": meant.looked() + 1})
        seen, found = one_row(txn)
        if seen <= meant.looked():
            return found, False
        share = round(found * _all(txn, meant) / seen)
        if share > counted or not meant.indexed:
            return share, True
    total, is_estimate = paging.count(txn, COUNTS[meant.beginning], ESTIMATES[meant.beginning], meant.given, counted)
    return (max(total, share), True) if is_estimate else (total, False)


def _all(txn: Txn, meant: _Meant) -> int:
    """Return how many contacts there are, whether they are wanted or not."""
    return paging.estimated(txn, ESTIMATE_OF_ALL, meant.given) if meant.members is None else meant.members


def _meant(txn: Txn, wanted: Wanted) -> _Meant:
    as_text, as_other = _attribute(wanted.attribute)
    given: dict[str, Any] = {"team_id": wanted.team_id, "as_text": as_text, "as_other": as_other, "group_id": None}
    given |= _searched(wanted.search) | {"suppressed": wanted.suppressed}
    source: _Source = "team"
    members = None
    if wanted.group is not None:
        source = "group"
        given["group_id"], members = row_of_uuid(
            txn, GROUP, wanted.group, "there is no such group", team_id=wanted.team_id
        )
    patterns, is_narrowed = wanted.search.patterns, wanted.attribute is not None or wanted.suppressed is not None
    return _Meant(
        source,
        "suppressed" if wanted.suppressed else source,
        given,
        members,
        looks=wanted.search.prefix is None and (bool(patterns) or is_narrowed),
        indexed=bool(wanted.suppressed or wanted.attribute) or any(_INDEXED.search(each) for each in patterns),
    )


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
