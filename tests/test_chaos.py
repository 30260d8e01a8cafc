"""What `make chaos` decides without a process: what happens when, and what must hold afterwards."""

import asyncio
import contextlib
import itertools

import attrs
import pytest

from bench.chaos.__main__ import again, arguments, shown, summary
from bench.chaos.blows import Blows
from bench.chaos.judge import Found, Listed, wrong
from bench.chaos.logs import tracebacks
from bench.chaos.plan import CARRIERS, KINDS, LINKS, NODES, SHAPES, Event, Fault, plan
from bench.chaos.relay import Link
from bench.processes import lasting_ports

SECONDS = 8.0
ROUNDS = range(1, 51)
DELIVERED = Listed("A1", "delivered", None, 1)
FAILED = Listed("A1", "failed", "undelivered", 1)
RIGHT = Found(
    accepted={1: "A1"},
    refused=frozenset({2}),
    submitted=frozenset({1, 2, 3}),
    posted=frozenset({10}),
    unposted={},
    invited=frozenset({20}),
    short=frozenset(),
    listed={
        1: [DELIVERED],
        10: [attrs.evolve(DELIVERED, message_id="B")],
        20: [attrs.evolve(DELIVERED, message_id="C")],
    },
    arrived=frozenset({1, 10, 20}),
    doubled=0,
    most_doubled=0,
    receipts=frozenset({"A1"}),
    paid=3,
)

TOLD = [
    "kill RabbitMQ (broker) at 1.46 for 0.2 s",
    "slow a carrier down (one by 400 ms) at 3.99 for 6.31 s",
    "kill RabbitMQ (broker) at 8 for 3.46 s",
]  # by any Python, on any machine


def with_listed(token, *several):
    return attrs.evolve(RIGHT, listed={**RIGHT.listed, token: list(several)})


def test_a_seed_and_a_round_are_one_plan_for_ever():
    told = [str(event) for event in plan(7, 3, SECONDS).events]
    assert told == [str(event) for event in plan(7, 3, SECONDS).events]
    assert told == TOLD


def test_rounds_of_a_seed_and_seeds_of_a_round_differ():
    assert len({plan(1, number, SECONDS).events for number in ROUNDS}) == len(ROUNDS)
    assert len({plan(seed, 1, SECONDS).events for seed in ROUNDS}) == len(ROUNDS)


@pytest.mark.parametrize("seed", range(20))
def test_fifty_rounds_have_each_kind_often(seed):
    rounds = [plan(seed, number, SECONDS) for number in ROUNDS]
    for kind in KINDS:
        assert sum(event.fault is kind for each in rounds for event in each.events) >= 4
    assert {len(each.events) for each in rounds} == {1, 2, 3, 4}


def test_every_target_amount_and_way_of_a_kind_comes():
    events = [event for seed in range(20) for number in ROUNDS for event in plan(seed, number, SECONDS).events]
    for kind, shape in SHAPES.items():
        of_kind = [event for event in events if event.fault is kind]
        assert {event.target for event in of_kind} == set(shape.targets)
        assert {event.amount for event in of_kind} == set(shape.amounts)
        assert {event.way for event in of_kind} == set(shape.ways)
        assert all(shape.least_s <= event.for_s <= shape.most_s for event in of_kind)
        assert all(0.5 <= event.at_s <= SECONDS for event in of_kind)


def test_nothing_is_struck_twice_at_once_in_the_same_way():
    for seed in range(20):
        for number in ROUNDS:
            events = plan(seed, number, SECONDS).events
            for fault in (Fault.KILL_NODE, Fault.KILL_DATABASE, Fault.KILL_BROKER):
                spans = sorted(
                    (each.at_s, each.until_s) for each in events if each.fault is fault and each.target == NODES[0]
                )
                assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))


def test_a_second_fault_often_comes_while_the_first_one_s_part_comes_back():
    several = [plan(seed, number, SECONDS).events for seed in range(4) for number in ROUNDS]
    close = [
        (first, second)
        for events in several
        for first, second in itertools.pairwise(events)
        if 0 <= second.at_s - first.until_s <= 2 or second.at_s == first.at_s
    ]
    assert len(close) > len(several) / 4


def test_the_first_faults_take_turns_among_the_kinds_that_are_asked_for():
    kinds = (Fault.KILL_NODE, Fault.CUT)
    first_two = [plan(5, number, SECONDS, kinds).events for number in (1, 2)]
    assert {event.fault for events in first_two for event in events} == set(kinds)


