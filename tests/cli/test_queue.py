"""`mobilesasa queue depth|dead|requeue` on a real RabbitMQ."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
import pytest_twisted
from twisted.internet import reactor, task
from twisted.internet.defer import Deferred
from twisted.internet.threads import blockingCallFromThread, deferToThread

from mobilesasa.cli import broker
from mobilesasa.cli.broker import BrokerAway, connected
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.url import parse_url
from mobilesasa.queue.envelope import write_body
from mobilesasa.queue.topology import DEAD, DEAD_LETTERS, LANES, declare, declare_lanes, lane_name
from mobilesasa.store.database import connect
from tests.cli.conftest import url_of
from tests.queue.contract import FAST, named
from tests.queue.rig import channel_of
from tests.store.given import rows
from tests.whole.programs import BIN, HOST, free_port

FIRST = lane_name(1, FAST)

RUN_REACTOR = broker._run_reactor


@pytest.fixture(autouse=True)
def _on_the_reactor_that_runs(monkeypatch):
    # a command starts the reactor and stops it for good; here it runs for all tests, and the command in a thread
    monkeypatch.setattr(broker, "_run_reactor", lambda main: blockingCallFromThread(reactor, main, reactor))


@pytest.fixture
def command(run):
    """Call the command in a thread, and return how it ended."""
    return lambda *words, **more: deferToThread(run, *words, **more)


@pytest.fixture
def asked(ask):
    """Call the command in a thread with --json, and return the object."""
    return lambda *words, **more: deferToThread(ask, *words, **more)


@asynccontextmanager
async def with_carrier_1(url: str) -> AsyncIterator[Channel]:
    """A channel to RabbitMQ, with the lanes of carrier 1 declared."""
    async with channel_of(url) as channel:
        await declare(channel)
        await declare_lanes(channel, 1)
        yield channel


@pytest.fixture(autouse=True)
def _settings(monkeypatch, request):
    if "broker_url" in request.fixturenames:
        monkeypatch.setenv("MOBILESASA_AMQP_URL", request.getfixturevalue("broker_url"))


def noted(dsn: str) -> list[tuple[object, ...]]:
    """How many dead letters the trail says were asked back by operators."""
    with closing(connect(dsn, "after")) as opened, opened.cursor() as txn:
        return rows(
            txn,
            "SELECT (after->>'count')::int FROM trail WHERE action = 'queue.requeue' AND actor = 'operator' ORDER BY id",
        )


async def put(channel: Channel, exchange: str, key: str, *bodies: bytes) -> None:
    """Publish, and wait until it is confirmed."""
    settled: Deferred[None] = Deferred()
    left = len(bodies)

    def settle(contexts, _outcome):
        nonlocal left
        left -= len(contexts)
        if not left:
            settled.callback(None)

    channel.settled = settle
    for body in bodies:
        channel.publish(exchange, key, body, None)
    await settled


@pytest_twisted.ensureDeferred
async def test_the_depth_is_that_of_every_lane_of_every_carrier(command, asked, broker_url):
    await asked("carrier", "add", "one", "--kind", "sandbox")
    await asked("carrier", "add", "two", "--kind", "sandbox")
    async with with_carrier_1(broker_url) as channel:
        await put(channel, LANES, FIRST, write_body(named(0, 3)), write_body(named(3, 5)))
    assert await asked("queue", "depth") == {
        "lanes": [
            {"carrier": "one", "lane": "transactional", "bodies": 2, "consumers": 0},
            {"carrier": "one", "lane": "bulk", "bodies": 0, "consumers": 0},
            {"carrier": "two", "lane": "transactional", "bodies": None, "consumers": None},
            {"carrier": "two", "lane": "bulk", "bodies": None, "consumers": None},
        ],
        "dead": 0,
    }
    assert "0 bodies among the dead letters" in (await command("queue", "depth")).stdout


@pytest_twisted.ensureDeferred
async def test_on_a_rabbitmq_without_anything_of_ours_the_depth_is_unknown_and_nothing_is_dead(asked, broker_url):
    await asked("carrier", "add", "one", "--kind", "sandbox")
    assert (await asked("queue", "depth"))["lanes"][0]["bodies"] is None
    assert (await asked("queue", "depth"))["dead"] == 0
    assert await asked("queue", "dead") == {"dead": []}


@pytest_twisted.ensureDeferred
async def test_dead_letters_are_shown_and_stay(command, asked, broker_url):
    async with with_carrier_1(broker_url) as channel:
        await put(channel, DEAD, "", write_body(named(0, 5)), b"hello")
    for _ in range(2):
        first, second = (await asked("queue", "dead"))["dead"]
        assert first == {"lane": "", "reason": "unknown", "at": None, "ids": named(0, 5), "unreadable": None}
        assert (second["ids"], second["unreadable"]) == ([], "it is no JSON")
    shown = (await command("queue", "dead")).stdout
    assert f"{', '.join(named(0, 3))} and 2 more" in shown
    assert "it is no JSON" in shown
    assert len((await asked("queue", "dead", "--limit", 1))["dead"]) == 1
    assert "2 bodies among the dead letters; see mobilesasa queue dead" in (await command("queue", "depth")).stdout


async def kill_all(channel: Channel) -> None:
    """Have what is in the first lane refused, as a consumer that cannot read it does."""
    dead = 0
    told: Deferred[None] = Deferred()

    def refuse(messages):
        nonlocal dead
        for message in messages:
            channel.nack(message.delivery_tag, requeue=False)
            dead += 1
        if dead == 3:
            told.callback(None)

    tag = await channel.consume(FIRST, refuse, prefetch=10, cancelled=lambda why: None)
    await told
    await channel.cancel(tag)
    while (await channel.declare_queue(DEAD, passive=True)).messages < 3:
        pass


@pytest_twisted.ensureDeferred
async def test_dead_letters_go_back_to_their_lanes_when_they_are_told_to(command, asked, broker_url, database_dsn):
    async with with_carrier_1(broker_url) as channel:
        await put(channel, LANES, FIRST, write_body(named(0, 3)), b"hello", write_body(named(3, 5)))
        await kill_all(channel)
    assert (await command("queue", "requeue", 1)).stdout == "1 body (3 messages) back in the lanes\n"
    assert await asked("queue", "requeue", "--all") == {"bodies": 1, "messages": 2, "left": 1}
    assert (await command("queue", "requeue", "--all")).stdout.startswith(
        "0 bodies (0 messages) back in the lanes; 1 body left"
    )
    (left,) = (await asked("queue", "dead"))["dead"]
    assert (left["lane"], left["unreadable"]) == (FIRST, "it is no JSON")
    assert await deferToThread(noted, database_dsn) == [(1,), (DEAD_LETTERS,), (DEAD_LETTERS,)]
    async with with_carrier_1(broker_url) as channel:
        assert (await channel.declare_queue(FIRST, passive=True)).messages == 2


@pytest.mark.parametrize("words", [[], ["3", "--all"], ["0"]])
@pytest_twisted.ensureDeferred
async def test_how_many_go_back_must_be_said(command, words):
    assert (await command("queue", "requeue", *words)).exit_code == 2


@pytest_twisted.ensureDeferred
async def test_where_no_dead_letters_can_be_the_trail_tells_of_none(command, database_dsn):
    result = await command("queue", "requeue", "--all")
    assert "these settings name no RabbitMQ" in result.stderr
    assert await deferToThread(noted, database_dsn) == []


@pytest_twisted.ensureDeferred
async def test_without_a_rabbitmq_in_the_settings_that_is_said(command):
    result = await command("queue", "depth")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "these settings name no RabbitMQ: amqp_url is empty" in result.stderr


@pytest_twisted.ensureDeferred
async def test_a_rabbitmq_that_is_away_is_said_in_one_line(command):
    port = free_port()
    result = await command("queue", "dead", MOBILESASA_AMQP_URL=f"amqp://{HOST}:{port}/")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: cannot connect to RabbitMQ at {HOST}:{port}")
    assert result.stderr.count("\n") == 1


@pytest_twisted.ensureDeferred
async def test_a_wrong_password_is_said_in_words_and_not_shown(command, broker_url):
    result = await command("queue", "dead", MOBILESASA_AMQP_URL=broker_url.replace("of%2Fthe", "hush"))
    assert result.exit_code == 1
    assert "RabbitMQ refuses the password of user mobilesasa" in result.stderr
    assert "hush" not in result.output


@pytest_twisted.ensureDeferred
async def test_a_url_that_is_wrong_is_said_in_words(command):
    result = await command("queue", "dead", MOBILESASA_AMQP_URL="amqp://localhost/?colour=blue")
    assert result.exit_code == 1
    assert "colour in the URL of RabbitMQ is unknown" in result.stderr


@pytest_twisted.ensureDeferred
async def test_a_file_of_authorities_that_is_not_there_is_said_in_words(command):
    result = await command("queue", "dead", MOBILESASA_AMQP_URL="amqps://localhost/?ca=/nowhere.pem")
    assert result.exit_code == 1
    assert "/nowhere.pem" in result.stderr


@pytest_twisted.ensureDeferred
async def test_a_rabbitmq_that_says_nothing_is_not_waited_for_without_end(command, monkeypatch):
    monkeypatch.setattr(broker, "PATIENCE_S", 0.2)
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        result = await command("queue", "dead", MOBILESASA_AMQP_URL=f"amqp://{HOST}:{port}/")
    assert result.exit_code == 1
    assert f"RabbitMQ at {HOST}:{port} did not answer within 0.2 s" in result.stderr


@pytest_twisted.ensureDeferred
async def test_a_connection_that_breaks_under_the_work_is_said_in_words(broker_url):
    async def work(connection):
        raise ChannelLost("RabbitMQ closed the connection: 320 CONNECTION_FORCED")

    with pytest.raises(BrokerAway, match="320 CONNECTION_FORCED"):
        await connected(reactor, parse_url(broker_url), work)


@pytest_twisted.ensureDeferred
async def test_a_connection_that_comes_and_goes_and_comes_does_the_work_once(monkeypatch):
    class Restless:
        """Comes up, is lost and comes up again before anybody looks."""

        def __init__(self, _clock, _url, _name, up, down):
            self.up, self.down = up, down

        def startService(self):
            for _ in range(2):
                Deferred.fromCoroutine(self.up(None))
                self.down("gone")

        async def stopService(self):
            pass

    async def work(_connection):
        worked.append(1)

    worked: list[int] = []
    monkeypatch.setattr(broker, "Connection", Restless)  # what a real one does in a moment that nobody can choose
    await connected(reactor, parse_url("amqp://localhost/"), work)
    assert worked == [1]


def test_the_command_runs_as_a_process_of_its_own(database_dsn, broker_url):
    environment = {**os.environ, "MOBILESASA_DATABASE_URL": url_of(database_dsn), "MOBILESASA_AMQP_URL": broker_url}
    words = [BIN / "mobilesasa", "queue", "depth", "--json"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, json.loads(done.stdout)) == (0, "", {"lanes": [], "dead": 0})


@pytest.mark.parametrize("code", [0, None])
def test_the_reactor_ends_with_the_work_and_the_command_goes_on(monkeypatch, code):
    monkeypatch.setattr(task, "react", lambda main: sys.exit(code))  # which ends the process
    RUN_REACTOR(lambda reactor: Deferred())


def test_a_defect_in_the_work_ends_the_command(monkeypatch):
    monkeypatch.setattr(task, "react", lambda main: sys.exit(1))
    with pytest.raises(SystemExit):
        RUN_REACTOR(lambda reactor: Deferred())
