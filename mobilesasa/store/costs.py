"""What a part costs the operator at each carrier, by prefix."""

from __future__ import annotations

import re

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import Cost
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.store import carriers, trail
from mobilesasa.store.database import Txn

COST_MAX_MICRO = 10**15

_PREFIX = re.compile(r"[0-9]{0,15}")

SET = """
INSERT INTO carrier_cost (carrier_id, prefix, cost_micro) VALUES (%(carrier_id)s, %(prefix)s, %(cost_micro)s)
ON CONFLICT (carrier_id, prefix) DO UPDATE SET cost_micro = excluded.cost_micro
"""

LIST = """
SELECT carrier.name, prefix, cost_micro FROM carrier_cost JOIN carrier ON carrier.id = carrier_id
WHERE %(carrier_id)s::integer IS NULL OR carrier_id = %(carrier_id)s ORDER BY carrier.name, prefix
"""

REMOVE = "DELETE FROM carrier_cost WHERE carrier_id = %(carrier_id)s AND prefix = %(prefix)s RETURNING cost_micro"


def set_cost(txn: Txn, by: Actor, carrier_name: str, prefix: str, cost_micro: int) -> Cost:
    """Say what a part costs; the longest prefix counts.

    Raises:
        NotFound: there is no such carrier.
        BadValue: the prefix or the cost.
    """
    if not _PREFIX.fullmatch(prefix):
        raise BadValue(f"a prefix is up to 15 digits, or empty for all others; {prefix!r} is not")
    if not 0 <= cost_micro <= COST_MAX_MICRO:
        raise BadValue(f"a cost is 0 to {COST_MAX_MICRO // 10**6}, not {cost_micro / 10**6:g}")
    found = carriers.find_carrier(txn, carrier_name)
    txn.execute(SET, {"carrier_id": found.id, "prefix": prefix, "cost_micro": cost_micro})
    after = {"prefix": prefix, "cost_micro": cost_micro}
    trail.note(txn, by, "cost.set", found.name, team_id=None, after=after)
    return Cost(found.name, prefix, cost_micro)


def list_costs(txn: Txn, carrier_name: str | None = None) -> list[Cost]:
    """Return all costs, or those of one carrier, by carrier and prefix.

    Raises:
        NotFound: there is no such carrier.
    """
    carrier_id = None if carrier_name is None else carriers.find_carrier(txn, carrier_name).id
    txn.execute(LIST, {"carrier_id": carrier_id})
    return [Cost(*row) for row in txn.fetchall()]


def remove_cost(txn: Txn, by: Actor, carrier_name: str, prefix: str) -> Cost:
    """Take a cost away, and return what it was.

    Raises:
        NotFound: there is no such carrier, or no such cost.
    """
    found = carriers.find_carrier(txn, carrier_name)
    txn.execute(REMOVE, {"carrier_id": found.id, "prefix": prefix})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"{found.name} has no cost for {f'prefix {prefix}' if prefix else 'all others'}")
    before = {"prefix": prefix, "cost_micro": row[0]}
    trail.note(txn, by, "cost.remove", found.name, team_id=None, before=before)
    return Cost(found.name, prefix, row[0])
