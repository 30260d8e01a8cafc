"""A real node in a process of its own, with a team, a carrier and a route, in a temporary folder, on free ports."""

from __future__ import annotations

import contextlib
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import ending, processes
from bench.processes import Broken, Child, run_json
from mobilesasa.store.embedded import EmbeddedPostgres

TEAM = "BENCH"
UNITS = 1_000_000_000
READY_TIMEOUT_S = 60.0
COMMAND_TIMEOUT_S = 30.0
COMMAND = "from mobilesasa.cli.main import main; main()"
TWISTD = "from twisted.scripts.twistd import run; run()"


def variables(settings: Sequence[str]) -> dict[str, str]:
    """Return NAME=VALUE each as the environment has it; a name without a value is an error."""
    pairs = [each.partition("=") for each in settings]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise Broken(f"not NAME=VALUE: {', '.join(wrong)}")
    return {f"MOBILESASA_{name.replace('.', '_').upper()}": value for name, _, value in pairs}


class Node:
    """The node, its command, and what it costs.

    Attributes:
        token: the team's token.
        http_port, smpp_port: where it listens.
        postmaster: the first process of its database.
    """

    def __init__(
        self, folder: Path, settings: Sequence[str] = (), profile: Path | None = None, broker: int | None = None
    ) -> None:
        """Start it over an empty store.

        Args:
            folder: takes its state and its log.
            settings: NAME=VALUE each, other than the defaults; `smpp.receipt_window=100`.
            profile: file for a profile of the process; None makes none.
            broker: the process of its RabbitMQ, whose cost is told too.
        """
        self.http_port, self.smpp_port = processes.free_ports(2)
        self._state = folder / "state"
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("MOBILESASA_")} | {
            "MOBILESASA_STATE_DIR": str(self._state),
            "MOBILESASA_HTTP_PORT": str(self.http_port),
            "MOBILESASA_SMPP_PORT": str(self.smpp_port),
            "MOBILESASA_SMPP_TLS_PORT": "off",
            "MOBILESASA_DEMO": "false",
            **variables(settings),
        }
        start = ["-m", "bench.sampler", str(profile)] if profile else ["-c", TWISTD]
        command = [sys.executable, *start, "-n", "--pidfile=", "mobilesasa"]
        self._child = Child(command, folder / "node.log", self._env)
        ending.note(self, self.stop)
        self.token = ""
        self.postmaster = 0
        self._smsc: list[str] = []
        self._broker = broker

    @property
    def pid(self) -> int:
        """The process that is measured."""
        return self._child.pid

    @property
    def log(self) -> Path:
        """What it logged."""
        return self._child.log

    def make_ready(self, sink_port: int, binds: int, window: int) -> None:
        """Wait until it is ready, then give it a team without a rate limit and a carrier that takes everything."""
        self.wait()
        made = self.command("team", "create", "--code", TEAM, "--units", str(UNITS), "--sender", TEAM)
        self.token = made["token"]
        self.command("team", "set", TEAM, "--session-tps", "0", "--max-sessions", "100")
        smsc = ["--host", "127.0.0.1", "--port", str(sink_port), "--system-id", "bench", "--password", "bench"]
        shape = ["--bind", "trx", "--binds", str(binds), "--window", str(window), "--tps", "0"]
        self.command("carrier", "add", "sink", "--kind", "smpp", *smsc, *shape)
        self.command("route", "add", "--prefix", "", "--carrier", "sink")
        self._smsc = smsc

    def hold_back(self) -> None:
        """Let another carrier have all messages from now on, which takes one a second."""
        self.command("carrier", "add", "held", "--kind", "smpp", *self._smsc, "--bind", "trx", "--tps", "1")
        self.command("route", "add", "--prefix", "254", "--carrier", "held")

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Let two carriers have a half of all messages each in the block."""
        shape = ["--bind", "trx", "--binds", "2", "--tps", "0"]
        self.command("carrier", "add", "half", "--kind", "smpp", *self._smsc, *shape)
        shares = ["--carrier", "sink:1", "--carrier", "half:1", "--policy", "weighted", "--priority", "50"]
        rule = self.command("route", "add", "--prefix", "", *shares)["rule"]
        try:
            yield
        finally:
            self.command("route", "remove", "--rule", str(rule))

    def wait(self) -> None:
        """Wait until it is ready."""
        processes.wait_until("the node is ready", lambda: self._answers("/readyz"), READY_TIMEOUT_S, self._child)
        found = next(iter(self._state.rglob("postmaster.pid")), None)
        if found is None:
            raise Broken("the node's database left no postmaster.pid")
        self.postmaster = int(found.read_text().split("\n", 1)[0])

    def dsn(self) -> str:
        """Return the DSN of its database."""
        found = EmbeddedPostgres(self._state).running()
        if found is None:
            raise Broken("the node has no embedded database")
        return found

    def command(self, *arguments: str) -> Any:
        """Run `mobilesasa … --json` and return its answer."""
        return run_json(["-c", COMMAND, *arguments, "--json"], COMMAND_TIMEOUT_S, self._env)

    def cpu_s(self) -> dict[str, float]:
        """Return the CPU seconds so far: the gateway, its main thread alone, and PostgreSQL with all its processes."""
        return {
            "gateway": processes.cpu_s(self.pid),
            "gateway_main_thread": processes.main_thread_cpu_s(self.pid),
            "postgres": processes.family_cpu_s(self.postmaster),
            **({} if self._broker is None else {"broker": processes.family_cpu_s(self._broker)}),
        }

    def commits(self) -> float:
        """Return how many group commits its writer has made."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("mobilesasa_store_commits_total "):
                    return float(line.split()[1])
        raise Broken("the node does not say how often its writer commits")

    def stop(self) -> None:
        """Stop it, its database too, also where it could not do so itself."""
        self._child.stop()
        EmbeddedPostgres(self._state).stop()
        ending.forget(self)

    def _answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
