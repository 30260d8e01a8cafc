"""`mobilesasa route …`: routes, which are a prefix and a carrier, rules, which ask for more, and why a message goes where."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Group

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, table
from mobilesasa.core.administration import NamedRule, NewRule
from mobilesasa.core.errors import NotFound
from mobilesasa.core.explaining import Explained, explain
from mobilesasa.core.gateway import read_number
from mobilesasa.core.model import Coding, Lane, Origin, Submission
from mobilesasa.core.routing import DEFAULT_PRIORITY, Live, Policy
from mobilesasa.core.senders import SenderClass
from mobilesasa.core.teams import RouteRecord
from mobilesasa.node.rulepacks import packs_of
from mobilesasa.store import carriers, directory, networks, rules
from mobilesasa.store.database import Txn


@click.group()
def route() -> None:
    """Routes and rules: which messages go to which carriers."""


def _choice(name: str, members: type[Lane | Origin | Coding], about: str) -> Any:
    words = {member.name.lower(): member for member in members}

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> object:
        return None if value is None else words[value]

    return click.option(f"--{name}", type=click.Choice(list(words)), callback=read, help=about)


_prefix = click.option(
    "--prefix",
    metavar="P",
    help="Digits that the numbers begin with, country code first; '' for all others.",
)


@route.command()
@_prefix
@click.option(
    "--carrier", "named", multiple=True, required=True, metavar="NAME[:WEIGHT]", help="Who takes them; again for more."
)
@click.option(
    "--priority", type=int, default=DEFAULT_PRIORITY, show_default=True, metavar="N", help="The lowest goes first."
)
@click.option("--team", metavar="CODE", help="Only messages of this team.")
@click.option("--sender", metavar="NAME", help="Only from this sender.")
@click.option(
    "--class",
    "sender_class",
    type=click.Choice([each.value for each in SenderClass]),
    help="Only from senders that are for this.",
)
@click.option("--network", metavar="N", help="Only to numbers of this network, by its name or its MCC and MNC.")
@_choice("lane", Lane, "Only those of this lane.")
@_choice("origin", Origin, "Only those that came in by this door.")
@_choice("coding", Coding, "Only those in this coding.")
@click.option("--policy", type=click.Choice([each.value for each in Policy]), help="How the carriers are put in order.")
@answering
def add(
    node: Node, prefix: str | None, named: tuple[str, ...], priority: int, policy: str | None, **asked: Any
) -> Answer:
    """Send messages to carriers.

    A prefix and one carrier make a route: the longest prefix decides, and of several carriers of a prefix the one with the
    lowest priority is tried first. With anything more it is a rule: rules are looked at by priority, those that ask for
    more than a prefix before the routes of the same priority, which is 100.
    """
    if prefix is None and not any(value is not None for value in asked.values()):
        raise click.UsageError("say --prefix ('' for all others), or which messages otherwise")
    digits = (prefix or "").removeprefix("+")
    targets, weighted = _targets(named)
    if weighted and policy not in (None, Policy.WEIGHTED.value):
        raise click.UsageError(f"weights go with --policy weighted, not with {policy}")
    is_route = policy is None and not weighted and len(targets) == 1 and not any(v is not None for v in asked.values())
    if is_route:
        name = targets[0][0]
        return _route_answer(node.run(carriers.add_route, operator(), digits, name, priority), name)
    chosen = Policy.WEIGHTED if weighted else Policy(policy or Policy.FAILOVER)
    new = NewRule(targets=targets, policy=chosen, priority=priority, prefix=digits, **asked)
    return _rule_answer(node.run(rules.add_rule, operator(), new))


def _targets(named: tuple[str, ...]) -> tuple[list[tuple[str, int]], bool]:
    """Return the carriers with their weights, and whether any weight was said."""
    targets: list[tuple[str, int]] = []
    for each in named:
        name, colon, weight = each.partition(":")
        if colon and not (weight.isascii() and weight.isdigit()):
            raise click.UsageError(f"--carrier {each}: a weight is a whole number, as in {name}:70")
        targets.append((name, int(weight) if colon else 1))
    return targets, any(":" in each for each in named)


@route.command(name="list")
@answering
def list_(node: Node) -> Answer:
    """List the rules and the routes."""

    def find(txn: Txn) -> tuple[list[NamedRule], list[tuple[RouteRecord, str]]]:
        return rules.list_rules(txn), carriers.list_routes(txn)

    found_rules, found_routes = node.run(find)
    routes = [_route_fields(each, name) for each, name in found_routes]
    rows = [[each["prefix"] or "all others", each["carrier"], each["priority"]] for each in routes]
    shown = table(("prefix", "carrier", "priority"), rows)
    if not found_rules:
        return Answer({"routes": routes}, shown)
    columns = ("rule", "priority", "asks for", "policy", "carriers")
    lines = [
        [each.rule.id, each.rule.priority, _asks(each), each.rule.policy.value, _carriers(each)] for each in found_rules
    ]
    fields = {"routes": routes, "rules": [_rule_fields(each) for each in found_rules]}
    return Answer(fields, Group(table(columns, lines), shown))


@route.command()
@_prefix
@click.option("--carrier", "name", metavar="NAME", help="Of several at this prefix, the one to this carrier.")
@click.option("--rule", "rule_id", type=int, metavar="N", help="A rule, by its number.")
@answering
def remove(node: Node, prefix: str | None, name: str | None, rule_id: int | None) -> Answer:
    """Take a route or a rule away; what has been accepted still goes where it was to go."""
    if (prefix is None) == (rule_id is None):
        raise click.UsageError("say either --prefix, for a route, or --rule")
    if rule_id is not None and name is not None:
        raise click.UsageError("--carrier is of routes; a rule goes whole")
    if rule_id is not None:
        return _rule_answer(node.run(rules.remove_rule, operator(), rule_id))
    removed, carrier_name = node.run(carriers.remove_route, operator(), (prefix or "").removeprefix("+"), name)
    return _route_answer(removed, carrier_name)


@route.command(name="explain")
@click.option("--to", required=True, metavar="N", help="The number.")
@click.option("--team", "code", required=True, metavar="C", help="Whose message, by the team's code.")
@click.option("--sender", metavar="S", help="From which sender; else the team's default.")
@click.option("--text", metavar="T", help="What it says, which decides its coding and parts.")
@_choice("lane", Lane, "In which lane; transactional if not said.")
@_choice("origin", Origin, "By which door; api if not said.")
@answering
def explain_(
    node: Node, to: str, code: str, sender: str | None, text: str | None, lane: Lane | None, origin: Origin | None
) -> Answer:
    """Say where a message would go, and why; nothing is sent.

    It reads the store: which carriers are in trouble just now, a running node alone knows, and tells by
    GET /api/v1/routes/explain.
    """
    max_parts, packs = node.settings.messages.max_parts, packs_of(node.settings)

    def find(txn: Txn) -> Explained:
        known = directory.load(txn)
        team = known.team_by_code(code)
        if team is None:
            raise NotFound(f"there is no team {code.upper()}")
        lane_asked, origin_asked = lane or Lane.TRANSACTIONAL, origin or Origin.API
        asked = Submission(team.id, sender, to, text, lane=lane_asked, origin=origin_asked)
        live = Live()
        live.learned.fill(networks.learned(txn, read_number(asked, team)))
        return explain(known, live, asked, max_parts, packs, frank=True)

    return _explained(node.run(find))


def _explained(found: Explained) -> Answer:
    network = found.network
    said = {"name": network.name, "source": network.source.value, "prefix": network.prefix} if network else None
    fields = {
        "to": found.recipient,
        "sender": found.sender,
        "class": found.sender_class,
        "lane": found.lane.name.lower(),
        "origin": found.origin.name.lower(),
        "coding": found.coding.name.lower(),
        "parts": found.parts,
        "price_units": found.price_units,
        "network": said,
        "network_why": found.network_why,
        "rules": [{"rule": each.rule, "matched": each.matched, "why": each.why} for each in found.looked],
        "other_routes": found.other_routes,
        "carriers": list(found.carriers),
        "why": list(found.why),
    }
    rows = [[each.rule, each.matched, each.why] for each in found.looked]
    facts = {
        name: fields[name] for name in ("to", "sender", "class", "lane", "origin", "coding", "parts", "price_units")
    }
    others: dict[str, object] = {"routes of other prefixes": found.other_routes} if found.other_routes else {}
    decided = {"carriers": found.carriers or "none", "why": "; ".join(found.why)}
    shown = Group(
        card({**facts, "network": found.network_why}), table(("rule", "fits", "why"), rows), card(others | decided)
    )
    return Answer(fields, shown, status=0 if found.carriers else 1)


def _route_fields(found: RouteRecord, carrier_name: str) -> dict[str, object]:
    return {"prefix": found.prefix, "carrier": carrier_name, "priority": found.priority}


def _route_answer(found: RouteRecord, carrier_name: str) -> Answer:
    fields = _route_fields(found, carrier_name.lower())
    return Answer(fields, card({**fields, "prefix": found.prefix or "all others"}))


def _asked(found: NamedRule) -> dict[str, object]:
    """Return what a rule asks for beside the prefix, as the options of `add` have it."""
    rule = found.rule
    coded = {name: getattr(rule, name) for name in ("lane", "origin", "coding")}
    words = {name: None if member is None else member.name.lower() for name, member in coded.items()}
    return {"team": found.team, "sender": rule.sender, "class": rule.sender_class, "network": rule.network, **words}


def _asks(found: NamedRule) -> str:
    asked = {"prefix": found.rule.prefix or None, **_asked(found)}
    return ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None) or "nothing"


def _carriers(found: NamedRule) -> str:
    if found.rule.policy is not Policy.WEIGHTED:
        return ", ".join(found.carriers)
    pairs = zip(found.carriers, found.rule.targets, strict=True)
    return ", ".join(f"{name}:{target.weight}" for name, target in pairs)


def _rule_fields(found: NamedRule) -> dict[str, object]:
    pairs = zip(found.carriers, found.rule.targets, strict=True)
    return {
        "rule": found.rule.id,
        "priority": found.rule.priority,
        "prefix": found.rule.prefix,
        **_asked(found),
        "policy": found.rule.policy.value,
        "carriers": [{"name": name, "weight": target.weight} for name, target in pairs],
    }


def _rule_answer(found: NamedRule) -> Answer:
    lines = {"rule": found.rule.id, "priority": found.rule.priority, "asks for": _asks(found)}
    decided = {"policy": found.rule.policy.value, "carriers": _carriers(found)}
    return Answer(_rule_fields(found), card(lines | decided))
