"""Routes and rules as administrators send and see them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypedDict

import attrs

from mobilesasa.api.requests import Said
from mobilesasa.api.resources.routing import ExplainRoute
from mobilesasa.core.administration import NamedRule, NewRule
from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.routing import DEFAULT_PRIORITY, TARGETS_MAX, Policy
from mobilesasa.core.teams import RouteRecord

ClassWord = Literal["transactional", "promotional", "otp"]
_PREFIX: Final = "Digits that numbers begin with, country code first; empty: all others"
_PRIORITY: Final = "The lowest goes first"


@attrs.frozen(kw_only=True)
class CreateRoute:
    """A prefix and the carrier that it leads to."""

    prefix: Annotated[str, Said(_PREFIX, example="254")]
    carrier: Annotated[str, Said("Its name", example="savanna")]
    priority: Annotated[int, Said("Of several of a prefix the lowest is tried first", minimum=0, maximum=2**31 - 1)] = (
        DEFAULT_PRIORITY
    )


@attrs.frozen(kw_only=True)
class ChangeRoute:
    """Another place among the routes of a prefix."""

    priority: Annotated[int, Said("The lowest is tried first", minimum=0, maximum=2**31 - 1, example=50)]


@attrs.frozen(kw_only=True)
class RuleTarget:
    """A carrier of a rule."""

    name: Annotated[str, Said("Its name", example="savanna")]
    weight: Annotated[int, Said("Its share, where the policy is weighted", minimum=0, maximum=1_000_000)] = 1


@attrs.frozen(kw_only=True)
class WriteRule:
    """Messages that have all that is asked for go to these carriers; what is left out is not asked for."""

    carriers: Annotated[
        list[RuleTarget], Said("The first goes first", most=TARGETS_MAX, example=({"name": "savanna", "weight": 1},))
    ]
    policy: Annotated[Literal["failover", "weighted", "least_cost"], Said("How the carriers are put in order")] = (
        "failover"
    )
    priority: Annotated[int, Said(_PRIORITY, minimum=0, maximum=2**31 - 1)] = DEFAULT_PRIORITY
    prefix: Annotated[str, Said(_PREFIX)] = ""
    network: Annotated[str | None, Said("Of the number, by its name or its MCC and MNC", example="Safaricom")] = None
    team: Annotated[str | None, Said("Code of the team that sends")] = None
    sender: Annotated[str | None, Said("Name of the sender", example="MYAPP")] = None
    sender_class: Annotated[ClassWord | None, Said("What the sender is for", example="promotional")] = None
    lane: Annotated[Literal["transactional", "bulk"] | None, Said("In which it waits")] = None
    origin: Annotated[Literal["api", "smpp"] | None, Said("The door by which it came in")] = None
    coding: Annotated[Literal["gsm7", "ucs2", "binary"] | None, Said("In which it is sent")] = None

    def rule(self) -> NewRule:
        """Return the rule as the store takes it."""
        return NewRule(
            targets=[(each.name, each.weight) for each in self.carriers],
            policy=Policy(self.policy),
            priority=self.priority,
            prefix=self.prefix.removeprefix("+"),
            network=self.network,
            team=self.team,
            sender=self.sender,
            sender_class=self.sender_class,
            lane=None if self.lane is None else Lane[self.lane.upper()],
            origin=None if self.origin is None else Origin[self.origin.upper()],
            coding=None if self.coding is None else Coding[self.coding.upper()],
        )


@attrs.frozen(kw_only=True)
class ExplainAnyRoute(ExplainRoute):
    """A message that a team might send."""

    team: Annotated[str, Said("The team's code", example="ACME2024")]


class RouteShown(TypedDict):
    """A prefix and the carrier that it leads to."""

    prefix: Annotated[str, Said(_PREFIX, example="254")]
    carrier: Annotated[str, Said("Its name", example="savanna")]
    priority: Annotated[int, Said("Of several of a prefix the lowest is tried first", example=100)]


class RouteList(TypedDict):
    """All routes."""

    items: list[RouteShown]


class RuleTargetShown(TypedDict):
    """A carrier of a rule."""

    name: Annotated[str, Said("Its name", example="savanna")]
    weight: Annotated[int, Said("Its share, where the policy is weighted", example=1)]


class WrittenRule(TypedDict):
    """A rule; what is null is not asked for."""

    id: Annotated[int, Said("Its number", example=7)]
    priority: Annotated[int, Said(_PRIORITY, example=100)]
    prefix: Annotated[str, Said(_PREFIX, example="254")]
    network: Annotated[str | None, Said("Of the number, by its name or its MCC and MNC", example="Safaricom")]
    team: Annotated[str | None, Said("Code of the team that sends", example="ACME2024")]
    sender: Annotated[str | None, Said("Name of the sender", example="MYAPP")]
    sender_class: Annotated[ClassWord | None, Said("What the sender is for")]
    lane: Annotated[Literal["transactional", "bulk"] | None, Said("In which it waits")]
    origin: Annotated[Literal["api", "smpp"] | None, Said("The door by which it came in")]
    coding: Annotated[Literal["gsm7", "ucs2", "binary"] | None, Said("In which it is sent")]
    policy: Annotated[Literal["failover", "weighted", "least_cost"], Said("How the carriers are put in order")]
    carriers: list[RuleTargetShown]


class RuleList(TypedDict):
    """All rules."""

    items: list[WrittenRule]


def route_of(found: RouteRecord, carrier: str) -> RouteShown:
    """Return a route as an administrator sees it."""
    return {"prefix": found.prefix, "carrier": carrier.lower(), "priority": found.priority}


def rule_of(found: NamedRule) -> WrittenRule:
    """Return a rule as an administrator sees it."""
    rule = found.rule
    pairs = zip(found.carriers, rule.targets, strict=True)
    sender_class: Any = rule.sender_class
    return {
        "id": rule.id,
        "priority": rule.priority,
        "prefix": rule.prefix,
        "network": rule.network,
        "team": found.team,
        "sender": rule.sender,
        "sender_class": sender_class,
        "lane": _word(rule.lane),
        "origin": _word(rule.origin),
        "coding": _word(rule.coding),
        "policy": rule.policy.value,
        "carriers": [{"name": name, "weight": target.weight} for name, target in pairs],
    }


def _word(member: Lane | Origin | Coding | None) -> Any:
    """Return the word for a member, which is one of the literals above."""
    return None if member is None else member.name.lower()
