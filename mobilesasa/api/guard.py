"""What every answer tells a browser: to run, frame and guess nothing, to tell nobody where it was, and to stay with HTTPS."""

from __future__ import annotations

from typing import Final

import attrs

from mobilesasa.api.ports.front import Front

POLICY: Final = b"Content-Security-Policy"
#: Of what does not fall back on `default-src` each is named; `object-src` does, and is named for who reads no further.
NOTHING_RUNS: Final = (
    b"default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_YEAR_S: Final = 31_536_000


@attrs.frozen
class Guards:
    """Lines of the head of an answer."""

    lines: bytes
    policy: bytes  # that nothing runs; a page has one of its own instead


def guards(secure: bool, front: Front) -> Guards:
    """Return what every answer begins with.

    Args:
        secure: whether the client came by HTTPS.
        front: whether that binds the names below ours, too.
    """
    lines = [b"X-Content-Type-Options: nosniff", b"Referrer-Policy: no-referrer"]
    if secure:
        below = b"; includeSubDomains" if front.hsts_subdomains else b""
        lines.append(b"Strict-Transport-Security: max-age=%d%b" % (_YEAR_S, below))
    return Guards(b"".join(b"%b\r\n" % line for line in lines), b"%b: %b\r\n" % (POLICY, NOTHING_RUNS))
