"""What every answer tells a browser: to run, frame and guess nothing, to tell nobody where it was, and to stay with HTTPS."""

from __future__ import annotations

from typing import Final

from mobilesasa.api.ports.front import Front

#: Of what does not fall back on `default-src` each is named; `object-src` does, and is named for who reads no further.
NOTHING_RUNS: Final = (
    b"default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_YEAR_S: Final = 31_536_000


def guards(secure: bool, front: Front) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that every answer begins with; a page may set a policy of its own.

    Args:
        secure: whether the client came by HTTPS.
        front: whether that binds the names below ours, too.
    """
    made = (
        (b"X-Content-Type-Options", b"nosniff"),
        (b"Referrer-Policy", b"no-referrer"),
        (b"Content-Security-Policy", NOTHING_RUNS),
    )
    if not secure:
        return made
    stays = b"max-age=%d" % _YEAR_S + (b"; includeSubDomains" if front.hsts_subdomains else b"")
    return (*made, (b"Strict-Transport-Security", stays))
