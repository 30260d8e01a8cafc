"""Calls of the REST API at a rate each: `python -m bench.soak.calls --port P --token T --token T …`.

POST /messages, each with an Idempotency-Key and one in twenty sent twice; lists; and /healthz, whose answer waits for a turn of
the reactor and for nothing else. As `bench.soak.submits` it prints what was measured since it was last asked.
"""

from __future__ import annotations

import argparse
import json
import resource
import select
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

import attrs

from bench.figures import spread_ms
from bench.node import TEAM
from bench.pace import Pace
from bench.rest import Connection, connect, request
from bench.wire import NO_NUMBER, NO_TOKEN, number_of

LONGEST_WAIT_S = 0.2
ENDLESS_S = 1e9
AGAIN = 20  # of so many POSTs one is sent again with its key
OTHERS = 10  # of so many POSTs one is of each team but the first
HEALTH_PER_S = 20.0
LISTS = (
    "/messages?page_size=50",
    "/messages?status=delivered",
    "/messages?status=failed",
    "/messages?phone=%2B254710000001",
    "/inbound",
    "/ledger",
    "/campaigns",
    "/reports/summary",
)
_NO_KEY = b"KEYOFCALL"


@attrs.define(eq=False)
class Way:
    """Calls of one kind.

    Attributes:
        name: of what is measured.
        pace: when they are due.
        octets_of: what is written for a call by its place.
        connections: over which; the one that was used last stands last, so that none is idle for long.
        taken_s: since the last report.
        statuses: of all answers.
        sent_s: when those under way were due, by their places.
        again: how many were sent again, for their connection was lost.
    """

    name: str
    pace: Pace
    octets_of: Callable[[int], bytes]
    connections: list[Connection]
    taken_s: list[float] = attrs.field(factory=list)
    statuses: Counter[str] = attrs.field(factory=Counter)
    sent_s: dict[int, float] = attrs.field(factory=dict)
    again: int = 0

    def send(self, now_s: float) -> None:
        """Send what is due, as far as there are connections free."""
        free = [each for each in self.connections if each.place < 0]
        for connection, place in zip(free, self.pace.due(len(free), now_s), strict=False):
            self.sent_s[place] = self.pace.intended_s(place, now_s)
            self._send_over(connection, place)

    def _send_over(self, connection: Connection, place: int) -> None:
        connection.place = place
        self.connections.remove(connection)
        self.connections.append(connection)
        try:
            connection.socket.sendall(self.octets_of(place))
        except ConnectionError:
            connection.closed = True

    def read(self, connection: Connection, now_s: float) -> None:
        """Take an answer."""
        try:
            status = connection.take()
        except ConnectionError:
            status, connection.closed = 0, True
        if status:
            self.statuses[str(status)] += 1
            self.taken_s.append(now_s - self.sent_s.pop(connection.place))
            connection.place = -1

    def replace(self, lost: Connection, port: int) -> None:
        """Put another in the place of a connection that the node closed; what was under way on it is sent again."""
        lost.socket.close()
        self.connections.remove(lost)
        made = connect(port)
        self.connections.append(made)
        if lost.place >= 0:
            self.again += 1
            self._send_over(made, lost.place)

    def report(self) -> dict[str, object]:
        """Return the counts so far, and the percentiles since the last report."""
        spread = spread_ms(self.taken_s)
        self.taken_s.clear()
        counts = {"sent": self.pace.given, "waiting": len(self.sent_s), "again": self.again}
        return {**counts, "statuses": self.statuses, "ms": spread}


def posts(host: str, tokens: Sequence[str], first_token: int) -> Callable[[int], bytes]:
    """Return what writes a POST by its place; each twentieth is an earlier one again."""
    plain = [
        request(host, token, TEAM).replace(b"Content-Type", b"Idempotency-Key: soak-%b\r\nContent-Type" % _NO_KEY, 1)
        for token in tokens
    ]

    def write(place: int) -> bytes:
        number = message_of(place)
        token = first_token + number
        octets = plain[team_of(number, len(plain))]
        return (
            octets.replace(NO_NUMBER, number_of(token))
            .replace(NO_TOKEN, b"#T%010d" % token)
            .replace(_NO_KEY, b"%010d" % number)
        )

    return write


