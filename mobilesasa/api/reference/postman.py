"""The API as a Postman collection (format 2.1), made of the same table as all of the reference."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mobilesasa.api.reference.calls import JSON, call_of
from mobilesasa.api.reference.words import PARTS, part_of
from mobilesasa.api.routes import PREFIX, Route
from mobilesasa.api.schemas import JsonObject

_FORMAT: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_ID: Final = str(uuid.uuid5(uuid.NAMESPACE_URL, "mobilesasa REST API"))


def collection(table: Iterable[Route]) -> JsonObject:
    """Return a collection: a folder a part, a request a route, with variables for the address and the token."""
    folders: dict[str, list[JsonObject]] = {}
    for row in table:
        folders.setdefault(part_of(row.path), []).append(_item(row))
    order = [heading for heading, _, _ in PARTS if heading in folders]
    return {
        "info": {"_postman_id": _ID, "name": "mobilesasa REST API", "schema": _FORMAT},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [
            {"key": "address", "value": f"https://api.yourdomain.com{PREFIX}"},
            {"key": "token", "value": ""},
        ],
        "item": [{"name": heading, "item": folders[heading]} for heading in [*order, *(set(folders) - set(order))]],
    }


def _item(row: Route) -> JsonObject:
    call = call_of(row)
    split = urlsplit(call.path.removeprefix(PREFIX))
    headers = {name: value for name, value in call.headers.items() if name not in ("Authorization", "X-API-Key")}
    segments = [f":{each[1:-1]}" if each.startswith("{") else each for each in row.path.strip("/").split("/")]
    url: JsonObject = {
        "raw": f"{{{{address}}}}/{'/'.join(segments)}{'?' if split.query else ''}{split.query}",
        "host": ["{{address}}"],
        "path": segments,
    }
    if split.query:
        url["query"] = [{"key": key, "value": value} for key, value in parse_qsl(split.query)]
    if row.places:
        url["variable"] = [{"key": name, "value": ""} for name in row.places]
    request: JsonObject = {
        "method": row.method,
        "header": [{"key": name, "value": value} for name, value in headers.items()],
        "url": url,
        "description": f"{row.summary}\n\n{row.about}".strip(),
    }
    if row.public:
        request["auth"] = {"type": "noauth"}
    if call.body is not None:
        request["body"] = {"mode": "raw", "raw": call.body, "options": {"raw": {"language": "json"}}}
        request["header"] = request["header"] or [{"key": "Content-Type", "value": JSON}]
    if call.files:
        form = [{"key": field, "type": "file", "src": name} for field, name in call.files.items()]
        request["body"] = {"mode": "formdata", "formdata": form}
    return {"name": row.summary.rstrip("."), "request": request, "response": []}
