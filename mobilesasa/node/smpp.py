"""The SMPP server of a node, put together: where it listens, with which certificate, and what a session may do."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.internet.threads import deferToThreadPool

from mobilesasa.core.gateway import Gateway
from mobilesasa.core.teams import Team
from mobilesasa.core.terms import SmppTerms, agree
from mobilesasa.node.base import Base, now_ms
from mobilesasa.node.teams import TowardsTeams
from mobilesasa.settings import Settings
from mobilesasa.smppnet.certificates import identity
from mobilesasa.smppnet.renewal import Renewal
from mobilesasa.smppnet.timers import Timers
from mobilesasa.smppnet.tls import ServerTls, TlsEndpoint, server_context
from mobilesasa.smsc import limits as smsc_limits
from mobilesasa.smsc.operations import Operations
from mobilesasa.smsc.passwords import Passwords
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.session import Smsc
from mobilesasa.store.smpp_passwords import SmppPasswords, matching

_BACKLOG = 1024  # connections that wait to be taken: all clients come back at once after a restart

P = ParamSpec("P")
T = TypeVar("T")


@attrs.frozen(eq=False)
class SmppParts:
    """What serves SMPP.

    Attributes:
        server: listens for teams.
        renewal: looks after the certificate; None without TLS.
    """

    server: SmppServer
    renewal: Renewal | None

    def startService(self) -> None:
        """Listen; a port that is taken raises here."""
        self.server.startService()
        if self.renewal is not None:
            self.renewal.startService()

    def stopService(self) -> Deferred[None]:
        """Listen no more, and fire when every session has ended."""
        if self.renewal is not None:
            self.renewal.stopService()
        return self.server.stopService()


def put_smpp_together(base: Base, teams: TowardsTeams, accepting: Gateway, operations: Operations) -> SmppParts | None:
    """Build the server over the other parts; None when it is served on no port, or by other nodes.

    Raises:
        BadCertificate: what is to be shown on the port of TLS cannot be.
    """
    reactor, settings, bounds = base.reactor, base.settings, base.settings.smpp
    endpoints, renewal = _endpoints(reactor, settings, now_ms) if "smsc" in settings.roles else ([], None)
    if not endpoints:
        return None
    limits = smsc_limits.Limits(
        max_connections=bounds.max_connections,
        max_connections_per_address=bounds.max_connections_per_address,
        limit_octets=bounds.limit_octets,
        max_parts=settings.messages.max_parts,
    )
    timers = Timers(
        enquire_link_s=bounds.enquire_link_s,
        idle_timeout_s=bounds.idle_timeout_s,
        bind_timeout_s=bounds.bind_timeout_s,
    )
    book = SmppPasswords(base.database, secrets.randbelow)
    smsc = Smsc(
        accepting,
        base.directory,
        teams.binds,
        reactor,
        now_ms,
        Passwords(_on_a_thread(reactor, matching), book, reactor, secrets.token_bytes(32)),
        limits,
        smpp_terms(settings),
        operations=operations,
        places=teams.places,
        ussd=teams.ussd,
    )
    return SmppParts(SmppServer(endpoints, smsc, timers, f"{settings.node}-{base.store.run}-"), renewal)


def smpp_terms(settings: Settings) -> SmppTerms:
    """Return what a session may do for whose team and token nothing was set."""
    bounds = settings.smpp
    return SmppTerms(
        max_sessions=bounds.max_sessions_per_team,
        session_tps=bounds.session_tps,
        window=bounds.window,
        receipt_window=bounds.receipt_window,
        enquire_link_s=bounds.enquire_link_s,
        idle_timeout_s=bounds.idle_timeout_s,
        max_validity_h=bounds.max_validity_h,
    )


@attrs.frozen
class Grants:
    """Implements `api.ports.smpp.SmppGrants`.

    Args:
        settings: of this node.
        server: where teams bind; None: at other nodes, at ports that are set as here.
    """

    _settings: Settings
    _server: SmppServer | None

    def host(self) -> str | None:
        """See the port."""
        return self._settings.smpp.public_host or None

    def ports(self) -> tuple[int | None, int | None]:
        """See the port; what is public comes before where we listen."""
        plain, tls = self.listening()
        bounds = self._settings.smpp
        return bounds.public_port or plain, bounds.public_tls_port or tls

    def listening(self) -> tuple[int | None, int | None]:
        """Return the ports as this node listens, plain and TLS, for 0 in a setting takes a free one; None: none."""
        plain, tls = self._settings.smpp_port, self._settings.smpp_tls_port
        taken = [] if self._server is None else self._server.ports  # plain before TLS
        if taken:
            plain = None if plain is None else taken[0]
            tls = None if tls is None else taken[-1]
        return plain or None, tls or None

    def terms(self, team: Team) -> SmppTerms:
        """See the port."""
        return agree(smpp_terms(self._settings), *team.terms_set)


def _on_a_thread(reactor: Any, function: Callable[P, T]) -> Callable[P, Deferred[T]]:
    def call(*args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        called: Deferred[T] = deferToThreadPool(reactor, reactor.getThreadPool(), function, *args, **kwargs)
        return called

    return call


def _endpoints(
    reactor: Any, settings: Settings, now_ms: Callable[[], int]
) -> tuple[list[IStreamServerEndpoint], Renewal | None]:
    """Return where SMPP is served, plain before TLS, either of which may be off, and what renews the certificate."""
    host, smpp = settings.bind_host, settings.smpp
    plain = [] if settings.smpp_port is None else [endpoint(reactor, host, settings.smpp_port)]
    if settings.smpp_tls_port is None:
        return plain, None
    today = datetime.fromtimestamp(now_ms() / 1000, UTC)
    files = attrs.evolve(
        identity(smpp.tls_certificate_file, smpp.tls_key_file, settings.state_dir / "tls", today),
        client_ca_file=smpp.tls_client_ca_file,
        client_required=smpp.tls_client_required,
    )
    tls = ServerTls(server_context(files))
    below = endpoint(reactor, host, settings.smpp_tls_port)
    return [*plain, TlsEndpoint(below, tls, reactor)], Renewal(tls, files, reactor)


def endpoint(reactor: Any, host: str, port: int) -> IStreamServerEndpoint:
    """Return where to listen, by IPv4 or IPv6."""
    kind = TCP6ServerEndpoint if ":" in host else TCP4ServerEndpoint
    made: IStreamServerEndpoint = kind(reactor, port, backlog=_BACKLOG, interface=host)
    return made