def message_of(place: int) -> int:
    """Return the number of the message that a POST is about: of twenty in a row the last is one of the others again."""
    whole, rest = divmod(place, AGAIN)
    return whole * (AGAIN - 1) + (rest if rest < AGAIN - 1 else rest // 2)


def messages_of(places: int) -> int:
    """Return how many messages so many POSTs are about."""
    whole, rest = divmod(places, AGAIN)
    return whole * (AGAIN - 1) + rest


def team_of(number: int, teams: int) -> int:
    """Return which team sends a message: one in ten is of each team but the first."""
    return number % OTHERS if number % OTHERS < teams else 0


def gets(host: str, token: str, paths: Sequence[str]) -> Callable[[int], bytes]:
    """Return what writes a GET by its place, of these paths in turn."""
    heads = [f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode() for path in paths]
    return lambda place: heads[place % len(heads)]


class Calls:
    """All ways together.

    Args:
        ways: the kinds of calls.
        port: of the node.
    """

    def __init__(self, ways: Sequence[Way], port: int) -> None:
        self._ways = ways
        self._port = port
        self._ended = False

    def run(self) -> None:
        """Go on until the input ends."""
        while not self._ended:
            now_s = time.monotonic()
            for way in self._ways:
                way.send(now_s)
            by_connection = {connection: way for way in self._ways for connection in way.connections}
            wait_s = min(way.pace.wait_s(now_s, LONGEST_WAIT_S) for way in self._ways)
            busy = all(connection.place >= 0 for connection in by_connection)
            readable, _, _ = select.select([sys.stdin, *by_connection], [], [], LONGEST_WAIT_S if busy else wait_s)
            now_s = time.monotonic()
            if sys.stdin in readable:
                self._obey(sys.stdin.readline())
            for connection, way in by_connection.items():
                if connection in readable:
                    way.read(connection, now_s)
                if connection.closed:
                    way.replace(connection, self._port)

    def _obey(self, line: str) -> None:
        self._ended = not line
        if line.strip() == "enough":
            for way in self._ways:
                way.pace.most = way.pace.given
        if line:
            used = resource.getrusage(resource.RUSAGE_SELF)
            found = {way.name: way.report() for way in self._ways}
            cpu_s = round(used.ru_utime + used.ru_stime, 3)
            print(json.dumps({"ways": found, "cpu_s": cpu_s}), flush=True)


def main() -> None:
    """Call until the input ends."""
    parser = argparse.ArgumentParser(description="Calls of the REST API.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", action="append", required=True, help="of a team; the lists are those of the first")
    parser.add_argument("--first-token", type=int, default=0, help="that the first message has in its text")
    parser.add_argument("--posts", type=float, default=200.0, help="a second")
    parser.add_argument("--gets", type=float, default=10.0, help="a second")
    asked = parser.parse_args()
    host, begun_s = f"127.0.0.1:{asked.port}", time.monotonic()

    def way(name: str, rate: float, octets_of: Callable[[int], bytes], connections: int) -> Way:
        opened = [connect(asked.port) for _ in range(connections)]
        return Way(name, Pace(begun_s, ENDLESS_S, rate, sys.maxsize), octets_of, opened)

    paths = [f"/api/v1{path}" for path in LISTS]
    ways = [
        way("post", asked.posts, posts(host, asked.token, asked.first_token), 20),
        way("get", asked.gets, gets(host, asked.token[0], paths), 10),
        way("health", HEALTH_PER_S, gets(host, "none", ["/healthz"]), 5),
    ]
    Calls(ways, asked.port).run()


if __name__ == "__main__":
    main()
