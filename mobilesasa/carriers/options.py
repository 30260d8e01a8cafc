"""Options of a carrier: an attrs class a kind, and a parser that names everything that is wrong at once."""

from __future__ import annotations

import enum
import json
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

Options = TypeVar("Options", bound=attrs.AttrsInstance)


class BadOptions(ValueError):
    """Some options of a carrier cannot be used; `faults` says what is wrong with each, by its name."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)


def within(least: float, most: float) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return a validator for numbers from `least` to `most`."""

    def check(_: object, __: attrs.Attribute[Any], value: float) -> None:
        if not least <= value <= most:
            raise ValueError(f"must be from {least:g} to {most:g}")

    return check


def octets(least: int, most: int) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return a validator for strings of `least` to `most` latin-1 characters without NUL."""

    def check(_: object, __: attrs.Attribute[Any], value: str) -> None:
        if not least <= len(value) <= most:
            raise ValueError(f"must have {least} to {most} characters")
        if "\0" in value or not value.isascii():
            raise ValueError("must be plain ASCII")

    return check


def read_as(read: Callable[[object], Any], write: Callable[[Any], object] | None = None) -> dict[str, Any]:
    """Return the metadata of a field that is no number, word or text: what reads it from JSON, and writes it again.

    `read` raises a ValueError in words, and takes what it has read too; it gets JSON or, from a command line, its text.
    """
    return {"read": read, "write": write}


def from_json(value: object) -> Any:
    """Return a value that a command line gave as the text of JSON; anything else as it is.

    Raises:
        ValueError: the text is no JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("must be JSON") from None


def structure(cls: type[Options], given: Mapping[str, object]) -> Options:
    """Return the options as a value of their class; numbers and words of a command line may come as text.

    Raises:
        BadOptions: Unknown, missing, of a wrong type, or out of range; all of them at once.
    """
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in attrs.fields(cls)}
    faults = {name: "there is no such option" for name in given if name not in fields}
    values: dict[str, object] = {}
    for name, field in fields.items():
        if name in given:
            try:
                read = field.metadata.get("read")
                value = _typed(hints[name], given[name]) if read is None else read(given[name])
                if field.validator is not None:
                    field.validator(None, field, value)
                values[name] = value
            except ValueError as bad:
                faults[name] = str(bad)
        elif field.default is attrs.NOTHING:
            faults[name] = "is needed"
    if faults:
        raise BadOptions(faults)
    return cls(**values)


def unstructure(options: Any) -> dict[str, object]:
    """Return options as a plain JSON object that `structure` reads; what has its default is left out."""
    return {
        field.name: _written(field, getattr(options, field.name))
        for field in attrs.fields(type(options))
        if getattr(options, field.name) != _default(field)
    }


def _default(field: attrs.Attribute[Any]) -> object:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _written(field: attrs.Attribute[Any], value: object) -> object:
    write = field.metadata.get("write")
    return value if write is None else write(value)


def _typed(kind: Any, value: object) -> object:
    """Return a value as the type asked for, or raise a ValueError in words."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        words = [each.value for each in kind]
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return kind(value)
    if kind is bool:
        known = {True: True, False: False, "true": True, "false": False}
        if not isinstance(value, bool | str) or value not in known:
            raise ValueError("must be true or false")
        return known[value]
    if kind is str:
        if not isinstance(value, str):
            raise ValueError("must be text")
        return value
    return _number(kind, value)


def _number(kind: type[int] | type[float], value: object) -> float:
    what = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"must be {what}")
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        raise ValueError(f"must be {what}") from None
    if number != number or (kind is int and isinstance(value, float) and number != value):
        raise ValueError(f"must be {what}")
    return number
