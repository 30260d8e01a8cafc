"""What an answer over HTTP means for a message.

| the carrier | is taken for |
|---|---|
| gives a word of `answer.words`, at `status` or `error` | what the table says |
| gives a status of HTTP of `answer.http`, longer patterns before shorter (``429`` before ``4xx``) | what the table says |
| says that it took the message and gives no id | uncertain: it may have taken it |
| says anything else | uncertain |
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import attrs
import orjson

from mobilesasa.carriers.http.places import Place, Said, as_ref, compile_place
from mobilesasa.carriers.http.spec import AnswerSpec, OutcomeWords

_OWN_REF: Final = "{ref}"
_RETRY_MOST_S: Final = 3600
_REASON_CHARACTERS: Final = 200


class Meaning(enum.Enum):
    """What became of a request."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    ELSEWHERE = "elsewhere"
    UNCERTAIN = "uncertain"


@attrs.frozen
class HttpAnswer:
    """What came back, or as much of it as was read."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes = attrs.field(repr=False)
    is_whole: bool = True  # False: it was longer than allowed, and was cut off


@attrs.frozen
class Verdict:
    """What an answer means."""

    meaning: Meaning
    refs: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""
    retry_after_s: float | None = None


class AnswerReader:
    """Reads the answers of one carrier.

    Attributes:
        is_ours: Whether the carrier reports by the id that we gave.

    Raises:
        BadPlace: a place is none.
        ValueError: a word stands in two tables.
    """

    def __init__(self, spec: AnswerSpec) -> None:
        """Compile the places and turn the tables round."""
        self.is_ours = spec.id == _OWN_REF
        self._id = None if self.is_ours else _place(spec.id)
        self._status, self._error, self._reason = _place(spec.status), _place(spec.error), _place(spec.reason)
        self._words = _turned(spec.words)
        self._http = _turned(spec.http)

    def read(self, answer: HttpAnswer, our_ref: str, now_ms: int) -> Verdict:
        """Return what an answer means; never raises, whatever it is."""
        said = _said(answer)
        code, meaning = self._word(said)
        if meaning is None:
            meaning = self._by_http(answer.status)
            code = code or f"http_{answer.status}"
        refs: tuple[str, ...] = ()
        if meaning is Meaning.SENT:
            refs = self._refs(said, our_ref)
            if not refs:
                meaning = Meaning.UNCERTAIN
        reason = self._reason.word(said)[:_REASON_CHARACTERS] if self._reason is not None else ""
        retry_after_s = _retry_after_s(answer.headers.get("retry-after", ""), now_ms)
        return Verdict(meaning, refs, code, reason or f"the carrier answered {answer.status}", retry_after_s)

    def _word(self, said: Said) -> tuple[str, Meaning | None]:
        """Return the first word that the tables know with what it means; else the first word, and None."""
        first = ""
        for place in (self._status, self._error):
            for word in place.words(said) if place is not None else ():
                if word in self._words:
                    return word, self._words[word]
                first = first or word
        return first, None

    def _refs(self, said: Said, our_ref: str) -> tuple[str, ...]:
        if self.is_ours:
            return (our_ref,)
        words = [] if self._id is None else [as_ref(word) for word in self._id.words(said)]
        if self._id is not None and "*" not in self._id.source:
            words = words[:1]
        return tuple(word for word in words if word)

    def _by_http(self, status: int) -> Meaning:
        for pattern in (str(status), f"{status // 10}x", f"{status // 100}xx"):
            if pattern in self._http:
                return self._http[pattern]
        return Meaning.UNCERTAIN


def json_or_none(octets: bytes) -> Any:
    """Return the JSON that octets are, or None."""
    try:
        return orjson.loads(octets)
    except orjson.JSONDecodeError:
        return None


def _said(answer: HttpAnswer) -> Said:
    return Said(json_or_none(answer.body), answer.body.decode("utf-8", "replace"), answer.headers)


def _place(source: str) -> Place | None:
    return compile_place(source) if source else None


def _turned(words: OutcomeWords) -> dict[str, Meaning]:
    turned: dict[str, Meaning] = {}
    for field in attrs.fields(OutcomeWords):
        for word in getattr(words, field.name):
            if word in turned:
                raise ValueError(f"{word!r} cannot mean both {turned[word].value} and {field.name}")
            turned[word] = Meaning(field.name)
    return turned


def _retry_after_s(written: str, now_ms: int) -> float | None:
    """Return what a Retry-After header asks for (RFC 9110 §10.2.3), at most an hour; None when it says nothing."""
    if not written:
        return None
    if written.isascii() and written.isdigit():
        return float(min(_RETRY_MOST_S, max(1, int(written[:9]))))
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    wait_s = (until - datetime.fromtimestamp(now_ms / 1000, UTC)).total_seconds()
    return min(float(_RETRY_MOST_S), max(1.0, wait_s))
