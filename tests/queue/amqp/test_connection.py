from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from pika import spec
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError as NobodyListens
from twisted.internet.error import DNSLookupError
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel

from mobilesasa.queue.amqp.channel import Outcome
from mobilesasa.queue.amqp.connection import Backoff, Connection
from mobilesasa.queue.amqp.endpoint import endpoint
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from mobilesasa.queue.amqp.url import AmqpUrl, BadUrl
from mobilesasa.smppnet.certificates import self_signed
from tests.logs import heard
from tests.queue.amqp.peer import URL, Brokers, Peer
from tests.queue.amqp.wire import deliver

REFUSED = "cannot connect to RabbitMQ at broker:5672: Connection was refused by other side."
STILL = attrs.evolve(URL, heartbeat_s=0)


class Rig:
    """A connection whose broker the test plays; `up` does what `on_up` says."""

    def __init__(self, random=0.0):
        self.clock = Clock()
        self.brokers = Brokers(self.clock)
        self.calls = []
        self.on_up = self.do_nothing
        self.connection = Connection(
            self.clock, STILL, "mobilesasa test", self.up, self.down, to=self.brokers, random=lambda: random
        )

    async def do_nothing(self, channel):
        pass

    async def up(self, channel):
        self.calls.append("up")
        channel.settled = lambda contexts, outcome: self.calls.append((contexts, outcome))
        await self.on_up(channel)

    def down(self, reason):
        self.calls.append(f"down: {reason}")

    def let_in(self):
        """Let the try through until its channel is open."""
        peer = self.brokers.take()
        peer.open()
        peer.open_channel()
        peer.heard()
        return peer

    def wait_s(self):
        """How long until the next try."""
        (call,) = self.clock.getDelayedCalls()
        return call.getTime() - self.clock.seconds()

    def next_try(self):
        self.clock.advance(self.wait_s())


@pytest.fixture
def rig():
    rig = Rig()
    rig.connection.startService()
    return rig


@pytest.fixture
def logged():
    """What was logged at info and above, in words."""
    with heard(LogLevel.info, LogLevel.warn) as said:
        yield said


def test_nothing_is_done_before_the_start():
    rig = Rig()
    assert (rig.brokers.tries, rig.connection.state, rig.connection.channel) == ([], "stopped", None)


def test_it_is_up_when_it_is_set_up(rig, logged):
    assert rig.connection.state == "connecting"
    ready = Deferred()

    async def set_up(channel):
        await ready

    rig.on_up = set_up
    rig.let_in()
    assert (rig.calls, rig.connection.channel) == (["up"], None)
    ready.callback(None)
    assert rig.connection.state == "up"
    assert not rig.connection.channel.is_dead
    assert logged == ["mobilesasa test: up at broker:5672"]


def test_starting_twice_is_starting_once(rig):
    rig.connection.startService()
    assert len(rig.brokers.tries) == 1


def test_a_loss_is_told_once_and_followed_by_a_new_try(rig):
    peer = rig.let_in()
    rig.connection.channel.publish("", "q", b"", "a")
    peer.hang_up()
    why = "RabbitMQ at broker:5672 closed the connection without a word"
    assert rig.calls == ["up", (["a"], Outcome.LOST), f"down: {why}"]
    assert (rig.connection.channel, rig.connection.state) == (None, f"away: {why}")
    rig.next_try()
    rig.let_in()
    assert rig.calls[3:] == ["up"]
    assert rig.connection.state == "up"


def test_the_first_failure_is_told_and_those_after_it_only_when_it_was_up_between(rig):
    for _ in range(3):
        rig.brokers.refuse(NobodyListens())
        rig.next_try()
    assert rig.calls == [f"down: {REFUSED}"]
    rig.let_in().hang_up()
    rig.next_try()
    rig.brokers.refuse(NobodyListens())
    assert [each[:4] for each in rig.calls] == ["down", "up", "down"]


def test_a_reason_is_logged_when_it_is_new(rig, logged):
    for error in (NobodyListens(), NobodyListens(), DNSLookupError("no such name")):
        rig.brokers.refuse(error)
        rig.next_try()
    rig.let_in().hang_up()
    assert logged[0] == f"mobilesasa test: {REFUSED}; trying again"
    assert "no such name" in logged[1]
    assert logged[2:] == [
        "mobilesasa test: up at broker:5672",
        "mobilesasa test: RabbitMQ at broker:5672 closed the connection without a word; trying again",
    ]


