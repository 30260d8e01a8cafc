"""The envelope, as octets: `{"success": true, "data": …}` or `{"success": false, "error": "…", …}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs
import orjson
from twisted.web.iweb import IRequest

from mobilesasa.api.errors import Problem

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

JSON = b"application/json"
_WHOLE_SECONDS_MS = 1000
_SECONDS_KEPT = 4096  # times as text: a list or a batch has many of the same
_NOT_IN_A_HEADER = re.compile(rb"[^\x20-\x7e]")


def answer(request: IRequest, data: object) -> bytes:
    """Return the octets of a success, with its headers set."""
    return _written(request, 200, {"success": True, "data": data})


def success(data: object) -> bytes:
    """Return the octets of a success, which `replay` sends; on any thread."""
    return orjson.dumps({"success": True, "data": data}, option=orjson.OPT_APPEND_NEWLINE)


def replay(request: IRequest, octets: bytes) -> bytes:
    """Return the octets of an earlier success as they are, with its headers set."""
    return _sent(request, 200, octets)


def refuse(request: ApiRequest, wrong: Problem) -> bytes:
    """Return the octets of an error, with its status and headers set."""
    body: dict[str, Any] = {"success": False, "error": wrong.message, "code": wrong.code}
    if wrong.fields:
        body["fields"] = [attrs.asdict(field) for field in wrong.fields]
    body |= wrong.extra
    body["request_id"] = request.request_id
    return _written(request, wrong.status, body, wrong.headers)


def _written(request: IRequest, status: int, body: object, headers: Mapping[bytes, bytes] | None = None) -> bytes:
    octets = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
    return _sent(request, status, octets, headers)


def _sent(request: IRequest, status: int, octets: bytes, headers: Mapping[bytes, bytes] | None = None) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"Content-Type", JSON)
    request.setHeader(b"Content-Length", b"%d" % len(octets))
    request.setHeader(b"Cache-Control", b"no-store")
    for name, value in (headers or {}).items():
        request.setHeader(name, _NOT_IN_A_HEADER.sub(b"?", value))
    return octets


def instant(at_ms: int) -> str:
    """Return a time as the reference writes it, `2026-05-11T09:00:00Z`: UTC, whole seconds (decision 6)."""
    return _instant(at_ms // _WHOLE_SECONDS_MS)


@lru_cache(_SECONDS_KEPT)
def _instant(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_or_none(at_ms: int | None) -> str | None:
    """Return a time as `instant` does, or None."""
    return None if at_ms is None else instant(at_ms)
