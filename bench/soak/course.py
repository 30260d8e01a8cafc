"""The course of a soak: what runs, what is looked at, and what must be true of every message at its end."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import orjson
import psycopg2
import psycopg2.extensions

from bench import campaigns, machine
from bench.__main__ import START_TIMEOUT_S, audit
from bench.asker import Asker
from bench.node import TEAM, UNITS, Node
from bench.processes import Broken, Child
from bench.rows import Stage
from bench.soak import looking, past
from bench.soak.calls import AGAIN, messages_of, team_of
from bench.soak.judging import MB, Look

OTHER = "HOOKED"  # whose messages are told to its webhook
CODE = "22141"  # that phones write to
SPARE_S = 180.0  # by which a run may be longer than asked for: tokens are kept apart for that
HEAR_S = 60.0
SETTLE_S = 120.0
TIDY_MIN = 6.0  # the rounds that remove go every five
MACHINE_EVERY_S = 0.2  # a bare write and a piece of work, beside all that
KEPT_SETTINGS = ("messages.keep_months=1", "messages.text_days=1")  # so that there is something to remove


@attrs.frozen
class Asked:
    """What is asked for.

    Attributes:
        minutes: of load.
        every_s: between two looks.
        rate: submit_sm a second.
        posts, gets: requests a second.
        inbound: messages from phones a second.
        people: of each campaign.
        campaign_s: between two of them.
        settings: NAME=VALUE each, of the node.
        keep: whether the folder stays.
    """

    minutes: float
    every_s: float
    rate: float
    posts: float
    gets: float
    inbound: float
    people: int
    campaign_s: float
    settings: tuple[str, ...] = ()
    keep: bool = False

    @property
    def first_post(self) -> int:
        """The token of the first message by REST; those before it are of SMPP."""
        return int(self.rate * (self.minutes * 60 + SPARE_S))

    @property
    def first_of_campaigns(self) -> int:
        """That of the first recipient of a campaign."""
        return self.first_post + int(self.posts * (self.minutes * 60 + SPARE_S))


@attrs.define(eq=False)
class Running:
    """All that runs."""

    asked: Asked
    stage: Stage
    dsn: str
    database: psycopg2.extensions.connection
    hooked: Child
    submits: Child
    calls: Child
    meanwhile: machine.Meanwhile
    begun_s: float
    campaigns_sent: int = 0
    faults: list[str] = attrs.field(factory=list)
    _ended: threading.Event = attrs.field(factory=threading.Event)
    _sender: threading.Thread | None = None

    def begin_campaigns(self) -> None:
        """Send one from time to time, the first after half of that time."""
        self._sender = threading.Thread(target=self._send_campaigns, daemon=True)
        self._sender.start()

    def end_campaigns(self) -> None:
        """Send no more, and wait for the last to be queued."""
        self._ended.set()
        if self._sender is not None:
            self._sender.join()

    def _send_campaigns(self) -> None:
        wait_s = self.asked.campaign_s / 2
        while not self._ended.wait(wait_s):
            wait_s = self.asked.campaign_s
            first = self.asked.first_of_campaigns + self.campaigns_sent * self.asked.people
            try:
                asker, uuid = campaigns.prepare(self.stage.node, first, self.asked.people)
                self.campaigns_sent += 1
                campaigns.queued(asker, uuid)
            except (Broken, OSError) as broken:
                self.faults.append(f"a campaign: {broken}")
                return


@contextlib.contextmanager
def running(asked: Asked) -> Iterator[Running]:
    """Set everything up and let it run; all of it is gone at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="mobilesasa-soak-"))
    folder.chmod(0o711)  # so that the database's own user comes through when we are root
    with contextlib.ExitStack() as stack:
        if asked.keep:
            print(f"the logs are in {folder}", file=sys.stderr)
        else:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        hooked = _child(stack, folder, "hooked")
        hook_port = hooked.hear(START_TIMEOUT_S)["port"]
        speaking = ["--inbound-rate", str(asked.inbound), "--inbound-s", str(asked.minutes * 60), "--inbound-to", CODE]
        phones = _child(stack, folder, "phones", *speaking)
        reach = ("webhooks.private_networks=127.0.0.0/8", f"webhooks.ports={hook_port}")
        settings = (*reach, *KEPT_SETTINGS, *asked.settings)
        node = Node(folder, settings)
        stack.callback(node.stop)
        tokens = _furnished(node, phones.hear(START_TIMEOUT_S)["port"], hooked, hook_port)
        dsn = node.dsn()
        seconds = asked.minutes * 60
        past.fill(dsn, int(asked.posts * seconds * (AGAIN - 1) / AGAIN), seconds)
        database = stack.enter_context(contextlib.closing(psycopg2.connect(dsn)))
        database.autocommit = True
        meanwhile = stack.enter_context(machine.watched(folder, MACHINE_EVERY_S))
        rates = ["--posts", str(asked.posts), "--gets", str(asked.gets), "--first-token", str(asked.first_post)]
        given = [part for token in tokens for part in ("--token", token)]
        begun_s = time.monotonic()
        calls = _child(stack, folder, "calls", "--port", str(node.http_port), *given, *rates)
        bound = ["--port", str(node.smpp_port), "--password", node.token, "--rate", str(asked.rate)]
        submits = _child(stack, folder, "submits", *bound)
        set_up = Stage(node, phones, folder, seconds, sessions=5, window=200)
        made = Running(asked, set_up, dsn, database, hooked, submits, calls, meanwhile, begun_s)
        stack.callback(made.end_campaigns)
        made.begin_campaigns()
        set_up.arrived(0, 0)  # phones begin
        yield made


