"""The OpenAPI 3.1 document, made of the route table and of the classes that parse the requests and shape the answers."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable, Sequence
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import attrs
import orjson
from twisted.web.iweb import IRequest

from mobilesasa.api.errors import RUNNING_RETRY_S
from mobilesasa.api.idempotency import HEADER, REPLAYED
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import PREFIX, Route, route

JsonObject = dict[str, Any]

_VERSION = "1"
_PLAIN: dict[object, str] = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}
_STATUSES = {
    400: "A field is missing or wrong, or the request cannot be read",
    401: "The token is missing, unknown, expired or revoked",
    402: "The team's units do not suffice",
    403: "The token lacks the scope, or the team is suspended",
    404: "There is no such thing, or it is another team's",
    409: "It clashes with what is there already",
    429: "Too many bad tokens from this address",
    500: "Something went wrong on our side, or the node is overloaded",
}
_ALWAYS = (500,)
_WITH_TOKEN = (401, 403, 429)
_WITH_KEY = (400, 409)
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Makes the call safe to repeat: within 24 hours one with the same key and the same body is not done again but "
        f"given the same answer, with `{REPLAYED}: true`. A call that was refused keeps nothing, and can be tried again"
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": "order-4711-confirmation",
}
_REPLAYED_HEADER = {
    "description": "The answer is that of an earlier call with the same key",
    "schema": {"const": "true"},
}
_RUNNING_HEADER = {
    "description": "With `idempotency_running`: seconds to wait before the call is repeated",
    "schema": {"type": "integer", "examples": [RUNNING_RETRY_S]},
}
_TAGS = {
    "messages": "Messages",
    "inbound": "Messages from phones",
    "suppressions": "Suppressions",
    "account": "Account",
    "sender-ids": "Account",
    "smpp": "SMPP",
    "carriers": "Platform",
    "receipts": "Platform",
    "openapi.json": "Reference",
}


class FieldShown(TypedDict):
    """What is wrong with one field."""

    field: str
    message: str


class ErrorShown(TypedDict):
    """An error; `error` is for people, `code` for programs."""

    success: Literal[False]
    error: str
    code: Annotated[str, Said("A stable word for what went wrong", example="insufficient_units")]
    request_id: Annotated[str, Said("Finds the request in our log")]
    fields: NotRequired[Annotated[list[FieldShown], Said("Every field that is missing or wrong")]]
    needed_units: NotRequired[Annotated[int, Said("With `insufficient_units`: what one message costs")]]


class Reference:
    """Serves the document. It is made once, when the table is complete."""

    def __init__(self) -> None:
        """Serve nothing yet."""
        self._octets = b""

    def document(self, table: Sequence[Route]) -> None:
        """Make the document of a route table."""
        self._octets = orjson.dumps(document(table))

    @route("GET", "/openapi.json", public=True, answers=None)
    async def openapi(self, request: IRequest) -> bytes:
        """Get this API as an OpenAPI 3.1 document.

        The only answer that is not in the envelope. It needs no token.
        """
        request.setHeader(b"Content-Type", b"application/json")
        request.setHeader(b"Content-Length", b"%d" % len(self._octets))
        request.setHeader(b"Cache-Control", b"no-cache")
        return self._octets


def document(table: Iterable[Route]) -> JsonObject:
    """Return the OpenAPI document of a route table."""
    schemas = Schemas()
    paths: dict[str, JsonObject] = {}
    for row in table:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    schemas.of(ErrorShown)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mobilesasa REST API",
            "version": _VERSION,
            "description": "Send SMS and see what became of them.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{"bearer": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.made.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API token: mbs_…"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(row: Route, schemas: Schemas) -> JsonObject:
    made: JsonObject = {
        "operationId": row.name,
        "summary": row.summary.rstrip("."),
        "tags": [_TAGS.get(row.path.split("/")[1], row.path.split("/")[1])],
        "parameters": [*_places(row), *_query(row, schemas), *([_KEY_PARAMETER] if row.idempotent else ())],
        "responses": _responses(row, schemas),
    }
    about = row.about
    if row.scopes:
        about = f"{about}\n\nScope: {' or '.join(row.scopes)}.".strip()
        made["x-scopes"] = list(row.scopes)
    made["description"] = about
    if row.public:
        made["security"] = []
    if row.curl:
        made["x-codeSamples"] = [{"lang": "Shell", "label": "curl", "source": row.curl}]
    if row.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas.of(row.body)}}}
    return made


def _places(row: Route) -> list[JsonObject]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in row.places]


def _query(row: Route, schemas: Schemas) -> list[JsonObject]:
    if row.query is None:
        return []
    made = []
    for name, kind, required, default in fields_of(row.query):
        schema = schemas.of(kind)
        description = schema.pop("description", "")
        if isinstance(schema.get("type"), list):  # a parameter that is left out is no null
            schema["type"] = schema["type"][0]
            schema["enum"] = [word for word in schema["enum"] if word is not None] if "enum" in schema else None
            schema = {key: value for key, value in schema.items() if value is not None}
        if default is not None:
            schema["default"] = default
        made.append({"name": name, "in": "query", "required": required, "description": description, "schema": schema})
    return made


def _responses(row: Route, schemas: Schemas) -> JsonObject:
    statuses = {*row.refusals, *_ALWAYS, *(() if row.public else _WITH_TOKEN), *(_WITH_KEY if row.idempotent else ())}
    data: JsonObject = {"type": "object"}
    if row.answers is not None:
        data = {
            "type": "object",
            "required": ["success", "data"],
            "properties": {"success": {"const": True}, "data": schemas.of(row.answers)},
        }
    made: JsonObject = {"200": {"description": "Success", "content": {"application/json": {"schema": data}}}}
    for status in sorted(statuses):
        content = {"application/json": {"schema": schemas.of(ErrorShown)}}
        made[str(status)] = {"description": _STATUSES[status], "content": content}
    if row.idempotent:
        made["200"]["headers"] = {REPLAYED: _REPLAYED_HEADER}
        made["409"]["headers"] = {"Retry-After": _RUNNING_HEADER}
    return made


def fields_of(cls: type) -> list[tuple[str, Any, bool, Any]]:
    """Return name, type, whether it is required, and default of each field of an attrs class or a TypedDict."""
    hints = get_type_hints(cls, include_extras=True)
    if is_typeddict(cls):  # its own list of required keys is wrong where annotations are kept as text
        return [(name, kind, get_origin(kind) is not NotRequired, None) for name, kind in hints.items()]
    return [
        (field.name, hints[field.name], field.default is attrs.NOTHING, _default(field.default))
        for field in attrs.fields(cls)
    ]


def _default(default: object) -> object:
    return None if default is attrs.NOTHING else default


class Schemas:
    """JSON schemas of types; classes get a name of their own and are referred to."""

    def __init__(self) -> None:
        """Begin with none made."""
        self.made: dict[str, JsonObject] = {}

    def of(self, kind: Any) -> JsonObject:
        """Return the schema of a type.

        Raises:
            TypeError: there is no schema for such a type.
        """
        origin = get_origin(kind)
        if origin is NotRequired:
            return self.of(get_args(kind)[0])
        if origin is Annotated:
            return self._said(kind)
        if origin is Literal:
            words = list(get_args(kind))
            return {"const": words[0]} if len(words) == 1 else {"type": _PLAIN[type(words[0])], "enum": words}
        if origin is list:
            return {"type": "array", "items": self.of(get_args(kind)[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(kind)[1])}
        if origin in (Union, types.UnionType):
            return self._either(get_args(kind))
        if kind is Any:
            return {}
        if kind in _PLAIN:
            return {"type": _PLAIN[kind]}
        if is_typeddict(kind) or attrs.has(kind):
            return self._class(kind)
        raise TypeError(f"there is no schema for {kind!r}")

    def _said(self, kind: Any) -> JsonObject:
        base, said = get_args(kind)
        schema = self.of(base)
        schema["description"] = said.doc
        if said.example is not None:
            schema["examples"] = [said.example]
        if said.minimum is not None:
            schema["minimum"] = said.minimum
        if said.maximum is not None:
            schema["maximum"] = said.maximum
        return schema

    def _either(self, kinds: Sequence[Any]) -> JsonObject:
        """Return the schema of what may also be null, or is of one of several plain types."""
        if all(kind in _PLAIN for kind in kinds):
            return {"type": [_PLAIN[kind] for kind in kinds]}
        (kind,) = (kind for kind in kinds if kind is not type(None))
        schema = self.of(kind)
        if "$ref" in schema:
            return {"anyOf": [schema, {"type": "null"}]}
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return schema

    def _class(self, cls: type) -> JsonObject:
        name = cls.__name__
        if name not in self.made:
            self.made[name] = {}  # before its fields, one of which may be of the class itself
            fields = fields_of(cls)
            made: JsonObject = {"type": "object", "description": inspect.getdoc(cls) or ""}
            made["properties"] = {field: self._property(kind, default) for field, kind, _, default in fields}
            required = [field for field, _, needed, _ in fields if needed]
            if required:
                made["required"] = required
            self.made[name].update(made)
        return {"$ref": f"#/components/schemas/{name}"}

    def _property(self, kind: Any, default: object) -> JsonObject:
        schema = self.of(kind)
        if default is not None:
            schema["default"] = default
        return schema
