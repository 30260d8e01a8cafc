"""What txamqp 0.8.2 does wrong, each on a real broker and named for what was wrong."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pika
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol

from mobilesasa.queue.amqp import client
from mobilesasa.queue.amqp.channel import WINDOW, Outcome
from mobilesasa.queue.amqp.errors import ChannelError
from mobilesasa.queue.amqp.tables import Unencodable
from tests.queue.amqp.live import QUORUM, new_live, pika_channel, soon, started
from tests.rabbitmq import PASSWORD, USER

CONFIRMED = Outcome.CONFIRMED


@pytest_twisted.ensureDeferred
async def test_1_nothing_started_without_a_specification_of_ones_own(broker_url):
    assert Path(client.__file__).with_name("amqp0-9-1.xml").exists()
    async with started(broker_url) as live:
        assert not (await live.channel()).is_dead


@pytest_twisted.ensureDeferred
async def test_2_there_were_no_confirms_and_no_way_to_hand_back(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        channel.publish("", "q", b"x", "a")
        assert await live.settled(1) == {"a": CONFIRMED}
        first = await channel.get("q")
        channel.nack(first.delivery_tag)
        again = await channel.get("q")
        assert (first.redelivered, again.redelivered, again.body) == (False, True, b"x")


@pytest_twisted.ensureDeferred
async def test_3_a_call_that_wants_no_answer_hung_for_ever(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        assert await soon(channel._call("queue_declare", queue="q", nowait=True)) == {}
        assert (await channel.declare_queue("q", durable=False)).messages == 0


def test_4_an_element_without_text_did_not_load():
    """So that the next who edits the file keeps to it."""
    tree = ET.parse(Path(client.__file__).with_name("amqp0-9-1.xml"))  # noqa: S314 - our own file
    assert [each.attrib for each in tree.iter("method") if not each.text] == []


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("text", ["Habari ya asubuhi, Zoë! ü ключ 你好 🙂", "", "\0", "\ud7ff"])
async def test_5_a_body_beyond_ascii_hung_every_consumer_of_the_connection(broker_url, text):
    async with started(broker_url) as live:
        channel = await live.channel()
        for queue in ("q", "other"):
            await channel.declare_queue(queue)
            await live.consume(channel, queue)
        channel.publish("", "q", text.encode(), "a")
        channel.publish("", "other", b"ascii", "b")
        assert {each.body for each in await live.messages(2)} == {text.encode(), b"ascii"}


@pytest_twisted.ensureDeferred
async def test_6_a_large_body_of_text_and_then_octets_came_back_cut(broker_url):
    body = b"text" * 42_000 + b"\xff\xfe" * 66_000
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        await live.consume(channel, "q")
        channel.publish("", "q", body, "a")
        (message,) = await live.messages(1)
        assert len(body) == 300_000
        assert message.body == body


@pytest_twisted.ensureDeferred
async def test_7_a_name_beyond_ascii_closed_the_connection(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_exchange("événements", "direct")
        made = await channel.declare_queue("очередь")
        await channel.bind("очередь", "événements", "ключ é")
        channel.publish("événements", "ключ é", b"x", "a", message_id="ид")
        message = await channel.get("очередь")
        assert made.name == "очередь"
        assert (message.exchange, message.routing_key, message.message_id) == ("événements", "ключ é", "ид")


EVERY_KIND = {
    "true": True, "negative": -1, "large": 2**40, "smallest": -(2**63), "real": 1.5, "none": None, "text": "é",
    "octets": b"\xff\x00", "time": datetime(2026, 11, 22, 18, 30, tzinfo=UTC), "array": [1, "two", None, [3.5]],
    "table": {"inner": {"innermost": False}},
}  # fmt: skip


@pytest_twisted.ensureDeferred
async def test_8_a_value_other_than_text_or_a_small_number_silenced_all_later_publishes(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments=EVERY_KIND)
        await channel.declare_exchange("e", "headers", arguments=EVERY_KIND)
        await channel.bind("q", "e", "", EVERY_KIND)
        with pytest.raises(Unencodable):
            await channel.bind("q", "e", "", {"object": object()})
        channel.publish("", "q", b"x", "a")
        assert await live.settled(1) == {"a": CONFIRMED}


@pytest_twisted.ensureDeferred
async def test_9_a_dead_letter_closed_the_connection_again_and_again(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("dead")
        await live.consume(channel, "dead")
        gone = {"x-message-ttl": 0, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
        await channel.declare_queue("q", arguments=gone)
        channel.publish("", "q", b"x", "a")
        (letter,) = await live.messages(1)
        (death,) = letter.headers["x-death"]
        assert (death["queue"], death["reason"], death["count"]) == ("q", "expired", 1)
        assert death["routing-keys"] == ["q"]
        assert abs((datetime.now(UTC) - death["time"]).total_seconds()) < 60


@pytest_twisted.ensureDeferred
async def test_9_a_header_of_any_kind_is_read(broker_url):
    theirs = {name: value for name, value in EVERY_KIND.items() if name not in {"real", "array", "octets"}}
    other = pika_channel(broker_url)
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        await live.consume(channel, "q")
        other.basic_publish("", "q", b"x", pika.BasicProperties(headers=theirs | {"array": [1, "two", None, [3]]}))
        (message,) = await live.messages(1)
        assert message.headers == theirs | {"array": [1, "two", None, [3]]}
    other.connection.close()


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("arguments", [{}, QUORUM])
async def test_10_the_first_ack_closed_the_connection_and_one_ack_may_stand_for_many(broker_url, arguments):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments=arguments)
        for number in range(WINDOW):
            channel.publish("", "q", b"x" * 300, number)
        assert await live.settled(WINDOW) == dict.fromkeys(range(WINDOW), CONFIRMED)
        assert channel.unconfirmed == 0


@pytest_twisted.ensureDeferred
async def test_11_a_wrong_password_was_a_connection_that_closed_without_a_word(broker_url):
    wrong = broker_url.replace("%2F", "%20")
    assert wrong != broker_url
    async with started(wrong) as live:
        assert await live.down() == f"RabbitMQ refuses the password of user {USER}, or does not know the user"
        assert PASSWORD not in live.connection.state


@pytest_twisted.ensureDeferred
async def test_11_a_queue_that_was_deleted_left_its_consumer_waiting_for_ever(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        await live.consume(channel, "q")
        await channel.delete_queue("q")
        why = "RabbitMQ ended the consumer of q: the queue was deleted or its node is away"
        assert await soon(live.endings.get()) == why
        assert not channel.is_dead


@pytest_twisted.ensureDeferred
async def test_12_a_channel_that_the_broker_closed_left_its_consumer_waiting_for_ever(broker_url):
    async def consume(channel):
        await channel.declare_queue("q")
        await live.consume(channel, "q")

    async with started(broker_url, consume) as live:
        channel = await live.channel()
        channel._client.write(channel._publisher.ack(99, multiple=False))  # of nothing, which RabbitMQ refuses
        assert (await live.down()).startswith(
            "RabbitMQ closed the channel: 406 PRECONDITION_FAILED - unknown delivery tag"
        )
        again = await live.channel()
        again.publish("", "q", b"x", "a")
        assert [each.body for each in await live.messages(1)] == [b"x"]


@pytest_twisted.ensureDeferred
async def test_13_the_number_of_a_channel_that_was_closed_could_not_be_had_again(broker_url):
    async with started(broker_url) as live:
        main = await live.channel()
        main._client._channel_max = 2
        for _ in range(3):
            aside = await live.connection.aside()
            with pytest.raises(ChannelError, match="404 NOT_FOUND - no queue 'nowhere'"):
                await aside.declare_queue("nowhere", passive=True)
            assert aside.is_dead
        assert not main.is_dead


@pytest_twisted.ensureDeferred
async def test_14_a_connection_that_was_lost_stayed_lost(rabbitmq, broker_url):
    async def consume(channel):
        await channel.declare_queue("q", arguments=QUORUM)
        await live.consume(channel, "q", prefetch=1)

    async with started(broker_url, consume) as live:
        channel = await live.channel()
        channel.publish("", "q", b"kept", "a")
        assert await live.settled(1) == {"a": CONFIRMED}
        await live.messages(1)
        rabbitmq.kill()
        channel.publish("", "q", b"not confirmed", "b")
        await live.down()
        assert await live.settled(1) == {"b": Outcome.LOST}
        rabbitmq.start()
        again = await live.channel()
        (message,) = await live.messages(1)
        assert (message.body, message.redelivered) == (b"kept", True)
        again.ack(message.delivery_tag)
        again.publish("", "q", b"again", "b")
        assert [each.body for each in await live.messages(1)] == [b"again"]


@pytest_twisted.ensureDeferred
async def test_15_each_frame_made_two_timers_anew(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        await live.consume(channel, "q")
        beat = channel._client._heartbeats.call
        due = beat.getTime()
        for number in range(100):
            channel.publish("", "q", b"x", number)
        await live.messages(100)
        assert (channel._client._heartbeats.call, beat.getTime()) == (beat, due)


@pytest_twisted.ensureDeferred
async def test_15_a_broker_that_stands_still_is_noticed(rabbitmq, broker_url):
    async with started(f"{broker_url}?heartbeat=1") as live:
        await live.channel()
        rabbitmq.freeze()
        assert "no heartbeat of RabbitMQ" in await live.down()
        rabbitmq.thaw()
        await live.channel()


@pytest_twisted.ensureDeferred
async def test_16_memory_grew_without_a_limit_while_the_broker_was_blocked(rabbitmq, broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        free: Deferred[None] = Deferred()
        live.connection.unblocked = lambda: free.callback(None)
        rabbitmq.alarm(True)
        channel.publish("", "q", b"x", "first")
        assert await soon(live.blocks.get()) == "low on memory"
        assert channel.room == 0
        for number in range(WINDOW - 1):  # what a caller has at hand at the worst
            channel.publish("", "q", b"x", number)
        assert live.outcomes.pending == []
        rabbitmq.alarm(False)
        await soon(free)
        assert set((await live.settled(WINDOW)).values()) == {CONFIRMED}
        assert channel.room == WINDOW


@pytest_twisted.ensureDeferred
async def test_17_every_frame_was_copied_and_had_a_deferred(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        for number in range(2000):
            channel.publish("", "q", b"x" * 100, number)
        await live.settled(2000)
        await live.consume(channel, "q", prefetch=2000)
        lists = [await soon(live.deliveries.get())]
        while sum(map(len, lists)) < 2000:
            lists.append(await soon(live.deliveries.get()))
        assert len(lists) < 1000
        assert [each.delivery_tag for part in lists for each in part] == list(range(1, 2001))


@pytest_twisted.ensureDeferred
async def test_18_what_is_no_amqp_ended_in_an_attribute_error():
    class Web(Protocol):
        def dataReceived(self, data):
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(Factory.forProtocol(Web))
    async with started(f"amqp://127.0.0.1:{port.getHost().port}") as live:
        assert "cannot be read: a frame of unknown kind 72" in await live.down()
    await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_19_what_no_queue_took_looked_delivered(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        for number in range(9):
            channel.publish("", "q" if number % 3 else "nowhere", b"x", number)
        channel.publish("", "nowhere", b"x", "unasked", mandatory=False)
        settled = await live.settled(10)
        assert {each for each, outcome in settled.items() if outcome is Outcome.RETURNED} == {0, 3, 6}
        assert {each for each, outcome in settled.items() if outcome is CONFIRMED} == {1, 2, 4, 5, 7, 8, "unasked"}


@pytest_twisted.ensureDeferred
async def test_20_each_call_used_what_twisted_deprecates(broker_url, recwarn):
    async with started(broker_url) as live:
        await (await live.channel()).declare_queue("q")
    assert [each for each in recwarn if issubclass(each.category, DeprecationWarning)] == []


def test_a_connection_is_made_without_a_reactor_being_asked():
    assert new_live("amqp://127.0.0.1:1").connection.state == "stopped"
