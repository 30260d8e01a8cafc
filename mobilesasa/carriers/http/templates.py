"""Templates of what is sent: text with ``{fields}``, and trees of JSON whose strings are such texts.

How to think about it: a template is compiled when the carrier is configured, and every field that it names must be known
then. A value that is put in is never looked at again: it is encoded as a whole by whoever writes the form, the query, the
header or the JSON, so no value can change the shape of a request. A field that has no value (None) takes its whole leaf
with it: the parameter, the header, the member of the object is left out.

``{validity_min:int}`` alone in a string of a JSON tree gives a number; ``{{`` and ``}}`` are braces.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from string import Formatter
from typing import Any, Final

import attrs

Values = Mapping[str, "str | None"]
#: Stands for a leaf that is left out.
LEFT_OUT: Final = object()


class BadTemplate(ValueError):
    """A template cannot be used; the text says why."""


@attrs.frozen
class Template:
    """A compiled text."""

    source: str
    _pieces: tuple[tuple[str, str | None], ...]  # what stands before a field, and its name
    is_int: bool = False

    def fill(
        self, values: Values, quote: Callable[[str], str] | None = None, around: Callable[[str], str] | None = None
    ) -> str | None:
        """Return the text with its fields filled in, each quoted, and what is around them; None where one has no value."""
        filled: list[str] = []
        for literal, name in self._pieces:
            filled.append(literal if around is None else around(literal))
            if name is not None:
                value = values[name]
                if value is None:
                    return None
                filled.append(value if quote is None else quote(value))
        return "".join(filled)


def compile_text(source: str, names: Collection[str]) -> Template:
    """Compile a text in which fields of these names may stand.

    Raises:
        BadTemplate: unknown fields, or a brace that is not closed.
    """
    pieces: list[tuple[str, str | None]] = []
    unknown: list[str] = []
    is_int = False
    try:
        parsed = list(Formatter().parse(source))
    except ValueError as bad:
        raise BadTemplate(f"{source!r}: {bad}") from None
    for literal, name, form, conversion in parsed:
        if name is not None and name not in names:
            unknown.append(name)
        if conversion or form not in ("", None, "int"):
            raise BadTemplate(f"{source!r}: a field is {{name}}, or {{name:int}}")
        is_int = is_int or form == "int"
        pieces.append((literal, name))
    if unknown:
        raise BadTemplate(f"{source!r}: there is no field {', '.join(unknown)}; there are {', '.join(sorted(names))}")
    if is_int and (len(pieces) != 1 or pieces[0][0]):
        raise BadTemplate(f"{source!r}: a number stands alone")
    return Template(source, tuple(pieces), is_int)


def compile_tree(tree: Any, names: Collection[str]) -> Any:
    """Compile a tree of JSON: its strings become templates, everything else stays.

    Raises:
        BadTemplate: as for `compile_text`.
    """
    if isinstance(tree, str):
        return compile_text(tree, names)
    if isinstance(tree, Mapping):
        return {str(key): compile_tree(value, names) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [compile_tree(value, names) for value in tree]
    if tree is None or isinstance(tree, bool | int | float):
        return tree
    raise BadTemplate(f"{tree!r} is nothing that JSON knows")


def fill_tree(tree: Any, values: Values) -> Any:
    """Return a compiled tree with its fields filled in; `LEFT_OUT` for a string one of whose fields has no value.

    What is empty because all that stood in it was left out, is left out too.
    """
    if isinstance(tree, Template):
        text = tree.fill(values)
        if text is None:
            return LEFT_OUT
        return int(text) if tree.is_int else text
    if isinstance(tree, dict):
        members = {key: fill_tree(value, values) for key, value in tree.items()}
        kept = {key: value for key, value in members.items() if value is not LEFT_OUT}
        return kept if kept or not tree else LEFT_OUT
    if isinstance(tree, list):
        items = [each for each in (fill_tree(value, values) for value in tree) if each is not LEFT_OUT]
        return items if items or not tree else LEFT_OUT
    return tree
