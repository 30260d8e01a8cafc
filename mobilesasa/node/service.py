"""A node's life: everything is started in `startService`, and stopped in the opposite order when the reactor ends.

What can go wrong at the start (the database is away, a port is taken, the schema is old) ends the program with one
sentence and leaves nothing running.
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from mobilesasa.api.root import make_site
from mobilesasa.dispatch.hints import publish
from mobilesasa.node.files import make_room
from mobilesasa.node.http import HttpServer, NoHttps
from mobilesasa.node.metrics import make_metrics
from mobilesasa.node.opening import OpenStore, StoreTaken, open_store
from mobilesasa.node.parts import Parts, put_together, wish_for
from mobilesasa.node.smpp import Grants
from mobilesasa.node.web import api_node
from mobilesasa.node.welcome import welcome
from mobilesasa.queue.amqp.url import BadUrl
from mobilesasa.settings import Settings
from mobilesasa.smppnet.certificates import BadCertificate
from mobilesasa.store.database import StoreUnavailable
from mobilesasa.store.migrate import MigrationError


class Node(Service):
    """One process of mobilesasa.

    Attributes:
        store: the open store, once started.
        parts: what the node is built of, once started.
        http: where the API is served.
    """

    log = Logger()

    def __init__(self, reactor: Any, settings: Settings, greet: bool = True) -> None:
        """Start nothing yet; `greet` says whether to print where the node listens."""
        self.setName("mobilesasa")
        self._reactor = reactor
        self._settings = settings
        self._greet = greet
        self.store: OpenStore | None = None
        self.parts: Parts | None = None
        self.http = HttpServer(reactor, settings)

    def startService(self) -> None:
        """Open the store and start every part.

        Raises:
            SystemExit: with what is wrong and what to do about it.
        """
        super().startService()
        if lacking := make_room(self._settings):
            self.log.warn("{lacking}", lacking=lacking)
        try:
            store = self.store = open_store(self._settings)
        except (StoreUnavailable, MigrationError, StoreTaken, OSError) as error:
            raise SystemExit(f"mobilesasa: {error}") from error
        try:
            parts = self.parts = put_together(self._reactor, self._settings, store)
            self._listen(parts)
            self._start(parts, store)
            if self._greet:
                self._say(parts, store)
        except BadCertificate as error:
            self._give_up()
            raise SystemExit(f"mobilesasa: no SMPP over TLS: {error}") from error
        except NoHttps as error:
            self._give_up()
            raise SystemExit(f"mobilesasa: no HTTPS: {error}") from error
        except BadUrl as error:
            self._give_up()
            raise SystemExit(f"mobilesasa: amqp_url: {error}") from error
        except CannotListenError as error:
            self._give_up()
            where = f"{error.interface}:{error.port}"
            raise SystemExit(f"mobilesasa: cannot listen on {where}: {error.socketError}") from error
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """End what would outlive a start that failed: the threads that keep the process alive, and the database."""
        parts, store = self.parts, self.store
        self.parts = self.store = None
        try:
            if parts is not None:
                for pool in parts.pools:
                    pool.abandon()
        finally:
            if store is not None:
                store.close()

    def _listen(self, parts: Parts) -> None:
        if self.http.is_wanted:
            self.http.listen(make_site(api_node(self._reactor, self._settings, parts, make_metrics(parts))))
        if parts.doors.smpp is not None:
            parts.doors.smpp.startService()

    def _start(self, parts: Parts, store: OpenStore) -> None:
        parts.base.intake.start()
        parts.base.writer.start()
        parts.ussd.start(parts.doors.gateway)
        for pool in parts.pools:
            self._keep("the pool of connections", Deferred.fromCoroutine(pool.start()))
        self._keep("listening for changes", parts.ears.listener.start())
        parts.teams.outbox.startService()
        parts.carriers.fleet.apply(store.known)
        if parts.cluster is not None:
            parts.cluster.start()
        publish(parts.carriers.queue, store.freed)
        wish_for(parts, self._settings.roles)
        parts.holds.start()
        parts.carriers.watch.start()
        parts.chores.start()
        parts.pictures.changed()  # what changed between the opening and the listening

    def _keep(self, what: str, work: Deferred[Any]) -> None:
        work.addErrback(lambda failure: self.log.failure("{what} failed", failure, what=what))

    def stopService(self) -> Deferred[None]:
        """Take nothing more, finish or hand back what is in hand, and stop the database last."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        parts, store = self.parts, self.store
        self.parts = self.store = None
        if parts is None or store is None:
            return
        await parts.holds.stop()  # so that nothing starts the server again behind our back
        try:
            await self._stop_parts(parts)
        finally:
            await deferToThread(store.close)
        self.log.info("stopped in good order")

    async def _stop_parts(self, parts: Parts) -> None:
        parts.pictures.stop()
        await self.http.stop()
        await parts.ussd.desk.stop()  # while there is a way for its answers
        await parts.carriers.watch.stop()
        sessions = succeed(None) if parts.doors.smpp is None else parts.doors.smpp.stopService()
        carriers = Deferred.fromCoroutine(parts.carriers.fleet.stop())
        await DeferredList([sessions, carriers], consumeErrors=False)  # each takes ten seconds at most
        await parts.chores.stop()
        await parts.ussd.stop()
        if parts.cluster is not None:
            await parts.cluster.stop()
        parts.teams.outbox.stopService()
        await parts.teams.spool.stop()
        await parts.base.intake.stop()
        await parts.base.writer.stop()
        parts.ears.listener.stop()
        for pool in parts.pools:
            await pool.close()

    def _say(self, parts: Parts, store: OpenStore) -> None:
        host = self._settings.bind_host
        shown = f"[{host}]" if ":" in host else host
        http, https = (
            None if port is None else f"{shown}:{port.getHost().port}" for port in (self.http.plain, self.http.tls)
        )
        ports = () if parts.doors.smpp is None else Grants(self._settings, parts.doors.smpp.server).listening()
        smpp, tls = (None if port is None else f"{shown}:{port}" for port in ports or (None, None))
        into = sys.__stderr__ if self._settings.log_format == "json" else sys.__stdout__  # JSON lines stay alone
        _print(welcome(store.demo, http, https, smpp, tls), into, self.log)


def _print(text: str, into: TextIO | None, log: Logger) -> None:
    """Print the welcome if anybody can read it; it holds a token, so the log does not get it instead."""
    try:
        if into is None:  # for which print would take what stands for it, and that is the log
            raise OSError("there is no such output")
        print(text, file=into, flush=True)
    except (OSError, ValueError) as error:  # a pipe without a reader, a full disk; a file that was closed
        log.warn("the welcome cannot be printed: {error}; `mobilesasa token create` makes a token", error=error)
