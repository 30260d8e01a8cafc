"""How to reach RabbitMQ over TCP or TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificates
from OpenSSL.crypto import X509
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.ssl import Certificate, optionsForClientTLS, platformTrust, trustRootFromCertificates

from mobilesasa.queue.amqp.url import AmqpUrl, BadUrl

CONNECT_S = 10.0


def endpoint(reactor: Any, url: AmqpUrl) -> IStreamClientEndpoint:
    """Return where a URL leads.

    With amqps the certificate must bear the host's name (RFC 6125) and be of an authority that is trusted.

    Raises:
        BadUrl: the file of authorities cannot be read.
    """
    plain = HostnameEndpoint(reactor, url.host, url.port, timeout=CONNECT_S)
    if not url.tls:
        return plain
    trusted = platformTrust() if url.ca_file is None else trustRootFromCertificates(_authorities(url.ca_file))
    secure: IStreamClientEndpoint = wrapClientTLS(optionsForClientTLS(url.host, trustRoot=trusted), plain)
    return secure


def _authorities(file: Path) -> list[Certificate]:
    try:
        return [Certificate(X509.from_cryptography(each)) for each in load_pem_x509_certificates(file.read_bytes())]
    except OSError as error:
        raise BadUrl(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadUrl(f"{file} holds no certificate in PEM") from error
