"""What connections cost that do nothing, or nothing good: `python -m bench.idle [--tls]`.

A node takes 5,000 connections that never bind, which its settings here allow, and beside them a team's session at 200
messages a second, whose latencies are measured before and with them; and then beside bound sessions that send enquiries
as fast as the node reads them, and read no answer. Each idle connection is a socket here too; where the system grants
fewer open files there are as many as can be, and the page says so.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import processes
from bench.__main__ import START_TIMEOUT_S, machine, machine_shown
from bench.figures import table
from bench.node import TEAM, Node
from bench.processes import Broken, Child
from bench.rows import Stage, measure_smpp_at
from mobilesasa.smpp.pdus import BindTransmitter, EnquireLink

RATE_PER_S = 200
FLOODS = 5
OWN_FILES = 200
SETTLED_S = 2.0  # between the last connection and a look at memory
SETTINGS = (
    "smpp.max_connections=6000",
    "smpp.max_connections_per_address=0",
    "smpp.bind_timeout_s=3600",
    "smpp.idle_timeout_s=3600",
)


def arguments() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--connections", type=int, default=5000, metavar="N", help="that do nothing (5000)")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help="load, and idleness (20)")
    parser.add_argument("--tls", action="store_true", help="over TLS; the session that works is plain")
    return parser


def grantable(asked: int) -> int:
    """Let this process open as many files as connections were asked for; return how many there can be."""
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = asked + OWN_FILES
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if granted != resource.RLIM_INFINITY and granted < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(0, min(asked, wanted - OWN_FILES))


@contextlib.contextmanager
def stage(seconds: float, tls_port: int) -> Iterator[Stage]:
    """Set up an SMSC and a node that lets everybody stay."""
    folder = Path(tempfile.mkdtemp(prefix="mobilesasa-bench-"))
    folder.chmod(0o711)  # so that the database's own user comes through when we are root
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        sink = Child([sys.executable, "-m", "bench.sink", "--delay-ms", "50"], folder / "sink.log", spoken_to=True)
        stack.callback(sink.stop)
        port = sink.hear(START_TIMEOUT_S)["port"]
        node = Node(folder, [*SETTINGS, f"smpp_tls_port={tls_port}"])
        stack.callback(node.stop)
        node.make_ready(port, binds=2, window=500)
        yield Stage(node, sink, folder, seconds, sessions=1, window=100)


def connected(port: int, count: int, tls: ssl.SSLContext | None) -> list[socket.socket]:
    """Connect so often, and shake hands where it is TLS."""
    made: list[socket.socket] = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        made.append(connection if tls is None else tls.wrap_socket(connection))
    return made


def still_there(connections: Sequence[socket.socket]) -> int:
    """Count those that the node has not closed."""
    count = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            count += connection.recv(1) != b""
        except (BlockingIOError, ssl.SSLWantReadError):
            count += 1
        except OSError:
            continue
    return count


@contextlib.contextmanager
def flooded(node: Node) -> Iterator[None]:
    """Let some bound sessions send enquiries without end."""
    octets = EnquireLink(sequence=1).encode() * 4096
    bind = BindTransmitter(sequence=1, system_id=TEAM, password=node.token).encode()  # who gets no receipts
    sockets = [socket.create_connection(("127.0.0.1", node.smpp_port)) for _ in range(FLOODS)]

    def flood(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(bind)
            connection.recv(4096)
            while True:
                connection.sendall(octets)

    threads = [threading.Thread(target=flood, args=(connection,), daemon=True) for connection in sockets]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in threads:
            thread.join()


def unchecked() -> ssl.SSLContext:
    """A client that takes any certificate: what it costs is the same."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def measure(set_up: Stage, count: int, tls_port: int | None) -> dict[str, Any]:
    """Return the figures without and with the connections."""
    node = set_up.node
    before = measure_smpp_at(set_up, RATE_PER_S)
    memory_mb, cpu_s, begun_s = processes.memory_mb(node.pid), node.cpu_s()["gateway"], time.monotonic()
    port = node.smpp_port if tls_port is None else tls_port
    with contextlib.ExitStack() as stack:
        connections = connected(port, count, None if tls_port is None else unchecked())
        for connection in connections:
            stack.enter_context(connection)
        time.sleep(SETTLED_S)
        taken_s = node.cpu_s()["gateway"] - cpu_s
        grown_mb = processes.memory_mb(node.pid) - memory_mb
        connecting_s = time.monotonic() - begun_s - SETTLED_S
        cpu_s, begun_s = node.cpu_s()["gateway"], time.monotonic()
        time.sleep(set_up.seconds)
        idle = (node.cpu_s()["gateway"] - cpu_s) / (time.monotonic() - begun_s)
        beside = measure_smpp_at(set_up, RATE_PER_S)
        there = still_there(connections)
    with flooded(node):
        flood = measure_smpp_at(set_up, RATE_PER_S)
    return {
        "connections": count,
        "there": there,
        "connecting_s": round(connecting_s, 1),
        "cpu_ms_each": round(taken_s / max(1, count) * 1000, 3),
        "memory_mb": memory_mb,
        "kb_each": round(grown_mb * 1000 / max(1, count), 1),
        "idle_cores": round(idle, 4),
        "before": before,
        "beside": beside,
        "flood": flood,
    }


def shown(found: dict[str, Any], tls: bool) -> str:
    """Return the page."""
    how = f"{' over TLS' if tls else ''} that do nothing, made in {found['connecting_s']:g} s"
    lines = [
        f"{found['connections']:,} connections{how}; {found['there']:,} were there at the end",
        f"memory of the gateway {found['memory_mb']:.0f} MB before, and {found['kb_each']:.1f} kB a connection",
        f"CPU {found['cpu_ms_each']:g} ms to take one, and {100 * found['idle_cores']:.2f} % of a core while all do nothing",
    ]
    rows = []
    ways = {"without them": "before", "beside them": "beside", f"beside {FLOODS} sessions that flood": "flood"}
    for name, figures in ((name, found[of]) for name, of in ways.items()):
        spread = figures["load"]["response_ms"]
        rows.append([name, f"{figures['load']['messages']:,}", *(f"{spread[at]:.1f}" for at in ("p50", "p99", "max"))])
    head = (f"submit_sm → resp at {RATE_PER_S}/s, ms", "messages", "p50", "p99", "max")
    return "\n".join([*lines, "", table(head, rows)])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether every message and every connection stayed: 0, or 1."""
    asked = arguments().parse_args(argv)
    count, machine_before = grantable(asked.connections), machine()
    if count < asked.connections:
        print(f"only {count:,} connections: the system grants no more open files", file=sys.stderr)
    (tls_port,) = processes.free_ports(1)
    try:
        with stage(asked.seconds, tls_port) as set_up:
            found = measure(set_up, count, tls_port if asked.tls else None)
    except Broken as broken:
        print(f"the benchmark broke off: {broken}", file=sys.stderr)
        return 1
    print(machine_shown(machine_before, asked.seconds, SETTINGS), end="\n\n")
    print(shown(found, asked.tls))
    faults = [*found["before"]["faults"], *found["beside"]["faults"], *found["flood"]["faults"]]
    print("\n".join(f"WRONG: {fault}" for fault in faults), end="\n" if faults else "")
    return 1 if faults or found["there"] != count else 0


if __name__ == "__main__":
    sys.exit(main())
