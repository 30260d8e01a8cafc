"""What a description of an HTTP carrier may say: the tables of a preset, and of an operator's own file.

Strings are templates (`templates`) where something is sent, and places (`places`) where something is read.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import attrs
import cattrs
from cattrs import ClassValidationError, transform_error
from cattrs.errors import ForbiddenExtraKeysError

T = TypeVar("T")
Words = tuple[str, ...]


class Body(enum.StrEnum):
    """In what the fields of a request travel."""

    FORM = "form"  # application/x-www-form-urlencoded
    JSON = "json"
    QUERY = "query"  # behind the question mark


class Long(enum.StrEnum):
    """What becomes of a message of several parts."""

    WHOLE = "whole"  # one request; the aggregator cuts it
    SPLIT = "split"  # a request a part, each with its user data header


class AuthKind(enum.StrEnum):
    """How we say who we are; an API key in a header or in the query is a header or a parameter like any other."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    OAUTH2 = "oauth2"  # a bearer token that is fetched with client credentials (`tokens`)


class ClientAuth(enum.StrEnum):
    """How the token endpoint of OAuth 2.0 is told who we are (RFC 6749 §2.3.1)."""

    BASIC = "basic"
    BODY = "body"


class Signing(enum.StrEnum):
    """How a carrier signs its calls."""

    NONE = "none"
    TWILIO = "twilio"  # base64(HMAC-SHA1(secret, URL and the sorted parameters of the form))
    HMAC_SHA256 = "hmac-sha256"  # of the body, in hexadecimal or base64


@attrs.frozen(kw_only=True)
class OptionSpec:
    """An option of the preset's own, which the operator sets: ``{name}`` in templates, ``{secret.name}`` if it is one."""

    about: str = ""
    secret: bool = False
    default: str | None = None  # None: it is needed


@attrs.frozen(kw_only=True)
class AuthSpec:
    """Who we are."""

    kind: AuthKind = AuthKind.NONE
    user: str = ""
    password: str = attrs.field(default="", repr=False)
    token: str = attrs.field(default="", repr=False)
    token_url: str = ""  # of oauth2, as are all that follow
    client_id: str = ""
    client_secret: str = attrs.field(default="", repr=False)
    scope: str = ""
    client_auth: ClientAuth = ClientAuth.BASIC
    params: Mapping[str, str] = attrs.field(factory=dict)  # more that the endpoint wants, such as an audience


@attrs.frozen(kw_only=True)
class RequestSpec:
    """How a message is sent. `fields` is a table of parameters, or the tree of JSON that is sent.

    `gsm7`, `ucs2`, `binary` and `udh` are laid over `fields` for messages in that alphabet, and for those with a user data
    header; what is empty there is taken away. Where `binary` or `udh` is not there, no such message can be sent.
    """

    method: str = "POST"
    url: str = "{base_url}"
    body: Body = Body.FORM
    auth: AuthSpec = AuthSpec()
    headers: Mapping[str, str] = attrs.field(factory=dict)
    query: Mapping[str, str] = attrs.field(factory=dict)
    fields: Any = attrs.field(factory=dict)
    gsm7: Any = None
    ucs2: Any = None
    binary: Any = None
    udh: Any = None
    long: Long = Long.WHOLE
    validity_max_s: int = 0  # a longer validity is shortened to this; 0: as long as it is


@attrs.frozen(kw_only=True)
class OutcomeWords:
    """Which statuses of HTTP, or words of the carrier, mean what; of HTTP ``5xx`` stands for all of that hundred."""

    sent: Words = ()
    later: Words = ()
    never: Words = ()
    elsewhere: Words = ()  # never here, but another carrier may take it


HTTP_DEFAULTS: Final = OutcomeWords(
    sent=("2xx",),
    later=("408", "425", "429", "5xx"),
    elsewhere=("401", "402", "403", "3xx"),
    never=("4xx",),
)


@attrs.frozen(kw_only=True)
class AnswerSpec:
    """What the answer to a request means: the word at `status` or `error` before the status of HTTP.

    `id` is a place (with ``*``: an id for each part), or the template ``{ref}`` where the carrier gives none and reports
    under ours.
    """

    id: str = ""
    status: str = ""
    error: str = ""
    reason: str = ""
    words: OutcomeWords = OutcomeWords()
    http: OutcomeWords = HTTP_DEFAULTS


@attrs.frozen(kw_only=True)
class ReplySpec:
    """What we answer to a call."""

    status: int = 200
    type: str = "text/plain; charset=utf-8"
    body: str = ""


@attrs.frozen(kw_only=True)
class StateWords:
    """Which words of a receipt mean what; all others are intermediate."""

    delivered: Words = ()
    undelivered: Words = ()
    expired: Words = ()
    rejected: Words = ()
    enroute: Words = ()


