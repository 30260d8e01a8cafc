"""Requests, parsed: a JSON body or a query string becomes an attrs class, or every wrong field is named at once.

A field's type is `Annotated[…, Said("what it is", …)]`: the same words and bounds parse the request and stand in the
OpenAPI document. Nothing is coerced: a number is no string, and a string no number. Unknown keys are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

import attrs
import cattrs
import orjson
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import ClassValidationError, IterableValidationError
from twisted.web.iweb import IRequest

from mobilesasa.api.errors import FieldProblem, WrongField, problem

C = TypeVar("C")

MAX_DEPTH = 32  # of a body's arrays and objects
_NUL = "\x00"
_JSON_TYPES = re.compile(rb"(application/json|application/[a-z0-9.+-]+\+json|text/json)\Z", re.IGNORECASE)
_UNICODE = re.compile(rb'charset="?(utf-?8|us-ascii)"?\Z', re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z", re.ASCII)
_NAMES = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


@attrs.frozen
class Said:
    """What is said of a field, to people and to the parser."""

    doc: str
    example: Any = attrs.field(default=None, hash=False)  # what stands behind `Annotated` is hashed
    minimum: int | None = None
    maximum: int | None = None
    if_array: str = ""  # what to do instead of giving an array

    def check(self, value: object) -> None:
        """Refuse a number out of bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            return
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise WrongField(f"must be a number from {self.minimum} to {self.maximum}")


def parse(cls: type[C], request: IRequest) -> C:
    """Read a request's JSON body.

    Raises:
        Problem: 400, with every wrong field.
    """
    _check_content_type(request)
    octets = request.content.read()
    if not octets.strip():
        raise problem("bad_json", "the body is empty; a JSON object is needed", _missing(cls))
    try:
        given = orjson.loads(octets)
    except orjson.JSONDecodeError as bad:
        raise problem("bad_json", f"the body is not JSON: {bad}") from bad
    if not isinstance(given, dict):
        raise problem("bad_json", f"the body must be a JSON object, not {_named(given)}")
    _check_depth(given)
    return _structured(_bodies(), given, cls)


def parse_query(cls: type[C], request: IRequest) -> C:
    """Read a request's query string; of a key given twice the last counts, an empty one is as if not given.

    Raises:
        Problem: 400, with every wrong field.
    """
    given: dict[str, str] = {}
    try:
        for key, values in request.args.items():
            text = values[-1].decode()
            if text:
                given[key.decode()] = text
    except UnicodeDecodeError:
        raise problem("bad_url", "the query string is not UTF-8") from None
    return _structured(_queries(), given, cls)


def _check_content_type(request: IRequest) -> None:
    given = request.getHeader(b"content-type")
    if not given:
        return
    kind, _, parameters = given.partition(b";")
    if not _JSON_TYPES.match(kind.strip()):
        hint = ' (curl -d needs -H "Content-Type: application/json")' if b"form" in kind else ""
        raise problem("bad_content_type", f"the body must be JSON: send Content-Type: application/json{hint}")
    if b"charset" in parameters.lower() and not _UNICODE.match(parameters.strip()):
        raise problem("bad_content_type", "the body must be JSON in UTF-8")


def _check_depth(given: object) -> None:
    level: list[object] = [given]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise problem("bad_json", f"the body has more than {MAX_DEPTH} arrays and objects within each other")


def _missing(cls: type) -> list[FieldProblem]:
    return [FieldProblem(field.name, "is required") for field in attrs.fields(cls) if field.default is attrs.NOTHING]


def _structured(converter: cattrs.Converter, given: dict[str, Any], cls: type[C]) -> C:
    try:
        return converter.structure(given, cls)
    except ClassValidationError as wrong:
        fields = _fields(wrong)
    said = "; ".join(f"{field.field} {field.message}" for field in fields)
    raise problem("bad_request", said, fields)


