import attrs
import pytest
from pika import spec
from twisted.internet.defer import Deferred

from mobilesasa.queue.amqp.channel import WINDOW, Outcome, QueueOk, open_channel
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from mobilesasa.queue.amqp.tables import Unencodable
from tests.queue.amqp.peer import URL, channel_of, opened_peer
from tests.queue.amqp.wire import content, deliver, method, returned

CONFIRMED, NACKED, RETURNED, LOST = Outcome.CONFIRMED, Outcome.NACKED, Outcome.RETURNED, Outcome.LOST


@attrs.define(eq=False)
class Rig:
    peer: object
    channel: object
    settled: list = attrs.field(factory=list)

    def publish(self, *contexts):
        for context in contexts:
            self.channel.publish("lanes", "7.bulk", b"{}", context)

    def consume(self, **more):
        """Begin a consumer; returns what it was given and why it ended, both to grow."""
        delivered, ended = [], []
        beginning = run(
            self.channel.consume(
                "q", lambda messages: delivered.append(tags(messages)), prefetch=10, cancelled=ended.append, **more
            )
        )
        self.peer.say(spec.Basic.QosOk(), spec.Basic.ConsumeOk("c1"))
        assert beginning.result == "c1"
        return delivered, ended


def run(coroutine):
    return Deferred.fromCoroutine(coroutine)


def tags(messages):
    return [each.delivery_tag for each in messages]


def failure_of(deferred):
    """The error that a Deferred has failed with."""
    errors = []
    deferred.addErrback(lambda failure: errors.append(failure.value))
    (error,) = errors
    return error


@pytest.fixture
def rig():
    peer = opened_peer(attrs.evolve(URL, heartbeat_s=0))
    rig = Rig(peer, channel_of(peer))
    rig.channel.settled = lambda contexts, outcome: rig.settled.append((contexts, outcome))
    return rig


def test_a_channel_is_opened_in_confirm_mode():
    peer = opened_peer()
    opening = run(open_channel(peer.client))
    assert peer.names() == ["Channel.Open"]
    peer.say(spec.Channel.OpenOk())
    assert peer.names() == ["Confirm.Select"]
    peer.say(spec.Confirm.SelectOk())
    assert not opening.result.is_dead


# Publishing


def test_all_publishes_of_a_turn_leave_in_one_write(rig):
    rig.publish("a", "b", "c")
    assert len(rig.peer.writes()) == 1
    assert rig.channel.unconfirmed == 3


def test_publishes_are_numbered_from_one(rig):
    rig.publish("a", "b")
    assert [each.NAME if hasattr(each, "NAME") else each for each in rig.peer.heard()] == [
        "Basic.Publish", b"{}", "Basic.Publish", b"{}",
    ]  # fmt: skip
    rig.peer.say(spec.Basic.Ack(2), spec.Basic.Ack(1))
    assert rig.settled == [(["b", "a"], CONFIRMED)]


def test_one_ack_may_stand_for_all_before_it(rig):
    rig.publish("a", "b", "c", "d", "e")
    rig.peer.say(spec.Basic.Ack(2), spec.Basic.Ack(4, multiple=True))
    assert rig.settled == [(["b", "a", "c", "d"], CONFIRMED)]
    assert rig.channel.unconfirmed == 1


def test_an_ack_of_nought_stands_for_all(rig):
    rig.publish("a", "b")
    rig.peer.say(spec.Basic.Ack(0, multiple=True))
    assert rig.settled == [(["a", "b"], CONFIRMED)]


def test_an_ack_beyond_what_was_published_does_not_count_what_comes(rig):
    rig.publish("a")
    rig.peer.say(spec.Basic.Ack(2**63, multiple=True))
    rig.publish("b")
    rig.peer.say(spec.Basic.Ack(2))
    assert rig.settled == [(["a"], CONFIRMED), (["b"], CONFIRMED)]


def test_a_second_ack_of_a_publish_says_nothing(rig):
    rig.publish("a", "b")
    rig.peer.say(spec.Basic.Ack(1), spec.Basic.Ack(1))
    rig.peer.say(spec.Basic.Ack(1, multiple=True))
    assert rig.settled == [(["a"], CONFIRMED)]


def test_what_the_broker_cannot_take_is_said_apart(rig):
    rig.publish("a", "b", "c", "d")
    rig.peer.say(spec.Basic.Nack(2, multiple=True), spec.Basic.Ack(3), spec.Basic.Nack(4))
    assert rig.settled == [(["c"], CONFIRMED), (["a", "b", "d"], NACKED)]


