from importlib.metadata import version

import attrs
import pytest
from OpenSSL import SSL
from pika import spec
from service_identity.exceptions import VerificationError
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from mobilesasa.queue.amqp.asking import ANSWER_S
from mobilesasa.queue.amqp.client import CLOSE_S, HANDSHAKE_S
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.tables import Unencodable
from tests.queue.amqp.peer import FRAME_OCTETS, GREETING, URL, channel_of, new_peer, opened_peer
from tests.queue.amqp.wire import content, deliver, frames, method

OUT_OF_MEMORY = "low on memory"


def test_the_first_octets_are_those_of_0_9_1_without_delay():
    peer = new_peer()
    assert peer.writes() == [GREETING]
    assert peer.transport.no_delay


def test_the_handshake_says_who_we_are_and_what_we_understand():
    peer = new_peer()
    peer.open()
    start, tune, opening = peer.heard()
    assert (start.mechanism, start.response, start.locale) == ("PLAIN", b"\0me\0s3cret", "en_US")
    assert start.client_properties["connection_name"] == "mobilesasa test"
    assert start.client_properties["version"] == version("mobilesasa")
    assert all(start.client_properties["capabilities"].values())
    assert {"publisher_confirms", "basic.nack", "connection.blocked", "consumer_cancel_notify"} <= set(
        start.client_properties["capabilities"]
    )
    assert (tune.channel_max, tune.frame_max, tune.heartbeat) == (2047, FRAME_OCTETS, 20)
    assert opening.virtual_host == "sms"
    assert peer.client._user.told == [("opened",)]


@pytest.mark.parametrize(
    ("theirs", "agreed"), [((0, 0), (2047, 131_072)), ((100, 4096), (100, 4096)), ((9999, 999_999), (2047, 131_072))]
)
def test_the_smaller_of_both_bounds_holds(theirs, agreed):
    peer = new_peer()
    peer.say(spec.Connection.Start(server_properties={}), channel=0)
    peer.say(spec.Connection.Tune(*theirs, 60), channel=0)
    tune = peer.heard()[1]
    assert (tune.channel_max, tune.frame_max) == agreed
    assert peer.client.frame_octets == agreed[1]


def lost(peer):
    """The reasons with which the client's user was told of the end."""
    return [told[1] for told in peer.client._user.told if told[0] == "lost"]


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.",
         "RabbitMQ refuses the password of user me, or does not know the user"),
        (530, "NOT_ALLOWED - vhost sms not found", "RabbitMQ has no vhost sms"),
        (530, "NOT_ALLOWED - access to vhost 'sms' refused for user 'me'", "RabbitMQ does not let user me into vhost sms"),
        (530, "NOT_ALLOWED - user limit", "RabbitMQ closed the connection: 530 NOT_ALLOWED - user limit"),
        (541, "INTERNAL_ERROR", "RabbitMQ closed the connection: 541 INTERNAL_ERROR"),
    ],
)  # fmt: skip
def test_why_the_broker_does_not_let_us_in_is_said_in_words(code, text, words):
    peer = new_peer()
    peer.begin()
    peer.heard()
    peer.say(spec.Connection.Close(code, text, 0, 0), channel=0)
    assert peer.names() == ["Connection.CloseOk"]
    assert peer.transport.disconnecting
    peer.hang_up()
    assert lost(peer) == [words]


def test_a_broker_that_says_nothing_is_given_up():
    peer = new_peer()
    peer.clock.advance(HANDSHAKE_S - 0.1)
    assert not peer.transport.is_aborted
    peer.clock.advance(0.1)
    assert lost(peer) == ["RabbitMQ at broker:5672 did not let us in within 10 s"]


def test_a_broker_that_let_us_in_may_take_its_time():
    peer = opened_peer(attrs.evolve(URL, heartbeat_s=0))
    peer.clock.advance(1000)
    assert lost(peer) == []


def test_a_broker_that_answers_something_else_is_given_up():
    peer = new_peer()
    peer.begin()
    peer.say(spec.Channel.OpenOk(), channel=0)
    assert lost(peer) == ["RabbitMQ answered connection.open with channel.open-ok"]


