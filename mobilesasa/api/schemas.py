"""JSON schemas of types: of the attrs classes that parse requests, and of the TypedDicts that shape answers."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import attrs

from mobilesasa.api.requests import ABSENT, Absent
from mobilesasa.api.times import Instant

JsonObject = dict[str, Any]

_PLAIN: Final[dict[object, str]] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    float: "number",
    type(None): "null",
}
#: Examples of what is called the same everywhere, where a field has none of its own.
_BY_NAME: Final[dict[str, Any]] = {
    "uuid": "01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10",
    "phone": "+254712345678",
    "to": "+254712345678",
    "name": "VIP Customers",
    "code": "ACME2024",
    "email": "jane@example.com",
    "team": "ACME2024",
}
_DEEPEST: Final = 5
#: Words of what is called the same everywhere, where a field has none of its own.
_WORDS: Final[dict[str, str]] = {
    "uuid": "Names it in addresses and in other answers",
    "name": "What people call it",
    "role": "What they may do in the team",
    "suspended": "Whether the operator has suspended it",
    "kind": "What it is",
    "login_uuid": "Names the login",
    "team_uuid": "Names the team",
}
_TIME: Final = "2026-05-11T09:00:00Z"
_BY_TYPE: Final[dict[str, Any]] = {"string": "", "integer": 1, "number": 1.0, "boolean": False, "null": None}


def fields_of(cls: type) -> list[tuple[str, Any, bool, Any]]:
    """Return name, type, whether it is required, and default of each field of an attrs class or a TypedDict."""
    hints = get_type_hints(cls, include_extras=True)
    if is_typeddict(cls):  # its own list of required keys is wrong where annotations are kept as text
        return [(name, kind, get_origin(kind) is not NotRequired, None) for name, kind in hints.items()]
    fields = [
        (field.name, hints[field.name], field.default is attrs.NOTHING, _default(field.default))
        for field in attrs.fields(cls)
    ]
    return sorted(fields, key=lambda field: not field[2])  # what is required first, wherever a class has it from


def _default(default: object) -> object:
    return None if default is attrs.NOTHING or default is ABSENT else default


class Schemas:
    """JSON schemas of types; classes get a name of their own and are referred to."""

    def __init__(self) -> None:
        """Begin with none made."""
        self.made: dict[str, JsonObject] = {}
        self._names: dict[type, str] = {}

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
        if kind is Instant:
            return {"type": "string", "format": "date-time"}
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
        if said.longest is not None:
            schema["maxLength"] = said.longest
        if said.most is not None:
            schema["maxItems"] = said.most
        return schema

    def _either(self, kinds: Sequence[Any]) -> JsonObject:
        """Return the schema of what may also be null or absent, or is of one of several plain types."""
        kinds = [kind for kind in kinds if kind is not Absent]
        if len(kinds) == 1:
            return self.of(kinds[0])
        if all(kind in _PLAIN for kind in kinds):
            return {"type": [_PLAIN[kind] for kind in kinds]}
        others = [kind for kind in kinds if kind is not type(None)]
        if len(others) > 1:
            return {"anyOf": [self.of(kind) for kind in kinds]}
        schema = self.of(others[0])
        if "$ref" in schema:
            return {"anyOf": [schema, {"type": "null"}]}
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return schema

    def _class(self, cls: type) -> JsonObject:
        name = self._names.get(cls)
        if name is None:
            name = self._names[cls] = self._new_name(cls)
            self.made[name] = {}  # before its fields, one of which may be of the class itself
            fields = fields_of(cls)
            made: JsonObject = {"type": "object", "description": inspect.getdoc(cls) or ""}
            made["properties"] = {field: self._property(field, kind, default) for field, kind, _, default in fields}
            required = [field for field, _, needed, _ in fields if needed]
            if required:
                made["required"] = required
            self.made[name].update(made)
        return {"$ref": f"#/components/schemas/{name}"}

    def _new_name(self, cls: type) -> str:
        """Return a class's name; where another class has it, with that of its module before it."""
        if cls.__name__ not in self.made:
            return cls.__name__
        module = cls.__module__.rpartition(".")[2]
        return f"{module.title().replace('_', '')}{cls.__name__}"

    def _property(self, name: str, kind: Any, default: object) -> JsonObject:
        schema = self.of(kind)
        if name in _WORDS:
            schema.setdefault("description", _WORDS[name])
        if default is not None:
            schema["default"] = default
        return schema


def example_of(schema: JsonObject, named: Mapping[str, JsonObject], name: str = "", depth: int = 0) -> Any:
    """Return an example of what a schema describes, as near to a real one as its words allow.

    Args:
        schema: of what.
        named: the schemas that it may refer to.
        name: of the field that it is for.
        depth: of what it is in; a class within itself ends somewhere.
    """
    if "$ref" in schema:
        return example_of(named[schema["$ref"].rpartition("/")[2]], named, name, depth)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], named, name, depth)
    return _example_of_type(schema, named, name, depth)


def _example_of_type(schema: JsonObject, named: Mapping[str, JsonObject], name: str, depth: int) -> Any:
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return [] if depth > _DEEPEST else [example_of(schema["items"], named, name.removesuffix("s"), depth + 1)]
    if kind == "object":
        inner = schema.get("properties", {})
        return {} if depth > _DEEPEST else {key: example_of(each, named, key, depth + 1) for key, each in inner.items()}
    if kinds != kind and "null" in kinds and not name.endswith("uuid"):
        return None
    if kind == "string":
        if name.endswith("_at") or name in ("at", "from", "until") or schema.get("format") == "date-time":
            return _TIME
        return _BY_NAME.get("uuid" if name.endswith("uuid") else name, name.replace("_", " "))
    return max(_BY_TYPE[kind], schema.get("minimum", 0)) if kind == "integer" else _BY_TYPE[kind]
