"""The reference as a page: what there is to know before the first call, every route of the table, and the SMPP guide.

It is made once, without anything from elsewhere, and reads without scripts; `reference.js` adds a search, a choice of
language, and a form for each route that makes its call.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any, Final

from mobilesasa.api.errors import OWN_STATUSES
from mobilesasa.api.errors import STATUSES as STATUS_OF
from mobilesasa.api.openapi import refusals
from mobilesasa.api.reference.markup import fields, inline, kind_of, prose, sample, shown_json, table
from mobilesasa.api.reference.samples import samples
from mobilesasa.api.reference.words import CODES, PARTS, SCOPES, STATUSES, part_of
from mobilesasa.api.resources.shown import DLR_STATES, FAILURE_TEXTS
from mobilesasa.api.routes import PREFIX, Route
from mobilesasa.api.schemas import JsonObject
from mobilesasa.api.webhook_examples import examples
from mobilesasa.core.hooks import EVENTS

_FOLDER: Final = files("mobilesasa.api.reference")
#: The chapters that are no part of the table, before and after those that are.
_BEFORE: Final = (("overview", "Overview"), ("authentication", "Authentication"), ("errors", "Errors and statuses"))
_AFTER: Final = (("statuses", "What becomes of a message"), ("hooks", "Receiving webhooks"), ("smpp", "SMPP guide"))


def written(rows: Sequence[Route], made: JsonObject) -> str:
    """Return the page of a route table and its OpenAPI document, with the reference's address in its examples."""
    parts = [(heading, about, [row for row in rows if part_of(row.path) == heading]) for heading, _, about in PARTS]
    parts = [(heading, about, inside) for heading, about, inside in parts if inside]
    chapters = [_chapter(name, heading) for name, heading in _BEFORE]
    chapters += [_part(heading, about, inside, made) for heading, about, inside in parts]
    chapters += [_chapter(name, heading) for name, heading in _AFTER]
    frame = _read("page")
    return frame.replace("<!-- contents -->", _contents(parts)).replace("<!-- chapters -->", "\n".join(chapters))


def _read(name: str) -> str:
    return (_FOLDER / "parts" / f"{name}.html").read_text(encoding="utf-8")


def _contents(parts: Sequence[tuple[str, str, Sequence[Route]]]) -> str:
    lines = [f'<li><a href="#{name}">{heading}</a></li>' for name, heading in _BEFORE]
    for heading, _, rows in parts:
        inner = "".join(f'<li><a href="#{row.name}">{escape(row.summary.rstrip("."))}</a></li>' for row in rows)
        lines.append(f'<li><a href="#{_slug(heading)}">{heading}</a><ul>{inner}</ul></li>')
    lines += [f'<li><a href="#{name}">{heading}</a></li>' for name, heading in _AFTER]
    return "\n".join(lines)


def _slug(heading: str) -> str:
    return f"part-{heading.lower().replace(' ', '-')}"


def _chapter(name: str, heading: str) -> str:
    text = _read(name)
    for place, make in _TABLES.items():
        if place in text:
            text = text.replace(place, make())
    return f'<section id="{name}"><h2>{heading}</h2>\n{text}</section>'


def _part(heading: str, about: str, rows: Sequence[Route], made: JsonObject) -> str:
    routes = "\n".join(_route(row, made) for row in rows)
    return f'<section id="{_slug(heading)}"><h2>{heading}</h2>\n<p>{inline(about)}</p>\n{routes}</section>'


def _route(row: Route, made: JsonObject) -> str:
    named = made["components"]["schemas"]
    operation = made["paths"][row.path][row.method.lower()]
    pieces = [
        f'<article id="{row.name}" data-method="{row.method}" data-path="{escape(row.path)}">',
        f"<h3>{escape(row.summary.rstrip('.'))}</h3>",
        f'<p class="line {row.method.lower()}"><code>{row.method} {PREFIX}{escape(row.path)}</code> <small>{_who(row)}</small></p>',
        prose(row.about),
        *_asked(operation, named),
    ]
    pieces += [sample(language, source, language == "curl") for language, source in samples(row).items()]
    pieces += _answered(operation, named)
    codes = " ".join(f'<abbr title="{escape(STATUSES[status])}">{status}</abbr>' for status in sorted(refusals(row)))
    pieces += [f'<p class="refusals">Errors: {codes}</p>', "</article>"]
    return "\n".join(pieces)


def _who(row: Route) -> str:
    """Return what a caller needs."""
    if row.public:
        return "no token"
    if row.person:
        return "a login"
    return f"scope {' or '.join(f'<code>{scope}</code>' for scope in row.scopes)}" if row.scopes else "any token"


def _asked(operation: JsonObject, named: dict[str, JsonObject]) -> list[str]:
    pieces = []
    for place, heading in (("path", "In the path"), ("query", "Query"), ("header", "Headers")):
        given = [each for each in operation["parameters"] if each["in"] == place]
        if given:
            schema = {
                "properties": {each["name"]: {**each["schema"], "description": each["description"]} for each in given},
                "required": [each["name"] for each in given if each["required"]],
            }
            pieces += [f"<h4>{heading}</h4>", fields(schema, named)]
    if "requestBody" in operation:
        content: dict[str, Any] = operation["requestBody"]["content"]
        pieces += ["<h4>Request body</h4>", *(fields(each["schema"], named) for each in content.values())]
    return pieces


def _answered(operation: JsonObject, named: dict[str, JsonObject]) -> list[str]:
    content: dict[str, Any] = operation["responses"]["200"].get("content", {})
    pieces = []
    for each in content.values():
        data = each["schema"].get("properties", {}).get("data")
        if data is None:
            continue
        inside = fields(data, named) or f"<p>{kind_of(data, named)}</p>"
        example = shown_json(each["example"])
        pieces.append(f'<details class="answer"><summary>Answer</summary>{example}<h4>In data</h4>{inside}</details>')
    return pieces


def _scopes() -> str:
    return table(
        ("Scope", "Grants access to"), ((f"<code>{name}</code>", inline(about)) for name, about in SCOPES.items())
    )


def _statuses() -> str:
    return table(
        ("Status", "Meaning"), ((f"<code>{status}</code>", inline(about)) for status, about in STATUSES.items())
    )


def _codes() -> str:
    known = {**STATUS_OF, **OWN_STATUSES}
    rows = ((f"<code>{code}</code>", str(known.get(code, "")), inline(about)) for code, about in CODES.items())
    return table(("Code", "Status", "Meaning"), rows)


def _failures() -> str:
    rows = (
        (f"<code>{why.value}</code>", inline(text), f"<code>{DLR_STATES[why]}</code>")
        for why, text in FAILURE_TEXTS.items()
    )
    return table(("<code>failure_reason</code>", "What happened", "<code>dlr_state</code>"), rows)


def _events() -> str:
    listed = table(("Event", "When"), ((f"<code>{event}</code>", inline(about)) for event, about in EVENTS.items()))
    bodies = examples()
    shown = [f"<details><summary>{event}</summary>{shown_json(bodies[event])}</details>" for event in EVENTS]
    return "\n".join([listed, "<p>What each brings:</p>", *shown])


_TABLES: Final = {
    "<!-- scopes -->": _scopes,
    "<!-- statuses -->": _statuses,
    "<!-- codes -->": _codes,
    "<!-- failures -->": _failures,
    "<!-- events -->": _events,
}
