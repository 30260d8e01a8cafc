"""A team's webhook: `python -m bench.soak.hooked`; it checks the signature of each call and answers 204.

It prints its port as a line of JSON, and a line for each that it reads: `secret TEXT` says what calls may be signed with, all
else asks for what was counted, with the percentiles since it was last asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.figures import spread_ms
from bench.soak.phones import moment_in

PREFIX = "whsec_"


class Receiver(ThreadingHTTPServer):
    """Counts what it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self._lock = threading.Lock()
        self._keys: list[bytes] = []
        self._kinds: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._again = self._unsigned = 0
        self._inbound_s: list[float] = []

    def know(self, secret: str) -> None:
        """Take calls that are signed with this too."""
        self._keys.append(base64.b64decode(secret.removeprefix(PREFIX)))

    def take(self, call_id: str, at: str, signatures: str, body: bytes) -> None:
        """Count one call."""
        now_s = time.monotonic()
        signed = f"{call_id}.{at}.".encode() + body
        given = {each.partition(",")[2] for each in signatures.split()}
        wanted = {base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self._keys}
        event = json.loads(body)
        with self._lock:
            self._unsigned += not given & wanted
            if call_id in self._ids:
                self._again += 1
                return
            self._ids.add(call_id)
            self._kinds[event["type"]] += 1
            if event["type"] == "message.received":
                self._inbound_s.append(now_s - moment_in(event["data"]["message"].encode()))

    def report(self) -> dict[str, object]:
        """Return the counts so far, and the percentiles since the last report."""
        with self._lock:
            spread = spread_ms(self._inbound_s)
            self._inbound_s.clear()
            return {"kinds": self._kinds, "again": self._again, "unsigned": self._unsigned, "inbound_ms": spread}


class Call(BaseHTTPRequestHandler):
    """One connection of the node."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Take one call."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = self.headers
        self.server.take(head["webhook-id"], head["webhook-timestamp"], head["webhook-signature"], body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Take calls until standard input ends."""
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    print(json.dumps({"port": receiver.server_address[1]}), flush=True)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "secret":
            receiver.know(rest)
        print(json.dumps(receiver.report()), flush=True)


if __name__ == "__main__":
    main()
