"""TLS towards a server: what a client trusts and shows, and the endpoint that speaks it.

The server's certificate must be of an authority that we trust and bear the server's name (RFC 6125), or an operator has
said otherwise, and then the log does. Nothing of SMPP leaves before the handshake is over, so nobody but the server that
was meant learns the password.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from OpenSSL import SSL, crypto
from service_identity.exceptions import CertificateError, VerificationError
from service_identity.pyopenssl import verify_hostname, verify_ip_address
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.smppnet.certificates import BadCertificate, certificates, private_key
from mobilesasa.smppnet.peers import tls_reason
from mobilesasa.smppnet.strangers import is_tls, language
from mobilesasa.smppnet.tls import CIPHERS, TlsFactory, TlsTransport


class NotTheServer(ValueError):
    """The certificate that was shown is of another server; the text says what it would have to be."""


class NoTls(ValueError):
    """What answers speaks no TLS."""


@attrs.frozen
class Trust:
    """What a client believes and shows.

    Attributes:
        server_name: the name, or the address, that the server's certificate must bear; it is asked for as well (RFC 6066 §3).
        verify: whether the certificate is looked at; without it whoever answers is believed.
        ca_file: the authorities that are trusted, PEM; None for those of the machine.
        certificate_file: ours, where the server wants one, and after it those between it and a root, PEM.
        key_file: the private key of it, without a passphrase.
    """

    server_name: str
    verify: bool = True
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @property
    def is_address(self) -> bool:
        """Whether the server is known by its address, which is no name to ask for."""
        return isIPAddress(self.server_name) or isIPv6Address(self.server_name)


def client_context(trust: Trust) -> SSL.Context:
    """Return what a client speaks TLS with.

    Raises:
        BadCertificate: a file is missing, is not what it should be, or they do not fit each other.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_cipher_list(CIPHERS)
    if not trust.verify:
        context.set_verify(SSL.VERIFY_NONE)
    else:
        context.set_verify(SSL.VERIFY_PEER)
        _believe(context, trust.ca_file)
    if (trust.certificate_file is None) != (trust.key_file is None):
        raise BadCertificate("a certificate and its key go together: give both or neither")
    if trust.certificate_file is not None and trust.key_file is not None:
        _show(context, trust.certificate_file, trust.key_file)
    return context


def _believe(context: SSL.Context, ca_file: Path | None) -> None:
    if ca_file is None:
        context.set_default_verify_paths()
        return
    trusted = context.get_cert_store()
    try:
        for authority in certificates(ca_file):
            if trusted is not None:
                trusted.add_cert(crypto.X509.from_cryptography(authority))
    except (SSL.Error, crypto.Error, TypeError, ValueError) as refused:
        if isinstance(refused, BadCertificate):
            raise
        raise BadCertificate(f"{ca_file} names nobody to trust: {tls_reason(refused)}") from refused


def _show(context: SSL.Context, certificate_file: Path, key_file: Path) -> None:
    chain = certificates(certificate_file)
    try:
        context.use_certificate(chain[0])
        for between in chain[1:]:
            context.add_extra_chain_cert(between)
        context.use_privatekey(private_key(key_file))
        context.check_privatekey()
    except BadCertificate:
        raise
    except (SSL.Error, TypeError, ValueError, UnsupportedAlgorithm) as refused:
        why = tls_reason(refused)
        raise BadCertificate(f"{certificate_file} and {key_file} cannot be used for TLS: {why}") from refused


@implementer(IOpenSSLClientConnectionCreator)
class ClientTls:
    """Begins TLS on new connections, and looks who answers."""

    def __init__(self, trust: Trust) -> None:
        """Read the files.

        Raises:
            BadCertificate: one of them cannot be used.
        """
        self._trust = trust
        self._context = client_context(trust)
        if trust.verify:
            self._context.set_info_callback(self._looked)

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N803 - Twisted's names
        connection = SSL.Connection(self._context, None)
        connection.set_app_data(tlsProtocol)
        if self._trust.server_name and not self._trust.is_address:
            connection.set_tlsext_host_name(self._trust.server_name.encode("idna"))
        return connection

    def _looked(self, connection: SSL.Connection, where: int, _: int) -> None:
        """See that the certificate bears the server's name, when the handshake is over and nothing else was written."""
        if not where & SSL.SSL_CB_HANDSHAKE_DONE:
            return
        trust = self._trust
        try:
            (verify_ip_address if trust.is_address else verify_hostname)(connection, trust.server_name)
        except (VerificationError, CertificateError):
            wrong = NotTheServer(f"the certificate is not that of {trust.server_name}")
            connection.get_app_data().failVerification(Failure(wrong))


class ClientTlsTransport(TlsTransport):
    """TLS over TCP towards a server, which says so when no TLS answers."""

    _heard = False

    def dataReceived(self, data: bytes) -> None:
        heard, self._heard = self._heard, True
        if not heard and not is_tls(data) and not is_alert(data):
            self.failVerification(Failure(NoTls(f"what answers speaks no TLS but {language(data)}")))
            return
        super().dataReceived(data)


def is_alert(octets: bytes) -> bool:
    """Say whether a connection begins with an alert of TLS, as of a server that refuses all that we offer."""
    return octets[:1] == b"\x15"


class _Factory(TlsFactory):
    protocol = ClientTlsTransport


@implementer(IStreamClientEndpoint)
@attrs.frozen(eq=False)
class TlsClientEndpoint:
    """Connects where another endpoint does, and speaks TLS there.

    Args:
        below: where to connect.
        tls: what begins TLS on a connection.
        clock: gathers the small writes of one turn of the reactor into one record.
    """

    below: IStreamClientEndpoint
    tls: ClientTls
    clock: IReactorTime

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        connecting: Deferred[IProtocol] = self.below.connect(_Factory(self.tls, True, protocolFactory, self.clock))
        return connecting