@pytest.mark.parametrize(
    ("event", "windows"),
    [
        (Event(1, 2, Fault.KILL_NODE, "node-1"), 2),
        (Event(1, 2, Fault.FREEZE_CARRIER, "one"), 1),
        (Event(1, 2, Fault.FLAP_CARRIER, "two", amount=3), 3),
        (Event(1, 2, Fault.CUT, "three", way="reset"), 1),
        (Event(1, 9, Fault.CUT, "database-1", way="refuse"), 2),
        (Event(1, 2, Fault.CUT, "database-1", way="reset"), 0),
        (Event(1, 9, Fault.CUT, "sessions-1", way="reset"), 0),
        (Event(1, 9, Fault.KILL_DATABASE, "database"), 0),
        (Event(1, 9, Fault.KILL_BROKER, "broker"), 0),
        (Event(1, 9, Fault.SLOW_CARRIER, "one", amount=100), 0),
    ],
)
def test_what_may_come_twice_is_a_window_of_each_carrier_that_was_struck(event, windows):
    class Node:
        def carriers(self):
            return {"one", "three"}

    class Stage:
        nodes = dict.fromkeys(NODES, Node())

    blows = Blows(Stage(), plan(1, 1, SECONDS))
    blows.count(event)
    assert blows.most_doubled == windows * 40


def test_a_round_in_which_all_is_right_says_nothing():
    assert wrong(RIGHT) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (attrs.evolve(RIGHT, arrived=frozenset({10, 20})), "1 messages came to no carrier (1 …)"),
        (attrs.evolve(RIGHT, invited=frozenset({20, 21}), arrived=frozenset({1, 10, 20, 21})), "are not there"),
        (with_listed(10, DELIVERED, DELIVERED), "there more than once"),
        (with_listed(99, DELIVERED), "that nobody sent"),
        (with_listed(2, DELIVERED), "were refused and are there all the same"),
        (attrs.evolve(RIGHT, unposted={11: "409 idempotency_key_reused"}), "409 idempotency_key_reused"),
        (with_listed(1, attrs.evolve(DELIVERED, status="sent")), "have no final state: ['sent']"),
        (with_listed(1, FAILED), "failed: ['undelivered']"),
        (attrs.evolve(RIGHT, receipts=frozenset()), "have no receipt"),
        (attrs.evolve(RIGHT, doubled=41, most_doubled=40), "41 came twice, at most 40 may"),
        (attrs.evolve(RIGHT, paid=4), "4 units were paid for what cost 3"),
        (attrs.evolve(RIGHT, audit=["balances"]), "the audit finds balances"),
        (attrs.evolve(RIGHT, let_in=["node-2"]), "a sixth session was let in at node-2"),
        (attrs.evolve(RIGHT, deaths=["node-1"]), "node-1 ended by itself"),
        (attrs.evolve(RIGHT, tracebacks=["KeyError: 1"]), "the log of a node has KeyError: 1"),
        (attrs.evolve(RIGHT, memory_mb={"node-1": 301.0}), "node-1 took 301 MB, at most 300"),
        (attrs.evolve(RIGHT, broken=["a fault is not undone"]), "a fault is not undone"),
    ],
)
def test_what_does_not_hold_is_said(found, said):
    assert any(said in each for each in wrong(found)), wrong(found)


def test_a_submit_without_an_answer_may_be_there_or_not_but_is_owed_its_receipt():
    assert RIGHT.unknown == {3}
    there = attrs.evolve(with_listed(3, attrs.evolve(DELIVERED, message_id="D")), arrived=RIGHT.arrived | {3}, paid=4)
    assert wrong(there) == ["1 messages have no receipt (D …)"]
    assert wrong(attrs.evolve(there, receipts=frozenset({"A1", "D"}))) == []
    assert wrong(attrs.evolve(there, receipts=frozenset({"A1", "D"}), arrived=RIGHT.arrived))[0].startswith(
        "1 messages came to no"
    )


def test_what_failed_is_refunded_and_may_only_have_expired_where_a_clock_was_set_by_as_much():
    late = attrs.evolve(
        with_listed(10, attrs.evolve(FAILED, reason="expired_unsent")), arrived=frozenset({1, 20}), paid=2
    )
    assert wrong(late) == ["1 messages failed: ['expired_unsent'] (" + str(late.listed[10][0].reason) + " …)"]
    assert wrong(attrs.evolve(late, short=frozenset({10}))) == []


def test_what_was_lost_on_the_wire_twice_may_be_taken_for_sent_and_is_counted():
    silent = attrs.evolve(
        with_listed(1, attrs.evolve(DELIVERED, status="sent")),
        arrived=frozenset({10, 20}),
        receipts=frozenset(),
        uncertain=frozenset({1}),
    )
    assert wrong(silent) == ["1 were taken for sent and did not come, at most 0 may"]
    assert wrong(attrs.evolve(silent, most_uncertain=40)) == []


def test_tracebacks_about_the_faults_are_left_out_and_each_log_is_read_on(tmp_path):
    log = tmp_path / "node.log"
    log.write_text(
        "12:00 warn careful\n    Traceback (most recent call last):\n      File x\n        do()\n    psycopg2.OperationalError: gone\n"
        "12:01 critical oh\n    Traceback (most recent call last):\n      File y\n        do()\n    KeyError: 'x'\n12:02 info well\n"
    )
    found, end = tracebacks(log, 0)
    assert found == ["KeyError: 'x'"]
    assert tracebacks(log, end) == ([], end)