def test_the_wait_grows_to_its_limit(rig):
    waits = []
    for _ in range(8):
        rig.brokers.refuse(NobodyListens())
        waits.append(rig.wait_s())
        rig.next_try()
    assert waits == [0.5, 1, 2, 3, 3, 3, 3, 3]


def test_the_wait_is_spread():
    assert Backoff().delay_s(3, 1.0) == 1.0
    assert Backoff().delay_s(10_000, 0.5) == 2.25


def test_the_wait_is_short_again_after_a_connection_that_lasted(rig):
    for lasted_s, wait_s in ((0, 0.5), (9.5, 1), (10, 0.5)):
        peer = rig.let_in()
        rig.clock.advance(lasted_s)
        peer.hang_up()
        assert rig.wait_s() == wait_s
        rig.next_try()


def test_a_password_that_is_refused_is_said_and_tried_again(rig):
    peer = rig.brokers.take()
    peer.begin()
    peer.say(spec.Connection.Close(403, "ACCESS_REFUSED - Login was refused", 0, 0), channel=0)
    peer.hang_up()
    assert rig.calls == ["down: RabbitMQ refuses the password of user me, or does not know the user"]
    rig.next_try()
    rig.let_in()
    assert rig.connection.state == "up"


def test_a_set_up_that_is_refused_begins_again(rig, logged):
    async def set_up(channel):
        await channel.declare_queue("q")

    rig.on_up = set_up
    peer = rig.let_in()
    peer.say(spec.Channel.Close(406, "PRECONDITION_FAILED - inequivalent arg", 50, 10))
    assert peer.names() == ["Channel.CloseOk", "Connection.Close"]
    peer.say(spec.Connection.CloseOk(), channel=0)
    peer.hang_up()
    why = "setting up at RabbitMQ failed: 406 PRECONDITION_FAILED - inequivalent arg"
    assert rig.calls == ["up", f"down: {why}"]
    assert logged == [f"mobilesasa test: {why}; trying again"]


def test_a_set_up_that_gives_up_begins_again(rig):
    async def set_up(channel):
        raise ChannelLost("there is another version")

    rig.on_up = set_up
    peer = rig.let_in()
    peer.hang_up()
    assert rig.calls[1] == "down: setting up at RabbitMQ failed: there is another version"


def test_a_set_up_may_say_in_better_words_what_was_refused(rig, logged):
    async def set_up(channel):
        try:
            await channel.declare_queue("q")
        except ChannelError as error:
            raise ChannelLost("the queue q is another's: delete it") from error

    rig.on_up = set_up
    peer = rig.let_in()
    peer.say(spec.Channel.Close(406, "PRECONDITION_FAILED", 50, 10))
    peer.heard()
    peer.hang_up()
    assert rig.calls[1] == "down: setting up at RabbitMQ failed: the queue q is another's: delete it"


def test_a_defect_of_the_set_up_is_logged_and_begins_again(rig, flush_logged):
    async def set_up(channel):
        raise ZeroDivisionError

    rig.on_up = set_up
    rig.let_in().hang_up()
    assert len(flush_logged(ZeroDivisionError)) == 1
    rig.on_up = rig.do_nothing
    rig.next_try()
    rig.let_in()
    assert rig.connection.state == "up"


def test_a_set_up_that_is_still_at_it_when_the_connection_goes_is_cancelled(rig):
    ended = []

    async def set_up(channel):
        try:
            await Deferred()
        except CancelledError:
            ended.append(channel.is_dead)
            raise

    rig.on_up = set_up
    rig.let_in().hang_up()
    assert ended == [True]
    assert len(rig.calls) == 2


def test_a_set_up_that_ends_well_on_a_channel_that_is_gone_is_not_up(rig):
    async def set_up(channel):
        try:
            await channel.declare_queue("q")
        except ChannelError:
            return

    rig.on_up = set_up
    peer = rig.let_in()
    peer.say(spec.Channel.Close(404, "NOT_FOUND", 50, 10))
    assert rig.connection.channel is None
    peer.heard()
    peer.hang_up()
    assert rig.calls == ["up", "down: RabbitMQ closed the channel: 404 NOT_FOUND"]


