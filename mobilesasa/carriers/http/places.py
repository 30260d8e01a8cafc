r"""Places in what a carrier says: where the id, the status and the error stand.

| written as | is |
|---|---|
| ``SMSMessageData.Recipients.0.messageId`` | members and list indices, with dots between them |
| ``messages.*.message-id`` | the same of every item of a list |
| ``/status/group.name`` | the same as a JSON pointer (RFC 6901) |
| ``re:^ID: (\S+)`` | the first group of a regular expression, in the text of the body |
| ``header:X-Message-Id`` | a header |
| ``status.name | status.groupName`` | the first of several that has a value |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

#: Of a text so many characters are searched with a regular expression, so that none of them takes long.
SEARCHED_CHARACTERS: Final = 4096
#: Of a value so many characters are kept.
WORD_CHARACTERS: Final = 200
_ITEMS: Final = 255  # of a list, at most


class BadPlace(ValueError):
    """A place cannot be used; the text says why."""


@attrs.frozen
class Said:
    """What was said, as far as it could be read."""

    document: Any = None  # the JSON, or the form as an object; None when it is neither
    text: str = attrs.field(default="", repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)  # names in small letters

    def of_item(self, item: Any) -> Said:
        """Return the same for one item of a list."""
        return attrs.evolve(self, document=item)


@attrs.frozen
class Place:
    """One place, or several of which the first that has a value counts."""

    source: str
    _ways: tuple[tuple[str, Any], ...]

    def word(self, said: Said) -> str:
        """Return what stands there as a word; empty when nothing does."""
        return next(self.words(said), "")

    def words(self, said: Said) -> Iterator[str]:
        """Return all words that stand there, of the first way that leads anywhere first."""
        for kind, way in self._ways:
            for value in _values(kind, way, said):
                if word := as_word(value):
                    yield word

    def value(self, said: Said) -> Any:
        """Return what stands there as it is; None when nothing does."""
        found = (value for kind, way in self._ways for value in _values(kind, way, said))
        return next((value for value in found if value is not None), None)


def compile_place(source: str) -> Place:
    """Compile a place as an operator writes it.

    Raises:
        BadPlace: it is empty, or its regular expression is none, or has no group.
    """
    if source.startswith("re:"):
        return Place(source, (("re", _expression(source[3:])),))
    ways = tuple(_way(each.strip()) for each in source.split("|"))
    return Place(source, ways)


def as_word(value: Any) -> str:
    """Return a value as a word, bounded; empty for what is none: objects, lists, null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.strip()[:WORD_CHARACTERS]
    if isinstance(value, int | float):
        return str(value)[:WORD_CHARACTERS]
    return ""


def as_ref(word: str) -> str:
    """Return an id as it is kept: without blanks and NUL, which no list of ids can hold."""
    return "_".join(word.replace("\0", "").split())


def _way(written: str) -> tuple[str, Any]:
    if not written:
        raise BadPlace("a place must not be empty")
    if written.startswith("header:"):
        return "header", written[7:].strip().lower()
    if written.startswith("re:"):
        raise BadPlace(f"{written!r}: a regular expression stands alone")
    if written.startswith("/"):
        return "path", tuple(step.replace("~1", "/").replace("~0", "~") for step in written[1:].split("/"))
    return "path", tuple(written.split("."))


def _expression(written: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(written)
    except re.error as bad:
        raise BadPlace(f"{written!r} is no regular expression: {bad}") from None
    if not compiled.groups:
        raise BadPlace(f"{written!r} has no group for what is meant")
    return compiled


def _values(kind: str, way: Any, said: Said) -> Iterator[Any]:
    if kind == "header":
        yield said.headers.get(way)
    elif kind == "re":
        found = way.search(said.text[:SEARCHED_CHARACTERS])
        yield found[1] if found else None
    else:
        yield from _walk(said.document, way)


def _walk(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    for n, step in enumerate(steps):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step == "*":
            for item in value[:_ITEMS]:
                yield from _walk(item, steps[n + 1 :])
            return
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return
    yield value
