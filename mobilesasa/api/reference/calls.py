"""The example call of a route, as the reference gives it: read from its curl line, or made of its fields' examples."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlsplit

import attrs
import orjson

from mobilesasa.api.routes import Route
from mobilesasa.api.schemas import Schemas, example_of, fields_of

ADDRESS: Final = "https://api.yourdomain.com"
TOKEN: Final = "mbs_your_token_here"  # noqa: S105 - what stands for one
JSON: Final = "application/json"


@attrs.frozen
class Call:
    """A request, as somebody would write it down."""

    method: str
    path: str  # below the address, with the query
    headers: Mapping[str, str]
    body: str | None = None  # JSON, as it is shown
    files: Mapping[str, str] = attrs.field(factory=dict)  # names of files, by field of a form
    saves: str = ""  # the name of the file that the answer becomes; empty: it is JSON

    @property
    def url(self) -> str:
        """The whole address."""
        return ADDRESS + self.path


@cache
def call_of(row: Route) -> Call:
    """Return the example call of a route."""
    return _read(row.curl) if row.curl else _made(row)


def curl_of(row: Route) -> str:
    """Return the curl line of a route: its own, or one that makes its example call."""
    return row.curl or curl(_made(row))


def curl(call: Call) -> str:
    """Return a call as a curl line."""
    url = f'"{call.url}"' if "?" in call.url else call.url
    first = f"curl {url}" if call.method == "GET" else f"curl -X {call.method} {url}"
    lines = [first, *(f'  -H "{name}: {value}"' for name, value in call.headers.items())]
    if call.body is not None:
        lines.append(f"  -d {shlex.quote(call.body)}")
    return " \\\n".join(lines)


def _read(line: str) -> Call:
    """Return the call that a curl line makes; its first command where there are several."""
    method, url, saves, body = "", "", "", None
    headers: dict[str, str] = {}
    files: dict[str, str] = {}
    words = iter(shlex.split(line.split("\n\n")[0].replace("\\\n", ""), comments=True)[1:])
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, headers[name] = next(words).partition(": ")
        elif word in ("-d", "--data"):
            body = next(words)
        elif word in ("-F", "--form"):
            field, _, name = next(words).partition("=")
            files[field] = name.removeprefix("@")
        elif word in ("-o", "--output"):
            saves = next(words)
        elif not word.startswith("-"):
            url = word
    split = urlsplit(url)
    path = split.path + (f"?{split.query}" if split.query else "")
    return Call(method or ("GET" if body is None and not files else "POST"), path, headers, body, files, saves)


def _made(row: Route) -> Call:
    path = row.path
    for place in row.places:
        path = path.replace(f"{{{place}}}", place if place.endswith("uuid") else f"{place}-here")
    headers = {} if row.public else {"Authorization": f"Bearer {TOKEN}"}
    body = None
    if row.body is not None:
        headers["Content-Type"] = JSON
        body = orjson.dumps(dict(_fields(row.body)), option=orjson.OPT_INDENT_2).decode()
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in _required(row.query))
    return Call(row.method, f"/api/v1{path}{'?' if query else ''}{query}", headers, body)


def _fields(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield what an example of a body has: what is required, and what has an example of its own."""
    schemas = Schemas()
    for name, kind, required, _ in fields_of(cls):
        schema = schemas.of(kind)
        if required or schema.get("examples"):
            yield name, example_of(schema, schemas.made, name)


def _required(cls: type | None) -> list[tuple[str, Any]]:
    if cls is None:
        return []
    schemas = Schemas()
    return [
        (name, example_of(schemas.of(kind), schemas.made, name))
        for name, kind, required, _ in fields_of(cls)
        if required
    ]
