"""USSD on this node: what answers gateways, does what menus give to do, and keeps what there is of it in bounds."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Sequence
from typing import Any, Final

import attrs
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool

from mobilesasa.carriers.ussd.door import UssdDoor
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ussd import TeamBinds
from mobilesasa.dialogue.actions import SWEEP_INTERVAL_S, Actions
from mobilesasa.dialogue.callback import TIMEOUT_S, Calls
from mobilesasa.dialogue.desk import Desk
from mobilesasa.dialogue.posting import AgentPoster
from mobilesasa.dispatch.sweeper import Round
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.hooks import reach_of
from mobilesasa.node.knowledge import Picture
from mobilesasa.node.stored import new_uuid
from mobilesasa.notify.webhooks.guard import GuardedEndpoints
from mobilesasa.store import survey_inviting, ussd_codes, ussd_directory
from mobilesasa.store.database import Database, connect
from mobilesasa.store.ussd_actions import Means, StoredActions
from mobilesasa.store.ussd_keeping import DROP_INTERVAL_S, FADE_INTERVAL_S, TIDY_INTERVAL_S, Keeping
from mobilesasa.store.ussd_service import Ussd, make_ussd
from mobilesasa.store.ussd_steps import Steps
from mobilesasa.store.writer import Writer
from mobilesasa.ussd.directory import CurrentDirectory

HEARD_INTERVAL_S: Final = 30.0
GATHER_S: Final = 0.005  # so long steps wait for more, while there are many
KEPT_CONNECTIONS: Final = 50  # that wait for their next use, of one host


class KnownDialling(Picture):
    """Reads what is dialled and who answers it."""

    what = "what is dialled by USSD"

    def __init__(self, base: Base, current: CurrentDirectory) -> None:
        super().__init__(base.reactor)
        self._database = base.database
        self._current = current

    async def _look(self) -> None:
        known = self._current.known_menus
        self._current.replace(*await self._database.run("ussd.load", ussd_directory.load, known))
        self.readings += 1


@attrs.frozen(eq=False)
class UssdParts:
    """Everything of USSD that runs on a node.

    Attributes:
        directory: what is dialled and who answers it.
        picture: keeps that fresh.
        writer: commits the steps of sessions.
        desk: answers what gateways say.
        door: takes the calls of gateways over HTTP.
        actions: does what menus give to do.
        keeping: bounds what is kept.
        service: what the API asks.
    """

    directory: CurrentDirectory
    picture: KnownDialling
    writer: Writer
    desk: Desk
    door: UssdDoor
    actions: Actions
    keeping: Keeping
    service: Ussd
    _database: Database
    _poster: AgentPoster

    def own_rounds(self) -> Sequence[Round]:
        """Return what each node does again and again."""
        return [("USSD gateways that called", self._write_heard, HEARD_INTERVAL_S)]

    def rounds_for_all(self) -> Sequence[Round]:
        """Return what one node does for all."""
        return [
            ("actions of USSD", self.actions.sweep, SWEEP_INTERVAL_S),
            ("silent USSD sessions", self.keeping.drop, DROP_INTERVAL_S),
            ("what was typed by USSD", self.keeping.fade, FADE_INTERVAL_S),
            ("old USSD sessions", self.keeping.forget, TIDY_INTERVAL_S),
        ]

    async def _write_heard(self) -> None:
        heard = self.desk.heard_of
        if heard:
            self.desk.heard_of = set()
            await self._database.run("ussd.called", ussd_codes.called, sorted(heard))

    def start(self, gateway: Gateway) -> None:
        """Begin; `gateway` is where messages of menus go in."""
        self.writer.start()
        self.actions.send_by(gateway)

    async def stop(self) -> None:
        """Return when nothing is under way, and what was taken is written down."""
        self.picture.stop()
        await self.desk.stop()
        await self.actions.stop()
        await self.writer.stop()
        await self._poster.close()


def make_ussd_parts(base: Base, binds: TeamBinds) -> UssdParts:
    """Build it over the ground and the binds of teams; nothing of it runs yet."""
    directory = CurrentDirectory()
    directory.replace(*base.store.dialled)
    poster = _poster(base)
    calls = Calls(poster, lambda: now_ms() // 1000)
    writer = _writer(base)
    means = Means(survey_inviting.invite_one, new_uuid, now_ms)
    actions = Actions(StoredActions(base.database, means), calls)

    def suspended(team_id: int) -> bool:
        team = base.directory.now.teams.get(team_id)
        return team is None or team.suspended

    def network_code(network: str) -> str:
        return base.directory.now.router.networks.code_of(network)

    steps = Steps(writer, directory, base.database)
    clock = base.reactor
    desk = Desk(directory, suspended, steps, calls, binds, actions, clock, now_ms, base.new_id, network_code)
    return UssdParts(
        directory=directory,
        picture=KnownDialling(base, directory),
        writer=writer,
        desk=desk,
        door=UssdDoor(directory.find_gateway, desk, base.reactor),
        actions=actions,
        keeping=Keeping(base.database),
        service=make_ussd(base.database, reach_of(base.settings), secrets.token_bytes, secrets.token_urlsafe),
        database=base.database,
        poster=poster,
    )


def _writer(base: Base) -> Writer:
    """Return a writer of its own: whoever dials does not wait for messages."""
    store = base.settings.store
    name, timeout_s = f"mobilesasa {base.settings.node} ussd", store.statement_timeout_s
    opening = functools.partial(connect, base.store.dsn, name, statement_timeout_s=timeout_s)
    return Writer(base.reactor, opening, batch_limit=store.writer_batch_max, gather_s=GATHER_S)


def _poster(base: Base) -> AgentPoster:
    """Return what calls teams' machines, over a pool of its own."""
    reactor: Any = base.reactor
    pool = HTTPConnectionPool(reactor, persistent=True)
    pool.maxPersistentPerHost = KEPT_CONNECTIONS
    pool.retryAutomatically = False
    endpoints = GuardedEndpoints(reactor, BrowserLikePolicyForHTTPS(), reach_of(base.settings), TIMEOUT_S)
    return AgentPoster(Agent.usingEndpointFactory(reactor, endpoints, pool), reactor, pool)
