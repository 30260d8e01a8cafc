"""Processes that remove months of messages in a store until they are killed: `python -m tests.store.removing`.

For each line `DSN STAGE MONTH STATEMENT` that it reads it forks one, which begins a round and goes on to that stage (of that
month; `-`: of any), and in its step to that statement, counted from 1. There it says its pid and `under way`, or `behind` when
the step has been committed before it came to so many statements, and waits to be killed.
"""

import os
import signal
import sys
import traceback
from typing import Any

from psycopg2.extensions import cursor

from mobilesasa.store import retention
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.retention import Round, Stage
from tests.store.months import KEEP

BATCH = 2
PATIENCE_S = 60  # after which a process that nobody has killed ends


class Counting(cursor):
    """A cursor that goes no further than some statement of the step."""

    left = 0  # statements; 0: it is not counted

    def execute(self, *given: Any) -> None:
        """Execute a statement, and wait for the end behind the last one."""
        super().execute(*given)
        if Counting.left:
            Counting.left -= 1
            if not Counting.left:
                wait("under way")


def say(line: str) -> None:
    """Say a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def wait(where: str) -> None:
    """Say where this process is, and wait to be killed."""
    say(f"{os.getpid()} {where}")
    signal.pause()


def remove(dsn: str, stage: str, month: str, statement: str) -> None:
    """Go on to a statement of a step."""
    opened = connect(dsn, "removes")
    opened.cursor_factory = Counting
    now = Round(KEEP, batch=BATCH)
    while now.stage is not Stage.DONE:
        is_here = now.stage is Stage[stage] and month in ("-", now.span and now.span.month)
        Counting.left = int(statement) if is_here else 0
        now = in_transaction(opened, retention.go_on, now)
        if is_here:
            wait("behind")
    raise LookupError(f"there is no {stage} of {month}")


def main() -> None:
    """Fork one process a line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        if os.fork():
            continue
        signal.alarm(PATIENCE_S)
        try:
            remove(*line.rstrip("\n").split("\t"))
        except BaseException:  # noqa: BLE001 - an edge: whatever it is, who waits for a line is told
            say("0 " + traceback.format_exc().replace("\n", " | "))
        os._exit(1)


if __name__ == "__main__":
    main()
