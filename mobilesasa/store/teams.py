"""Teams and what they pay with: the team's row, its balance, and the ledger's entries other than charges and refunds.

A team is made with its senders, its units and its first token in one transaction, so that there is never half a team.
"""

from __future__ import annotations

import re
from typing import Any

import attrs
from psycopg2.extras import Json

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import KEEP, NewTeam, TeamChange, TeamRecord
from mobilesasa.core.attributes import read_tlvs
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.reporting import zone_of
from mobilesasa.core.senders import SenderStatus
from mobilesasa.core.terms import DEFAULT, BadTerms, read_changes
from mobilesasa.sms.numbers import UnknownCountry, calling_code
from mobilesasa.sms.zones import zone_of_country
from mobilesasa.store import paging, senders, series, tokens, trail
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.store.senders import SenderRecord
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

_SELECT = """
SELECT team.id, team.uuid, team.code, team.name, team.country, team.balance, sender.name, max_sessions, session_tps,
       text_days, suspended_at IS NOT NULL, (extract(epoch FROM team.created_at) * 1000)::bigint, team.smpp,
       smpp_any_address, team.tlvs, low_balance_units, zone
FROM team LEFT JOIN sender ON sender.id = team.default_sender_id
"""

SELECT = _SELECT + "WHERE %(code)s::text IS NULL OR team.code = %(code)s ORDER BY team.code"

FIND_BY_UUID = _SELECT + "WHERE team.uuid = %(uuid)s"

_WANTED = """
WHERE (%(search)s::text IS NULL OR strpos(team.code, upper(%(search)s)) > 0 OR strpos(lower(team.name), lower(%(search)s)) > 0)
  AND (%(suspended)s::boolean IS NULL OR (suspended_at IS NOT NULL) = %(suspended)s)
"""

PAGE = f"{_SELECT} {_WANTED} ORDER BY team.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM team {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM team {_WANTED}"

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
    smpp_any_address = coalesce(%(smpp_any_address)s, smpp_any_address),
    low_balance_units = CASE WHEN 'low_balance_units' = ANY(%(changed)s) THEN %(low_balance_units)s ELSE low_balance_units END,
    zone = CASE WHEN 'zone' = ANY(%(changed)s) THEN %(zone)s ELSE zone END
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


@attrs.frozen
class CreatedTeam:
    """A team that was just made, with its senders in the order they were given."""

    team: TeamRecord
    senders: tuple[SenderRecord, ...]
    token: TokenRecord | None  # None: it was made without one


def create_team(txn: Txn, by: Actor, new: NewTeam, raw_token: str | None) -> CreatedTeam:
    """Make a team with its units, senders and first token.

    Args:
        txn: the transaction; all of it or nothing is kept.
        by: who makes it.
        new: its code is put in capitals.
        raw_token: as `tokens.make_raw_token` gives it; only its digest is kept. None: it begins without a token.

    Raises:
        AlreadyExists: there is a team of that code.
        BadValue: code, country, name of a sender, units or a scope.
    """
    code = checked_code(new.code)
    country = _checked_country(new.country)
    name = checked_name(code if new.name is None else new.name)
    if not 0 <= new.units <= ENTRY_UNITS_MAX:
        raise BadValue(f"a team begins with 0 to {ENTRY_UNITS_MAX} units, not {new.units}")
    txn.execute(INSERT, {"code": code, "name": name, "country": country})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"there is a team {code} already")
    team_id: int = row[0]
    if new.units:
        _add_units(txn, team_id, new.units, "opening balance")
    after = {"name": name, "country": country, "units": new.units}
    trail.note(txn, by, "team.create", code, team_id=team_id, after=after)
    names = dict.fromkeys(new.senders)
    made = tuple(senders.add(txn, by, team_id, sender, SenderStatus.APPROVED) for sender in names)
    if made:
        txn.execute(SET_DEFAULT_SENDER, {"team_id": team_id, "sender_id": made[0].id})
    token = None
    if raw_token is not None:
        token = tokens.create(txn, by, team_id, "first token", new.scopes, None, raw_token)
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


def find_team(txn: Txn, uuid: str) -> TeamRecord:
    """Return the team of a uuid.

    Raises:
        NotFound: there is none.
    """
    return TeamRecord(*row_of_uuid(txn, FIND_BY_UUID, uuid, f"there is no team {uuid!r}"))


def page(txn: Txn, search: str | None, suspended: bool | None, limit: int, offset: int) -> list[TeamRecord]:
    """Return teams, newest first: those with a text in their code or name, and those that are suspended or are not."""
    txn.execute(PAGE, {"search": search, "suspended": suspended, "limit": limit, "offset": offset})
    return [TeamRecord(*row) for row in txn.fetchall()]


