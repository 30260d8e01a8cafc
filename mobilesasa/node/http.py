"""Where the API of a node is served: plain, over TLS, or both, on ports that share their bound of connections."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from twisted.internet.defer import gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IProtocolFactory
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from zope.interface import implementer

from mobilesasa.node.base import now_ms
from mobilesasa.settings import Settings
from mobilesasa.smppnet.certificates import BadCertificate, Identity, identity
from mobilesasa.smppnet.renewal import Renewal
from mobilesasa.smppnet.tls import ServerTls, ServerTlsTransport, TlsFactory, TlsTransport, server_context

_BACKLOG = 200  # connections that wait to be taken


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
    """Lets so many connections at once through to a site, and closes those beyond (I7)."""

    noisy = False
    protocol = Counted

    def __init__(self, factory: Any, connections_max: int) -> None:
        """Begin with none."""
        super().__init__(factory)
        self._connections_max = connections_max

    def buildProtocol(self, addr: IAddress | None) -> ProtocolWrapper | None:  # type: ignore[override]
        return super().buildProtocol(addr) if len(self.protocols) < self._connections_max else None


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
