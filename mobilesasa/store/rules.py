"""Rules of routing, as the operator set them; plain routes are in `store.carriers`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs
import orjson

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import NamedRule, NewRule
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.routing import TARGETS_MAX, Policy, Rule, Target
from mobilesasa.core.senders import SenderClass
from mobilesasa.store import carriers, teams, trail
from mobilesasa.store.carriers import PRIORITY_MAX
from mobilesasa.store.database import Txn

WEIGHT_MAX = 1_000_000

_PREFIX = re.compile(r"[0-9]{0,15}")

INSERT = """
WITH rule AS (
    INSERT INTO route_rule (priority, prefix, network, team_id, sender, sender_class, lane, origin, coding, policy)
    VALUES (%(priority)s, %(prefix)s, %(network)s, %(team_id)s, %(sender)s, %(sender_class)s, %(lane)s, %(origin)s, %(coding)s, %(policy)s)
    ON CONFLICT DO NOTHING RETURNING id
), target AS (
    INSERT INTO route_target (rule_id, place, carrier_id, weight)
    SELECT rule.id, place, carrier_id, weight
    FROM rule, json_to_recordset(%(targets)s) AS each (place smallint, carrier_id integer, weight integer)
)
SELECT id FROM rule
"""

_COLUMNS = """
SELECT team.code, (
           SELECT json_agg(json_build_array(carrier.name, carrier_id, weight) ORDER BY place)
           FROM route_target JOIN carrier ON carrier.id = carrier_id WHERE rule_id = route_rule.id
       ), route_rule.id, priority, team_id, prefix, network, sender, sender_class, lane, origin, coding, policy
FROM route_rule LEFT JOIN team ON team.id = team_id
"""

LIST = _COLUMNS + "ORDER BY priority, route_rule.id"

FIND = _COLUMNS + "WHERE route_rule.id = %(id)s"

# Two rules that ask for the same at one priority cannot be told apart: see the index `route_rule_once`.
CHANGE = """
UPDATE route_rule SET priority = %(priority)s, prefix = %(prefix)s, network = %(network)s, team_id = %(team_id)s,
    sender = %(sender)s, sender_class = %(sender_class)s, lane = %(lane)s, origin = %(origin)s, coding = %(coding)s,
    policy = %(policy)s
WHERE id = %(id)s AND NOT EXISTS (
    SELECT FROM route_rule AS other WHERE other.id <> %(id)s AND other.priority = %(priority)s AND other.prefix = %(prefix)s
    AND (other.network, other.team_id, other.sender, other.sender_class, other.lane, other.origin, other.coding)
        IS NOT DISTINCT FROM (%(network)s::text, %(team_id)s::integer, %(sender)s::text, %(sender_class)s::text,
                              %(lane)s::smallint, %(origin)s::smallint, %(coding)s::smallint))
