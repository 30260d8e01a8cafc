"""Where the API of a node is served: plain, over TLS, or both, on ports that share their bound of connections."""

from __future__ import annotations

import heapq
import itertools
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from twisted.internet.defer import gatherResults, maybeDeferred
from twisted.internet.interfaces import (
    IAddress,
    IHalfCloseableProtocol,
    IProtocolFactory,
    IReactorTime,
    ITCPTransport,
)
from twisted.logger import Logger
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from zope.interface import implementer

from mobilesasa.api.channel import ApiChannel
from mobilesasa.node.base import now_ms
from mobilesasa.settings import Settings
from mobilesasa.smppnet.certificates import BadCertificate, Identity, identity
from mobilesasa.smppnet.renewal import Renewal
from mobilesasa.smppnet.tls import ServerTls, ServerTlsTransport, TlsFactory, TlsTransport, server_context

_BACKLOG = 1024  # connections that wait to be taken
_QUIET_S = 0.1  # a connection whose last answer is younger keeps its place: its next request may be on the way
_YOUNG_S = 0.25  # so does one that is younger, and may be about to ask
_LOOKED_AT = 64  # strangers with a request under way that are looked at for one place
_SAID_S = 60.0  # that all places are taken is said once in so long


class NoHttps(Exception):
    """What is to be shown on the port of HTTPS cannot be; the text is for the operator."""


@implementer(IHalfCloseableProtocol)
class Counted(ProtocolWrapper):
    """A connection among those that are counted; what is in it hears when a client has closed its writing side."""

    def readConnectionLost(self) -> None:
        """Pass it on."""
        cast(IHalfCloseableProtocol, self.wrappedProtocol).readConnectionLost()

    def writeConnectionLost(self) -> None:
        """Pass it on."""
        cast(IHalfCloseableProtocol, self.wrappedProtocol).writeConnectionLost()


class Bounded(WrappingFactory):
    """Lets so many connections at once through to a site (I7).

    How to think about it: connections cost a peer nothing, so whoever holds many without asking anything would keep all
    others out. So when all places are taken, who comes gets the place of the one that is there longest and was never
    answered; where there is none, of the one that was silent longest. Requests that are under way keep theirs, and so does who
    is young, or was answered just now.
    """

    noisy = False
    protocol = Counted
    log = Logger()

    def __init__(self, factory: Any, connections_max: int) -> None:
        """Begin with none.

        Args:
            factory: the site, whose clock measures silence.
            connections_max: how many there may be.
        """
        super().__init__(factory)
        self._clock: IReactorTime = factory.clock
        self._connections_max = connections_max
        self._inside: set[ProtocolWrapper] = set()  # those that were answered
        self._silences: list[
            tuple[float, int, ProtocolWrapper]
        ] = []  # a heap: when each was answered, when last looked at
        self._numbers = itertools.count()
        self._strangers: dict[ProtocolWrapper, float] = {}  # those that were not when last looked at: since when
        self._said_s = -_SAID_S

    def buildProtocol(self, addr: IAddress | None) -> ProtocolWrapper | None:  # type: ignore[override]
        """Give a connection a place; None closes it."""
        if len(self._inside) + len(self._strangers) >= self._connections_max and not self._make_room():
            return None
        made = super().buildProtocol(addr)
        self._strangers[made] = self._clock.seconds()
        return made

    def unregisterProtocol(self, p: ProtocolWrapper) -> None:  # noqa: N802 - Twisted's name
        """Count a connection out."""
        self._forget(p)
        super().unregisterProtocol(p)

    def _forget(self, wrapper: ProtocolWrapper) -> None:
        self._inside.discard(wrapper)
        self._strangers.pop(wrapper, None)

    def _make_room(self) -> bool:
        """Cut a connection whose place is another's; False when there is none."""
        self._say()
        leaves = self._stranger() or self._silent()
        if leaves is None:
            return False
        self._forget(leaves)
        cast(ITCPTransport, leaves.transport).abortConnection()
        return True

    def _stranger(self) -> ProtocolWrapper | None:
        """Return who is there longest and was never answered; who was answered is no stranger any more."""
        busy, young_s = 0, self._clock.seconds() - _YOUNG_S
        for wrapper, came_s in list(self._strangers.items()):
            channel = _channel(wrapper)
            if channel.answered_s is not None:
                del self._strangers[wrapper]
                self._inside.add(wrapper)
                self._remember(wrapper, channel.answered_s)
            elif came_s > young_s or busy == _LOOKED_AT:
                return None
            elif not channel.is_busy:
                return wrapper
            else:
                busy += 1
        return None

    def _silent(self) -> ProtocolWrapper | None:
        """Return who was silent longest."""
        now_s = self._clock.seconds()
        while self._silences and self._silences[0][0] <= now_s - _QUIET_S:
            answered_s, _, wrapper = heapq.heappop(self._silences)
            if wrapper not in self._inside:  # it is gone
                continue
            channel = _channel(wrapper)
            latest_s = now_s if channel.is_busy else channel.answered_s
            if latest_s is None or latest_s == answered_s:
                return wrapper
            self._remember(wrapper, latest_s)
        return None

    def _remember(self, wrapper: ProtocolWrapper, answered_s: float) -> None:
        heapq.heappush(self._silences, (answered_s, next(self._numbers), wrapper))

    def _say(self) -> None:
        now_s = self._clock.seconds()
        if now_s - self._said_s >= _SAID_S:
            self._said_s = now_s
            self.log.warn(
                "{n} connections are all that HTTP may have; those that ask nothing give way", n=self._connections_max
            )


