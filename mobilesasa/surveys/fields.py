"""Fields of JSON that people wrote, read one by one; what is wrong with one is noted with its path, and reading goes on."""

from __future__ import annotations

import enum
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from mobilesasa.core.errors import Fault

E = TypeVar("E", bound=enum.StrEnum)

LARGEST: Final = 10**15  # of numbers, either way: what a float holds exactly
UNKNOWN_MAX: Final = 20  # fields of one object that there are not, and that are named
_NAMES: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


class Fields:
    """An object of JSON; of a key that is not there, as of null, there is the default."""

    def __init__(self, given: Any, path: str, faults: list[Fault]) -> None:
        """Read what was given, if it is an object.

        Args:
            given: of JSON.
            path: where it stands; empty: it is all there is.
            faults: what is wrong is added to these.
        """
        self.path = path
        self.faults = faults
        self._given: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        if not isinstance(given, Mapping):
            self.faults.append(Fault(path, "wrong_type", f"must be an object, not {named(given)}"))

    def __contains__(self, name: str) -> bool:
        return self._given.get(name) is not None

    def at(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def note(self, name: str, code: str, message: str) -> None:
        """Note that something is wrong with a field."""
        self.faults.append(Fault(self.at(name), code, message))

    def only(self, *names: str) -> None:
        """Note what stands there and is none of the names that are known; the first of them where it is very many."""
        unknown = [name for name in self._given if name not in names]
        for name in unknown[:UNKNOWN_MAX]:
            self.note(name, "unknown_key", f"is not known here; there are {', '.join(names)}")

    def any(self, name: str) -> Any:
        """Return whatever stands there."""
        return self._given.get(name)

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        """Return a text without blanks about it; empty where there is none."""
        given = self._of(name, str, "a text")
        cleaned = "" if given is None else given.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
        if required and not cleaned and not (given is None and name in self):
            self.note(name, "missing", "is required")
        if len(cleaned) > longest:
            self.note(name, "too_long", f"has {len(cleaned)} characters; {longest} at most")
        if any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in cleaned):
            self.note(name, "bad_text", "has a control character or half a character")
            return ""
        return cleaned

    def line(self, name: str, longest: int, *, required: bool = False) -> str:
        """Return a text of one line, its blanks single."""
        return " ".join(self.text(name, longest, required=required).split())

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false."""
        given = self._of(name, bool, "true or false")
        return default if given is None else given

    def number(self, name: str) -> int | float | None:
        """Return a number, a whole one as int."""
        given = self._of(name, int | float, "a number")
        if given is None:
            return None
        if not abs(given) < LARGEST:  # nor is what is no number
            self.note(name, "out_of_range", f"must be a number between -{LARGEST} and {LARGEST}")
            return None
        return int(given) if given == int(given) else float(given)

    def whole(self, name: str, default: int | None, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        given = self.number(name)
        if given is None:
            return default
        if not isinstance(given, int) or not least <= given <= most:
            self.note(name, "out_of_range", f"must be a whole number from {least} to {most}")
            return default
        return given

    def one_of(self, name: str, words: type[E]) -> E:
        """Return one of some words; the first, where none of them stands there."""
        given = self.any(name)
        if isinstance(given, str) and given in {word.value for word in words}:
            return words(given)
        code = "missing" if given is None else "unknown"
        self.note(name, code, f"must be one of {', '.join(words)}")
        return next(iter(words))

    def uuid(self, name: str, new_id: Callable[[], str]) -> str:
        """Return a uuid as it is written, or a new one where none is given."""
        given = self._of(name, str, "a uuid")
        if given is None:
            return new_id()
        found = canonical(given)
        if found is None:
            self.note(name, "bad_uuid", "is no uuid")
        return found or given

    def each(self, name: str, most: int) -> Iterator[Fields]:
        """Give the objects of an array."""
        given = self._of(name, list, "an array")
        if given is not None and len(given) > most:
            self.note(name, "too_many", f"are {len(given)}; {most} at most")
        for place, one in enumerate((given or [])[:most]):
            yield Fields(one, f"{self.at(name)}[{place}]", self.faults)

    def inner(self, name: str) -> Fields:
        """Return the object that stands there, an empty one where there is none."""
        given = self.any(name)
        return Fields({} if given is None else given, self.at(name), self.faults)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Give all that stands there."""
        yield from self._given.items()

    def _of(self, name: str, kind: Any, meant: str) -> Any:
        """Return what stands there if it is of that kind; true and false are no numbers."""
        given = self.any(name)
        if given is None:
            return None
        if not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool):
            self.note(name, "wrong_type", f"must be {meant}, not {named(given)}")
            return None
        return given


def canonical(text: str) -> str | None:
    """Return a uuid in its usual form; None where a text is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def named(given: object) -> str:
    """Return what JSON calls a value."""
    return _NAMES.get(type(given), "something else")
