"""Carriers and the routes to them, as the operator configured them.

The options of a carrier are its kind's own and checked by whoever calls: the store keeps them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.teams import CarrierRecord, RouteRecord
from mobilesasa.store import trail
from mobilesasa.store.database import Txn, one_row

PRIORITY_MAX = 2**31 - 1

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_PREFIX = re.compile(r"[0-9]{0,15}")

INSERT = """
INSERT INTO carrier (name, kind, options) VALUES (%(name)s, %(kind)s, %(options)s) ON CONFLICT (name) DO NOTHING
RETURNING id, name, kind, enabled, options
"""

SELECT = """
SELECT id, name, kind, enabled, options FROM carrier WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY name
"""

SET_ENABLED = """
UPDATE carrier SET enabled = %(enabled)s WHERE name = %(name)s RETURNING id, name, kind, enabled, options
"""

SET_OPTIONS = """
UPDATE carrier SET options = %(options)s WHERE name = %(name)s RETURNING id, name, kind, enabled, options
"""

SET_PRIORITY = """
UPDATE route SET priority = %(priority)s WHERE prefix = %(prefix)s AND carrier_id = %(carrier_id)s
RETURNING prefix, carrier_id, priority
"""

INSERT_ROUTE = """
INSERT INTO route (prefix, carrier_id, priority) VALUES (%(prefix)s, %(carrier_id)s, %(priority)s)
ON CONFLICT (prefix, carrier_id) DO NOTHING RETURNING prefix, carrier_id, priority
"""

SELECT_ROUTES = """
SELECT prefix, carrier_id, priority, carrier.name FROM route JOIN carrier ON carrier.id = carrier_id
ORDER BY prefix, priority, carrier_id
"""

# Without a carrier the prefix must have one route alone: nobody takes away two by mistake.
DELETE_ROUTE = """
DELETE FROM route USING carrier WHERE carrier.id = carrier_id AND prefix = %(prefix)s AND CASE WHEN %(carrier_id)s::integer IS NULL
    THEN (SELECT count(*) FROM route WHERE prefix = %(prefix)s) = 1 ELSE carrier_id = %(carrier_id)s END
