"""Texts with fields: `Hi {first_name:there}, your balance is {balance}`, read once and filled for each recipient.

How to think about it: a text is cut at its fields into pieces that stay and pieces that are filled, in turn. What is
filled has a name and, behind a colon, what stands there when a recipient has nothing for it (decision 74).

- A name is found whatever its case, for people write `{First_Name}`, and with blanks around it. One that nobody knows is
  refused.
- `{{first_name}}` is a literal `{first_name}`, if the name is known. With blanks within, as other platforms write their
  fields (`{{ first_name }}`), it is the field.
- What names a known field in another way is a slip, and refused with how to write it: `{first_name|there}`,
  `{first_name:{nickname}}`, `{first_name` that does not end, `{First Name}`, `[first_name]`.
- All other braces stay as they are, so that old texts with braces say what they said.
- Where a recipient has nothing and the text no default, the field is empty, and one of the blanks beside it goes too: the
  one behind it, if it stands behind a blank or begins a line; the one before it, if a line, the text or a mark such as
  a comma ends there. `Hi {first_name}, welcome` becomes `Hi, welcome`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final

import attrs

from mobilesasa.campaigns.links import Found, find_links
from mobilesasa.campaigns.model import Scalar
from mobilesasa.core.filling import closed

#: The fields that every contact has; attributes of contacts and columns of files come beside them.
CONTACT_FIELDS: Final = ("first_name", "last_name", "email", "phone")

_NAME = "[A-Za-z][A-Za-z0-9_]{0,39}"
_GAP = r"[^\S\n]*"
_INNER = rf"{_GAP}(?P<%s>{_NAME}){_GAP}(?::(?P<%s>[^{{}}]*))?"
_FIELD = re.compile(
    rf"\{{\{{(?P<literal>{_NAME})(?::[^{{}}]*(?<!\s))?\}}\}}"
    rf"|\{{\{{{_INNER % ('twice', 'default_twice')}\}}\}}"
    rf"|\{{{_INNER % ('name', 'default')}\}}"
    rf"|(?P<words>\{{{_GAP}[A-Za-z][A-Za-z0-9_]*(?:[ -]+[A-Za-z0-9_]+){{1,9}}{_GAP}\}})"
    rf"|(?P<square>\[{_GAP}(?P<in_square>{_NAME}){_GAP}(?:[:|][^\]\n]*)?\])"
    rf"|\{{{_GAP}(?P<open>{_NAME})(?!\w)"
)
_APART = re.compile(r"[ -]+")
_EXCERPT = 40  # characters of a slip that are shown

_Slot = tuple[str | None, str, int, str]  # a field's name and default, or a link's address and number; what follows
_Span = tuple[int, int, str | None, str, int]  # where it stands; the same two; a literal has neither name nor number


class BadTemplate(ValueError):
    """A text cannot be filled as it was meant; says what to write."""


class UnknownFields(BadTemplate):
    """A text names fields that no recipient has.

    Attributes:
        names: each once, as they are written, in the order of the text.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        """Keep the names."""
        super().__init__(f"no such field: {', '.join(f'{{{name}}}' for name in names)}")
        self.names = names


@attrs.frozen
class Template:
    """A text that has been read."""

    text: str = attrs.field(repr=False)  # as it was written
    fields: frozenset[str]  # that it names
    links: tuple[str, ...]  # those that are followed by way of us, each once, in the order of the text
    _head: str = attrs.field(repr=False)
    _slots: tuple[_Slot, ...] = attrs.field(repr=False)

    @property
    def is_personal(self) -> bool:
        """Whether it names fields, so that recipients get different texts."""
        return bool(self.fields)

    def render(self, fields: Mapping[str, Scalar | None], link: Callable[[int], str] | None = None) -> str:
        """Return what a recipient gets.

        Args:
            fields: what the recipient has, by name; what is missing is as what is None or empty. The phone is E.164 without
                the plus, and is written with it.
            link: gives the short form of a link, by its number from 1; None: links stand as they were written.
        """
        pieces = [self._head]
        gaps = False
        for name, default, number, tail in self._slots:
            if name is None:
                value = default if link is None else link(number)
            else:
                given = fields.get(name)
                value = given if isinstance(given, str) else written(given)
                if name == "phone" and value and not value.startswith("+"):
                    value = f"+{value}"
                if not value:
                    value = default
                    gaps = gaps or not value
            pieces += (value, tail)
        return closed(pieces) if gaps else "".join(pieces)


