"""Why a message would go where it would go, in sentences: what `routing.Router.choose` decides, told slowly.

The team may ask this of its own messages. It learns the names of carriers and what concerns it: nothing of rules for
other teams, of what others' rules ask for, or of what the operator pays. The operator is told all of it (`frank`).
"""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.core.errors import TeamSuspended
from mobilesasa.core.gateway import lane_of, measure, read_number
from mobilesasa.core.model import Coding, Lane, Origin, Submission
from mobilesasa.core.networks import FoundNetwork, NetworkSource
from mobilesasa.core.routing import EXACT, Facts, Live, Policy, Rule, Standing, Way
from mobilesasa.core.rulepacks import RulePacks, Rules
from mobilesasa.core.senders import sender_for
from mobilesasa.core.teams import Directory, Team

SAMPLE_TEXT: Final = "Hello"  # for those who ask without a text

_SOURCES: Final = {
    NetworkSource.LEARNED: "a carrier said so in a receipt",
    NetworkSource.OPERATOR: "the operator said so of prefix {prefix}",
    NetworkSource.PHONENUMBERS: "the numbering plan says so of prefix {prefix}; the number may have moved",
}
_STANDINGS: Final = {Standing.THROTTLED: "throttled", Standing.DOWN: "down"}


@attrs.frozen
class Looked:
    """A rule that was looked at."""

    rule: str  # "rule 7", "the route of prefix 254" or "the default route"
    matched: bool
    why: str  # a sentence


@attrs.frozen(kw_only=True)
class Explained:
    """Where a message would go, what it would cost, and why."""

    recipient: str  # E.164 without the plus
    sender: str
    sender_class: str  # of `core.senders.SenderClass`
    lane: Lane
    origin: Origin
    coding: Coding
    parts: int
    price_units: int
    network: FoundNetwork | None
    network_why: str  # a sentence
    looked: tuple[Looked, ...]  # up to the one that decides, those left out which are routes of other prefixes
    other_routes: int  # how many those were
    carriers: tuple[str, ...]  # names, in the order in which they would be tried; none: the message would be refused
    why: tuple[str, ...]  # sentences about that order


def explain(
    known: Directory, live: Live, asked: Submission, max_parts: int, rules: RulePacks, *, frank: bool
) -> Explained:
    """Tell what would become of a message, at whatever time; nothing is stored or charged.

    Args:
        known, live: the configuration, and which carriers are in trouble and what was learned of numbers.
        asked: the message; its text None asks for a short one.
        max_parts, rules: the most that one message may have, and what countries ask of messages.
        frank: tell the operator's secrets too.

    Raises:
        Refused: the message would not come as far as routing.
    """
    team = _team_of(known, asked)
    recipient = read_number(asked, team)
    sender = sender_for(known, live, team, asked.sender, recipient)
    lane = lane_of(asked, sender.sender_class)
    coding, parts = _measured(asked, max_parts, rules.find(sender.sender_class, recipient))
    facts = Facts(team.id, sender.name, recipient, lane, asked.origin, coding, "", sender.sender_class)
    told = _Telling(known, live, facts, network := known.router.network(facts, live), frank)
    looked, other_routes, way = told.looked()
    carriers = () if way is None else known.router.order(way, facts, live.troubles)
    return Explained(
        recipient=recipient,
        sender=sender.name,
        sender_class=sender.sender_class,
        lane=lane,
        origin=asked.origin,
        coding=coding,
        parts=parts,
        price_units=parts * known.units_a_part(recipient),
        network=network,
        network_why=_network_why(network),
        looked=looked,
        other_routes=other_routes,
        carriers=tuple(told.name(carrier_id) for carrier_id in carriers),
        why=told.order_why(way, carriers),
    )


def _team_of(known: Directory, asked: Submission) -> Team:
    team = known.teams.get(asked.team_id)
    if team is None or team.suspended:
        raise TeamSuspended("the team is suspended; ask the operator of this platform")
    return team


def _measured(asked: Submission, max_parts: int, rules: Rules | None) -> tuple[Coding, int]:
    if asked.text is None:
        asked = attrs.evolve(asked, text=SAMPLE_TEXT)
    return measure(asked, max_parts, rules)[1:]


def rule_name(rule: Rule) -> str:
    """Return what people call a rule; routes have no number."""
    if rule.id:
        return f"rule {rule.id}"
    return f"the route of prefix {rule.prefix}" if rule.prefix else "the default route"


def _network_why(network: FoundNetwork | None) -> str:
    if network is None:
        return "nobody knows the network of this number"
    return f"{network.name}: {_SOURCES[network.source].format(prefix=network.prefix)}"


