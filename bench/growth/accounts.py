"""Many teams, each with a sender, units and a token, made in one transaction and known to the node when they are returned."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
import urllib.error
import urllib.request
from pathlib import Path

import attrs

from bench.node import TEAM, UNITS, Node
from bench.processes import Broken
from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.administration import NewTeam, TeamChange
from mobilesasa.store import teams, tokens
from mobilesasa.store.database import Txn, connect, in_transaction

KNOWN_S = 30.0
ACTOR = Actor(ActorKind.OPERATOR, name="bench")


@attrs.frozen
class Account:
    """A team by its code, and its token."""

    code: str
    token: str = attrs.field(repr=False)


def make(node: Node, count: int) -> list[Account]:
    """Make so many teams whose sessions have no rate limit, and wait until the node knows them."""

    def work(txn: Txn) -> list[Account]:
        made = [Account(f"T{n}", tokens.make_raw_token(secrets.randbelow)) for n in range(count)]
        for each in made:
            teams.create_team(txn, ACTOR, NewTeam(each.code, None, UNITS, (TEAM,)), each.token)
            teams.change_team(txn, ACTOR, each.code, TeamChange(session_tps=0))
        return made

    with contextlib.closing(connect(node.dsn(), "bench")) as opened:
        made = in_transaction(opened, work)
    until_s = time.monotonic() + KNOWN_S
    while not _knows(node, made[-1]):
        if time.monotonic() > until_s:
            raise Broken("the node does not know the teams that were made")
        time.sleep(0.05)
    return made


def _knows(node: Node, account: Account) -> bool:
    request = urllib.request.Request(
        f"http://127.0.0.1:{node.http_port}/api/v1/messages?page_size=1",
        headers={"Authorization": f"Bearer {account.token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own node
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def change_one(node: Node, n: int) -> None:
    """Change the name of one team, of which every node is told."""
    with contextlib.closing(connect(node.dsn(), "bench")) as opened:
        in_transaction(opened, teams.change_team, ACTOR, TEAM, TeamChange(name=f"Bench {n}"))


def write(accounts: list[Account], file: Path) -> Path:
    """Write them down for the programs of the loads; return the file."""
    file.write_text(json.dumps([[each.code, each.token] for each in accounts]))
    return file


def read(file: Path) -> list[Account]:
    """Read what `write` wrote."""
    return [Account(code, token) for code, token in json.loads(file.read_text())]
