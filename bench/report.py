"""The figures as tables of plain text, beside what is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from bench.campaigns import PEOPLE
from bench.figures import PERCENTILES, table

Figures = Mapping[str, Any]

_SUBMIT = "submit_sm of 140 octets"


@attrs.frozen
class Budget:
    """A line of the budgets.

    Attributes:
        row: where the figures come from; see `bench.rows`.
        work, due, goal: in words.
        measured: the same of the figures.
    """

    row: str
    work: str
    due: str
    goal: str
    measured: Callable[[Figures], str]
    over: str | None = None  # "RabbitMQ": holds there alone; "memory": not there

    def holds(self, found: Mapping[str, Figures]) -> bool:
        """Whether this line is about what was measured."""
        if self.row not in found:
            return False
        queue = "RabbitMQ" if "broker" in found[self.row].get("cpu_us", {}) else "memory"
        return self.over in (None, queue)


def _micros(figures: Figures) -> str:
    micros = figures["micros"]
    return f"{micros[f'{_SUBMIT}: decode']:.2f} µs, {micros[f'{_SUBMIT}: encode']:.2f} µs"


def _whole_way(figures: Figures) -> str:
    return f"{figures['load']['per_s']:,.0f}/s, {figures['cpu_us']['gateway']:,.0f} µs"


def _accepted(figures: Figures) -> str:
    return f"{figures['load']['accepted_per_s']:,.0f}/s"


def _two(name: str) -> Callable[[Figures], str]:
    return lambda figures: _percentiles(figures["load"][name], ("p50", "p99"))


def _percentiles(spread: Mapping[str, float], names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {spread[name]:.1f} ms" for name in names if name in spread)


def _ussd(figures: Figures) -> str:
    return _percentiles(figures["ussd"]["answer_ms"], ("p50", "p99"))


def _ussd_cost(figures: Figures) -> str:
    used = figures["cpu_a_step_us"]
    return f"{figures['ussd']['steps_per_s']:,.0f}/s, {used['gateway']:.0f} µs, {used['postgres']:.0f} µs"


def _beside_bulk(figures: Figures) -> str:
    waited = figures["bulk"]["waiting_before"]
    return f"{_percentiles(figures['accepted_to_carrier_ms'], ('p99',))} ({waited:,} waited at first)"


def _imports(figures: Figures) -> str:
    return ", ".join(f"{each['seconds']:.1f} s" for each in figures["imports"].values())


def _campaign(figures: Figures) -> str:
    found = figures["campaign"]
    people = "" if found["people"] == PEOPLE else f" for {found['people']:,} people"
    return f"{found['queued_s']:.1f} s{people}, {found['send_s']:.1f} s of it for the answer"


def _gone_out(figures: Figures) -> str:
    found = figures["campaign"]
    cpu = found["cpu_a_message_us"]
    return f"{found['carrier_per_s']:,.0f}/s, {cpu['gateway']:.0f} + {cpu['postgres']:.0f} µs"


def _held_up(figures: Figures) -> str:
    return ", ".join(f"{each['health_ms']['max']:.0f} ms at most" for each in figures["imports"].values())


BUDGETS = (
    Budget("codec", "submit_sm of 140 octets: decode, encode", "≤ 5 µs, ≤ 3 µs", "≤ 2.5 µs, ≤ 1.5 µs", _micros),
    Budget(
        "smpp",
        "SMPP in → stored → carrier → receipt back",
        "5,000/s, ≤ 120 µs",
        "10,000/s, ≤ 70 µs",
        _whole_way,
        "memory",
    ),
    Budget("smpp", "the same over RabbitMQ", "4,000/s", "8,000/s", _whole_way, "RabbitMQ"),
    Budget(
        "smpp-1000",
        "submit_sm → submit_sm_resp at 1,000/s",
        "p50 ≤ 5 ms, p99 ≤ 50 ms",
        "p50 ≤ 2 ms, p99 ≤ 15 ms",
        _two("response_ms"),
    ),
    Budget(
        "smpp-1000",
        "accepted → carrier at 1,000/s",
        "p99 < 500 ms",
        "p99 < 50 ms",
        lambda figures: _percentiles(figures["accepted_to_carrier_ms"], ("p99",)),
    ),
    Budget(
        "smpp-beside-bulk",
        "the same while 100,000 of batches go out",
        "p99 < 500 ms",
        "p99 < 50 ms",
        _beside_bulk,
    ),
    Budget(
        "campaign-beside", "the same while a campaign of 100,000 goes out", "p99 < 500 ms", "p99 < 50 ms", _beside_bulk
    ),
    Budget("campaign", "campaign of 100,000: /send → all queued", "≤ 15 s", "≤ 5 s", _campaign),
    Budget("campaign", "all of it at two carriers; CPU a message of gateway and database", "", "", _gone_out),
    Budget("rest", "POST /messages, 20 connections", "2,000/s", "4,000/s", _accepted),
    Budget("rest-keyed", "the same with an Idempotency-Key each", "", "", _accepted),
    Budget(
        "batch",
        "POST /messages/batch, 1,000 a call, which go out meanwhile",
        "8,000/s",
        "20,000/s",
        _accepted,
    ),
    Budget("batch-keyed", "the same with an Idempotency-Key each", "8,000/s", "20,000/s", _accepted),
    Budget("batch-held", "the same, and none goes out", "8,000/s", "20,000/s", _accepted),
    Budget("rest-500", "POST /messages at 500/s", "p99 ≤ 50 ms", "", _two("response_ms")),
    Budget("ussd", "USSD at 500 sessions/s: a step's answer", "p99 ≤ 100 ms", "", _ussd),
    Budget("ussd", "steps a second; CPU a step of gateway and database", "", "", _ussd_cost),
    Budget("import", "import of 100,000 contacts: CSV, XLSX", "≤ 10 s, ≤ 25 s", "≤ 4 s, ≤ 12 s", _imports),
    Budget("import", "the reactor is held up meanwhile", "≤ 50 ms", "", _held_up),
)


def budgets(found: Mapping[str, Figures]) -> str:
    """Return what is due beside what was measured."""
    rows = [[each.work, each.due, each.goal, each.measured(found[each.row])] for each in BUDGETS if each.holds(found)]
    memory = [figures["memory_mb"] for figures in found.values() if "memory_mb" in figures]
    if memory:
        rows.append(["memory of the gateway, its peak", "≤ 300 MB", "≤ 150 MB", f"{max(memory):.0f} MB"])
    return table(("work", "due", "goal", "measured"), rows)


def costs(found: Mapping[str, Figures]) -> str:
    """Return messages, rate, CPU and memory of each row that ran against a node."""
    head = (
        "row",
        "messages",
        "accepted/s",
        "at carrier/s",
        "commits/s",
        "gateway",
        "its main thread",
        "postgres",
        *(["broker"] if (broker := any("broker" in figures.get("cpu_us", {}) for figures in found.values())) else []),
        "load",
        "sink",
        "work",
        "MB",
    )
    rows = []
    for name, figures in found.items():
        if "cpu_us" in figures:
            load, cpu = figures["load"], figures["cpu_us"]
            parts = ("gateway", "gateway_main_thread", "postgres", *(["broker"] if broker else []), "load", "sink")
            rates = [
                f"{load['messages']:,}",
                f"{load['accepted_per_s']:,.0f}",
                f"{figures['carrier_per_s']:,.0f}",
                f"{figures['commits_per_s']:,.0f}",
            ]
            machine = [f"{figures['work_us']:.0f}", f"{figures['memory_mb']:.0f}"]
            rows.append([name, *rates, *(f"{cpu[part]:.0f}" for part in parts), *machine])
    return table(head, rows) if rows else ""


def latencies(found: Mapping[str, Figures]) -> str:
    """Return the percentiles of each way in each row."""
    rows = []
    for name, figures in found.items():
        if "load" not in figures:
            continue
        ways = {
            "due → sent by the load": figures["load"]["late_ms"],
            "due → answered": figures["load"]["response_ms"],
            "due → at the carrier": figures["carrier_ms"],
            "answered → at the carrier": figures["accepted_to_carrier_ms"],
            "due → receipt": figures["load"].get("receipt_ms", {}),
            "the disk, beside it": figures["fdatasync_ms"],
        }
        shown = (*PERCENTILES, "max")
        rows += [[f"{name}: {way}", *(f"{spread[at]:.1f}" for at in shown)] for way, spread in ways.items() if spread]
    return table(("ms", *PERCENTILES, "max"), rows) if rows else ""


def faults(found: Mapping[str, Figures]) -> list[str]:
    """Return all that was not as it must be, by row."""
    return [f"{name}: {fault}" for name, figures in found.items() for fault in figures["faults"]]


def whole(machine: str, found: Mapping[str, Figures]) -> str:
    """Return the page that a run prints."""
    parts = [machine, budgets(found)]
    if shown := costs(found):
        title = "CPU in µs a message, and of a piece of work that is always the same; memory at its peak"
        parts += [f"{title}\n\n{shown}", latencies(found)]
    wrong = faults(found)
    if wrong:
        parts.append("\n".join(["WRONG:", *wrong]))
    elif shown:
        parts.append("Every message came to the carrier once; every receipt that was asked for came once.")
    return "\n\n".join(parts)
