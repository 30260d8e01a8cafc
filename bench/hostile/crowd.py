"""The engine of an attacker: many connections from some addresses at a bounded pace, and a count of what they got.

It runs on asyncio in a process of its own, with a nice value, so that on few cores it takes from the node as little as can be.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import attrs

from bench.wire import HEADER
from mobilesasa.smpp.statuses import Status

HOST = "127.0.0.1"
ANSWER_S = 10.0  # for an answer, a handshake, or a connection
ABORTIVE = struct.pack("ii", 1, 0)  # SO_LINGER: the port is free again at once
PIECE_OCTETS = 65_536
READ_AHEAD_OCTETS = 4096  # of who does not read
TURNED_AWAY = "closed at once"
CUT = "cut"
SILENCE = "no answer"
STAYED = "held to the end"

_STATUSES = {status.value: status.name for status in Status}

#: What is sent: octets, or pieces of them one after the other.
Octets = bytes | Iterable[bytes]


def outcome(octets: bytes) -> str:
    """Return what an answer says: a status of HTTP, the name of one of SMPP, or that there was none."""
    if not octets:
        return CUT
    if octets.startswith(b"HTTP/1."):
        return octets[9:12].decode("ascii", "replace")
    if len(octets) >= HEADER.size:
        _, _, status, _ = HEADER.unpack_from(octets)
        return _STATUSES.get(status, f"0x{status:08X}")
    return "something else"


@attrs.define
class Tally:
    """What has become of an attack so far.

    Attributes:
        connections: that were made.
        requests: that were sent whole, PDUs and handshakes too.
        got: what they got, by its name.
        held: connections that are there now.
        most: … at once.
    """

    connections: int = 0
    requests: int = 0
    got: Counter[str] = attrs.field(factory=Counter)
    held: int = 0
    most: int = 0

    def came(self) -> None:
        """Count a connection in."""
        self.connections += 1
        self.held += 1
        self.most = max(self.most, self.held)

    def shown(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"connections": self.connections, "requests": self.requests, "most": self.most, "got": dict(self.got)}


class Paced:
    """Lets so many through in a second, evenly."""

    def __init__(self, per_s: float) -> None:
        self._every_s = 1 / per_s
        self._next_s = 0.0

    async def turn(self, count: int = 1) -> None:
        """Wait until it is this one's turn, which takes the place of `count`."""
        now_s = asyncio.get_running_loop().time()
        at_s = max(now_s, self._next_s)
        self._next_s = at_s + count * self._every_s
        if at_s > now_s:
            await asyncio.sleep(at_s - now_s)


