"""What the node knows of teams, senders, tokens, carriers, routes and prices.

A `Directory` is one consistent picture, read from the store in one transaction and replaced whole when the store
says that something changed (within a second). Nothing on the way of a message asks the database for any of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import attrs

from mobilesasa.core.ids import canonical
from mobilesasa.core.keywords import Keyword, words_of
from mobilesasa.core.networks import Networks
from mobilesasa.core.prefixes import PrefixTable
from mobilesasa.core.routing import Live, Router, Rule, Target
from mobilesasa.core.uses import TokenUses
from mobilesasa.sms.networks import read_table

Network: TypeAlias = IPv4Network | IPv6Network


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
    smpp: Mapping[str, Any] = attrs.field(factory=dict)  # what was set of `core.terms.SmppTerms`
    tlvs: Mapping[str, str] = attrs.field(factory=dict)  # vendor TLVs for carriers that want them: values by tag
    suppresses: bool = False  # somebody wants none of its messages, or did once

    @property
    def terms_set(self) -> tuple[Mapping[str, Any], ...]:
        """What was set of its sessions' terms, as `core.terms.agree` lays it over the node's."""
        return {"max_sessions": self.max_sessions, "session_tps": self.session_tps}, self.smpp


@attrs.frozen
class Sender:
    """A sender name of a team; only an approved one may be used (decision 36)."""

    id: int
    uuid: str
    team_id: int
    name: str
    status: str = "approved"  # of `core.senders.SenderStatus`
    tlvs: Mapping[str, str] = attrs.field(factory=dict)  # vendor TLVs for carriers that want them: values by tag
    sender_class: str = "transactional"  # of `core.senders.SenderClass`
    networks: Sequence[str] = ()  # names, or MCC and MNC, of those that it is approved for; none: all


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
    smpp: Mapping[str, Any] = attrs.field(factory=dict)  # what was set of `core.terms.SmppTerms`

    def usable(self, now_ms: int) -> bool:
        """Say whether the token still opens anything."""
        return not self.revoked and (self.expires_at_ms is None or now_ms < self.expires_at_ms)


#: How long an SMPP password is: what SMPP 3.4 has room for (§5.2.2), and what clients cut longer ones to.
SMPP_PASSWORD_CHARACTERS: Final = 8
#: What it is made of: digits and letters but those that people take for each other (0 and O, I and l), so never of a
#: token's first characters, which are ``mbs_``.
BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@attrs.frozen
class SmppPassword:
    """A password of 8 characters beside a token, for clients that can send no more (decision 91)."""

    uuid: str
    team_id: int
    token_digest: bytes = attrs.field(repr=False)  # of the token beside which it stands: it lives no longer
    hash: str = attrs.field(repr=False)  # slow and salted; see store/smpp_passwords.py
    allowed: tuple[Network, ...] = ()  # where it may be used
    any_address: bool = False  # the operator has waived the list
    locked: bool = False  # after too many wrong ones in a row

    def takes(self, address: str) -> bool:
        """Say whether it may be used from an address, IPv4, IPv6 or one written as the other."""
        if self.any_address:
            return True
        read = read_address(address)
        return read is not None and any(read in network for network in self.allowed)


@attrs.frozen
class CarrierRecord:
    """An upstream carrier as the operator configured it; `options` are those of its kind."""

    id: int
    name: str
    kind: str
    enabled: bool = True
    options: Mapping[str, object] = attrs.field(factory=dict, repr=False)
    id_form: str = attrs.field(default="", eq=False)  # how its receipts write its ids, when that was learned


@attrs.frozen
class RouteRecord:
    """Numbers that begin with `prefix` go to the carrier; of several the one with the lowest number is tried first."""

    prefix: str
    carrier_id: int
    priority: int = 100


class _OfTeam(Protocol):
    @property
    def team_id(self) -> int:
        """Whose it is."""


Owned = TypeVar("Owned", bound=_OfTeam)


def _by_team(things: Iterable[Owned]) -> dict[int, list[Owned]]:
    found: dict[int, list[Owned]] = {}
    for thing in things:
        found.setdefault(thing.team_id, []).append(thing)
    return found


def _senders_by_number(senders: Iterable[Sender]) -> dict[str, list[Sender]]:
    """Return the approved senders that are short codes or numbers, by their digits, the oldest first."""
    found: dict[str, list[Sender]] = {}
    for sender in sorted(senders, key=lambda sender: sender.id):
        digits = sender.name.removeprefix("+")
        if sender.status == "approved" and digits.isascii() and digits.isdigit():
            found.setdefault(digits, []).append(sender)
    return found


def _rules_of(routes: Iterable[RouteRecord]) -> list[Rule]:
    """Return routes as rules, one a prefix: its carriers by priority, of equal ones the older first."""
    targets: dict[str, list[Target]] = {}
    for route in sorted(routes, key=lambda route: (route.priority, route.carrier_id)):
        targets.setdefault(route.prefix, []).append(Target(route.carrier_id))
    return [Rule(id=0, targets=tuple(found), prefix=prefix) for prefix, found in targets.items()]


def _cost_tables(costs: Mapping[tuple[int, str], int]) -> dict[int, PrefixTable[int]]:
    rows: dict[int, dict[str, int]] = {}
    for (carrier_id, prefix), cost_micro in costs.items():
        rows.setdefault(carrier_id, {})[prefix] = cost_micro
    return {carrier_id: PrefixTable(found) for carrier_id, found in rows.items()}


def token_digest(raw_token: str) -> bytes:
    """Return the SHA-256 by which a token is found."""
    return hashlib.sha256(raw_token.encode("utf-8", "surrogatepass")).digest()


def may_be_smpp_password(text: str) -> bool:
    """Say whether a text can be an SMPP password at all; the first characters of a token never can."""
    return len(text) == SMPP_PASSWORD_CHARACTERS and all(character in BASE58 for character in text)


def read_address(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address, an IPv4 one as such where a socket of IPv6 shows it as `::ffff:192.0.2.1`."""
    try:
        read = ip_address(address)
    except ValueError:
        return None
    return (read.ipv4_mapped or read) if isinstance(read, IPv6Address) else read


