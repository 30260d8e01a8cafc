"""A load of POST /messages, or of /messages/batch, over connections that are kept alive: `python -m bench.rest --port P …`.

It prints one JSON object when every request has its answer. FILE gets two columns of doubles, seconds of the
monotonic clock: when each message was due, and when its request was answered. Requests are patched octets; an answer
is read as far as its length, its status, and how many messages of a batch it refuses.
"""

from __future__ import annotations

import argparse
import json
import resource
import select
import socket
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import attrs

from bench.figures import between, spread_ms
from bench.pace import Pace
from bench.wire import NO_NUMBER, NO_TOKEN, READ_OCTETS, TEXT, number_of

LONGEST_WAIT_S = 0.2
BEGINNING_OCTETS = 16
_LENGTH = b"\r\ncontent-length:"
_REFUSED = b'"refused":'
_NO_LENGTH = b"0000000"  # of a batch's body, before it is made
_NO_MESSAGES = b"MESSAGES"
_NO_KEY = b"KEYOFCALL"


@attrs.define(eq=False)
class Connection:
    """One connection, with at most one request under way."""

    socket: socket.socket
    place: int = -1  # of the first message of the request under way; -1: none
    refused: int = 0  # messages of the last answer, if it was a batch
    begins: bytes = b""  # how the body of the last answer did
    unread: bytes = b""
    closed: bool = False

    def fileno(self) -> int:
        """Return the descriptor, for `select`."""
        return self.socket.fileno()

    def take(self) -> int:
        """Read once; return the status of the answer when it is whole, else 0."""
        fresh = self.socket.recv(READ_OCTETS)
        if not fresh:
            self.closed = True
            return 0
        self.unread += fresh
        head_end = self.unread.find(b"\r\n\r\n")
        if head_end < 0:
            return 0
        head = self.unread[: head_end + 2].lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        whole = head_end + 4 + int(head[at : head.index(b"\r\n", at)])
        if len(self.unread) < whole:
            return 0
        told = self.unread.rfind(_REFUSED, head_end, whole)
        self.refused = int(self.unread[told + len(_REFUSED) : whole].partition(b",")[0]) if told >= 0 else 0
        self.begins = self.unread[head_end + 4 : min(whole, head_end + 4 + BEGINNING_OCTETS)]
        self.unread = self.unread[whole:]
        return int(head[9:12])


