"""What waits for carriers, as an administrator sees it: over a queue in memory, and over RabbitMQ's channels."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import QueueAway
from mobilesasa.core.model import Lane
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.node import queues
from mobilesasa.node.queues import Dead, LaneDepth, LaneQueues
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.dead import DeadLetter, Requeued
from mobilesasa.queue.depths import Depth

AT = datetime(2026, 5, 11, 9, tzinfo=UTC)
CARRIERS = CurrentDirectory(
    Directory(carriers=[CarrierRecord(2, "coast", "sandbox"), CarrierRecord(1, "savanna", "sandbox")])
)
QUEUE: Any = SimpleNamespace(depth=lambda carrier_id, lane: 10 * carrier_id + lane.value)


def value_of(work: Any) -> Any:
    """Return what a coroutine that waits for nothing gives, or raise what it raises."""
    got: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(got.append)
    if hasattr(got[0], "raiseException"):
        got[0].raiseException()
    return got[0]


class FakeDatabase:
    def __init__(self) -> None:
        self.ran: list[Any] = []

    async def run(self, name, function, *args):
        self.ran.append((name, *args))


class FakeChannel:
    is_dead = False
    closed = False

    async def close(self) -> None:
        self.closed = True


class FakeLink:
    def __init__(self) -> None:
        self.channels: list[FakeChannel] = []
        self.lost: Exception | None = None

    async def aside(self) -> FakeChannel:
        if self.lost is not None:
            raise self.lost
        self.channels.append(FakeChannel())
        return self.channels[-1]


@pytest.fixture
def link(monkeypatch):
    made = FakeLink()

    async def declare(channel):
        return None

    # The dead letters and depths have their own tests, on a real RabbitMQ.
    monkeypatch.setattr(queues.topology, "declare", declare)
    return made


def test_a_queue_in_memory_says_what_it_names_and_has_no_dead_letters():
    desk = LaneQueues(CARRIERS, QUEUE, FakeDatabase())
    lanes, dead = value_of(desk.depth())
    assert LaneDepth("coast", "bulk", 20 + Lane.BULK.value, None, None) in lanes
    assert ([each.carrier for each in lanes], dead) == (["coast", "coast", "savanna", "savanna"], 0)
    assert (desk.kind, value_of(desk.dead(5)), value_of(desk.requeue(NODE, 5))) == ("memory", [], (0, 0, 0))


def test_rabbitmq_says_what_waits_and_its_channels_are_closed(link, monkeypatch):
    class FakeDepths:
        def __init__(self, aside):
            self.aside = aside

        async def of_lanes(self, ids):
            await self.aside()
            return {(1, Lane.BULK): Depth(3, 1)}

        async def of_dead(self):
            return Depth(4, 0)

    monkeypatch.setattr(queues, "Depths", FakeDepths)
    desk = LaneQueues(CARRIERS, QUEUE, FakeDatabase(), link)
    lanes, dead = value_of(desk.depth())
    found = {(each.carrier, each.lane): (each.bodies, each.consumers) for each in lanes}
    assert (desk.kind, dead, found["savanna", "bulk"], found["coast", "bulk"]) == ("rabbitmq", 4, (3, 1), (None, None))
    assert [each.closed for each in link.channels] == [True]


def test_who_looks_while_another_does_waits_for_what_they_have_in_hand(link, monkeypatch):
    looks: list[Deferred[None]] = []

    async def look(channel, limit):
        looks.append(Deferred())
        await looks[-1]
        return []

    monkeypatch.setattr(queues.letters, "look", look)
    desk = LaneQueues(CARRIERS, QUEUE, FakeDatabase(), link)
    both = [Deferred.fromCoroutine(desk.dead(5)) for _ in range(2)]
    assert len(looks) == 1
    looks[0].callback(None)
    assert (len(looks), [each.called for each in both], link.channels[0].closed) == (2, [True, False], True)
    looks[1].callback(None)
    assert [each.result for each in both] == [[], []]


def test_dead_letters_are_looked_at_and_sent_back(link, monkeypatch):
    async def look(channel, limit):
        return [DeadLetter("lane.1", "refused", AT, ["an id"], ""), DeadLetter("", "unknown", None, [], "no JSON")][
            :limit
        ]

    async def requeue(channel, limit):
        return Requeued(limit, 100, 1)

    monkeypatch.setattr(queues.letters, "look", look)
    monkeypatch.setattr(queues.letters, "requeue", requeue)
    desk = LaneQueues(CARRIERS, QUEUE, FakeDatabase(), link)
    at_ms = round(1000 * AT.timestamp())
    assert value_of(desk.dead(2)) == [
        Dead("lane.1", "refused", at_ms, ["an id"], ""),
        Dead("", "unknown", None, [], "no JSON"),
    ]
    database = FakeDatabase()
    assert value_of(LaneQueues(CARRIERS, QUEUE, database, link).requeue(NODE, 7)) == (7, 100, 1)
    assert database.ran == [("queue.requeue", NODE, 7)]
    assert all(each.closed for each in link.channels)


def test_rabbitmq_that_is_away_cannot_be_asked(link):
    link.lost = ChannelLost("RabbitMQ is away")
    with pytest.raises(QueueAway, match="RabbitMQ cannot be asked: RabbitMQ is away"):
        value_of(LaneQueues(CARRIERS, QUEUE, FakeDatabase(), link).dead(1))


def test_a_channel_that_was_lost_is_not_closed_again(link, monkeypatch):
    async def look(channel, limit):
        channel.is_dead = True
        raise ChannelLost("gone")

    monkeypatch.setattr(queues.letters, "look", look)
    with pytest.raises(QueueAway):
        value_of(LaneQueues(CARRIERS, QUEUE, FakeDatabase(), link).dead(1))
    assert [each.closed for each in link.channels] == [False]
