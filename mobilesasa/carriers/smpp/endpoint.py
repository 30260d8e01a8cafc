"""Where an SMPP carrier is, plain or over TLS."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.logger import Logger

from mobilesasa.carriers.options import BadOptions
from mobilesasa.carriers.port import World
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.smppnet.certificates import BadCertificate
from mobilesasa.smppnet.tls_client import ClientTls, TlsClientEndpoint, Trust

_log = Logger()


def endpoint_of(name: str, options: SmppOptions, world: World) -> IStreamClientEndpoint:
    """Return what connects to the carrier of a name.

    Raises:
        BadOptions: A file of its TLS cannot be used.
    """
    below = HostnameEndpoint(world.reactor, options.host, options.port, timeout=options.connect_timeout_s)
    if not options.tls:
        return below
    if not options.tls_verify:
        _log.error(
            "{name}: TLS without verification (tls_verify=false): whoever answers at {host} gets the password and the "
            "messages; set tls_ca_file instead",
            name=name,
            host=options.host,
        )
    trust = Trust(
        server_name=options.tls_server_name or options.host,
        verify=options.tls_verify,
        ca_file=_path(options.tls_ca_file),
        certificate_file=_path(options.tls_certificate_file),
        key_file=_path(options.tls_key_file),
    )
    try:
        return TlsClientEndpoint(below, ClientTls(trust), world.reactor)
    except BadCertificate as bad:
        raise BadOptions({"tls": str(bad)}) from bad


def _path(written: str) -> Path | None:
    return Path(written) if written else None
