"""A relay between a client and a server which keeps what goes through, and which can cut the line."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import attrs

from tests.whole.programs import HOST


@attrs.frozen
class Piece:
    """Octets that went through at once."""

    time_s: float
    from_client: bool
    octets: bytes = attrs.field(repr=False)


@attrs.define(eq=False)
class Line:
    """One connection of a client, and ours to the server."""

    client: socket.socket
    server: socket.socket
    pieces: list[Piece] = attrs.field(factory=list)
    _threads: list[threading.Thread] = attrs.field(factory=list)

    def start(self) -> None:
        ways = ((self.client, self.server, True), (self.server, self.client, False))
        self._threads = [threading.Thread(target=self._pass_on, args=way, daemon=True) for way in ways]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        """End both connections without a word."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        for thread in self._threads:
            thread.join()
        self.client.close()
        self.server.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                self.pieces.append(Piece(time.time(), from_client, octets))
                sink.sendall(octets)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@attrs.define(eq=False)
class Proxy:
    """The relay, listening on a port of its own."""

    server_port: int
    lines: list[Line] = attrs.field(factory=list)
    _listening: socket.socket = attrs.field(factory=lambda: socket.create_server((HOST, 0)))

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @contextlib.contextmanager
    def running(self) -> Iterator["Proxy"]:
        accepting = threading.Thread(target=self._accept, daemon=True)
        accepting.start()
        try:
            yield self
        finally:
            self._listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            self._listening.close()
            for line in self.lines:
                line.close()

    def cut(self) -> None:
        """Cut every line there is; a client may connect again at once."""
        for line in self.lines:
            line.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection((HOST, self.server_port))
                except OSError:
                    client.close()
                    continue
                line = Line(client, server)
                self.lines.append(line)
                line.start()
