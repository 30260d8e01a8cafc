"""The embedded server as its tests see it: asked over its socket, and used by another process."""

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2

from mobilesasa.store.embedded import EmbeddedPostgres
from tests.postgres import postgres_bin

CHECKOUT = Path(__file__).parents[2]

Make = Callable[..., EmbeddedPostgres]


def ask(dsn: str, statement: str) -> object:
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


def home_of(dsn: str) -> Path:
    return Path(str(ask(dsn, "SHOW data_directory"))).parent


def postmaster_of(dsn: str) -> int:
    return int((home_of(dsn) / "data" / "postmaster.pid").read_text().split()[0])


CHILD = """
import os, pwd, sys
from pathlib import Path
from mobilesasa.store.embedded import EmbeddedPostgres
state, bin_dir, elsewhere, user = sys.argv[1:]
if user:
    entry = pwd.getpwnam(user)
    os.setgroups([]); os.setgid(entry.pw_gid); os.setuid(entry.pw_uid)
server = EmbeddedPostgres(Path(state), bin_dir=Path(bin_dir) if bin_dir else None, elsewhere=Path(elsewhere))
print("begin", flush=True); sys.stdin.readline()
print(server.start(), flush=True); sys.stdin.readline()
print(server.stop(), flush=True)
"""


class Node:
    """Another process that uses the server of a state; it goes on a step at each `go`."""

    def __init__(self, state_dir: Path, elsewhere: Path, *, bin_dir: Path | None = None, user: str = "") -> None:
        arguments = [str(state_dir), str(bin_dir or postgres_bin() or ""), str(elsewhere), user]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CHILD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        assert self.heard() == "begin"

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> None:
        self._process.communicate()
