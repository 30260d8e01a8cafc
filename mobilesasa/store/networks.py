"""Networks as the operator set them, by prefix and by code, and where receipts last saw numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.networks import LEARNED_MAX, is_code
from mobilesasa.store import trail
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json

_PREFIX = re.compile(r"[0-9]{1,15}")
_NAME_MAX = 64  # characters

SET_PREFIX = """
INSERT INTO network_prefix (prefix, network) VALUES (%(key)s, %(network)s)
ON CONFLICT (prefix) DO UPDATE SET network = excluded.network, at = now()
"""

SET_CODE = """
INSERT INTO network_code (code, network) VALUES (%(key)s, %(network)s)
ON CONFLICT (code) DO UPDATE SET network = excluded.network, at = now()
"""

LIST_PREFIXES = "SELECT prefix, network FROM network_prefix ORDER BY prefix"

LIST_CODES = "SELECT code, network FROM network_code ORDER BY code"

REMOVE_PREFIX = "DELETE FROM network_prefix WHERE prefix = %(key)s RETURNING network"

REMOVE_CODE = "DELETE FROM network_code WHERE code = %(key)s RETURNING network"

# A number that is seen where it was is written once a day at most, so that its age is known and nothing more is paid for it.
LEARN = """
WITH seen AS (
    SELECT DISTINCT ON (slot) slot, number, code FROM (
        SELECT hashtext(number) & (%(slots)s - 1) AS slot, number, code, n
        FROM json_to_recordset(%(batch)s) AS each (n integer, number text, code text)
    ) AS slotted ORDER BY slot, n DESC
)
INSERT INTO number_network AS held (slot, number, code) SELECT slot, number, code FROM seen ORDER BY slot
ON CONFLICT (slot) DO UPDATE SET number = excluded.number, code = excluded.code, at = now()
WHERE (held.number, held.code) <> (excluded.number, excluded.code) OR held.at < now() - interval '1 day'
"""

LEARNED = """
SELECT number, code FROM number_network
WHERE at > now() - make_interval(days => %(days)s) AND (%(number)s::text IS NULL OR number = %(number)s) ORDER BY at
"""

LEARNED_OF_LATE = (
    "SELECT number, code FROM number_network WHERE at > now() - make_interval(secs => %(seconds)s) ORDER BY at"
)

LEARNED_DAYS = 180  # what was seen longer ago is not believed


def set_prefix(txn: Txn, by: Actor, prefix: str, network: str) -> None:
    """Say which network the numbers of a prefix are in, before what the numbering plans say.

    Raises:
        BadValue: the prefix or the name.
    """
    if not _PREFIX.fullmatch(prefix):
        raise BadValue(f"a prefix is 1 to 15 digits, country code first; {prefix!r} is not")
    name = _named(network)
    txn.execute(SET_PREFIX, {"key": prefix, "network": name})
    trail.note(txn, by, "network.set", prefix, team_id=None, after={"of": "prefix", "network": name})


def set_code(txn: Txn, by: Actor, code: str, network: str) -> None:
    """Say which network a code of country and network means.

    Raises:
        BadValue: the code or the name.
    """
    if not is_code(code):
        raise BadValue(f"a network's code is MCC and MNC, 5 or 6 digits; {code!r} is not")
    name = _named(network)
    txn.execute(SET_CODE, {"key": code, "network": name})
    trail.note(txn, by, "network.set", code, team_id=None, after={"of": "code", "network": name})


def list_prefixes(txn: Txn) -> list[tuple[str, str]]:
    """Return the operator's prefixes with their networks, by prefix."""
    txn.execute(LIST_PREFIXES)
    return list(txn.fetchall())


def list_codes(txn: Txn) -> list[tuple[str, str]]:
    """Return the codes with their networks, by code."""
    txn.execute(LIST_CODES)
    return list(txn.fetchall())


def remove_prefix(txn: Txn, by: Actor, prefix: str) -> str:
    """Take back what was said of a prefix, and return the network that it was; the numbering plans hold again.

    Raises:
        NotFound: nothing was said of it.
    """
    return _removed(txn, by, REMOVE_PREFIX, prefix, "prefix")


def remove_code(txn: Txn, by: Actor, code: str) -> str:
    """Take a code away, and return the network that it was.

    Raises:
        NotFound: there is no such code.
    """
    return _removed(txn, by, REMOVE_CODE, code, "code")


def learn(txn: Txn, seen: Sequence[tuple[str, str]]) -> None:
    """Remember in which networks numbers (E.164 without the plus) are, by the codes (MCC and MNC) that receipts name.

    Safe to repeat, and of a number that comes twice the later counts.
    """
    batch: list[dict[str, Any]] = [{"n": n, "number": number, "code": code} for n, (number, code) in enumerate(seen)]
    if batch:
        txn.execute(LEARN, {"batch": as_json(batch), "slots": LEARNED_MAX})


def learned(txn: Txn, number: str | None = None) -> list[tuple[str, str]]:
    """Return numbers, or one number, with the code of the network that each was seen in last, oldest first."""
    txn.execute(LEARNED, {"days": LEARNED_DAYS, "number": number})
    return list(txn.fetchall())


def learned_of_late(txn: Txn, seconds: float) -> list[tuple[str, str]]:
    """Return the same for what was written within so many seconds, by whichever node."""
    txn.execute(LEARNED_OF_LATE, {"seconds": seconds})
    return list(txn.fetchall())


def _named(network: str) -> str:
    name = network.strip()
    if not 0 < len(name) <= _NAME_MAX or not name.isprintable():
        raise BadValue(f"a network's name is 1 to {_NAME_MAX} characters; {network!r} is not")
    return name


def _removed(txn: Txn, by: Actor, statement: str, key: str, kind: str) -> str:
    txn.execute(statement, {"key": key})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"there is no network of the {kind} {key}")
    name: str = row[0]
    trail.note(txn, by, "network.remove", key, team_id=None, before={"of": kind, "network": name})
    return name
