"""HTML of what the reference says: sentences, fields, samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

import orjson

from mobilesasa.api.schemas import JsonObject

_CODE: Final = re.compile(r"`([^`]+)`")
_DEEPEST: Final = 3


def inline(text: str) -> str:
    """Return a sentence, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def prose(text: str) -> str:
    """Return paragraphs, which have an empty line between them; lines that begin with a dash are a list."""
    return "\n".join(_block(block.strip()) for block in text.split("\n\n") if block.strip())


def _block(block: str) -> str:
    lines = block.splitlines()
    if all(line.startswith(("- ", "  ")) for line in lines):
        items = re.split(r"(?:^|\n)- ", block)[1:]
        return f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in items)}</ul>"
    return f"<p>{inline(block)}</p>"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells that are HTML already; narrow screens scroll it."""
    heads = "".join(f'<th scope="col">{each}</th>' for each in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def sample(language: str, source: str, is_open: bool) -> str:
    """Return a sample that can be folded away."""
    state = " open" if is_open else ""
    code = escape(source, quote=False)
    summary = f"<summary>{language}</summary>"
    return (
        f'<details class="sample" data-language="{language}"{state}>{summary}<pre><code>{code}</code></pre></details>'
    )


def shown_json(value: Any) -> str:
    """Return a value as an answer shows it, on several lines."""
    return f"<pre><code>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode(), quote=False)}</code></pre>"


def fields(schema: JsonObject, named: Mapping[str, JsonObject]) -> str:
    """Return the fields of an object, and of what is in it, as a list of definitions."""
    rows = [
        f'<dt><code>{escape(name)}</code> <span class="kind">{kind}</span>{" <b>required</b>" if required else ""}</dt>'
        f"<dd>{inline(about)}</dd>"
        for name, kind, required, about in flat(schema, named)
    ]
    return f'<dl class="fields">{"".join(rows)}</dl>' if rows else ""


def flat(
    schema: JsonObject, named: Mapping[str, JsonObject], before: str = "", depth: int = 0
) -> Iterator[tuple[str, str, bool, str]]:
    """Yield name, kind, whether it is required, and words of each field, those of objects within by `outer.inner`."""
    schema = resolved(schema, named)
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        full = f"{before}{name}"
        inner = resolved(each, named)
        items = resolved(inner.get("items", {}), named)
        about = each.get("description") or items.get("description") or inner.get("description", "")
        yield full, kind_of(each, named), name in needed, about + bounds_of(inner)
        if depth < _DEEPEST:
            yield from flat(items or inner, named, f"{full}[]." if items else f"{full}.", depth + 1)


def resolved(schema: JsonObject, named: Mapping[str, JsonObject]) -> JsonObject:
    """Return what a schema is, where it only refers to another or may also be null."""
    if "anyOf" in schema:
        return resolved(schema["anyOf"][0], named)
    return named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def kind_of(schema: JsonObject, named: Mapping[str, JsonObject]) -> str:
    """Return the type of a field in a few words."""
    inner = resolved(schema, named)
    kinds = inner.get("type", "any" if "const" not in inner else "string")
    words = [kinds] if isinstance(kinds, str) else list(kinds)
    if "anyOf" in schema:
        words.append("null")
    if inner.get("items"):
        words = [f"array of {kind_of(inner['items'], named)}s" if word == "array" else word for word in words]
    if inner.get("format") == "date-time":
        words = ["ISO 8601" if word == "string" else word for word in words]
    return " or ".join(words)


def bounds_of(schema: JsonObject) -> str:
    """Return what a field may hold, as the end of a sentence; empty where it is anything."""
    parts = []
    if "minimum" in schema and "maximum" in schema:
        parts.append(f"{schema['minimum']} to {schema['maximum']}")
    words = [f"`{word}`" for word in schema.get("enum", ()) if word is not None]
    if words:
        parts.append(", ".join(words))
    if schema.get("default") not in (None, [], {}):
        parts.append(f"default `{schema['default']}`".replace("True", "true").replace("False", "false"))
    return f" ({'; '.join(parts)})" if parts else ""
