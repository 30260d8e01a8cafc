"""Receipts: the exact text that we write, and a reader for all that carriers write (SMPP 3.4 appendix B; field notes).

How to think about it: whether a deliver_sm or data_sm is a receipt is proven by the TLV receipted_message_id, else by
the type bits of esm_class, else by its text (`Proof`). A text alone anybody can send from a phone: believe it only
when its id is known. Then every part is optional. The id comes from the TLV before the text. The state is the more
final of what the TLV and the text say; where they differ, `disagrees` is set. Words and codes nobody knows are kept
as they came.
"""

import enum
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

import attrs

from mobilesasa.smpp.fields import ESM_TYPE_MASK, MessageState
from mobilesasa.smpp.ids import id_forms
from mobilesasa.smpp.pdus import DataSm, DeliverSm
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, TlvValue, octets, text
from mobilesasa.values import hot_value

#: The word for each state in the text of a receipt (appendix B, table B-2); 5.0's states as the nearest word.
WORDS: Final[dict[MessageState, str]] = {
    MessageState.SCHEDULED: "ENROUTE",
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.SKIPPED: "REJECTD",
}

#: The words carriers use, upper case, with the state each means. A word that is not here means UNKNOWN.
STATES: Final[dict[str, MessageState]] = {
    "ACCEPTD": MessageState.ACCEPTED,
    "ACCEPTED": MessageState.ACCEPTED,
    "ACKED": MessageState.ACCEPTED,
    "BLIST": MessageState.REJECTED,
    "BUFFERED": MessageState.ENROUTE,
    "BUFFRED": MessageState.ENROUTE,
    "CANCELLED": MessageState.DELETED,
    "DELETED": MessageState.DELETED,
    "DELIVERED": MessageState.DELIVERED,
    "DELIVRD": MessageState.DELIVERED,
    "ENROUTE": MessageState.ENROUTE,
    "EXPIRED": MessageState.EXPIRED,
    "FAILED": MessageState.UNDELIVERABLE,
    "NOROUTE": MessageState.UNDELIVERABLE,
    "REJECTD": MessageState.REJECTED,
    "REJECTED": MessageState.REJECTED,
    "SCHEDULED": MessageState.SCHEDULED,
    "SKIPPED": MessageState.SKIPPED,
    "STAGED": MessageState.ENROUTE,
    "SUBMITD": MessageState.ENROUTE,
    "UNDELIV": MessageState.UNDELIVERABLE,
    "UNDELIVERABLE": MessageState.UNDELIVERABLE,
    "UNDELIVERED": MessageState.UNDELIVERABLE,
    "UNKNOWN": MessageState.UNKNOWN,
}

_NUMBERED: Final[dict[TlvValue, MessageState]] = {int(state): state for state in MessageState}
_BY_DIGIT: Final = {str(int(state)): state for state in MessageState if state is not MessageState.SCHEDULED}
_ID, _STATE, _ERROR = int(Tag.RECEIPTED_MESSAGE_ID), int(Tag.MESSAGE_STATE), int(Tag.NETWORK_ERROR_CODE)
_FINALITY = {
    MessageState.SCHEDULED: 0,
    MessageState.ENROUTE: 1,
    MessageState.ACCEPTED: 2,
    MessageState.UNKNOWN: 3,
    MessageState.EXPIRED: 4,
    MessageState.DELETED: 4,
    MessageState.UNDELIVERABLE: 4,
    MessageState.REJECTED: 4,
    MessageState.SKIPPED: 4,
    MessageState.DELIVERED: 5,
}


def is_final(state: MessageState) -> bool:
    """Say whether nothing else follows a state: everything but scheduled, en route and accepted."""
    return _FINALITY[state] >= _FINALITY[MessageState.UNKNOWN]


class Proof(enum.Enum):
    """By what a PDU was recognised as a receipt, the strongest first."""

    TLV = "receipted_message_id"
    ESM_CLASS = "esm_class"
    TEXT = "text"  # a phone can send this; believe it only when the id is known


# Every receipt asks, and a name of the module is found sooner than a member of an enumeration.
_BY_TLV, _BY_ESM_CLASS, _BY_TEXT = Proof


@attrs.frozen
class NetworkError:
    """A network_error_code: the network as of §5.3.2.31, None when the carrier wrote digits, and its error."""

    network: int | None
    code: int


@hot_value
class Receipt:
    """What a carrier said of a message.

    Attributes:
        message_id: As the carrier wrote it; see `id_forms`. Empty when there is none.
        state: None when nothing is said of it, UNKNOWN for a word nobody knows.
        word: The word of the text, as it came; empty when there is none.
        error: The `err` of the text as it came: three digits as a rule, but letters exist, and a code beside DELIVRD.
        submitted_count, delivered_count: `sub` and `dlvrd`.
        submitted_at, done_at: UTC, None when missing or no date. Carriers err by hours: see `moment_of`.
        quoted: What stands behind `text:`.
        network_error: From the TLV.
        network: What a carrier's own form of the text has under `network`; empty when there is none.
        disagrees: Whether the TLVs and the text say different things.
        proof: Why it is taken for a receipt.
    """

    message_id: str
    state: MessageState | None
    word: str
    error: str
    submitted_count: int | None
    delivered_count: int | None
    submitted_at: datetime | None
    done_at: datetime | None
    quoted: str = attrs.field(repr=False)
    network_error: NetworkError | None
    disagrees: bool
    proof: Proof
    network: str = ""


