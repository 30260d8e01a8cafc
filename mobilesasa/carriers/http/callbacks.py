"""The calls of one carrier: whether they are its own, and the receipts and messages that they bring.

A call that is not the carrier's own is as if nothing were there. One that is, is never refused for what it says: what
cannot be read brings nothing, and is kept as it came for people to look at.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs

from mobilesasa.carriers.http.answers import json_or_none
from mobilesasa.carriers.http.places import Place, Said, as_ref, compile_place
from mobilesasa.carriers.http.signatures import is_signed
from mobilesasa.carriers.http.spec import HttpSpec, InboundSpec, ReceiptsSpec, ReplySpec, StateWords
from mobilesasa.core.callbacks import About, Callback, CallbackReply
from mobilesasa.core.inbound import InboundPart, digits_of
from mobilesasa.core.model import Coding, Failure, Report, State
from mobilesasa.core.optouts import names_a_blacklist
from mobilesasa.core.teams import Network
from mobilesasa.sms.alphabet import encode_ucs2, gsm_octets, has_lone_surrogate
from mobilesasa.sms.udh import CONCATENATION, WIDE_CONCATENATION, BadUdh, Concatenation, Udh, read_udh

#: Of one call so many receipts or messages are read; Infobip sends 100, and lets it be set to 1,000.
ITEMS: Final = 2000
_FIELDS: Final = 200  # parameters of a form
_TEXT_CHARACTERS: Final = 10_000
_ADDRESS_CHARACTERS: Final = 64
_EARLIEST_MS, _LATEST_MS = 946_684_800_000, 4_102_444_800_000  # of the years 2000 to 2099
_STATES: Final[Mapping[str, tuple[State, Failure | None]]] = {
    "delivered": (State.DELIVERED, None),
    "undelivered": (State.FAILED, Failure.UNDELIVERED),
    "expired": (State.FAILED, Failure.EXPIRED),
    "rejected": (State.FAILED, Failure.REJECTED),
    "enroute": (State.SENT, None),
}


@attrs.frozen
class Heard:
    """What a call brings.

    Attributes:
        reports, parts: receipts, or messages from phones.
        items: how many of either were in it, also such as could not be read.
        key: the same when messages from phones are repeated; None where nothing tells a repetition from the same said
            twice, and for receipts, which may come as often as they like: a carrier that uses an id again means another.
        reply: what it is answered.
    """

    reports: tuple[Report, ...] = ()
    parts: tuple[InboundPart, ...] = ()
    items: int = 0
    key: bytes | None = None
    reply: CallbackReply = attrs.field(factory=CallbackReply)


class CallbackReader:
    """Reads the calls of one carrier.

    Args:
        carrier_id: which.
        spec: its description.
        secret: what must stand at the end of the path, or in the header `secret_header`; none: nothing is taken.
        secret_header: in small letters.
        networks: where calls may come from; none: from anywhere.
        public_url: what stands before the path in the address that the carrier was given.
        signing_secret: what it signs with.

    Raises:
        ValueError: a place or a table is wrong; the text names it.
    """

    def __init__(
        self,
        carrier_id: int,
        spec: HttpSpec,
        *,
        secret: str,
        secret_header: str,
        networks: Sequence[Network] = (),
        public_url: str = "",
        signing_secret: str = "",
    ) -> None:
        """Compile the places."""
        self._carrier_id = carrier_id
        self._signature = spec.signature
        self._secret = secret.encode()
        self._secret_header = secret_header
        self._networks = networks
        self._public_url = public_url
        self._signing_secret = signing_secret
        self._receipts = None if spec.receipts is None else _Receipts(spec.receipts)
        self._inbound = None if spec.inbound is None else _Inbound(spec.inbound)

    def is_own(self, callback: Callback) -> bool:
        """Return whether a call is the carrier's own, and about what it may call."""
        about = self._receipts if callback.about is About.RECEIPTS else self._inbound
        given = callback.secret or callback.headers.get(self._secret_header, "")
        return (
            about is not None
            and bool(self._secret)
            and hmac.compare_digest(given.encode("utf-8", "replace"), self._secret)
            and self._is_from_there(callback.peer)
            and is_signed(callback, self._signature, self._signing_secret, self._public_url)
        )

    def read(self, callback: Callback, now_ms: int) -> Heard:
        """Return what a call of the carrier's own brings; never raises, whatever it says."""
        said = _said(callback)
        if callback.about is About.RECEIPTS and self._receipts is not None:
            items = list(_items(self._receipts.items, said))
            reports = [self._receipts.report(item, self._carrier_id) for item in items]
            heard = tuple(report for report in reports if report is not None)
            return Heard(heard, (), len(items), None, self._receipts.reply)
        if self._inbound is None:
            return Heard()
        items = list(_items(self._inbound.items, said))
        parts = [self._inbound.part(item, self._carrier_id, now_ms) for item in items]
        kept = tuple(part for part in parts if part is not None)
        return Heard((), kept, len(items), self._inbound.key(items), self._inbound.reply)

    def _is_from_there(self, peer: str) -> bool:
        if not self._networks:
            return True
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


