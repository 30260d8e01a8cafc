"""The settings themselves: a class a section, a field a setting, with its effect, unit and default beside it."""

import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from mobilesasa.settings.values import (
    Reader,
    address,
    countries,
    file,
    flag,
    folder,
    host,
    link_base,
    networks,
    node,
    number,
    one_of,
    origins,
    port,
    ports,
    some_of,
    url,
    whole,
)

ROLES = ("api", "smsc", "dispatch", "jobs")
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warn", "error", "critical")
PROXY_HEADERS = ("x-forwarded-for", "forwarded")
HOUR_S = 3600


def setting(
    doc: str,
    read: Reader[Any],
    default: object = attrs.NOTHING,
    *,
    factory: Callable[[], object] | None = None,
    unit: str = "",
    shown: str = "",
    secret: bool = False,
) -> Any:
    """One field of a section.

    Args:
        doc: the effect, a sentence for an operator.
        read: turns what was written down into the value, or raises ValueError with what is wrong.
        default: the value when nothing is written down.
        factory: makes the default where it is not the same everywhere.
        unit: what the number counts; empty when it counts nothing.
        shown: the default in words, where its text says too little.
        secret: kept out of `repr` and masked where settings are shown.
    """
    metadata = {"doc": doc, "read": read, "unit": unit, "shown": shown, "secret": secret}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata, repr=not secret)
    return attrs.field(default=default, metadata=metadata, repr=not secret)


def _host_name() -> str:
    """The host's name, of which only what a node's name may hold is kept."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname()).strip("-._")[:63] or "node"


@attrs.frozen(kw_only=True)
class Smpp:
    """What a team's SMPP session may do. The figures customers were told are the defaults."""

    public_host: str = setting(
        "Host by which teams reach SMPP, where that is not the one of the API and the dashboard.",
        host,
        "",
        shown="that of the API",
    )
    public_port: int = setting(
        "Port by which teams reach it there, where a proxy or NAT gives it another; 0: as it listens.",
        whole(0, 65_535),
        0,
    )
    public_tls_port: int = setting("The same of the port over TLS; 0: as it listens.", whole(0, 65_535), 0)
    max_connections: int = setting(
        "TCP connections held at once, bound or not.", whole(1, 100_000), 1000, unit="connections"
    )
    max_connections_per_address: int = setting(
        "Those of one address, or of one IPv6 network of 64 bits; 0 where a proxy's address stands for all.",
        whole(0, 100_000),
        100,
        unit="connections",
    )
    max_sessions_per_team: int = setting(
        "Bound sessions of one team, over all nodes.", whole(1, 1000), 5, unit="sessions"
    )
    session_tps: int = setting(
        "Messages a session may submit a second; more is throttled.", whole(1, 100_000), 50, unit="messages"
    )
    window: int = setting(
        "Submits without an answer at which reading from the session pauses.", whole(1, 10_000), 100, unit="PDUs"
    )
    bind_timeout_s: float = setting(
        "A connection that has not bound by then is closed.", number(0.1, HOUR_S), 10.0, unit="seconds"
    )
    enquire_link_s: float = setting(
        "Silence after which we ask the peer for a sign.", number(0.1, HOUR_S), 30.0, unit="seconds"
    )
    idle_timeout_s: float = setting(
        "Silence after which a session is closed.", number(0.1, HOUR_S), 60.0, unit="seconds"
    )
    limit_octets: int = setting(
        "The longest PDU that is read; before a bind it is 1,024 octets at most.",
        whole(1024, 1_048_576),
        65_536,
        unit="octets",
    )
    max_validity_h: int = setting("A longer validity period is shortened to this.", whole(1, 168), 24, unit="hours")
    receipt_window: int = setting(
        "Receipts without an answer on one session; 0: a fifth of its submits a second, 10 at least.",
        whole(0, 1000),
        0,
        unit="PDUs",
    )
    receipt_spool_h: int = setting("How long a receipt waits for its team to bind.", whole(1, 720), 72, unit="hours")
    tls_certificate_file: Path | None = setting(
        "Certificate chain for the TLS port, PEM.", file, None, shown="one is made"
    )
    tls_key_file: Path | None = setting("Private key of that certificate, PEM.", file, None, shown="one is made")
    tls_client_ca_file: Path | None = setting(
        "Authorities whose certificates clients may show on the TLS port, PEM.",
        file,
        None,
        shown="clients are not asked",
    )
    tls_client_required: bool = setting("Whether a client without such a certificate is turned away.", flag, False)


