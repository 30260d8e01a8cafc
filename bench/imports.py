"""How long an import of 100,000 contacts takes, and what it does to the node meanwhile."""

from __future__ import annotations

import csv
import http.client
import io
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import openpyxl

from bench import processes
from bench.asker import Asker
from bench.figures import spread_ms
from bench.node import Node
from bench.processes import Broken

ROWS = 100_000
TIMEOUT_S = 180.0
POLL_S = 0.05
PROBE_S = 0.002
_HEADERS = ("Phone", "First name", "Last name", "Email", "Town")
_LINE = "a-line-that-is-in-no-file"


def measure(node: Node, rows: int = ROWS) -> dict[str, Any]:
    """Import so many rows as CSV and as XLSX, each with numbers of its own; return the figures of each."""
    processes.begin_peak_memory(node.pid)
    found: dict[str, Any] = {"imports": {}, "faults": []}
    for n, (kind, made) in enumerate((("csv", _csv), ("xlsx", _xlsx))):
        octets = made(rows, n)
        before = node.cpu_s()
        with Probe(node.http_port) as probe:
            took_s, upload = _import(node, f"contacts.{kind}", octets)
        after = node.cpu_s()
        found["imports"][kind] = {
            "octets": len(octets),
            "seconds": round(took_s, 2),
            "health_ms": spread_ms(probe.waits_s),
            "cpu_s": {name: round(after[name] - before[name], 2) for name in after},
        }
        if (upload["status"], upload["imported"]) != ("completed", rows):
            found["faults"].append(f"{kind}: {upload['status']}, {upload['imported']} of {rows} rows imported")
    found["memory_mb"] = processes.peak_memory_mb(node.pid)
    return found


@attrs.define(eq=False)
class Probe:
    """Asks for /healthz again and again: the longest wait bounds how long the reactor was held up."""

    port: int
    waits_s: list[float] = attrs.field(factory=list)
    _end: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Probe:
        """Begin."""
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self._end.wait(PROBE_S):
            begun_s = time.monotonic()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            self.waits_s.append(time.monotonic() - begun_s)


def _import(node: Node, name: str, octets: bytes) -> tuple[float, Mapping[str, Any]]:
    """Return the seconds from the first octet to the last row, and the upload at its end."""
    about = f'--{_LINE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = about + octets + f"\r\n--{_LINE}--\r\n".encode()
    asker = Asker(node.http_port, node.token)
    begun_s = time.monotonic()
    upload = asker.ask("/contacts/import", body, f"multipart/form-data; boundary={_LINE}")
    while not upload["finished_at"]:
        if time.monotonic() - begun_s > TIMEOUT_S:
            raise Broken(f"the import is {upload['status']} after {TIMEOUT_S:g} s")
        time.sleep(POLL_S)
        upload = asker.ask(f"/contacts/uploads/{upload['uuid']}")
    return time.monotonic() - begun_s, upload


def _people(rows: int, n: int) -> Iterator[tuple[str, ...]]:
    yield _HEADERS
    for each in range(rows):
        yield f"+2547{n}{each:07d}", f"Jane{each}", "Wanjiku Doe", f"jane{each}@example.com", "Nairobi"


def _csv(rows: int, n: int) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made).writerows(_people(rows, n))
    return made.getvalue().encode()


def _xlsx(rows: int, n: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in _people(rows, n):
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
