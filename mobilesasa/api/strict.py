"""JSON as strict as it can be read: no key twice, nothing deeper than `MAX_DEPTH`, no more in it than `MAX_BRACKETS`.

orjson refuses what is not JSON, lone surrogates and all that is not UTF-8, but of a key that stands twice it takes the
last. Each key has a colon behind it, so a text with as many colons as its objects have keys has none twice; only
where a text has more (in a string, or for a key that is there again) it is read once more, pair by pair.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 32  # of arrays and objects within each other
MAX_BRACKETS: Final = (
    20_000  # that open an array or an object, or stand in a string: a list costs more than its two octets
)
_NAMED: Final = 10  # keys that a refusal names


class BadJson(ValueError):
    """A text is not JSON as we read it.

    Attributes:
        twice: keys that stand twice in an object, in their order.
    """

    def __init__(self, message: str, twice: Iterable[str] = ()) -> None:
        """Keep the words."""
        super().__init__(message)
        self.twice = tuple(twice)


def read(octets: bytes) -> Any:
    """Return what a text says.

    Raises:
        BadJson: it is not JSON in UTF-8, has a key twice, is too deep, or too much.
    """
    if octets.count(b"[") + octets.count(b"{") > MAX_BRACKETS:
        raise BadJson(f"the body has more than {MAX_BRACKETS} arrays and objects")
    try:
        given = orjson.loads(octets)
    except orjson.JSONDecodeError as bad:
        raise BadJson(f"the body is not JSON: {bad}") from bad
    if isinstance(given, dict | list) and _keys(given) != octets.count(b":"):
        _BY_PAIRS.decode(octets.decode())
    return given


def _keys(given: object) -> int:
    """Return how many keys all objects have together.

    Raises:
        BadJson: it is too deep.
    """
    keys = 0
    level: list[object] = [given]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                keys += len(value)
                below += [inner for inner in value.values() if isinstance(inner, dict | list)]
            elif isinstance(value, list):
                below += [inner for inner in value if isinstance(inner, dict | list)]
        if not below:
            return keys
        level = below
    raise BadJson(f"the body has more than {MAX_DEPTH} arrays and objects within each other")


def _paired(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that has a key twice."""
    names = Counter(name for name, _ in pairs)
    if len(names) == len(pairs):
        return
    twice = [name for name, times in names.items() if times > 1]
    more = "…" if len(twice) > _NAMED else ""
    raise BadJson(f"the body has keys that stand twice in an object: {', '.join(twice[:_NAMED])}{more}", twice[:_NAMED])


_BY_PAIRS: Final = json.JSONDecoder(object_pairs_hook=_paired)
