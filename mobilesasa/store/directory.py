"""Reads the whole directory in one statement, and makes the demo team of an empty store.

Whoever keeps a `CurrentDirectory` listens on `CHANNEL`: triggers of the schema tell it of every change.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import attrs

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NewTeam
from mobilesasa.core.keywords import Keyword
from mobilesasa.core.networks import Networks
from mobilesasa.core.scopes import Role
from mobilesasa.core.teams import CarrierRecord, Directory, RouteRecord, Sender, SmppPassword, Team, Token
from mobilesasa.store import accounts, carriers, passwords, teams, users
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.rules import read_rule
from mobilesasa.store.teams import CreatedTeam
from mobilesasa.store.users import NewUser

CHANNEL = "directory"

# One statement sees one moment, whatever the isolation of the transaction. The rows come as arrays of JSON,
# in pages of a thousand: read by the fastest of parsers, but never so much at a time that other threads wait for it.
LOAD = """
WITH token_page AS (
    SELECT json_build_array(uuid, team_id, encode(digest, 'hex'), prefix, array_to_string(scopes, ' '),
                            (extract(epoch FROM expires_at) * 1000)::bigint, revoked_at IS NOT NULL, smpp) AS line,
           row_number() OVER () / 1000 AS page
    FROM token
), sender_page AS (
    SELECT json_build_array(id, uuid, team_id, name, status, tlvs, class, networks) AS line, row_number() OVER () / 1000 AS page
    FROM sender
), team_page AS (
    SELECT json_build_array(id, uuid, code, name, country, default_sender_id, max_sessions, session_tps,
                            suspended_at IS NOT NULL, smpp, tlvs, suppresses) AS line,
           row_number() OVER () / 1000 AS page
    FROM team
)
SELECT 'token', json_agg(line) FROM token_page GROUP BY page
UNION ALL SELECT 'sender', json_agg(line) FROM sender_page GROUP BY page
UNION ALL SELECT 'team', json_agg(line) FROM team_page GROUP BY page
UNION ALL SELECT 'carrier', json_agg(json_build_array(id, name, kind, enabled, options, coalesce(form, '')))
    FROM carrier LEFT JOIN carrier_id_form ON carrier_id = id AND confirmed >= 10
UNION ALL SELECT 'route', json_agg(json_build_array(prefix, carrier_id, priority)) FROM route
UNION ALL SELECT 'rule', json_agg(json_build_array(
    (SELECT json_agg(json_build_array(carrier_id, weight) ORDER BY place) FROM route_target WHERE rule_id = route_rule.id),
    id, priority, team_id, prefix, network, sender, sender_class, lane, origin, coding, policy)) FROM route_rule
UNION ALL SELECT 'network_prefix', json_agg(json_build_array(prefix, network)) FROM network_prefix
UNION ALL SELECT 'network_code', json_agg(json_build_array(code, network)) FROM network_code
UNION ALL SELECT 'cost', json_agg(json_build_array(carrier_id, prefix, cost_micro)) FROM carrier_cost
UNION ALL SELECT 'keyword', json_agg(json_build_array(code, keyword, team_id)) FROM inbound_keyword
UNION ALL SELECT 'price', json_agg(json_build_array(prefix, units)) FROM price
UNION ALL SELECT 'smpp_password', json_agg(json_build_array(smpp_password.uuid, smpp_password.team_id, encode(digest, 'hex'), hash,
                                                            allowed::text[], any_address, locked_at IS NOT NULL))
    FROM smpp_password JOIN token ON token.id = token_id WHERE smpp_password.revoked_at IS NULL AND token.revoked_at IS NULL
"""

_KINDS = (
    "team",
    "sender",
    "token",
    "carrier",
    "route",
    "rule",
    "network_prefix",
    "network_code",
    "cost",
    "price",
    "keyword",
    "smpp_password",
)

# Two nodes that start on one empty store take turns.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa.directory.ensure_demo'))"

ANY_TEAM = "SELECT EXISTS (SELECT FROM team)"

ANY_DEFAULT_ROUTE = "SELECT EXISTS (SELECT FROM route WHERE prefix = '')"

DEMO = NewTeam(code="DEMO", name="Demo team", units=10_000, senders=("TextBlast",))
DEMO_CARRIER = "sandbox"
DEMO_EMAIL = "owner@demo.example"


@attrs.frozen
class DemoTeam:
    """The team that a newcomer starts with, and its token and its owner's password, which are shown this once."""

    created: CreatedTeam
    raw_token: str = attrs.field(repr=False)
    password: str | None = attrs.field(default=None, repr=False)  # of `DEMO_EMAIL`; None: nobody was made


