"""A node of the stage: started, killed, and asked what it says of itself."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import attrs

from bench.chaos.plan import CARRIERS
from bench.node import TWISTD
from bench.processes import Child

ASKED_S = 2.0  # for a node to answer what it is asked beside the load


@attrs.define(eq=False)
class Node:
    """One node of the cluster."""

    name: str
    folder: Path
    environment: dict[str, str]
    http_port: int
    smpp_port: int
    child: Child | None = None
    is_down: bool = False  # because we ended it

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Start it; it is not ready yet."""
        self.child = Child([sys.executable, "-c", TWISTD, "-n", "--pidfile=", "mobilesasa"], self.log, self.environment)
        self.is_down = False

    def kill(self) -> None:
        """End it without a word."""
        assert self.child is not None
        self.is_down = True
        self.send(signal.SIGKILL)
        self.child.stop()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.child is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child.pid, number)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.child is not None
        return self.child.pid

    @property
    def has_died(self) -> bool:
        """Whether it has ended though nobody ended it."""
        return self.child is not None and not self.is_down and not self.child.running

    def get(self, path: str) -> tuple[int, str]:
        """Get what anybody may; the status is 0 where there is no answer in time."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=ASKED_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, ""
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        """Say whether it can do its work."""
        return self.get("/readyz")[0] == 200

    def carriers(self) -> set[str]:
        """Return the carriers that it is connected to; all of them when it does not say."""
        status, said = self.get("/metrics")
        if status != 200:
            return set(CARRIERS)
        return set(re.findall(r'^mobilesasa_carrier_connected\{.*?carrier="(\w+)".*?\} 1', said, re.MULTILINE))