def count(txn: Txn, search: str | None, suspended: bool | None) -> tuple[int, bool]:
    """Return how many teams `page` has, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"search": search, "suspended": suspended})


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


def change_team(txn: Txn, by: Actor, code: str, change: TeamChange) -> TeamRecord:
    """Change what is named in `change`, and return the team as it is then.

    Raises:
        NotFound: there is no such team, or the default sender is none of its own.
        BadValue: a name, country or number that cannot be kept, or terms, every wrong one of them.
        AccessEnded: whoever changes it no longer may.
    """
    before = show_team(txn, code)
    team_id = before.id
    terms = _checked_terms(change)
    changed: dict[str, Any] = {
        name: terms.pop(name) for name in _TERMS_WITH_COLUMNS if name in terms
    } | _checked_bounds(change)
    if change.zone is not KEEP:
        changed["zone"] = None if change.zone is None else zone_of(change.zone).key
    default = None if change.default_sender is None else senders.find(txn, team_id, change.default_sender).id
    parameters: dict[str, Any] = {
        "team_id": team_id,
        "name": None if change.name is None else checked_name(change.name),
        "country": None if change.country is None else _checked_country(change.country),
        "default_sender_id": default,
        "max_sessions": changed.get("max_sessions"),
        "session_tps": changed.get("session_tps"),
        "text_days": changed.get("text_days"),
        "low_balance_units": changed.get("low_balance_units"),
        "zone": changed.get("zone"),
        "changed": list(changed),
        "suspended": change.suspended,
        "smpp": Json(terms),
        "smpp_any_address": change.smpp_any_address,
        "tlvs": Json(read_tlvs(change.tlvs)),
    }
    txn.execute(UPDATE, parameters)
    after = show_team(txn, code)
    if _zone(before) != _zone(after):
        series.move_to_zone(txn, team_id, _zone(before), _zone(after))
    was, now = trail.differences(_told(before), _told(after))
    trail.note(txn, by, "team.change", after.code, team_id=team_id, before=was, after=now)
    return after


def _zone(team: TeamRecord) -> str:
    """Return the name of the zone in which a team's days begin and end."""
    return team.zone or zone_of_country(team.country)


def add_units(txn: Txn, by: Actor, code: str, units: int, note: str | None) -> int:
    """Give a team units, or take some back with a negative number, and return its balance then.

    The entry in the ledger is a `topup`, or an `adjustment` when units are taken.

    Raises:
        NotFound: there is no such team.
        BadValue: no units, too many in one entry, or more taken than there are.
        AccessEnded: whoever gives them no longer may.
    """
    team_id = find_team_id(txn, code)
    if not 0 < abs(units) <= ENTRY_UNITS_MAX:
        raise BadValue(f"units are a whole number, not 0, of at most {ENTRY_UNITS_MAX}; {units} is none")
    balance = _add_units(txn, team_id, units, note)
    if balance is None:
        txn.execute(BALANCE, {"team_id": team_id})
        raise BadValue(f"team {code.upper()} has {one_row(txn)[0]} units; {-units} cannot be taken")
    after = {"units": units, "balance": balance, "note": note}
    trail.note(txn, by, "units.add", code.upper(), team_id=team_id, after=after)
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


def _told(team: TeamRecord) -> dict[str, Any]:
    """Return of a team what the trail tells when it changes."""
    return attrs.asdict(team, filter=attrs.filters.exclude("id", "uuid", "balance_units", "created_at_ms"))


def _checked_bounds(change: TeamChange) -> dict[str, int | None]:
    """Return the numbers that change, each within what it may be."""
    changed: dict[str, int | None] = {}
    for name, least, most in (("text_days", 0, TEXT_DAYS_MAX), ("low_balance_units", 1, ENTRY_UNITS_MAX)):
        value = getattr(change, name)
        if value is KEEP:
            continue
        if value is not None and not least <= value <= most:
            raise BadValue(f"{name} is a whole number from {least} to {most}, not {value}")
        changed[name] = value
    return changed


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


def checked_name(name: str) -> str:
    """Return a team's name without blanks around it.

    Raises:
        BadValue: it is empty or too long.
    """
    stripped = name.strip()
    if not 0 < len(stripped) <= 100 or "\x00" in stripped:
        raise BadValue("a team's name has 1 to 100 characters")
    return stripped


def _no_team(code: str) -> NotFound:
    return NotFound(f"there is no team {code.upper()!r}")
