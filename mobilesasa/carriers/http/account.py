"""What an operator sets for an HTTP carrier, checked and compiled: options, a preset, and tables laid over it.

Options are given flat (``timeout_s=10``), and tables as tables or with dots (``request.url=…``). Secrets are the preset's
own that are marked so, everything under ``secret``, and `callback_secret`; they are never shown (`masking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import attrs

from mobilesasa.carriers.http import presets
from mobilesasa.carriers.http.answers import AnswerReader
from mobilesasa.carriers.http.callbacks import CallbackReader
from mobilesasa.carriers.http.places import BadPlace
from mobilesasa.carriers.http.requests import FIELDS, RequestWriter
from mobilesasa.carriers.http.spec import (
    SECRET,
    TABLES,
    BadSpec,
    HttpSpec,
    OptionSpec,
    Signing,
    laid_over,
    read_spec,
    with_tables,
)
from mobilesasa.carriers.http.templates import BadTemplate, compile_text
from mobilesasa.carriers.http.tokens import TokenAsked, token_asked
from mobilesasa.carriers.http.wire import trust
from mobilesasa.carriers.options import BadOptions, structure, within
from mobilesasa.core.callbacks import About
from mobilesasa.core.teams import CarrierRecord, Network

_NO_RECORD: Final = CarrierRecord(0, "carrier", "http")


@attrs.frozen(kw_only=True)
class HttpOptions:
    """What can be set beside the preset's own options."""

    preset: str = "generic"
    timeout_s: float = attrs.field(default=30.0, validator=within(0.1, 300))  # for a whole exchange
    connect_timeout_s: float = attrs.field(default=10.0, validator=within(0.1, 120))
    window: int = attrs.field(default=50, validator=within(1, 2000))  # parts in requests that are not answered
    tps: float = attrs.field(default=0.0, validator=within(0, 100_000))  # requests a second; 0: no limit
    pool: int = attrs.field(default=50, validator=within(1, 2000))  # connections that are kept for use again
    keep_s: float = attrs.field(default=4.0, validator=within(0, 300))  # for how long
    answer_octets: int = attrs.field(default=65_536, validator=within(256, 4_194_304))  # of an answer this much is read
    ca_file: str = ""  # certificates to trust instead of the system's
    public_url: str = ""  # where carriers reach this node, such as https://sms.example.com
    callback_secret: str = attrs.field(default="", repr=False)  # the last word of the addresses of callbacks
    callback_header: str = "X-Callback-Secret"  # or it comes in this header
    callback_networks: str = ""  # where callbacks may come from, with commas; empty: anywhere


@attrs.frozen
class HttpAccount:
    """A carrier's configuration, ready for use."""

    options: HttpOptions
    spec: HttpSpec
    values: Mapping[str, str | None] = attrs.field(repr=False)  # of the fields that are options
    networks: tuple[Network, ...] = ()
    trusted: str = attrs.field(default="", repr=False)  # certificates in PEM; empty for the system's

    def callback_url(self, name: str, about: About) -> str | None:
        """Return the address that a carrier of this name calls; None without `public_url` and a secret."""
        options = self.options
        if not options.public_url or not options.callback_secret:
            return None
        return f"{options.public_url}{callback_path(name, about, options.callback_secret)}"

    def fields_for(self, name: str) -> dict[str, str | None]:
        """Return the values of all fields that are the same for each message."""
        return {
            **self.values,
            "carrier": name,
            "callback_url": None if self.spec.receipts is None else self.callback_url(name, About.RECEIPTS),
            "inbound_url": None if self.spec.inbound is None else self.callback_url(name, About.INBOUND),
        }

    def token_asked(self) -> TokenAsked | None:
        """Return how an access token is asked for; None where none is needed.

        Raises:
            ValueError: it cannot be asked for with what is set.
        """
        return token_asked(self.spec.request.auth, self.values)

    def reader(self, record: CarrierRecord) -> CallbackReader:
        """Return what reads the callbacks of a carrier."""
        secret = compile_text(self.spec.signature.secret, self.values).fill(self.values) or ""
        return CallbackReader(
            record.id,
            self.spec,
            secret=self.options.callback_secret,
            secret_header=self.options.callback_header.lower(),
            networks=self.networks,
            public_url=self.options.public_url,
            signing_secret=secret,
        )


def callback_path(name: str, about: About, secret: str) -> str:
    """Return the path of a carrier's callbacks."""
    return f"/carriers/{name}/{about.value}/{quote(secret, safe='')}"