class Directory:
    """One consistent picture of everything the operator and the teams configured.

    Args:
        teams, senders, tokens, carriers, smpp_passwords: all there are.
        routes: which carriers the prefixes lead to.
        prices: units a part, by prefix.
        rules: what is asked of messages beside or instead of a route.
        networks: which network a number is in.
        costs: what a part costs at a carrier, by carrier's id and prefix, in millionths of the operator's money.
        keywords: to whom messages from phones go by their first word.
    """

    def __init__(
        self,
        teams: Iterable[Team] = (),
        senders: Iterable[Sender] = (),
        tokens: Iterable[Token] = (),
        carriers: Iterable[CarrierRecord] = (),
        routes: Iterable[RouteRecord] = (),
        prices: Mapping[str, int] | None = None,
        smpp_passwords: Iterable[SmppPassword] = (),
        rules: Iterable[Rule] = (),
        networks: Networks | None = None,
        costs: Mapping[tuple[int, str], int] | None = None,
        keywords: Iterable[Keyword] = (),
    ) -> None:
        """Build the look-up tables."""
        self.teams = {team.id: team for team in teams}
        self.teams_by_code = {team.code: team for team in self.teams.values()}
        self.senders = {sender.id: sender for sender in senders}
        self._senders_by_name = {(sender.team_id, sender.name): sender for sender in self.senders.values()}
        self._senders_by_uuid = {(sender.team_id, sender.uuid): sender for sender in self.senders.values()}
        self._senders_by_number = _senders_by_number(self.senders.values())
        self._keywords = {(keyword.code, keyword.word): keyword.team_id for keyword in keywords}
        self.tokens = {token.digest: token for token in tokens}
        self._tokens_of = _by_team(self.tokens.values())
        self._smpp_passwords_of = _by_team(smpp_passwords)
        self.carriers = {carrier.id: carrier for carrier in carriers}
        self.routes = tuple(routes)
        enabled = frozenset(carrier.id for carrier in self.carriers.values() if carrier.enabled)
        self.router = Router([*rules, *_rules_of(self.routes)], enabled, networks, _cost_tables(costs or {}))
        # whether anything depends on the network of a number
        self.asks_networks = self.router.asks_networks or any(sender.networks for sender in self.senders.values())
        if self.asks_networks:
            read_table()
        self._price_table = PrefixTable(prices or {})

    def team_by_code(self, code: str) -> Team | None:
        """Return the team of a code or system_id, without regard to case (decision 92)."""
        return self.teams_by_code.get(code.upper())

    def token(self, raw_token: str) -> Token | None:
        """Return the token for its raw text, also a revoked or expired one."""
        return self.tokens.get(token_digest(raw_token))

    def tokens_of(self, team_id: int) -> Sequence[Token]:
        """Return the tokens of a team, also revoked and expired ones."""
        return self._tokens_of.get(team_id, ())

    def smpp_passwords_of(self, team_id: int) -> Sequence[SmppPassword]:
        """Return the SMPP passwords of a team that are not revoked themselves; their tokens may be."""
        return self._smpp_passwords_of.get(team_id, ())

    def sender_named(self, team_id: int, name: str) -> Sender | None:
        """Return the team's sender of exactly this name (operators regard case)."""
        return self._senders_by_name.get((team_id, name))

    def sender_meant(self, team_id: int, asked: str) -> Sender | None:
        """Return the team's sender of this name or uuid, whatever its status."""
        named = self.sender_named(team_id, asked)
        return named or self._senders_by_uuid.get((team_id, canonical(asked) or ""))

    def senders_of(self, team_id: int) -> list[Sender]:
        """Return the senders of a team by name."""
        return sorted((s for s in self.senders.values() if s.team_id == team_id), key=lambda s: s.name)

    def keyword_owner(self, digits: str, word: str) -> int | None:
        """Return the team that has a keyword of a short code or number; with no word the one that has the rest of it."""
        return self._keywords.get((digits, word))

    def owner_of_number(self, digits: str) -> int | None:
        """Return the team that messages to a short code or number are for which begin with no keyword.

        That is the one that was set; else of the teams that have an approved sender of these digits the one whose sender
        is the oldest.
        """
        owner = self._keywords.get((digits, ""))
        if owner is None and digits in self._senders_by_number:
            owner = self._senders_by_number[digits][0].team_id
        return owner

    def senders_of_number(self, digits: str) -> Sequence[Sender]:
        """Return the approved senders of these digits, the oldest first, each of another team."""
        return self._senders_by_number.get(digits, ())

    def teams_of_number(self, digits: str) -> frozenset[int]:
        """Return the teams that get messages to a short code or number, or send from it."""
        by_keyword = [team_id for (code, _), team_id in self._keywords.items() if code == digits]
        return frozenset([*by_keyword, *(sender.team_id for sender in self.senders_of_number(digits))])

    def sender_in_words(self, team_ids: Iterable[int], words: tuple[str, ...]) -> Sender | None:
        """Return an approved sender of these teams whose name is these words, folded; the oldest of several."""
        wanted = frozenset(team_ids)
        for sender in sorted(self.senders.values(), key=lambda sender: sender.id):
            if sender.team_id in wanted and sender.status == "approved" and words_of(sender.name) == words:
                return sender
        return None

    def units_a_part(self, number: str) -> int:
        """Return what one part to this number costs, in units (decision 38)."""
        found = self._price_table.find(number)
        return 1 if found is None else found


class CurrentDirectory:
    """Holds the newest picture; whoever needs it asks for `.now` each time."""

    def __init__(self, now: Directory | None = None) -> None:
        """Start with the picture given, or an empty one."""
        self.now = now or Directory()
        self.live = Live()  # what changes faster than the picture, and outlives it
        self.suppressing: set[int] = set()  # teams that suppress, before the picture says so
        self.revoked: set[str] = set()  # uuids of tokens that were revoked here, before the picture says so
        self.uses = TokenUses()

    def opens(self, token: Token, now_ms: int) -> bool:
        """Say whether a token still opens anything, by all that is known here."""
        return token.usable(now_ms) and token.uuid not in self.revoked

    def replace(self, now: Directory) -> None:
        """Take a newer picture."""
        self.now = now
        if self.revoked:
            self.revoked -= {token.uuid for token in now.tokens.values() if token.revoked}
