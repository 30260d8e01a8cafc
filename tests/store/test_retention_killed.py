"""A process that is killed with -9 in the middle of removing a month, at each statement of each step: real processes."""

import contextlib
import itertools
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mobilesasa.core.model import Later
from mobilesasa.store import retention, rollups
from mobilesasa.store.database import Txn, connect, in_transaction
from mobilesasa.store.retention import Round, Stage
from tests.postgres import Postgres, Servers
from tests.store import given
from tests.store.given import add_run, add_team, claimed, count, one, rows, settled
from tests.store.months import KEEP, at, came, campaign, ended, make_months, name, old, refuse
from tests.store.recounted import RANGES, count_up, kept
from tests.store.removing import BATCH
from tests.whole.programs import eventually

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 30.0

# What must be the same whoever was killed, and how often: all but moments and sizes.
STAYS = (
    "SELECT id, team_id, state, price_units FROM message ORDER BY id",
    "SELECT * FROM message_gone ORDER BY team_id, month, charge_id",
    "SELECT month, left_at IS NULL, gone_at IS NULL, messages, inbound, inbound_told FROM message_month ORDER BY month",
    "SELECT relname FROM pg_class WHERE relname LIKE 'message\\_2%%' AND relkind = 'r' ORDER BY relname",
    "SELECT campaign_id, n, message_id, ended_state FROM campaign_recipient ORDER BY campaign_id, n",
    "SELECT message_id, count(*) FROM message_event GROUP BY 1 ORDER BY 1",
    "SELECT team_id, message_id FROM message_failed ORDER BY message_id",
    "SELECT message_id FROM text_held ORDER BY message_id",
    "SELECT id, team_id FROM inbound ORDER BY id",
    "SELECT actor, action, subject, after - 'octets' FROM trail WHERE action LIKE '%%.drop' ORDER BY action, subject, 4",
    "SELECT count(*)::integer, sum(units)::integer FROM ledger",
    "SELECT id, balance FROM team ORDER BY id",
)
# Those that change before a month has left, or while it goes.
SEEN = (*STAYS, "SELECT id FROM message_leaving ORDER BY id")

#: The stages, each at a month in which it has something to do.
STEPS = [
    (Stage.LOOK, None), (Stage.STATES, 4), (Stage.STRAYS, 6), (Stage.LEAVE, 4), (Stage.CLEAN, 4), (Stage.DROP, 4), (Stage.INBOUND, None),
]  # fmt: skip


def furnish(txn: Txn) -> None:
    """Messages of all kinds in months that go, in none, and in one that stays."""
    make_months(txn)
    rollups.install(txn, "the test's", RANGES)
    teams = [add_team(txn), add_team(txn)]
    done = campaign(txn, teams[1], "completed", at(4), at(1))
    for team in teams:
        busy = old(txn, team, at(4), 2)
        claimed(txn, add_run(txn), *busy)
        settled(txn, *((message_id, Later(5, "busy")) for message_id in busy))
        refuse(txn, *busy, attempt=1)
        written_to = [*busy, *ended(txn, team, at(4), 3), *ended(txn, team, at(1), 2)]
        ended(txn, team, at(3))
        ended(txn, team, at(9), 3)
    txn.execute("INSERT INTO text_held VALUES (%(id)s, %(team)s)", {"id": busy[0], "team": team})
    for n, message_id in enumerate(written_to, 1):
        txn.execute(
            "INSERT INTO campaign_recipient VALUES (%(id)s, %(n)s, %(phone)s, 0, 1, NULL, NULL, %(message)s)",
            {"id": done, "n": n, "phone": f"25471200000{n}", "message": message_id},
        )
    for months in (4, 3, 0):
        came(txn, teams[0], at(months), 3)
    txn.execute("DELETE FROM spool")
    count_up(txn)


def wrong(txn: Txn) -> list[Any]:
    """What the audit finds; its carrier is not there, and its campaign was never sent."""
    return given.wrong(txn, "configured", "campaign_snapshots", "campaign_recipients")


