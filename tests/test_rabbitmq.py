"""The broker that the tests run on, seen by a client that is not ours (pika)."""

import contextlib
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pika
import pika.exceptions
import pytest

from tests.rabbitmq import RabbitMQ
from tests.whole.programs import eventually

QUORUM = {"x-queue-type": "quorum"}


class Client:
    """A connection with a channel that confirms."""

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        parameters = pika.URLParameters(url)
        if ca_file is not None:
            trusting = ssl.create_default_context(cafile=str(ca_file))
            parameters.ssl_options = pika.SSLOptions(trusting, parameters.host)
        parameters.blocked_connection_timeout = 30
        self.connection = pika.BlockingConnection(parameters)
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()

    def publish(self, queue: str, body: bytes) -> None:
        """Publish a message that is kept; returns when the broker has it."""
        self.channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2), mandatory=True)

    def take(self, queue: str) -> bytes:
        """Return the next message, acknowledged."""
        return bytes(eventually(lambda: self.channel.basic_get(queue, auto_ack=True)[2], "a message"))

    def close(self) -> None:
        with contextlib.suppress(pika.exceptions.AMQPError):  # of a broker that has gone
            self.connection.close()


@pytest.fixture
def soon() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Do something in a tenth of a second, while pika blocks."""
    timers: list[threading.Timer] = []

    def later(deed: Callable[[], None]) -> None:
        timers.append(threading.Timer(0.1, deed))
        timers[-1].start()

    yield later
    for timer in timers:
        timer.join()


@pytest.fixture
def connect(broker_vhost: str) -> Iterator[type[Client]]:
    made: list[Client] = []

    class Kept(Client):
        def __init__(self, url: str, ca_file: Path | None = None) -> None:
            super().__init__(url, ca_file)
            made.append(self)

    yield Kept
    for client in made:
        client.close()


def test_what_is_published_is_consumed(connect, broker_url):
    client = connect(broker_url)
    client.channel.queue_declare("orders", durable=True)
    client.publish("orders", b"one")
    _, _, body = next(client.channel.consume("orders", auto_ack=True))
    assert body == b"one"


@pytest.mark.parametrize("arguments", [{}, QUORUM], ids=["classic", "quorum"])
def test_a_durable_message_is_there_after_a_kill(connect, rabbitmq: RabbitMQ, broker_url, arguments):
    client = connect(broker_url)
    client.channel.queue_declare("orders", durable=True, arguments=arguments)
    client.publish("orders", b"kept")
    rabbitmq.kill()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        connect(broker_url)
    rabbitmq.start()
    assert connect(broker_url).take("orders") == b"kept"


def test_a_restart_closes_the_connections_with_a_reason(connect, rabbitmq: RabbitMQ, broker_url):
    client = connect(broker_url)
    rabbitmq.restart()
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="CONNECTION_FORCED"):
        client.connection.process_data_events()
    connect(broker_url).channel.queue_declare("after")


def test_the_alarm_blocks_who_publishes_until_it_is_lifted(connect, soon, rabbitmq: RabbitMQ, broker_url):
    client = connect(broker_url)
    client.channel.queue_declare("orders")
    said: list[str] = []
    client.connection.add_on_connection_blocked_callback(lambda _, frame: said.append(frame.method.reason))
    client.connection.add_on_connection_unblocked_callback(lambda _, frame: said.append("unblocked"))
    rabbitmq.alarm(True)
    soon(lambda: rabbitmq.alarm(False))
    client.publish("orders", b"late")  # the confirm comes when the alarm has gone
    eventually(lambda: client.connection.process_data_events() or len(said) == 2, "the broker says so")
    assert said == ["low on memory", "unblocked"]


def test_a_frozen_broker_answers_when_it_is_thawed(connect, soon, rabbitmq: RabbitMQ, broker_url):
    client = connect(broker_url)
    rabbitmq.freeze()
    soon(rabbitmq.thaw)
    client.channel.queue_declare("orders")


def test_a_queue_of_one_virtual_host_is_not_seen_by_another(connect, rabbitmq: RabbitMQ, broker_url):
    connect(broker_url).channel.queue_declare("orders")
    rabbitmq.add_vhost("another/one")
    try:
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="404"):
            connect(rabbitmq.url("another/one")).channel.queue_declare("orders", passive=True)
    finally:
        rabbitmq.delete_vhost("another/one")


def test_tls_is_spoken_with_a_certificate_of_its_name(connect, rabbitmq: RabbitMQ, broker_vhost):
    client = connect(rabbitmq.tls_url(broker_vhost), rabbitmq.ca_file)
    client.channel.queue_declare("orders")
    client.publish("orders", b"in secret")
    assert client.take("orders") == b"in secret"


def test_rabbitmqctl_sees_the_queues(connect, rabbitmq: RabbitMQ, broker_vhost, broker_url):
    client = connect(broker_url)
    client.channel.queue_declare("orders", durable=True, arguments=QUORUM)
    assert rabbitmq.ctl("list_queues", "-p", broker_vhost, "name", "type").split()[-2:] == ["orders", "quorum"]


def test_it_listens_on_this_machine_alone(rabbitmq: RabbitMQ):
    rabbitmq.start()
    listening = rabbitmq.evaluate("[inet:ntoa(element(4, L)) || L <- rabbit_networking:active_listeners()]")
    assert "0,0,0,0" not in listening


def test_it_ends_with_a_run_that_is_killed():
    program = (
        "import pathlib, sys, tempfile, time; from tests.rabbitmq import RabbitMQ\n"
        "made = RabbitMQ(pathlib.Path(sys.argv[1])); made.start()\n"
        "print(made.evaluate('os:getpid()').strip('\"'), flush=True); time.sleep(300)"
    )
    with tempfile.TemporaryDirectory(prefix="mbs-rabbitmq-") as folder:
        run = subprocess.Popen([sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        with run.stdout:
            broker = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
        run.wait()
        eventually(lambda: not _lives(broker), "the broker ends")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
