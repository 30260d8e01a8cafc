"""What the node knows of teams, senders, tokens, carriers, routes and prices.

A `Directory` is one consistent picture, read from the store in one transaction and replaced whole when the store
says that something changed (within a second). Nothing on the way of a message asks the database for any of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

import attrs

T = TypeVar("T")


class PrefixTable(Generic[T]):
    """Longest-prefix match of a number's digits; the empty prefix is the default."""

    def __init__(self, rows: Mapping[str, T]) -> None:
        """Keep the rows by prefix."""
        self._rows = dict(rows)
        self._lengths = sorted({len(prefix) for prefix in rows}, reverse=True)

    def find(self, number: str) -> T | None:
        """Return what stands at the longest prefix of the number, or None."""
        for length in self._lengths:
            found = self._rows.get(number[:length])
            if found is not None:
                return found
        return None


@attrs.frozen
class Team:
    """A customer: it has units, senders, tokens and binds."""

    id: int
    uuid: str
    code: str  # upper case, at most 15 characters: the SMPP system_id (decision 92)
    name: str
    country: str = "KE"  # ISO 3166-1, for national numbers
    default_sender_id: int | None = None
    max_sessions: int | None = None  # None: the node's setting
    session_tps: int | None = None
    suspended: bool = False


@attrs.frozen
class Sender:
    """A sender name of a team; only an approved one may be used (decision 36)."""

    id: int
    uuid: str
    team_id: int
    name: str
    status: str = "approved"  # pending, approved, rejected, suspended


@attrs.frozen
class Token:
    """An API token; the raw text is nowhere kept (decision 13)."""

    uuid: str
    team_id: int
    digest: bytes = attrs.field(repr=False)  # SHA-256 of the raw token
    prefix: str
    scopes: frozenset[str]
    expires_at_ms: int | None = None
    revoked: bool = False

    def usable(self, now_ms: int) -> bool:
        """Say whether the token still opens anything."""
        return not self.revoked and (self.expires_at_ms is None or now_ms < self.expires_at_ms)


@attrs.frozen
class CarrierRecord:
    """An upstream carrier as the operator configured it; `options` are those of its kind."""

    id: int
    name: str
    kind: str
    enabled: bool = True
    options: Mapping[str, object] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class RouteRecord:
    """Numbers that begin with `prefix` go to the carrier; of several the lowest priority number wins."""

    prefix: str
    carrier_id: int
    priority: int = 100


def token_digest(raw_token: str) -> bytes:
    """Return the SHA-256 by which a token is found."""
    return hashlib.sha256(raw_token.encode("utf-8", "surrogatepass")).digest()


class Directory:
    """One consistent picture of everything the operator and the teams configured."""

    def __init__(
        self,
        teams: Iterable[Team] = (),
        senders: Iterable[Sender] = (),
        tokens: Iterable[Token] = (),
        carriers: Iterable[CarrierRecord] = (),
        routes: Iterable[RouteRecord] = (),
        prices: Mapping[str, int] | None = None,
    ) -> None:
        """Build the look-up tables."""
        self.teams = {team.id: team for team in teams}
        self.teams_by_code = {team.code: team for team in self.teams.values()}
        self.senders = {sender.id: sender for sender in senders}
        self._senders_by_name = {(sender.team_id, sender.name): sender for sender in self.senders.values()}
        self._senders_by_uuid = {(sender.team_id, sender.uuid): sender for sender in self.senders.values()}
        self.tokens = {token.digest: token for token in tokens}
        self.carriers = {carrier.id: carrier for carrier in carriers}
        self.routes = tuple(routes)
        self._route_table = PrefixTable(self._best_routes())
        self._price_table = PrefixTable(prices or {})

    def _best_routes(self) -> dict[str, int]:
        best: dict[str, RouteRecord] = {}
        for route in self.routes:
            carrier = self.carriers.get(route.carrier_id)
            if carrier is None or not carrier.enabled:
                continue
            held = best.get(route.prefix)
            if held is None or (route.priority, route.carrier_id) < (held.priority, held.carrier_id):
                best[route.prefix] = route
        return {prefix: route.carrier_id for prefix, route in best.items()}

    def team_by_code(self, code: str) -> Team | None:
        """Return the team of a code or system_id, without regard to case (decision 92)."""
        return self.teams_by_code.get(code.upper())

    def token(self, raw_token: str) -> Token | None:
        """Return the token for its raw text, also a revoked or expired one."""
        return self.tokens.get(token_digest(raw_token))

    def sender_named(self, team_id: int, name: str) -> Sender | None:
        """Return the team's sender of exactly this name (operators regard case)."""
        return self._senders_by_name.get((team_id, name))

    def sender_by_uuid(self, team_id: int, uuid: str) -> Sender | None:
        """Return the team's sender of this uuid."""
        return self._senders_by_uuid.get((team_id, uuid))

    def senders_of(self, team_id: int) -> list[Sender]:
        """Return the senders of a team by name."""
        return sorted((s for s in self.senders.values() if s.team_id == team_id), key=lambda s: s.name)

    def route(self, number: str) -> int | None:
        """Return the id of the carrier that takes this number (E.164 without the plus), or None."""
        return self._route_table.find(number)

    def units_a_part(self, number: str) -> int:
        """Return what one part to this number costs, in units (decision 38)."""
        found = self._price_table.find(number)
        return 1 if found is None else found


class CurrentDirectory:
    """Holds the newest picture; whoever needs it asks for `.now` each time."""

    def __init__(self, now: Directory | None = None) -> None:
        """Start with the picture given, or an empty one."""
        self.now = now or Directory()
