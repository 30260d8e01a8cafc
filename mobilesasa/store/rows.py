"""Rows on their way to PostgreSQL: a whole batch is one JSON parameter, whatever peers have put into its texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

_NUL = "\\u0000"  # as JSON writes it


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """Write rows as one parameter.

    A NUL, which PostgreSQL keeps in no text, is left out, and half of a surrogate pair becomes a question mark: what one
    peer sends must not hold up the batch that it is written with.
    """
    try:
        text = orjson.dumps(rows).decode()
    except TypeError:
        return orjson.dumps(_kept(rows)).decode()
    return orjson.dumps(_kept(rows)).decode() if _NUL in text else text


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_kept(name): _kept(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(each) for each in value]
    return value