class Wire:
    """A relay before a server that says everything again."""

    def __init__(self, link: Link, port: int) -> None:
        self.link = link
        self._port = port
        self._made = []

    async def connected(self):
        self._made.append(await asyncio.open_connection("127.0.0.1", self._port))
        return self._made[-1]

    async def close(self):
        """Close all there is; returns when nobody works for it any more."""
        for _, writer in self._made:
            writer.close()
        await self.link.order("refuse", 0)
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    async def echoes(self, made):
        reader, writer = made
        writer.write(b"octets")
        return await reader.read(6) == b"octets"


def on_a_wire(test):
    """Run a test of a relay."""

    async def again(reader, writer):
        with contextlib.suppress(ConnectionResetError):
            while octets := await reader.read(100):
                writer.write(octets)
        writer.close()

    async def run():
        server = await asyncio.start_server(again, "127.0.0.1", 0)
        (port,) = lasting_ports(1)
        link = Link(port, str(server.sockets[0].getsockname()[1]))
        await link.listen()
        wire = Wire(link, port)
        await test(wire)
        server.close()
        await wire.close()

    return lambda: asyncio.run(run())


@on_a_wire
async def test_a_relay_hands_on_both_ways_and_an_end_too(wire):
    made = await wire.connected()
    assert await wire.echoes(made)
    made[1].write_eof()
    assert await made[0].read() == b""


@on_a_wire
async def test_a_relay_that_resets_takes_new_connections(wire):
    made = await wire.connected()
    assert await wire.echoes(made)
    await wire.link.order("reset", 0)
    with pytest.raises(ConnectionResetError):
        await made[0].read()
    assert await wire.echoes(await wire.connected())


@on_a_wire
async def test_a_relay_that_refuses_does_so_until_it_is_to_pass(wire):
    await wire.link.order("refuse", 0)
    with pytest.raises(ConnectionRefusedError):
        await wire.connected()
    await wire.link.order("pass", 0)
    assert await wire.echoes(await wire.connected())


@on_a_wire
async def test_what_a_frozen_relay_was_given_arrives_when_it_goes_on(wire):
    made = await wire.connected()
    assert await wire.echoes(made)
    await wire.link.order("freeze", 0)
    late = await wire.connected()
    waiting = [asyncio.ensure_future(wire.echoes(each)) for each in (made, late)]
    done, _ = await asyncio.wait(waiting, timeout=0.05)
    assert not done
    await wire.link.order("delay", 1)
    assert await asyncio.gather(*waiting) == [True, True]


@on_a_wire
async def test_a_half_open_connection_is_silent_and_reset_at_the_end(wire):
    made = await wire.connected()
    assert await wire.echoes(made)
    await wire.link.order("half-open", 0)
    late = await wire.connected()
    waiting = [asyncio.ensure_future(wire.echoes(each)) for each in (made, late)]
    done, _ = await asyncio.wait(waiting, timeout=0.05)
    assert not done
    await wire.link.order("pass", 0)
    assert all(
        isinstance(each, ConnectionResetError) for each in await asyncio.gather(*waiting, return_exceptions=True)
    )


def row(**changes):
    figures = dict.fromkeys(
        ("smpp", "rest", "campaign", "refused", "unknown", "stored_of_unknown", "lost", "doubled"), 0
    )
    more = dict.fromkeys(
        (
            "uncertain",
            "most_uncertain",
            "most_doubled",
            "receipts_missing",
            "failed",
            "recovered_s",
            "settled_s",
            "memory_mb",
        ),
        0,
    ) | {"waited_for": "nothing"}
    return {"round": "7.3", "faults": ["kill a node"], **figures, **more, "wrong": [], **changes}


def test_a_wrong_round_says_why_and_how_to_have_it_again():
    assert shown(row(wrong=["1 messages came to no carrier"])).endswith("WRONG: 1 messages came to no carrier")
    asked = arguments().parse_args(["--seed", "7", "--without", "fill-disk", "--seconds", "4"])
    assert again(asked, 3) == (
        "python -m bench.chaos --seed 7 --round 3 --seconds 4 --rate 400 --posts 40 --people 1500 --without fill-disk --keep"
    )
    assert "2 rounds, 2 faults: 6 messages accepted, 1 lost" in summary([row(smpp=5), row(rest=1, lost=1, wrong=["x"])])
    assert summary([row(), row(wrong=["x"])]).endswith("1 rounds are wrong")


def test_every_carrier_and_link_can_be_cut():
    assert set(SHAPES[Fault.CUT].targets) == {*CARRIERS, *LINKS}