@attrs.define(eq=False)
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, octets: Octets) -> None:
        """Send it all, as far as the other side reads."""
        for piece in [octets] if isinstance(octets, bytes) else octets:
            self.writer.write(piece)
            await self.writer.drain()

    async def hear(self, timeout_s: float = ANSWER_S) -> bytes | None:
        """Return what comes next: nothing when it is closed; None when nothing comes in time."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self.reader.read(PIECE_OCTETS)
        except TimeoutError:
            return None


def unchecked() -> ssl.SSLContext:
    """A client that takes any certificate: what it costs is the same."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Crowd:
    """Connections of one attacker.

    Args:
        addresses: of this machine, from which they come in turn.
        per_s: connections, and requests, that are begun in a second at most.
    """

    def __init__(self, addresses: Sequence[str], per_s: float) -> None:
        self.tally = Tally()
        self.pace = Paced(per_s)
        self.is_there = asyncio.Event()  # set when the attack has its strength
        self._addresses = addresses
        self._number = 0
        self._tls = unchecked()

    @contextlib.asynccontextmanager
    async def line(self, port: int, tls: bool = False, reads: bool = True) -> AsyncIterator[Line]:
        """A connection from the next address; it is cut at the end of the block.

        Raises:
            OSError: it could not be made; TimeoutError: not in time.
        """
        self._number += 1
        loop = asyncio.get_running_loop()
        made = socket.socket()
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE)
            if not reads:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_AHEAD_OCTETS)
            made.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
            made.bind((self._addresses[self._number % len(self._addresses)], 0))
            async with asyncio.timeout(ANSWER_S):
                await loop.sock_connect(made, (HOST, port))
                reader, writer = await asyncio.open_connection(
                    sock=made,
                    limit=PIECE_OCTETS if reads else READ_AHEAD_OCTETS,
                    ssl=self._tls if tls else None,
                    server_hostname="" if tls else None,
                )
        except BaseException:
            made.close()
            raise
        self.tally.came()
        try:
            yield Line(reader, writer)
        finally:
            self.tally.held -= 1
            writer.transport.abort()

    async def always(self, at_once: int, deed: Callable[[], Awaitable[str]], first: int | None = None) -> None:
        """Do a deed over and over, so many at once, and count how each ended; it never returns.

        Args:
            at_once: how many are under way.
            deed: returns what it got.
            first: how many deeds there must have been for the attack to have its strength; `at_once` of them if None.
        """
        enough = at_once if first is None else first

        async def over_and_over() -> None:
            while True:
                await self.pace.turn()
                try:
                    got = await deed()
                except (ConnectionError, ssl.SSLError, EOFError):
                    got = CUT
                except TimeoutError:
                    got = SILENCE
                except OSError as wrong:  # such as: no more files may be open here
                    got = wrong.strerror or type(wrong).__name__
                self.tally.got[got] += 1
                if sum(self.tally.got.values()) >= enough:
                    self.is_there.set()

        await asyncio.gather(*(over_and_over() for _ in range(at_once)))

    async def ask(self, port: int, octets: Octets, tls: bool = False) -> str:
        """Send something on a new connection, and return what the first answer says."""
        async with self.line(port, tls) as line:
            cut = False
            sending = asyncio.ensure_future(line.send(octets))
            try:
                heard = await line.hear()
                if heard and not sending.done():
                    await asyncio.wait([sending], timeout=1)
            except (ConnectionError, ssl.SSLError):
                cut = True
                heard = b""
            finally:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, ssl.SSLError):
                    await sending
            self.tally.requests += not cut
            return SILENCE if heard is None else outcome(heard)

    async def hold(
        self,
        count: int,
        port: int,
        begin: bytes = b"",
        drip: Sequence[bytes] = (),
        every_s: float = 1.0,
        tls: bool = False,
        reads: bool = True,
    ) -> None:
        """Hold so many connections, each made anew when it is closed; it never returns.

        Args:
            count: how many.
            port: where.
            begin: sent at once on each.
            drip: sent after that, one every `every_s`, over and over; nothing: they are silent.
            every_s: from one to the next.
            tls: whether a handshake is made.
            reads: whether what comes is read; if not, each sends without end as far as it is read.
        """
        tried = 0

        async def one() -> str:
            nonlocal tried
            try:
                async with self.line(port, tls, reads) as line:
                    tried += 1
                    self._note_tried(tried, count)
                    if begin:
                        await line.send(begin)
                        self.tally.requests += 1
                    return await (self._dripping(line, drip, every_s) if reads else _unread(line, drip, every_s))
            except (TimeoutError, OSError):
                tried += 1
                self._note_tried(tried, count)
                raise

        await self.always(count, one, first=1 << 60)

    def _note_tried(self, tried: int, count: int) -> None:
        if tried >= count:
            self.is_there.set()

    async def _dripping(self, line: Line, drip: Sequence[bytes], every_s: float) -> str:
        begun_s = asyncio.get_running_loop().time()
        number, last = 0, b""
        while True:
            heard = await line.hear(every_s if drip else 3600)
            if heard is None:
                await line.send(drip[number % len(drip)])
                number += 1
            elif heard:
                last = last or heard
            else:
                if last:
                    return outcome(last)
                return TURNED_AWAY if asyncio.get_running_loop().time() - begun_s < 1 else CUT


async def _unread(line: Line, drip: Sequence[bytes], every_s: float) -> str:
    """Send on, as far as the other side reads, and read nothing."""
    number = 0
    while True:
        await asyncio.sleep(every_s)
        if drip:
            await line.send(drip[number % len(drip)])
            number += 1
        elif line.writer.transport.is_closing():
            return CUT
