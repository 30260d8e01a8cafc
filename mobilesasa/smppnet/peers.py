"""The other end of a connection, in words."""

from __future__ import annotations

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ITransport
from twisted.python.failure import Failure

from mobilesasa.smppnet.tls import tls_reason


def why(reason: Failure) -> str:
    """Return why a connection ended, in words."""
    if reason.check(ConnectionDone):
        return "the peer closed the connection"
    if reason.check(SSL.Error):
        return f"TLS failed: {tls_reason(reason.value)}"
    return reason.getErrorMessage()


def place(transport: ITransport) -> str:
    """Return `host:port` of the other end; an address without a port as it writes itself."""
    address = transport.getPeer()
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    if host is None or port is None:
        return str(address)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