def told(txn: Txn, statements: tuple[str, ...]) -> list[list[tuple[Any, ...]]]:
    return [rows(txn, statement) for statement in statements]


@contextlib.contextmanager
def copied(server: Postgres, template: str, called: str) -> Iterator[str]:
    made = server.make(called, template)
    try:
        yield made
    finally:
        server.drop(made)


@pytest.fixture(scope="module")
def server(postgres_servers: Servers) -> Postgres:
    return postgres_servers.get("wheel")


@pytest.fixture(scope="module")
def furnished(server: Postgres) -> Iterator[str]:
    """The name of a database with these messages."""
    with copied(server, server.template, "removing") as dsn:
        with contextlib.closing(connect(dsn, "before")) as opened:
            in_transaction(opened, furnish)
        yield "removing"


@pytest.fixture(scope="module")
def expected(server: Postgres, furnished: str) -> list[list[tuple[Any, ...]]]:
    """What stays when nobody is killed."""
    with copied(server, furnished, "undisturbed") as dsn, contextlib.closing(connect(dsn, "test")) as opened:
        finish(opened)
        return in_transaction(opened, told, STAYS)


@pytest.fixture
def opened(server: Postgres, furnished: str) -> Iterator[Any]:
    """A connection to a copy of the test's own."""
    with copied(server, furnished, "disturbed") as dsn, contextlib.closing(connect(dsn, "test")) as connection:
        yield connection


def finish(opened: Any) -> None:
    """Do a whole round, which nobody keeps waiting."""
    done = retention.run(opened, Round(KEEP, batch=BATCH), lambda _: pytest.fail("it is in use"), lambda _: None)
    assert done.held == ""


class Removers:
    """Processes that begin to remove months and are killed."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.removing"], cwd=ROOT, stdin=pipe, stdout=pipe, text=True
        )

    def kill_at(self, opened: Any, stage: Stage, months: int | None, statement: int) -> bool:
        """Let one come to a statement of a step and kill it; say whether the step was still under way."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        month = "-" if months is None else name(months)
        print(opened.dsn, stage.name, month, statement, sep="\t", file=self._process.stdin, flush=True)
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        assert ready, f"nobody came to statement {statement} of {stage} of {month}"
        pid, _, where = self._process.stdout.readline().strip().partition(" ")
        assert where in ("under way", "behind"), where
        os.kill(int(pid), signal.SIGKILL)
        eventually(lambda: not in_transaction(opened, others), "the server has seen that it is gone")
        return where == "under way"

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE_S)


def others(txn: Txn) -> int:
    """How many others are connected to the database."""
    return int(
        one(
            txn,
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND application_name = 'removes'""",
        )
    )


@pytest.fixture(scope="module")
def removers() -> Iterator[Removers]:
    made = Removers()
    yield made
    made.close()


@pytest.mark.parametrize(("stage", "months"), STEPS, ids=[stage.name.lower() for stage, _ in STEPS])
def test_whoever_is_killed_at_any_statement_has_done_the_step_wholly_or_not_at_all_and_the_next_one_ends_it(
    opened, removers, expected, stage, months
):
    counted, stored = in_transaction(opened, kept), in_transaction(opened, count, "message")
    before: list[Any] = []
    for statement in itertools.count(1):
        is_under_way = removers.kill_at(opened, stage, months, statement)
        assert in_transaction(opened, wrong) == []
        if not is_under_way:
            break
        before.append(in_transaction(opened, told, SEEN))
        assert before[-1] == before[0]
    assert len(before) >= 1
    assert (in_transaction(opened, told, SEEN) == before[0]) is (stage is Stage.LOOK)  # which only looks
    finish(opened)
    assert in_transaction(opened, told, STAYS) == expected
    assert in_transaction(opened, wrong) == []
    assert in_transaction(opened, kept) == counted
    gone = in_transaction(opened, one, "SELECT sum(messages)::integer FROM message_gone")
    assert in_transaction(opened, count, "message") + gone == stored