@attrs.frozen(kw_only=True)
class Http:
    """The REST API and what else is served on its port."""

    max_connections: int = setting("TCP connections held at once.", whole(1, 100_000), 1000, unit="connections")
    max_body_octets: int = setting("A longer request is refused.", whole(1024, 104_857_600), 1_048_576, unit="octets")
    max_file_octets: int = setting(
        "A longer file of contacts is refused.", whole(1024, 104_857_600), 52_428_800, unit="octets"
    )
    body_min_octets_per_s: int = setting(
        "Such a file is cut off when it comes slower, on average after its first 30 seconds.",
        whole(1, 1_048_576),
        16_384,
        unit="octets a second",
    )
    timeout_s: float = setting("Silence after which a connection is closed.", number(1, HOUR_S), 60.0, unit="seconds")
    metrics: bool = setting("Whether `/metrics` is served, for Prometheus.", flag, True)
    tls_certificate_file: Path | None = setting(
        "Certificate chain for the HTTPS port, PEM.", file, None, shown="one is made"
    )
    tls_key_file: Path | None = setting("Private key of that certificate, PEM.", file, None, shown="one is made")
    trusted_proxies: tuple[str, ...] = setting(
        "Addresses and networks of proxies whose word about the client's address and HTTPS is believed.",
        networks,
        (),
        shown="none",
    )
    proxy_header: str = setting(
        "The header in which those give the client's address; they must set it themselves.",
        one_of(*PROXY_HEADERS),
        "x-forwarded-for",
    )
    cors_origins: tuple[str, ...] = setting(
        "Other sites whose pages may call the API with a token; `*` is every site.", origins, (), shown="none"
    )
    hsts_subdomains: bool = setting(
        "Whether browsers that came by HTTPS are to come so to all names below the node's own, too.", flag, False
    )


@attrs.frozen(kw_only=True)
class Messages:
    """The rules that hold for a message, however it came in."""

    max_parts: int = setting("A text that needs more parts is refused.", whole(1, 255), 10, unit="parts")
    default_validity_h: int = setting("When a message expires that names no validity.", whole(1, 168), 24, unit="hours")
    text_days: int = setting(
        "Texts are kept so long after a message was accepted, then removed; 0 keeps them for ever.",
        whole(0, 3650),
        0,
        unit="days",
    )
    keep_months: int = setting(
        "Messages are kept for so many full months after that of their acceptance, then removed; 0 keeps them for ever.",
        whole(0, 120),
        0,
        unit="months",
    )


@attrs.frozen(kw_only=True)
class Store:
    """The way to the database."""

    pool_size: int = setting(
        "Connections for all but the writer, which has its own.", whole(1, 100), 6, unit="connections"
    )
    writer_batch_max: int = setting("Messages that share a commit at most.", whole(1, 5000), 500, unit="messages")
    statement_timeout_s: float = setting(
        "A statement that takes longer is cancelled.", number(0.1, HOUR_S), 30.0, unit="seconds"
    )


@attrs.frozen(kw_only=True)
class Dispatch:
    """How messages are brought to the carriers."""

    claim_ahead: int = setting(
        "Messages claimed for a carrier before it has room for them.", whole(1, 10_000), 500, unit="messages"
    )
    sweep_interval_s: float = setting(
        "How often what was left behind is looked for.", number(0.1, HOUR_S), 5.0, unit="seconds"
    )
    lease_s: float = setting(
        "A claim that was not renewed for so long is another node's to take.", number(1, HOUR_S), 60.0, unit="seconds"
    )


@attrs.frozen(kw_only=True)
class Webhooks:
    """How teams' webhooks are called."""

    timeout_s: float = setting("A call without an answer by then has failed.", number(0.1, 60), 15.0, unit="seconds")
    in_flight: int = setting("Calls of one webhook at once.", whole(1, 100), 8, unit="calls")
    ports: tuple[int, ...] = setting(
        "The ports that a webhook may have; an empty list lets it have any.", ports, (80, 443, 8080, 8443)
    )
    private_networks: tuple[str, ...] = setting(
        "Networks that are not the internet's, such as your own, in which webhooks may be called all the same.",
        networks,
        (),
        shown="none",
    )
    log_days: int = setting("How long what was told is kept, with what came of it.", whole(2, 365), 30, unit="days")


@attrs.frozen(kw_only=True)
class Links:
    """Short links in campaigns, which count who follows them."""

    base_url: str = setting(
        "What short links begin with: an HTTPS address at which clients reach this node, by a host of its own or below a path "
        "of its own; without it links are not tracked.",
        link_base,
        "",
        shown="none",
    )


