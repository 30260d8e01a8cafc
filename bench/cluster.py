"""`python -m bench.cluster`: two nodes over one database and one RabbitMQ, each killed in turn under load; what became of it.

Three carriers, a team with five sessions, three at one node and two at the other, submits at a rate. Node 1, node 2, the
broker and the database are each killed with SIGKILL and started again. Afterwards every message that was accepted must have
come to a carrier and its receipt to the team; a message that came twice must have been under way at a node that was killed.
A sixth session must be refused at either node. All of it runs on this machine, in a temporary folder, on free ports.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import attrs
import psutil
from psycopg2.extensions import parse_dsn

from bench import processes
from bench.load import bind
from bench.node import COMMAND, COMMAND_TIMEOUT_S, TEAM, TWISTD, UNITS
from bench.processes import Broken, Child, run_json
from mobilesasa.store.embedded import EmbeddedPostgres
from tests.rabbitmq import RabbitMQ

CARRIERS = ("one", "two", "three")
BINDS, WINDOW = 2, 20  # of each carrier: so many messages may be under way to it
SESSIONS = 5
READY_S, SETTLE_S = 60.0, 120.0
Outage = tuple[str, Callable[[], None], Callable[[], None]]


@attrs.define(eq=False)
class Node:
    """One node of the cluster."""

    name: str
    folder: Path
    environment: dict[str, str]
    http_port: int
    smpp_port: int
    child: Child | None = None

    def start(self) -> None:
        """Start it; it is not ready yet."""
        command = [sys.executable, "-c", TWISTD, "-n", "--pidfile=", "mobilesasa"]
        self.child = Child(command, self.folder / f"{self.name}.log", self.environment)

    def kill(self) -> None:
        """End it without a word."""
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.stop()

    def await_ready(self) -> None:
        """Wait until it says so."""
        assert self.child is not None
        processes.wait_until(f"{self.name} is ready", self.is_ready, READY_S, self.child)

    def is_ready(self) -> bool:
        """Say whether it can do its work."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def command(self, *arguments: str) -> Any:
        """Run `mobilesasa … --json` and return its answer."""
        return run_json(["-c", COMMAND, *arguments, "--json"], COMMAND_TIMEOUT_S, self.environment)


