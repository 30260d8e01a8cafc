"""Two nodes over one database and one RabbitMQ, as processes of this machine, and sessions that are looked after meanwhile."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import attrs
from psycopg2.extensions import parse_dsn

from tests.whole.esme import Esme
from tests.whole.programs import PATIENCE_S, Node, eventually


def url_of(dsn: str) -> str:
    """Return libpq's keywords as the address that a setting has."""
    given = parse_dsn(dsn)
    at = urlencode({name: given[name] for name in ("host", "port")})
    return f"postgresql://{given['user']}@/{given['dbname']}?{at}"


@attrs.define(eq=False)
class Member(Node):
    """One node of several; the database and RabbitMQ are not its own."""

    name: str = ""
    database_url: str = ""
    amqp_url: str = ""
    sessions: list[Esme] = attrs.field(factory=list)

    @classmethod
    def made(cls, folder: Path, name: str, dsn: str, amqp_url: str) -> Self:
        """Make one with a folder of its own."""
        folder.mkdir()
        return cls(folder, name=name, database_url=url_of(dsn), amqp_url=amqp_url)

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {
            "MOBILESASA_NODE": self.name,
            "MOBILESASA_DATABASE_URL": self.database_url,
            "MOBILESASA_AMQP_URL": self.amqp_url,
        }

    def session(self, team: str, token: str, **more: Any) -> Esme:
        """Return a session with it that is not bound yet."""
        assert self.smpp_port is not None
        self.sessions.append(Esme(self.smpp_port, team, token, **more))
        return self.sessions[-1]

    def binds(self, team: str, token: str) -> Esme | None:
        """Return a session that is bound to it, None when that is refused."""
        esme = self.session(team, token)
        return esme if esme.bind() == 0 else None

    def bound(self, team: str, token: str, **more: Any) -> Esme:
        """Return a session that is bound to it."""
        esme = self.session(team, token, **more)
        assert esme.bind() == 0, self.program.said
        return esme


@attrs.define(eq=False)
class Cluster:
    """Two nodes."""

    members: Sequence[Member]

    def start(self) -> None:
        """Start both; returns when both are ready."""
        first, second = self.members
        first.others, second.others = [second], [first]
        for member in self.members:
            member.launch()
        for member in self.members:
            member.await_ready()

    def furnish(self, port: int, *more: str) -> str:
        """Make the team ACME, and a carrier at this port with two binds of 20; return the team's token."""
        member = self.members[0]
        token = member.team("ACME", 1_000_000, *more)
        member.carrier(port, "--binds", "2", "--window", "20")
        return token

    def with_the_carrier(self) -> tuple[Member, Member]:
        """Return the node that has the carrier's binds, when they stand, and the other."""

        def holder() -> list[Member]:
            standing = self.members[0].quickly("carrier", "show", "upstream")["standing"]
            return [member for member in self.members if standing.get(member.name, {}).get("state") == "up"]

        (found,) = eventually(holder, "one of the nodes has the carrier's binds")
        (other,) = (member for member in self.members if member is not found)
        return found, other

    def wrong(self) -> list[str]:
        """Return what the audit finds wrong."""
        audit = self.members[0].quickly("audit")
        return [check["name"] for check in audit["checks"] if check["wrong"]]

    def end(self) -> None:
        """Kill what runs; nothing of it is kept."""
        for member in self.members:
            for esme in member.sessions:
                esme.close()
            if member.program is not None:
                member.kill()


@attrs.define(eq=False)
class Load:
    """Submits over one session in a thread of its own, until it is told that it is enough or the connection is lost."""

    esme: Esme
    texts: Iterator[str]
    _enough: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self) -> None:
        self.esme.run(self.texts, lambda esme: self._enough.is_set())

    def grow(self, by: int) -> None:
        """Wait until so many more were accepted."""
        wanted = len(self.esme.accepted) + by
        eventually(lambda: len(self.esme.accepted) >= wanted, f"{by} more are accepted")

    def finish(self) -> None:
        """Submit no more; returns when the thread has ended."""
        self._enough.set()
        self.join()

    def join(self) -> None:
        """Wait for its end."""
        assert self._thread is not None
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@contextlib.contextmanager
def attended(esmes: Sequence[Esme]) -> Iterator[None]:
    """Let the sessions answer what they are asked, in a thread of its own."""
    over = threading.Event()

    def attend() -> None:
        while not over.is_set():
            for esme in esmes:
                esme.attend(0.02)

    thread = threading.Thread(target=attend, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_S)


def receive(esmes: Sequence[Esme], until: Callable[[], bool], what: str) -> None:
    """Read at all of these until something is true."""
    with attended(esmes):
        eventually(until, what)