"""

# Those who change rules take turns, so that none of them sees two that are the same come to be.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa.rules'), 0)"

DROP_TARGETS = "DELETE FROM route_target WHERE rule_id = %(id)s"

ADD_TARGETS = """
INSERT INTO route_target (rule_id, place, carrier_id, weight)
SELECT %(id)s, place, carrier_id, weight
FROM json_to_recordset(%(targets)s) AS each (place smallint, carrier_id integer, weight integer)
"""

DELETE = "DELETE FROM route_rule WHERE id = %(id)s"


def add_rule(txn: Txn, by: Actor, new: NewRule) -> NamedRule:
    """Keep a rule.

    Raises:
        NotFound: there is no such team or carrier.
        AlreadyExists: there is a rule of that priority which asks for just the same.
        BadValue: prefix, priority, weights, the carriers or a name.
    """
    txn.execute(TAKE_TURNS)
    txn.execute(INSERT, _values(txn, new))
    row = txn.fetchone()
    if row is None:
        raise _same()
    made = find_rule(txn, row[0])
    trail.note(txn, by, "rule.create", str(made.rule.id), team_id=None, after=_told(made))
    return made


def list_rules(txn: Txn) -> list[NamedRule]:
    """Return all rules, by priority and age."""
    txn.execute(LIST)
    return [_named(*row) for row in txn.fetchall()]


def find_rule(txn: Txn, rule_id: int) -> NamedRule:
    """Return the rule of an id.

    Raises:
        NotFound: there is none.
    """
    txn.execute(FIND, {"id": rule_id})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"there is no rule {rule_id}")
    return _named(*row)


def change_rule(txn: Txn, by: Actor, rule_id: int, new: NewRule) -> NamedRule:
    """Put another rule in the place of one, under its number.

    Raises:
        NotFound: there is none of that id, or no such team or carrier.
        AlreadyExists, BadValue: as `add_rule` says.
    """
    txn.execute(TAKE_TURNS)
    before = find_rule(txn, rule_id)
    values = {**_values(txn, new), "id": rule_id}
    txn.execute(CHANGE, values)
    if not txn.rowcount:
        raise _same()
    txn.execute(DROP_TARGETS, values)
    txn.execute(ADD_TARGETS, values)
    after = find_rule(txn, rule_id)
    was, now = _told(before), _told(after)
    trail.note(txn, by, "rule.change", str(rule_id), team_id=None, before=was, after=now)
    return after


def remove_rule(txn: Txn, by: Actor, rule_id: int) -> NamedRule:
    """Take a rule away, and return what it was.

    Raises:
        NotFound: there is none of that id.
    """
    found = find_rule(txn, rule_id)
    txn.execute(DELETE, {"id": rule_id})
    trail.note(txn, by, "rule.remove", str(rule_id), team_id=None, before=_told(found))
    return found


def read_rule(
    targets: Sequence[Sequence[int]],
    rule_id: int,
    priority: int,
    team_id: int | None,
    prefix: str,
    network: str | None,
    sender: str | None,
    sender_class: str | None,
    lane: int | None,
    origin: int | None,
    coding: int | None,
    policy: str,
) -> Rule:
    """Build a rule of its row; `targets` are ids of carriers with their weights, in order."""
    return Rule(
        id=rule_id,
        targets=tuple(Target(*each) for each in targets),
        policy=Policy(policy),
        priority=priority,
        prefix=prefix,
        network=network,
        team_id=team_id,
        sender=sender,
        sender_class=sender_class,
        lane=None if lane is None else Lane(lane),
        origin=None if origin is None else Origin(origin),
        coding=None if coding is None else Coding(coding),
    )


def _values(txn: Txn, new: NewRule) -> dict[str, Any]:
    """Return a rule as the statements take it.

    Raises:
        NotFound: there is no such team or carrier.
        BadValue: prefix, priority, weights, the carriers or a name.
    """
    _check(new)
    targets = [
        {"place": place, "carrier_id": carriers.find_carrier(txn, name).id, "weight": weight}
        for place, (name, weight) in enumerate(new.targets, start=1)
    ]
    if len({target["carrier_id"] for target in targets}) < len(targets):
        raise BadValue("a rule names each of its carriers once")
    values: dict[str, Any] = attrs.asdict(new, filter=attrs.filters.exclude("team", "targets"))
    values["team_id"] = None if new.team is None else teams.find_team_id(txn, new.team)
    values["targets"] = orjson.dumps(targets).decode()
    return {name: None if value is None else _plain(value) for name, value in values.items()}


def _same() -> AlreadyExists:
    return AlreadyExists("a rule of this priority asks for the same already; remove it, or say another priority")


def _told(found: NamedRule) -> dict[str, Any]:
    """Return of a rule what the trail tells."""
    rule = found.rule
    weights = [target.weight for target in rule.targets]
    asked = attrs.asdict(rule, recurse=False, filter=lambda field, value: value is not None)
    del asked["id"], asked["targets"]
    asked.pop("team_id", None)
    return {**asked, "team": found.team, "carriers": dict(zip(found.carriers, weights, strict=True))}


def _named(team: str | None, targets: Sequence[tuple[str, int, int]], *asked: Any) -> NamedRule:
    rule = read_rule([target[1:] for target in targets], *asked)
    return NamedRule(rule, team, tuple(target[0] for target in targets))


def _check(new: NewRule) -> None:
    if not _PREFIX.fullmatch(new.prefix):
        raise BadValue(f"a prefix is up to 15 digits, or empty for all others; {new.prefix!r} is not")
    if not 0 <= new.priority <= PRIORITY_MAX:
        raise BadValue(f"a priority is a whole number from 0 to {PRIORITY_MAX}, not {new.priority}")
    if not 1 <= len(new.targets) <= TARGETS_MAX:
        raise BadValue(f"a rule names 1 to {TARGETS_MAX} carriers, not {len(new.targets)}")
    for name, weight in new.targets:
        if not 0 <= weight <= WEIGHT_MAX:
            raise BadValue(f"a weight is a whole number from 0 to {WEIGHT_MAX}; that of {name} is not")
    for what, text in (("network", new.network), ("sender", new.sender)):
        if text is not None and (not text or not text.isprintable()):
            raise BadValue(f"a {what}'s name has characters, and all can be shown; {text!r} is none")
    if new.sender_class is not None and new.sender_class not in set(SenderClass):
        raise BadValue(f"a class is one of {', '.join(SenderClass)}; {new.sender_class!r} is none")


def _plain(value: object) -> object:
    """Return an enumeration's value as SQL has it."""
    return int(value) if isinstance(value, int) else str(value)