def test_silence_is_noticed_after_two_beats_without_a_word():
    peer = opened_peer()
    for _ in range(5):
        peer.say(b"\x08\x00\x00\x00\x00\x00\x00\xce")
        peer.clock.advance(10)
    assert lost(peer) == []
    peer.clock.advance(10)
    assert lost(peer) == []
    peer.clock.advance(10)
    assert lost(peer) == ["no heartbeat of RabbitMQ at broker:5672 for 20 s"]
    assert peer.transport.is_aborted
    assert peer.clock.getDelayedCalls() == []


def test_a_heartbeat_is_sent_when_nothing_else_was():
    peer = opened_peer()
    beats = []
    for _ in range(4):
        peer.say(b"\x08\x00\x00\x00\x00\x00\x00\xce")
        peer.clock.advance(10)
        beats.append(peer.writes())
    heartbeat = [b"\x08\x00\x00\x00\x00\x00\x00\xce"]
    assert beats == [[], heartbeat, heartbeat, heartbeat]


def test_no_heartbeat_is_sent_while_we_speak():
    peer = opened_peer()
    for _ in range(4):
        peer.client.write(method(spec.Basic.Ack(1)))
        assert peer.names() == ["Basic.Ack"]
        peer.say(b"\x08\x00\x00\x00\x00\x00\x00\xce")
        peer.clock.advance(10)
        assert peer.names() == []


def test_a_heartbeat_of_nought_is_none():
    peer = opened_peer(attrs.evolve(URL, heartbeat_s=0))
    peer.clock.advance(100_000)
    assert (peer.heard(), lost(peer)) == ([], [])


def test_what_is_written_in_one_turn_leaves_in_one_write_and_in_order():
    peer = opened_peer()
    channel_of(peer)
    peer.client.write(method(spec.Basic.Ack(1)))
    peer.client.last_in_turn(lambda: peer.client.write(method(spec.Basic.Ack(2))))
    peer.client.write(method(spec.Basic.Ack(3)))
    asked = peer.client.call(1, "queue_purge", queue="q")
    peer.client.last_in_turn(lambda: peer.client.write(method(spec.Basic.Ack(4))))
    (write,) = peer.writes()
    said = [each.method for each in frames(write)]
    assert [getattr(each, "delivery_tag", each.NAME) for each in said] == [1, 3, 2, "Queue.Purge", 4]
    peer.say(spec.Queue.PurgeOk(5))
    assert asked.result == {"message_count": 5}
    assert peer.clock.getDelayedCalls() == [peer.client._heartbeats.call]


def test_a_turn_in_which_nothing_was_said_writes_nothing():
    peer = opened_peer()
    peer.client.last_in_turn(lambda: None)
    assert peer.writes() == []


def test_a_broker_that_is_short_of_memory_is_said_to_be():
    peer = opened_peer()
    peer.say(spec.Connection.Blocked(OUT_OF_MEMORY), channel=0)
    assert peer.client.blocked == OUT_OF_MEMORY
    peer.say(spec.Connection.Unblocked(), channel=0)
    peer.say(spec.Connection.Blocked(""), channel=0)
    blocked = [told for told in peer.client._user.told if told[0] == "blocked"]
    assert blocked == [("blocked", OUT_OF_MEMORY), ("blocked", ""), ("blocked", "it gives no reason")]


def test_a_method_that_is_not_answered_ends_the_connection():
    peer = opened_peer(attrs.evolve(URL, heartbeat_s=0))
    channel_of(peer)
    asked = peer.client.call(1, "queue_declare", queue="q")
    peer.clock.advance(ANSWER_S)
    assert lost(peer) == ["RabbitMQ has not answered queue_declare for 30 s"]
    assert asked.result.check(ChannelLost)
    asked.addErrback(lambda _: None)


def test_answers_that_cross_go_to_who_asked_for_them():
    peer = opened_peer()
    channel_of(peer)
    cancelled = peer.client.call(1, "basic_cancel", consumer_tag="c1")
    unbound = peer.client.call(1, "queue_unbind", queue="q", exchange="x", routing_key="7")
    peer.say(spec.Queue.UnbindOk())  # a quorum queue's consumer is cancelled later than what was asked after it
    assert unbound.called
    assert not cancelled.called
    peer.say(spec.Basic.CancelOk("c1"))
    assert cancelled.result == {"consumer_tag": "c1"}
    assert lost(peer) == []


