"""Clients that behave and come anew each time: `python -m bench.hostile.visitors --port P --smpp-port Q --token T …`.

A GET of messages over a new connection at a rate, and a bind and an unbind over a new connection at another. It prints
one JSON object when its time is over. Latencies count from when each was due, connecting included.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections import Counter

from bench.figures import spread_ms
from bench.wire import HEADER
from mobilesasa.smpp.pdus import BindTransceiver, Unbind

ANSWER_S = 10.0
HOST = "127.0.0.1"


class Visits:
    """Visits of one kind, and what came of them."""

    def __init__(self) -> None:
        self.taken_s: list[float] = []
        self.wrong: Counter[str] = Counter()

    def shown(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"count": len(self.taken_s), "ms": spread_ms(self.taken_s), "wrong": dict(self.wrong)}


async def get(port: int, token: str) -> str:
    """Ask for messages over a new connection; return what is wrong with the answer."""
    reader, writer = await asyncio.open_connection(HOST, port)
    with contextlib.closing(writer):
        asked = (
            f"GET /api/v1/messages?limit=20 HTTP/1.1\r\nHost: {HOST}\r\nX-API-Key: {token}\r\nConnection: close\r\n\r\n"
        )
        writer.write(asked.encode())
        octets = await reader.read(-1)
        if octets.startswith(b"HTTP/1.1 200 "):
            return ""
        return octets[:40].decode("latin-1") or "closed without an answer"


async def bind(port: int, system_id: str, token: str) -> str:
    """Bind and unbind over a new connection; return what is wrong with the answer."""
    reader, writer = await asyncio.open_connection(HOST, port)
    with contextlib.closing(writer):
        writer.write(BindTransceiver(sequence=1, system_id=system_id, password=token).encode())
        length, _, status, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
        await reader.readexactly(length - HEADER.size)
        if status == 0:
            writer.write(Unbind(sequence=2).encode())
            await reader.readexactly(HEADER.size)
        return f"0x{status:08X}" if status else ""


async def visiting(kind: str, asked: argparse.Namespace, rate_per_s: float, visits: Visits) -> None:
    """Visit at a rate until the time is over, however long each takes."""
    begin_s, under_way = time.monotonic(), set()

    async def visit(due_s: float) -> None:
        coming = get(asked.port, asked.token) if kind == "get" else bind(asked.smpp_port, asked.system_id, asked.token)
        try:
            async with asyncio.timeout(ANSWER_S):
                wrong = await coming
        except (TimeoutError, OSError, EOFError) as error:
            wrong = type(error).__name__
        if wrong:
            visits.wrong[wrong] += 1
        else:
            visits.taken_s.append(time.monotonic() - due_s)

    for number in range(int(asked.seconds * rate_per_s)):
        due_s = begin_s + number / rate_per_s
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        under_way.add(asyncio.ensure_future(visit(due_s)))
    if under_way:
        await asyncio.wait(under_way)


async def run(asked: argparse.Namespace) -> dict[str, object]:
    """Do both at once; return what came of them."""
    found = {"get": Visits(), "bind": Visits()}
    rates = {"get": asked.rate, "bind": asked.binds}
    await asyncio.gather(*(visiting(kind, asked, rates[kind], visits) for kind, visits in found.items()))
    return {kind: visits.shown() for kind, visits in found.items()}


def main() -> None:
    """Run the visits and print what came of them."""
    parser = argparse.ArgumentParser(description="GET /messages and binds, each over a new connection.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smpp-port", type=int, required=True)
    parser.add_argument("--system-id", default="BENCH")
    parser.add_argument("--token", required=True)
    parser.add_argument("--rate", type=float, default=20.0, help="GET /messages a second")
    parser.add_argument("--binds", type=float, default=2.0, help="binds a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    print(json.dumps(asyncio.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
