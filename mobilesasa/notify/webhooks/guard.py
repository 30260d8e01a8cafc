"""Connecting to what teams name, and to nothing in a network that is not theirs to call.

A name is looked up for each connection, and each address that it has is looked at before it is connected to: so it does not
matter what the name led to a moment ago.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IProtocol,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.python.failure import Failure
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory, IPolicyForHTTPS
from zope.interface import implementer

from mobilesasa.core.callable_urls import Reach


class Forbidden(Exception):
    """The name leads only to addresses that are not called; which they are is not for the team to know."""


@implementer(IAgentEndpointFactory)
class GuardedEndpoints:
    """Gives Twisted's Agent what connects.

    Args:
        reactor: connects, and looks names up.
        policy: verifies certificates.
        reach: what may be connected to.
        timeout_s: for a connection.
    """

    def __init__(self, reactor: Any, policy: IPolicyForHTTPS, reach: Reach, timeout_s: float) -> None:
        self._reactor = reactor
        self._policy = policy
        self._reach = reach
        self._timeout_s = timeout_s

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """Return what connects to the host of an address."""
        plain = _Guarded(self._reactor, self._reach, uri.host.decode("ascii"), uri.port, self._timeout_s)
        if uri.scheme == b"http":
            return plain
        return wrapClientTLS(self._policy.creatorForNetloc(uri.host, uri.port), plain)


@implementer(IStreamClientEndpoint)
class _Guarded:
    def __init__(self, reactor: Any, reach: Reach, host: str, port: int, timeout_s: float) -> None:
        self._reactor = reactor
        self._reach = reach
        self._host = host
        self._port = port
        self._timeout_s = timeout_s

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect to the first of the host's addresses that may be, and can be."""
        refused: list[str] = []
        view = _View(self._reactor, self._reach, refused)
        endpoint = HostnameEndpoint(view, self._host.strip("[]"), self._port, self._timeout_s)

        def say(failure: Failure) -> Failure:
            if refused and failure.check(DNSLookupError):
                return Failure(Forbidden("its name leads to an address that is not called"))
            return failure

        connecting: Deferred[IProtocol] = endpoint.connect(protocolFactory)
        return connecting.addErrback(say)


@implementer(IReactorPluggableNameResolver)
class _View:
    """The reactor with a resolver that leaves out what may not be connected to."""

    def __init__(self, reactor: Any, reach: Reach, refused: list[str]) -> None:
        self._reactor = reactor
        self.nameResolver = _Resolver(reactor.nameResolver, reach, refused)

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """Let nobody look names up past the guard."""
        raise NotImplementedError("the guard is the resolver")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


@implementer(IHostnameResolver)
class _Resolver:
    def __init__(self, resolver: IHostnameResolver, reach: Reach, refused: list[str]) -> None:
        self._resolver = resolver
        self._reach = reach
        self._refused = refused

    def resolveHostName(self, resolutionReceiver: IResolutionReceiver, hostName: str, *args: Any, **kwargs: Any) -> Any:
        """Look a name up; tell only of what may be connected to."""
        return self._resolver.resolveHostName(
            _Sieve(resolutionReceiver, self._reach, self._refused), hostName, *args, **kwargs
        )


@implementer(IResolutionReceiver)
class _Sieve:
    def __init__(self, receiver: IResolutionReceiver, reach: Reach, refused: list[str]) -> None:
        self._receiver = receiver
        self._reach = reach
        self._refused = refused

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """See `IResolutionReceiver`."""
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:
        """Pass on what may be connected to."""
        if isinstance(address, IPv4Address | IPv6Address) and self._reach.allows(address.host):
            self._receiver.addressResolved(address)
        else:
            self._refused.append(getattr(address, "host", "an address of another kind"))

    def resolutionComplete(self) -> None:
        """See `IResolutionReceiver`."""
        self._receiver.resolutionComplete()