def read_template(text: str, known: Collection[str], track: bool = False) -> Template:
    """Read a text.

    Args:
        text: as a team wrote it.
        known: names of fields, small letters.
        track: links are followed by way of us. Those with a field in them are not: they lead each recipient elsewhere.

    Raises:
        UnknownFields: it names others.
        BadTemplate: it names one in a way that is not ours.
    """
    spans = _spans(text, known)
    fields = frozenset(name for _, _, name, _, _ in spans if name is not None)
    found = [link for link in find_links(text) if not _is_within(link, spans)] if track else []
    links = tuple(dict.fromkeys(link.url for link in found))
    spans += [(link.start, link.end, None, link.url, links.index(link.url) + 1) for link in found]
    return Template(text, fields, links, *_cut(text, sorted(spans, key=lambda span: span[0])))


def written(value: Scalar | None) -> str:
    """Return a value as it stands in a text: 12 and not 12.0, yes and no, nothing for None and for what is no number."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def _spans(text: str, known: Collection[str]) -> list[_Span]:
    """Return the fields and literals of a text, or refuse it."""
    unknown: dict[str, None] = {}
    spans: list[_Span] = []
    for match in _FIELD.finditer(text):
        written_name = match["literal"] or match["twice"] or match["name"]
        if written_name is None:
            _refuse_slip(text, match, known)
            continue
        name = _meant(written_name, known)
        if match["literal"] is not None:
            if name is not None:
                spans.append((match.start(), match.end(), None, match[0][1:-1], 0))
        elif name is not None:
            default = match["default"] or match["default_twice"] or ""
            spaced = match["twice"] is not None or match[0][1].isspace()
            spans.append((match.start(), match.end(), name, default.strip() if spaced else default, 0))
        elif match["name"] is not None:
            unknown[match["name"]] = None
    if unknown:
        raise UnknownFields(tuple(unknown))
    return spans


def _refuse_slip(text: str, match: re.Match[str], known: Collection[str]) -> None:
    """Refuse what was meant to be a known field.

    Raises:
        BadTemplate: it was.
    """
    words = match["words"]
    if words is not None:
        name = _meant(_APART.sub("_", words[1:-1].strip()), known)
        first = _meant(words[1:-1].split()[0], known)
        if name is not None:
            raise BadTemplate(f"has {words}: write {{{name}}}")
        if first is not None:
            raise BadTemplate(_told_open(words, first))
    elif match["square"] is not None:
        name = _meant(match["in_square"], known)
        if name is not None:
            raise BadTemplate(f"has {match['square'][:_EXCERPT]}: a field stands in braces, write {{{name}}}")
    else:
        name = _meant(match["open"], known)
        if name is not None:
            raise BadTemplate(_told_open(text[match.start() :], name))


def _told_open(rest: str, name: str) -> str:
    """Say what is wrong with braces that begin with a field and are none, at the beginning of what is left of a text."""
    excerpt = rest[: rest.find("}") + 1 or _EXCERPT][:_EXCERPT].partition("\n")[0]
    behind = rest[1:].lstrip()[len(name) :].lstrip()
    if behind.startswith("|"):
        return f"has {excerpt}: what stands there for who has nothing comes behind a colon, write {{{name}:there}}"
    if behind.startswith(":") and "{" in behind and (behind.find("}") + 1 or len(behind)) > behind.find("{"):
        return f"has {excerpt}: there can be no braces behind the colon, write {{{name}:there}}"
    return f"has {excerpt}: a field ends with a brace behind its name, write {{{name}}} or {{{name}:there}}"


def _meant(name: str, known: Collection[str]) -> str | None:
    """Return the field of a name as it is written; None where there is none."""
    if name in known:
        return name
    lowered = name.lower()
    return lowered if lowered in known else None


def _is_within(link: Found, spans: Sequence[_Span]) -> bool:
    """Whether a link stands in a field, as its default: who has a value sees none of it."""
    return any(start <= link.start < end for start, end, _, _, _ in spans)


def _cut(text: str, spans: Sequence[_Span]) -> tuple[str, tuple[_Slot, ...]]:
    """Return what stands before the first thing that is filled, and each of these with what follows it."""
    head, slots, at = "", list[_Slot](), 0
    for start, end, name, content, number in spans:
        literal = text[at:start]
        if name is None and not number:
            literal += content
        if slots:
            slots[-1] = (*slots[-1][:3], slots[-1][3] + literal)
        else:
            head += literal
        if name is not None or number:
            slots.append((name, content, number, ""))
        at = end
    if slots:
        slots[-1] = (*slots[-1][:3], slots[-1][3] + text[at:])
        return head, tuple(slots)
    return head + text[at:], ()
