"""Dead letters, on a RabbitMQ in memory: what they are, and which go back."""

import datetime as dt

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.queue.amqp.channel import Outcome
from mobilesasa.queue.dead import DeadLetter, Requeued, describe, look, requeue
from mobilesasa.queue.envelope import write_body
from mobilesasa.queue.topology import DEAD, declare, declare_lanes, lane_name
from tests.fakes.amqp import FakeBroker, FakeMessage
from tests.queue.contract import BULK, FAST, named

FIRST, SECOND = lane_name(1, FAST), lane_name(1, BULK)
AT = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def broker() -> FakeBroker:
    made = FakeBroker(Clock())
    done(made, declare(made.channel()))
    done(made, declare_lanes(made.channel(), 1))
    return made


def done(broker, work):
    ended = []
    Deferred.fromCoroutine(work).addCallback(ended.append)
    broker.clock.pump([0] * 500)
    (result,) = ended
    return result


def dead(body: bytes, queue: str = FIRST, reason: str = "rejected") -> FakeMessage:
    return FakeMessage(body, queue, headers={"x-death": [{"queue": queue, "reason": reason, "time": AT, "count": 1}]})


def kill(broker, *messages):
    broker.queues[DEAD].ready.extend(messages)


def test_a_dead_letter_says_where_it_was_and_why():
    letter = describe(dead(write_body(named(0, 3)), reason="delivery_limit"))
    assert letter == DeadLetter(FIRST, "delivered in vain too often", AT, named(0, 3), "")


def test_a_reason_that_is_new_to_us_is_shown_as_rabbitmq_says_it():
    assert describe(dead(b"", reason="boredom")).reason == "boredom"


@pytest.mark.parametrize("headers", [{}, {"x-death": []}, {"x-death": "yes"}, {"x-death": [{"time": 7}]}])
def test_a_dead_letter_that_rabbitmq_says_nothing_of_is_shown_all_the_same(headers):
    letter = describe(FakeMessage(write_body(named(0, 1)), "", headers=headers))
    assert (letter.queue, letter.reason, letter.at, letter.goes_back) == ("", "unknown", None, False)


@pytest.mark.parametrize(
    ("queue", "unreadable", "goes"),
    [(FIRST, "", True), (SECOND, "", True), ("", "", False), ("elsewhere", "", False), (FIRST, "it is no JSON", False)],
)
def test_only_what_can_be_read_and_has_a_lane_goes_back(queue, unreadable, goes):
    assert DeadLetter(queue, "unknown", None, [], unreadable).goes_back is goes


def test_who_looks_takes_nothing_away(broker):
    kill(broker, dead(b"x"), dead(write_body(named(0, 1))), dead(b"y"))
    for _ in range(2):
        assert [letter.unreadable for letter in done(broker, look(broker.channel(), 2))] == ["it is no JSON", ""]
    assert len(broker.queues[DEAD].ready) == 3


def test_what_arrived_is_gone_and_what_did_not_is_left(broker):
    gone = lane_name(9, FAST)
    kill(broker, dead(b"x"), dead(write_body(named(0, 3)), gone), dead(write_body(named(3, 5)), SECOND))
    channel = broker.channel()
    assert done(broker, requeue(channel, 10)) == Requeued(bodies=1, messages=2, left=2)
    assert [each.body for each in broker.queues[SECOND].ready] == [write_body(named(3, 5))]
    assert len(broker.queues[DEAD].ready) == 2
    assert channel.unacked == []


def test_no_more_go_back_than_were_asked_for(broker):
    kill(broker, *(dead(write_body(named(number, number + 1))) for number in range(250)))
    assert done(broker, requeue(broker.channel(), 201)).bodies == 201
    assert len(broker.queues[DEAD].ready) == 49
    assert done(broker, requeue(broker.channel(), 201)).bodies == 49
    assert len(broker.queues[FIRST].ready) == 250


def test_a_dead_letter_is_not_taken_away_before_its_lane_has_it(broker):
    kill(broker, dead(write_body(named(0, 3))))
    broker.holding = True
    channel = broker.channel()
    ended = Deferred.fromCoroutine(requeue(channel, 1))
    broker.clock.pump([0] * 20)
    assert (ended.called, len(channel.unacked)) == (False, 1)
    channel.settled([each[3] for each in channel._unconfirmed], Outcome.NACKED)
    broker.clock.pump([0] * 20)
    assert ended.result == Requeued(bodies=0, messages=0, left=1)
    channel._unconfirmed.clear()