@attrs.frozen(kw_only=True)
class ReceiptsSpec:
    """How receipts are read. `items` is the place of a list of them; without it the call has one, or is a list itself."""

    items: str = ""
    id: str = ""
    status: str = ""
    error: str = ""
    recipient: str = ""
    network: str = ""  # where the phone was, MCC and MNC
    at: str = ""
    at_format: str = "iso"  # iso, epoch, epoch_ms, or a format of strptime (UTC)
    states: StateWords = StateWords()
    reply: ReplySpec = ReplySpec()


@attrs.frozen(kw_only=True)
class InboundSpec:
    """How messages from phones are read; `binary` and `udh` are in hexadecimal."""

    items: str = ""
    id: str = ""
    source: str = ""
    destination: str = ""
    text: str = ""
    binary: str = ""
    udh: str = ""
    reference: str = ""  # of a long one: which message, of how many parts, which part
    total: str = ""
    number: str = ""
    reply: ReplySpec = ReplySpec()


@attrs.frozen(kw_only=True)
class SignatureSpec:
    """How a carrier proves that a call is its own; it must, once this is set."""

    kind: Signing = Signing.NONE
    header: str = ""
    secret: str = attrs.field(default="", repr=False)
    prefix: str = ""  # in front of the signature, such as ``sha256=``


@attrs.frozen(kw_only=True)
class HttpSpec:
    """A whole description."""

    about: str = ""
    source: str = ""  # where its facts are from, and when they were looked up
    options: Mapping[str, OptionSpec] = attrs.field(factory=dict)
    request: RequestSpec = RequestSpec()
    answer: AnswerSpec = AnswerSpec()
    receipts: ReceiptsSpec | None = None
    inbound: InboundSpec | None = None
    signature: SignatureSpec = SignatureSpec()


#: The tables of a description that an operator may lay over a preset's.
TABLES: Final = frozenset({"options", "request", "answer", "receipts", "inbound", "signature"})
#: The table of the operator's own secrets.
SECRET: Final = "secret"  # noqa: S105 - the name of the table


class BadSpec(ValueError):
    """A description cannot be used; `faults` says what is wrong with each place in it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)


def read_spec(tables: Mapping[str, Any]) -> HttpSpec:
    """Return a description as a value.

    Raises:
        BadSpec: unknown or wrong entries; names them all.
    """
    try:
        return _CONVERTER.structure(tables, HttpSpec)
    except ClassValidationError as wrong:
        faults: dict[str, str] = {}
        for line in transform_error(wrong, path="", format_exception=_fault):
            fault, _, place = line.rpartition(" @ ")
            faults[place.lstrip(".$") or "description"] = fault
        raise BadSpec(faults) from None


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with another laid over it: tables are merged, anything else is replaced."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def with_tables(given: Mapping[str, object]) -> dict[str, Any]:
    """Return options with those whose names have dots put into tables: ``{"a.b": 1}`` becomes ``{"a": {"b": 1}}``."""
    nested: dict[str, Any] = {}
    for name, value in given.items():
        tree: dict[str, Any] = {}
        *tables, leaf = name.split(".")
        inner = tree
        for table in tables:
            inner = inner.setdefault(table, {})
        inner[leaf] = value
        nested = laid_over(nested, tree)
    return nested


def _fault(wrong: BaseException, _: type | None) -> str:
    if isinstance(wrong, ForbiddenExtraKeysError):
        return f"there is no {', '.join(sorted(wrong.extra_fields))}"
    if isinstance(wrong, ValueError):
        return str(wrong)
    return "must be a table" if isinstance(wrong, TypeError | AttributeError) else "cannot be used"


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def _flag(value: Any, _: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _words(value: Any, _: Any) -> Words:
    if isinstance(value, str):
        value = [each for each in value.split(",") if each.strip()]
    if not isinstance(value, list | tuple) or any(isinstance(each, bool | dict | list) for each in value):
        raise ValueError("must be a list of words or numbers")
    return tuple(str(each).strip() for each in value)


def _choice(value: Any, kind: type[enum.StrEnum]) -> enum.StrEnum:
    if value not in [each.value for each in kind]:
        raise ValueError(f"must be one of {', '.join(each.value for each in kind)}")
    return kind(value)


def _converter() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True)
    made.register_structure_hook(str, _text)
    made.register_structure_hook(int, _whole)
    made.register_structure_hook(bool, _flag)
    made.register_structure_hook_func(lambda kind: kind == Words, _words)
    for choice in (Body, Long, AuthKind, ClientAuth, Signing):
        made.register_structure_hook(choice, _choice)
    return made


_CONVERTER: Final = _converter()
