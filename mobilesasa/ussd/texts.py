"""Texts with variables, `Hi {first_name:there}`, read once and filled for each screen.

- `{name}` is what the variable has, and `{name:there}` what stands there when it has nothing. A name's case says nothing.
- `{{` and `}}` are braces. All other braces stay as they are.
- Where a variable has nothing and the text no default, one of the blanks beside it goes too, as in texts of campaigns:
  `Hi {first_name}, welcome` is `Hi, welcome`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from mobilesasa.core.filling import closed
from mobilesasa.sms.alphabet import has_lone_surrogate

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIELD: Final = re.compile(r"(\{\{)|(\}\})|\{[^\S\n]*([A-Za-z][A-Za-z0-9_]{0,39})[^\S\n]*(?::([^{}]*))?\}")
# What no screen can show: control characters but the end of a line, which is LF alone.
_UNSHOWN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]+")


@attrs.frozen
class Text:
    """A text that has been read: pieces that stay, and between them variables with their defaults."""

    head: str = attrs.field(repr=False)
    slots: tuple[tuple[str, str, str], ...] = attrs.field(repr=False)  # name, default, what stands behind

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, each once, in the order of the text."""
        return tuple(dict.fromkeys(name for name, _, _ in self.slots))

    def fill(self, variables: Mapping[str, str]) -> str:
        """Return the text with the values of variables; what is not there is empty."""
        if not self.slots:
            return self.head
        pieces, gaps = [self.head], False
        for name, default, tail in self.slots:
            value = variables.get(name) or default
            gaps = gaps or not value
            pieces += (value, tail)
        return closed(pieces) if gaps else "".join(pieces)


def read_text(text: str) -> Text:
    """Read a text; there is none that cannot be read."""
    head: str | None = None
    slots: list[tuple[str, str, str]] = []
    literal, at = "", 0
    for match in _FIELD.finditer(text):
        literal += text[at : match.start()]
        at = match.end()
        if match[3] is None:
            literal += match[0][0]
            continue
        if head is None:
            head = literal
        else:
            slots[-1] = (*slots[-1][:2], literal)
        slots.append((match[3].lower(), match[4] or "", ""))
        literal = ""
    literal += text[at:]
    if head is None:
        return Text(literal, ())
    slots[-1] = (*slots[-1][:2], literal)
    return Text(head, tuple(slots))


def showable(value: str, characters: int) -> str:
    """Return a value that comes from elsewhere as a screen can show it and a store keep it, cut to so many characters."""
    shown = _UNSHOWN.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n"))[:characters]
    if has_lone_surrogate(shown):
        shown = shown.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    return shown
