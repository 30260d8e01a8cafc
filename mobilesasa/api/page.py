"""The reference as a page: every route of the table with its fields and a curl line that works where it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from mobilesasa.api.idempotency import HEADER
from mobilesasa.api.openapi import Schemas, fields_of
from mobilesasa.api.routes import PREFIX, Route
from mobilesasa.api.site import ApiRequest, Known

_REFERENCE_ADDRESS = "https://api.yourdomain.com"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?\Z")
_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
pre { padding: .8rem; overflow-x: auto; border: 1px solid; border-radius: .4rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
"""
_POLICY = b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Page(Known):
    """The reference, made once; only the address in its examples is that of the request.

    Args:
        table: what is shown.
    """

    def __init__(self, table: Sequence[Route]) -> None:
        """Write the page."""
        super().__init__()
        self._html = written(table)
        self.putChild(b"page.css", Style())

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the page."""
        octets = self._html.replace(_REFERENCE_ADDRESS, escape(_address(request))).encode()
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Content-Length", b"%d" % len(octets))
        request.setHeader(b"Content-Security-Policy", _POLICY)
        request.setHeader(b"Cache-Control", b"no-cache")
        return octets


class Style(Known):
    """How the page looks."""

    def render_GET(self, request: ApiRequest) -> bytes:
        """Answer with the style sheet."""
        request.setHeader(b"Content-Type", b"text/css; charset=utf-8")
        return _STYLE.encode()


def _address(request: ApiRequest) -> str:
    host = (request.getHeader(b"host") or b"").decode("latin-1")
    if not _HOST.match(host):
        return _REFERENCE_ADDRESS
    return f"{'https' if request.isSecure() else 'http'}://{host}"


def written(table: Sequence[Route]) -> str:
    """Return the page of a route table, with the reference's address in its examples."""
    sections = "\n".join(_section(row) for row in table)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>mobilesasa REST API</title>
<link rel="stylesheet" href="/docs/page.css"></head>
<body>
<h1>mobilesasa REST API</h1>
<p>Send your API token with every request: <code>Authorization: Bearer mbs_…</code> or <code>X-API-Key: mbs_…</code>.
Every answer is <code>{{"success": true, "data": …}}</code> or <code>{{"success": false, "error": "…", "code": "…"}}</code>.
For programs the same is at <a href="{PREFIX}/openapi.json">{PREFIX}/openapi.json</a>.</p>
{sections}
</body>
</html>
"""


def _section(row: Route) -> str:
    scopes = "no token" if row.public else f"scope {' or '.join(row.scopes)}" if row.scopes else "any token"
    parts = [
        f"<h2>{escape(row.summary.rstrip('.'))}</h2>",
        f"<p><code>{row.method} {PREFIX}{escape(row.path)}</code> ({scopes})</p>",
        f"<p>{escape(row.about)}</p>",
    ]
    if row.idempotent:
        parts.append(f"<p>Takes the header <code>{HEADER}</code>, which makes the call safe to repeat.</p>")
    asked = row.body or row.query
    if asked is not None:
        parts.append(f"<table>{''.join(_field(*field) for field in fields_of(asked))}</table>")
    if row.curl:
        parts.append(f"<pre>{escape(row.curl)}</pre>")
    return "\n".join(parts)


def _field(name: str, kind: object, required: bool, default: object) -> str:
    schema = Schemas().of(kind)
    said = schema.get("description", "")
    told = "required" if required else "optional" if default is None else f"default {default}"
    words = [str(word) for word in schema.get("enum", ()) if word is not None]
    if words:
        said = f"{said}: {', '.join(words)}"
    return f"<tr><td><code>{name}</code></td><td>{told}</td><td>{escape(said)}</td></tr>"