def _channel(wrapper: ProtocolWrapper) -> ApiChannel:
    return cast(ApiChannel, wrapper.wrappedProtocol)


class HttpsTransport(ServerTlsTransport):
    """TLS towards a client of the API."""

    served: ClassVar[str] = "HTTP"


class HttpsFactory(TlsFactory):
    """Puts TLS around the connections of a site."""

    protocol: type[TlsTransport] = HttpsTransport


class HttpServer:
    """Listens for the API's clients.

    Args:
        reactor: opens the ports and has the time.
        settings: which ports, and with which certificate.

    Attributes:
        plain: the port of HTTP, once it listens; None where it is not served.
        tls: that of HTTPS.
    """

    def __init__(self, reactor: Any, settings: Settings) -> None:
        """Listen to nothing yet."""
        self.plain: Any = None  # IListeningPort
        self.tls: Any = None
        self._reactor = reactor
        self._settings = settings
        self._renewal: Renewal | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether anything is to be served."""
        return self._settings.http_port is not None or self._settings.https_port is not None

    def listen(self, site: IProtocolFactory) -> None:
        """Serve a site.

        Raises:
            NoHttps: the certificate cannot be used.
            CannotListenError: a port is taken.
        """
        settings = self._settings
        bounded = Bounded(site, settings.http.max_connections)
        if settings.http_port is not None:
            self.plain = self._open(settings.http_port, bounded)
        if settings.https_port is not None:
            try:
                files = _files(settings)
                tls = ServerTls(server_context(files))
            except BadCertificate as bad:
                raise NoHttps(str(bad)) from bad
            self.tls = self._open(settings.https_port, HttpsFactory(tls, False, bounded, self._reactor))
            self._renewal = Renewal(tls, files, self._reactor)
            self._renewal.startService()

    def _open(self, port: int, factory: Any) -> Any:
        return self._reactor.listenTCP(port, factory, backlog=_BACKLOG, interface=self._settings.bind_host)

    async def stop(self) -> None:
        """Take no more connections."""
        if self._renewal is not None:
            self._renewal.stopService()
            self._renewal = None
        ports = [port for port in (self.plain, self.tls) if port is not None]
        await gatherResults([maybeDeferred(port.stopListening) for port in ports])


def _files(settings: Settings) -> Identity:
    http, today = settings.http, datetime.fromtimestamp(now_ms() / 1000, UTC)
    return identity(http.tls_certificate_file, http.tls_key_file, settings.state_dir / "tls", today)
