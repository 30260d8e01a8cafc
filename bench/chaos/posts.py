"""A team's shop: POST /messages with an Idempotency-Key each, repeated at one node and the other until there is an answer."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from bench.node import TEAM
from bench.wire import NO_TOKEN, TEXT, TOKEN_MARK, number_of

THREADS = 4
PATIENCE_S = 4.0  # for an answer, before the call is made again
AGAIN_S = 0.2
SHORT_MINUTES = 60  # how long every second message is valid; the others for a day
JSON: Final = "application/json"
Answer: TypeAlias = tuple[int, dict[str, Any]]


@attrs.define(eq=False)
class Posts:
    """The calls.

    Args:
        ports: of the nodes; a call that is not answered is made again at the next.
        token: of the team.
        key: what the keys of these calls begin with.
        first: token of the first message.
        rate: calls a second at most, over all threads.

    Attributes:
        accepted: uuid of each message, by token.
        refused: code of each call that was refused for good, by token.
        repeated: how often a call was made again.
        short: tokens of what is valid for `SHORT_MINUTES` alone.
    """

    ports: Sequence[int]
    token: str = attrs.field(repr=False)
    key: str
    first: int
    rate: float
    accepted: dict[int, str] = attrs.field(factory=dict)
    refused: dict[int, str] = attrs.field(factory=dict)
    repeated: int = 0
    short: set[int] = attrs.field(factory=set)
    _asked: int = 0
    _enough: threading.Event = attrs.field(factory=threading.Event)
    _over: threading.Event = attrs.field(factory=threading.Event)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)
    _threads: list[threading.Thread] = attrs.field(factory=list)

    def start(self) -> None:
        """Begin."""
        for n in range(THREADS):
            self._threads.append(threading.Thread(target=self._run, args=(n,), daemon=True))
            self._threads[-1].start()

    def enough(self) -> None:
        """Send nothing new; what has no answer is still repeated."""
        self._enough.set()

    @property
    def is_answered(self) -> bool:
        """Whether every call has its answer, and no more come."""
        return self._enough.is_set() and not any(thread.is_alive() for thread in self._threads)

    def short_of_an_answer(self) -> list[int]:
        """Return the tokens of calls that have no answer."""
        asked = range(self.first, self.first + self._asked)
        return [token for token in asked if token not in self.accepted and token not in self.refused]

    def stop(self) -> None:
        """End, answered or not."""
        self._enough.set()
        self._over.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)

    def _run(self, place: int) -> None:
        turn = place
        while not self._enough.wait(THREADS / self.rate):
            with self._lock:
                token = self.first + self._asked
                self._asked += 1
            while not self._over.is_set() and not self._call(token, self.ports[turn % len(self.ports)]):
                turn += 1
                self._over.wait(AGAIN_S)
                with self._lock:
                    self.repeated += 1

    def _call(self, token: int, port: int) -> bool:
        """Say whether there is an answer now."""
        asked = {
            "to": f"+{number_of(token).decode()}",
            "message": TEXT.replace(NO_TOKEN, TOKEN_MARK + b"%010d" % token).decode(),
            "sender_id": TEAM,
        }
        body = json.dumps(asked | ({"validity_minutes": SHORT_MINUTES} if token % 2 else {}))
        if token % 2:
            self.short.add(token)
        status, said = call(port, self.token, "/messages", body, f"{self.key}-{token}")
        if status == http.HTTPStatus.OK:
            self.accepted[token] = said["data"]["uuid"]
        elif is_final(status, said):
            self.refused[token] = f"{status} {said.get('code')}"
        else:
            return False
        return True


def call(port: int, token: str, path: str, body: str | bytes | None = None, key: str = "", kind: str = JSON) -> Answer:
    """Call the API once; return the status, 0 where there is no whole answer in time, and what was said.

    Args:
        port: of a node, or of the relay before it.
        token: of a team.
        path: below `/api/v1`.
        body: of a POST; None: it is a GET.
        key: the Idempotency-Key, if any.
        kind: of the body.
    """
    headers = {"Authorization": f"Bearer {token}"} | ({} if body is None else {"Content-Type": kind})
    headers |= {"Idempotency-Key": key} if key else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET" if body is None else "POST", f"/api/v1{path}", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()


def is_final(status: int, said: Mapping[str, Any]) -> bool:
    """Say whether a call need not be made again."""
    if status in (0, http.HTTPStatus.TOO_MANY_REQUESTS) or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    return said.get("code") != "idempotency_running"
