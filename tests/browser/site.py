"""The site that the browser looks at: a node as twistd runs it, with two teams and their people as an operator makes them."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import count
from typing import Any

import attrs

from mobilesasa.core.scopes import WHOLE
from tests.whole.programs import HOST, PATIENCE_S, Node, eventually

TEAM, OTHER = "ACME", "NGO"
ROLES = ("owner", "admin", "operator", "viewer")
#: Of an access token, which is good for a quarter of an hour.
_FRESH_S = 600.0


@attrs.frozen
class Person:
    """Somebody who logs in."""

    email: str
    password: str = attrs.field(repr=False)


@attrs.frozen
class Team:
    """A team, an API token of it that opens all that a team has, and its owner."""

    code: str
    token: str = attrs.field(repr=False)
    owner: Person


@attrs.define(eq=False)
class Site:
    """The node and who is on it.

    `people` has the owner, the admin, the operator and the viewer of ACME, all by these words, and `platform`, who administers the
    platform and is in no team. The owner of ACME is an operator of NGO as well. Whatever is sent goes to the carrier `quick`, a
    sandbox whose receipts come after a fifth of a second.
    """

    node: Node
    people: dict[str, Person] = attrs.field(factory=dict)
    teams: dict[str, Team] = attrs.field(factory=dict)
    _logins: dict[Person, tuple[float, str]] = attrs.field(factory=dict)
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{HOST}:{self.node.http_port}"

    @property
    def smpp_port(self) -> int:
        """Where teams bind."""
        assert self.node.smpp_port is not None
        return self.node.smpp_port

    @property
    def token(self) -> str:
        """An API token of ACME that opens all that a team has."""
        return self.teams[TEAM].token

    def seed(self) -> None:
        """Make the carrier, the teams and the people."""
        quickly = self.node.quickly
        quickly("carrier", "add", "quick", "--kind", "sandbox", "--option", "delay_s=0.2")
        quickly("route", "add", "--prefix", "", "--carrier", "quick")
        senders = ("TextBlast", "ACME", "22384")
        self.teams[TEAM] = self._team(TEAM, "Acme Ltd", 10_000, senders, "owner@acme.example")
        self.teams[OTHER] = self._team(OTHER, "Good Works", 50, ("GOODWORKS",), "director@ngo.example")
        self.people["owner"] = self.teams[TEAM].owner
        for role in ROLES[1:]:
            self.people[role] = self._person(f"{role}@acme.example", "--team", TEAM, "--role", role)
        quickly("user", "grant", self.people["owner"].email, "--team", OTHER, "--role", "operator")
        self.people["platform"] = self._person(
            "operations@mobilesasa.example", "--name", "Olive Operator", "--platform-admin"
        )
        self._wait(*self.teams.values())

    def team(self, *more: str, units: int = 1000) -> Team:
        """Make a team of a test's own, on which nothing has happened yet; `more` is for `mobilesasa team create`."""
        code = f"TEAM{next(self._numbers)}"
        made = self._team(code, f"Team {code}", units, ("TextBlast",), f"owner@{code.lower()}.example", *more)
        self._wait(made)
        return made

    def _team(self, code: str, name: str, units: int, senders: tuple[str, ...], email: str, *more: str) -> Team:
        named = [word for sender in senders for word in ("--sender", sender)]
        self.node.quickly("team", "create", "--code", code, "--name", name, "--units", str(units), *named, *more)
        given = ("--team", code, "--name", "everything", "--scopes", ",".join(WHOLE))
        token = str(self.node.quickly("token", "create", *given)["raw_token"])
        return Team(code, token, self._person(email, "--team", code))

    def _person(self, email: str, *more: str) -> Person:
        return Person(email, str(self.node.quickly("user", "create", email, *more)["password"]))

    def _wait(self, *teams: Team) -> None:
        """Wait until the node knows what was made last of each."""
        eventually(
            lambda: all(self.ask(team.token, "GET", "/account")[0] == 200 for team in teams), "the node knows the teams"
        )
        eventually(lambda: all(self._is_in(team) for team in teams), "the node knows who owns them")

    def _is_in(self, team: Team) -> bool:
        """Say whether its owner can do something there yet."""
        return bool(self.ask(team.owner, "GET", "/auth/me")[1].get("data", {}).get("role"))

    def api(self, who: str | Person, method: str, path: str, body: object = None) -> Any:
        """Call the API; return what stands in `data`.

        Args:
            who: one of `people` by their word, somebody else, or a token.
            method: of HTTP.
            path: below `/api/v1`.
            body: becomes JSON; None: there is none.
        """
        status, answer = self.ask(who, method, path, body)
        assert status == 200, answer
        return answer["data"]

    def ask(self, who: str | Person, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Call the API as `api` does, and return the status and the whole answer, be it an error."""
        headers = {"Authorization": f"Bearer {self._bearer(who)}", "Content-Type": "application/json"}
        octets = None if body is None else json.dumps(body).encode()
        return self._asked(urllib.request.Request(f"{self.url}/api/v1{path}", octets, headers, method=method))  # noqa: S310

    def _bearer(self, who: str | Person) -> str:
        person = self.people.get(who) if isinstance(who, str) else who
        if person is None:
            assert isinstance(who, str)
            return who
        since_s, token = self._logins.get(person, (-_FRESH_S, ""))
        if time.monotonic() - since_s > _FRESH_S:
            body = json.dumps({"email": person.email, "password": person.password}).encode()
            headers = {"Content-Type": "application/json"}
            status, answer = self._asked(urllib.request.Request(f"{self.url}/api/v1/auth/login", body, headers))  # noqa: S310
            assert status == 200, answer
            token = answer["data"]["access_token"]
            self._logins[person] = time.monotonic(), token
        return str(token)

    def _asked(self, request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def delivered(self, uuid: str, who: str | Person | None = None) -> dict[str, Any]:
        """Wait until a message is delivered, and return it."""
        caller = who or self.token
        found: dict[str, Any] = eventually(
            lambda: (shown := self.api(caller, "GET", f"/messages/{uuid}"))["status"] == "delivered" and shown,
            f"message {uuid} is delivered",
        )
        return found