def test_a_publish_that_no_queue_took_is_returned_and_not_confirmed(rig):
    rig.publish("a", "b", "c")
    rig.peer.say(returned(correlation_id="2"), spec.Basic.Ack(3, multiple=True))
    assert rig.settled == [(["b"], RETURNED), (["a", "c"], CONFIRMED)]
    assert rig.channel.unconfirmed == 0


@pytest.mark.parametrize("correlation_id", ["", "x", "99"])
def test_a_return_of_what_was_not_published_here_is_passed_over(rig, correlation_id):
    rig.publish("a")
    rig.peer.say(returned(correlation_id=correlation_id))
    assert rig.settled == []


def test_a_name_that_has_no_form_is_not_published(rig):
    with pytest.raises(Unencodable):
        rig.channel.publish("e" * 256, "k", b"", "a")
    rig.publish("b")
    rig.peer.say(spec.Basic.Ack(1))
    assert rig.settled == [(["b"], CONFIRMED)]


def test_a_window_has_room_until_it_is_full(rig):
    assert rig.channel.room == WINDOW
    rig.publish(*range(WINDOW))
    assert rig.channel.room == 0
    rig.publish("more")
    assert rig.channel.room == 0


def test_there_is_no_room_while_the_broker_blocks(rig):
    rig.peer.say(spec.Connection.Blocked("memory"), channel=0)
    assert rig.channel.room == 0
    rig.peer.say(spec.Connection.Unblocked(), channel=0)
    assert rig.channel.room == WINDOW


def test_what_is_not_confirmed_when_the_connection_goes_is_lost(rig):
    rig.publish("a", "b", "c")
    rig.peer.say(spec.Basic.Ack(2))
    rig.peer.hang_up()
    assert rig.settled == [(["b"], CONFIRMED), (["a", "c"], LOST)]
    assert (rig.channel.is_dead, rig.channel.unconfirmed, rig.channel.room) == (True, 0, 0)


def test_what_is_published_after_the_end_is_lost_in_the_next_turn(rig):
    rig.peer.hang_up()
    rig.publish("a", "b")
    assert rig.settled == []
    rig.peer.clock.advance(0)
    assert rig.settled == [(["a", "b"], LOST)]
    rig.publish("c")
    rig.peer.clock.advance(0)
    assert rig.settled == [(["a", "b"], LOST), (["c"], LOST)]


def test_outcomes_that_nobody_wants_hurt_nobody():
    peer = opened_peer()
    channel = channel_of(peer)
    channel.publish("", "q", b"", None)
    peer.say(spec.Basic.Ack(1))
    assert channel.unconfirmed == 0


# Consuming


def test_a_consumer_is_bounded_before_it_begins(rig):
    rig.consume(exclusive=True, arguments={"x-priority": 5})
    qos, consume = rig.peer.heard()
    assert (qos.prefetch_count, qos.global_qos) == (10, False)
    assert (consume.queue, consume.exclusive, consume.no_ack) == ("q", True, False)
    assert consume.arguments == {"x-priority": 5}


def test_all_messages_of_a_read_come_in_one_list(rig):
    delivered, _ = rig.consume()
    rig.peer.say(deliver(1), deliver(2), method(spec.Basic.Ack(1)), deliver(3))
    rig.peer.say(deliver(4))
    assert delivered == [[1, 2, 3], [4]]


def test_a_consumer_that_the_broker_ends_is_told_why(rig):
    delivered, ended = rig.consume()
    rig.peer.say(deliver(1), method(spec.Basic.Cancel("c1", nowait=True)), method(spec.Basic.Cancel("c7", nowait=True)))
    assert delivered == [[1]]
    assert ended == ["RabbitMQ ended the consumer of q: the queue was deleted or its node is away"]


def test_a_consumer_that_is_cancelled_gets_no_more(rig):
    delivered, ended = rig.consume()
    cancelling = run(rig.channel.cancel("c1"))
    rig.peer.say(deliver(1), method(spec.Basic.CancelOk("c1")))
    assert cancelling.called
    rig.peer.heard()
    rig.peer.say(deliver(2))
    assert (delivered, ended) == ([[1]], [])
    (back,) = rig.peer.heard()
    assert (back.NAME, back.delivery_tag, back.requeue) == ("Basic.Nack", 2, True)


@pytest.mark.parametrize("prefetch", [10, 70_000])
def test_a_consumer_that_cannot_be_asked_for_is_forgotten(rig, prefetch):
    refused = run(rig.channel.consume("q" * 256, print, prefetch=prefetch, cancelled=print))
    assert isinstance(failure_of(refused), Unencodable)
    assert rig.channel._consumers == {}


