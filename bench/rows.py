"""The rows of the benchmark: what each of them does, and the figures that it gives."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from bench import campaigns, codec, imports, machine, processes, ussd
from bench.figures import a_message_us, between, spread_ms
from bench.node import TEAM, Node
from bench.processes import Broken, Child, run_json

ARRIVAL_TIMEOUT_S = 60.0
SLOWEST_PER_S = 1000  # what goes out slower is given up
SETTLE_S = 60.0
REPORT_TIMEOUT_S = 30.0
BULK = 100_000  # messages that go out beside
_BATCHES = ["--each", "1000", "--connections", "2", "--most", "200000"]


@attrs.define(eq=False)
class Stage:
    """What the rows share: a node, the SMSC behind it, and the next token that is free.

    Attributes:
        node: the node.
        sink: the SMSC; see `bench.sink`.
        folder: for files.
        seconds: how long each row gives out messages.
        sessions: SMPP sessions of the team.
        window: submits of one session without an answer, when it goes as fast as it can.
        people: of each campaign.
    """

    node: Node
    sink: Child
    folder: Path
    seconds: float
    sessions: int
    window: int
    next_token: int = 0
    people: int = campaigns.PEOPLE

    def arrived(self, first: int, count: int) -> tuple[dict[str, Any], array[float]]:
        """Return what the SMSC has of these tokens, and when each came."""
        file = self.folder / "arrived"
        self.sink.say(f"report {first} {count} {file}")
        report = self.sink.hear(REPORT_TIMEOUT_S)
        times = array("d")
        times.frombytes(file.read_bytes())
        return report, times

    def await_arrival(self, first: int, count: int) -> tuple[dict[str, Any], array[float]]:
        """Wait until the SMSC has all of these tokens and has given their receipts; return what it has."""
        until_s = time.monotonic() + ARRIVAL_TIMEOUT_S + count / SLOWEST_PER_S
        while True:
            report, times = self.arrived(first, count)
            if not (report["lost"] or report["receipts_waiting"]) or time.monotonic() > until_s:
                return report, times
            time.sleep(0.1)


def measure_codec(_: Stage | None) -> dict[str, Any]:
    """Encode and decode, in microseconds a PDU."""
    return {"micros": codec.measure(), "faults": []}


def measure_smpp(stage: Stage) -> dict[str, Any]:
    """SMPP as fast as it goes; at most 10,000 messages wait for a receipt, so that no part of the way falls behind."""
    return measure_submits(stage, ["--window", str(stage.window), "--most-out", "10000"])


def measure_smpp_1000(stage: Stage) -> dict[str, Any]:
    """SMPP at 1,000 messages a second, whether or not the node keeps up."""
    return measure_smpp_at(stage, 1000)


def measure_smpp_at(stage: Stage, rate_per_s: int) -> dict[str, Any]:
    """SMPP at so many messages a second."""
    return measure_submits(stage, ["--rate", str(rate_per_s), "--window", "1000"])


def measure_rest(stage: Stage) -> dict[str, Any]:
    """POST /messages as fast as it goes, over 20 connections."""
    return measure_requests(stage, [])


def measure_rest_keyed(stage: Stage) -> dict[str, Any]:
    """The same with an Idempotency-Key for each call."""
    return measure_requests(stage, ["--keyed"])


def measure_rest_500(stage: Stage) -> dict[str, Any]:
    """POST /messages at 500 requests a second, over 20 connections."""
    return measure_requests(stage, ["--rate", "500"])


def measure_batch(stage: Stage) -> dict[str, Any]:
    """POST /messages/batch as fast as it goes, over two connections, a thousand messages a call; 200,000 at most."""
    return measure_requests(stage, _BATCHES)


def measure_batch_keyed(stage: Stage) -> dict[str, Any]:
    """The same with an Idempotency-Key for each call."""
    return measure_requests(stage, [*_BATCHES, "--keyed"])


def measure_batch_held(stage: Stage) -> dict[str, Any]:
    """The same into a lane that does not move: what accepting alone costs. All that is sent later waits behind it."""
    stage.node.hold_back()
    return measure_requests(stage, _BATCHES, arrive=False)


def measure_smpp_beside_bulk(stage: Stage) -> dict[str, Any]:
    """SMPP at 1,000 messages a second while 100,000 messages of batches go out, in the lane that gives way."""
    first, file = stage.next_token, stage.folder / "bulk"
    bulk = _run("bench.rest", stage, [*_rest_of(stage), *_BATCHES[:-1], str(BULK)], file)
    stage.next_token += bulk["messages"]
    before, _ = stage.arrived(first, bulk["messages"])
    found = measure_smpp_at(stage, 1000)
    meanwhile, _ = stage.arrived(first, bulk["messages"])
    after, _ = stage.await_arrival(first, bulk["messages"])
    found["bulk"] = {"waiting_before": before["lost"], "waiting_after": meanwhile["lost"]}
    faults = {
        "messages of batches that were not accepted": bulk["messages"] - bulk["accepted"],
        "messages of batches lost on the way to the carrier": after["lost"],
        "messages of batches brought to the carrier again": after["doubled"],
    }
    found["faults"] += [f"{name}: {count}" for name, count in faults.items() if count]
    return found


def measure_campaign(stage: Stage) -> dict[str, Any]:
    """A campaign to many people with a text of their own each, through two carriers: `/send`, all queued, all gone out."""
    node, first, count = stage.node, stage.next_token, stage.people
    stage.next_token += count
    asker, uuid = campaigns.prepare(node, first, count)
    with node.shared():
        processes.begin_peak_memory(node.pid)
        before = node.cpu_s()
        found, begun_s = campaigns.queued(asker, uuid)
        arrival, times = stage.await_arrival(first, count)
        after = node.cpu_s()
    drained_s = max(times, default=begun_s) - begun_s
    found |= {
        "people": count,
        "drained_s": round(drained_s, 2),
        "carrier_per_s": round((count - arrival["lost"]) / (drained_s or 1), 1),
    }
    found["cpu_a_message_us"] = {name: a_message_us(after[name] - before[name], count) for name in after}
    faults = {"recipients without a message": arrival["lost"], "recipients with two": arrival["doubled"]}
    return {
        "campaign": found,
        "memory_mb": processes.peak_memory_mb(node.pid),
        "faults": [f"{name}: {number}" for name, number in faults.items() if number],
    }


def measure_campaign_beside(stage: Stage) -> dict[str, Any]:
    """SMPP at 1,000 messages a second while a campaign goes out."""
    first, count = stage.next_token, stage.people
    stage.next_token += count
    asker, uuid = campaigns.prepare(stage.node, first, count)
    begun = campaigns.send(asker, uuid)
    before, _ = stage.arrived(first, count)
    found = measure_smpp_at(stage, 1000)
    meanwhile, _ = stage.arrived(first, count)
    campaigns.await_queued(asker, begun)
    after, _ = stage.await_arrival(first, count)
    found["bulk"] = {"waiting_before": before["lost"], "waiting_after": meanwhile["lost"]}
    faults = {"recipients without a message": after["lost"], "recipients with two": after["doubled"]}
    found["faults"] += [f"{name}: {number}" for name, number in faults.items() if number]
    return found


def measure_import(stage: Stage) -> dict[str, Any]:
    """An import of 100,000 contacts, as CSV and as XLSX."""
    return imports.measure(stage.node)


def measure_ussd(stage: Stage) -> dict[str, Any]:
    """USSD sessions begun at 500 a second, over a gateway's HTTP door; nothing of it is a message."""
    node = stage.node
    address = ussd.prepare(node)
    processes.begin_peak_memory(node.pid)
    before = node.cpu_s()
    with machine.watched(stage.folder) as meanwhile:
        where = ["--port", str(node.http_port), "--path", address, "--seconds", str(stage.seconds)]
        figures: dict[str, Any] = run_json(["-m", "bench.ussd", *where], stage.seconds + SETTLE_S + 30)
    after = node.cpu_s()
    return {
        "ussd": figures,
        "cpu_a_step_us": {name: a_message_us(after[name] - before[name], figures["steps"]) for name in after},
        "memory_mb": processes.peak_memory_mb(node.pid),
        **meanwhile.figures(),
        "faults": ussd.faults(figures),
    }


