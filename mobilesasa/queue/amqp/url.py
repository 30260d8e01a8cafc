"""Where RabbitMQ is and who we are there, by URL: `amqps://user:password@host:5671/vhost?heartbeat=20&ca=/etc/ca.pem`."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import attrs

PORTS: Final = {"amqp": 5672, "amqps": 5671}
HEARTBEAT_S: Final = 20


class BadUrl(ValueError):
    """A URL of RabbitMQ is wrong; the text says what, and holds no password."""


@attrs.frozen(kw_only=True)
class AmqpUrl:
    """What a URL says; `str` gives it without the password.

    Attributes:
        tls: whether it is amqps.
        heartbeat_s: after so long a silence, in whole seconds, a side gives the other up; 0: never.
        ca_file: the authorities that are trusted, PEM; None for those of the machine.
    """

    host: str
    port: int
    tls: bool = False
    user: str = "guest"
    password: str = attrs.field(default="guest", repr=False)
    vhost: str = "/"
    heartbeat_s: int = HEARTBEAT_S
    ca_file: Path | None = None

    @property
    def place(self) -> str:
        """The broker as `host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        scheme, vhost = "amqps" if self.tls else "amqp", "" if self.vhost == "/" else self.vhost
        return f"{scheme}://{self.user}@{self.place}/{vhost}"


def parse_url(text: str) -> AmqpUrl:
    """Read a URL; what is not said is that of RabbitMQ: guest, guest, the port of the scheme, the vhost `/`.

    Raises:
        BadUrl: a part of it is wrong.
    """
    parts = _split(text)
    asked = _query(parts.query)
    return AmqpUrl(
        host=_host(parts),
        port=_port(parts),
        tls=parts.scheme == "amqps",
        user="guest" if parts.username is None else _plain("user", parts.username),
        password="guest" if parts.password is None else _plain("password", parts.password),
        vhost=_vhost(parts.path),
        heartbeat_s=_heartbeat_s(asked.get("heartbeat")),
        ca_file=_ca_file(asked.get("ca"), parts.scheme),
    )


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise BadUrl("the address of RabbitMQ is no URL: its host cannot be read") from None
    if parts.scheme not in PORTS:
        raise BadUrl("the URL of RabbitMQ begins with amqp:// or amqps://")
    if parts.fragment or "@" in parts.path + parts.query:
        raise BadUrl("in the URL of RabbitMQ what is no letter or digit in user, password and vhost is written %XX")
    return parts


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise BadUrl(f"the URL of RabbitMQ names no host: {parts.scheme}://host")
    return parts.hostname


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise BadUrl("the port of RabbitMQ is a number from 1 to 65535")
    return PORTS[parts.scheme] if port is None else port


def _vhost(path: str) -> str:
    name = path.removeprefix("/")
    if "/" in name:
        raise BadUrl("a / in the name of a vhost is written %2F")
    return _plain("vhost", name) or "/"


def _plain(what: str, quoted: str) -> str:
    """Return what a percent-encoded part means; the name of each goes into one octet of length at most."""
    try:
        plain = unquote(quoted, errors="strict")
    except UnicodeDecodeError:
        raise BadUrl(f"the {what} in the URL of RabbitMQ is not UTF-8") from None
    if len(plain.encode()) > 255 or "\0" in plain:
        raise BadUrl(f"the {what} in the URL of RabbitMQ has up to 255 octets, none of them NUL")
    return plain


def _query(query: str) -> dict[str, str]:
    asked = parse_qsl(query, keep_blank_values=True)
    unknown = sorted({name for name, _ in asked} - {"heartbeat", "ca"})
    if unknown:
        raise BadUrl(f"{unknown[0]} in the URL of RabbitMQ is unknown; known are heartbeat and ca")
    return dict(asked)


def _heartbeat_s(text: str | None) -> int:
    if text is None:
        return HEARTBEAT_S
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise BadUrl("heartbeat in the URL of RabbitMQ is a number of seconds from 0 to 65535")
    return int(text)


def _ca_file(text: str | None, scheme: str) -> Path | None:
    if text is None:
        return None
    if not text or scheme != "amqps":
        raise BadUrl("ca in the URL of RabbitMQ names a file of certificates, and goes with amqps:// only")
    return Path(text)
