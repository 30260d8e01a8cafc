"""One round on the stage: the load, the faults, and what became of everything."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from bench import processes
from bench.chaos.blows import Blows
from bench.chaos.judge import FINAL, Found, Listed, wrong
from bench.chaos.logs import tracebacks
from bench.chaos.people import Campaign
from bench.chaos.plan import Fault, Round
from bench.chaos.posts import Posts, call
from bench.chaos.stage import READY_S, SESSIONS, Stage
from bench.load import bind
from bench.node import COMMAND_TIMEOUT_S
from bench.processes import Broken, Child

UNITS = 1_000_000
# The tokens of a round, and which of them are for what.
BLOCK, POSTED, INVITED = 40_000, 24_000, 32_000
SETTLE_S = 150.0
PAGE, OK = 100, 200
AFTER_S = 1.0  # of load when the last fault is undone
LONG_STEP_S = 3600  # a clock that is set by so much may expire what is valid for an hour


@attrs.frozen
class Load:
    """How much there is to do.

    Attributes:
        seconds: at least.
        rate: submits a second over SMPP.
        posts: calls a second by REST.
        people: of the campaign.
    """

    seconds: float
    rate: float
    posts: float
    people: int


@attrs.define(eq=False)
class Course:
    """One round.

    Args:
        stage: where it happens.
        round: what happens.
        load: under how much.
    """

    stage: Stage
    round: Round
    load: Load
    blows: Blows = attrs.field(init=False)
    broken: list[str] = attrs.field(factory=list)
    recovered_s: float = 0.0
    settled_s: float = 0.0
    waited_for: str = "nothing"  # last
    _logs: dict[str, int] = attrs.field(factory=dict)
    _token: str = attrs.field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        """Take down where the logs end now."""
        self.blows = Blows(self.stage, self.round)
        self.stage.deaths.clear()
        self._logs = {name: node.log.stat().st_size for name, node in self.stage.nodes.items()}

    @property
    def first(self) -> int:
        """The first token of the round."""
        return self.round.number * BLOCK

    @property
    def code(self) -> str:
        """The team of the round."""
        return f"R{self.round.number}"

    def run(self) -> Found:
        """Let it happen; return what became of everything."""
        stage = self.stage
        self._token = stage.team(self.code, UNITS)
        ports = [stage.ports["http-1"], stage.ports["http-2"]]
        campaign = Campaign(ports, self._token)
        campaign.prepare(self.first + INVITED, self.load.people, max(1, round(self.load.people / self.load.seconds)))
        posts = Posts(ports, self._token, f"round-{self.round.number}", self.first + POSTED, self.load.posts)
        with self._sessions() as sessions:
            begun_s = time.monotonic()
            posts.start()
            self.blows.start(begun_s)
            sending = threading.Thread(target=self._send, args=(campaign,), daemon=True)
            sending.start()
            time.sleep(self.load.seconds)
            self.blows.wait()
            time.sleep(AFTER_S)
            _counts(sessions, "enough")
            posts.enough()
            sending.join(READY_S)
            self._settle(sessions, posts, campaign)
            posts.stop()
            let_in = self._sixth(_counts(sessions)["bound"])
            found = self._found(posts, json.loads(self._told(sessions)), let_in)
        for clock in stage.clocks.values():
            clock.step(0)
        return found

    def row(self, found: Found) -> dict[str, Any]:
        """Return the figures of the round."""
        listed = [each for several in found.listed.values() for each in several]
        return {
            "round": f"{self.round.seed}.{self.round.number}",
            "faults": [str(event) for event in self.round.events],
            "smpp": len(found.accepted),
            "rest": len(found.posted),
            "campaign": len(found.invited & found.listed.keys()),
            "refused": len(found.refused),
            "unknown": len(found.unknown),
            "stored_of_unknown": len(found.unknown & found.listed.keys()),
            "lost": len(found.lost),
            "doubled": found.doubled,
            "most_doubled": found.most_doubled,
            "uncertain": len(found.uncertain),
            "most_uncertain": found.most_uncertain,
            "receipts_missing": len(found.unreceipted),
            "failed": sum(each.status == "failed" for each in listed),
            "recovered_s": round(self.recovered_s, 1),
            "settled_s": round(self.settled_s, 1),
            "waited_for": self.waited_for,
            "memory_mb": max(found.memory_mb.values(), default=0.0),
            "wrong": wrong(found),
        }

    @contextlib.contextmanager
    def _sessions(self) -> Iterator[Child]:
        """Bind five sessions, three at one node and two at the other, which submit in the block."""
        stage = self.stage
        ports = ",".join(str(stage.ports[f"sessions-{n}"]) for n in (1, 1, 1, 2, 2))
        words = ["--ports", ports, "--system-id", self.code, "--password", self._token, "--rate", str(self.load.rate)]
        words += [
            "--first-token",
            str(self.first),
            "--most",
            str(POSTED),
            "--file",
            str(stage.folder / "sessions.json"),
        ]
        command = [sys.executable, "-m", "bench.chaos.sessions", *words]
        sessions = Child(command, stage.folder / "sessions.log", spoken_to=True)
        try:
            processes.wait_until(
                "the sessions are bound", lambda: _counts(sessions)["bound"] == SESSIONS, READY_S, sessions
            )
            yield sessions
        finally:
            sessions.stop()

    def _send(self, campaign: Campaign) -> None:
        try:
            campaign.send()
        except Broken as broken:
            self.broken.append(str(broken))

    def _settle(self, sessions: Child, posts: Posts, campaign: Campaign) -> None:
        """Wait until everything is up again and has its end, but not for ever."""
        until_s, recovered = time.monotonic() + SETTLE_S, False
        while time.monotonic() < until_s:
            self.stage.supervise(may_end=self.blows.may_end)
            counts = _counts(sessions)
            now_s = time.monotonic()
            if not recovered and counts["bound"] == SESSIONS and self.stage.is_ready():
                recovered, self.recovered_s = True, max(0.0, now_s - self.blows.ended_s)
            waits = self._waits(counts, posts, campaign) if recovered else "nodes and sessions"
            waits = waits or self._unfinished(sessions)
            if not waits:
                self.settled_s = now_s - self.blows.ended_s
                return
            self.waited_for = waits
            time.sleep(0.3)
        self.broken.append(f"it is not settled after {SETTLE_S:g} s: there still are {self.waited_for}")

    def _waits(self, counts: dict[str, Any], posts: Posts, campaign: Campaign) -> str:
        """Say what is still to come; nothing when it is looked for in the store."""
        if counts["unanswered"] or not posts.is_answered:
            return f"{counts['unanswered']} submits and {len(posts.short_of_an_answer())} posts without an answer"
        if counts["without_receipt"] > self.blows.most_uncertain:
            return f"{counts['without_receipt']} messages without a receipt"
        return "" if campaign.is_queued() else "people of the campaign who are not queued"

    def _unfinished(self, sessions: Child) -> str:
        """Say what has no final state yet, or came over SMPP and has no receipt."""
        listed = self._listed()
        uncertain = self._uncertain(listed)
        several = [(token, each) for token, of_token in listed.items() for each in of_token if token not in uncertain]
        if statuses := Counter(each.status for _, each in several if each.status not in FINAL):
            return f"messages that are {dict(statuses)}"
        receipts = set(json.loads(self._told(sessions))["receipts"])
        missing = [each for token, each in several if token < self.first + POSTED and each.message_id not in receipts]
        return f"{len(missing)} messages over SMPP without a receipt" if missing else ""

    def _uncertain(self, listed: Mapping[int, Sequence[Listed]]) -> set[int]:
        """Return what was taken for sent although nobody answered, and came to no carrier: no receipt of it will come."""
        if not self.blows.most_uncertain or not any(
            each.status == "sent" for several in listed.values() for each in several
        ):
            return set()
        arrived, _ = self.stage.arrivals(self.first, BLOCK)
        silent = {
            token: several[0]
            for token, several in listed.items()
            if several[0].status == "sent" and token not in arrived
        }
        return {token for token, each in silent.items() if self._is_uncertain(each)}

    def _is_uncertain(self, listed: Listed) -> bool:
        status, said = call(self.stage.nodes["node-1"].http_port, self._token, f"/messages/{listed.message_id}")
        return status == OK and any(event["event"] == "uncertain" for event in said["data"]["timeline"])

    def _told(self, sessions: Child) -> str:
        _counts(sessions, "write")
        return (self.stage.folder / "sessions.json").read_text()

    def _listed(self) -> dict[int, list[Listed]]:
        """Return the messages of the team as the REST API shows them, by token; none where it cannot be asked."""
        found: dict[int, list[Listed]] = {}
        node, about = self.stage.nodes["node-1"], ""
        while True:
            status, said = call(node.http_port, self._token, f"/messages?page_size={PAGE}{about}")
            if status != OK:
                return {self.first: [Listed("", f"unknown: {status} {said}", None, 0)]}
            for each in said["data"]["items"]:
                shown = Listed(each["message_id"], each["status"], each["failure_reason"], each["units"])
                found.setdefault(int(each["to"][-7:]), []).append(shown)
            about = f"&cursor={said['data']['next_cursor']}"
            if not said["data"]["next_cursor"]:
                return found

    def _sixth(self, bound: int) -> list[str]:
        """Try one session more at each node; return those that let it in."""
        found = []
        for name, node in self.stage.nodes.items() if bound == SESSIONS else ():
            with contextlib.suppress(OSError):
                bind(node.smpp_port, self.code, self._token).peer.socket.close()
                found.append(name)
        return found

    def _found(self, posts: Posts, told: dict[str, Any], let_in: list[str]) -> Found:
        stage, listed = self.stage, self._listed()
        arrived, doubled = stage.arrivals(self.first, BLOCK)
        accepted = {int(token): message_id for token, message_id in told["accepted"].items()}
        steps = {event.amount for event in self.round.events if event.fault is Fault.STEP_CLOCK}
        unposted = posts.refused | dict.fromkeys(posts.short_of_an_answer(), "none")
        status, said = call(stage.nodes["node-1"].http_port, self._token, "/account")
        return Found(
            accepted=accepted,
            refused=frozenset(told["refused"]),
            submitted=frozenset(range(self.first, told["next_token"])),
            posted=frozenset(posts.accepted),
            unposted=unposted,
            invited=frozenset(range(self.first + INVITED, self.first + INVITED + self.load.people)),
            short=frozenset(posts.short) if max(map(abs, steps), default=0) >= LONG_STEP_S else frozenset(),
            listed=listed,
            arrived=frozenset(arrived),
            doubled=doubled,
            most_doubled=self.blows.most_doubled,
            uncertain=frozenset(self._uncertain(listed)),
            most_uncertain=self.blows.most_uncertain,
            receipts=frozenset(told["receipts"]),
            paid=UNITS - said["data"]["balance"] if status == OK else -1,
            audit=[check["name"] for check in stage.command("audit")["checks"] if check["wrong"]],
            let_in=let_in,
            deaths=list(stage.deaths),
            tracebacks=self._tracebacks(),
            memory_mb={name: processes.peak_memory_mb(node.pid) for name, node in stage.nodes.items()},
            broken=[*self.broken, *self.blows.broken],
        )

    def _tracebacks(self) -> list[str]:
        found = []
        for name, node in self.stage.nodes.items():
            lines, self._logs[name] = tracebacks(node.log, self._logs[name])
            found += lines
        return sorted(set(found))


def _counts(sessions: Child, word: str = "counts") -> dict[str, Any]:
    """Return what the sessions have counted so far."""
    sessions.say(word)
    said: dict[str, Any] = sessions.hear(COMMAND_TIMEOUT_S)
    return said