@attrs.frozen
class DemoOwner:
    """Who logs in to the demo team."""

    uuid: str
    password: str = attrs.field(repr=False)


def load(txn: Txn) -> Directory:
    """Return the picture of one moment: all teams, senders, tokens, carriers, routes and prices."""
    rows: dict[str, list[list[Any]]] = {kind: [] for kind in _KINDS}
    txn.execute(LOAD)
    for kind, page in txn.fetchall():
        rows[kind].extend(page or ())
    sets: dict[str, frozenset[str]] = {}
    return Directory(
        teams=[Team(*row) for row in rows["team"]],
        senders=[Sender(*row) for row in rows["sender"]],
        tokens=[_token(sets, *row) for row in rows["token"]],
        carriers=[CarrierRecord(*row) for row in rows["carrier"]],
        routes=[RouteRecord(*row) for row in rows["route"]],
        prices=dict(rows["price"]),
        smpp_passwords=[_smpp_password(*row) for row in rows["smpp_password"]],
        rules=[read_rule(*row) for row in rows["rule"]],
        networks=Networks(dict(rows["network_prefix"]), dict(rows["network_code"])),
        costs={(carrier_id, prefix): cost_micro for carrier_id, prefix, cost_micro in rows["cost"]},
        keywords=[Keyword(*row) for row in rows["keyword"]],
    )


def ensure_demo(txn: Txn, raw_token: str, owner: DemoOwner | None = None, demo: NewTeam = DEMO) -> DemoTeam | None:
    """Make the demo team where there is no team at all, and a sandbox carrier where there is no default route.

    Args:
        txn: the transaction.
        raw_token: what the demo team's token will be, from `tokens.make_raw_token`.
        owner: who is to log in to it; None: nobody.
        demo: the team to make.

    Returns:
        The team, its token and its owner's password; None where there are teams, and then nothing was changed.
    """
    txn.execute(LOCK)
    if _says(txn, ANY_TEAM):
        return None
    created = teams.create_team(txn, NODE, demo, raw_token)
    if not _says(txn, ANY_DEFAULT_ROUTE):
        if DEMO_CARRIER not in {carrier.name for carrier in carriers.list_carriers(txn)}:
            carriers.add_carrier(txn, NODE, DEMO_CARRIER, "sandbox", {})
        carriers.add_route(txn, NODE, "", DEMO_CARRIER)
    if owner is None or users.find(txn, DEMO_EMAIL) is not None:
        return DemoTeam(created, raw_token)
    hashed = passwords.hashed(owner.password)
    new = NewUser(uuid=owner.uuid, email=DEMO_EMAIL, name="Demo owner", password_hash=hashed, vouched=True)
    users.create(txn, NODE, new)
    accounts.grant(txn, NODE, DEMO_EMAIL, created.team.code, Role.OWNER)
    return DemoTeam(created, raw_token, owner.password)


def _token(
    sets: dict[str, frozenset[str]],
    uuid: str,
    team_id: int,
    digest: str,
    prefix: str,
    scopes: str,
    expires_at_ms: int | None,
    revoked: bool,
    smpp: dict[str, Any],
) -> Token:
    """Build a token; tokens of the same scopes share one set."""
    shared = sets.get(scopes)
    if shared is None:
        shared = sets[scopes] = frozenset(scopes.split())
    return Token(uuid, team_id, bytes.fromhex(digest), prefix, shared, expires_at_ms, revoked, smpp)


def _smpp_password(
    uuid: str, team_id: int, digest: str, hashed: str, allowed: list[str], any_address: bool, locked: bool
) -> SmppPassword:
    networks = tuple(ip_network(each) for each in allowed)
    return SmppPassword(uuid, team_id, bytes.fromhex(digest), hashed, networks, any_address, locked)


def _says(txn: Txn, question: str) -> bool:
    txn.execute(question)
    return bool(one_row(txn)[0])