def _fields(wrong: ClassValidationError | IterableValidationError, before: str = "") -> list[FieldProblem]:
    found: list[FieldProblem] = []
    noted: list[tuple[Exception, str]]
    if isinstance(wrong, ClassValidationError):
        separator = "." if before else ""
        errors, others = wrong.group_exceptions()
        noted = [(error, f"{before}{separator}{note.name}") for error, note in errors]
        if others:
            raise others[0]  # our own defect: a class that refuses what its fields' types take
    else:
        noted = [(error, f"{before}[{note.index}]") for error, note in wrong.group_exceptions()[0]]
    for error, name in noted:
        if isinstance(error, ClassValidationError | IterableValidationError):
            found.extend(_fields(error, name))
        elif isinstance(error, KeyError):
            found.append(FieldProblem(name, "is required"))
        elif isinstance(error, WrongField):
            found.append(FieldProblem(name, str(error)))
        else:
            raise error  # our own defect: a type that no hook reads
    return found


def _named(value: object) -> str:
    return "null" if value is None else _NAMES[type(value)]


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise WrongField(f"must be a string, not {_named(value)}")
    if _NUL in value:
        raise WrongField("holds a NUL character")
    return value


def _integer(value: object, _: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongField(f"must be a whole number, not {_named(value)}")
    return value


def _written_integer(value: str, _: object) -> int:
    if not _WHOLE.match(value):
        raise WrongField("must be a whole number")
    return int(value)


def _flag(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise WrongField(f"must be true or false, not {_named(value)}")
    return value


def _written_flag(value: str, _: object) -> bool:
    if value not in ("true", "false"):
        raise WrongField("must be true or false")
    return value == "true"


def _choice(value: object, kind: Any) -> object:
    words = get_args(kind)
    if value not in words:  # an unhashable value is compared, not looked up
        raise WrongField(f"must be one of {', '.join(map(str, words))}")
    return value


def _array(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    return _only(list, "an array", kind, list_structure_factory(kind, converter))


def _table(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    return _only(dict, "an object", kind, mapping_structure_factory(kind, converter))


def _only(of: type, words: str, kind: Any, inner: Callable[[Any, Any], object]) -> Callable[[object, Any], object]:
    """Return what structures a value of one JSON type, and refuses any other in words."""

    def hook(value: object, _: object) -> object:
        if not isinstance(value, of):
            raise WrongField(f"must be {words}, not {_named(value)}")
        return inner(value, kind)

    return hook


def _object(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    inner = converter.gen_structure_attrs_fromdict(kind)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise WrongField(f"must be an object, not {_named(value)}")
        return inner(value, kind)

    return hook


def _said(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    base, *notes = get_args(kind)
    said = next(note for note in notes if isinstance(note, Said))
    inner = converter.get_structure_hook(base)

    def hook(value: object, _: object) -> object:
        if said.if_array and isinstance(value, list):
            raise WrongField(f"must be a single value, not an array: {said.if_array}")
        found = inner(value, base)
        said.check(found)
        return found

    return hook


def _converter() -> cattrs.Converter:
    made: Any = cattrs.Converter(detailed_validation=True)  # its annotations know no special forms
    made.register_structure_hook_func(_of(Literal), _choice)
    made.register_structure_hook_factory(_of(list), _array)
    made.register_structure_hook_factory(_of(dict), _table)
    made.register_structure_hook_factory(_of(Annotated), _said)
    made.register_structure_hook_factory(attrs.has, _object)
    made.register_structure_hook(str, _text)
    return cast(cattrs.Converter, made)


def _of(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


@lru_cache
def _bodies() -> cattrs.Converter:
    """What reads JSON."""
    made = _converter()
    made.register_structure_hook(int, _integer)
    made.register_structure_hook(bool, _flag)
    return made


@lru_cache
def _queries() -> cattrs.Converter:
    """What reads query strings, where all is text."""
    made = _converter()
    made.register_structure_hook(int, _written_integer)
    made.register_structure_hook(bool, _written_flag)
    return made
