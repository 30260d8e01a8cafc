"""A connection on a real broker: who is let in, what happens to messages, and how it ends."""

from urllib.parse import quote

import pika
import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from mobilesasa.queue.amqp.channel import Outcome, QueueOk
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost
from tests.queue.amqp.live import QUORUM, new_live, pika_channel, soon, started
from tests.rabbitmq import USER

CONFIRMED = Outcome.CONFIRMED


@pytest.fixture
def tls_url(rabbitmq, broker_vhost):
    """The address over TLS, with the authority that signed."""
    return f"{rabbitmq.tls_url(broker_vhost)}?ca={quote(str(rabbitmq.ca_file))}"


@pytest_twisted.ensureDeferred
async def test_a_vhost_that_is_not_there_is_named(rabbitmq, broker_url):
    async with started(rabbitmq.url("nowhere é")) as live:
        assert await live.down() == "RabbitMQ has no vhost nowhere é"


@pytest_twisted.ensureDeferred
async def test_a_vhost_that_is_not_ours_is_named(rabbitmq, broker_url, broker_vhost):
    rabbitmq.ctl("clear_permissions", "-p", broker_vhost, USER)
    async with started(broker_url) as live:
        assert await live.down() == f"RabbitMQ does not let user {USER} into vhost {broker_vhost}"


@pytest_twisted.ensureDeferred
async def test_messages_go_over_tls(tls_url):
    async with started(tls_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments=QUORUM)
        await live.consume(channel, "q")
        for number in range(20):
            channel.publish("", "q", b"x" * 50_000, number)
        assert set((await live.settled(20)).values()) == {CONFIRMED}
        assert {each.body for each in await live.messages(20)} == {b"x" * 50_000}


@pytest_twisted.ensureDeferred
async def test_a_broker_whose_authority_is_unknown_is_not_trusted(rabbitmq, broker_vhost):
    async with started(rabbitmq.tls_url(broker_vhost)) as live:
        why = await live.down()
    assert why.startswith(f"TLS with RabbitMQ at localhost:{rabbitmq.tls_port} failed: ")
    assert "certificate verify failed" in why


@pytest_twisted.ensureDeferred
async def test_a_broker_of_another_name_is_not_trusted(rabbitmq, tls_url):
    async with started(tls_url.replace("@localhost", "@127.0.0.1")) as live:
        place = f"127.0.0.1:{rabbitmq.tls_port}"
        assert await live.down() == f"TLS with RabbitMQ at {place} failed: the certificate is of another host"


@pytest_twisted.ensureDeferred
async def test_tls_where_there_is_none_is_said(rabbitmq, tls_url):
    async with started(tls_url.replace(f":{rabbitmq.tls_port}", f":{rabbitmq.port}")) as live:
        assert (await live.down()).startswith(f"TLS with RabbitMQ at localhost:{rabbitmq.port} failed: ")


@pytest_twisted.ensureDeferred
async def test_no_tls_where_there_is_is_said(rabbitmq, broker_url):
    async with started(broker_url.replace(f":{rabbitmq.port}", f":{rabbitmq.tls_port}")) as live:
        assert f"RabbitMQ at 127.0.0.1:{rabbitmq.tls_port}" in await live.down()


@pytest_twisted.ensureDeferred
async def test_nobody_who_listens_is_said():
    async with started("amqp://127.0.0.1:1/") as live:
        assert (await live.down()).startswith("cannot connect to RabbitMQ at 127.0.0.1:1: ")


@pytest_twisted.ensureDeferred
async def test_the_broker_shows_who_we_are(rabbitmq, broker_url):
    async with started(broker_url) as live:
        await live.channel()
        shown = rabbitmq.ctl("list_connections", "user", "client_properties")
        assert '"connection_name","mobilesasa test"' in shown
        assert '"product","mobilesasa"' in shown


@pytest_twisted.ensureDeferred
async def test_a_consumer_has_so_many_and_no_more(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments=QUORUM)
        for number in range(10):
            channel.publish("", "q", b"%d" % number, number)
        await live.settled(10)
        await live.consume(channel, "q", prefetch=3)
        held = await live.messages(3)
        assert [each.body for each in held] == [b"0", b"1", b"2"]
        assert await channel.declare_queue("q", passive=True) == QueueOk("q", 7, 1)
        for message in held[:2]:
            channel.ack(message.delivery_tag)
        channel.nack(held[2].delivery_tag)
        left = {b"%d" % number for number in range(2, 10)}
        while left:
            for message in await live.messages(1):
                left.remove(message.body)
                channel.ack(message.delivery_tag)


