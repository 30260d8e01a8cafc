"""Which carriers may take a message, and in which order.

How to think about it: rules stand in one row, and the first that fits a message decides. The row is in the order of
priority (the lowest number first); of one priority those that ask for more than a prefix come first, and then the longest
prefix. A route (`teams.RouteRecord`) is the smallest of rules: a prefix and nothing else, priority 100. A rule without
an enabled carrier is passed over. What a rule gives is a list of carriers: the first is tried, the others follow when it
does not take the message. Carriers in trouble stand behind the others.

Where there are routes alone, as on most nodes, a decision is one look-up of the longest prefix. Otherwise decisions are
remembered by all that the rules look at.
"""

from __future__ import annotations

import enum
from bisect import bisect
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final
from zlib import crc32

import attrs

from mobilesasa.core.model import Coding, Lane, MessageId, Origin
from mobilesasa.core.networks import FoundNetwork, LearnedNetworks, Networks
from mobilesasa.core.prefixes import PrefixTable
from mobilesasa.sms.networks import read_table
from mobilesasa.values import hot_value

DEFAULT_PRIORITY: Final = 100
TARGETS_MAX: Final = 10  # carriers of one rule
REMEMBERED_MAX: Final = 8192  # decisions

#: What a rule may ask for beside prefix and network: the message has to have just this.
EXACT: Final = ("team_id", "sender", "sender_class", "lane", "origin", "coding")


class Policy(enum.StrEnum):
    """How a rule puts its carriers in order."""

    FAILOVER = "failover"  # as they were named
    WEIGHTED = "weighted"  # the first is drawn by weight for each message, the others follow as they were named
    LEAST_COST = "least_cost"  # the cheapest first; those without a price last, equal ones as they were named


class Standing(enum.IntEnum):
    """How well a carrier takes messages now; a carrier stands behind all those that stand better."""

    UP = 0
    THROTTLED = 1
    DOWN = 2


@attrs.frozen
class Target:
    """A carrier of a rule."""

    carrier_id: int
    weight: int = 1  # its share among those of the rule, where the policy is WEIGHTED; 0: only after the others


@attrs.frozen(kw_only=True)
class Rule:
    """Messages that have all that is asked for here go to these carriers; what is None is not asked for."""

    id: int  # 0: a route
    targets: tuple[Target, ...]  # as the operator named them
    policy: Policy = Policy.FAILOVER
    priority: int = DEFAULT_PRIORITY  # the lowest is looked at first
    prefix: str = ""  # of the recipient, E.164 without the plus
    network: str | None = None  # of the recipient, its name (in any case) or its MCC and MNC
    team_id: int | None = None
    sender: str | None = None  # its name; carriers regard case, and so do we
    sender_class: str | None = None  # of `core.senders.SenderClass`: what the sender is for
    lane: Lane | None = None
    origin: Origin | None = None
    coding: Coding | None = None

    @property
    def asks_for_more(self) -> bool:
        """Whether it asks for anything but a prefix."""
        return self.network is not None or any(getattr(self, name) is not None for name in EXACT)


@hot_value
class Facts:
    """What rules may look at."""

    team_id: int
    sender: str
    number: str  # E.164 without the plus
    lane: Lane
    origin: Origin
    coding: Coding
    id: MessageId  # by which a carrier is drawn
    sender_class: str = "transactional"  # of `core.senders.SenderClass`


@attrs.define
class Live:
    """What changes faster than the rules do."""

    troubles: dict[int, Standing] = attrs.field(factory=dict)  # by carrier's id; only those that are not UP
    learned: LearnedNetworks = attrs.field(factory=LearnedNetworks)


@attrs.frozen
class Way:
    """A rule made ready: see `Router`."""

    rule: Rule
    exact: tuple[str, ...]  # those of `EXACT` that it asks for
    networks: frozenset[str]  # what its network may be called
    carriers: tuple[int, ...]  # the enabled ones, as they were named
    weights: Mapping[int, int]

    def mismatch(self, facts: Facts, network: FoundNetwork | None) -> str | None:
        """Return the name of the first thing that the message does not have; None when the rule fits."""
        if not facts.number.startswith(self.rule.prefix):
            return "prefix"
        for name in self.exact:
            if getattr(self.rule, name) != getattr(facts, name):
                return name
        if self.networks and (network is None or self.networks.isdisjoint((network.name.casefold(), network.code))):
            return "network"
        return None


