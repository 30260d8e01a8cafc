"""TLS around SMPP: what a server speaks with its certificate, and the endpoint that speaks it.

TLS is 1.2 or newer, with ciphers that authenticate what they encrypt and forget their keys (RFC 9325 §4); nothing is
compressed and nothing is negotiated again. A client shows a certificate where the operator wants one. A link over TLS
is a link like any other, and its time to bind holds for the handshake too.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from OpenSSL import SSL, crypto
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
    ISSLTransport,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.smppnet.certificates import BadCertificate, Identity, certificates, private_key
from mobilesasa.smppnet.peers import place, tls_reason
from mobilesasa.smppnet.strangers import is_tls, language

CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good


def server_context(files: Identity) -> SSL.Context:
    """Return what a server speaks TLS with.

    Raises:
        BadCertificate: a file is missing, is not what it should be, is too weak, or they do not fit each other.
    """
    chain = certificates(files.certificate_file)
    key = private_key(files.key_file)
    try:
        fits = key.public_key() == chain[0].public_key()
    except (ValueError, UnsupportedAlgorithm) as unknown:
        raise BadCertificate(f"{files.certificate_file} has a key of an unknown kind") from unknown
    if not fits:
        raise BadCertificate(f"{files.key_file} is not the key of the first certificate in {files.certificate_file}")
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # what a peer could make us keep; tickets do the same
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # 34 kB a connection that is silent
    context.set_cipher_list(CIPHERS)
    try:
        context.use_certificate(chain[0])
        for between in chain[1:]:
            context.add_extra_chain_cert(between)
        context.use_privatekey(key)
    except (SSL.Error, TypeError, ValueError) as refused:
        raise BadCertificate(f"{files.certificate_file} cannot be used for TLS: {tls_reason(refused)}") from refused
    if files.client_ca_file is not None:
        _ask_clients(context, files)
    return context


def _ask_clients(context: SSL.Context, files: Identity) -> None:
    """Have each client show a certificate of one of the authorities; one without may come in unless it is required."""
    if files.client_ca_file is None:
        return
    authorities = certificates(files.client_ca_file)
    trusted = context.get_cert_store()
    try:
        for authority in authorities:
            if trusted is not None:
                trusted.add_cert(crypto.X509.from_cryptography(authority))
            context.add_client_ca(authority)
    except (SSL.Error, crypto.Error, TypeError, ValueError) as refused:
        raise BadCertificate(f"{files.client_ca_file} names nobody to trust: {tls_reason(refused)}") from refused
    demand = SSL.VERIFY_FAIL_IF_NO_PEER_CERT | SSL.VERIFY_CLIENT_ONCE if files.client_required else 0
    context.set_verify(SSL.VERIFY_PEER | demand)  # what is shown must be good in either case
    context.set_session_id(b"mobilesasa smpp")  # without it a ticket of a client with a certificate is an error


@implementer(IOpenSSLServerConnectionCreator)
@attrs.define(eq=False)
class ServerTls:
    """Begins TLS on new connections; those that are there keep the context they began with, also when it is replaced."""

    context: SSL.Context

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:  # noqa: N802 - Twisted's name
        return SSL.Connection(self.context, None)


@implementer(ISSLTransport, IConsumer)
class TlsTransport(BufferingTLSTransport):
    """TLS over TCP that says what it can do.

    Twisted's own declares only the last interface of the transport below (`TLSMemoryBIOProtocol.makeConnection` in
    26.10), so that a link would neither switch off Nagle's algorithm nor notice a peer that does not read.
    """


class ServerTlsTransport(TlsTransport):
    """TLS over TCP towards a client; what cannot begin is said in the log.

    Who speaks no TLS at all is told from the first octet, and cut: nothing that could be sent would be understood.

    Attributes:
        served: what is spoken over TLS here.
    """

    log = Logger()
    served: ClassVar[str] = "SMPP"
    _heard = False

    def dataReceived(self, data: bytes) -> None:
        if not self._heard:
            self._heard = True
            if not is_tls(data):
                self.log.warn(
                    "{peer} speaks {language} on the port of {served} over TLS: it is cut; plain {served} has a port of its own",
                    peer=place(self),
                    language=language(data),
                    served=self.served,
                )
                self.abortConnection()
                return
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        failed = self._reason or reason  # what OpenSSL found, else what became of the connection
        if not self._handshakeDone and failed.check(SSL.Error):
            self.log.warn("TLS with {peer} could not begin: {why}", peer=place(self), why=tls_reason(failed.value))
        super().connectionLost(reason)


class TlsFactory(TLSMemoryBIOFactory):
    """Puts TLS around the protocols of a factory, which may turn a connection away."""

    protocol: type[TlsTransport] = ServerTlsTransport

    def buildProtocol(self, addr: IAddress | None) -> TlsTransport | None:  # type: ignore[override]
        inner = self.wrappedFactory.buildProtocol(addr)
        return None if inner is None else self.protocol(self, inner)  # Twisted's own would wrap None


@implementer(IStreamServerEndpoint)
@attrs.frozen(eq=False)
class TlsEndpoint:
    """Listens where another endpoint does, and speaks TLS there.

    Args:
        below: where to listen.
        tls: what begins TLS on a connection.
        clock: gathers the small writes of one turn of the reactor into one record.
    """

    below: IStreamServerEndpoint
    tls: ServerTls
    clock: IReactorTime

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        listening: Deferred[IListeningPort] = self.below.listen(
            TlsFactory(self.tls, False, protocolFactory, self.clock)
        )
        return listening