@pytest_twisted.ensureDeferred
async def test_what_is_acknowledged_in_any_order_never_comes_again(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q")
        await live.consume(channel, "q")
        for number in range(100):
            channel.publish("", "q", b"%d" % number, number)
        messages = await live.messages(100)
        for message in messages[::-3] + messages[1::3]:
            channel.ack(message.delivery_tag)
        done = {each.body for each in messages[::-3] + messages[1::3]}
        await channel.declare_queue("q", passive=True)  # when this is answered, that is written
    async with started(broker_url) as live:
        await live.consume(await live.channel(), "q")
        again = await live.messages(100 - len(done))
        assert {each.body for each in again} == {each.body for each in messages} - done


@pytest_twisted.ensureDeferred
async def test_what_a_consumer_had_goes_back_when_we_stop(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments=QUORUM)
        channel.publish("", "q", b"x", "a")
        await live.settled(1)
        tag = await live.consume(channel, "q")
        await live.messages(1)
        await channel.cancel(tag)
    async with started(broker_url) as live:
        channel = await live.channel()
        await live.consume(channel, "q")
        (message,) = await live.messages(1)
        assert message.redelivered


@pytest_twisted.ensureDeferred
async def test_one_consumer_at_a_time_has_a_queue_and_another_takes_over(broker_url):
    single = QUORUM | {"x-single-active-consumer": True}
    async with started(broker_url) as second:
        async with started(broker_url) as first:
            for live in (first, second):
                channel = await live.channel()
                await channel.declare_queue("q", arguments=single)
                await live.consume(channel, "q", prefetch=5)
            for number in range(5):
                channel.publish("", "q", b"x", number)
            await first.messages(5)
            assert second.deliveries.pending == []
        assert {each.redelivered for each in await second.messages(5)} == {True}


@pytest_twisted.ensureDeferred
async def test_a_queue_that_is_full_does_not_take_more(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        for number in range(3):
            channel.publish("", "q", b"x", number)
        assert await live.settled(3) == {0: CONFIRMED, 1: Outcome.NACKED, 2: Outcome.NACKED}


@pytest_twisted.ensureDeferred
async def test_queues_are_looked_at_emptied_unbound_and_deleted(broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_exchange("e", "topic")
        await channel.declare_queue("q")
        await channel.bind("q", "e", "a.*")
        for number in range(3):
            channel.publish("e", "a.b", b"x", number)
        await live.settled(3)
        assert await channel.declare_queue("q", passive=True) == QueueOk("q", 3, 0)
        assert await channel.purge("q") == 3
        await channel.unbind("q", "e", "a.*")
        channel.publish("e", "a.b", b"x", "nobody's")
        assert await live.settled(1) == {"nobody's": Outcome.RETURNED}
        assert await channel.delete_queue("q") == 0
        await channel.delete_exchange("e")
        assert await channel.delete_queue("q") == 0


@pytest_twisted.ensureDeferred
async def test_a_queue_of_other_arguments_is_refused_by_number(broker_url):
    async with started(broker_url) as live:
        await (await live.channel()).declare_queue("q")
        aside = await live.connection.aside()
        with pytest.raises(ChannelError, match="406 PRECONDITION_FAILED") as refused:
            await aside.declare_queue("q", arguments=QUORUM)
        assert refused.value.code == 406
        with pytest.raises(ChannelLost):
            await aside.purge("q")


@pytest_twisted.ensureDeferred
async def test_the_broker_names_a_queue_that_has_no_name(broker_url):
    async with started(broker_url) as live:
        made = await (await live.channel()).declare_queue("", exclusive=True)
        assert made.name.startswith("amq.gen-")


@pytest_twisted.ensureDeferred
async def test_another_client_reads_what_we_publish_and_we_what_it_does(broker_url):
    other = pika_channel(broker_url)
    other.queue_declare("q", durable=True)
    async with started(broker_url) as live:
        channel = await live.channel()
        channel.publish("", "q", "é".encode(), "a", message_id="m1")
        assert await live.settled(1) == {"a": CONFIRMED}
        _, properties, body = other.basic_get("q", auto_ack=True)
        assert (properties.message_id, properties.delivery_mode, body) == ("m1", 2, "é".encode())
        other.basic_publish("", "q", b"theirs", pika.BasicProperties(message_id="m2"))
        await live.consume(channel, "q")
        (message,) = await live.messages(1)
        assert (message.body, message.message_id, message.headers) == (b"theirs", "m2", {})
    other.connection.close()


@pytest_twisted.ensureDeferred
async def test_a_broker_that_is_restarted_says_so_and_is_found_again(rabbitmq, broker_url):
    async with started(broker_url) as live:
        channel = await live.channel()
        await channel.declare_queue("q", arguments=QUORUM)
        channel.publish("", "q", b"x", "a")
        await live.settled(1)
        rabbitmq.restart()
        assert (await live.down()).startswith("RabbitMQ closed the connection: 320 CONNECTION_FORCED")
        again = await live.channel()
        assert (await again.get("q")).body == b"x"


@pytest_twisted.ensureDeferred
async def test_a_consumer_that_fails_costs_the_connection_and_has_its_message_again(broker_url, flush_logged):
    met: Deferred[bool] = Deferred()
    failing = [True]

    def deliver(messages):
        if failing.pop() if failing else False:
            raise ZeroDivisionError
        met.callback(messages[0].redelivered)

    async def consume(channel):
        await channel.declare_queue("q", arguments=QUORUM)
        await channel.consume("q", deliver, prefetch=1, cancelled=print)

    async with started(broker_url, consume) as live:
        (await live.channel()).publish("", "q", b"x", "a")
        assert await live.down() == "what came from RabbitMQ was not taken: ZeroDivisionError()"
        assert await soon(met)
    assert len(flush_logged(ZeroDivisionError)) == 1


@pytest_twisted.ensureDeferred
async def test_a_vhost_that_is_deleted_is_missed_in_words(rabbitmq, broker_url, broker_vhost):
    async with started(broker_url) as live:
        await live.channel()
        rabbitmq.delete_vhost(broker_vhost)
        assert "CONNECTION_FORCED" in await live.down()
        rabbitmq.add_vhost(broker_vhost)
        await live.channel()


@pytest_twisted.ensureDeferred
async def test_stopping_leaves_nothing_behind(rabbitmq, broker_url):
    live = new_live(broker_url)
    live.connection.startService()
    await live.channel()
    await soon(live.connection.stopService())
    assert live.connection.state == "stopped"
    assert live.downs.pending == ["we stopped"]
