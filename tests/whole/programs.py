"""Real processes: a node as twistd runs it, and the SMSC that the operator's command simulates."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
from click.testing import CliRunner

from bench.processes import lasting_ports
from mobilesasa.cli.main import main

BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
PATIENCE_S = 40.0


def free_port() -> int:
    """Return a port that stays free until somebody listens there: no connection of another test gets it for its own end."""
    return lasting_ports(1)[0]


def eventually(look: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Return what `look` finds as soon as it is true."""
    until_s = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < until_s, f"waited in vain: {what}"
        time.sleep(0.05)
    return found


@attrs.define(eq=False)
class Program:
    """A process of ours, with its output in a file."""

    arguments: list[str]
    environment: dict[str, str]
    output: Path
    process: Any = None

    def start(self) -> None:
        with self.output.open("ab") as into:
            self.process = subprocess.Popen(
                self.arguments, env=self.environment, stdin=subprocess.DEVNULL, stdout=into, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status: int = self.process.wait(PATIENCE_S)
        return status


@attrs.define(eq=False)
class Node:
    """A node with its own embedded database, on free ports."""

    folder: Path
    http_port: int = attrs.field(factory=free_port)
    smpp_port: int | None = attrs.field(factory=free_port)
    demo: bool = False
    smpp_tls_port: int | None = None
    options: Sequence[str] = ()  # of `twistd mobilesasa`
    others: Sequence["Node"] = ()  # nodes that have the same database
    program: Any = None

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("MOBILESASA_", "COV_"))}
        return ours | {
            "MOBILESASA_STATE_DIR": str(self.folder / "state"),
            "MOBILESASA_HTTP_PORT": str(self.http_port),
            "MOBILESASA_SMPP_PORT": str(self.smpp_port or "off"),
            "MOBILESASA_SMPP_TLS_PORT": str(self.smpp_tls_port or "off"),
            "MOBILESASA_DEMO": "true" if self.demo else "false",
        }

    def start(self, *options: str, kind: type[Program] = Program, before: Sequence[str] = ()) -> None:
        """Start it with these options of twistd, by the words `before` if any; returns when it is ready."""
        self.launch(*options, kind=kind, before=before)
        self.await_ready()

    def launch(self, *options: str, kind: type[Program] = Program, before: Sequence[str] = ()) -> None:
        """Start it as `start` does, and wait for nothing."""
        arguments = [*before, str(BIN / "twistd"), "-n", "--pidfile=", *options, "mobilesasa", *self.options]
        self.program = kind(arguments, self.environment, self.folder / "node.log")
        self.program.start()

    def await_ready(self) -> None:
        """Wait until it can do its work."""
        eventually(self._is_ready, "the node becomes ready")

    def _is_ready(self) -> bool:
        assert self.program.process.poll() is None, self.program.said
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, str]:
        """Get what is at a path, as anybody may; return status and body."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.http_port}{path}", timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def stop(self) -> int:
        status: int = self.program.end(signal.SIGTERM)
        return status

    def kill(self) -> None:
        self.program.end(signal.SIGKILL)

    def command(self, *words: str) -> dict[str, Any]:
        """Run the operator's command with --json and return what it prints."""
        done = subprocess.run(
            [str(BIN / "mobilesasa"), *words, "--json"],
            env=self.environment,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.stdout, done.stderr.decode()
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def team(self, code: str, units: int, *more: str) -> str:
        """Make a team with the sender TextBlast and no limit on its sessions, known to the node; return its token."""
        made, _ = self._prepared(
            ["team", "create", "--code", code, "--units", str(units), "--sender", "TextBlast", *more],
            ["team", "set", code, "--session-tps", "0"],
        )
        return str(made["token"])

    def carrier(self, port: int, *more: str) -> None:
        """Make an SMPP carrier with the default route, known to the node."""
        where = ["--host", HOST, "--port", str(port), "--system-id", "esme", "--password", "secret"]
        self._prepared(
            ["carrier", "add", "upstream", "--kind", "smpp", *where, "--tps", "0", *more],
            ["route", "add", "--prefix", "", "--carrier", "upstream"],
        )

    def _prepared(self, *commands: list[str]) -> list[dict[str, Any]]:
        """Run the operator's commands and wait until all nodes know what they changed."""
        nodes = [self, *self.others]
        seen = [[node.readings() for node in nodes]] * 2
        answers = [self.quickly(*words) for words in commands]

        def known() -> bool:
            seen.append([node.readings() for node in nodes])
            return seen[-2] == seen[-1] and all(first < last for first, last in zip(seen[0], seen[-1], strict=True))

        eventually(known, "the nodes have read what was changed, and read no more")
        return answers

    def quickly(self, *words: str) -> dict[str, Any]:
        """Run the operator's command as `command` does, but in this process, which is ten times as fast."""
        nothing_else = {name: None for name in os.environ if name.startswith("MOBILESASA_")}
        done = CliRunner().invoke(main, [*words, "--json"], env=nothing_else | self.environment)
        assert done.exit_code == 0, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def readings(self) -> float:
        """How often the node has read its configuration."""
        lines = self.get("/metrics")[1].splitlines()
        (count,) = (line.split()[1] for line in lines if line.startswith("mobilesasa_directory_readings_total "))
        return float(count)

    def call(self, token: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Call the API; return status and body."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.http_port}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method="GET" if body is None else "POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)


@attrs.define(eq=False)
class Smsc:
    """`mobilesasa simulate-smsc` on a free port, which logs what reaches it."""

    folder: Path
    receipts: str = "delivrd"
    delay_ms: int = 50
    more: Sequence[str] = ()  # options of the command
    port: int = attrs.field(factory=free_port)
    program: Any = None

    def start(self) -> None:
        arguments = [str(BIN / "mobilesasa"), "simulate-smsc", "--port", str(self.port), "--receipts", self.receipts]
        arguments += ["--delay-ms", str(self.delay_ms), "--log", str(self.folder / "smsc.log"), *self.more]
        self.program = Program(arguments, dict(os.environ), self.folder / "smsc.out")
        self.program.start()
        eventually(self._listens, "the simulated SMSC listens")

    def _listens(self) -> bool:
        with socket.socket() as trying:
            return trying.connect_ex((HOST, self.port)) == 0

    def texts(self) -> list[str]:
        """What has arrived so far: the text of each message, in order."""
        log = self.folder / "smsc.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [bytes.fromhex(line.split()[5].replace("-", "")).decode("ascii", "replace") for line in lines]

    def stop(self) -> None:
        self.program.end()