class _Receipts:
    """How receipts are read."""

    def __init__(self, spec: ReceiptsSpec) -> None:
        if not spec.id or not spec.status:
            raise ValueError("receipts need the places of id and status")
        self.items = _place(spec.items)
        self.reply = _reply(spec.reply)
        self._id, self._status = compile_place(spec.id), compile_place(spec.status)
        self._error, self._recipient, self._network = map(_place, (spec.error, spec.recipient, spec.network))
        self._at, self._at_format = _place(spec.at), spec.at_format
        self._states = _turned(spec.states)

    def report(self, said: Said, carrier_id: int) -> Report | None:
        """Return one receipt; None when it names no message."""
        ref = as_ref(self._id.word(said))
        if not ref:
            return None
        error = self._error.word(said) if self._error is not None else ""
        words = list(self._status.words(said))
        word = next((each for each in words if each.lower() in self._states), words[0] if words else "")
        state, failure = self._states.get(word.lower(), (State.SENT, None))
        if error.lower() in self._states and state is State.FAILED:
            failure = self._states[error.lower()][1] or failure
        if word.lower() not in self._states or (state is not State.DELIVERED and not error):
            error = error or word
        done_at_ms = _moment_ms(self._at.word(said), self._at_format) if self._at is not None else None
        recipient = digits_of(self._recipient.word(said)) if self._recipient is not None else ""
        network = self._network.word(said) if self._network is not None else ""
        return Report(
            carrier_id,
            ref,
            state,
            failure,
            error.replace("\0", ""),
            done_at_ms,
            recipient=recipient,
            network=network if network.isascii() and network.isdigit() and len(network) <= 6 else None,
            blacklisted=state is State.FAILED and names_a_blacklist(word, error),
        )


class _Inbound:
    """How messages from phones are read."""

    def __init__(self, spec: InboundSpec) -> None:
        if not spec.source or not spec.destination or not (spec.text or spec.binary):
            raise ValueError("inbound needs the places of source, destination, and text or binary")
        self.items = _place(spec.items)
        self.reply = _reply(spec.reply)
        self._id, self._text, self._binary, self._udh = map(_place, (spec.id, spec.text, spec.binary, spec.udh))
        self._source, self._destination = compile_place(spec.source), compile_place(spec.destination)
        self._sar = [_place(each) for each in (spec.reference, spec.total, spec.number)]

    def key(self, items: Sequence[Said]) -> bytes | None:
        """Return what tells these messages from all others: their ids."""
        ids = [self._id.word(item) for item in items] if self._id is not None else []
        return hashlib.sha256("\0".join(ids).encode("utf-8", "replace")).digest() if ids and all(ids) else None

    def part(self, said: Said, carrier_id: int, now_ms: int) -> InboundPart | None:
        """Return one message, or a part of one; None when it is from nobody or to nowhere."""
        source, destination = _address(self._source.word(said)), _address(self._destination.word(said))
        if not source or not destination:
            return None
        text = self._text.value(said) if self._text is not None else None
        binary = _hexadecimal(self._binary, said)
        coding, octets = (Coding.BINARY, binary) if binary and not text else _content(text)
        concatenation = self._concatenation(said)
        udh = b""
        if written := _hexadecimal(self._udh, said):
            try:
                header, _ = read_udh(written)
                concatenation = header.concatenation or concatenation
                others = [e for e in header.elements if e.identifier not in (CONCATENATION, WIDE_CONCATENATION)]
                udh = Udh(tuple(others)).octets if others else b""
            except BadUdh:
                coding, octets = Coding.BINARY, written + octets
        is_long = concatenation is not None and concatenation.total > 1
        return InboundPart(
            carrier_id, source, destination, coding, octets, now_ms, concatenation if is_long else None, udh
        )

    def _concatenation(self, said: Said) -> Concatenation | None:
        reference, total, number = (place.word(said) if place is not None else "" for place in self._sar)
        if not (total.isdigit() and number.isdigit()):
            return None
        try:
            return Concatenation(int(reference, 16 if reference.isalnum() and not reference.isdigit() else 10) & 0xFFFF,
                                 int(total), int(number))  # fmt: skip
        except ValueError:
            return None