def test_of_two_that_asked_the_same_the_first_is_answered_first():
    peer = opened_peer()
    channel_of(peer)
    asked = [peer.client.call(1, "queue_purge", queue=name) for name in ("a", "b")]
    peer.say(spec.Queue.PurgeOk(1), spec.Queue.PurgeOk(2))
    assert [each.result for each in asked] == [{"message_count": 1}, {"message_count": 2}]


def test_an_answer_that_nobody_asked_for_ends_the_connection_whatever_else_is_asked():
    peer = opened_peer()
    channel_of(peer)
    asked = [peer.client.call(1, "queue_purge", queue=name) for name in ("a", "b")]
    peer.say(spec.Queue.UnbindOk())
    assert lost(peer) == ["RabbitMQ answered queue.purge with queue.unbind-ok"]
    assert [bool(each.result.check(ChannelLost)) for each in asked] == [True, True]
    for each in asked:
        each.addErrback(lambda _: None)


def test_a_broker_that_blocks_us_need_not_answer():
    peer = opened_peer(attrs.evolve(URL, heartbeat_s=0))
    channel_of(peer)
    asked = peer.client.call(1, "queue_purge", queue="q")
    peer.say(spec.Connection.Blocked(OUT_OF_MEMORY), channel=0)
    peer.clock.pump([ANSWER_S] * 10)
    peer.say(spec.Connection.Unblocked(), channel=0)
    peer.say(spec.Queue.PurgeOk(3))
    assert asked.result == {"message_count": 3}
    assert peer.clock.getDelayedCalls() == []


def test_a_method_without_an_answer_does_not_wait_for_one():
    peer = opened_peer()
    channel_of(peer)
    assert peer.client.call(1, "queue_declare", queue="q", nowait=True).result == {}
    (declare,) = peer.heard()
    assert declare.nowait


def test_who_gives_up_waiting_does_not_take_the_answer_of_the_next():
    peer = opened_peer()
    channel_of(peer)
    first, second = (peer.client.call(1, "queue_purge", queue="q") for _ in range(2))
    first.cancel()
    first.addErrback(lambda failure: failure.trap(CancelledError))
    peer.say(spec.Queue.PurgeOk(1), spec.Queue.PurgeOk(2))
    assert second.result == {"message_count": 2}


@pytest.mark.parametrize("fields", [{"queue": "q" * 256}, {"queue": "q", "arguments": {"x": object()}}])
def test_a_field_that_has_no_form_hurts_its_caller_alone(fields):
    peer = opened_peer()
    channel_of(peer)
    refused = peer.client.call(1, "queue_declare", **fields)
    assert refused.result.check(Unencodable)
    refused.addErrback(lambda _: None)
    assert peer.heard() == []
    asked = peer.client.call(1, "queue_purge", queue="q")
    peer.say(spec.Queue.PurgeOk(1))
    assert asked.result == {"message_count": 1}


def test_a_number_that_does_not_fit_is_refused_by_the_name_of_its_field():
    peer = opened_peer()
    channel_of(peer)
    refused = peer.client.call(1, "basic_qos", prefetch_count=65_536)
    refused.addErrback(lambda failure: failure.getErrorMessage())
    assert refused.result == "prefetch-count cannot be 65536"


def test_the_answer_to_something_else_ends_the_connection():
    peer = opened_peer()
    channel_of(peer)
    asked = peer.client.call(1, "queue_purge", queue="q")
    peer.say(spec.Queue.BindOk())
    assert lost(peer) == ["RabbitMQ answered queue.purge with queue.bind-ok"]
    assert asked.result.check(ChannelLost)
    asked.addErrback(lambda _: None)


def test_an_answer_to_nothing_ends_the_connection():
    peer = opened_peer()
    channel_of(peer)
    peer.say(spec.Queue.BindOk())
    assert lost(peer) == ["RabbitMQ said queue.bind-ok, and nothing was asked"]


