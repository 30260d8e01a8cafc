"""What teams pay: units a part, by prefix (decision 38). What has no price is one unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import orjson

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.store import trail
from mobilesasa.store.database import Txn

UNITS_MAX: Final = 1_000_000
PRICES_MAX: Final = 10_000
_PREFIX = re.compile(r"[0-9]{0,15}")

LIST = "SELECT prefix, units FROM price ORDER BY prefix"

SET = """
INSERT INTO price (prefix, units) VALUES (%(prefix)s, %(units)s)
ON CONFLICT (prefix) DO UPDATE SET units = excluded.units
"""

REMOVE = "DELETE FROM price WHERE prefix = %(prefix)s RETURNING units"

# Those who put whole tables in place take turns.
LOCK = "LOCK TABLE price IN SHARE ROW EXCLUSIVE MODE"

REMOVE_ALL = "DELETE FROM price"

SET_ALL = "INSERT INTO price (prefix, units) SELECT key, value::integer FROM json_each_text(%(prices)s)"


def list_prices(txn: Txn) -> dict[str, int]:
    """Return the units of a part by prefix, in the order of prefixes; the empty one is for all others."""
    txn.execute(LIST)
    return dict(txn.fetchall())


def set_price(txn: Txn, by: Actor, prefix: str, units: int) -> None:
    """Say what a part costs a team; of the prefixes of a number the longest counts.

    Raises:
        BadValue: the prefix or the units.
    """
    _check(prefix, units)
    txn.execute(SET, {"prefix": prefix, "units": units})
    trail.note(txn, by, "price.set", prefix, team_id=None, after={"units": units})


def remove_price(txn: Txn, by: Actor, prefix: str) -> int:
    """Take a price away, and return what it was; the next shorter prefix counts then.

    Raises:
        NotFound: the prefix has none.
    """
    txn.execute(REMOVE, {"prefix": prefix})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"there is no price for {f'prefix {prefix}' if prefix else 'all others'}")
    units: int = row[0]
    trail.note(txn, by, "price.remove", prefix, team_id=None, before={"units": units})
    return units


def replace_prices(txn: Txn, by: Actor, prices: Mapping[str, int]) -> None:
    """Put a whole table in the place of the one there is.

    Raises:
        BadValue: a prefix, its units, or too many of them.
    """
    if len(prices) > PRICES_MAX:
        raise BadValue(f"there may be {PRICES_MAX} prices, not {len(prices)}")
    for prefix, units in prices.items():
        _check(prefix, units)
    txn.execute(LOCK)
    before = list_prices(txn)
    txn.execute(REMOVE_ALL)
    txn.execute(SET_ALL, {"prices": orjson.dumps(dict(prices)).decode()})
    gone = {prefix: units for prefix, units in before.items() if prices.get(prefix) != units}
    come = {prefix: units for prefix, units in prices.items() if before.get(prefix) != units}
    trail.note(txn, by, "price.replace", "", team_id=None, before=gone, after=come)


def _check(prefix: str, units: int) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise BadValue(f"a prefix is up to 15 digits, or empty for all others; {prefix!r} is not")
    if not 1 <= units <= UNITS_MAX:
        raise BadValue(f"a part costs 1 to {UNITS_MAX} units, not {units}")