def measure_submits(stage: Stage, more: list[str], program: str = "bench.load") -> dict[str, Any]:
    """SMPP, by a program that takes what `bench.load` takes, and more."""

    def load(times: Path) -> dict[str, Any]:
        where = ["--port", str(stage.node.smpp_port), "--system-id", TEAM, "--password", stage.node.token]
        return _run(program, stage, [*where, "--sessions", str(stage.sessions), *more], times)

    found = _loaded(stage, load)
    counts = found["load"]
    refused = sum(counts["refused"].values())
    found["lost"] -= refused
    faults = {
        "sessions closed by the node": counts["closed_sessions"],
        "submits refused": refused,
        "answers that never came": counts["messages"] - counts["accepted"] - refused,
        "answers that came twice": counts["answers_doubled"],
        "receipts that never came": counts["accepted"] - counts["receipts"],
        "receipts that came twice": counts["receipts_doubled"],
        "receipts before the answer, or of an unknown message": counts["receipts_unknown"],
        "receipts of another state than DELIVRD": counts["not_delivered"],
    }
    return _judged(found, faults)


def measure_requests(stage: Stage, more: list[str], arrive: bool = True, program: str = "bench.rest") -> dict[str, Any]:
    """REST, by a program that takes what `bench.rest` takes, and more."""

    def load(times: Path) -> dict[str, Any]:
        return _run(program, stage, [*_rest_of(stage), *more], times)

    found = _loaded(stage, load, arrive)
    counts = found["load"]
    answers = sum(counts["statuses"].values())
    faults = {
        "answers that never came": counts["requests"] - answers,
        "messages that were not accepted": counts["messages"] - counts["accepted"],
    }
    return _judged(found, faults)