def test_a_consumer_of_nothing_is_refused(rig):
    refused = run(rig.channel.consume("q", print, prefetch=1, cancelled=print))
    rig.peer.say(spec.Basic.QosOk(), spec.Channel.Close(404, "NOT_FOUND - no queue 'q'", 60, 20))
    assert str(failure_of(refused)) == "404 NOT_FOUND - no queue 'q'"


def test_one_message_is_taken_when_there_is_one(rig):
    one, none = run(rig.channel.get("q")), run(rig.channel.get("q"))
    rig.peer.say(content(spec.Basic.GetOk(3, True, "", "q", 0), b"body"), spec.Basic.GetEmpty())
    message = one.result
    assert (message.body, message.delivery_tag, message.redelivered, message.routing_key) == (b"body", 3, True, "q")
    assert none.result is None


# Acknowledging


def said(rig):
    """The acknowledgements since the last look."""
    return [
        (each.NAME.removeprefix("Basic."), each.delivery_tag, each.multiple, getattr(each, "requeue", None))
        for each in rig.peer.heard()
    ]


@pytest.fixture
def consuming(rig):
    rig.consume()
    rig.peer.say(*(deliver(tag) for tag in range(1, 9)))
    rig.peer.heard()
    return rig


def test_acknowledgements_of_a_turn_are_one_when_nothing_is_left_out(consuming):
    for tag in (2, 1, 3):
        consuming.channel.ack(tag)
    assert said(consuming) == [("Ack", 3, True, None)]
    consuming.channel.ack(4)
    assert said(consuming) == [("Ack", 4, True, None)]


def test_acknowledgements_above_one_that_is_left_out_are_each_their_own(consuming):
    for tag in (1, 2, 4, 6):
        consuming.channel.ack(tag)
    assert said(consuming) == [("Ack", 2, True, None), ("Ack", 4, False, None), ("Ack", 6, False, None)]
    for tag in (3, 5, 7):
        consuming.channel.ack(tag)
    assert said(consuming) == [("Ack", 7, True, None)]


def test_an_acknowledgement_above_all_that_is_done_stands_alone(consuming):
    consuming.channel.ack(5)
    assert said(consuming) == [("Ack", 5, False, None)]


def test_what_is_handed_back_is_said_before_an_ack_that_covers_it(consuming):
    consuming.channel.ack(1)
    consuming.channel.nack(2)
    consuming.channel.ack(3)
    consuming.channel.nack(4, requeue=False)
    assert said(consuming) == [("Nack", 2, False, True), ("Nack", 4, False, False), ("Ack", 3, True, None)]
    consuming.channel.ack(5)
    assert said(consuming) == [("Ack", 5, True, None)]


def test_all_up_to_one_can_be_acknowledged(consuming):
    consuming.channel.ack(2)
    consuming.channel.ack(7)
    consuming.channel.ack(5, multiple=True)
    assert said(consuming) == [("Ack", 5, True, None), ("Ack", 7, False, None)]


def test_who_acknowledges_twice_is_heard_once(consuming):
    consuming.channel.ack(1)
    consuming.channel.ack(1)
    consuming.channel.nack(3)
    consuming.channel.nack(3)
    consuming.channel.ack(3)
    assert said(consuming) == [("Nack", 3, False, True), ("Ack", 1, True, None)]
    consuming.channel.ack(1)
    consuming.channel.nack(1)
    assert said(consuming) == []


def test_what_is_remembered_of_acknowledgements_does_not_grow(consuming):
    for tag in range(8, 0, -1):
        consuming.channel.ack(tag)
    consuming.peer.heard()
    assert consuming.channel._done == set()


def test_acknowledgements_after_the_end_are_dropped(consuming):
    consuming.channel.ack(1)
    consuming.peer.say(spec.Channel.Close(406, "PRECONDITION_FAILED - timed out", 0, 0))
    consuming.channel.ack(2)
    consuming.channel.nack(3)
    assert consuming.peer.names() == ["Channel.CloseOk"]


@pytest.mark.parametrize("leave", [lambda rig: run(rig.channel.close()), lambda rig: rig.peer.client.close()])
def test_what_was_acknowledged_is_said_before_we_leave(consuming, leave):
    consuming.channel.ack(1)
    leave(consuming)
    first, last = consuming.peer.names()
    assert (first, last[-5:]) == ("Basic.Ack", "Close")


# Declaring