@attrs.frozen
class _Telling:
    """Makes the sentences about one message."""

    _known: Directory
    _live: Live
    _facts: Facts
    _network: FoundNetwork | None
    _frank: bool

    def name(self, carrier_id: int) -> str:
        """Return the name of a carrier of the directory."""
        return self._known.carriers[carrier_id].name

    def looked(self) -> tuple[tuple[Looked, ...], int, Way | None]:
        """Return the rules that are looked at, how many routes are of other prefixes, and what decides."""
        found: list[Looked] = []
        other_routes = 0
        for way in self._known.router.ways:
            missing = way.mismatch(self._facts, self._network)
            if missing == "prefix" and not way.rule.id:
                other_routes += 1
                continue
            if not self._frank and way.rule.team_id not in (None, self._facts.team_id):
                continue
            matched = missing is None and bool(way.carriers)
            found.append(Looked(rule_name(way.rule), matched, self._looked_why(way, missing)))
            if matched:
                return tuple(found), other_routes, way
        return tuple(found), other_routes, None

    def _looked_why(self, way: Way, missing: str | None) -> str:
        if missing is not None:
            return self._missing_why(way.rule, missing)
        if not way.carriers:
            return "it fits, but all its carriers are disabled"
        if not way.rule.id:
            return "the longest prefix that fits decides" if way.rule.prefix else "it takes what nothing else does"
        asked = [_WORDS[name] for name in ("prefix", *EXACT, "network") if getattr(way.rule, name) not in (None, "")]
        return f"it fits by {', '.join(asked)}" if asked else "it asks for nothing, so it takes all"

    def _missing_why(self, rule: Rule, missing: str) -> str:
        wanted = self._shown(missing, getattr(rule, missing))
        here = self._shown(missing, getattr(self._facts, missing, None))
        match missing:
            case "prefix":
                return f"the number does not begin with {rule.prefix}"
            case "network":
                here = "not known" if self._network is None else self._network.name
        if not self._frank and missing == "sender":
            return f"it is for another sender than {here}"
        return f"it is for {_WORDS[missing]} {wanted}, and this is {here}"

    def _shown(self, name: str, value: object) -> str:
        if name == "team_id":
            team = self._known.teams.get(value) if isinstance(value, int) else None
            return str(value) if team is None else team.code
        return value.name.lower() if isinstance(value, Lane | Origin | Coding) else str(value)

    def order_why(self, way: Way | None, carriers: tuple[int, ...]) -> tuple[str, ...]:
        """Return sentences about the order of the carriers."""
        if way is None:
            return ("no rule and no route takes this message, so it would be refused (no_route)",)
        return (*self._policy_why(way, carriers), *self._trouble_why(way, carriers))

    def _policy_why(self, way: Way, carriers: tuple[int, ...]) -> list[str]:
        if len(carriers) == 1:
            return [f"{self.name(carriers[0])} is the only carrier"]
        if way.rule.policy is Policy.WEIGHTED:
            total = sum(way.weights[carrier_id] for carrier_id in carriers) or 1
            shares = [f"{self.name(each)} {way.weights[each] / total:.0%}" for each in way.carriers]
            return [
                f"the first carrier is drawn for each message: {', '.join(shares)}; the others follow in that order"
            ]
        if way.rule.policy is Policy.LEAST_COST:
            if not self._frank:
                return ["the cheapest carrier goes first"]
            return [f"the cheapest carrier goes first: {', '.join(map(self._cost, carriers))}"]
        return ["the carriers are tried in the order of the rule" if way.rule.id else "the lowest number goes first"]

    def _cost(self, carrier_id: int) -> str:
        cost_micro = self._known.router.cost(carrier_id, self._facts.number)
        return f"{self.name(carrier_id)} {'without a price' if cost_micro is None else money(cost_micro)}"

    def _trouble_why(self, way: Way, carriers: tuple[int, ...]) -> list[str]:
        behind = " and goes behind the others" if len(carriers) > 1 else ""
        said = [
            f"{self.name(each)} is {_STANDINGS[self._live.troubles[each]]}{behind}"
            for each in carriers
            if self._live.troubles.get(each, Standing.UP) is not Standing.UP
        ]
        named = [target.carrier_id for target in way.rule.targets if target.carrier_id in self._known.carriers]
        return said + [f"{self.name(each)} is disabled and passed over" for each in named if each not in carriers]


def money(cost_micro: int) -> str:
    """Write millionths as people write money: as many decimals as it needs, two at least."""
    whole, micro = divmod(cost_micro, 1_000_000)
    decimals = f"{micro:06}".rstrip("0")
    return f"{whole}.{decimals:0<2}"


_WORDS: Final = {
    "prefix": "prefix",
    "network": "network",
    "team_id": "team",
    "sender": "sender",
    "sender_class": "class",
    "lane": "lane",
    "origin": "door",
    "coding": "coding",
}
