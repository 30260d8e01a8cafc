"""Requests, parsed: a JSON body or a query string becomes an attrs class, or every wrong field is named at once.

A field's type is `Annotated[…, Said("what it is", …)]`: the same words and bounds parse the request and stand in the
OpenAPI document. Nothing is coerced: a number is no string, and a string no number. Unknown keys are left alone, but where a class
says `ONLY_KNOWN`.
"""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import ClassValidationError, IterableValidationError
from twisted.web.iweb import IRequest

from mobilesasa.api.errors import FieldProblem, Problem, WrongField, problem
from mobilesasa.api.strict import BadJson, read
from mobilesasa.api.times import BadInstant, Instant, read_instant

C = TypeVar("C")

_NUL = "\x00"
_JSON_TYPES = re.compile(rb"(application/json|application/[a-z0-9.+-]+\+json|text/json)\Z", re.IGNORECASE)
_UNICODE = re.compile(rb'charset="?(utf-?8|us-ascii)"?\Z', re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z", re.ASCII)
_NAMES = {
    bool: "true or false", int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object",
}  # fmt: skip
_PLAIN = (bool, int, float, str, type(None))


class Absent(enum.Enum):
    """Says that a field was not given, where null would mean something else."""

    ABSENT = "absent"


#: What a field of a change holds when it is to stay as it is: `name: Annotated[str | Absent | None, Said(…)] = ABSENT`.
ABSENT: Final = Absent.ABSENT


@attrs.frozen
class Said:
    """What is said of a field, to people and to the parser."""

    doc: str
    example: Any = attrs.field(default=None, hash=False)  # what stands behind `Annotated` is hashed
    minimum: int | None = None
    maximum: int | None = None
    if_array: str = ""  # what to do instead of giving an array
    longest: int | None = None  # characters of a text
    most: int | None = None  # things in an array
    each: bool = False  # of an array: where a thing is wrong, the `Problem` that it is stands in its place

    def check(self, value: object) -> None:
        """Refuse a number out of bounds, or a text that is too long."""
        if isinstance(value, str) and self.longest is not None and len(value) > self.longest:
            raise WrongField(f"must have {self.longest} characters at most")
        if not isinstance(value, int) or isinstance(value, bool):
            return
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise WrongField(f"must be a number from {self.minimum} to {self.maximum}")


def parse(
    cls: type[C], request: IRequest, slips: Mapping[str, str] | None = None, *, beside: Collection[str] | None = None
) -> C:
    """Read a request's JSON body; none at all is an empty object where no field is required.

    Args:
        cls: what it becomes.
        request: the request.
        slips: names that no field has, and the field that is likely meant: these are refused, for what they say would be lost.
        beside: names that may stand there beside the fields, and all others are refused; None: any may, and says nothing.

    Raises:
        Problem: 400, with every wrong field.
    """
    _check_content_type(request)
    octets = request.content.read()
    if not octets.strip():
        if missing := _missing(cls):
            raise problem("bad_json", "the body is empty; a JSON object is needed", missing)
        return cls()
    try:
        given = read(octets)
    except BadJson as bad:
        fields = [FieldProblem(name, "stands twice") for name in bad.twice]
        raise problem("bad_json", str(bad), fields) from bad
    if not isinstance(given, dict):
        raise problem("bad_json", f"the body must be a JSON object, not {_named(given)}")
    return _structured(_bodies(), given, cls, _misnamed(cls, given, slips or {}, beside))


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


def parse_texts(cls: type[C], given: dict[str, str]) -> C:
    """Read the fields of a form, where all is text; an empty one is as if not given.

    Raises:
        Problem: 400, with every wrong field.
    """
    return _structured(_queries(), {name: text for name, text in given.items() if text}, cls)


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


def _misnamed(
    cls: type, given: Mapping[str, object], slips: Mapping[str, str], beside: Collection[str] | None
) -> list[FieldProblem]:
    names = [field.name for field in attrs.fields(cls)]
    strange = [name for name in given if beside is not None and name not in {*names, *beside}]
    meant = dict.fromkeys(strange, f"there are {', '.join(names)}") | {k: f"write {v}" for k, v in slips.items()}
    return [FieldProblem(name, f"is not known here; {words}") for name, words in meant.items() if name in given]


def _missing(cls: type) -> list[FieldProblem]:
    return [FieldProblem(field.name, "is required") for field in attrs.fields(cls) if field.default is attrs.NOTHING]


def _structured(
    converter: cattrs.Converter, given: dict[str, Any], cls: type[C], misnamed: Sequence[FieldProblem] = ()
) -> C:
    fields = list(misnamed)
    try:
        read_so = converter.structure(given, cls)
        if not fields:
            return read_so
    except ClassValidationError as wrong:
        fields += _fields(wrong)
    said = "; ".join(f"{field.field} {field.message}" for field in fields)
    raise problem("bad_request", said, fields)


def _fields(wrong: ClassValidationError | IterableValidationError, before: str = "") -> list[FieldProblem]:
    found: list[FieldProblem] = []
    noted: list[tuple[Exception, str]]
    if isinstance(wrong, ClassValidationError):
        errors, others = wrong.group_exceptions()
        noted = [(error, f"{before}.{note.name}" if before else note.name) for error, note in errors]
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


def _anything(value: object, _: object) -> object:
    """Take JSON as it is, but for what no store keeps."""
    if isinstance(value, dict):
        return {_text(key, str): _anything(inner, None) for key, inner in value.items()}
    if isinstance(value, list):
        return [_anything(inner, None) for inner in value]
    return _text(value, str) if isinstance(value, str) else value


def _instant(value: object, _: object) -> Instant:
    try:
        return read_instant(_text(value, str))
    except BadInstant as bad:
        raise WrongField(str(bad)) from None


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


def _if_given(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    """Return what structures a field that may be absent: when it is there, as what else it may be."""
    others = tuple(each for each in get_args(kind) if each is not Absent)
    inner = converter.get_structure_hook(Union[others])  # noqa: UP007 - of what is only known here
    return lambda value, _: inner(value, Union[others])  # noqa: UP007


def _may_be_absent(kind: Any) -> bool:
    return _is_union(kind) and Absent in get_args(kind)


def _plain(kind: Any, _: cattrs.Converter) -> Callable[[object, Any], object]:
    """Return what takes a value of one of several plain types as it is."""
    taken = get_args(kind)
    words = " or ".join(dict.fromkeys("null" if each is type(None) else _NAMES[each] for each in taken))

    def hook(value: object, _: object) -> object:
        if type(value) not in taken:
            raise WrongField(f"must be {words}, not {_named(value)}")
        return _text(value, str) if isinstance(value, str) else value

    return hook


def _is_plain(kind: Any) -> bool:
    return _is_union(kind) and {str, int} <= {*get_args(kind)} <= {*_PLAIN}


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _object(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    inner, known = converter.gen_structure_attrs_fromdict(kind), attrs.fields_dict(kind)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise WrongField(f"must be an object, not {_named(value)}")
        strange = [name for name in value if name not in known] if getattr(kind, "ONLY_KNOWN", False) else []
        if strange:
            raise WrongField(f"must not have {', '.join(strange)}; there are {', '.join(known)}")
        return inner(value, kind)

    return hook


def _said(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    base, *notes = get_args(kind)
    said = next(note for note in notes if isinstance(note, Said))
    inner = _each(base, converter) if said.each else converter.get_structure_hook(base)

    def hook(value: object, _: object) -> object:
        if isinstance(value, list):
            if said.if_array:
                raise WrongField(f"must be a single value, not an array: {said.if_array}")
            if said.most is not None and len(value) > said.most:
                raise WrongField(f"must have {said.most} things at most, not {len(value)}")
        found = inner(value, base)
        said.check(found)
        return found

    return hook


def _each(kind: Any, converter: cattrs.Converter) -> Callable[[object, Any], object]:
    """Return what structures the things of an array, or null; a wrong one becomes the problem that it is."""
    array = next(each for each in (kind, *get_args(kind)) if get_origin(each) is list)
    (cls,) = get_args(array)

    def structured(value: object) -> object:
        if not isinstance(value, dict):
            return problem("bad_request", f"must be an object, not {_named(value)}")
        try:
            return _structured(converter, value, cls)
        except Problem as wrong:
            return wrong

    def hook(value: object, _: object) -> object:
        if value is None and array is not kind:
            return None
        if not isinstance(value, list):
            raise WrongField(f"must be an array, not {_named(value)}")
        return [structured(each) for each in value]

    return hook


def _is_one_or_many(kind: Any) -> bool:
    return _is_union(kind) and {str, list[str]} <= {*get_args(kind)}


def _one_or_many(value: object, _: object) -> object:
    if isinstance(value, list):
        return [_text(each, str) for each in value]
    return None if value is None else _text(value, str)


def _converter() -> cattrs.Converter:
    made: Any = cattrs.Converter(detailed_validation=True)  # its annotations know no special forms
    made.register_structure_hook_func(_of(Literal), _choice)
    made.register_structure_hook_factory(_of(list), _array)
    made.register_structure_hook_factory(_of(dict), _table)
    made.register_structure_hook_factory(_of(Annotated), _said)
    made.register_structure_hook_factory(attrs.has, _object)
    made.register_structure_hook_factory(_is_plain, _plain)
    made.register_structure_hook_factory(_may_be_absent, _if_given)
    made.register_structure_hook(str, _text)
    made.register_structure_hook_func(lambda kind: kind is Any, _anything)
    made.register_structure_hook_func(lambda kind: kind is Instant, _instant)
    made.register_structure_hook_func(_is_one_or_many, _one_or_many)
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
