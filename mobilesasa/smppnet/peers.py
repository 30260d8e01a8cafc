"""The other end of a connection, in words."""

from __future__ import annotations

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ITransport
from twisted.python.failure import Failure


def why(reason: Failure) -> str:
    """Return why a connection ended, in words."""
    if reason.check(ConnectionDone):
        return "the peer closed the connection"
    if reason.check(SSL.Error):
        return f"TLS failed: {tls_reason(reason.value)}"
    return reason.getErrorMessage()


def tls_reason(error: BaseException | None) -> str:
    """Return what OpenSSL found wrong, in its words."""
    queue = error.args[0] if isinstance(error, SSL.Error) and error.args else None
    return str(queue[-1][-1]) if isinstance(queue, list) and queue else str(error) or "no reason is given"


def host(place: str) -> str:
    """Return the address of a `place`, without its port."""
    return place.rpartition(":")[0].strip("[]")


def encryption(transport: object) -> tuple[str, str] | None:
    """Return version and cipher of a connection over TLS, such as `TLSv1.3` and OpenSSL's name of it; else None."""
    handle = getattr(transport, "getHandle", lambda: None)()
    if not isinstance(handle, SSL.Connection):
        return None
    return handle.get_protocol_version_name(), handle.get_cipher_name() or "none yet"


def place(transport: ITransport) -> str:
    """Return `host:port` of the other end; an address without a port as it writes itself."""
    address = transport.getPeer()
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    if host is None or port is None:
        return str(address)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
