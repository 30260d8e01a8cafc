"""The rows: what is done to the node, from how many addresses, how fast, and what it must be set to for that."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping

import attrs

from bench.hostile import deeds_http, deeds_smpp
from bench.hostile.crowd import Crowd
from bench.hostile.target import Target

Deed = Callable[[Crowd, Target, random.Random], Awaitable[None]]

#: Settings of a node that lets everybody stay, so that it can be seen what a connection costs.
ROOMY = (
    "smpp.max_connections=6000",
    "smpp.max_connections_per_address=0",
    "smpp.bind_timeout_s=3600",
    "http.max_connections=6000",
    "http.timeout_s=3600",
)


@attrs.frozen
class Row:
    """One attack.

    Attributes:
        deed: what is done; its docstring says it.
        per_s: connections, or turns of the deed, that are begun in a second at most.
        many: from 200 addresses; else from one.
        settings: other than the defaults.
        stays: whether no connection may be closed.
    """

    deed: Deed
    per_s: float
    many: bool = True
    settings: tuple[str, ...] = ()
    stays: bool = False

    @property
    def briefly(self) -> str:
        """What is done, and from where."""
        return f"{self._what}; {self._whence}"

    @property
    def words(self) -> str:
        """What is done, in a sentence."""
        set_so = f", with {' '.join(self.settings)}" if self.settings else ""
        return f"{self._what}; from {self._whence}, at most {self.per_s:g}/s{set_so}"

    @property
    def _what(self) -> str:
        return (self.deed.__doc__ or "").strip().rstrip(".")

    @property
    def _whence(self) -> str:
        return "200 addresses" if self.many else "one address"


_S, _H = deeds_smpp, deeds_http

ROWS: Mapping[str, Row] = {
    "smpp-idle": Row(_S.idle, 1000),
    "smpp-idle-one": Row(_S.idle, 1000, many=False),
    "smpp-tls-idle": Row(_S.idle_tls, 200),
    "http-idle": Row(_H.idle, 1000),
    "http-idle-one": Row(_H.idle, 1000, many=False),
    "http-asked-idle": Row(_H.idle_asked, 1000),
    "http-slow-heads": Row(_H.slow_heads, 1000),
    "http-slow-bodies": Row(_H.slow_bodies, 500),
    "http-unread": Row(_H.unread, 200),
    "smpp-slow": Row(_S.slow, 500),
    "smpp-large": Row(_S.large, 500),
    "smpp-unread": Row(_S.unread, 20, many=False),
    "tls-handshakes": Row(_S.handshakes, 500),
    "garbage": Row(_S.garbage, 200),
    "lengths": Row(_S.lengths, 200),
    "uploads": Row(_H.uploads, 1000),
    "bombs": Row(_H.bombs, 5, many=False),
    "headers": Row(_H.headers, 50),
    "pipelines": Row(_H.pipelines, 4),
    "json": Row(_H.awkward, 5),
    "logins-one": Row(_H.logins, 200, many=False),
    "logins": Row(_H.logins, 200),
    "refreshes-one": Row(_H.refreshes, 200, many=False),
    "refreshes": Row(_H.refreshes, 200),
    "tokens-one": Row(_H.tokens, 200, many=False),
    "tokens": Row(_H.tokens, 200),
    "bind-tokens-one": Row(_S.wrong_tokens, 200, many=False),
    "bind-tokens": Row(_S.wrong_tokens, 200),
    "bind-passwords-one": Row(_S.wrong_passwords, 200, many=False),
    "bind-passwords": Row(_S.wrong_passwords, 200),
    "links-one": Row(_H.links, 200, many=False),
    "links": Row(_H.links, 200),
    "enquiries": Row(_S.enquiries, 20, many=False),
    "submits": Row(_S.submits, 50, many=False),
    "churn-one": Row(_S.churn, 2000, many=False),
    "churn": Row(_S.churn, 2000),
    "smpp-stay": Row(_S.idle, 1000, settings=ROOMY, stays=True),
    "smpp-tls-stay": Row(_S.idle_tls, 200, settings=ROOMY, stays=True),
    "http-stay": Row(_H.idle, 1000, settings=ROOMY, stays=True),
}
