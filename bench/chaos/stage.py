"""What is struck: two nodes over one PostgreSQL and one RabbitMQ, three carriers, and relays between any two of them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from click.testing import CliRunner
from psycopg2.extensions import parse_dsn

from bench import ending, processes
from bench.chaos.clocks import WallClock, library
from bench.chaos.disks import Disk
from bench.chaos.nodes import Node
from bench.chaos.plan import CARRIERS, LINKS, NODES, Fault
from bench.node import COMMAND_TIMEOUT_S, TEAM
from bench.processes import Broken, Child
from mobilesasa.cli.main import main
from mobilesasa.store import embedded_home
from mobilesasa.store.embedded import EmbeddedError, EmbeddedPostgres
from tests.rabbitmq import RabbitMQ

BINDS, WINDOW = 2, 20  # of each carrier: so many messages may be under way to it
SESSIONS = 5
READY_S = 60.0
DISKS_MB = {"database": 1024, "broker": 512}
# Small, so that what PostgreSQL keeps for its recovery leaves room on a small disk.
SETTINGS = {"max_wal_size": "128MB", "min_wal_size": "32MB"}
CARRIER_DELAY_MS = 30  # each way, as of one that is not next door: something is always on the wire
# So that what a carrier leaves unanswered is noticed within a round.
CARRIER_OPTIONS = {"enquire_link_s": "5", "response_timeout_s": "4", "failover_after_s": "3"}


class Stage:
    """All that runs.

    Args:
        folder: for all of their files; any user may enter it.
        stack: stops them at its end.
        kinds: the faults that are to come; what only others need is left out.
    """

    def __init__(self, folder: Path, stack: contextlib.ExitStack, kinds: set[Fault]) -> None:
        self.folder = folder
        self.deaths: list[str] = []  # what has ended though nobody ended it
        self.disks = {name: Disk(folder / name) for name in DISKS_MB} if Fault.FILL_DISK in kinds else {}
        clocked = library(folder) if Fault.STEP_CLOCK in kinds else None
        timed = (*NODES, "database") if clocked else ()
        self.clocks = {name: WallClock(folder / f"{name}.clock", clocked) for name in timed if clocked}
        self._down: set[str] = set()  # of broker and database, what we ended
        self._is_over = False  # the database is started no more
        self._relaying = threading.Lock()
        self._bringing = threading.RLock()
        (folder / "broker").mkdir(exist_ok=True)
        self.broker = RabbitMQ(folder / "broker")
        stack.callback(self.broker.close)
        with ThreadPoolExecutor(1) as aside:
            coming_up = aside.submit(self.broker.start)
            self.database = self._database(stack)
            self.sinks = {name: self._sink(name, stack) for name in CARRIERS}
            coming_up.result()
        names = (*LINKS, *CARRIERS, *(f"{name} {what}" for name in NODES for what in ("http", "smpp")))
        self.ports = dict(zip(names, processes.lasting_ports(len(names)), strict=True))
        self.nodes = {name: self._node(name) for name in NODES}
        self._relays = self._relay(stack)
        for name in CARRIERS:
            self.restore(name)
        self.operator = self._environment("operator", direct=True)
        self.command("migrate")
        for node in self.nodes.values():
            node.start()
            stack.callback(lambda node=node: node.child.stop())  # type: ignore[misc]
        self.await_ready()
        self._furnish()

    def command(self, *arguments: str) -> Any:
        """Run `mobilesasa … --json` in this process, which is ten times as fast, past all relays; return its answer.

        Raises:
            Broken: it failed.
        """
        nothing_else: dict[str, str | None] = {name: None for name in os.environ if name.startswith("MOBILESASA_")}
        done = CliRunner().invoke(main, [*arguments, "--json"], env=nothing_else | self.operator)
        if done.exit_code not in (0, 1) or not done.stdout.strip():
            raise Broken(
                f"mobilesasa {' '.join(arguments)[:200]}: {done.exit_code} {done.output[-1000:]} {done.exception}"
            )
        return json.loads(done.stdout)

    def relay(self, word: str, name: str, amount_ms: int = 0) -> None:
        """Give the relays an order, as `bench.chaos.relay` has them."""
        with self._relaying:
            self._relays.say(f"{word} {name} {amount_ms}")
            self._relays.hear(COMMAND_TIMEOUT_S)

    def restore(self, name: str) -> None:
        """Let a link be as it was at first."""
        self.relay("delay", name, CARRIER_DELAY_MS if name in CARRIERS else 0)

    def await_ready(self) -> None:
        """Wait until both nodes say that they can do their work.

        Raises:
            Broken: one does not, or has ended.
        """
        for node in self.nodes.values():
            assert node.child is not None
            processes.wait_until(f"{node.name} is ready", node.is_ready, READY_S, node.child)

    def is_ready(self) -> bool:
        """Say whether both nodes can do their work."""
        return all(node.is_ready() for node in self.nodes.values())

    # What the faults do

    def kill_database(self) -> None:
        """Kill the postmaster and all that it has forked."""
        with self._bringing:
            self._down.add("database")
            for process in self.postgres():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

    def start_database(self) -> None:
        """Start it; while that is in vain, for its disk is full, again and again, as systemd does."""
        until_s = time.monotonic() + READY_S
        while True:
            try:
                with self._bringing:
                    if not self._is_over:
                        self.database.start()
                    self._down.discard("database")
                    return
            except EmbeddedError as error:
                if time.monotonic() > until_s:
                    raise Broken(f"PostgreSQL does not come back: {error}") from error
                time.sleep(0.5)

    def freeze_database(self, number: signal.Signals) -> None:
        """Send SIGSTOP or SIGCONT to all of its processes."""
        for process in self.postgres():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def freeze_sink(self, name: str, number: signal.Signals) -> None:
        """Send SIGSTOP or SIGCONT to a carrier."""
        os.kill(self.sinks[name][0].pid, number)

    def postgres(self) -> list[psutil.Process]:
        """Return the postmaster and all that it has forked."""
        found = next((self.folder / "database").rglob("postmaster.pid"), None)
        if found is None:
            return []
        try:
            postmaster = psutil.Process(int(found.read_text().split()[0]))
            return [postmaster, *postmaster.children()]
        except (psutil.NoSuchProcess, IndexError, ValueError):
            return []

    def kill_broker(self) -> None:
        """Kill it."""
        with self._bringing:
            self._down.add("broker")
            self.broker.kill(at_once=True)

    def start_broker(self) -> None:
        """Start it; while that is in vain, for its disk is full, again and again, as systemd does."""
        until_s = time.monotonic() + READY_S
        while True:
            try:
                with self._bringing:
                    self.broker.start()
                    self._down.discard("broker")
                    return
            except AssertionError as error:
                if time.monotonic() > until_s:
                    raise Broken(f"RabbitMQ does not come back: {error}") from error
                time.sleep(0.5)

    def supervise(self, may_end: bool) -> None:
        """Start PostgreSQL and RabbitMQ where they have ended by themselves, and take down what has died.

        Args:
            may_end: whether these two may have: their disk was full.
        """
        with self._bringing:
            if "database" not in self._down and not any(each.is_running() for each in self.postgres()[:1]):
                self._note("PostgreSQL", may_end)
                self.start_database()
            if "broker" not in self._down and not self.broker.lives:
                self._note("RabbitMQ", may_end)
                self.start_broker()
        for node in self.nodes.values():
            if node.has_died:
                self._note(node.name, False)
                node.start()

    def _note(self, what: str, may_end: bool) -> None:
        if not may_end:
            self.deaths.append(what)

    # What there is

    def _database(self, stack: contextlib.ExitStack) -> EmbeddedPostgres:
        """Start PostgreSQL, under a clock of its own where that is to be set."""
        home = self.folder / "database"
        home.mkdir(exist_ok=True)
        made = self._postgres_in(home, None, stack)
        if self.clocks:
            at = embedded_home.existing_home(home)
            assert at is not None
            programs = embedded_home.find_binaries(at, embedded_home.owner_of(at / "data"), None).folder
            made.stop()
            wrapped = self.folder / "programs"
            wrapped.mkdir()
            for name in ("postgres", "initdb"):
                self.clocks["database"].wrap(programs / name, wrapped / name)
            made = self._postgres_in(home, wrapped, stack)
        return made

    def _postgres_in(self, home: Path, programs: Path | None, stack: contextlib.ExitStack) -> EmbeddedPostgres:
        """Start it with these programs; the stack ends it, also when the start is broken off."""
        made = EmbeddedPostgres(home, settings=SETTINGS, bin_dir=programs)
        ending.note(made, made.stop)
        stack.callback(self._end_database, made)
        self.dsn = made.start()
        return made

    def _end_database(self, made: EmbeddedPostgres) -> None:
        """Stop it for good, frozen or not, whatever fault is still to be undone."""
        with self._bringing:
            self._is_over = True
            self.freeze_database(signal.SIGCONT)
            made.stop()
            ending.forget(made)

    def _sink(self, name: str, stack: contextlib.ExitStack) -> tuple[Child, int]:
        sink = Child([sys.executable, "-m", "bench.sink"], self.folder / f"{name}.log", spoken_to=True)
        stack.callback(sink.stop)
        return sink, sink.hear(READY_S)["port"]

    def _environment(self, name: str, *, direct: bool = False) -> dict[str, str]:
        given = parse_dsn(self.dsn)
        at = urlencode({key: given[key] for key in ("host", "port")})
        database, broker = f"postgresql://{given['user']}@/{given['dbname']}?{at}", self.broker.url()
        if not direct:
            number = name[-1]
            address = f"127.0.0.1:{self.ports[f'database-{number}']}"
            plain = "sslmode=disable&gssencmode=disable"
            database = f"postgresql://{given['user']}@{address}/{given['dbname']}?{plain}"
            broker = broker.replace(f":{self.broker.port}/", f":{self.ports[f'broker-{number}']}/")
        clean = {each: value for each, value in os.environ.items() if not each.startswith("MOBILESASA_")}
        ours = {
            "NODE": name,
            "STATE_DIR": str(self.folder / name),
            "SMPP_TLS_PORT": "off",
            "DATABASE_URL": database,
            "AMQP_URL": broker,
        }
        clock = self.clocks.get(name)
        return (
            clean | {f"MOBILESASA_{each}": value for each, value in ours.items()} | (clock.variables if clock else {})
        )

    def _node(self, name: str) -> Node:
        http_port, smpp_port = self.ports[f"{name} http"], self.ports[f"{name} smpp"]
        listens = {"MOBILESASA_HTTP_PORT": str(http_port), "MOBILESASA_SMPP_PORT": str(smpp_port)}
        return Node(name, self.folder, self._environment(name) | listens, http_port, smpp_port)

    def _relay(self, stack: contextlib.ExitStack) -> Child:
        """Start the relays."""
        given = parse_dsn(self.dsn)
        targets: dict[str, str] = {name: str(port) for name, (_, port) in self.sinks.items()}
        for number, node in enumerate(self.nodes.values(), 1):
            targets |= {
                f"database-{number}": f"{given['host']}/.s.PGSQL.{given['port']}",
                f"broker-{number}": str(self.broker.port),
                f"sessions-{number}": str(node.smpp_port),
                f"http-{number}": str(node.http_port),
            }
        words = [f"{name}:{self.ports[name]}:{target}" for name, target in targets.items()]
        relays = Child([sys.executable, "-m", "bench.chaos.relay", *words], self.folder / "relays.log", spoken_to=True)
        stack.callback(relays.stop)
        relays.hear(READY_S)
        return relays

    def _furnish(self) -> None:
        """Make the carriers, and a rule that spreads messages over them."""
        options = [word for name, value in CARRIER_OPTIONS.items() for word in ("--option", f"{name}={value}")]
        for name in CARRIERS:
            smsc = [
                "--host",
                "127.0.0.1",
                "--port",
                str(self.ports[name]),
                "--system-id",
                "bench",
                "--password",
                "bench",
            ]
            shape = ["--bind", "trx", "--binds", str(BINDS), "--window", str(WINDOW), "--tps", "0"]
            self.command("carrier", "add", name, "--kind", "smpp", *smsc, *shape, *options)
        shares = [word for name in CARRIERS for word in ("--carrier", name)]
        self.command("route", "add", "--prefix", "", "--policy", "weighted", *shares)

    def arrivals(self, first: int, many: int) -> tuple[set[int], int]:
        """Return which of these tokens have come to a carrier, and how often one came that had come before."""
        found: set[int] = set()
        times = 0
        for name, (sink, _) in self.sinks.items():
            file = self.folder / f"{name}.arrived"
            sink.say(f"report {first} {many} {file}")
            times += sink.hear(COMMAND_TIMEOUT_S)["doubled"]
            moments = array("d")
            moments.frombytes(file.read_bytes())
            here = {first + place for place, moment in enumerate(moments) if moment}
            times += len(here)
            found |= here
        return found, times - len(found)

    def team(self, code: str, units: int) -> str:
        """Make a team without a limit on its rate; return its token."""
        token = self.command("team", "create", "--code", code, "--units", str(units), "--sender", TEAM)["token"]
        self.command("team", "set", code, "--session-tps", "0")
        return str(token)