def test_a_channel_that_the_broker_closes_costs_the_connection(rig):
    peer = rig.let_in()
    peer.say(spec.Channel.Close(406, "PRECONDITION_FAILED - delivery acknowledgement timed out", 0, 0))
    assert rig.connection.channel is None
    assert peer.names() == ["Channel.CloseOk", "Connection.Close"]
    peer.hang_up()
    assert rig.calls[1:] == [
        "down: RabbitMQ closed the channel: 406 PRECONDITION_FAILED - delivery acknowledgement timed out"
    ]


def test_what_is_not_taken_costs_the_connection_and_comes_again(rig, flush_logged):
    async def set_up(channel):
        await channel.consume("q", lambda messages: 1 / 0, prefetch=1, cancelled=print)

    rig.on_up = set_up
    peer = rig.let_in()
    peer.say(spec.Basic.QosOk(), spec.Basic.ConsumeOk("c1"))
    assert rig.connection.state == "up"
    peer.say(deliver(1))
    assert len(flush_logged(ZeroDivisionError)) == 1
    assert peer.transport.is_aborted
    assert "what came from RabbitMQ was not taken: ZeroDivisionError" in rig.calls[1]


def test_a_set_up_that_ends_when_we_are_stopping_is_not_up(rig):
    ready = Deferred()

    async def set_up(channel):
        await ready

    rig.on_up = set_up
    peer = rig.let_in()
    stopping = stop(rig)
    ready.callback(None)
    assert rig.connection.state == "stopped"
    peer.hang_up()
    assert stopping.called


def test_a_broker_that_blocks_is_said_to_and_is_asked_no_more(rig, logged):
    told = []
    rig.connection.unblocked = lambda: told.append(rig.connection.is_blocked)
    peer = rig.let_in()
    peer.say(spec.Connection.Blocked("low on memory"), channel=0)
    assert (rig.connection.is_blocked, rig.connection.blocked) == (True, "low on memory")
    peer.say(spec.Connection.Unblocked(), channel=0)
    peer.say(spec.Connection.Unblocked(), channel=0)
    assert told == [False]
    assert logged[1:] == [
        "mobilesasa test: RabbitMQ takes no messages: low on memory",
        "mobilesasa test: RabbitMQ takes messages again",
    ]


def test_a_block_ends_with_its_connection(rig):
    peer = rig.let_in()
    peer.say(spec.Connection.Blocked("low on memory"), channel=0)
    peer.hang_up()
    assert not rig.connection.is_blocked


def aside_of(rig, peer, number=2):
    opening = Deferred.fromCoroutine(rig.connection.aside())
    peer.open_channel(number)
    peer.heard()
    return opening.result


def test_a_channel_aside_may_fail_alone(rig):
    peer = rig.let_in()
    aside = aside_of(rig, peer)
    looking = Deferred.fromCoroutine(aside.declare_queue("q", passive=True))
    peer.say(spec.Channel.Close(404, "NOT_FOUND - no queue 'q'", 50, 10), channel=2)
    looking.addErrback(lambda failure: failure.value.code)
    assert looking.result == 404
    assert rig.connection.state == "up"
    assert not rig.connection.channel.is_dead
    assert not aside_of(rig, peer, 3).is_dead


@pytest.mark.parametrize("let_through", [True, False])
def test_there_is_no_channel_aside_while_it_is_away(rig, let_through):
    if let_through:
        rig.brokers.take()
    asked = Deferred.fromCoroutine(rig.connection.aside())
    asked.addErrback(lambda failure: failure.trap(ChannelLost) and failure.getErrorMessage())
    assert asked.result == "RabbitMQ is connecting"


# Stopping


def stop(rig):
    return rig.connection.stopService()


