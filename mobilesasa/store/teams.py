"""Teams and what they pay with: the team's row, its balance, and the ledger's entries other than charges and refunds.

A team is made with its senders, its units and its first token in one transaction, so that there is never half a team.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
from psycopg2.extras import Json

from mobilesasa.core.attributes import read_tlvs
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.teams import Sender
from mobilesasa.core.terms import DEFAULT, BadTerms, read_changes
from mobilesasa.sms.numbers import UnknownCountry, calling_code
from mobilesasa.store import senders, tokens
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.tokens import TokenRecord

ENTRY_UNITS_MAX = 10**12  # what one entry may add or take: far from the end of a bigint, and more than anybody buys
TEXT_DAYS_MAX = 3650

_TERMS_WITH_COLUMNS = ("max_sessions", "session_tps")
_CODE = re.compile(r"[A-Z0-9]{1,15}")

INSERT = """
INSERT INTO team (code, name, country) VALUES (%(code)s, %(name)s, %(country)s)
ON CONFLICT (code) DO NOTHING RETURNING id
"""

SET_DEFAULT_SENDER = "UPDATE team SET default_sender_id = %(sender_id)s WHERE id = %(team_id)s"

FIND_ID = "SELECT id FROM team WHERE code = %(code)s"

SELECT = """
SELECT team.id, team.uuid, team.code, team.name, team.country, team.balance, sender.name, max_sessions, session_tps,
       text_days, suspended_at IS NOT NULL, (extract(epoch FROM team.created_at) * 1000)::bigint, team.smpp,
       smpp_any_address, team.tlvs
FROM team LEFT JOIN sender ON sender.id = team.default_sender_id
WHERE %(code)s::text IS NULL OR team.code = %(code)s ORDER BY team.code
"""

# A column that is not named in `changed` keeps its value.
UPDATE = """
UPDATE team SET
    name = coalesce(%(name)s, name),
    country = coalesce(%(country)s, country),
    default_sender_id = coalesce(%(default_sender_id)s, default_sender_id),
    max_sessions = CASE WHEN 'max_sessions' = ANY(%(changed)s) THEN %(max_sessions)s ELSE max_sessions END,
    session_tps = CASE WHEN 'session_tps' = ANY(%(changed)s) THEN %(session_tps)s ELSE session_tps END,
    text_days = CASE WHEN 'text_days' = ANY(%(changed)s) THEN %(text_days)s ELSE text_days END,
    suspended_at = CASE %(suspended)s::boolean WHEN true THEN coalesce(suspended_at, now()) WHEN false THEN NULL
                   ELSE suspended_at END,
    smpp = jsonb_strip_nulls(smpp || %(smpp)s::jsonb),
    tlvs = jsonb_strip_nulls(tlvs || %(tlvs)s::jsonb),
    smpp_any_address = coalesce(%(smpp_any_address)s, smpp_any_address)