WRONG = {
    "another protocol": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be read: a frame of unknown kind 72"),
    "a method that is none": (b"\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x03\xe7\xce", "said 60.999, which cannot be read"),
    "a class that is none": (b"\x01\x00\x01\x00\x00\x00\x04\x03\xe7\x00\x01\xce", "said 999.1, which cannot be read"),
    "a number that is cut": (b"\x01\x00\x01\x00\x00\x00\x05\x00\x32\x00\x1f\x00\xce", "fields are cut short"),
    "a text that is cut": (b"\x01\x00\x01\x00\x00\x00\x06\x00\x3c\x00\x15\x05c\xce", "fields are cut short"),
    "a bit that is cut": (b"\x01\x00\x01\x00\x00\x00\x04\x00\x14\x00\x14\xce", "fields are cut short"),
    "what only a client says": (method(spec.Queue.Declare(queue="q")), "queue.declare, which a broker does not say"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_no_broker_says_ends_the_connection_in_words(name):
    octets, why = WRONG[name]
    peer = opened_peer()
    channel_of(peer)
    peer.say(octets)
    assert peer.transport.is_aborted
    assert why in lost(peer)[0]
    peer.say(deliver(1))  # what was on the way is not looked at


def test_what_is_said_on_a_channel_that_is_not_open_is_passed_over():
    peer = opened_peer()
    got = content(spec.Basic.GetOk(1, False, "", "q", 0), b"x", channel=7)
    peer.say(deliver(1, channel=7), method(spec.Basic.Ack(1), 7), got, method(spec.Channel.CloseOk(), 7))
    assert (peer.heard(), lost(peer)) == ([], [])


def test_a_flow_is_agreed_to():
    peer = opened_peer()
    channel_of(peer)
    peer.say(spec.Channel.Flow(active=True))
    (answer,) = peer.heard()
    assert (answer.NAME, answer.active) == ("Channel.FlowOk", True)


def test_leaving_takes_leave():
    peer = opened_peer()
    channel_of(peer)
    peer.client.close()
    (farewell,) = peer.heard()
    assert (farewell.NAME, farewell.reply_code, farewell.reply_text) == ("Connection.Close", 200, "we stopped")
    assert not peer.transport.disconnecting
    peer.say(spec.Connection.CloseOk(), channel=0)
    assert peer.transport.disconnecting
    peer.hang_up()
    assert lost(peer) == ["we stopped"]
    assert peer.clock.getDelayedCalls() == []


def test_leaving_twice_is_leaving_once():
    peer = opened_peer()
    peer.client.close()
    peer.client.close("again")
    assert peer.names() == ["Connection.Close"]


def test_a_farewell_that_is_not_returned_is_not_waited_for():
    peer = opened_peer()
    peer.client.close()
    peer.clock.advance(CLOSE_S)
    assert peer.transport.is_aborted
    assert lost(peer) == ["we stopped"]


def test_leaving_before_we_are_let_in_breaks_off():
    peer = new_peer()
    peer.client.close()
    assert peer.transport.is_aborted
    assert lost(peer) == ["we stopped"]


def test_a_broker_that_closes_and_does_not_hang_up_is_cut():
    peer = opened_peer()
    peer.say(spec.Connection.Close(320, "CONNECTION_FORCED - shutdown", 0, 0), channel=0)
    assert not peer.transport.is_aborted
    peer.clock.advance(CLOSE_S)
    assert peer.transport.is_aborted
    assert lost(peer) == ["RabbitMQ closed the connection: 320 CONNECTION_FORCED - shutdown"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionLost("reset"), "the connection to RabbitMQ at broker:5672 broke: .*reset"),
        (SSL.Error([("SSL routines", "", "certificate verify failed")]),
         "TLS with RabbitMQ at broker:5672 failed: certificate verify failed"),
        (SSL.Error(), "TLS with RabbitMQ at broker:5672 failed: no reason is given"),
        (VerificationError(errors=[]), "TLS with RabbitMQ at broker:5672 failed: the certificate is of another host"),
        (ZeroDivisionError("a defect"), "the connection to RabbitMQ at broker:5672 was given up: a defect"),
    ],
)  # fmt: skip
def test_why_a_connection_was_lost_is_said_in_words(error, words):
    peer = opened_peer()
    peer.client.connectionLost(Failure(error))
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(lost(peer)[0])


def test_nothing_can_be_asked_after_the_end():
    peer = opened_peer()
    channel_of(peer)
    peer.hang_up()
    late = peer.client.call(1, "queue_purge", queue="q")
    late.addErrback(lambda failure: failure.getErrorMessage())
    assert late.result == "RabbitMQ at broker:5672 closed the connection without a word"
    peer.client.write(b"late")
    assert peer.heard() == []
    assert peer.clock.getDelayedCalls() == []