class Router:
    """The rules of one moment, made ready for many decisions.

    Args:
        rules: in any order.
        enabled: the ids of the carriers that take messages.
        networks: which network a number is in.
        costs: what a part costs at a carrier, by carrier's id and prefix, in millionths of the operator's money.
    """

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        enabled: Container[int] = (),
        networks: Networks | None = None,
        costs: Mapping[int, PrefixTable[int]] | None = None,
    ) -> None:
        """Put the rules in order and make them ready."""
        self.networks = networks or Networks()
        self.ways: tuple[Way, ...] = tuple(self._way(rule, enabled) for rule in sorted(rules, key=_place))
        self._costs = costs or {}
        self._usable = [way for way in self.ways if way.carriers]
        self.asks_networks = any(way.networks for way in self._usable)  # whether anything depends on them
        if self.asks_networks:
            read_table()
        self._longest = max((len(way.rule.prefix) for way in self._usable), default=0)
        self._table = _prefix_table(self._usable)
        self._remembered: dict[tuple[object, ...], Way | None] = {}

    def choose(self, facts: Facts, live: Live) -> tuple[int, ...]:
        """Return the carriers' ids in the order in which they are to be tried; none when no rule fits."""
        way = self._table.find(facts.number) if self._table is not None else self._first(facts, live)
        if way is None:
            return ()
        if way.rule.policy is Policy.FAILOVER and not live.troubles:
            return way.carriers
        return self.order(way, facts, live.troubles)

    def network(self, facts: Facts, live: Live) -> FoundNetwork | None:
        """Return the network of the recipient, or None."""
        return self.networks.find(facts.number, live.learned)

    def order(self, way: Way, facts: Facts, troubles: Mapping[int, Standing]) -> tuple[int, ...]:
        """Return the carriers of a way in the order for one message."""
        carriers: Sequence[int] = way.carriers
        if way.rule.policy is Policy.LEAST_COST:
            carriers = sorted(carriers, key=lambda carrier_id: _price_place(self.cost(carrier_id, facts.number)))
        if troubles:
            carriers = sorted(carriers, key=lambda carrier_id: troubles.get(carrier_id, Standing.UP))
        if way.rule.policy is Policy.WEIGHTED:
            best = troubles.get(carriers[0], Standing.UP)
            drawn = _draw([c for c in carriers if troubles.get(c, Standing.UP) is best], way.weights, facts.id)
            carriers = [drawn, *(carrier_id for carrier_id in carriers if carrier_id != drawn)]
        return tuple(carriers)

    def cost(self, carrier_id: int, number: str) -> int | None:
        """Return what a part to a number costs at a carrier, in millionths of the operator's money; None: not known."""
        table = self._costs.get(carrier_id)
        return None if table is None else table.find(number)

    def _first(self, facts: Facts, live: Live) -> Way | None:
        """Return the first way that fits, remembered by what the rules look at."""
        network = self.network(facts, live) if self.asks_networks else None
        named = None if network is None else (network.name, network.code)
        key = (
            facts.team_id,
            facts.sender,
            facts.sender_class,
            facts.lane,
            facts.origin,
            facts.coding,
            facts.number[: self._longest],
            named,
        )
        try:
            return self._remembered[key]
        except KeyError:
            way = next((way for way in self._usable if way.mismatch(facts, network) is None), None)
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[key] = way
        return way

    def _way(self, rule: Rule, enabled: Container[int]) -> Way:
        return Way(
            rule=rule,
            exact=tuple(name for name in EXACT if getattr(rule, name) is not None),
            networks=frozenset() if rule.network is None else self.networks.names_of(rule.network),
            carriers=tuple(target.carrier_id for target in rule.targets if target.carrier_id in enabled),
            weights={target.carrier_id: target.weight for target in rule.targets},
        )


def _place(rule: Rule) -> tuple[int, bool, int, bool, int]:
    """Return by what the rules stand in order; at one prefix a rule goes before the route."""
    return rule.priority, not rule.asks_for_more, -len(rule.prefix), rule.id == 0, rule.id


def _prefix_table(ways: Sequence[Way]) -> PrefixTable[Way] | None:
    """Return a table which decides as the ways do; None where more is asked for than a prefix, or not by its length."""
    if any(way.rule.asks_for_more for way in ways) or len({way.rule.priority for way in ways}) > 1:
        return None
    return PrefixTable({way.rule.prefix: way for way in reversed(ways)})


def _price_place(cost: int | None) -> tuple[bool, int]:
    return cost is None, cost or 0


def _draw(carriers: Sequence[int], weights: Mapping[int, int], message_id: MessageId) -> int:
    """Return the carrier on which a message falls: always the same for the same id, by weight over many ids."""
    edges = list(accumulate(weights[carrier_id] for carrier_id in carriers))
    point = crc32(message_id.encode()) % edges[-1] if edges[-1] else -1
    return carriers[bisect(edges, point)]