WHERE id = %(team_id)s
"""

# The balance decides: an entry that would leave less than nothing is not made.
ADD_UNITS = """
WITH paid AS (
    UPDATE team SET balance = balance + %(units)s WHERE id = %(team_id)s AND balance + %(units)s >= 0
    RETURNING id, balance
), entry AS (
    INSERT INTO ledger (team_id, kind, units, note)
    SELECT id, CASE WHEN %(units)s > 0 THEN 'topup' ELSE 'adjustment' END, %(units)s, %(note)s FROM paid
)
SELECT balance FROM paid
"""

BALANCE = "SELECT balance FROM team WHERE id = %(team_id)s"


class Keep(enum.Enum):
    """Stands for a value that stays as it is where None has a meaning of its own."""

    KEEP = enum.auto()


KEEP = Keep.KEEP
Limit = int | None | Literal[Keep.KEEP]


@attrs.frozen
class NewTeam:
    """A team to be made; its senders are approved, and the first of them is its default."""

    code: str
    name: str | None = None  # None: the code
    units: int = 0
    senders: Sequence[str] = ()
    country: str = "KE"
    scopes: Sequence[str] = tokens.SCOPES  # of its first token


@attrs.frozen
class TeamChange:
    """What `change` changes; None and KEEP leave a value as it is."""

    name: str | None = None
    country: str | None = None
    default_sender: str | None = None
    max_sessions: Limit = KEEP  # None: the node's setting
    session_tps: Limit = KEEP  # None: the node's setting
    text_days: Limit = KEEP  # None: the node's setting; 0: for ever
    suspended: bool | None = None
    smpp: Mapping[str, object] = attrs.field(factory=dict)  # of `core.terms.SmppTerms`, `default` for the node's again
    smpp_any_address: bool | None = None  # whether its own SMPP passwords may do without a list of addresses
    tlvs: Mapping[str, str] = attrs.field(factory=dict)  # vendor TLVs by tag, an empty value to take one away


@attrs.frozen
class TeamRecord:
    """A team as an operator sees it."""

    id: int
    uuid: str
    code: str
    name: str
    country: str
    balance_units: int
    default_sender: str | None
    max_sessions: int | None
    session_tps: int | None
    text_days: int | None
    suspended: bool
    created_at_ms: int
    smpp: Mapping[str, Any]  # what was set of `core.terms.SmppTerms`, but for the two that stand above
    smpp_any_address: bool
    tlvs: Mapping[str, str] = attrs.field(factory=dict)  # vendor TLVs for carriers that want them


@attrs.frozen
class CreatedTeam:
    """A team that was just made, with its senders in the order they were given."""

    team: TeamRecord
    senders: tuple[Sender, ...]
    token: TokenRecord


def create_team(txn: Txn, new: NewTeam, raw_token: str) -> CreatedTeam:
    """Make a team with its units, senders and first token.

    Args:
        txn: the transaction; all of it or nothing is kept.
        new: its code is put in capitals.
        raw_token: as `tokens.make_raw_token` gives it; only its digest is kept.

    Raises:
        AlreadyExists: there is a team of that code.
        BadValue: code, country, name of a sender, units or a scope.
    """
    code = checked_code(new.code)
    country = _checked_country(new.country)
    name = _checked_name(code if new.name is None else new.name)
    if not 0 <= new.units <= ENTRY_UNITS_MAX:
        raise BadValue(f"a team begins with 0 to {ENTRY_UNITS_MAX} units, not {new.units}")
    txn.execute(INSERT, {"code": code, "name": name, "country": country})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"there is a team {code} already")
    team_id: int = row[0]
    if new.units:
        _add_units(txn, team_id, new.units, "opening balance")
    names = dict.fromkeys(new.senders)
    made = tuple(senders.add(txn, team_id, sender, "approved") for sender in names)
    if made:
        txn.execute(SET_DEFAULT_SENDER, {"team_id": team_id, "sender_id": made[0].id})
    token = tokens.create(txn, team_id, "first token", new.scopes, None, raw_token)
    return CreatedTeam(show_team(txn, code), made, token)


def show_team(txn: Txn, code: str) -> TeamRecord:
    """Return the team of a code, in any case.

    Raises:
        NotFound: there is none.
    """
    txn.execute(SELECT, {"code": code.upper()})
    row = txn.fetchone()
    if row is None:
        raise _no_team(code)
    return TeamRecord(*row)


def list_teams(txn: Txn) -> list[TeamRecord]:
    """Return all teams by code."""
    txn.execute(SELECT, {"code": None})
    return [TeamRecord(*row) for row in txn.fetchall()]


def find_team_id(txn: Txn, code: str) -> int:
    """Return the id of the team of a code, in any case.

    Raises:
        NotFound: there is none.
    """
    txn.execute(FIND_ID, {"code": code.upper()})
    row = txn.fetchone()
    if row is None:
        raise _no_team(code)
    team_id: int = row[0]
    return team_id


def change_team(txn: Txn, code: str, change: TeamChange) -> TeamRecord:
    """Change what is named in `change`, and return the team as it is then.

    Raises:
        NotFound: there is no such team, or the default sender is none of its own.
        BadValue: a name, country or number of days that cannot be kept, or terms, every wrong one of them.
    """
    team_id = find_team_id(txn, code)
    terms = _checked_terms(change)
    changed = {name: terms.pop(name) for name in _TERMS_WITH_COLUMNS if name in terms}
    if change.text_days is not KEEP:
        changed["text_days"] = change.text_days
        if change.text_days is not None and not 0 <= change.text_days <= TEXT_DAYS_MAX:
            raise BadValue(f"text_days is a whole number from 0 to {TEXT_DAYS_MAX}, not {change.text_days}")
    default = None if change.default_sender is None else senders.find(txn, team_id, change.default_sender).id
    parameters: dict[str, Any] = {
        "team_id": team_id,
        "name": None if change.name is None else _checked_name(change.name),
        "country": None if change.country is None else _checked_country(change.country),
        "default_sender_id": default,
        "max_sessions": changed.get("max_sessions"),
        "session_tps": changed.get("session_tps"),
        "text_days": changed.get("text_days"),
        "changed": list(changed),
        "suspended": change.suspended,
        "smpp": Json(terms),
        "smpp_any_address": change.smpp_any_address,
        "tlvs": Json(read_tlvs(change.tlvs)),
    }
    txn.execute(UPDATE, parameters)
    return show_team(txn, code)


def add_units(txn: Txn, code: str, units: int, note: str | None) -> int:
    """Give a team units, or take some back with a negative number, and return its balance then.

    The entry in the ledger is a `topup`, or an `adjustment` when units are taken.

    Raises:
        NotFound: there is no such team.
        BadValue: no units, too many in one entry, or more taken than there are.
    """
    team_id = find_team_id(txn, code)
    if not 0 < abs(units) <= ENTRY_UNITS_MAX:
        raise BadValue(f"units are a whole number, not 0, of at most {ENTRY_UNITS_MAX}; {units} is none")
    balance = _add_units(txn, team_id, units, note)
    if balance is None:
        txn.execute(BALANCE, {"team_id": team_id})
        raise BadValue(f"team {code.upper()} has {one_row(txn)[0]} units; {-units} cannot be taken")
    return balance


def checked_code(code: str) -> str:
    """Return a team's code in capitals (decision 92).

    Raises:
        BadValue: it cannot be a system_id of SMPP (SMPP 3.4 §5.2.1: 15 octets).
    """
    capitals = code.upper()
    if not _CODE.fullmatch(capitals):
        raise BadValue(f"a team's code is 1 to 15 characters of A-Z and 0-9; {code!r} is not")
    return capitals


def _add_units(txn: Txn, team_id: int, units: int, note: str | None) -> int | None:
    txn.execute(ADD_UNITS, {"team_id": team_id, "units": units, "note": note})
    row = txn.fetchone()
    return None if row is None else row[0]


def _checked_terms(change: TeamChange) -> dict[str, Any]:
    """Return what changes of the terms of the team's SMPP sessions, None for what is the node's again."""
    limits = {"max_sessions": change.max_sessions, "session_tps": change.session_tps}
    asked = {name: DEFAULT if limit is None else limit for name, limit in limits.items() if limit is not KEEP}
    if twice := asked.keys() & change.smpp.keys():
        raise BadValue(f"{', '.join(sorted(twice))} is set twice")
    try:
        return read_changes({**asked, **change.smpp})
    except BadTerms as bad:
        raise BadValue(str(bad)) from None


def _checked_country(country: str) -> str:
    capitals = country.upper()
    try:
        calling_code(capitals)
    except UnknownCountry:
        raise BadValue(f"a country is its two letters, such as KE; {country!r} is none") from None
    return capitals


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not 0 < len(stripped) <= 100 or "\x00" in stripped:
        raise BadValue("a team's name has 1 to 100 characters")
    return stripped


def _no_team(code: str) -> NotFound:
    return NotFound(f"there is no team {code.upper()!r}")