def test_a_queue_says_how_many_wait(rig):
    declaring = run(rig.channel.declare_queue("q", arguments={"x-queue-type": "quorum"}))
    (declare,) = rig.peer.heard()
    assert (declare.queue, declare.durable, declare.passive, declare.exclusive, declare.auto_delete) == (
        "q", True, False, False, False,
    )  # fmt: skip
    assert declare.arguments == {"x-queue-type": "quorum"}
    rig.peer.say(spec.Queue.DeclareOk("q", 5, 2))
    assert declaring.result == QueueOk("q", 5, 2)


def test_exchanges_and_bindings_are_asked_for_as_they_were_said(rig):
    asked = [
        run(rig.channel.declare_exchange("e", "topic", durable=False, auto_delete=True, internal=True)),
        run(rig.channel.bind("q", "e", "k", {"x": 1})),
        run(rig.channel.unbind("q", "e", "k")),
        run(rig.channel.delete_exchange("e")),
    ]
    exchange, bind, unbind, delete = rig.peer.heard()
    assert (exchange.exchange, exchange.type) == ("e", "topic")
    assert (exchange.durable, exchange.auto_delete, exchange.internal) == (False, True, True)
    assert (bind.queue, bind.exchange, bind.routing_key, bind.arguments) == ("q", "e", "k", {"x": 1})
    assert (unbind.queue, unbind.exchange, unbind.routing_key, unbind.arguments) == ("q", "e", "k", {})
    assert delete.exchange == "e"
    rig.peer.say(spec.Exchange.DeclareOk(), spec.Queue.BindOk(), spec.Queue.UnbindOk(), spec.Exchange.DeleteOk())
    assert [each.called for each in asked] == [True] * 4


def test_a_queue_is_emptied_and_deleted_with_its_count(rig):
    asked = [run(rig.channel.purge("q")), run(rig.channel.delete_queue("q"))]
    rig.peer.say(spec.Queue.PurgeOk(4), spec.Queue.DeleteOk(2))
    assert [each.result for each in asked] == [4, 2]


# The end


def test_a_refusal_closes_the_channel_for_all_that_waits_on_it(rig):
    closed = []
    rig.channel.closed = closed.append
    rig.publish("a")
    refused = run(rig.channel.declare_queue("q", passive=True))
    other = run(rig.channel.purge("r"))
    rig.peer.heard()
    rig.peer.say(spec.Channel.Close(404, "NOT_FOUND - no queue 'q'", 50, 10))
    assert rig.peer.names() == ["Channel.CloseOk"]
    error = failure_of(refused)
    assert isinstance(error, ChannelError)
    assert (error.code, error.text) == (404, "NOT_FOUND - no queue 'q'")
    assert failure_of(other) is error
    assert closed == [error]
    assert rig.settled == [(["a"], LOST)]


def test_a_loss_of_the_connection_fails_what_waits_and_does_not_close_the_channel(rig):
    closed = []
    rig.channel.closed = closed.append
    waiting = run(rig.channel.purge("q"))
    rig.peer.hang_up()
    error = failure_of(waiting)
    assert str(error) == "RabbitMQ at broker:5672 closed the connection without a word"
    assert not isinstance(error, ChannelError)
    assert closed == []


def test_a_channel_that_is_closed_is_forgotten(rig):
    closing = run(rig.channel.close())
    (said,) = rig.peer.heard()
    assert (said.NAME, said.reply_code) == ("Channel.Close", 200)
    rig.peer.say(spec.Channel.CloseOk())
    assert closing.called
    assert rig.channel.is_dead
    assert isinstance(failure_of(run(rig.channel.purge("q"))), ChannelLost)
    assert run(rig.channel.close()).called
    assert rig.peer.heard() == []


def test_a_new_channel_has_a_new_number(rig):
    run(rig.channel.close())
    rig.peer.say(spec.Channel.CloseOk())
    channel_of(rig.peer)
    assert set(rig.peer.client.channels) == {0, 2}


def test_channels_are_as_many_as_the_broker_gives(rig):
    rig.peer.client._channel_max = 2
    channel_of(rig.peer)
    assert "gives a connection 2 channels" in str(failure_of(run(open_channel(rig.peer.client))))
    run(rig.channel.close())
    rig.peer.say(spec.Channel.CloseOk())
    channel_of(rig.peer)
    assert set(rig.peer.client.channels) == {0, 1, 2}


def test_no_channel_is_opened_on_a_connection_that_ends(rig):
    rig.peer.client.close()
    assert str(failure_of(run(open_channel(rig.peer.client)))) == "we stopped"
