"""A caller of the API over one connection, kept alive, who waits for each answer."""

from __future__ import annotations

import http.client
import time
from typing import Any

import orjson

from bench.processes import Broken

TIMEOUT_S = 600.0
JSON = "application/json"


class Asker:
    """The connection."""

    def __init__(self, port: int, token: str) -> None:
        """Prepare it; it is opened with the first question.

        Args:
            port: of a node on this machine.
            token: of a team.
        """
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._token = token

    def octets(self, path: str, body: bytes | None = None, content_type: str = JSON) -> bytes:
        """Return the body of an answer.

        Args:
            path: below `/api/v1`.
            body: of a POST; None: it is a GET.
            content_type: of the body.

        Raises:
            Broken: it was refused.
        """
        headers = {"Authorization": f"Bearer {self._token}"} | ({} if body is None else {"Content-Type": content_type})
        self._connection.request("GET" if body is None else "POST", f"/api/v1{path}", body, headers)
        answer = self._connection.getresponse()
        octets = answer.read()
        if answer.status != 200:
            raise Broken(f"{path}: {answer.status} {octets[:200]!r}")
        return octets

    def timed(self, path: str) -> tuple[float, bytes]:
        """Return how long the answer to a GET took, in seconds, and its body."""
        begun_s = time.perf_counter()
        octets = self.octets(path)
        return time.perf_counter() - begun_s, octets

    def ask(self, path: str, body: bytes | None = None, content_type: str = JSON) -> dict[str, Any]:
        """Return the data of an answer, as `octets` gets it."""
        return data_of(self.octets(path, body, content_type))


def data_of(octets: bytes) -> dict[str, Any]:
    """Return the data in the body of an answer."""
    found: dict[str, Any] = orjson.loads(octets)["data"]
    return found
