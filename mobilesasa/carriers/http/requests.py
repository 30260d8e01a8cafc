"""A message as the requests that carry it: one, or where the carrier is to get it in parts, one a part."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import quote

import attrs
import orjson

from mobilesasa.carriers.http.spec import AuthKind, Body, HttpSpec, Long, RequestSpec, laid_over
from mobilesasa.carriers.http.templates import LEFT_OUT, BadTemplate, Template, compile_text, compile_tree, fill_tree
from mobilesasa.core.model import ALPHABETS, Coding, Outbound
from mobilesasa.sms.alphabet import encode_ucs2, gsm_octets
from mobilesasa.sms.segments import split, split_octets
from mobilesasa.sms.udh import Concatenation, Udh, read_udh

#: The fields that a template may name beside the options, with what they are; ``docs/carriers-http.rst`` has them too.
FIELDS: Final[Mapping[str, str]] = {
    "id": "the message's id",
    "ref": "the id under which a receipt may name it: the message's, with -n behind it for a part",
    "to": "the recipient, digits of E.164",
    "to_plus": "the recipient with a plus",
    "from": "the sender",
    "from_plus": "the sender, with a plus where it is a number of more than 8 digits",
    "text": "the text; none for binary messages",
    "parts": "how many parts it has",
    "part": "which part it is; 1 where it goes whole",
    "coding": "gsm7, ucs2 or binary",
    "octets_hex": "what goes over the air, hexadecimal",
    "octets_raw": "the same octets as they are; in forms and queries alone",
    "ucs2_hex": "the text in UTF-16BE, hexadecimal",
    "udh_hex": "the user data header, hexadecimal; none where there is none",
    "udh_raw": "the same as octets; in forms and queries alone",
    "validity_s": "how long it may still be delivered, seconds",
    "validity_min": "the same in minutes, at least 1",
    "validity_ms": "the same in milliseconds",
    "attempt": "1 for the first",
    "callback_url": "where receipts are taken; none without public_url",
    "inbound_url": "where messages from phones are taken; none without public_url",
    "carrier": "the carrier's name",
}
_KINDS: Final = {Coding.GSM7: "gsm7", Coding.UCS2: "ucs2", Coding.BINARY: "binary"}
_TYPES: Final = {Body.FORM: "application/x-www-form-urlencoded", Body.JSON: "application/json"}
_SHORT_CODE_DIGITS: Final = 8


class CannotCarry(ValueError):
    """This carrier has no way for such a message; another may have. The text says what is lacking."""


class Raw(str):
    """Octets, a character each, which are not to be written in UTF-8."""

    __slots__ = ()


@attrs.frozen
class HttpRequest:
    """What is sent."""

    method: str
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False)


@attrs.frozen
class Asked:
    """A request, and what it stands for."""

    request: HttpRequest
    ref: str  # ours
    part: int | None  # None: the whole message


@attrs.frozen
class _Piece:
    """What one request carries."""

    text: str | None
    octets: bytes
    udh: bytes
    part: int | None


class RequestWriter:
    """Writes requests for one carrier.

    Args:
        spec: the description.
        options: values of the options by the names of their fields; None for one without a value.
        now_ms: milliseconds since the epoch.

    Raises:
        BadTemplate: a template names what is not there.
    """

    def __init__(self, spec: HttpSpec, options: Mapping[str, str | None], now_ms: Callable[[], int]) -> None:
        """Compile all templates."""
        request = spec.request
        names = {*FIELDS, *options}
        self._options = options
        self._now_ms = now_ms
        self._spec = request
        self._raw_names = {name for name in options if name.endswith("base_url")}
        self._url = compile_text(request.url, names)
        self._headers = {name: compile_text(text, names) for name, text in request.headers.items()}
        self._query = {name: compile_text(text, names) for name, text in request.query.items()}
        self._auth = _auth(request, names)
        self._trees = {key: compile_tree(tree, names) for key, tree in _trees(request).items()}
        self._check_shape()

    def _check_shape(self) -> None:
        if self._spec.body is Body.JSON:
            return
        for tree in self._trees.values():
            if not isinstance(tree, dict) or not all(isinstance(leaf, Template) for leaf in tree.values()):
                raise BadTemplate("the fields of a form or a query are texts, and not tables or lists")

    def requests(self, message: Outbound) -> list[Asked]:
        """Return the requests that carry a message, those of parts that were taken before left out.

        Raises:
            CannotCarry: the carrier has no way for binary messages, or for those with a header.
            ValueError: The text does not fit its alphabet or its parts.
        """
        made: list[Asked] = []
        for piece in self._pieces(message):
            if piece.part is not None and message.sent_parts >> piece.part - 1 & 1:
                continue
            ref = message.id if piece.part is None else f"{message.id}-{piece.part}"
            made.append(Asked(self._write(message, piece, ref), ref, piece.part))
        return made

    def _pieces(self, message: Outbound) -> list[_Piece]:
        has_text = message.body is None or message.coding is Coding.GSM7  # of a part that was cut through a character
        text = message.text if has_text else None
        if message.parts == 1 or self._spec.long is Long.WHOLE:
            return [_Piece(text, _whole_octets(message), message.udh, None)]
        elements = read_udh(message.udh)[0].elements if message.udh else ()
        if message.text is None:
            segments = split_octets(message.body or b"", elements=elements, max_parts=message.parts)
        else:
            segments = split(message.text, ALPHABETS[message.coding], elements=elements, max_parts=message.parts)
        reference, total = int(message.id[-2:], 16), len(segments)
        pieces = []
        for number, segment in enumerate(segments.parts, 1):
            udh = Udh((Concatenation(reference, total, number).element, *elements)).octets
            pieces.append(_Piece(segment.text if text is not None else None, segment.octets, udh, number))
        return pieces

    def _write(self, message: Outbound, piece: _Piece, ref: str) -> HttpRequest:
        kind = _KINDS[message.coding]
        key = (kind, bool(piece.udh))
        if key not in self._trees:
            lacking = "messages with a user data header" if piece.udh else "binary messages"
            raise CannotCarry(f"the carrier's description has no way for {lacking}")
        values = self._values(message, piece, ref, kind)
        query = dict(self._query)
        headers = {name: template.fill(values) for name, template in self._headers.items()}
        body: bytes | None = None
        if self._spec.body is Body.JSON:
            tree = fill_tree(self._trees[key], values)
            body = orjson.dumps({} if tree is LEFT_OUT else tree)
        elif self._spec.body is Body.FORM:
            body = _form(self._trees[key], values).encode()
        else:
            query |= self._trees[key]
        if self._auth is not None:
            headers["Authorization"] = self._auth(values)
        if body is not None:
            headers.setdefault("Content-Type", _TYPES[self._spec.body])
        kept = {name: _header(value) for name, value in headers.items() if value}
        return HttpRequest(self._spec.method, self._address(values, query), kept, body)

    def _address(self, values: Mapping[str, str | None], query: Mapping[str, Template]) -> str:
        raw = {value for name, value in values.items() if name in self._raw_names}
        url = self._url.fill(values, lambda value: value if value in raw else quote(value, safe=""))
        if url is None:
            raise CannotCarry("the carrier's address has a field without a value")
        written = _form(query, values)
        return url + (("&" if "?" in url else "?") + written if written else "")

    def _values(self, message: Outbound, piece: _Piece, ref: str, kind: str) -> dict[str, str | None]:
        left_s = max(1, (message.expires_at_ms - self._now_ms()) // 1000)
        if self._spec.validity_max_s:
            left_s = min(left_s, self._spec.validity_max_s)
        text = piece.text
        return {
            **self._options,
            "id": message.id,
            "ref": ref,
            "to": message.recipient,
            "to_plus": f"+{message.recipient}",
            "from": message.sender,
            "from_plus": _with_plus(message.sender),
            "text": text,
            "parts": str(message.parts),
            "part": str(piece.part or 1),
            "coding": kind,
            "octets_hex": piece.octets.hex(),
            "octets_raw": Raw(piece.octets.decode("latin-1")),
            "ucs2_hex": None if text is None else encode_ucs2(text).hex(),
            "udh_hex": piece.udh.hex() or None,
            "udh_raw": Raw(piece.udh.decode("latin-1")) if piece.udh else None,
            "validity_s": str(left_s),
            "validity_min": str(max(1, left_s // 60)),
            "validity_ms": str(1000 * left_s),
            "attempt": str(message.attempt),
        }


def _trees(request: RequestSpec) -> dict[tuple[str, bool], Any]:
    """Return the fields for each alphabet, without and with a user data header; what is not there cannot be sent."""
    found: dict[tuple[str, bool], Any] = {}
    for kind, over in (("gsm7", request.gsm7 or {}), ("ucs2", request.ucs2 or {}), ("binary", request.binary)):
        if over is None:
            continue
        found[kind, False] = _overlaid(request.fields, over)
        if request.udh is not None:
            found[kind, True] = _overlaid(found[kind, False], request.udh)
    if request.udh is not None and request.binary is None:
        found["binary", True] = _overlaid(request.fields, request.udh)
    return found


def _overlaid(fields: Any, over: Any) -> Any:
    if not isinstance(over, Mapping) or not isinstance(fields, Mapping):
        return over or fields
    merged = laid_over(fields, over)
    return {name: value for name, value in merged.items() if not (value == "" and name in over)}


def _auth(request: RequestSpec, names: Collection[str]) -> Callable[[Mapping[str, str | None]], str | None] | None:
    auth = request.auth
    user, password, token = (compile_text(each, names) for each in (auth.user, auth.password, auth.token))
    if auth.kind is AuthKind.BASIC:

        def basic(values: Mapping[str, str | None]) -> str | None:
            pair = f"{user.fill(values) or ''}:{password.fill(values) or ''}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"

        return basic
    if auth.kind is AuthKind.BEARER:

        def bearer(values: Mapping[str, str | None]) -> str | None:
            filled = token.fill(values)
            return f"Bearer {filled}" if filled else None

        return bearer
    return None


def _form(fields: Mapping[str, Template], values: Mapping[str, str | None]) -> str:
    pairs: list[str] = []
    for name, template in fields.items():
        value = template.fill(values, _quoted, _quoted)
        if value is not None:
            pairs.append(f"{_quoted(name)}={value}")
    return "&".join(pairs)


def _quoted(value: str) -> str:
    return quote(value, safe="", encoding="latin-1" if isinstance(value, Raw) else "utf-8", errors="replace")


def _header(value: str) -> str:
    """Return a value as a header may have it: nothing in it ends the line."""
    return "".join(character if character.isprintable() else " " for character in value)


def _with_plus(sender: str) -> str:
    is_number = sender.isascii() and sender.isdigit() and len(sender) > _SHORT_CODE_DIGITS
    return f"+{sender}" if is_number else sender


def _whole_octets(message: Outbound) -> bytes:
    if message.text is None or message.body is not None:
        return message.body or b""
    septets = gsm_octets(message.text) if message.coding is Coding.GSM7 else None
    return encode_ucs2(message.text) if septets is None else septets