class Cluster:
    """All that runs.

    Args:
        folder: for all of their files; any user may enter it.
        stack: stops them at its end.
        settings: NAME=VALUE each, for the nodes.
    """

    def __init__(self, folder: Path, stack: contextlib.ExitStack, settings: dict[str, str]) -> None:
        self.folder = folder
        self._doubled_at_one = 0  # as last looked at
        self.database = EmbeddedPostgres(folder / "database")
        dsn = _url(self.database.start())
        stack.callback(self.database.stop)
        (folder / "broker").mkdir()
        self.broker = RabbitMQ(folder / "broker")
        stack.callback(self.broker.close)
        self.broker.start()
        self.sinks = {name: self._sink(name, stack) for name in CARRIERS}
        self.nodes = [self._node(name, dsn, settings) for name in ("node-1", "node-2")]
        self.nodes[0].command("migrate")
        for node in self.nodes:
            node.start()
            stack.callback(lambda node=node: node.child.stop())  # type: ignore[misc]
        for node in self.nodes:
            node.await_ready()
        self.token = self._furnish(self.nodes[0])

    def _sink(self, name: str, stack: contextlib.ExitStack) -> tuple[Child, int]:
        sink = Child([sys.executable, "-m", "bench.sink"], self.folder / f"{name}.log", spoken_to=True)
        stack.callback(sink.stop)
        return sink, sink.hear(READY_S)["port"]

    def _node(self, name: str, dsn: str, settings: dict[str, str]) -> Node:
        http_port, smpp_port = processes.free_ports(2)
        clean = {each: value for each, value in os.environ.items() if not each.startswith("MOBILESASA_")}
        ours = {
            "NODE": name,
            "STATE_DIR": str(self.folder / name),
            "HTTP_PORT": str(http_port),
            "SMPP_PORT": str(smpp_port),
            "SMPP_TLS_PORT": "off",
            "DATABASE_URL": dsn,
            "AMQP_URL": self.broker.url(),
            **settings,
        }
        environment = clean | {f"MOBILESASA_{each}": value for each, value in ours.items()}
        return Node(name, self.folder, environment, http_port, smpp_port)

    def _furnish(self, node: Node) -> str:
        """Make the team, the carriers, and a rule that spreads its messages over them."""
        token = node.command("team", "create", "--code", TEAM, "--units", str(UNITS), "--sender", TEAM)["token"]
        node.command("team", "set", TEAM, "--session-tps", "0")
        for name, (_, port) in self.sinks.items():
            smsc = ["--host", "127.0.0.1", "--port", str(port), "--system-id", "bench", "--password", "bench"]
            shape = ["--bind", "trx", "--binds", str(BINDS), "--window", str(WINDOW), "--tps", "0"]
            node.command("carrier", "add", name, "--kind", "smpp", *smsc, *shape)
        node.command(
            "route",
            "add",
            "--prefix",
            "",
            "--policy",
            "weighted",
            *[word for n in CARRIERS for word in ("--carrier", n)],
        )
        return str(token)

    def kill_database(self) -> None:
        """Kill the postmaster and all that it has forked."""
        pid = int(next((self.folder / "database").rglob("postmaster.pid")).read_text().split()[0])
        postmaster = psutil.Process(pid)
        for process in [postmaster, *postmaster.children()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def outages(self) -> list[Outage]:
        """Return what is killed in turn: its name, how, and how it comes back."""
        return [
            *((node.name, node.kill, node.start) for node in self.nodes),
            ("broker", self.broker.kill, self.broker.start),
            ("database", self.kill_database, lambda: self.database.start() and None),
        ]

    def arrivals(self, tokens: int) -> dict[int, int]:
        """Return at how many carriers each message has come; only those that came at all."""
        found: dict[int, int] = {}
        self._doubled_at_one = 0
        for name, (sink, _) in self.sinks.items():
            file = self.folder / f"{name}.arrived"
            sink.say(f"report 0 {tokens} {file}")
            self._doubled_at_one += sink.hear(COMMAND_TIMEOUT_S)["doubled"]
            moments = array("d")
            moments.frombytes(file.read_bytes())
            for token, moment in enumerate(moments):
                if moment:
                    found[token] = found.get(token, 0) + 1
        return found

    def doubles(self, tokens: int) -> int:
        """Return how often a message has come that had come before."""
        again = sum(times - 1 for times in self.arrivals(tokens).values())
        return again + self._doubled_at_one


def _url(dsn: str) -> str:
    """Return libpq's keywords as the URL that a setting has."""
    given = parse_dsn(dsn)
    at = urlencode({name: given[name] for name in ("host", "port") if name in given})
    return f"postgresql://{given['user']}@/{given['dbname']}?{at}"


class Run:
    """One load over a cluster, with its outages."""

    def __init__(self, cluster: Cluster, asked: argparse.Namespace, stack: contextlib.ExitStack) -> None:
        self._cluster = cluster
        self._asked = asked
        first, second = (node.smpp_port for node in cluster.nodes)
        self._file = cluster.folder / "accepted"
        ports = ",".join(map(str, (first, first, first, second, second)))
        words = ["--ports", ports, "--password", cluster.token, "--rate", str(asked.rate), "--file", str(self._file)]
        self._load = Child([sys.executable, "-m", "bench.steady", *words], cluster.folder / "load.log", spoken_to=True)
        stack.callback(self._load.stop)
        self.rounds: list[dict[str, Any]] = []
        self._doubles = 0  # as last looked at

    def counts(self, word: str = "counts") -> dict[str, Any]:
        """Return what the load has counted so far."""
        self._load.say(word)
        said: dict[str, Any] = self._load.hear(COMMAND_TIMEOUT_S)
        return said

    def steady(self, what: str) -> None:
        """Let it run for a while with everything there."""

        def go_on() -> None:
            until_s = time.monotonic() + READY_S
            while self.counts()["bound"] < SESSIONS and time.monotonic() < until_s:
                time.sleep(0.2)
            time.sleep(self._asked.seconds)

        self._measured(what, go_on)

    def outage(self, name: str, kill: Callable[[], None], start: Callable[[], None]) -> None:
        """Kill something, let the rest go on, start it again."""

        def happen() -> None:
            kill()
            time.sleep(self._asked.outage)
            start()
            for node in self._cluster.nodes:
                node.await_ready()

        self._measured(f"{name} killed and started again", happen)

    def _measured(self, what: str, work: Callable[[], None]) -> None:
        before, at_s = self.counts(), time.monotonic()
        work()
        after = self.counts()
        took_s = time.monotonic() - at_s
        grown = {each: after[each] - before[each] for each in ("submitted", "accepted", "receipts", "in_doubt")}
        row = {"what": what, "seconds": round(took_s, 1), **grown, "sessions": after["bound"]}
        doubles, self._doubles = self._doubles, self._cluster.doubles(after["submitted"])
        row["doubled"] = self._doubles - doubles
        self.rounds.append(row)
        print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)

    def sixth(self) -> dict[str, str]:
        """Try a sixth session at each node; return what became of it."""
        found = {}
        for node in self._cluster.nodes:
            try:
                bind(node.smpp_port, TEAM, self._cluster.token).peer.socket.close()
                found[node.name] = "let in"
            except ConnectionRefusedError as refused:
                found[node.name] = str(refused).rpartition(" ")[2]
        return found

    def settle(self) -> dict[str, Any]:
        """Submit no more, wait for the last receipts, and return what became of everything."""
        counts, until_s = self.counts("enough"), time.monotonic() + SETTLE_S
        while (counts["without_receipt"] or counts["unanswered"]) and time.monotonic() < until_s:
            time.sleep(0.5)
            counts = self.counts()
        self.counts("write")
        columns = array("d")
        columns.frombytes(self._file.read_bytes())
        accepted = {int(token) for token in columns[::3]}
        arrived = self._cluster.arrivals(counts["submitted"])
        audit = self._cluster.nodes[0].command("audit")
        return {
            **counts,
            "lost": len(accepted - arrived.keys()),
            "doubled": self._cluster.doubles(counts["submitted"]),
            "audit": [check["name"] for check in audit["checks"] if check["wrong"]],
        }


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that any user may enter; it is gone at the end."""
    made = Path(tempfile.mkdtemp(prefix="mobilesasa-cluster-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def faults(found: dict[str, Any]) -> list[str]:
    """Return what is not as it must be."""
    whole, said = found["whole"], []
    window = len(CARRIERS) * BINDS * WINDOW
    said += [f"{whole['lost']} accepted messages came to no carrier"] if whole["lost"] else []
    said += [f"{whole['without_receipt']} have no receipt"] if whole["without_receipt"] else []
    said += [f"the audit finds {', '.join(whole['audit'])}"] if whole["audit"] else []
    for row in found["rounds"]:
        most = window if "node" in row["what"] else 0  # what was under way comes again some seconds later
        said += [f"{row['what']}: {row['doubled']} came twice, at most {most} may"] if row["doubled"] > most else []
    said += [f"a sixth session at {node}: {what}" for node, what in found["sixth"].items() if what == "let in"]
    return said


def main() -> int:
    """Run it, print what became of it, and say whether all was as it must be: 0, or 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second (1000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="between two outages (10)")
    parser.add_argument("--outage", type=float, default=5.0, help="how long what was killed is away, in seconds (5)")
    parser.add_argument("--only", action="append", help="of node-1, node-2, broker, database")
    parser.add_argument("--keep-logs", type=Path, help="a folder for the logs of all processes")
    parser.add_argument("--json", type=Path, help="write all figures there")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(folder())
        if asked.keep_logs:
            stack.callback(lambda: [shutil.copy(log, asked.keep_logs) for log in place.glob("*.log")])
        try:
            cluster = Cluster(place, stack, {})
            run = Run(cluster, asked, stack)
            run.steady("all there")
            sixth = run.sixth()
            print("a sixth session: " + ", ".join(f"at {node} {what}" for node, what in sixth.items()), flush=True)
            for name, kill, start in cluster.outages():
                if not asked.only or name in asked.only:
                    run.outage(name, kill, start)
                    run.steady(f"after {name}")
            found = {"rounds": run.rounds, "sixth": sixth, "whole": run.settle()}
        except Broken as broken:
            print(f"the benchmark broke off: {broken}", file=sys.stderr)
            return 1
    print("in all: " + "  ".join(f"{key} {value}" for key, value in found["whole"].items()))
    wrong = faults(found)
    print(
        "\n".join(wrong)
        or "Nothing lost, nothing twice but what was under way at a node that was killed; the books are right."
    )
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
