"""A session of the npm package `smpp`, driven by lines of JSON."""

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from tests.clients.foreign import environment, program

PATIENCE_S = 10.0
_DRIVE = Path(__file__).parent / "npm" / "drive.js"

Json = dict[str, Any]


@attrs.define(eq=False)
class NodeClient:
    """One session; what comes unasked waits in `_events` until it is asked for."""

    process: Any
    _lines: queue.Queue[str] = attrs.field(factory=queue.Queue)
    _events: list[Json] = attrs.field(factory=list)

    def read(self) -> None:
        """Take what the program prints, to its end; runs on a thread."""
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def wait(self, event: str) -> Json:
        """Return the next event of this kind."""
        for at, each in enumerate(self._events):
            if each["event"] == event:
                return self._events.pop(at)
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise AssertionError(f"no {event} came; what came: {self._events}") from None
            assert line, f"the program ended; what came: {self._events}"
            told = json.loads(line)
            if told["event"] == event:
                return dict(told)
            self._events.append(told)

    def ask(self, command: str, **fields: Any) -> Json:
        """Send a PDU and return the answer to it."""
        self.tell(command, **fields)
        return dict(self.wait("answer")["pdu"])

    def tell(self, command: str, **fields: Any) -> None:
        self.process.stdin.write(json.dumps({"command": command, "fields": fields}) + "\n")
        self.process.stdin.flush()

    def receipt(self, message_id: str) -> Json:
        """Return the receipt of a message; those of others, which earlier sessions left behind, are passed over."""
        while (pdu := self.wait("deliver_sm")["pdu"])["receipted_message_id"] != message_id:
            pass
        return dict(pdu)


@contextlib.contextmanager
def node_client(home: Path, url: str, **options: Any) -> Iterator[NodeClient]:
    """A client that has connected; its process ends with the block."""
    process = subprocess.Popen(
        [program("node"), str(_DRIVE), json.dumps({"url": url, **options})],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    client = NodeClient(process)
    reading = threading.Thread(target=client.read, daemon=True)
    reading.start()
    try:
        client.wait("connected")
        yield client
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()  # which ends it
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
            reading.join()
            process.stdout.close()