@attrs.frozen(kw_only=True)
class Rules:
    """What countries ask of messages by the class of their sender: quiet hours, and what a text must end with."""

    packs: tuple[str, ...] = setting(
        "The countries whose rule packs hold, ISO 3166-1; `off` or an empty list: none.", countries, ("KE",)
    )
    folder: Path | None = setting(
        "Folder of your own packs, `ke.toml` for KE; one that is there is read instead of the one that is shipped.",
        folder,
        None,
        shown="none",
    )


@attrs.frozen(kw_only=True)
class Settings:
    """All that an operator may set. The defaults make the embedded node: own database and queue, this machine alone."""

    state_dir: Path = setting(
        "Folder of all that a node keeps.", folder, factory=lambda: Path("var").absolute(), shown="./var"
    )
    node: str = setting(
        "Name of this node in logs, metrics and leases.", node, factory=_host_name, shown="the host's name"
    )
    roles: tuple[str, ...] = setting("Which parts run in this process.", some_of(*ROLES), ROLES, shown=", ".join(ROLES))
    bind_host: str = setting("Address to listen on; 0.0.0.0 opens the node to the network.", address, "127.0.0.1")
    http_port: int | None = setting(
        "Port of the REST API and the dashboard; 0 takes a free one, off serves none.", port, 8080
    )
    https_port: int | None = setting("Port of the same over HTTPS; 0 takes a free one, off serves none.", port, None)
    smpp_port: int | None = setting("Port of SMPP; 0 takes a free one, off serves none.", port, 2775)
    smpp_tls_port: int | None = setting("Port of SMPP over TLS; 0 takes a free one, off serves none.", port, 2776)
    database_url: str = setting(
        "PostgreSQL to use instead of the embedded one.",
        url("postgresql", "postgres"),
        "",
        secret=True,
        shown="embedded",
    )
    amqp_url: str = setting(
        "RabbitMQ to use instead of the queue in memory.", url("amqp", "amqps"), "", secret=True, shown="in memory"
    )
    demo: bool = setting("Whether an empty embedded database gets a demo team and a sandbox carrier.", flag, True)
    log_format: str = setting("Lines for people, or one JSON object an event.", one_of(*LOG_FORMATS), "text")
    log_level: str = setting(f"The least that is logged: {', '.join(LOG_LEVELS)}.", one_of(*LOG_LEVELS), "info")
    smpp: Smpp = attrs.field(factory=Smpp)
    http: Http = attrs.field(factory=Http)
    messages: Messages = attrs.field(factory=Messages)
    store: Store = attrs.field(factory=Store)
    dispatch: Dispatch = attrs.field(factory=Dispatch)
    webhooks: Webhooks = attrs.field(factory=Webhooks)
    rules: Rules = attrs.field(factory=Rules)
    links: Links = attrs.field(factory=Links)
    # Where values came from, by full name: the file's or the variable's name; a name that is missing has its default.
    sources: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}), eq=False, repr=False)


SECTIONS: Mapping[str, type] = {
    "smpp": Smpp,
    "http": Http,
    "messages": Messages,
    "store": Store,
    "dispatch": Dispatch,
    "webhooks": Webhooks,
    "rules": Rules,
    "links": Links,
}


@attrs.frozen
class Field:
    """A setting as `load` and the pages about settings see it."""

    section: str  # empty for the flat ones
    attribute: "attrs.Attribute[Any]"

    @property
    def name(self) -> str:
        """The name with its section: `http_port`, `smpp.window`."""
        return f"{self.section}.{self.attribute.name}" if self.section else self.attribute.name

    @property
    def variable(self) -> str:
        """The environment's name for it: `MOBILESASA_SMPP_WINDOW`."""
        return f"MOBILESASA_{self.name.replace('.', '_').upper()}"

    @property
    def read(self) -> Reader[Any]:
        """Turns what was written down into the value; ValueError says what is wrong."""
        reader: Reader[Any] = self.attribute.metadata["read"]
        return reader

    @property
    def doc(self) -> str:
        """The effect, one sentence."""
        return str(self.attribute.metadata["doc"])

    @property
    def unit(self) -> str:
        """What the number counts, or nothing."""
        return str(self.attribute.metadata["unit"])

    @property
    def secret(self) -> bool:
        """Whether the value may hold a password."""
        return bool(self.attribute.metadata["secret"])

    @property
    def default_shown(self) -> str:
        """The default as an operator would write it, or in words."""
        return str(self.attribute.metadata["shown"]) or str(written(self.attribute.default))


def written(value: object) -> str:
    """A value as it would stand in the environment."""
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fields() -> tuple[Field, ...]:
    flat = [Field("", attribute) for attribute in attrs.fields(Settings) if "doc" in attribute.metadata]
    return (*flat, *(Field(section, each) for section, kind in SECTIONS.items() for each in attrs.fields(kind)))


FIELDS = _fields()
