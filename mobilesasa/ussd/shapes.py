"""Values out of JSON, each with what it must be; all that is wrong is noted with its path, and reading goes on."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

import attrs

from mobilesasa.core.errors import Fault
from mobilesasa.sms.alphabet import has_lone_surrogate

E = TypeVar("E", bound=enum.StrEnum)
_NAMES: Final[Mapping[type, str]] = {
    bool: "a flag", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object",
}  # fmt: skip
_UNSHOWN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOTHING: Final[Sequence[object]] = (None, "", [], {})
#: So many faults are told; a definition with more is shown again when these are mended.
FAULTS_MAX: Final = 100


def named(value: object) -> str:
    """Return what a value of JSON is, in words."""
    return "null" if value is None else _NAMES.get(type(value), "something else")


def under(path: str, key: str) -> str:
    """Return the path of a key."""
    return f"{path}.{key}" if path else key


@attrs.define
class Shapes:
    """Reads values, and keeps what is wrong with them."""

    faults: list[Fault] = attrs.field(factory=list)

    def add(self, path: str, code: str, message: str) -> None:
        """Note a fault."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(path, code, message))

    def fields(self, value: object, path: str, known: Collection[str]) -> Mapping[str, object]:
        """Return an object, none of whose keys but the known say anything; an empty one where it is none."""
        if not isinstance(value, dict):
            self.add(path, "bad_type", f"must be an object, not {named(value)}")
            return {}
        for key, inner in value.items():
            if key not in known and inner not in _NOTHING:
                self.add(under(path, key), "unknown_key", f"is not known here; there are {', '.join(known)}")
        return value

    def text(
        self, given: Mapping[str, object], path: str, key: str, characters: int, *, default: str | None = None
    ) -> str:
        """Return a text with at most so many characters; its default, where there is one, for what is not there or null."""
        value = given.get(key)
        if value is None and default is not None:
            return default
        place = under(path, key)
        if value is None:
            self.add(place, "required", "is required")
            return ""
        if not isinstance(value, str):
            self.add(place, "bad_type", f"must be a text, not {named(value)}")
            return default or ""
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        if _UNSHOWN.search(value) or has_lone_surrogate(value):
            self.add(place, "bad_text", "holds characters that no phone can show")
        elif len(value) > characters:
            self.add(place, "too_long", f"has {len(value)} characters; there can be {characters}")
        elif not value and default is None:
            self.add(place, "required", "must not be empty")
        else:
            return value
        return default or ""

    def formed(
        self,
        given: Mapping[str, object],
        path: str,
        key: str,
        form: re.Pattern[str],
        wanted: str,
        *,
        default: str | None = None,
    ) -> str:
        """Return a text of a form; `wanted` says which in words, to stand behind `must be`."""
        text = self.text(given, path, key, 200, default=default)
        if text and not form.fullmatch(text):
            self.add(under(path, key), "bad_value", f"must be {wanted}")
            return default or ""
        return text

    def whole(self, given: Mapping[str, object], path: str, key: str, least: int, most: int, default: int) -> int:
        """Return a whole number within bounds."""
        value = given.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.add(under(path, key), "bad_value", f"must be a whole number from {least} to {most}")
            return default
        return value

    def flag(self, given: Mapping[str, object], path: str, key: str, default: bool) -> bool:
        """Return true or false."""
        value = given.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.add(under(path, key), "bad_type", f"must be true or false, not {named(value)}")
            return default
        return value

    def word(
        self, given: Mapping[str, object], path: str, key: str, words: type[E], default: E | None = None
    ) -> E | None:
        """Return one of some words; None, where there is no default, for what is none."""
        value = given.get(key)
        if value is None and default is not None:
            return default
        for word in words:
            if word.value == value:
                return word
        code = "required" if value is None else "bad_value"
        self.add(under(path, key), code, f"must be one of {', '.join(word.value for word in words)}")
        return default

    def items(self, given: Mapping[str, object], path: str, key: str, most: int) -> list[tuple[str, object]]:
        """Return what is in a list, each with its path; nothing where it is not there."""
        value, place = given.get(key), under(path, key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.add(place, "bad_type", f"must be a list, not {named(value)}")
            return []
        if len(value) > most:
            self.add(place, "too_many", f"has {len(value)} entries; there can be {most}")
        return [(f"{place}[{number}]", each) for number, each in enumerate(value[:most])]

    def texts(
        self, given: Mapping[str, object], path: str, key: str, *, entries: int, characters: int
    ) -> dict[str, str]:
        """Return an object of texts; nothing where it is not there."""
        value, place = given.get(key), under(path, key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.add(place, "bad_type", f"must be an object, not {named(value)}")
            return {}
        if len(value) > entries:
            self.add(place, "too_many", f"has {len(value)} entries; there can be {entries}")
            return {}
        return {name: self.text(value, place, name, characters, default="") for name in value}