def _rest_of(stage: Stage) -> list[str]:
    """Return where the REST API is, and for whom."""
    return ["--port", str(stage.node.http_port), "--token", stage.node.token]


def _run(module: str, stage: Stage, arguments: list[str], times: Path) -> dict[str, Any]:
    shape = ["--seconds", str(stage.seconds), "--first-token", str(stage.next_token), "--settle-s", str(SETTLE_S)]
    timeout_s = stage.seconds + SETTLE_S + 30
    found: dict[str, Any] = run_json(["-m", module, *arguments, *shape, "--times", str(times)], timeout_s)
    return found


def _loaded(stage: Stage, load: Callable[[Path], dict[str, Any]], arrive: bool = True) -> dict[str, Any]:
    """Run a load, wait for what it sent on where that is to arrive, and add what all of it cost."""
    node, first = stage.node, stage.next_token
    processes.begin_peak_memory(node.pid)
    sink_before, commits = stage.arrived(first, 0)[0], node.commits()
    before, begun_s = node.cpu_s(), time.monotonic()
    file = stage.folder / "times"
    with machine.watched(stage.folder) as meanwhile:
        figures = load(file)
    count = figures["messages"]
    stage.next_token += count
    if not count:
        raise Broken("the load sent nothing")
    arrival, times = stage.await_arrival(first, count) if arrive else stage.arrived(first, count)
    came = count - arrival["lost"]
    after, whole_s = node.cpu_s(), time.monotonic() - begun_s
    commits = node.commits() - commits
    used = {name: after[name] - before[name] for name in after}
    used |= {"sink": arrival["cpu_s"] - sink_before["cpu_s"], "load": figures["cpu_s"]}
    moments = array("d")
    moments.frombytes(file.read_bytes())
    due, answered = moments[:count], moments[count:]
    last_s = max(times, default=0.0)
    return {
        "load": figures,
        "lost": arrival["lost"] if arrive else 0,
        "doubled": arrival["doubled"],
        "strange": arrival["strange"] - sink_before["strange"],
        "receipts_refused": arrival["receipts_refused"] - sink_before["receipts_refused"],
        "carrier_per_s": round(came / (last_s - min(due)), 1) if last_s else 0.0,
        "carrier_ms": spread_ms(between(due, times)),
        "accepted_to_carrier_ms": spread_ms(between(answered, times)),
        "cpu_us": {name: a_message_us(each, count) for name, each in used.items()},
        "busy_cores": {name: round(each / whole_s, 2) for name, each in used.items()},
        "commits_per_s": round(commits / whole_s, 1),
        "memory_mb": processes.peak_memory_mb(node.pid),
        **meanwhile.figures(),
    }


def _judged(found: dict[str, Any], faults: Mapping[str, int]) -> dict[str, Any]:
    """Add what was not as it must be: nothing lost, nothing doubled."""
    faults = {
        **faults,
        "messages lost on the way to the carrier": found["lost"],
        "messages brought to the carrier again": found["doubled"],
        "messages at the carrier without a token": found["strange"],
        "receipts that the node refused": found["receipts_refused"],
    }
    return {**found, "faults": [f"{name}: {count}" for name, count in faults.items() if count]}


ROWS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "codec": measure_codec,
    "smpp": measure_smpp,
    "smpp-1000": measure_smpp_1000,
    "rest": measure_rest,
    "rest-keyed": measure_rest_keyed,
    "rest-500": measure_rest_500,
    "batch": measure_batch,
    "batch-keyed": measure_batch_keyed,
    "smpp-beside-bulk": measure_smpp_beside_bulk,
    "campaign": measure_campaign,
    "campaign-beside": measure_campaign_beside,
    "import": measure_import,
    "ussd": measure_ussd,
    "batch-held": measure_batch_held,
}
NEEDS_A_NODE = frozenset(ROWS) - {"codec"}
