"""What is told of teams from node to node."""

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mobilesasa.queue.amqp.channel import Outcome
from mobilesasa.queue.events import GATHER_S, RETRY_S, TeamEvents
from tests.fakes.amqp import FakeBroker, FakeMessage


class Node:
    """One end, with both of its channels."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self.heard: list[int] = []
        self.events = TeamEvents(broker.clock, self.heard.append)
        self.blocked = False
        self.up = Deferred[None]()

    def come_up(self) -> None:
        self.out, self.into = self.broker.channel(), self.broker.channel()
        self.out.settled = self.events.settled
        self.events.publishing_came_up(self.out, lambda: self.blocked)
        self.up = Deferred.fromCoroutine(self.events.consuming_came_up(self.into))
        self.broker.clock.pump([0] * 30)
        assert self.up.called

    def go_down(self) -> None:
        self.out.lose()
        self.events.publishing_went_down()
        self.into.lose()
        self.events.consuming_went_down()

    def take(self) -> list[int]:
        heard, self.heard[:] = self.heard[:], []
        return heard


class Rig:
    def __init__(self) -> None:
        self.clock = Clock()
        self.broker = FakeBroker(self.clock)
        self.here, self.there = Node(self.broker), Node(self.broker)
        self.here.come_up()
        self.there.come_up()

    def wait(self, seconds: float = GATHER_S) -> None:
        self.clock.advance(seconds)
        self.clock.pump([0] * 30)

    def follow(self, node: Node, *teams: int) -> None:
        for team_id in teams:
            node.events.follow(team_id)
        self.wait(0)
        assert node.take() == list(teams)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_the_node_that_follows_a_team_is_told_and_no_other(rig):
    rig.follow(rig.there, 7)
    rig.here.events.tell([7, 8])
    rig.wait()
    assert (rig.here.take(), rig.there.take()) == ([], [7])


def test_many_words_about_a_team_are_one(rig):
    rig.follow(rig.there, 7, 8)
    rig.here.events.tell([7])
    rig.wait(GATHER_S / 2)
    rig.here.events.tell([8, 7])
    assert rig.here.out.published == []
    rig.wait(GATHER_S / 2)
    assert rig.there.take() == [7, 8]
    assert [key for _, key, _ in rig.here.out.published] == ["7", "8"]


def test_a_team_is_told_again_only_when_the_last_word_has_arrived(rig):
    rig.follow(rig.there, 7)
    rig.broker.holding = True
    rig.here.events.tell([7])
    rig.wait()
    rig.here.events.tell([7])
    rig.wait()
    assert len(rig.here.out.published) == 1
    rig.broker.holding = False
    rig.here.out.settle_some()
    rig.wait(0)
    assert len(rig.here.out.published) == 2


def test_who_follows_looks_for_what_was_told_before(rig):
    rig.here.events.tell([7])
    rig.wait()
    rig.follow(rig.there, 7)


def test_who_no_longer_follows_hears_nothing(rig):
    rig.follow(rig.there, 7)
    rig.there.events.unfollow(7)
    rig.here.events.tell([7])
    rig.wait()
    assert rig.there.take() == []
    assert "unbind" in " ".join(rig.broker.asked)


def test_a_word_on_its_way_to_who_no_longer_follows_is_not_heard(rig):
    rig.follow(rig.there, 7)
    (name,) = rig.broker.bindings["mobilesasa.v1.teams", "7"]
    rig.there.events.unfollow(7)
    rig.broker.queues[name].ready.append(FakeMessage(b"", "7"))
    rig.broker.pump(name)
    assert (rig.there.take(), rig.there.into.unacked) == ([], [])


def test_who_follows_and_leaves_at_once_is_bound_to_nothing(rig):
    rig.there.events.follow(7)
    rig.there.events.unfollow(7)
    rig.wait()
    assert rig.there.take() == []
    assert rig.broker.bindings == {}


def test_after_a_loss_all_that_is_followed_is_bound_again_and_looked_for(rig):
    rig.follow(rig.there, 7, 8)
    rig.there.go_down()
    rig.there.events.follow(9)
    rig.there.come_up()
    assert rig.there.take() == [7, 8, 9]
    rig.here.events.tell([7, 8, 9])
    rig.wait()
    assert rig.there.take() == [7, 8, 9]


def test_what_was_told_while_rabbitmq_was_away_is_told_when_it_is_back(rig):
    rig.follow(rig.there, 7)
    rig.here.go_down()
    rig.here.events.tell([7])
    rig.wait()
    rig.here.come_up()
    assert rig.there.take() == [7]


def test_what_was_not_confirmed_is_told_on_the_next_connection(rig):
    rig.follow(rig.there, 7)
    rig.broker.holding = True
    rig.here.events.tell([7])
    rig.wait()
    rig.here.go_down()
    rig.broker.holding = False
    rig.here.come_up()
    assert rig.there.take() == [7]


def test_what_rabbitmq_refuses_is_told_again_after_a_while(rig):
    rig.follow(rig.there, 7)
    rig.broker.holding = True
    rig.here.events.tell([7])
    rig.wait()
    rig.here.events.settled([rig.here.out._unconfirmed.pop()[3]], Outcome.NACKED)
    rig.broker.holding = False
    rig.wait(RETRY_S)
    assert rig.there.take() == [7]


def test_nothing_is_told_while_rabbitmq_is_blocked(rig):
    rig.follow(rig.there, 7)
    rig.here.blocked = True
    rig.here.events.tell([7])
    rig.wait()
    assert rig.here.out.published == []
    rig.here.blocked = False
    rig.here.events.unblocked()
    rig.wait(0)
    assert rig.there.take() == [7]


def test_a_node_whose_queue_was_deleted_takes_another_and_looks_for_everything(rig):
    rig.follow(rig.there, 7)
    (name,) = rig.broker.bindings["mobilesasa.v1.teams", "7"]
    rig.broker.delete(name)
    rig.wait(0)
    rig.wait(RETRY_S)
    assert rig.there.take() == [7]
    rig.here.events.tell([7])
    rig.wait()
    assert rig.there.take() == [7]


def test_a_queue_that_was_deleted_before_the_connection_was_lost_is_not_mourned(rig):
    rig.broker.delete(list(rig.broker.queues)[1])
    rig.there.go_down()
    rig.wait(RETRY_S)
    rig.there.come_up()
    rig.follow(rig.there, 7)


def test_a_word_that_names_no_team_is_passed_over(rig):
    rig.follow(rig.there, 7)
    (name,) = rig.broker.bindings["mobilesasa.v1.teams", "7"]
    rig.broker.queues[name].ready.clear()
    rig.broker.bindings["mobilesasa.v1.teams", "x"] = [name]
    rig.here.out.publish("mobilesasa.v1.teams", "x", b"", None, mandatory=False)
    rig.here.out.settled = lambda contexts, outcome: None
    rig.wait()
    assert (rig.there.take(), rig.there.into.unacked) == ([], [])
