"""The certificate that a server shows: its operator's, or one that signs itself and is made once."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME: Final = timedelta(days=3652)  # ten years
CERTIFICATE_NAME: Final = "certificate.pem"
KEY_NAME: Final = "key.pem"
_SLOW_CLOCKS: Final = timedelta(days=1)  # a peer's clock may be behind ours by this
_COMMON_NAME_MAX: Final = 64  # (RFC 5280, appendix A.1: ub-common-name)


class BadCertificate(ValueError):
    """A certificate or its key cannot be used; the text names the file and is for the operator."""


@attrs.frozen
class Identity:
    """What a server shows of itself, each as a PEM file.

    Attributes:
        certificate_file: the server's certificate, and after it those between it and a root.
        key_file: the private key of the first, without a passphrase.
        client_ca_file: the authorities whose certificates clients may show; None asks clients for none.
        client_required: whether a client without a certificate is turned away.
    """

    certificate_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    client_required: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        named = (self.certificate_file, self.key_file, self.client_ca_file)
        return tuple(file for file in named if file is not None)


def identity(certificate_file: Path | None, key_file: Path | None, folder: Path, now: datetime) -> Identity:
    """Return the files that are given, or where none is, the certificate that signs itself in `folder`.

    Raises:
        BadCertificate: only one of the two files is given, or the folder cannot be written.
    """
    if certificate_file is not None and key_file is not None:
        return Identity(certificate_file, key_file)
    if certificate_file is not None:
        raise BadCertificate(f"{certificate_file} is a certificate without a key: give both or neither")
    if key_file is not None:
        raise BadCertificate(f"{key_file} is a key without a certificate: give both or neither")
    return self_signed(folder, socket.gethostname(), now)


def self_signed(folder: Path, host: str, now: datetime) -> Identity:
    """Return the certificate in `folder` that signs itself; made when it, or its key, is not there.

    Args:
        folder: made when it is not there; for our user alone, and so is the key.
        host: the name in the certificate; one that cannot stand there becomes `mobilesasa`.
        now: the time of day, aware. The certificate holds for ten years from then.

    Raises:
        BadCertificate: the folder or a file in it cannot be written.
    """
    files = Identity(folder / CERTIFICATE_NAME, folder / KEY_NAME)
    try:
        if not (files.certificate_file.exists() and files.key_file.exists()):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = ec.generate_private_key(ec.SECP256R1())
            files.certificate_file.unlink(missing_ok=True)  # so that a new key never stands beside an old certificate
            _write(files.key_file, _key_pem(key), 0o600)
            _write(files.certificate_file, _certificate_pem(key, host, now), 0o644)
    except OSError as failed:
        raise BadCertificate(f"a certificate cannot be kept in {folder}: {failed.strerror or failed}") from failed
    return files


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate_pem(key: ec.EllipticCurvePrivateKey, host: str, now: datetime) -> bytes:
    named = host if host.isascii() and 0 < len(host) <= _COMMON_NAME_MAX else "mobilesasa"
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, named)])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLOW_CLOCKS)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(named)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)  # so that a peer can trust it
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, octets: bytes, mode: int) -> None:
    """Write a file that is there whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as into:
        into.write(octets)
        into.flush()
        os.fsync(into.fileno())
    half.rename(path)


def certificates(path: Path) -> Sequence[x509.Certificate]:
    """Return the certificates in a PEM file, in their order.

    Raises:
        BadCertificate: it cannot be read, or has none.
    """
    octets = _read(path)
    try:
        return x509.load_pem_x509_certificates(octets)
    except ValueError as bad:
        raise BadCertificate(f"{path} has no certificate in PEM") from bad


def private_key(path: Path) -> Any:
    """Return the key of whatever kind; OpenSSL says later whether it serves."""
    octets = _read(path)
    try:
        return serialization.load_pem_private_key(octets, password=None)
    except TypeError as locked:
        raise BadCertificate(f"{path} is locked with a passphrase; a server needs a key without one") from locked
    except (ValueError, UnsupportedAlgorithm) as bad:
        raise BadCertificate(f"{path} has no private key in PEM") from bad


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failed:
        raise BadCertificate(f"{path} cannot be read: {failed.strerror or failed}") from failed
