"""What the API needs for the administrators of the platform: all that the command does, by the same functions of the store.

Each write raises `AccessEnded` when whoever makes it no longer may. A method that takes a `Reply` returns the octets that
it makes of what came of the call, kept under the call's mark in the same commit; it raises `Repeated` when the call has
been done before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from mobilesasa.api.ports.phones import Suppression
from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import (
    Cost,
    KeywordRecord,
    NamedRule,
    NewRule,
    NewTeam,
    NodeRecord,
    TeamChange,
    TeamRecord,
    UserChange,
    UserRecord,
)
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.retention import Month
from mobilesasa.core.scopes import Role
from mobilesasa.core.teams import CarrierRecord, RouteRecord


class Teams(Protocol):
    """The teams of the platform. An unknown uuid raises `NotFound`, what cannot be kept `BadValue`."""

    async def page(
        self, search: str | None, suspended: bool | None, *, limit: int, offset: int
    ) -> Sequence[TeamRecord]:
        """Return teams with a text in their code or name, suspended ones or others, newest first."""

    async def count(self, search: str | None, suspended: bool | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def team(self, uuid: str) -> TeamRecord:
        """Return one."""

    async def create(self, by: Actor, new: NewTeam, reply: Reply) -> bytes:
        """Make one without a token; `AlreadyExists` when its code is taken. The reply is of a `TeamRecord`."""

    async def change(self, by: Actor, uuid: str, change: TeamChange) -> TeamRecord:
        """Change one and return it."""

    async def add_units(self, by: Actor, uuid: str, units: int, note: str | None, reply: Reply) -> bytes:
        """Give units, or take some back, never more than there are. The reply is of the balance then."""


class Users(Protocol):
    """The people who may log in. An unknown uuid or team raises `NotFound`, what cannot be kept `BadValue`."""

    async def page(self, search: str | None, team_code: str | None, *, limit: int, offset: int) -> Sequence[UserRecord]:
        """Return users with a text in their address or name, or of a team, newest first."""

    async def count(self, search: str | None, team_code: str | None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""

    async def user(self, uuid: str) -> UserRecord:
        """Return one."""

    async def create(
        self, by: Actor, email: str, name: str | None, platform_admin: bool, team_code: str | None, role: Role
    ) -> tuple[UserRecord, str]:
        """Make one, with the token of the link that sets a password; `AlreadyExists` when the address is taken."""

    async def change(self, by: Actor, uuid: str, wanted: UserChange) -> UserRecord:
        """Change one and return them; who is disabled is logged out everywhere."""

    async def new_link(self, by: Actor, uuid: str) -> tuple[UserRecord, str]:
        """Make a link that sets a password; what they have stays good until it is used."""

    async def grant(self, by: Actor, uuid: str, team_code: str, role: Role) -> UserRecord:
        """Give a role in a team, or another one."""

    async def revoke(self, by: Actor, uuid: str, team_code: str) -> UserRecord:
        """Take a user out of a team, be it the last owner; `NotFound` when they are not in it."""


class Routes(Protocol):
    """Which messages go to which carriers. What is not there raises `NotFound`, what is there `AlreadyExists`."""

    async def routes(self) -> Sequence[tuple[RouteRecord, str]]:
        """Return the routes with the names of their carriers, by prefix and priority."""

    async def add_route(self, by: Actor, prefix: str, carrier: str, priority: int, reply: Reply) -> bytes:
        """Make a route. The reply is of a `RouteRecord`."""

    async def set_priority(self, by: Actor, prefix: str, carrier: str, priority: int) -> RouteRecord:
        """Put a route before or behind the others of its prefix."""

    async def remove_route(self, by: Actor, prefix: str, carrier: str) -> RouteRecord:
        """Take a route away and return what it was."""

    async def rules(self) -> Sequence[NamedRule]:
        """Return the rules by priority and age."""

    async def rule(self, rule_id: int) -> NamedRule:
        """Return one."""

    async def add_rule(self, by: Actor, new: NewRule, reply: Reply) -> bytes:
        """Make a rule. The reply is of a `NamedRule`."""

    async def change_rule(self, by: Actor, rule_id: int, new: NewRule) -> NamedRule:
        """Put another rule in the place of one."""

    async def remove_rule(self, by: Actor, rule_id: int) -> NamedRule:
        """Take a rule away and return what it was."""


class Prices(Protocol):
    """What teams pay and what the operator pays, by prefix; the empty one is for all others."""

    async def prices(self) -> Mapping[str, int]:
        """Return units of a part by prefix."""

    async def replace(self, by: Actor, given: Mapping[str, int]) -> None:
        """Put a whole table in the place of the one there is."""

    async def set_price(self, by: Actor, prefix: str, units: int) -> None:
        """Set the price of a prefix."""

    async def remove_price(self, by: Actor, prefix: str) -> int:
        """Take a price away and return what it was; `NotFound` when there is none."""

    async def costs(self, carrier: str | None) -> Sequence[Cost]:
        """Return what a part costs at one carrier, or at all."""

    async def set_cost(self, by: Actor, carrier: str, prefix: str, cost_micro: int) -> Cost:
        """Set what a part costs at a carrier."""

    async def remove_cost(self, by: Actor, carrier: str, prefix: str) -> Cost:
        """Take that away and return what it was; `NotFound` when there is none."""


class Numbers(Protocol):
    """Networks of numbers, keywords of short codes, and whom the operator suppresses."""

    async def networks(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return what the operator says of prefixes, and of codes."""

    async def set_network(self, by: Actor, key: str, network: str, *, of_prefix: bool) -> None:
        """Say which network a prefix is, or a code of MCC and MNC."""

    async def remove_network(self, by: Actor, key: str, *, of_prefix: bool) -> str:
        """Take that back and return what it was; `NotFound` when nothing was said."""

    async def keywords(self, code: str | None) -> Sequence[KeywordRecord]:
        """Return the keywords of a short code or of all."""

    async def add_keyword(self, by: Actor, code: str, keyword: str, team: str, reply: Reply) -> bytes:
        """Give a keyword to a team; `AlreadyExists` when one has it. The reply is of a `KeywordRecord`."""

    async def remove_keyword(self, by: Actor, code: str, keyword: str) -> KeywordRecord:
        """Take a keyword from its team and return what it was."""

    async def suppress(self, by: Actor, team_id: int, recipient: str, sender: str, reply: Reply) -> bytes:
        """Suppress somebody so that the team cannot undo it. The reply is of a `Suppression`."""

    async def restore(self, by: Actor, team_id: int, uuid: str) -> Suppression:
        """Take any suppression of a team away and return what it was; `NotFound` when there is none."""


