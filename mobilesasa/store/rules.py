"""Rules of routing, as the operator set them; plain routes are in `store.carriers`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs
import orjson

from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.routing import DEFAULT_PRIORITY, TARGETS_MAX, Policy, Rule, Target
from mobilesasa.store import carriers, teams
from mobilesasa.store.carriers import PRIORITY_MAX
from mobilesasa.store.database import Txn

WEIGHT_MAX = 1_000_000

_PREFIX = re.compile(r"[0-9]{0,15}")

INSERT = """
WITH rule AS (
    INSERT INTO route_rule (priority, prefix, network, team_id, sender, lane, origin, coding, policy)
    VALUES (%(priority)s, %(prefix)s, %(network)s, %(team_id)s, %(sender)s, %(lane)s, %(origin)s, %(coding)s, %(policy)s)
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
       ), route_rule.id, priority, team_id, prefix, network, sender, lane, origin, coding, policy
FROM route_rule LEFT JOIN team ON team.id = team_id
"""

LIST = _COLUMNS + "ORDER BY priority, route_rule.id"

FIND = _COLUMNS + "WHERE route_rule.id = %(id)s"

DELETE = "DELETE FROM route_rule WHERE id = %(id)s"


@attrs.frozen(kw_only=True)
class NewRule:
    """A rule that is to be; what is None is not asked for."""

    targets: Sequence[tuple[str, int]]  # names of carriers and weights, the first goes first
    policy: Policy = Policy.FAILOVER
    priority: int = DEFAULT_PRIORITY
    prefix: str = ""
    network: str | None = None
    team: str | None = None  # its code
    sender: str | None = None
    lane: Lane | None = None
    origin: Origin | None = None
    coding: Coding | None = None


@attrs.frozen
class NamedRule:
    """A rule with the names of what it speaks of."""

    rule: Rule
    team: str | None  # its code
    carriers: tuple[str, ...]  # in the order of the rule's targets


def add_rule(txn: Txn, new: NewRule) -> NamedRule:
    """Keep a rule.

    Raises:
        NotFound: there is no such team or carrier.
        AlreadyExists: there is a rule of that priority which asks for just the same.
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
    txn.execute(INSERT, {name: None if value is None else _plain(value) for name, value in values.items()})
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists("a rule of this priority asks for the same already; remove it, or say another priority")
    return find_rule(txn, row[0])


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


def remove_rule(txn: Txn, rule_id: int) -> NamedRule:
    """Take a rule away, and return what it was.

    Raises:
        NotFound: there is none of that id.
    """
    found = find_rule(txn, rule_id)
    txn.execute(DELETE, {"id": rule_id})
    return found


def read_rule(
    targets: Sequence[Sequence[int]],
    rule_id: int,
    priority: int,
    team_id: int | None,
    prefix: str,
    network: str | None,
    sender: str | None,
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
        lane=None if lane is None else Lane(lane),
        origin=None if origin is None else Origin(origin),
        coding=None if coding is None else Coding(coding),
    )


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


def _plain(value: object) -> object:
    """Return an enumeration's value as SQL has it."""
    return int(value) if isinstance(value, int) else str(value)