def parse_account(given: Mapping[str, object]) -> HttpAccount:
    """Check and compile what an operator set.

    Raises:
        BadOptions: Unknown, missing or wrong options, tables or templates; as many of them at once as can be seen.
    """
    nested = with_tables(given)
    preset = str(nested.get("preset", "generic"))
    try:
        under = presets.tables(preset)
    except KeyError:
        raise BadOptions({"preset": f"must be one of {', '.join(presets.names())}"}) from None
    over = {name: nested[name] for name in TABLES & nested.keys()}
    try:
        spec = read_spec(laid_over(under, over))
    except BadSpec as bad:
        raise BadOptions(bad.faults) from None
    own = set(spec.options) | {SECRET}
    faults: dict[str, str] = {}
    values = _own_values(spec.options, nested, faults)
    rest = {name: value for name, value in nested.items() if name not in own and name not in TABLES}
    options = HttpOptions()
    networks: tuple[Network, ...] = ()
    try:
        options = _tidied(structure(HttpOptions, rest), faults)
        networks = _networks(options.callback_networks, faults)
    except BadOptions as bad:
        faults |= bad.faults
    account = HttpAccount(options, spec, values, networks, _trusted(options.ca_file, faults))
    if not faults:
        _compile_all(account, faults)
    if faults:
        raise BadOptions(faults)
    return account


def _own_values(
    declared: Mapping[str, OptionSpec], nested: Mapping[str, Any], faults: dict[str, str]
) -> dict[str, str | None]:
    """Return the values of the preset's options and of the secrets, by the names that templates have for them."""
    values: dict[str, str | None] = {}
    for name, spec in declared.items():
        value = nested.get(name, spec.default)
        if name in FIELDS:
            faults[f"options.{name}"] = "is the name of a field already"
        elif value is None:
            faults[name] = f"is needed: {spec.about}" if spec.about else "is needed"
        elif isinstance(value, bool) or not isinstance(value, str | int):
            faults[name] = "must be text"
        else:
            values[f"{SECRET}.{name}" if spec.secret else name] = str(value) or None
            if name.endswith("base_url") and not _is_url(str(value)):
                faults[name] = "must be an address, http:// or https://, without a query"
    more = nested.get(SECRET, {})
    if not isinstance(more, Mapping) or not all(isinstance(each, str) for each in more.values()):
        faults[SECRET] = "must be a table of texts: secret.NAME=VALUE"
    else:
        values |= {f"{SECRET}.{name}": value or None for name, value in more.items()}
    return {name: value.rstrip("/") if name.endswith("base_url") and value else value for name, value in values.items()}


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and parts.port != 0
    except ValueError:
        return False


def _tidied(options: HttpOptions, faults: dict[str, str]) -> HttpOptions:
    if options.public_url and not _is_url(options.public_url):
        faults["public_url"] = "must be an address, http:// or https://, without a query"
    if options.callback_secret and len(options.callback_secret) < 16:
        faults["callback_secret"] = "must have at least 16 characters"  # noqa: S105 - what is wrong with it
    return attrs.evolve(options, public_url=options.public_url.rstrip("/"))


def _networks(written: str, faults: dict[str, str]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in written.split(",") if each.strip())
    except ValueError as bad:
        faults["callback_networks"] = str(bad)
        return ()


def _compile_all(account: HttpAccount, faults: dict[str, str]) -> None:
    """Have everything compiled once, so that what is wrong is known now."""
    spec = account.spec
    try:
        RequestWriter(spec, account.fields_for("carrier"), lambda: 0)
    except BadTemplate as bad:
        faults["request"] = str(bad)
    try:
        account.token_asked()
    except ValueError as bad:
        faults["request.auth"] = str(bad)
    try:
        AnswerReader(spec.answer)
    except ValueError as bad:  # BadPlace among them
        faults["answer"] = str(bad)
    try:
        account.reader(_NO_RECORD)
    except BadTemplate as bad:
        faults["signature.secret"] = str(bad)
    except (BadPlace, ValueError) as bad:
        faults["receipts or inbound"] = str(bad)
    if not spec.answer.id:
        faults["answer.id"] = "is needed: the place of the id, or {ref} where receipts come under ours"
    if spec.signature.kind is not Signing.NONE and not spec.signature.secret:
        faults["signature.secret"] = "is needed: what the carrier signs with"
    if spec.signature.kind is Signing.TWILIO and not account.options.public_url:
        faults["public_url"] = "is needed: the carrier signs the address that it calls"


def _trusted(ca_file: str, faults: dict[str, str]) -> str:
    if not ca_file:
        return ""
    try:
        pem = Path(ca_file).read_text("ascii")
        trust(pem)
    except (OSError, ValueError) as bad:
        faults["ca_file"] = f"cannot be used: {bad}"
        return ""
    return pem