def _said(callback: Callback) -> Said:
    """Return what a call says: its query, and over it the form or the JSON of its body."""
    query = _form(callback.query)
    text = callback.body.decode("utf-8", "replace")
    document: Any = query
    if callback.body.strip():
        body = None if callback.content_type == "application/x-www-form-urlencoded" else json_or_none(callback.body)
        if body is None:
            body = _form(callback.body)
        document = query | body if isinstance(body, dict) else body
    return Said(document, text, callback.headers)


def _form(octets: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(octets.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:  # too many
        return {}
    return dict(pairs)


def _items(place: Place | None, said: Said) -> Iterator[Said]:
    found = said.document if place is None else place.value(said)
    if isinstance(found, list):
        for item in found[:ITEMS]:
            yield said.of_item(item)
    elif place is None and found:
        yield said


def _place(source: str) -> Place | None:
    return compile_place(source) if source else None


def _reply(spec: ReplySpec) -> CallbackReply:
    if not 200 <= spec.status <= 299:
        raise ValueError("a call is answered with a status of 200 to 299")
    return CallbackReply(spec.status, spec.body.encode(), spec.type)


def _turned(words: StateWords) -> dict[str, tuple[State, Failure | None]]:
    turned: dict[str, tuple[State, Failure | None]] = {}
    for field in attrs.fields(StateWords):
        for word in getattr(words, field.name):
            if turned.setdefault(word.lower(), _STATES[field.name]) != _STATES[field.name]:
                raise ValueError(f"{word!r} cannot mean two things")
    return turned


def _moment_ms(written: str, form: str) -> int | None:
    """Return a time in milliseconds since the epoch; None when it is none of our days. Without a zone it is UTC."""
    try:
        if form in ("epoch", "epoch_ms"):
            at_ms = int(float(written) * (1000 if form == "epoch" else 1))
        else:
            moment = datetime.fromisoformat(written) if form == "iso" else datetime.strptime(written, form)  # noqa: DTZ007
            at_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return at_ms if _EARLIEST_MS <= at_ms <= _LATEST_MS else None


def _address(written: str) -> str:
    """Return a number without a plus or 00 in front, anything else as it came; a plus may have become a blank."""
    address = written[:_ADDRESS_CHARACTERS].replace("\0", "").strip()
    return digits_of(address) or address


def _hexadecimal(place: Place | None, said: Said) -> bytes:
    value = place.value(said) if place is not None else None
    try:
        return bytes.fromhex(value) if isinstance(value, str) and len(value) <= 2 * _TEXT_CHARACTERS else b""
    except ValueError:
        return b""


def _content(text: Any) -> tuple[Coding, bytes]:
    written = text if isinstance(text, str) else "" if text is None or isinstance(text, dict | list) else str(text)
    written = written[:_TEXT_CHARACTERS].replace("\0", "")
    if has_lone_surrogate(written):
        written = written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    septets = gsm_octets(written)
    return (Coding.UCS2, encode_ucs2(written)) if septets is None else (Coding.GSM7, septets)
