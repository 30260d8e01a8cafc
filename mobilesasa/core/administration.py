"""What operators see and set, as values: the command and the API hand them to the store, and have them back from it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import attrs

from mobilesasa.core.model import Coding, Lane, Origin
from mobilesasa.core.routing import DEFAULT_PRIORITY, Policy, Rule
from mobilesasa.core.scopes import WHOLE


class Keep(enum.Enum):
    """Stands for a value that stays as it is where None has a meaning of its own."""

    KEEP = enum.auto()


KEEP: Final = Keep.KEEP
Limit = int | None | Literal[Keep.KEEP]


@attrs.frozen
class NewTeam:
    """A team to be made; its senders are approved, and the first of them is its default."""

    code: str
    name: str | None = None  # None: the code
    units: int = 0
    senders: Sequence[str] = ()
    country: str = "KE"
    scopes: Sequence[str] = WHOLE  # of its first token


@attrs.frozen
class TeamChange:
    """What changes of a team; None and KEEP leave a value as it is."""

    name: str | None = None
    country: str | None = None
    default_sender: str | None = None
    max_sessions: Limit = KEEP  # None: the node's setting
    session_tps: Limit = KEEP  # None: the node's setting
    text_days: Limit = KEEP  # None: the node's setting; 0: for ever
    low_balance_units: Limit = KEEP  # below which it is told; None: never
    suspended: bool | None = None
    smpp: Mapping[str, object] = attrs.field(factory=dict)  # of `core.terms.SmppTerms`, `default` for the node's again
    smpp_any_address: bool | None = None  # whether its own SMPP passwords may do without a list of addresses
    tlvs: Mapping[str, str] = attrs.field(factory=dict)  # vendor TLVs by tag, an empty value to take one away
    zone: str | Literal[Keep.KEEP] | None = KEEP  # in which its days begin and end; None: that of its country


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
    low_balance_units: int | None = None  # below which it is told
    zone: str | None = None  # in which its days begin and end; None: that of its country


@attrs.frozen
class UserRecord:
    """A user as an operator sees them."""

    uuid: str
    email: str
    name: str
    platform_admin: bool
    disabled: bool
    has_password: bool
    created_at_ms: int
    last_login_ms: int | None
    teams: Mapping[str, str]  # role by the team's code


@attrs.frozen(kw_only=True)
class UserChange:
    """What changes of a user; None leaves it as it is."""

    name: str | None = None
    platform_admin: bool | None = None
    disabled: bool | None = None


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
    sender_class: str | None = None  # of `core.senders.SenderClass`
    lane: Lane | None = None
    origin: Origin | None = None
    coding: Coding | None = None


@attrs.frozen
class NamedRule:
    """A rule with the names of what it speaks of."""

    rule: Rule
    team: str | None  # its code
    carriers: tuple[str, ...]  # in the order of the rule's targets


@attrs.frozen
class Cost:
    """What a part to a prefix costs the operator at a carrier."""

    carrier: str
    prefix: str  # empty: any other
    cost_micro: int  # in millionths of the operator's money


@attrs.frozen
class KeywordRecord:
    """Messages to a short code or number that begin with a word are for a team."""

    code: str
    keyword: str  # empty: those that begin with no keyword of the code
    team: str  # its code


@attrs.frozen
class NodeRecord:
    """A process that takes messages, or did within the last day."""

    run: int  # names the process, of which a node has one after the other
    node: str
    version: str  # of the program; empty: not known
    roles: Sequence[str]
    started_at_ms: int
    seen_at_ms: int  # written now and then
    ended_at_ms: int | None  # None: it lives, or was not said to have ended
    lives: bool  # it holds the lock of its run
    lost: bool  # it went without saying so: killed, or cut off from the database
    carriers: Sequence[str]  # whose binds it has
    teams: int  # to so many it brings receipts and messages from phones
    jobs: bool  # it does the chores that one does for all
    webhooks: int  # slots of webhooks that it calls
