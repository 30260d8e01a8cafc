"""What stands between any two of the stage: `python -m bench.chaos.relay NAME:PORT:TARGET …`.

It listens at each PORT of 127.0.0.1 and hands what comes to TARGET, a port or the path of a Unix socket, both ways. It prints `{}`
when it listens, and a line of JSON for each line that it reads; it ends with its input. NAME stands in the orders:

    pass NAME          as if it were not there; connections that were held go on, those that are silent are reset
    delay NAME MS      as `pass`, but each piece of data is held back for so long, whatever orders come next
    reset NAME         reset every connection; new ones pass
    refuse NAME        reset every connection, and listen no more until `pass`
    freeze NAME        read nothing more, of any connection; new ones wait
    half-open NAME     the target's ends are reset, and who connected hears nothing any more, until `pass`; new ones are silent too
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections.abc import Callable

import attrs

PIECE_OCTETS = 65_536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing resets


@attrs.define(eq=False)
class Pair:
    """One connection and the one behind it."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter | None = None
    is_silent: bool = False

    def reset(self) -> None:
        """Reset both."""
        _reset(self.near)
        self.reset_far()

    def reset_far(self) -> None:
        """Reset the one behind it."""
        if self.far is not None:
            _reset(self.far)


class Link:
    """What listens at one port.

    Args:
        port: of 127.0.0.1.
        target: a port of 127.0.0.1, or a path.
    """

    def __init__(self, port: int, target: str) -> None:
        self._port = port
        self._target = target
        self._pairs: set[Pair] = set()
        self._server: asyncio.Server | None = None
        self._going = asyncio.Event()
        self._going.set()
        self._is_silent = False
        self._delay_s = 0.0

    async def listen(self) -> None:
        """Take connections."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._connected, "127.0.0.1", self._port, limit=PIECE_OCTETS, reuse_address=True
            )

    async def order(self, word: str, amount_ms: int) -> None:
        """Do as an order says."""
        if word in ("pass", "delay"):
            self._delay_s = amount_ms / 1000
            for pair in [pair for pair in self._pairs if pair.is_silent]:
                pair.reset()
        if word in ("reset", "refuse"):
            for pair in list(self._pairs):
                pair.reset()
        if word == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        self._is_silent = word == "half-open"
        for pair in self._pairs if self._is_silent else ():
            pair.is_silent = True
            pair.reset_far()
        if word == "freeze":
            self._going.clear()
        else:
            self._going.set()
        if word != "refuse":
            await self.listen()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = Pair(writer, is_silent=self._is_silent)
        self._pairs.add(pair)
        try:
            await self._going.wait()
            await self._relay(pair, reader)
        except OSError:
            pair.reset()  # as the target's refusal looks from here
        finally:
            self._pairs.discard(pair)
            pair.near.close()

    async def _relay(self, pair: Pair, reader: asyncio.StreamReader) -> None:
        if pair.is_silent:
            await self._swallow(reader)
            return
        far_reader, pair.far = await self._reach()
        _without_delay(pair.near)
        _without_delay(pair.far)
        try:
            await asyncio.gather(self._pump(pair, reader, pair.far), self._pump(pair, far_reader, pair.near))
        finally:
            pair.far.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.isdigit():
            return await asyncio.open_connection("127.0.0.1", int(self._target), limit=PIECE_OCTETS)
        return await asyncio.open_unix_connection(self._target, limit=PIECE_OCTETS)

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        """Take what comes and say nothing, until it is closed or reset."""
        with contextlib.suppress(OSError):
            while await reader.read(PIECE_OCTETS):
                pass

    async def _pump(self, pair: Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes one way, until it ends; of one that is silent it is taken and forgotten."""
        try:
            while octets := await reader.read(PIECE_OCTETS):
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                await self._going.wait()
                if not pair.is_silent:
                    await self._write(pair, writer, octets)
            if not pair.is_silent and writer.can_write_eof():
                writer.write_eof()
        except OSError:
            if not pair.is_silent:
                pair.reset()

    async def _write(self, pair: Pair, writer: asyncio.StreamWriter, octets: bytes) -> None:
        try:
            writer.write(octets)
            await writer.drain()
        except OSError:
            if not pair.is_silent:
                raise


def _reset(writer: asyncio.StreamWriter) -> None:
    made = writer.get_extra_info("socket")
    if made is not None and made.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


def _without_delay(writer: asyncio.StreamWriter) -> None:
    made = writer.get_extra_info("socket")
    if made.family != socket.AF_UNIX:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def obey(links: dict[str, Link], say: Callable[[str], None]) -> None:
    """Do what the lines of standard input say, until it ends."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := (await lines.readline()).decode().split():
        word, name, *more = line
        await links[name].order(word, int(more[0]) if more else 0)
        say(json.dumps({"done": " ".join(line)}))


async def serve(words: list[str]) -> None:
    """Listen at all of these and obey."""
    parts = [word.split(":", 2) for word in words]
    links = {name: Link(int(port), target) for name, port, target in parts}
    for link in links.values():
        await link.listen()
    print("{}", flush=True)
    await obey(links, lambda line: print(line, flush=True))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