def _child(stack: contextlib.ExitStack, folder: Path, name: str, *arguments: str) -> Child:
    made = Child([sys.executable, "-m", f"bench.soak.{name}", *arguments], folder / f"{name}.log", spoken_to=True)
    stack.callback(made.stop)
    return made


def _furnished(node: Node, port: int, hooked: Child, hook_port: int) -> list[str]:
    """Make the teams, the carrier and the webhooks; return the tokens of the teams."""
    node.make_ready(port, 2, 500)
    node.command("sender", "add", CODE, "--team", TEAM, "--approved")
    other = node.command("team", "create", "--code", OTHER, "--units", str(UNITS), "--sender", TEAM)["token"]
    wanted = {node.token: ["message.received", "campaign.completed"], other: ["message.delivered", "message.failed"]}
    for token, events in wanted.items():
        body = {"url": f"http://127.0.0.1:{hook_port}/", "events": events}
        secret = Asker(node.http_port, token).ask("/webhooks", orjson.dumps(body))["secret"]
        ask(hooked, f"secret {secret}")
    return list(wanted)


def ask(child: Child, line: str = "report") -> dict[str, Any]:
    """Say a line to a process and return its answer."""
    child.say(line)
    found: dict[str, Any] = child.hear(HEAR_S)
    return found


def looks(run: Running) -> Iterator[Look]:
    """Look from time to time, until the time is over."""
    before = _Sums(run)
    while before.at_s < run.asked.minutes * 60:
        time.sleep(max(0.0, run.asked.every_s - (time.monotonic() - run.begun_s - before.at_s)))
        now = _Sums(run)
        yield now.since(before)
        before = now


class _Sums:
    """All counts at one moment, so that two of them give rates."""

    def __init__(self, run: Running) -> None:
        node = run.stage.node
        self.at_s = time.monotonic() - run.begun_s
        self.submits, self.calls, self.hooked = ask(run.submits), ask(run.calls), ask(run.hooked)
        self.metrics = looking.metrics(node)
        self.database = looking.database(run.database)
        self.cpu_s = node.cpu_s()
        self.memory_mb = looking.memory_mb(node)
        self.machine = run.meanwhile.taken().figures()
        self.files, self.threads = looking.files_of(node.pid), looking.threads_of(node.pid)
        self.post_count = self.calls["ways"]["post"]["statuses"].get("200", 0)
        self.messages = self.submits["accepted"] + messages_of(self.post_count) + run.campaigns_sent * run.asked.people

    def since(self, before: _Sums) -> Look:
        """Return what is shown and judged."""
        metrics, tables = self.metrics, self.database.tables
        return Look(
            at_min=self.at_s / 60,
            messages=self.messages,
            rates=self._rates(before, self.at_s - before.at_s),
            spreads=self._spreads(),
            gateway_mb=self.memory_mb[0],
            postgres_mb=self.memory_mb[1],
            files=self.files,
            threads=self.threads,
            queue=metrics.get("mobilesasa_queue_messages", 0.0),
            tables=tables,
            machine={"disk ms": self.machine["fdatasync_mean_ms"], "work µs": self.machine["work_us"]},
            more={
                "dead rows": sum(table.dead for table in tables.values()),
                "store_waiting": metrics["mobilesasa_store_waiting_items"],
                "receipts_in_memory": metrics["mobilesasa_receipts_in_memory"],
                "webhook_waiting": metrics["mobilesasa_webhook_waiting"],
                "sessions": self.submits["sessions"],
                "sent_again": sum(way["again"] for way in self.calls["ways"].values()),
            },
        )

    def _rates(self, before: _Sums, span_s: float) -> dict[str, float]:
        commits = "mobilesasa_store_commits_total"
        grown = {
            "submit_sm": self.submits["accepted"] - before.submits["accepted"],
            "POST": self.post_count - before.post_count,
            "commits": self.metrics[commits] - before.metrics[commits],
            "WAL MB": (self.database.wal_octets - before.database.wal_octets) / MB,
            "cores of the gateway": self.cpu_s["gateway"] - before.cpu_s["gateway"],
            "cores of PostgreSQL": self.cpu_s["postgres"] - before.cpu_s["postgres"],
        }
        return {name: each / span_s for name, each in grown.items()}

    def _spreads(self) -> dict[str, dict[str, float]]:
        ways = self.calls["ways"]
        return {
            "submit_sm → resp": self.submits["answer_ms"],
            "submit_sm → receipt": self.submits["receipt_ms"],
            "POST": ways["post"]["ms"],
            "lists": ways["get"]["ms"],
            "phone → session": self.submits["inbound_ms"],
            "phone → webhook": self.hooked["inbound_ms"],
            "/healthz": ways["health"]["ms"],
        }