def _stamp(minute: int) -> str:
    return f"{datetime.fromtimestamp(60 * minute, UTC):%y%m%d%H%M}"


@lru_cache(maxsize=4096)
def _behind_id(state: MessageState, submitted_min: int, done_min: int, error: int, parts: int) -> str:
    """Return what follows the id: most receipts of a minute say the same."""
    delivered = parts if state is MessageState.DELIVERED else 0
    return (
        f" sub:{parts:03} dlvrd:{delivered:03} submit date:{_stamp(submitted_min)} done date:{_stamp(done_min)} "
        f"stat:{WORDS[state]} err:{error:03}"
    )


def write_receipt(
    message_id: str,
    state: MessageState,
    submitted_at_ms: int,
    done_at_ms: int,
    error: int = 0,
    parts: int = 1,
    offset_min: int = 0,
) -> bytes:
    """Return the text of a receipt for one message, exactly in the usual form, with nothing after `err`.

    Args:
        message_id: ASCII, as it was given in the answer.
        state: of the message; its word stands behind `stat`.
        submitted_at_ms, done_at_ms: since the epoch; shown as minutes.
        error: 0 to 999.
        parts: how many the message has, `sub`; all of them are `dlvrd` when it is delivered, and none before.
        offset_min: minutes east of UTC of the dates.

    >>> nine_ms = 1_778_490_000_000
    >>> write_receipt("MSG123", MessageState.DELIVERED, nine_ms, nine_ms).decode()
    'id:MSG123 sub:001 dlvrd:001 submit date:2605110900 done date:2605110900 stat:DELIVRD err:000'
    """
    submitted_min, done_min = submitted_at_ms // 60_000 + offset_min, done_at_ms // 60_000 + offset_min
    return f"id:{message_id}{_behind_id(state, submitted_min, done_min, error, parts)}".encode("latin-1")


#: The usual form behind the id and a blank.
_USUAL = re.compile(
    r"sub:(\d*) dlvrd:(\d*) submit date:(\d*) done date:(\d*) stat:(\w+) err:(\w+)(?: text:(.*))?",
    re.IGNORECASE | re.DOTALL,
)
#: What is longer has a text, and no other receipt will say the same.
_REPEATED_CHARACTERS: Final = 100
_KEYS = r"(?:id|sub|dlvrd|submit[\s_]*date|done[\s_]*date|stat|err)[^\S\r\n]*:"
_PAIR = re.compile(
    rf"(?<![a-z])(id|sub|dlvrd|submit[\s_]*date|done[\s_]*date|stat|err)[^\S\r\n]*:\s*(?!{_KEYS})(\S*)", re.IGNORECASE
)
_QUOTED = re.compile(r"(?<![a-z])text\s*:", re.IGNORECASE)
_NAMES = ("id", "sub", "dlvrd", "submit_date", "done_date", "stat", "err", "text")
_NO_WORDS: Final[Mapping[str, str]] = {}
_Parts = tuple[str, ...]  # in the order of _NAMES
# `sub` and `dlvrd` count parts, so they are small.
_COUNTS: Final = {text: number for number in range(1000) for text in (str(number), f"{number:02}", f"{number:03}")}
_NOTHING: _Parts = ("",) * len(_NAMES)


def read_receipt(
    pdu: DeliverSm | DataSm,
    zone: tzinfo = UTC,
    pattern: re.Pattern[str] | None = None,
    words: Mapping[str, str] = _NO_WORDS,
) -> Receipt | None:
    """Return the receipt that a PDU is, or None for a message from a phone.

    Args:
        pdu: What the carrier sent.
        zone: The zone of the dates in the text, which differs by carrier.
        pattern: How a carrier with a form of its own writes the text, with named groups of `id`, `sub`, `dlvrd`,
            `submit_date`, `done_date`, `stat`, `err`, `text` and `network`; the usual form is tried behind it.
        words: What a carrier's own words mean, in capitals: usual words by them.
    """
    tlv_id, tlv_state, network_error = "", None, None
    if pdu.tlvs is not NO_TLVS:
        tlv_id = (text(pdu.tlvs, _ID) or "").strip()
        tlv_state = _NUMBERED.get(pdu.tlvs.get(_STATE, b""))
        network_error = _network_error(pdu.tlvs.get(_ERROR))
    proof = _BY_TLV if tlv_id else _BY_ESM_CLASS if pdu.esm_class & ESM_TYPE_MASK else _BY_TEXT
    text_id, sub, dlvrd, submit_date, done_date, word, error, quoted, *network = _parts(_text_of(pdu), pattern)
    if proof is _BY_TEXT and not (text_id and (word or tlv_state is not None)):
        return None
    text_state = _state(word.upper(), words) if word else None
    return Receipt(
        tlv_id or text_id,
        _more_final(tlv_state, text_state),
        word,
        error,
        _COUNTS.get(sub),
        _COUNTS.get(dlvrd),
        _date(submit_date, zone),
        _date(done_date, zone),
        quoted,
        network_error,
        _disagree(tlv_id, text_id, tlv_state, text_state),
        proof,
        network[0] if network else "",
    )