def test_stopping_takes_leave_and_waits_for_the_end(rig, logged):
    peer = rig.let_in()
    stopping = stop(rig)
    assert peer.names() == ["Connection.Close"]
    assert not stopping.called
    peer.say(spec.Connection.CloseOk(), channel=0)
    peer.hang_up()
    assert stopping.called
    assert rig.calls == ["up", "down: we stopped"]
    assert (rig.connection.state, rig.connection.channel) == ("stopped", None)
    assert rig.clock.getDelayedCalls() == []
    assert logged == ["mobilesasa test: up at broker:5672"]


def test_stopping_twice_waits_twice(rig):
    peer = rig.let_in()
    both = [stop(rig), stop(rig)]
    peer.hang_up()
    assert [each.called for each in both] == [True, True]


def test_stopping_while_it_connects_gives_up(rig):
    assert stop(rig).called
    assert rig.brokers.cancelled == 1
    assert rig.clock.getDelayedCalls() == []


def test_stopping_while_it_waits_gives_up(rig):
    rig.brokers.refuse(NobodyListens())
    assert stop(rig).called
    assert rig.clock.getDelayedCalls() == []


def test_stopping_during_the_handshake_breaks_it_off(rig):
    peer = rig.brokers.take()
    assert stop(rig).called
    assert peer.transport.is_aborted


def test_stopping_before_the_start_is_done_at_once():
    assert stop(Rig()).called


def test_starting_while_it_still_stops_begins_when_it_has_stopped(rig):
    peer = rig.let_in()
    stopping = stop(rig)
    rig.connection.startService()
    assert rig.brokers.tries == []
    peer.hang_up()
    assert stopping.called
    rig.next_try()
    rig.let_in()
    assert rig.connection.state == "up"


def test_it_can_be_started_again(rig):
    rig.let_in()
    stopping = stop(rig)
    rig.clock.advance(2)
    assert stopping.called
    rig.connection.startService()
    rig.let_in()
    assert rig.connection.state == "up"


def test_a_connection_that_is_there_only_when_we_have_stopped_is_left(rig):
    factory, connecting = rig.brokers.tries[0]
    connecting._canceller = None  # an endpoint that is through when it is cancelled
    client = factory.buildProtocol(None)
    rig.connection.running = 0
    peer = Peer(client, rig.clock)
    connecting.callback(client)
    assert peer.transport.is_aborted
    assert rig.clock.getDelayedCalls() == []


def test_a_connection_that_is_gone_before_we_hear_of_it_is_tried_again(rig):
    factory, connecting = rig.brokers.tries.pop()
    peer = Peer(factory.buildProtocol(None), rig.clock)
    peer.hang_up()
    connecting.callback(peer.client)
    assert rig.connection._client is None
    rig.next_try()
    rig.let_in()
    assert rig.connection.state == "up"


# Where to


def test_a_url_leads_over_tcp():
    reactor = MemoryReactorClock()
    connection = Connection(reactor, AmqpUrl(host="127.0.0.1", port=5673), "n", lambda _: None, print)
    connection.startService()
    assert reactor.tcpClients[0][:2] == ("127.0.0.1", 5673)
    connection.stopService().addErrback(lambda _: None)


def test_authorities_are_read_from_a_file(tmp_path):
    files = self_signed(tmp_path, "broker", datetime.now(UTC))
    assert endpoint(MemoryReactorClock(), tls_url(files.certificate_file))
    assert endpoint(MemoryReactorClock(), tls_url(None))


def tls_url(file):
    return AmqpUrl(host="broker", port=5671, tls=True, ca_file=file)


def test_a_file_of_authorities_that_is_not_there_is_named():
    with pytest.raises(BadUrl, match=r"nowhere\.pem cannot be read: No such file"):
        endpoint(MemoryReactorClock(), tls_url(Path("nowhere.pem")))


def test_a_file_without_a_certificate_is_named(tmp_path):
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(BadUrl, match=r"empty\.pem holds no certificate"):
        endpoint(MemoryReactorClock(), tls_url(tmp_path / "empty.pem"))


def test_a_connection_that_is_broken_off_begins_again_with_the_reason(rig):
    rig.connection.begin_again("nothing is confirmed")  # there is none yet
    rig.let_in()
    rig.connection.begin_again("nothing is confirmed")
    assert rig.calls == ["up", "down: nothing is confirmed"]
    rig.next_try()
    rig.let_in()
    assert rig.connection.state == "up"