def ended(run: Running) -> list[str]:
    """End the load, wait for what is under way, and return what is not as it must be."""
    run.end_campaigns()
    ask(run.submits, "enough")
    ask(run.calls, "enough")
    until_s = time.monotonic() + SETTLE_S
    while _under_way(run) and time.monotonic() < until_s:
        time.sleep(0.5)
    return [*run.faults, *_of_messages(run), *_of_others(run), *audit(run.stage.node)]


def _under_way(run: Running) -> bool:
    """Say whether an answer, a receipt, a message or an event is still to come."""
    submits, calls, hooked = ask(run.submits), ask(run.calls), ask(run.hooked)
    report, _ = run.stage.arrived(0, 0)
    wanted = _events(calls, report)
    return bool(
        submits["unanswered"]
        or submits["without_receipt"]
        or report["receipts_waiting"]
        or submits["inbound"] < report["said"]
        or any(way["waiting"] for way in calls["ways"].values())
        or any(hooked["kinds"].get(kind, 0) < count for kind, count in wanted.items())
    )


def _events(calls: dict[str, Any], report: dict[str, Any]) -> dict[str, int]:
    """Return how many events of each kind are to be told."""
    posted = messages_of(calls["ways"]["post"]["sent"])
    told = sum(team_of(number, 2) == 1 for number in range(posted))
    return {"message.received": int(report["said"]), "message.delivered": told}


def _of_messages(run: Running) -> list[str]:
    """Hold what was accepted against what came to the carrier."""
    submits, calls = ask(run.submits), ask(run.calls)
    post = calls["ways"]["post"]
    ranges = {
        "SMPP": (0, submits["submitted"]),
        "REST": (run.asked.first_post, messages_of(post["sent"])),
        "campaigns": (run.asked.first_of_campaigns, run.campaigns_sent * run.asked.people),
    }
    found: dict[str, int] = {}
    for name, (first, count) in ranges.items():
        report, _ = run.stage.await_arrival(first, count) if count else run.stage.arrived(first, 0)
        found[f"messages of {name} that did not come to the carrier"] = report["lost"]
        found[f"messages of {name} that came twice"] = report["doubled"]
    found |= {
        "submits refused": submits["refused"],
        "submits without an answer": submits["unanswered"],
        "messages without a receipt": submits["without_receipt"],
        "receipts that came twice": submits["receipts_doubled"],
        "receipts of unknown messages": submits["receipts_unknown"],
        "sessions closed by the node": submits["sessions_lost"],
        "requests without an answer": sum(way["waiting"] for way in calls["ways"].values()),
    }
    for name, way in calls["ways"].items():
        taken = ("200", "409") if name == "post" else ("200",)  # 409: its first call was still under way
        found[f"answers to {name} that are no success"] = sum(
            count for status, count in way["statuses"].items() if status not in taken
        )
    return [f"{name}: {count}" for name, count in found.items() if count]


def _of_others(run: Running) -> list[str]:
    """Look at phones, webhooks, the rows of the past, and the log."""
    submits, hooked = ask(run.submits), ask(run.hooked)
    report, _ = run.stage.arrived(0, 0)
    wanted = _events(ask(run.calls), report)
    found = {
        "messages from phones that no session got": int(report["said"]) - submits["inbound"],
        "answers that refuse a receipt or a message from a phone": report["receipts_refused"],
        "calls of webhooks that were not signed": hooked["unsigned"],
        **{f"events {kind} that were not told": count - hooked["kinds"].get(kind, 0) for kind, count in wanted.items()},
        "errors in the node's log": errors_in(run.stage.node.log.read_text(errors="replace")),
    }
    if run.asked.minutes >= TIDY_MIN:
        found |= past.left(run.dsn, TIDY_MIN)
    return [f"{name}: {count}" for name, count in found.items() if count > 0]


def errors_in(log: str) -> int:
    """Count the events of a log that a person must look at."""
    levels = [line.split(" ", 2)[1:2] for line in log.splitlines()]
    return sum(level in (["error"], ["critical"]) for level in levels)