class CarrierChanges(Protocol):
    """Carriers that are made and changed. An unknown name raises `NotFound`, options that cannot be used `BadValue`."""

    async def add(self, by: Actor, name: str, kind: str, options: Mapping[str, Any], reply: Reply) -> bytes:
        """Make one; `AlreadyExists` when the name is taken. The reply is of a `CarrierRecord` without its secrets."""

    async def change(
        self, by: Actor, name: str, options: Mapping[str, Any] | None, enabled: bool | None
    ) -> CarrierRecord:
        """Change options, of which None takes one away, or let it take messages or no more; without its secrets."""

    async def callbacks(self, name: str) -> Mapping[str, str]:
        """Return the addresses that a carrier is to call, by what it calls about; who knows them can report for it."""


class LaneDepth(Protocol):
    """What waits for a carrier in a lane."""

    @property
    def carrier(self) -> str: ...
    @property
    def lane(self) -> str: ...  # transactional or bulk
    @property
    def messages(self) -> int: ...  # named in the queue, as far as this node knows
    @property
    def bodies(self) -> int | None: ...  # at RabbitMQ; None: the queue is in memory, or RabbitMQ has no such lane
    @property
    def consumers(self) -> int | None: ...


class Dead(Protocol):
    """A body among the dead letters."""

    @property
    def queue(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def at_ms(self) -> int | None: ...
    @property
    def ids(self) -> Sequence[str]: ...
    @property
    def unreadable(self) -> str: ...


class Queues(Protocol):
    """What waits for carriers; a queue in memory has no dead letters. Raises `QueueAway` when RabbitMQ cannot be asked."""

    @property
    def kind(self) -> str: ...  # memory or rabbitmq

    async def depth(self) -> tuple[Sequence[LaneDepth], int]:
        """Return what waits in each lane, and how many dead letters there are."""

    async def dead(self, limit: int) -> Sequence[Dead]:
        """Return the oldest dead letters without taking them."""

    async def requeue(self, by: Actor, count: int) -> tuple[int, int, int]:
        """Send the oldest back to their lanes; return bodies and messages that went, and bodies that are left."""


class Nodes(Protocol):
    """The processes of the platform."""

    async def nodes(self) -> Sequence[NodeRecord]:
        """Return those that live, and those of the last day, newest first."""


class Finding(Protocol):
    """What one rule of the audit found."""

    @property
    def name(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def checked(self) -> int: ...
    @property
    def wrong(self) -> int: ...
    @property
    def examples(self) -> Sequence[str]: ...


class Sums(Protocol):
    """The audit of all sums and references in the store."""

    async def findings(self) -> Sequence[Finding]:
        """Look at the whole store and return what each rule found; who asks meanwhile is told the same."""


class Retention(Protocol):
    """The months of messages."""

    @property
    def keep_months(self) -> int:
        """Full months for which messages are kept behind that of their acceptance; 0: for ever."""

    async def months(self) -> Sequence[Month]:
        """Return the months there are and were, newest first."""


@attrs.frozen(kw_only=True)
class Desk:
    """All of it."""

    teams: Teams
    users: Users
    routes: Routes
    prices: Prices
    numbers: Numbers
    carriers: CarrierChanges
    queues: Queues
    nodes: Nodes
    sums: Sums
    retention: Retention
