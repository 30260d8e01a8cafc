"""The OpenAPI 3.1 document, made of the route table and of the classes that parse the requests and shape the answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

import orjson

from mobilesasa.api.bearer import TEAM_HEADER
from mobilesasa.api.cookies import ACCESS, CSRF_HEADER, HOST_ALONE
from mobilesasa.api.errors import OWN_STATUSES, RUNNING_RETRY_S
from mobilesasa.api.errors import STATUSES as STATUS_OF
from mobilesasa.api.idempotency import HEADER, REPLAYED
from mobilesasa.api.reference.calls import JSON, call_of
from mobilesasa.api.reference.hooks import hooks
from mobilesasa.api.reference.samples import samples
from mobilesasa.api.reference.words import CODE_OF_STATUS, CODES, PARTS, SCOPES, STATUSES, part_of
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import PREFIX, Route
from mobilesasa.api.schemas import JsonObject, Schemas, example_of, fields_of

_VERSION: Final = "1"
_ALWAYS: Final = (400, 500)
_WITH_TOKEN: Final = (401, 403, 409, 429)  # 409: of a call for another team, see `TEAM_HEADER`
_TAG: Final = "If-None-Match"
_REQUEST_ID: Final = "019e12f0-5c1d-4b8a-9a63-5f7b1c2d3e4f"
_KEY_PARAMETER: Final = {
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
_TAG_PARAMETER: Final = {
    "name": _TAG,
    "in": "header",
    "required": False,
    "description": "The `ETag` of an earlier answer: where nothing has changed since, the answer is 304 without a body",
    "schema": {"type": "string"},
    "example": 'W/"0f1e2d3c4b5a69788796a5b4"',
}
_REPLAYED_HEADER: Final = {
    "description": "The answer is that of an earlier call with the same key",
    "schema": {"const": "true"},
}
_TAG_HEADER: Final = {"description": "Stands for this answer, for `If-None-Match`", "schema": {"type": "string"}}
_PASSING: Final = (409, 429, 500)
_RETRY_HEADER: Final = {
    "description": "Seconds to wait before the call is repeated, where that may help",
    "schema": {"type": "integer", "examples": [RUNNING_RETRY_S]},
}
_ABOUT: Final = """Send SMS, manage contacts, run campaigns, and build complete integrations.