def request(host: str, token: str, sender: str, keyed: bool = False) -> bytes:
    """Return the octets of a request for no number and no token; with a key of its own each if `keyed`."""
    key = f"Idempotency-Key: bench-{NO_TOKEN.decode()}\r\n" if keyed else ""
    body = json.dumps({"to": f"+{NO_NUMBER.decode()}", "message": TEXT.decode(), "sender_id": sender}).encode()
    head = (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\n{key}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def batch_request(host: str, token: str, sender: str, keyed: bool = False) -> bytes:
    """Return the octets of a request for messages that are not there yet; with a key of its own each if `keyed`."""
    key = f"Idempotency-Key: bench-{_NO_KEY.decode()}\r\n" if keyed else ""
    body = b'{"messages":[' + _NO_MESSAGES + b'],"sender_id":"' + sender.encode() + b'"}'
    head = (
        f"POST /api/v1/messages/batch HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\n{key}Content-Length: {_NO_LENGTH.decode()}\r\n\r\n"
    )
    return head.encode() + body


def batch_of(octets: bytes, tokens: range) -> bytes:
    """Return a request of `batch_request` with a message for each token."""
    before, _, behind = TEXT.partition(NO_TOKEN)
    messages = b",".join(
        [b'{"to":"+%b","message":"%b#T%010d%b"}' % (number_of(token), before, token, behind) for token in tokens]
    )
    head, end, body = octets.partition(b"\r\n\r\n")
    body = body.replace(_NO_MESSAGES, messages)
    head = head.replace(_NO_LENGTH, b"%07d" % len(body)).replace(_NO_KEY, b"%010d" % tokens.start)
    return head + end + body


class Load:
    """The connections and the requests.

    Args:
        connections: kept alive.
        pace: when requests are due.
        octets: a request for no number and no token.
        first_token: of the first message.
        each: messages in a request; more than one: `octets` are those of a batch.
    """

    def __init__(
        self, connections: list[Connection], pace: Pace, octets: bytes, first_token: int, each: int = 1
    ) -> None:
        self.due = array("d")
        self.sent = array("d")
        self.answered = array("d")
        self.statuses: dict[str, int] = {}
        self._connections = connections
        self._pace = pace
        self._octets = octets
        self._first = first_token
        self._each = each
        self._refused = 0

    def run(self, settle_s: float) -> None:
        """Send until the pace is over, then wait at most `settle_s` for the last answers."""
        pace, until_s = self._pace, float("inf")
        while True:
            now_s = time.monotonic()
            if pace.over(now_s):
                until_s = min(until_s, now_s + settle_s)
                if sum(self.statuses.values()) * self._each == len(self.due) or now_s > until_s:
                    return
            self._send(now_s)
            readable, _, _ = select.select(self._connections, [], [], pace.wait_s(now_s, LONGEST_WAIT_S))
            now_s = time.monotonic()
            for connection in readable:
                status = connection.take()
                if connection.closed:
                    return
                if status:
                    for place in range(connection.place, connection.place + self._each):
                        self.answered[place] = now_s
                    self._refused += connection.refused
                    self.statuses[str(status)] = self.statuses.get(str(status), 0) + 1
                    connection.place = -1

    def _send(self, now_s: float) -> None:
        free = [each for each in self._connections if each.place < 0]
        for connection, number in zip(free, self._pace.due(len(free), now_s), strict=False):
            connection.place = number * self._each
            self._connections.remove(connection)  # the next request takes the one that has rested longest
            self._connections.append(connection)
            connection.socket.sendall(self._request(self._first + connection.place))
            self.due.extend([self._pace.intended_s(number, now_s)] * self._each)
            self.sent.extend([now_s] * self._each)
            self.answered.extend([0.0] * self._each)

    def _request(self, token: int) -> bytes:
        if self._each > 1:
            return batch_of(self._octets, range(token, token + self._each))
        return self._octets.replace(NO_NUMBER, number_of(token)).replace(NO_TOKEN, b"#T%010d" % token)

    def figures(self) -> dict[str, object]:
        """Return all figures, times in milliseconds and rates a second."""
        whole_s = max(self.answered, default=0.0) - min(self.sent, default=0.0)
        used = resource.getrusage(resource.RUSAGE_SELF)
        accepted = self.statuses.get("200", 0) * self._each - self._refused
        return {
            "messages": len(self.due),
            "accepted": accepted,
            "requests": len(self.due) // self._each,
            "statuses": self.statuses,
            "seconds": round(whole_s, 3),
            "accepted_per_s": round(accepted / whole_s, 1) if whole_s > 0 else 0.0,
            "late_ms": spread_ms(between(self.due, self.sent)),
            "response_ms": spread_ms(between(self.due, self.answered)),
            "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        }


def connect(port: int) -> Connection:
    """Open one connection."""
    opened = socket.create_connection(("127.0.0.1", port), 10.0)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(opened)


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(description="A load of POST /messages.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--sender", default="BENCH")
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second (open loop); 0: as fast as it goes")
    parser.add_argument("--most", type=int, default=500_000, help="requests at most")
    parser.add_argument(
        "--each", type=int, default=1, help="messages in a request; more than one goes to /messages/batch"
    )
    parser.add_argument("--keyed", action="store_true", help="an Idempotency-Key for each request")
    parser.add_argument("--first-token", type=int, default=0)
    parser.add_argument("--settle-s", type=float, default=30.0, help="how long to wait for the last answers")
    parser.add_argument("--times", type=Path, help="file for the moments of each request")
    return parser


def perform(asked: argparse.Namespace, prepared: Callable[[list[Connection], Pace], Load]) -> None:
    """Run the load that is prepared over these connections at this pace, and print its figures."""
    connections = [connect(asked.port) for _ in range(asked.connections)]
    load = prepared(connections, Pace(time.monotonic(), asked.seconds, asked.rate, asked.most // asked.each))
    load.run(asked.settle_s)
    for connection in connections:
        connection.socket.close()
    if asked.times is not None:
        asked.times.write_bytes(load.due.tobytes() + load.answered.tobytes())
    print(json.dumps(load.figures()))


def main() -> None:
    """Run one load and print its figures."""
    asked = arguments().parse_args()
    asking = (f"127.0.0.1:{asked.port}", asked.token, asked.sender)
    octets = (batch_request if asked.each > 1 else request)(*asking, asked.keyed)
    perform(asked, lambda connections, pace: Load(connections, pace, octets, asked.first_token, asked.each))


if __name__ == "__main__":
    main()
