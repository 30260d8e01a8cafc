"""Sender names of the teams, and whether they may be used (decision 36)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import orjson

from mobilesasa.core.attributes import read_tlvs
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.teams import Sender
from mobilesasa.store.database import Txn

Status: TypeAlias = Literal["pending", "approved", "rejected", "suspended"]

# An address of TON 5 has at most 11 characters, one of digits at most 15 (3GPP TS 23.040 §9.1.2.5, E.164 §6.2).
_LETTERS = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_.&-](?:[A-Za-z0-9 _.&-]{0,9}[A-Za-z0-9_.&-])?")
_DIGITS = re.compile(r"[0-9]{1,15}")

INSERT = """
INSERT INTO sender (team_id, name, status) VALUES (%(team_id)s, %(name)s, %(status)s)
ON CONFLICT (team_id, name) DO NOTHING RETURNING id, uuid, team_id, name, status, tlvs
"""

SELECT = """
SELECT id, uuid, team_id, name, status, tlvs FROM sender
WHERE team_id = %(team_id)s AND (%(name)s::text IS NULL OR name = %(name)s) ORDER BY name
"""

SET_TLVS = """
UPDATE sender SET tlvs = jsonb_strip_nulls(tlvs || %(tlvs)s::jsonb) WHERE team_id = %(team_id)s AND name = %(name)s
RETURNING id, uuid, team_id, name, status, tlvs
"""

SET_STATUS = """
UPDATE sender SET status = %(status)s WHERE team_id = %(team_id)s AND name = %(name)s
RETURNING id, uuid, team_id, name, status, tlvs
"""


def add(txn: Txn, team_id: int, name: str, status: Status = "pending") -> Sender:
    """Give a team a sender name.

    Raises:
        AlreadyExists: the team has it.
        BadValue: no phone would show it.
    """
    txn.execute(INSERT, {"team_id": team_id, "name": checked_name(name), "status": status})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"the team has a sender {name!r} already")
    return Sender(*row)


def find(txn: Txn, team_id: int, name: str) -> Sender:
    """Return the team's sender of exactly this name.

    Raises:
        NotFound: the team has none of that name.
    """
    txn.execute(SELECT, {"team_id": team_id, "name": name})
    return _the_one(txn, name)


def list_senders(txn: Txn, team_id: int) -> list[Sender]:
    """Return the senders of a team by name."""
    txn.execute(SELECT, {"team_id": team_id, "name": None})
    return [Sender(*row) for row in txn.fetchall()]


def set_status(txn: Txn, team_id: int, name: str, status: Status) -> Sender:
    """Approve, reject or suspend a sender, whatever it was before, and return it.

    Raises:
        NotFound: the team has none of that name.
    """
    txn.execute(SET_STATUS, {"team_id": team_id, "name": name, "status": status})
    return _the_one(txn, name)


def set_tlvs(txn: Txn, team_id: int, name: str, given: Mapping[str, str]) -> Sender:
    """Set vendor TLVs of a sender by their tags; an empty value takes one away. Returns the sender.

    Raises:
        NotFound: the team has none of that name.
        BadValue: tags or values that cannot be, every wrong one of them.
    """
    txn.execute(SET_TLVS, {"team_id": team_id, "name": name, "tlvs": orjson.dumps(read_tlvs(given)).decode()})
    return _the_one(txn, name)


def checked_name(name: str) -> str:
    """Return a sender name that phones can show.

    Raises:
        BadValue: it is no name of up to 11 letters, digits, blanks and ``- _ . &``, and no number of up to 15 digits.
    """
    if not (_LETTERS.fullmatch(name) or _DIGITS.fullmatch(name)):
        raise BadValue(
            "a sender is 1 to 11 letters, digits, blanks inside, and - _ . &, with a letter among them,"
            f" or 1 to 15 digits; {name!r} is not"
        )
    return name


def _the_one(txn: Txn, name: str) -> Sender:
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"the team has no sender {name!r}; capitals and small letters differ")
    return Sender(*row)