RETURNING prefix, carrier_id, priority, carrier.name
"""

COUNT_ROUTES = "SELECT count(*) FROM route WHERE prefix = %(prefix)s"


def add_carrier(txn: Txn, by: Actor, name: str, kind: str, options: Mapping[str, Any]) -> CarrierRecord:
    """Keep a new carrier, enabled; its name is put in small letters.

    Raises:
        AlreadyExists: there is one of that name.
        BadValue: the name cannot be one.
    """
    small = name.lower()
    if not _NAME.fullmatch(small):
        raise BadValue(f"a carrier's name is 1 to 32 characters of a-z, 0-9, - and _, no sign first; {name!r} is not")
    txn.execute(INSERT, {"name": small, "kind": kind, "options": orjson.dumps(options).decode()})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"there is a carrier {small} already")
    after = {"kind": kind, "options": sorted(options)}  # their names alone: there are passwords among the values
    trail.note(txn, by, "carrier.create", small, team_id=None, after=after)
    return CarrierRecord(*row)


def list_carriers(txn: Txn) -> list[CarrierRecord]:
    """Return all carriers by name."""
    txn.execute(SELECT, {"name": None})
    return [CarrierRecord(*row) for row in txn.fetchall()]


def find_carrier(txn: Txn, name: str) -> CarrierRecord:
    """Return the carrier of a name, in any case.

    Raises:
        NotFound: there is none.
    """
    txn.execute(SELECT, {"name": name.lower()})
    return _the_one(txn, name)


def set_enabled(txn: Txn, by: Actor, name: str, enabled: bool) -> CarrierRecord:
    """Let a carrier take messages, or no more; what waits for one that is disabled goes on to others where it may.

    Raises:
        NotFound: there is none of that name.
    """
    txn.execute(SET_ENABLED, {"name": name.lower(), "enabled": enabled})
    changed = _the_one(txn, name)
    trail.note(txn, by, "carrier.enable" if enabled else "carrier.disable", changed.name, team_id=None)
    return changed


def set_options(txn: Txn, by: Actor, name: str, options: Mapping[str, Any]) -> CarrierRecord:
    """Give a carrier other options; nodes connect to it anew.

    Raises:
        NotFound: there is none of that name.
    """
    before = find_carrier(txn, name)
    txn.execute(SET_OPTIONS, {"name": before.name, "options": orjson.dumps(options).decode()})
    changed = _the_one(txn, name)
    _, now = trail.differences(before.options, changed.options)
    after = {"options": sorted({*now, *(before.options.keys() - changed.options.keys())})}  # their names alone
    trail.note(txn, by, "carrier.change", changed.name, team_id=None, after=after)
    return changed


def add_route(txn: Txn, by: Actor, prefix: str, carrier_name: str, priority: int = 100) -> RouteRecord:
    """Send numbers that begin with a prefix to a carrier.

    Args:
        txn: the transaction.
        by: who does.
        prefix: digits of E.164 without the plus; empty for the default route.
        carrier_name: which carrier.
        priority: of several routes of a prefix the lowest goes first.

    Raises:
        NotFound: there is no such carrier.
        AlreadyExists: the prefix leads to this carrier already.
        BadValue: prefix or priority.
    """
    if not _PREFIX.fullmatch(prefix):
        raise BadValue(f"a prefix is up to 15 digits, or empty for the default route; {prefix!r} is not")
    _check_priority(priority)
    carrier_id = find_carrier(txn, carrier_name).id
    txn.execute(INSERT_ROUTE, {"prefix": prefix, "carrier_id": carrier_id, "priority": priority})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"{_named(prefix)} leads to {carrier_name.lower()} already")
    after = {"carrier": carrier_name.lower(), "priority": priority}
    trail.note(txn, by, "route.create", prefix, team_id=None, after=after)
    return RouteRecord(*row)


def set_priority(txn: Txn, by: Actor, prefix: str, carrier_name: str, priority: int) -> RouteRecord:
    """Give a route another place among those of its prefix.

    Raises:
        NotFound: there is no such route, or no such carrier.
        BadValue: the priority.
    """
    _check_priority(priority)
    carrier = find_carrier(txn, carrier_name)
    txn.execute(SET_PRIORITY, {"prefix": prefix, "carrier_id": carrier.id, "priority": priority})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"{_named(prefix)} leads to no {carrier.name}")
    after = {"carrier": carrier.name, "priority": priority}
    trail.note(txn, by, "route.change", prefix, team_id=None, after=after)
    return RouteRecord(*row)


def list_routes(txn: Txn) -> list[tuple[RouteRecord, str]]:
    """Return all routes with the names of their carriers, by prefix and priority."""
    txn.execute(SELECT_ROUTES)
    return [(RouteRecord(*row[:3]), row[3]) for row in txn.fetchall()]


def remove_route(txn: Txn, by: Actor, prefix: str, carrier_name: str | None = None) -> tuple[RouteRecord, str]:
    """Take a route away and return what it was, with its carrier's name.

    Raises:
        NotFound: there is no such route, or no such carrier.
        BadValue: the prefix has several routes and no carrier was named.
    """
    carrier_id = None if carrier_name is None else find_carrier(txn, carrier_name).id
    txn.execute(DELETE_ROUTE, {"prefix": prefix, "carrier_id": carrier_id})
    row = txn.fetchone()
    if row is not None:
        before = {"carrier": row[3], "priority": row[2]}
        trail.note(txn, by, "route.remove", prefix, team_id=None, before=before)
        return RouteRecord(*row[:3]), row[3]
    txn.execute(COUNT_ROUTES, {"prefix": prefix})
    (count,) = one_row(txn)
    if carrier_id is None and count:
        raise BadValue(f"{_named(prefix)} leads to {count} carriers; name the one that is meant")
    raise NotFound(f"{_named(prefix)} leads to no {'carrier' if carrier_name is None else carrier_name.lower()}")


def _check_priority(priority: int) -> None:
    if not 0 <= priority <= PRIORITY_MAX:
        raise BadValue(f"a priority is a whole number from 0 to {PRIORITY_MAX}, not {priority}")


def _named(prefix: str) -> str:
    return f"prefix {prefix}" if prefix else "the default route"


def _the_one(txn: Txn, name: str) -> CarrierRecord:
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"there is no carrier {name.lower()!r}")
    return CarrierRecord(*row)
