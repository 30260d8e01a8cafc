"""The way from a command to the RabbitMQ of the node whose settings it reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import click
from twisted.internet import task
from twisted.internet.defer import Deferred

from mobilesasa.cli.access import Node
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.connection import Connection
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.url import AmqpUrl, BadUrl, parse_url

T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]
PATIENCE_S: Final = 15.0


class BrokerAway(Exception):
    """RabbitMQ cannot be asked; the text says why."""


def at_rabbitmq(node: Node, work: Work[T]) -> T:
    """Connect to the RabbitMQ of the settings and return what the work finds there.

    Raises:
        ClickException: the settings name none, or it cannot be asked.
    """
    url = url_of(node)
    found: list[T] = []
    trouble: list[str] = []

    async def run(reactor: Any) -> None:
        try:
            found.append(await connected(reactor, url, work))
        except (BrokerAway, BadUrl) as error:
            trouble.append(str(error))

    _run_reactor(lambda reactor: Deferred.fromCoroutine(run(reactor)))
    if trouble:
        raise click.ClickException(trouble[0])
    return found[0]


def url_of(node: Node) -> AmqpUrl:
    """Return where the RabbitMQ of the settings is.

    Raises:
        ClickException: they name none.
    """
    if not node.settings.amqp_url:
        raise click.ClickException(
            "these settings name no RabbitMQ: amqp_url is empty, and the node has its queue in memory; see `mobilesasa config check`"
        )
    try:
        return parse_url(node.settings.amqp_url)
    except BadUrl as bad:
        raise click.ClickException(f"amqp_url: {bad}") from bad


async def connected(reactor: Any, url: AmqpUrl, work: Work[T]) -> T:
    """Connect, do the work, disconnect.

    Raises:
        BrokerAway: there is no connection, or it broke, or it takes too long to come.
    """
    up: Deferred[None] = Deferred()

    async def came_up(_: Channel) -> None:
        if not up.called:
            up.callback(None)

    def went_down(why: str) -> None:
        if not up.called:
            up.errback(BrokerAway(why))

    connection = Connection(reactor, url, "mobilesasa command", came_up, went_down)
    connection.startService()
    up.addTimeout(PATIENCE_S, reactor, onTimeoutCancel=lambda *_: _silent(url))
    try:
        await up
        return await work(connection)
    except ChannelLost as lost:
        raise BrokerAway(str(lost)) from lost
    finally:
        await connection.stopService()


def _silent(url: AmqpUrl) -> None:
    raise BrokerAway(f"RabbitMQ at {url.place} did not answer within {PATIENCE_S:g} s")


def _run_reactor(main: Callable[[Any], Deferred[None]]) -> None:
    """Run the reactor until the work is done; once in a process, as a command does."""
    try:
        task.react(main)
    except SystemExit as ended:
        if ended.code:
            raise
