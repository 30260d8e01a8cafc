"""Open files: each connection is one, and most systems grant a program only 1024 until it asks for more."""

from __future__ import annotations

import resource
from typing import Final

from mobilesasa.settings import Settings

#: Beside the connections of peers: the store, carriers, the queue, certificates, the log; generously.
OWN_FILES: Final = 256


def needed(settings: Settings) -> int:
    """Return how many files a node may have open when all that may connect does."""
    smpp = 0 if settings.smpp_port is None and settings.smpp_tls_port is None else settings.smpp.max_connections
    http = 0 if settings.http_port is None and settings.https_port is None else settings.http.max_connections
    return OWN_FILES + smpp + http


def make_room(settings: Settings) -> str | None:
    """Ask the system for as many open files as the node may need; return what is wrong when it grants fewer.

    A node that has run out of them cannot reach its store or a carrier, so peers could stop it by connecting.
    """
    wanted = needed(settings)
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if granted == resource.RLIM_INFINITY or granted >= wanted:
        return None
    if most != resource.RLIM_INFINITY and most < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return (
            f"this program may have {most} files open, and {wanted} are needed when all that may connect do; raise the limit "
            "(ulimit -Hn, LimitNOFILE=) or lower smpp.max_connections and http.max_connections"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return None