def _state(word: str, words: Mapping[str, str]) -> MessageState:
    """Return what a word means; a number is one of message_state (§5.2.28), but for 0, which 3.4 does not have."""
    usual = words.get(word, word)
    state = STATES.get(usual)
    return _BY_DIGIT.get(usual, MessageState.UNKNOWN) if state is None else state


def _text_of(pdu: DeliverSm | DataSm) -> str:
    body = pdu.short_message if isinstance(pdu, DeliverSm) else b""
    body = body or octets(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    # Whatever data_coding says: ASCII in UCS-2 has a NUL beside every character, and ASCII alone has none.
    if b"\0" in body:
        lower = body.lower()
        if b"\0i\0d" in lower:
            return body[lower.index(b"\0i\0d") :].decode("utf-16-be", "replace")
        if b"i\0d\0" in lower:
            return body[lower.index(b"i\0d\0") :].decode("utf-16-le", "replace")
    return body.decode("latin-1")


def _parts(written: str, pattern: re.Pattern[str] | None) -> _Parts:
    if pattern is not None and (own := pattern.search(written)) is not None:
        found = own.groupdict("")
        return tuple([found.get(name, "").strip() for name in (*_NAMES, "network")])
    front, _, rest = written.partition(" ")
    if front[:3].lower() == "id:" and len(front) > 3 and front.isprintable():
        usual = _usual_again(rest) if len(rest) <= _REPEATED_CHARACTERS else _usual(rest)
        if usual is not None:
            return front[3:], *usual
    if ":" not in written:
        return _NOTHING
    quoted = _QUOTED.search(written)
    pairs: dict[str, str] = {}
    for key, value in _PAIR.findall(written[: quoted.start()] if quoted else written):
        name = "".join(key.lower().replace("_", " ").split())
        pairs.setdefault({"submitdate": "submit_date", "donedate": "done_date"}.get(name, name), value)
    if quoted:
        pairs["text"] = written[quoted.end() :]
    return tuple([pairs.get(name, "") for name in _NAMES])


def _usual(rest: str) -> _Parts | None:
    """Return what stands behind the id, without it; None when that is not in the usual form."""
    found = _USUAL.fullmatch(rest)
    return None if found is None else found.groups("")


_usual_again = lru_cache(maxsize=4096)(_usual)  # most receipts of a minute say the same


def _more_final(one: MessageState | None, other: MessageState | None) -> MessageState | None:
    if one is None or other is None:
        return other if one is None else one
    return other if _FINALITY[other] > _FINALITY[one] else one


def _disagree(tlv_id: str, text_id: str, tlv_state: MessageState | None, text_state: MessageState | None) -> bool:
    if tlv_state is not text_state and None not in (tlv_state, text_state):
        return True
    return bool(tlv_id and text_id and tlv_id != text_id and not set(id_forms(tlv_id)) & set(id_forms(text_id)))


def _network_error(value: TlvValue | None) -> NetworkError | None:
    """Read three octets (§5.3.2.31), or the digits some carriers write instead."""
    if not isinstance(value, bytes):
        return None
    digits = value.rstrip(b"\0")
    if digits.isdigit() and len(digits) < 10:
        return NetworkError(None, int(digits))
    return NetworkError(value[0], int.from_bytes(value[1:], "big")) if len(value) == 3 else None


@lru_cache(maxsize=4096)
def _date(digits: str, zone: tzinfo) -> datetime | None:
    """Read YYMMDDhhmm, YYMMDDhhmmss, YYYYMMDDhhmm or YYYYMMDDhhmmss; zeros and what is no date are None."""
    if not digits.isdecimal() or len(digits) not in (10, 12, 14):
        return None
    # A receipt of 2020 does not come any more, so twelve digits that begin with 20 have a long year.
    long_year = len(digits) == 14 or (len(digits) == 12 and digits.startswith("20"))
    whole = (digits if long_year else "20" + digits).ljust(14, "0")
    year, rest = int(whole[:4]), [int(whole[i : i + 2]) for i in range(4, 14, 2)]
    try:
        return datetime(year, rest[0], rest[1], rest[2], rest[3], rest[4], tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


#: How late a receipt may come, and how far a carrier's clock may be ahead.
LATE: Final = timedelta(hours=72)
AHEAD: Final = timedelta(minutes=5)


def moment_of(receipt: Receipt, received_at: datetime) -> datetime:
    """Return when a message reached its state: the carrier's date if it is believable, else `received_at`."""
    done_at = receipt.done_at
    if done_at is None or not received_at - LATE <= done_at <= received_at + AHEAD:
        return received_at
    return min(done_at, received_at)