Every answer is in one envelope: look at `success` before you read `data`. An error has a sentence for people, `error`, and a word
for programs, `code`. Only the statuses that are named here are ever answered."""
_SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, `mbs_…`, which is the way for programs; or the access token of a login, a JWT",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API token, `mbs_…`"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": HOST_ALONE.decode() + ACCESS.decode(),
        "description": (
            f"The login of a person in a browser; every write needs the CSRF token in `{CSRF_HEADER.decode().title()}` too. "
            f"A page sends `{TEAM_HEADER.decode().title()}` with the code of the team that it shows, or nothing in it for none: "
            "where another tab has gone on in another team the answer is 409 `team_changed`, and nothing was done. With any "
            "credential the header may be sent, and must fit then"
        ),
    },
}


class FieldShown(TypedDict):
    """What is wrong with one field."""

    field: Annotated[str, Said("Which one, such as `to` or `recipients[3].to`", example="message")]
    message: Annotated[str, Said("What it must be", example="is required")]


class ErrorShown(TypedDict):
    """An error; `error` is for people, `code` for programs."""

    success: Annotated[Literal[False], Said("Says that it is one")]
    error: Annotated[str, Said("What is wrong, in a sentence", example="message is required")]
    code: Annotated[str, Said("A stable word for what went wrong", example="insufficient_units")]
    request_id: Annotated[str, Said("Finds the request in our log", example=_REQUEST_ID)]
    fields: NotRequired[Annotated[list[FieldShown], Said("Every field that is missing or wrong")]]
    uuid: NotRequired[Annotated[str, Said("With `already_exists` of a contact or a group: the one that there is")]]
    needed_units: NotRequired[Annotated[int, Said("With `insufficient_units`: what one message costs")]]


def document(table: Iterable[Route]) -> JsonObject:
    """Return the OpenAPI document of a route table."""
    schemas = Schemas()
    paths: dict[str, JsonObject] = {}
    rows = list(table)
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    webhooks, errors = hooks(schemas), _errors(schemas)
    _name_codes(schemas)
    used = {part_of(row.path) for row in rows}
    made: JsonObject = {
        "openapi": "3.1.0",
        "info": {"title": "mobilesasa REST API", "version": _VERSION, "description": _ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"bearer": []}, {"key": []}, {"cookie": []}],
        "tags": [{"name": heading, "description": about} for heading, _, about in PARTS if heading in used],
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": dict(sorted(schemas.made.items())),
            "responses": errors,
            "securitySchemes": _SCHEMES,
        },
        "x-scopes": dict(SCOPES),
    }
    _add_examples(made)
    return made


def _name_codes(schemas: Schemas) -> None:
    """Put all codes into the schema of an error."""
    schemas.of(ErrorShown)
    code = schemas.made["ErrorShown"]["properties"]["code"]
    code["enum"] = sorted({*STATUS_OF, *OWN_STATUSES})
    code["x-enumDescriptions"] = {name: CODES.get(name, "") for name in code["enum"]}


def _operation(row: Route, schemas: Schemas) -> JsonObject:
    headers = [*([_KEY_PARAMETER] if row.idempotent else ()), *([_TAG_PARAMETER] if row.tagged else ())]
    made: JsonObject = {
        "operationId": row.name,
        "summary": row.summary.rstrip("."),
        "tags": [part_of(row.path)],
        "parameters": [*_places(row), *_query(row, schemas), *headers],
        "responses": _responses(row, schemas),
    }
    about = row.about
    if row.scopes:
        about = f"{about}\n\nScope: {' or '.join(row.scopes)}.".strip()
        made["x-scopes"] = list(row.scopes)
    made["description"] = about or row.summary
    if row.deprecated:
        made["deprecated"] = True
    if row.public:
        made["security"] = []
    elif row.person:
        made["security"] = [{"bearer": []}, {"cookie": []}]
    made["x-codeSamples"] = [
        {"lang": {"curl": "Shell", "Node": "JavaScript"}.get(language, language), "label": language, "source": source}
        for language, source in samples(row).items()
    ]
    if row.body is not None:
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas.of(row.body), **_asked(row)}}}
    else:
        made |= _uploaded(row, schemas)
    return made


def _uploaded(row: Route, schemas: Schemas) -> JsonObject:
    """Return the request's body of a route that takes a form with a file, as its example shows."""
    files = call_of(row).files
    if not files:
        return {}
    properties = {field: {"type": "string", "format": "binary", "description": "The file"} for field in files}
    if row.form is not None:
        properties |= {name: schemas.of(kind) for name, kind, _, _ in fields_of(row.form)}
    schema = {"type": "object", "required": list(files), "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def _asked(row: Route) -> JsonObject:
    body = call_of(row).body
    return {} if body is None else {"example": orjson.loads(body)}


def _places(row: Route) -> list[JsonObject]:
    return [
        {"name": name, "in": "path", "required": True, "description": _place(name), "schema": {"type": "string"}}
        for name in row.places
    ]


def _place(name: str) -> str:
    if name.endswith("uuid"):
        what = name.removesuffix("uuid").strip("_").replace("_", " ")
        return f"The uuid of the {what}" if what else "The uuid of it, as it was answered"
    if name == "phone":
        return "The phone number, with the plus as `%2B`"
    return f"Which {name.replace('_', ' ')}, as it is named in answers"


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
    made: JsonObject = {"200": {"description": STATUSES[200], "content": _content(row, schemas)}}
    if row.tagged:
        made["200"]["headers"] = {"ETag": _TAG_HEADER}
        made["304"] = {"description": STATUSES[304]}
    for status in sorted(refusals(row)):
        made[str(status)] = {"$ref": f"#/components/responses/Error{status}"}
    if row.idempotent:
        made["200"]["headers"] = {REPLAYED: _REPLAYED_HEADER}
    return made


def _errors(schemas: Schemas) -> JsonObject:
    """Return the answers that are errors, one a status; those that may pass say when to come again."""
    made: JsonObject = {}
    for status in CODE_OF_STATUS:
        content = {JSON: {"schema": schemas.of(ErrorShown), "example": error(status)}}
        made[f"Error{status}"] = {"description": STATUSES[status], "content": content}
        if status in _PASSING:
            made[f"Error{status}"]["headers"] = {"Retry-After": _RETRY_HEADER}
    return made


def refusals(row: Route) -> set[int]:
    """Return the statuses of the errors that a route may answer."""
    key, places = (409,) if row.idempotent else (), (404,) if row.places else ()
    return {*row.refusals, *_ALWAYS, *(() if row.public else _WITH_TOKEN), *key, *places}


def error(status: int) -> JsonObject:
    """Return an error with a status, as an example."""
    code = CODE_OF_STATUS[status]
    made: JsonObject = {"success": False, "error": CODES[code].replace("`", ""), "code": code}
    if code == "bad_request":
        made |= {"error": "message is required", "fields": [{"field": "message", "message": "is required"}]}
    if code == "insufficient_units":
        made["needed_units"] = 2
    return {**made, "request_id": _REQUEST_ID}


def _content(row: Route, schemas: Schemas) -> JsonObject:
    if row.files:
        return {content_type: {"schema": {"type": "string", "format": "binary"}} for content_type in row.files}
    if row.answers is None:
        return {JSON: {"schema": {"type": "object"}}}
    properties = {"success": {"const": True}, "data": schemas.of(row.answers)}
    return {JSON: {"schema": {"type": "object", "required": ["success", "data"], "properties": properties}}}


def _add_examples(made: JsonObject) -> None:
    """Give each answer an example; only now do all schemas stand that one may refer to."""
    named = made["components"]["schemas"]
    for methods in made["paths"].values():
        for operation in methods.values():
            content: dict[str, Any] = operation["responses"]["200"].get("content", {})
            for each in content.values():
                if "properties" in each["schema"]:
                    each["example"] = example_of(each["schema"], named)
