"""Who speaks another language than the port does, told from its first octets, in words for the log."""

from __future__ import annotations

from typing import Final

_HANDSHAKE: Final = 0x16  # the content type of a TLS record (RFC 8446 §5.1)
_MAJOR: Final = 0x03
_HTTP: Final = (b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"CONN", b"PRI ", b"DELE")
_SMPP_LENGTHS: Final = range(16, 0x10000)


def is_tls(octets: bytes) -> bool:
    """Say whether a connection begins with a handshake of TLS, as far as these first octets tell."""
    return octets[:1] == bytes((_HANDSHAKE,)) and octets[1:2] in (b"", bytes((_MAJOR,)))


def language(octets: bytes) -> str:
    """Return what the first octets of a connection are: `TLS`, `HTTP`, `plain SMPP`, or `nothing known`."""
    if is_tls(octets):
        return "TLS"
    if octets[:4] in _HTTP:
        return "HTTP"
    if len(octets) >= 4 and int.from_bytes(octets[:4], "big") in _SMPP_LENGTHS:
        return "plain SMPP"
    return "nothing known"
