"""Why a connection to RabbitMQ ended or never began, in the words of the log."""

from __future__ import annotations

from OpenSSL import SSL
from service_identity.exceptions import CertificateError, VerificationError
from twisted.internet.error import ConnectionClosed, ConnectionDone
from twisted.python.failure import Failure

from mobilesasa.queue.amqp.url import AmqpUrl

ACCESS_REFUSED = 403
NOT_ALLOWED = 530


def why_lost(reason: Failure, url: AmqpUrl) -> str:
    """Return why a connection that stood was lost, or its TLS failed."""
    if reason.check(SSL.Error, VerificationError, CertificateError):
        return f"TLS with RabbitMQ at {url.place} failed: {_tls(reason.value)}"
    if reason.check(ConnectionDone):
        return f"RabbitMQ at {url.place} closed the connection without a word"
    if reason.check(ConnectionClosed):
        return f"the connection to RabbitMQ at {url.place} broke: {reason.getErrorMessage()}"
    return f"the connection to RabbitMQ at {url.place} was given up: {reason.getErrorMessage()}"


def why_not_connected(reason: Failure, url: AmqpUrl) -> str:
    """Return why none could be had."""
    return f"cannot connect to RabbitMQ at {url.place}: {reason.getErrorMessage() or repr(reason.value)}"


def why_closed(code: int, text: str, url: AmqpUrl, opening: bool) -> str:
    """Return what RabbitMQ's connection.close means; `opening`: it came before the connection was open."""
    if opening and code == ACCESS_REFUSED:
        return f"RabbitMQ refuses the password of user {url.user}, or does not know the user"
    if opening and code == NOT_ALLOWED and "not found" in text:
        return f"RabbitMQ has no vhost {url.vhost}"
    if opening and code == NOT_ALLOWED and "refused for user" in text:
        return f"RabbitMQ does not let user {url.user} into vhost {url.vhost}"
    return f"RabbitMQ closed the connection: {code} {text}"


def _tls(error: BaseException | None) -> str:
    """Return what OpenSSL found wrong, in its words."""
    if isinstance(error, VerificationError | CertificateError):
        return "the certificate is of another host"
    queue = error.args[0] if isinstance(error, SSL.Error) and error.args else None
    return str(queue[-1][-1]) if isinstance(queue, list) and queue else str(error) or "no reason is given"
